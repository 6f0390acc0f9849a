/*
 * arrange.h - the coordinator's view of who is to be where.
 *
 * Each round it is worked out from the state: what has a place, what needs one, and where that is
 * to be. Where the simple rule (owners.h: the next owner down the list) finds a place for all, that
 * is the answer; where it leaves something out, the optimiser (place.h) is asked, and its answer
 * counts when it serves more. docs/PLACEMENT.md, "What the coordinator does with it", has the
 * rules. Nothing here is remembered but the answer to the very same question.
 */
#ifndef HF_CORE_ARRANGE_H
#define HF_CORE_ARRANGE_H

#include "core/place_workspace.h"
#include "core/relation.h"
#include "core/state.h"

/* Budget of one question to the optimiser, in its steps; a decision asks up to four. Large is what
 * has more than so many pairs of a node and an instance: there all else takes its time, too, and a
 * decision is to be made within some 10 ms (docs/PLACEMENT.md; measured by bench/decision). */
#define HF_ARRANGE_STEPS 300000u
#define HF_ARRANGE_STEPS_LARGE 100000u
#define HF_ARRANGE_LARGE 4096u

enum hf_need {
    HF_NEED_ABSENT,   /* is not to run now, or nobody can say yet where it runs */
    HF_NEED_PLACED,   /* runs, or starts, on its owner */
    HF_NEED_MOVING,   /* was stopped for a move; its target still suits */
    HF_NEED_LEAVING,  /* runs on a drained node: it goes when there is another place */
    HF_NEED_HOMELESS, /* needs a place */
    HF_NEED_LATER,    /* will need one soon: after others have started, or a watchdog has bitten */
};

/* The optimiser's answer to a question, kept for when the very same is asked again. */
struct hf_arrange_answer {
    bool known;
    struct hf_place_problem question;
    struct hf_place_result result;
};

struct hf_arrange {
    bool asked;                     /* somebody needs a place */
    uint8_t need[HF_INSTANCES_MAX]; /* enum hf_need */
    uint8_t at[HF_INSTANCES_MAX];   /* the place it has: owner, or target of its move */
    uint8_t here[HF_INSTANCES_MAX]; /* where something of it still is; kept up to date as the
                                       changes of this decision are proposed */
    uint8_t node[HF_INSTANCES_MAX]; /* the answer: where it is to be, or HF_NODE_NONE */
    bool unproved;   /* more might be served than the optimiser found within its budget */
    uint16_t parted; /* others go for it, and only then is its own place known; or none */

    struct hf_place_problem problem;
    uint16_t count;                              /* instances in the problem */
    uint16_t slot[HF_INSTANCES_MAX];             /* of the problem's instance */
    uint16_t index[HF_INSTANCES_MAX];            /* the other way, HF_INSTANCE_NONE = not in it */
    int64_t planned[HF_NODES_MAX][HF_RESOURCES]; /* load as it is to be */
    int64_t present[HF_NODES_MAX][HF_RESOURCES]; /* the same, with what has not yet left */
    int8_t simple[HF_INSTANCES_MAX];             /* the simple rule's answer */

    struct hf_place_values simple_values;
    uint64_t free_owners[HF_INSTANCES_MAX]; /* of the problem's instances, while some are pinned */
    struct hf_arrange_answer answers[2]
                                    [2]; /* [those that need a place later count][nothing pinned] */
    struct hf_place_workspace workspace;
};

_Static_assert(HF_INSTANCES_MAX <= HF_PLACE_INSTANCES_MAX, "the optimiser takes every instance");
_Static_assert(HF_NODES_MAX <= HF_PLACE_NODES_MAX, "the optimiser takes every node");
_Static_assert((unsigned)HF_RESOURCES == HF_PLACE_RESOURCES_MAX, "the same resources");

#endif
