#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/errors.h"
#include "config/text.h"

#define DEPTH_MAX 8u
#define ITEMS_MAX 2048u
#define SCALAR_MAX 4096u
#define CHUNK_BYTES 65536u

/* Nodes and texts live in chunks, freed together. */
struct chunk {
    struct chunk *next;
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[CHUNK_BYTES];
};

struct hf_yaml_document {
    struct chunk *chunks;
    struct hf_yaml *root;
};

/* A map or list that is open while its events come. */
struct level {
    struct hf_yaml *yaml;
    struct hf_yaml *key; /* map: a key that waits for its value */
};

struct builder {
    const char *file_name;
    const char *text;
    size_t length;
    struct hf_config_errors *errors;
    struct hf_yaml_document *document;
    unsigned documents;
    unsigned depth;
    struct level levels[DEPTH_MAX];
};

static void *allocate(struct hf_yaml_document *document, size_t size)
{
    size = (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
    struct chunk *chunk = document->chunks;
    if (!chunk || chunk->used + size > CHUNK_BYTES) {
        chunk = malloc(sizeof(*chunk));
        if (!chunk)
            return NULL;
        chunk->used = 0;
        chunk->next = document->chunks;
        document->chunks = chunk;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += size;
    return memory;
}

__attribute__((format(printf, 3, 4))) static int fault(struct builder *b, const yaml_mark_t *mark,
                                                       const char *format, ...)
{
    va_list args;
    unsigned line, column;
    /* libyaml puts the end of a file without a last line break on a line of its own. */
    hf_text_end(b->text, b->length, &line, &column);
    if (mark->line < line) {
        line = (unsigned)mark->line + 1;
        column = (unsigned)mark->column + 1;
    }
    va_start(args, format);
    hf_errors_addv(b->errors, b->file_name, line, column, "", format, args);
    va_end(args);
    return HF_CONFIG_INVALID;
}

static int syntax_fault(struct builder *b, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    return fault(b, &parser->problem_mark,
                 "this is not well-formed YAML: %s%s%s.\n  Look for a wrong indentation, a missing "
                 "colon, quote or bracket here and in the lines above.",
                 parser->context ? parser->context : "", parser->context ? ", " : "",
                 parser->problem ? parser->problem : "unreadable");
}

static void append(struct hf_yaml *parent, struct hf_yaml *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

/* Hangs a new node under the open level: as its key, as the key's value, or as an item. */
static int attach(struct builder *b, struct hf_yaml *yaml, const yaml_mark_t *mark)
{
    if (b->depth == 0) {
        b->document->root = yaml;
        return 0;
    }
    struct level *level = &b->levels[b->depth - 1];
    if (level->yaml->type == HF_YAML_MAP && !level->key) {
        if (yaml->type != HF_YAML_SCALAR)
            return fault(b, mark, "a key must be a word.\n  Write `key: value`.");
        level->key = yaml;
        return 0;
    }
    if (level->yaml->count == ITEMS_MAX)
        return fault(b, mark, "more than %u entries in one map or list.\n  Remove some.",
                     ITEMS_MAX);
    yaml->key = level->key;
    level->key = NULL;
    append(level->yaml, yaml);
    return 0;
}

static int add(struct builder *b, const yaml_event_t *event, enum hf_yaml_type type,
               const char *text, struct hf_yaml **ret_yaml)
{
    struct hf_yaml *yaml = allocate(b->document, sizeof(*yaml));
    if (!yaml)
        return -ENOMEM;
    *yaml = (struct hf_yaml){.type = type,
                             .line = (unsigned)event->start_mark.line + 1,
                             .column = (unsigned)event->start_mark.column + 1,
                             .text = text};
    *ret_yaml = yaml;
    return attach(b, yaml, &event->start_mark);
}

static int add_scalar(struct builder *b, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (length > SCALAR_MAX)
        return fault(b, &event->start_mark,
                     "this text is longer than %u bytes.\n  Shorten it; a missing closing quote "
                     "makes long texts too.",
                     SCALAR_MAX);
    if (!hf_text_all_printable(value, length))
        return fault(b, &event->start_mark,
                     "this text holds a line break or a control character.\n"
                     "  Write it in one line of printable text.");
    char *text = allocate(b->document, length + 1);
    if (!text)
        return -ENOMEM;
    memcpy(text, value, length);
    text[length] = '\0';
    struct hf_yaml *yaml;
    int result = add(b, event, HF_YAML_SCALAR, text, &yaml);
    if (result == 0)
        yaml->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return result;
}

static int open_level(struct builder *b, const yaml_event_t *event, enum hf_yaml_type type)
{
    if (b->depth == DEPTH_MAX)
        return fault(b, &event->start_mark,
                     "more than %u levels of nesting.\n  No key of this file nests that deep.",
                     DEPTH_MAX);
    struct hf_yaml *yaml;
    int result = add(b, event, type, "", &yaml);
    if (result == 0)
        b->levels[b->depth++] = (struct level){.yaml = yaml};
    return result;
}

/* The anchor or tag of an event, which this file does not have. */
static int refuse_extras(struct builder *b, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    }
    if (anchor)
        return fault(b, &event->start_mark,
                     "anchors (&%.40s) are not used here.\n  Write the value out at each place.",
                     (const char *)anchor);
    if (tag)
        return fault(b, &event->start_mark,
                     "tags (%.40s) are not used here.\n  Remove the tag; the key gives the type.",
                     (const char *)tag);
    return 0;
}

static int take(struct builder *b, const yaml_event_t *event)
{
    int result = refuse_extras(b, event);
    if (result != 0)
        return result;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return fault(b, &event->start_mark,
                     "aliases (*%.40s) are not used here.\n  Write the value out at each place.",
                     (const char *)event->data.alias.anchor);
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++ > 0)
            return fault(b, &event->start_mark,
                         "a second document begins here.\n  One file describes one cluster: remove "
                         "the line `---`, or what follows it.");
        return 0;
    case YAML_SCALAR_EVENT:
        return add_scalar(b, event);
    case YAML_MAPPING_START_EVENT:
        return open_level(b, event, HF_YAML_MAP);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(b, event, HF_YAML_LIST);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        b->depth--;
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    }
    return 0;
}

