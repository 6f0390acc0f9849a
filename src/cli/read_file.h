/* read_file.h - the text of a file that was named on the command line. */
#ifndef HF_CLI_READ_FILE_H
#define HF_CLI_READ_FILE_H

#include <stddef.h>

/* The text of a cluster.yaml ("-" = standard input), at most 1 MiB; owned by the caller. NULL after
 * telling on standard error why not; after is added to that ("nothing was changed.\n"). */
char *hf_read_file(const char *verb, const char *name, size_t *ret_length, const char *after);

/* "cluster.yaml", or "standard input" for "-". */
const char *hf_read_file_name(const char *name);

#endif
