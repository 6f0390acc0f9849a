/*
 * control_events.h - what changed since the last look, as lines for those who watch.
 *
 * Pure: give it the state after each step of the core; it compares with what it saw before.
 */
#ifndef HF_DAEMON_CONTROL_EVENTS_H
#define HF_DAEMON_CONTROL_EVENTS_H

#include <jansson.h>

#include "daemon/status.h"

struct hf_seen_instance {
    uint32_t generation;
    uint8_t owner, phase;
    uint16_t reason;
    bool wanted, named;
    uint64_t left_ms; /* when it left its last settled phase, 0 = it is settled */
};

struct hf_seen_node {
    bool named, up, member, drained, quarantined;
};

struct hf_control_events {
    enum hf_core_condition condition;
    uint8_t coordinator;
    uint64_t config_version;
    uint32_t votes;
    struct hf_seen_instance instances[HF_INSTANCES_MAX];
    struct hf_seen_node nodes[HF_NODES_MAX];
};

/* line is borrowed. instance, node: what it is about, or HF_INSTANCE_NONE, HF_NODE_NONE. */
typedef void (*hf_control_event_sink)(void *user, uint16_t instance, uint8_t node, json_t *line);

/* Remembers the state without telling anything. */
void hf_control_events_init(struct hf_control_events *events, const struct hf_status_input *input);

/* Tells each difference and remembers the state. */
void hf_control_events_step(struct hf_control_events *events, const struct hf_status_input *input,
                            hf_control_event_sink sink, void *user);

#endif
