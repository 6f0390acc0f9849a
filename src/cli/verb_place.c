/* holdfast place: the optimiser on a problem file. */

#include "cli/verb_place.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/place_json.h"
#include "core/place_workspace.h"

struct options {
    const char *path;
    bool json;
    uint64_t steps; /* 0: by size */
};

static int parse_steps(const char *text, uint64_t *out)
{
    char *end = NULL;

    errno = 0;
    unsigned long long steps = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end || steps == 0 || text[0] == '-') {
        return hf_answer_usage("place", "--steps wants a whole number above 0, not '%s'", text);
    }
    *out = steps;
    return 0;
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option table[] = {{"json", no_argument, NULL, 'j'},
                                          {"steps", required_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    int option;
    int code = 0;

    opterr = 0;
    optind = 0;
    while (code == 0 && (option = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        if (option == 'j') {
            options->json = true;
        } else if (option == 's') {
            code = parse_steps(optarg, &options->steps);
        } else {
            code = hf_answer_usage("place",
                                   option == ':' ? "%s wants a value" : "it has no option '%s'",
                                   argv[optind - 1]);
        }
    }
    if (code == 0 && optind != argc - 1) {
        code = hf_answer_usage("place", "it needs one file with a problem");
    }
    options->path = argv[optind];
    return code;
}

static const char *node_name(const struct hf_place_file *file, int node)
{
    return node < 0 ? "-" : file->names.node[node];
}

static const char *change(const struct hf_place_file *file, unsigned i, int node)
{
    const struct hf_place_instance *inst = &file->problem.instances[i];
    bool ran = inst->current >= 0 && file->problem.nodes[inst->current].up;

    if (node < 0) {
        return ran ? "stopped" : "left out";
    }
    if (!ran) {
        return "started";
    }
    return node == inst->current ? "" : "moved";
}

static void print_placement(const struct hf_place_file *file, const struct hf_place_result *result)
{
    (void)printf("%-24s %8s  %-16s %-16s %s\n", "INSTANCE", "PRIORITY", "NOW", "NODE", "CHANGE");
    for (unsigned i = 0; i < file->problem.n_instances; i++) {
        const struct hf_place_instance *inst = &file->problem.instances[i];
        (void)printf("%-24s %8d  %-16s %-16s %s\n", file->names.instance[i], inst->priority,
                     node_name(file, inst->current), node_name(file, result->node[i]),
                     change(file, i, result->node[i]));
    }
}

static const char *proof(bool proved)
{
    return proved ? "proved" : "not proved";
}

static void print_served(const struct hf_place_result *result)
{
    const struct hf_place_values *v = &result->values;

    (void)printf("\nserved, by priority:");
    for (unsigned c = 0; c < v->n_classes; c++) {
        (void)printf("%s %d: %u of %u", c ? "," : "", v->priority[c], v->served[c], v->members[c]);
        if (c >= result->n_classes_proved && result->served_bound[c] > v->served[c]) {
            (void)printf(" (at most %u)", result->served_bound[c]);
        }
    }
    (void)printf(" (%s)\n", proof(result->n_classes_proved == v->n_classes));
}

static void print_level(const char *name, uint32_t value, uint32_t bound, bool proved)
{
    (void)printf("%s: %u (%s", name, value, proof(proved));
    if (!proved && bound < value) {
        (void)printf(", at least %u", bound);
    }
    (void)printf(")\n");
}

static double percent(const struct hf_place_util *util)
{
    return util->cap > 0 ? 100.0 * (double)util->used / (double)util->cap : 0.0;
}

static void print_maxutil(const struct hf_place_file *file, const struct hf_place_result *result)
{
    const struct hf_place_util *util = &result->values.maxutil;

    (void)printf("highest utilisation: %.2f %%", percent(util));
    if (util->node >= 0) {
        (void)printf(" of %s on %s", file->names.resource[util->resource],
                     file->names.node[util->node]);
    }
    (void)printf(" (%s", proof(result->proved[HF_PLACE_MAXUTIL]));
    if (!result->proved[HF_PLACE_MAXUTIL]) {
        (void)printf(", at least %.2f %%", percent(&result->maxutil_bound));
    }
    (void)printf(")\n");
}

static void print_values(const struct hf_place_file *file, const struct hf_place_result *result)
{
    const struct hf_place_values *v = &result->values;

    print_served(result);
    print_level("moved or stopped", v->moved + v->stopped, result->bound[HF_PLACE_MOVES],
                result->proved[HF_PLACE_MOVES]);
    if (v->passive > 0) {
        print_level("on passive nodes", v->passive, result->bound[HF_PLACE_PASSIVE],
                    result->proved[HF_PLACE_PASSIVE]);
    }
    print_level("preference rank", v->rank, result->bound[HF_PLACE_RANK],
                result->proved[HF_PLACE_RANK]);
    print_maxutil(file, result);
    (void)printf("%s, %llu steps\n", result->status == HF_PLACE_OPTIMAL ? "optimal" : "feasible",
                 (unsigned long long)result->steps);
}

static int solve(const struct options *options, struct hf_place_file *file,
                 struct hf_place_workspace *ws, struct hf_place_result *result)
{
    char message[1024];

    if (hf_place_file_read(file, options->path, message, sizeof(message))) {
        (void)fprintf(stderr, "holdfast place: %s\n", message);
        return 2;
    }
    uint64_t steps = options->steps ? options->steps : hf_place_default_steps(&file->problem);
    hf_place_solve(&file->problem, ws, steps, result);
    if (!options->json) {
        print_placement(file, result);
        print_values(file, result);
        return 0;
    }
    int error = hf_place_result_write(file, result, stdout);
    if (error) {
        (void)fprintf(stderr, "holdfast place: cannot write the result: %s\n", strerror(-error));
        return 1;
    }
    return 0;
}

int verb_place(int argc, char **argv)
{
    struct options options = {0};
    int code = parse(argc, argv, &options);

    if (code != 0) {
        return code;
    }
    struct hf_place_file *file = hf_place_file_new();
    struct hf_place_workspace *ws = malloc(sizeof(*ws));
    struct hf_place_result *result = malloc(sizeof(*result));
    if (file && ws && result) {
        code = solve(&options, file, ws, result);
    } else {
        (void)fputs("holdfast place: out of memory\n", stderr);
        code = 1;
    }
    free(result);
    free(ws);
    hf_place_file_free(file);
    return code;
}
