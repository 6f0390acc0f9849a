#include <stdio.h>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/verbs.h"

#ifndef HF_VERSION
#define HF_VERSION "development"
#endif

static void add_exits(struct hf_strbuf *out)
{
    hf_strbuf_add(out, "\nexit codes:\n");
#define HF_EXIT_LINE(code, number, meaning) hf_strbuf_addf(out, "  %d  %s\n", number, meaning);
    HF_EXITS(HF_EXIT_LINE)
#undef HF_EXIT_LINE
}

static int help_all(void)
{
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_strbuf_add(&out, "holdfast - a failover cluster for database servers\n"
                        "\nusage: holdfast VERB [ARGUMENTS]\n\n");
    size_t count = 0;
    const struct hf_verb *verbs = hf_verbs(&count);
    for (size_t i = 0; i < count; i++)
        hf_strbuf_addf(&out, "  %-15s %s\n", verbs[i].name, verbs[i].summary);
    hf_strbuf_add(
        &out, "\nholdfast help VERB tells its arguments and options; man holdfast-VERB more.\n");
    add_exits(&out);
    return hf_answer_print(&out);
}

#define LINE_MAX_COLUMNS 96
#define HEAD_MAX_COLUMNS 24

/* "--timeout, -t S" */
static void add_head(const struct hf_verb_option *option, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "%s%s%s%s%s", option->name, option->letter ? ", " : "",
                   option->letter ? option->letter : "", option->value ? " " : "",
                   option->value ? option->value : "");
}

static int head_columns(const struct hf_verb_option *options)
{
    int widest = 0;
    for (const struct hf_verb_option *option = options; option && option->name; option++) {
        struct hf_strbuf HF_STRBUF_CLEANUP head;
        hf_strbuf_init(&head);
        add_head(option, &head);
        if ((int)head.length > widest && head.length <= HEAD_MAX_COLUMNS)
            widest = (int)head.length;
    }
    return widest;
}

static void add_options(const struct hf_verb_option *options, struct hf_strbuf *out)
{
    const struct hf_terminal page = {.width = LINE_MAX_COLUMNS};
    int indent = 2 + head_columns(options) + 2;
    for (const struct hf_verb_option *option = options; option && option->name; option++) {
        size_t start = out->length;
        hf_strbuf_add(out, "  ");
        add_head(option, out);
        int column = (int)(out->length - start);
        hf_strbuf_addf(out, "%*s", column < indent ? indent - column : 2, "");
        hf_terminal_wrap(&page, out, column < indent ? indent : column + 2, indent, option->text);
    }
}

void hf_verb_help(const struct hf_verb *verb, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "usage: holdfast %s%s%s\n\n%s\n%s", verb->name,
                   verb->arguments[0] ? " " : "", verb->arguments, verb->summary,
                   verb->options ? "\n" : "");
    add_options(verb->options, out);
    if (verb->note)
        hf_strbuf_addf(out, "\n%s\n", verb->note);
}

int verb_help(int argc, char **argv)
{
    if (argc < 2)
        return help_all();
    const struct hf_verb *verb = hf_verbs_find(argv[1]);
    if (!verb)
        return hf_answer_usage("help", "there is no verb '%s'; holdfast help lists them", argv[1]);
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    hf_verb_help(verb, &out);
    return hf_answer_print(&out);
}

int verb_version(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, 0, 0, 0, "", &options);
    if (code != 0)
        return code;
    return printf("holdfast %s\n", HF_VERSION) > 0 ? HF_EXIT_OK : HF_EXIT_REFUSED;
}
