/* For the fuzzer only: a world and a series of events, changed along their structure. */
#include "mutate_wire.h"
#include "target.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed * 2ull + 1;
    if (size < 2 || max_size < 16 || mutate_pick(&random, 32) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (mutate_pick(&random, 32) == 0)
        data[0] = (uint8_t)mutate_pick(&random, 256);
    unsigned changes = 1 + mutate_pick(&random, 4);
    for (unsigned k = 0; k < changes; k++)
        size = 1 + mutate_series(data + 1, size - 1, max_size - 1, &random);
    return size;
}
