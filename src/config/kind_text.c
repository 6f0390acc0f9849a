/* Texts: names, paths, host names, addresses; each with its own alphabet. */
#include <string.h>

#include "config/address.h"
#include "config/kind.h"
#include "config/text.h"

static bool all_of(const char *text, const char *also)
{
    for (const char *c = text; *c; c++)
        if (!hf_text_alnum(*c) && !strchr(also, *c))
            return false;
    return text[0] != '\0';
}

static bool is_name(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            return false;
    return text[0] >= 'a' && text[0] <= 'z' && all_of(text, "_-");
}

static bool is_word(const char *text)
{
    return (hf_text_alnum(text[0]) || text[0] == '_') && all_of(text, "_.-");
}

static bool is_text(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
}

/* Absolute; no empty part, no . and .., no slash at the end; nothing that needs quoting. */
static bool is_path(const char *text)
{
    if (text[0] != '/' || !all_of(text, "/_.-+:@,=%~"))
        return false;
    for (const char *slash = text; slash; slash = strchr(slash + 1, '/')) {
        size_t part = strcspn(slash + 1, "/");
        if (part == 0 || (part == 1 && slash[1] == '.') ||
            (part == 2 && slash[1] == '.' && slash[2] == '.'))
            return false;
    }
    return true;
}

static bool is_device(const char *text)
{
    return is_path(text) && strncmp(text, "/dev/", 5) == 0;
}

static bool is_options(const char *text)
{
    return all_of(text, "_-=,.:/");
}

static bool is_host(const char *text)
{
    if (!all_of(text, "-."))
        return false;
    for (const char *label = text; label; label = strchr(label, '.')) {
        label += label != text;
        size_t length = strcspn(label, ".");
        if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
            return false;
    }
    return true;
}

static bool is_unit(const char *text)
{
    size_t length = strlen(text);
    return length > 8 && all_of(text, ":_.@-") && strcmp(text + length - 8, ".service") == 0;
}

static bool is_agent(const char *text)
{
    const char *slash = strchr(text, '/');
    return slash && slash != text && slash[1] && !strchr(slash + 1, '/') && all_of(text, "_.-/") &&
           text[0] != '.' && slash[1] != '.';
}

/* The alphabet of a kind, and what an error says of it. */
static const struct alphabet {
    enum hf_kind kind;
    bool (*valid)(const char *text);
    const char *text;
} alphabets[] = {
    {HF_KIND_NAME, is_name,
     "not a name.\n  Use a-z, 0-9, _ and -, beginning with a letter: names become paths and keys."},
    {HF_KIND_WORD, is_word, "not a word.\n  Use letters, digits, _ . and -."},
    {HF_KIND_TEXT, is_text, "empty, or begins or ends with a space.\n  Remove the spaces."},
    {HF_KIND_PATH, is_path,
     "not an absolute path.\n  Write it from / on, without . and .. parts, spaces, or / at the "
     "end."},
    {HF_KIND_DEVICE, is_device,
     "not a device path.\n  Write it as /dev/disk/by-id/...; `holdfast disks` lists them."},
    {HF_KIND_OPTIONS, is_options,
     "not a list of mount options.\n  Write it like noatime,nodiratime."},
    {HF_KIND_HOST, is_host, "not a host name.\n  Use letters, digits, - and dots."},
    {HF_KIND_UNIT, is_unit, "not a systemd service.\n  Write its full name, such as NAME.service."},
    {HF_KIND_AGENT, is_agent, "not an OCF agent.\n  Write provider/type, such as heartbeat/redis."},
};

bool hf_kind_copy(struct hf_reader *r, const struct hf_yaml *yaml, const char *text, char *field,
                  size_t size)
{
    size_t length = strlen(text);
    if (length >= size) {
        hf_fault(r, yaml, "%s is longer than %zu bytes.\n  Shorten it.", r->path, size - 1);
        return false;
    }
    memcpy(field, text, length + 1);
    return true;
}

static void read_text(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                      void *entity)
{
    const char *text = hf_read_scalar(r, yaml);
    if (!text)
        return;
    for (size_t i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++)
        if (alphabets[i].kind == key->kind && !alphabets[i].valid(text)) {
            hf_fault(r, yaml, "%s \"%.100s\" is %s", r->path, text, alphabets[i].text);
            return;
        }
    (void)hf_kind_copy(r, yaml, text, hf_kind_field(key, entity), key->size);
}

static void read_address(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                         void *entity)
{
    const char *text = hf_read_scalar(r, yaml);
    struct hf_subnet address;
    if (!text)
        return;
    if (!hf_config_address_parse(text, &address)) {
        hf_fault(r, yaml,
                 "%s \"%.60s\" is not an IP address.\n"
                 "  Write it like 10.77.0.11 or fd00:77::11, without a prefix length.",
                 r->path, text);
        return;
    }
    hf_address_print(&address, hf_kind_field(key, entity));
}

static void read_subnet(struct hf_reader *r, const struct hf_key *key, const struct hf_yaml *yaml,
                        void *entity)
{
    const char *text = hf_read_scalar(r, yaml);
    struct hf_subnet subnet;
    char base[HF_ADDRESS_MAX];
    if (!text)
        return;
    if (!hf_subnet_parse(text, &subnet)) {
        hf_fault(r, yaml,
                 "%s \"%.60s\" is not a subnet.\n"
                 "  Write network/prefix, such as 10.77.0.0/24 or fd00:77::/64.",
                 r->path, text);
        return;
    }
    if (hf_subnet_mask(&subnet)) {
        hf_subnet_print(&subnet, base);
        hf_fault(r, yaml, "%s \"%.60s\" is an address in a subnet.\n  Write the subnet itself: %s.",
                 r->path, text, base);
        return;
    }
    hf_subnet_print(&subnet, hf_kind_field(key, entity));
}

static void format_text(const struct hf_spec *spec, const struct hf_key *key, const void *entity,
                        struct hf_strbuf *out)
{
    (void)spec;
    const char *text = hf_kind_const_field(key, entity);
    if (text[0])
        hf_text_quote(out, text);
}

const struct hf_kind_row hf_kind_texts[] = {
    {HF_KIND_NAME, read_text, format_text, "name (a-z, 0-9, _ and -)"},
    {HF_KIND_WORD, read_text, format_text, "word"},
    {HF_KIND_TEXT, read_text, format_text, "text"},
    {HF_KIND_PATH, read_text, format_text, "absolute path"},
    {HF_KIND_DEVICE, read_text, format_text, "device path"},
    {HF_KIND_OPTIONS, read_text, format_text, "mount options"},
    {HF_KIND_HOST, read_text, format_text, "host name"},
    {HF_KIND_UNIT, read_text, format_text, "systemd service"},
    {HF_KIND_AGENT, read_text, format_text, "provider/type"},
    {HF_KIND_ADDRESS, read_address, format_text, "IP address"},
    {HF_KIND_SUBNET, read_subnet, format_text, "subnet"},
    {0},
};
