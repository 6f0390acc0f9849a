/*
 * postgresql_health.c - what an engine that answers may lack all the same.
 *
 * Happy path: nothing. From level 4 of health on it is asked whether others than administrators
 * still get a connection, and the kernel whether the instance, or the computer, stands still for
 * want of memory (pressure stall information); at level 5 the checks of the file are asked, each in
 * a connection of its own that can change nothing.
 * Failure modes: HF_DRV_EXHAUSTED, HF_DRV_CHECK_FAILED, with what was found. A question that is not
 * answered within its time fails a check; for the rest it says nothing, and neither does a kernel
 * that does not measure pressure.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/cgroup.h"
#include "driver/connection.h"
#include "driver/postgresql.h"
#include "driver/process.h"

#define ASK_MS 5000u
#define STANDSTILL                                                                                 \
    50.0 /* per cent of the last minute in which nothing went on for want of memory */

/* Others are refused as soon as only the connections kept for administrators are left. */
static const char connections_question[] =
    "SELECT CASE WHEN pg_catalog.current_setting('max_connections')::int - pg_catalog.count(*) <= "
    "pg_catalog.current_setting('superuser_reserved_connections')::int THEN "
    "pg_catalog.count(*)::text || ' of ' || pg_catalog.current_setting('max_connections') ELSE '' "
    "END FROM pg_catalog.pg_stat_get_activity(NULL) WHERE backend_type = 'client backend'";

static uint64_t within(uint64_t until_ms)
{
    uint64_t most = hf_process_now_ms() + ASK_MS;
    return most < until_ms ? most : until_ms;
}

/* The "full avg60" of a pressure file; 0 when it does not say. */
double hf_pressure_full(const char *text)
{
    const char *full = strstr(text, "full ");
    const char *minute = full ? strstr(full, "avg60=") : NULL;
    return minute ? strtod(minute + strlen("avg60="), NULL) : 0.0;
}

static double node_pressure(void)
{
    char text[512];
    int fd = open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    return hf_pressure_full(text);
}

static double instance_pressure(const char *instance)
{
    char text[512] = "";
    return hf_cgroup_read(instance, "memory.pressure", text, sizeof(text)) < 0
               ? 0.0
               : hf_pressure_full(text);
}

static bool without_memory(const char *instance, char *text, size_t size)
{
    double own = instance_pressure(instance), all = node_pressure();
    if (own < STANDSTILL && all < STANDSTILL)
        return false;
    (void)snprintf(text, size, "%s stood still for want of memory %.0f %% of the last minute",
                   own >= STANDSTILL ? "the instance" : "the computer",
                   own >= STANDSTILL ? own : all);
    return true;
}

static bool without_connections(struct hf_connection *connection, uint64_t until_ms, char *text,
                                size_t size)
{
    enum hf_answer answer = hf_connection_ask(connection, connections_question, within(until_ms));
    if (answer == HF_ANSWER_NOT_YET)
        hf_connection_close(connection); /* its answer must not be taken for the next one */
    if (answer != HF_ANSWER_YES || !connection->value[0])
        return false;
    (void)snprintf(text, size, "%s connections are taken", connection->value);
    return true;
}

/* Whether a check passes; if not, text says why. */
static bool passes(const struct hf_driver_request *request, const struct hf_driver_check *check,
                   const char *directory, uint64_t until_ms, char *text, size_t size)
{
    struct hf_connection own;
    hf_connection_init(&own);
    own.database = check->database[0] ? check->database : NULL;
    own.read_only = true;
    enum hf_answer answer =
        hf_connection_open(&own, directory, request->engine.port, request->engine.user, until_ms);
    if (answer == HF_ANSWER_YES)
        answer = hf_connection_ask(&own, check->query, until_ms);
    bool passed =
        answer == HF_ANSWER_YES && (!check->expect[0] || strcmp(own.value, check->expect) == 0);
    if (answer == HF_ANSWER_NOT_YET)
        (void)snprintf(text, size, "check %s: no answer in time", check->name);
    else if (answer == HF_ANSWER_ERROR)
        (void)snprintf(text, size, "check %s: %.150s", check->name, own.text);
    else if (!passed)
        (void)snprintf(text, size, "check %s: the answer is '%.60s', not '%s'", check->name,
                       own.value, check->expect);
    hf_connection_close(&own);
    return passed;
}

enum hf_driver_status hf_postgresql_lacks(const struct hf_driver_request *request,
                                          const char *directory, struct hf_connection *connection,
                                          uint64_t until_ms, char *text, size_t size)
{
    if (request->health_level >= 4 && (without_memory(request->instance, text, size) ||
                                       without_connections(connection, until_ms, text, size)))
        return HF_DRV_EXHAUSTED;
    for (uint32_t c = 0; request->health_level >= 5 && c < request->check_count; c++) {
        if (!passes(request, &request->checks[c], directory, within(until_ms), text, size))
            return HF_DRV_CHECK_FAILED;
    }
    return HF_DRV_OK;
}
