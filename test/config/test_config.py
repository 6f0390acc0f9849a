#!/usr/bin/python3
"""`holdfast config diff` and `holdfast databases set` as a person runs them.

    test_config.py HOLDFAST

A daemon on a socket of its own answers, and notes what it was asked: what counts is what was sent
for good, and that nothing was where something is wrong.
"""

import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from support_cli import Terminal  # noqa: E402

HOLDFAST = None
OK, REFUSED, USAGE, UNREACHABLE, FILE, NOT_CONFIRMED, DIFFERENT = 0, 1, 2, 3, 7, 10, 13
DEADLINE_S = 60


def cluster_yaml(msgbox=("box",), main=("mgmt", "rules"), nodes=3, memory=64, extra=""):
    lines = ["cluster: prod", "networks:", "  public: {subnet: 10.77.0.0/24}", "nodes:"]
    for n in range(1, nodes + 1):
        lines.append(f"  db{n}: {{public: 10.77.0.1{n}, capacity: {{memory: {memory}GiB}}}}")
    lines.append("instances:")
    for i, (name, databases) in enumerate((("msgbox", msgbox), ("main", main)), 1):
        lines += [f"  {name}:",
                  f"    engine: {{type: postgresql, version: 15, data: /srv/{name}/data}}",
                  f"    disks: [{{device: /dev/disk/by-id/wwn-0x6001405a11ce000{i}, "
                  f"mount: /srv/{name}, type: ext4}}]",
                  f"    address: 10.77.0.10{i}", "    demand: {memory: 30GiB}"]
        entries = [f"{{name: {json.dumps(one)}, written_by: tools}}" for one in databases]
        lines += [f"    databases: [{', '.join(entries)}]"] if entries else []
    return "\n".join(lines) + "\n" + extra


class Daemon:
    """texts: what each next export says, the last one for ever; versions: likewise of status."""

    def __init__(self, texts=None, versions=(7,), changes=("one",), error=None):
        self.folder = tempfile.TemporaryDirectory()
        self.path = f"{self.folder.name}/control.sock"
        self.texts, self.versions = list(texts or [cluster_yaml()]), list(versions)
        self.changes, self.error, self.asked = list(changes), error, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(timeout=DEADLINE_S)
        self.listener.close()
        self.folder.cleanup()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                request = json.loads(connection.makefile().readline())
                self.asked.append(request)
                connection.sendall(json.dumps(self.answer(request)).encode() + b"\n")

    @staticmethod
    def following(values):
        return values.pop(0) if len(values) > 1 else values[0]

    def answer(self, request):
        if request["verb"] == "apply" and self.error and not request["dry_run"]:
            return {"ok": False, "error": {"code": self.error, "text": "wrong"}}
        if request["verb"] == "export":
            return {"ok": True, "data": {"text": self.following(self.texts)}}
        if request["verb"] == "apply":
            return {"ok": True, "data": {"changes": self.changes}}
        instances = [{"name": name, "owner": node, "target": None, "wanted": True,
                      "recovery_ms": None, "next": "db3"}
                     for name, node in (("msgbox", "db1"), ("main", "db2"))]
        return {"ok": True, "data": {
            "cluster": {"nodes": 3, "expected": 3,
                        "config_version": self.following(self.versions)},
            "nodes": [{"name": f"db{n}", "state": "up", "drained": False, "quarantined": False}
                      for n in (1, 2, 3)], "instances": instances}}

    def applied(self):
        """The text that was sent for good; None: none was."""
        sent = [one for one in self.asked if one["verb"] == "apply" and not one["dry_run"]]
        assert len(sent) <= 1, sent
        return sent[0]["text"] if sent else None

    def run(self, *args, text=None):
        return run(*args, text=text, path=self.path)


def run(*args, text=None, path="/nonexistent"):
    done = subprocess.run([HOLDFAST, *args], input=text or "", capture_output=True, text=True,
                          timeout=60, check=False,
                          env={"HOLDFAST_SOCKET": path, "PATH": "/usr/bin"})
    return done.returncode, done.stdout, done.stderr


def homes(text):
    """{database: instance} of a configuration, as the program itself reads it."""
    code, out, err = run("databases", "--file", "-", "--json", text=text)
    assert code == OK, err
    return {row["database"]: row["instance"] for row in json.loads(out)["databases"]}


