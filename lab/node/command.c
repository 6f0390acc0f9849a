/* One request of the agent: run a command, or put a file.
 *
 * Happy path: collect arguments and environment, start, pump standard input, output and error
 * between the connection and the command, send its exit code.
 * Failures: the connection breaks -> the command's process group is killed; the command cannot be
 * started -> exit code 127 and the reason on standard error; a command that does not read its input
 * keeps the lab's side waiting; output after the command's end from
 * processes it left behind is not waited for. */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct command {
    int client;
    char *argv[LAB_ARGV_MAX * 4];
    int argc;
    char folder[512];
    bool terminal;
    struct winsize window;
    pid_t pid;
    int in, out, err; /* our ends; -1: closed */
    bool input_ended; /* the lab has sent all its input */
};

static struct frame frame;
static char input[65536]; /* what the command has not taken yet; meanwhile the lab waits */
static size_t input_from, input_to;

static struct winsize window_of(const char *text)
{
    char *end = NULL;
    struct winsize w = {.ws_row = (unsigned short)strtoul(text, &end, 10)};

    w.ws_col = (unsigned short)strtoul(end, NULL, 10);
    return w;
}

static int put_file(int client, const char *what)
{
    char *path = NULL;
    mode_t mode = (mode_t)strtoul(what, &path, 8);
    char name[LAB_TEXT_MAX];
    char part[LAB_TEXT_MAX + 16];

    snprintf(name, sizeof name, "%s", path + 1);
    snprintf(part, sizeof part, "%s.lab-part", name);

    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : 0;

    while (frame_receive(client, &frame) == 0 && frame.type == 'I' && frame.length > 0)
        if (r == 0 && write(fd, frame.data, frame.length) != (ssize_t)frame.length)
            r = -EIO;
    if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(part, name) < 0))
        r = -errno;
    if (fd >= 0)
        close(fd);
    return r < 0 ? frame_send(client, 'F', strerror(-r), (uint32_t)strlen(strerror(-r)))
                 : frame_send(client, 'X', "0", 1);
}

/* In the child: never returns. */
static void become(struct command *c, const int in[2], const int out[2], const int err[2])
{
    sigset_t none;

    if (!c->terminal) {
        setsid();
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(err[1], 2);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(c->folder) < 0)
        dprintf(2, "lab: folder %s: %s\n", c->folder, strerror(errno));
    else {
        execvp(c->argv[0], c->argv);
        dprintf(2, "lab: %s: %s\n", c->argv[0], strerror(errno));
    }
    _exit(127);
}

static int start_plain(struct command *c)
{
    int in[2], out[2], err[2];

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        return -errno;
    c->pid = fork();
    if (c->pid == 0)
        become(c, in, out, err);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    c->in = in[1];
    c->out = out[0];
    c->err = err[0];
    return c->pid < 0 ? -errno : 0;
}

static int start_terminal(struct command *c)
{
    int master = -1;

    c->pid = forkpty(&master, NULL, NULL, &c->window);
    if (c->pid == 0)
        become(c, NULL, NULL, NULL);
    c->in = c->out = master;
    c->err = -1;
    return c->pid < 0 ? -errno : 0;
}

/* Collect the request up to S. Returns 1 when a command is to be started, 0 when all is done. */
static int collect(struct command *c)
{
    int r;

    while ((r = frame_receive(c->client, &frame)) == 0) {
        if (frame.type == 'S')
            return c->argc > 0 ? 1 : -EINVAL;
        if (frame.type == 'A' && c->argc < LAB_ARGV_MAX * 4 - 1)
            c->argv[c->argc++] = strdup(frame.data);
        else if (frame.type == 'E')
            putenv(strdup(frame.data));
        else if (frame.type == 'C')
            snprintf(c->folder, sizeof c->folder, "%.500s", frame.data);
        else if (frame.type == 'T') {
            c->terminal = true;
            c->window = window_of(frame.data);
        } else if (frame.type == 'P')
            return put_file(c->client, frame.data);
        else
            return -EBADMSG;
    }
    return r;
}

static void close_input(struct command *c)
{
    if (c->in >= 0 && !c->terminal)
        close(c->in);
    c->in = -1;
    input_from = input_to = 0;
}

/* Give the command what it takes now, never more: its output must not wait for its input. */
static void feed(struct command *c)
{
    ssize_t n = write(c->in, input + input_from, input_to - input_from);

    if (n < 0 && errno != EAGAIN)
        close_input(c);
    else if (n > 0)
        input_from += (size_t)n;
    if (input_from == input_to && c->input_ended)
        close_input(c);
}

/* A frame from the lab. Negative: the connection is gone, so the command goes too. */
static int from_lab(struct command *c)
{
    int r = frame_receive(c->client, &frame);

    if (r < 0)
        return r;
    if (frame.type == 'W' && c->terminal) {
        c->window = window_of(frame.data);
        ioctl(c->out, TIOCSWINSZ, &c->window);
    } else if (frame.type == 'I' && c->in >= 0) {
        c->input_ended = frame.length == 0;
        memcpy(input, frame.data, frame.length);
        input_from = 0;
        input_to = frame.length;
        feed(c);
    }
    return 0;
}

/* Output of the command. Returns false at its end. */
static bool to_lab(struct command *c, int fd, char type)
{
    ssize_t n = read(fd, frame.data, sizeof frame.data - 1);

    return n > 0 && frame_send(c->client, type, frame.data, (uint32_t)n) == 0;
}

static void drain(struct command *c, int fd, char type)
{
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (to_lab(c, fd, type))
        continue;
}

static int finish(struct command *c)
{
    int status = 0;
    char code[16];

    waitpid(c->pid, &status, 0);
    drain(c, c->out, 'O');
    drain(c, c->err, 'R');

    int n = snprintf(code, sizeof code, "%d",
                     WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));

    return frame_send(c->client, 'X', code, (uint32_t)n);
}

static int child_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int pump(struct command *c, int ended)
{
    for (;;) {
        struct pollfd p[] = {
            {.fd = ended, .events = POLLIN},
            {.fd = c->client, .events = POLLIN},
            {.fd = c->out, .events = POLLIN},
            {.fd = c->err, .events = POLLIN},
            {.fd = input_from < input_to ? c->in : -1, .events = POLLOUT},
        };

        if (input_from < input_to)
            p[1].events = 0; /* only its end */
        if (poll(p, 5, -1) < 0)
            continue;
        if (p[4].revents)
            feed(c);
        if (p[0].revents)
            return finish(c);
        if (p[1].revents && (p[1].events == 0 || from_lab(c) < 0)) {
            kill(-c->pid, SIGKILL);
            return 1;
        }
        if (p[2].revents && !to_lab(c, c->out, 'O') && !c->terminal) {
            close(c->out);
            c->out = -1;
        }
        if (p[3].revents && !to_lab(c, c->err, 'R')) {
            close(c->err);
            c->err = -1;
        }
    }
}

int command_serve(int client)
{
    static struct command c;

    c = (struct command){.client = client, .folder = "/root", .in = -1, .out = -1, .err = -1};

    int r = collect(&c);

    if (r <= 0)
        return r < 0;

    int ended = child_signals();

    r = c.terminal ? start_terminal(&c) : start_plain(&c);
    if (r < 0)
        return frame_send(client, 'F', strerror(-r), (uint32_t)strlen(strerror(-r)));
    return pump(&c, ended);
}
