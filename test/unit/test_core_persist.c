/* What a node says of its own disk: only what was synced of the history it is in now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/impl.h"

struct room {
    struct hf_core *core;
    struct hf_actions *actions;
};

static int make(void **state)
{
    static const struct hf_core_config config = {.node = 1, .incarnation = 7};
    struct room *room = calloc(1, sizeof(*room));
    room->core = calloc(1, hf_core_size());
    room->actions = calloc(1, sizeof(*room->actions));
    hf_core_init(room->core, &config, 1000, 2000);
    room->core->state.epoch = 5;
    room->core->state.index = 50;
    *state = room;
    return 0;
}

static int drop(void **state)
{
    struct room *room = *state;
    free(room->core);
    free(room->actions);
    free(room);
    return 0;
}

/* The disk says that what bore the mark is synced. Returns what is acknowledged then, 0 = nothing.
 */
static uint64_t synced(struct room *room, uint64_t mark)
{
    struct hf_message message;
    room->actions->count = room->actions->used = 0;
    room->core->out = room->actions;
    hf_persisted(room->core, mark);
    room->core->out = NULL;
    if (!room->actions->count)
        return 0;
    const struct hf_action *action = &room->actions->list[0];
    assert_int_equal(room->actions->count, 1);
    assert_true(hf_message_open(&message, room->actions->arena + action->offset, action->length));
    assert_int_equal(message.type, HF_MESSAGE_ACK);
    assert_int_equal(message.head.epoch, room->core->state.epoch);
    return message.head.index;
}

static void test_said_when_synced(void **state)
{
    struct room *room = *state;
    uint64_t before = hf_core_mark(room->core);
    room->core->state.index = room->core->ack_wanted = 52;
    assert_int_equal(synced(room, before), 0);
    assert_int_equal(synced(room, hf_core_mark(room->core)), 52);
    assert_int_equal(synced(room, hf_core_mark(room->core)), 0); /* once */
}

/* It went on alone up to 50; then it got another history, which is at 40. */
static void test_earlier_history(void **state)
{
    struct room *room = *state;
    uint64_t before = hf_core_mark(room->core);
    room->core->state.epoch = 6;
    room->core->state.index = 40;
    room->core->out = room->actions;
    hf_synced_now(room->core);
    room->core->out = NULL;
    assert_true(hf_core_mark(room->core) > before);
    assert_int_equal(synced(room, before), 0);
    assert_int_equal(synced(room, hf_core_mark(room->core)), 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_said_when_synced, make, drop),
        cmocka_unit_test_setup_teardown(test_earlier_history, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
