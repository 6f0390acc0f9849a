#include "cli/time_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * (int64_t)HOUR)

struct hf_time_text hf_time_period(int64_t ms)
{
    struct hf_time_text out;
    ms = ms < 0 ? 0 : ms;
    int days = (int)(ms / DAY);
    int hours = (int)(ms % DAY / HOUR);
    int minutes = (int)(ms % HOUR / MINUTE);
    int seconds = (int)(ms % MINUTE / SECOND);
    if (ms < MINUTE)
        (void)snprintf(out.text, sizeof(out.text), "%d s", seconds);
    else if (ms < HOUR)
        (void)snprintf(out.text, sizeof(out.text), "%d min %d s", minutes, seconds);
    else if (ms < DAY)
        (void)snprintf(out.text, sizeof(out.text), "%d h %d min", hours, minutes);
    else if (ms < 2 * DAY)
        (void)snprintf(out.text, sizeof(out.text), "1 day %d h", hours);
    else
        (void)snprintf(out.text, sizeof(out.text), "%d days", days);
    return out;
}

struct hf_time_text hf_time_ago(int64_t ms)
{
    struct hf_time_text out;
    if (ms < SECOND)
        (void)snprintf(out.text, sizeof(out.text), "just now");
    else if (ms < MINUTE)
        (void)snprintf(out.text, sizeof(out.text), "%d s ago", (int)(ms / SECOND));
    else if (ms < HOUR)
        (void)snprintf(out.text, sizeof(out.text), "%d min ago", (int)(ms / MINUTE));
    else if (ms < 2 * DAY)
        (void)snprintf(out.text, sizeof(out.text), "%d h ago", (int)(ms / HOUR));
    else
        (void)snprintf(out.text, sizeof(out.text), "%d days ago", (int)(ms / DAY));
    return out;
}

struct hf_time_text hf_time_took(int64_t ms)
{
    struct hf_time_text out;
    ms = ms < 0 ? 0 : ms;
    if (ms < SECOND)
        (void)snprintf(out.text, sizeof(out.text), "%d ms", (int)ms);
    else if (ms < 10 * SECOND)
        (void)snprintf(out.text, sizeof(out.text), "%.2f s", (double)ms / 1000.0);
    else if (ms < MINUTE)
        (void)snprintf(out.text, sizeof(out.text), "%.1f s", (double)ms / 1000.0);
    else
        out = hf_time_period(ms);
    return out;
}

struct hf_time_text hf_time_seconds(int64_t ms)
{
    struct hf_time_text out;
    ms = ms < 0 ? 0 : ms;
    if (ms >= MINUTE)
        return hf_time_period(ms);
    (void)snprintf(out.text, sizeof(out.text), "%.2f s", (double)ms / 1000.0);
    return out;
}

static void local_time(int64_t wall_ms, struct tm *ret)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    if (!localtime_r(&seconds, ret))
        memset(ret, 0, sizeof(*ret));
}

struct hf_time_text hf_time_stamp(int64_t wall_ms)
{
    struct hf_time_text out;
    struct tm tm;
    local_time(wall_ms, &tm);
    char whole[32];
    if (strftime(whole, sizeof(whole), "%Y-%m-%d %H:%M:%S", &tm) == 0)
        whole[0] = '\0';
    (void)snprintf(out.text, sizeof(out.text), "%s.%03d", whole, (int)(wall_ms % 1000));
    return out;
}

struct hf_time_text hf_time_clock(int64_t wall_ms, int64_t now_ms)
{
    struct tm then;
    struct tm now;
    local_time(wall_ms, &then);
    local_time(now_ms, &now);
    struct hf_time_text out = hf_time_stamp(wall_ms);
    if (then.tm_year == now.tm_year && then.tm_yday == now.tm_yday)
        memmove(out.text, out.text + 11, strlen(out.text + 11) + 1);
    return out;
}
