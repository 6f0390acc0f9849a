/*
 * floor_node.h - the parts of the program that shows how fast it could be done by hand.
 *
 *   floor_node.c     commands from standard input, events to standard output
 *   floor_group.c    who is there, by corosync alone
 *   floor_disk.c     reservation and mount
 *   floor_address.c  address and gratuitous ARP
 *   floor_engine.c   PostgreSQL: start, stop, end
 *
 * All functions return 0 or a negative errno.
 */
#ifndef FLOOR_NODE_H
#define FLOOR_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct floor_instance {
    const char *device;
    const char *mount;
    const char *data;
    const char *address; /* IPv4, /24 */
    const char *interface;
    unsigned node; /* of this node */
};

/* floor_group.c */
typedef void (*floor_lost_fn)(unsigned node);
int floor_group_join(floor_lost_fn lost);
int floor_group_fd(void);
void floor_group_dispatch(void);

/* floor_disk.c: the key of a node is its number plus FLOOR_KEY */
#define FLOOR_KEY 0xf100u
int floor_reserve(const struct floor_instance *instance, unsigned from_node);
int floor_unreserve(const struct floor_instance *instance);
int floor_mount(const struct floor_instance *instance);
int floor_unmount(const struct floor_instance *instance);

/* floor_address.c */
int floor_address_add(const struct floor_instance *instance);
int floor_address_remove(const struct floor_instance *instance);

/* floor_engine.c */
int floor_engine_prepare(void);
int floor_engine_start(const struct floor_instance *instance, pid_t *ret_pid);
void floor_engine_kill_rest(void);
int floor_engine_checkpoint(const struct floor_instance *instance);

#endif
