/*
 * Interfaces, names, and what answers: small pings to the other nodes, full-sized ones that must
 * not be cut, and one to each virtual address.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/facts_impl.h"

static json_t *take_addresses(const json_t *from)
{
    size_t i = 0;
    json_t *one = NULL;
    json_t *list = json_array();
    json_array_foreach(from, i, one)
    {
        const char *scope = json_string_value(json_object_get(one, "scope"));
        const char *local = json_string_value(json_object_get(one, "local"));
        if (!local || (scope && strcmp(scope, "link") == 0))
            continue;
        (void)json_array_append_new(list, json_pack("{s:s, s:O, s:b}", "address", local, "prefix",
                                                    json_object_get(one, "prefixlen"), "dynamic",
                                                    json_is_true(json_object_get(one, "dynamic"))));
    }
    return list;
}

static bool has_flag(const json_t *interface, const char *flag)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(interface, "flags"), i, one)
    {
        if (strcmp(json_string_value(one), flag) == 0)
            return true;
    }
    return false;
}

static void take_interface(const struct hf_facts_source *source, const json_t *from, json_t *list)
{
    char path[256];
    const char *name = json_string_value(json_object_get(from, "ifname"));
    if (!name || has_flag(from, "LOOPBACK"))
        return;
    json_t *one =
        json_pack("{s:s, s:O, s:b, s:o}", "name", name, "mtu", json_object_get(from, "mtu"), "up",
                  has_flag(from, "UP") && has_flag(from, "LOWER_UP"), "addresses",
                  take_addresses(json_object_get(from, "addr_info")));
    (void)snprintf(path, sizeof(path), "/sys/class/net/%s/speed", name);
    json_int_t speed = hf_facts_number(source, path, -1);
    if (speed > 0)
        (void)json_object_set_new(one, "speed_mbit", json_integer(speed));
    (void)json_array_append_new(list, one);
}

json_t *hf_facts_interfaces(const struct hf_facts_source *source)
{
    static const char *const argv[] = {"ip", "-json", "address", NULL};
    size_t i = 0;
    json_t *one = NULL;
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (hf_facts_run(source, argv, &out) != 0)
        return NULL;
    json_t *answer = json_loads(out.data, 0, NULL);
    json_t *list = answer ? json_array() : NULL;
    json_array_foreach(answer, i, one) take_interface(source, one, list);
    json_decref(answer);
    return list;
}

/* ---- Names ---- */

static void resolve(const struct hf_facts_source *source, const char *name, json_t *names)
{
    const char *const argv[] = {"getent", "ahosts", name, NULL};
    char line[HF_FACTS_LINE];
    char *words[3];
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    int status = hf_facts_run(source, argv, &out);
    if (status < 0)
        return;
    json_t *list = json_array();
    const char *at = out.data;
    while (status == 0 && hf_facts_next(&at, line, sizeof(line)))
        if (hf_facts_words(line, words, 3) >= 2 && strcmp(words[1], "STREAM") == 0)
            (void)json_array_append_new(list, json_string(words[0]));
    (void)json_object_set_new(names, name, list);
}

json_t *hf_facts_names(const struct hf_facts_source *source, const struct hf_spec *spec)
{
    json_t *names = json_object();
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (spec->nodes[n].name[0])
            resolve(source, spec->nodes[n].name, names);
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        if (spec->instances[i].name[0] && spec->instances[i].network_name[0])
            resolve(source, spec->instances[i].network_name, names);
    return names;
}

/* ---- What answers ---- */

#define PINGS_MAX (4u * HF_NODES_MAX)

struct ping {
    const char *peer;
    const char *network;
    const char *address;
    bool full;
};

struct pings {
    unsigned count;
    struct ping of[PINGS_MAX];
    const char *argv[PINGS_MAX][16];
    char bytes[PINGS_MAX][12];
    struct hf_strbuf out[PINGS_MAX];
    int status[PINGS_MAX];
};

/* MTU of the interface that reaches an address of the same network as `own`. */
static json_int_t mtu_of(const json_t *interfaces, const char *own)
{
    size_t i = 0, k = 0;
    json_t *interface = NULL;
    json_t *address = NULL;
    json_array_foreach(interfaces, i, interface)
    {
        json_array_foreach(json_object_get(interface, "addresses"), k, address)
        {
            if (strcmp(json_string_value(json_object_get(address, "address")), own) == 0)
                return json_integer_value(json_object_get(interface, "mtu"));
        }
    }
    return 0;
}

static void add_ping(struct pings *pings, struct ping ping, json_int_t mtu)
{
    bool six = strchr(ping.address, ':') != NULL;
    unsigned k = pings->count++;
    (void)snprintf(pings->bytes[k], sizeof(pings->bytes[k]), "%d",
                   ping.full ? (int)mtu - (six ? 48 : 28) : 56);
    const char *const argv[] = {"ping",          "-n",         "-q", "-c", "5",  "-i",
                                "0.05",          "-w",         "2",  "-M", "do", "-s",
                                pings->bytes[k], ping.address, NULL};
    memcpy(pings->argv[k], argv, sizeof(argv));
    pings->of[k] = ping;
    hf_strbuf_init(&pings->out[k]);
}

