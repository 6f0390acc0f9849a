/*
 * status.h - the answers to status, why and history, from the replicated state.
 *
 * Pure: the state and the time come in, JSON goes out (docs/CONTROL.md describes it). All times are
 * wall clock, ms since 1970; nothing is shown that is not known. Each returns a new value, or NULL
 * when memory ran out.
 */
#ifndef HF_DAEMON_STATUS_H
#define HF_DAEMON_STATUS_H

#include <jansson.h>

#include "core/core.h"
#include "core/state.h"
#include "daemon/measure.h"
#include "daemon/recovery_model.h"

/* The networks between the nodes, numbered as the links in corosync.conf. */
enum { HF_STATUS_PRIVATE, HF_STATUS_PUBLIC, HF_STATUS_NETWORKS };

/* What this node's corosync says of them, by network; bit = node. */
struct hf_status_links {
    uint64_t known[HF_STATUS_NETWORKS];
    uint64_t up[HF_STATUS_NETWORKS];
};

/* What a node saw of the size of an instance (core/size.h). */
struct hf_status_size {
    bool seen, degraded;
    uint64_t since_ms; /* 0 = before this daemon started */
    char waits[256]; /* where its engine runs: "at the next start: shared_buffers"; "" = nothing */
};

/* What a look at the counters said; at_ms 0: there was none. */
struct hf_status_used {
    uint64_t at_ms; /* wall clock */
    uint32_t known; /* bit = enum hf_measure */
    uint64_t amount[HF_MEASURES];
};

/* What this node itself measured of an instance. */
struct hf_status_use {
    struct hf_status_used used;        /* while it runs here: the newest look */
    struct hf_measure_demand measured; /* what it needs, by this node's journal; known 0: nothing */
};

/* And of itself. 0 = not known. */
struct hf_status_machine {
    struct hf_status_used used;
    struct {
        uint64_t cpu_milli, memory_bytes, network_bytes_s;
    } has;
};

struct hf_status_input {
    const struct hf_state *state;
    struct hf_core_view view;
    uint8_t self;
    const char *self_name; /* also known before this node has the state */
    uint64_t wall_ms;
    /* What this node itself runs; NULL = not looked at. */
    void (*local)(void *user, uint16_t instance, struct hf_local_view *ret);
    /* What would follow if the node of instance failed now. False: not known; NULL = never. */
    bool (*recovery)(void *user, uint16_t instance, struct hf_recovery_estimate *ret);
    const struct hf_status_links *links;     /* NULL = not known */
    const struct hf_status_size *sizes;      /* of each instance; NULL = not looked at */
    const struct hf_status_use *uses;        /* of each instance; NULL = not measured */
    const struct hf_status_machine *machine; /* of this node; NULL = not measured */
    void *local_user;                        /* of local and recovery */
};

/* "private", "public". */
const char *hf_status_network(unsigned network);

/* The whole reply: {"ok":true,"self":{"name","state"},"data":{...}}. */
json_t *hf_status_reply(const struct hf_status_input *input);

/* Its parts. */
json_t *hf_status_self_json(const struct hf_status_input *input);
json_t *hf_status_json(const struct hf_status_input *input);

/* Things that want a person's eye: [{"code","text","hint"?,"node"?,"nodes"?,"instance"?,...}]. */
json_t *hf_status_warnings_json(const struct hf_status_input *input);

/* The newest takeover or move of any instance that has ended, as one line; null = none. */
json_t *hf_status_last_json(const struct hf_state *state);

/* Why instance (which exists) is where it is. */
json_t *hf_why_json(const struct hf_status_input *input, uint16_t instance);

/* The newest count records, oldest first; instance: HF_INSTANCE_NONE = all. */
json_t *hf_history_json(const struct hf_state *state, uint16_t instance, uint32_t count);

/* Whether this node holds the cluster's current state. */
bool hf_status_current(const struct hf_status_input *input);

/* The word for the phase of instance as this node can know it: without the cluster's state it knows
 * only its own part, and says "unknown" of the rest. */
const char *hf_status_phase(const struct hf_status_input *input, uint16_t instance);

/* Whether instance serves with its degraded profile, as far as this node knows. */
bool hf_status_degraded(const struct hf_status_input *input, uint16_t instance);

/* What of its size waits, where its engine runs on this node; "" = nothing. */
const char *hf_status_waits(const struct hf_status_input *input, uint16_t instance);

/* {"degraded","degraded_since_ms","size_waits"} */
json_t *hf_status_size_json(const struct hf_status_input *input, uint16_t instance);

/* {"stated","measured","used","counts"} of instance, and the same of a node's capacity. */
json_t *hf_status_demand_json(const struct hf_status_input *input, uint16_t instance);
json_t *hf_status_capacity_json(const struct hf_status_input *input, uint8_t node);

/* What the configuration states of demand or capacity, in the units of what is measured
 * (hf_measure_word); null where it states nothing. */
json_t *hf_status_amounts(const uint64_t stated[HF_RESOURCES]);

/* Why node could not take instance now; code HF_REASON_NONE = nothing speaks against it. */
struct hf_reason hf_status_obstacle(const struct hf_state *state, uint16_t instance, uint8_t node);

/* "db1 -> db3", "on db1": one sentence about what a takeover did. Always NUL-terminates. */
void hf_takeover_text(const struct hf_state *state, uint16_t instance, char *text, size_t room);

/* Whether the cause was a wish of people, not a failure. */
bool hf_takeover_planned(const struct hf_takeover *takeover);

/* Milliseconds without service, 0 = not known. */
uint64_t hf_takeover_outage(const struct hf_takeover *takeover);

#endif
