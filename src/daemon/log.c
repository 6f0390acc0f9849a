#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/reason.h"
#include "daemon/daemon.h"

void hf_log(const char *format, ...)
{
    if (!getenv("JOURNAL_STREAM")) {
        struct timespec now;
        struct tm tm;
        char text[32];
        (void)clock_gettime(CLOCK_REALTIME, &now);
        (void)localtime_r(&now.tv_sec, &tm);
        (void)strftime(text, sizeof(text), "%F %T", &tm);
        (void)fprintf(stderr, "%s.%03ld ", text, now.tv_nsec / 1000000);
    }
    va_list args;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

static const char *node_name(const struct hf_state *state, uint8_t node)
{
    return node < HF_NODES_MAX && state->spec.nodes[node].name[0] ? state->spec.nodes[node].name
                                                                  : "-";
}

static void log_record(const struct hf_state *state, const struct hf_history_record *record)
{
    char reason[512], choice[512];
    (void)hf_reason_text(&record->reason, &state->spec, reason, sizeof(reason));
    (void)hf_reason_text(&record->choice, &state->spec, choice, sizeof(choice));
    const char *what = hf_change_word((enum hf_change_type)record->type);
    if (record->type == HF_CHANGE_PHASE)
        what = hf_phase_word((enum hf_phase)record->phase);
    if (record->instance < HF_INSTANCES_MAX)
        hf_log("%s: %s %s (generation %u)%s%s%s%s", state->spec.instances[record->instance].name,
               what, node_name(state, record->node), record->generation, reason[0] ? ": " : "",
               reason, choice[0] ? "; " : "", choice);
    else
        hf_log("%s %s%s%s", what, node_name(state, record->node), reason[0] ? ": " : "", reason);
}

void hf_log_history(struct hf_daemon *daemon)
{
    const struct hf_state *state = hf_core_state(daemon->core);
    uint64_t from = daemon->history_count;
    if (state->history_count > from + HF_HISTORY_MAX || from > state->history_count)
        from = state->history_count;
    for (uint64_t h = from; h < state->history_count; h++)
        log_record(state, &state->history[h % HF_HISTORY_MAX]);
    daemon->history_count = state->history_count;
}
