/*
 * For the fuzzer only: a token's check is made right again after a change, or nothing behind the
 * check would ever be reached. Anything else is changed as libFuzzer does.
 */
#include <ctype.h>
#include <string.h>

#include "target.h"

#define CHECK_LENGTH 4u

static void write_check(const uint8_t *text, size_t length, uint8_t *check)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (uint8_t)tolower(text[i])) * 16777619u;
    sum ^= sum >> 20;
    for (unsigned i = 0; i < CHECK_LENGTH; i++)
        check[i] = (uint8_t)alphabet[sum >> (5 * i) & 31];
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t dash = size;
    while (dash > 0 && data[dash - 1] != '-')
        dash--;
    if (size < 4 || memcmp(data, "hf1-", 4) || !dash || seed % 8 == 0 || max_size < 64)
        return LLVMFuzzerMutate(data, size, max_size);
    size_t length = LLVMFuzzerMutate(data, dash - 1, max_size - CHECK_LENGTH - 1);
    data[length] = '-';
    write_check(data, length, data + length + 1);
    return length + 1 + CHECK_LENGTH;
}
