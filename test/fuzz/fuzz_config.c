/* Parses anything; what parses is written, and must then parse to the same specification. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hf_spec first;
static struct hf_spec second;
static struct hf_config_errors errors;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_strbuf text;
    int result = hf_config_parse("fuzz.yaml", (const char *)data, size, NULL, &first, &errors);
    HF_ASSERT((result == HF_CONFIG_INVALID) == (errors.count > 0));
    if (result != 0)
        return 0;
    hf_strbuf_init(&text);
    HF_ASSERT(hf_config_write(&first, &text) == 0);
    HF_ASSERT(hf_config_parse("again.yaml", text.data, text.length, NULL, &second, &errors) == 0);
    HF_ASSERT(memcmp(&first, &second, sizeof(first)) == 0);
    hf_strbuf_release(&text);
    return 0;
}
