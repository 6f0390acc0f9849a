"""A Holdfast cluster in the lab, set up by the steps of production and asked through its commands.

    cluster = Cluster(lab)
    cluster.set_up("demo/cluster.yaml")
    cluster.wait_online("msgbox", owner="db1")

Failures: CommandFailed carries what `holdfast` said; DeadlineMissed says which condition did not
come true.
"""

import json
import subprocess

from . import database
from holdfast_lab import NodeGone, wait_until

INSTANCES = {
    "msgbox": {"lun": 1, "mount": "/srv/msgbox", "data": "/srv/msgbox/data",
               "address": "10.77.0.101"},
    "main": {"lun": 2, "mount": "/srv/main", "data": "/srv/main/data", "address": "10.77.0.102"},
}
YAML = "/root/cluster.yaml"
COMMAND_S = 90
JOIN_S = 60


class CommandFailed(Exception):
    """`holdfast` refused or failed."""


class Cluster:
    """The commands of Holdfast, run in the nodes of a lab."""

    def __init__(self, lab, name="demo"):
        self.lab = lab
        self.name = name

    # -- set-up

    def prepare_disks(self):
        """File systems and empty databases, as a person would make them."""
        for instance, node in (("msgbox", "db1"), ("main", "db2")):
            i = INSTANCES[instance]
            database.prepare(self.lab[node], self.lab.device(i["lun"]), i["mount"])

    def init(self):
        """The first node, and the others joined to it one by one."""
        first, *others = self.lab.nodes
        self.run(first.name, "init", "--cluster", self.name, *_who(first))
        self.wait_members(1)
        for count, node in enumerate(others, 2):
            token = self.run(first.name, "node", "add", node.name).strip()
            self.run(node.name, "join", *_who(node), stdin=token + "\n")
            self.wait_members(count)

    def apply(self, text, node="db1", *options):
        """Apply this cluster.yaml; returns what the command said."""
        self.lab[node].put(text, YAML)
        return self.run(node, "apply", *options, YAML)

    def set_up(self, yaml_path):
        self.prepare_disks()
        self.init()
        with open(yaml_path, encoding="utf-8") as file:
            self.apply(file.read())

    # -- commands

    def attempt(self, node, *argv, stdin="", timeout=COMMAND_S):
        """Run `holdfast ARGV` in a node; returns its result whatever it is."""
        return self.lab[node].run(["holdfast", *argv], timeout=timeout, check=False,
                                  stdin=stdin.encode())

    def run(self, node, *argv, stdin="", timeout=COMMAND_S):
        done = self.attempt(node, *argv, stdin=stdin, timeout=timeout)
        if done.rc != 0:
            raise CommandFailed(f"{node}: holdfast {' '.join(argv)}: exit {done.rc}\n"
                                f"{done.out}{done.err}".strip())
        return done.out

    def ask(self, node, *argv):
        """A command's --json answer."""
        answer = json.loads(self.run(node, *argv, "--json", timeout=15))
        return answer.get("data", answer)

    # -- what is the case

    def members(self):
        """Names of nodes that are powered on."""
        state = self.lab.state()["nodes"]
        return [n.name for n in self.lab.nodes
                if state[n.name]["power"] == "on" and not state[n.name]["frozen"]]

    def status(self, node=None):
        """Status as this node has it, or any that is a member; None if none is."""
        for name in [node] if node else self.members():
            try:
                status = self.ask(name, "status")
            except (CommandFailed, NodeGone, ValueError, OSError, subprocess.TimeoutExpired):
                continue
            if node or status["cluster"]["current"]:
                return status
        return None

    def instance(self, name, node=None):
        status = self.status(node)
        found = [i for i in status["instances"] if i["name"] == name] if status else []
        return found[0] if found else None

    def why(self, name):
        return self.ask(self.any_member(), "why", name)

    def any_member(self):
        def look():
            for name in self.members():
                status = self.status(name)
                if status and status["cluster"]["current"]:
                    return name
            return None
        return wait_until(look, JOIN_S, "a node that is a member")

    def owner(self, name):
        instance = self.instance(name)
        return instance["owner"] if instance else None

    # -- conditions

    def wait_members(self, count, deadline_s=JOIN_S):
        """Until so many nodes are up, and each that runs says so."""
        def look():
            status = [self.status(n) for n in self.members()[:count]]
            return len(status) == count and all(
                s and sum(n["state"] == "up" for n in s["nodes"]) == count for s in status)
        wait_until(look, deadline_s, f"{count} nodes up")

    def wait_phase(self, name, phase, owner=None, deadline_s=60, node=None):
        def look():
            i = self.instance(name, node)
            return i if i and i["phase"] == phase and (owner is None or i["owner"] == owner) else None
        return wait_until(look, deadline_s,
                          f"{name} {phase}" + (f" on {owner}" if owner else ""))

    def wait_online(self, name, owner=None, deadline_s=60):
        return self.wait_phase(name, "online", owner, deadline_s)

    def postmaster(self, name):
        """Process id of the engine's main process, as its own file has it."""
        data = INSTANCES[name]["data"]
        return int(self.lab[self.owner(name)].run(["head", "-1", f"{data}/postmaster.pid"]).out)


def _who(node):
    return ["--node", node.name, "--public", node.address("public"),
            "--private", node.address("private")]
