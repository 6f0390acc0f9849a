/*
 * The sample problems with known optima: HF_PLANNER_SAMPLES, or ../shared/planner beside the
 * project. Skipped where there are none. Also the reader's messages and a round trip.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/place_json.h"
#include "core/place_workspace.h"

static struct hf_place_workspace ws;
static struct hf_place_result result;
static struct hf_place_result again;
static struct hf_place_file *file;
static struct hf_place_file *copy;
static char message[1024];
static char temporary[] = "/tmp/test_place_XXXXXX";

static const char *samples(void)
{
    const char *path = getenv("HF_PLANNER_SAMPLES");

    if (path) {
        return path;
    }
    return access("../shared/planner/problems", R_OK) == 0 ? "../shared/planner"
                                                           : "../../shared/planner";
}

static double util(const struct hf_place_util *u)
{
    return (double)u->used / (double)u->cap;
}

static void compare(const char *name, const json_t *best)
{
    const struct hf_place_values *v = &result.values;
    const json_t *served = json_object_get(best, "served");
    bool same = json_array_size(served) == v->n_classes;

    for (unsigned c = 0; same && c < v->n_classes; c++) {
        same = json_integer_value(json_array_get(served, c)) == v->served[c];
    }
    same &= json_integer_value(json_object_get(best, "moves")) == v->moved + v->stopped;
    same &= json_integer_value(json_object_get(best, "rank")) == v->rank;
    double over = util(&v->maxutil) - json_number_value(json_object_get(best, "maxutil"));
    if (!same || over > 2e-6 || (over < -2e-6 && result.status == HF_PLACE_OPTIMAL)) {
        fail_msg("%s: moves %u rank %u maxutil %.6f, not the best known", name,
                 v->moved + v->stopped, v->rank, util(&v->maxutil));
    }
}

static void solve_sample(const char *class, const char *name)
{
    char path[1024];
    unsigned index;

    (void)snprintf(path, sizeof(path), "%s/problems/%s/%s", samples(), class, name);
    if (hf_place_file_read(file, path, message, sizeof(message))) {
        fail_msg("%s", message);
    }
    hf_place_solve(&file->problem, &ws, hf_place_default_steps(&file->problem), &result);
    assert_true(hf_place_feasible(&file->problem, result.node, &index));
    (void)snprintf(path, sizeof(path), "%s/optima/%s/%s", samples(), class, name);
    json_t *optimum = json_load_file(path, 0, NULL);
    assert_non_null(optimum);
    compare(name, json_object_get(optimum, "best"));
    json_decref(optimum);
}

static void solve_class(const char *class)
{
    char path[1024];
    struct dirent *entry;

    (void)snprintf(path, sizeof(path), "%s/problems/%s", samples(), class);
    DIR *dir = opendir(path);
    if (!dir) {
        skip();
        return;
    }
    while ((entry = readdir(dir))) {
        if (strstr(entry->d_name, ".json")) {
            solve_sample(class, entry->d_name);
        }
    }
    (void)closedir(dir);
}

static void test_small(void **state)
{
    (void)state;
    solve_class("small");
}

static void test_medium(void **state)
{
    (void)state;
    solve_class("medium");
}

static void test_large(void **state)
{
    (void)state;
    solve_class("large");
}

static void test_fleet(void **state)
{
    (void)state;
    solve_class("fleet");
}

static int read_text(const char *text)
{
    FILE *out = fopen(temporary, "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    return hf_place_file_read(file, temporary, message, sizeof(message));
}

#define NODES "\"nodes\":[{\"name\":\"n1\",\"up\":true,\"cap\":[9]}]"
#define PROBLEM(instance)                                                                          \
    "{\"resources\":[\"cpu\"]," NODES ",\"instances\":[{\"name\":\"i1\"," instance "}]}"

static void expect(const char *text, const char *part)
{
    assert_int_equal(read_text(text), 1);
    if (!strstr(message, part) || !strstr(message, temporary)) {
        fail_msg("\"%s\" does not say \"%s\" and the file", message, part);
    }
}

static void test_messages(void **state)
{
    (void)state;
    assert_int_equal(read_text(PROBLEM("\"priority\":1,\"demand\":[3],\"owners\":null")), 0);
    assert_true(file->problem.instances[0].owners == HF_PLACE_EVERY_NODE);
    expect("{\n\"nodes\": [\n}", ":3:");
    expect("[]", "object in braces");
    expect("{}", "resources");
    expect("{\"format\":2}", "format");
    expect("{\"resources\":[]}", "nodes is missing");
    expect(PROBLEM("\"demand\":[1]"), "instances[0] (i1): priority");
    expect(PROBLEM("\"priority\":1"), "demand must be a list of 1 number");
    expect(PROBLEM("\"priority\":1,\"demand\":[-1]"), "cpu must be a whole number");
    expect(PROBLEM("\"priority\":1,\"demand\":[1.5]"), "cpu must be a whole number");
    expect(PROBLEM("\"priority\":1,\"demand\":[1],\"owners\":[\"n2\"]"), "no node \"n2\"");
    expect(PROBLEM("\"priority\":1,\"demand\":[1],\"owners\":[],\"preferred\":[\"n1\"]"),
           "not among the owners");
    expect(PROBLEM("\"priority\":1,\"demand\":[1],\"preferred\":[\"n1\",\"n1\"]"), "twice");
    expect(PROBLEM("\"priority\":1,\"demand\":[1],\"current\":\"x\""), "current");
    expect(PROBLEM("\"priority\":1,\"demand\":[1],\"degraded\":[2]"), "degraded");
    expect(PROBLEM("\"priority\":1,\"demand\":[1],\"anti_affinity\":4"), "anti_affinity");
    assert_int_equal(hf_place_file_read(file, "/does/not/exist", message, sizeof(message)), 1);
    assert_non_null(strstr(message, "/does/not/exist"));
}

/* Written and read again, a problem has the same answer. */
static void test_round_trip(void **state)
{
    (void)state;
    assert_int_equal(read_text(PROBLEM("\"priority\":1,\"demand\":[3],\"preferred\":[\"n1\"],"
                                       "\"anti_affinity\":\"a\",\"together_with\":\"t\","
                                       "\"degraded\":[2],\"current\":\"n1\"")),
                     0);
    FILE *out = fopen(temporary, "w");
    assert_non_null(out);
    assert_int_equal(hf_place_file_write(file, out), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(hf_place_file_read(copy, temporary, message, sizeof(message)), 0);
    assert_memory_equal(&file->problem, &copy->problem, sizeof(file->problem));
    hf_place_solve(&file->problem, &ws, 1000, &result);
    hf_place_solve(&copy->problem, &ws, 1000, &again);
    assert_memory_equal(result.node, again.node, sizeof(result.node));
}

static int setup(void **state)
{
    int fd = mkstemp(temporary);

    (void)state;
    file = hf_place_file_new();
    copy = hf_place_file_new();
    return fd < 0 || close(fd) != 0 || !file || !copy;
}

static int teardown(void **state)
{
    (void)state;
    hf_place_file_free(file);
    hf_place_file_free(copy);
    return unlink(temporary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),    cmocka_unit_test(test_medium),
        cmocka_unit_test(test_large),    cmocka_unit_test(test_fleet),
        cmocka_unit_test(test_messages), cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
