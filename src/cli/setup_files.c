#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/setup.h"
#include "engine/corosync_conf.h"
#include "engine/durable_file.h"

static int remember(struct hf_setup_file *file)
{
    struct stat about;
    char piece[4096];
    hf_strbuf_init(&file->before);
    FILE *in = fopen(file->path, "re");
    if (!in)
        return errno == ENOENT ? 0 : -errno;
    int rc = fstat(fileno(in), &about) < 0 ? -errno : 0;
    for (size_t got; rc == 0 && (got = fread(piece, 1, sizeof(piece), in)) > 0;)
        hf_strbuf_add_bytes(&file->before, piece, got);
    if (rc == 0 && (ferror(in) || !hf_strbuf_ok(&file->before)))
        rc = -EIO;
    fclose(in);
    file->existed = true;
    file->mode_before = about.st_mode & 07777;
    return rc;
}

static int write_one(struct hf_setup_file *file, const char *path, const void *data, size_t length,
                     mode_t mode, struct hf_error *error)
{
    file->path = path;
    int rc = remember(file);
    if (rc == 0) {
        file->written = true; /* also when it failed halfway: undo puts it right */
        rc = hf_durable_file_write(path, data, length, mode);
    }
    if (rc < 0)
        hf_error_set(error, "cannot write %s: %s\n  Nothing was changed.", path, strerror(-rc));
    return rc;
}

static int make_folders(struct hf_error *error)
{
    static const char *const folders[] = {"/etc/corosync", "/etc/holdfast"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdir(folders[i], 0755) == 0 || errno == EEXIST)
            continue;
        int rc = -errno;
        hf_error_set(error, "cannot make %s: %s", folders[i], strerror(-rc));
        return rc;
    }
    return 0;
}

int hf_setup_files_write(struct hf_setup_files *files, const char *corosync_conf,
                         const uint8_t *key, size_t key_length, const struct hf_node_file *node,
                         struct hf_error *error)
{
    struct hf_strbuf text HF_STRBUF_CLEANUP;
    hf_strbuf_init(&text);
    hf_node_file_render(node, &text);
    for (unsigned i = 0; i < HF_SETUP_FILES; i++) {
        files->file[i] = (struct hf_setup_file){0};
        hf_strbuf_init(&files->file[i].before);
    }
    int rc = make_folders(error);
    if (rc == 0)
        rc = write_one(&files->file[0], HF_COROSYNC_KEY_PATH, key, key_length, 0400, error);
    if (rc == 0)
        rc = write_one(&files->file[1], HF_COROSYNC_CONF_PATH, corosync_conf, strlen(corosync_conf),
                       0644, error);
    if (rc == 0)
        rc = write_one(&files->file[2], HF_NODE_FILE_PATH, text.data, text.length, 0644, error);
    if (rc < 0)
        hf_setup_files_undo(files);
    return rc;
}

void hf_setup_files_undo(struct hf_setup_files *files)
{
    for (unsigned i = HF_SETUP_FILES; i-- > 0;) {
        struct hf_setup_file *file = &files->file[i];
        if (!file->written)
            continue;
        int rc = file->existed ? hf_durable_file_write(file->path, file->before.data,
                                                       file->before.length, file->mode_before)
                               : hf_durable_file_remove(file->path);
        if (rc < 0)
            fprintf(stderr, "holdfast: cannot put %s back as it was: %s\n", file->path,
                    strerror(-rc));
        file->written = false;
    }
}

void hf_setup_files_release(struct hf_setup_files *files)
{
    for (unsigned i = 0; i < HF_SETUP_FILES; i++) {
        struct hf_strbuf *before = &files->file[i].before;
        explicit_bzero(before->data, before->length);
        hf_strbuf_release(before);
    }
}
