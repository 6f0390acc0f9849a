/*
 * hf_client_ledger.c - what was acknowledged, when, and the gaps between.
 *
 * Ids are kept in memory and appended to a file, so that a crash of the client loses none. Gaps are
 * measured with the monotonic clock and reported with wall-clock ends. The log is line-JSON.
 */
#include "hf_client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

int64_t clock_monotonic_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 256;
    array = realloc(array, *room * size);
    if (!array)
        abort();
    return array;
}

static void add_outage(struct ledger *ledger, struct outage outage)
{
    ledger->outages =
        grow(ledger->outages, ledger->outage_count, &ledger->outage_room, sizeof outage);
    ledger->outages[ledger->outage_count++] = outage;
    fprintf(ledger->log,
            "{\"event\":\"gap\",\"start_ms\":%" PRId64 ",\"end_ms\":%" PRId64 ",\"ms\":%" PRId64
            ",\"acknowledged\":%zu}\n",
            outage.start_ms, outage.end_ms, outage.end_ms - outage.start_ms, ledger->count);
    fflush(ledger->log);
}

static void add_id(struct ledger *ledger, uint64_t id)
{
    ledger->ids = grow(ledger->ids, ledger->count, &ledger->room, sizeof id);
    ledger->ids[ledger->count++] = id;
}

void ledger_acknowledge(struct ledger *ledger, uint64_t id)
{
    int64_t now_us = clock_monotonic_us();
    int64_t wall = clock_wall_ms();
    int64_t gap_ms = (now_us - ledger->last_mono_us + 500) / 1000;

    add_id(ledger, id);
    if (ledger->acknowledged) {
        fprintf(ledger->acknowledged, "%" PRIu64 "\n", id);
        fflush(ledger->acknowledged);
    }
    if (ledger->last_ms == 0)
        ledger_event(ledger, "first", NULL);
    else if (gap_ms > ledger->gap_ms)
        add_outage(ledger, (struct outage){.start_ms = wall - gap_ms, .end_ms = wall});
    ledger->last_ms = wall;
    ledger->last_mono_us = now_us;
}

static void print_text(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text >= ' ')
            fputc(*text, out);
}

void ledger_event(struct ledger *ledger, const char *event, const char *text)
{
    fprintf(ledger->log, "{\"event\":\"%s\",\"at_ms\":%" PRId64 ",\"acknowledged\":%zu", event,
            clock_wall_ms(), ledger->count);
    if (text) {
        fputs(",\"text\":\"", ledger->log);
        print_text(ledger->log, text);
        fputc('"', ledger->log);
    }
    fputs("}\n", ledger->log);
    fflush(ledger->log);
}

void ledger_summary(const struct ledger *ledger)
{
    int64_t silent_ms = ledger->last_ms ? (clock_monotonic_us() - ledger->last_mono_us) / 1000 : -1;

    fprintf(ledger->log,
            "{\"event\":\"summary\",\"at_ms\":%" PRId64
            ",\"acknowledged\":%zu,\"silent_ms\":%" PRId64 ",\"outages\":[",
            clock_wall_ms(), ledger->count, silent_ms);
    for (size_t i = 0; i < ledger->outage_count; i++) {
        const struct outage *o = &ledger->outages[i];

        fprintf(ledger->log,
                "%s{\"start_ms\":%" PRId64 ",\"end_ms\":%" PRId64 ",\"ms\":%" PRId64 "}",
                i ? "," : "", o->start_ms, o->end_ms, o->end_ms - o->start_ms);
    }
    fputs("]}\n", ledger->log);
    fflush(ledger->log);
}

bool ledger_load(struct ledger *ledger, const char *path)
{
    FILE *in = fopen(path, "re");
    uint64_t id;

    if (!in)
        return false;
    while (fscanf(in, "%" SCNu64, &id) == 1)
        add_id(ledger, id);
    fclose(in);
    return true;
}
