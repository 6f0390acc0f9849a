#include "daemon/status_json.h"

#include "base/error.h"
#include "daemon/control_reply.h"

const char *hf_name_node(const struct hf_spec *spec, uint8_t node)
{
    if (node >= HF_NODES_MAX)
        return "no node";
    return spec->nodes[node].name[0] ? spec->nodes[node].name : "a removed node";
}

const char *hf_name_instance(const struct hf_spec *spec, uint16_t instance)
{
    if (instance >= HF_INSTANCES_MAX)
        return "no instance";
    return spec->instances[instance].name[0] ? spec->instances[instance].name
                                             : "a removed instance";
}

json_t *hf_json_node(const struct hf_spec *spec, uint8_t node)
{
    bool known = node < HF_NODES_MAX && spec->nodes[node].name[0];
    return hf_control_text(known ? spec->nodes[node].name : NULL);
}

json_t *hf_json_instance(const struct hf_spec *spec, uint16_t instance)
{
    bool known = instance < HF_INSTANCES_MAX && spec->instances[instance].name[0];
    return hf_control_text(known ? spec->instances[instance].name : NULL);
}

json_t *hf_json_reason(const struct hf_reason *reason, const struct hf_spec *spec)
{
    if (reason->code == HF_REASON_NONE)
        return json_null();
    char text[HF_ERROR_TEXT_MAX];
    (void)hf_reason_text(reason, spec, text, sizeof(text));
    return json_pack("{s:s, s:o}", "code", hf_reason_word(reason->code), "text",
                     hf_control_text(text));
}

json_t *hf_json_rejections(const struct hf_takeover *takeover, const struct hf_spec *spec)
{
    json_t *list = json_array();
    for (unsigned r = 0; r < takeover->rejection_count && r < HF_REJECTIONS_MAX; r++) {
        const struct hf_rejection *rejection = &takeover->rejections[r];
        json_t *entry = hf_json_reason(&rejection->reason, spec);
        if (!json_is_object(entry))
            continue;
        (void)json_object_set_new(entry, "node", hf_json_node(spec, rejection->node));
        (void)json_array_append_new(list, entry);
    }
    return list;
}
