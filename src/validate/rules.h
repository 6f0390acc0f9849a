/*
 * rules.h - what the rules share: saying what was seen, looking at each node, comparing nodes.
 */
#ifndef HF_VALIDATE_RULES_H
#define HF_VALIDATE_RULES_H

#include <stdint.h>
#include <string.h>

#include "validate/validate.h"

struct hf_run {
    const struct hf_validate_input *in;
    const struct hf_spec *spec;
    struct hf_outcome *out;
    bool failed; /* memory ran out */
};

#define HF_VALUE_MAX 160

/* Says what was seen. node: "" = of the whole. */
__attribute__((format(printf, 4, 5))) void hf_saw(struct hf_run *run, enum hf_result result,
                                                  const char *node, const char *format, ...);

/* The check has nothing to look at here, and why. */
__attribute__((format(printf, 2, 3))) void hf_no_need(struct hf_run *run, const char *format, ...);

/* A value by its path ("node.file.id"); NULL when it is not there. */
const json_t *hf_fact(const json_t *facts, const char *path);

/* "" when it is not there. */
const char *hf_fact_text(const json_t *facts, const char *path);
json_int_t hf_fact_number(const json_t *facts, const char *path, json_int_t otherwise);

/* The element of the list at path whose member key is that text. */
const json_t *hf_fact_find(const json_t *facts, const char *path, const char *key,
                           const char *text);
bool hf_fact_has(const json_t *facts, const char *path, const char *text);

/* Calls fn for each node of the set that has facts; the others did not run. */
typedef void hf_node_fn(struct hf_run *run, unsigned n, const json_t *facts);
void hf_each_node(struct hf_run *run, uint64_t nodes, hf_node_fn *fn);

/* The same, for those nodes only that have the section as well. */
void hf_each_with(struct hf_run *run, uint64_t nodes, const char *path, hf_node_fn *fn);

/* All nodes of the specification. */
uint64_t hf_all_nodes(const struct hf_run *run);
const char *hf_node_name(const struct hf_run *run, unsigned n);

/* Writes a node's value into value (HF_VALUE_MAX bytes); false: it is not known there. */
typedef bool hf_value_fn(const struct hf_run *run, unsigned n, const json_t *facts,
                         const void *user, char *value);

/* One value for all nodes of the set, or `differs`, with the nodes that are not as most are. */
void hf_alike(struct hf_run *run, uint64_t nodes, const char *what, enum hf_result differs,
              hf_value_fn *value, const void *user);

/* The same of the fact at a path. */
void hf_alike_fact(struct hf_run *run, uint64_t nodes, const char *what, enum hf_result differs,
                   const char *path);

/* Instances of the specification. */
#define HF_EACH_INSTANCE(run, i, instance)                                                         \
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)                                                \
        for (const struct hf_instance_spec *instance = &(run)->spec->instances[i];                 \
             instance && instance->name[0]; instance = NULL)

uint64_t hf_owners(const struct hf_run *run, const struct hf_instance_spec *instance);

/* Calls fn for each node that may own the instance and has the section. */
typedef void hf_owner_fn(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                         const json_t *facts);
void hf_each_owner(struct hf_run *run, const char *path, hf_owner_fn *fn);

/* Each disk of each instance, and of the witness (instance NULL), with its possible owners. */
typedef void hf_disk_fn(struct hf_run *run, const struct hf_instance_spec *instance,
                        const struct hf_disk_spec *disk, uint64_t nodes);
void hf_each_disk(struct hf_run *run, hf_disk_fn *fn);

/* A disk by a path that a node knows it by; NULL: it is not there. */
const json_t *hf_fact_disk(const json_t *facts, const char *device);

/* The interface that has an address. NULL: none. *ret: the address's own entry, may be NULL. */
const json_t *hf_fact_interface(const json_t *facts, const char *address, const json_t **ret);

/* Where the cluster says that the instance is; "": nowhere, or no cluster was asked. */
const char *hf_owner_now(const struct hf_run *run, const struct hf_instance_spec *instance);

const char *hf_engine_user(const struct hf_instance_spec *instance);
unsigned hf_engine_port(const struct hf_instance_spec *instance);

/* Tables of the categories. */
#define HF_CATEGORIES(X)                                                                           \
    X(inventory) X(identity) X(network) X(storage) X(system) X(quorum) X(engine) X(capacity)
#define HF_CATEGORY_TABLE(name)                                                                    \
    extern const struct hf_check hf_checks_##name[];                                               \
    extern const size_t hf_checks_##name##_count;
HF_CATEGORIES(HF_CATEGORY_TABLE)
#undef HF_CATEGORY_TABLE

#define HF_TABLE_OF(name)                                                                          \
    const size_t hf_checks_##name##_count = sizeof(hf_checks_##name) / sizeof(hf_checks_##name[0])

#endif
