#include "cli/amount.h"

#include <stdio.h>

static const struct {
    const char *title, *key;
    int64_t unit;
} amounts[HF_AMOUNTS] = {
    {"CPU (cores)", "cpu_milli", 1000},
    {"MEMORY (GiB)", "memory_bytes", INT64_C(1) << 30},
    {"NETWORK (Mbit/s)", "network_bytes_s", 125000},
    {"DISK I/O (1/s)", "io_per_s", 1},
    {"DISK (MiB/s)", "disk_bytes_s", INT64_C(1) << 20},
};

const char *hf_amount_title(unsigned amount)
{
    return amounts[amount].title;
}

const char *hf_amount_key(unsigned amount)
{
    return amounts[amount].key;
}

void hf_amount_number(unsigned amount, int64_t number, char text[HF_AMOUNT_TEXT_MAX])
{
    int64_t unit = amounts[amount].unit;
    double value = (double)number / (double)unit;
    if (number % unit == 0)
        (void)snprintf(text, HF_AMOUNT_TEXT_MAX, "%lld", (long long)(number / unit));
    else if (value < 0.01)
        (void)snprintf(text, HF_AMOUNT_TEXT_MAX, "<0.01");
    else
        (void)snprintf(text, HF_AMOUNT_TEXT_MAX, "%.*f", value < 10 ? 2 : value < 100, value);
}

void hf_amount_text(unsigned amount, const json_t *given, char text[HF_AMOUNT_TEXT_MAX])
{
    const json_t *number = json_object_get(given, amounts[amount].key);
    text[0] = '\0';
    if (json_is_integer(number))
        hf_amount_number(amount, (int64_t)json_integer_value(number), text);
}
