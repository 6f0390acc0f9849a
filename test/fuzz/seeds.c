/*
 * Writes inputs to begin with, for the targets that read what nodes send each other:
 *
 *     seeds FOLDER        (with the folders message, snapshot, journal, core in it)
 *
 * They are what real cores say while the worlds of world.h are made. Run by hand when the format
 * changes; the files are in the tree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"
#include "wire.h"
#include "world.h"

#define HEARD_MAX 4096u
#define TYPES (HF_MESSAGE_GO + 1)
#define PER_TYPE 3u

static struct {
    uint8_t *bytes;
    size_t length;
} heard[HEARD_MAX];
static unsigned heard_count;
static const char *folder;
static uint8_t series[4u << 20];
static struct hf_writer_buf out;

static void hear(const uint8_t *bytes, size_t length)
{
    if (heard_count == HEARD_MAX)
        return;
    heard[heard_count].bytes = malloc(length);
    HF_ASSERT(heard[heard_count].bytes);
    memcpy(heard[heard_count].bytes, bytes, length);
    heard[heard_count++].length = length;
}

static void save(const char *target, const char *name, const uint8_t *bytes, size_t length)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s/seed-%s", folder, target, name);
    FILE *file = fopen(path, "we");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void series_begin(void)
{
    out = (struct hf_writer_buf){series, sizeof(series), 0, false, HF_FORMAT_ALL};
}

static void series_save(const char *target, const char *name)
{
    HF_ASSERT(!out.overflow);
    save(target, name, series, out.length);
}

static struct hf_message opened(unsigned k)
{
    struct hf_message message;
    bool opens = hf_message_open(&message, heard[k].bytes, heard[k].length);
    HF_ASSERT(opens);
    return message;
}

/* Nobody is silent for so long that GO is said: as a HELLO of that type. */
static void say_go(void)
{
    for (unsigned k = 0; k < heard_count; k++) {
        if (opened(k).type != HF_MESSAGE_HELLO)
            continue;
        hear(heard[k].bytes, heard[k].length);
        heard[heard_count - 1].bytes[6] = HF_MESSAGE_GO;
        return;
    }
}

/* The largest messages of each type. */
static void messages(void)
{
    for (unsigned type = 1; type < TYPES; type++) {
        size_t below = SIZE_MAX;
        for (unsigned n = 0; n < PER_TYPE; n++) {
            const uint8_t *bytes = NULL;
            size_t largest = 0;
            for (unsigned k = 0; k < heard_count; k++) {
                if (opened(k).type != type || heard[k].length >= below ||
                    heard[k].length <= largest)
                    continue;
                bytes = heard[k].bytes;
                largest = heard[k].length;
            }
            if (!bytes)
                break;
            char name[32];
            (void)snprintf(name, sizeof(name), "%02u-%u", type, n);
            save("message", name, bytes, largest);
            below = largest;
        }
    }
}

static void write_snapshot(const struct hf_core *core)
{
    static uint8_t bytes[HF_MESSAGE_MAX - 1];
    uint32_t cursor = 0;
    for (size_t length; (length = hf_core_snapshot(core, &cursor, bytes, sizeof(bytes))) > 0;)
        frame_write(&out, 0, 0, bytes, length);
}

/* Decisions that follow the state of core, as every member got them. */
static unsigned write_decisions(const struct hf_core *core, unsigned most)
{
    static struct hf_core *copy;
    unsigned written = 0;
    copy = malloc(hf_core_size());
    HF_ASSERT(copy);
    memcpy(copy, core, hf_core_size());
    for (unsigned k = 0; k < heard_count && written < most; k++) {
        if (opened(k).type != HF_MESSAGE_DECISION ||
            !hf_core_restore_decision(copy, heard[k].bytes, heard[k].length))
            continue;
        frame_write(&out, 1, 0, heard[k].bytes, heard[k].length);
        written++;
    }
    free(copy);
    return written;
}

static const char *const world_names[WORLD_KINDS] = {
    [WORLD_STARTED] = "started", [WORLD_ALONE] = "alone",     [WORLD_COORDINATOR] = "coordinator",
    [WORLD_MEMBER] = "member",   [WORLD_SERVING] = "serving", [WORLD_JOINER] = "joiner",
    [WORLD_HELLO] = "hello",
};

static void snapshots(enum world_kind kind)
{
    const struct hf_core *core = world_begin(kind)->core;
    series_begin();
    write_snapshot(core);
    series_save("snapshot", world_names[kind]);
    if (write_decisions(core, 40))
        series_save("journal", world_names[kind]);
}

static void event(uint8_t kind, uint8_t argument, const void *bytes, size_t length)
{
    frame_write(&out, kind, argument, bytes, length);
}

static void world_only(enum world_kind kind)
{
    series_begin();
    hf_write_u8(&out, (uint8_t)kind);
}

/* A message of each type, from each of the other nodes. */
static void event_messages(void)
{
    for (uint8_t type = 1; type < TYPES; type++) {
        for (unsigned k = 0; k < heard_count; k++) {
            if (opened(k).type != type)
                continue;
            event(0xc0, (uint8_t)(1 + type % 2), heard[k].bytes, heard[k].length);
            break;
        }
    }
}

static void event_commands(void)
{
    static const uint8_t input[8] = {1, 0, 2};
    for (uint8_t verb = 1; verb < HF_VERBS; verb++) {
        event(6, verb, input, sizeof(input));
        event(7, 0, "", 0);
        event(1, 6, "", 0);
    }
}

/* Steps answer well, and one fails; an engine ends; its node loses the others, and quorum. */
static void event_trouble(void)
{
    static const uint8_t two[8] = {3}, fails[2] = {HF_STEP_FAILED};
    for (unsigned k = 0; k < 12; k++)
        event(4, 0, "", 0);
    event(4, 0, fails, sizeof(fails));
    event(5, 0, "", 0);
    event(1, 12, "", 0);
    event(2, 3, two, sizeof(two));
    event(3, 1, two, sizeof(two));
    event(1, 13, "", 0);
    event(3, 0, two, sizeof(two));
    event(8, 0, "", 0);
    event(8, 1, "", 0);
}

/* An instance is taken offline, and then out of the configuration. */
static void event_removal(void)
{
    static const uint8_t which[2] = {0, 0};
    event(6, HF_VERB_OFFLINE, which, sizeof(which));
    for (unsigned k = 0; k < 8; k++) {
        event(1, 8, "", 0);
        event(4, 0, "", 0);
    }
    event(6, HF_VERB_APPLY, which, sizeof(which));
}

static void inputs_of_core(enum world_kind kind)
{
    char name[64];
    static void (*const parts[])(void) = {event_messages, event_commands, event_trouble,
                                          event_removal};
    static const char *const words[] = {"messages", "commands", "trouble", "removal"};
    for (unsigned p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        world_only(kind);
        parts[p]();
        (void)snprintf(name, sizeof(name), "%s-%s", world_names[kind], words[p]);
        series_save("core", name);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: seeds FOLDER\n");
        return 2;
    }
    folder = argv[1];
    world_heard = hear;
    (void)world_begin(WORLD_STARTED);
    world_heard = NULL;
    say_go();
    messages();
    for (unsigned kind = 0; kind < WORLD_KINDS; kind++) {
        snapshots((enum world_kind)kind);
        inputs_of_core((enum world_kind)kind);
    }
    return 0;
}
