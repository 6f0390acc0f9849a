#include "cli/answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/control_client.h"
#include "cli/json_get.h"
#include "cli/verbs.h"

int hf_answer_exit(const char *code)
{
    static const struct {
        const char *code;
        int number;
    } exits[] = {
        {"not-permitted", HF_EXIT_NOT_PERMITTED}, {"no-quorum", HF_EXIT_NO_QUORUM},
        {"not-enough-nodes", HF_EXIT_NO_QUORUM},  {"no-corosync", HF_EXIT_NO_QUORUM},
        {"timed-out", HF_EXIT_TIMED_OUT},         {"bad-file", HF_EXIT_FILE},
    };
    for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
        if (strcmp(code, exits[i].code) == 0)
            return exits[i].number;
    return HF_EXIT_REFUSED;
}

int hf_answer_failed(int result, const struct hf_error *error)
{
    (void)fprintf(stderr, "holdfast: %s\n", error->text);
    if (result == HF_CLIENT_UNREACHABLE)
        return HF_EXIT_UNREACHABLE;
    return result == HF_CLIENT_TIMED_OUT ? HF_EXIT_TIMED_OUT : HF_EXIT_REFUSED;
}

void hf_answer_render(const json_t *error, const struct hf_terminal *terminal,
                      struct hf_strbuf *out)
{
    const char *text = hf_json_str(error, "text");
    bool file = strcmp(hf_json_str(error, "code"), "bad-file") == 0;
    if (file) /* lines of file:line:column, as compilers write them */
        hf_strbuf_addf(out, "%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
    else
        hf_terminal_wrap(terminal, out, 0, 2,
                         text[0] ? text : "holdfastd refused, and did not say why");
    if (hf_json_str(error, "detail")[0]) {
        hf_strbuf_add(out, "  it said: ");
        hf_terminal_wrap(terminal, out, 11, 4, hf_json_str(error, "detail"));
    }
    size_t i = 0;
    json_t *rejected = NULL;
    json_array_foreach(json_object_get(error, "rejected"), i, rejected)
    {
        hf_strbuf_add(out, "  ");
        hf_terminal_wrap(terminal, out, 2, 4, hf_json_str(rejected, "text"));
    }
    if (hf_json_str(error, "hint")[0]) {
        hf_strbuf_add(out, "  ");
        hf_terminal_wrap(terminal, out, 2, 2, hf_json_str(error, "hint"));
    }
    if (file)
        hf_strbuf_add(out, "nothing was changed.\n");
}

int hf_answer_refused(const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    struct hf_terminal plain = {0};
    hf_answer_render(error, &plain, &out);
    (void)fputs(out.data, stderr);
    return hf_answer_exit(hf_json_str(error, "code"));
}

int hf_answer_get(json_t *request, json_t **ret_reply)
{
    struct hf_error error = {0};
    json_t *reply = NULL;
    int r = hf_control_call(request, &reply, &error);
    json_decref(request);
    if (r != 0)
        return hf_answer_failed(r, &error);
    if (!hf_json_true(reply, "ok")) {
        int code = hf_answer_refused(reply);
        json_decref(reply);
        return code;
    }
    *ret_reply = reply;
    return HF_EXIT_OK;
}

static int written(bool whole)
{
    if (!whole)
        (void)fprintf(stderr, "holdfast: the answer could not be written completely: %s\n",
                      ferror(stdout) ? strerror(errno) : "out of memory");
    return whole ? HF_EXIT_OK : HF_EXIT_REFUSED;
}

int hf_answer_print_json(const json_t *reply)
{
    int r = json_dumpf(json_object_get(reply, "data"), stdout, JSON_INDENT(2));
    return written(r == 0 && printf("\n") > 0 && fflush(stdout) == 0);
}

int hf_answer_print(const struct hf_strbuf *out)
{
    return written(fputs(out->data, stdout) >= 0 && fflush(stdout) == 0 && hf_strbuf_ok(out));
}

int hf_answer_list(json_t *request, bool json, hf_answer_show_fn show)
{
    json_t *reply = NULL;
    int code = hf_answer_get(request, &reply);
    if (code != HF_EXIT_OK)
        return code;
    if (json) {
        code = hf_answer_print_json(reply);
    } else {
        struct hf_terminal terminal = hf_terminal_get();
        struct hf_strbuf HF_STRBUF_CLEANUP out;
        hf_strbuf_init(&out);
        show(json_object_get(reply, "data"), &terminal, &out);
        code = hf_answer_print(&out);
    }
    json_decref(reply);
    return code;
}

int hf_answer_usage(const char *verb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "holdfast %s: ", verb);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    const struct hf_verb *row = hf_verbs_find(verb);
    if (row)
        (void)fprintf(stderr, "\nusage: holdfast %s%s%s\n  more: holdfast help %s\n", row->name,
                      row->arguments[0] ? " " : "", row->arguments, row->name);
    else
        (void)fprintf(stderr, "\n");
    return HF_EXIT_USAGE;
}
