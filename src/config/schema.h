/*
 * schema.h - the keys of cluster.yaml, as data.
 *
 * A table describes one map of the file: its keys in the order in which they are written. offset
 * and size name the field in the entity that the table belongs to: the cluster, a node, an
 * instance, a disk or a database; nested maps (timings, engine, ...) keep the offsets of their
 * entity. A table ends with a key without a name.
 *
 * To add a key, add its field to core/spec.h, its default to core/spec.c, and a row here.
 */
#ifndef HF_CONFIG_SCHEMA_H
#define HF_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* What a value is; each kind has a row in kind.c. */
enum hf_kind {
    HF_KIND_NAME,    /* a-z, 0-9, _ and -, a letter first: part of paths, cgroups and keys */
    HF_KIND_WORD,    /* letters, digits, _ . - */
    HF_KIND_TEXT,    /* printable UTF-8 */
    HF_KIND_PATH,    /* absolute, without . and .. */
    HF_KIND_DEVICE,  /* a path below /dev */
    HF_KIND_OPTIONS, /* mount options */
    HF_KIND_HOST,    /* a host name */
    HF_KIND_UNIT,    /* a systemd service */
    HF_KIND_AGENT,   /* an OCF agent: provider/type */
    HF_KIND_ADDRESS, /* IPv4 or IPv6 */
    HF_KIND_SUBNET,  /* address/prefix */
    HF_KIND_NUMBER,
    HF_KIND_DURATION,  /* stored in ms */
    HF_KIND_CPU,       /* millicores */
    HF_KIND_SIZE,      /* MiB */
    HF_KIND_NETWORK,   /* Mbit/s */
    HF_KIND_RATE,      /* operations a second */
    HF_KIND_SWITCH,    /* true or false */
    HF_KIND_CHOICE,    /* a word of choices; its index is stored */
    HF_KIND_PRIORITY,  /* instance.priority with priority_stated */
    HF_KIND_SETTINGS,  /* a map of texts, stored as "key = value" lines */
    HF_KIND_FENCING,   /* the list of fencing levels */
    HF_KIND_FAILBACK,  /* a word, or a map with a window */
    HF_KIND_POSSIBLE,  /* node names, stored as a set */
    HF_KIND_PREFERRED, /* node names in order */
    HF_KIND_RELATION,  /* instance names; the count field is at count_offset */
    HF_KIND_MAP,       /* a nested map of the same entity: keys */
    HF_KIND_LIST,      /* a list of maps, each an item of stride bytes: keys */
    HF_KIND_NODES,     /* the map of nodes */
    HF_KIND_INSTANCES, /* the map of instances */
};

#define HF_ENGINE_BIT(engine) (1u << (engine))
#define HF_ENGINE_ALL 0xfu

struct hf_key {
    const char *name;
    enum hf_kind kind;
    bool required;
    bool shown; /* stands in the sample file although it is not required */
    size_t offset;
    size_t size;
    int64_t min; /* numbers: range of the stored value; a stored value below min is "not stated" */
    int64_t max; /* numbers; list, relation: entries at most */
    const char *const *choices; /* ends with NULL */
    const struct hf_key *keys;  /* map, list: the nested table */
    size_t count_offset;        /* list, relation: a uint8_t */
    size_t stride;              /* list: bytes of an item */
    unsigned engines;           /* set of HF_ENGINE_BIT the key is for; 0 = all */
    enum hf_config_effect effect;
    const char *unset;   /* what holds when it is not stated and no default value stands for it */
    const char *example; /* for the sample file */
    const char *doc;     /* one line */
};

extern const struct hf_key hf_cluster_keys[];
extern const struct hf_key hf_node_keys[];
extern const struct hf_key hf_instance_keys[];
extern const char *const hf_engine_names[];

/* The key of a table, NULL = unknown. */
const struct hf_key *hf_key_find(const struct hf_key *keys, const char *name);

/* The known key that name most likely means, NULL = none is near. */
const struct hf_key *hf_key_nearest(const struct hf_key *keys, const char *name);

/* Is the key one for an engine of this type (enum hf_engine_kind)? */
static inline bool hf_key_applies(const struct hf_key *key, unsigned engine_bit)
{
    return key->engines == 0 || (key->engines & engine_bit) != 0;
}

#define HF_FIELD(type, field)                                                                      \
    .offset = offsetof(struct type, field), .size = sizeof(((struct type *)0)->field)

#endif
