/*
 * What the engine makes of the process that asks for links: processes that say what is so, what
 * cannot be, too much, too little or nothing, that end, stop and outlive what they know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/links.h"

#define START_MS 20
#define BEAT_MS 20
#define SHORT_MS 300    /* for silence that is waited for */
#define LONG_MS 1000000 /* for silence that must not be, however busy the machine is */
#define DEADLINE_MS 60000

static const struct hf_engine_links some = {.known = {6, 6}, .up = {4, 6}};
static const struct hf_engine_links none;

/* What the children have done. */
static volatile struct shared {
    int born;
    int beats;
} * shared;

struct world {
    uv_loop_t loop;
    uv_timer_t deadline, tick;
    struct hf_links *links;
    struct hf_engine_links last;
    char why[128]; /* of the last that had one */
    unsigned told;
    unsigned known;   /* times it was told as known */
    unsigned unknown; /* times it was told as unknown */
    unsigned ticks;
    bool late;
};

/* ---- children ---- */

static bool beat(int output)
{
    struct pollfd pipe = {.fd = output};
    shared->beats++;
    return poll(&pipe, 1, BEAT_MS) <= 0;
}

static int say_always(void *user, int output)
{
    (void)user;
    do
        (void)hf_links_say(output, &some, hf_links_clock_ms());
    while (beat(output));
    return 0;
}

static void hang(void)
{
    for (;;)
        (void)pause();
}

static int say_once_and_hang(void *user, int output)
{
    (void)user;
    ++shared->born;
    (void)hf_links_say(output, &some, hf_links_clock_ms());
    hang();
    return 0;
}

static int say_once_and_end(void *user, int output)
{
    (void)user;
    ++shared->born;
    (void)hf_links_say(output, &some, hf_links_clock_ms());
    return 0;
}

static int end_at_once(void *user, int output)
{
    (void)user;
    (void)output;
    ++shared->born;
    return 1;
}

static int hang_at_once(void *user, int output)
{
    (void)user;
    (void)output;
    ++shared->born;
    hang();
    return 0;
}

/* The first says what cannot be; the next what is so. */
static int first(int (*bad)(void *user, int output), int output)
{
    return ++shared->born == 1 ? bad(NULL, output) : say_always(NULL, output);
}

static int write_noise(void *user, int output)
{
    unsigned char noise[200];
    (void)user;
    memset(noise, 0xa5, sizeof(noise));
    (void)!write(output, noise, sizeof(noise));
    hang();
    return 0;
}

static int write_half(void *user, int output)
{
    unsigned char half[7] = {0};
    (void)user;
    (void)!write(output, half, sizeof(half));
    hang();
    return 0;
}

static int say_up_of_unknown(void *user, int output)
{
    const struct hf_engine_links wrong = {.known = {2, 2}, .up = {4, 0}};
    (void)user;
    (void)hf_links_say(output, &wrong, hf_links_clock_ms());
    hang();
    return 0;
}

static int say_of_the_future(void *user, int output)
{
    (void)user;
    (void)hf_links_say(output, &some, hf_links_clock_ms() + 60000);
    hang();
    return 0;
}

static int say_of_the_past(void *user, int output)
{
    (void)user;
    do
        (void)hf_links_say(output, &some, hf_links_clock_ms() - SHORT_MS);
    while (beat(output));
    return 0;
}

static int flood(void *user, int output)
{
    (void)user;
    while (hf_links_say(output, &some, hf_links_clock_ms()) == 0)
        ;
    return 0;
}

static int first_noise(void *user, int output)
{
    (void)user;
    return first(write_noise, output);
}

static int first_half(void *user, int output)
{
    (void)user;
    return first(write_half, output);
}

static int first_up_of_unknown(void *user, int output)
{
    (void)user;
    return first(say_up_of_unknown, output);
}

static int first_future(void *user, int output)
{
    (void)user;
    return first(say_of_the_future, output);
}

static int first_past(void *user, int output)
{
    (void)user;
    return first(say_of_the_past, output);
}

/* ---- the world ---- */

static void told(void *user, const struct hf_engine_links *links, const char *why)
{
    struct world *world = user;
    bool nothing = memcmp(links, &none, sizeof(none)) == 0;
    assert_true(nothing || memcmp(links, &some, sizeof(some)) == 0);
    assert_true(nothing || !why);
    world->last = *links;
    world->told++;
    world->known += !nothing;
    world->unknown += nothing;
    if (why)
        (void)snprintf(world->why, sizeof(world->why), "%s", why);
}

static void too_late(uv_timer_t *timer)
{
    ((struct world *)timer->data)->late = true;
}

static void ticked(uv_timer_t *timer)
{
    ((struct world *)timer->data)->ticks++;
}

static struct world *begin(hf_engine_child_run_fn run, uint64_t silent_ms)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    shared->born = shared->beats = 0;
    assert_int_equal(uv_loop_init(&world->loop), 0);
    (void)uv_timer_init(&world->loop, &world->deadline);
    (void)uv_timer_init(&world->loop, &world->tick);
    world->deadline.data = world->tick.data = world;
    (void)uv_timer_start(&world->tick, ticked, 5, 5);
    (void)uv_timer_start(&world->deadline, too_late, DEADLINE_MS, 0);
    const struct hf_links_options options = {
        .run = run, .told = told, .user = world, .start_ms = START_MS, .silent_ms = silent_ms};
    assert_int_equal(hf_links_new(&world->loop, &options, &world->links), 0);
    hf_links_start(world->links);
    assert_int_equal(world->told, 0);
    return world;
}

