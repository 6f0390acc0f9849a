"""One scenario being tried: clients that write all the time, a fault, and what was seen.

Everything that is measured is measured from outside, by a client that commits rows, counts the time
in which it could not, and looks for each acknowledged row at the end.
"""

import subprocess

from support.timeline import clock_offset_ms, phases
from support.world import INSTANCES, expect, wait_until, wall_ms
from holdfast_lab import DeadlineMissed, NodeGone
from holdfast_lab.lab import LabError

MOVED_S = 90
BACK_S = 120
STOPPED_S = 20          # a node without quorum serves nothing after this
UNNOTICED_MS = 1500     # a longer wait of a client counts as disturbed
ROWS_ON = 100           # so many more rows show that an instance goes on


class Trial:
    def __init__(self, world, scenario, home):
        self.world, self.scenario, self.home = world, scenario, home
        self.lab, self.cluster = world.lab, world.cluster
        self.clients = {}
        self.fault_ms = None
        self.seen = []
        self.outage = None
        self.phases = []
        self.before = {}

    # -- who is who in this cluster

    @property
    def active(self):
        """The node that runs the instance in normal times."""
        return self.home[self.scenario.instance]

    @property
    def passive(self):
        """A node that the instance may move to."""
        return [n.name for n in self.lab.nodes if n.name != self.active][-1]

    def others(self, node):
        return [n.name for n in self.lab.nodes if n.name != node]

    # -- the fault

    def fault(self, what, action):
        """Break something; from here on the clients' waiting is its outage."""
        self.before = {n: (self.cluster.postmaster(n), self.cluster.instance(n)["generation"])
                       for n in INSTANCES}
        self.fault_ms = wall_ms()
        action()
        self.seen.append(what)

    # -- what is expected

    def moves(self, name=None, deadline_s=MOVED_S):
        """The instance is served by another node, and its clients commit again."""
        name = name or self.scenario.instance
        home = self.home[name]

        def moved():
            i = self.cluster.instance(name)
            return i if i and i["phase"] == "online" and i["owner"] != home else None
        owner = wait_until(moved, deadline_s, f"{name} is served by another node than {home}")["owner"]
        self._served(name, deadline_s)
        self.seen.append(f"{name} {home} -> {owner}")
        self._timeline(name, owner)
        return owner

    def has_a_new_engine(self, deadline_s=BACK_S):
        """On this node or another: another process than before serves its clients."""
        name = self.scenario.instance
        before = self.before[name][0]
        wait_until(lambda: self._postmaster(name) not in (None, before), deadline_s,
                   f"a new engine of {name}")
        self.served_again(name)

    def restarts_in_place(self, name=None, deadline_s=MOVED_S):
        name = name or self.scenario.instance
        before = self.before[name][0]
        wait_until(lambda: self._postmaster(name) not in (None, before), deadline_s,
                   f"a new engine of {name}")
        self._served(name, deadline_s)
        owner = self.cluster.owner(name)
        expect(owner == self.home[name], f"{name} stays on {self.home[name]}, is on {owner}")
        self.seen.append(f"{name} started again on {owner}")
        self._timeline(name, owner)

    def served_again(self, name, deadline_s=BACK_S):
        """Wherever: its clients commit again."""
        self.cluster.wait_online(name, None, deadline_s)
        self._served(name, deadline_s)
        owner = self.cluster.owner(name)
        self.seen.append(f"{name} served on {owner}")
        if name == self.scenario.instance and self.outage:
            self._timeline(name, owner)

    def _served(self, name, deadline_s):
        self.clients[name].wait_rows(ROWS_ON, deadline_s)
        gaps = self.clients[name].outages(self.fault_ms)
        if name == self.scenario.instance:
            self.outage = max(gaps, key=lambda o: o["ms"], default={"ms": 0, "end_ms": None})

    def _postmaster(self, name):
        """None while nobody owns it, or its engine has not begun."""
        try:
            return self.cluster.postmaster(name) if self.cluster.owner(name) else None
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, LabError, NodeGone):
            return None

    def goes_on(self, *names):
        """Same process, same generation, and no client that waited long."""
        for name in names:
            self.clients[name].wait_rows(ROWS_ON)
            after = (self.cluster.postmaster(name), self.cluster.instance(name)["generation"])
            expect(after == self.before[name], f"{name} runs on untouched: {self.before[name]}, "
                   f"now {after}")
            longest = self._longest(name)
            expect(longest <= UNNOTICED_MS, f"clients of {name} waited {longest} ms")
            if name == self.scenario.instance:
                self.outage = {"ms": longest, "end_ms": None}
            self.seen.append(f"{name} untouched")

    def _longest(self, name):
        return max((o["ms"] for o in self.clients[name].outages(self.fault_ms)), default=0)

    def _timeline(self, name, owner):
        why = self.cluster.why(name)
        found = phases(why, self.fault_ms, clock_offset_ms(self.lab[owner]))
        self.phases = [{"name": word, "at_ms": round(at), "took_ms": took}
                       for word, at, took in found if at > -UNNOTICED_MS]

    def gone(self, node, name, deadline_s=STOPPED_S):
        """Nothing of the instance is left there: no process, no mount, no address."""
        self.world.wait_gone(node, name, deadline_s)
        self.seen.append(f"nothing of {name} left on {node}")

    def says(self, node, *words):
        """`holdfast status` there tells the administrator."""
        def told():
            said = self.cluster.attempt(node, "status").out
            return said if all(w in said for w in words) else None
        wait_until(told, MOVED_S, f"status on {node} says: {', '.join(words)}")
        self.seen.append(f"status on {node} says so")

    def whole(self):
        """Every node is a member again, by itself."""
        self.cluster.wait_members(len(self.lab.nodes), BACK_S)
        self.seen.append("all nodes are members")

    def in_node(self, node, command):
        return self.world.in_node(node, command)

    def wait(self, condition, what, deadline_s=MOVED_S):
        return wait_until(condition, deadline_s, what)


__all__ = ["Trial", "expect", "DeadlineMissed"]
