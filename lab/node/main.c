/* The node's program: what it is depends on how it is called.
 *
 *     pid 1 (/init)            boot, then the supervisor of services
 *     systemctl ...            the client of that supervisor
 *     lab-node agent|storage   services of every database node (the array has the agent only) */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

/* iSCSI and disks, reservations by SG_IO, the watchdog, traffic shaping for tests. */
static const char *const node_modules[][2] = {
    {"iscsi_tcp", ""}, {"sd_mod", ""}, {"sg", ""}, {"softdog", "nowayout=0"}, {"sch_netem", ""},
};

static void load_modules(const struct identity *self)
{
    for (size_t i = 0; i < sizeof node_modules / sizeof *node_modules; i++) {
        int r = module_load(self->modules, node_modules[i][0], node_modules[i][1]);

        if (r < 0 && r != -ENOENT)
            note("module %s: %s", node_modules[i][0], strerror(-r));
    }
}

/* The kernel has a /dev/watchdog that asks for a helper on the host; softdog, /dev/watchdog1, is
 * the one that resets this node. */
static void name_watchdog(void)
{
    (void)unlink("/dev/watchdog");
    if (symlink("watchdog1", "/dev/watchdog") < 0)
        note("watchdog: %s", strerror(errno));
}

static void open_console(void)
{
    int fd = open("/dev/console", O_RDWR | O_NOCTTY);

    if (fd < 0)
        return;
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
}

static void set_environment(void)
{
    clearenv();
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv("HOME", "/root", 1);
    setenv("LANG", "C.UTF-8", 1);
    setenv("USER", "root", 1);
    setenv("SHELL", "/bin/bash", 1);
}

static void give_up(const char *why)
{
    note("boot failed: %s", why);
    reboot(RB_POWER_OFF);
    _exit(1);
}

static void boot(void)
{
    struct identity self;

    mounts_early();
    open_console();
    if (identity_read(&self) < 0)
        give_up("no identity on the kernel's command line");
    if (root_build(&self) < 0)
        give_up("no root");
    mounts_late();
    set_environment();
    settle_files(&self);
    if (net_configure(&self) < 0)
        note("network incomplete");
    if (self.array)
        (void)array_start(&self);
    else {
        load_modules(&self);
        name_watchdog();
        storage_configure(&self);
    }
    note("%s is up", self.name);
    supervisor_run();
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');

    name = name ? name + 1 : argv[0];
    if (strcmp(name, "systemctl") == 0)
        return systemctl_main(argc, argv);
    if (argc > 1 && strcmp(argv[1], "agent") == 0)
        return agent_main();
    if (argc > 1 && strcmp(argv[1], "storage") == 0)
        return storage_main();
    if (getpid() == 1)
        boot();
    fprintf(stderr, "usage: lab-node agent|storage, or as systemctl\n");
    return 2;
}
