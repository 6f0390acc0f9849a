/*
 * amount.h - what is measured of instances and nodes (docs/CONTROL.md, demand), as columns of a
 * table for people.
 */
#ifndef HF_CLI_AMOUNT_H
#define HF_CLI_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define HF_AMOUNTS 5u
#define HF_AMOUNT_TEXT_MAX 24u

/* "CPU (cores)", "MEMORY (GiB)", ... The unit is that of every cell below. */
const char *hf_amount_title(unsigned amount);

/* The field of the JSON: "cpu_milli", ... */
const char *hf_amount_key(unsigned amount);

/* "0.31", "12.4", "320", "<0.01"; "" when it is null or not there. */
void hf_amount_text(unsigned amount, const json_t *amounts, char text[HF_AMOUNT_TEXT_MAX]);

/* The same of a number of the unit that the field states. */
void hf_amount_number(unsigned amount, int64_t number, char text[HF_AMOUNT_TEXT_MAX]);

#endif
