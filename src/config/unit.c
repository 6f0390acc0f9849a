#include "config/unit.h"

#include <string.h>

#include "base/assert.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Smallest unit first; zero_unit is how 0 is written. */
struct scale {
    enum hf_kind kind;
    const char *text;
    const char *zero_unit;
    struct unit units[4];
};

static const struct scale scales[] = {
    {HF_KIND_NUMBER, "a whole number", "", {{"", 1}}},
    {HF_KIND_DURATION,
     "a duration (a whole number with ms, s, min or h, such as 30s)",
     "s",
     {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}}},
    {HF_KIND_CPU, "a number of cores (whole, or in thousandths: 500m)", "", {{"m", 1}, {"", 1000}}},
    {HF_KIND_SIZE,
     "a size (a whole number with MiB, GiB or TiB, such as 48GiB)",
     "MiB",
     {{"MiB", 1}, {"GiB", 1024}, {"TiB", 1048576}}},
    {HF_KIND_NETWORK,
     "a bandwidth (a whole number with Mbit or Gbit, such as 10Gbit)",
     "Mbit",
     {{"Mbit", 1}, {"Gbit", 1000}}},
    {HF_KIND_RATE,
     "a rate a second (a whole number, also with k or M, such as 60k)",
     "",
     {{"", 1}, {"k", 1000}, {"M", 1000000}}},
};

static const struct scale *find(enum hf_kind kind)
{
    for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
        if (scales[i].kind == kind)
            return &scales[i];
    return NULL;
}

bool hf_unit_is_number(enum hf_kind kind)
{
    return find(kind) != NULL;
}

const char *hf_unit_text(enum hf_kind kind)
{
    const struct scale *scale = find(kind);
    HF_ASSERT(scale);
    return scale->text;
}

/* Digits at the start of text; the rest is the unit. At most 12 digits, so that no factor
 * overflows. */
static bool split(const char *text, uint64_t *ret_number, const char **ret_unit)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 12)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    *ret_number = number;
    *ret_unit = text + digits;
    return true;
}

bool hf_unit_parse(enum hf_kind kind, const char *text, uint64_t *ret_value)
{
    const struct scale *scale = find(kind);
    uint64_t number;
    const char *unit;
    HF_ASSERT(scale);
    if (!split(text, &number, &unit))
        return false;
    for (size_t i = 0; i < 4 && scale->units[i].name; i++)
        if (strcmp(scale->units[i].name, unit) == 0) {
            *ret_value = number * scale->units[i].factor;
            return true;
        }
    return false;
}

void hf_unit_format(enum hf_kind kind, uint64_t value, struct hf_strbuf *out)
{
    const struct scale *scale = find(kind);
    HF_ASSERT(scale);
    if (value == 0) {
        hf_strbuf_addf(out, "0%s", scale->zero_unit);
        return;
    }
    size_t best = 0;
    for (size_t i = 1; i < 4 && scale->units[i].name; i++)
        if (value % scale->units[i].factor == 0)
            best = i;
    hf_strbuf_addf(out, "%llu%s", (unsigned long long)(value / scale->units[best].factor),
                   scale->units[best].name);
}

/* "02:00" at text -> 120. */
static bool clock_parse(const char *text, uint16_t *ret_min)
{
    for (size_t i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return false;
    int hours = (text[0] - '0') * 10 + text[1] - '0';
    int minutes = (text[3] - '0') * 10 + text[4] - '0';
    *ret_min = (uint16_t)(hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

bool hf_window_parse(const char *text, uint16_t *ret_from_min, uint16_t *ret_to_min)
{
    if (strlen(text) != 11 || text[5] != '-')
        return false;
    return clock_parse(text, ret_from_min) && clock_parse(text + 6, ret_to_min) &&
           *ret_from_min != *ret_to_min;
}
