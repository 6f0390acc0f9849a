/* Facts of this node, as validate takes them and as `inspect facts` prints them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/exits.h"
#include "cli/read_file.h"
#include "cli/spec_text.h"
#include "cli/validate_source.h"
#include "driver/reservation_device.h"
#include "validate/facts.h"

/* Reading the keys asks the disk and changes nothing. */
static const char *reservations(void *user, const char *device)
{
    struct hf_reservation_state state;
    (void)user;
    int fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    int r = hf_pr_read_keys(fd, &state);
    close(fd);
    if (r == 0)
        return "yes";
    return r == -EOPNOTSUPP || r == -ENOTTY || r == -EINVAL ? "no" : NULL;
}

json_t *hf_facts_here(const struct hf_spec *spec)
{
    struct hf_facts_source source = {.root = "", .reservations = reservations};
    return hf_facts_collect(&source, spec);
}

int hf_inspect_facts(const char *file)
{
    struct hf_spec *spec = NULL;
    size_t length = 0;
    int code = HF_EXIT_OK;
    if (file) {
        char *text = hf_read_file("inspect", file, &length, "");
        code = text ? hf_spec_of_text("inspect", hf_read_file_name(file), text, length, &spec)
                    : HF_EXIT_FILE;
        free(text);
    }
    if (code != HF_EXIT_OK)
        return code;
    json_t *facts = hf_facts_here(spec);
    bool good = facts && json_dumpf(facts, stdout, JSON_INDENT(1)) == 0 && printf("\n") > 0 &&
                fflush(stdout) == 0;
    json_decref(facts);
    free(spec);
    if (!good)
        (void)fprintf(stderr, "holdfast inspect: the facts could not be written completely\n");
    return good ? HF_EXIT_OK : HF_EXIT_REFUSED;
}
