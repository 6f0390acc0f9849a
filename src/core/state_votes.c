/* state_votes.c - looks at the state: who votes, who is senior. */
#include "core/state.h"

uint64_t hf_state_voters(const struct hf_state *state)
{
    uint64_t voters = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (state->spec.nodes[n].name[0] && state->nodes[n].joined_epoch)
            voters |= 1ull << n;
    }
    return voters ? voters : hf_spec_nodes(&state->spec);
}

/* Regime since which a node is a member; one that is not, or not yet again, is the most junior. */
static uint64_t seniority(const struct hf_state *state, uint8_t node)
{
    uint64_t joined = state->nodes[node].joined_epoch;
    return joined && state->nodes[node].up ? joined : UINT64_MAX;
}

uint8_t hf_state_senior(const struct hf_state *state, uint64_t members)
{
    uint8_t senior = HF_NODE_NONE;
    for (; members; members &= members - 1) {
        uint8_t n = (uint8_t)__builtin_ctzll(members);
        if (senior == HF_NODE_NONE || seniority(state, n) < seniority(state, senior))
            senior = n;
    }
    return senior;
}
