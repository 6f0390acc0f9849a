/*
 * spec.h - what the administrator asked for: nodes, instances, timings.
 *
 * A specification is the typed form of cluster.yaml (src/config reads and writes that file). It is
 * part of the replicated state. A node or an instance keeps its slot (its index here) for as long
 * as it exists; references between them are slots. A slot with an empty name is free.
 *
 * Units: times in milliseconds (field names end in _ms), memory in MiB, cpu in millicores, network
 * in Mbit/s, disk I/O in operations a second. A text field is always NUL-terminated.
 */
#ifndef HF_CORE_SPEC_H
#define HF_CORE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

/* The four resources, in the order of every demand and capacity. */
enum hf_resource { HF_CPU, HF_MEMORY, HF_NETWORK, HF_IOPS, HF_RESOURCES };

enum hf_edition { HF_EDITION_ENTERPRISE, HF_EDITION_STANDARD };
enum hf_role { HF_ROLE_ACTIVE, HF_ROLE_PASSIVE };
enum hf_engine_kind { HF_ENGINE_POSTGRESQL, HF_ENGINE_MARIADB, HF_ENGINE_OCF, HF_ENGINE_SERVICE };
enum hf_fs { HF_FS_EXT4, HF_FS_XFS };
enum hf_writer { HF_WRITER_RUNTIME, HF_WRITER_TOOLS };
enum hf_failback { HF_FAILBACK_NEVER, HF_FAILBACK_IMMEDIATE, HF_FAILBACK_WINDOW };
enum hf_measured_use { HF_MEASURED_PLANNED, HF_MEASURED_COUNTS, HF_MEASURED_SHOWN };
enum hf_fencing { HF_FENCING_RESERVATION, HF_FENCING_AGENT, HF_FENCING_WATCHDOG };

struct hf_node_spec {
    char name[HF_NAME_MAX]; /* "" = the slot is free; slot = corosync node id - 1 */
    char public_address[HF_ADDRESS_MAX];
    char private_address[HF_ADDRESS_MAX];
    char site[HF_NAME_MAX];          /* "" = not stated */
    uint8_t role;                    /* enum hf_role */
    uint64_t capacity[HF_RESOURCES]; /* 0 = measured */
    uint8_t ext[HF_EXT_MAX];         /* fields of newer versions, encoded */
    uint16_t ext_len;
};

struct hf_disk_spec {
    char device[HF_PATH_MAX];  /* stable path, /dev/disk/by-id/... */
    char mount[HF_PATH_MAX];   /* where it is mounted; "" = used raw */
    char options[HF_NAME_MAX]; /* mount options, "" = defaults */
    uint8_t type;              /* enum hf_fs */
};

struct hf_database_spec {
    char name[HF_NAME_MAX];
    uint8_t written_by; /* enum hf_writer */
};

struct hf_engine_spec {
    uint8_t type;                   /* enum hf_engine_kind */
    uint16_t version;               /* major version; 0 = the newest installed */
    uint16_t port;                  /* 0 = the engine's own default */
    char data[HF_PATH_MAX];         /* data directory */
    char user[HF_NAME_MAX];         /* system user; "" = the engine's own default */
    char unit[HF_PATH_MAX];         /* service: systemd unit; ocf: agent as provider/type */
    char settings[HF_SETTINGS_MAX]; /* "key = value" lines given to the engine at start */
};

/* A question of the administrator's own: its first value must be the expected one. */
struct hf_check_spec {
    char name[HF_NAME_MAX];
    char database[HF_NAME_MAX]; /* "" = the engine's own */
    char query[HF_QUERY_MAX];
    char expect[HF_NAME_MAX]; /* "" = any answer will do */
};

struct hf_health_spec {
    uint8_t level;       /* 0..5, see DESIGN.md */
    uint32_t timeout_ms; /* silence that counts; the probe runs every third of it */
    uint8_t check_count; /* asked at level 5 */
    struct hf_check_spec checks[HF_CHECKS_MAX];
};

struct hf_failure_spec {
    uint8_t restarts; /* restarts in place within restart_period_ms */
    uint32_t restart_period_ms;
    uint8_t failovers; /* failovers within failover_period_ms; 0 = nodes - 1 */
    uint32_t failover_period_ms;
    uint32_t retry_ms; /* a failed instance is tried again after this time */
};

