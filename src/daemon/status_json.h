/*
 * status_json.h - small pieces that every answer is made of.
 */
#ifndef HF_DAEMON_STATUS_JSON_H
#define HF_DAEMON_STATUS_JSON_H

#include <jansson.h>

#include "core/state.h"

/* A name as a JSON string, or null for none or a free slot. */
json_t *hf_json_node(const struct hf_spec *spec, uint8_t node);
json_t *hf_json_instance(const struct hf_spec *spec, uint16_t instance);

/* {"code":"word","text":"sentence"}, or null for no reason. */
json_t *hf_json_reason(const struct hf_reason *reason, const struct hf_spec *spec);

/* [{"node":"db2","code":"word","text":"sentence"}] */
json_t *hf_json_rejections(const struct hf_takeover *takeover, const struct hf_spec *spec);

/* Never NULL: "nothing" and "?" stand for none. */
const char *hf_name_node(const struct hf_spec *spec, uint8_t node);
const char *hf_name_instance(const struct hf_spec *spec, uint16_t instance);

#endif
