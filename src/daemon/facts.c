/*
 * facts.c - what gathering the nodes' facts needs of the daemon: the group, the configuration, and
 * the program that reads the facts, which is installed beside holdfastd.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/daemon.h"

static int send_to_all(void *user, const void *data, size_t length)
{
    struct hf_daemon *daemon = user;
    return hf_engine_send(daemon->engine, data, length);
}

static char *configuration(void *user)
{
    struct hf_daemon *daemon = user;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    const struct hf_spec *spec = &hf_core_state(daemon->core)->spec;
    bool known = spec->nodes[daemon->node.id - 1].name[0]; /* else nothing was heard yet */
    hf_strbuf_init(&text);
    if (!known || hf_config_write(spec, &text) < 0 || !hf_strbuf_ok(&text))
        return NULL;
    return strdup(text.data);
}

static void answer(void *user, uint64_t connection, json_t *message, bool last)
{
    struct hf_daemon *daemon = user;
    (void)hf_control_reply(daemon->control, connection, message, last);
}

static const char *name_of(void *user, unsigned node)
{
    struct hf_daemon *daemon = user;
    const char *name = hf_core_state(daemon->core)->spec.nodes[node].name;
    return name[0] ? name : "a node without a name";
}

/* sbin/holdfastd and bin/holdfast of an installation; side by side where they are built. */
static const char *program(void)
{
    static char path[512];
    char own[400];
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash)
        *slash = '\0';
    (void)snprintf(path, sizeof(path), "%s/holdfast", own);
    if (access(path, X_OK) != 0)
        (void)snprintf(path, sizeof(path), "%s/../bin/holdfast", own);
    return path;
}

int hf_daemon_gather_new(struct hf_daemon *daemon)
{
    static const char *argv[] = {NULL, "inspect", "facts", "-", NULL};
    argv[0] = program();
    struct hf_gather_options options = {
        .argv = argv,
        .self = daemon->node.id - 1,
        .send = send_to_all,
        .configuration = configuration,
        .answer = answer,
        .name = name_of,
        .user = daemon,
    };
    return hf_gather_new(&daemon->loop, &options, &daemon->gather);
}
