#include "engine/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t done = write(fd, data, length);
        if (done < 0 && errno != EINTR)
            return -errno;
        if (done > 0) {
            data += done;
            length -= (size_t)done;
        }
    }
    return 0;
}

static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof(folder))
        return -ENAMETOOLONG;
    memcpy(folder, path, length);
    folder[length] = '\0';
    const char *name = folder[0] ? folder : slash ? "/" : ".";
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

/* The mode is set before a byte of a secret is in the file. */
static int fill(int fd, const void *data, size_t length, mode_t mode)
{
    if (fchmod(fd, mode) < 0)
        return -errno;
    int rc = write_all(fd, data, length);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    return rc;
}

int hf_durable_file_write(const char *path, const void *data, size_t length, mode_t mode)
{
    char temporary[PATH_MAX];
    int size = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    if (size < 0 || (size_t)size >= sizeof(temporary))
        return -ENAMETOOLONG;
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fill(fd, data, length, mode);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(temporary, path) < 0)
        rc = -errno;
    if (rc < 0) {
        (void)unlink(temporary);
        return rc;
    }
    return sync_folder_of(path);
}

int hf_durable_file_remove(const char *path)
{
    if (unlink(path) == 0)
        return sync_folder_of(path);
    return errno == ENOENT ? 0 : -errno;
}
