/*
 * driver.h - what a driver can be asked, and what it answers.
 *
 * A driver is the one file that knows an outside thing (a reservation, a file system, an address,
 * an engine). Each operation is a request and one or more replies, both plain fixed-size values, so
 * that they can cross a socket: every operation that may hang runs in a worker process (worker.h)
 * with a deadline, and a worker that does not answer is given up without harm to the daemon.
 *
 * Drivers know base and nothing else of Holdfast: not the core, not the configuration.
 * Units: milliseconds. Text is NUL-terminated. Nothing here owns memory.
 */
#ifndef HF_DRIVER_DRIVER_H
#define HF_DRIVER_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#define HF_DRIVER_NAME_MAX 64u
#define HF_DRIVER_PATH_MAX 128u
#define HF_DRIVER_ADDRESS_MAX 48u
#define HF_DRIVER_DISKS_MAX 4u
#define HF_DRIVER_SETTINGS_MAX 512u
#define HF_DRIVER_TEXT_MAX 256u
#define HF_DRIVER_PEERS_MAX 8u

/* Operations. "stream" ones answer many times until they are cancelled. */
enum hf_driver_op {
    HF_OP_ACQUIRE,       /* take the reservation of all disks: this is the fence */
    HF_OP_RELEASE,       /* give up reservation and registration of all disks */
    HF_OP_KEY_WATCH,     /* stream: is our key still registered, do the disks answer? */
    HF_OP_MOUNT,         /* check and mount all disks of an instance that have a mount point */
    HF_OP_UNMOUNT,       /* unmount them, killing whoever holds them */
    HF_OP_ADDRESS_UP,    /* add the virtual address and announce it */
    HF_OP_ADDRESS_DOWN,  /* remove it */
    HF_OP_ANNOUNCE,      /* announce it again: gratuitous ARP / unsolicited NA */
    HF_OP_ENGINE_START,  /* start the engine; HF_REPLY_MORE when its process runs, then the end */
    HF_OP_ENGINE_STOP,   /* the stopping ladder up to the kill of the cgroup */
    HF_OP_ENGINE_PROBE,  /* stream: one dedicated connection asks the engine */
    HF_OP_ENGINE_RESIZE, /* a running engine takes its degraded profile, or gives it back */
    HF_OP_DISK_CHECK,    /* stream: can the file systems of the instance be written? */
    HF_OP_NETWORK,       /* stream, of no instance: is the public network there? */
    HF_OP_CLIENTS,       /* stream: who is connected? answers when that has changed (clients.h) */
    HF_OP_INSPECT,       /* what of an instance is on this node now? changes nothing */
};

/* How an operation ended. */
enum hf_driver_status {
    HF_DRV_OK,
    HF_DRV_TIMEOUT,      /* the deadline passed; the worker was given up */
    HF_DRV_CRASHED,      /* the worker died */
    HF_DRV_NO_DEVICE,    /* the disk is not there */
    HF_DRV_IO,           /* the disk answers with errors */
    HF_DRV_UNSUPPORTED,  /* the disk has no persistent reservations */
    HF_DRV_NEWER,        /* a same or later generation holds the reservation: see generation */
    HF_DRV_FOREIGN,      /* a key that is not of this cluster holds the reservation: see key */
    HF_DRV_KEY_LOST,     /* our key is gone: another node took the disk */
    HF_DRV_WRONG_FS,     /* no file system, or another than stated */
    HF_DRV_CORRUPT_FS,   /* the file system needs a repair by a person */
    HF_DRV_BUSY,         /* still in use after its holders were killed */
    HF_DRV_NO_INTERFACE, /* no network interface is in the address's network, or it has no carrier
                          */
    HF_DRV_ADDRESS_USED, /* another host answers for the address */
    HF_DRV_NO_ENGINE,    /* the engine's program or data directory is not there */
    HF_DRV_ENGINE_EXIT,  /* the engine ended while starting; text has the end of its log */
    HF_DRV_ENGINE_STUCK, /* its recovery stands still */
    HF_DRV_NO_ANSWER,    /* the probe got no answer */
    HF_DRV_SLOW,         /* no answer, but the engine, or the disk, is at work */
    HF_DRV_DISK_FULL,    /* a file system has no room */
    HF_DRV_READ_ONLY,    /* a file system takes no writes */
    HF_DRV_EXHAUSTED,    /* it answers, and has no connection or memory to spare */
    HF_DRV_CHECK_FAILED, /* it answers, and a check of the administrator says no */
    HF_DRV_FAILED,       /* anything else: error and text say what */
};

