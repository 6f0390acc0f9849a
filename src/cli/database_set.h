/* database_set.h - `holdfast databases set`: an edit of the cluster's configuration, made for one
 * who would otherwise export, edit and apply it. */
#ifndef HF_CLI_DATABASE_SET_H
#define HF_CLI_DATABASE_SET_H

#include "cli/options.h"
#include "core/spec.h"

enum hf_database_move {
    HF_DATABASE_MOVED,
    HF_DATABASE_THERE,       /* it is listed there already, and nowhere else */
    HF_DATABASE_UNKNOWN,     /* no instance lists it, or not the one of from */
    HF_DATABASE_AMBIGUOUS,   /* several do: from must name one */
    HF_DATABASE_TWICE,       /* the new home lists one of this name already */
    HF_DATABASE_FULL,        /* the new home lists as many as it may */
    HF_DATABASE_NO_INSTANCE, /* to or from is no instance */
};

/* Takes the entry from where it is listed (in from, unless NULL) to the end of that of instance to.
 * spec is changed for HF_DATABASE_MOVED only; *ret_from is then the old home. */
enum hf_database_move hf_database_move(struct hf_spec *spec, const char *database, const char *to,
                                       const char *from, uint16_t *ret_from);

/* options: arguments "set" and the database, instance, from, and what cli/apply_text.h looks at. An
 * exit code. */
int hf_database_set(const struct hf_options *options);

#endif
