/* gather_ask.c - asking all nodes for their facts, and putting together what they answer. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/control_reply.h"
#include "daemon/gather_impl.h"

static const char late[] =
    "it did not answer in time: it is overloaded, or a disk or a program there hangs";
static const char deaf[] = "it did not take the question: its holdfastd is of a version that does "
                           "not know it, or hangs";

void hf_gather_forget(struct hf_gather_ask *ask)
{
    if (!ask->id)
        return;
    (void)uv_timer_stop(&ask->timer);
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        hf_strbuf_release(&ask->nodes[n].text);
    free(ask->nodes);
    json_decref(ask->missing);
    ask->nodes = NULL;
    ask->missing = NULL;
    ask->id = 0;
}

/* ---- What is told ---- */

static json_t *waited_for(const struct hf_gather_ask *ask)
{
    json_t *names = json_array();
    const struct hf_gather_options *options = &ask->gather->options;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (ask->waiting >> n & 1)
            (void)json_array_append_new(names, hf_control_text(options->name(options->user, n)));
    return names;
}

/* Takes over event, which may be NULL. The connection may go, and the question with it. */
static void tell(struct hf_gather_ask *ask, json_t *event)
{
    const struct hf_gather_options *options = &ask->gather->options;
    (void)json_object_update_new(event, json_pack("{s:s, s:i, s:i, s:o}", "event", "facts", "heard",
                                                  (int)ask->heard, "of", (int)ask->of, "waiting",
                                                  waited_for(ask)));
    options->answer(options->user, ask->connection, event, false);
}

static void end_when_all(struct hf_gather_ask *ask)
{
    const struct hf_gather_options *options = &ask->gather->options;
    if (!ask->id || ask->waiting)
        return;
    json_t *message =
        hf_control_ok(json_pack("{s:i, s:O}", "heard", (int)ask->heard, "missing", ask->missing));
    uint64_t connection = ask->connection;
    hf_gather_forget(ask);
    options->answer(options->user, connection, message, true);
}

static void miss(struct hf_gather_ask *ask, unsigned node, const char *why)
{
    const struct hf_gather_options *options = &ask->gather->options;
    json_t *one =
        json_pack("{s:o, s:o}", "node", hf_control_text(options->name(options->user, node)), "why",
                  hf_control_text(why));
    ask->waiting &= ~(1ull << node);
    (void)json_array_append(ask->missing, one);
    tell(ask, json_copy(one));
    json_decref(one);
}

static void miss_all(struct hf_gather_ask *ask, uint64_t nodes, const char *why)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (ask->id && (ask->waiting & nodes) >> n & 1)
            miss(ask, n, why);
    end_when_all(ask);
}

/* ---- Asking ---- */

static uint64_t silent(const struct hf_gather_ask *ask)
{
    uint64_t nodes = 0;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (!ask->nodes[n].reading)
            nodes |= 1ull << n;
    return nodes;
}

static void time_passes(uv_timer_t *timer)
{
    struct hf_gather_ask *ask = timer->data;
    const struct hf_gather_options *options = &ask->gather->options;
    uint64_t passed_ms = uv_now(ask->gather->loop) - ask->begun_ms;
    uint64_t lost = passed_ms >= options->heard_ms ? ask->waiting & silent(ask) : 0;
    if (lost)
        miss_all(ask, lost, deaf);
    else if (passed_ms >= options->wait_ms)
        miss_all(ask, UINT64_MAX, late);
    else
        tell(ask, json_object());
}

void hf_gather_asks_init(struct hf_gather *gather)
{
    for (unsigned k = 0; k < HF_GATHER_ASKS; k++) {
        (void)uv_timer_init(gather->loop, &gather->asks[k].timer);
        gather->asks[k].gather = gather;
        gather->asks[k].timer.data = &gather->asks[k];
    }
}

static void refuse(struct hf_gather *gather, uint64_t connection, const char *code,
                   const char *text, const char *hint)
{
    gather->options.answer(gather->options.user, connection, hf_control_error(code, text, hint),
                           true);
}