/* The instance an operation is for: everything a driver needs, resolved by the daemon. */
struct hf_driver_disk {
    char device[HF_DRIVER_PATH_MAX];
    char mount[HF_DRIVER_PATH_MAX];   /* "" = used raw */
    char type[16];                    /* "ext4" or "xfs" */
    char options[HF_DRIVER_NAME_MAX]; /* mount options, "" = defaults */
};

struct hf_driver_engine {
    char type[16];    /* "postgresql" */
    uint16_t version; /* major; 0 = newest installed */
    uint16_t port;
    char data[HF_DRIVER_PATH_MAX];
    char user[HF_DRIVER_NAME_MAX];
    char settings[HF_DRIVER_SETTINGS_MAX]; /* "key = value" lines */
    char degraded[HF_DRIVER_SETTINGS_MAX]; /* the same: while it shares a node; "" = none */
};

/* A question to the engine; its first value must be the expected one, if one is stated. */
#define HF_DRIVER_CHECKS_MAX 4u
#define HF_DRIVER_QUERY_MAX 200u

struct hf_driver_check {
    char name[HF_DRIVER_NAME_MAX];
    char database[HF_DRIVER_NAME_MAX]; /* "" = the engine's own */
    char query[HF_DRIVER_QUERY_MAX];
    char expect[HF_DRIVER_NAME_MAX]; /* "" = anything */
};

enum hf_stop_mode {
    HF_STOP_PLANNED, /* checkpoint while serving, fast stop, immediate stop, kill */
    HF_STOP_KILL,    /* kill the cgroup at once (fenced, or no time left) */
};

struct hf_driver_request {
    uint64_t id;          /* the core's action id; replies carry it */
    uint32_t op;          /* enum hf_driver_op */
    uint32_t deadline_ms; /* for the whole operation; 0 for streams */
    uint32_t generation;  /* of the instance */
    uint16_t node;        /* this node: corosync node id, 1.. */
    uint16_t cluster_tag; /* 16-bit tag of the cluster, part of every key */
    char instance[HF_DRIVER_NAME_MAX];
    uint32_t disk_count;
    struct hf_driver_disk disks[HF_DRIVER_DISKS_MAX];
    char address[HF_DRIVER_ADDRESS_MAX]; /* "" = none */
    uint8_t prefix;
    struct hf_driver_engine engine;
    uint32_t interval_ms;     /* streams: how often */
    uint32_t log_interval_ms; /* probe: how often it looks at the engine's log; 0 = a default */
    uint32_t health_level;    /* probe: from 4 on resources, at 5 the checks */
    uint32_t check_count;
    struct hf_driver_check checks[HF_DRIVER_CHECKS_MAX];
    uint32_t peer_count; /* network: neighbours who should answer, beside the gateway */
    char peers[HF_DRIVER_PEERS_MAX][HF_DRIVER_ADDRESS_MAX];
    uint32_t stop_mode; /* enum hf_stop_mode */
    bool degraded;      /* engine start, resize: with the settings of its degraded profile */
};

/* What HF_OP_INSPECT found. */
struct hf_driver_found {
    bool mounted; /* any disk of the instance is mounted */
    bool address_up;
    bool engine_running;     /* its cgroup has processes */
    int32_t engine_pid;      /* main process, 0 = none or unknown */
    uint32_t key_generation; /* generation in our registered key; 0 = not registered */
    bool key_on_all_disks;   /* registered, and reservation held by us, on every disk */
};

