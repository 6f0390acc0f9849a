/* Engine: versions, the order of sorted texts, durability, ports. */
#include <stdio.h>
#include <stdlib.h>

#include "validate/rules.h"

static const char *family(const struct hf_instance_spec *instance)
{
    switch ((enum hf_engine_kind)instance->engine.type) {
    case HF_ENGINE_POSTGRESQL:
        return "engines.postgresql";
    case HF_ENGINE_MARIADB:
        return "engines.mariadb";
    case HF_ENGINE_OCF:
    case HF_ENGINE_SERVICE:
        break;
    }
    return NULL;
}

/* The installed one that the instance would run: of its major version, or the newest. */
static const json_t *installed(const json_t *facts, const struct hf_instance_spec *instance)
{
    const char *path = family(instance);
    const json_t *best = NULL;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(path ? hf_fact(facts, path) : NULL, i, one)
    {
        json_int_t major = hf_fact_number(one, "major", 0);
        if (instance->engine.version ? major == instance->engine.version
                                     : major > hf_fact_number(best, "major", 0))
            best = one;
    }
    return best;
}

static void one_installed(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                          const json_t *facts)
{
    const json_t *has = installed(facts, instance);
    if (!family(instance))
        hf_no_need(run, "instance %s runs no engine that Holdfast brings", instance->name);
    else if (has)
        hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "instance %s: %s", instance->name,
               hf_fact_text(has, "version"));
    else
        hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
               "instance %s: %s of version %u is not installed", instance->name,
               family(instance) + strlen("engines."), instance->engine.version);
}

static void is_installed(struct hf_run *run)
{
    hf_each_owner(run, "engines", one_installed);
}

static bool version_of(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                       char *value)
{
    const json_t *has = installed(facts, user);
    (void)run;
    (void)n;
    (void)snprintf(value, HF_VALUE_MAX, "%s", hf_fact_text(has, "version"));
    return has != NULL;
}

static void version(struct hf_run *run)
{
    bool any = false;
    HF_EACH_INSTANCE(run, i, instance)
    {
        char what[HF_VALUE_MAX];
        if (!family(instance))
            continue;
        any = true;
        (void)snprintf(what, sizeof(what), "instance %s: engine", instance->name);
        hf_alike(run, hf_owners(run, instance), what, HF_RESULT_WARNING, version_of, instance);
    }
    if (!any)
        hf_no_need(run, "no engines are configured");
}

/* ---- The order of sorted texts: an index is only right where it was built ---- */

static void libc(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "C library", HF_RESULT_FAIL, "locale.libc");
}

static void icu(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "ICU", HF_RESULT_FAIL, "locale.icu");
}

/* A locale that some node has and another does not. */
static void locales(struct hf_run *run)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const char *lacks = NULL;
        const json_t *own = run->in->facts[n];
        size_t i = 0;
        json_t *one = NULL;
        if (!(hf_all_nodes(run) >> n & 1))
            continue;
        for (unsigned k = 0; k < HF_NODES_MAX; k++)
            json_array_foreach(hf_fact(run->in->facts[k], "locale.locales"), i, one)
            {
                if (!hf_fact_has(own, "locale.locales", json_string_value(one)))
                    lacks = json_string_value(one);
            }
        if (!hf_fact(own, "locale.locales"))
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n), "its locales are not known");
        else if (lacks)
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
                   "it lacks the locale %s of another node", lacks);
        else
            hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "it has all %zu locales",
                   json_array_size(hf_fact(own, "locale.locales")));
    }
}

/* ---- Durability ---- */

static const char *line_with(const char *settings, const char *name)
{
    for (const char *at = settings; at && *at;
         at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        at += strspn(at, " \t");
        if (strncmp(at, name, strlen(name)) == 0 && strcspn(at + strlen(name), " \t=") == 0)
            return at + strlen(name);
    }
    return NULL;
}

static bool is_off(const char *settings, const char *name)
{
    static const char *const words[] = {"off", "false", "no", "0"};
    const char *value = line_with(settings, name);
    if (!value)
        return false;
    value += strspn(value, " \t='\"");
    for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
        if (strncasecmp(value, words[k], strlen(words[k])) == 0)
            return true;
    return false;
}

