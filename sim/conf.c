/*
 * conf.c - corosync.conf: each daemon writes it from the state (src/daemon/nodes.c), its corosync
 * reads it when it starts or when anybody in the ring asks all to read theirs again. A node has no
 * vote until it was a member once. Between two members' writing, the files differ.
 */
#include "world.h"

static struct sim_conf render(const struct hf_state *state)
{
    struct sim_conf conf = {0};
    for (uint8_t n = 0; n < HF_NODES_MAX; n++) {
        if (!state->spec.nodes[n].name[0])
            continue;
        conf.nodes |= sim_bit(n);
        if (state->nodes[n].joined_epoch)
            conf.votes |= sim_bit(n);
    }
    return conf;
}

static bool same(const struct sim_conf *a, const struct sim_conf *b)
{
    return a->nodes == b->nodes && a->votes == b->votes;
}

/* The daemon of a member looks after each step whether the list of nodes has changed: also of one
 * that has no vote yet, for others may have been let in since it got its file. */
void sim_conf_follow(struct sim_world *world, uint8_t n)
{
    struct sim_node *node = &world->node[n];
    const struct hf_state *state = hf_core_state(node->core);
    struct hf_core_view view;
    if (node->conf_seen == state->nodes_version)
        return;
    struct sim_conf conf = render(state);
    if (!conf.votes)
        return; /* the first node writes none before it is up: it would have no vote */
    hf_core_view(node->core, &view);
    if (view.condition != HF_CORE_MEMBER)
        return;
    node->conf_seen = state->nodes_version;
    if (same(&conf, &node->file))
        return;
    node->file = conf;
    sim_group_conf(world, n);
}

/* Every corosync of the ring reads its own file, at one place of the order. */
void sim_conf_reload(struct sim_world *world, uint32_t r)
{
    bool changed = false;
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        struct sim_node *node = &world->node[n];
        if (node->ring != r || !node->corosync || node->frozen || same(&node->live, &node->file))
            continue;
        node->live = node->file;
        changed = true;
    }
    if (!changed)
        return;
    sim_group_votes(world);
    sim_group_changed(world);
}

/* A node was told that the joiner may come: that one gets its files and is switched on. */
void sim_joined(struct sim_world *world, uint8_t n, uint8_t joiner)
{
    const struct hf_state *state = hf_core_state(world->node[n].core);
    char name[HF_NAME_MAX];
    (void)snprintf(name, sizeof(name), "db%u", joiner + 1u);
    uint8_t slot = hf_spec_find_node(&state->spec, name);
    if (slot >= SIM_NODES)
        return;
    struct sim_node *node = &world->node[slot];
    world->joined |= sim_bit(joiner);
    if (world->nodes <= slot)
        world->nodes = slot + 1u;
    node->exists = true;
    node->file = render(state);
    if (!node->powered) {
        sim_power_on(world, slot);
        return;
    }
    /* Asked for once more. Not at once: this is in the middle of another node's step. */
    sim_at(world, world->now, SIM_EV_JOINED, slot, node->life, 0, 0);
}

/* What "holdfast join" does last on a node that runs already. */
void sim_services_anew(struct sim_world *world, uint8_t n)
{
    sim_group_stop(world, n);
    sim_group_start(world, n);
    sim_daemon_start(world, n);
}
