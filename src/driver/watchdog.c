#include "driver/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The device is open, and so armed: on failure it is stopped again. */
static int set_timeout(struct hf_watchdog *dog, unsigned timeout_s)
{
    int seconds = (int)timeout_s;
    if (ioctl(dog->fd, WDIOC_SETTIMEOUT, &seconds) < 0)
        return errno == EINVAL ? -ERANGE : -errno;
    dog->timeout_s = (unsigned)seconds;
    return dog->timeout_s == timeout_s ? 0 : -ERANGE;
}

int hf_watchdog_open(struct hf_watchdog *dog, const char *device, unsigned timeout_s)
{
    *dog = HF_WATCHDOG_NONE;
    int fd = open(device, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENODEV || errno == ENXIO ? -ENOENT : -errno;
    dog->fd = fd;
    int r = set_timeout(dog, timeout_s);
    if (r == 0)
        r = hf_watchdog_pet(dog);
    if (r < 0)
        (void)hf_watchdog_disarm(dog);
    return r;
}

int hf_watchdog_set(struct hf_watchdog *dog, unsigned timeout_s)
{
    return dog->fd < 0 ? 0 : set_timeout(dog, timeout_s);
}

int hf_watchdog_pet(struct hf_watchdog *dog)
{
    if (dog->fd < 0)
        return 0;
    return ioctl(dog->fd, WDIOC_KEEPALIVE, 0) < 0 ? -errno : 0;
}

/* Asks the driver to stop. Returns 0, -EPERM when it refuses for good, -EOPNOTSUPP when it is not
 * to be asked. */
static int stop(const struct hf_watchdog *dog)
{
    int options = WDIOS_DISABLECARD;
    if (ioctl(dog->fd, WDIOC_SETOPTIONS, &options) == 0)
        return 0;
    return errno == EBUSY ? -EPERM : -EOPNOTSUPP;
}

/* The magic close: a V written last, for drivers that know it. */
static int write_magic(const struct hf_watchdog *dog)
{
    struct watchdog_info info = {0};
    if (ioctl(dog->fd, WDIOC_GETSUPPORT, &info) < 0)
        return -errno;
    if (!(info.options & WDIOF_MAGICCLOSE))
        return -EPERM;
    return write(dog->fd, "V", 1) == 1 ? 0 : -errno;
}

int hf_watchdog_disarm(struct hf_watchdog *dog)
{
    if (dog->fd < 0)
        return 0;
    int r = stop(dog);
    if (r == -EPERM)
        return r;
    int magic = write_magic(dog);
    if (r == -EOPNOTSUPP && magic == -EPERM)
        return magic;
    (void)close(dog->fd);
    *dog = HF_WATCHDOG_NONE;
    return r == 0 ? 0 : magic;
}
