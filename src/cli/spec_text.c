#include "cli/spec_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exits.h"
#include "config/config.h"

static int parse(const char *verb, const char *file_name, const char *text, size_t length,
                 struct hf_spec *spec, struct hf_config_errors *errors)
{
    int r = hf_config_parse(file_name, text, length, NULL, spec, errors);
    if (r == 0)
        return HF_EXIT_OK;
    if (r < 0) {
        (void)fprintf(stderr, "holdfast %s: %s\n", verb, strerror(-r));
        return HF_EXIT_REFUSED;
    }
    for (unsigned e = 0; e < errors->count; e++)
        (void)fprintf(stderr, "%s\n", errors->items[e].text);
    if (errors->left_out)
        (void)fprintf(stderr, "%u more errors are not shown\n", errors->left_out);
    return HF_EXIT_FILE;
}

int hf_spec_of_text(const char *verb, const char *file_name, const char *text, size_t length,
                    struct hf_spec **ret)
{
    struct hf_spec *spec = calloc(1, sizeof(*spec));
    struct hf_config_errors *errors = calloc(1, sizeof(*errors));
    int code = HF_EXIT_REFUSED;
    if (spec && errors)
        code = parse(verb, file_name, text, length, spec, errors);
    else
        (void)fprintf(stderr, "holdfast %s: out of memory\n", verb);
    free(errors);
    if (code == HF_EXIT_OK)
        *ret = spec;
    else
        free(spec);
    return code;
}
