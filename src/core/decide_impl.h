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
    struct hf_load *load;
    struct hf_proposal *proposal;
};

/* choose.c */
bool hf_case_rejected(const struct hf_case *v, uint8_t node, struct hf_reason *ret_reason);
uint8_t hf_case_choose(const struct hf_case *v, uint8_t from, bool not_from,
                       struct hf_change *change);
void hf_case_count_in(const struct hf_case *v, uint8_t node);
void hf_case_assign(const struct hf_case *v, struct hf_change *change, uint8_t node);

/* decide_start.c */
void hf_case_start(const struct hf_case *v);
void hf_case_owner_lost(const struct hf_case *v);

/* decide_failure.c */
void hf_case_failed(const struct hf_case *v, const struct hf_report *report);

/* decide_instance.c */
struct hf_change hf_case_change(const struct hf_case *v, enum hf_change_type type,
                                enum hf_reason_code code);
void hf_case_stop(const struct hf_case *v, const struct hf_reason *reason, uint8_t target,
                  uint64_t noticed_ms);

#endif
