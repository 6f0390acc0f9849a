#include "config/schema.h"

#include <string.h>

#include "config/text.h"

const struct hf_key *hf_key_find(const struct hf_key *keys, const char *name)
{
    for (const struct hf_key *key = keys; key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

const struct hf_key *hf_key_nearest(const struct hf_key *keys, const char *name)
{
    const struct hf_key *nearest = NULL;
    unsigned least = 1 + (unsigned)strnlen(name, 64) / 3;
    for (const struct hf_key *key = keys; key->name; key++) {
        unsigned distance = hf_text_distance(key->name, name);
        if (distance <= least && (!nearest || distance < least)) {
            nearest = key;
            least = distance;
        }
    }
    return nearest;
}
