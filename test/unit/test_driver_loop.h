/*
 * test_driver_loop.h - a loop device with a file system on it, for tests that need a real disk.
 *
 * Includes cmocka.h; failures are assertions.
 */
#ifndef HF_TEST_DRIVER_LOOP_H
#define HF_TEST_DRIVER_LOOP_H

struct loop_disk {
    char device[32];
    char image[64];
};

/* Makes an image of some MiB in /tmp and attaches it. */
void loop_attach(struct loop_disk *disk, unsigned size_mib);

/* Detaches and removes it; a half-made one is fine. */
void loop_detach(struct loop_disk *disk);

/* Runs a program, its output thrown away; returns its exit status. */
int run_program(char *const *arguments);

#endif
