#include "driver/reservation_device.h"

#include <errno.h>
#include <linux/pr.h>
#include <linux/types.h>
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>

/* Headers older than the kernel that runs do not have the reading ioctls. */
#ifndef IOC_PR_READ_KEYS
struct pr_read_keys {
    __u32 generation;
    __u32 num_keys;
    __u64 keys_ptr;
};

struct pr_read_reservation {
    __u64 key;
    __u32 generation;
    __u32 type;
};

#define IOC_PR_READ_KEYS _IOWR('p', 206, struct pr_read_keys)
#define IOC_PR_READ_RESERVATION _IOR('p', 207, struct pr_read_reservation)
#endif

#define SG_TIMEOUT_MS 3000u
#define SCSI_CHECK_CONDITION 0x02
#define SCSI_RESERVATION_CONFLICT 0x18
#define NVME_RESERVATION_CONFLICT 0x83
#define SENSE_ILLEGAL_REQUEST 0x05
#define SENSE_UNIT_ATTENTION 0x06
#define PR_IN_READ_KEYS 0x00
#define PR_IN_READ_RESERVATION 0x01

/* Answer of an IOC_PR_* ioctl: 0, -1 with errno, or the status of the SCSI or NVMe command. */
static int pr_result(int r)
{
    if (r == 0)
        return 0;
    if (r == SCSI_RESERVATION_CONFLICT || r == NVME_RESERVATION_CONFLICT)
        return HF_PR_CONFLICT;
    return r < 0 ? -errno : -EIO;
}

int hf_pr_register(int fd, uint64_t key)
{
    struct pr_registration args = {.new_key = key, .flags = PR_FL_IGNORE_KEY};
    int r = pr_result(ioctl(fd, IOC_PR_REGISTER, &args));
    return r == -EIO ? pr_result(ioctl(fd, IOC_PR_REGISTER, &args)) : r;
}

int hf_pr_unregister(int fd, uint64_t key)
{
    struct pr_registration args = {.old_key = key};
    return pr_result(ioctl(fd, IOC_PR_REGISTER, &args));
}

int hf_pr_reserve(int fd, uint64_t key)
{
    struct pr_reservation args = {.key = key, .type = PR_WRITE_EXCLUSIVE_REG_ONLY};
    return pr_result(ioctl(fd, IOC_PR_RESERVE, &args));
}

int hf_pr_release(int fd, uint64_t key)
{
    struct pr_reservation args = {.key = key, .type = PR_WRITE_EXCLUSIVE_REG_ONLY};
    return pr_result(ioctl(fd, IOC_PR_RELEASE, &args));
}

/* The kernel hands old_key on as the key of the one who asks, and new_key as the one to be thrown
 * out, for SCSI and NVMe alike; its documentation reads the other way round. */
int hf_pr_preempt(int fd, uint64_t ours, uint64_t theirs)
{
    struct pr_preempt args = {
        .old_key = ours, .new_key = theirs, .type = PR_WRITE_EXCLUSIVE_REG_ONLY};
    return pr_result(ioctl(fd, IOC_PR_PREEMPT_ABORT, &args));
}

