"""The lab as an object: up, faults, down.

    with Lab("test").up(2) as lab: ...          # down() also on failure, SIGTERM and SIGINT

Failures: LabError says what to do. `down` also cleans up after a lab that crashed half-way; it ends
only processes that the lab recorded (pid and start time).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from . import disks, guard, kernel, network, places, processes
from .node import Node, NodeGone
from .waiting import DeadlineMissed, wait_until

MONITOR_S = 30
BOOT_S = 120
REQUEST_S = 30


class LabError(Exception):
    """The lab cannot do this now."""


class Lab:
    """A lab by its name; nothing is started before up()."""

    def __init__(self, name=None):
        self.name = places.check_name(name or places.lab_name())
        self.folder = places.run_folder(self.name)
        self.clients = []
        self._config = None

    # -- what there is

    def config(self):
        if self._config is None:
            try:
                self._config = json.loads((self.folder / "config.json").read_text())
            except FileNotFoundError:
                raise LabError(f"lab {self.name} is not up: `lab up N` starts one") from None
        return self._config

    def state(self):
        """What the monitor wrote last."""
        try:
            return json.loads((self.folder / "state.json").read_text())
        except FileNotFoundError:
            raise LabError(f"lab {self.name} is not up: `lab up N` starts one") from None

    def is_up(self):
        record = self._read_record()
        return bool(record) and processes.alive(record)

    def __getitem__(self, name):
        if name != places.ARRAY and name not in places.node_names(self.config()["nodes"]):
            raise LabError(f"no node {name!r} in lab {self.name}")
        return Node(self, name)

    @property
    def nodes(self):
        return [Node(self, n) for n in places.node_names(self.config()["nodes"])]

    @property
    def array(self):
        return Node(self, places.ARRAY)

    def device(self, lun):
        """Path of a shared disk in every node; LUN 0 is the witness."""
        return places.device(lun)

    def status(self):
        """Everything about the lab as plain data."""
        config, state = self.config(), self.state()
        cut = network.cut_taps(self.name)
        nodes = {}
        for name, machine in state["nodes"].items():
            nets = places.networks_of(name)
            nodes[name] = dict(
                power=machine["power"], frozen=machine["frozen"], boots=machine["boots"],
                pid=machine["kernel"]["pid"] if machine["kernel"] else None,
                addresses={n: places.address(name, n) for n in nets},
                cut=[n for n in nets if places.tap(name, n) in cut])
        return {"name": self.name, "up": self.is_up(), "namespace": places.namespace(self.name),
                "kernel": {k: config["kernel"][k] for k in ("kind", "release")},
                "install": config["install"], "nodes": nodes,
                "disks": [places.device(i) for i in range(config["luns"])]}

    # -- up and down

    def up(self, nodes, luns=2, lun_size="1G", install=None, mem="512M", say=lambda text: None):
        """Boot N nodes and the array with a witness and `luns` data disks; return when ready."""
        if not 1 <= nodes <= 64 or not 0 <= luns <= places.LUNS_MAX:
            raise LabError(f"a lab has 1 to 64 nodes and at most {places.LUNS_MAX} data disks")
        begin = time.monotonic()
        guard.leave_on_sigterm()
        chosen = kernel.prepare(retry=False)
        with guard.one_at_a_time(self.name):
            if self.is_up():
                raise LabError(f"lab {self.name} is up already: `lab down` ends it")
            self._clean()
            say(f"{nodes} nodes and the array, {chosen.kind} kernel {chosen.release}")
            try:
                self._begin(nodes, luns, lun_size, install, mem, chosen)
                for node in [self.array, *self.nodes]:
                    _wait_for_boot(node)
                    say(f"{node.name} is up after {time.monotonic() - begin:.1f} s")
            except BaseException:
                self._clean()
                raise
        return self

    def _begin(self, nodes, luns, lun_size, install, mem, chosen):
        names = places.node_names(nodes)
        self.folder.mkdir(parents=True)
        self._config = {"name": self.name, "nodes": nodes, "luns": luns + 1, "mem": mem,
                        "install": _install_folder(install), "kernel": asdict(chosen),
                        "initramfs": str(self.folder / "initramfs")}
        shutil.copy(kernel.initramfs(), self._config["initramfs"])
        (self.folder / "config.json").write_text(json.dumps(self._config))
        network.create(self.name, [places.ARRAY, *names])
        disks.create(places.disk_folder(self.name), [places.ARRAY, *names], luns, lun_size)
        self._start_monitor()

    def _start_monitor(self):
        with open(self.folder / "monitor.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-B", "-m", "holdfast_lab.monitor", self.name],
                cwd=Path(__file__).resolve().parents[1], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                     "HOLDFAST_LAB_CACHE": str(places.cache())})
        (self.folder / "monitor.json").write_text(json.dumps(processes.identify(process.pid)))
        wait_until(lambda: (self.folder / "state.json").exists() or process.poll() is not None,
                   MONITOR_S, "start of the lab's monitor")
        if process.poll() is not None:
            raise LabError("monitor ended: " + (self.folder / "monitor.log").read_text()[-800:])

    def down(self):
        """End the lab and leave nothing behind; harmless when there is none."""
        for client in self.clients:
            if client.poll() is None:
                client.kill()
                client.wait()
        self.clients = []
        with guard.one_at_a_time(self.name):
            self._clean()
        self._config = None

    def _read_record(self):
        try:
            return json.loads((self.folder / "monitor.json").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _clean(self):
        processes.kill_and_wait(self._read_record(), signal.SIGTERM, MONITOR_S)
        processes.kill_and_wait(self._read_record())
        try:
            for machine in self.state()["nodes"].values():
                processes.kill_and_wait(machine["kernel"])
                processes.kill_and_wait(machine["supervisor"])
        except (LabError, ValueError):
            pass
        network.delete(self.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(places.disk_folder(self.name), ignore_errors=True)

    def __enter__(self):
        guard.leave_on_sigterm()
        return self

    def __exit__(self, *_):
        self.down()

    # -- faults

    def _request(self, verb, node):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(REQUEST_S)
        try:
            s.connect(str(self.folder / "monitor.sock"))
            s.sendall(json.dumps({"verb": verb, "node": node}).encode() + b"\n")
            reply = json.loads(s.makefile().readline() or '{"ok": false, "why": "no answer"}')
        except (FileNotFoundError, ConnectionRefusedError):
            raise LabError(f"lab {self.name} is not up") from None
        finally:
            s.close()
        if not reply["ok"]:
            raise LabError(f"{verb} {node}: {reply['why']}")

    def power_off(self, node):
        """Cut the power; returns when the kernel has gone."""
        self._request("off", node)

    def power_on(self, node, wait=True):
        self._request("on", node)
        if wait:
            self[node].wait_ready(BOOT_S)

    def reset(self, node, wait=True):
        self._request("reset", node)
        if wait:
            self[node].wait_ready(BOOT_S)

    def freeze(self, node):
        self._request("freeze", node)

    def thaw(self, node):
        self._request("thaw", node)

    def cut(self, node, net, how="state"):
        """Cut a node off: public, private, storage, or all three.

        how="state": silently, both ways, the node sees nothing; survives its reset.
        how="link": the node's interface goes down as well, until heal or its next boot.
        """
        nets = _cuttable(node, net)
        network.cut(self.name, node, nets)
        if how == "link":
            self._set_links(node, nets, "down")

    def heal(self, node, net):
        """Undo a cut of either kind."""
        nets = _cuttable(node, net)
        network.heal(self.name, node, nets)
        self._set_links(node, nets, "up")

    def _set_links(self, node, nets, what):
        """In the node. One that is off or frozen has nothing to set: links are up at its boot."""
        state = self.state()["nodes"][node]
        if state["power"] != "on" or state["frozen"]:
            return
        try:
            self[node].run(";".join(f"ip link set {n}0 {what}" for n in nets), timeout=5)
        except (NodeGone, subprocess.SubprocessError):
            pass

    # -- clients

    def client_popen(self, argv, **options):
        """Start a command of the machine inside the lab's networks; ended by down()."""
        client = subprocess.Popen(network.client_argv(self.name, argv), **options)
        self.clients.append(client)
        return client

    def client_run(self, argv, **options):
        return subprocess.run(network.client_argv(self.name, argv), check=False, **options)


def _wait_for_boot(node):
    try:
        node.wait_ready(BOOT_S)
    except DeadlineMissed as late:
        raise LabError(f"{late}\nlast words on its console:\n{node.console()[-1500:]}") from late


def _cuttable(node, net):
    nets = [n for n in places.networks_of(node) if n != "mgmt"]
    if net == "all":
        return nets
    if net not in nets:
        raise LabError(f"{node} has no network {net!r} that can be cut ({', '.join(nets)}, all)")
    return [net]


def _install_folder(install):
    default = places.repository() / "build/stage/usr/local"
    if install is None:
        return str(default) if default.is_dir() else ""
    if not os.path.isdir(install):
        raise LabError(f"--install {install}: no such folder")
    return os.path.abspath(install)
