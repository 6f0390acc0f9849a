/* What the rules share. */
#include "validate/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"

/* ---- Facts ---- */

const json_t *hf_fact(const json_t *facts, const char *path)
{
    char key[HF_VALUE_MAX];
    const json_t *at = facts;
    while (at && *path) {
        size_t length = strcspn(path, ".");
        (void)snprintf(key, sizeof(key), "%.*s", (int)length, path);
        at = json_object_get(at, key);
        path += length + (path[length] == '.');
    }
    return at;
}

const char *hf_fact_text(const json_t *facts, const char *path)
{
    const char *text = json_string_value(hf_fact(facts, path));
    return text ? text : "";
}

json_int_t hf_fact_number(const json_t *facts, const char *path, json_int_t otherwise)
{
    const json_t *value = hf_fact(facts, path);
    char *end = NULL;
    if (json_is_integer(value))
        return json_integer_value(value);
    const char *text = json_string_value(value);
    long long number = text ? strtoll(text, &end, 10) : 0;
    return text && end != text ? number : otherwise;
}

const json_t *hf_fact_find(const json_t *facts, const char *path, const char *key, const char *text)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(hf_fact(facts, path), i, one)
    {
        if (strcmp(hf_fact_text(one, key), text) == 0)
            return one;
    }
    return NULL;
}

bool hf_fact_has(const json_t *facts, const char *path, const char *text)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(hf_fact(facts, path), i, one)
    {
        if (json_is_string(one) && strcmp(json_string_value(one), text) == 0)
            return true;
    }
    return false;
}

const json_t *hf_fact_disk(const json_t *facts, const char *device)
{
    size_t i = 0;
    json_t *disk = NULL;
    json_array_foreach(hf_fact(facts, "disks"), i, disk)
    {
        if (hf_fact_has(disk, "links", device))
            return disk;
    }
    return NULL;
}

const json_t *hf_fact_interface(const json_t *facts, const char *address, const json_t **ret)
{
    size_t i = 0;
    json_t *interface = NULL;
    json_array_foreach(hf_fact(facts, "interfaces"), i, interface)
    {
        const json_t *entry = hf_fact_find(interface, "addresses", "address", address);
        if (!entry)
            continue;
        if (ret)
            *ret = entry;
        return interface;
    }
    return NULL;
}

/* ---- Nodes ---- */

uint64_t hf_all_nodes(const struct hf_run *run)
{
    return hf_spec_nodes(run->spec);
}

const char *hf_node_name(const struct hf_run *run, unsigned n)
{
    return run->spec->nodes[n].name;
}

static const json_t *facts_of(struct hf_run *run, unsigned n)
{
    const json_t *facts = run->in->facts[n];
    if (!facts)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "no facts of this node: %s",
               run->in->missing[n] ? run->in->missing[n] : "they were not gathered");
    return facts;
}

static const json_t *section_of(struct hf_run *run, unsigned n, const char *path)
{
    const json_t *facts = facts_of(run, n);
    if (!facts || !path[0] || hf_fact(facts, path))
        return facts;
    hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "this could not be read: %s", path);
    return NULL;
}

void hf_each_with(struct hf_run *run, uint64_t nodes, const char *path, hf_node_fn *fn)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *facts = nodes >> n & 1 ? section_of(run, n, path) : NULL;
        if (facts)
            fn(run, n, facts);
    }
}

void hf_each_node(struct hf_run *run, uint64_t nodes, hf_node_fn *fn)
{
    hf_each_with(run, nodes, "", fn);
}

/* ---- Comparing ---- */

struct values {
    unsigned count;
    struct {
        unsigned node;
        char text[HF_VALUE_MAX];
    } of[HF_NODES_MAX];
};

/* The value that most nodes have; of two that are as common, the first node's. */
static const char *most_common(const struct values *values)
{
    unsigned best = 0;
    unsigned best_count = 0;
    for (unsigned k = 0; k < values->count; k++) {
        unsigned count = 0;
        for (unsigned j = 0; j < values->count; j++)
            count += strcmp(values->of[k].text, values->of[j].text) == 0;
        if (count > best_count) {
            best = k;
            best_count = count;
        }
    }
    return values->of[best].text;
}

