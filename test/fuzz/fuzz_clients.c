/* Lists of clients from other nodes: what can be read is written again, and read as the same. */
#include <stdlib.h>
#include <string.h>

#include "daemon/clients.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hf_clients clients, again;
    static uint8_t written[HF_CLIENTS_MESSAGE_MAX];
    char name[HF_DRIVER_NAME_MAX], name_again[HF_DRIVER_NAME_MAX];
    uint8_t *own = malloc(size + 1); /* exactly as long as it is, so that reading on is seen */
    HF_ASSERT(own);
    memcpy(own, data, size);
    if (hf_clients_read(own, size, name, &clients)) {
        HF_ASSERT(hf_clients_is_ours(own, size));
        size_t length = hf_clients_write(name, &clients, written);
        HF_ASSERT(length <= size && length <= sizeof(written));
        HF_ASSERT(hf_clients_read(written, length, name_again, &again));
        HF_ASSERT(strcmp(name, name_again) == 0 && memcmp(&clients, &again, sizeof(again)) == 0);
    }
    free(own);
    return 0;
}
