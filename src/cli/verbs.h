/*
 * verbs.h - the table of what holdfast can do; a file per verb.
 *
 * Usage, help, man pages and the completion of shells are all made from it (pages/). Words in
 * capitals say what is to be put in their place, and completion goes by them: INSTANCE, NODE, FILE
 * and VERB are offered; any other one is not.
 */
#ifndef HF_CLI_VERBS_H
#define HF_CLI_VERBS_H

#include <stddef.h>

#include "base/strbuf.h"

struct hf_verb_option {
    const char *name;   /* "--watch" */
    const char *letter; /* "-w"; NULL = none */
    const char *value;  /* "FILE"; NULL = takes none */
    const char *text;   /* what it does */
};

struct hf_verb {
    const char *name;
    const char *arguments;                /* as in a usage line */
    const char *summary;                  /* one line */
    const struct hf_verb_option *options; /* ends with a row without name; NULL = none */
    const char *words[2];                 /* its arguments in order: "INSTANCE", "this|that" */
    const char *note;                     /* below the options; NULL = none */
    int (*run)(int argc, char **argv);    /* argv[0] is the verb; returns an exit code */
};

const struct hf_verb *hf_verbs(size_t *ret_count);

/* NULL when there is none of that name. */
const struct hf_verb *hf_verbs_find(const char *name);

/* Appends what `holdfast help VERB` says. */
void hf_verb_help(const struct hf_verb *verb, struct hf_strbuf *out);

int verb_config(int argc, char **argv);
int verb_databases(int argc, char **argv);
int verb_disks(int argc, char **argv);
int verb_init(int argc, char **argv);
int verb_join(int argc, char **argv);
int verb_place(int argc, char **argv);
int verb_plan(int argc, char **argv);
int verb_validate(int argc, char **argv);
int verb_node(int argc, char **argv);
int verb_token(int argc, char **argv);
int verb_apply(int argc, char **argv);
int verb_export(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_move(int argc, char **argv);
int verb_online(int argc, char **argv);
int verb_offline(int argc, char **argv);
int verb_drain(int argc, char **argv);
int verb_resume(int argc, char **argv);
int verb_history(int argc, char **argv);
int verb_demand(int argc, char **argv);
int verb_why(int argc, char **argv);
int verb_confirm_fenced(int argc, char **argv);
int verb_drill(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_inspect(int argc, char **argv);
int verb_help(int argc, char **argv);
int verb_version(int argc, char **argv);

#endif
