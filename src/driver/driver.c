/*
 * driver.c - one door to all operations: names, and who does what.
 *
 * Happy path: a request comes in, the driver that knows the thing runs, its replies go out with the
 * request's id, its operation and the time taken.
 * Failure modes: an operation that is not known -> HF_DRV_FAILED; a stream that ends by itself
 * without a last reply gets one, HF_DRV_FAILED, for the daemon waits for it.
 */
#include "driver/driver.h"

#include <errno.h>
#include <time.h>

#include "driver/disk.h"
#include "driver/process.h"

const char *hf_driver_status_text(enum hf_driver_status status)
{
    switch (status) {
    case HF_DRV_OK:
        return "done";
    case HF_DRV_TIMEOUT:
        return "no answer before the deadline";
    case HF_DRV_CRASHED:
        return "the worker process died";
    case HF_DRV_NO_DEVICE:
        return "the disk is not there";
    case HF_DRV_IO:
        return "the disk answers with errors";
    case HF_DRV_UNSUPPORTED:
        return "the disk cannot do the persistent reservations that are needed";
    case HF_DRV_NEWER:
        return "a same or later generation holds the reservation";
    case HF_DRV_FOREIGN:
        return "a key that is not of this cluster is on the disk";
    case HF_DRV_KEY_LOST:
        return "our reservation key is gone: another node took the disk";
    case HF_DRV_WRONG_FS:
        return "the disk does not have the expected file system";
    case HF_DRV_CORRUPT_FS:
        return "the file system needs a repair by a person";
    case HF_DRV_BUSY:
        return "still in use";
    case HF_DRV_NO_INTERFACE:
        return "no working network interface is in the network of the address";
    case HF_DRV_ADDRESS_USED:
        return "another host answers for the address";
    case HF_DRV_NO_ENGINE:
        return "the engine's program or data directory is not there";
    case HF_DRV_ENGINE_EXIT:
        return "the engine ended while starting";
    case HF_DRV_ENGINE_STUCK:
        return "the engine's recovery stands still";
    case HF_DRV_NO_ANSWER:
        return "the engine does not answer";
    case HF_DRV_SLOW:
        return "no answer yet, but it is at work";
    case HF_DRV_DISK_FULL:
        return "the disk is full";
    case HF_DRV_READ_ONLY:
        return "the file system takes no writes";
    case HF_DRV_EXHAUSTED:
        return "the engine has no connection or memory to spare";
    case HF_DRV_CHECK_FAILED:
        return "a check of the file failed";
    case HF_DRV_FAILED:
        return "failed";
    }
    return "unknown";
}

const char *hf_driver_op_name(enum hf_driver_op op)
{
    switch (op) {
    case HF_OP_ACQUIRE:
        return "acquire";
    case HF_OP_RELEASE:
        return "release";
    case HF_OP_KEY_WATCH:
        return "key-watch";
    case HF_OP_MOUNT:
        return "mount";
    case HF_OP_UNMOUNT:
        return "unmount";
    case HF_OP_ADDRESS_UP:
        return "address-up";
    case HF_OP_ADDRESS_DOWN:
        return "address-down";
    case HF_OP_ANNOUNCE:
        return "announce";
    case HF_OP_ENGINE_START:
        return "engine-start";
    case HF_OP_ENGINE_STOP:
        return "engine-stop";
    case HF_OP_ENGINE_PROBE:
        return "engine-probe";
    case HF_OP_ENGINE_RESIZE:
        return "engine-resize";
    case HF_OP_DISK_CHECK:
        return "disk-check";
    case HF_OP_NETWORK:
        return "network";
    case HF_OP_CLIENTS:
        return "clients";
    case HF_OP_INSPECT:
        return "inspect";
    }
    return "unknown";
}

/* Where replies go: stamped, then to the real sender. */
struct stamp {
    const struct hf_driver_request *request;
    struct timespec start;
    hf_driver_reply_fn send;
    void *user;
    bool open;   /* the last reply said that more follow */
    bool failed; /* nobody listens any more */
};

