/*
 * config.h - cluster.yaml <-> the specification.
 *
 *     text -> tree with line:column (yaml.h) -> typed (read.h) -> checked (check.h) -> struct
 * hf_spec
 *
 * Every key stands once, in the tables of schema_*.c: name, type, range, default, what a change of
 * it does, one line of documentation. Reader, writer, differences, sample and reference all follow
 * those tables. Nothing here opens a file, logs, or keeps state.
 */
#ifndef HF_CONFIG_CONFIG_H
#define HF_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "core/spec.h"

#define HF_CONFIG_ERRORS_MAX 20u       /* errors that are kept; the rest is counted */
#define HF_CONFIG_BYTES_MAX (4u << 20) /* a longer file is refused */

/* Positive results; negative ones are errnos (-ENOMEM). */
enum hf_config_status {
    HF_CONFIG_INVALID = 1, /* see the errors; nothing was written to the result */
};

/* text: "cluster.yaml:23:14: instance main: what is wrong\n  what to do", no newline at the end. */
struct hf_config_error {
    unsigned line;
    unsigned column;
    char text[HF_ERROR_TEXT_MAX];
};

/* Sorted by line and column. */
struct hf_config_errors {
    unsigned count;
    unsigned left_out; /* found as well, but there was no room */
    struct hf_config_error items[HF_CONFIG_ERRORS_MAX];
};

/*
 * Reads the text of a cluster.yaml. Names that exist in current (NULL: none) keep their slots and
 * the fields of newer versions (ext); new names get slots that are free in both, if there are any.
 * ret_spec is written on success only. errors is initialised here. current and ret_spec may be the
 * same object.
 */
int hf_config_parse(const char *file_name, const char *text, size_t length,
                    const struct hf_spec *current, struct hf_spec *ret_spec,
                    struct hf_config_errors *errors);

/*
 * The nodes of the file against the members of the cluster, which nodes join and leave by commands
 * of their own: an error for each node of the file that is no member, and for each member that the
 * file lacks. Apply wants this, and a plan for a cluster that does not exist yet does not.
 */
int hf_config_check_members(const char *file_name, const char *text, size_t length,
                            const struct hf_spec *members, struct hf_config_errors *errors);

/* cluster.yaml that parses to the same specification; defaults are left out. 0 or -ENOMEM. */
int hf_config_write(const struct hf_spec *spec, struct hf_strbuf *out);

/* A cluster.yaml to start from, with each key explained. 0 or -ENOMEM. */
int hf_config_sample(struct hf_strbuf *out);

/* A key, for people. Valid during the callback only. */
struct hf_config_key {
    const char *section;  /* "The cluster", "A node, under `nodes: NAME:`", ... */
    const char *path;     /* "timings.token" */
    const char *value;    /* "duration, 100ms to 30s" */
    const char *fallback; /* what holds when it is not stated; "" for maps */
    const char *change;   /* "nothing restarts"; "" for maps */
    const char *doc;
    const char *engines; /* "postgresql, mariadb"; "" = all */
    bool required;
};

typedef void hf_config_key_fn(const struct hf_config_key *key, void *userdata);

/* Calls fn for every key, in the order of the file, section by section. 0 or -ENOMEM. */
int hf_config_keys(hf_config_key_fn *fn, void *userdata);

/* Appends the settings that degraded.settings of a postgresql instance may state: "a, b". */
void hf_config_degraded_settings(struct hf_strbuf *out);

/* The key reference of docs/CLUSTER_YAML.md, in Markdown. 0 or -ENOMEM. */
int hf_config_reference(struct hf_strbuf *out);

/* The word of an engine's kind in the file: "postgresql". */
const char *hf_config_engine_word(enum hf_engine_kind kind);

/* Where an engine listens at its instance's address: the stated port, else that of its kind; 0 =
 * not known (ocf, service). */
uint16_t hf_config_engine_port(const struct hf_engine_spec *engine);

enum hf_config_entity { HF_CONFIG_CLUSTER, HF_CONFIG_NODE, HF_CONFIG_INSTANCE };
enum hf_config_verb { HF_CONFIG_ADDED, HF_CONFIG_REMOVED, HF_CONFIG_CHANGED };

/* What applying a change does to what runs. */
enum hf_config_effect {
    HF_EFFECT_NONE,       /* nothing restarts */
    HF_EFFECT_MAY_MOVE,   /* nothing restarts, but the instance moves when its node is ruled out */
    HF_EFFECT_NEXT_START, /* applies at the next start of the instance */
    HF_EFFECT_OFFLINE,    /* refused unless the instance is offline */
    HF_EFFECT_START,      /* a new instance: it will be started */
    HF_EFFECT_ADD,        /* a new instance that stays offline (online: false) */
    HF_EFFECT_JOIN,       /* the node must have joined (holdfast join) */
    HF_EFFECT_LEAVE,      /* the node must be removed, for which there is no command yet */
    HF_EFFECT_REJOIN,     /* the node must be removed and joined again */
    HF_EFFECT_FIXED,      /* refused: set when the cluster was made */
};

/* Valid during the callback only. */
struct hf_config_change {
    enum hf_config_entity entity;
    enum hf_config_verb verb;
    enum hf_config_effect effect;
    const char *name; /* of the cluster, node or instance */
    const char *key;  /* changed: "health.timeout"; added and removed: "" */
    const char *from; /* changed: value text, or a word such as "measured" for a value not stated */
    const char *to;
};

typedef void hf_config_change_fn(const struct hf_config_change *change, void *userdata);

/*
 * Calls fn for each entity added or removed and for each changed key, in the order of the file:
 * cluster, nodes, instances. Entities are the same when their names are. A from without a
 * configuration (its cluster has no name) reports everything as added. 0 or -ENOMEM.
 */
int hf_config_diff(const struct hf_spec *from, const struct hf_spec *to, hf_config_change_fn *fn,
                   void *userdata);

/* For programs: "cluster", "node", "instance"; "none", "next-start", ... */
const char *hf_config_entity_word(enum hf_config_entity entity);
const char *hf_config_effect_word(enum hf_config_effect effect);

/* Appends "msgbox must be taken offline first" and the like. */
void hf_config_effect_text(const struct hf_config_change *change, struct hf_strbuf *out);

/* Appends one line without newline: "instance msgbox: health.timeout: 30s -> 10s (nothing
 * restarts)". */
void hf_config_change_text(const struct hf_config_change *change, struct hf_strbuf *out);

#endif
