#include "config/errors.h"

#include <stdio.h>
#include <string.h>

/* Makes room at the place of line and column, after equal ones; NULL = beyond the last. */
static struct hf_config_error *place(struct hf_config_errors *errors, unsigned line,
                                     unsigned column)
{
    unsigned at = errors->count;
    while (at > 0 && (errors->items[at - 1].line > line || (errors->items[at - 1].line == line &&
                                                            errors->items[at - 1].column > column)))
        at--;
    if (errors->count == HF_CONFIG_ERRORS_MAX) {
        errors->left_out++;
        if (at == HF_CONFIG_ERRORS_MAX)
            return NULL;
        errors->count--;
    }
    memmove(&errors->items[at + 1], &errors->items[at],
            (errors->count - at) * sizeof(errors->items[0]));
    errors->count++;
    return &errors->items[at];
}

void hf_errors_addv(struct hf_config_errors *errors, const char *file_name, unsigned line,
                    unsigned column, const char *where, const char *format, va_list args)
{
    struct hf_config_error *error = place(errors, line, column);
    if (!error)
        return;
    error->line = line;
    error->column = column;
    int used = snprintf(error->text, sizeof(error->text), "%.200s:%u:%u: %s%s", file_name, line,
                        column, where, where[0] ? ": " : "");
    if (used >= 0 && (size_t)used < sizeof(error->text))
        (void)vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, args);
}

void hf_errors_add(struct hf_config_errors *errors, const char *file_name, unsigned line,
                   unsigned column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    hf_errors_addv(errors, file_name, line, column, "", format, args);
    va_end(args);
}
