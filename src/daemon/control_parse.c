#include "daemon/control_parse.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/strbuf.h"

enum field {
    FIELD_VERB,
    FIELD_INSTANCE,
    FIELD_NODE,
    FIELD_FORCE,
    FIELD_FOLLOW,
    FIELD_OVERRIDE_SURVIVE,
    FIELD_DRY_RUN,
    FIELD_TTL_S,
    FIELD_COUNT,
    FIELD_FILE_NAME,
    FIELD_TEXT,
    FIELD_PER,
    FIELDS
};

static const char *const field_words[FIELDS] = {
    "verb",    "instance", "node",  "force",     "follow", "override_survive",
    "dry_run", "ttl_s",    "count", "file_name", "text",   "per",
};

#define BIT(field) (1u << (field))
#define WAITING (BIT(FIELD_FORCE) | BIT(FIELD_FOLLOW))
#define ADMITTED (WAITING | BIT(FIELD_OVERRIDE_SURVIVE)) /* cli/admit.h */

struct row {
    const char *word;
    unsigned must; /* fields that have to be there; the verb itself is understood */
    unsigned may;
};

static const struct row rows[HF_CONTROL_VERBS] = {
    [HF_CONTROL_STATUS] = {"status", 0, 0},
    [HF_CONTROL_SUBSCRIBE] = {"subscribe", 0, BIT(FIELD_INSTANCE)},
    [HF_CONTROL_WHY] = {"why", BIT(FIELD_INSTANCE), 0},
    [HF_CONTROL_HISTORY] = {"history", 0, BIT(FIELD_INSTANCE) | BIT(FIELD_COUNT)},
    [HF_CONTROL_DEMAND] = {"demand", 0, BIT(FIELD_INSTANCE) | BIT(FIELD_COUNT) | BIT(FIELD_PER)},
    [HF_CONTROL_EXPORT] = {"export", 0, 0},
    [HF_CONTROL_APPLY] = {"apply", BIT(FIELD_TEXT),
                          BIT(FIELD_FILE_NAME) | BIT(FIELD_DRY_RUN) | BIT(FIELD_FORCE) |
                              BIT(FIELD_OVERRIDE_SURVIVE)},
    [HF_CONTROL_TOKEN] = {"token", 0, BIT(FIELD_TTL_S)},
    [HF_CONTROL_MOVE] = {"move", BIT(FIELD_INSTANCE), BIT(FIELD_NODE) | ADMITTED},
    [HF_CONTROL_ONLINE] = {"online", BIT(FIELD_INSTANCE), ADMITTED},
    [HF_CONTROL_OFFLINE] = {"offline", BIT(FIELD_INSTANCE), ADMITTED},
    [HF_CONTROL_DRAIN] = {"drain", BIT(FIELD_NODE), ADMITTED},
    [HF_CONTROL_RESUME] = {"resume", BIT(FIELD_NODE), WAITING},
    [HF_CONTROL_FACTS] = {"facts", 0, 0},
    [HF_CONTROL_CONFIRM_FENCED] = {"confirm-fenced", BIT(FIELD_NODE), BIT(FIELD_FORCE)},
};

const char *hf_control_verb_word(enum hf_control_verb verb)
{
    HF_ASSERT(verb < HF_CONTROL_VERBS);
    return rows[verb].word;
}

static int refuse_verb(const char *given, struct hf_error *error)
{
    struct hf_strbuf HF_STRBUF_CLEANUP list;
    hf_strbuf_init(&list);
    for (int i = 0; i < HF_CONTROL_VERBS; i++)
        hf_strbuf_addf(&list, "%s%s", i ? ", " : "", rows[i].word);
    if (given)
        hf_error_set(error, "there is no verb '%.64s'; there are %s", given, list.data);
    else
        hf_error_set(error, "the field 'verb' is missing; it is one of %s", list.data);
    return -EINVAL;
}

static int find_verb(const json_t *json, enum hf_control_verb *ret, struct hf_error *error)
{
    const char *word = json_string_value(json_object_get(json, "verb"));
    for (int i = 0; word && i < HF_CONTROL_VERBS; i++) {
        if (strcmp(word, rows[i].word) == 0) {
            *ret = (enum hf_control_verb)i;
            return 0;
        }
    }
    return refuse_verb(word, error);
}

/* A name goes into messages and file names: printable, no blanks, bounded. */
static int take_name(const json_t *value, const char *field, char *ret, struct hf_error *error)
{
    const char *text = json_string_value(value);
    size_t length = text ? strlen(text) : 0;
    bool fits = length > 0 && length < HF_NAME_MAX;
    for (size_t i = 0; fits && i < length; i++)
        fits = text[i] > ' ' && text[i] != 0x7f;
    if (!fits) {
        hf_error_set(error, "the field '%s' must be a name of 1 to %u characters without blanks",
                     field, HF_NAME_MAX - 1);
        return -EINVAL;
    }
    memcpy(ret, text, length + 1);
    return 0;
}