class Diff(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name, text):
        path = Path(self.folder.name) / name
        path.write_text(text)
        return str(path)

    def two(self, before, after, *args):
        return run("config", "diff", self.file("a.yaml", before), self.file("b.yaml", after), *args)

    def test_same_meaning_is_no_difference(self):
        text = cluster_yaml()
        code, out, err = self.two(text, "# a comment\n" + text + "    priority: 10\n")
        self.assertEqual((code, err), (DIFFERENT, ""))
        moved = text.replace("cluster: prod\n", "", 1) + "# later\ncluster: prod\n"
        code, out, err = self.two(text, moved)
        self.assertEqual((code, err), (OK, ""))
        self.assertRegex(out, r"^no difference: .*a\.yaml and .*b\.yaml mean the same\.\n$")

    def test_what_applying_it_would_do(self):
        before = cluster_yaml()
        after = cluster_yaml(nodes=2).replace("10.77.0.101", "10.77.0.109")
        code, out, err = self.two(before, after)
        self.assertEqual((code, err), (DIFFERENT, ""))
        self.assertIn("  node db3: removed (this version cannot remove db3; drain it)\n", out)
        self.assertIn("  instance msgbox: address: 10.77.0.101 -> 10.77.0.109 (msgbox must be "
                      "taken offline first)\n", out)
        self.assertRegex(out, r"\n2 differences from .*a\.yaml to .*b\.yaml; nothing was changed\.\n$")

    def test_json(self):
        code, out, _ = self.two(cluster_yaml(nodes=2), cluster_yaml().replace("30GiB", "20GiB", 1),
                                "--json")
        answer = json.loads(out)
        self.assertEqual(code, DIFFERENT)
        self.assertTrue(answer["from"].endswith("a.yaml") and answer["to"].endswith("b.yaml"))
        self.assertEqual([{k: one[k] for k in ("entity", "name", "change", "key", "from", "to",
                                               "effect")} for one in answer["changes"]],
                         [{"entity": "node", "name": "db3", "change": "added", "key": None,
                           "from": None, "to": None, "effect": "join-first"},
                          {"entity": "instance", "name": "msgbox", "change": "changed",
                           "key": "demand.memory", "from": "30GiB", "to": "20GiB",
                           "effect": answer["changes"][1]["effect"]}])
        code, out, _ = self.two(cluster_yaml(), cluster_yaml(), "--json")
        self.assertEqual((code, json.loads(out)["changes"]), (OK, []))

    def test_of_the_cluster(self):
        with Daemon() as daemon:
            self.assertEqual(daemon.run("config", "diff", "-", text=cluster_yaml())[0], OK)
            code, out, _ = daemon.run("config", "diff", "-", text=cluster_yaml(memory=32))
            self.assertEqual(code, DIFFERENT)
            self.assertIn("from the cluster's configuration to standard input", out)
            self.assertEqual({one["verb"] for one in daemon.asked}, {"export"})

    def test_what_is_wrong(self):
        good, bad = self.file("good", cluster_yaml()), self.file("bad", "cluster: [\n")
        self.assertEqual(run("config", "diff", good, bad)[0], FILE)
        self.assertEqual(run("config", "diff", bad, good)[0], FILE)
        self.assertEqual(run("config", "diff", good, "/nonexistent")[0], FILE)
        self.assertEqual(run("config", "diff", good)[0], UNREACHABLE)
        for args in (["config"], ["config", "diff"], ["config", "dfif", good],
                     ["config", "diff", "-", "-"], ["config", "diff", good, good, good]):
            code, out, err = run(*args)
            self.assertEqual((code, out), (USAGE, ""), args)
            self.assertIn("usage: holdfast config diff", err)


