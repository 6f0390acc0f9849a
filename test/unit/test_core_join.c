/* Who may join: the last free slot, and no one after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/impl.h"
#include "core/tables.h"

/* A cluster of so many nodes, all of them up, as its coordinator decides on one more. */
static struct hf_change joins(unsigned nodes, bool up)
{
    static struct hf_proposal proposal;
    struct hf_core *core = calloc(1, hf_core_size());
    struct hf_queued queued = {.origin = 0, .head = hf_head_empty()};
    struct hf_message message;
    struct hf_reader_buf item;
    struct hf_change change;
    static const struct hf_core_config config = {.node = 0, .incarnation = 1};
    hf_core_init(core, &config, 1000, 1000000);
    for (unsigned n = 0; n < nodes; n++) {
        (void)snprintf(core->state.spec.nodes[n].name, HF_NAME_MAX, "db%u", n + 1);
        core->state.nodes[n].joined_epoch = 1;
        core->state.nodes[n].up = up || n == 0;
        core->synced |= core->state.nodes[n].up ? hf_bit((uint8_t)n) : 0;
    }
    core->membership.members = core->synced;
    queued.head.verb = HF_VERB_JOIN;
    queued.head.id = 1;
    memcpy(queued.head.text, "another", sizeof("another"));
    struct hf_head head = hf_head_empty();
    proposal.core = core;
    proposal.count = 0;
    proposal.full = false;
    hf_message_begin(&proposal.out, proposal.bytes, sizeof(proposal.bytes), HF_MESSAGE_DECISION,
                     &head);
    hf_decide_request(core, &queued, &proposal);
    size_t length = hf_message_end(&proposal.out);
    assert_true(hf_message_open(&message, proposal.bytes, length));
    assert_true(hf_message_next(&message, &item));
    assert_true(hf_message_read(&item, &hf_table_change, &change));
    free(core);
    return change;
}

static void test_last_slot(void **state)
{
    (void)state;
    struct hf_change change = joins(HF_NODES_MAX - 1, true);
    assert_int_equal(change.type, HF_CHANGE_NODE_ADD);
    assert_int_equal(change.node, HF_NODES_MAX - 1);
}

static void test_full(void **state)
{
    (void)state;
    struct hf_change change = joins(HF_NODES_MAX, true);
    assert_int_equal(change.type, HF_CHANGE_REFUSED);
    assert_int_equal(change.reason.code, HF_REASON_CLUSTER_FULL);
}

static void test_somebody_is_away(void **state)
{
    (void)state;
    struct hf_change change = joins(3, false);
    assert_int_equal(change.type, HF_CHANGE_REFUSED);
    assert_int_equal(change.reason.code, HF_REASON_JOIN_NEEDS_ALL);
    assert_int_equal(change.reason.node, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_slot),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_somebody_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
