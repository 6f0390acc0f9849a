/* A node's way to the array: iSCSI by open-iscsi, kept for as long as the node lives.
 *
 * Happy path: one static node record (in memory: a power cut would leave half of one),
 * login once the portal accepts, links for the disks that appear. Later losses of the path are
 * iscsid's to repair; this program only looks whether a session exists, and logs in again when none
 * does. Failures: array absent at boot -> its portal is tried until it accepts (a failed login
 * would cost 5 s); disks come and go -> kernel events bring the links up to date. */
#include "node.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TARGET "iqn.2026-01.org.holdfast:array"
#define PORTAL "10.77.2.2:3260"

enum { LOOK_MS = 1000, KNOCK_MS = 100 };

static const char iscsid_conf[] = "node.startup = manual\n"
                                  "node.leading_login = No\n"
                                  "node.session.timeo.replacement_timeout = 5\n"
                                  "node.conn[0].timeo.login_timeout = 5\n"
                                  "node.conn[0].timeo.logout_timeout = 5\n"
                                  "node.conn[0].timeo.noop_out_interval = 1\n"
                                  "node.conn[0].timeo.noop_out_timeout = 1\n"
                                  "node.session.err_timeo.abort_timeout = 5\n"
                                  "node.session.err_timeo.lu_reset_timeout = 5\n"
                                  "node.session.err_timeo.tgt_reset_timeout = 5\n"
                                  "node.session.initial_login_retry_max = 1\n"
                                  "node.session.cmds_max = 128\n"
                                  "node.session.queue_depth = 32\n"
                                  "node.session.xmit_thread_priority = -20\n"
                                  "node.session.iscsi.InitialR2T = No\n"
                                  "node.session.iscsi.ImmediateData = Yes\n"
                                  "node.session.nr_sessions = 1\n"
                                  "node.session.scan = auto\n";

void storage_configure(const struct identity *self)
{
    char text[256];

    if (mount("tmpfs", "/etc/iscsi", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
        note("storage: /etc/iscsi: %s", strerror(errno));
    snprintf(text, sizeof text, "InitiatorName=iqn.2026-01.org.holdfast:%s.%s\n", self->lab,
             self->name);
    file_write("/etc/iscsi/initiatorname.iscsi", text);
    file_write("/etc/iscsi/iscsid.conf", iscsid_conf);
}

static int run(const char *const *argv)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                           : -1;
}

static bool has_session(void)
{
    DIR *folder = opendir("/sys/class/iscsi_session");
    struct dirent *entry;
    bool found = false;

    while (folder && (entry = readdir(folder)))
        found |= strncmp(entry->d_name, "session", 7) == 0;
    if (folder)
        closedir(folder);
    return found;
}

/* Does the array accept connections now? Knocks for at most KNOCK_MS. */
static bool portal_accepts(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(3260)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = ECONNREFUSED;
    socklen_t size = sizeof error;

    inet_pton(AF_INET, "10.77.2.2", &in.sin_addr);
    (void)connect(fd, (struct sockaddr *)&in, sizeof in);
    if (poll(&p, 1, KNOCK_MS) == 1)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    close(fd);
    return error == 0;
}

static bool log_in(void)
{
    static const char *const record[] = {
        "/usr/bin/iscsiadm", "-m", "node", "-o", "new", "-T", TARGET, "-p", PORTAL ",1", NULL};
    static const char *const login[] = {
        "/usr/bin/iscsiadm", "-m", "node", "-T", TARGET, "-p", PORTAL, "--login", NULL};

    static bool recorded;

    if (!recorded)
        recorded = run(record) == 0;
    return recorded && run(login) == 0;
}

static int open_kernel_events(void)
{
    struct sockaddr_nl nl = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&nl, sizeof nl) < 0)
        note("storage: kernel events: %s", strerror(errno));
    return fd;
}

static void swallow(int fd)
{
    char event[8192];

    while (recv(fd, event, sizeof event, MSG_DONTWAIT) > 0)
        continue;
}

int storage_main(void)
{
    int events = open_kernel_events();

    for (;;) {
        struct pollfd p = {.fd = events, .events = POLLIN};
        bool connected = has_session();

        if (!connected && portal_accepts())
            connected = log_in();
        devlinks_update();
        if (poll(&p, 1, connected ? LOOK_MS : KNOCK_MS) > 0)
            swallow(events);
    }
}
