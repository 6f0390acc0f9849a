/*
 * postgresql_stop.c - the stopping ladder of a server.
 *
 * Happy path (HF_STOP_PLANNED): a CHECKPOINT while clients are still served, so that the
 * one after the fast stop is short; SIGINT, which ends the sessions and shuts down; the postmaster
 * is gone and its cgroup is empty.
 * Failure modes: each rung has a part of the deadline, and what it does not achieve the next one
 * does: no connection or a slow checkpoint -> SIGINT; it hangs -> SIGQUIT (immediate, recovery at
 * the next start); it hangs still -> kill of the cgroup; even that leaves processes behind
 * (uninterruptible sleep) -> HF_DRV_BUSY. The text says on which rung it ended. A server that does
 * not run is stopped: HF_DRV_OK. HF_STOP_KILL begins with the last rung.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/cgroup.h"
#include "driver/connection.h"
#include "driver/postgresql.h"
#include "driver/process.h"

#define DEADLINE_DEFAULT_MS 60000u

struct stop {
    const struct hf_driver_request *request;
    uint64_t began_ms;
    uint32_t deadline_ms;
    int pidfd; /* of the postmaster, -1 = unknown */
    bool checkpointed;
};

/* The time when that many eighths of the deadline are over. */
static uint64_t eighths(const struct stop *stop, unsigned count)
{
    return stop->began_ms + (uint64_t)stop->deadline_ms * count / 8u;
}

static enum hf_answer ask_checkpoint(const struct stop *stop, const char *directory,
                                     uint64_t until_ms)
{
    struct hf_connection connection;
    const struct hf_driver_engine *engine = &stop->request->engine;
    hf_connection_init(&connection);
    enum hf_answer answer =
        hf_connection_open(&connection, directory, engine->port, engine->user, until_ms);
    if (answer == HF_ANSWER_YES)
        answer = hf_connection_ask(&connection, "CHECKPOINT", until_ms);
    hf_connection_close(&connection);
    return answer;
}

/* Peer authentication wants the engine's user. Whatever fails here, the next rung does. */
static bool checkpoint(const struct stop *stop)
{
    char directory[HF_DRIVER_PATH_MAX];
    struct hf_process_user user;
    if (hf_process_find_user(stop->request->engine.user, &user) < 0 ||
        hf_postgresql_socket_directory(stop->request->instance, directory, sizeof(directory)) < 0)
        return false;
    uid_t own = geteuid();
    if (hf_process_borrow_uid(user.uid) < 0)
        return false;
    enum hf_answer answer = ask_checkpoint(stop, directory, eighths(stop, 3));
    return hf_process_borrow_uid(own) == 0 && answer == HF_ANSWER_YES;
}

static bool signal_and_wait(const struct stop *stop, int signal, uint64_t until_ms)
{
    int r = hf_process_signal(stop->pidfd, signal);
    return r == -ESRCH || (r == 0 && hf_process_wait(stop->pidfd, until_ms) == 0);
}

static const char *descend(struct stop *stop)
{
    if (stop->request->stop_mode == HF_STOP_KILL)
        return "killed";
    if (stop->pidfd < 0)
        return "killed: its main process was not found";
    stop->checkpointed = checkpoint(stop);
    if (signal_and_wait(stop, SIGINT, eighths(stop, 6)))
        return stop->checkpointed ? "fast stop after a checkpoint"
                                  : "fast stop without a checkpoint";
    if (signal_and_wait(stop, SIGQUIT, eighths(stop, 7)))
        return "immediate stop: the fast stop took too long";
    return "killed: the immediate stop took too long";
}

/* Also after a good stop: an archive command may be left over. */
static void empty_cgroup(const struct stop *stop, const char *how, struct hf_driver_reply *reply)
{
    uint64_t until_ms = eighths(stop, 8);
    int left_ms = hf_process_left_ms(until_ms);
    int r = hf_cgroup_kill(stop->request->instance, left_ms > 100 ? (uint32_t)left_ms : 100u);
    reply->status = r == 0 ? HF_DRV_OK : r == -ETIMEDOUT ? HF_DRV_BUSY : HF_DRV_FAILED;
    reply->error = -r;
    (void)snprintf(reply->text, sizeof(reply->text), "%s%s", how,
                   r == 0 ? "" : ", but processes of it are still there");
}

void hf_postgresql_stop(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    struct stop stop = {.request = request, .pidfd = -1};
    stop.began_ms = hf_process_now_ms();
    stop.deadline_ms = request->deadline_ms ? request->deadline_ms : DEADLINE_DEFAULT_MS;
    /* The ladder's end must come before the worker is given up. */
    stop.deadline_ms -= stop.deadline_ms / 20;
    memset(reply, 0, sizeof(*reply));
    reply->id = request->id;
    reply->op = request->op;
    pid_t pid = hf_postgresql_find_pid(request->engine.data, request->instance);
    if (pid > 0) {
        stop.pidfd = hf_process_pidfd(pid);
        empty_cgroup(&stop, descend(&stop), reply);
    } else {
        empty_cgroup(&stop, "it was not running", reply);
    }
    if (stop.pidfd >= 0)
        (void)close(stop.pidfd);
    reply->took_ms = (uint32_t)(hf_process_now_ms() - stop.began_ms);
}
