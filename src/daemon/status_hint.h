/*
 * status_hint.h - what the administrator can do about a reason.
 */
#ifndef HF_DAEMON_STATUS_HINT_H
#define HF_DAEMON_STATUS_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/reason.h"
#include "core/spec.h"

/* Writes the advice; always NUL-terminates. instance: the one it is about, or HF_INSTANCE_NONE.
 * Returns false, and "", when there is nothing to do. */
bool hf_hint_text(const struct hf_reason *reason, const struct hf_spec *spec, uint16_t instance,
                  char *text, size_t room);

#endif
