/*
 * Requests of the control socket, one a line: each gives a checked request or a reply that says
 * what is wrong; every reply is one line of well-formed JSON; an accepted request, written again
 * from the structure, is accepted as the same.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "daemon/control_parse.h"
#include "daemon/control_reply.h"
#include "target.h"

/* What goes out on the socket, taken in as a client does. Takes over message. */
static void check_reply(json_t *message)
{
    HF_ASSERT(message);
    char *text = json_dumps(message, JSON_COMPACT);
    HF_ASSERT(text && !strpbrk(text, "\n\r"));
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    HF_ASSERT(again && json_equal(message, again));
    HF_ASSERT(json_is_boolean(json_object_get(again, "ok")));
    if (json_is_false(json_object_get(again, "ok"))) {
        const json_t *error = json_object_get(again, "error");
        HF_ASSERT(json_string_length(json_object_get(error, "code")) > 0);
        HF_ASSERT(json_string_length(json_object_get(error, "text")) > 0);
    }
    json_decref(again);
    json_decref(message);
    free(text);
}

static bool is_name(const char *text)
{
    if (!memchr(text, '\0', HF_NAME_MAX))
        return false;
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

static void check_bounds(const struct hf_control_request *request)
{
    HF_ASSERT(request->verb < HF_CONTROL_VERBS);
    HF_ASSERT(is_name(request->instance) && is_name(request->node));
    HF_ASSERT(request->count >= 1 && request->count <= HF_HISTORY_MAX);
    HF_ASSERT(request->ttl_s >= 1 && request->ttl_s <= 86400);
    HF_ASSERT(request->per < HF_MEASURE_LEVELS);
    HF_ASSERT(request->file_name[0] &&
              memchr(request->file_name, '\0', sizeof(request->file_name)));
    HF_ASSERT((request->verb == HF_CONTROL_APPLY) == (request->text != NULL));
    HF_ASSERT(!request->text || strlen(request->text) == request->text_length);
}

static void set(json_t *object, const json_t *asked, const char *key, json_t *value)
{
    if (json_object_get(asked, key))
        HF_ASSERT(json_object_set_new(object, key, value) == 0);
    else
        json_decref(value);
}

/* The request as JSON again, from what was understood of it. */
static json_t *write_again(const json_t *asked, const struct hf_control_request *request)
{
    json_t *object = json_object();
    set(object, asked, "verb", json_string(hf_control_verb_word(request->verb)));
    set(object, asked, "instance", json_string(request->instance));
    set(object, asked, "node", json_string(request->node));
    set(object, asked, "force", json_boolean(request->force));
    set(object, asked, "follow", json_boolean(request->follow));
    set(object, asked, "override_survive", json_boolean(request->override_survive));
    set(object, asked, "dry_run", json_boolean(request->dry_run));
    set(object, asked, "ttl_s", json_integer(request->ttl_s));
    set(object, asked, "count", json_integer(request->count));
    set(object, asked, "per", json_string(hf_measure_level_word(request->per)));
    set(object, asked, "file_name", json_string(request->file_name));
    if (request->text)
        set(object, asked, "text", json_stringn(request->text, request->text_length));
    return object;
}

static void check_accepted(const json_t *asked, const struct hf_control_request *request)
{
    check_bounds(request);
    json_t *again = write_again(asked, request);
    HF_ASSERT(json_equal(asked, again));
    json_decref(again);
    check_reply(hf_control_ok(json_pack("{s:s}", "verb", hf_control_verb_word(request->verb))));
}

static void take_line(const char *line, size_t length)
{
    json_error_t fault;
    json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &fault);
    struct hf_control_request request;
    struct hf_error error = {""};
    if (!json) {
        check_reply(hf_control_errorf("bad-request", "One JSON object a line is wanted.",
                                      "the request is not a JSON object: %s", fault.text));
        return;
    }
    int rc = hf_control_parse(json, &request, &error);
    HF_ASSERT(rc == 0 || rc == -EINVAL);
    HF_ASSERT((rc < 0) == (error.text[0] != '\0'));
    if (rc == 0)
        check_accepted(json, &request);
    else
        check_reply(hf_control_error("bad-request", error.text, NULL));
    json_decref(json);
}

/* Words of drivers and engines go into answers as they came. */
static void check_text(const char *text)
{
    json_t *value = hf_control_text(text);
    HF_ASSERT(json_is_string(value) && json_string_length(value) == strlen(text));
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    HF_ASSERT(text);
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - text) - at : size - at;
        take_line(text + at, length);
        at += length + 1;
    }
    check_text(text);
    free(text);
    return 0;
}
