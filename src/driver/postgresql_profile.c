/*
 * postgresql_profile.c - the configuration file of an instance that has a degraded profile.
 *
 * It includes the server's own postgresql.conf and then states what the profile is about: the
 * profile's values while the instance shares a node, else those of the instance's settings. The
 * server is started with config_file = this file, so that a reload can change them: what stands
 * on its command line, no reload can. Instances without a profile have no such file.
 *
 * Values are quoted as PostgreSQL's configuration files want it (documentation 15, 20.1.2: a quote
 * is doubled, a backslash would escape). A key cannot be include, or move a file.
 * Failure modes: a negative errno with a text; the file is replaced as a whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/postgresql.h"

#define NAME "postgresql.conf"
#define NEW_NAME "postgresql.conf.new"

/* Words of the file's own, and settings that would lead to other files. */
static const char *const other_files[] = {"include",          "include_dir", "include_if_exists",
                                          "config_file",      "hba_file",    "ident_file",
                                          "external_pid_file"};

int hf_postgresql_profile_path(const char *instance, char *ret, size_t size)
{
    int n = snprintf(ret, size, "%s/%s/" NAME, HF_POSTGRESQL_RUN, instance);
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int add_quoted(struct hf_strbuf *out, const char *value, struct hf_error *error)
{
    hf_strbuf_add(out, "'");
    for (const char *c = value; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            hf_error_set(error, "a value of a setting has a control character");
            return -EINVAL;
        }
        if (*c == '\'' || *c == '\\')
            hf_strbuf_add_bytes(out, c, 1);
        hf_strbuf_add_bytes(out, c, 1);
    }
    hf_strbuf_add(out, "'\n");
    return 0;
}

static int add_include(const struct hf_driver_engine *engine, struct hf_strbuf *out,
                       struct hf_error *error)
{
    char base[HF_DRIVER_SETTINGS_MAX];
    if (hf_postgresql_find_setting(engine->settings, "config_file", base, sizeof(base)) <= 0)
        (void)snprintf(base, sizeof(base), "%s/" NAME, engine->data);
    hf_strbuf_add(out, "include ");
    return add_quoted(out, base, error);
}

/* The lines of settings whose key is in the profile. */
static int add_lines(const struct hf_driver_engine *engine, const char *settings,
                     struct hf_strbuf *out, struct hf_error *error)
{
    char text[HF_DRIVER_SETTINGS_MAX];
    char *rest = text;
    struct hf_postgresql_setting setting;
    int r;
    (void)snprintf(text, sizeof(text), "%s", settings);
    while ((r = hf_postgresql_next_setting(&rest, &setting, error)) > 0) {
        if (hf_postgresql_find_setting(engine->degraded, setting.key, NULL, 0) <= 0)
            continue;
        if (hf_postgresql_key_in(setting.key, other_files,
                                 sizeof(other_files) / sizeof(*other_files))) {
            hf_error_set(error, "setting \"%s\" cannot be part of a degraded profile", setting.key);
            return -EINVAL;
        }
        hf_strbuf_addf(out, "%s = ", setting.key);
        r = add_quoted(out, setting.value, error);
        if (r < 0)
            break;
    }
    return r;
}

int hf_postgresql_profile_render(const struct hf_driver_request *request, struct hf_strbuf *out,
                                 struct hf_error *error)
{
    const struct hf_driver_engine *engine = &request->engine;
    hf_strbuf_addf(out,
                   "# Written by Holdfast for %s: %s. Changes by hand are overwritten;\n"
                   "# what is settled here stands in cluster.yaml, the rest in the file below.\n",
                   request->instance,
                   request->degraded ? "it shares a node, so its degraded profile holds"
                                     : "its full size");
    int r = add_include(engine, out, error);
    if (r == 0)
        r = add_lines(engine, request->degraded ? engine->degraded : engine->settings, out, error);
    if (r == 0 && !hf_strbuf_ok(out)) {
        hf_error_set(error, "out of memory");
        r = -ENOMEM;
    }
    return r;
}

static int replace(int folder, const struct hf_strbuf *text)
{
    (void)unlinkat(folder, NEW_NAME, 0);
    int fd = openat(folder, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    int r = fchmod(fd, 0644) < 0 ? -errno : 0;
    ssize_t n = r == 0 ? write(fd, text->data, text->length) : 0;
    if (r == 0 && n != (ssize_t)text->length)
        r = n < 0 ? -errno : -ENOSPC;
    (void)close(fd);
    if (r == 0 && renameat(folder, NEW_NAME, folder, NAME) < 0)
        r = -errno;
    return r;
}

int hf_postgresql_profile_write(const struct hf_driver_request *request,
                                const struct hf_process_user *user, struct hf_error *error)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    if (!request->engine.degraded[0])
        return 0;
    int r = hf_postgresql_profile_render(request, &text, error);
    if (r < 0)
        return r;
    int folder = hf_postgresql_open_run(request->instance, user);
    r = folder < 0 ? folder : replace(folder, &text);
    if (folder >= 0)
        (void)close(folder);
    if (r < 0)
        hf_error_set(error, "%s/%s/" NAME " cannot be written: %s", HF_POSTGRESQL_RUN,
                     request->instance, strerror(-r));
    return r;
}
