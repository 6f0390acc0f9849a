#!/usr/bin/python3
"""`holdfast plan` as a person runs it: the examples and their stated verdicts, the pages it writes,
a cluster that runs, and what it refuses.

    test_plan.py HOLDFAST

The tables are compared with test/plan/*.txt; HF_UPDATE=1 rewrites those: read the difference.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import support_cli  # noqa: E402
from support_cli import Daemon, Page  # noqa: E402

EXAMPLES = HERE.parent.parent / "examples"
HOLDFAST = None
STATED = re.compile(r"^# holdfast plan: (.*)$", re.M)
NOT_CARRIED = 8


def plan(*args, text=None, socket_path="/nonexistent"):
    done = subprocess.run([HOLDFAST, "plan", *map(str, args)], input=text, capture_output=True,
                          text=True, timeout=120, cwd=EXAMPLES.parent,
                          env={"HOLDFAST_SOCKET": socket_path, "PATH": "/usr/bin"})
    return done.returncode, done.stdout, done.stderr


def plan_json(*args, **kwargs):
    code, out, err = plan(*args, "--json", **kwargs)
    assert out, err
    return code, json.loads(out)


def loss(answer, name):
    return next(one for one in answer["losses"] if one["name"] == name)


class Examples(unittest.TestCase):
    def test_stated_verdicts(self):
        stated = {path: found[1] for path in sorted(EXAMPLES.glob("*.yaml"))
                  if (found := STATED.search(path.read_text()))}
        self.assertGreaterEqual(len(stated), 4)
        for path, verdict in stated.items():
            with self.subTest(path.name):
                code, answer = plan_json(path)
                self.assertEqual(answer["verdict"]["text"], verdict)
                self.assertEqual(code, 0 if answer["verdict"]["holds"] else NOT_CARRIED)
                self.assertTrue(all(one["proved"] for one in answer["losses"]))

    def test_every_example_is_planned(self):
        for path in sorted(EXAMPLES.glob("*.yaml")):
            with self.subTest(path.name):
                self.assertIn(plan(path)[0], (0, NOT_CARRIED))

    def test_platform_is_whole(self):
        """Each layout has all the platform's databases, and the big one three message boxes."""
        wanted = {"BizTalkMsgBoxDb", "BizTalkMgmtDb", "BizTalkDTADb", "SSODB",
                  "BizTalkRuleEngineDb", "BAMPrimaryImport", "BAMStarSchema", "BAMAnalysis",
                  "BAMArchive"}
        for name in ("active-passive", "active-active", "active-active-passive",
                     "active-active-active-passive"):
            found = set(re.findall(r"name: (\w+), written_by",
                                   (EXAMPLES / f"bts-{name}.yaml").read_text()))
            self.assertEqual(wanted - found, set(), name)
        self.assertLessEqual({"BizTalkMsgBoxDb2", "BizTalkMsgBoxDb3"}, found)

    def test_proposed_node_heals(self):
        """The passive node that the plan proposes, written into the file, carries everything."""
        path = EXAMPLES / "bts-active-active.yaml"
        _, answer = plan_json(path)
        amount = next(c for c in answer["heal"]["changes"] if c["kind"] == "add-node")["amount"]
        node = (f"  db9: {{public: 10.77.0.19, private: 10.77.1.19, role: passive, capacity: "
                f"{{cpu: {amount['cpu']}m, memory: {amount['memory']}MiB, "
                f"network: {amount['network']}Mbit, iops: {amount['iops']}}}}}\n")
        text = path.read_text().replace("witness:", node + "witness:", 1)
        code, healed = plan_json("-", text=text)
        self.assertEqual((code, healed["verdict"]["node"]["carried"]), (0, 3))


class Golden(unittest.TestCase):
    maxDiff = None

    def check(self, name, *args):
        out = plan(*args)[1]
        path = HERE / f"{name}.txt"
        if os.environ.get("HF_UPDATE"):
            path.write_text(out)
        self.assertEqual(out, path.read_text())

    def test_tables(self):
        self.check("active_active", "examples/bts-active-active.yaml")
        self.check("active_active_active_passive", "--all",
                   "examples/bts-active-active-active-passive.yaml")
        self.check("unknown", "examples/bts-prod.yaml")

    def test_topologies(self):
        self.check("topologies", "examples/bts-active-active.yaml", "--topology", "all")


