/*
 * lifecycle.h - an instance's life as one table.
 *
 *   offline -> acquiring -> mounting -> recovering -> online -> stopping -> offline
 *                     any of them -> failed -> recovering (restart in place) or stopping
 *   offline, failed -> stranded: no node may or can run it now
 *
 * The table is the only place that says which moves exist; hf_lifecycle_next is the only way to
 * move. `holdfast inspect lifecycle` prints it, also as a Mermaid diagram.
 */
#ifndef HF_CORE_LIFECYCLE_H
#define HF_CORE_LIFECYCLE_H

#include <stdbool.h>
#include <stddef.h>

enum hf_phase {
    HF_OFFLINE,
    HF_ACQUIRING,
    HF_MOUNTING,
    HF_RECOVERING,
    HF_ONLINE,
    HF_STOPPING,
    HF_FAILED,
    HF_STRANDED,
    HF_PHASE_COUNT
};

enum hf_trigger {
    HF_START,    /* a decision made this node the owner */
    HF_ACQUIRED, /* the reservation of every disk is ours; the old owner is fenced */
    HF_MOUNTED,  /* file systems are mounted and the address is up */
    HF_READY,    /* the engine accepts clients */
    HF_FAIL,     /* a step failed, the engine ended, the disk or the key was lost */
    HF_RESTART,  /* a decision: start the engine again in place */
    HF_STOP,     /* a decision, or this node's duty, to stop it */
    HF_STOPPED,  /* nothing of it is left on this node */
    HF_ADOPT,    /* the daemon came back and found it running */
    HF_STRAND,   /* a decision: no node may and can run it */
    HF_TRIGGER_COUNT
};

struct hf_lifecycle_row {
    enum hf_phase from;
    enum hf_trigger trigger;
    enum hf_phase to;
    const char *what; /* one sentence */
};

const char *hf_phase_word(enum hf_phase phase);
const char *hf_trigger_word(enum hf_trigger trigger);

/* All rows; *ret_count is set. */
const struct hf_lifecycle_row *hf_lifecycle_rows(size_t *ret_count);

/* Whether the table has the move; *ret_to is set only if so. */
bool hf_lifecycle_next(enum hf_phase from, enum hf_trigger trigger, enum hf_phase *ret_to);

#endif
