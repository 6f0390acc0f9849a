#include "driver/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/child.h"
#include "driver/cgroup.h"

#define ENVIRONMENT_MAX 16
#define PATH_OF_ENGINES "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What the descendants report through the pipe: first the pid, then perhaps a failure. */
enum step { STEP_PID, STEP_FORK, STEP_CGROUP, STEP_STREAMS, STEP_USER, STEP_EXEC };

struct message {
    int32_t step;
    int32_t value; /* the pid, or an errno */
};

/* All that the grandchild needs, made before the fork. */
struct launch {
    const struct hf_process_spec *spec;
    char *environment[ENVIRONMENT_MAX + 1];
    char lines[3][320];
    int procs_fd;
    int cgroup_fd; /* the cgroup's folder, -1 = cannot be had */
    int log_fd;
    int null_fd;
    int report_fd;
};

uint64_t hf_process_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

int hf_process_left_ms(uint64_t until_ms)
{
    uint64_t now = hf_process_now_ms();
    if (now >= until_ms)
        return 0;
    return until_ms - now > INT_MAX ? INT_MAX : (int)(until_ms - now);
}

int hf_process_find_user(const char *name, struct hf_process_user *ret)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char room[4096];
    int r = getpwnam_r(name, &entry, room, sizeof(room), &found);
    if (r != 0 || !found)
        return r != 0 ? -r : -ENOENT;
    memset(ret, 0, sizeof(*ret));
    ret->uid = entry.pw_uid;
    ret->gid = entry.pw_gid;
    (void)snprintf(ret->name, sizeof(ret->name), "%s", name);
    (void)snprintf(ret->home, sizeof(ret->home), "%s", entry.pw_dir);
    ret->group_count = HF_PROCESS_GROUPS_MAX;
    if (getgrouplist(name, ret->gid, ret->groups, &ret->group_count) < 0)
        return -E2BIG;
    return 0;
}

static int make_parent_directory(const char *path)
{
    char directory[PATH_MAX];
    if (snprintf(directory, sizeof(directory), "%s", path) >= (int)sizeof(directory))
        return -ENAMETOOLONG;
    char *slash = strrchr(directory, '/');
    if (!slash || slash == directory)
        return 0;
    *slash = '\0';
    return mkdir(directory, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int hf_process_open_log(const char *path, const struct hf_process_user *user)
{
    int r = make_parent_directory(path);
    if (r < 0)
        return r;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    struct stat found;
    if (fstat(fd, &found) < 0 || !S_ISREG(found.st_mode) || fchown(fd, user->uid, user->gid) < 0 ||
        fcntl(fd, F_SETFL, O_APPEND) < 0) {
        r = errno != 0 ? -errno : -EINVAL;
        (void)close(fd);
        return r;
    }
    return fd;
}

static void build_environment(struct launch *launch)
{
    size_t n = 0;
    (void)snprintf(launch->lines[0], sizeof(launch->lines[0]), "HOME=%s", launch->spec->user->home);
    (void)snprintf(launch->lines[1], sizeof(launch->lines[1]), "USER=%s", launch->spec->user->name);
    (void)snprintf(launch->lines[2], sizeof(launch->lines[2]), "PATH=%s", PATH_OF_ENGINES);
    for (size_t i = 0; i < 3; i++)
        launch->environment[n++] = launch->lines[i];
    launch->environment[n++] = (char *)(uintptr_t) "LANG=C.UTF-8";
    for (const char *const *more = launch->spec->more; more && *more; more++) {
        HF_ASSERT(n < ENVIRONMENT_MAX);
        launch->environment[n++] = (char *)(uintptr_t)*more;
    }
    launch->environment[n] = NULL;
}

static int report(int fd, enum step step, int value)
{
    struct message message = {.step = (int32_t)step, .value = value};
    return write(fd, &message, sizeof(message)) == (ssize_t)sizeof(message) ? 0 : -1;
}

/* The engine must not inherit that the daemon runs before others. */
static void reset_scheduling(int oom_score_adj)
{
    struct sched_param normal = {.sched_priority = 0};
    (void)sched_setscheduler(0, SCHED_OTHER, &normal);
    (void)setpriority(PRIO_PROCESS, 0, 0);
    char text[16];
    int length = snprintf(text, sizeof(text), "%d", oom_score_adj);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, text, (size_t)length) < 0) {
        /* A container may forbid it; the engine runs all the same. */
    }
    (void)close(fd);
}

