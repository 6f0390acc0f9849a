#!/usr/bin/python3
"""What `move`, `drain`, `online`, `offline` and `apply` say and ask before they act.

    test_admit.py HOLDFAST

A daemon of two lines answers on a socket and notes what it was asked: what counts is whether the
action itself was sent. With and without a terminal, as JSON, without a daemon, with one that hangs.
"""

import json
import os
import pty
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOLDFAST = None
OK, REFUSED, UNREACHABLE, FILE, NOT_CONFIRMED, RULE = 0, 1, 3, 7, 10, 11
DEADLINE_S = 60

NODES = ("db1", "db2", "db3")
HOME = {"msgbox": "db1", "main": "db2", "archive": "db2"}
DEMAND = {"msgbox": 60, "main": 40, "archive": 40}  # of 90 that may be used of 100 GiB


def cluster_yaml(policy="", capacity=100, demand=None, left_out=()):
    lines = ["cluster: prod", "networks:", "  public: {subnet: 10.77.0.0/24}",
             "  private: {subnet: 10.77.1.0/24}", "nodes:"]
    for n, node in enumerate(NODES, 11):
        lines.append(f"  {node}: {{public: 10.77.0.{n}, private: 10.77.1.{n}, "
                     f"capacity: {{memory: {capacity}GiB}}}}")
    lines += [policy] if policy else []
    lines.append("instances:")
    for i, (name, size) in enumerate({**DEMAND, **(demand or {})}.items(), 1):
        if name in left_out:
            continue
        lines += [f"  {name}:",
                  f"    engine: {{type: postgresql, version: 15, data: /srv/{name}/data}}",
                  f"    disks: [{{device: /dev/disk/by-id/wwn-0x6001405a11ce000{i}, "
                  f"mount: /srv/{name}, type: ext4}}]",
                  f"    address: 10.77.0.10{i}", f"    priority: {100 - i}",
                  f"    demand: {{memory: {size}GiB}}"]
    return "\n".join(lines) + "\n"


SURVIVE = "policy: {survive: 1}"


def status_of(down=(), drained=(), stopped=(), homes=None):
    homes = {**HOME, **(homes or {})}
    return {"cluster": {"nodes": 3, "expected": 3},
            "nodes": [{"name": n, "state": "down" if n in down else "up", "drained": n in drained,
                       "quarantined": False} for n in NODES],
            "instances": [{"name": name, "owner": None if name in stopped else home,
                           "target": None, "wanted": name not in stopped, "recovery_ms": None,
                           "next": "db3"} for name, home in homes.items()]}


class Daemon:
    """Answers on a socket of its own, and notes what it was asked."""

    def __init__(self, folder, text=None, status=None, silent=(), changes=("one",), errors=None):
        self.path = f"{folder}/control.sock"
        self.text, self.status = text or cluster_yaml(), status or status_of()
        self.silent, self.changes, self.errors = silent, list(changes), errors or {}
        self.asked, self.kept = [], []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(timeout=DEADLINE_S)
        self.listener.close()
        for connection in self.kept:
            connection.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            request = json.loads(connection.makefile().readline())
            self.asked.append(request)
            if request["verb"] in self.silent:
                self.kept.append(connection)
                continue
            with connection:
                connection.sendall(json.dumps(self.answer(request)).encode() + b"\n")

    def answer(self, request):
        verb = request["verb"]
        if verb in self.errors:
            return {"ok": False, "error": {"code": self.errors[verb], "text": "wrong"}}
        data = {"export": {"text": self.text}, "status": self.status,
                "apply": {"changes": self.changes}}.get(verb, {"text": f"{verb} is done"})
        return {"ok": True, "data": data}

    def acted(self):
        """The requests that change something."""
        return [one for one in self.asked
                if one["verb"] not in ("export", "status") and not one.get("dry_run")]


def environment(path):
    return {"HOLDFAST_SOCKET": path, "PATH": "/usr/bin", "TERM": "xterm"}


def holdfast(path, *args, text=None):
    done = subprocess.run([HOLDFAST, *args], input=text, capture_output=True, text=True,
                          timeout=DEADLINE_S, env=environment(path))
    return done.returncode, done.stdout, done.stderr


