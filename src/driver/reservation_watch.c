/*
 * reservation_watch.c - is our key still on the disks?
 *
 * Happy path: every interval the keys of each disk are read, which also is the sign that its path
 * works; HF_DRV_OK goes out on the first look and then once a second.
 * Failure modes: our key is gone, or another key holds the reservation -> HF_DRV_KEY_LOST at once,
 * and again every second while that lasts; a disk answers with errors or is gone -> HF_DRV_IO, and
 * the watch goes on. A disk that does not answer at all keeps this worker waiting: the signs of
 * life stop, and the daemon judges their absence.
 */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/reservation_device.h"
#include "driver/reservation_rules.h"

#define SIGN_OF_LIFE_MS 1000
#define INTERVAL_MS_DEFAULT 250u

struct watched {
    const char *device;
    int fd; /* -1 = to be opened */
    bool confirmed;
    uint32_t changes; /* of the last time the reservation was confirmed */
};

struct watch {
    uint64_t ours;
    uint32_t count;
    struct watched disks[HF_DRIVER_DISKS_MAX];
    enum hf_driver_status sent;
    int64_t sent_ms;
    bool ever_sent;
};

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads one disk: 0, HF_PR_CONFLICT when it is not ours, or a negative errno. */
static int look(struct watched *disk, uint64_t ours)
{
    struct hf_reservation_state state = {0};
    int r = disk->fd < 0 ? hf_disk_open(disk->device, &disk->fd) : 0;
    if (r == 0)
        r = hf_pr_read_keys(disk->fd, &state);
    if (r < 0)
        return r;
    if (!hf_reservation_registered(&state, ours))
        return HF_PR_CONFLICT;
    /* While nobody registered or preempted, a registrants only reservation stays where it is. */
    if (disk->confirmed && state.changes == disk->changes)
        return 0;
    r = hf_pr_read(disk->fd, &state);
    if (r < 0)
        return r;
    disk->confirmed = state.type != 0 && state.holder == ours;
    disk->changes = state.changes;
    return disk->confirmed ? 0 : HF_PR_CONFLICT;
}

/* A disk that fails is opened anew next time: it may have come back under another number. */
static void give_up(struct watched *disk)
{
    if (disk->fd >= 0)
        (void)close(disk->fd);
    disk->fd = -1;
    disk->confirmed = false;
}

/* A lost key outweighs an error of another disk. */
static void look_at_all(struct watch *watch, struct hf_driver_reply *reply)
{
    reply->status = HF_DRV_OK;
    for (uint32_t i = 0; i < watch->count; i++) {
        struct watched *disk = &watch->disks[i];
        int r = look(disk, watch->ours);
        if (r == HF_PR_CONFLICT) {
            hf_reply_fail(reply, HF_DRV_KEY_LOST, 0, "%s: our key is gone", disk->device);
            return;
        }
        if (r < 0) {
            hf_reply_fail(reply, HF_DRV_IO, r, "%s: %s", disk->device, strerror(-r));
            give_up(disk);
        }
    }
}

/* Sends what changed at once, what stays the same once a second. */
static int report(struct watch *watch, const struct hf_driver_reply *reply, hf_driver_reply_fn send,
                  void *user)
{
    int64_t now = now_ms();
    bool same = watch->ever_sent && watch->sent == reply->status;
    if (same && now - watch->sent_ms < SIGN_OF_LIFE_MS)
        return 0;
    watch->ever_sent = true;
    watch->sent = reply->status;
    watch->sent_ms = now;
    return send(user, reply);
}

static int timer_start(uint32_t interval_ms)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct timespec every = {.tv_sec = interval_ms / 1000,
                             .tv_nsec = (long)(interval_ms % 1000) * 1000000};
    struct itimerspec timer = {.it_interval = every, .it_value = every};
    if (timerfd_settime(fd, 0, &timer, NULL) == 0)
        return fd;
    int r = -errno;
    (void)close(fd);
    return r;
}

static void watch_init(struct watch *watch, const struct hf_driver_request *request)
{
    *watch = (struct watch){
        .ours = hf_key_make(request->cluster_tag, request->node, request->generation)};
    watch->count =
        request->disk_count < HF_DRIVER_DISKS_MAX ? request->disk_count : HF_DRIVER_DISKS_MAX;
    for (uint32_t i = 0; i < watch->count; i++)
        watch->disks[i] = (struct watched){.device = request->disks[i].device, .fd = -1};
}

void hf_reservation_watch(const struct hf_driver_request *request, hf_driver_reply_fn send,
                          void *user)
{
    struct watch watch;
    uint64_t ticks;
    uint32_t interval = request->interval_ms ? request->interval_ms : INTERVAL_MS_DEFAULT;
    int r = 0;
    watch_init(&watch, request);
    int timer = timer_start(interval < SIGN_OF_LIFE_MS ? interval : SIGN_OF_LIFE_MS);
    if (timer < 0) {
        struct hf_driver_reply reply = {0};
        hf_reply_fail(&reply, HF_DRV_FAILED, timer, "timer: %s", strerror(-timer));
        (void)send(user, &reply);
        return;
    }
    while (r == 0) {
        struct hf_driver_reply reply = {.more = true};
        look_at_all(&watch, &reply);
        r = report(&watch, &reply, send, user);
        if (r == 0 && read(timer, &ticks, sizeof(ticks)) < 0 && errno != EINTR)
            r = -errno;
    }
    for (uint32_t i = 0; i < watch.count; i++)
        give_up(&watch.disks[i]);
    (void)close(timer);
}
