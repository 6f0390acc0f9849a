/*
 * check_state.h - what must hold of any state that a core has taken in.
 */
#ifndef HF_FUZZ_CHECK_STATE_H
#define HF_FUZZ_CHECK_STATE_H

#include "core/impl.h"

/* A core as at the start of the daemon on node; the memory is the caller's, of hf_core_size(). */
void fuzz_core_init(struct hf_core *core, uint8_t node);

/* The hash that is kept along is the one from scratch. */
void check_hash(const struct hf_core *core);

/* Every entity is one that a snapshot may carry; a snapshot of the state restores it exactly, and
 * written again it is the same bytes. */
void check_snapshot(const struct hf_core *core);

/* status, why and history tell it as well-formed JSON. */
void check_views(const struct hf_core *core);

#endif
