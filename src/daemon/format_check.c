/*
 * format_check.c - before anything else: can this holdfastd read what its node holds?
 *
 * A node whose package was put back to an older version may hold a state in a format that this one
 * does not speak. It is found out before the watchdog is opened: a daemon that opens it and ends
 * would have the computer reset, again and again.
 */
#include "daemon/daemon.h"

static bool look(void *user, bool snapshot, const uint8_t *bytes, size_t length)
{
    uint16_t *newest = user;
    uint16_t format = hf_format_of_record(bytes, length);
    (void)snapshot;
    if (format > *newest)
        *newest = format;
    return true;
}

bool hf_daemon_can_read(const char *state_dir)
{
    struct hf_error error = {""};
    uint16_t newest = HF_FORMAT_FIRST;
    /* What hinders reading is told when the journal is loaded. */
    if (hf_journal_load(state_dir, look, &newest, &error) < 0 || newest <= HF_FORMAT_NEWEST)
        return true;
    hf_log("not started: the cluster's state in %s is in format %u, and this holdfastd, version "
           "%s, reads formats up to %u; install the version that the other nodes run, then start "
           "holdfastd again",
           state_dir, newest, HF_VERSION, HF_FORMAT_NEWEST);
    return false;
}
