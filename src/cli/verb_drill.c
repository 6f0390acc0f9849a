/*
 * verb_drill.c - failures on purpose: a cluster in use, a lab, or the report of an earlier drill.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/control_client.h"
#include "cli/drill_live.h"
#include "cli/drill_report.h"
#include "cli/json_get.h"
#include "cli/page.h"
#include "cli/verbs.h"

#define CONNINFO_MAX 512

struct drill {
    bool live, json;
    const char *instance, *confirm, *connect, *report, *html, *lab;
    char **more; /* for the lab's own program */
    int more_count;
};

static int parse(int argc, char **argv, struct drill *ret)
{
    enum { LIVE = 1, CONFIRM, CONNECT, REPORT, HTML, JSON, LAB };
    static const struct option options[] = {
        {"live", no_argument, NULL, LIVE},
        {"confirm", required_argument, NULL, CONFIRM},
        {"connect", required_argument, NULL, CONNECT},
        {"report", required_argument, NULL, REPORT},
        {"html", required_argument, NULL, HTML},
        {"json", no_argument, NULL, JSON},
        {"lab", required_argument, NULL, LAB},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 0; /* glibc: start anew */
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == ':')
            return hf_answer_usage(argv[0], "%s wants a value", argv[optind - 1]);
        if (option == '?')
            return hf_answer_usage(argv[0], "it knows no option '%s'", argv[optind - 1]);
        ret->live |= option == LIVE;
        ret->json |= option == JSON;
        ret->confirm = option == CONFIRM ? optarg : ret->confirm;
        ret->connect = option == CONNECT ? optarg : ret->connect;
        ret->report = option == REPORT ? optarg : ret->report;
        ret->html = option == HTML ? optarg : ret->html;
        ret->lab = option == LAB ? optarg : ret->lab;
    }
    if (ret->live + (ret->report != NULL) + (ret->lab != NULL) != 1)
        return hf_answer_usage(argv[0],
                               "it wants one of --live INSTANCE, --lab FOLDER and --report "
                               "FILE");
    ret->more = argv + optind;
    ret->more_count = argc - optind;
    if (ret->live)
        ret->instance = ret->more_count == 1 ? ret->more[0] : NULL;
    if (ret->live && !ret->instance)
        return hf_answer_usage(argv[0], "--live needs the name of one instance");
    if (ret->report && ret->more_count)
        return hf_answer_usage(argv[0], "'%s' is one argument too many", ret->more[0]);
    return 0;
}

/* ---- A report ---- */

static int tell(const struct drill *drill, const json_t *report)
{
    struct hf_terminal terminal = hf_terminal_get();
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    char *text = drill->json ? json_dumps(report, JSON_INDENT(2)) : NULL;
    if (text)
        hf_strbuf_addf(&out, "%s\n", text);
    else if (!drill->json)
        hf_drill_show(report, &terminal, &out);
    free(text);
    int code = hf_answer_print(&out);
    if (code == HF_EXIT_OK && drill->html) {
        struct hf_strbuf HF_STRBUF_CLEANUP page;
        hf_strbuf_init(&page);
        hf_drill_html(report, &page);
        code = hf_page_write("drill", drill->html, &page);
        if (code == HF_EXIT_OK && !drill->json)
            (void)printf("the page: %s\n", drill->html);
    }
    if (code != HF_EXIT_OK)
        return code;
    return hf_drill_passed(report) ? HF_EXIT_OK : HF_EXIT_DRILL_FAILED;
}

static int show_report(const struct drill *drill)
{
    json_error_t error;
    json_t *report = json_load_file(drill->report, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_array(json_object_get(report, "scenarios"))) {
        if (report)
            (void)snprintf(error.text, sizeof(error.text), "it has no list of scenarios");
        (void)fprintf(
            stderr,
            "holdfast drill: %s is no report of a drill: %s\n  Such a report is what "
            "`drill/run --json FILE` and `holdfast drill --live INSTANCE --json` write.\n",
            drill->report, error.text);
        json_decref(report);
        return HF_EXIT_FILE;
    }
    int code = tell(drill, report);
    json_decref(report);
    return code;
}

/* ---- A cluster in use ---- */

/* The name has to be typed: clients of a database in use will wait. */
static bool confirmed(const struct drill *drill)
{
    char line[256] = "";
    if (drill->confirm)
        return strcmp(drill->confirm, drill->instance) == 0;
    (void)fprintf(
        stderr,
        "This moves %s to another node and back, kills its engine (when run as root on its\n"
        "node), and drains its node. Each time its clients lose their connections and wait,\n"
        "for a second or so; a table holdfast_drill_N is made in its database and dropped.\n"
        "Type the name of the instance to go on, anything else to stop: ",
        drill->instance);
    if (!isatty(STDIN_FILENO) || !fgets(line, sizeof(line), stdin))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, drill->instance) == 0;
}

/* To the instance's address, as the user that its engine was made with. */
static int default_conninfo(const char *instance, char *ret, size_t room)
{
    json_t *reply = NULL, *one = NULL;
    size_t i = 0;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "status"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    ret[0] = '\0';
    json_array_foreach(json_object_get(json_object_get(reply, "data"), "instances"), i, one)
    {
        if (strcmp(hf_json_str(one, "name"), instance) == 0)
            (void)snprintf(ret, room,
                           "host=%s user=postgres dbname=postgres "
                           "application_name=holdfast-drill",
                           hf_json_str(one, "address"));
    }
    json_decref(reply);
    if (ret[0])
        return HF_EXIT_OK;
    (void)fprintf(stderr, "holdfast drill: there is no instance '%s'\n  holdfast status\n",
                  instance);
    return HF_EXIT_REFUSED;
}

static int live(const struct drill *drill)
{
    char conninfo[CONNINFO_MAX];
    json_t *report = NULL;
    int code = default_conninfo(drill->instance, conninfo, sizeof(conninfo));
    if (code != HF_EXIT_OK)
        return code;
    if (!confirmed(drill)) {
        (void)fprintf(stderr, "not confirmed; nothing was tried.\n"
                              "  A script gives --confirm with the name of the instance.\n");
        return HF_EXIT_NOT_CONFIRMED;
    }
    code = hf_drill_live(drill->instance, drill->connect ? drill->connect : conninfo, &report);
    if (code != HF_EXIT_OK)
        return code;
    code = tell(drill, report);
    json_decref(report);
    return code;
}

/* ---- A lab ---- */

/* The lab is a part of the sources: its own program drills there. */
static int lab(const struct drill *drill)
{
    char program[512];
    const char *argv[64] = {program};
    int count = 1;
    (void)snprintf(program, sizeof(program), "%s/drill/run", drill->lab);
    if (drill->html) {
        argv[count++] = "--html";
        argv[count++] = drill->html;
    }
    for (int i = 0; i < drill->more_count && count < 63; i++)
        argv[count++] = drill->more[i];
    (void)execv(program, (char *const *)(uintptr_t)argv);
    (void)fprintf(
        stderr,
        "holdfast drill: cannot run %s: %s\n  --lab wants the folder of Holdfast's sources, "
        "where `make drill` works as well.\n",
        program, strerror(errno));
    return HF_EXIT_FILE;
}

int verb_drill(int argc, char **argv)
{
    struct drill drill = {0};
    int code = parse(argc, argv, &drill);
    if (code != 0)
        return code;
    return drill.report ? show_report(&drill) : drill.live ? live(&drill) : lab(&drill);
}
