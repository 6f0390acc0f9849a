#!/usr/bin/python3
"""`holdfast drill`: a report as text and as a page, what it refuses, and that it asks before it acts.

    test_drill.py HOLDFAST

What it does to a cluster is shown in the lab (test/lab/scenarios/drill.py).
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from support_cli import Daemon, Page, Terminal  # noqa: E402

HOLDFAST = None
OK, REFUSED, USAGE, UNREACHABLE, FILE, NOT_CONFIRMED, DRILL_FAILED = 0, 1, 2, 3, 7, 10, 12


def scenario(name, verdict="passed", **more):
    return {"name": name, "title": f"Title of {name}", "expected": "all is well", "nodes": 3,
            "topology": "active/active/passive", "instance": "msgbox", "verdict": verdict,
            "seen": "msgbox db1 -> db3", "outage_ms": 1842, "served_ms": 1851,
            "phases": [{"name": "detected", "at_ms": 1127, "took_ms": None},
                       {"name": "mounted", "at_ms": 1160, "took_ms": 22}],
            "acknowledged": 100, "present": 100, "lost": 0, "doubled": 0, **more}


def drill(*args, text=None, socket_path="/nonexistent"):
    done = subprocess.run([HOLDFAST, "drill", *map(str, args)], input=text, capture_output=True,
                          text=True, timeout=60,
                          env={"HOLDFAST_SOCKET": socket_path, "PATH": "/usr/bin"})
    return done.returncode, done.stdout, done.stderr


class Reports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hf-test-drill-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def report(self, *scenarios):
        path = self.folder / "drill.json"
        path.write_text(json.dumps({"drill": {"began_ms": 1700000000000},
                                    "scenarios": list(scenarios)}), encoding="utf-8")
        return path

    def test_all_passed(self):
        code, out, err = drill("--report", self.report(scenario("power"), scenario("disk")))
        self.assertEqual((code, err), (OK, ""))
        self.assertRegex(out, r"(?m)^power +3 +passed +1\.84 s +100 of 100 +msgbox db1 -> db3$")
        self.assertIn("2 of 2 scenarios passed; 200 rows acknowledged, none lost, none doubled.", out)

    def test_what_failed_is_explained(self):
        bad = scenario("disk", "failed", why="msgbox did not come back", lost=3, present=97)
        code, out, _ = drill("--report", self.report(scenario("power"), bad))
        self.assertEqual(code, DRILL_FAILED)
        self.assertIn("disk: Title of disk\n  expected: all is well\n  but: msgbox did not come back",
                      out)
        self.assertIn("1 of 2 scenarios passed; 200 rows acknowledged, 3 LOST, 0 DOUBLED.", out)

    def test_not_run_fails_nothing(self):
        skipped = scenario("kill", "not run", why="run it as root on db1", acknowledged=0)
        code, out, _ = drill("--report", self.report(scenario("power"), skipped))
        self.assertEqual(code, OK)
        self.assertIn("1 of 1 scenarios passed, 1 not run", out)
        self.assertIn("not run: run it as root on db1", out)

    def test_nothing_tried_is_no_success(self):
        for scenarios in ([], [scenario("kill", "not run", why="no root")]):
            self.assertEqual(drill("--report", self.report(*scenarios))[0], DRILL_FAILED)

    def test_verdicts_of_another_version_count_as_failed(self):
        self.assertEqual(drill("--report", self.report(scenario("power", "perhaps")))[0],
                         DRILL_FAILED)

    def test_page(self):
        page = self.folder / "drill.html"
        bad = scenario("<b>&disk", "failed", why="<script>", lost=1)
        code, out, err = drill("--report", self.report(scenario("power"), bad), "--html", page)
        self.assertEqual((code, err), (DRILL_FAILED, ""))
        self.assertIn(f"the page: {page}", out)
        read = Page(page.read_text(encoding="utf-8"))
        self.assertEqual(read.count["svg"], 2)
        self.assertEqual(read.count.get("script"), None)
        for text in ("1 of 2 scenarios passed", "Title of <b>&disk", "took 22 ms", "clients waited"):
            self.assertIn(text, read.text)

    def test_json_is_the_report(self):
        path = self.report(scenario("power"))
        code, out, _ = drill("--report", path, "--json")
        self.assertEqual((code, json.loads(out)), (OK, json.loads(path.read_text())))

    def test_what_is_no_report(self):
        path = self.folder / "other.json"
        for text, said in (("", "is no report"), ("{}", "no list of scenarios"), ("[1", "is no report")):
            path.write_text(text)
            code, out, err = drill("--report", path)
            self.assertEqual((code, out), (FILE, ""))
            self.assertIn(said, err)
        self.assertEqual(drill("--report", self.folder / "none")[0], FILE)


class Asking(unittest.TestCase):
    def test_usage(self):
        for args in ((), ("--live",), ("--live", "a", "b"), ("--live", "a", "--report", "x"),
                     ("--report",), ("--what",), ("--report", "x", "y")):
            with self.subTest(args):
                code, out, err = drill(*args)
                self.assertEqual((code, out), (USAGE, ""))
                self.assertIn("holdfast drill:", err)

    def test_without_a_daemon(self):
        self.assertEqual(drill("--live", "msgbox", "--confirm", "msgbox")[0], UNREACHABLE)

    def test_without_a_lab(self):
        code, _, err = drill("--lab", "/nonexistent")
        self.assertEqual(code, FILE)
        self.assertIn("folder of Holdfast's sources", err)

    def _status(self, folder):
        return Daemon(folder, {"status": {"instances": [
            {"name": "msgbox", "phase": "online", "owner": "db1", "address": "10.77.0.101"}]}})

    def test_it_wants_the_name(self):
        for confirm in ([], ["--confirm", "main"]):
            with tempfile.TemporaryDirectory() as folder:
                daemon = self._status(folder)
                code, out, err = drill("--live", *confirm, "msgbox", socket_path=daemon.path, text="")
                daemon.close()
                self.assertEqual((code, out), (NOT_CONFIRMED, ""))
                self.assertIn("nothing was tried", err)

    def test_another_name_typed(self):
        with tempfile.TemporaryDirectory() as folder:
            daemon = self._status(folder)
            terminal = Terminal(100, HOLDFAST, "drill", "--live", "msgbox",
                                HOLDFAST_SOCKET=daemon.path)
            terminal.wait_for("Type the name of the instance")
            os.write(terminal.terminal, b"yes\n")
            self.assertIn("nothing was tried", terminal.rest())
            daemon.close()

    def test_no_such_instance(self):
        with tempfile.TemporaryDirectory() as folder:
            daemon = self._status(folder)
            code, _, err = drill("--live", "other", "--confirm", "other", socket_path=daemon.path)
            daemon.close()
            self.assertEqual(code, REFUSED)
            self.assertIn("no instance 'other'", err)


if __name__ == "__main__":
    HOLDFAST = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
