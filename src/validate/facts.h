/*
 * facts.h - what one node is like, as one JSON document, for the rules of validate.
 *
 * The collector only reads: files below a root, the answers of programs that change nothing, and a
 * few questions to the kernel. It judges nothing; what could not be read is left out, and the rules
 * then say that a check did not run. Bytes, MiB, milliseconds and microseconds stand in the names
 * of the members. docs/VALIDATE.md lists the sections.
 */
#ifndef HF_VALIDATE_FACTS_H
#define HF_VALIDATE_FACTS_H

#include <stdbool.h>

#include <jansson.h>

#include "base/strbuf.h"
#include "core/spec.h"

#define HF_FACTS_FORMAT 1

/* Where facts come from. A test gives a directory and its own answers of programs and disks. */
struct hf_facts_source {
    const char *root; /* before every path; "" = this machine */

    /* Runs argv (ends with NULL; argv[0] is a program's name), appends what it prints, standard
     * error included. Returns its exit status, -ENOENT when it is not installed, -ETIMEDOUT, or
     * another negative errno. NULL: programs of this machine. */
    int (*run)(void *user, const char *const argv[], struct hf_strbuf *out);

    /* Whether a disk answers a question about persistent reservations: "yes", "no", or NULL when
     * that cannot be told. Reads only. NULL: nothing is asked. */
    const char *(*reservations)(void *user, const char *device);
    void *user;
    json_int_t until_ms; /* set by hf_facts_collect: when the last program is ended */
};

/* Facts of this node. spec: whom to look for (engines' users, disks, the other nodes); NULL: less
 * is looked for. The caller owns the result; NULL when memory ran out. Takes some seconds; programs
 * that hang are ended one by one, and all together after 15 s. */
json_t *hf_facts_collect(const struct hf_facts_source *source, const struct hf_spec *spec);

#endif