static uint64_t draw(void)
{
    uint64_t id = 0;
    while (id == 0 && getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
        id = 0; /* interrupted while the kernel gathers its first */
    return id ? id : 1;
}

static bool prepare(struct hf_gather_ask *ask, uint64_t connection, uint64_t members)
{
    struct hf_gather_heard *nodes = calloc(HF_NODES_MAX, sizeof(*nodes));
    json_t *missing = json_array();
    if (!nodes || !missing) {
        free(nodes);
        json_decref(missing);
        return false;
    }
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        hf_strbuf_init(&nodes[n].text);
    ask->nodes = nodes;
    ask->missing = missing;
    ask->id = draw();
    ask->connection = connection;
    ask->waiting = members;
    ask->begun_ms = uv_now(ask->gather->loop);
    ask->heard = 0;
    ask->of = (unsigned)__builtin_popcountll(members);
    ask->asked_ms = hf_gather_wall_ms();
    return true;
}

static struct hf_gather_ask *find(struct hf_gather *gather, uint64_t id)
{
    for (unsigned k = 0; k < HF_GATHER_ASKS; k++)
        if (gather->asks[k].id == id)
            return &gather->asks[k];
    return NULL;
}

void hf_gather_ask(struct hf_gather *gather, uint64_t connection, uint64_t members)
{
    static const char look[] = "systemctl status corosync";
    struct hf_gather_ask *ask = find(gather, 0);
    uint32_t tell_ms = gather->options.tell_ms;
    if (!ask) {
        refuse(gather, connection, "busy", "the facts of all nodes are being gathered already",
               "wait until that has ended and try again");
        return;
    }
    if (!members) {
        refuse(gather, connection, "no-corosync", "this node has no connection to corosync", look);
        return;
    }
    if (!prepare(ask, connection, members)) {
        refuse(gather, connection, "internal", "holdfastd had no memory to ask the nodes",
               "Look at the memory of this node: free -m");
        return;
    }
    struct hf_gather_message message = {.type = HF_GATHER_ASK, .id = ask->id};
    if (hf_gather_send(gather, &message) < 0) {
        hf_gather_forget(ask);
        refuse(gather, connection, "no-corosync", "corosync did not take the question", look);
        return;
    }
    (void)uv_timer_start(&ask->timer, time_passes, tell_ms, tell_ms);
    tell(ask, json_object());
}

/* ---- Taking the answers ---- */

void hf_gather_take_heard(struct hf_gather *gather, unsigned node,
                          const struct hf_gather_message *message)
{
    struct hf_gather_ask *ask = find(gather, message->id);
    if (!ask || !(ask->waiting >> node & 1))
        return;
    struct hf_gather_heard *heard = &ask->nodes[node];
    heard->reading = message->reading;
    heard->clock_ms = (json_int_t)message->clock_ms;
    heard->heard_ms = hf_gather_wall_ms();
}

static void take_whole(struct hf_gather_ask *ask, unsigned node)
{
    const struct hf_gather_options *options = &ask->gather->options;
    struct hf_gather_heard *heard = &ask->nodes[node];
    json_t *name = hf_control_text(options->name(options->user, node));
    json_t *facts = hf_strbuf_ok(&heard->text)
                        ? json_loadb(heard->text.data, heard->text.length, 0, NULL)
                        : NULL;
    hf_strbuf_release(&heard->text);
    hf_strbuf_init(&heard->text);
    if (!json_is_object(facts)) {
        json_decref(facts);
        json_decref(name);
        miss(ask, node, "its answer cannot be read");
        return;
    }
    (void)json_object_set_new(facts, "gathered",
                              json_pack("{s:O, s:I, s:I, s:I}", "node", name, "asked_ms",
                                        ask->asked_ms, "heard_ms", heard->heard_ms, "clock_ms",
                                        heard->clock_ms));
    ask->waiting &= ~(1ull << node);
    ask->heard++;
    tell(ask, json_pack("{s:o, s:o}", "node", name, "facts", facts));
}

static void take_reason(struct hf_gather_ask *ask, unsigned node,
                        const struct hf_gather_message *message)
{
    char why[200] = "";
    size_t length = message->length < sizeof(why) - 1 ? message->length : sizeof(why) - 1;
    memcpy(why, message->bytes, length);
    miss(ask, node, why);
}

static void take_one(struct hf_gather_ask *ask, unsigned node,
                     const struct hf_gather_message *message)
{
    struct hf_gather_heard *heard = &ask->nodes[node];
    if (message->parts == 0) {
        take_reason(ask, node, message);
    } else if (message->part != heard->next) {
        miss(ask, node, "a part of its answer is missing");
    } else {
        hf_strbuf_add_bytes(&heard->text, message->bytes, message->length);
        heard->next++;
        if (heard->next == message->parts)
            take_whole(ask, node);
    }
    end_when_all(ask);
}

void hf_gather_take_part(struct hf_gather *gather, unsigned node,
                         const struct hf_gather_message *message)
{
    for (unsigned k = 0; k < HF_GATHER_ASKS; k++) {
        struct hf_gather_ask *ask = &gather->asks[k];
        if (ask->id && ask->waiting >> node & 1 && ask->nodes[node].reading == message->id)
            take_one(ask, node, message);
    }
}

void hf_gather_asks_members(struct hf_gather *gather, uint64_t members)
{
    for (unsigned k = 0; k < HF_GATHER_ASKS; k++)
        if (gather->asks[k].id)
            miss_all(&gather->asks[k], ~members,
                     members ? "it left the cluster while it was asked"
                             : "this node lost its connection to corosync while it asked");
}

void hf_gather_closed(struct hf_gather *gather, uint64_t connection)
{
    for (unsigned k = 0; k < HF_GATHER_ASKS; k++)
        if (gather->asks[k].id && gather->asks[k].connection == connection)
            hf_gather_forget(&gather->asks[k]);
}
