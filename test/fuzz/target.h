/*
 * target.h - what every fuzz target defines.
 *
 * The function takes any bytes, as libFuzzer makes them or as replay.c reads them from a file, and
 * always returns 0; what must hold is asserted (HF_ASSERT ends the program).
 */
#ifndef HF_FUZZ_TARGET_H
#define HF_FUZZ_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Given by libFuzzer, or by the target to it; not there in replay. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

#endif