static uint64_t get_be(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Sense key of fixed (70h, 71h) and descriptor (72h, 73h) sense data. */
static int sense_key(const uint8_t *sense)
{
    int code = sense[0] & 0x7f;
    return (code >= 0x72 ? sense[1] : sense[2]) & 0x0f;
}

static int sg_result(const struct sg_io_hdr *io)
{
    if (io->status == SCSI_CHECK_CONDITION) {
        int key = sense_key(io->sbp);
        if (key == SENSE_UNIT_ATTENTION)
            return -EAGAIN;
        return key == SENSE_ILLEGAL_REQUEST ? -EOPNOTSUPP : -EIO;
    }
    return io->status || io->host_status || io->driver_status ? -EIO : 0;
}

static int sg_once(int fd, uint8_t action, uint8_t *answer, uint16_t size)
{
    uint8_t sense[64] = {0};
    uint8_t command[10] = {0x5e, action, 0, 0, 0, 0, 0, (uint8_t)(size >> 8), (uint8_t)size, 0};
    struct sg_io_hdr io = {
        .interface_id = 'S',
        .dxfer_direction = SG_DXFER_FROM_DEV,
        .cmd_len = sizeof(command),
        .cmdp = command,
        .mx_sb_len = sizeof(sense),
        .sbp = sense,
        .dxfer_len = size,
        .dxferp = answer,
        .timeout = SG_TIMEOUT_MS,
    };
    memset(answer, 0, size);
    if (ioctl(fd, SG_IO, &io) < 0)
        return errno == ENOTTY || errno == EINVAL ? -EOPNOTSUPP : -errno;
    return sg_result(&io);
}

/* PERSISTENT RESERVE IN. A unit attention tells what we are about to read anyway. */
static int sg_read(int fd, uint8_t action, uint8_t *answer, uint16_t size)
{
    int r = -EAGAIN;
    for (int i = 0; i < 4 && r == -EAGAIN; i++)
        r = sg_once(fd, action, answer, size);
    return r == -EAGAIN ? -EIO : r;
}

static int sg_read_keys(int fd, struct hf_reservation_state *ret)
{
    uint8_t answer[8 + 8 * HF_RESERVATION_KEYS_MAX];
    int r = sg_read(fd, PR_IN_READ_KEYS, answer, sizeof(answer));
    if (r < 0)
        return r;
    uint64_t count = get_be(answer + 4, 4) / 8;
    if (count > HF_RESERVATION_KEYS_MAX)
        return -E2BIG;
    ret->changes = (uint32_t)get_be(answer, 4);
    ret->key_count = (uint32_t)count;
    for (uint32_t i = 0; i < ret->key_count; i++)
        ret->keys[i] = get_be(answer + 8 + 8 * (size_t)i, 8);
    return 0;
}

/* Types as SCSI numbers them, to the kernel's. */
static uint32_t type_of_scsi(uint8_t type)
{
    static const uint8_t types[9] = {
        [1] = PR_WRITE_EXCLUSIVE,          [3] = PR_EXCLUSIVE_ACCESS,
        [5] = PR_WRITE_EXCLUSIVE_REG_ONLY, [6] = PR_EXCLUSIVE_ACCESS_REG_ONLY,
        [7] = PR_WRITE_EXCLUSIVE_ALL_REGS, [8] = PR_EXCLUSIVE_ACCESS_ALL_REGS};
    return type < sizeof(types) && types[type] ? types[type] : UINT32_MAX;
}

static int sg_read_reservation(int fd, struct hf_reservation_state *ret)
{
    uint8_t answer[64];
    int r = sg_read(fd, PR_IN_READ_RESERVATION, answer, sizeof(answer));
    if (r < 0)
        return r;
    bool held = get_be(answer + 4, 4) >= 16;
    ret->holder = held ? get_be(answer + 8, 8) : 0;
    ret->type = held ? type_of_scsi(answer[21] & 0x0f) : 0;
    return 0;
}

/* Does the kernel, or the disk's driver in it, not know the ioctl? */
static bool ioctl_missing(int r)
{
    return r == -ENOTTY || r == -EINVAL || r == -EOPNOTSUPP;
}

int hf_pr_read_keys(int fd, struct hf_reservation_state *ret)
{
    struct pr_read_keys args = {.num_keys = HF_RESERVATION_KEYS_MAX,
                                .keys_ptr = (uintptr_t)ret->keys};
    int r = pr_result(ioctl(fd, IOC_PR_READ_KEYS, &args));
    if (ioctl_missing(r))
        return sg_read_keys(fd, ret);
    if (r != 0)
        return r < 0 ? r : -EIO;
    if (args.num_keys > HF_RESERVATION_KEYS_MAX)
        return -E2BIG;
    ret->changes = args.generation;
    ret->key_count = args.num_keys;
    return 0;
}

int hf_pr_read(int fd, struct hf_reservation_state *ret)
{
    struct pr_read_reservation args = {0};
    int r = hf_pr_read_keys(fd, ret);
    if (r < 0)
        return r;
    r = pr_result(ioctl(fd, IOC_PR_READ_RESERVATION, &args));
    if (ioctl_missing(r))
        return sg_read_reservation(fd, ret);
    if (r != 0)
        return r < 0 ? r : -EIO;
    ret->holder = args.key;
    ret->type = args.type;
    return 0;
}
