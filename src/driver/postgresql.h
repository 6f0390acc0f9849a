/*
 * postgresql.h - what the PostgreSQL driver's files share, and the one question others ask it.
 *
 * The driver is split by idea: start (prepare, launch, wait until it serves), stop (the ladder),
 * probe (the stream), and under them files (what stands in the data directory), control (where a
 * recovery begins), settings (the
 * command line), profile (settings that change while it runs), resize (makes it take them), log
 * (why it ended), progress (does a recovery advance). The operations themselves are declared in
 * driver.h.
 */
#ifndef HF_DRIVER_POSTGRESQL_H
#define HF_DRIVER_POSTGRESQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "driver/driver.h"
#include "driver/process.h"

/* Where the Unix sockets of the instances stand: one folder each. */
#define HF_POSTGRESQL_RUN "/run/holdfast"

/* The postmaster of an instance on this node: the process of the instance's cgroup that
 * data/postmaster.pid names, else the one whose parent is outside the group. 0 = none. Data may be
 * "" or a folder that is not there. Changes nothing. */
pid_t hf_postgresql_find_pid(const char *data, const char *instance);

/* What data/postmaster.pid says. */
struct hf_postgresql_pidfile {
    pid_t pid;
    bool serving; /* it accepts connections (a hot standby: read-only ones) */
};

/* Returns 0, -ENOENT without such a file, -EAGAIN while it is half written. */
int hf_postgresql_read_pidfile(const char *data, struct hf_postgresql_pidfile *ret);

/* Major version that made the data directory. */
int hf_postgresql_read_version(const char *data, unsigned *ret);

/* What global/pg_control says. Neither stopped nor crashed: a standby, or never used. */
struct hf_postgresql_control {
    bool stopped;  /* by a shutdown with its checkpoint: there is nothing to recover */
    bool crashed;  /* it runs, or ended without one: a start recovers from redo on */
    uint64_t redo; /* position in the log, in bytes */
};

/* Returns 0; -EPROTONOSUPPORT: of a version whose layout is not known; or another negative errno.
 */
int hf_postgresql_read_control(const char *data, struct hf_postgresql_control *ret);

/* Folder of the instance's Unix socket. Returns 0 or -ENAMETOOLONG. */
int hf_postgresql_socket_directory(const char *instance, char *ret, size_t size);

/* The processes in the instance's cgroup itself. Returns how many were stored, or a negative
 * errno. */
int hf_postgresql_processes(const char *instance, pid_t *ret, size_t max);

/* A command line: argv points into text. */
#define HF_POSTGRESQL_ARGS_MAX 96u
struct hf_postgresql_command {
    char *argv[HF_POSTGRESQL_ARGS_MAX + 1];
    size_t count;
    char text[4096];
    size_t used;
};

/* The server's whole command line. Returns 0 or -EINVAL with the reason in error. */
int hf_postgresql_command(const struct hf_driver_request *request, unsigned version,
                          struct hf_postgresql_command *ret, struct hf_error *error);

/* One of "key = value" lines. */
struct hf_postgresql_setting {
    char *key;
    char *value; /* without its quotes */
};

/* Cuts the next one out of *rest, whose text it changes. 1; 0 at the end; -EINVAL with an error. */
int hf_postgresql_next_setting(char **rest, struct hf_postgresql_setting *ret,
                               struct hf_error *error);

/* The value of key among such lines; ret may be NULL. 1 found, 0 not, -EINVAL. */
int hf_postgresql_find_setting(const char *settings, const char *key, char *ret, size_t size);

bool hf_postgresql_key_in(const char *key, const char *const *keys, size_t count);

/* The configuration file of an instance with a degraded profile; beside its sockets. */
int hf_postgresql_profile_path(const char *instance, char *ret, size_t size);

/* Writes it, as request->degraded says. Nothing without such a profile. 0 or a negative errno with
 * an error. */
int hf_postgresql_profile_write(const struct hf_driver_request *request,
                                const struct hf_process_user *user, struct hf_error *error);

/* Its text. -EINVAL: a setting that has no place there, or a value that cannot be written. */
int hf_postgresql_profile_render(const struct hf_driver_request *request, struct hf_strbuf *out,
                                 struct hf_error *error);

/* Opens the folder of the sockets, made when missing, owned by that user. A descriptor or a
 * negative errno. */
int hf_postgresql_open_run(const char *instance, const struct hf_process_user *user);

/* Why the server ended: the last FATAL or PANIC of the log from offset on, else its last line.
 * "" when there is none. */
void hf_postgresql_log_reason(const char *path, off_t offset, char *ret, size_t size);

/* A look at what a starting server has done so far. */
struct hf_postgresql_progress {
    uint64_t cpu_ms;     /* of the instance's processes */
    uint64_t io_bytes;   /* read and written by them */
    uint64_t disk_bytes; /* read and written by anyone on the disk of the data directory */
    char title[96];      /* of the process that recovers: which log segment it is at */
};

void hf_postgresql_progress_look(const struct hf_driver_request *request,
                                 struct hf_postgresql_progress *ret);

/* The postmaster is stopped (SIGSTOP, a debugger): what the others do is no sign of its life. */
bool hf_postgresql_is_stopped(const struct hf_driver_request *request);

/* How far a running engine got: bytes read and written by its processes. */
uint64_t hf_postgresql_io_bytes(const char *instance);

/* The "full avg60" of a pressure file of the kernel, in per cent; 0 when it does not say. */
double hf_pressure_full(const char *text);

struct hf_connection;

/* What an engine that has just answered lacks: HF_DRV_OK, or HF_DRV_EXHAUSTED (from level 4 on),
 * HF_DRV_CHECK_FAILED (at level 5), with a text. */
enum hf_driver_status hf_postgresql_lacks(const struct hf_driver_request *request,
                                          const char *directory, struct hf_connection *connection,
                                          uint64_t until_ms, char *text, size_t size);

/* Whether recovery went on between two looks that are so far apart. */
bool hf_postgresql_progress_made(const struct hf_postgresql_progress *before,
                                 const struct hf_postgresql_progress *after, uint32_t elapsed_ms);

#endif
