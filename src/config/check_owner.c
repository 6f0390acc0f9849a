#include <stdlib.h>
#include <string.h>

#include "config/check.h"

static void check_preferred(struct hf_reader *r, unsigned slot, const struct hf_yaml *owners)
{
    const struct hf_instance_spec *instance = &r->spec->instances[slot];
    for (unsigned i = 0; i < instance->preferred_count; i++) {
        const char *node = r->spec->nodes[instance->preferred[i]].name;
        if (instance->possible && !(instance->possible >> instance->preferred[i] & 1))
            hf_fault(r, hf_yaml_item(hf_yaml_get(owners, "preferred"), node),
                     "owners.preferred: %s is not among owners.possible (line %u).\n"
                     "  Add it there, or remove it here.",
                     node, hf_check_at(owners, "possible")->line);
    }
}

static void check_edition(struct hf_reader *r, unsigned slot, const struct hf_yaml *owners)
{
    const struct hf_instance_spec *instance = &r->spec->instances[slot];
    int count = __builtin_popcountll(hf_spec_possible(r->spec, instance));
    if (r->spec->cluster.edition != HF_EDITION_STANDARD || count <= 2)
        return;
    const struct hf_yaml *at = owners ? owners : r->instances[slot]->key;
    hf_fault(r, at,
             "it has %d possible owners; edition standard (line %u) allows two.\n"
             "  Name two with `owners: {possible: [...]}`, or set `edition: enterprise`.",
             count, hf_check_at(r->root, "edition")->line);
}

void hf_check_owners(struct hf_reader *r)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_yaml *owners = hf_yaml_get(r->instances[i], "owners");
        if (!r->instances[i])
            continue;
        hf_reader_enter(r, "instance", r->spec->instances[i].name);
        check_preferred(r, i, owners);
        check_edition(r, i, owners);
    }
}

/* A host name leads to one address. Compared without case, as DNS does. */
static void check_network_name(struct hf_reader *r, unsigned slot)
{
    const char *name = r->spec->instances[slot].network_name;
    for (unsigned i = 0; name[0] && i < slot; i++)
        if (r->instances[i] && strcasecmp(r->spec->instances[i].network_name, name) == 0)
            hf_fault(r, hf_check_at(r->instances[slot], "network_name"),
                     "network name %s is already used by instance %s (line %u).\n"
                     "  Clients of the one would reach the other: choose another name.",
                     name, r->spec->instances[i].name,
                     hf_check_at(r->instances[i], "network_name")->line);
}

static void check_databases(struct hf_reader *r, unsigned slot)
{
    const struct hf_instance_spec *instance = &r->spec->instances[slot];
    const struct hf_yaml *list = hf_yaml_get(r->instances[slot], "databases");
    for (unsigned i = 0; i < instance->database_count; i++)
        for (unsigned j = 0; j < i && instance->databases[i].name[0]; j++)
            if (strcmp(instance->databases[i].name, instance->databases[j].name) == 0)
                hf_fault(r, hf_check_at(hf_yaml_nth(list, i), "name"),
                         "database %s is listed twice; the first is on line %u.\n  Remove one.",
                         instance->databases[i].name,
                         hf_check_at(hf_yaml_nth(list, j), "name")->line);
}

void hf_check_names(struct hf_reader *r)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        if (!r->instances[i])
            continue;
        hf_reader_enter(r, "instance", r->spec->instances[i].name);
        check_network_name(r, i);
        check_databases(r, i);
    }
}
