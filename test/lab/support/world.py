"""The world of the lab tests: one cluster for many scenarios, brought back to a known good state.

Good: all nodes have power and all networks, corosync and holdfastd run, nothing is drained,
cluster.yaml is test/lab/cluster.yaml, msgbox is online on db1 and main on db2.

Failure: when the good state does not come back in time, the lab is made anew for the next scenario.
"""

import json
import subprocess
from contextlib import contextmanager

from . import REPOSITORY
from .client import RowClient, wall_ms
from .cluster import INSTANCES, Cluster, CommandFailed
from .database import sql
from .evidence import collect, write
from holdfast_lab import DeadlineMissed, Lab, wait_until

YAML = REPOSITORY / "test/lab/cluster.yaml"
HOME = {"msgbox": "db1", "main": "db2"}
SERVICES = ("corosync", "holdfastd")
NETWORKS = ("public", "private", "storage")
RESTORE_S = 90
ROWS = 50
SERVED_S = 60
BAD_SIGNS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "HF_ASSERT", "assertion")


class World:
    """A lab with a cluster in it, and what a scenario needs to use both."""

    def __init__(self, lab_name, folder, install=None, nodes=3, yaml=YAML):
        self.lab = Lab(lab_name)
        self.folder, self.install, self.size = folder, install, nodes
        self.cluster = Cluster(self.lab)
        self.yaml_path = yaml
        self.yaml = yaml.read_text(encoding="utf-8")
        self.clients = {}
        self.checked = {}         # what the clients of the last rows() counted, by instance

    # -- one cluster for all

    def bring_up(self):
        self.lab.up(self.size, install=self.install)
        try:
            self.cluster.set_up(self.yaml_path)
            self.wait_home()
            for node in self.lab.nodes:
                node.run(["sync"])
        except BaseException:
            self.lab.down()
            raise

    def wait_home(self, deadline_s=RESTORE_S):
        for name, node in HOME.items():
            self.cluster.wait_online(name, node, deadline_s)
            wait_until(lambda n=name: self._answers(n), deadline_s, f"{name} answers a query")

    def _answers(self, name):
        try:
            return sql(self.lab, INSTANCES[name]["address"], "SELECT 1") == "1"
        except (RuntimeError, subprocess.TimeoutExpired):
            return False

    def tear_down(self):
        self.lab.down()

    def restore(self):
        """Bring the good state back."""
        self._power_and_networks()
        for node in self.lab.nodes:
            for service in SERVICES:
                node.run(["systemctl", "start", service])
        self.cluster.wait_members(self.size, RESTORE_S)
        status = wait_until(self.cluster.status, RESTORE_S, "a member that answers")
        for node in status["nodes"]:
            if node["drained"] or node["quarantined"]:
                self.cluster.run("db1", "resume", node["name"])
        self.cluster.apply(self.yaml, "db2")
        for name in HOME:
            self._bring_home(name)
        self.wait_home()

    def _power_and_networks(self):
        for node in self.lab.nodes:
            state = node.state()
            if state["frozen"]:
                self.lab.thaw(node.name)
            for network in NETWORKS:
                self.lab.heal(node.name, network)
            if state["power"] != "on":
                self.lab.power_on(node.name, wait=False)
        for node in self.lab.nodes:
            node.wait_ready(RESTORE_S)

    def _bring_home(self, name):
        instance = wait_until(lambda: self.cluster.instance(name), RESTORE_S, f"state of {name}")
        if not instance["wanted"] or instance["phase"] in ("failed", "stranded"):
            self.cluster.run("db1", "online", name)
        self.cluster.wait_online(name, None, RESTORE_S)
        if self.cluster.owner(name) != HOME[name]:  # refused until its node has its networks back
            wait_until(lambda: self.cluster.attempt("db1", "move", name, HOME[name]).rc == 0,
                       RESTORE_S, f"{name} may move home")

    # -- clients

    @contextmanager
    def rows(self, *names):
        """Clients on the instances while the scenario runs; no row may be lost or doubled."""
        self.checked = {}
        self.clients = {n: RowClient(self.lab, INSTANCES[n]["address"], self.folder)
                        for n in names or INSTANCES}
        try:
            for client in self.clients.values():
                client.wait_rows(ROWS)
            yield self.clients
            for client in self.clients.values():
                client.wait_rows(ROWS, SERVED_S)
        finally:
            found = [(n, _finish(c)) for n, c in self.clients.items()]
            self.checked = {n: checked for n, checked in found if checked}
        for name, checked in found:
            expect(checked is not None, f"{name}: its table can be read back")
            expect(checked["lost"] == 0 and checked["doubled"] == 0,
                   f"{name}: no row lost or doubled, found {checked}")

    def sql(self, name, statement):
        """One statement through the instance's address; returns its output."""
        return sql(self.lab, INSTANCES[name]["address"], statement)

    # -- looks

    def node(self, name):
        return self.lab[name]

    def in_node(self, name, command, check=True, timeout=30):
        return self.lab[name].run(command, check=check, timeout=timeout)

    def pid(self, node, service):
        done = self.in_node(node, ["systemctl", "pid", service], check=False)
        return int(done.out) if done.out.strip().isdigit() else 0

    def serves(self, node, name):
        """Does this node have an engine process, the mount or the address of the instance?"""
        i = INSTANCES[name]
        script = (f"grep . /sys/fs/cgroup/holdfast.slice/{name}/cgroup.procs 2>/dev/null || "
                  f"grep ' {i['mount']} ' /proc/mounts || ip -br addr | grep {i['address']}/")
        return self.in_node(node, script, check=False).rc == 0

    def wait_gone(self, node, name, deadline_s):
        wait_until(lambda: not self.serves(node, name), deadline_s, f"{name} gone from {node}")

    def check_logs(self):
        """A daemon that complained about itself fails the scenario, whatever else was fine."""
        for node in map(self.node, self.cluster.members()):
            log = self.in_node(node.name, "cat /var/log/holdfastd.log", check=False).out
            bad = [line for line in log.splitlines() if any(s in line for s in BAD_SIGNS)]
            expect(not bad, f"{node.name}: holdfastd's log is clean, found: {bad[:1]}")

    # -- what to look at after a failure

    def collect(self, folder):
        """Everything that helps to understand a failure, one file each."""
        collect(self.lab, folder)
        for name, client in self.clients.items():
            write(folder, f"client.{name}",
                  "".join(json.dumps(event) + "\n" for event in client.events))


def _finish(client):
    try:
        return client.finish()
    except Exception as error:                # told by the caller, after all clients have ended
        print(f"  client of {client.address}: {error}", flush=True)
        return None


class Expectation(AssertionError):
    """Something that had to be true was not."""


def expect(condition, sentence):
    if not condition:
        raise Expectation(sentence)


__all__ = ["World", "expect", "wait_until", "wall_ms", "INSTANCES", "CommandFailed",
           "DeadlineMissed"]
