/* facts_impl.h - inside the collector: reading, running, and one function a section. */
#ifndef HF_VALIDATE_FACTS_IMPL_H
#define HF_VALIDATE_FACTS_IMPL_H

#include "validate/facts.h"

#define HF_FACTS_LINE 512

/* The text of a file, at most 256 KiB, owned by the caller; NULL when it cannot be read. */
char *hf_facts_text(const struct hf_facts_source *source, const char *path);

/* The first line without blanks at its ends. False: no file, or an empty one. */
bool hf_facts_line(const struct hf_facts_source *source, const char *path, char *line, size_t size);

/* The number that a file holds, or otherwise. */
json_int_t hf_facts_number(const struct hf_facts_source *source, const char *path,
                           json_int_t otherwise);

/* The path below the root. */
void hf_facts_path(const struct hf_facts_source *source, const char *path, char *full, size_t size);

/* The last part of what a link points to. False: no such link. */
bool hf_facts_link(const struct hf_facts_source *source, const char *path, char *name, size_t size);

/* Calls each for the entries of a folder, in the order of their names. */
void hf_facts_folder(const struct hf_facts_source *source, const char *path,
                     void (*each)(void *user, const char *name), void *user);

/* Copies the next line and advances; false at the end. */
bool hf_facts_next(const char **at, char *line, size_t size);

/* Splits a line at blanks, in place. Returns the number of words. */
unsigned hf_facts_words(char *line, char *words[], unsigned max);

/* Runs a program; 0 when it ended with 0. */
int hf_facts_run(const struct hf_facts_source *source, const char *const argv[],
                 struct hf_strbuf *out);

/* Runs programs side by side, each with an answer; status[k] as hf_facts_run returns it. */
void hf_facts_run_all(const struct hf_facts_source *source, const char *const (*argv)[16],
                      unsigned count, struct hf_strbuf *out, int *status);

/* The first "12.3" or "12.3.4" of a text; "" when there is none. */
void hf_facts_version(const char *text, char *version, size_t size);

/* The version that a program prints for an option, or NULL. */
json_t *hf_facts_program_version(const struct hf_facts_source *source, const char *program,
                                 const char *option);

/* Starts a program of this machine, and waits for its end until a time of CLOCK_MONOTONIC. */
struct hf_program {
    int pid; /* or a negative errno */
    int out;
};
void hf_program_start(struct hf_program *program, const char *const argv[]);
int hf_program_finish(struct hf_program *program, json_int_t until_ms, struct hf_strbuf *out);
json_int_t hf_program_now_ms(void);

/* Name of this node in the specification, or what it calls itself; never NULL. */
void hf_facts_self(const struct hf_facts_source *source, const struct hf_spec *spec, char *name,
                   size_t size);

/* The sections. New references, NULL when they are not there. */
json_t *hf_facts_node(const struct hf_facts_source *source, const struct hf_spec *spec);
json_t *hf_facts_system(const struct hf_facts_source *source);
json_t *hf_facts_sysctl(const struct hf_facts_source *source);
json_t *hf_facts_clock(const struct hf_facts_source *source);
json_t *hf_facts_users(const struct hf_facts_source *source, const struct hf_spec *spec);
json_t *hf_facts_groups(const struct hf_facts_source *source);
json_t *hf_facts_nsswitch(const struct hf_facts_source *source);
json_t *hf_facts_interfaces(const struct hf_facts_source *source);
json_t *hf_facts_names(const struct hf_facts_source *source, const struct hf_spec *spec);
json_t *hf_facts_peers(const struct hf_facts_source *source, const struct hf_spec *spec,
                       const json_t *interfaces);
json_t *hf_facts_virtual(const struct hf_facts_source *source, const struct hf_spec *spec,
                         const json_t *interfaces);
json_t *hf_facts_firewall(const struct hf_facts_source *source);
json_t *hf_facts_disks(const struct hf_facts_source *source, const struct hf_spec *spec);
json_t *hf_facts_mounts(const struct hf_facts_source *source);
json_t *hf_facts_fstab(const struct hf_facts_source *source);
json_t *hf_facts_mount_units(const struct hf_facts_source *source);
json_t *hf_facts_units(const struct hf_facts_source *source);
json_t *hf_facts_pg_clusters(const struct hf_facts_source *source);
json_t *hf_facts_engines(const struct hf_facts_source *source);
json_t *hf_facts_data(const struct hf_facts_source *source, const struct hf_spec *spec);
json_t *hf_facts_locale(const struct hf_facts_source *source);
json_t *hf_facts_tools(const struct hf_facts_source *source);
json_t *hf_facts_corosync(const struct hf_facts_source *source);
json_t *hf_facts_watchdogs(const struct hf_facts_source *source);
json_t *hf_facts_state_dir(const struct hf_facts_source *source);

#endif
