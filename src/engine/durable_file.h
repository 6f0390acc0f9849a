/*
 * durable_file.h - writes a small file so that a power cut leaves the old or the new one, whole.
 */
#ifndef HF_ENGINE_DURABLE_FILE_H
#define HF_ENGINE_DURABLE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Writes path by way of a temporary file in the same folder: write, fsync, rename, fsync of the
 * folder. The folder must exist. On failure path is as it was. Returns 0 or a negative errno.
 */
int hf_durable_file_write(const char *path, const void *data, size_t length, mode_t mode);

/* Removes path and syncs its folder; a file that is not there is fine. */
int hf_durable_file_remove(const char *path);

#endif
