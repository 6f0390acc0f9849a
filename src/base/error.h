/*
 * error.h - how errors travel.
 *
 * A function that can fail returns 0 on success and a negative errno for what its caller cannot
 * mend and forwards unchanged. A positive value is from the enum that the function's own header
 * names, and the caller handles it. Functions that cannot fail return void.
 */
#ifndef HF_BASE_ERROR_H
#define HF_BASE_ERROR_H

#include <errno.h>

/* Room for a message to a person: what is wrong, where, what to do. */
#define HF_ERROR_TEXT_MAX 1024

struct hf_error {
    char text[HF_ERROR_TEXT_MAX];
};

/* Sets the text; a NULL error is fine (the caller does not want it). */
__attribute__((format(printf, 2, 3))) void hf_error_set(struct hf_error *error, const char *format,
                                                        ...);

#endif
