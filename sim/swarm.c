/*
 * swarm.c - many seeds at a time.
 *
 * Workers are processes that live for the whole run; each takes the next few seeds from a common
 * counter, runs them in a world of its own, and adds to counters in shared memory. A violation is
 * shrunk and printed by the worker that found it.
 */
#include "swarm.h"
#include "commit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define REPORTED_MAX 20u
#define EXPECTED_SEEDS 20000u /* reach everything but what has its explanation */
#define BATCH 16u             /* seeds taken at a time */
#define PROGRESS_S 5

struct shared {
    volatile sig_atomic_t stopped;
    uint64_t done, violations;
    uint64_t next;             /* number of seeds given to workers */
    uint64_t at[SIM_JOBS_MAX]; /* each worker: its seeds below this one are done */
    uint64_t told_s;           /* when progress was written last */
    struct timespec begun;
    struct sim_coverage coverage[SIM_JOBS_MAX];
};

/* In memory that all processes share, so that a signal to any of them ends the whole run. */
static struct shared *common;

static void stop(int number)
{
    (void)number;
    common->stopped = 1;
}

static double seconds_since(const struct timespec *from)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static uint64_t rate(const struct shared *shared)
{
    double seconds = seconds_since(&shared->begun);
    return (uint64_t)((double)shared->done / (seconds > 0 ? seconds : 1));
}

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

/* From here on it can be continued: all seeds before were run. */
static uint64_t all_before(const struct sim_swarm *swarm, const struct shared *shared)
{
    uint64_t least = UINT64_MAX;
    for (unsigned j = 0; j < swarm->jobs; j++) {
        uint64_t at = __atomic_load_n(&shared->at[j], __ATOMIC_RELAXED);
        least = at < least ? at : least;
    }
    return swarm->first + least;
}

/* One of the workers tells it for all. */
static void tell(const struct sim_swarm *swarm, struct shared *shared, FILE *progress)
{
    uint64_t now_s = (uint64_t)seconds_since(&shared->begun);
    uint64_t told_s = __atomic_load_n(&shared->told_s, __ATOMIC_RELAXED);
    if (!progress || now_s < told_s + PROGRESS_S ||
        !__atomic_compare_exchange_n(&shared->told_s, &told_s, now_s, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return;
    (void)fprintf(progress, "%llu of %llu seeds, %llu violations, %llu seeds/s, all before %llu\n",
                  (unsigned long long)shared->done, (unsigned long long)swarm->seeds,
                  (unsigned long long)shared->violations, (unsigned long long)rate(shared),
                  (unsigned long long)all_before(swarm, shared));
    (void)fflush(progress);
}

static void run_seed(const struct sim_swarm *swarm, struct shared *shared, struct sim_world *world,
                     uint64_t seed, unsigned *reported)
{
    struct sim_plan plan;
    sim_plan_draw(&plan, seed);
    sim_plan_run(world, &plan, seed, ~0ull);
    __atomic_add_fetch(&shared->done, 1, __ATOMIC_RELAXED);
    if (!world->violation[0])
        return;
    __atomic_add_fetch(&shared->violations, 1, __ATOMIC_RELAXED);
    if ((*reported)++ < REPORTED_MAX)
        report(world, &plan, seed, swarm->brief);
    (void)fflush(stdout);
}

static void run_job(const struct sim_swarm *swarm, struct shared *shared, unsigned job,
                    FILE *progress)
{
    struct sim_world *world = sim_world_new();
    unsigned reported = 0;
    world->coverage = &shared->coverage[job];
    world->record_all = swarm->record;
    while (!shared->stopped) {
        uint64_t from = __atomic_fetch_add(&shared->next, BATCH, __ATOMIC_RELAXED);
        uint64_t to = from + BATCH < swarm->seeds ? from + BATCH : swarm->seeds;
        for (uint64_t s = from; s < to && !shared->stopped; s++) {
            __atomic_store_n(&shared->at[job], s, __ATOMIC_RELAXED);
            run_seed(swarm, shared, world, swarm->first + s, &reported);
            __atomic_store_n(&shared->at[job], s + 1, __ATOMIC_RELAXED);
        }
        if (from >= swarm->seeds) {
            __atomic_store_n(&shared->at[job], swarm->seeds, __ATOMIC_RELAXED);
            break;
        }
        tell(swarm, shared, progress);
    }
    sim_world_free(world);
}

static void add_up(struct shared *shared)
{
    uint64_t *to = (uint64_t *)&shared->coverage[0];
    for (unsigned j = 1; j < SIM_JOBS_MAX; j++) {
        const uint64_t *from = (const uint64_t *)&shared->coverage[j];
        for (size_t k = 0; k < sizeof(struct sim_coverage) / sizeof(*to); k++)
            to[k] += from[k];
    }
}

static unsigned wait_for(const pid_t *workers, unsigned count)
{
    unsigned broken = 0;
    for (unsigned j = 0; j < count;) {
        int status;
        if (waitpid(workers[j], &status, 0) < 0)
            continue; /* a signal came: the workers end by themselves */
        broken += status != 0;
        j++;
    }
    return broken;
}

static unsigned run_all(const struct sim_swarm *swarm, struct shared *shared, FILE *progress)
{
    if (swarm->jobs == 1) {
        run_job(swarm, shared, 0, progress);
        return 0;
    }
    pid_t workers[SIM_JOBS_MAX];
    unsigned count = 0, broken = 0;
    for (unsigned j = 0; j < swarm->jobs; j++) {
        pid_t pid = fork();
        if (pid == 0) {
            run_job(swarm, shared, j, progress);
            _exit(0);
        }
        if (pid < 0)
            broken++;
        else
            workers[count++] = pid;
    }
    return broken + wait_for(workers, count);
}

static FILE *open_progress(const char *name)
{
    if (!name)
        return NULL;
    return strcmp(name, "-") ? fopen(name, "a") : stderr;
}

int sim_swarm(const struct sim_swarm *swarm)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FILE *progress = open_progress(swarm->progress);
    if (shared == MAP_FAILED || (swarm->progress && !progress)) {
        perror("sim");
        return 2;
    }
    common = shared;
    struct sigaction action = {.sa_handler = stop};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &shared->begun);
    (void)fflush(stdout);
    unsigned broken = run_all(swarm, shared, progress);
    add_up(shared);
    unsigned unexplained = sim_coverage_print(&shared->coverage[0]);
    bool thin = unexplained && shared->done >= EXPECTED_SEEDS;
    if (thin)
        printf("so many seeds should have reached all that is not explained\n");
    uint64_t before = all_before(swarm, shared);
    if (before < swarm->first + swarm->seeds)
        printf("stopped: all seeds before %llu were run; go on with --first %llu --seeds %llu\n",
               (unsigned long long)before, (unsigned long long)before,
               (unsigned long long)(swarm->first + swarm->seeds - before));
    printf("sim: %llu seeds, %llu violations, %llu seeds/s\n", (unsigned long long)shared->done,
           (unsigned long long)shared->violations + broken, (unsigned long long)rate(shared));
    if (progress && progress != stderr)
        (void)fclose(progress);
    int status = before < swarm->first + swarm->seeds ? 3 : 0;
    if (shared->violations || broken || thin)
        status = 1;
    (void)munmap(shared, sizeof(*shared));
    return status;
}
