/*
 * control_follow.h - when a command that somebody waits for has reached its end.
 *
 * Pure. Begin it when the request comes in, before the core sees it; after each step of the core
 * ask hf_control_follow_end. The events in between come from control_events.
 */
#ifndef HF_DAEMON_CONTROL_FOLLOW_H
#define HF_DAEMON_CONTROL_FOLLOW_H

#include <jansson.h>

#include "core/state.h"
#include "daemon/control_parse.h"

struct hf_control_follow {
    enum hf_control_verb verb;
    uint16_t instance; /* move, online, offline */
    uint8_t node;      /* drain, resume; move: the target or HF_NODE_NONE */
    uint8_t from;      /* the owner when it began */
    uint32_t generation;
    uint64_t decisions;                      /* applied when it began */
    uint64_t carried[HF_INSTANCES_MAX / 64]; /* drain: what ran there when it began */
};

void hf_control_follow_begin(struct hf_control_follow *follow, enum hf_control_verb verb,
                             uint16_t instance, uint8_t node, const struct hf_state *state);

/* Whether an event about instance is to be sent to the one who waits. */
bool hf_control_follow_wants(const struct hf_control_follow *follow, uint16_t instance);

/* The last line once the command was accepted and carried out, or cannot be; NULL = not yet. */
json_t *hf_control_follow_end(const struct hf_control_follow *follow, const struct hf_state *state);

#endif
