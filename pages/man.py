#!/usr/bin/python3
"""Man pages, made while building from the tables of the program (tables.c) and prose/.

    man.py TABLES PROSE GUIDE FOLDER PAGE...

Writes PAGE... (holdfast-move.1) into FOLDER, and fails unless they are exactly the pages there are to
write. prose/NAME.txt has what no table knows: paragraphs with a blank line between them; lines that
are indented stand as they are; `## TITLE` begins a section.
"""

import json
import re
import sys
from pathlib import Path

ALL = "holdfast"
DAEMON = "holdfastd"
FILE = "cluster.yaml"


def escape(text):
    """Text that groff shows as it stands: a minus that can be copied, no control line, no macro."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\`").replace("'", "\\(aq")
    text = text.replace("~", "\\(ti").replace("^", "\\(ha").replace('"', "\\(dq")
    return "\\&" + text if text.startswith(".") else text


def bold(text):
    return f"\\fB{escape(text)}\\fR" if text else ""


def synopsis(arguments):
    """Words in capitals are replaced by whoever types: they stand in italics, what is typed in bold."""
    def dress(match):
        word = match[0]
        return f"\\fI{escape(word)}\\fR" if word.isupper() else bold(word)
    parts = re.split(r"([\[\]|<. ]+)", arguments)
    return "".join(part if not part or part[0] in "[]|<. " else dress([part]) for part in parts)


class Page:
    def __init__(self, name, section, title, tables):
        self.name = name
        self.section = section
        self.lines = ['.\\" made from the tables of the program: edit those, or pages/prose',
                      f'.TH "{escape(name).upper() if section != 5 else escape(name)}" {section} ""'
                      f' "Holdfast {escape(tables["version"])}" "Holdfast"',
                      ".nh", ".ad l"]
        self.head("NAME")
        self.lines.append(f"{escape(name)} \\- {escape(title)}")

    def head(self, title):
        self.lines.append(f'.SH "{escape(title)}"')

    def sub(self, title):
        self.lines.append(f'.SS "{escape(title)}"')

    def item(self, label, *texts):
        """label is in groff's own terms already."""
        self.lines += [".TP", label, *(escape(text) for text in texts if text)]

    def prose(self, text):
        for block in re.split(r"\n\s*\n", text.strip("\n")):
            if block.startswith("## "):
                self.head(block[3:].strip())
            elif block.startswith("    "):
                self.example(block)
            else:
                self.lines += [".PP", escape(" ".join(block.split()))]

    def example(self, block):
        self.lines += [".PP", ".RS 4", ".nf"]
        self.lines += [escape(line[4:].rstrip()) or "\\&" for line in block.splitlines()]
        self.lines += [".fi", ".RE"]

    def see(self, pages):
        self.head("SEE ALSO")
        rows = [f"\\fB{escape(name)}\\fR({section})" for name, section in pages]
        self.lines.append(",\n".join(rows))

    def text(self):
        return "\n".join(self.lines) + "\n"


def option_label(option):
    names = [option["name"], option["letter"]]
    if not option["name"].startswith("-"):
        capitals = option["name"].isupper()
        return f"\\fI{escape(option['name'])}\\fR" if capitals else bold(option["name"])
    label = ", ".join(bold(name) for name in names if name)
    return label + (f" \\fI{escape(option['value'])}\\fR" if option["value"] else "")


def add_exits(page, tables):
    page.head("EXIT STATUS")
    for row in tables["exits"]:
        page.item(bold(str(row["number"])), row["meaning"] + ".")


def add_environment(page):
    page.head("ENVIRONMENT")
    page.item(bold("HOLDFAST_SOCKET"),
              "another control socket than /run/holdfast/control.sock, for tests.")
    page.item(bold("NO_COLOR"), "no colours.")


def page_of_verb(tables, verb, prose):
    page = Page(f"holdfast-{verb['name']}", 1, verb["summary"], tables)
    page.head("SYNOPSIS")
    page.lines.append(f"{bold('holdfast ' + verb['name'])} {synopsis(verb['arguments'])}".rstrip())
    page.head("DESCRIPTION")
    body, mark, rest = prose.partition("\n## ")
    page.prose(body)
    if verb["note"]:
        page.prose(verb["note"])
    if verb["options"]:
        page.head("OPTIONS")
        for option in verb["options"]:
            page.item(option_label(option), option["text"] + ".")
    if mark:
        page.prose("## " + rest)
    add_exits(page, tables)
    add_environment(page)
    page.see([(ALL, 1), (DAEMON, 8), (FILE, 5)])
    return page


