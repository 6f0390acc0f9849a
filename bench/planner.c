/*
 * Time and quality of the placement optimiser, from 2 x 4 to 64 x 1,000 (nodes x instances), and of
 * whole plans: every single and double failure, and what would heal it.
 *
 *     planner [--json FILE] [--problems N] [--seed S] [--steps N] [--reference N] [--size NxI]
 *
 * Quality is against the bound that the optimiser states, which needs no trust in its search; with
 * --reference it is also against a run of N steps.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/place_workspace.h"
#include "planner_gen.h"
#include "planner_plan.h"

#define SAMPLES_MAX 1000

struct size {
    unsigned n_nodes;
    unsigned n_instances;
    unsigned problems;
    double budget_ms; /* 0: none stated */
};

struct row {
    unsigned n_nodes, n_instances, problems;
    unsigned proved[4]; /* served, moves, rank, maxutil */
    unsigned equal[4];  /* to the reference, up to and including the level */
    double gap_moves;   /* mean distance to the bound */
    double gap_rank;
    double gap_maxutil;
    double ms[SAMPLES_MAX];
    uint64_t steps;
};

struct options {
    const char *json;
    unsigned problems; /* 0: by size */
    uint64_t seed;
    uint64_t steps; /* 0: the default of the optimiser */
    uint64_t reference;
    unsigned n_nodes, n_instances; /* 0: all sizes */
};

static const struct size sizes[] = {{2, 4, 200, 0},     {3, 8, 200, 0},    {4, 16, 100, 0},
                                    {8, 40, 100, 0},    {16, 100, 60, 50}, {32, 400, 10, 0},
                                    {64, 1000, 6, 1000}};

static struct hf_place_problem problem;
static struct hf_place_workspace workspace;
static struct hf_place_result result;
static struct hf_place_result reference;

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* one thread: what one core needs */
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double solve(const struct options *o, struct hf_place_result *out)
{
    uint64_t steps = o->steps ? o->steps : hf_place_default_steps(&problem);
    double start = now_ms();

    hf_place_solve(&problem, &workspace, steps, out);
    return now_ms() - start;
}

static double util(const struct hf_place_util *u)
{
    return u->cap > 0 ? (double)u->used / (double)u->cap : 0;
}

static void count_proofs(struct row *row)
{
    bool served = result.n_classes_proved == result.values.n_classes;

    row->proved[0] += served;
    row->proved[1] += result.proved[HF_PLACE_MOVES];
    row->proved[2] += result.proved[HF_PLACE_RANK];
    row->proved[3] += result.proved[HF_PLACE_MAXUTIL];
    row->gap_moves += result.values.moved + result.values.stopped - result.bound[HF_PLACE_MOVES];
    row->gap_rank += result.values.rank - result.bound[HF_PLACE_RANK];
    row->gap_maxutil += util(&result.values.maxutil) - util(&result.maxutil_bound);
}

/* The first level in which the result differs from the reference; 4: none. */
static unsigned first_difference(const struct hf_place_values *a, const struct hf_place_values *b)
{
    if (memcmp(a->served, b->served, a->n_classes * sizeof(a->served[0])) != 0) {
        return 0;
    }
    if (a->moved + a->stopped != b->moved + b->stopped) {
        return 1;
    }
    if (a->rank != b->rank) {
        return 2;
    }
    return hf_place_util_compare(&a->maxutil, &b->maxutil) != 0 ? 3 : 4;
}

