/* corosync: its file, its key (as a fingerprint), and what it measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gnutls/crypto.h>

#include "validate/facts_impl.h"

#define KEY_PATH "/etc/corosync/authkey"
#define PORT 5405 /* of link 0; each further link one more (corosync.conf(5), mcastport) */

struct reading {
    json_t *totem;
    json_t *nodes;
    json_t *node; /* the one that is open */
    char sections[4][32];
    unsigned depth;
    int links;     /* highest number of a ring's address + 1 */
    json_t *ports; /* those that are stated */
};

static bool inside(const struct reading *reading, const char *section)
{
    return reading->depth > 0 && reading->depth <= 4 &&
           strcmp(reading->sections[reading->depth - 1], section) == 0;
}

static void take_node(struct reading *reading, const char *key, const char *value)
{
    int ring = -1;
    (void)json_object_set_new(reading->node, key, json_string(value));
    if (sscanf(key, "ring%d_addr", &ring) == 1 && ring >= reading->links)
        reading->links = ring + 1;
}

static void take_value(struct reading *reading, char *line, char *colon)
{
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (inside(reading, "totem"))
        (void)json_object_set_new(reading->totem, line, json_string(value));
    else if (inside(reading, "node") && reading->node)
        take_node(reading, line, value);
    else if (inside(reading, "interface") && strcmp(line, "mcastport") == 0)
        (void)json_array_append_new(reading->ports, json_integer(strtoll(value, NULL, 10)));
}

static void open_section(struct reading *reading, const char *line)
{
    if (reading->depth < 4)
        (void)snprintf(reading->sections[reading->depth], sizeof(reading->sections[0]), "%.*s",
                       (int)strcspn(line, " \t{"), line);
    reading->depth++;
    if (!inside(reading, "node"))
        return;
    reading->node = json_object();
    (void)json_array_append_new(reading->nodes, reading->node);
}

static void read_conf(struct reading *reading, const char *text)
{
    char line[HF_FACTS_LINE];
    while (hf_facts_next(&text, line, sizeof(line))) {
        char *colon = strchr(line, ':');
        if (line[0] == '#')
            continue;
        if (strchr(line, '{'))
            open_section(reading, line);
        else if (line[0] == '}')
            reading->depth -= reading->depth > 0;
        else if (colon)
            take_value(reading, line, colon);
    }
    bool stated = json_array_size(reading->ports) > 0;
    for (int link = 0; !stated && link < reading->links; link++)
        (void)json_array_append_new(reading->ports, json_integer(PORT + link));
}

static json_t *conf_of(const struct hf_facts_source *source)
{
    char *text = hf_facts_text(source, "/etc/corosync/corosync.conf");
    if (!text)
        return NULL;
    struct reading reading = {.totem = json_object(), .nodes = json_array(), .ports = json_array()};
    read_conf(&reading, text);
    free(text);
    return json_pack("{s:o, s:o, s:o}", "totem", reading.totem, "nodes", reading.nodes, "ports",
                     reading.ports);
}

/* The key itself never leaves the node: sixteen digits of its SHA-256 tell two keys apart. */
static json_t *key_of(const struct hf_facts_source *source)
{
    unsigned char bytes[4096];
    unsigned char digest[32];
    char print[17];
    char path[1024];
    struct stat about;
    hf_facts_path(source, KEY_PATH, path, sizeof(path));
    if (stat(path, &about) != 0)
        return NULL;
    json_t *key = json_pack("{s:i, s:I}", "mode", (int)(about.st_mode & 0777), "uid",
                            (json_int_t)about.st_uid);
    FILE *file = fopen(path, "re");
    if (!file)
        return key;
    size_t length = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, length, digest) == 0) {
        for (unsigned k = 0; k < 8; k++)
            (void)snprintf(print + 2 * k, 3, "%02x", digest[k]);
        (void)json_object_set_new(key, "print", json_string(print));
    }
    explicit_bzero(bytes, sizeof(bytes));
    return key;
}

/* "stats.knet.node2.link0.latency_ave (u32) = 155" */
static json_t *link_of(json_t *links, int node, int number)
{
    size_t i = 0;
    json_t *link = NULL;
    json_array_foreach(links, i, link)
    {
        if (json_integer_value(json_object_get(link, "node")) == node &&
            json_integer_value(json_object_get(link, "link")) == number)
            return link;
    }
    link = json_pack("{s:i, s:i}", "node", node, "link", number);
    (void)json_array_append_new(links, link);
    return link;
}

static json_t *links_of(const struct hf_facts_source *source)
{
    static const char *const argv[] = {"corosync-cmapctl", "-m", "stats", NULL};
    char line[HF_FACTS_LINE];
    char word[32];
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    if (hf_facts_run(source, argv, &out) != 0)
        return NULL;
    json_t *links = json_array();
    const char *at = out.data;
    while (hf_facts_next(&at, line, sizeof(line))) {
        int node = 0, number = 0;
        long long value = 0;
        if (sscanf(line, "stats.knet.node%d.link%d.%31s (%*[^)]) = %lld", &node, &number, word,
                   &value) != 4)
            continue;
        if (strcmp(word, "connected") == 0 || strcmp(word, "enabled") == 0 ||
            strcmp(word, "latency_ave") == 0)
            (void)json_object_set_new(link_of(links, node, number), word, json_integer(value));
    }
    return links;
}

json_t *hf_facts_corosync(const struct hf_facts_source *source)
{
    json_t *conf = conf_of(source);
    json_t *key = key_of(source);
    json_t *links = conf ? links_of(source) : NULL;
    json_t *all = json_object();
    if (conf)
        (void)json_object_set_new(all, "conf", conf);
    if (key)
        (void)json_object_set_new(all, "key", key);
    if (links)
        (void)json_object_set_new(all, "links", links);
    return all;
}
