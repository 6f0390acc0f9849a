/*
 * json_get.h - fields of a reply, with something harmless when they are missing: a newer or older
 * daemon must not make the command line fall over.
 */
#ifndef HF_CLI_JSON_GET_H
#define HF_CLI_JSON_GET_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

static inline const char *hf_json_str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static inline int64_t hf_json_int(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

static inline bool hf_json_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

#endif
