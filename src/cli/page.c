#include "cli/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/exits.h"

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1c2530;--dim:#5d6b7a;--line:#d5dde5;"
    "--track:#edf1f5;--now:#3f78b5;--worst:#a9c8e8;--over:#e0604c;--good:#2f8a4c;--bad:#c8352b;"
    "--noq:#7a7f87;--gone:#e3e7eb;--in:#101820;--mark:#c8352b;"
    "--h0:#eef4fa;--h1:#dbe9f6;--h2:#c6def1;--h3:#b9decd;--h4:#cbe5ab;--h5:#e7e899;--h6:#f7da80;"
    "--h7:#f8ba66;--h8:#f08d46;--h9:#cf3a2c;--t:#101820;--t9:#fff}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#11161c;--fg:#dfe6ee;--dim:#93a1b0;"
    "--line:#2c3742;--track:#1d262f;--now:#3d7cc0;--worst:#274a70;--over:#8f3327;--good:#2c7a46;"
    "--bad:#b03a30;--noq:#565d66;--mark:#ff7a6b;--gone:#1a2027;--in:#f2f6fa;"
    "--h0:#17222d;--h1:#1b2d3d;--h2:#1f3a50;--h3:#1f4c45;--h4:#35582f;--h5:#575b22;--h6:#70591c;"
    "--h7:#86511a;--h8:#98421c;--h9:#ab2b23;--t:#e9eff5;--t9:#fff}}\n"
    "body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;margin:2em auto;"
    "max-width:72em;padding:0 1em}h1{font-size:1.5em;margin:0}h2{font-size:1.15em;margin:2em 0 "
    ".5em}"
    "h3{font-size:1em;margin:1em 0 .2em}p.dim,td.dim{color:var(--dim)}"
    ".verdict{border-left:6px solid var(--good);padding:.6em 1em;margin:1em 0;"
    "background:var(--track);font-size:1.05em}.verdict.fails{border-color:var(--bad)}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
    "padding:.3em .8em .3em 0;border-bottom:1px solid var(--line)}"
    "tr.fails td:first-child{border-left:4px solid var(--bad);padding-left:.5em}"
    ".scroll{overflow-x:auto}svg text{font:12px system-ui,sans-serif;fill:var(--fg)}"
    "svg text.cell{text-anchor:middle}svg text.dim{fill:var(--dim)}svg text.head{font-weight:600}"
    "svg text.in{fill:var(--in)}.track{fill:var(--track)}.now{fill:var(--now);opacity:.75}"
    ".worst{fill:var(--worst)}.over{fill:var(--over)}.mark{stroke:var(--mark);stroke-dasharray:3 2}"
    ".axis{stroke:var(--line)}.moment{fill:var(--worst);stroke:var(--now)}"
    ".gone{fill:var(--gone)}.good{fill:var(--good)}.bad{fill:var(--bad)}.noq{fill:var(--noq)}"
    "svg text.ongood,svg text.onbad,svg text.onnoq{fill:#fff}"
    ".h0{fill:var(--h0)}.h1{fill:var(--h1)}.h2{fill:var(--h2)}.h3{fill:var(--h3)}"
    ".h4{fill:var(--h4)}.h5{fill:var(--h5)}.h6{fill:var(--h6)}.h7{fill:var(--h7)}"
    ".h8{fill:var(--h8)}.h9{fill:var(--h9)}svg text.t0,svg text.t1,svg text.t2,svg text.t3,"
    "svg text.t4,svg text.t5,svg text.t6,svg text.t7,svg text.t8{fill:var(--t)}"
    "svg text.t9{fill:var(--t9)}summary{cursor:pointer;margin:.6em 0}"
    "td.pass{color:var(--good)}td.warning{color:var(--mark)}td.fail{color:var(--bad);"
    "font-weight:600}td.not-run{color:var(--dim)}ul.seen{margin:.3em 0;padding-left:1.2em}";

void hf_html_text(const char *text, struct hf_strbuf *out)
{
    for (; *text; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity)
            hf_strbuf_add(out, entity);
        else
            hf_strbuf_add_bytes(out, text, 1);
    }
}

void hf_page_begin(const char *kind, const char *name, struct hf_strbuf *out)
{
    hf_strbuf_addf(out,
                   "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s",
                   kind);
    hf_html_text(name, out);
    hf_strbuf_addf(out, "</title>\n<style>\n%s\n</style></head><body>\n<h1>%s", style, kind);
    hf_html_text(name, out);
    hf_strbuf_add(out, "</h1>\n");
}

void hf_page_end(struct hf_strbuf *out)
{
    hf_strbuf_add(out, "</body></html>\n");
}

int hf_page_write(const char *verb, const char *name, const struct hf_strbuf *page)
{
    FILE *file = hf_strbuf_ok(page) ? fopen(name, "we") : NULL;
    bool good = file && fputs(page->data, file) >= 0;
    if (file && fclose(file) != 0)
        good = false;
    if (!good)
        (void)fprintf(stderr, "holdfast %s: cannot write %s: %s\n", verb, name,
                      hf_strbuf_ok(page) ? strerror(errno) : "out of memory");
    return good ? HF_EXIT_OK : HF_EXIT_REFUSED;
}
