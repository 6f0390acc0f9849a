/*
 * gather_answer.c - answering who asks for this node's facts: one reading at a time, for all who
 * asked before it began, and then sent part by part. The next part is sent when the one before has
 * come back, so that the core's own messages never wait behind more than one.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/gather_impl.h"

static void begin(struct hf_gather *gather);

static void rest(struct hf_gather *gather)
{
    struct hf_gather_answer *answer = &gather->answer;
    answer->state = HF_GATHER_RESTS;
    hf_strbuf_release(&answer->text);
    hf_strbuf_init(&answer->text);
    if (answer->again)
        begin(gather);
}

static uint16_t parts_of(const struct hf_gather_answer *answer)
{
    size_t parts = (answer->text.length + HF_GATHER_PART_BYTES - 1) / HF_GATHER_PART_BYTES;
    return answer->good ? (uint16_t)parts : 0;
}

/* What corosync does not take is missed by who asked, in time. */
static int send_part(struct hf_gather *gather)
{
    const struct hf_gather_answer *answer = &gather->answer;
    size_t at = (size_t)answer->part * HF_GATHER_PART_BYTES;
    size_t left = answer->text.length - at;
    struct hf_gather_message message = {
        .type = HF_GATHER_PART,
        .id = answer->reading,
        .part = answer->part,
        .parts = parts_of(answer),
        .bytes = (const uint8_t *)answer->text.data + at,
        .length = left < HF_GATHER_PART_BYTES ? left : HF_GATHER_PART_BYTES,
    };
    return hf_gather_send(gather, &message);
}

static void send_all(struct hf_gather *gather, const char *text, size_t length, bool good)
{
    struct hf_gather_answer *answer = &gather->answer;
    answer->state = HF_GATHER_SENDS;
    answer->good = good;
    answer->part = 0;
    hf_strbuf_clear(&answer->text);
    hf_strbuf_add_bytes(&answer->text, text, length);
    if (!hf_strbuf_ok(&answer->text) || send_part(gather) < 0)
        rest(gather);
}

static void send_reason(struct hf_gather *gather, const char *why)
{
    send_all(gather, why, strlen(why), false);
}

void hf_gather_was_sent(struct hf_gather *gather, const struct hf_gather_message *message)
{
    struct hf_gather_answer *answer = &gather->answer;
    if (answer->state != HF_GATHER_SENDS || message->id != answer->reading ||
        message->part != answer->part)
        return;
    answer->part++;
    if (answer->part >= parts_of(answer) || send_part(gather) < 0)
        rest(gather);
}

static void was_read(void *user, const struct hf_strbuf *out, const char *why)
{
    struct hf_gather *gather = user;
    if (why)
        send_reason(gather, why);
    else if (out->length == 0)
        send_reason(gather, "reading the facts gave nothing");
    else
        send_all(gather, out->data, out->length, true);
}

static void program_gone(void *user)
{
    struct hf_gather *gather = user;
    gather->answer.program = NULL;
}

static void begin(struct hf_gather *gather)
{
    struct hf_gather_answer *answer = &gather->answer;
    const struct hf_gather_options *options = &gather->options;
    answer->state = HF_GATHER_READS;
    answer->reading++;
    answer->again = false;
    if (answer->program) {
        send_reason(gather, "an earlier reading of its facts was killed and still hangs in the "
                            "kernel, most likely on a disk that does not answer");
        return;
    }
    char *configuration = options->configuration(options->user);
    if (!configuration) {
        send_reason(gather, "it does not have the cluster's configuration yet; `holdfast status` "
                            "there says what it waits for");
        return;
    }
    int rc =
        hf_gather_program_start(gather->loop, options->argv, configuration, options->program_ms,
                                was_read, program_gone, gather, &answer->program);
    free(configuration);
    if (rc < 0)
        send_reason(gather, "the program that reads the facts (holdfast) cannot be started there");
}

void hf_gather_be_asked(struct hf_gather *gather, uint64_t id)
{
    struct hf_gather_answer *answer = &gather->answer;
    struct hf_gather_message heard = {.type = HF_GATHER_HEARD, .id = id};
    heard.clock_ms = (uint64_t)hf_gather_wall_ms();
    heard.reading = answer->reading + 1;
    if (hf_gather_send(gather, &heard) < 0)
        return;
    if (answer->state == HF_GATHER_RESTS)
        begin(gather);
    else
        answer->again = true;
}

/* corosync is lost, and with it who asked. A reading under way ends by itself. */
void hf_gather_answer_drop(struct hf_gather *gather)
{
    gather->answer.again = false;
    if (gather->answer.state == HF_GATHER_SENDS)
        rest(gather);
}

void hf_gather_answer_end(struct hf_gather *gather)
{
    hf_gather_program_cancel(gather->answer.program);
    hf_strbuf_release(&gather->answer.text);
}
