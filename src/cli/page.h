/* page.h - the frame of a page: no script, no address outside, light and dark. */
#ifndef HF_CLI_PAGE_H
#define HF_CLI_PAGE_H

#include "base/strbuf.h"

/* Text with what HTML reserves written out. */
void hf_html_text(const char *text, struct hf_strbuf *out);

/* Up to the heading: kind ("Plan of ", as HTML) and name. */
void hf_page_begin(const char *kind, const char *name, struct hf_strbuf *out);
void hf_page_end(struct hf_strbuf *out);

/* Writes the page into a file; tells on standard error why not. An exit code. */
int hf_page_write(const char *verb, const char *name, const struct hf_strbuf *page);

#endif
