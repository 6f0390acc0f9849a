/*
 * errors.h - collecting the errors of a file, in the order of its lines.
 */
#ifndef HF_CONFIG_ERRORS_H
#define HF_CONFIG_ERRORS_H

#include <stdarg.h>

#include "config/config.h"

/*
 * Adds "file:line:column: where: text"; an empty where is left out. When there is no room the last
 * one by line gives way.
 */
void hf_errors_addv(struct hf_config_errors *errors, const char *file_name, unsigned line,
                    unsigned column, const char *where, const char *format, va_list args);

__attribute__((format(printf, 5, 6))) void hf_errors_add(struct hf_config_errors *errors,
                                                         const char *file_name, unsigned line,
                                                         unsigned column, const char *format, ...);

static inline bool hf_errors_any(const struct hf_config_errors *errors)
{
    return errors->count > 0;
}

#endif
