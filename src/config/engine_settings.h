/*
 * engine_settings.h - the settings of PostgreSQL that a degraded profile may state, and what their
 * values look like.
 *
 * A wrong name or value would keep the server from starting, and be noticed at a failover: so both
 * are checked when the file is read. These are the settings that say how much a server uses; what
 * else can be set belongs into engine.settings.
 */
#ifndef HF_CONFIG_ENGINE_SETTINGS_H
#define HF_CONFIG_ENGINE_SETTINGS_H

#include "base/strbuf.h"

enum hf_setting_kind {
    HF_SETTING_COUNT,  /* a whole number */
    HF_SETTING_NUMBER, /* with a point as well */
    HF_SETTING_SIZE,   /* a number with B, kB, MB, GB or TB */
    HF_SETTING_TIME,   /* a number with us, ms, s, min, h or d */
    HF_SETTING_SWITCH, /* on or off */
    HF_SETTING_TRY,    /* on, off or try */
};

struct hf_setting {
    const char *name;
    enum hf_setting_kind kind;
    double min, max; /* of a count or number; of others: min -1 = "-1" is a value, too */
    unsigned since;  /* major version that has it first; 0 = all that are supported */
};

/* By name, in any case as PostgreSQL takes it; NULL = not one of these. */
const struct hf_setting *hf_setting_find(const char *name);

/* The one that a mistyped name most likely means, NULL = none is near. */
const struct hf_setting *hf_setting_nearest(const char *name);

/* Whether PostgreSQL would take it, as far as text alone can tell. */
bool hf_setting_fits(const struct hf_setting *setting, const char *value);

/* "a size such as 6GB (B, kB, MB, GB or TB)". */
void hf_setting_describe(const struct hf_setting *setting, struct hf_strbuf *out);

/* All names, for people: "autovacuum_max_workers, ...". */
void hf_setting_list(struct hf_strbuf *out);

#endif