struct hf_driver_reply {
    uint64_t id;
    uint32_t op;
    uint32_t status;     /* enum hf_driver_status */
    bool more;           /* further replies of this operation follow */
    int32_t error;       /* errno, 0 = none */
    uint32_t took_ms;    /* since the worker got the request */
    int32_t pid;         /* engine start: main process */
    uint32_t generation; /* HF_DRV_NEWER: the generation found; acquire: the one preempted */
    uint64_t key;        /* acquire: key preempted (0 = none held); HF_DRV_FOREIGN: key found */
    /* Bytes of the engine's own log. Engine start, its last reply: replayed by the recovery. Probe:
     * written since the newest checkpoint, as a recovery now would replay them; of the last look.
     */
    bool log_known;
    uint64_t log_bytes;
    struct hf_driver_found found;
    char text[HF_DRIVER_TEXT_MAX]; /* for people: what happened, "" = nothing to add */
};

/* Reservation key: cluster tag (16 bit), node id (16 bit), generation (32 bit). A key never is 0.
 */
static inline uint64_t hf_key_make(uint16_t cluster_tag, uint16_t node, uint32_t generation)
{
    return ((uint64_t)cluster_tag << 48) | ((uint64_t)node << 32) | generation;
}

static inline uint16_t hf_key_cluster(uint64_t key)
{
    return (uint16_t)(key >> 48);
}

static inline uint16_t hf_key_node(uint64_t key)
{
    return (uint16_t)(key >> 32);
}

static inline uint32_t hf_key_generation(uint64_t key)
{
    return (uint32_t)key;
}

/* One-line text of a status, for people. */
const char *hf_driver_status_text(enum hf_driver_status status);

/* Name of an operation in logs and in the process list of its worker. */
const char *hf_driver_op_name(enum hf_driver_op op);

/* Sends a reply; streams and ENGINE_START call it more than once. Returns 0 or a negative errno
 * (the daemon is gone: the operation should end). */
typedef int (*hf_driver_reply_fn)(void *user, const struct hf_driver_reply *reply);

/* Runs the operation of the request to its end; the last reply has more = false. A stream ends when
 * send fails. */
void hf_driver_run(const struct hf_driver_request *request, hf_driver_reply_fn send, void *user);

/* Loads what operations need that is slow the first time. May hang: for a process that nobody waits
 * for. */
void hf_driver_warm_up(void);

/* The operations: each fills replies and hands them to send. They block; they run in a worker. */
void hf_reservation_acquire(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_reservation_release(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_reservation_watch(const struct hf_driver_request *request, hf_driver_reply_fn send,
                          void *user);
void hf_filesystem_mount(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_filesystem_unmount(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_address_up(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_address_down(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_address_announce(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_postgresql_start(const struct hf_driver_request *request, hf_driver_reply_fn send,
                         void *user);
void hf_postgresql_stop(const struct hf_driver_request *request, struct hf_driver_reply *reply);
/* HF_DRV_OK: text = what waits for the next start and why, "" = nothing. Never restarts it. */
void hf_postgresql_resize(const struct hf_driver_request *request, struct hf_driver_reply *reply);
void hf_postgresql_probe(const struct hf_driver_request *request, hf_driver_reply_fn send,
                         void *user);
void hf_disk_check(const struct hf_driver_request *request, hf_driver_reply_fn send, void *user);
/* HF_DRV_OK, HF_DRV_NO_INTERFACE (no link), HF_DRV_NO_ANSWER (a link, and nobody there). */
void hf_neighbours_watch(const struct hf_driver_request *request, hf_driver_reply_fn send,
                         void *user);
void hf_clients_watch(const struct hf_driver_request *request, hf_driver_reply_fn send, void *user);
void hf_inspect(const struct hf_driver_request *request, struct hf_driver_reply *reply);

#endif
