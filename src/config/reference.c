/* The key reference of docs/CLUSTER_YAML.md. */
#include <errno.h>
#include <string.h>

#include "config/config.h"

struct page {
    const char *section; /* of the row before */
    struct hf_strbuf *out;
};

static void add_settings(struct hf_strbuf *out)
{
    hf_strbuf_add(out, "\n`degraded.settings` of a postgresql instance may state: ");
    hf_config_degraded_settings(out);
    hf_strbuf_add(out, ".\n");
}

static void add_heading(struct page *page, const char *title)
{
    if (strncmp(page->section, "An instance", 11) == 0)
        add_settings(page->out);
    hf_strbuf_addf(page->out, "\n### %s\n\n| key | value | default | a change | meaning |\n",
                   title);
    hf_strbuf_add(page->out, "| --- | --- | --- | --- | --- |\n");
    page->section = title;
}

static void add_row(const struct hf_config_key *key, void *userdata)
{
    struct page *page = userdata;
    if (strcmp(page->section, key->section) != 0)
        add_heading(page, key->section);
    hf_strbuf_addf(page->out, "| `%s` | %s | %s | %s | %s%s%s%s |\n", key->path, key->value,
                   key->required ? "**required**" : key->fallback, key->change, key->doc,
                   key->engines[0] ? " (" : "", key->engines, key->engines[0] ? ")" : "");
}

int hf_config_reference(struct hf_strbuf *out)
{
    struct page page = {"", out};
    int r = hf_config_keys(add_row, &page);
    return r == 0 && !hf_strbuf_ok(out) ? -ENOMEM : r;
}
