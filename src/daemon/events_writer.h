/*
 * events_writer.h - the process that puts the event log on disk.
 *
 * Each log is a file DIR/NNNNNNNN, numbers rising; the oldest are removed before all of them take
 * more than HF_EVENTS_DISK_MAX. Written a few times a second, synced every ten seconds, but not
 * while the daemon is busy: a takeover has the disk to itself. A power cut loses what was not yet
 * synced, the end of the daemon loses nothing.
 */
#ifndef HF_DAEMON_EVENTS_WRITER_H
#define HF_DAEMON_EVENTS_WRITER_H

#include <sys/types.h>

#include "daemon/events_ring.h"

#define HF_EVENTS_DISK_MAX (32u << 20)
#define HF_EVENTS_FILES_MAX 64u

/* Runs until wake (a byte: look; its end: the daemon is gone) or the process parent (a pidfd, -1 =
 * none) ends and all is written. Failing to write is told in ring->problem, and what belongs to
 * that log is thrown away. Returns the exit status. */
int hf_events_writer(struct hf_events_ring *ring, int wake, int parent, const char *dir);

#endif
