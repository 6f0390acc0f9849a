#include "daemon/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/gather_impl.h"

json_int_t hf_gather_wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int hf_gather_send(struct hf_gather *gather, const struct hf_gather_message *message)
{
    uint8_t data[HF_GATHER_MESSAGE_MAX];
    return gather->options.send(gather->options.user, data, hf_gather_write(message, data));
}

bool hf_gather_message(struct hf_gather *gather, unsigned node, const void *data, size_t length)
{
    struct hf_gather_message message;
    if (!hf_gather_is_ours(data, length))
        return false;
    if (node >= HF_NODES_MAX || !hf_gather_read(data, length, &message))
        return true; /* of a version to come: not for us */
    switch ((enum hf_gather_type)message.type) {
    case HF_GATHER_ASK:
        hf_gather_be_asked(gather, message.id);
        return true;
    case HF_GATHER_HEARD:
        hf_gather_take_heard(gather, node, &message);
        return true;
    case HF_GATHER_PART:
        hf_gather_take_part(gather, node, &message);
        if (node == gather->options.self)
            hf_gather_was_sent(gather, &message);
        return true;
    }
    return true;
}

void hf_gather_members(struct hf_gather *gather, uint64_t members)
{
    hf_gather_asks_members(gather, members);
    if (!members)
        hf_gather_answer_drop(gather);
}

static void set_unless(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

int hf_gather_new(uv_loop_t *loop, const struct hf_gather_options *options, struct hf_gather **ret)
{
    struct hf_gather *gather = calloc(1, sizeof(*gather));
    if (!gather)
        return -ENOMEM;
    gather->loop = loop;
    gather->options = *options;
    set_unless(&gather->options.wait_ms, HF_GATHER_WAIT_MS);
    set_unless(&gather->options.heard_ms, HF_GATHER_HEARD_MS);
    set_unless(&gather->options.tell_ms, HF_GATHER_TELL_MS);
    set_unless(&gather->options.program_ms, HF_GATHER_PROGRAM_MS);
    hf_strbuf_init(&gather->answer.text);
    hf_gather_asks_init(gather);
    *ret = gather;
    return 0;
}

static void timer_closed(uv_handle_t *handle)
{
    struct hf_gather_ask *ask = handle->data;
    struct hf_gather *gather = ask->gather;
    if (--gather->closing == 0)
        free(gather);
}

void hf_gather_free(struct hf_gather *gather)
{
    if (!gather)
        return;
    hf_gather_answer_end(gather);
    gather->closing = HF_GATHER_ASKS;
    for (unsigned k = 0; k < HF_GATHER_ASKS; k++) {
        hf_gather_forget(&gather->asks[k]);
        uv_close((uv_handle_t *)&gather->asks[k].timer, timer_closed);
    }
}
