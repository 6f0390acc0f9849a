/* holdfast disks: which disks the nodes share, and whose they are. Reads only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/disks.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/table.h"
#include "cli/verbs.h"

#define VERB "disks"
#define GIB ((double)(1u << 30))

/* What is listed: disks that all of some nodes see, or that more than one does. */
struct wanted {
    uint64_t must_see; /* --instance: its possible owners; 0 = not asked for */
    uint16_t instance; /* its slot; HF_INSTANCE_NONE */
    bool all;          /* also what one node alone sees */
};

static bool is_listed(const struct wanted *wanted, const struct hf_found_disk *disk)
{
    bool used = disk->witness || disk->instance != HF_INSTANCE_NONE;
    if (wanted->must_see) {
        bool own = disk->instance == wanted->instance;
        return own || (!used && !(wanted->must_see & ~disk->seen));
    }
    return wanted->all || used || __builtin_popcountll(disk->seen) > 1;
}

static void add_names(const struct hf_spec *spec, uint64_t nodes, struct hf_strbuf *out)
{
    unsigned told = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (nodes >> n & 1)
            hf_strbuf_addf(out, "%s%s", told++ ? ", " : "", spec->nodes[n].name);
}

static void add_seen(const struct hf_validate_input *input, const struct hf_found_disk *disk,
                     struct hf_strbuf *out)
{
    uint64_t looked_at = hf_disks_looked_at(input);
    uint64_t blind = looked_at & ~disk->seen;
    int count = __builtin_popcountll(disk->seen);
    if (blind == 0 && count > 1)
        hf_strbuf_addf(out, "all %d", count);
    else if (__builtin_popcountll(blind) == 1 && count > 1) {
        hf_strbuf_add(out, "all but ");
        add_names(input->spec, blind, out);
    } else {
        add_names(input->spec, disk->seen, out);
    }
}

static uint64_t blind_owners(const struct hf_validate_input *input,
                             const struct hf_found_disk *disk)
{
    if (disk->instance == HF_INSTANCE_NONE)
        return 0;
    uint64_t possible = hf_spec_possible(input->spec, &input->spec->instances[disk->instance]);
    return possible & hf_disks_looked_at(input) & ~disk->seen;
}

static bool has_partitions(const struct hf_found_disk *disk)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (json_array_size(json_object_get(disk->on[n], "partitions")) > 0)
            return true;
    return false;
}

static const char *user_of(const struct hf_validate_input *input, const struct hf_found_disk *disk)
{
    if (disk->instance != HF_INSTANCE_NONE)
        return input->spec->instances[disk->instance].name;
    return disk->witness ? "(witness)" : "";
}

/* What speaks against the disk. */
static void add_note(const struct hf_validate_input *input, const struct hf_found_disk *disk,
                     struct hf_strbuf *out)
{
    uint64_t blind = blind_owners(input, disk);
    if (blind) {
        hf_strbuf_add(out, "not seen by ");
        add_names(input->spec, blind, out);
        hf_strbuf_add(out, ", which may own it");
    } else if (disk->unlike) {
        hf_strbuf_add(out, "not the same size on all nodes");
    } else if (!disk->device) {
        hf_strbuf_add(out, "no stable name that all nodes have");
    } else if (disk->instance == HF_INSTANCE_NONE && has_partitions(disk)) {
        hf_strbuf_add(out, "has partitions: in use?");
    }
}

static void size_text(const struct hf_found_disk *disk, char ret[32])
{
    const json_t *first = disk->on[__builtin_ctzll(disk->seen)];
    double gib = (double)hf_json_int(first, "bytes") / GIB;
    (void)snprintf(ret, 32, gib < 1024 ? "%.1f GiB" : "%.1f TiB", gib < 1024 ? gib : gib / 1024);
}

static void add_row(const struct hf_validate_input *input, const struct hf_found_disk *disk,
                    struct hf_table *table)
{
    struct hf_strbuf HF_STRBUF_CLEANUP seen;
    struct hf_strbuf HF_STRBUF_CLEANUP note;
    char size[32];
    hf_strbuf_init(&seen);
    hf_strbuf_init(&note);
    add_seen(input, disk, &seen);
    add_note(input, disk, &note);
    size_text(disk, size);
    hf_table_cell(table, HF_PLAIN, disk->device ? disk->device : disk->identity);
    hf_table_cell(table, HF_PLAIN, size);
    hf_table_cell(table, HF_PLAIN, user_of(input, disk));
    hf_table_cell(table, HF_PLAIN, seen.data);
    hf_table_cell(table, HF_PLAIN, note.data);
}

static int show(const struct hf_validate_input *input, const struct wanted *wanted,
                const struct hf_found_disk *list, size_t count)
{
    static const struct hf_table_column columns[] = {
        {"DEVICE", 0}, {"SIZE", 0}, {"INSTANCE", 0}, {"SEEN BY", 0}, {"NOTE", 0}};
    struct hf_terminal terminal = hf_terminal_get();
    struct hf_table *table = hf_table_new(columns, 5);
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (!table) {
        (void)fprintf(stderr, "holdfast " VERB ": out of memory\n");
        return HF_EXIT_REFUSED;
    }
    for (size_t k = 0; k < count; k++)
        if (is_listed(wanted, &list[k]))
            add_row(input, &list[k], table);
    hf_table_render(table, &terminal, &out);
    hf_table_free(table);
    if (out.length == 0)
        hf_strbuf_add(&out,
                      wanted->must_see
                          ? "no disk is free that all its possible owners see\n"
                          : "no disk is seen by more than one node; --all lists the others\n");
    return hf_answer_print(&out);
}

