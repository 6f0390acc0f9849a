#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void hf_assert_fail(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "holdfast: assertion failed: %s (%s:%d)\n", expression, file, line);
    abort();
}
