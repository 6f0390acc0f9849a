/*
 * The firewall for what comes in, out of the kernel's own rules (nft shows those of iptables too).
 *
 * Read, not simulated: the strictest policy of the chains that see incoming packets, and what the
 * tables accept by port, by source or altogether. A rule that accepts nothing, or that asks for
 * more than that, opens nothing here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/facts_impl.h"

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* "5405" or "5405-5412" of a value; several of a set. */
static void open_ports(json_t *opens, const char *protocol, const json_t *right)
{
    char entry[64];
    size_t i = 0;
    json_t *one = NULL;
    const json_t *range = json_object_get(right, "range");
    json_array_foreach(json_object_get(right, "set"), i, one) open_ports(opens, protocol, one);
    if (json_is_integer(right))
        (void)snprintf(entry, sizeof(entry), "%s/%lld", protocol,
                       (long long)json_integer_value(right));
    else if (json_array_size(range) == 2)
        (void)snprintf(entry, sizeof(entry), "%s/%lld-%lld", protocol,
                       (long long)json_integer_value(json_array_get(range, 0)),
                       (long long)json_integer_value(json_array_get(range, 1)));
    else
        return;
    (void)json_array_append_new(opens, json_string(entry));
}

/* "10.77.1.0/24", "10.77.1.12" or the name of an interface. */
static void open_source(json_t *sources, const json_t *right)
{
    char entry[128];
    size_t i = 0;
    json_t *one = NULL;
    const json_t *prefix = json_object_get(right, "prefix");
    json_array_foreach(json_object_get(right, "set"), i, one) open_source(sources, one);
    if (json_is_string(right))
        (void)snprintf(entry, sizeof(entry), "%s", json_string_value(right));
    else if (prefix)
        (void)snprintf(entry, sizeof(entry), "%s/%lld", text(prefix, "addr"),
                       (long long)json_integer_value(json_object_get(prefix, "len")));
    else
        return;
    (void)json_array_append_new(sources, json_string(entry));
}

struct rule {
    const char *protocol;
    const json_t *ports, *sources;
    bool accepts, other;
};

static void take_match(struct rule *rule, const json_t *match)
{
    const json_t *left = json_object_get(match, "left");
    const json_t *payload = json_object_get(left, "payload");
    const json_t *right = json_object_get(match, "right");
    const char *field = text(payload, "field");
    const char *meta = text(json_object_get(left, "meta"), "key");
    if (strcmp(text(match, "op"), "==") != 0) {
        rule->other = true;
    } else if (strcmp(field, "dport") == 0) {
        rule->protocol = text(payload, "protocol");
        rule->ports = right;
    } else if (strcmp(field, "saddr") == 0 || strcmp(meta, "iifname") == 0) {
        rule->sources = right;
    } else if (strcmp(meta, "l4proto") != 0) {
        rule->other = true;
    }
}

static void take_rule(const json_t *from, json_t *opens, json_t *sources, bool *all)
{
    size_t i = 0;
    json_t *one = NULL;
    struct rule rule = {0};
    json_array_foreach(json_object_get(from, "expr"), i, one)
    {
        const json_t *match = json_object_get(one, "match");
        rule.accepts |= json_object_get(one, "accept") != NULL;
        if (match)
            take_match(&rule, match);
    }
    if (!rule.accepts || rule.other)
        return;
    if (rule.ports)
        open_ports(opens, rule.protocol, rule.ports);
    else if (rule.sources)
        open_source(sources, rule.sources);
    else
        *all = true;
}

static json_t *read_rules(const json_t *answer)
{
    size_t i = 0;
    json_t *one = NULL;
    json_t *opens = json_array();
    json_t *sources = json_array();
    bool drops = false;
    bool all = false;
    json_array_foreach(json_object_get(answer, "nftables"), i, one)
    {
        const json_t *chain = json_object_get(one, "chain");
        const json_t *rule = json_object_get(one, "rule");
        if (chain && strcmp(text(chain, "hook"), "input") == 0)
            drops |= strcmp(text(chain, "policy"), "drop") == 0;
        if (rule)
            take_rule(rule, opens, sources, &all);
    }
    return json_pack("{s:s, s:o, s:o}", "policy", drops && !all ? "drop" : "accept", "opens", opens,
                     "sources", sources);
}

/* Without nft there are rules all the same when the kernel has loaded what keeps them. */
static bool may_have_rules(const struct hf_facts_source *source)
{
    static const char *const kinds[] = {"nf_tables ", "ip_tables ", "ip6_tables "};
    char line[HF_FACTS_LINE];
    char *modules = hf_facts_text(source, "/proc/modules");
    const char *at = modules ? modules : "";
    bool may = hf_facts_line(source, "/proc/net/ip_tables_names", line, sizeof(line));
    while (!may && hf_facts_next(&at, line, sizeof(line)))
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
            may |= strncmp(line, kinds[k], strlen(kinds[k])) == 0;
    free(modules);
    return may;
}

/* NULL: that cannot be told (not root, or rules without nft to list them). */
json_t *hf_facts_firewall(const struct hf_facts_source *source)
{
    static const char *const argv[] = {"nft", "-j", "list", "ruleset", NULL};
    struct hf_strbuf HF_STRBUF_CLEANUP out;
    hf_strbuf_init(&out);
    int status = hf_facts_run(source, argv, &out);
    if (status == -ENOENT && !may_have_rules(source))
        return json_pack("{s:s, s:[], s:[]}", "policy", "accept", "opens", "sources");
    json_t *answer = status == 0 ? json_loads(out.data, 0, NULL) : NULL;
    json_t *rules = answer ? read_rules(answer) : NULL;
    json_decref(answer);
    return rules;
}
