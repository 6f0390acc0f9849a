/* coverage.c - what a swarm never reached: each with its explanation, or named as one without. */
#include <string.h>

#include "world.h"

static const struct {
    const char *what, *why;
} explained[] = {
    {"reason state-differs", "the end of a daemon whose state differs: a violation of I3"},
    {"reason retry", "an hour later: story retry"},
    {"reason stop-hangs", "a stop without a disk that takes too long: story stop_hangs"},
    {"reason config-unreadable", "no member meets a newer field: test_core_format"},
    {"reason mate-cannot", "a group that is asked to go where one of it may not: story together"},
    {"reason cluster-full", "64 nodes: test_core_join"},
    {"move offline-stranded", "a phase of the state, never of a node"},
    {"move failed-stranded", "a phase of the state, never of a node"},
    {"move stranded-acquiring", "a phase of the state, never of a node"},
    {"move stranded-offline", "a phase of the state, never of a node"},
    {"move offline-failed", "the first step of a start is asked for at once"},
    {"change cluster", "writes no history; every seed begins with it"},
    {"change exclude", "writes no history; it stands beside a phase"},
    {"change refused", "writes no history; the reply has its reason"},
    {"reason measured", "stands in no history: story measured"},
    {"change measured", "writes no history; a checker of room looks at what it leads to"},
    {"change noted", "writes no history; the reply has its reason"},
    {"step release", "nothing asks for it: the reservation stays until the next owner takes it"},
};

struct found {
    unsigned explained, unexplained;
};

static const char *why_not(const char *what)
{
    for (unsigned e = 0; e < sizeof(explained) / sizeof(explained[0]); e++) {
        if (!strcmp(explained[e].what, what))
            return explained[e].why;
    }
    return NULL;
}

static void look(struct found *found, uint64_t times, const char *kind, const char *word)
{
    char what[128];
    (void)snprintf(what, sizeof(what), "%s %s", kind, word);
    const char *why = why_not(what);
    if (times)
        return;
    printf("never reached: %s: %s\n", what, why ? why : "NOT EXPLAINED");
    if (why)
        found->explained++;
    else
        found->unexplained++;
}

unsigned sim_coverage_print(const struct sim_coverage *coverage)
{
    struct found found = {0, 0};
    char word[64];
    size_t count;
    const struct hf_lifecycle_row *rows = hf_lifecycle_rows(&count);
    for (uint16_t r = 1; r < HF_REASON_COUNT; r++)
        look(&found, coverage->reasons[r], "reason", hf_reason_word(r));
    for (size_t k = 0; k < count; k++) {
        (void)snprintf(word, sizeof(word), "%s-%s", hf_phase_word(rows[k].from),
                       hf_phase_word(rows[k].to));
        look(&found, coverage->moves[rows[k].from][rows[k].to], "move", word);
    }
    for (unsigned c = 1; c < HF_CHANGE_TYPES; c++)
        look(&found, coverage->changes[c], "change", hf_change_word((enum hf_change_type)c));
    for (uint8_t s = 0; s < HF_STEPS; s++)
        look(&found, coverage->steps[s], "step", sim_step_word(s));
    for (uint8_t s = 0; s < HF_STEP_STATUSES; s++)
        look(&found, coverage->statuses[s], "answer", sim_status_word(s));
    printf("left out: %llu times; whether rightly was looked at by every placement: %llu times\n",
           (unsigned long long)(coverage->left_out[0] + coverage->left_out[1]),
           (unsigned long long)coverage->left_out[1]);
    printf("replayed: %llu events, identical; %llu logs began with a checkpoint\n",
           (unsigned long long)coverage->replayed, (unsigned long long)coverage->checkpoints);
    printf("never reached: %u with an explanation, %u without\n", found.explained,
           found.unexplained);
    return found.unexplained;
}
