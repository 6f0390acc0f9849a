/* Who this node is, from the kernel's command line: words of the form hf.key=value.
 *
 * Failure: a missing name means that the lab and this program do not fit; pid 1 then gives up. */
#include "node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_word(struct identity *self, const char *key, const char *value)
{
    if (strcmp(key, "hf.lab") == 0)
        snprintf(self->lab, sizeof self->lab, "%s", value);
    else if (strcmp(key, "hf.name") == 0)
        snprintf(self->name, sizeof self->name, "%s", value);
    else if (strcmp(key, "hf.modules") == 0)
        snprintf(self->modules, sizeof self->modules, "%s", value);
    else if (strcmp(key, "hf.install") == 0)
        snprintf(self->install, sizeof self->install, "%s", value);
    else if (strcmp(key, "hf.host") == 0)
        self->host = (int)strtol(value, NULL, 10);
    else if (strcmp(key, "hf.nodes") == 0)
        self->nodes = (int)strtol(value, NULL, 10);
    else if (strcmp(key, "hf.luns") == 0)
        self->luns = (int)strtol(value, NULL, 10);
}

int identity_read(struct identity *ret)
{
    char line[LAB_TEXT_MAX];
    char *rest = NULL;

    memset(ret, 0, sizeof *ret);
    if (file_read("/proc/cmdline", line, sizeof line) <= 0)
        return -EIO;
    for (char *w = strtok_r(line, " \n", &rest); w; w = strtok_r(NULL, " \n", &rest)) {
        char *equals = strchr(w, '=');

        if (!equals)
            continue;
        *equals = 0;
        take_word(ret, w, equals + 1);
    }
    ret->array = strcmp(ret->name, "array") == 0;
    return ret->name[0] && ret->host > 0 ? 0 : -EINVAL;
}