/* "5 packets transmitted, 4 received, ..." and "rtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms". */
static json_t *read_ping(const struct ping *ping, const char *text)
{
    const char *at = strstr(text, " packets transmitted");
    int sent = 0, received = 0;
    double low = 0, mean = 0, high = 0;
    json_t *one = json_pack("{s:s, s:s, s:s, s:b}", "node", ping->peer, "network", ping->network,
                            "address", ping->address, "full", ping->full);
    while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
        at--;
    if (at && sscanf(at, "%d packets transmitted, %d received", &sent, &received) == 2) {
        (void)json_object_set_new(one, "sent", json_integer(sent));
        (void)json_object_set_new(one, "received", json_integer(received));
    }
    at = strstr(text, "rtt min/avg/max/mdev = ");
    if (at && sscanf(at, "rtt min/avg/max/mdev = %lf/%lf/%lf", &low, &mean, &high) == 3)
        (void)json_object_set_new(one, "rtt_us", json_integer((json_int_t)(high * 1000)));
    return one;
}

static void add_peer(struct pings *pings, const struct hf_spec *spec, const json_t *interfaces,
                     unsigned self, unsigned n)
{
    const struct hf_node_spec *own = &spec->nodes[self];
    const struct hf_node_spec *peer = &spec->nodes[n];
    const struct {
        const char *network, *from, *to;
    } ways[] = {{"public", own->public_address, peer->public_address},
                {"private", own->private_address, peer->private_address}};
    for (unsigned k = 0; k < 2; k++) {
        json_int_t mtu = mtu_of(interfaces, ways[k].from);
        if (!ways[k].to[0] || pings->count + 2 > PINGS_MAX)
            continue;
        add_ping(pings, (struct ping){peer->name, ways[k].network, ways[k].to, false}, 0);
        if (mtu > 100)
            add_ping(pings, (struct ping){peer->name, ways[k].network, ways[k].to, true}, mtu);
    }
}

/* Answers of all pings; NULL when there is no ping here. */
static json_t *run_pings(const struct hf_facts_source *source, struct pings *pings)
{
    json_t *list = json_array();
    bool can = true;
    hf_facts_run_all(source, (const char *const(*)[16])pings->argv, pings->count, pings->out,
                     pings->status);
    for (unsigned k = 0; k < pings->count; k++) {
        /* 0: all came back, 1: some did not; anything else is no answer about the network. */
        can &= pings->status[k] == 0 || pings->status[k] == 1;
        (void)json_array_append_new(list, read_ping(&pings->of[k], pings->out[k].data));
        hf_strbuf_release(&pings->out[k]);
    }
    if (can)
        return list;
    json_decref(list);
    return NULL;
}

json_t *hf_facts_peers(const struct hf_facts_source *source, const struct hf_spec *spec,
                       const json_t *interfaces)
{
    char name[HF_NAME_MAX];
    hf_facts_self(source, spec, name, sizeof(name));
    uint8_t self = hf_spec_find_node(spec, name);
    struct pings *pings = self == HF_NODE_NONE ? NULL : calloc(1, sizeof(*pings));
    if (!pings)
        return NULL;
    for (unsigned n = 0; n < HF_NODES_MAX; n++)
        if (spec->nodes[n].name[0] && n != self)
            add_peer(pings, spec, interfaces, self, n);
    json_t *list = run_pings(source, pings);
    free(pings);
    return list;
}

/* Each instance's address: does it answer, and is it here? */
json_t *hf_facts_virtual(const struct hf_facts_source *source, const struct hf_spec *spec,
                         const json_t *interfaces)
{
    struct pings *pings = calloc(1, sizeof(*pings));
    json_t *list = json_array();
    if (!pings)
        return list;
    for (unsigned i = 0; i < HF_INSTANCES_MAX && pings->count < PINGS_MAX; i++)
        if (spec->instances[i].name[0] && spec->instances[i].address[0])
            add_ping(pings, (struct ping){"", "", spec->instances[i].address, false}, 0);
    hf_facts_run_all(source, (const char *const(*)[16])pings->argv, pings->count, pings->out,
                     pings->status);
    for (unsigned k = 0; k < pings->count; k++) {
        json_t *one = read_ping(&pings->of[k], pings->out[k].data);
        json_t *received = json_object_get(one, "received");
        json_t *about = json_pack("{s:s, s:b}", "address", pings->of[k].address, "here",
                                  mtu_of(interfaces, pings->of[k].address) > 0);
        if (received)
            (void)json_object_set_new(about, "answers",
                                      json_boolean(json_integer_value(received) > 0));
        (void)json_array_append_new(list, about);
        json_decref(one);
        hf_strbuf_release(&pings->out[k]);
    }
    free(pings);
    return list;
}
