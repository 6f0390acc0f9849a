/*
 * reservation.c - take the disks of an instance, give them up.
 *
 * Happy path of acquire, per disk: read keys and reservation, register our key, preempt and abort
 * the old owner's (or reserve, when nobody holds the disk), read back: only our key is registered
 * and it holds the reservation. From then on the array refuses the old owner's writes.
 * reservation_rules.h has the decision; each step is atomic in the array.
 *
 * Failure modes: a later generation has the disk -> HF_DRV_NEWER; another cluster's key ->
 * HF_DRV_FOREIGN; this node still holds the disk from an earlier ownership (its old writes would
 * get through again) -> HF_DRV_BUSY; the disk is gone -> HF_DRV_NO_DEVICE; it cannot do persistent
 * reservations -> HF_DRV_UNSUPPORTED; it answers with errors -> HF_DRV_IO; others keep changing it
 * -> HF_DRV_FAILED. After a failure no registration that this acquire made is left on any disk; the
 * one exception, a disk that no longer answers, is named in the text.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/reservation_device.h"
#include "driver/reservation_rules.h"

/* Steps per disk: one per leftover key, and some for others that change the disk meanwhile. */
#define STEPS_MAX (HF_RESERVATION_KEYS_MAX + 32u)

/* One disk on its way to be ours. */
struct taking {
    const char *device;
    int fd;
    uint64_t ours;
    uint64_t preempted; /* holder that was displaced, 0 = none */
    bool registered;
};

static uint64_t key_of(const struct hf_driver_request *request)
{
    return hf_key_make(request->cluster_tag, request->node, request->generation);
}

static void refuse(const struct taking *disk, struct hf_reservation_move move,
                   struct hf_driver_reply *reply)
{
    bool foreign = move.step == HF_STEP_FOREIGN;
    reply->key = move.key;
    reply->generation = foreign ? 0 : hf_key_generation(move.key);
    if (foreign)
        hf_reply_fail(reply, HF_DRV_FOREIGN, 0,
                      "%s: reservation key 0x%016llx is not of this cluster", disk->device,
                      (unsigned long long)move.key);
    else
        hf_reply_fail(reply, HF_DRV_NEWER, 0, "%s: node %u has it with generation %u, ours is %u",
                      disk->device, hf_key_node(move.key), hf_key_generation(move.key),
                      hf_key_generation(disk->ours));
}

static const char *step_name(enum hf_reservation_step step)
{
    switch (step) {
    case HF_STEP_DONE:
        return "verify";
    case HF_STEP_REGISTER:
        return "register";
    case HF_STEP_RESERVE:
        return "reserve";
    case HF_STEP_RELEASE:
        return "release";
    case HF_STEP_PREEMPT:
        return "preempt and abort";
    case HF_STEP_NEWER:
    case HF_STEP_FOREIGN:
        break;
    }
    return "refuse";
}

static void command_failed(const struct taking *disk, const char *command, int error,
                           struct hf_driver_reply *reply)
{
    /* CHECK CONDITION, illegal request: the target does not know the command or its APTPL bit. */
    enum hf_driver_status status = error == -EINVAL ? HF_DRV_UNSUPPORTED : hf_disk_status(error);
    hf_reply_fail(
        reply, status, error, "%s: %s failed: %s%s", disk->device, command, strerror(-error),
        status == HF_DRV_UNSUPPORTED
            ? "; the disk must do persistent reservations with APTPL and PREEMPT AND ABORT"
            : "");
}

