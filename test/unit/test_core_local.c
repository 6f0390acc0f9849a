/* What a node holds of an instance is removed when it stops, whatever a step said meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/impl.h"

struct room {
    struct hf_core *core;
    struct hf_actions *actions;
};

/* A node with quorum that is to run instance 0 in its second generation. */
static int make(void **state)
{
    static const struct hf_core_config config = {.node = 0, .incarnation = 7};
    struct room *room = calloc(1, sizeof(*room));
    struct hf_core *core = room->core = calloc(1, hf_core_size());
    room->actions = calloc(1, sizeof(*room->actions));
    hf_core_init(core, &config, 1000, 2000);
    hf_instance_spec_init(&core->state.spec.instances[0]);
    memcpy(core->state.spec.instances[0].name, "pg", 3);
    memcpy(core->state.spec.instances[0].address, "10.0.0.1", 9);
    core->state.spec.instances[0].disk_count = 1;
    hf_state_used(&core->state, 0);
    core->state.instances[0].owner = 0;
    core->state.instances[0].target = HF_NODE_NONE;
    core->state.instances[0].generation = 2;
    core->state.instances[0].wanted = true;
    core->engine_up = core->synced_self = core->membership.settled = core->quorum.quorate = true;
    core->local[0].inspected = true;
    core->local[0].generation = 1;
    core->local[0].ordered = 2;
    core->out = room->actions;
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

/* What it asks for now; the id of that step, 0 = it does not ask for it. */
static uint64_t asks(struct room *room, enum hf_step step)
{
    uint64_t id = 0;
    room->actions->count = 0;
    hf_local_run(room->core);
    for (unsigned a = 0; a < room->actions->count; a++) {
        const struct hf_action *action = &room->actions->list[a];
        if (action->type == HF_ACTION_STEP && action->step == step)
            id = action->id;
    }
    return id;
}

static void answer(struct room *room, uint64_t id, enum hf_step_status status)
{
    struct hf_event_step step = {.id = id, .status = (uint8_t)status};
    assert_int_not_equal(id, 0);
    hf_local_step_event(room->core, &step);
}

/* The start comes up to the address, which cannot be added; then it is told to stop. Whether it
 * removes the address. */
static bool removes_address(struct room *room, bool kept, enum hf_step_status status)
{
    room->core->local[0].address_up = kept; /* of a move that ended here again */
    answer(room, asks(room, HF_STEP_ACQUIRE), HF_STEP_OK);
    uint64_t address = asks(room, HF_STEP_ADDRESS_UP);
    answer(room, room->core->local[0].main.id, HF_STEP_OK);
    answer(room, address, status);
    assert_int_equal(room->core->local[0].phase, HF_FAILED);
    room->core->state.instances[0].goal = HF_GOAL_STOP;
    return asks(room, HF_STEP_ADDRESS_DOWN) != 0;
}

static void test_kept_address(void **state)
{
    assert_true(removes_address(*state, true, HF_STEP_ADDRESS));
}

static void test_no_address(void **state)
{
    assert_false(removes_address(*state, false, HF_STEP_ADDRESS));
}

static void test_address_in_doubt(void **state)
{
    assert_true(removes_address(*state, false, HF_STEP_TIMEOUT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_address, make, drop),
        cmocka_unit_test_setup_teardown(test_no_address, make, drop),
        cmocka_unit_test_setup_teardown(test_address_in_doubt, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
