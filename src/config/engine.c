/* What is known of each kind of engine. */
#include "base/assert.h"
#include "config/schema.h"

const char *hf_config_engine_word(enum hf_engine_kind kind)
{
    HF_ASSERT(kind <= HF_ENGINE_SERVICE);
    return hf_engine_names[kind];
}

uint16_t hf_config_engine_port(const struct hf_engine_spec *engine)
{
    if (engine->port)
        return engine->port;
    switch ((enum hf_engine_kind)engine->type) {
    case HF_ENGINE_POSTGRESQL:
        return 5432;
    case HF_ENGINE_MARIADB:
        return 3306;
    case HF_ENGINE_OCF:
    case HF_ENGINE_SERVICE:
        break;
    }
    return 0;
}
