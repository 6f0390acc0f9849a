/*
 * Replies of the daemon as text: golden pages from JSON, at full width and on a narrow terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/show.h"
#include "cli/show_use.h"
#include "cli/table.h"
#include "cli/time_text.h"

#define NOW "1700000000000"

static const char status_json[] =
    "{\"time_ms\":" NOW ",\"self\":{\"name\":\"db3\",\"state\":\"up\"},"
    "\"cluster\":{\"name\":\"bts-prod\",\"quorate\":true,\"current\":true,\"votes\":3,\"expected\":"
    "4,"
    "\"witness\":true,\"nodes\":3,\"decided_ms\":1699999990000},"
    "\"nodes\":["
    "{\"name\":\"db1\",\"state\":\"down\",\"role\":\"active\",\"since_ms\":1699999940000,"
    "\"instances\":[]},"
    "{\"name\":\"db2\",\"state\":\"up\",\"role\":\"active\",\"drained\":true,\"since_ms\":"
    "1698900000000,"
    "\"instances\":[\"main\",\"sso\"]},"
    "{\"name\":\"db3\",\"state\":\"up\",\"role\":\"passive\",\"since_ms\":1698900000000,"
    "\"instances\":[\"msgbox\"]}],"
    "\"instances\":["
    "{\"name\":\"msgbox\",\"phase\":\"online\",\"owner\":\"db3\",\"since_ms\":1699999940810,"
    "\"address\":\"10.77.0.101\",\"priority\":20,\"priority_word\":\"runtime\",\"wanted\":true,"
    "\"next\":\"db2\",\"recovery_ms\":912,\"degraded\":true},"
    "{\"name\":\"main\",\"phase\":\"stopping\",\"owner\":\"db2\",\"target\":\"db3\","
    "\"since_ms\":1699999999000,\"address\":\"10.77.0.102\",\"priority\":30,\"priority_stated\":"
    "true,"
    "\"wanted\":true,\"next\":null,\"recovery_ms\":61500},"
    "{\"name\":\"sso\",\"phase\":\"stranded\",\"owner\":null,\"since_ms\":1699999808000,"
    "\"address\":null,\"priority\":15,\"wanted\":true,\"recovery_ms\":null}],"
    "\"warnings\":[{\"code\":\"stranded\",\"text\":\"sso is stranded: no node may and can run it "
    "now\","
    "\"since_ms\":1699999808000,\"retry_ms\":1700000600000,\"detail\":\"exit code 3\","
    "\"rejected\":[{\"node\":\"db2\",\"text\":\"the engine did not start on db2\"}],"
    "\"hint\":\"to try again at once: holdfast online sso\"}],"
    "\"last\":{\"time_ms\":1699999940810,\"instance\":\"msgbox\","
    "\"text\":\"msgbox failed over db1 -> db3\",\"planned\":false,\"outage_ms\":810,"
    "\"reason\":{\"code\":\"node-lost\",\"text\":\"db1 stopped answering on all networks\"}}}";

static const char status_text[] =
    "cluster bts-prod   quorate (3 nodes + witness, 3 of 4 votes)\n"
    "\n"
    "NODE  STATE        SINCE      INSTANCES\n"
    "db1   down         1 min 0 s  -\n"
    "db2   up, drained  12 days    main, sso\n"
    "db3   up, passive  12 days    msgbox\n"
    "\n"
    "INSTANCE  STATE             OWNER       SINCE       ADDRESS      PRIORITY  NEXT  "
    "RECOVERY IF IT FAILS NOW\n"
    "msgbox    online, degraded  db3         59 s        10.77.0.101  runtime   db2   about 0.9 s\n"
    "main      stopping          db2 -> db3  1 s         10.77.0.102  30        -     about 1 min "
    "1 s\n"
    "sso       stranded          -           3 min 12 s  -            -         -     -\n"
    "\n"
    "! sso is stranded: no node may and can run it now (for 3 min 12 s)\n"
    "  it said: exit code 3\n"
    "  not db2: the engine did not start on db2\n"
    "  tried again by itself at 22:23:20.000, in 10 min 0 s\n"
    "  to try again at once: holdfast online sso\n"
    "\n"
    "last: 59 s ago  msgbox failed over db1 -> db3 (db1 stopped answering on all networks), served "
    "again after 0.81 s     holdfast why msgbox\n";

static const char status_narrow[] = "cluster bts-prod   quorate (3 nodes + witness, 3 of 4 votes)\n"
                                    "\n"
                                    "NODE  STATE        SINCE      INSTANCES\n"
                                    "db1   down         1 min 0 s  -\n"
                                    "db2   up, drained  12 days    main, sso\n"
                                    "db3   up, passive  12 days    msgbox\n"
                                    "\n"
                                    "INSTANCE  STATE             OWNER       ADDRESS      NEXT\n"
                                    "msgbox    online, degraded  db3         10.77.0.101  db2\n"
                                    "main      stopping          db2 -> db3  10.77.0.102  -\n"
                                    "sso       stranded          -           -            -\n"
                                    "\n"
                                    "! sso is stranded: no node may and can run it now (for 3 min\n"
                                    "  12 s)\n"
                                    "  it said: exit code 3\n"
                                    "  not db2: the engine did not start on db2\n"
                                    "  tried again by itself at 22:23:20.000, in 10 min 0 s\n"
                                    "  to try again at once: holdfast online sso\n"
                                    "\n"
                                    "last: 59 s ago  msgbox failed over db1 -> db3 (db1 stopped\n"
                                    "      answering on all networks), served again after 0.81 s\n"
                                    "      holdfast why msgbox\n";

static const char why_json[] =
    "{\"time_ms\":" NOW
    ",\"instance\":\"msgbox\",\"phase\":\"online\",\"what\":\"msgbox runs on db3\","
    "\"because\":{\"text\":\"db1 stopped answering on all networks\"},\"since_ms\":1699999940810,"
    "\"timeline\":["
    "{\"time_ms\":1699999940000,\"text\":\"db1 stopped answering on all networks\"},"
    "{\"time_ms\":1699999940002,\"text\":\"db3 takes over\",\"rejected\":[{\"node\":\"db2\","
    "\"text\":\"db2 has no room: it would be 118 % full\"}]},"
    "{\"time_ms\":1699999940010,\"text\":\"reservation taken from db1 (generation 17 -> "
    "18)\",\"took_ms\":8},"
    "{\"time_ms\":1699999940810,\"text\":\"online: db3 serves clients\",\"took_ms\":1808}],"
    "\"planned\":false,\"outage_ms\":1810,\"fenced\":{\"node\":\"db1\",\"by\":\"reservation\"},"
    "\"nodes\":[{\"node\":\"db1\",\"role\":\"not\",\"reason\":{\"text\":\"db1 is down\"},"
    "\"hint\":\"look at "
    "it\"},{\"node\":\"db2\",\"role\":\"next\"},{\"node\":\"db3\",\"role\":\"owner\"},"
    "{\"node\":\"db4\",\"role\":\"could\"}],\"retry_ms\":0,\"hint\":null,\"owner\":\"db3\","
    "\"degraded\":true,\"degraded_since_ms\":1699999940002,"
    "\"size_waits\":\"at the next start: shared_buffers\"}";

static const char why_text[] =
    "msgbox runs on db3 since 22:12:20.810 because db1 stopped answering on all networks.\n"
    "\n"
    "22:12:20.000  db1 stopped answering on all networks\n"
    "22:12:20.002  db3 takes over\n"
    "              not db2: db2 has no room: it would be 118 % full\n"
    "22:12:20.010  reservation taken from db1 (generation 17 -> 18)      8 ms\n"
    "22:12:20.810  online: db3 serves clients                          1.81 s\n"
    "              outage from when it was noticed: 1.81 s     db1 fenced: yes, by reservation\n"
    "\n"
    "degraded: yes, since 22:12:20.002, it shares db3; at the next start: shared_buffers\n"
    "\n"
    "db1  cannot run it now: db1 is down\n"
    "       look at it\n"
    "db2  is next in line\n"
    "db3  is its owner\n"
    "db4  could run it\n";

static const char history_json[] =
    "{\"records\":["
    "{\"time_ms\":1699999940000,\"kind\":\"node-lost\",\"instance\":\"msgbox\",\"text\":\"db1 is "
    "lost\","
    "\"reason\":{\"text\":\"db1 stopped answering on all networks\"}},"
    "{\"time_ms\":1699999940002,\"kind\":\"assign\",\"instance\":\"msgbox\","
    "\"text\":\"db3 takes over from db1 (generation 18)\",\"reason\":null},"
    "{\"time_ms\":1699999940810,\"kind\":\"phase\",\"instance\":\"msgbox\",\"text\":\"online\","
    "\"outage_ms\":810}]}";

static const char history_text[] =
    "2023-11-14 22:12:20.000  -       db1 is lost: db1 stopped answering on all networks\n"
    "2023-11-14 22:12:20.002  msgbox  db3 takes over from db1 (generation 18)\n"
    "2023-11-14 22:12:20.810  msgbox  online, served again after 0.81 s\n";

typedef void (*page)(const json_t *data, const struct hf_terminal *terminal, struct hf_strbuf *out);

static const char use_json[] =
    "{\"nodes\":[{\"name\":\"db1\",\"capacity\":{\"stated\":{\"cpu_milli\":8000},"
    "\"measured\":null,\"used\":null}},"
    "{\"name\":\"db3\",\"capacity\":{\"stated\":{\"cpu_milli\":null,\"memory_bytes\":34359738368},"
    "\"measured\":{\"cpu_milli\":8000,\"memory_bytes\":33566433280,\"network_bytes_s\":null},"
    "\"used\":{\"cpu_milli\":812,\"memory_bytes\":12992276070,\"network_bytes_s\":150000,"
    "\"io_per_s\":312,\"disk_bytes_s\":0,\"at_ms\":1}}}],"
    "\"instances\":[{\"name\":\"msgbox\",\"demand\":{\"stated\":{\"cpu_milli\":2000},"
    "\"measured\":null,\"used\":{\"cpu_milli\":310,\"memory_bytes\":null,\"io_per_s\":0,"
    "\"network_bytes_s\":1,\"disk_bytes_s\":1258291,\"at_ms\":1}}},"
    "{\"name\":\"main\",\"demand\":{\"stated\":{},\"measured\":null,\"used\":null}}]}";

static const char use_text[] =
    "\n"
    "USED HERE  CPU (cores)  MEMORY (GiB)  NETWORK (Mbit/s)  DISK I/O (1/s)  DISK (MiB/s)\n"
    "db3        0.81 of 8    12.1 of 32    1.20              312             0\n"
    "  msgbox   0.31 of 2    -             <0.01             0               1.20\n";

static const char demand_json[] =
    "{\"node\":\"db3\",\"time_ms\":1,\"per\":\"hour\",\"instances\":[{\"name\":\"msgbox\","
    "\"stated\":{\"cpu_milli\":2000,\"memory_bytes\":null},"
    "\"measured\":{\"cpu_milli\":905,\"memory_bytes\":2147483648,\"hours\":31},"
    "\"rows\":[{\"start_ms\":1699992000000,\"cpu_milli\":{\"samples\":720,\"p50\":310,"
    "\"p95\":905,\"p99\":1200,\"max\":4000},\"io_per_s\":{\"p50\":0,\"p95\":12,\"max\":900}}]},"
    "{\"name\":\"old\",\"stated\":null,\"measured\":null,\"rows\":[]}]}";

static const char demand_text[] =
    "measured on db3, by the hour: median / 95th percentile / maximum\n"
    "\n"
    "INSTANCE  FROM              CPU (cores)      MEMORY (GiB)  NETWORK (Mbit/s)  DISK I/O (1/s)  "
    "DISK (MiB/s)\n"
    "msgbox    2023-11-14 20:00  0.31 / 0.91 / 4  -             -                 0 / 12 / 900    "
    "-\n"
    "\n"
    "INSTANCE  NEEDS                 CPU (cores)  MEMORY (GiB)  NETWORK (Mbit/s)  DISK I/O (1/s)  "
    "DISK (MiB/s)\n"
    "msgbox    as stated             2            -             -                 -               "
    "-\n"
    "msgbox    measured in 31 hours  0.91         2             -                 -               "
    "-\n";

static void expect(page show, const char *json, int width, const char *want)
{
    struct hf_terminal terminal = {.width = width};
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    json_t *data = json_loads(json, 0, NULL);
    assert_non_null(data);
    show(data, &terminal, &out);
    json_decref(data);
    assert_string_equal(out.data, want);
}

static void pages_are_golden(void **unused)
{
    (void)unused;
    expect(hf_show_status, status_json, 0, status_text);
    expect(hf_show_status, status_json, 60, status_narrow);
    expect(hf_show_why, why_json, 0, why_text);
    expect(hf_show_why, why_json, 100, why_text);
    expect(hf_show_history, history_json, 0, history_text);
    expect(hf_show_history, "{}", 0, "nothing is recorded yet\n");
    expect(hf_show_use, use_json, 0, use_text);
    expect(hf_show_use, status_json, 0, "");
    expect(hf_show_demand, demand_json, 0, demand_text);
    expect(hf_show_demand, "{\"node\":\"db3\",\"instances\":[]}", 0,
           "nothing was measured on db3 yet: an instance is measured where it runs, and its first "
           "row comes a minute later\n");
}

static void nothing_wraps_at_80(void **unused)
{
    (void)unused;
    struct hf_terminal terminal = {.width = 80};
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    json_t *data = json_loads(status_json, 0, NULL);
    hf_show_status(data, &terminal, &out);
    json_decref(data);
    for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
}

/* Replies of other versions: every field may be missing or of another type. */
static void survives_strange_replies(void **unused)
{
    (void)unused;
    static const char *const strange[] = {
        "{}",
        "{\"nodes\":1,\"instances\":{},\"warnings\":[1,null,{}],\"last\":{}}",
        "{\"nodes\":[{},1],\"instances\":[[],{\"name\":1}],\"timeline\":[{},2],\"records\":[{},3]}",
        "{\"instances\":[{\"demand\":{\"used\":{\"cpu_milli\":\"x\"}},\"rows\":[1,{\"cpu_milli\":{}"
        "}]}],"
        "\"nodes\":[{\"capacity\":[]},{\"capacity\":{\"used\":{}}}]}",
        "{\"timeline\":[{\"rejected\":[{}],\"took_ms\":\"x\"}],\"nodes\":[{\"instances\":[1]}]}",
    };
    static const page shows[] = {hf_show_status, hf_show_why, hf_show_history, hf_show_demand};
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        for (size_t s = 0; s < 4; s++) {
            struct hf_terminal terminal = {.width = 40, .colour = true};
            struct hf_strbuf HF_STRBUF_CLEANUP out;
            hf_strbuf_init(&out);
            json_t *data = json_loads(strange[i], 0, NULL);
            assert_non_null(data);
            shows[s](data, &terminal, &out);
            hf_show_event(data, 0, &terminal, &out);
            hf_show_done(data, &out);
            json_decref(data);
            assert_true(hf_strbuf_ok(&out));
        }
    }
}