/* Does one step. Returns 0, HF_PR_CONFLICT (look again) or a negative errno. */
static int do_step(struct taking *disk, struct hf_reservation_move move, bool held_by_other)
{
    int r = -EINVAL;
    switch (move.step) {
    case HF_STEP_REGISTER:
        disk->registered = true; /* also when the answer got lost */
        return hf_pr_register(disk->fd, disk->ours);
    case HF_STEP_RESERVE:
        return hf_pr_reserve(disk->fd, disk->ours);
    case HF_STEP_RELEASE:
        return hf_pr_release(disk->fd, disk->ours);
    case HF_STEP_PREEMPT:
        r = hf_pr_preempt(disk->fd, disk->ours, move.key);
        if (r == 0 && held_by_other)
            disk->preempted = move.key;
        return r;
    case HF_STEP_DONE:
    case HF_STEP_NEWER:
    case HF_STEP_FOREIGN:
        break;
    }
    return r;
}

/* Takes the registration back; the reservation goes with it. */
static void undo(struct taking *disk, struct hf_driver_reply *reply)
{
    if (!disk->registered)
        return;
    (void)hf_pr_release(disk->fd, disk->ours);
    int r = hf_pr_unregister(disk->fd, disk->ours);
    disk->registered = false;
    size_t used = strlen(reply->text);
    if (r < 0)
        (void)snprintf(reply->text + used, sizeof(reply->text) - used,
                       "; our key may be left on %s: %s", disk->device, strerror(-r));
}

/* Reads, decides and does until the disk is ours or must not be. */
static bool take(struct taking *disk, struct hf_driver_reply *reply)
{
    struct hf_reservation_state state = {0};
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        int r = hf_pr_read(disk->fd, &state);
        if (r < 0) {
            command_failed(disk, "read of keys and reservation", r, reply);
            return false;
        }
        struct hf_reservation_move move = hf_reservation_next(&state, disk->ours, disk->registered);
        if (move.step == HF_STEP_DONE)
            return true;
        if (move.step == HF_STEP_NEWER || move.step == HF_STEP_FOREIGN) {
            refuse(disk, move, reply);
            return false;
        }
        r = do_step(disk, move, move.key == state.holder);
        if (r < 0) {
            command_failed(disk, step_name(move.step), r, reply);
            return false;
        }
    }
    hf_reply_fail(reply, HF_DRV_FAILED, EAGAIN, "%s: other nodes keep changing its keys",
                  disk->device);
    return false;
}

/* Is any key of this node registered, so that nobody has fenced it since? */
static bool never_fenced(const struct taking *disk)
{
    struct hf_reservation_state state = {0};
    if (hf_pr_read_keys(disk->fd, &state) < 0)
        return false;
    for (uint32_t i = 0; i < state.key_count; i++) {
        if (hf_key_cluster(state.keys[i]) == hf_key_cluster(disk->ours) &&
            hf_key_node(state.keys[i]) == hf_key_node(disk->ours))
            return true;
    }
    return false;
}

/*
 * A file system of an earlier ownership that still lives on this node would write again as soon as
 * the key is back: it must be gone. Blocks it left in the cache are dropped while the array still
 * refuses to store them. An instance that is adopted has its key and its mount: that is fine.
 */
static bool drop_past(const struct taking *disk, struct hf_driver_reply *reply)
{
    bool in_use = false;
    if (never_fenced(disk))
        return true;
    int r = hf_disk_in_use(disk->device, &in_use);
    if (r == 0 && !in_use) {
        (void)hf_disk_flush(disk->fd);
        return true;
    }
    if (r == 0)
        hf_reply_fail(reply, HF_DRV_BUSY, EBUSY,
                      "%s is still in use on this node from before: unmount it first",
                      disk->device);
    else
        command_failed(disk, "open", r, reply);
    return false;
}

static bool open_disk(struct taking *disk, struct hf_driver_reply *reply)
{
    dev_t number;
    int r = hf_disk_open(disk->device, &disk->fd);
    if (r < 0) {
        hf_reply_fail(reply, hf_disk_status(r), r, "%s: %s", disk->device, strerror(-r));
        return false;
    }
    if (hf_disk_number(disk->device, &number) == 0 && hf_disk_is_partition(number)) {
        hf_reply_fail(reply, HF_DRV_UNSUPPORTED, 0,
                      "%s is a partition; reservations are of whole disks: name the whole disk",
                      disk->device);
        return false;
    }
    return true;
}

