#include <stdio.h>

#include "cli/answer.h"
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
    hf_strbuf_add(&out, "\nholdfast help VERB tells its arguments and options.\n");
    add_exits(&out);
    return hf_answer_print(&out);
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
    hf_strbuf_addf(&out, "usage: holdfast %s%s%s\n\n%s\n%s%s", verb->name,
                   verb->arguments[0] ? " " : "", verb->arguments, verb->summary,
                   verb->options[0] ? "\n" : "", verb->options);
    return hf_answer_print(&out);
}

int verb_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return printf("holdfast %s\n", HF_VERSION) > 0 ? HF_EXIT_OK : HF_EXIT_REFUSED;
}
