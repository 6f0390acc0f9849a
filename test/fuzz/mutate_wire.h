/*
 * mutate_wire.h - changes that keep a message's structure: for the fuzzer only.
 *
 * Lengths stay right and the checksum is made right, so that the change itself is what the reader
 * sees. random: a generator's state, moved on.
 */
#ifndef HF_FUZZ_MUTATE_WIRE_H
#define HF_FUZZ_MUTATE_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* Each changes bytes in place and returns the new length, at most room. */
size_t mutate_message(uint8_t *bytes, size_t length, size_t room, uint64_t *random);
size_t mutate_series(uint8_t *bytes, size_t length, size_t room, uint64_t *random);

/* 0 .. below - 1. */
unsigned mutate_pick(uint64_t *random, unsigned below);

#endif
