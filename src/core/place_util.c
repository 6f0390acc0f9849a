/* Fractions, exactly: compared by cross multiplication in 128 bits. */

#include "core/place_impl.h"

__extension__ typedef __int128 hf_wide;

int hf_place_fraction_compare(int64_t an, int64_t ad, int64_t bn, int64_t bd)
{
    hf_wide left = (hf_wide)an * bd;
    hf_wide right = (hf_wide)bn * ad;
    return left < right ? -1 : left > right;
}

int hf_place_util_compare(const struct hf_place_util *a, const struct hf_place_util *b)
{
    return hf_place_fraction_compare(a->used, a->cap, b->used, b->cap);
}

/* The most of a capacity that may be used within (or strictly within) a utilisation; -1: none. */
int64_t hf_place_cap_within(int64_t cap, const struct hf_place_util *util, bool strictly)
{
    int64_t low = -1;
    int64_t high = cap;
    int allowed = strictly ? -1 : 0;

    if (cap == 0) {
        return 0;
    }
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (hf_place_fraction_compare(middle, cap, util->used, util->cap) <= allowed) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}
