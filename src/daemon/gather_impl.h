/* gather_impl.h - what the two halves of gathering share: asking, and answering. */
#ifndef HF_DAEMON_GATHER_IMPL_H
#define HF_DAEMON_GATHER_IMPL_H

#include "base/strbuf.h"
#include "core/limits.h"
#include "daemon/gather.h"
#include "daemon/gather_program.h"
#include "daemon/gather_wire.h"

/* What one node has said to a question so far. */
struct hf_gather_heard {
    struct hf_strbuf text;
    uint64_t reading; /* which of its readings is the answer; 0: it said nothing yet */
    uint16_t next;    /* part that is to come: the group keeps the order */
    json_int_t heard_ms, clock_ms;
};

struct hf_gather_ask {
    struct hf_gather *gather;
    uint64_t id; /* 0 = free */
    uint64_t connection;
    uint64_t waiting; /* nodes that have not answered */
    uint64_t begun_ms;
    unsigned heard, of;
    json_int_t asked_ms;
    json_t *missing;
    struct hf_gather_heard *nodes; /* HF_NODES_MAX */
    uv_timer_t timer;
};

enum hf_gather_state { HF_GATHER_RESTS, HF_GATHER_READS, HF_GATHER_SENDS };

struct hf_gather_answer {
    enum hf_gather_state state;
    uint64_t reading; /* number of the one under way, or of the last one */
    bool again;       /* somebody asked after it began */
    bool good;        /* text: facts; else why there are none */
    struct hf_strbuf text;
    uint16_t part;                     /* on its way, when state is SENDS */
    struct hf_gather_program *program; /* also one that was killed and has not ended */
};

struct hf_gather {
    uv_loop_t *loop;
    struct hf_gather_options options;
    struct hf_gather_ask asks[HF_GATHER_ASKS];
    struct hf_gather_answer answer;
    unsigned closing;
};

json_int_t hf_gather_wall_ms(void);
int hf_gather_send(struct hf_gather *gather, const struct hf_gather_message *message);

/* gather_ask.c */
void hf_gather_asks_init(struct hf_gather *gather);
void hf_gather_take_heard(struct hf_gather *gather, unsigned node,
                          const struct hf_gather_message *message);
void hf_gather_take_part(struct hf_gather *gather, unsigned node,
                         const struct hf_gather_message *message);
void hf_gather_asks_members(struct hf_gather *gather, uint64_t members);
void hf_gather_forget(struct hf_gather_ask *ask);

/* gather_answer.c */
void hf_gather_be_asked(struct hf_gather *gather, uint64_t id);
void hf_gather_was_sent(struct hf_gather *gather, const struct hf_gather_message *message);
void hf_gather_answer_drop(struct hf_gather *gather);
void hf_gather_answer_end(struct hf_gather *gather);

#endif
