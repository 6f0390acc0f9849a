/*
 * floor_group.c - who is there, by corosync alone: one closed process group of all nodes.
 *
 * A node that fails leaves the group with reason NODEDOWN; that delivery is the moment of
 * detection. Failure: corosync ends -> the program ends with an error.
 */
#include "floor_node.h"

#include <corosync/cpg.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static cpg_handle_t handle;
static floor_lost_fn on_lost;

static void changed(cpg_handle_t h, const struct cpg_name *name, const struct cpg_address *members,
                    size_t member_count, const struct cpg_address *left, size_t left_count,
                    const struct cpg_address *joined, size_t joined_count)
{
    (void)h, (void)name, (void)members, (void)member_count, (void)joined, (void)joined_count;
    for (size_t i = 0; i < left_count; i++)
        if (left[i].reason == CPG_REASON_NODEDOWN)
            on_lost(left[i].nodeid);
}

static void delivered(cpg_handle_t h, const struct cpg_name *name, uint32_t node, uint32_t pid,
                      void *message, size_t length)
{
    (void)h, (void)name, (void)node, (void)pid, (void)message, (void)length;
}

int floor_group_join(floor_lost_fn lost)
{
    cpg_callbacks_t callbacks = {.cpg_confchg_fn = changed, .cpg_deliver_fn = delivered};
    struct cpg_name name = {.length = 5, .value = "floor"};

    on_lost = lost;
    if (cpg_initialize(&handle, &callbacks) != CS_OK || cpg_join(handle, &name) != CS_OK)
        return -ENOTCONN;
    return 0;
}

int floor_group_fd(void)
{
    int fd = -1;

    (void)cpg_fd_get(handle, &fd);
    return fd;
}

void floor_group_dispatch(void)
{
    if (cpg_dispatch(handle, CS_DISPATCH_ALL) != CS_OK)
        exit(3);
}