def on_terminal(path, *args, reply="n\n"):
    """Answers the question when it is there. Returns the exit code and all that was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(HOLDFAST, ["holdfast", *args], environment(path))
    shown, answered, until = b"", False, time.monotonic() + DEADLINE_S
    with os.fdopen(terminal, "r+b", buffering=0) as stream:
        while time.monotonic() < until and select.select([stream], [], [], DEADLINE_S)[0]:
            try:
                part = stream.read(4096)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            shown += part
            if b"[y/N] " in shown and not answered:
                answered = True
                stream.write(reply.encode())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode().replace("\r\n", "\n")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def daemon(self, **kwargs):
        return Daemon(self.folder, **kwargs)

    def write(self, text):
        path = Path(self.folder, "cluster.yaml")
        path.write_text(text)
        return str(path)




class NothingWorse(Case):
    def test_silent(self):
        """A move says nothing where there is nothing to say, and is sent as it was."""
        with self.daemon() as daemon:
            code, out, err = holdfast(daemon.path, "move", "msgbox", "db3")
            self.assertEqual((code, out, err), (OK, "move is done\n", ""))
            self.assertEqual([one["verb"] for one in daemon.asked], ["export", "status", "move"])
            self.assertEqual(daemon.acted(), [{"verb": "move", "instance": "msgbox",
                                               "node": "db3", "follow": True}])

    def test_room_for_the_drain(self):
        with self.daemon(text=cluster_yaml(SURVIVE, capacity=200)) as daemon:
            code, _, err = holdfast(daemon.path, "drain", "db1")
            self.assertEqual((code, err), (OK, ""))
            self.assertEqual(len(daemon.acted()), 1)

    def test_makes_room(self):
        """The verdict stays; that more would have to move is worth a line."""
        text = cluster_yaml(capacity=120)
        status = status_of(homes={"archive": "db3"})
        with self.daemon(text=text, status=status) as daemon:
            code, _, err = holdfast(daemon.path, "move", "archive")
            self.assertEqual((code, err), (OK, ""))  # it is there already
        os.unlink(daemon.path)
        with self.daemon(status=status_of(homes={"main": "db2", "archive": "db2"})) as daemon:
            code, _, err = holdfast(daemon.path, "move", "archive")  # next in line: db3
            self.assertEqual(code, OK)
            self.assertEqual(err, "afterwards a loss of db1 is still carried, by moving 1 of what "
                                  "runs elsewhere to make room (now: 0)\n")

    def test_offline_heals(self):
        with self.daemon(text=cluster_yaml(demand={"archive": 60, "main": 60})) as daemon:
            code, _, err = holdfast(daemon.path, "offline", "archive")
            self.assertEqual((code, err), (OK, "afterwards: any one failure is carried\n"))

    def test_what_is_broken_can_be_operated(self):
        """One node of three is gone: any loss costs quorum, and no action makes that worse."""
        text = cluster_yaml(SURVIVE)
        for verb in (["offline", "main"], ["move", "main", "db3"], ["drain", "db3"]):
            with self.daemon(text=text, status=status_of(down=("db1",))) as daemon:
                code, _, err = holdfast(daemon.path, *verb)
                if verb[0] == "drain":  # without a failure, two nodes carry what one does not
                    self.assertEqual(code, RULE, err)
                    self.assertIn("even without a failure: this leaves out", err)
                else:
                    self.assertEqual((code, err), (OK, ""), verb)
            os.unlink(daemon.path)

    def test_daemon_decides_what_is_wrong(self):
        """What is not there, or would change nothing, is not planned: the daemon says so."""
        for verb in (["move", "nobody", "db1"], ["move", "main", "db9"], ["drain", "db9"],
                     ["online", "main"], ["move", "main", "db2"]):
            with self.daemon(errors={verb[0]: "unknown"}) as daemon:
                self.assertEqual(holdfast(daemon.path, *verb)[::2], (REFUSED, "wrong\n"), verb)
            os.unlink(daemon.path)


class Worse(Case):
    def test_no_terminal(self):
        with self.daemon() as daemon:
            code, out, err = holdfast(daemon.path, "drain", "db3")
            self.assertEqual((code, out), (NOT_CONFIRMED, ""))
            self.assertIn("drain db3: failures would do more harm afterwards than now.\n"
                          "  the loss of db1 is carried now, and then leaves out main, archive\n"
                          "    main needs 40 GiB memory; db2, which comes closest, has 30 GiB left "
                          "for it\n", err)
            self.assertIn("Not done, because there is no terminal to ask on; nothing was changed.\n"
                          "  To do it all the same: holdfast drain db3 --yes\n", err)
            self.assertEqual(daemon.acted(), [])

    def test_yes(self):
        for option in ("--yes", "-y", "--override-survive"):
            with self.daemon() as daemon:
                code, out, err = holdfast(daemon.path, "drain", "db3", option)
                self.assertEqual((code, out), (OK, "drain is done\n"), option)
                self.assertIn("the loss of db1 is carried now", err)
                self.assertEqual(len(daemon.acted()), 1)
            os.unlink(daemon.path)

    def test_asks_on_a_terminal(self):
        for reply, code, acted in (("y\n", OK, 1), ("yes\n", OK, 1), ("n\n", REFUSED, 0),
                                   ("\n", REFUSED, 0), ("yep\n", REFUSED, 0), ("\x04", REFUSED, 0)):
            with self.daemon() as daemon:
                status, shown = on_terminal(daemon.path, "drain", "db3", reply=reply)
                self.assertEqual((status, len(daemon.acted())), (code, acted), (reply, shown))
                self.assertIn("the loss of db1 is carried now", shown)
                self.assertIn("Do it all the same? [y/N] ", shown)
                self.assertEqual("nothing was changed" in shown, acted == 0)
            os.unlink(daemon.path)

    def test_terminal_without_a_question(self):
        with self.daemon() as daemon:
            status, shown = on_terminal(daemon.path, "drain", "db3", "--yes")
            self.assertEqual(status, OK)
            self.assertNotIn("[y/N]", shown)
            self.assertEqual(len(daemon.acted()), 1)

    def test_online(self):
        status = status_of(stopped=("archive",))
        text = cluster_yaml(demand={"main": 60, "archive": 60})
        with self.daemon(text=text, status=status) as daemon:
            code, _, err = holdfast(daemon.path, "online", "archive")
            self.assertEqual(code, NOT_CONFIRMED)
            self.assertIn("online archive: failures would do more harm", err)
            self.assertIn("holdfast online archive --yes", err)
            self.assertEqual(daemon.acted(), [])

    def test_last_node(self):
        """Nobody is left who could run it: no list of instances, one sentence."""
        with self.daemon(status=status_of(drained=("db1", "db2"), stopped=HOME)) as daemon:
            self.assertEqual(holdfast(daemon.path, "drain", "db3")[0], OK)  # nothing is wanted
        os.unlink(daemon.path)
        status = status_of(drained=("db1", "db2"), stopped=("msgbox", "archive"),
                           homes={"main": "db3"})
        with self.daemon(status=status) as daemon:
            code, _, err = holdfast(daemon.path, "drain", "db3")
            self.assertEqual(code, NOT_CONFIRMED)
            self.assertIn("even without a failure: this leaves out everything: no node is left",
                          err)


class Rule(Case):
    def test_refused(self):
        with self.daemon(text=cluster_yaml(SURVIVE)) as daemon:
            code, out, err = holdfast(daemon.path, "drain", "db3", "--yes")
            self.assertEqual((code, out), (RULE, ""))
            self.assertIn("archive needs 40 GiB memory; db2, which comes closest, has", err)
            self.assertTrue(err.endswith(
                "Refused: policy.survive is 1, so no loss of one node that is carried may be given "
                "up; nothing was changed.\n"
                "  `holdfast plan` tells what would make room.\n"
                "  In an emergency, to do it all the same: holdfast drain db3 --override-survive\n"),
                err)
            self.assertEqual(daemon.acted(), [])

    def test_terminal_is_not_asked(self):
        with self.daemon(text=cluster_yaml(SURVIVE)) as daemon:
            status, shown = on_terminal(daemon.path, "drain", "db3", reply="y\n")
            self.assertEqual((status, daemon.acted()), (RULE, []))
            self.assertNotIn("[y/N]", shown)

    def test_overridden(self):
        """The daemon hears of it, for its log."""
        with self.daemon(text=cluster_yaml(SURVIVE)) as daemon:
            code, _, err = holdfast(daemon.path, "drain", "db3", "--override-survive")
            self.assertEqual(code, OK)
            self.assertIn("policy.survive is 1; overridden.\n", err)
            self.assertEqual(daemon.acted(), [{"verb": "drain", "node": "db3", "follow": True,
                                               "override_survive": True}])

    def test_two_at_once(self):
        with self.daemon(text=cluster_yaml("policy: {survive: 2}")) as daemon:
            err = holdfast(daemon.path, "drain", "db3")[2]
            self.assertIn("so no loss of one node or of two that is carried", err)


class Unchecked(Case):
    def test_daemon_hangs(self):
        """An emergency waits for no arithmetic, and for no answer that does not come."""
        for silent in ("export", "status"):
            with self.daemon(silent=(silent,), text=cluster_yaml(SURVIVE)) as daemon:
                code, out, err = holdfast(daemon.path, "drain", "db3", "--timeout", "1")
                self.assertEqual((code, out), (OK, "drain is done\n"))
                self.assertEqual(err, "holdfast drain: what failures would do afterwards could not "
                                      "be checked in time (1 s); going on without.\n")
                self.assertEqual(len(daemon.acted()), 1)
            os.unlink(daemon.path)

    def test_configuration_cannot_be_read(self):
        with self.daemon(text="cluster: [\n") as daemon:
            code, _, err = holdfast(daemon.path, "drain", "db3")
            self.assertEqual((code, len(daemon.acted())), (OK, 1))
            self.assertIn("could not be checked; going on without.", err)

    def test_no_daemon(self):
        code, _, err = holdfast("/nonexistent", "drain", "db3")
        self.assertEqual(code, UNREACHABLE)
        self.assertEqual(err.count("holdfastd does not run"), 1)


class Apply(Case):
    """The file of afterwards, with what runs where it runs now."""

    BIGGER = {"archive": 60, "main": 60}

    def test_worse(self):
        path = self.write(cluster_yaml(demand=self.BIGGER))
        with self.daemon() as daemon:
            code, out, err = holdfast(daemon.path, "apply", path)
            self.assertEqual((code, out, daemon.acted()), (NOT_CONFIRMED, "", []))
            self.assertIn("the loss of db1 is carried now, and then leaves out", err)
            self.assertIn(f"holdfast apply {path} --yes", err)
            code, out, _ = holdfast(daemon.path, "apply", path, "--yes")
            self.assertEqual((code, out), (OK, "  one\n1 change made.\n"))
            self.assertEqual(len(daemon.acted()), 1)

    def test_new_rule_is_the_one_that_counts(self):
        path = self.write(cluster_yaml(SURVIVE, demand=self.BIGGER))
        with self.daemon() as daemon:
            self.assertEqual(holdfast(daemon.path, "apply", path, "--yes")[0], RULE)
            self.assertEqual(daemon.acted(), [])
            self.assertEqual(holdfast(daemon.path, "apply", path, "--override-survive")[0], OK)
            self.assertTrue(daemon.acted()[0]["override_survive"])

    def test_rule_for_what_is_broken(self):
        """Writing the rule down where it does not hold makes nothing worse."""
        text = cluster_yaml(demand=self.BIGGER)
        path = self.write(text.replace("instances:", SURVIVE + "\ninstances:"))
        with self.daemon(text=text) as daemon:
            code, _, err = holdfast(daemon.path, "apply", path)
            self.assertEqual((code, err, len(daemon.acted())), (OK, "", 1))

    def test_one_less(self):
        path = self.write(cluster_yaml(left_out=("archive",)))
        with self.daemon() as daemon:
            self.assertEqual(holdfast(daemon.path, "apply", path)[::2], (OK, ""))

    def test_stopped_stays_stopped(self):
        path = self.write(cluster_yaml(demand={"archive": 90}))
        with self.daemon(status=status_of(stopped=("archive",))) as daemon:
            self.assertEqual(holdfast(daemon.path, "apply", path)[::2], (OK, ""))

    def test_file_has_errors(self):
        path = self.write("cluster: [\n")
        with self.daemon(errors={"apply": "bad-file"}) as daemon:
            code, _, err = holdfast(daemon.path, "apply", path)
            self.assertEqual((code, err), (FILE, "wrong\nnothing was changed.\n"))
            self.assertEqual([one["verb"] for one in daemon.asked], ["apply"])

    def test_nothing_changes(self):
        path = self.write(cluster_yaml(demand=self.BIGGER))
        with self.daemon(changes=()) as daemon:
            code, out, _ = holdfast(daemon.path, "apply", path)
            self.assertEqual(code, OK)
            self.assertIn("nothing to change", out)
            self.assertEqual(daemon.acted(), [])

    def test_json(self):
        path = self.write(cluster_yaml(SURVIVE, demand=self.BIGGER))
        with self.daemon() as daemon:
            code, out, err = holdfast(daemon.path, "apply", "--json", path)
            answer = json.loads(out)
            self.assertEqual((code, list(answer), daemon.acted()), (RULE, ["admission"], []))
            admission = answer["admission"]
            self.assertEqual((admission["checked"], admission["survive"], admission["effect"]),
                             (True, 1, "breaks-rule"))
            self.assertTrue(admission["before"]["holds"])
            self.assertFalse(admission["after"]["holds"])
            worse = {one["name"]: one for one in admission["worse"]}
            self.assertEqual(set(worse), {"db1", "db2", "db3"})
            self.assertTrue(all(one["was_carried"] for one in worse.values()))
            left_out = worse["db1"]["left_out"][0]
            self.assertEqual((left_out["instance"], left_out["need"], left_out["short_by"]),
                             ("archive", 60 * 1024, 30 * 1024))

    def test_json_is_not_asked(self):
        path = self.write(cluster_yaml(demand=self.BIGGER))
        with self.daemon() as daemon:
            status, shown = on_terminal(daemon.path, "apply", "--json", path)
            self.assertEqual((status, daemon.acted()), (NOT_CONFIRMED, []))
            self.assertIn("with --json nothing is asked", shown)
            code, out, _ = holdfast(daemon.path, "apply", "--json", "--yes", path)
            self.assertEqual(code, OK)
            self.assertEqual((json.loads(out)["changes"], json.loads(out)["admission"]["effect"]),
                             (["one"], "worse"))

    def test_standard_input_cannot_answer(self):
        with self.daemon() as daemon:
            code, _, err = holdfast(daemon.path, "apply", "-", text=cluster_yaml(demand=self.BIGGER))
            self.assertEqual((code, daemon.acted()), (NOT_CONFIRMED, []), err)

    def test_terminal(self):
        path = self.write(cluster_yaml(demand=self.BIGGER))
        with self.daemon() as daemon:
            self.assertEqual(on_terminal(daemon.path, "apply", path)[0], REFUSED)
            self.assertEqual(daemon.acted(), [])
            self.assertEqual(on_terminal(daemon.path, "apply", path, reply="y\n")[0], OK)
            self.assertEqual(len(daemon.acted()), 1)


class DryRun(Case):
    def test_told(self):
        path = self.write(cluster_yaml())
        with self.daemon() as daemon:
            code, out, err = holdfast(daemon.path, "apply", "--dry-run", path)
            self.assertEqual((code, out, err, daemon.acted()), (
                OK, "  one\n1 change would be made; nothing was changed.\n"
                    "afterwards: any one failure is carried\n", "", []))

    def test_worse_is_told_and_not_asked(self):
        for policy, last in (("", "apply will ask before it does this, or wants --yes.\n"),
                             (SURVIVE, "apply will refuse this: policy.survive is 1.\n")):
            path = self.write(cluster_yaml(policy, demand=Apply.BIGGER))
            with self.daemon() as daemon:
                code, out, err = holdfast(daemon.path, "apply", "--dry-run", path)
                self.assertEqual((code, err, daemon.acted()), (OK, "", []))
                self.assertIn("afterwards: any one failure leaves out archive\n", out)
                self.assertIn("archive needs 60 GiB memory", out)
                self.assertTrue(out.endswith(last), out)
            os.unlink(daemon.path)

    def test_json(self):
        path = self.write(cluster_yaml(demand=Apply.BIGGER))
        with self.daemon() as daemon:
            code, out, _ = holdfast(daemon.path, "apply", "--dry-run", "--json", path)
            answer = json.loads(out)
            self.assertEqual((code, answer["changes"], answer["admission"]["effect"]),
                             (OK, ["one"], "worse"))
            self.assertIsNone(answer["admission"]["survive"])

    def test_without_a_cluster(self):
        path = self.write(cluster_yaml(demand=Apply.BIGGER))
        code, out, err = holdfast("/nonexistent", "apply", "--dry-run", path)
        self.assertEqual((code, out), (
            OK, "no cluster runs here: what would change is not known.\n"
                "the file by itself: any one failure leaves out archive\n"))
        self.assertIn("holdfastd does not run on this node", err)
        code, out, _ = holdfast("/nonexistent", "apply", "--dry-run", "--json", path)
        answer = json.loads(out)
        self.assertEqual((code, answer["changes"]), (OK, None))
        self.assertFalse(answer["admission"]["after"]["holds"])
        self.assertEqual((answer["admission"]["before"], answer["admission"]["effect"]),
                         (None, None))
        path = self.write("cluster: [\n")
        self.assertEqual(holdfast("/nonexistent", "apply", "--dry-run", path)[0], FILE)
        self.assertEqual(holdfast("/nonexistent", "apply", path)[0], UNREACHABLE)


if __name__ == "__main__":
    HOLDFAST = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
