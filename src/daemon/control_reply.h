/*
 * control_reply.h - the two shapes of an answer on the control socket.
 *
 *   {"ok":true,"data":{...}}
 *   {"ok":false,"error":{"code":"word","text":"what is wrong","hint":"what to do"}}
 *
 * All return a new message, or NULL when memory ran out.
 */
#ifndef HF_DAEMON_CONTROL_REPLY_H
#define HF_DAEMON_CONTROL_REPLY_H

#include <jansson.h>

#include "core/reason.h"
#include "core/spec.h"

/* Takes over data; NULL data: an empty object. */
json_t *hf_control_ok(json_t *data);

/* hint may be NULL. */
json_t *hf_control_error(const char *code, const char *text, const char *hint);
__attribute__((format(printf, 3, 4))) json_t *hf_control_errorf(const char *code, const char *hint,
                                                                const char *format, ...);

/* The refusal of a command about instance (HF_INSTANCE_NONE: about none), with its reason as the
 * core gave it. */
json_t *hf_control_refusal(const struct hf_reason *reason, const struct hf_spec *spec,
                           uint16_t instance);

/* A text from outside as a JSON string: what is not UTF-8 or not printable becomes '?'. NULL gives
 * null. */
json_t *hf_control_text(const char *text);

#endif