struct hf_instance_spec {
    char name[HF_NAME_MAX]; /* "" = the slot is free */
    struct hf_engine_spec engine;
    uint8_t disk_count;
    struct hf_disk_spec disks[HF_DISKS_MAX];
    char address[HF_ADDRESS_MAX]; /* virtual address, "" = none */
    uint8_t prefix;               /* its length, from the public subnet */
    char network_name[HF_PATH_MAX];
    uint8_t database_count;
    struct hf_database_spec databases[HF_DATABASES_MAX];
    uint64_t possible; /* set of node slots; 0 = every node */
    uint8_t preferred_count;
    uint8_t preferred[HF_NODES_MAX]; /* node slots in order */
    int32_t priority;                /* higher is more important */
    bool priority_stated;            /* false: priority follows from databases (runtime first) */
    bool online;                     /* state wanted when first applied; default true */
    bool start_first;
    uint64_t demand[HF_RESOURCES];   /* 0 = measured */
    uint64_t degraded[HF_RESOURCES]; /* demand while it shares a node; 0 = the same */
    char degraded_settings[HF_SETTINGS_MAX];
    uint8_t failback;           /* enum hf_failback */
    uint16_t failback_from_min; /* window: minutes after midnight, local time */
    uint16_t failback_to_min;
    struct hf_health_spec health;
    struct hf_failure_spec failure;
    uint32_t start_timeout_ms; /* of each start step; a recovery that advances is not cut */
    uint32_t stop_timeout_ms;  /* of the whole stopping ladder */
    uint8_t after_count;
    uint16_t after[HF_RELATIONS_MAX]; /* instance slots: start once these are online */
    uint8_t apart_count;
    uint16_t apart_from[HF_RELATIONS_MAX];
    uint8_t together_count;
    uint16_t together_with[HF_RELATIONS_MAX];
    char description[HF_DESCRIPTION_MAX]; /* for people; since format 2 */
    uint8_t ext[HF_EXT_MAX];
    uint16_t ext_len;
};

struct hf_cluster_spec {
    char name[HF_NAME_MAX];             /* "" = no configuration was applied yet */
    uint8_t edition;                    /* enum hf_edition */
    char public_subnet[HF_ADDRESS_MAX]; /* "10.77.0.0/24" */
    char private_subnet[HF_ADDRESS_MAX];
    char witness_disk[HF_PATH_MAX]; /* "" = none */
    uint8_t fencing_count;
    uint8_t fencing[HF_FENCING_MAX]; /* enum hf_fencing, tried in this order */
    char fence_agent[HF_NAME_MAX];
    char fence_options_file[HF_PATH_MAX];
    uint8_t survive;              /* policy: failures that must be carried; 0 = not stated */
    uint8_t reserve_percent;      /* of each node's capacity, kept for the system */
    uint8_t measured;             /* enum hf_measured_use: where nothing is stated */
    uint32_t token_ms;            /* corosync's token */
    uint32_t quorum_loss_stop_ms; /* a node without quorum serves nothing after this */
    uint32_t daemon_grace_ms;     /* how long a node's daemon may be away (restart) */
    uint32_t watchdog_ms;         /* the watchdog resets a node after this; 0 = no watchdog */
    uint8_t quarantine_failures;  /* a node lost so often in the period carries nothing; 0 = no */
    uint32_t quarantine_period_ms;
    uint32_t key_watch_ms; /* how often an owner looks at its own reservation key */
    uint8_t ext[HF_EXT_MAX];
    uint16_t ext_len;
};

/* Everything an administrator configured. About 4 MiB; most of it never touched. */
struct hf_spec {
    struct hf_cluster_spec cluster;
    struct hf_node_spec nodes[HF_NODES_MAX];
    struct hf_instance_spec instances[HF_INSTANCES_MAX];
};

/* Defaults, set in one place; config and core start from these. Zeroes the rest. */
void hf_cluster_spec_init(struct hf_cluster_spec *cluster);
void hf_node_spec_init(struct hf_node_spec *node);
void hf_instance_spec_init(struct hf_instance_spec *instance);

/* Copies the cluster and the first slots of nodes and instances; above them both are alike. */
void hf_spec_copy(struct hf_spec *to, const struct hf_spec *from, size_t nodes, size_t instances);

/* The slot of a name, or HF_NODE_NONE / HF_INSTANCE_NONE. */
uint8_t hf_spec_find_node(const struct hf_spec *spec, const char *name);
uint16_t hf_spec_find_instance(const struct hf_spec *spec, const char *name);

/* Set of the nodes that exist, and of those that may own instance. */
uint64_t hf_spec_nodes(const struct hf_spec *spec);
uint64_t hf_spec_possible(const struct hf_spec *spec, const struct hf_instance_spec *instance);

/* The priority that counts: stated, or 20 when a database is written by the running system, 10
 * when all are written by tools, 15 when none is listed. */
int32_t hf_spec_priority(const struct hf_instance_spec *instance);

#endif
