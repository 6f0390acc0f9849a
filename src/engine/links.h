/*
 * links.h - what a process of its own sees of the links between the nodes, kept up to date.
 *
 * Asking corosync may wait for seconds (while it synchronises) or for ever (when it hangs), so it
 * is asked in a child process. The child writes records of a fixed size to a pipe: each is the
 * whole picture and the time at which the child began to look. The loop reads what is there and
 * never waits. A picture counts until it is silent_ms old; then, or when the child ends or writes
 * anything else than records, all is unknown, the child is killed, and another one is started. One
 * that never said anything is followed by the next one later and later, at most a minute.
 */
#ifndef HF_ENGINE_LINKS_H
#define HF_ENGINE_LINKS_H

#include "engine/child.h"
#include "engine/engine.h"

struct hf_links;

struct hf_links_options {
    hf_engine_child_run_fn run; /* the child: says what it sees with hf_links_say, until killed */
    /* As hf_engine_callbacks.links; told only what differs from what was told last. */
    void (*told)(void *user, const struct hf_engine_links *links, const char *why);
    void *user;         /* of both */
    uint64_t start_ms;  /* from hf_links_start, or the end of a child, to the next child */
    uint64_t silent_ms; /* how old a picture may be */
};

/* Nothing is started yet. Returns 0 or a negative errno; *ret is the caller's: hf_links_free. */
int hf_links_new(uv_loop_t *loop, const struct hf_links_options *options, struct hf_links **ret);

/* No callback comes any more. The memory goes when the loop has run its close callbacks. NULL is
 * fine. */
void hf_links_free(struct hf_links *links);

/* Keeps a child running from now on; calls back from the loop only. */
void hf_links_start(struct hf_links *links);

/* Ends the child; tells at once that nothing is known, without a why. */
void hf_links_stop(struct hf_links *links);

/* ---- for the child ---- */

/* Milliseconds of the clock by which pictures age: CLOCK_BOOTTIME. */
uint64_t hf_links_clock_ms(void);

/*
 * Writes a record to output; looked_ms: when looking began. Returns 0, also when the pipe is full
 * and the record is dropped (the next one says it all), or a negative errno: nobody reads.
 */
int hf_links_say(int output, const struct hf_engine_links *links, uint64_t looked_ms);

#endif
