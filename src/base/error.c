#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

void hf_error_set(struct hf_error *error, const char *format, ...)
{
    if (!error)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
}
