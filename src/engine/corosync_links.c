/*
 * corosync_links.c - the process that asks corosync which links to which nodes are up (libcmap).
 *
 * Happy path: every two seconds stats.knet.nodeN.linkM.connected is read for every link there is;
 * what is seen goes to the engine's process (links.h). Every half minute all names are tried, so
 * that nodes that were added are found. Failure modes: corosync takes no request now -> nothing is
 * said this time; it hangs or synchronises for long -> the call waits, nothing is said, the engine
 * calls the links unknown; it is gone -> this process ends; the engine's process is gone -> it
 * ends.
 *
 * The keys are read, not tracked (cmap_track_add). corosync finds out what to notify of by reading
 * them itself, every 1.5 s (stats_trigger_trackers in its exec/stats.c): a notice comes no sooner
 * than an answer here. And only an answer shows that corosync still looks; its silence would mean
 * both "nothing changed" and "it hangs".
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include <corosync/cmap.h>

#include "engine/corosync_private.h"

#define BEAT_MS 2000
#define SEARCH_BEATS 15 /* between two times that all names are tried */
#define NODES 64u       /* ids 1 to 64 */

struct asker {
    cmap_handle_t cmap;
    uint32_t self;
    unsigned beats;
    uint64_t there[HF_ENGINE_LINKS_MAX]; /* nodes to which corosync has this link */
};

static cs_error_t ask(const struct asker *asker, uint32_t node, unsigned link, uint8_t *up)
{
    char key[CMAP_KEYNAME_MAXLEN + 1];
    (void)snprintf(key, sizeof(key), "stats.knet.node%" PRIu32 ".link%u.connected", node, link);
    return cmap_get_uint8(asker->cmap, key, up);
}

static cs_error_t look_at(struct asker *asker, unsigned link, struct hf_engine_links *ret)
{
    for (uint32_t node = 1; node <= NODES; node++) {
        uint64_t bit = hf_engine_node_bit(node);
        uint8_t up = 0;
        if (node == asker->self || !(asker->there[link] & bit))
            continue;
        cs_error_t error = ask(asker, node, link, &up);
        if (error == CS_ERR_NOT_EXIST) {
            asker->there[link] &= ~bit;
            continue;
        }
        if (error != CS_OK)
            return error;
        ret->known[link] |= bit;
        ret->up[link] |= up ? bit : 0;
    }
    return CS_OK;
}

static cs_error_t look(struct asker *asker, struct hf_engine_links *ret)
{
    bool search = asker->beats++ % SEARCH_BEATS == 0;
    *ret = (struct hf_engine_links){0};
    for (unsigned link = 0; link < HF_ENGINE_LINKS_MAX; link++) {
        if (search)
            asker->there[link] = UINT64_MAX;
        cs_error_t error = look_at(asker, link, ret);
        if (error != CS_OK)
            return error;
    }
    return CS_OK;
}

/* Until the next beat; false at once when nobody reads any more. */
static bool wait_for_beat(int output)
{
    struct pollfd pipe = {.fd = output};
    return poll(&pipe, 1, BEAT_MS) <= 0;
}

int hf_engine_links_run(void *user, int output)
{
    const struct hf_engine *engine = user;
    struct asker asker = {.self = engine->node};
    if (cmap_initialize_map(&asker.cmap, CMAP_MAP_STATS) != CS_OK)
        return 1;
    do {
        struct hf_engine_links links;
        uint64_t looked_ms = hf_links_clock_ms();
        cs_error_t error = look(&asker, &links);
        if (error != CS_OK && error != CS_ERR_TRY_AGAIN)
            return 1;
        if (error == CS_OK && hf_links_say(output, &links, looked_ms) < 0)
            return 1;
    } while (wait_for_beat(output));
    return 0;
}