static int build(struct builder *b, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return syntax_fault(b, parser);
        int result = take(b, &event);
        bool last = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (result != 0 || last)
            return result;
    }
}

static int build_text(struct builder *b)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)b->text, b->length);
    int result = build(b, &parser);
    yaml_parser_delete(&parser);
    if (result != 0)
        return result;
    static const yaml_mark_t start = {0};
    const struct hf_yaml *root = b->document->root;
    if (!root || hf_yaml_is_null(root))
        return fault(b, &start,
                     "the file is empty.\n  `holdfast sample` writes one to start from.");
    if (root->type != HF_YAML_MAP)
        return fault(b, &start,
                     "the file must hold keys with values, such as `cluster: NAME`.\n"
                     "  `holdfast sample` writes one to start from.");
    return 0;
}

int hf_yaml_load(const char *file_name, const char *text, size_t length,
                 struct hf_config_errors *errors, struct hf_yaml_document **ret_document)
{
    if (length > HF_CONFIG_BYTES_MAX) {
        hf_errors_add(errors, file_name, 1, 1,
                      "the file is longer than %u bytes.\n  Is this the right file?",
                      HF_CONFIG_BYTES_MAX);
        return HF_CONFIG_INVALID;
    }
    if (!hf_text_check_file(file_name, text, length, errors))
        return HF_CONFIG_INVALID;
    struct hf_yaml_document *document = calloc(1, sizeof(*document));
    if (!document)
        return -ENOMEM;
    struct builder builder = {.file_name = file_name,
                              .text = text,
                              .length = length,
                              .errors = errors,
                              .document = document};
    int result = build_text(&builder);
    if (result == 0)
        *ret_document = document;
    else
        hf_yaml_free(document);
    return result;
}

void hf_yaml_free(struct hf_yaml_document *document)
{
    if (!document)
        return;
    for (struct chunk *chunk = document->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(document);
}

const struct hf_yaml *hf_yaml_root(const struct hf_yaml_document *document)
{
    return document->root;
}
