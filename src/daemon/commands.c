/*
 * commands.c - what comes over the control socket (and from joining nodes), and what goes back.
 *
 * Questions are answered from the state at once. Commands become requests of the core; they are
 * answered when the core says that they are durable, or refused; one that follows hears of each
 * step of its instances until its end is reached.
 */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "daemon/apply.h"
#include "daemon/control_reply.h"
#include "daemon/daemon.h"
#include "daemon/status.h"

static struct hf_command *find_command(struct hf_daemon *daemon, uint64_t id)
{
    for (unsigned c = 0; c < HF_DAEMON_COMMANDS_MAX; c++) {
        if (daemon->commands[c].id == id)
            return &daemon->commands[c];
    }
    return NULL;
}

static void answer(struct hf_daemon *daemon, uint64_t connection, json_t *message)
{
    (void)hf_control_reply(daemon->control, connection, message, true);
}

/* A line that is not the last. */
static void say(struct hf_daemon *daemon, uint64_t connection, const char *event)
{
    struct hf_status_input input;
    hf_daemon_status_input(daemon, &input);
    (void)hf_control_reply(
        daemon->control, connection,
        json_pack("{s:s, s:I}", "event", event, "time_ms", (json_int_t)input.wall_ms), false);
}

static struct hf_command *new_command(struct hf_daemon *daemon, uint64_t connection)
{
    struct hf_command *command = find_command(daemon, 0);
    if (!command) {
        answer(daemon, connection,
               hf_control_error("busy", "too many commands are under way on this node",
                                "wait until some have ended and try again"));
        return NULL;
    }
    memset(command, 0, sizeof(*command));
    command->id = ++daemon->last_request;
    command->connection = connection;
    return command;
}

static uint16_t find_instance(struct hf_daemon *daemon, uint64_t connection, const char *name)
{
    uint16_t i = hf_spec_find_instance(&hf_core_state(daemon->core)->spec, name);
    if (i == HF_INSTANCE_NONE)
        answer(daemon, connection,
               hf_control_errorf("unknown-instance", "`holdfast status` lists the instances",
                                 "there is no instance %s", name));
    return i;
}

static uint8_t find_node(struct hf_daemon *daemon, uint64_t connection, const char *name)
{
    uint8_t n = hf_spec_find_node(&hf_core_state(daemon->core)->spec, name);
    if (n == HF_NODE_NONE)
        answer(daemon, connection,
               hf_control_errorf("unknown-node", "`holdfast status` lists the nodes",
                                 "there is no node %s", name));
    return n;
}

static void submit(struct hf_daemon *daemon, struct hf_command *command,
                   const struct hf_event_request *request)
{
    struct hf_event event = {.type = HF_EVENT_REQUEST, .request = *request};
    event.request.id = command->id;
    hf_daemon_step(daemon, &event);
}

static void command_on_instance(struct hf_daemon *daemon, uint64_t connection,
                                const struct hf_control_request *request, enum hf_verb verb)
{
    uint16_t i = find_instance(daemon, connection, request->instance);
    uint8_t node = HF_NODE_NONE;
    if (i == HF_INSTANCE_NONE)
        return;
    if (request->node[0] && (node = find_node(daemon, connection, request->node)) == HF_NODE_NONE)
        return;
    struct hf_command *command = new_command(daemon, connection);
    if (!command)
        return;
    command->follows = request->follow;
    hf_control_follow_begin(&command->follow, request->verb, i, node, hf_core_state(daemon->core));
    submit(daemon, command,
           &(struct hf_event_request){
               .verb = (uint8_t)verb, .force = request->force, .instance = i, .node = node});
}

static void command_on_node(struct hf_daemon *daemon, uint64_t connection,
                            const struct hf_control_request *request, enum hf_verb verb)
{
    uint8_t node = find_node(daemon, connection, request->node);
    struct hf_command *command = node == HF_NODE_NONE ? NULL : new_command(daemon, connection);
    if (!command)
        return;
    command->follows = request->follow;
    hf_control_follow_begin(&command->follow, request->verb, HF_INSTANCE_NONE, node,
                            hf_core_state(daemon->core));
    submit(daemon, command,
           &(struct hf_event_request){.verb = (uint8_t)verb,
                                      .force = request->force,
                                      .instance = HF_INSTANCE_NONE,
                                      .node = node});
}

static void command_apply(struct hf_daemon *daemon, uint64_t connection,
                          const struct hf_control_request *request)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    struct hf_apply apply;
    json_t *refused = hf_apply_prepare(state, request, &apply);
    if (refused) {
        answer(daemon, connection, refused);
        return;
    }
    bool nothing = json_array_size(apply.changes) == 0;
    struct hf_command *command = NULL;
    if (request->dry_run || nothing)
        answer(daemon, connection, hf_control_ok(json_pack("{s:O}", "changes", apply.changes)));
    else
        command = new_command(daemon, connection);
    if (command) {
        command->changes = json_incref(apply.changes);
        submit(daemon, command,
               &(struct hf_event_request){.verb = HF_VERB_APPLY,
                                          .force = request->force,
                                          .instance = HF_INSTANCE_NONE,
                                          .node = HF_NODE_NONE,
                                          .config_version = state->config_version,
                                          .spec = apply.spec});
    }
    hf_apply_release(&apply);
}

