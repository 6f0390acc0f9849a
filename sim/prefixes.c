/*
 * prefixes.c - every action cut off at every step by the loss of each participant's power.
 *
 * Move, failover, drain, restart, apply and join are begun in a cluster of three; some time later,
 * in fine steps where messages pass and coarser ones where drivers work, one node (of a join also
 * the new one) or all of them lose power. Four seconds later everything is switched on again.
 */
#include "prefixes.h"

#define VOTE_SEEDS 300u

static bool small_world(struct sim_world *world, uint64_t seed, unsigned nodes, bool witness)
{
    sim_world_reset(world, seed, nodes, false);
    world->first = sim_bit(nodes) - 1;
    if (!sim_bootstrap(world, nodes))
        return false;
    *world->spec = hf_core_state(world->node[0].core)->spec;
    sim_spec_instance(world->spec, 0, "pg");
    world->spec->instances[0].preferred_count = 2;
    world->spec->instances[0].preferred[1] = 1;
    if (!sim_apply(world, world->spec))
        return false;
    world->witness = witness;
    sim_group_votes(world);
    sim_run(world, world->now + 5 * SIM_S);
    return !world->violation[0];
}

bool sim_small_world(struct sim_world *world, unsigned nodes, bool witness)
{
    return small_world(world, 7, nodes, witness);
}

void sim_ends_well(struct sim_world *world)
{
    sim_heal(world);
    sim_run(world, world->now + 20 * SIM_S);
    sim_join_again(world);
    sim_run(world, world->now + 70 * SIM_S);
    if (!world->violation[0])
        sim_check_served(world);
    if (!world->violation[0])
        sim_check_conf(world);
}

static uint8_t owner(const struct sim_world *world, uint8_t member)
{
    return hf_core_state(world->node[member].core)->instances[0].owner;
}

static void move(struct sim_world *world, uint8_t member)
{
    (void)sim_ask(world, member, HF_VERB_MOVE, 0, HF_NODE_NONE, NULL);
}

static void failover(struct sim_world *world, uint8_t member)
{
    sim_power_off(world, owner(world, member));
}

static void drain(struct sim_world *world, uint8_t member)
{
    (void)sim_ask(world, member, HF_VERB_DRAIN, HF_INSTANCE_NONE, 0, NULL);
}

static void restart(struct sim_world *world, uint8_t member)
{
    sim_engine_exit(world, owner(world, member), 0);
}

static void apply(struct sim_world *world, uint8_t member)
{
    *world->spec = hf_core_state(world->node[member].core)->spec;
    sim_spec_instance(world->spec, 1, "second");
    (void)sim_ask(world, member, HF_VERB_APPLY, HF_INSTANCE_NONE, HF_NODE_NONE, world->spec);
}

static void join(struct sim_world *world, uint8_t member)
{
    (void)sim_ask(world, member, HF_VERB_JOIN, HF_INSTANCE_NONE, 3, NULL);
}

static const struct action {
    const char *word;
    void (*begin)(struct sim_world *world, uint8_t member);
    uint32_t coarse_us; /* later steps; the first thirty are of 200 us */
    uint8_t nodes;      /* that take part */
} actions[] = {
    {"move", move, 60000, 3},       {"failover", failover, 60000, 3}, {"drain", drain, 60000, 3},
    {"restart", restart, 60000, 3}, {"apply", apply, 60000, 3},       {"join", join, 150000, 4},
};

/* Victim: a node, or all when it is their number. */
static bool cut_off(struct sim_world *world, const struct action *action, uint32_t cut,
                    unsigned victim)
{
    if (!sim_small_world(world, 3, false))
        return false;
    uint8_t member = sim_member(world);
    if (member != HF_NODE_NONE)
        action->begin(world, member);
    sim_run(world, world->now + (cut < 30 ? cut * 200u : (cut - 27) * action->coarse_us));
    for (uint8_t n = 0; n < action->nodes; n++) {
        if (victim == action->nodes || victim == n)
            sim_power_off(world, n);
    }
    sim_run(world, world->now + 4 * SIM_S);
    sim_ends_well(world);
    return !world->violation[0];
}

unsigned sim_prefixes(struct sim_world *world)
{
    unsigned bad = 0, runs = 0;
    for (unsigned a = 0; a < sizeof(actions) / sizeof(actions[0]); a++) {
        for (uint32_t cut = 0; cut < 60; cut++) {
            for (unsigned victim = 0; victim <= actions[a].nodes; victim++) {
                runs++;
                if (cut_off(world, &actions[a], cut, victim))
                    continue;
                bad++;
                printf("%s, cut %u, victim %u: %s\n", actions[a].word, cut, victim,
                       world->violation);
            }
        }
    }
    printf("prefixes: %u runs, %u violations\n", runs, bad);
    return bad;
}

/*
 * Two that were let in, with the time between them that this takes, and are still switched off. The
 * first one asks once more, or it would not know of the second.
 */
static bool two_on_their_way(struct sim_world *world)
{
    static const uint8_t ask[] = {3, 4, 3};
    for (unsigned k = 0; k < sizeof(ask); k++) {
        sim_run(world, world->now + 130 * SIM_S);
        if (!sim_join(world, ask[k]))
            return false;
        sim_power_off(world, ask[k]);
    }
    return true;
}

static bool new_voters(const struct sim_world *world)
{
    for (uint8_t n = 0; n < 3; n++) {
        const struct hf_state *state = hf_core_state(world->node[n].core);
        if (state->nodes[3].joined_epoch || state->nodes[4].joined_epoch)
            return true;
    }
    return false;
}

/* Nodes of the set and the others hear each other, or only themselves. */
static void part(struct sim_world *world, uint64_t set, bool whole)
{
    for (uint8_t n = 0; n < 5; n++) {
        for (uint8_t m = 0; m < 5; m++)
            world->link[n][m] = whole || (set >> n & 1) == (set >> m & 1);
    }
    sim_group_changed(world);
}

/*
 * Both come at once. When the first of the old nodes takes a new vote the other two lose power:
 * these come back apart from the three that went on, with what they had heard by then.
 */
static bool cut_votes(struct sim_world *world, uint64_t seed)
{
    uint8_t left = (uint8_t)(seed % 3);
    if (!small_world(world, seed, 3, false) || !two_on_their_way(world))
        return false;
    part(world, 7, false);
    sim_power_on(world, 3);
    sim_power_on(world, 4);
    sim_run(world, world->now + 6 * SIM_S);
    part(world, 7, true);
    uint64_t until = world->now + 20 * SIM_S;
    while (!new_voters(world) && world->now < until && !world->violation[0])
        sim_run(world, world->now + 20);
    uint64_t back = 7 & ~sim_bit(left);
    for (uint8_t n = 0; n < 3; n++) {
        if (back >> n & 1)
            sim_power_off(world, n);
    }
    sim_run(world, world->now + 3 * SIM_S);
    part(world, back, false);
    for (uint8_t n = 0; n < 3; n++)
        sim_power_on(world, n);
    sim_run(world, world->now + 8 * SIM_S);
    part(world, back, true);
    sim_ends_well(world);
    return !world->violation[0];
}

unsigned sim_votes(struct sim_world *world)
{
    unsigned bad = 0;
    for (uint64_t seed = 1; seed <= VOTE_SEEDS; seed++) {
        if (cut_votes(world, seed))
            continue;
        if (!bad++)
            printf("two join, seed %llu: %s\n", (unsigned long long)seed, world->violation);
    }
    printf("votes: %u runs, %u violations\n", VOTE_SEEDS, bad);
    return bad;
}
