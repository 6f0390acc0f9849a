/*
 * main.c - the swarm: many seeds, coverage, shrinking, replay.
 *
 *   sim --seeds N [--first K] [--jobs J]   last line: sim: N seeds, V violations, R seeds/s
 *   sim --seed N --trace                   one seed, everything printed
 *   sim --seeds N [--first K] --fingerprint   of each seed: events, a hash of the whole run
 *   sim --regressions FILE                 one seed a line
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#ifndef HF_COMMIT
#define HF_COMMIT "unknown"
#endif

#define REPORTED_MAX 20u

struct shared {
    uint64_t done, violations;
    struct sim_coverage coverage[16];
};

struct options {
    uint64_t first, seeds, one;
    unsigned jobs;
    bool trace, brief, fingerprint;
    const char *regressions;
};

/* Violations are the same when the text before the colon is. */
static bool same_kind(const char *a, const char *b)
{
    size_t length = strcspn(a, ":");
    return length == strcspn(b, ":") && !strncmp(a, b, length);
}

/* Leaves out one fault after the other as long as the violation stays. */
static uint64_t shrink(struct sim_world *world, const struct sim_plan *plan, uint64_t seed)
{
    char wanted[SIM_TEXT];
    uint64_t mask = (1ull << plan->faults) - 1;
    (void)snprintf(wanted, sizeof(wanted), "%s", world->violation);
    for (bool again = true; again;) {
        again = false;
        for (unsigned f = 0; f < plan->faults; f++) {
            uint64_t less = mask & ~(1ull << f);
            if (less == mask)
                continue;
            sim_plan_run(world, plan, seed, less);
            if (!world->violation[0] || !same_kind(world->violation, wanted))
                continue;
            mask = less;
            again = true;
        }
    }
    return mask;
}

static void report(struct sim_world *world, const struct sim_plan *plan, uint64_t seed, bool brief)
{
    printf("seed %llu (commit %s, %u nodes, %u instances): %s\n", (unsigned long long)seed,
           HF_COMMIT, plan->nodes, plan->instances, world->violation);
    if (brief)
        return;
    uint64_t mask = shrink(world, plan, seed);
    char *text = NULL;
    size_t length = 0;
    world->trace = open_memstream(&text, &length);
    sim_plan_run(world, plan, seed, mask);
    if (world->trace)
        (void)fclose(world->trace);
    world->trace = NULL;
    const char *from = text && length > 6000 ? text + length - 6000 : text;
    printf("  shortest: faults %llx\n%s\n", (unsigned long long)mask, from ? from : "");
    free(text);
}

static void run_job(const struct options *options, struct shared *shared, unsigned job)
{
    struct sim_world *world = sim_world_new();
    struct sim_plan plan;
    unsigned reported = 0;
    world->coverage = &shared->coverage[job % 16];
    for (uint64_t s = job; s < options->seeds; s += options->jobs) {
        uint64_t seed = options->first + s;
        sim_plan_draw(&plan, seed);
        sim_plan_run(world, &plan, seed, ~0ull);
        __atomic_add_fetch(&shared->done, 1, __ATOMIC_RELAXED);
        if (!world->violation[0])
            continue;
        __atomic_add_fetch(&shared->violations, 1, __ATOMIC_RELAXED);
        if (reported++ < REPORTED_MAX)
            report(world, &plan, seed, options->brief);
        (void)fflush(stdout);
    }
    sim_world_free(world);
}

static void add_up(struct shared *shared)
{
    uint64_t *to = (uint64_t *)&shared->coverage[0];
    for (unsigned j = 1; j < 16; j++) {
        const uint64_t *from = (const uint64_t *)&shared->coverage[j];
        for (size_t k = 0; k < sizeof(struct sim_coverage) / sizeof(*to); k++)
            to[k] += from[k];
    }
}

static void print_coverage(const struct sim_coverage *coverage)
{
    printf("never reached: reasons");
    for (uint16_t r = 1; r < HF_REASON_COUNT; r++)
        printf("%s%s", coverage->reasons[r] ? "" : " ",
               coverage->reasons[r] ? "" : hf_reason_word(r));
    printf("; transitions");
    size_t count;
    const struct hf_lifecycle_row *rows = hf_lifecycle_rows(&count);
    for (size_t k = 0; k < count; k++) {
        if (!coverage->moves[rows[k].from][rows[k].to])
            printf(" %s-%s", hf_phase_word(rows[k].from), hf_phase_word(rows[k].to));
    }
    printf("; changes");
    for (unsigned c = 1; c < HF_CHANGE_TYPES; c++)
        printf("%s%s", coverage->changes[c] ? "" : " ",
               coverage->changes[c] ? "" : hf_change_word((enum hf_change_type)c));
    printf("; steps");
    for (uint8_t s = 0; s < HF_STEPS; s++)
        printf("%s%s", coverage->steps[s] ? "" : " ", coverage->steps[s] ? "" : sim_step_word(s));
    printf("; answers");
    for (uint8_t s = 0; s < HF_STEP_STATUSES; s++)
        printf("%s%s", coverage->statuses[s] ? "" : " ",
               coverage->statuses[s] ? "" : sim_status_word(s));
    printf("\n");
}

static int swarm(const struct options *options)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 2;
    struct timespec from, to;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    int broken = 0;
    for (unsigned j = 0; j < options->jobs; j++) {
        (void)fflush(stdout);
        pid_t pid = options->jobs > 1 ? fork() : 0;
        if (pid == 0) {
            run_job(options, shared, j);
            if (options->jobs > 1)
                _exit(0);
        }
    }
    int status;
    while (options->jobs > 1 && wait(&status) > 0)
        broken += status != 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    add_up(shared);
    print_coverage(&shared->coverage[0]);
    printf("sim: %llu seeds, %llu violations, %.0f seeds/s\n", (unsigned long long)shared->done,
           (unsigned long long)shared->violations + (unsigned)broken,
           (double)shared->done / (seconds > 0 ? seconds : 1));
    return shared->violations || broken ? 1 : 0;
}

static int one_seed(const struct options *options, uint64_t seed)
{
    static struct sim_coverage coverage;
    struct sim_world *world = sim_world_new();
    struct sim_plan plan;
    world->coverage = &coverage;
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
    for (uint64_t seed = options->first; seed < options->first + options->seeds; seed++) {
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
                                          {"fingerprint", no_argument, NULL, 'p'},
                                          {"regressions", required_argument, NULL, 'r'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.first = 1, .seeds = 1000, .jobs = 1};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        if (c == 'n')
            options.seeds = strtoull(optarg, NULL, 10);
        else if (c == 'f')
            options.first = strtoull(optarg, NULL, 10);
        else if (c == 'j')
            options.jobs = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 's')
            options.one = strtoull(optarg, NULL, 10);
        else if (c == 't')
            options.trace = true;
        else if (c == 'b')
            options.brief = true;
        else if (c == 'p')
            options.fingerprint = true;
        else if (c == 'r')
            options.regressions = optarg;
        else
            return 2;
    }
    if (options.jobs < 1)
        options.jobs = 1;
    if (options.regressions)
        return regressions(&options);
    if (options.fingerprint)
        return fingerprints(&options);
    return options.one ? one_seed(&options, options.one) : swarm(&options);
}
