#include "cli/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "config/config.h"

static bool counts(const struct hf_instance_spec *instance, const char *only)
{
    return instance->name[0] && (!only || strcmp(instance->name, only) == 0);
}

/* An instance without databases has a row of its own: its address is worth knowing too. */
static unsigned rows_of(const struct hf_instance_spec *instance)
{
    return instance->database_count ? instance->database_count : 1;
}

struct hf_endpoint *hf_endpoints(const struct hf_spec *spec, const char *only, size_t *ret_count)
{
    size_t count = 0;
    for (unsigned i = 0; i < HF_INSTANCES_MAX; i++)
        count += counts(&spec->instances[i], only) ? rows_of(&spec->instances[i]) : 0;
    *ret_count = count;
    struct hf_endpoint *list = count ? calloc(count, sizeof(*list)) : NULL;
    struct hf_endpoint *at = list;
    for (unsigned i = 0; list && i < HF_INSTANCES_MAX; i++) {
        const struct hf_instance_spec *instance = &spec->instances[i];
        for (unsigned d = 0; counts(instance, only) && d < rows_of(instance); d++)
            *at++ = (struct hf_endpoint){
                .instance = instance,
                .database = d < instance->database_count ? &instance->databases[d] : NULL,
                .host = instance->network_name[0] ? instance->network_name : instance->address,
                .port = hf_config_engine_port(&instance->engine)};
    }
    return list;
}
