/*
 * floor_node.c - what a perfect operator could do by hand, with no manager: the floor.
 *
 * One runs in each node. It decides nothing: it does what it is told, at once, with direct system
 * calls, and waits on events, never on time. Holdfast is measured against it in the same lab.
 *
 *     own              take the disk from nobody, mount, address, start
 *     own-from N       the same, and preempt node N's reservation
 *     watch N          when corosync says that node N is gone: own-from N
 *     await            listen; when the other node says "go": own
 *     release ADDRESS  checkpoint, stop, address away, unmount, give up the disk; tell ADDRESS "go"
 *     stop             the same without telling anyone
 *
 * An engine that ends without having been told is started again at once. Events go to standard
 * output as line-JSON with milliseconds since the operation began. Input at its end: exit, and the
 * engine with it.
 */
#include "floor_node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GO_PORT = 7711 };

static struct floor_instance instance;
static unsigned watched; /* node whose loss is acted upon, 0 = none */
static pid_t engine;     /* 0 = none */
static bool stopping;
static const char *tell; /* whom, once released */
static int listener = -1;
static int64_t began_us;

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void begin(const char *what)
{
    began_us = now_us();
    printf("{\"event\":\"%s\"}\n", what);
    fflush(stdout);
}

/* Reports a step; ends the program when it failed, as nothing measured would mean anything. */
static void step(const char *what, int r)
{
    if (r < 0)
        printf("{\"event\":\"failed\",\"step\":\"%s\",\"error\":\"%s\"}\n", what, strerror(-r));
    else
        printf("{\"event\":\"%s\",\"ms\":%.1f}\n", what, (double)(now_us() - began_us) / 1000);
    fflush(stdout);
    if (r < 0)
        exit(1);
}

static void start_engine(void)
{
    step("engine", floor_engine_start(&instance, &engine));
}

static void own(unsigned from_node)
{
    begin("taking");
    step("reserved", floor_reserve(&instance, from_node));
    step("address", floor_address_add(&instance));
    step("mounted", floor_mount(&instance));
    start_engine();
}

static void lost(unsigned node)
{
    printf("{\"event\":\"lost\",\"node\":%u}\n", node);
    fflush(stdout);
    if (node == watched) {
        watched = 0;
        own(node);
    }
}

static struct sockaddr_in go_address(const char *host)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(GO_PORT), .sin_addr.s_addr = inet_addr(host)};
}

static void await_go(void)
{
    struct sockaddr_in at = go_address("0.0.0.0");
    int one = 1;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 1) < 0)
        step("awaiting", -errno);
    begin("awaiting");
}

static void take_go(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    close(listener);
    listener = -1;
    if (fd >= 0)
        close(fd);
    own(0);
}

static int send_go(const char *host)
{
    struct sockaddr_in to = go_address(host);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int r = connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ? -errno : 0;

    close(fd);
    return r;
}

static void stop(const char *then_tell)
{
    static char host[64];

    snprintf(host, sizeof host, "%s", then_tell ? then_tell : "");
    tell = then_tell ? host : NULL;
    begin("stopping");
    step("checkpoint", floor_engine_checkpoint(&instance));
    stopping = true;
    kill(engine, SIGINT);
}

static void released(void)
{
    stopping = false;
    step("stopped", 0);
    step("address-away", floor_address_remove(&instance));
    step("unmounted", floor_unmount(&instance));
    step("unreserved", floor_unreserve(&instance));
    if (tell)
        step("told", send_go(tell));
    begin("released");
}

static void engine_ended(void)
{
    engine = 0;
    if (stopping) {
        released();
        return;
    }
    begin("ended");
    floor_engine_kill_rest();
    step("cleared", 0);
    start_engine();
}

static void reap(int signals)
{
    struct signalfd_siginfo info;
    pid_t pid;

    while (read(signals, &info, sizeof info) > 0)
        continue;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        if (pid == engine)
            engine_ended();
}

static void obey(char *line)
{
    char word[32] = "";
    char argument[64] = "";

    (void)sscanf(line, "%31s %63s", word, argument);
    if (strcmp(word, "own") == 0)
        own(0);
    else if (strcmp(word, "own-from") == 0)
        own((unsigned)strtoul(argument, NULL, 10));
    else if (strcmp(word, "watch") == 0) {
        watched = (unsigned)strtoul(argument, NULL, 10);
        begin("watching");
    } else if (strcmp(word, "await") == 0)
        await_go();
    else if (strcmp(word, "release") == 0)
        stop(argument);
    else if (strcmp(word, "stop") == 0)
        stop(NULL);
    else
        step(word, -EINVAL);
}

/* Returns false at the end of input. */
static bool listen_to_operator(void)
{
    char text[256];
    ssize_t n = read(0, text, sizeof text - 1);

    if (n <= 0)
        return false;
    text[n] = 0;
    for (char *rest = NULL, *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        obey(line);
    return true;
}

static int child_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void serve(int signals)
{
    for (;;) {
        struct pollfd p[] = {{.fd = 0, .events = POLLIN},
                             {.fd = signals, .events = POLLIN},
                             {.fd = floor_group_fd(), .events = POLLIN},
                             {.fd = listener, .events = POLLIN}};

        if (poll(p, 4, -1) < 0)
            continue;
        if (p[2].revents)
            floor_group_dispatch();
        if (p[1].revents)
            reap(signals);
        if (p[3].revents)
            take_go();
        if (p[0].revents && !listen_to_operator())
            break;
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: floor_node NODE DEVICE MOUNT DATA ADDRESS INTERFACE\n");
        return 2;
    }
    instance = (struct floor_instance){.node = (unsigned)strtoul(argv[1], NULL, 10),
                                       .device = argv[2],
                                       .mount = argv[3],
                                       .data = argv[4],
                                       .address = argv[5],
                                       .interface = argv[6]};

    int signals = child_signals();

    began_us = now_us();
    step("group", floor_engine_prepare());
    step("joined", floor_group_join(lost));
    serve(signals);
    floor_engine_kill_rest();
    return 0;
}