static json_t *names_json(const struct hf_spec *spec, uint64_t nodes)
{
    json_t *list = json_array();
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (nodes >> n & 1)
            (void)json_array_append_new(list, json_string(spec->nodes[n].name));
    return list;
}

static json_t *disk_json(const struct hf_validate_input *input, const struct hf_found_disk *disk)
{
    const struct hf_spec *spec = input->spec;
    const json_t *first = disk->on[__builtin_ctzll(disk->seen)];
    json_t *kernel = json_object();
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (disk->on[n])
            (void)json_object_set(kernel, spec->nodes[n].name,
                                  json_object_get(disk->on[n], "name"));
    bool owned = disk->instance != HF_INSTANCE_NONE;
    return json_pack("{s:s?, s:s, s:I, s:s?, s:b, s:o, s:o, s:o, s:b, s:b, s:o}", "device",
                     disk->device, "identity", disk->identity, "bytes",
                     (json_int_t)hf_json_int(first, "bytes"), "instance",
                     owned ? spec->instances[disk->instance].name : NULL, "witness", disk->witness,
                     "seen_by", names_json(spec, disk->seen), "not_seen_by",
                     names_json(spec, hf_disks_looked_at(input) & ~disk->seen), "blind_owners",
                     names_json(spec, blind_owners(input, disk)), "same_size", !disk->unlike,
                     "partitions", has_partitions(disk), "kernel_names", kernel);
}

static json_t *nodes_json(const struct hf_validate_input *input)
{
    json_t *list = json_array();
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        if (!input->spec->nodes[n].name[0])
            continue;
        const char *why = input->missing[n] ? input->missing[n] : "they were not gathered";
        (void)json_array_append_new(
            list, json_pack("{s:s, s:b, s:s?}", "name", input->spec->nodes[n].name, "looked_at",
                            input->facts[n] != NULL, "why", input->facts[n] ? NULL : why));
    }
    return list;
}

static int print_json(const struct hf_validate_input *input, const struct wanted *wanted,
                      const struct hf_found_disk *list, size_t count)
{
    json_t *disks = json_array();
    for (size_t k = 0; k < count; k++)
        if (is_listed(wanted, &list[k]))
            (void)json_array_append_new(disks, disk_json(input, &list[k]));
    json_t *reply = json_pack("{s:{s:o, s:o}}", "data", "nodes", nodes_json(input), "disks", disks);
    int code = hf_answer_print_json(reply);
    json_decref(reply);
    return code;
}

/* A node that was not looked at may see any disk, or none. */
static void tell_missing(const struct hf_validate_input *input)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (input->spec->nodes[n].name[0] && !input->facts[n])
            (void)fprintf(stderr, "what %s sees is not known: %s\n", input->spec->nodes[n].name,
                          input->missing[n] ? input->missing[n] : "its facts were not given");
}

static int want(const struct hf_options *options, const struct hf_spec *spec, struct wanted *ret)
{
    *ret = (struct wanted){.instance = HF_INSTANCE_NONE, .all = options->all};
    if (!options->instance)
        return HF_EXIT_OK;
    ret->instance = hf_spec_find_instance(spec, options->instance);
    if (ret->instance == HF_INSTANCE_NONE) {
        (void)fprintf(stderr,
                      "holdfast " VERB ": there is no instance '%s'; without --instance it lists "
                      "what any two nodes share\n",
                      options->instance);
        return HF_EXIT_REFUSED;
    }
    ret->must_see = hf_spec_possible(spec, &spec->instances[ret->instance]);
    return HF_EXIT_OK;
}

static int answer(const struct hf_options *options, const struct hf_validate_input *input)
{
    struct wanted wanted;
    size_t count = 0;
    int code = want(options, input->spec, &wanted);
    if (code != HF_EXIT_OK)
        return code;
    struct hf_found_disk *list = hf_disks_find(input, &count);
    if (count > 0 && !list) {
        (void)fprintf(stderr, "holdfast " VERB ": out of memory\n");
        return HF_EXIT_REFUSED;
    }
    tell_missing(input);
    code =
        options->json ? print_json(input, &wanted, list, count) : show(input, &wanted, list, count);
    free(list);
    return code;
}

int verb_disks(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(
        argc, argv, HF_OPTION_JSON | HF_OPTION_FACTS | HF_OPTION_ALL | HF_OPTION_INSTANCE, 0, 1, "",
        &options);
    if (code == HF_EXIT_OK && options.all && options.instance)
        code = hf_answer_usage(VERB, "--all and --instance are two different lists");
    if (code != HF_EXIT_OK)
        return code;
    struct hf_progress progress = hf_progress_begin();
    struct hf_validate_source source;
    code = hf_validate_gather(VERB, &options, &progress, &source);
    hf_progress_end(&progress);
    if (code == HF_EXIT_OK)
        code = answer(&options, &source.input);
    hf_validate_release(&source);
    return code;
}
