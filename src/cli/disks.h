/*
 * disks.h - the disks of several nodes' facts, put together by what each disk says it is.
 *
 * Nodes call one disk by different kernel names; its identity (WWN, as the disk itself tells it) is
 * the same. Multipath devices count and the paths they are made of do not; parts of disks (LVM,
 * encryption) and SATA disks, which no second node can have, are left out.
 */
#ifndef HF_CLI_DISKS_H
#define HF_CLI_DISKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/validate_source.h"

#define HF_DISK_IDENTITY_MAX 160u

struct hf_found_disk {
    char identity[HF_DISK_IDENTITY_MAX];
    const json_t *on[HF_NODES_MAX]; /* its facts by slot; NULL = that node does not see it */
    uint64_t seen;                  /* set of node slots */
    const char *device;             /* a name that all of these have; NULL = they have none */
    bool unlike;                    /* not the same size everywhere */
    uint16_t instance;              /* whose it is; HF_INSTANCE_NONE */
    bool witness;
};

/* Sorted by whose they are, then by name. NULL with *ret_count = 0: there is none; NULL otherwise:
 * no memory. Owned by the caller (free); it points into the facts. */
struct hf_found_disk *hf_disks_find(const struct hf_validate_input *input, size_t *ret_count);

/* The set of nodes that were looked at. */
uint64_t hf_disks_looked_at(const struct hf_validate_input *input);

#endif
