#include "driver/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int hf_disk_number(const char *device, dev_t *ret)
{
    struct stat st;
    if (stat(device, &st) < 0)
        return -errno;
    if (!S_ISBLK(st.st_mode))
        return -ENOTBLK;
    *ret = st.st_rdev;
    return 0;
}

int hf_disk_open(const char *device, int *ret_fd)
{
    dev_t number;
    int r = hf_disk_number(device, &number);
    if (r < 0)
        return r;
    int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

bool hf_disk_is_partition(dev_t number)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(number),
                   minor(number));
    return access(path, F_OK) == 0;
}

int hf_disk_in_use(const char *device, bool *ret)
{
    int fd = open(device, O_RDONLY | O_CLOEXEC | O_EXCL);
    *ret = fd < 0 && errno == EBUSY;
    if (fd < 0)
        return *ret ? 0 : -errno;
    (void)close(fd);
    return 0;
}

/* First line of a small file. */
static int read_line(const char *path, char *ret, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, ret, size - 1);
    int error = n < 0 ? -errno : 0;
    (void)close(fd);
    if (error < 0)
        return error;
    ret[n] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
    return ret[0] ? 0 : -ENODATA;
}

int hf_disk_identity(const char *device, char *ret, size_t size)
{
    /* SCSI, NVMe, multipath */
    static const char *const files[] = {"device/wwid", "wwid", "dm/uuid"};
    dev_t number;
    int r = hf_disk_number(device, &number);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[96];
        (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(number), minor(number),
                       files[i]);
        r = read_line(path, ret, size);
        if (r == 0)
            return 0;
    }
    return r;
}

int hf_disk_size(int fd, uint64_t *ret_bytes)
{
    return ioctl(fd, BLKGETSIZE64, ret_bytes) < 0 ? -errno : 0;
}

int hf_disk_flush(int fd)
{
    return ioctl(fd, BLKFLSBUF, 0) < 0 ? -errno : 0;
}

enum hf_driver_status hf_disk_status(int error)
{
    switch (-error) {
    case 0:
        return HF_DRV_OK;
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case ENOTBLK:
    case ENOMEDIUM:
        return HF_DRV_NO_DEVICE;
    case EOPNOTSUPP:
    case ENOTTY:
    case ENOSYS:
        return HF_DRV_UNSUPPORTED;
    case EBUSY:
        return HF_DRV_BUSY;
    case EIO:
    case EREMOTEIO:
    case ENOLINK:
    case ETIMEDOUT:
    case ENODATA:
    case EBADE:
        return HF_DRV_IO;
    default:
        return HF_DRV_FAILED;
    }
}

void hf_reply_fail(struct hf_driver_reply *reply, enum hf_driver_status status, int error,
                   const char *format, ...)
{
    va_list args;
    reply->status = status;
    reply->error = error < 0 ? -error : error;
    va_start(args, format);
    (void)vsnprintf(reply->text, sizeof(reply->text), format, args);
    va_end(args);
}
