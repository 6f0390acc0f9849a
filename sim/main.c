/*
 * main.c - the command: many seeds, one seed, found seeds, fingerprints.
 *
 *   sim --seeds N [--first K] [--jobs J] [--progress FILE] [--brief]
 *                                          last line: sim: N seeds, V violations, R seeds/s
 *   sim --seed N --trace                   one seed, everything printed
 *   sim --seeds N [--first K] --fingerprint    of each seed: events, a hash of the whole run
 *   sim --regressions FILE                 one seed a line
 *   --record                               replays each seed's event logs, not every 16th seed's
 */
#include <getopt.h>
#include <stdlib.h>

#include "swarm.h"
#include "world.h"

struct options {
    struct sim_swarm swarm;
    uint64_t one;
    bool trace, fingerprint;
    const char *regressions;
};

static int one_seed(const struct options *options, uint64_t seed)
{
    static struct sim_coverage coverage;
    struct sim_world *world = sim_world_new();
    struct sim_plan plan;
    world->coverage = &coverage;
    world->record_all = options->swarm.record;
    sim_plan_draw(&plan, seed);
    if (options->trace) {
        world->trace = stdout;
        world->trace_steps = true;
        printf("seed %llu: %u nodes, %u instances%s%s\n", (unsigned long long)seed, plan.nodes,
               plan.instances, plan.witness ? ", witness" : "", plan.watchdog ? ", watchdog" : "");
    }
    sim_plan_run(world, &plan, seed, ~0ull);
    bool bad = world->violation[0];
    printf("seed %llu: %s\n", (unsigned long long)seed, bad ? world->violation : "ok");
    sim_world_free(world);
    return bad;
}

static int fingerprints(const struct options *options)
{
    static struct sim_coverage coverage;
    struct sim_world *world = sim_world_new();
    struct sim_plan plan;
    bool bad = false;
    world->coverage = &coverage;
    world->fingerprinted = true;
    for (uint64_t seed = options->swarm.first; seed < options->swarm.first + options->swarm.seeds;
         seed++) {
        sim_plan_draw(&plan, seed);
        sim_plan_run(world, &plan, seed, ~0ull);
        uint64_t print = sim_fingerprint_end(world);
        printf("%llu %llu %016llx\n", (unsigned long long)seed, (unsigned long long)world->events,
               (unsigned long long)print);
        bad |= world->violation[0];
    }
    sim_world_free(world);
    return bad;
}

static int regressions(const struct options *options)
{
    FILE *file = fopen(options->regressions, "r");
    char line[256];
    int bad = 0, count = 0;
    while (file && fgets(line, sizeof(line), file)) {
        uint64_t seed = strtoull(line, NULL, 10);
        if (!seed)
            continue;
        bad += one_seed(options, seed);
        count++;
    }
    if (file)
        (void)fclose(file);
    printf("%d passed, %d failed\n", count - bad, bad);
    return bad || !count ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {{"seeds", required_argument, NULL, 'n'},
                                          {"first", required_argument, NULL, 'f'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"brief", no_argument, NULL, 'b'},
                                          {"progress", required_argument, NULL, 'o'},
                                          {"fingerprint", no_argument, NULL, 'p'},
                                          {"record", no_argument, NULL, 'R'},
                                          {"regressions", required_argument, NULL, 'r'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.swarm = {.first = 1, .seeds = 1000, .jobs = 1}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        if (c == 'n')
            options.swarm.seeds = strtoull(optarg, NULL, 10);
        else if (c == 'f')
            options.swarm.first = strtoull(optarg, NULL, 10);
        else if (c == 'j')
            options.swarm.jobs = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 's')
            options.one = strtoull(optarg, NULL, 10);
        else if (c == 't')
            options.trace = true;
        else if (c == 'b')
            options.swarm.brief = true;
        else if (c == 'R')
            options.swarm.record = true;
        else if (c == 'o')
            options.swarm.progress = optarg;
        else if (c == 'p')
            options.fingerprint = true;
        else if (c == 'r')
            options.regressions = optarg;
        else
            return 2;
    }
    if (options.swarm.jobs < 1)
        options.swarm.jobs = 1;
    if (options.swarm.jobs > SIM_JOBS_MAX)
        options.swarm.jobs = SIM_JOBS_MAX;
    if (options.regressions)
        return regressions(&options);
    if (options.fingerprint)
        return fingerprints(&options);
    return options.one ? one_seed(&options, options.one) : sim_swarm(&options.swarm);
}
