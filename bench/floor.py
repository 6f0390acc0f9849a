"""The floor: failovers by hand, by a program (floor_node) that acts at once and waits on events.

What it measures, with the same client, disk and corosync as Holdfast's runs:
  power   the owner's kernel is killed; corosync alone detects it; another node takes the disk by
          preempting its reservation, mounts it, and PostgreSQL recovers
  kill    the engine's main process is killed; its supervisor starts it again at once
  move    checkpoint, fast stop, unmount; the other node mounts and starts
"""

import json
import threading

from measure import measure
from support import corosync, database, paths
from support.client import wall_ms
from holdfast_lab import wait_until

PROGRAM = "/root/floor_node"


class Operator:
    """floor_node in one node: commands in, events out."""

    def __init__(self, lab, name, instance):
        self.lab, self.name, self.instance = lab, name, instance
        self.events = []
        self.channel = None

    def start(self):
        node = self.lab[self.name]
        node.put_file(paths.program("floor_node"), PROGRAM)
        i = self.instance
        self.events = []
        self.channel = node.start([PROGRAM, self.name[2:], i["device"], i["mount"], i["data"],
                                   i["address"], "public0"])
        threading.Thread(target=self._read, args=(self.channel,), daemon=True).start()
        self.wait("joined")
        return self

    def _read(self, channel):
        text = b""
        try:
            while True:
                kind, data = channel.receive()
                if kind in "XF":
                    return
                text += data
                *lines, text = text.split(b"\n")
                for line in lines:
                    self.events.append({**json.loads(line), "at_ms": wall_ms()})
        except Exception:                    # the node is gone: so is its operator
            return

    def do(self, command):
        """Tell it; returns the place in the events from where to look for answers."""
        at = len(self.events)
        self.channel.send("I", command.encode() + b"\n")
        return at

    def find(self, event, since=0):
        return next((e for e in self.events[since:] if e["event"] == event), None)

    def wait(self, event, since=0, deadline_s=60):
        def look():
            failed = self.find("failed", since)
            if failed:
                raise RuntimeError(f"{self.name}: {failed['step']}: {failed['error']}")
            return self.find(event, since)
        return wait_until(look, deadline_s, f"{self.name}: {event}")

    def end(self):
        if self.channel:
            self.channel.close()
        self.channel = None


class Floor:
    """Runs the three kinds, alternating between two nodes."""

    def __init__(self, lab, instance, folder, names=("db1", "db3")):
        self.lab, self.instance, self.folder = lab, instance, folder
        self.nodes = [lab[n] for n in names]
        self.operators = {n: Operator(lab, n, instance) for n in names}
        self.owner, self.other = names

    def begin(self):
        for operator in self.operators.values():
            operator.start()
        at = self.operators[self.owner].do("own")
        self.operators[self.owner].wait("engine", at)
        wait_until(self._serves, 60, "the engine serves")

    def _serves(self):
        try:
            return database.sql(self.lab, self.instance["address"], "SELECT 1") == "1"
        except RuntimeError:
            return False

    def end(self):
        """Stop the instance, leave the disk to whoever comes next."""
        owner = self.operators[self.owner]
        owner.wait("released", owner.do("stop"))
        for operator in self.operators.values():
            operator.end()

    def _swap(self):
        self.owner, self.other = self.other, self.owner

    def _measure(self, fault):
        return measure(self.lab, self.instance["address"], self.folder, fault)

    def power(self):
        taker = self.operators[self.other]
        at = taker.do(f"watch {self.owner[2:]}")
        taker.wait("watching", at)
        since, run = self._measure(lambda: self.lab.power_off(self.owner))
        run["detection_ms"] = taker.wait("lost", at)["at_ms"] - since
        for phase in ("reserved", "address", "mounted", "engine"):
            run[f"{phase}_ms"] = taker.wait(phase, at)["ms"]
        self._swap()
        self._bring_back()
        return run

    def _bring_back(self):
        self.operators[self.other].end()
        self.lab.power_on(self.other)
        self.lab[self.other].run(["systemctl", "start", "corosync"])
        corosync.wait_members(self.lab.nodes, len(self.lab.nodes))
        self.operators[self.other].start()

    def kill(self):
        owner, node = self.operators[self.owner], self.lab[self.owner]
        at = len(owner.events)
        pid = node.run(["head", "-1", self.instance["data"] + "/postmaster.pid"]).out.strip()
        _, run = self._measure(lambda: node.run(["kill", "-9", pid]))
        run["cleared_ms"] = owner.wait("cleared", at)["ms"]
        return run

    def move(self):
        owner, taker = self.operators[self.owner], self.operators[self.other]
        taker.wait("awaiting", taker.do("await"))
        at, taken = len(owner.events), len(taker.events)
        _, run = self._measure(
            lambda: owner.do(f"release {self.lab[self.other].address('private')}"))
        for phase in ("checkpoint", "stopped", "unmounted", "told"):
            run[f"{phase}_ms"] = owner.wait(phase, at)["ms"]
        for phase in ("reserved", "mounted", "engine"):
            run[f"{phase}_ms"] = taker.wait(phase, taken)["ms"]
        self._swap()
        return run
