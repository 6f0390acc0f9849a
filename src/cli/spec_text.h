/* spec_text.h - the text of a cluster.yaml as a specification, for the verbs that need no daemon.
 */
#ifndef HF_CLI_SPEC_TEXT_H
#define HF_CLI_SPEC_TEXT_H

#include <stddef.h>

#include "core/spec.h"

/* HF_EXIT_OK with *ret, owned by the caller (free); HF_EXIT_FILE after telling on standard error
 * what is wrong with the text. */
int hf_spec_of_text(const char *verb, const char *file_name, const char *text, size_t length,
                    struct hf_spec **ret);

#endif
