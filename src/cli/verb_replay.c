/* verb_replay.c - an event log of some daemon, run again here; needs no daemon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/replay_collect.h"
#include "cli/show.h"
#include "cli/verbs.h"

#define FILE_MAX (256u << 20)

struct file {
    uint8_t *bytes;
    size_t length, room;
};

static bool grow(struct file *file)
{
    size_t room = file->room ? file->room * 2 : 1u << 20;
    uint8_t *more = realloc(file->bytes, room);
    if (!more)
        return false;
    file->bytes = more;
    file->room = room;
    return true;
}

/* Returns HF_EXIT_OK, or the exit code after telling why not. The bytes are the caller's. */
static int read_file(const char *name, struct file *ret)
{
    FILE *in = fopen(name, "re");
    bool good = in != NULL;
    *ret = (struct file){0};
    while (good && ret->length <= FILE_MAX && !feof(in)) {
        good = ret->length < ret->room || grow(ret);
        if (good)
            ret->length += fread(ret->bytes + ret->length, 1, ret->room - ret->length, in);
        good = good && !ferror(in);
    }
    if (!good)
        (void)fprintf(stderr, "holdfast replay: cannot read %s: %s\n", name, strerror(errno));
    else if (ret->length > FILE_MAX)
        (void)fprintf(stderr, "holdfast replay: %s is too large for an event log\n", name);
    if (in)
        (void)fclose(in);
    return good && ret->length <= FILE_MAX ? HF_EXIT_OK : HF_EXIT_FILE;
}

static int tell(const json_t *data, bool json)
{
    struct hf_terminal terminal = hf_terminal_get();
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    char *text = json ? json_dumps(data, JSON_INDENT(2)) : NULL;
    if (text)
        hf_strbuf_addf(&out, "%s\n", text);
    else if (!json)
        hf_show_replay(data, &terminal, &out);
    free(text);
    return hf_answer_print(&out);
}

static int replay(const struct hf_options *options, const struct file *file)
{
    struct hf_error error = {""};
    json_t *data = NULL;
    int code = hf_replay_collect(file->bytes, file->length, options->instance, options->from, &data,
                                 &error);
    if (!data) {
        (void)fprintf(stderr, "holdfast replay: %s: %s\n", options->arguments[0], error.text);
        return code == HF_EXIT_OK ? HF_EXIT_REFUSED : code;
    }
    int told = tell(data, options->json);
    json_decref(data);
    return told == HF_EXIT_OK ? code : told;
}

int verb_replay(int argc, char **argv)
{
    struct hf_options options;
    struct file file;
    int code = hf_options_parse(argc, argv, HF_OPTION_JSON | HF_OPTION_INSTANCE | HF_OPTION_FROM, 1,
                                1, "an event log of holdfastd", &options);
    if (code == 0 && options.from && !hf_replay_time_valid(options.from))
        code = hf_answer_usage(argv[0],
                               "--from wants a time like 14:03:07 or '2026-11-23 14:03', not '%s'",
                               options.from);
    if (code != 0)
        return code;
    code = read_file(options.arguments[0], &file);
    if (code == HF_EXIT_OK)
        code = replay(&options, &file);
    free(file.bytes);
    return code;
}