static void colours_only_where_wanted(void **unused)
{
    (void)unused;
    static const struct hf_table_column columns[] = {{"A", 0}, {"B", 0}};
    struct hf_table *table = hf_table_new(columns, 2);
    hf_table_cell(table, HF_RED, "r\xc3\xb6t");
    hf_table_cell(table, HF_PLAIN, NULL);
    for (int colour = 0; colour < 2; colour++) {
        struct hf_terminal terminal = {.colour = colour};
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        hf_table_render(table, &terminal, &out);
        assert_string_equal(out.data, colour ? "\033[2mA\033[0m    \033[2mB\033[0m\n"
                                               "\033[1;31mr\xc3\xb6t\033[0m  -\n"
                                             : "A    B\nr\xc3\xb6t  -\n");
    }
    hf_table_free(table);
}

static void times_read_well(void **unused)
{
    (void)unused;
    static const struct {
        int64_t ms;
        const char *period, *ago, *took;
    } cases[] = {
        {-5, "0 s", "just now", "0 ms"},
        {999, "0 s", "just now", "999 ms"},
        {1420, "1 s", "1 s ago", "1.42 s"},
        {12345, "12 s", "12 s ago", "12.3 s"},
        {192000, "3 min 12 s", "3 min ago", "3 min 12 s"},
        {18720000, "5 h 12 min", "5 h ago", "5 h 12 min"},
        {97200000, "1 day 3 h", "27 h ago", "1 day 3 h"},
        {1036800000, "12 days", "12 days ago", "12 days"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(hf_time_period(cases[i].ms).text, cases[i].period);
        assert_string_equal(hf_time_ago(cases[i].ms).text, cases[i].ago);
        assert_string_equal(hf_time_took(cases[i].ms).text, cases[i].took);
    }
    assert_string_equal(hf_time_seconds(310).text, "0.31 s");
    assert_string_equal(hf_time_clock(1699999940810, 1700000000000).text, "22:12:20.810");
    assert_string_equal(hf_time_clock(1699900000000, 1700000000000).text,
                        "2023-11-13 18:26:40.000");
}

static void lifecycle_is_printable(void **unused)
{
    (void)unused;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_show_lifecycle(&out);
    assert_non_null(strstr(out.data, "offline     start     acquiring"));
    hf_strbuf_clear(&out);
    hf_show_lifecycle_mermaid(&out);
    assert_non_null(strstr(out.data, "    recovering --> online : ready\n"));
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_golden),         cmocka_unit_test(nothing_wraps_at_80),
        cmocka_unit_test(survives_strange_replies), cmocka_unit_test(colours_only_where_wanted),
        cmocka_unit_test(times_read_well),          cmocka_unit_test(lifecycle_is_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
