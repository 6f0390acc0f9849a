/*
 * check.h - what must hold between the values of a file, one file a rule.
 *
 * Each check takes what was read, also when something was wrong with it, and adds errors. A value
 * that could not be read is empty here and is passed over.
 */
#ifndef HF_CONFIG_CHECK_H
#define HF_CONFIG_CHECK_H

#include "config/reader.h"

/* Addresses are in their subnets and used once; sets each instance's prefix. */
void hf_check_addresses(struct hf_reader *r);

/* A disk and a mount point belong to one instance; data is below a mount point. */
void hf_check_disks(struct hf_reader *r);

/* Preferred owners are possible ones; the edition's limit; names and databases are used once. */
void hf_check_owners(struct hf_reader *r);
void hf_check_names(struct hf_reader *r);

/* after has no circle; apart_from and together_with do not contradict each other. */
void hf_check_relations(struct hf_reader *r);

/* What a degraded profile sets, the engine knows. */
void hf_check_degraded(struct hf_reader *r);

/* Timings fit together and with the fencing levels. */
void hf_check_timings(struct hf_reader *r);

/* The part of an instance that an error is about: the value at the key, or the instance. */
static inline const struct hf_yaml *hf_check_at(const struct hf_yaml *map, const char *key)
{
    const struct hf_yaml *yaml = hf_yaml_get(map, key);
    return yaml ? yaml : map;
}

#endif
