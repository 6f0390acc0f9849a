#ifndef HF_CORE_PLACE_IMPL_H
#define HF_CORE_PLACE_IMPL_H

#include "base/assert.h"
#include "core/place_workspace.h"

/* Inside the optimiser: what its files share. docs/PLACEMENT.md explains the parts. */

#define HF_PLACE_NORM_ONE ((int64_t)1 << 20) /* the largest node, in a resource */
#define HF_PLACE_UNIT ((int64_t)1 << 30)     /* one unit of the objective, in prices */
#define HF_PLACE_COST_ANY UINT64_MAX
#define HF_PLACE_BROKEN UINT16_MAX /* no number of ejections is enough */

enum hf_place_answer {
    HF_PLACE_FOUND,
    HF_PLACE_NO,      /* proved: there is none */
    HF_PLACE_UNKNOWN, /* out of steps */
    HF_PLACE_REFUSED, /* searched through; what was there was refused, so nothing is proved */
};

/* Which constraint is the objective of a relaxation; its price is one unit. */
enum hf_place_goal { HF_PLACE_GOAL_SERVE, HF_PLACE_GOAL_MOVE, HF_PLACE_GOAL_COST };

enum hf_place_pick {
    HF_PLACE_PICK_FAIL,
    HF_PLACE_PICK_LEAF,
    HF_PLACE_PICK_PLACE,
    HF_PLACE_PICK_EJECT
};

/* place_util.c */
int hf_place_fraction_compare(int64_t an, int64_t ad, int64_t bn, int64_t bd);
int64_t hf_place_cap_within(int64_t cap, const struct hf_place_util *util, bool strictly);

/* place_model.c, place_order.c */
void hf_place_model_init(struct hf_place_model *model, const struct hf_place_problem *problem);
void hf_place_model_order(struct hf_place_model *model);
void hf_place_model_order_homes(struct hf_place_model *model);
/* Homes, and costs if those were changed, are again what they are in the problem. */
void hf_place_model_restore(struct hf_place_model *model, bool costs);

/* place_begin.c: the root of a search; false: there is no placement within the limits */
bool hf_place_state_init(struct hf_place_workspace *ws);
bool hf_place_clash(const struct hf_place_workspace *ws, unsigned i);

/* place_state.c: one step there, one step back */
void hf_place_state_place(struct hf_place_workspace *ws, unsigned i, int node);
void hf_place_state_leave_out(struct hf_place_workspace *ws, unsigned i);
void hf_place_state_keep(struct hf_place_workspace *ws, unsigned i);
void hf_place_state_eject(struct hf_place_workspace *ws, unsigned i);
void hf_place_state_undo(struct hf_place_workspace *ws, uint32_t mark);

/* place_option.c: what can be done with an instance in this state */
uint64_t hf_place_rivals_fixed(const struct hf_place_workspace *ws, unsigned i);
unsigned hf_place_rivals_staying(const struct hf_place_workspace *ws, unsigned i, unsigned n);
unsigned hf_place_eject_count(const struct hf_place_workspace *ws, unsigned n, const int64_t *add);
bool hf_place_option(struct hf_place_workspace *ws, unsigned i, unsigned n, unsigned *ret_eject);
bool hf_place_option_leave(const struct hf_place_workspace *ws, unsigned i);
uint64_t hf_place_option_nodes(const struct hf_place_workspace *ws, unsigned i);

/* place_pick.c: bounds, and the next decision */
enum hf_place_pick hf_place_pick(struct hf_place_workspace *ws, struct hf_place_frame *frame);

/* place_search.c: is there a placement within the limits? Answers into ws->found. */
uint64_t hf_place_random(struct hf_place_workspace *ws);
enum hf_place_answer hf_place_search(struct hf_place_workspace *ws, uint64_t steps);
enum hf_place_answer hf_place_decide(struct hf_place_workspace *ws, enum hf_place_goal goal,
                                     unsigned goal_class, uint64_t steps);
void hf_place_filter_clear(struct hf_place_workspace *ws);
bool hf_place_bound_root(struct hf_place_workspace *ws, enum hf_place_goal goal,
                         unsigned goal_class);

/* place_bound.c: prove that the limits can not be kept, or filter what can be part of a solution */
enum hf_place_answer hf_place_bound(struct hf_place_workspace *ws, enum hf_place_goal goal,
                                    unsigned goal_class, unsigned rounds);

/* place_limits.c */
void hf_place_limits_init(struct hf_place_workspace *ws);
void hf_place_limits_util(struct hf_place_workspace *ws, const struct hf_place_util *util,
                          bool strictly);
bool hf_place_adopt(struct hf_place_workspace *ws, const int8_t *node);
uint32_t hf_place_moves_of(const struct hf_place_values *values);
uint64_t hf_place_cost_of(const struct hf_place_workspace *ws);

/* place_greedy.c: extend ws->best by the instances of a class, without moving any other */
void hf_place_greedy_class(struct hf_place_workspace *ws, unsigned cls);

/*
 * place_improve.c: a better placement a few changes away from the best one.
 * SERVE: one more of the last class. LOAD: as many, but a smaller load. MOVES, COST: less of it.
 * UTIL: a lower maximum utilisation at the same moves and cost.
 */
enum hf_place_aim {
    HF_PLACE_AIM_SERVE,
    HF_PLACE_AIM_LOAD,
    HF_PLACE_AIM_MOVES,
    HF_PLACE_AIM_COST,
    HF_PLACE_AIM_UTIL,
};
bool hf_place_improve(struct hf_place_workspace *ws, enum hf_place_aim aim, unsigned n_classes,
                      uint64_t slice);

/* place_serve.c, place_count.c, place_balance.c: the levels */
void hf_place_level_serve(struct hf_place_workspace *ws, struct hf_place_result *result);
void hf_place_level_moves(struct hf_place_workspace *ws, struct hf_place_result *result);
void hf_place_level_cost(struct hf_place_workspace *ws, struct hf_place_result *result);
void hf_place_level_balance(struct hf_place_workspace *ws, struct hf_place_result *result);

static inline unsigned hf_place_bits(uint64_t mask)
{
    mask -= mask >> 1 & 0x5555555555555555u;
    mask = (mask & 0x3333333333333333u) + (mask >> 2 & 0x3333333333333333u);
    mask = (mask + (mask >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(mask * 0x0101010101010101u >> 56);
}

static inline unsigned hf_place_first(uint64_t mask)
{
    return (unsigned)__builtin_ctzll(mask);
}

static inline uint64_t hf_place_bit(unsigned n)
{
    return (uint64_t)1 << n;
}

/* Is there room for i on node n, with everything that is there now? */
static inline bool hf_place_fits(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    const int64_t *load = ws->load[n];
    const int64_t *need = ws->model.need[i];
    const int64_t *cap = ws->limits.cap[n];
    int64_t over = 0;

    for (unsigned r = 0; r < HF_PLACE_R; r++) { /* unused resources are zero; no early way out */
        over |= cap[r] - load[r] - need[r];
    }
    return over >= 0;
}

static inline uint64_t hf_place_steps_left(const struct hf_place_workspace *ws)
{
    return ws->steps < ws->steps_max ? ws->steps_max - ws->steps : 0;
}

#endif
