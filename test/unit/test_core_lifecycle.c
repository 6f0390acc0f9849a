/* test_core_lifecycle.c - every pair of phase and trigger; the table and the texts are whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/lifecycle.h"
#include "core/reason.h"
#include "core/spec.h"
#include "core/state.h"

/* Rows: phases in their order; columns: triggers; '.' = no such move, else the phase's number. */
static const char *const wanted[HF_PHASE_COUNT] = {
    /*  start acquired mounted ready fail restart stop stopped adopt strand */
    "1...6.5.47", /* offline */
    ".2..6.5...", /* acquiring */
    "..3.6.5...", /* mounting */
    "...46.5...", /* recovering */
    "....6.5...", /* online */
    ".......0..", /* stopping */
    ".....35..7", /* failed */
    "1......0..", /* stranded */
};

static void every_pair_test(void **state)
{
    (void)state;
    for (unsigned p = 0; p < HF_PHASE_COUNT; p++) {
        for (unsigned t = 0; t < HF_TRIGGER_COUNT; t++) {
            enum hf_phase to = HF_PHASE_COUNT;
            bool known = hf_lifecycle_next((enum hf_phase)p, (enum hf_trigger)t, &to);
            char is = known ? (char)('0' + to) : '.';
            if (is != wanted[p][t])
                fail_msg("%s, %s: %c instead of %c", hf_phase_word((enum hf_phase)p),
                         hf_trigger_word((enum hf_trigger)t), is, wanted[p][t]);
        }
    }
}

static void rows_test(void **state)
{
    (void)state;
    size_t count;
    const struct hf_lifecycle_row *rows = hf_lifecycle_rows(&count);
    for (size_t a = 0; a < count; a++) {
        assert_true(strlen(rows[a].what) > 10);
        for (size_t b = a + 1; b < count; b++)
            assert_false(rows[a].from == rows[b].from && rows[a].trigger == rows[b].trigger);
    }
}

/* Each reason has a word of its own and a sentence whose inputs are filled in. */
static void reasons_test(void **state)
{
    (void)state;
    static struct hf_spec spec;
    (void)snprintf(spec.nodes[0].name, HF_NAME_MAX, "db1");
    (void)snprintf(spec.nodes[1].name, HF_NAME_MAX, "db2");
    (void)snprintf(spec.instances[0].name, HF_NAME_MAX, "msgbox");
    for (uint16_t r = 0; r < HF_REASON_COUNT; r++) {
        struct hf_reason reason = {r, 0, 1, 0, 42};
        char text[256];
        size_t length = hf_reason_text(&reason, &spec, text, sizeof(text));
        assert_int_equal(length, strlen(text));
        assert_true(r == HF_REASON_NONE || length > 0);
        assert_null(strstr(text, "%n"));
        assert_true(r == HF_REASON_NO_OWNER_LEFT || !strstr(text, "no node"));
        for (uint16_t o = 0; o < r; o++)
            assert_string_not_equal(hf_reason_word(r), hf_reason_word(o));
        char small[8];
        assert_true(hf_reason_text(&reason, &spec, small, sizeof(small)) < sizeof(small));
    }
    struct hf_reason newer = {HF_REASON_COUNT + 3, 0, 1, 0, 42};
    char text[128];
    assert_true(hf_reason_text(&newer, &spec, text, sizeof(text)) > 0);
    assert_string_equal(hf_reason_word(newer.code), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_test),
        cmocka_unit_test(rows_test),
        cmocka_unit_test(reasons_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
