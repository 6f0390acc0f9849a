#include "daemon/node_file.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hf_node_file_render(const struct hf_node_file *node, struct hf_strbuf *out)
{
    hf_strbuf_addf(out, "id: %" PRIu32 "\nname: %s\ncluster: %s\n", node->id, node->name,
                   node->cluster);
    if (node->public_address[0])
        hf_strbuf_addf(out, "public: %s\n", node->public_address);
    if (node->private_address[0])
        hf_strbuf_addf(out, "private: %s\n", node->private_address);
}

static bool take_id(const char *value, uint32_t *id)
{
    char *end = NULL;
    unsigned long number = strtoul(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end || number < 1 || number > 64)
        return false;
    *id = (uint32_t)number;
    return true;
}

static bool take_word(const char *value, char to[HF_NODE_FILE_NAME_MAX])
{
    size_t length = strlen(value);
    if (length < 1 || length >= HF_NODE_FILE_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)value[i]) && !strchr("-_.:", value[i]))
            return false;
    memcpy(to, value, length + 1);
    return true;
}

static const char *const keys[] = {"id", "name", "cluster", "public", "private"};

/* Takes one "key: value" line; returns what is wrong, or NULL. */
static const char *take_line(char *line, struct hf_node_file *node)
{
    char *value = strchr(line, ':');
    if (!value)
        return "not \"key: value\"";
    *value++ = '\0';
    value += strspn(value, " \t");
    for (size_t end = strlen(value); end > 0 && isspace((unsigned char)value[end - 1]); end--)
        value[end - 1] = '\0';
    if (strcmp(line, "id") == 0 && !node->id)
        return take_id(value, &node->id) ? NULL : "id is not a number from 1 to 64";
    if (strcmp(line, "name") == 0 && !node->name[0])
        return take_word(value, node->name) ? NULL : "name is not one word of at most 63 letters";
    if (strcmp(line, "cluster") == 0 && !node->cluster[0])
        return take_word(value, node->cluster) ? NULL
                                               : "cluster is not one word of at most 63 letters";
    if (strcmp(line, "public") == 0 && !node->public_address[0])
        return take_word(value, node->public_address) ? NULL : "public is not an address";
    if (strcmp(line, "private") == 0 && !node->private_address[0])
        return take_word(value, node->private_address) ? NULL : "private is not an address";
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
        if (strcmp(line, keys[k]) == 0)
            return "this key is stated twice: remove one of the two lines";
    return "unknown key: the keys are id, name, cluster, public and private";
}

int hf_node_file_parse(const char *path, const char *text, struct hf_node_file *ret,
                       struct hf_error *error)
{
    struct hf_node_file node = {0};
    unsigned number = 0;
    while (*text) {
        char line[256];
        size_t length = strcspn(text, "\n");
        const char *wrong = length < sizeof(line) ? NULL : "the line is too long";
        number++;
        if (!wrong) {
            memcpy(line, text, length);
            line[length] = '\0';
            if (line[strspn(line, " \t\r")] != '\0' && line[0] != '#')
                wrong = take_line(line, &node);
        }
        if (wrong) {
            hf_error_set(error, "%s:%u: %s", path, number, wrong);
            return -EINVAL;
        }
        text += length + (text[length] == '\n');
    }
    if (node.id == 0 || node.name[0] == '\0' || node.cluster[0] == '\0') {
        hf_error_set(error, "%s:%u: the file must state id, name and cluster", path, number);
        return -EINVAL;
    }
    *ret = node;
    return 0;
}

int hf_node_file_read(const char *path, struct hf_node_file *ret, struct hf_error *error)
{
    char text[4096];
    FILE *file = fopen(path, "re");
    if (!file) {
        int rc = -errno;
        hf_error_set(error,
                     "%s: %s\n  This node belongs to no cluster yet: `holdfast init` begins one, "
                     "`holdfast join` joins one.",
                     path, strerror(-rc));
        return rc;
    }
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    bool failed = ferror(file) != 0 || !feof(file);
    fclose(file);
    if (failed || memchr(text, '\0', length)) {
        hf_error_set(error, "%s: cannot be read, or is not a text of three lines", path);
        return -EIO;
    }
    text[length] = '\0';
    return hf_node_file_parse(path, text, ret, error);
}
