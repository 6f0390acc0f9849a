/*
 * Programs that answer questions. Each has a clean environment, no input, and a deadline after
 * which it is killed: a hanging answer is a missing fact, not a hanging validation.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "validate/facts_impl.h"

#define RUN_MS 5000
#define OUTPUT_MAX (4u << 20)

json_int_t hf_program_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool find(const char *name, char *path, size_t size)
{
    static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                          "/usr/bin",        "/sbin",          "/bin"};
    if (strchr(name, '/')) {
        (void)snprintf(path, size, "%s", name);
        return access(path, X_OK) == 0;
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        (void)snprintf(path, size, "%s/%s", folders[i], name);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static int spawn(struct hf_program *program, const char *path, const char *const argv[], int out)
{
    char *environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return -rc;
    rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    pid_t pid = -1;
    if (rc == 0)
        rc = posix_spawn(&pid, path, &actions, NULL, (char *const *)(uintptr_t)argv, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    program->pid = pid;
    return -rc;
}

void hf_program_start(struct hf_program *program, const char *const argv[])
{
    char path[256];
    int pipes[2];
    *program = (struct hf_program){.pid = -ENOENT, .out = -1};
    if (!find(argv[0], path, sizeof(path)))
        return;
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        program->pid = -errno;
        return;
    }
    int rc = spawn(program, path, argv, pipes[1]);
    close(pipes[1]);
    program->out = pipes[0];
    if (rc == 0)
        return;
    close(pipes[0]);
    *program = (struct hf_program){.pid = rc, .out = -1};
}

/* Reads to the end of the output; false: the time was over. */
static bool read_all(int fd, json_int_t until_ms, struct hf_strbuf *out)
{
    char piece[4096];
    for (;;) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        json_int_t left = until_ms - hf_program_now_ms();
        int r = left > 0 ? poll(&poller, 1, (int)left) : 0;
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return false;
        ssize_t got = read(fd, piece, sizeof(piece));
        if (got <= 0)
            return got == 0;
        if (out->length < OUTPUT_MAX)
            hf_strbuf_add_bytes(out, piece, (size_t)got);
    }
}

int hf_program_finish(struct hf_program *program, json_int_t until_ms, struct hf_strbuf *out)
{
    int code = 0;
    if (program->pid < 0)
        return program->pid;
    bool ended = read_all(program->out, until_ms, out);
    if (!ended)
        (void)kill(program->pid, SIGKILL);
    while (waitpid(program->pid, &code, 0) < 0 && errno == EINTR)
        ;
    close(program->out);
    if (!ended)
        return -ETIMEDOUT;
    return WIFEXITED(code) ? WEXITSTATUS(code) : -EIO;
}

static json_int_t deadline(const struct hf_facts_source *source)
{
    json_int_t until_ms = hf_program_now_ms() + RUN_MS;
    return source->until_ms && source->until_ms < until_ms ? source->until_ms : until_ms;
}

int hf_facts_run(const struct hf_facts_source *source, const char *const argv[],
                 struct hf_strbuf *out)
{
    if (source->run)
        return source->run(source->user, argv, out);
    struct hf_program program;
    hf_program_start(&program, argv);
    return hf_program_finish(&program, deadline(source), out);
}

/* At most so many at once, so that a large cluster does not flood its own networks. */
#define AT_ONCE 16u

void hf_facts_run_all(const struct hf_facts_source *source, const char *const (*argv)[16],
                      unsigned count, struct hf_strbuf *out, int *status)
{
    struct hf_program programs[AT_ONCE];
    for (unsigned k = 0; source->run && k < count; k++)
        status[k] = source->run(source->user, argv[k], &out[k]);
    for (unsigned first = 0; !source->run && first < count; first += AT_ONCE) {
        unsigned some = count - first < AT_ONCE ? count - first : AT_ONCE;
        for (unsigned k = 0; k < some; k++)
            hf_program_start(&programs[k], argv[first + k]);
        json_int_t until_ms = deadline(source);
        for (unsigned k = 0; k < some; k++)
            status[first + k] = hf_program_finish(&programs[k], until_ms, &out[first + k]);
    }
}

void hf_facts_version(const char *text, char *version, size_t size)
{
    version[0] = '\0';
    for (const char *at = text; *at; at++) {
        size_t length = strspn(at, "0123456789.");
        bool word = at == text || strchr(" \t\n(-v'", at[-1]);
        if (length == 0)
            continue;
        if (word && at[0] != '.' && memchr(at, '.', length)) {
            while (at[length - 1] == '.')
                length--;
            (void)snprintf(version, size, "%.*s", (int)length, at);
            return;
        }
        at += length - 1;
    }
}

json_t *hf_facts_program_version(const struct hf_facts_source *source, const char *program,
                                 const char *option)
{
    const char *const argv[] = {program, option, NULL};
    char version[32];
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (hf_facts_run(source, argv, &out) < 0)
        return NULL;
    hf_facts_version(out.data, version, sizeof(version));
    return version[0] ? json_string(version) : NULL;
}