static int take_flag(const json_t *value, const char *field, bool *ret, struct hf_error *error)
{
    if (!json_is_boolean(value)) {
        hf_error_set(error, "the field '%s' must be true or false", field);
        return -EINVAL;
    }
    *ret = json_is_true(value);
    return 0;
}

static int take_number(const json_t *value, const char *field, uint32_t max, uint32_t *ret,
                       struct hf_error *error)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 1 || number > (json_int_t)max) {
        hf_error_set(error, "the field '%s' must be a whole number from 1 to %u", field, max);
        return -EINVAL;
    }
    *ret = (uint32_t)number;
    return 0;
}

static int take_file_name(const json_t *value, char *ret, struct hf_error *error)
{
    const char *text = json_string_value(value);
    if (!text || text[0] == '\0' || strlen(text) >= HF_CONTROL_FILE_NAME_MAX) {
        hf_error_set(error, "the field 'file_name' must be a text of 1 to %u bytes",
                     HF_CONTROL_FILE_NAME_MAX - 1);
        return -EINVAL;
    }
    (void)snprintf(ret, HF_CONTROL_FILE_NAME_MAX, "%s", text);
    return 0;
}

static int take_text(const json_t *value, struct hf_control_request *ret, struct hf_error *error)
{
    if (!json_is_string(value)) {
        hf_error_set(error, "the field 'text' must be the text of the file");
        return -EINVAL;
    }
    ret->text = json_string_value(value);
    ret->text_length = json_string_length(value);
    return 0;
}

static int take_level(const json_t *value, enum hf_measure_level *ret, struct hf_error *error)
{
    const char *word = json_string_value(value);
    *ret = hf_measure_level_find(word ? word : "");
    if (*ret < HF_MEASURE_LEVELS)
        return 0;
    hf_error_set(error, "the field 'per' must be minute, hour or day");
    return -EINVAL;
}

static int take_field(enum field field, const json_t *value, struct hf_control_request *ret,
                      struct hf_error *error)
{
    const char *word = field_words[field];
    switch (field) {
    case FIELD_VERB:
        return 0;
    case FIELD_INSTANCE:
        return take_name(value, word, ret->instance, error);
    case FIELD_NODE:
        return take_name(value, word, ret->node, error);
    case FIELD_FORCE:
        return take_flag(value, word, &ret->force, error);
    case FIELD_FOLLOW:
        return take_flag(value, word, &ret->follow, error);
    case FIELD_OVERRIDE_SURVIVE:
        return take_flag(value, word, &ret->override_survive, error);
    case FIELD_DRY_RUN:
        return take_flag(value, word, &ret->dry_run, error);
    case FIELD_TTL_S:
        return take_number(value, word, 86400, &ret->ttl_s, error);
    case FIELD_COUNT:
        return take_number(value, word, HF_HISTORY_MAX, &ret->count, error);
    case FIELD_FILE_NAME:
        return take_file_name(value, ret->file_name, error);
    case FIELD_TEXT:
        return take_text(value, ret, error);
    case FIELD_PER:
        return take_level(value, &ret->per, error);
    case FIELDS:
        break;
    }
    return -EINVAL;
}

static int refuse_field(const struct row *row, const char *key, struct hf_error *error)
{
    struct hf_strbuf HF_STRBUF_CLEANUP list;
    hf_strbuf_init(&list);
    for (unsigned i = 0; i < FIELDS; i++)
        if ((row->must | row->may) & BIT(i))
            hf_strbuf_addf(&list, "%s%s", list.length ? ", " : "", field_words[i]);
    hf_error_set(error, "'%s' has no field '%.64s'; it has %s", row->word, key,
                 list.length ? list.data : "none besides 'verb'");
    return -EINVAL;
}

static int refuse_missing(const struct row *row, unsigned missing, struct hf_error *error)
{
    unsigned i = 0;
    while (!(missing & BIT(i)))
        i++;
    hf_error_set(error, "'%s' needs the field '%s'", row->word, field_words[i]);
    return -EINVAL;
}

int hf_control_parse(const json_t *json, struct hf_control_request *ret, struct hf_error *error)
{
    struct hf_control_request request = {.ttl_s = HF_CONTROL_TOKEN_TTL_S,
                                         .count = HF_CONTROL_HISTORY_COUNT,
                                         .per = HF_MEASURE_HOUR,
                                         .file_name = "cluster.yaml"};
    int r = find_verb(json, &request.verb, error);
    if (r < 0)
        return r;
    const struct row *row = &rows[request.verb];
    unsigned seen = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        unsigned i = 0;
        while (i < FIELDS && strcmp(key, field_words[i]) != 0)
            i++;
        if (i == FIELDS || !((row->must | row->may | BIT(FIELD_VERB)) & BIT(i)))
            return refuse_field(row, key, error);
        r = take_field((enum field)i, value, &request, error);
        if (r < 0)
            return r;
        seen |= BIT(i);
    }
    if ((row->must & seen) != row->must)
        return refuse_missing(row, row->must & ~seen, error);
    *ret = request;
    return 0;
}
