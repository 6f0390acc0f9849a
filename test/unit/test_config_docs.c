/*
 * The examples parse, the sample parses, and docs/CLUSTER_YAML.md has the current key reference.
 * Runs in the source directory. HF_UPDATE=1 in the environment rewrites the reference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

#define GUIDE "docs/CLUSTER_YAML.md"
#define MARK "with HF_UPDATE=1 -->\n"

static struct hf_spec *spec;
static struct hf_config_errors *errors;

static int setup(void **state)
{
    (void)state;
    spec = calloc(1, sizeof(*spec));
    errors = calloc(1, sizeof(*errors));
    return spec && errors ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(spec);
    free(errors);
    return 0;
}

static void read_file(const char *path, struct hf_strbuf *out)
{
    char part[4096];
    FILE *file = fopen(path, "re");
    hf_strbuf_init(out);
    if (!file)
        fail_msg("%s: cannot be read; run this test in the source directory", path);
    for (size_t length; (length = fread(part, 1, sizeof(part), file)) > 0;)
        hf_strbuf_add_bytes(out, part, length);
    assert_int_equal(fclose(file), 0);
}

static void parse(const char *name, const char *text, size_t length)
{
    if (hf_config_parse(name, text, length, NULL, spec, errors) != 0)
        fail_msg("%s", errors->count ? errors->items[0].text : "no memory");
}

static void parse_file(const char *path)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    read_file(path, &text);
    parse(path, text.data, text.length);
}

static void test_examples(void **state)
{
    (void)state;
    parse_file("examples/active-active-passive.yaml");
    assert_string_equal(spec->instances[1].name, "main");
    assert_int_equal(spec->nodes[2].role, HF_ROLE_PASSIVE);
    parse_file("examples/two-node.yaml");
    assert_int_equal(spec->instances[0].engine.type, HF_ENGINE_MARIADB);
    parse_file("examples/bts-prod.yaml");
    assert_string_equal(spec->cluster.name, "bts-prod");
    assert_string_equal(spec->cluster.fence_agent, "fence_ipmilan");
    assert_int_equal(spec->instances[0].degraded[HF_MEMORY], 24 * 1024);
    assert_string_equal(spec->instances[0].degraded_settings, "shared_buffers = 6GB\n");
    assert_int_equal(spec->instances[0].failback_to_min, 240);
    assert_int_equal(hf_spec_priority(&spec->instances[1]), 20);
    assert_int_equal(spec->instances[1].after[0], 2);
    assert_string_equal(spec->instances[2].engine.unit, "keyserver.service");
}

/* Without any default's "#", the sample still is a cluster: sso is what its relations name. */
static void test_sample(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP sample;
    struct hf_strbuf HF_STRBUF_CLEANUP full;
    hf_strbuf_init(&sample);
    hf_strbuf_init(&full);
    assert_int_equal(hf_config_sample(&sample), 0);
    parse("sample.yaml", sample.data, sample.length);
    for (const char *c = sample.data; *c; c++)
        if (*c != '#' || c[1] == ' ')
            hf_strbuf_add_bytes(&full, c, 1);
    hf_strbuf_add(&full, "  sso: {engine: {type: service, unit: keyserver.service}}\n"
                         "  main: {engine: {type: service, unit: main.service}}\n");
    parse("full.yaml", full.data, full.length);
    assert_int_equal(spec->instances[0].failback, HF_FAILBACK_WINDOW);
    assert_int_equal(spec->instances[0].together_with[0], 2);
}

static void write_file(const char *path, const struct hf_strbuf *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->length, file), text->length);
    assert_int_equal(fclose(file), 0);
}

static void test_reference(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP guide;
    struct hf_strbuf HF_STRBUF_CLEANUP wanted;
    hf_strbuf_init(&wanted);
    read_file(GUIDE, &guide);
    const char *mark = strstr(guide.data, MARK);
    assert_non_null(mark);
    hf_strbuf_add_bytes(&wanted, guide.data, (size_t)(mark - guide.data) + strlen(MARK));
    assert_int_equal(hf_config_reference(&wanted), 0);
    if (getenv("HF_UPDATE"))
        write_file(GUIDE, &wanted);
    else
        assert_string_equal(guide.data, wanted.data);
}

/* The first file of the guide is a file. */
static void test_guide(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP guide;
    read_file(GUIDE, &guide);
    const char *begin = strstr(guide.data, "```yaml\n");
    assert_non_null(begin);
    begin += strlen("```yaml\n");
    parse(GUIDE, begin, (size_t)(strstr(begin, "```") - begin));
    assert_string_equal(spec->instances[0].name, "msgbox");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_guide),
    };
    return cmocka_run_group_tests_name("config documents", tests, setup, teardown);
}
