/*
 * planted.c - every checker is shown to bite: each planted fault is found within so many seeds.
 *
 * Usage: planted [number ...]
 */
#include <stdlib.h>
#include <string.h>

#include "prefixes.h"

unsigned hf_planted;

static const struct {
    unsigned number, within; /* seeds; 0 = found by the directed world of prefixes.c */
    const char *what;
} plants[] = {
    {1, 500, "a node whose key was taken does not clear up"},
    {2, 50, "the file system is mounted without the reservation"},
    {3, 500, "decisions are made without quorum"},
    {4, 500, "a node without quorum serves on"},
    {5, 2000, "a decision is acknowledged before it is synced"},
    {6, 2000, "one copy of a decision is enough"},
    {7, 100, "a new owner gets the old generation"},
    {8, 500, "any member's state counts as the newest"},
    {10, 50, "an owner is chosen without a reason"},
    {11, 100, "an instance is moved on as soon as it is online"},
    {12, 500, "the hash is not that of the state"},
    {13, 500, "members apply a change differently"},
    {14, 200, "a joiner gets half a snapshot"},
    {15, 1000, "a step in doubt is taken for one that did nothing"},
    {16, 100, "the address is not removed"},
    {17, 2000, "a command is answered when it is decided, not when it is durable"},
    {18, 2000, "low priority goes first"},
    {19, 2000, "an owner without reservation is not waited for"},
    {20, 1000, "the reservation is given up after a clean stop"},
    {21, 3000, "a regime is opened by too few"},
    {23, 0, "votes are added without waiting for the last one to be durable"},
    {24, 1000, "a node is let in that others do not know of"},
    {26, 7000, "a clock that goes back puts off what was promised"},
    {27, 4000, "a clock that runs ahead shortens the wait for a fence"},
    {22, 1000, "a command that the membership's change caught is forgotten"},
    {90, 2000, "progress does not excuse silence"},
    {91, 2000, "every level counts everything"},
    {92, 3000, "a full disk is met by one start after the other"},
    {93, 2000, "a quarantined node is given instances"},
    {94, 3000, "the last node that carries anything is quarantined"},
    {95, 3000, "a node without public network is given nothing, whatever the others have"},
    {40, 300, "a newer format is put in use before every node speaks it"},
    {41, 1000, "newer fields are written in the older format"},
    {42, 1000, "what only newer members knew counts when a format is put in use"},
    {43, 1000, "a daemon that is too old for the format in use goes on"},
    {44, 1000, "settings that the format in use cannot say are accepted, and lost"},
    {50, 3000, "an engine does not get back its full size"},
    {25, 100, "a checkpoint of the event log lacks what runs on the node"},
    {30, 2000, "what runs is stopped for something as important"},
    {31, 500, "the optimiser is never asked"},
    {32, 500, "a place is taken before it is free"},
    {33, 500, "some of the room is never used"},
    {34, 1000, "apart_from binds only the one that states it"},
    {35, 1000, "the group's place is not looked for"},
    {36, 1000, "failback does not wait for its window"},
    {105, 1000, "what was measured does not count"},
    {106, 2000, "room is looked for at full size, whatever is degraded"},
};

static bool wanted(int argc, char **argv, unsigned number)
{
    for (int a = 1; a < argc; a++) {
        if ((unsigned)atoi(argv[a]) == number)
            return true;
    }
    return argc == 1;
}

static bool find(struct sim_world *world, unsigned p)
{
    struct sim_plan plan;
    hf_planted = plants[p].number;
    if (!plants[p].within) {
        unsigned bad = sim_votes(world);
        printf("%s %2u %-62s %u of its runs\n", bad ? "ok  " : "FAIL", plants[p].number,
               plants[p].what, bad);
        return bad;
    }
    for (uint64_t seed = 1; seed <= plants[p].within; seed++) {
        sim_plan_draw(&plan, seed);
        sim_plan_run(world, &plan, seed, ~0ull);
        if (!world->violation[0])
            continue;
        printf("ok   %2u %-62s seed %4llu: %.60s\n", plants[p].number, plants[p].what,
               (unsigned long long)seed, world->violation);
        return true;
    }
    printf("FAIL %2u %-62s not found in %u seeds\n", plants[p].number, plants[p].what,
           plants[p].within);
    return false;
}

int main(int argc, char **argv)
{
    static struct sim_coverage coverage;
    struct sim_world *world = sim_world_new();
    unsigned passed = 0, failed = 0;
    world->coverage = &coverage;
    for (unsigned p = 0; p < sizeof(plants) / sizeof(plants[0]); p++) {
        if (!wanted(argc, argv, plants[p].number))
            continue;
        if (find(world, p))
            passed++;
        else
            failed++;
        (void)fflush(stdout);
    }
    sim_world_free(world);
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? 1 : 0;
}
