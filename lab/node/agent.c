/* The agent: runs commands in the node for the lab, over the management network.
 *
 * Happy path: accept, fork, and let the child serve the one request of the connection (command.c).
 * Failures: a connection that breaks takes its command with it; the agent itself is a service that
 * pid 1 starts again. */
#include "node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on(int port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&in, sizeof in) < 0 || listen(fd, 64) < 0) {
        int r = -errno;

        close(fd);
        return r;
    }
    return fd;
}

int agent_main(void)
{
    int fd = listen_on(LAB_AGENT_PORT);
    int one = 1;

    if (fd < 0) {
        note("agent: cannot listen: %s", strerror(-fd));
        return 1;
    }
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        if (client < 0)
            continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (fork() == 0) {
            signal(SIGCHLD, SIG_DFL);
            close(fd);
            _exit(command_serve(client));
        }
        close(client);
    }
}
