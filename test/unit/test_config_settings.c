/*
 * The settings of a degraded profile: each is one of the installed PostgreSQL, with its kind and
 * range; values that it takes and that it does not; what a person is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/engine_settings.h"

#define COMMAND "/usr/lib/postgresql/15/bin/postgres --describe-config 2>/dev/null"

/* One line of postgres --describe-config: name, context, group, type, default, least, most. */
struct described {
    char *field[7];
};

static bool split(char *line, struct described *ret)
{
    line[strcspn(line, "\n")] = '\0';
    for (unsigned f = 0; f < 7; f++) {
        ret->field[f] = strsep(&line, "\t");
        if (!ret->field[f])
            return false;
    }
    return true;
}

static void check_kind(const struct hf_setting *setting, const struct described *described)
{
    static const char *const types[] = {
        [HF_SETTING_COUNT] = "INTEGER",  [HF_SETTING_NUMBER] = "REAL",
        [HF_SETTING_SIZE] = "INTEGER",   [HF_SETTING_TIME] = "INTEGER",
        [HF_SETTING_SWITCH] = "BOOLEAN", [HF_SETTING_TRY] = "ENUM",
    };
    const char *type = described->field[3];
    bool delay = setting->kind == HF_SETTING_TIME && strcmp(type, "REAL") == 0;
    if (strcmp(type, types[setting->kind]) != 0 && !delay)
        fail_msg("%s is %s", setting->name, type);
    if (setting->kind == HF_SETTING_COUNT || setting->kind == HF_SETTING_NUMBER) {
        assert_true(setting->min == strtod(described->field[5], NULL));
        assert_true(setting->max == strtod(described->field[6], NULL));
    } else if (setting->kind == HF_SETTING_SIZE || setting->kind == HF_SETTING_TIME) {
        if ((setting->min < 0) != (strtod(described->field[5], NULL) < 0))
            fail_msg("%s begins at %s", setting->name, described->field[5]);
    }
}

static unsigned count_listed(void)
{
    struct hf_strbuf HF_STRBUF_CLEANUP names;
    unsigned count = 1;
    hf_strbuf_init(&names);
    hf_setting_list(&names);
    for (const char *c = names.data; *c; c++)
        count += *c == ',';
    return count;
}

static void test_postgresql_knows_them(void **state)
{
    char line[4096];
    unsigned found = 0;
    unsigned lines = 0;
    (void)state;
    FILE *file = popen(COMMAND, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        struct described described;
        if (!split(line, &described))
            continue;
        lines++;
        const struct hf_setting *setting = hf_setting_find(described.field[0]);
        if (!setting)
            continue;
        found++;
        check_kind(setting, &described);
    }
    (void)pclose(file);
    if (lines == 0) {
        print_message("PostgreSQL 15 is not installed\n");
        skip();
    }
    assert_int_equal(found, count_listed());
}

static void test_values(void **state)
{
    static const struct {
        const char *name;
        const char *fits[8], *not [8];
    } cases[] = {
        {"shared_buffers",
         {"6GB", "6 GB", "1.5GB", "100", "8192kB"},
         {"", "GB", "6gb", "6GiB", "-1", "6GB'", "0x10", "1 2"}},
        {"temp_file_limit", {"-1", "10GB"}, {"-2", "-1GB", "- 1"}},
        {"checkpoint_timeout", {"5min", "300s", "300"}, {"5minutes", "-1", "5m", "inf", "nan"}},
        {"autovacuum_vacuum_cost_delay", {"2ms", "0.5ms", "-1"}, {"2 milliseconds"}},
        {"max_connections", {"1", "100", "262143"}, {"0", "262144", "1.0", "+1", "1e2", " 1"}},
        {"hash_mem_multiplier", {"1", "1.5", "1000"}, {"0.9", "1001", "1.5.1", "."}},
        {"jit", {"on", "off", "true", "false"}, {"ON ", "maybe", "try"}},
        {"huge_pages", {"try", "on", "off"}, {"2"}},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct hf_setting *setting = hf_setting_find(cases[i].name);
        assert_non_null(setting);
        for (unsigned k = 0; k < 8 && cases[i].fits[k]; k++)
            if (!hf_setting_fits(setting, cases[i].fits[k]))
                fail_msg("%s = \"%s\"", cases[i].name, cases[i].fits[k]);
        for (unsigned k = 0; k < 8 && cases[i].not [k]; k++)
            if (hf_setting_fits(setting, cases[i].not [k]))
                fail_msg("%s = \"%s\"", cases[i].name, cases[i].not [k]);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(hf_setting_find("SHARED_buffers")->name, "shared_buffers");
    assert_null(hf_setting_find("shared_buffer"));
    assert_null(hf_setting_find(""));
    assert_string_equal(hf_setting_nearest("shared-buffer")->name, "shared_buffers");
    assert_null(hf_setting_nearest("listen_addresses"));
}

#define HEAD                                                                                       \
    "cluster: c\nnetworks: {public: {subnet: 10.0.0.0/24}}\nnodes: {n1: {public: 10.0.0.1}}\n"     \
    "instances:\n  a:\n    engine: {type: postgresql, data: /srv/a/data}\n"                        \
    "    disks: [{device: /dev/x, mount: /srv/a}]\n    degraded: {settings: {"

/* Where, what, and what to do. */
static void test_hints(void **state)
{
    static const char *const cases[][2] = {
        {HEAD "work_mm: 1MB}}\n",
         "f:8:27: instance a: degraded.settings: \"work_mm\" is not a setting that a degraded "
         "profile can state.\n  Did you mean work_mem?"},
        {HEAD "work_mem: much}}\n",
         "f:8:37: instance a: degraded.settings: work_mem cannot be \"much\".\n"
         "  It is a size with B, kB, MB, GB or TB, such as 64MB."},
        {HEAD "lc_messages: C}}\n",
         "f:8:27: instance a: degraded.settings: \"lc_messages\" is not a setting that a degraded "
         "profile can state.\n"
         "  What says how much a server uses can stand here, such as shared_buffers or work_mem "
         "(docs/CLUSTER_YAML.md lists them);\n  other settings belong into engine.settings."},
    };
    (void)state;
    struct hf_spec *spec = calloc(1, sizeof(*spec));
    struct hf_config_errors *errors = calloc(1, sizeof(*errors));
    assert_true(spec && errors);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(hf_config_parse("f", cases[i][0], strlen(cases[i][0]), NULL, spec, errors),
                         HF_CONFIG_INVALID);
        assert_int_equal(errors->count, 1);
        assert_string_equal(errors->items[0].text, cases[i][1]);
    }
    free(errors);
    free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postgresql_knows_them),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
