#!/usr/bin/python3
"""The completion of the shells, by the shells themselves, with a daemon, without, and with one that hangs.

    test_completion.py HOLDFAST TABLES PAGES

bash: its completion function with the words that readline would give it, and TAB in a terminal; fish: what
it says it would offer; zsh: its syntax, and TAB in a terminal.
"""

import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

HOLDFAST = TABLES = PAGES = None
INSTANCES = ["main", "msgbox", "my_sso"]
NODES = ["db1", "db2", "node-3"]
STATUS = {"ok": True, "data": {"instances": [{"name": name} for name in INSTANCES],
                               "nodes": [{"name": name} for name in NODES]}}


class Daemon:
    """Answers status, as long as it is wanted; or takes connections and says nothing."""

    def __init__(self, path, hangs=False):
        self.hangs = hangs
        self.held = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if self.hangs:
                self.held.append(connection)
                continue
            with connection:
                if connection.recv(65536):
                    connection.sendall(json.dumps(STATUS).encode() + b"\n")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(timeout=60)
        self.listener.close()
        for connection in self.held:
            connection.close()


class Shells(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="hf-completion-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "bin").mkdir()
        (self.folder / "bin/holdfast").symlink_to(HOLDFAST)
        self.work = self.folder / "work"
        self.work.mkdir()
        for name in ("cluster.yaml", "a file.yaml"):
            (self.work / name).touch()
        self.socket = str(self.folder / "s")
        self.environment = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": str(self.folder),
                            "HOLDFAST_SOCKET": self.socket, "LC_ALL": "C.UTF-8", "TERM": "dumb"}

    def daemon(self, hangs=False):
        daemon = Daemon(self.socket, hangs)
        self.addCleanup(daemon.close)

    def run_in(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=self.work,
                              env=self.environment, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def bash(self, *words):
        """What bash offers for the last of the words."""
        return self.run_in("bash", "--norc", "-c", f"""
            source {PAGES}/holdfast.bash
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            [[ $(complete -p holdfast) == 'complete -F _holdfast holdfast' ]] || exit 9
            _holdfast holdfast "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
            ((${{#COMPREPLY[@]}} == 0)) || printf '%s\\n' "${{COMPREPLY[@]}}"
            """, "bash", "holdfast", *words)

    def fish(self, line):
        lines = self.run_in("fish", "--no-config", "-c",
                            f"source {PAGES}/holdfast.fish; complete -C $argv[1]", line)
        return [one.split("\t")[0] for one in lines]

    def typed(self, shell, setup, line, wanted):
        """Types a line with TABs into the shell's own terminal: the command that comes of it."""
        setup = ('holdfast() { if [ "$1" = inspect ]; then command holdfast "$@"; '
                 'else echo "GOT <$*>"; fi; }; ' + setup)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.work)
            os.execvpe(shell[0], shell, {**self.environment, "TERM": "vt100"})
        shown, sent, deadline = "", 0, time.monotonic() + 60
        steps = [("READY0", setup), ("READY1", line)]
        os.write(terminal, b" PS1='READY''0 '; PROMPT='READY''0 '\n")
        try:
            while wanted not in shown and time.monotonic() < deadline:
                if sent < len(steps) and steps[sent][0] in shown:
                    os.write(terminal, steps[sent][1].encode())
                    sent += 1
                if select.select([terminal], [], [], 1)[0]:
                    shown += os.read(terminal, 65536).decode(errors="replace")
        finally:
            os.close(terminal)
            os.waitpid(pid, 0)
        self.assertIn(wanted, shown)

    def test_syntax(self):
        for shell, name in (("bash", "holdfast.bash"), ("zsh", "_holdfast"),
                            ("fish", "holdfast.fish")):
            self.run_in(shell, "-n", str(PAGES / name))

    def test_every_verb_and_option(self):
        """In bash, and in fish, from the same table as everything else."""
        verbs = [verb["name"] for verb in TABLES["verbs"]]
        self.assertEqual(self.bash(""), verbs)
        self.assertEqual(sorted(self.fish("holdfast ")), sorted(verbs))
        for verb in TABLES["verbs"]:
            names = [name for option in verb["options"]
                     for name in (option["name"], option["letter"])
                     if name and name.startswith("-")]
            self.assertEqual(sorted(self.bash(verb["name"], "-")), sorted(names), verb["name"])
            offered = set(self.fish(f"holdfast {verb['name']} -"))
            offered |= set(self.fish(f"holdfast {verb['name']} --"))
            self.assertEqual({one for one in offered if one.startswith("-")}, set(names),
                             verb["name"])

    def test_beginnings(self):
        self.assertEqual(self.bash("mo"), ["move"])
        self.assertEqual(self.bash("on"), ["online"])
        self.assertEqual(self.bash("drain", "--t"), ["--timeout"])
        self.assertEqual(self.bash("nonsense", ""), [])

    def test_names_of_the_cluster(self):
        self.daemon()
        for shell in (self.bash, lambda *words: self.fish(" ".join(["holdfast", *words]))):
            self.assertEqual(shell("move", ""), INSTANCES)
            self.assertEqual(shell("move", "m"), INSTANCES)
            self.assertEqual(shell("move", "ms"), ["msgbox"])
            self.assertEqual(shell("move", "msgbox", ""), NODES)
            self.assertEqual(shell("move", "--force", "msgbox", "db"), ["db1", "db2"])
            self.assertEqual(shell("move", "--timeout", "5", "msgbox", "n"), ["node-3"])
            self.assertEqual(shell("drain", "db"), ["db1", "db2"])
            self.assertEqual(shell("why", "my"), ["my_sso"])
            self.assertEqual(shell("history", "--instance", "ma"), ["main"])
            self.assertEqual(shell("confirm-fenced", "node"), ["node-3"])
        self.assertEqual(self.bash("history", "--instance", "=", "ma"), ["main"])
        self.assertEqual(self.bash("history", "--instance", "="), INSTANCES)
        self.assertEqual(self.bash("move", "msgbox", "db1", ""), self.bash("move", "-"))

    def test_values_that_only_a_person_knows(self):
        for words in (("drain", "--timeout", ""), ("token", "--ttl", ""), ("init", "--node", "")):
            self.assertEqual(self.bash(*words), [])
            self.assertEqual(self.fish(" ".join(["holdfast", *words])), [])

    def test_files(self):
        both = ["a file.yaml", "cluster.yaml"]
        self.assertEqual(sorted(self.bash("apply", "")), both)
        self.assertEqual(self.bash("plan", "c"), ["cluster.yaml"])
        self.assertEqual(sorted(self.bash("plan", "--html", "")), both)
        self.assertEqual(sorted(self.bash("databases", "--file", "")), both)
        self.assertEqual(self.fish("holdfast apply c"), ["cluster.yaml"])
        self.assertEqual(self.fish("holdfast databases --file c"), ["cluster.yaml"])

    def test_words_to_choose_from(self):
        for shell in (self.bash, lambda *words: self.fish(" ".join(["holdfast", *words]))):
            self.assertEqual(shell("inspect", "f"), ["facts"])
            self.assertIn("nodes", shell("inspect", "names", ""))
            self.assertEqual(shell("help", "confi"), ["config", "confirm-fenced"])

    def test_no_daemon(self):
        self.assertEqual(self.bash("move", ""), [])
        self.assertEqual(self.fish("holdfast move "), [])

    def test_a_daemon_that_hangs(self):
        self.daemon(hangs=True)
        begin = time.monotonic()
        self.assertEqual(self.bash("move", ""), [])
        self.assertLess(time.monotonic() - begin, 20)  # half a second; the machine may be busy

    def test_tab_in_bash(self):
        self.daemon()
        self.typed(["bash", "--norc", "--noprofile", "-i"],
                   f" source {PAGES}/holdfast.bash; PS1='READY''1 '\n", "holdfast mov\tmsg\tn\t--no\t\n",
                   "GOT <move msgbox node-3 --no-wait>")

    def test_tab_in_zsh(self):
        self.daemon()
        shutil.copy(PAGES / "_holdfast", self.folder / "_holdfast")
        self.typed(["zsh", "-f", "-i"],
                   f" fpath=({self.folder} $fpath); autoload -U compinit; compinit -u -D;"
                   " PROMPT='READY''1 '\n", "holdfast mov\tmsg\tn\t--no\t\n",
                   "GOT <move msgbox node-3 --no-wait>")

    def test_zsh_offers_what_the_table_has(self):
        text = (PAGES / "_holdfast").read_text()
        for verb in TABLES["verbs"]:
            self.assertRegex(text, f"(?m)^        '{verb['name']}:")
            own = re.search(rf"(?m)^        {verb['name']}\)\n((?:            .*\n)+)", text)
            names = [name for option in verb["options"]
                     for name in (option["name"], option["letter"])
                     if name and name.startswith("-")]
            self.assertEqual(bool(own), bool(names or verb["words"]), verb["name"])
            for name in names:
                self.assertRegex(own[1], rf"['({{, *]{name}[\[ ),}}]")


if __name__ == "__main__":
    PAGES = Path(sys.argv.pop(3)).resolve()
    TABLES = json.loads(Path(sys.argv.pop(2)).read_text(encoding="utf-8"))
    HOLDFAST = str(Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