static void durable(struct hf_run *run)
{
    static const char *const names[] = {"fsync", "full_page_writes", "synchronous_commit"};
    bool any = false;
    HF_EACH_INSTANCE(run, i, instance)
    {
        const char *off = NULL;
        any = true;
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
            if (is_off(instance->engine.settings, names[k]) ||
                is_off(instance->degraded_settings, names[k]))
                off = names[k];
        hf_saw(run, off ? HF_RESULT_FAIL : HF_RESULT_PASS, "", "instance %s: %s is %s",
               instance->name, off ? off : "durability", off ? "off" : "on");
    }
    if (!any)
        hf_no_need(run, "no instances are configured");
}

/* ---- Ports and data ---- */

/* Two instances may share a node: without addresses of their own they need ports of their own. */
static void ports(struct hf_run *run)
{
    bool any = false;
    HF_EACH_INSTANCE(run, i, instance)
    {
        const char *twin = NULL;
        any = true;
        HF_EACH_INSTANCE(run, k, other)
        {
            bool apart = other->address[0] && instance->address[0] &&
                         strcmp(other->address, instance->address) != 0;
            if (k < i && !apart && hf_engine_port(instance) &&
                hf_engine_port(other) == hf_engine_port(instance) &&
                (hf_owners(run, other) & hf_owners(run, instance)))
                twin = other->name;
        }
        if (twin)
            hf_saw(run, HF_RESULT_FAIL, "", "instances %s and %s both use port %u", twin,
                   instance->name, hf_engine_port(instance));
        else
            hf_saw(run, HF_RESULT_PASS, "", "instance %s has port %u to itself", instance->name,
                   hf_engine_port(instance));
    }
    if (!any)
        hf_no_need(run, "no instances are configured");
}

static void one_data(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                     const json_t *facts)
{
    const char *has = json_string_value(json_object_get(hf_fact(facts, "data"), instance->name));
    const json_t *engine = installed(facts, instance);
    json_int_t major =
        instance->engine.version ? instance->engine.version : hf_fact_number(engine, "major", 0);
    if (!has)
        hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n),
               "the data of instance %s is not to be seen here now", instance->name);
    else
        hf_saw(run, strtoll(has, NULL, 10) == major ? HF_RESULT_PASS : HF_RESULT_FAIL,
               hf_node_name(run, n), "the data of instance %s is of version %s, the engine of %lld",
               instance->name, has, (long long)major);
}

/* Only the owner sees the data: what the others say does not count when one could say it. */
static void data(struct hf_run *run)
{
    HF_EACH_INSTANCE(run, i, instance)
    {
        bool seen = false;
        if (!family(instance))
            continue;
        for (unsigned n = 0; n < HF_NODES_MAX; n++) {
            const json_t *facts = run->in->facts[n];
            if (!json_object_get(hf_fact(facts, "data"), instance->name))
                continue;
            seen = true;
            one_data(run, instance, n, facts);
        }
        if (!seen)
            hf_no_need(run, "the data of instance %s is mounted on no node now", instance->name);
    }
}

const struct hf_check hf_checks_engine[] = {
    {"engine.installed", "The engine is installed on every possible owner",
     "The instance cannot start where its engine is missing.",
     "Install the package (postgresql-VERSION), or take the node out of `owners.possible`.",
     is_installed},
    {"engine.version", "The engine has the same minor version on every possible owner",
     "A failover is then also an upgrade, or worse: a step back to a fault that was mended.",
     "Upgrade the package on the nodes that do not own the instance, then move it.", version},
    {"engine.libc", "The C library is the same on every node",
     "It defines the order of texts. Where that differs, indexes miss rows and unique ones let "
     "duplicates in.",
     "Upgrade the nodes to the same release; after a change of the library reindex texts.", libc},
    {"engine.icu", "The library ICU is the same on every node",
     "It defines the order of texts of ICU collations. Where that differs, indexes miss rows.",
     "Upgrade the nodes to the same release; after a change of the library reindex texts.", icu},
    {"engine.locales", "Every node has the same locales",
     "A database whose locale is missing cannot be opened.",
     "Generate the same ones: /etc/locale.gen and locale-gen.", locales},
    {"engine.durable", "No setting turns durability off",
     "With fsync, full_page_writes or synchronous_commit off a failover loses what clients were "
     "told "
     "is safe.",
     "Remove the setting from the instance in cluster.yaml.", durable},
    {"engine.port", "Instances that may share a node have addresses or ports of their own",
     "The second one cannot start while the first one runs there.",
     "Give each an address, or another engine.port.", ports},
    {"engine.data-version", "The data directory is of the engine's version",
     "PostgreSQL refuses data of another major version.",
     "State that version in cluster.yaml, or upgrade the data with pg_upgrade.", data},
};
HF_TABLE_OF(engine);