def on_terminal(columns, *args, **env):
    """What a terminal of so many columns shows."""
    terminal = support_cli.Terminal(columns, HOLDFAST, "plan", *args, cwd=EXAMPLES.parent, **env)
    return terminal.left()


class Terminal(unittest.TestCase):
    def test_fits(self):
        for columns in (80, 100, 140):
            for name in ("active-active", "active-active-active-passive"):
                shown = on_terminal(columns, EXAMPLES / f"bts-{name}.yaml")
                plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
                self.assertLessEqual(max(map(len, plain.splitlines())), columns)
                self.assertIn("MOVES", plain)
                self.assertIn("-> db2", plain)

    def test_colours(self):
        path = EXAMPLES / "bts-active-active.yaml"
        self.assertIn("\x1b[48;5;208", on_terminal(100, path))
        self.assertNotIn("\x1b", on_terminal(100, path, NO_COLOR="1"))
        self.assertNotIn("\x1b", plan(path)[1])


class Json(unittest.TestCase):
    def test_structure(self):
        code, answer = plan_json(EXAMPLES / "bts-active-active.yaml", "--topology", "N+1,2+1")
        self.assertEqual(code, NOT_CARRIED)
        self.assertEqual([one["name"] for one in answer["losses"]], ["", "db1", "db2", "db1+db2"])
        self.assertEqual([t["topology"] for t in answer["topologies"]], ["N+1", "2+1"])
        db1 = loss(answer, "db1")
        self.assertEqual(db1["lost"], ["db1"])
        self.assertEqual(set(db1["utilisation"]), {"db2"})
        self.assertIn({"instance": "msgbox", "from": "db1", "to": "db2"}, db1["moves"])
        self.assertEqual({one["code"] for one in db1["left_out"]}, {"no-room"})
        self.assertIsNone(db1["recovery_ms"])
        self.assertFalse(loss(answer, "db1+db2")["quorum"])
        self.assertEqual(answer["heal"]["goal"], "node")

    def test_sums(self):
        """Utilisation is what stands in the file, added up."""
        _, answer = plan_json(EXAMPLES / "bts-active-passive.yaml")
        total = sum(one["demand"]["memory"] for one in answer["instances"])
        capacity = answer["nodes"][1]["capacity"]["memory"]
        self.assertAlmostEqual(loss(answer, "db1")["utilisation"]["db2"]["memory"],
                               100 * total / capacity, delta=0.1)


class Html(unittest.TestCase):
    def test_page(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "plan.html")
            plan(EXAMPLES / "bts-active-active-active-passive.yaml", "--html", path, "--topology",
                 "all")
            text = path.read_text()
        page = Page(text)
        self.assertNotIn("script", page.count)
        self.assertIn("prefers-color-scheme:dark", text)
        self.assertEqual(page.count["svg"], 7)  # bars, five heat maps, pairs
        self.assertGreaterEqual(page.count["rect"], 5 * 5 * 4)
        self.assertIn("any two at once leave out bam_archive", page.text)
        self.assertIn("is short by", page.text)

    def test_names_are_escaped(self):
        text = (EXAMPLES / "two-node.yaml").read_text().replace("site: a", "site: 'a<b>&c'")
        text = text.replace("site: b", "site: 'a<b>&c'")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "plan.html")
            code, _, _ = plan("-", "--html", path, text=text)
            if code != 7:  # the file may refuse such a name; the page never carries it raw
                self.assertNotIn("<b>&c", path.read_text())
                Page(path.read_text())

    def test_no_such_folder(self):
        code, _, err = plan(EXAMPLES / "two-node.yaml", "--html", "/nonexistent/plan.html")
        self.assertEqual(code, 1)
        self.assertIn("cannot write", err)


