/*
 * fingerprint.c - one number for a whole run: every event taken, every action of every core with
 * its bytes, and what is left at the end. Two builds that give the same numbers ran the same
 * worlds.
 */
#include "world.h"

static void mix(struct sim_world *world, uint64_t word)
{
    world->fingerprint = (world->fingerprint ^ word) * 0x9e3779b97f4a7c15ull;
    world->fingerprint ^= world->fingerprint >> 29;
}

void sim_fingerprint_event(struct sim_world *world, const struct sim_event *event)
{
    mix(world, event->at);
    mix(world, (uint64_t)event->type << 8 | event->node);
    mix(world, event->guard);
    mix(world, event->a);
    mix(world, event->b);
    world->events++;
}

void sim_fingerprint_step(struct sim_world *world, uint8_t n)
{
    const struct hf_actions *actions = world->actions;
    mix(world, n);
    for (uint32_t a = 0; a < actions->count; a++) {
        const struct hf_action *action = &actions->list[a];
        mix(world, (uint64_t)action->type << 32 | (uint64_t)action->step << 16 | action->instance);
        mix(world, action->id);
        mix(world, (uint64_t)action->generation << 32 | action->deadline_ms);
        mix(world, (uint64_t)action->reason.code << 8 | action->ok);
    }
    mix(world, hf_hash(actions->count, actions->arena, actions->used));
    mix(world, actions->wake_ms);
    mix(world, world->node[n].core->state.hash);
}

uint64_t sim_fingerprint_end(struct sim_world *world)
{
    for (uint8_t n = 0; n < world->nodes; n++) {
        mix(world, hf_state_hash(&world->node[n].core->state));
        mix(world, world->node[n].core->state.history_count);
        mix(world, world->node[n].journal.count);
    }
    for (uint16_t i = 0; i < SIM_INSTANCES; i++) {
        mix(world, world->disk[i].acknowledged);
        mix(world, world->disk[i].newest);
    }
    for (const char *at = world->violation; *at; at++)
        mix(world, (uint8_t)*at);
    mix(world, world->rng.state);
    return world->fingerprint;
}
