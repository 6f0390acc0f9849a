#!/usr/bin/python3
"""The tables of the program against the program itself, its help and its man pages.

    test_man.py HOLDFAST HOLDFASTD TABLES PAGES

Every verb, option, exit code and key stands in the pages, as a reader sees them; the pages please man and
groff; and what the tables say a verb takes is what it takes, and nothing else.
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HOLDFAST = HOLDFASTD = TABLES = PAGES = FOLDER = None


def shown(page):
    """A page as a wide terminal shows it, one blank between words."""
    done = subprocess.run(["man", "-P", "cat", "-E", "UTF-8", "-l", str(PAGES / page)], check=True,
                          capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "MANWIDTH": "400", "LC_ALL": "C.UTF-8",
                               "MAN_KEEP_FORMATTING": ""})
    return " ".join(re.sub(".\b", "", done.stdout).split())


def run(*args):
    return subprocess.run([HOLDFAST, *args], capture_output=True, text=True, timeout=60, cwd=FOLDER,
                          stdin=subprocess.DEVNULL, check=False,
                          env={"HOLDFAST_SOCKET": f"{FOLDER}/none", "PATH": "/usr/bin"})


class Man(unittest.TestCase):
    def test_verbs(self):
        overview = shown("holdfast.1")
        for verb in TABLES["verbs"]:
            page = shown(f"holdfast-{verb['name']}.1")
            usage = f"{verb['name']} {verb['arguments']}".strip()
            self.assertIn(f"{usage} {verb['summary']}. See holdfast-{verb['name']}(1).", overview)
            self.assertIn(f"NAME holdfast-{verb['name']} - {verb['summary']} SYNOPSIS holdfast "
                          f"{usage} DESCRIPTION", page)
            for option in verb["options"]:
                names = ", ".join(one for one in (option["name"], option["letter"]) if one)
                value = f" {option['value']}" if option["value"] else ""
                text = " ".join(option["text"].split())
                self.assertIn(f" {names}{value} {text}.", page)
            for row in TABLES["exits"]:
                self.assertIn(f" {row['number']} {row['meaning']}.", page)
            self.assertIn("SEE ALSO holdfast(1), holdfastd(8), cluster.yaml(5)", page)

    def test_daemon(self):
        page = shown("holdfastd.8")
        told = subprocess.run([HOLDFASTD, "--help"], check=True, capture_output=True, text=True,
                              timeout=60).stdout
        self.assertGreaterEqual(len(TABLES["daemon"]), 4)
        for row in TABLES["daemon"]:
            self.assertIn(f" {row['name']} {row['value']} {row['text']}; {row['default']} unless "
                          "stated.", page)
            self.assertRegex(told, f"(?m)^  {row['name']} {row['value']} +"
                                   f"{re.escape(row['text'])} \\({re.escape(row['default'])}\\)$")

    def test_keys(self):
        page = shown("cluster.yaml.5")
        self.assertGreater(len(TABLES["keys"]), 70)
        for key in TABLES["keys"]:
            default = "required" if key["required"] else key["default"]
            begin = f" {key['path']} {key['doc']}. {key['value']}"
            self.assertIn(begin, page)
            self.assertIn(default, page[page.index(begin):page.index(begin) + len(begin) + 90])
        for setting in TABLES["settings"].split(", "):
            self.assertIn(setting, page)

    def test_keys_are_those_of_the_parser(self):
        """Each row of the tables that the parser reads by has its place on the page."""
        source = Path(__file__).parent.parent.parent / "src/config"
        rows = [name for path in sorted(source.glob("schema_*.c"))
                for name in re.findall(r'\{\.name = "([a-z_]+)"', path.read_text())]
        shown_keys = [key["path"].split(".")[-1] for key in TABLES["keys"]]
        self.assertEqual(set(shown_keys), set(rows))
        self.assertGreaterEqual(len(shown_keys), len(rows))

    def test_no_warning(self):
        every = sorted(PAGES.glob("*.[158]"))
        self.assertEqual(len(every), len(TABLES["verbs"]) + 3)
        for page in every:
            for command in (["man", "--warnings", "-P", "cat", "-E", "UTF-8", "-l", str(page)],
                            ["groff", "-ww", "-Tutf8", "-man", "-z", str(page)]):
                done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                                      check=False, env={"PATH": "/usr/bin:/bin", "MANWIDTH": "78",
                                                        "LC_ALL": "C.UTF-8"})
                self.assertEqual((done.returncode, done.stderr), (0, ""), f"{command}")

    def test_index(self):
        """apropos finds each page by name and title."""
        for page in sorted(PAGES.glob("*.[158]")):
            done = subprocess.run(["lexgrog", str(page)], capture_output=True, text=True, timeout=60,
                                  check=False)
            self.assertRegex(done.stdout, f'^{page}: "{re.escape(page.stem)} - .+"\n$')


class Verbs(unittest.TestCase):
    def test_help(self):
        whole = run("help").stdout
        for verb in TABLES["verbs"]:
            self.assertRegex(whole, f"(?m)^  {verb['name']} +{re.escape(verb['summary'])}$")
            told = run("help", verb["name"])
            self.assertEqual((told.returncode, told.stderr), (0, ""))
            self.assertEqual(run(verb["name"], "--help").stdout, told.stdout)
            flat = " ".join(told.stdout.split())
            for option in verb["options"]:
                names = ", ".join(one for one in (option["name"], option["letter"]) if one)
                value = f" {option['value']}" if option["value"] else ""
                self.assertIn(f"{names}{value} {option['text']}", flat)
            self.assertLessEqual(max(map(len, told.stdout.splitlines()[1:])), 100)

    def test_takes_what_the_table_says(self):
        """Every option of any verb, given to every verb: taken, exactly when its table has it."""
        every = {name: option["value"] for verb in TABLES["verbs"] for option in verb["options"]
                 for name in (option["name"], option["letter"]) if name and name.startswith("-")}
        self.assertGreaterEqual(len(every), 35)
        for verb in TABLES["verbs"]:
            own = {name: option["value"] for option in verb["options"]
                   for name in (option["name"], option["letter"]) if name}
            for name in every:
                value = own.get(name, every[name])
                done = run(verb["name"], name, *(["1"] if value else []))
                refused = re.search("no option '|not one of its options|no verb '-", done.stderr)
                self.assertEqual(bool(refused), name not in own,
                                 f"{verb['name']} {name}: {done.stderr}")
                if refused:
                    self.assertEqual(done.returncode, 2)

    def test_wants_a_value_when_the_table_says(self):
        for verb in TABLES["verbs"]:
            for option in verb["options"]:
                if option["name"].startswith("--") and option["value"]:
                    done = run(verb["name"], option["name"])
                    self.assertEqual(done.returncode, 2)
                    self.assertRegex(done.stderr, "(wants|needs) a value")

    def test_every_long_option_of_the_parser_is_some_verbs(self):
        source = Path(__file__).parent.parent.parent / "src/cli"
        known = {name for verb in TABLES["verbs"] for option in verb["options"]
                 for name in [option["name"]]}
        for name in ("options.c", "setup_options.c", "verb_place.c"):
            for option in re.findall(r'\{"([a-z-]+)", (?:no|required)_argument',
                                     (source / name).read_text()):
                self.assertIn(f"--{option}", known, name)


if __name__ == "__main__":
    PAGES = Path(sys.argv.pop(4))
    TABLES = json.loads(Path(sys.argv.pop(3)).read_text(encoding="utf-8"))
    HOLDFASTD = str(Path(sys.argv.pop(2)).resolve())
    HOLDFAST = str(Path(sys.argv.pop(1)).resolve())
    with tempfile.TemporaryDirectory() as FOLDER:
        unittest.main(verbosity=2)