def page_of_all(tables, prose):
    page = Page(ALL, 1, "a failover cluster for database servers", tables)
    page.head("SYNOPSIS")
    page.lines.append(f"{bold(ALL)} \\fIVERB\\fR [\\fIARGUMENTS\\fR]")
    page.head("DESCRIPTION")
    page.prose(prose)
    page.head("VERBS")
    for verb in tables["verbs"]:
        page.item(f"{bold(verb['name'])} {synopsis(verb['arguments'])}".rstrip(),
                  verb["summary"] + ".")
        page.lines.append(f"See {bold('holdfast-' + verb['name'])}(1).")
    add_exits(page, tables)
    add_environment(page)
    page.see([(f"holdfast-{verb['name']}", 1) for verb in tables["verbs"]]
             + [(DAEMON, 8), (FILE, 5), ("corosync_overview", 7)])
    return page


def page_of_daemon(tables, prose):
    page = Page(DAEMON, 8, "the Holdfast daemon of a node", tables)
    page.head("SYNOPSIS")
    page.lines.append(f"{bold(DAEMON)} [\\fIOPTIONS\\fR]")
    page.head("DESCRIPTION")
    body, _, rest = prose.partition("\n## ")
    page.prose(body)
    page.head("OPTIONS")
    for row in tables["daemon"]:
        page.item(f"{bold(row['name'])} \\fI{row['value']}\\fR",
                  f"{row['text']}; {row['default']} unless stated.")
    page.item(f"{bold('--help')}, {bold('--version')}", "say so, and end.")
    page.prose("## " + rest)
    page.see([(ALL, 1), (FILE, 5), ("corosync", 8), ("corosync.conf", 5)])
    return page


def first_example(guide):
    found = re.search(r"^```yaml\n(.*?)^```$", guide, re.M | re.S)
    return "\n".join("    " + line for line in found[1].splitlines())


def page_of_file(tables, prose, guide):
    page = Page(FILE, 5, "nodes, instances and rules of a Holdfast cluster", tables)
    page.head("DESCRIPTION")
    body, _, rest = prose.partition("\n## ")
    page.prose(body)
    page.head("EXAMPLE")
    page.example(first_example(guide))
    page.prose("## " + rest)
    page.head("KEYS")
    section = ""
    for key in tables["keys"]:
        if key["section"] != section:
            section = key["section"]
            page.sub(section.replace("`", ""))
        facts = [key["value"]]
        facts.append("required" if key["required"] else
                     f"default: {key['default']}" if key["default"] else "")
        facts.append(f"a change: {key['change']}" if key["change"] else "")
        facts.append(f"for {key['engines']}" if key["engines"] else "")
        page.item(bold(key["path"]), key["doc"] + ".")
        page.lines += [".br", f"\\fI{escape('; '.join(fact for fact in facts if fact))}\\fR"]
    page.head("SETTINGS OF A DEGRADED PROFILE")
    page.prose("degraded.settings of a postgresql instance may state: " + tables["settings"] + ".")
    page.see([(ALL, 1), ("holdfast-apply", 1), ("holdfast-validate", 1), ("holdfast-plan", 1),
              (DAEMON, 8)])
    return page


def pages(tables, prose_folder, guide):
    def prose(name):
        return (prose_folder / f"{name}.txt").read_text(encoding="utf-8")
    yield page_of_all(tables, prose(ALL))
    for verb in tables["verbs"]:
        yield page_of_verb(tables, verb, prose(verb["name"]))
    yield page_of_daemon(tables, prose(DAEMON))
    yield page_of_file(tables, prose(FILE), guide)


def main(tables, prose_folder, guide, folder, *wanted):
    tables = json.loads(Path(tables).read_text(encoding="utf-8"))
    made = {f"{page.name}.{page.section}": page
            for page in pages(tables, Path(prose_folder), Path(guide).read_text(encoding="utf-8"))}
    if set(made) != set(wanted):
        odd = sorted(set(made) ^ set(wanted))
        sys.exit(f"man.py: pages/meson.build and the table of verbs differ: {', '.join(odd)}\n"
                 "  Add a new verb there, and prose/VERB.txt.")
    for name, page in made.items():
        (Path(folder) / name).write_text(page.text(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
