/* For the fuzzer only: one message, changed along its structure. */
#include "mutate_wire.h"
#include "target.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed * 2ull + 1;
    if (mutate_pick(&random, 32) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    return mutate_message(data, size, max_size, &random);
}
