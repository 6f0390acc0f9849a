/*
 * postgresql_settings.c - the server's command line: what Holdfast decides, and the instance's
 * settings ("key = value" lines; a value may stand in single quotes as in postgresql.conf).
 *
 * Options on the command line win over postgresql.conf and over ALTER SYSTEM, but no reload can
 * change them: settings that a degraded profile states as well stand in a file
 * (postgresql_profile.c). A setting that would move the server away from its address, socket or
 * data is refused.
 */
#include "driver/postgresql.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const owned_keys[] = {"listen_addresses", "port", "unix_socket_directories",
                                         "data_directory"};

/* Adds one argument. False: no room. */
__attribute__((format(printf, 2, 3))) static bool add(struct hf_postgresql_command *command,
                                                      const char *format, ...)
{
    va_list args;
    size_t room = sizeof(command->text) - command->used;
    if (command->count >= HF_POSTGRESQL_ARGS_MAX)
        return false;
    va_start(args, format);
    int n = vsnprintf(command->text + command->used, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room)
        return false;
    command->argv[command->count++] = command->text + command->used;
    command->argv[command->count] = NULL;
    command->used += (size_t)n + 1;
    return true;
}

static bool add_setting(struct hf_postgresql_command *command, const char *key, const char *value)
{
    return add(command, "-c") && add(command, "%s=%s", key, value);
}

static bool key_is_well_formed(const char *key)
{
    if (!isalpha((unsigned char)key[0]) && key[0] != '_')
        return false;
    for (const char *p = key; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '_' && *p != '.')
            return false;
    }
    return true;
}

bool hf_postgresql_key_in(const char *key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* 'it''s' -> it's; a value without quotes stays as it is. */
static char *unquote(char *value)
{
    size_t length = strlen(value);
    if (length < 2 || value[0] != '\'' || value[length - 1] != '\'')
        return value;
    value[length - 1] = '\0';
    char *out = ++value;
    for (const char *in = value; *in; in++) {
        *out++ = *in;
        if (in[0] == '\'' && in[1] == '\'')
            in++;
    }
    *out = '\0';
    return value;
}

static int refuse(struct hf_error *error, const char *key, const char *why)
{
    hf_error_set(error, "setting \"%s\"%s", key, why);
    return -EINVAL;
}

int hf_postgresql_next_setting(char **rest, struct hf_postgresql_setting *ret,
                               struct hf_error *error)
{
    char *line;
    while ((line = strsep(rest, "\n")) != NULL) {
        char *key = trim(line);
        if (key[0] == '\0' || key[0] == '#')
            continue;
        char *equals = strchr(key, '=');
        if (!equals)
            return refuse(error, key, ": \"key = value\" is wanted");
        *equals = '\0';
        ret->key = trim(key);
        ret->value = unquote(trim(equals + 1));
        if (!key_is_well_formed(ret->key))
            return refuse(error, ret->key, " is no name of a setting");
        if (hf_postgresql_key_in(ret->key, owned_keys, sizeof(owned_keys) / sizeof(*owned_keys)))
            return refuse(error, ret->key, " is Holdfast's: it follows from the instance");
        return 1;
    }
    return 0;
}

int hf_postgresql_find_setting(const char *settings, const char *key, char *ret, size_t size)
{
    char text[HF_DRIVER_SETTINGS_MAX];
    char *rest = text;
    struct hf_postgresql_setting setting;
    struct hf_error error;
    int r;
    bool found = false;
    (void)snprintf(text, sizeof(text), "%s", settings);
    while ((r = hf_postgresql_next_setting(&rest, &setting, &error)) > 0) {
        if (strcasecmp(setting.key, key) != 0)
            continue;
        found = true; /* the last one counts, as in postgresql.conf */
        if (ret)
            (void)snprintf(ret, size, "%s", setting.value);
    }
    return r < 0 ? r : found;
}

static int add_settings(struct hf_postgresql_command *command,
                        const struct hf_driver_request *request, struct hf_error *error)
{
    const struct hf_driver_engine *engine = &request->engine;
    char text[HF_DRIVER_SETTINGS_MAX];
    char *rest = text;
    struct hf_postgresql_setting setting;
    int r;
    (void)snprintf(text, sizeof(text), "%s", engine->settings);
    while ((r = hf_postgresql_next_setting(&rest, &setting, error)) > 0) {
        bool in_file = engine->degraded[0] &&
                       (strcasecmp(setting.key, "config_file") == 0 ||
                        hf_postgresql_find_setting(engine->degraded, setting.key, NULL, 0) > 0);
        if (!in_file && !add_setting(command, setting.key, setting.value)) {
            hf_error_set(error, "there are too many settings");
            return -EINVAL;
        }
    }
    return r;
}

/* The instance's settings come after our defaults and before what they may not change. */
int hf_postgresql_command(const struct hf_driver_request *request, unsigned version,
                          struct hf_postgresql_command *ret, struct hf_error *error)
{
    char sockets[HF_DRIVER_PATH_MAX];
    char profile[HF_DRIVER_PATH_MAX];
    char port[8];
    memset(ret, 0, sizeof(*ret));
    (void)snprintf(port, sizeof(port), "%u", request->engine.port);
    if (hf_postgresql_socket_directory(request->instance, sockets, sizeof(sockets)) < 0 ||
        hf_postgresql_profile_path(request->instance, profile, sizeof(profile)) < 0)
        return -EINVAL;
    bool fits = add(ret, "/usr/lib/postgresql/%u/bin/postgres", version) && add(ret, "-D") &&
                add(ret, "%s", request->engine.data) &&
                add_setting(ret, "cluster_name", request->instance);
    /* Older servers have only the slow way of syncing before a recovery. */
    if (fits && version >= 14)
        fits = add_setting(ret, "recovery_init_sync_method", "syncfs");
    int r = add_settings(ret, request, error);
    if (r < 0)
        return r;
    if (fits && request->engine.degraded[0])
        fits = add_setting(ret, "config_file", profile);
    if (fits && request->address[0])
        fits = add_setting(ret, "listen_addresses", request->address);
    if (fits && request->engine.port != 0)
        fits = add_setting(ret, "port", port);
    if (!fits || !add_setting(ret, "unix_socket_directories", sockets)) {
        hf_error_set(error, "the command line of %s is too long", request->instance);
        return -EINVAL;
    }
    return 0;
}