class Set(unittest.TestCase):
    def test_moves_it(self):
        with Daemon() as daemon:
            code, out, _ = daemon.run("databases", "set", "rules", "--instance", "msgbox")
            self.assertEqual(code, OK)
            self.assertEqual(homes(daemon.applied()),
                             {"box": "msgbox", "rules": "msgbox", "mgmt": "main"})
            self.assertIn("1 change made.\n  Holdfast moves no data: copy rules from main to msgbox",
                          out)
            applied = daemon.applied()
        with Daemon() as daemon:
            _, out, _ = daemon.run("config", "diff", "-", "--json", text=applied)
        self.assertEqual([(one["name"], one["key"]) for one in json.loads(out)["changes"]],
                         [("msgbox", "databases"), ("main", "databases")])

    def test_the_last_one_of_an_instance(self):
        with Daemon() as daemon:
            self.assertEqual(daemon.run("databases", "set", "box", "--instance", "main")[0], OK)
            self.assertEqual(homes(daemon.applied()),
                             {None: "msgbox", "mgmt": "main", "rules": "main", "box": "main"})

    def refused(self, said, *args, texts=None):
        with Daemon(texts) as daemon:
            code, out, err = daemon.run("databases", "set", *args)
            self.assertEqual((code, out, daemon.applied()), (REFUSED, "", None))
            self.assertIn(said, err)
            self.assertIn("nothing was changed", err)

    def test_refused(self):
        twice = [cluster_yaml(msgbox=("box", "log"), main=("mgmt", "log"))]
        full = [cluster_yaml(msgbox=[f"d{n}" for n in range(16)])]
        self.refused("no instance lists a database 'no'", "no", "--instance", "main")
        self.refused("there is no instance 'mian'; there are msgbox, main", "box", "--instance",
                     "mian")
        self.refused("there is no instance 'nowhere'", "box", "--instance", "main", "--from",
                     "nowhere")
        self.refused("instance main lists no database 'box'", "box", "--instance", "msgbox",
                     "--from", "main")
        self.refused("several instances list a database log: msgbox, main", "log", "--instance",
                     "main", texts=twice)
        self.refused("instance main lists a database log of its own", "log", "--instance", "main",
                     "--from", "msgbox", texts=twice)
        self.refused("lists 16 databases already", "mgmt", "--instance", "msgbox", texts=full)

    def test_there_already(self):
        with Daemon() as daemon:
            code, out, _ = daemon.run("databases", "set", "box", "--instance", "msgbox")
            self.assertEqual((code, daemon.applied()), (OK, None))
            self.assertIn("nothing to change: box is listed by msgbox already", out)
            _, out, _ = daemon.run("databases", "set", "box", "--instance", "msgbox", "--json")
            self.assertEqual(json.loads(out), {"changes": []})

    def test_dry_run_and_json(self):
        with Daemon() as daemon:
            code, out, _ = daemon.run("databases", "set", "rules", "--instance", "msgbox",
                                      "--dry-run")
            self.assertEqual((code, daemon.applied()), (OK, None))
            self.assertIn("1 change would be made; nothing was changed.", out)
            code, out, _ = daemon.run("databases", "set", "rules", "--instance", "msgbox", "--json")
            self.assertEqual((code, json.loads(out)["changes"]), (OK, ["one"]))

    def test_somebody_else_was_quicker(self):
        """What others changed since the configuration was read is not undone."""
        with Daemon(versions=[7, 7, 8]) as daemon:
            code, _, err = daemon.run("databases", "set", "rules", "--instance", "msgbox")
            self.assertEqual((code, daemon.applied()), (REFUSED, None))
            self.assertIn("somebody else changed the configuration meanwhile", err)

    WORSE = [cluster_yaml(memory=32), cluster_yaml(memory=128)]

    def test_what_makes_a_failure_worse_is_asked_for(self):
        args = ("databases", "set", "rules", "--instance", "msgbox")
        with Daemon(self.WORSE) as daemon:
            code, _, err = daemon.run(*args)
            self.assertEqual((code, daemon.applied()), (NOT_CONFIRMED, None))
            self.assertIn("holdfast databases set rules --instance msgbox --yes\n", err)
        with Daemon(self.WORSE) as daemon:
            self.assertEqual(daemon.run(*args, "--yes")[0], OK)
            self.assertIsNotNone(daemon.applied())

    def test_asked_on_a_terminal(self):
        for said, sent in (("n\n", False), ("y\n", True)):
            with Daemon(self.WORSE) as daemon:
                terminal = Terminal(100, HOLDFAST, "databases", "set", "rules", "--instance",
                                    "msgbox", HOLDFAST_SOCKET=daemon.path)
                terminal.wait_for("[y/N] ")
                os.write(terminal.terminal, said.encode())
                terminal.rest()
                self.assertEqual(daemon.applied() is not None, sent, terminal.text())

    def test_no_daemon_and_refusals(self):
        self.assertEqual(run("databases", "set", "box", "--instance", "main")[0], UNREACHABLE)
        with Daemon(error="no-quorum") as daemon:
            code, out, err = daemon.run("databases", "set", "box", "--instance", "main")
            self.assertEqual((code, out), (5, ""))
            self.assertIn("wrong", err)

    def test_usage(self):
        for line, said in (("set", "set needs the name of a database"),
                           ("set box", "set needs --instance"),
                           ("sit box", "there is no 'sit'; there is set"),
                           ("set box --instance main --file x", "are for the list"),
                           ("set box --instance main --libpq", "are for the list"),
                           ("--dry-run", "are for set"), ("--yes", "are for set"),
                           ("--from main", "are for set")):
            code, out, err = run("databases", *shlex.split(line))
            self.assertEqual((code, out), (USAGE, ""), line)
            self.assertIn(said, err)


if __name__ == "__main__":
    HOLDFAST = sys.argv.pop(1)
    unittest.main(verbosity=2)