static void tell_values(struct hf_run *run, const struct values *values, const char *what,
                        enum hf_result differs)
{
    const char *common = most_common(values);
    unsigned others = 0;
    for (unsigned k = 0; k < values->count; k++) {
        if (strcmp(values->of[k].text, common) == 0)
            continue;
        others++;
        hf_saw(run, differs, hf_node_name(run, values->of[k].node), "%s: %s; elsewhere %s", what,
               values->of[k].text, common);
    }
    if (!others)
        hf_saw(run, HF_RESULT_PASS, "", "%s: %s on %u node%s", what, common, values->count,
               values->count == 1 ? "" : "s");
}

void hf_alike(struct hf_run *run, uint64_t nodes, const char *what, enum hf_result differs,
              hf_value_fn *value, const void *user)
{
    struct values *values = calloc(1, sizeof(*values));
    if (!values) {
        run->failed = true;
        return;
    }
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const json_t *facts = nodes >> n & 1 ? facts_of(run, n) : NULL;
        if (!facts)
            continue;
        values->of[values->count].node = n;
        if (value(run, n, facts, user, values->of[values->count].text))
            values->count++;
        else
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "%s: not known on this node",
                   what);
    }
    if (values->count)
        tell_values(run, values, what, differs);
    free(values);
}

static bool by_path(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                    char *value)
{
    const json_t *fact = hf_fact(facts, user);
    (void)run;
    (void)n;
    if (json_is_integer(fact))
        (void)snprintf(value, HF_VALUE_MAX, "%lld", (long long)json_integer_value(fact));
    else if (json_is_string(fact))
        (void)snprintf(value, HF_VALUE_MAX, "%s",
                       json_string_length(fact) ? json_string_value(fact) : "none");
    else if (json_is_boolean(fact))
        (void)snprintf(value, HF_VALUE_MAX, "%s", json_is_true(fact) ? "yes" : "no");
    else
        return false;
    return true;
}

void hf_alike_fact(struct hf_run *run, uint64_t nodes, const char *what, enum hf_result differs,
                   const char *path)
{
    hf_alike(run, nodes, what, differs, by_path, path);
}

/* ---- Instances and disks ---- */

uint64_t hf_owners(const struct hf_run *run, const struct hf_instance_spec *instance)
{
    return hf_spec_possible(run->spec, instance);
}

void hf_each_owner(struct hf_run *run, const char *path, hf_owner_fn *fn)
{
    bool any = false;
    HF_EACH_INSTANCE(run, i, instance)
    {
        any = true;
        for (unsigned n = 0; n < HF_NODES_MAX; n++) {
            const json_t *facts =
                hf_owners(run, instance) >> n & 1 ? section_of(run, n, path) : NULL;
            if (facts)
                fn(run, instance, n, facts);
        }
    }
    if (!any)
        hf_no_need(run, "no instances are configured");
}

void hf_each_disk(struct hf_run *run, hf_disk_fn *fn)
{
    struct hf_disk_spec witness = {0};
    bool any = false;
    HF_EACH_INSTANCE(run, i, instance)
    {
        for (unsigned d = 0; d < instance->disk_count; d++) {
            any = true;
            fn(run, instance, &instance->disks[d], hf_owners(run, instance));
        }
    }
    if (run->spec->cluster.witness_disk[0]) {
        any = true;
        (void)snprintf(witness.device, sizeof(witness.device), "%s",
                       run->spec->cluster.witness_disk);
        fn(run, NULL, &witness, hf_all_nodes(run));
    }
    if (!any)
        hf_no_need(run, "no shared disks are configured");
}

const char *hf_owner_now(const struct hf_run *run, const struct hf_instance_spec *instance)
{
    return hf_fact_text(hf_fact_find(run->in->status, "instances", "name", instance->name),
                        "owner");
}

const char *hf_engine_user(const struct hf_instance_spec *instance)
{
    if (instance->engine.user[0])
        return instance->engine.user;
    switch ((enum hf_engine_kind)instance->engine.type) {
    case HF_ENGINE_POSTGRESQL:
        return "postgres";
    case HF_ENGINE_MARIADB:
        return "mysql";
    case HF_ENGINE_OCF:
    case HF_ENGINE_SERVICE:
        break;
    }
    return "root";
}

unsigned hf_engine_port(const struct hf_instance_spec *instance)
{
    return hf_config_engine_port(&instance->engine);
}
