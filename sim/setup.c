/* setup.c - a new cluster: the first node is made, the others join, a specification is applied. */
#include "world.h"

#include <string.h>

bool sim_wait_reply(struct sim_world *world, uint64_t id, uint64_t within)
{
    uint64_t until = world->now + within;
    if (!id)
        return false;
    while (world->now < until && !world->request[id - 1].done && !world->violation[0])
        sim_run(world, world->now + 5 * SIM_MS);
    return world->request[id - 1].done && world->request[id - 1].ok;
}

static bool wait_member(struct sim_world *world, uint8_t n, uint64_t within)
{
    uint64_t until = world->now + within;
    while (world->now < until && !world->violation[0]) {
        struct hf_core_view view;
        if (world->node[n].daemon) {
            hf_core_view(world->node[n].core, &view);
            const struct hf_state *state = hf_core_state(world->node[n].core);
            if (view.condition == HF_CORE_MEMBER && state->nodes[n].up)
                return true;
        }
        sim_run(world, world->now + 5 * SIM_MS);
    }
    return false;
}

/* While the last one gets its vote there may be no quorum for a moment: it is asked again. */
bool sim_join(struct sim_world *world, uint8_t joiner)
{
    uint64_t until = world->now + 10 * SIM_S;
    while (world->now < until && !world->violation[0]) {
        uint8_t member = sim_member(world);
        if (member != HF_NODE_NONE &&
            sim_wait_reply(world,
                           sim_ask(world, member, HF_VERB_JOIN, HF_INSTANCE_NONE, joiner, NULL),
                           10 * SIM_S))
            return true;
        sim_run(world, world->now + 500 * SIM_MS);
    }
    return false;
}

void sim_join_again(struct sim_world *world)
{
    for (uint8_t n = 0; n < world->nodes && !world->violation[0]; n++) {
        const struct hf_state *state = sim_state_of(world);
        if (state && world->node[n].exists && !state->nodes[n].joined_epoch)
            (void)sim_join(world, n);
    }
}

bool sim_bootstrap(struct sim_world *world, unsigned nodes)
{
    struct hf_core_config *config = &world->node[0].config;
    (void)snprintf(config->cluster, HF_NAME_MAX, "lab");
    (void)snprintf(config->name, HF_NAME_MAX, "db1");
    (void)snprintf(config->public_address, HF_ADDRESS_MAX, "10.77.0.1");
    (void)snprintf(config->private_address, HF_ADDRESS_MAX, "10.78.0.1");
    world->node[0].exists = true;
    world->node[0].file = (struct sim_conf){1, 1};
    sim_power_on(world, 0);
    if (!wait_member(world, 0, 20 * SIM_S))
        return false;
    for (uint8_t n = 1; n < nodes; n++) {
        if (!sim_join(world, n) || !wait_member(world, n, 20 * SIM_S))
            return false;
    }
    sim_run(world, world->now + 100 * SIM_MS); /* everybody's corosync counts the last one's vote */
    return true;
}

bool sim_apply(struct sim_world *world, const struct hf_spec *spec)
{
    uint8_t member = sim_member(world);
    if (member == HF_NODE_NONE)
        return false;
    return sim_wait_reply(
        world, sim_ask(world, member, HF_VERB_APPLY, HF_INSTANCE_NONE, HF_NODE_NONE, spec),
        10 * SIM_S);
}