static void answer_export(struct hf_daemon *daemon, uint64_t connection)
{
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    if (hf_config_write(&hf_core_state(daemon->core)->spec, &text) < 0 || !hf_strbuf_ok(&text))
        answer(daemon, connection, NULL);
    else
        answer(daemon, connection,
               hf_control_ok(json_pack("{s:o}", "text", hf_control_text(text.data))));
}

static void answer_token(struct hf_daemon *daemon, uint64_t connection,
                         const struct hf_control_request *request)
{
    const struct hf_node_spec *self =
        &hf_core_state(daemon->core)->spec.nodes[hf_core_self(daemon->core)];
    const char *addresses[] = {self->private_address, self->public_address};
    struct hf_strbuf HF_STRBUF_CLEANUP token;
    struct hf_error error = {""};
    hf_strbuf_init(&token);
    if (!self->name[0]) {
        answer(daemon, connection,
               hf_control_error("not-synced", "this node is not yet a member of a cluster",
                                "`holdfast status` shows what it waits for"));
        return;
    }
    int rc = hf_join_server_token(daemon->join, request->ttl_s, addresses, 2, HF_JOIN_PORT, &token,
                                  &error);
    json_t *message = rc < 0 ? hf_control_error("token", error.text, NULL)
                             : hf_control_ok(json_pack("{s:s, s:i}", "token", token.data, "ttl_s",
                                                       (int)request->ttl_s));
    if (token.length)
        explicit_bzero(token.data, token.length);
    answer(daemon, connection, message);
}

static void answer_history(struct hf_daemon *daemon, uint64_t connection,
                           const struct hf_control_request *request)
{
    uint16_t i = HF_INSTANCE_NONE;
    if (request->instance[0] &&
        (i = find_instance(daemon, connection, request->instance)) == HF_INSTANCE_NONE)
        return;
    answer(daemon, connection,
           hf_control_ok(hf_history_json(hf_core_state(daemon->core), i, request->count)));
}

static void answer_why(struct hf_daemon *daemon, uint64_t connection,
                       const struct hf_control_request *request)
{
    struct hf_status_input input;
    uint16_t i = find_instance(daemon, connection, request->instance);
    if (i == HF_INSTANCE_NONE)
        return;
    hf_daemon_status_input(daemon, &input);
    answer(daemon, connection, hf_control_ok(hf_why_json(&input, i)));
}

static void answer_status(struct hf_daemon *daemon, uint64_t connection)
{
    struct hf_status_input input;
    hf_daemon_status_input(daemon, &input);
    answer(daemon, connection, hf_status_reply(&input));
}

static void subscribe(struct hf_daemon *daemon, uint64_t connection)
{
    struct hf_command *command = new_command(daemon, connection);
    if (!command)
        return;
    command->subscribed = true;
    say(daemon, connection, "subscribed");
}

/* Whoever looks later for why a failure was not carried finds it in the log. */
static void log_override(const struct hf_control_request *request)
{
    const char *subject = request->instance[0] ? request->instance
                          : request->node[0]   ? request->node
                                               : request->file_name;
    hf_log("%s %s: an administrator overrides policy.survive", hf_control_verb_word(request->verb),
           subject);
}

void hf_daemon_control(void *user, uint64_t connection, const json_t *json)
{
    struct hf_daemon *daemon = user;
    struct hf_control_request request;
    struct hf_error error;
    if (hf_control_parse(json, &request, &error) < 0) {
        answer(daemon, connection, hf_control_error("bad-request", error.text, NULL));
        return;
    }
    if (request.override_survive)
        log_override(&request);
    switch (request.verb) {
    case HF_CONTROL_STATUS:
        answer_status(daemon, connection);
        return;
    case HF_CONTROL_SUBSCRIBE:
        subscribe(daemon, connection);
        return;
    case HF_CONTROL_WHY:
        answer_why(daemon, connection, &request);
        return;
    case HF_CONTROL_HISTORY:
        answer_history(daemon, connection, &request);
        return;
    case HF_CONTROL_DEMAND:
        hf_demand_answer(daemon, connection, &request);
        return;
    case HF_CONTROL_EXPORT:
        answer_export(daemon, connection);
        return;
    case HF_CONTROL_APPLY:
        command_apply(daemon, connection, &request);
        return;
    case HF_CONTROL_TOKEN:
        answer_token(daemon, connection, &request);
        return;
    case HF_CONTROL_MOVE:
        command_on_instance(daemon, connection, &request, HF_VERB_MOVE);
        return;
    case HF_CONTROL_ONLINE:
        command_on_instance(daemon, connection, &request, HF_VERB_ONLINE);
        return;
    case HF_CONTROL_OFFLINE:
        command_on_instance(daemon, connection, &request, HF_VERB_OFFLINE);
        return;
    case HF_CONTROL_DRAIN:
        command_on_node(daemon, connection, &request, HF_VERB_DRAIN);
        return;
    case HF_CONTROL_RESUME:
        command_on_node(daemon, connection, &request, HF_VERB_RESUME);
        return;
    case HF_CONTROL_CONFIRM_FENCED:
        command_on_node(daemon, connection, &request, HF_VERB_CONFIRM_FENCED);
        return;
    case HF_CONTROL_FACTS:
        hf_gather_ask(daemon->gather, connection, daemon->group);
        return;
    case HF_CONTROL_VERBS:
        break;
    }
    answer(daemon, connection, hf_control_error("bad-request", "unknown verb", NULL));
}