static void compare_reference(const struct options *o, struct row *row)
{
    if (o->reference == 0) {
        return;
    }
    hf_place_solve(&problem, &workspace, o->reference, &reference);
    unsigned level = first_difference(&result.values, &reference.values);
    for (unsigned k = 0; k < level; k++) {
        row->equal[k]++;
    }
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void run_size(const struct options *o, const struct size *size, struct row *row)
{
    struct hf_planner_spec spec;
    unsigned problems = o->problems ? o->problems : size->problems;

    memset(row, 0, sizeof(*row));
    row->n_nodes = size->n_nodes;
    row->n_instances = size->n_instances;
    row->problems = problems < SAMPLES_MAX ? problems : SAMPLES_MAX;
    for (unsigned k = 0; k < row->problems; k++) {
        uint64_t seed = o->seed + k;
        hf_planner_draw(seed, size->n_nodes, size->n_instances, &spec);
        hf_planner_generate(seed, &spec, &problem);
        row->ms[k] = solve(o, &result);
        row->steps += result.steps;
        count_proofs(row);
        compare_reference(o, row);
    }
    qsort(row->ms, row->problems, sizeof(row->ms[0]), compare_double);
}

static double percentile(const struct row *row, unsigned percent)
{
    return row->ms[(row->problems - 1) * percent / 100];
}

static void print_row(const struct options *o, const struct row *row)
{
    double n = row->problems;

    (void)printf("%3u x %-5u %5u   %4.0f %4.0f %4.0f %4.0f   %6.2f %6.2f %7.4f  %8.1f %8.1f %8.1f",
                 row->n_nodes, row->n_instances, row->problems, 100 * row->proved[0] / n,
                 100 * row->proved[1] / n, 100 * row->proved[2] / n, 100 * row->proved[3] / n,
                 row->gap_moves / n, row->gap_rank / n, row->gap_maxutil / n, percentile(row, 50),
                 percentile(row, 95), percentile(row, 100));
    if (o->reference) {
        (void)printf("   %u %u %u %u", row->equal[0], row->equal[1], row->equal[2], row->equal[3]);
    }
    (void)printf("\n");
    (void)fflush(stdout);
}

static void json_row(FILE *out, const struct row *row, bool first)
{
    double n = row->problems;

    (void)fprintf(out,
                  "%s\n    {\"nodes\": %u, \"instances\": %u, \"problems\": %u, "
                  "\"proved\": [%u, %u, %u, %u], \"gap_moves\": %.3f, \"gap_rank\": %.3f, "
                  "\"gap_maxutil\": %.6f, \"ms_median\": %.3f, \"ms_p95\": %.3f, \"ms_max\": %.3f, "
                  "\"steps_mean\": %.0f}",
                  first ? "" : ",", row->n_nodes, row->n_instances, row->problems, row->proved[0],
                  row->proved[1], row->proved[2], row->proved[3], row->gap_moves / n,
                  row->gap_rank / n, row->gap_maxutil / n, percentile(row, 50), percentile(row, 95),
                  percentile(row, 100), (double)row->steps / n);
}

/* Whole plans, at several loads: the tighter, the more is left out and the more is searched. */
static int run_plans(const struct options *o, FILE *json)
{
    static const struct hf_planner_size plans[] = {
        {4, 16, 700}, {16, 100, 600}, {16, 100, 850}, {16, 100, 950}, {32, 200, 850}};
    bool first = true;

    (void)printf("\n%-11s %5s   %6s %7s %6s %7s   %9s %9s %9s\n", "plan of", "load", "losses",
                 "carried", "proved", "optimal", "plan ms", "heal ms", "proposals");
    for (unsigned k = 0; k < sizeof(plans) / sizeof(plans[0]); k++) {
        struct hf_planner_planned done = {0};
        if (o->n_nodes &&
            (o->n_nodes != plans[k].n_nodes || o->n_instances != plans[k].n_instances))
            continue;
        if (hf_planner_plan(&plans[k], o->seed, now_ms, &done))
            return 1;
        (void)printf("%3u x %-5u %3u %%   %6u %7u %6u %7u   %9.0f %9.0f %9u\n", plans[k].n_nodes,
                     plans[k].n_instances, plans[k].tightness / 10, done.losses, done.carried,
                     done.proved, done.optimal, done.losses_ms, done.heal_ms, done.proposals);
        (void)fflush(stdout);
        if (json)
            (void)fprintf(json,
                          "%s\n    {\"nodes\": %u, \"instances\": %u, \"tightness\": %.2f, "
                          "\"losses\": %u, \"carried\": %u, \"proved\": %u, \"optimal\": %u, "
                          "\"plan_ms\": %.1f, \"heal_ms\": %.1f, \"proposals\": %u}",
                          first ? "" : ",", plans[k].n_nodes, plans[k].n_instances,
                          plans[k].tightness / 1000.0, done.losses, done.carried, done.proved,
                          done.optimal, done.losses_ms, done.heal_ms, done.proposals);
        first = false;
    }
    return 0;
}

static int parse(int argc, char **argv, struct options *o)
{
    static const struct option table[] = {{"json", required_argument, NULL, 'j'},
                                          {"problems", required_argument, NULL, 'p'},
                                          {"seed", required_argument, NULL, 'd'},
                                          {"steps", required_argument, NULL, 's'},
                                          {"size", required_argument, NULL, 'z'},
                                          {"reference", required_argument, NULL, 'r'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (option == 'j') {
            o->json = optarg;
        } else if (option == 'p') {
            o->problems = (unsigned)strtoul(optarg, NULL, 10);
        } else if (option == 'd') {
            o->seed = strtoull(optarg, NULL, 10);
        } else if (option == 's') {
            o->steps = strtoull(optarg, NULL, 10);
        } else if (option == 'r') {
            o->reference = strtoull(optarg, NULL, 10);
        } else if (option != 'z' || sscanf(optarg, "%ux%u", &o->n_nodes, &o->n_instances) != 2) {
            return 2;
        }
    }
    return 0;
}

static void run_all(const struct options *o, FILE *json)
{
    static struct row row;
    bool first = true;

    (void)printf(
        "%-11s %5s   %-19s   %-21s  %s\n%-11s %5s   %4s %4s %4s %4s   %6s %6s %7s  %8s %8s "
        "%8s\n",
        "nodes x", "prob-", "proved, %", "mean gap to the bound", "milliseconds", "instances",
        "lems", "serv", "move", "rank", "util", "moves", "rank", "util", "median", "95 %", "max");
    for (unsigned k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        if (o->n_nodes &&
            (o->n_nodes != sizes[k].n_nodes || o->n_instances != sizes[k].n_instances)) {
            continue;
        }
        run_size(o, &sizes[k], &row);
        print_row(o, &row);
        if (json) {
            json_row(json, &row, first);
        }
        first = false;
    }
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1};
    FILE *json = NULL;

    if (parse(argc, argv, &o)) {
        (void)fprintf(stderr, "usage: planner [--json FILE] [--problems N] [--seed S] [--steps N] "
                              "[--reference N] [--size NxI]\n");
        return 2;
    }
    if (o.json && !(json = fopen(o.json, "w"))) {
        perror(o.json);
        return 1;
    }
    if (json) {
        (void)fprintf(json, "{\"sizes\": [");
    }
    run_all(&o, json);
    if (json) {
        (void)fprintf(json, "\n  ],\n  \"plans\": [");
    }
    int failed = run_plans(&o, json);
    if (json) {
        (void)fprintf(json, "\n  ]}\n");
        (void)fclose(json);
    }
    return failed;
}