static uint32_t ms_since(const struct timespec *start)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((now.tv_sec - start->tv_sec) * 1000 +
                      (now.tv_nsec - start->tv_nsec) / 1000000);
}

static int send_stamped(void *user, const struct hf_driver_reply *reply)
{
    struct stamp *stamp = user;
    struct hf_driver_reply copy = *reply;
    copy.id = stamp->request->id;
    copy.op = stamp->request->op;
    copy.took_ms = ms_since(&stamp->start);
    stamp->open = copy.more;
    int r = stamp->send(stamp->user, &copy);
    stamp->failed = r < 0;
    return r;
}

/* Runs an operation that answers once. Returns false when op is one that answers often. */
static bool run_single(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    switch ((enum hf_driver_op)request->op) {
    case HF_OP_ACQUIRE:
        hf_reservation_acquire(request, reply);
        return true;
    case HF_OP_RELEASE:
        hf_reservation_release(request, reply);
        return true;
    case HF_OP_MOUNT:
        hf_filesystem_mount(request, reply);
        return true;
    case HF_OP_UNMOUNT:
        hf_filesystem_unmount(request, reply);
        return true;
    case HF_OP_ADDRESS_UP:
        hf_address_up(request, reply);
        return true;
    case HF_OP_ADDRESS_DOWN:
        hf_address_down(request, reply);
        return true;
    case HF_OP_ANNOUNCE:
        hf_address_announce(request, reply);
        return true;
    case HF_OP_ENGINE_STOP:
        hf_postgresql_stop(request, reply);
        return true;
    case HF_OP_ENGINE_RESIZE:
        hf_postgresql_resize(request, reply);
        return true;
    case HF_OP_INSPECT:
        hf_inspect(request, reply);
        return true;
    case HF_OP_KEY_WATCH:
    case HF_OP_ENGINE_START:
    case HF_OP_ENGINE_PROBE:
    case HF_OP_DISK_CHECK:
    case HF_OP_NETWORK:
    case HF_OP_CLIENTS:
        return false;
    }
    hf_reply_fail(reply, HF_DRV_FAILED, EINVAL, "operation %u is not known", request->op);
    return true;
}

static void run_stream(const struct hf_driver_request *request, struct stamp *stamp)
{
    struct hf_driver_reply end = {0};
    stamp->open = true;
    if (request->op == HF_OP_KEY_WATCH)
        hf_reservation_watch(request, send_stamped, stamp);
    else if (request->op == HF_OP_ENGINE_START)
        hf_postgresql_start(request, send_stamped, stamp);
    else if (request->op == HF_OP_DISK_CHECK)
        hf_disk_check(request, send_stamped, stamp);
    else if (request->op == HF_OP_NETWORK)
        hf_neighbours_watch(request, send_stamped, stamp);
    else if (request->op == HF_OP_CLIENTS)
        hf_clients_watch(request, send_stamped, stamp);
    else
        hf_postgresql_probe(request, send_stamped, stamp);
    if (!stamp->open || stamp->failed)
        return;
    hf_reply_fail(&end, HF_DRV_FAILED, 0, "%s ended by itself",
                  hf_driver_op_name((enum hf_driver_op)request->op));
    (void)send_stamped(stamp, &end);
}

void hf_driver_run(const struct hf_driver_request *request, hf_driver_reply_fn send, void *user)
{
    struct stamp stamp = {.request = request, .send = send, .user = user};
    struct hf_driver_reply reply = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &stamp.start);
    if (run_single(request, &reply))
        (void)send_stamped(&stamp, &reply);
    else
        run_stream(request, &stamp);
}

void hf_driver_warm_up(void)
{
    /* The name services bring libraries of their own. Everybody has this user. */
    struct hf_process_user user;
    (void)hf_process_find_user("root", &user);
}
