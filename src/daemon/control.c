#include "daemon/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "daemon/control_impl.h"
#include "daemon/control_reply.h"

#define BACKLOG 64

void hf_control_release(struct hf_control *control)
{
    if (control->freeing && !control->check.running && control->handles == 0 && control->count == 0)
        free(control);
}

static void own_handle_closed(uv_handle_t *handle)
{
    struct hf_control *control = handle->data;
    control->handles--;
    hf_control_release(control);
}

static void on_timer(uv_timer_t *timer)
{
    struct hf_control *control = timer->data;
    uint64_t now_ms = uv_now(control->loop);
    struct hf_conn *next = NULL;
    for (struct hf_conn *conn = control->connections; conn; conn = next) {
        next = conn->next;
        hf_conn_tick(conn, now_ms);
    }
    if (control->count == 0)
        (void)uv_timer_stop(timer);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct hf_control *control = server->data;
    if (status < 0 || control->freeing)
        return;
    hf_conn_accept(control);
    if (!uv_is_active((uv_handle_t *)&control->timer))
        (void)uv_timer_start(&control->timer, on_timer, HF_CONTROL_TICK_MS, HF_CONTROL_TICK_MS);
}

/* Whether somebody listens on the socket file that is there. */
static bool is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool served = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
    (void)close(fd);
    return served;
}

static int make_room(const char *path, struct hf_error *error)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    (void)snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = '\0';
        if (mkdir(folder, 0755) < 0 && errno != EEXIST) {
            int r = -errno;
            hf_error_set(error, "cannot make the folder %s: %s", folder, strerror(-r));
            return r;
        }
    }
    if (is_served(path)) {
        hf_error_set(error, "another holdfastd answers on %s; only one may run on a node", path);
        return -EADDRINUSE;
    }
    if (unlink(path) < 0 && errno != ENOENT) {
        int r = -errno;
        hf_error_set(error, "cannot replace the old socket %s: %s", path, strerror(-r));
        return r;
    }
    return 0;
}

static int listen_on(struct hf_control *control, struct hf_error *error)
{
    int r = make_room(control->path, error);
    if (r < 0)
        return r;
    r = uv_pipe_bind(&control->pipe, control->path);
    if (r == 0 && chmod(control->path, 0666) < 0)
        r = -errno;
    if (r == 0)
        r = uv_listen((uv_stream_t *)&control->pipe, BACKLOG, on_connection);
    if (r < 0)
        hf_error_set(error, "cannot listen on %s: %s", control->path, uv_strerror(r));
    return r;
}

static void take_options(struct hf_control *control, const struct hf_control_options *options)
{
    struct hf_control_options *own = &control->options;
    *own = *options;
    own->request_max = own->request_max ? own->request_max : 4u << 20;
    own->queue_max = own->queue_max ? own->queue_max : 8u << 20;
    own->idle_ms = own->idle_ms ? own->idle_ms : 60000;
    own->stall_ms = own->stall_ms ? own->stall_ms : 20000;
    own->connections_max = own->connections_max ? own->connections_max : 64;
    (void)snprintf(control->group, sizeof(control->group), "%s",
                   own->group ? own->group : HF_CONTROL_GROUP);
}

int hf_control_new(uv_loop_t *loop, const struct hf_control_options *options,
                   struct hf_control **ret, struct hf_error *error)
{
    HF_ASSERT(options->handler);
    const char *path = options->path ? options->path : HF_CONTROL_SOCKET;
    struct hf_control *control = calloc(1, sizeof(*control));
    if (!control)
        return -ENOMEM;
    if (strlen(path) >= sizeof(control->path)) {
        hf_error_set(error, "the path of the control socket is too long: %s", path);
        free(control);
        return -ENAMETOOLONG;
    }
    (void)snprintf(control->path, sizeof(control->path), "%s", path);
    control->loop = loop;
    take_options(control, options);
    (void)uv_pipe_init(loop, &control->pipe, 0);
    (void)uv_timer_init(loop, &control->timer);
    control->pipe.data = control;
    control->timer.data = control;
    control->handles = 2;
    int r = listen_on(control, error);
    if (r < 0) {
        control->path[0] = '\0';
        hf_control_free(control);
        return r;
    }
    *ret = control;
    return 0;
}

void hf_control_free(struct hf_control *control)
{
    if (!control || control->freeing)
        return;
    control->freeing = true;
    if (control->path[0])
        (void)unlink(control->path);
    struct hf_conn *next = NULL;
    for (struct hf_conn *conn = control->connections; conn; conn = next) {
        next = conn->next;
        hf_conn_close(conn);
    }
    uv_close((uv_handle_t *)&control->pipe, own_handle_closed);
    uv_close((uv_handle_t *)&control->timer, own_handle_closed);
}