class Running(unittest.TestCase):
    """From where a cluster has its instances now."""

    def run_with(self, status, *args, example="bts-active-active-passive"):
        with tempfile.TemporaryDirectory() as folder:
            text = (EXAMPLES / f"{example}.yaml").read_text()
            daemon = Daemon(folder, {"export": {"text": text}, "status": status})
            try:
                return plan_json(*args, socket_path=daemon.path)
            finally:
                daemon.close()

    def status(self, owners, down=(), drained=()):
        nodes = [{"name": n, "state": "down" if n in down else "up", "drained": n in drained,
                  "quarantined": False} for n in ("db1", "db2", "db3")]
        names = ["sso", "msgbox", "management", "tracking", "bam", "bam_star", "bam_analysis",
                 "bam_archive"]
        return {"nodes": nodes,
                "instances": [{"name": name, "owner": owners.get(name, "db2"), "target": None,
                               "wanted": True, "recovery_ms": 900 if name == "msgbox" else None}
                              for name in names]}

    def test_from_now(self):
        owners = {"msgbox": "db3", "sso": "db1", "bam_analysis": "db1", "bam_archive": "db1"}
        code, answer = self.run_with(self.status(owners))
        self.assertEqual((code, answer["from"]), (0, "cluster"))
        where = {one["name"]: (one["now"], one["node"]) for one in answer["instances"]}
        self.assertEqual(where["msgbox"], ("db3", "db3"))
        self.assertEqual(loss(answer, "")["moves"], [])
        self.assertEqual(loss(answer, "db3")["moves"][0]["from"], "db3")
        self.assertEqual(loss(answer, "db3")["recovery_ms"], 900)
        self.assertIsNone(loss(answer, "db1")["recovery_ms"])  # one of them is not known

    def test_what_was_measured(self):
        """Where the file states nothing, what the cluster says that it counts with."""
        bare = re.sub(r", capacity: \{[^}]*\}|\n    (demand|degraded): .*", "",
                      (EXAMPLES / "bts-active-active-passive.yaml").read_text())
        self.assertNotIn("memory:", bare)
        gib = 1 << 30
        status = self.status({"msgbox": "db1"})
        for node in status["nodes"]:
            node["capacity"] = {"counts": {"cpu_milli": None, "memory_bytes": 64 * gib}}
        for one in status["instances"]:
            size = 50 if one["name"] in ("msgbox", "tracking", "bam") else None
            one["demand"] = {"counts": {"memory_bytes": size and size * gib}}
        with tempfile.TemporaryDirectory() as folder:
            daemon = Daemon(folder, {"export": {"text": bare}, "status": status})
            try:
                code, answer = plan_json(socket_path=daemon.path)
            finally:
                daemon.close()
        self.assertEqual({n["capacity"]["memory"] for n in answer["nodes"]}, {64 * 1024})
        self.assertEqual(code, NOT_CARRIED)  # each of the three fills a node
        self.assertEqual(len(loss(answer, "db1")["left_out"]), 1)

    def test_node_down(self):
        code, answer = self.run_with(self.status({}, down=("db1",)))
        self.assertEqual(code, NOT_CARRIED)  # two of three votes are left: one more is too much
        self.assertEqual({one["name"] for one in answer["losses"]}, {"", "db2", "db3", "db2+db3"})
        self.assertFalse(loss(answer, "db2")["quorum"])

    def test_witness_counts_when_it_votes(self):
        for expected, votes in ((2, 2), (3, 3)):
            status = self.status({}) | {"cluster": {"nodes": 2, "expected": expected}}
            status["nodes"].pop()
            _, answer = self.run_with(status, example="bts-active-active")
            self.assertEqual(answer["votes"], votes)
            self.assertEqual(loss(answer, "db1")["quorum"], votes == 3)

    def test_drained(self):
        _, answer = self.run_with(self.status({}, drained=("db1",)))
        self.assertTrue(loss(answer, "db2")["quorum"])  # it votes, and carries nothing
        self.assertNotIn("db1", loss(answer, "db2")["utilisation"])


class Refused(unittest.TestCase):
    def test_no_daemon(self):
        self.assertEqual(plan()[0], 3)

    def test_bad_file(self):
        code, _, err = plan("-", text="cluster: x\nnodes: 5\n")
        self.assertEqual(code, 7)
        self.assertIn("standard input:2:", err)
        self.assertEqual(plan("/nonexistent.yaml")[0], 7)

    def test_bad_topology(self):
        for word in ("active/sometimes", "N+", "1+1,,2+1"):
            self.assertEqual(plan(EXAMPLES / "two-node.yaml", "--topology", word)[0], 2, word)

    def test_survive_two(self):
        path = EXAMPLES / "bts-active-active-active-passive.yaml"
        text = path.read_text().replace("survive: 1", "survive: 2")
        code, answer = plan_json("-", text=text)
        self.assertEqual((code, answer["verdict"]["required"]), (NOT_CARRIED, 2))


if __name__ == "__main__":
    HOLDFAST = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
