"""A node, seen from a test: run commands in it, put files, read its console.

Commands go to the agent in the node over the management network, which no fault ever cuts.
Failures: NodeGone when the node is off, or goes down or resets while the command runs;
subprocess-like TimeoutExpired after `timeout`; CalledProcessError with check=True.
"""

import os
import select
import socket
import struct
import subprocess
import threading
import time
from collections import namedtuple

from . import network, places
from .waiting import wait_until

Result = namedtuple("Result", "rc out err")

CONNECT_S = 2.0
LOOK_S = 0.25
BLOCK = 60000


class NodeGone(Exception):
    """The node is not there (any more)."""


class Channel:
    """One conversation with the agent (see lab/node/frame.c)."""

    def __init__(self, node, timeout=None):
        self.node = node
        self.boots = node.boots()
        self.deadline = time.monotonic() + timeout if timeout is not None else None
        self.socket = self._connect()
        self.buffer = b""

    def _connect(self):
        s = network.open_socket(self.node.lab.name)
        s.settimeout(CONNECT_S)
        try:
            s.connect((self.node.address("mgmt"), places.AGENT_PORT))
        except OSError as error:
            s.close()
            raise NodeGone(f"{self.node.name}: agent does not answer: {error}") from error
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.settimeout(None)
        return s

    def send(self, kind, data=b""):
        data = data.encode() if isinstance(data, str) else data
        self.socket.sendall(kind.encode() + struct.pack(">I", len(data)) + data)

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def _wait(self, argv):
        """Until there is something to read; a node that died meanwhile is noticed."""
        while not select.select([self.socket], [], [], LOOK_S)[0]:
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise subprocess.TimeoutExpired(argv, 0)
            self.node.check_still(self.boots)

    def _fill(self, size, argv):
        while len(self.buffer) < size:
            self._wait(argv)
            try:
                data = self.socket.recv(BLOCK)
            except OSError as error:
                raise NodeGone(f"{self.node.name}: {error}") from error
            if not data:
                raise NodeGone(f"{self.node.name}: the agent closed the connection")
            self.buffer += data

    def receive(self, argv=()):
        """The next frame: (type, data)."""
        self._fill(5, argv)
        kind, length = self.buffer[:1].decode(), struct.unpack(">I", self.buffer[1:5])[0]
        self._fill(5 + length, argv)
        data, self.buffer = self.buffer[5:5 + length], self.buffer[5 + length:]
        return kind, data


class Node:
    """db1, db2, ... or the array."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name

    def address(self, net="public"):
        return places.address(self.name, net)

    def state(self):
        return self.lab.state()["nodes"][self.name]

    def boots(self):
        """How often it was booted; raises NodeGone when it is off."""
        state = self.state()
        if state["power"] != "on":
            raise NodeGone(f"{self.name} is powered off")
        return state["boots"]

    def check_still(self, boots):
        """Raise NodeGone unless this is still the same life of the node."""
        if self.boots() != boots:
            raise NodeGone(f"{self.name} was booted again")

    def start(self, argv, timeout=None, env=None, cwd=None, terminal=None):
        """Start a command; the Channel streams its frames."""
        channel = Channel(self, timeout)
        for word in argv:
            channel.send("A", str(word))
        for key, value in (env or {}).items():
            channel.send("E", f"{key}={value}")
        if cwd:
            channel.send("C", str(cwd))
        if terminal:
            channel.send("T", terminal)
        channel.send("S")
        return channel

    def run(self, argv, timeout=60, check=True, env=None, cwd=None, stdin=b"", stream=None):
        """Run to the end. stream(type, data), if given, gets output as it comes."""
        argv = ["sh", "-c", argv] if isinstance(argv, str) else list(argv)
        channel = self.start(argv, timeout, env, cwd)
        out = {"O": [], "R": []}
        try:
            threading.Thread(target=_send_input, args=(channel, stdin), daemon=True).start()
            while True:
                kind, data = channel.receive(argv)
                if kind == "X":
                    break
                if kind == "F":
                    raise OSError(f"{self.name}: {argv[0]}: {data.decode()}")
                out[kind].append(data)
                if stream:
                    stream(kind, data)
        finally:
            channel.close()
        result = Result(int(data), *(b"".join(out[k]).decode(errors="replace") for k in "OR"))
        if check and result.rc != 0:
            raise subprocess.CalledProcessError(result.rc, argv, result.out, result.err)
        return result

    def put(self, data, path, mode=0o644):
        """Write a file in the node: whole or not at all."""
        channel = Channel(self, 60)
        try:
            channel.send("P", f"{mode:o} {path}")
            _send_input(channel, data.encode() if isinstance(data, str) else data)
            kind, text = channel.receive()
        finally:
            channel.close()
        if kind != "X":
            raise OSError(f"{self.name}: {path}: {text.decode()}")

    def put_file(self, source, path):
        with open(source, "rb") as file:
            self.put(file.read(), path, os.stat(source).st_mode & 0o777)

    def answers(self):
        """Does its agent run a command now?"""
        try:
            return self.run(["/usr/bin/true"], timeout=CONNECT_S, check=False).rc == 0
        except (NodeGone, OSError, subprocess.TimeoutExpired):
            return False

    def sees_disks(self):
        """Are all disks of the array there under their stable names?"""
        try:
            listing = self.run(["ls", "/dev/disk/by-id"], timeout=5, check=False).out
        except (NodeGone, OSError, subprocess.TimeoutExpired):
            return False
        return all(f"wwn-0x{places.wwn(i)}" in listing for i in range(self.lab.config()["luns"]))

    def wait_ready(self, deadline_s=60, disks=True):
        """Until the agent answers and, for database nodes, the disks are there."""
        wait_until(self.answers, deadline_s, f"{self.name}: agent")
        if disks and self.name != places.ARRAY:
            wait_until(self.sees_disks, deadline_s, f"{self.name}: disks of the array")
        return self

    def console(self):
        path = places.run_folder(self.lab.name) / self.name / "console"
        return path.read_text(errors="replace") if path.exists() else ""


def _send_input(channel, data):
    """All input and its end. A connection that breaks meanwhile is noticed by the one who reads."""
    try:
        for at in range(0, len(data), BLOCK):
            channel.send("I", data[at:at + BLOCK])
        channel.send("I")
    except OSError:
        pass