#define RUN_UNTIL(world, condition)                                                                \
    do {                                                                                           \
        while (!(condition) && !(world)->late)                                                     \
            (void)uv_run(&(world)->loop, UV_RUN_ONCE);                                             \
        assert_false((world)->late);                                                               \
    } while (0)

/* No child is left, though nobody waited for one. */
static void finish(struct world *world)
{
    hf_links_free(world->links);
    uv_close((uv_handle_t *)&world->deadline, NULL);
    uv_close((uv_handle_t *)&world->tick, NULL);
    (void)uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    free(world);
}

/* ---- tests ---- */

static void what_is_so_is_told_once(void **unused)
{
    (void)unused;
    struct world *world = begin(say_always, LONG_MS);
    RUN_UNTIL(world, shared->beats == 20);
    RUN_UNTIL(world, world->known);
    assert_int_equal(world->told, 1);
    assert_memory_equal(&world->last, &some, sizeof(some));
    hf_links_stop(world->links);
    assert_int_equal(world->told, 2);
    assert_memory_equal(&world->last, &none, sizeof(none));
    assert_string_equal(world->why, "");
    finish(world);
}

static void stopped_and_started_it_is_known_again(void **unused)
{
    (void)unused;
    struct world *world = begin(say_always, LONG_MS);
    RUN_UNTIL(world, world->known == 1);
    hf_links_stop(world->links);
    hf_links_start(world->links);
    RUN_UNTIL(world, world->known == 2);
    finish(world);
}

static void silence_is_not_believed(void **unused)
{
    (void)unused;
    struct world *world = begin(say_once_and_hang, SHORT_MS);
    RUN_UNTIL(world, world->known == 1);
    assert_int_equal(world->unknown, 0);
    RUN_UNTIL(world, world->unknown == 1);
    assert_non_null(strstr(world->why, "no answer in time"));
    RUN_UNTIL(world, world->known == 2);
    assert_true(shared->born >= 2);
    finish(world);
}

static void an_end_is_told_and_another_started(void **unused)
{
    (void)unused;
    struct world *world = begin(say_once_and_end, LONG_MS);
    RUN_UNTIL(world, world->known == 2);
    assert_int_equal(shared->born, 2);
    assert_true(world->unknown >= 1);
    assert_non_null(strstr(world->why, "ended"));
    finish(world);
}

static void what_never_works_is_tried_less_and_less(void **unused)
{
    (void)unused;
    struct world *world = begin(end_at_once, LONG_MS);
    uint64_t begun = hf_links_clock_ms();
    RUN_UNTIL(world, shared->born == 5);
    assert_true(hf_links_clock_ms() - begun >= START_MS * (1 + 2 + 4 + 8 + 16) - 5);
    assert_int_equal(world->told, 1);
    assert_int_equal(world->unknown, 1);
    finish(world);
}

static void one_that_never_says_anything_is_replaced(void **unused)
{
    (void)unused;
    struct world *world = begin(hang_at_once, SHORT_MS);
    RUN_UNTIL(world, shared->born == 2);
    assert_int_equal(world->known, 0);
    assert_int_equal(world->told, 1);
    finish(world);
}

static void replaced_unheard(hf_engine_child_run_fn run, uint64_t silent_ms, const char *why)
{
    struct world *world = begin(run, silent_ms);
    RUN_UNTIL(world, world->known == 1);
    assert_true(shared->born >= 2);
    assert_int_equal(world->unknown, 1);
    assert_non_null(strstr(world->why, why));
    finish(world);
}

static void what_cannot_be_is_not_told(void **unused)
{
    (void)unused;
    replaced_unheard(first_noise, LONG_MS, "cannot be");
    replaced_unheard(first_half, LONG_MS, "cannot be");
    replaced_unheard(first_up_of_unknown, LONG_MS, "cannot be");
    replaced_unheard(first_future, LONG_MS, "cannot be");
}

static void old_news_is_none(void **unused)
{
    (void)unused;
    replaced_unheard(first_past, SHORT_MS, "no answer in time");
}

static void a_flood_does_not_hold_the_loop(void **unused)
{
    (void)unused;
    struct world *world = begin(flood, LONG_MS);
    RUN_UNTIL(world, world->known);
    unsigned before = world->ticks;
    RUN_UNTIL(world, world->ticks >= before + 100);
    finish(world);
}

/* When this process stood still its timer is due, but what the pipe kept shows that all is well. */
static void after_standing_still_it_goes_on(void **unused)
{
    (void)unused;
    const uint64_t silent_ms = 2000;
    struct world *world = begin(say_always, silent_ms);
    RUN_UNTIL(world, world->known == 1);
    uint64_t due = hf_links_clock_ms() + silent_ms;
    int before = shared->beats;
    while (hf_links_clock_ms() <= due || shared->beats < before + 2)
        (void)poll(NULL, 0, BEAT_MS);
    (void)uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_int_equal(world->told, 1);
    assert_memory_equal(&world->last, &some, sizeof(some));
    finish(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_so_is_told_once),
        cmocka_unit_test(stopped_and_started_it_is_known_again),
        cmocka_unit_test(silence_is_not_believed),
        cmocka_unit_test(an_end_is_told_and_another_started),
        cmocka_unit_test(what_never_works_is_tried_less_and_less),
        cmocka_unit_test(one_that_never_says_anything_is_replaced),
        cmocka_unit_test(what_cannot_be_is_not_told),
        cmocka_unit_test(old_news_is_none),
        cmocka_unit_test(a_flood_does_not_hold_the_loop),
        cmocka_unit_test(after_standing_still_it_goes_on),
    };
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
