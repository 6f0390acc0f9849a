/*
 * events.h - the event log of a daemon: what its core is given and asks for, on this node's disk.
 *
 * STATE_DIR/events/NNNNNNNN, read by `holdfast replay` (docs/REPLAY.md). Recording a step is a copy
 * into memory; a process of its own writes (events_writer.h). Failure modes: the disk hangs or is
 * full - events are lost, counted, and the log goes on with a checkpoint when there is room again;
 * the writer ends - it is started anew; nothing of that ever holds up the daemon or stops it.
 */
#ifndef HF_DAEMON_EVENTS_H
#define HF_DAEMON_EVENTS_H

#include "replay/recorder.h"

struct hf_events;

/* Starts the writer. Call it before the core is there, so that the writer is small. *ret is the
 * caller's: hf_events_free. Returns 0 or a negative errno; nothing is recorded then. */
int hf_events_new(const char *state_dir, struct hf_events **ret);

/* Ends the log and waits a bounded time for it to be written. NULL is fine. */
void hf_events_free(struct hf_events *events);

/* Where to tell each event and result; NULL events give NULL. */
struct hf_recorder *hf_events_recorder(struct hf_events *events);

/* Once a second: a writer that ended is started again. Returns what is to be told, once; NULL =
 * nothing. The text is valid until the next call. */
const char *hf_events_check(struct hf_events *events);

#endif