static bool open_disks(const struct hf_driver_request *request, struct taking *disks,
                       struct hf_driver_reply *reply)
{
    for (uint32_t i = 0; i < request->disk_count; i++)
        disks[i] =
            (struct taking){.device = request->disks[i].device, .fd = -1, .ours = key_of(request)};
    for (uint32_t i = 0; i < request->disk_count; i++) {
        if (!open_disk(&disks[i], reply))
            return false;
    }
    return true;
}

static void close_disks(const struct hf_driver_request *request, const struct taking *disks)
{
    for (uint32_t i = 0; i < request->disk_count; i++) {
        if (disks[i].fd >= 0)
            (void)close(disks[i].fd);
    }
}

static bool take_all(const struct hf_driver_request *request, struct taking *disks,
                     struct hf_driver_reply *reply)
{
    for (uint32_t i = 0; i < request->disk_count; i++) {
        if (!drop_past(&disks[i], reply))
            return false;
    }
    for (uint32_t i = 0; i < request->disk_count; i++) {
        if (!take(&disks[i], reply))
            return false;
    }
    return true;
}

static bool request_ok(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    if (request->disk_count <= HF_DRIVER_DISKS_MAX && key_of(request) != 0)
        return true;
    hf_reply_fail(reply, HF_DRV_FAILED, EINVAL, "bad request: %u disks, key 0x%016llx",
                  request->disk_count, (unsigned long long)key_of(request));
    return false;
}

void hf_reservation_acquire(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    struct taking disks[HF_DRIVER_DISKS_MAX];
    reply->status = HF_DRV_OK;
    if (!request_ok(request, reply))
        return;
    if (open_disks(request, disks, reply) && take_all(request, disks, reply)) {
        reply->key = request->disk_count ? disks[0].preempted : 0;
        reply->generation = hf_key_generation(reply->key);
        if (reply->key)
            (void)snprintf(reply->text, sizeof(reply->text), "taken from node %u, generation %u",
                           hf_key_node(reply->key), reply->generation);
    } else {
        for (uint32_t i = request->disk_count; i-- > 0;)
            undo(&disks[i], reply);
    }
    close_disks(request, disks);
}

/* A key of this node that this request may take back: not one of a later acquire. */
static bool is_releasable(uint64_t key, uint64_t ours)
{
    return hf_key_cluster(key) == hf_key_cluster(ours) && hf_key_node(key) == hf_key_node(ours) &&
           hf_key_generation(key) <= hf_key_generation(ours);
}

/* Returns 0 when no releasable key is left, else a negative errno. */
static int release_disk(const char *device, uint64_t ours)
{
    struct hf_reservation_state state = {0};
    int fd;
    int r = hf_disk_open(device, &fd);
    if (r < 0)
        return r;
    r = hf_pr_read_keys(fd, &state);
    for (uint32_t i = 0; r == 0 && i < state.key_count; i++) {
        if (!is_releasable(state.keys[i], ours))
            continue;
        (void)hf_pr_release(fd, state.keys[i]);
        int removed = hf_pr_unregister(fd, state.keys[i]);
        r = removed < 0 ? removed : 0; /* a conflict: another path's, or preempted meanwhile */
    }
    (void)close(fd);
    return r;
}

void hf_reservation_release(const struct hf_driver_request *request, struct hf_driver_reply *reply)
{
    reply->status = HF_DRV_OK;
    if (!request_ok(request, reply))
        return;
    for (uint32_t i = request->disk_count; i-- > 0;) {
        const char *device = request->disks[i].device;
        int r = release_disk(device, key_of(request));
        if (r < 0)
            hf_reply_fail(reply, hf_disk_status(r), r, "%s: release failed: %s", device,
                          strerror(-r));
    }
}