static void end_command(struct hf_command *command)
{
    json_decref(command->changes);
    memset(command, 0, sizeof(*command));
}

void hf_daemon_control_closed(void *user, uint64_t connection)
{
    struct hf_daemon *daemon = user;
    hf_gather_closed(daemon->gather, connection);
    for (unsigned c = 0; c < HF_DAEMON_COMMANDS_MAX; c++) {
        if (daemon->commands[c].id && daemon->commands[c].connection == connection)
            end_command(&daemon->commands[c]);
    }
}

void hf_daemon_join_request(void *user, struct hf_join_conn *conn,
                            const struct hf_join_request *request)
{
    struct hf_daemon *daemon = user;
    struct hf_command *command = find_command(daemon, 0);
    if (!command) {
        hf_join_answer(conn, -EBUSY, NULL, "too many commands are under way; try again");
        return;
    }
    memset(command, 0, sizeof(*command));
    command->id = ++daemon->last_request;
    command->join = conn;
    struct hf_event_request out = {
        .verb = HF_VERB_JOIN, .instance = HF_INSTANCE_NONE, .node = HF_NODE_NONE};
    (void)snprintf(out.text, sizeof(out.text), "%s", request->name);
    (void)snprintf(out.address, sizeof(out.address), "%s", request->public_address);
    (void)snprintf(out.address2, sizeof(out.address2), "%s", request->private_address);
    submit(daemon, command, &out);
}

static void reply_to_join(struct hf_daemon *daemon, struct hf_join_conn *conn,
                          const struct hf_action *action)
{
    char text[512];
    if (action->ok) {
        hf_daemon_answer_join(daemon, conn, action->reason.node);
        return;
    }
    (void)hf_reason_text(&action->reason, &hf_core_state(daemon->core)->spec, text, sizeof(text));
    hf_join_answer(conn, -EACCES, NULL, text);
}

static json_t *accepted(const struct hf_command *command)
{
    if (command->changes)
        return hf_control_ok(json_pack("{s:O}", "changes", command->changes));
    return hf_control_ok(NULL);
}

/* The core's answer to a command. */
void hf_daemon_reply(struct hf_daemon *daemon, const struct hf_action *action)
{
    struct hf_command *command = action->id ? find_command(daemon, action->id) : NULL;
    if (!command)
        return;
    if (command->join) {
        struct hf_join_conn *conn = command->join;
        end_command(command);
        reply_to_join(daemon, conn, action);
        return;
    }
    if (action->ok && command->follows && action->reason.code != HF_REASON_UNCHANGED) {
        command->accepted = true; /* its end is told when it is reached */
        say(daemon, command->connection, "accepted");
        return;
    }
    uint64_t connection = command->connection;
    json_t *message = action->ok
                          ? accepted(command)
                          : hf_control_refusal(&action->reason, &hf_core_state(daemon->core)->spec,
                                               command->follow.instance);
    end_command(command);
    answer(daemon, connection, message);
}

static void tell_event(void *user, uint16_t instance, uint8_t node, json_t *line)
{
    struct hf_daemon *daemon = user;
    (void)node;
    for (unsigned c = 0; c < HF_DAEMON_COMMANDS_MAX; c++) {
        struct hf_command *command = &daemon->commands[c];
        if (!command->id || !command->connection)
            continue;
        bool wanted = command->subscribed ||
                      (command->follows && hf_control_follow_wants(&command->follow, instance));
        if (wanted)
            (void)hf_control_reply(daemon->control, command->connection, json_incref(line), false);
    }
}

/* After each step of the core: what changed, and which commands have reached their end. */
void hf_daemon_tell(struct hf_daemon *daemon)
{
    struct hf_status_input input;
    hf_daemon_status_input(daemon, &input);
    hf_control_events_step(daemon->seen, &input, tell_event, daemon);
    for (unsigned c = 0; c < HF_DAEMON_COMMANDS_MAX; c++) {
        struct hf_command *command = &daemon->commands[c];
        if (!command->id || !command->accepted)
            continue;
        json_t *end = hf_control_follow_end(&command->follow, hf_core_state(daemon->core));
        if (!end)
            continue;
        uint64_t connection = command->connection;
        end_command(command);
        answer(daemon, connection, end);
    }
}
