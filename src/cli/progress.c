#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#define QUIET_S 2 /* how long it may take without saying how far it is */

struct hf_progress hf_progress_begin(void)
{
    struct hf_progress progress = {.shown = false};
    (void)clock_gettime(CLOCK_MONOTONIC, &progress.begin);
    return progress;
}

static bool is_due(struct hf_progress *progress, int after_s)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (!isatty(STDERR_FILENO) || now.tv_sec - progress->begin.tv_sec < after_s)
        return false;
    progress->shown = true;
    return true;
}

void hf_progress_count(struct hf_progress *progress, const char *doing, unsigned done,
                       unsigned total, const char *of_what)
{
    if (!is_due(progress, QUIET_S))
        return;
    (void)fprintf(stderr, "\r\033[K%s: %u of %u %s", doing, done, total, of_what);
    (void)fflush(stderr);
}

void hf_progress_say(struct hf_progress *progress, const char *what)
{
    if (!is_due(progress, QUIET_S / 2))
        return;
    (void)fprintf(stderr, "\r\033[K%s", what);
    (void)fflush(stderr);
}

void hf_progress_end(struct hf_progress *progress)
{
    if (progress->shown)
        (void)fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
