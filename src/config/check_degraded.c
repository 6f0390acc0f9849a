/*
 * check_degraded.c - settings of a degraded profile are ones that PostgreSQL knows, with values
 * that it takes: they are first used when something has already failed.
 */
#include "config/check.h"
#include "config/engine_settings.h"

static void unknown(struct hf_reader *r, const struct hf_yaml *entry)
{
    const struct hf_setting *nearest = hf_setting_nearest(entry->key->text);
    struct hf_strbuf HF_STRBUF_CLEANUP names;
    hf_strbuf_init(&names);
    if (nearest)
        hf_strbuf_addf(&names, "Did you mean %s?", nearest->name);
    else
        hf_strbuf_add(&names, "What says how much a server uses can stand here, such as "
                              "shared_buffers or work_mem (docs/CLUSTER_YAML.md lists them);\n  "
                              "other settings belong into engine.settings.");
    hf_fault(r, entry->key,
             "degraded.settings: \"%.60s\" is not a setting that a degraded profile can state.\n"
             "  %s",
             entry->key->text, names.data);
}

static void check_setting(struct hf_reader *r, const struct hf_engine_spec *engine,
                          const struct hf_yaml *entry)
{
    const struct hf_setting *setting = hf_setting_find(entry->key->text);
    if (!setting) {
        unknown(r, entry);
        return;
    }
    if (engine->version && engine->version < setting->since) {
        hf_fault(r, entry->key,
                 "degraded.settings: PostgreSQL %u does not know %s, only %u and later do.\n"
                 "  Remove it.",
                 engine->version, setting->name, setting->since);
        return;
    }
    if (entry->type != HF_YAML_SCALAR || hf_setting_fits(setting, entry->text))
        return;
    struct hf_strbuf HF_STRBUF_CLEANUP wanted;
    hf_strbuf_init(&wanted);
    hf_setting_describe(setting, &wanted);
    hf_fault(r, entry, "degraded.settings: %s cannot be \"%.60s\".\n  It is %s.", setting->name,
             entry->text, wanted.data);
}

void hf_check_degraded(struct hf_reader *r)
{
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *spec = &r->spec->instances[i];
        const struct hf_yaml *degraded =
            r->instances[i] ? hf_yaml_get(r->instances[i], "degraded") : NULL;
        const struct hf_yaml *map = degraded ? hf_yaml_get(degraded, "settings") : NULL;
        if (!map || map->type != HF_YAML_MAP || spec->engine.type != HF_ENGINE_POSTGRESQL)
            continue;
        hf_reader_enter(r, "instance", spec->name);
        for (const struct hf_yaml *entry = map->first; entry; entry = entry->next)
            check_setting(r, &spec->engine, entry);
    }
}
