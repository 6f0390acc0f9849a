/*
 * reservation_device.h - the persistent reservation commands of one disk (SCSI-3 or NVMe).
 *
 * Happy path: the kernel's IOC_PR_* ioctls, which serve SCSI, NVMe and multipath alike. Reading
 * keys and reservation by IOC_PR_READ_* where the running kernel has them, otherwise by SG_IO
 * (SCSI). Registrations outlive a power cut of the array (APTPL); the reservation is of the type
 * write exclusive, registrants only.
 *
 * Failure modes: positive HF_PR_CONFLICT = the array refused because the disk is not as the command
 * supposes; negative errno: -EOPNOTSUPP the disk or the kernel cannot do it, -EIO and others the
 * command failed. A unit attention (another node changed something) is retried.
 */
#ifndef HF_DRIVER_RESERVATION_DEVICE_H
#define HF_DRIVER_RESERVATION_DEVICE_H

#include "driver/reservation_rules.h"

#define HF_PR_CONFLICT 1

/* Registers our key for this node, whatever key it had. */
int hf_pr_register(int fd, uint64_t key);

/* Takes back our registration, and with it a reservation that we hold. */
int hf_pr_unregister(int fd, uint64_t key);

int hf_pr_reserve(int fd, uint64_t key);
int hf_pr_release(int fd, uint64_t key);

/* Throws the other key out, takes its reservation if it holds it, aborts its commands in flight. */
int hf_pr_preempt(int fd, uint64_t ours, uint64_t theirs);

/* Registered keys only; holder and type are left alone. */
int hf_pr_read_keys(int fd, struct hf_reservation_state *ret);

/* Keys and reservation. */
int hf_pr_read(int fd, struct hf_reservation_state *ret);

#endif
