/*
 * format.h - which fields may be in what members share: the format in use.
 *
 * Nodes of two versions run side by side while a cluster is upgraded. Each field of what they share
 * (state, specification, changes) belongs to a format since which it exists (codec.h); the state
 * carries the format in use, and all of it is written, sent and hashed as that format says. So an
 * older member never meets a field that it does not know, and all members hash the same bytes. The
 * format in use is raised by a decision, once every node has said that it speaks the newer one,
 * and never lowered. docs/PROTOCOL.md, "Versions".
 */
#ifndef HF_CORE_FORMAT_H
#define HF_CORE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_FORMAT_ALL 0u     /* of a reader or writer: every field that the tables have */
#define HF_FORMAT_FIRST 1u   /* a node that does not say what it speaks speaks this one */
#define HF_FORMAT_PLANNED 2u /* the newest one that the tables have fields of */
#ifndef HF_FORMAT_NEWEST
#define HF_FORMAT_NEWEST 1u /* what this build speaks; the build option format_newest sets it */
#endif

_Static_assert(HF_FORMAT_NEWEST >= HF_FORMAT_FIRST && HF_FORMAT_NEWEST <= HF_FORMAT_PLANNED,
               "a build speaks a format that the tables have");

struct hf_spec;
struct hf_state;

/* The oldest format in which all of a specification can be said. */
uint16_t hf_spec_format(const struct hf_spec *spec);

/* Every field that is newer than the format becomes empty. Leaves the hash as it is. */
void hf_state_limit(struct hf_state *state, uint16_t format);

/* The format that a record of a journal (a snapshot's part, a decision) puts in use; 0 when it says
 * nothing of it, or is not such a record. So a daemon sees before it does anything else whether it
 * can read what its node holds. */
uint16_t hf_format_of_record(const uint8_t *bytes, size_t length);

#endif
