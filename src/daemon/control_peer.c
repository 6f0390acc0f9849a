#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/control_impl.h"

#define LOOKUP_ROOM 65536
#define USER_GROUPS_MAX 1024

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int hf_peer_read(int fd, struct hf_peer *ret)
{
    struct ucred credentials;
    socklen_t length = sizeof(credentials);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
        return -errno;
    ret->uid = credentials.uid;
    ret->gid = credentials.gid;
    ret->group_count = 0;
    length = sizeof(ret->groups);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, ret->groups, &length) == 0)
        ret->group_count = (int)(length / sizeof(ret->groups[0]));
    return 0;
}

static bool contains(const gid_t *groups, int count, gid_t wanted)
{
    for (int i = 0; i < count; i++)
        if (groups[i] == wanted)
            return true;
    return false;
}

/* What the user database says; also right for somebody who was added after logging in. */
static bool listed(uid_t uid, gid_t wanted)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char room[LOOKUP_ROOM];
    if (getpwuid_r(uid, &entry, room, sizeof(room), &found) != 0 || !found)
        return false;
    gid_t groups[USER_GROUPS_MAX];
    int count = USER_GROUPS_MAX;
    if (getgrouplist(entry.pw_name, entry.pw_gid, groups, &count) < 0)
        return false;
    return contains(groups, count, wanted);
}

enum hf_verdict hf_peer_check(const struct hf_peer *peer, const char *group)
{
    if (peer->uid == 0 || peer->uid == geteuid())
        return HF_PEER_ALLOWED;
    struct group entry;
    struct group *found = NULL;
    char room[LOOKUP_ROOM];
    if (getgrnam_r(group, &entry, room, sizeof(room), &found) != 0 || !found)
        return HF_PEER_NO_GROUP;
    gid_t wanted = entry.gr_gid;
    bool member = peer->gid == wanted || contains(peer->groups, peer->group_count, wanted) ||
                  listed(peer->uid, wanted);
    return member ? HF_PEER_ALLOWED : HF_PEER_REFUSED;
}

/* In a thread of the pool. */
static void run_check(uv_work_t *work)
{
    struct hf_check *check = work->data;
    check->verdict = hf_peer_check(&check->peer, check->group);
}

static void refuse(struct hf_conn *conn, enum hf_verdict verdict, const char *group)
{
    char text[160];
    char hint[256];
    (void)snprintf(
        text, sizeof(text),
        verdict == HF_PEER_NO_GROUP
            ? "user id %u may not command this cluster: there is no group '%s' on this node"
            : "user id %u may not command this cluster: it is not in the group '%s'",
        (unsigned)conn->uid, group);
    (void)snprintf(
        hint, sizeof(hint), "Use sudo, or let root add the user: %s%s%susermod -aG %s USER",
        verdict == HF_PEER_NO_GROUP ? "groupadd --system " : "",
        verdict == HF_PEER_NO_GROUP ? group : "", verdict == HF_PEER_NO_GROUP ? " && " : "", group);
    hf_conn_refuse(conn, "not-permitted", text, hint);
}

static struct hf_control *control_of(struct hf_check *check)
{
    return (struct hf_control *)(void *)((char *)check - offsetof(struct hf_control, check));
}

static void after_check(uv_work_t *work, int status)
{
    struct hf_check *check = work->data;
    struct hf_control *control = control_of(check);
    check->running = false;
    if (control->freeing) {
        hf_control_release(control);
        return;
    }
    struct hf_conn *conn = hf_conn_find(control, check->connection);
    if (conn && conn->state == HF_CONN_CHECKING) {
        if (status == 0 && check->verdict == HF_PEER_ALLOWED)
            hf_conn_admit(conn);
        else
            refuse(conn, check->verdict, control->group);
    }
    hf_check_next(control);
}

/* The one that has waited longest: connections are kept newest first. */
static struct hf_conn *oldest_unchecked(const struct hf_control *control)
{
    struct hf_conn *oldest = NULL;
    for (struct hf_conn *conn = control->connections; conn; conn = conn->next)
        if (conn->state == HF_CONN_CHECKING)
            oldest = conn;
    return oldest;
}

void hf_check_next(struct hf_control *control)
{
    struct hf_check *check = &control->check;
    struct hf_conn *conn = oldest_unchecked(control);
    if (check->running || !conn)
        return;
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&conn->pipe, &fd) < 0 || hf_peer_read(fd, &check->peer) < 0) {
        hf_conn_close(conn);
        return;
    }
    check->connection = conn->id;
    check->work.data = check;
    (void)snprintf(check->group, sizeof(check->group), "%s", control->group);
    check->running = uv_queue_work(control->loop, &check->work, run_check, after_check) == 0;
    if (!check->running)
        hf_conn_close(conn);
}
