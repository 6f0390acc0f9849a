#!/usr/bin/python3
"""`holdfast validate` as a person runs it: facts out of files, what is shown, pages, exit codes.

    test_validate.py HOLDFAST

The facts and the configuration are those in which every check passes (facts.json, cluster.yaml).
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from support_cli import Daemon, Page, Terminal  # noqa: E402

HOLDFAST = None
YAML = HERE / "cluster.yaml"
FAILED = 9


def holdfast(*args, text=None, socket_path="/nonexistent"):
    done = subprocess.run([HOLDFAST, *map(str, args)], input=text, capture_output=True, text=True,
                          timeout=120, env={"HOLDFAST_SOCKET": socket_path, "PATH": "/usr/bin"})
    return done.returncode, done.stdout, done.stderr


def check(answer, name):
    return next(one for one in answer["checks"] if one["id"] == name)


class Validate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.facts = json.loads((HERE / "facts.json").read_text())["facts"]
        now_ms = int(time.time() * 1000)
        for facts in self.facts:
            facts["clock"]["time_ms"] = now_ms
            del facts["gathered"]

    def path(self, name):
        return Path(self.folder.name) / name

    def files(self, facts=None):
        args = []
        for one in self.facts if facts is None else facts:
            path = self.path(one["node"]["name"] + ".json")
            path.write_text(json.dumps(one))
            args += ["--facts", path]
        return args

    def validate(self, *args, facts=None):
        code, out, err = holdfast("validate", YAML, *self.files(facts), *args)
        return code, out, err

    def answer(self, *args, facts=None):
        code, out, err = self.validate("--json", *args, facts=facts)
        self.assertTrue(out, err)
        return code, json.loads(out)

    def test_sound(self):
        code, answer = self.answer()
        self.assertEqual(code, 0)
        self.assertEqual(answer["summary"]["fail"], 0)
        self.assertEqual(answer["summary"]["warning"], 0)
        self.assertEqual([n["looked_at"] for n in answer["nodes"]], [True] * 4)
        # What files cannot know: who owns what now, and clocks against each other.
        not_run = {c["id"] for c in answer["checks"] if c["result"] == "not-run"}
        self.assertEqual(not_run, {"system.clock-agree", "system.watchdog-armed", "storage.mounted",
                                   "network.virtual-address"})

    def sound_without_cluster(self):
        """Nobody owns anything: nothing is mounted, no address answers."""
        for facts in self.facts:
            facts["mounts"] = facts["mounts"][:1]
            facts["data"] = {}
            facts["interfaces"][0]["addresses"] = facts["interfaces"][0]["addresses"][:1]
            del facts["node"]["file"]
            for one in facts["virtual"]:
                one.update(here=False, answers=False)

    def test_a_fault_is_told(self):
        self.sound_without_cluster()
        self.facts[1]["interfaces"][1]["mtu"] = 1500
        code, out, err = self.validate("--only", "network")
        self.assertEqual((code, err), (FAILED, ""))
        self.assertIn("fail     network.mtu: The MTU is the same on all nodes of a network\n"
                      "           db2: MTU of the private network: 1500; elsewhere 9000\n"
                      "           why: Small packets pass", out)
        self.assertIn("           do:  Set the same MTU", out)
        self.assertNotIn("storage", out)
        self.assertNotIn("\033", out)
        self.assertIn("17 checks: 16 passed, 1 failed, 0 with warnings, 0 not run", out)

    def test_before_there_is_a_cluster(self):
        self.sound_without_cluster()
        code, answer = self.answer()
        self.assertEqual((code, answer["summary"]["warning"]), (0, 0))
        self.assertEqual(check(answer, "network.virtual-address")["result"], "pass")
        self.facts[3]["mounts"].append({"device": "/dev/dm-0", "mount": "/mnt", "kernel": "dm-0"})
        self.facts[3]["virtual"][0]["answers"] = True
        code, answer = self.answer()
        failed = {c["id"] for c in answer["checks"] if c["result"] == "fail"}
        self.assertEqual((code, failed), (FAILED, {"storage.mounted", "network.virtual-address"}))

    def test_two_members_that_mount_one_disk(self):
        self.facts[3]["mounts"].append({"device": "/dev/dm-0", "mount": "/mnt", "kernel": "dm-0"})
        code, answer = self.answer("--only", "storage.mounted")
        self.assertEqual(code, FAILED)
        nodes = {s["node"] for s in answer["checks"][0]["seen"] if s["result"] == "fail"}
        self.assertEqual(nodes, {"db1", "db4"})

    def test_warnings_exit_with_zero(self):
        self.facts[2]["system"]["kernel"] = "6.1.0-21"
        code, answer = self.answer("--only", "inventory.kernel")
        self.assertEqual((code, answer["summary"]["warning"]), (0, 1))

    def test_a_node_that_is_missing_passes_nothing(self):
        self.sound_without_cluster()
        code, answer = self.answer(facts=self.facts[:3])
        self.assertEqual(code, 0)
        self.assertEqual(check(answer, "inventory.complete")["result"], "warning")
        self.assertEqual(check(answer, "network.mtu")["result"], "not-run")
        self.assertEqual(check(answer, "storage.size")["result"], "not-run")
        code, out, _ = self.validate(facts=self.facts[:3])
        self.assertTrue(out.startswith("! db4 was not looked at: its facts were not given\n"), out)

    def test_page(self):
        self.facts[1]["node"]["hostname"] = "<db2> & co"
        page = self.path("report.html")
        code, _, err = self.validate("--html", page)
        self.assertEqual(err, "")
        read = Page(page.read_text())
        self.assertIn("Validation of sound", read.text)
        self.assertIn("its host name is <db2> & co", read.text)
        self.assertGreaterEqual(read.count["tr"], 100)
        code, _, err = self.validate("--html", self.path("no/such/folder.html"))
        self.assertEqual(code, 1)
        self.assertIn("cannot write", err)

    def test_only(self):
        code, answer = self.answer("--only", "storage.size,quorum")
        self.assertEqual({c["category"] for c in answer["checks"]}, {"storage", "quorum"})
        self.assertEqual(sum(c["category"] == "storage" for c in answer["checks"]), 1)
        for wrong in ("stor", "storage.", "storage.none", ",", "network,nothing"):
            code, out, err = self.validate("--only", wrong)
            self.assertEqual((code, out), (2, ""), wrong)
            self.assertIn("--list", err)

    def test_list(self):
        code, out, _ = holdfast("validate", "--list")
        listed = json.loads(holdfast("validate", "--list", "--json")[1])
        self.assertEqual(code, 0)
        self.assertGreaterEqual(len(listed), 50)
        self.assertTrue(out.endswith(f"{len(listed)} checks\n"))
        categories = {c["category"] for c in listed}
        self.assertEqual(categories, {"inventory", "identity", "network", "storage", "system",
                                      "quorum", "engine", "capacity"})
        for one in listed:
            self.assertIn("  " + one["id"] + " ", out)

    def test_files_that_are_wrong(self):
        bad = self.path("bad.json")
        for text, said in (("{", "line 1"), ("{}", "no facts of format 1"), ("[1]", "no facts")):
            bad.write_text(text)
            code, out, err = holdfast("validate", YAML, "--facts", bad)
            self.assertEqual((code, out), (7, ""), text)
            self.assertIn(said, err)
        code, _, err = holdfast("validate", YAML, "--facts", self.path("none.json"))
        self.assertEqual(code, 7)
        self.assertIn("none.json", err)
        stranger = dict(self.facts[0], node={"name": "db7", "hostname": "db7"}, interfaces=[])
        code, _, err = holdfast("validate", YAML, *self.files([stranger]))
        self.assertEqual(code, 7)
        self.assertIn("which the configuration does not have", err)
        self.assertIn("--facts FILE", err)
        twice = self.files(self.facts[:1])
        code, _, err = holdfast("validate", YAML, *twice, *twice)
        self.assertEqual(code, 7)
        self.assertIn("given before", err)
        code, _, err = holdfast("validate", "-", text="cluster: [")
        self.assertEqual(code, 7)

    def test_a_node_is_found_by_host_name_and_address(self):
        self.facts[1]["node"] = {"name": "x", "hostname": "db2.example.net"}
        self.facts[2]["node"] = {"name": "y", "hostname": "y"}
        code, answer = self.answer("--only", "inventory.complete")
        self.assertEqual([n["looked_at"] for n in answer["nodes"]], [True] * 4)

    def test_without_a_configuration(self):
        code, out, err = holdfast("validate", "--json", *self.files())
        answer = json.loads(out)
        self.assertIsNone(answer["cluster"])
        self.assertEqual([n["name"] for n in answer["nodes"]], ["db1", "db2", "db3", "db4"])
        self.assertEqual(check(answer, "inventory.kernel")["result"], "pass")
        self.assertEqual(check(answer, "capacity.failures")["result"], "not-run")

    def test_facts_of_this_machine(self):
        code, out, err = holdfast("inspect", "facts")
        self.assertEqual((code, err), (0, ""))
        facts = json.loads(out)
        self.assertEqual(facts["format"], 1)
        self.assertGreater(facts["system"]["memory_mib"], 0)
        path = self.path("here.json")
        path.write_text(out)
        code, out, err = holdfast("validate", "--json", "--facts", path)
        self.assertIn(code, (0, FAILED))
        self.assertEqual(len(json.loads(out)["nodes"]), 1)
        code, out, err = holdfast("validate", "--json", "--only", "inventory")
        self.assertIn(code, (0, FAILED))
        self.assertEqual(len(json.loads(out)["nodes"]), 1)

    def in_cluster(self, *args, **answers):
        """Verbs against a daemon that answers these; status and configuration are the sound ones."""
        status = json.loads((HERE / "facts.json").read_text())["status"]
        known = {"status": status, "export": {"text": YAML.read_text()}, **answers}
        daemon = Daemon(self.folder.name, {k: v for k, v in known.items() if v is not None})
        try:
            return holdfast("validate", *args, socket_path=daemon.path)
        finally:
            daemon.close()

    def gathered(self, facts, missing=()):
        """What a daemon says: who is waited for, a line a node, the end."""
        now_ms = int(time.time() * 1000)
        names = [one["node"]["name"] for one in facts] + [one["node"] for one in missing]
        lines = [{"event": "facts", "heard": 0, "of": len(names), "waiting": names}]
        for k, one in enumerate(facts):
            node = names[k]
            one["clock"]["time_ms"] = now_ms - 20000  # when the facts were read; the daemon's counts
            one["gathered"] = {"node": node, "asked_ms": now_ms - 50, "heard_ms": now_ms + 50,
                               "clock_ms": now_ms}
            lines.append({"event": "facts", "heard": k + 1, "of": len(names),
                          "waiting": names[k + 1:], "node": node, "facts": one})
        lines += [{"event": "facts", "heard": len(facts), "of": len(names), "waiting": [], **one}
                  for one in missing]
        return [*lines, {"ok": True, "data": {"heard": len(facts), "missing": list(missing)}}]

    def test_a_cluster_is_asked(self):
        code, out, err = self.in_cluster("--json", facts=self.gathered(self.facts))
        answer = json.loads(out)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual({c["result"] for c in answer["checks"]}, {"pass"})

    def test_a_clock_that_is_off(self):
        """By what the daemon said at once, not by the facts, which took a while."""
        lines = self.gathered(self.facts)
        self.facts[2]["gathered"]["clock_ms"] += 3000
        code, out, err = self.in_cluster("--json", "--only", "system.clock-agree", facts=lines)
        seen = json.loads(out)["checks"][0]["seen"]
        self.assertEqual((code, [s["node"] for s in seen if s["result"] == "fail"]),
                         (FAILED, ["db3"]))

    def test_a_node_that_did_not_answer(self):
        gathered = self.gathered(self.facts[:2], [{"node": "db3", "why": "it was asleep"}])
        code, out, err = self.in_cluster("--json", facts=gathered)
        nodes = json.loads(out)["nodes"]
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(nodes[2]["why_not"], "it was asleep")
        self.assertIn("not in the cluster now", nodes[3]["why_not"])

    def test_a_node_whose_facts_are_of_another_format(self):
        self.facts[1]["format"] = 2
        self.facts[1]["holdfast"] = "9.1"
        code, out, err = self.in_cluster("--json", facts=self.gathered(self.facts))
        answer = json.loads(out)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([n["looked_at"] for n in answer["nodes"]], [True, False, True, True])
        self.assertIn("of another version (9.1)", answer["nodes"][1]["why_not"])
        self.assertEqual(check(answer, "inventory.kernel")["result"], "not-run")

    def test_who_is_waited_for_is_told_on_a_terminal(self):
        lines = self.gathered(self.facts)
        seen = threading.Event()

        def answer(send):
            send(lines[:3])
            for _ in range(300):
                send([{key: value for key, value in lines[2].items()
                       if key not in ("node", "facts")}])
                if seen.wait(0.1):
                    break
            send(lines[3:])

        status = json.loads((HERE / "facts.json").read_text())["status"]
        daemon = Daemon(self.folder.name, {"status": status, "export": {"text": YAML.read_text()},
                                           "facts": answer})
        terminal = Terminal(100, HOLDFAST, "validate", HOLDFAST_SOCKET=daemon.path)
        try:
            terminal.wait_for("reading what the nodes are like: 2 of 4 answered, "
                              "waiting for db3, db4")
        finally:
            seen.set()
            shown = terminal.rest()
            daemon.close()
        self.assertIn("passed, 0 failed, 0 with warnings, 0 not run", shown)

    def test_a_file_in_a_cluster(self):
        """The file is judged, not the configuration that runs; a node that it lacks is left out."""
        path = self.path("new.yaml")
        lines = YAML.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("  db3:"))
                        .replace("[db1, db3]", "[db1, db4]"))
        code, out, err = self.in_cluster(path, "--json", export=None,
                                         facts=self.gathered(self.facts))
        self.assertIn("db3 is in the cluster and not in the file", err)
        self.assertEqual([n["name"] for n in json.loads(out)["nodes"]], ["db1", "db2", "db4"])

    def test_a_cluster_that_cannot_be_asked(self):
        """This node alone is looked at; here that is a node which the configuration does not have."""
        refusal = [{"ok": False, "error": {"code": "no-corosync", "text": "no corosync here"}}]
        code, out, err = self.in_cluster("--json", facts=refusal)
        self.assertEqual((code, out), (7, ""))
        self.assertIn("the other nodes could not be asked: no corosync here\n", err)

    def test_a_daemon_that_refuses(self):
        """Then nothing of the cluster is known, and that is told."""
        refusal = [{"ok": False, "error": {"code": "not-permitted", "text": "you may not",
                                           "hint": "Use sudo."}}]
        code, out, err = self.in_cluster("--json", status=refusal, export=None)
        self.assertIn("this node's holdfastd does not answer: you may not\n  Use sudo.\n", err)
        self.assertEqual(len(json.loads(out)["nodes"]), 1)


if __name__ == "__main__":
    HOLDFAST = sys.argv.pop(1)
    unittest.main()