static int take_user(const struct hf_process_user *user)
{
    /* The C library's wrappers tell other threads, which a forked child does not have. */
    if (setgroups((size_t)user->group_count, user->groups) < 0)
        return -1;
    if (setresgid(user->gid, user->gid, user->gid) < 0)
        return -1;
    return setresuid(user->uid, user->uid, user->uid);
}

static int take_streams(const struct launch *launch)
{
    if (dup2(launch->null_fd, STDIN_FILENO) < 0 || dup2(launch->log_fd, STDOUT_FILENO) < 0 ||
        dup2(launch->log_fd, STDERR_FILENO) < 0)
        return -1;
    return close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* The grandchild: becomes the engine, or says at which step it could not. */
_Noreturn static void become_engine(const struct launch *launch, bool in_cgroup)
{
    enum step step = STEP_EXEC;
    hf_child_signals();
    reset_scheduling(launch->spec->oom_score_adj);
    (void)umask(0077);
    if (!in_cgroup && hf_cgroup_enter(launch->procs_fd) < 0)
        step = STEP_CGROUP;
    else if (take_streams(launch) < 0 || chdir("/") < 0)
        step = STEP_STREAMS;
    else if (take_user(launch->spec->user) < 0)
        step = STEP_USER;
    else
        (void)execve(launch->spec->argv[0], launch->spec->argv, launch->environment);
    (void)report(launch->report_fd, step, errno);
    _exit(127);
}

/*
 * Forks are made with _Fork: fork(3) runs what libraries registered with pthread_atfork, and
 * libuv's handler closes the descriptor numbers of the daemon's signal pipe, which mean other files
 * in a worker.
 */

/* A fork that is born in the cgroup: to move a process there later costs the kernel some 10 ms. */
static pid_t fork_into(int cgroup_fd)
{
    struct clone_args args = {.flags = CLONE_INTO_CGROUP,
                              .exit_signal = SIGCHLD,
                              .cgroup = (uint64_t)(unsigned)cgroup_fd};
    return cgroup_fd < 0 ? -1 : (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* In the grandchild: shows that it lives, and waits until its pid was told. */
_Noreturn static void wait_at_gate(const struct launch *launch, int gate, bool in_cgroup)
{
    char go;
    if (write(gate, "r", 1) != 1 || read(gate, &go, 1) != 1)
        _exit(127);
    become_engine(launch, in_cgroup);
}

/* Forks a grandchild that waits at the gate. Returns its pid, 0 when it died at birth, or -1. There
 * are kernels (6.10 and later) that kill what is born into a cgroup that was killed before. */
static pid_t fork_to_gate(const struct launch *launch, bool in_cgroup, int *ret_gate)
{
    int ends[2];
    char alive;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    pid_t pid = in_cgroup ? fork_into(launch->cgroup_fd) : _Fork();
    if (pid == 0) {
        (void)close(ends[0]);
        wait_at_gate(launch, ends[1], in_cgroup);
    }
    (void)close(ends[1]);
    *ret_gate = ends[0];
    return pid < 0 || read(ends[0], &alive, 1) == 1 ? pid : 0;
}

/* The child: a new session, one more fork, and out, so that the engine has no parent here. The
 * pid is told before the engine can go on, so that it is the pipe's first message. */
_Noreturn static void fork_again(const struct launch *launch)
{
    int gate;
    (void)setsid();
    pid_t pid = fork_to_gate(launch, true, &gate);
    if (pid <= 0)
        pid = fork_to_gate(launch, false, &gate);
    if (pid <= 0) {
        (void)report(launch->report_fd, STEP_FORK, pid < 0 ? errno : ECHILD);
        _exit(1);
    }
    if (report(launch->report_fd, STEP_PID, pid) < 0 || write(gate, "g", 1) != 1)
        _exit(1);
    _exit(0);
}

static bool read_message(int fd, struct message *ret)
{
    ssize_t n;
    do
        n = read(fd, ret, sizeof(*ret));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(*ret);
}

static int explain(const struct hf_process_spec *spec, const struct message *message,
                   struct hf_error *error)
{
    static const char *const what[] = {[STEP_PID] = "was not started",
                                       [STEP_FORK] = "cannot be forked",
                                       [STEP_CGROUP] = "cannot enter its cgroup",
                                       [STEP_STREAMS] = "cannot have its log",
                                       [STEP_USER] = "cannot become its user",
                                       [STEP_EXEC] = "cannot be executed"};
    HF_ASSERT(message->step >= STEP_PID && message->step <= STEP_EXEC);
    hf_error_set(error, "%s %s: %s", spec->argv[0], what[message->step], strerror(message->value));
    return message->value > 0 ? -message->value : -EIO;
}

/* Reads what the descendants tell until the last of them has closed the pipe, by exec or exit. */
static int collect(const struct hf_process_spec *spec, int fd, pid_t *ret_pid, int *ret_pidfd,
                   struct hf_error *error)
{
    struct message message = {.step = STEP_PID, .value = EIO};
    if (!read_message(fd, &message) || message.step != STEP_PID)
        return explain(spec, &message, error);
    pid_t pid = message.value;
    int pidfd = hf_process_pidfd(pid);
    if (read_message(fd, &message)) {
        if (pidfd >= 0)
            (void)close(pidfd);
        return explain(spec, &message, error);
    }
    if (pidfd < 0) {
        hf_error_set(error, "%s ended at once: %s", spec->argv[0], strerror(-pidfd));
        return pidfd;
    }
    *ret_pid = pid;
    *ret_pidfd = pidfd;
    return 0;
}

static int fork_and_collect(struct launch *launch, pid_t *ret_pid, int *ret_pidfd,
                            struct hf_error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    launch->report_fd = ends[1];
    pid_t child = _Fork();
    if (child == 0)
        fork_again(launch);
    int r = child < 0 ? -errno : 0;
    (void)close(ends[1]);
    if (r == 0) {
        r = collect(launch->spec, ends[0], ret_pid, ret_pidfd, error);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    (void)close(ends[0]);
    return r;
}

static int open_folder_of(int fd)
{
    char link[64];
    char path[PATH_MAX];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    if (n <= 0)
        return -1;
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int open_all(struct launch *launch, struct hf_error *error)
{
    const struct hf_process_spec *spec = launch->spec;
    int r = hf_cgroup_open_procs(spec->instance, &launch->procs_fd);
    if (r < 0) {
        hf_error_set(error, "cgroup of %s: %s", spec->instance, strerror(-r));
        return r;
    }
    launch->cgroup_fd = open_folder_of(launch->procs_fd);
    launch->log_fd = hf_process_open_log(spec->log, launch->spec->user);
    if (launch->log_fd < 0) {
        hf_error_set(error, "log %s: %s", spec->log, strerror(-launch->log_fd));
        return launch->log_fd;
    }
    launch->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    return launch->null_fd < 0 ? -errno : 0;
}

static void close_all(struct launch *launch)
{
    const int fds[] = {launch->procs_fd, launch->cgroup_fd, launch->log_fd, launch->null_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
}

int hf_process_start(const struct hf_process_spec *spec, pid_t *ret_pid, int *ret_pidfd,
                     struct hf_error *error)
{
    HF_ASSERT(spec->argv[0] && spec->argv[0][0] == '/');
    struct launch launch = {
        .spec = spec, .procs_fd = -1, .cgroup_fd = -1, .log_fd = -1, .null_fd = -1};
    hf_error_set(error, "%s cannot be started", spec->argv[0]);
    build_environment(&launch);
    int r = open_all(&launch, error);
    if (r == 0)
        r = fork_and_collect(&launch, ret_pid, ret_pidfd, error);
    close_all(&launch);
    return r;
}

int hf_process_pidfd(pid_t pid)
{
    long fd = syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : (int)fd;
}

int hf_process_signal(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int hf_process_wait(int pidfd, uint64_t until_ms)
{
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};
    for (;;) {
        int n = poll(&wait, 1, hf_process_left_ms(until_ms));
        if (n > 0)
            return 0;
        if (n == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

static int parent_death_signal(void)
{
    int number = 0;
    return prctl(PR_GET_PDEATHSIG, &number) < 0 ? 0 : number;
}

int hf_process_borrow_uid(uid_t uid)
{
    int on_parent_death = parent_death_signal();
    if (seteuid(uid) < 0)
        return -errno;
    (void)prctl(PR_SET_PDEATHSIG, on_parent_death);
    return 0;
}

int hf_process_become(const struct hf_process_user *user)
{
    int on_parent_death = parent_death_signal();
    if (take_user(user) < 0)
        return -errno;
    (void)prctl(PR_SET_PDEATHSIG, on_parent_death);
    return 0;
}
