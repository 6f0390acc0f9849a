#include "replay/identity.h"

#include "core/core.h"
#include "core_identity.h"

void hf_identity_own(struct hf_identity *ret)
{
    *ret = (struct hf_identity){
        .sources = HF_CORE_SOURCES,
        .layout = HF_CORE_LAYOUT,
        .size = hf_core_size(),
        .instances = HF_INSTANCES_MAX,
    };
}

bool hf_identity_same_sources(const struct hf_identity *a, const struct hf_identity *b)
{
    return a->sources == b->sources && hf_identity_same_layout(a, b);
}

bool hf_identity_same_layout(const struct hf_identity *a, const struct hf_identity *b)
{
    return a->layout == b->layout && a->size == b->size && a->instances == b->instances;
}
