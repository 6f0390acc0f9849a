/*
 * decide_impl.h - what the files decide_*.c and choose.c share: one instance as the coordinator
 * looks at it, and the decisions that more than one of them makes.
 */
#ifndef HF_CORE_DECIDE_IMPL_H
#define HF_CORE_DECIDE_IMPL_H

#include "core/impl.h"

struct hf_case {
    struct hf_core *core;
    uint16_t i;
    const struct hf_instance_spec *spec;
    const struct hf_instance_state *state;
    struct hf_proposal *proposal;
};

/* choose.c */
/* What alone keeps an instance from a node, apart from all others; HF_REASON_NONE = nothing. */
enum hf_reason_code hf_node_obstacle(const struct hf_core *core, uint16_t i, uint8_t node);
/* Whether it cannot be moved there, with its group, into room that is free now. */
bool hf_case_rejected(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason);
/* Whether other moves when it is moved: itself and those that are kept together with it. */
bool hf_case_goes_along(const struct hf_case *v, uint16_t other);
/* Whether somebody who goes along with v may not share a node with one who goes along with other.
 */
bool hf_case_rivals(const struct hf_case *v, const struct hf_case *other);
/* Adds what those who go along with v need. */
void hf_case_add_demand(const struct hf_case *v, uint64_t sum[HF_RESOURCES]);
/* Whether those who go along with v fit on node beside all that is there, and so much more. */
bool hf_case_room_beside(const struct hf_case *v, uint8_t node, const uint64_t kept[HF_RESOURCES]);
bool hf_case_room_now(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason);
/* The nodes of its order before the chosen one, each with what speaks against it. */
void hf_case_passed_over(const struct hf_case *v, uint8_t from, uint8_t chosen,
                         struct hf_change *change);
uint8_t hf_case_choose(const struct hf_case *v, uint8_t from, struct hf_change *change);
void hf_case_assign(const struct hf_case *v, struct hf_change *change, uint8_t node);

/* decide_start.c */
enum hf_fence_need {
    HF_FENCE_DONE,
    HF_FENCE_SOON, /* only time is missing */
    HF_FENCE_NEVER /* a person is */
};
/* Whether a lost node may still write: of its owner; of anybody for what has no disk. */
enum hf_fence_need hf_fence_missing(struct hf_core *core, uint16_t i, uint8_t lost);
enum hf_fence_need hf_fences_missing(struct hf_core *core, uint16_t i);
/* The first of those that it starts after and that is not online; HF_INSTANCE_NONE = none. */
uint16_t hf_waits_after(const struct hf_core *core, uint16_t i);
/* Whether a reason of not running says that it is to go elsewhere. */
bool hf_reason_leaves(uint16_t code);
void hf_case_start(const struct hf_case *v);
void hf_case_owner_lost(const struct hf_case *v);

/* decide_failure.c */
/* Whether a reason says that an instance failed on a node, whatever failed there. */
bool hf_reason_is_failure(uint16_t code);
void hf_case_failed(const struct hf_case *v, const struct hf_report *report);

/* decide_move.c */
/* Stops it, and those it takes along, for a move to target. change: the first stop. */
void hf_case_move(const struct hf_case *v, const struct hf_change *change);
/* The arrangement wants it elsewhere, or not at all: true when that was decided. */
bool hf_case_make_room(const struct hf_case *v);

/* decide_failback.c */
void hf_case_fail_back(const struct hf_case *v);

/* decide_instance.c */
struct hf_case hf_case_of(struct hf_core *core, uint16_t i, struct hf_proposal *proposal);
struct hf_change hf_case_change(const struct hf_case *v, enum hf_change_type type,
                                enum hf_reason_code code);
void hf_case_stop(const struct hf_case *v, const struct hf_reason *reason, uint8_t target,
                  uint64_t noticed_ms);

#endif
