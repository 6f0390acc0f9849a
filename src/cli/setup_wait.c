#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/setup.h"

#define STEP_MS 200

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* One question; true when the node is up. Otherwise state says what it is. */
static bool is_up(hf_setup_call_fn call, char *state, size_t room)
{
    struct hf_error error = {""};
    json_t *reply = NULL;
    json_t *request = json_pack("{s:s}", "verb", "status");
    bool up = false;
    if (request && call(request, &reply, &error) == 0) {
        const json_t *self = json_object_get(reply, "self");
        const char *told = json_string_value(json_object_get(self, "state"));
        (void)snprintf(state, room, "%s", told ? told : "not told");
        /* "up, passive" is up as well */
        up = told && strncmp(told, "up", 2) == 0 && (told[2] == '\0' || told[2] == ',');
    } else {
        (void)snprintf(state, room, "holdfastd does not answer yet");
    }
    json_decref(reply);
    json_decref(request);
    return up;
}

int hf_setup_wait_up(hf_setup_call_fn call, const char *node, unsigned timeout_s,
                     struct hf_error *error)
{
    int64_t deadline = now_ms() + (int64_t)timeout_s * 1000;
    char told[128] = "";
    char state[128] = "";
    while (!is_up(call, state, sizeof(state))) {
        if (strcmp(state, told) != 0) {
            printf("waiting for %s to be up: %s\n", node, state);
            (void)fflush(stdout);
            (void)snprintf(told, sizeof(told), "%s", state);
        }
        if (now_ms() >= deadline) {
            hf_error_set(
                error,
                "%s was not up within %u s; its last state: %s\n  `journalctl -u holdfastd "
                "-u corosync` on this node says why.",
                node, timeout_s, state);
            return -ETIMEDOUT;
        }
        pause_ms(STEP_MS);
    }
    return 0;
}
