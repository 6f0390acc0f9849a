#include "config/yaml.h"

#include <string.h>

const struct hf_yaml *hf_yaml_get(const struct hf_yaml *map, const char *key)
{
    if (!map || map->type != HF_YAML_MAP)
        return NULL;
    for (const struct hf_yaml *child = map->first; child; child = child->next)
        if (strcmp(child->key->text, key) == 0)
            return child;
    return NULL;
}

const struct hf_yaml *hf_yaml_nth(const struct hf_yaml *list, unsigned index)
{
    if (!list || list->type != HF_YAML_LIST)
        return NULL;
    const struct hf_yaml *child = list->first;
    while (child && index-- > 0)
        child = child->next;
    return child;
}

const struct hf_yaml *hf_yaml_item(const struct hf_yaml *list, const char *text)
{
    if (!list || list->type != HF_YAML_LIST)
        return NULL;
    for (const struct hf_yaml *child = list->first; child; child = child->next)
        if (strcmp(child->text, text) == 0)
            return child;
    return NULL;
}

bool hf_yaml_is_null(const struct hf_yaml *yaml)
{
    if (yaml->type != HF_YAML_SCALAR || !yaml->plain)
        return false;
    return !yaml->text[0] || strcmp(yaml->text, "~") == 0 || strcmp(yaml->text, "null") == 0 ||
           strcmp(yaml->text, "Null") == 0 || strcmp(yaml->text, "NULL") == 0;
}
