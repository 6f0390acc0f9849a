/*
 * The side messages by which nodes ask each other for facts: what can be read is written again and
 * read as the same. Then a series of them reaches a node that asks, and answers: every connection
 * is answered at most once, and a node's answer is taken once.
 *
 * Input: messages of one byte of length x 4, one of the sender, and bytes. In them the number that
 * the node drew for its question stands for all ones, which nobody could guess.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/gather.h"
#include "daemon/gather_wire.h"
#include "target.h"

#define MEMBERS 7ull
#define SELF 0u
#define CONNECTION 5u

static struct hf_gather *gather;
static uint64_t asked_id, told; /* told: nodes of which an event said something */
static unsigned ends;

static int send_one(void *user, const void *data, size_t length)
{
    struct hf_gather_message message;
    (void)user;
    HF_ASSERT(hf_gather_read(data, length, &message));
    if (message.type == HF_GATHER_ASK)
        asked_id = message.id;
    return 0;
}

static char *configuration(void *user)
{
    (void)user;
    return NULL; /* nothing is started */
}

static const char *name(void *user, unsigned node)
{
    static char text[8];
    (void)user;
    HF_ASSERT(node < 64);
    text[0] = (char)('0' + node % 8);
    return text;
}

static void answer(void *user, uint64_t connection, json_t *message, bool last)
{
    (void)user;
    HF_ASSERT(connection == CONNECTION && message && ends == 0);
    const char *node = json_string_value(json_object_get(message, "node"));
    if (node) {
        uint64_t bit = 1ull << (node[0] - '0');
        HF_ASSERT(MEMBERS & bit && !(told & bit));
        told |= bit;
        HF_ASSERT(json_is_object(json_object_get(message, "facts")) !=
                  json_is_string(json_object_get(message, "why")));
    }
    HF_ASSERT(!last || told == MEMBERS);
    ends += last;
    json_decref(message);
}

static void check_wire(const uint8_t *data, size_t size)
{
    static uint8_t written[HF_GATHER_MESSAGE_MAX];
    struct hf_gather_message message, again;
    if (!hf_gather_read(data, size, &message))
        return;
    HF_ASSERT(hf_gather_is_ours(data, size));
    HF_ASSERT(hf_gather_read(written, hf_gather_write(&message, written), &again));
    HF_ASSERT(message.type == again.type && message.id == again.id);
    HF_ASSERT(message.part == again.part && message.parts == again.parts);
    HF_ASSERT(message.clock_ms == again.clock_ms && message.reading == again.reading);
    HF_ASSERT(message.length == again.length &&
              (message.length == 0 || memcmp(message.bytes, again.bytes, message.length) == 0));
}

static void give(unsigned node, const uint8_t *data, size_t size)
{
    uint8_t *own = malloc(size + 1); /* exactly as long as it is, so that reading on is seen */
    HF_ASSERT(own);
    memcpy(own, data, size);
    bool drawn = size >= HF_GATHER_HEADER;
    for (unsigned k = 12; drawn && k < HF_GATHER_HEADER; k++)
        drawn = own[k] == 0xff;
    for (unsigned k = 0; drawn && k < 8; k++)
        own[12 + k] = (uint8_t)(asked_id >> (8 * k));
    check_wire(own, size);
    HF_ASSERT(hf_gather_message(gather, node, own, size) == hf_gather_is_ours(own, size));
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const none[] = {"/nonexistent", NULL};
    uv_loop_t loop;
    struct hf_gather_options options = {.argv = none,
                                        .self = SELF,
                                        .send = send_one,
                                        .configuration = configuration,
                                        .answer = answer,
                                        .name = name};
    told = ends = 0;
    HF_ASSERT(uv_loop_init(&loop) == 0 && hf_gather_new(&loop, &options, &gather) == 0);
    hf_gather_ask(gather, CONNECTION, MEMBERS);
    while (size >= 2) {
        size_t length = data[0] * 4u < size - 2 ? data[0] * 4u : size - 2;
        give(data[1] % 80, data + 2, length);
        data += 2 + length;
        size -= 2 + length;
    }
    hf_gather_members(gather, 0);
    HF_ASSERT(ends == 1); /* whatever came: the question has ended */
    hf_gather_free(gather);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    HF_ASSERT(uv_loop_close(&loop) == 0);
    return 0;
}
