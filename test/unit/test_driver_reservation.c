/*
 * The decision of an acquire: over every small disk, and, over every interleaving, between two
 * nodes that want the same disk at the same time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pr.h>

#include "driver/driver.h"
#include "driver/reservation_rules.h"

#define TAG 7
#define OURS hf_key_make(TAG, 2, 5)

/* Every kind of key that can stand on a disk, seen from OURS. */
static const uint64_t kinds[] = {
    ((uint64_t)TAG << 48) | (2ull << 32) | 5, /* ours */
    ((uint64_t)TAG << 48) | (2ull << 32) | 4, /* own node, older */
    ((uint64_t)TAG << 48) | (2ull << 32) | 6, /* own node, later */
    ((uint64_t)TAG << 48) | (1ull << 32) | 4, /* other node, older */
    ((uint64_t)TAG << 48) | (1ull << 32) | 5, /* other node, same */
    ((uint64_t)TAG << 48) | (1ull << 32) | 6, /* other node, later */
    ((uint64_t)9 << 48) | (1ull << 32) | 1,   /* another cluster */
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct hf_reservation_state state_of(unsigned mask, int holder, uint32_t type)
{
    struct hf_reservation_state state = {.type = type};
    for (unsigned i = 0; i < KINDS; i++) {
        if (mask & 1u << i)
            state.keys[state.key_count++] = kinds[i];
    }
    state.holder = holder >= 0 ? kinds[holder] : 0;
    return state;
}

/* A dumb twin of the refusals, written from the rules' table. */
static enum hf_reservation_step refusal_of(const struct hf_reservation_state *state,
                                           bool registered)
{
    bool newer = false;
    bool listed = registered && hf_reservation_registered(state, OURS);
    if (state->type != 0 && hf_key_cluster(state->holder) != TAG)
        return HF_STEP_FOREIGN;
    for (uint32_t i = 0; i < state->key_count; i++) {
        uint64_t key = state->keys[i];
        if (hf_key_cluster(key) != TAG)
            return HF_STEP_FOREIGN;
        newer |= hf_key_generation(key) > 5;
        newer |= hf_key_generation(key) == 5 && hf_key_node(key) != 2 && !listed;
    }
    if (state->type != 0 && state->holder != OURS && hf_key_generation(state->holder) >= 5)
        newer = true;
    return newer ? HF_STEP_NEWER : HF_STEP_DONE;
}

static void check_preempt(const struct hf_reservation_state *state, struct hf_reservation_move next,
                          bool registered)
{
    assert_true(registered && hf_reservation_registered(state, OURS));
    assert_int_equal(hf_key_cluster(next.key), TAG);
    assert_true(hf_key_generation(next.key) <= 5);
    assert_int_not_equal(next.key, OURS);
    if (next.key == state->holder)
        assert_true(hf_key_generation(next.key) < 5);
}

static void check_state(const struct hf_reservation_state *state, bool registered)
{
    struct hf_reservation_move next = hf_reservation_next(state, OURS, registered);
    enum hf_reservation_step refusal = refusal_of(state, registered);
    if (refusal != HF_STEP_DONE) {
        assert_int_equal(next.step, refusal);
        return;
    }
    assert_int_not_equal(next.step, HF_STEP_NEWER);
    assert_int_not_equal(next.step, HF_STEP_FOREIGN);
    if (next.step == HF_STEP_PREEMPT)
        check_preempt(state, next, registered);
    if (next.step != HF_STEP_DONE)
        return;
    assert_true(registered);
    assert_int_equal(state->key_count, 1);
    assert_int_equal(state->keys[0], OURS);
    assert_int_equal(state->holder, OURS);
    assert_int_equal(state->type, PR_WRITE_EXCLUSIVE_REG_ONLY);
}

static void every_disk(void **unused)
{
    (void)unused;
    for (unsigned mask = 0; mask < 1u << KINDS; mask++) {
        for (int holder = -1; holder < (int)KINDS; holder++) {
            for (uint32_t type = 0; type <= PR_EXCLUSIVE_ACCESS_ALL_REGS; type++) {
                struct hf_reservation_state state = state_of(mask, type ? holder : -1, type);
                check_state(&state, false);
                check_state(&state, true);
            }
        }
    }
}

static void steps_of_a_takeover(void **unused)
{
    (void)unused;
    struct hf_reservation_state state = state_of(1u << 3, 3, PR_WRITE_EXCLUSIVE_REG_ONLY);
    assert_int_equal(hf_reservation_next(&state, OURS, false).step, HF_STEP_REGISTER);
    state = state_of(1u << 3 | 1u, 3, PR_WRITE_EXCLUSIVE_REG_ONLY);
    assert_int_equal(hf_reservation_next(&state, OURS, true).step, HF_STEP_PREEMPT);
    assert_int_equal(hf_reservation_next(&state, OURS, true).key, kinds[3]);
    state = state_of(1u, 0, PR_WRITE_EXCLUSIVE_REG_ONLY);
    assert_int_equal(hf_reservation_next(&state, OURS, true).step, HF_STEP_DONE);
    state = state_of(1u, -1, 0);
    assert_int_equal(hf_reservation_next(&state, OURS, true).step, HF_STEP_RESERVE);
    state = state_of(1u, 0, PR_EXCLUSIVE_ACCESS);
    assert_int_equal(hf_reservation_next(&state, OURS, true).step, HF_STEP_RELEASE);
}

/* The disk as the array keeps it: a key per nexus (0 = none), and the nexus that holds it. */
#define NEXUSES 3

struct disk {
    uint64_t keys[NEXUSES];
    int holder; /* -1 = none */
};

enum where { READING, ACTING, WON, LOST };

struct racer {
    int nexus;
    uint64_t key;
    bool registered;
    enum where where;
    struct hf_reservation_move next;
};

struct world {
    struct disk disk;
    struct racer racers[2];
};

static void model_unregister(struct disk *disk, int nexus)
{
    disk->keys[nexus] = 0;
    if (disk->holder == nexus)
        disk->holder = -1;
}

/* A PREEMPT of a key that nobody has, or by one who is not registered, is a conflict. */
static void model_preempt(struct disk *disk, int nexus, uint64_t victim)
{
    bool found = false;
    if (disk->keys[nexus] == 0)
        return;
    for (int i = 0; i < NEXUSES; i++) {
        if (i == nexus || disk->keys[i] != victim)
            continue;
        found = true;
        disk->keys[i] = 0;
    }
    if (found && disk->holder >= 0 && disk->keys[disk->holder] == 0)
        disk->holder = nexus;
}

static void model_read(const struct disk *disk, struct hf_reservation_state *ret)
{
    memset(ret, 0, sizeof(*ret));
    for (int i = 0; i < NEXUSES; i++) {
        if (disk->keys[i])
            ret->keys[ret->key_count++] = disk->keys[i];
    }
    if (disk->holder >= 0) {
        ret->holder = disk->keys[disk->holder];
        ret->type = PR_WRITE_EXCLUSIVE_REG_ONLY;
    }
}

static void act(struct disk *disk, struct racer *racer)
{
    racer->where = READING;
    switch (racer->next.step) {
    case HF_STEP_DONE:
        racer->where = WON;
        return;
    case HF_STEP_REGISTER:
        disk->keys[racer->nexus] = racer->key;
        racer->registered = true;
        return;
    case HF_STEP_RESERVE:
        if (disk->holder < 0 && disk->keys[racer->nexus])
            disk->holder = racer->nexus;
        return;
    case HF_STEP_PREEMPT:
        model_preempt(disk, racer->nexus, racer->next.key);
        return;
    case HF_STEP_NEWER:
        if (racer->registered && disk->keys[racer->nexus] == racer->key)
            model_unregister(disk, racer->nexus);
        racer->where = LOST;
        return;
    case HF_STEP_RELEASE:
    case HF_STEP_FOREIGN:
        break;
    }
    fail();
}

static void step(struct world *world, int who)
{
    struct racer *racer = &world->racers[who];
    struct hf_reservation_state state;
    if (racer->where == ACTING) {
        act(&world->disk, racer);
        return;
    }
    model_read(&world->disk, &state);
    racer->next = hf_reservation_next(&state, racer->key, racer->registered);
    racer->where = ACTING;
}

static bool over(const struct racer *racer)
{
    return racer->where == WON || racer->where == LOST;
}

/* Whoever is last in the right has the disk, alone. */
static void check_end(const struct world *world)
{
    const struct racer *a = &world->racers[0];
    const struct racer *b = &world->racers[1];
    const struct racer *owner = a->where == WON ? a : b;
    if (hf_key_generation(a->key) == hf_key_generation(b->key))
        assert_true((a->where == WON) != (b->where == WON));
    else
        owner = hf_key_generation(a->key) > hf_key_generation(b->key) ? a : b;
    assert_int_equal(owner->where, WON);
    assert_int_equal(world->disk.holder, owner->nexus);
    for (int i = 0; i < NEXUSES; i++)
        assert_int_equal(world->disk.keys[i], i == owner->nexus ? owner->key : 0);
}

static unsigned long ends;

static void every_order(const struct world *world, int depth)
{
    assert_true(depth < 64);
    if (over(&world->racers[0]) && over(&world->racers[1])) {
        ends++;
        check_end(world);
        return;
    }
    for (int who = 0; who < 2; who++) {
        if (over(&world->racers[who]))
            continue;
        struct world next = *world;
        step(&next, who);
        every_order(&next, depth + 1);
    }
}

static void race(uint32_t generation_a, uint32_t generation_b, uint64_t old, bool old_holds)
{
    struct world world = {
        .disk = {.keys = {0, 0, old}, .holder = old && old_holds ? 2 : -1},
        .racers = {{.nexus = 0, .key = hf_key_make(TAG, 1, generation_a)},
                   {.nexus = 1, .key = hf_key_make(TAG, 2, generation_b)}},
    };
    ends = 0;
    every_order(&world, 0);
    assert_true(ends > 1);
}

static void every_race(void **unused)
{
    (void)unused;
    uint64_t old = hf_key_make(TAG, 3, 1);
    for (uint32_t a = 2; a <= 3; a++) {
        for (uint32_t b = 2; b <= 3; b++) {
            race(a, b, 0, false);
            race(a, b, old, false);
            race(a, b, old, true);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_disk),
        cmocka_unit_test(steps_of_a_takeover),
        cmocka_unit_test(every_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
