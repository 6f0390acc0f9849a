/*
 * worlds.c - small worlds, every order of a bounded set of faults.
 *
 *   worlds small DEPTH    three nodes, and two nodes with a witness, one instance: every sequence
 * of DEPTH faults out of the set, each at two moments; breadth first, with worlds that look alike
 * (hash of what matters) not gone into again
 *   worlds prefixes       see prefixes.c
 */
#include <stdlib.h>
#include <string.h>

#include "prefixes.h"

#define SEQUENCES_MAX 400000u
#define DEPTH_MAX 6u

struct choice {
    uint8_t kind, node;
};

struct sequence {
    uint8_t length, choice[DEPTH_MAX];
};

static struct sequence *queue;
static uint64_t *visited;
static uint32_t queue_count, visited_count;

static bool seen_before(uint64_t hash)
{
    uint32_t at = (uint32_t)(hash % (4 * SEQUENCES_MAX));
    for (; visited[at]; at = (at + 1) % (4 * SEQUENCES_MAX)) {
        if (visited[at] == hash)
            return true;
    }
    visited[at] = hash;
    visited_count++;
    return false;
}

static unsigned choices(unsigned nodes, struct choice *list)
{
    static const uint8_t kinds[] = {SIM_F_POWER, SIM_F_FREEZE, SIM_F_DAEMON, SIM_F_COROSYNC,
                                    SIM_F_DISK};
    unsigned count = 0;
    for (uint8_t n = 0; n < nodes; n++) {
        for (unsigned k = 0; k < sizeof(kinds); k++)
            list[count++] = (struct choice){kinds[k], n};
        list[count++] = (struct choice){SIM_F_PARTITION, n};
    }
    list[count++] = (struct choice){SIM_F_ENGINE, 0};
    list[count++] = (struct choice){SIM_F_COMMAND, 0};
    list[count++] = (struct choice){SIM_F_JOIN, 0};
    return count;
}

/* A fault that is there ends; one that is not begins. */
static void toggle(struct sim_world *world, const struct choice *choice, bool *on)
{
    struct sim_fault fault = {.kind = choice->kind,
                              .a = choice->node,
                              .b = choice->kind == SIM_F_PARTITION ? sim_bit(choice->node) : 0};
    bool momentary =
        choice->kind == SIM_F_ENGINE || choice->kind == SIM_F_COMMAND || choice->kind == SIM_F_JOIN;
    if (*on && !momentary)
        sim_fault_end(world, &fault);
    else
        sim_fault_start(world, &fault);
    *on = !*on;
}

/* What matters of a world, without its clocks and counters. */
static uint64_t looks(const struct sim_world *world, const bool *on, unsigned count)
{
    uint64_t words[SIM_NODES * 4 + 4] = {0};
    unsigned k = 0;
    for (unsigned c = 0; c < count; c++)
        words[0] |= (uint64_t)on[c] << c;
    for (uint8_t n = 0; n < world->nodes; n++) {
        const struct sim_node *node = &world->node[n];
        const struct hf_core *core = node->core;
        const struct hf_instance_state *state = &core->state.instances[0];
        const struct sim_real *real = &node->real[0];
        words[++k] = (uint64_t)node->powered | (uint64_t)node->daemon << 1 |
                     (uint64_t)node->connected << 2 | (uint64_t)(real->engine != 0) << 3 |
                     (uint64_t)real->ready << 4 | (uint64_t)real->address << 5 |
                     (uint64_t)(real->mounted != 0) << 6 |
                     (uint64_t)(world->disk[0].keys[n] != 0) << 7 | (uint64_t)node->frozen << 8;
        words[++k] = !node->daemon
                         ? 0
                         : (uint64_t)state->owner | (uint64_t)state->phase << 8 |
                               (uint64_t)state->goal << 16 | (uint64_t)state->target << 24 |
                               (uint64_t)core->sync << 32 | (uint64_t)core->synced_self << 40 |
                               (uint64_t)core->local[0].phase << 48 | (uint64_t)state->wanted << 56;
        words[++k] = node->daemon
                         ? core->synced << 32 | core->membership.members << 16 | state->excluded
                         : 0;
    }
    return hf_hash(world->witness, words, sizeof(words)) | 1;
}

/* Replays a sequence; true = it leads somewhere new. */
static bool replay(struct sim_world *world, const struct sequence *sequence, unsigned nodes,
                   bool witness, const struct choice *list, unsigned count)
{
    bool on[64] = {false};
    if (!sim_small_world(world, nodes, witness))
        return false;
    for (unsigned s = 0; s < sequence->length && !world->violation[0]; s++) {
        uint8_t c = sequence->choice[s] / 2;
        toggle(world, &list[c], &on[c]);
        /* The next one falls into the middle of what this one began, or after it. */
        sim_run(world, world->now + (sequence->choice[s] & 1 ? 700 : 9000) * SIM_MS);
    }
    bool fresh = !seen_before(looks(world, on, count));
    if (fresh && !world->violation[0])
        sim_ends_well(world);
    return fresh && !world->violation[0];
}

static void print_sequence(const struct sequence *sequence, const struct choice *list)
{
    for (unsigned s = 0; s < sequence->length; s++)
        printf(" %s/%u%s", sim_fault_word(list[sequence->choice[s] / 2].kind),
               list[sequence->choice[s] / 2].node + 1u, sequence->choice[s] & 1 ? "!" : "");
    printf("\n");
}

static unsigned small(struct sim_world *world, unsigned nodes, bool witness, unsigned depth)
{
    struct choice list[64];
    unsigned count = choices(nodes, list), bad = 0;
    queue_count = 1;
    visited_count = 0;
    memset(visited, 0, 4ull * SEQUENCES_MAX * sizeof(*visited));
    queue[0] = (struct sequence){0};
    uint32_t runs = 0;
    for (uint32_t q = 0; q < queue_count; q++) {
        struct sequence sequence = queue[q];
        runs++;
        bool fresh = replay(world, &sequence, nodes, witness, list, count);
        if (world->violation[0]) {
            bad++;
            printf("%s after", world->violation);
            print_sequence(&sequence, list);
        }
        for (unsigned c = 0; fresh && sequence.length < depth && c < 2 * count; c++) {
            if (queue_count == SEQUENCES_MAX)
                break;
            queue[queue_count] = sequence;
            queue[queue_count].choice[sequence.length] = (uint8_t)c;
            queue[queue_count++].length++;
        }
    }
    printf("%u nodes%s, depth %u: %u sequences, %u states, %u violations\n", nodes,
           witness ? " and a witness" : "", depth, runs, visited_count, bad);
    return bad;
}

int main(int argc, char **argv)
{
    static struct sim_coverage coverage;
    struct sim_world *world = sim_world_new();
    unsigned depth = argc > 2 ? (unsigned)atoi(argv[2]) : 2, bad;
    queue = calloc(SEQUENCES_MAX, sizeof(*queue));
    visited = calloc(4ull * SEQUENCES_MAX, sizeof(*visited));
    if (!queue || !visited || depth > DEPTH_MAX)
        return 2;
    world->coverage = &coverage;
    if (argc > 1 && !strcmp(argv[1], "prefixes"))
        bad = sim_prefixes(world) + sim_votes(world);
    else
        bad = small(world, 3, false, depth) + small(world, 2, true, depth);
    printf("%u passed, %u failed\n", bad ? 0u : 1u, bad ? 1u : 0u);
    free(queue);
    free(visited);
    sim_world_free(world);
    return bad ? 1 : 0;
}
