/* The program inside every node of the lab: pid 1, command agent, storage keeper and `systemctl`.
 *
 * One static binary, chosen by how it is called. pid 1 builds the root, brings up the network and
 * supervises services; everything else is a service of it. Nothing here needs a shell, udev or NSS.
 */
#ifndef LAB_NODE_H
#define LAB_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    LAB_AGENT_PORT = 7701, /* where the agent listens on the management network */
    LAB_TEXT_MAX = 4096,   /* a path, a small file, a kernel command line */
    LAB_ARGV_MAX = 64,
};

#define LAB_PROGRAM "/usr/sbin/lab-node"
#define LAB_CONTROL "/run/lab/control"
#define LAB_SERVICES "/etc/lab/services"
#define LAB_ENABLED "/etc/lab/enabled"

/* Who this node is: read from the kernel's command line, never changed. */
struct identity {
    char lab[64];
    char name[64];     /* db1, db2, ..., array */
    char modules[512]; /* folder of this kernel's modules, on the host */
    char install[512]; /* staged product on the host, empty: none */
    int host;          /* last number of the node's addresses */
    int nodes;         /* how many database nodes the lab has */
    int luns;          /* disks of the array, witness included */
    bool array;
};

/* identity.c */
int identity_read(struct identity *ret);

/* file.c: small files and folders; negative errno on failure */
int file_write(const char *path, const char *text);
int file_append(const char *path, const char *text);
ssize_t file_read(const char *path, char *text, size_t size);
int file_copy(const char *from, const char *to, mode_t mode);
int folder_make(const char *path, mode_t mode);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t now_ms(void);

/* root.c, mounts.c, module.c, net.c */
int root_build(const struct identity *self);
void mounts_early(void);
void mounts_late(void);
int module_load(const char *folder, const char *name, const char *options);
int net_configure(const struct identity *self);
void settle_files(const struct identity *self);

/* array.c, storage.c, devlinks.c */
int array_start(const struct identity *self);
int storage_main(void);
void storage_configure(const struct identity *self);
void devlinks_update(void);

/* agent.c, command.c, frame.c */
int agent_main(void);
int command_serve(int client);

struct frame {
    char type;
    uint32_t length;
    char data[65536];
};
int frame_receive(int fd, struct frame *ret);
int frame_send(int fd, char type, const void *data, uint32_t length);

/* service.c: one service; supervisor.c: all of them */
enum service_state { SERVICE_INACTIVE, SERVICE_ACTIVE, SERVICE_STOPPING, SERVICE_WAITING };

struct service {
    char name[64];
    char definition[LAB_TEXT_MAX]; /* text of the file; argv points into it */
    char *argv[LAB_ARGV_MAX];
    char after[64];
    enum service_state state;
    pid_t pid;
    int64_t deadline_ms; /* of the stop (then SIGKILL) or of the restart */
    bool again;          /* start it once the stop has ended */
    int waiter[8];       /* clients that wait for the end of a stop */
    int waiters;
};

int service_load(struct service *service, const char *name);
int service_start(struct service *service);
void service_stop(struct service *service);
void service_exited(struct service *service);
void service_tick(struct service *service);
const char *service_state_name(enum service_state state);

int supervisor_run(void) __attribute__((noreturn));
int systemctl_main(int argc, char **argv);

#endif
