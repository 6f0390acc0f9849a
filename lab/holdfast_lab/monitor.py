"""The monitor: the one process of a lab on the host; parent of all its kernels.

It answers power requests, one JSON line each, on a Unix socket and, for fence agents inside the
nodes, on TCP 10.77.9.1:7790 of the management network:

    {"verb": "off", "node": "db1"}  ->  {"ok": true}        on, off, reset, freeze, thaw, status

off is answered when the kernel has gone. A kernel that ends by itself (panic, watchdog, reboot) is
booted again; one that was powered off stays off. Every change is written to state.json.
Failures: a bad request is answered with its reason; when the monitor dies, all kernels die with it.
"""

import json
import os
import selectors
import signal
import socket
import sys
import time

from . import network, places
from .machine import Machine

REQUEST_MAX = 4096
REBOOT_PAUSE_S = 0.2           # a computer's firmware takes its time; also bounds a boot loop


class Monitor:
    """All machines of one lab."""

    def __init__(self, name):
        self.folder = places.run_folder(name)
        self.config = json.loads((self.folder / "config.json").read_text())
        names = [places.ARRAY] + places.node_names(self.config["nodes"])
        self.machines = {n: Machine(self.config, n) for n in names}
        self.reboot_at = {}
        self.stopping = False
        self.selector = selectors.DefaultSelector()

    def write_state(self):
        state = {"monitor": {"pid": os.getpid()},
                 "nodes": {n: m.state() for n, m in self.machines.items()}}
        part = self.folder / "state.part"
        part.write_text(json.dumps(state))
        part.rename(self.folder / "state.json")

    def power(self, verb, name):
        machine = self.machines[name]
        if verb in ("off", "reset"):
            self.reboot_at.pop(name, None)
            machine.power_off()
        if verb in ("on", "reset"):
            self.reboot_at.pop(name, None)
            machine.power_on()
        if verb == "freeze":
            machine.freeze()
        if verb == "thaw":
            machine.thaw()

    def answer(self, request):
        verb, node = request.get("verb"), request.get("node")
        if verb == "status":
            return {"ok": True, "nodes": {n: m.state() for n, m in self.machines.items()}}
        if verb not in ("on", "off", "reset", "freeze", "thaw"):
            return {"ok": False, "why": f"unknown verb {verb!r}"}
        if node not in self.machines:
            return {"ok": False, "why": f"unknown node {node!r}"}
        self.power(verb, node)
        self.write_state()
        return {"ok": True}

    def serve(self, connection):
        """One request; the client is a short-lived program of the lab."""
        with connection:
            connection.settimeout(5)
            try:
                line = connection.makefile("rb").readline(REQUEST_MAX)
                reply = self.answer(json.loads(line))
            except Exception as error:  # pylint: disable=broad-except
                reply = {"ok": False, "why": f"{type(error).__name__}: {error}"}
            try:
                connection.sendall(json.dumps(reply).encode() + b"\n")
            except OSError:
                pass

    def notice_ends(self):
        """Kernels that ended by themselves are booted again after a pause."""
        for name, machine in self.machines.items():
            if machine.ended():
                code = machine.process.returncode
                machine.forget()
                self.reboot_at[name] = time.monotonic() + REBOOT_PAUSE_S
                print(f"{time.time():.3f} {name}: kernel ended by itself ({code})", flush=True)
                self.write_state()
        for name, at in list(self.reboot_at.items()):
            if time.monotonic() >= at:
                del self.reboot_at[name]
                self.machines[name].power_on()
                self.write_state()

    def listen(self):
        path = self.folder / "monitor.sock"
        path.unlink(missing_ok=True)
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(str(path))
        tcp = socket.create_server(("10.77.9.1", places.POWER_PORT))
        for listener in (unix, tcp):
            listener.listen(64)
            self.selector.register(listener, selectors.EVENT_READ, "listener")

    def _wake_on_signals(self):
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.selector.register(reader, selectors.EVENT_READ, "signals")

    def _stop(self, *_):
        self.stopping = True

    def timeout(self):
        if not self.reboot_at:
            return None
        return max(0.0, min(self.reboot_at.values()) - time.monotonic())

    def run(self):
        self._wake_on_signals()
        for machine in self.machines.values():
            machine.power_on()
        self.listen()
        self.write_state()
        while not self.stopping:
            for key, _ in self.selector.select(self.timeout()):
                if key.data == "signals":
                    os.read(key.fd, REQUEST_MAX)
                else:
                    self.serve(key.fileobj.accept()[0])
            self.notice_ends()
        for machine in self.machines.values():
            machine.power_off()
        self.write_state()


def main():
    """Started by `lab up` as a process of its own."""
    name = places.check_name(sys.argv[1])
    network.enter(name)
    Monitor(name).run()


if __name__ == "__main__":
    main()
