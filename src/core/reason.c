#include "core/reason.h"

#include <string.h>

#include "core/spec.h"

static const struct {
    const char *word;
    const char *text;
} reasons[HF_REASON_COUNT] = {
#define HF_REASON_ROW(code, word, text) [HF_REASON_##code] = {word, text},
    HF_REASONS(HF_REASON_ROW)
#undef HF_REASON_ROW
};

struct hf_reason hf_reason_make(enum hf_reason_code code)
{
    return (struct hf_reason){.code = (uint16_t)code,
                              .node = HF_NODE_NONE,
                              .node2 = HF_NODE_NONE,
                              .instance = HF_INSTANCE_NONE};
}

struct hf_reason hf_reason_node(enum hf_reason_code code, uint8_t node)
{
    struct hf_reason reason = hf_reason_make(code);
    reason.node = node;
    return reason;
}

const char *hf_reason_word(uint16_t code)
{
    return code < HF_REASON_COUNT ? reasons[code].word : "unknown";
}

struct text_out {
    char *text;
    size_t room;
    size_t length;
};

static void put(struct text_out *out, const char *text)
{
    for (; *text; text++) {
        if (out->length + 1 < out->room)
            out->text[out->length++] = *text;
    }
}

static void put_number(struct text_out *out, uint64_t number)
{
    char digits[21];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    put(out, digits + at);
}

static void put_node(struct text_out *out, const struct hf_spec *spec, uint8_t node)
{
    if (spec && node < HF_NODES_MAX && spec->nodes[node].name[0]) {
        put(out, spec->nodes[node].name);
    } else if (node < HF_NODES_MAX) {
        put(out, "node ");
        put_number(out, (uint64_t)node + 1);
    } else {
        put(out, "no node");
    }
}

/* Names of a set of nodes, with commas. */
static void put_nodes(struct text_out *out, const struct hf_spec *spec, uint64_t nodes)
{
    for (bool first = true; nodes; nodes &= nodes - 1, first = false) {
        put(out, first ? "" : ", ");
        put_node(out, spec, (uint8_t)__builtin_ctzll(nodes));
    }
}

static void put_instance(struct text_out *out, const struct hf_spec *spec, uint16_t instance)
{
    if (spec && instance < HF_INSTANCES_MAX && spec->instances[instance].name[0])
        put(out, spec->instances[instance].name);
    else
        put(out, "another instance");
}

/* One %x of a sentence. */
static void put_input(struct text_out *out, char input, const struct hf_reason *reason,
                      const struct hf_spec *spec)
{
    switch (input) {
    case 'n':
        put_node(out, spec, reason->node);
        break;
    case 'm':
        put_node(out, spec, reason->node2);
        break;
    case 'i':
        put_instance(out, spec, reason->instance);
        break;
    case 'd':
        put_number(out, reason->number);
        break;
    case 's':
        put_nodes(out, spec, reason->number);
        break;
    case '%':
        put(out, "%");
        break;
    }
}

size_t hf_reason_text(const struct hf_reason *reason, const struct hf_spec *spec, char *text,
                      size_t room)
{
    if (!room)
        return 0;
    struct text_out out = {text, room, 0};
    const char *from = reason->code < HF_REASON_COUNT
                           ? reasons[reason->code].text
                           : "a reason this version does not know (from a newer one)";
    for (; *from; from++) {
        if (from[0] == '%' && from[1]) {
            put_input(&out, *++from, reason, spec);
            continue;
        }
        char one[2] = {*from, '\0'};
        put(&out, one);
    }
    text[out.length] = '\0';
    return out.length;
}
