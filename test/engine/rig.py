"""Real corosyncs in namespaces of this machine: two networks, a namespace set for each node.

Every process started here sits in a pid namespace of its node, whose first process dies with this
one: whatever happens, nothing is left behind.
"""
import os
import select
import signal
import subprocess
import tempfile
import time

DEADLINE = 30.0

NODE_SETUP = """
set -e
ip link set lo up
for d in /dev/shm /run /var/lib/corosync /var/log; do
    mkdir -p $d; mount -t tmpfs none $d
done
cp -a /etc /run/etc
mount --bind /run/etc /etc
mount -t proc proc /proc
"""


def ip(*arguments, inside):
    subprocess.run(["nsenter", "-t", str(inside), "-n", "ip", *arguments], check=True)


def holder():
    """A process that holds fresh namespaces; returns (Popen of unshare, pid of the first process)."""
    outer = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--ipc", "--uts", "--pid",
         "--fork", "--kill-child", "sleep", "infinity"])
    children = f"/proc/{outer.pid}/task/{outer.pid}/children"
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        with open(children, encoding="ascii") as file:
            pids = file.read().split()
        if pids:
            with open(f"/proc/{pids[0]}/comm", encoding="ascii") as file:
                if file.read().strip() == "sleep":
                    return outer, int(pids[0])
        time.sleep(0.005)
    raise TimeoutError("namespaces did not come up")


def command_of(pid):
    """As ps shows it; None when the process has ended (nobody may have fetched its status)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state = text[text.rindex(")") + 2]
    return None if state in "ZX" else text[text.index("(") + 1:text.rindex(")")]


def until(condition, what):
    """What the condition returns once it is true; fails after the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come")


class Process:
    """A child in a node whose standard output is kept as lines."""

    def __init__(self, node, command, stderr=None):
        self.popen = subprocess.Popen(
            ["nsenter", "-t", str(node.pid), "-a", *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        os.set_blocking(self.popen.stdout.fileno(), False)
        self.lines = []
        self.rest = b""

    def read(self, timeout):
        ready, _, _ = select.select([self.popen.stdout], [], [], timeout)
        if not ready:
            return
        data = self.popen.stdout.read(1 << 20)
        if data:
            *whole, self.rest = (self.rest + data).split(b"\n")
            self.lines += [line.decode() for line in whole]
        elif data == b"":
            time.sleep(0.01)

    def tell(self, text):
        self.popen.stdin.write(text.encode() + b"\n")
        self.popen.stdin.flush()

    def wait(self, condition, since=0, what="condition"):
        """The index after the first line from since on that fits; fails after the deadline."""
        end = time.monotonic() + DEADLINE
        at = since
        while time.monotonic() < end:
            while at < len(self.lines):
                at += 1
                if condition(self.lines[at - 1]):
                    return at
            self.read(0.05)
        raise AssertionError(f"{what} did not come; got:\n" + "\n".join(self.lines[since:][-40:]))

    def inner_pid(self):
        """nsenter forks into the pid namespace: the child is the program itself."""
        path = f"/proc/{self.popen.pid}/task/{self.popen.pid}/children"
        with open(path, encoding="ascii") as file:
            pids = file.read().split()
        return int(pids[0]) if pids else self.popen.pid

    def child(self, name):
        """The pid of the child of the program that ps shows by this name; None if there is none."""
        pid = self.inner_pid()
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            pids = file.read().split()
        return next((int(p) for p in pids if command_of(int(p)) == name), None)

    def kill(self, number=signal.SIGKILL):
        if self.popen.poll() is None:
            os.kill(self.inner_pid(), number)
        if number == signal.SIGCONT:  # nsenter stops and goes on with its child
            self.popen.send_signal(number)
        if number == signal.SIGKILL:
            self.popen.wait(DEADLINE)


class Node:
    def __init__(self, number, hub):
        self.number = number
        self.outer, self.pid = holder()
        self.corosync = None
        for network in (0, 1):
            near, far = f"n{number}p{network}", f"eth{network}"
            ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", str(self.pid),
               inside=hub)
            ip("link", "set", near, "master", f"net{network}", "up", inside=hub)
            ip("address", "add", f"10.99.{network}.{number}/24", "dev", far, inside=self.pid)
            ip("link", "set", far, "up", inside=self.pid)
        self.run(["sh", "-c", NODE_SETUP])

    def run(self, command, data=None):
        return subprocess.run(["nsenter", "-t", str(self.pid), "-a", *command], input=data,
                              check=True, capture_output=True).stdout

    def configure(self, conf, key):
        self.run(["sh", "-c", "cat > /etc/corosync/corosync.conf"], conf)
        self.run(["sh", "-c", "umask 077; cat > /etc/corosync/authkey"], key)

    def start_corosync(self):
        self.corosync = Process(self, ["corosync", "-f"], stderr=subprocess.DEVNULL)

    def link(self, state, networks=(0, 1)):
        for network in networks:
            ip("link", "set", f"eth{network}", state, inside=self.pid)

    def close(self):
        self.outer.kill()
        self.outer.wait()


class Rig:
    """with Rig(3, render) as rig: ... ; render(version, count) gives the bytes of a corosync.conf."""

    def __init__(self, count, render):
        self.nodes, self.count, self.render, self.hub = [], count, render, None
        self.key = os.urandom(256)

    def __enter__(self):
        try:
            self.hub = holder()
            for network in (0, 1):
                ip("link", "add", f"net{network}", "type", "bridge", inside=self.hub[1])
                ip("link", "set", f"net{network}", "up", inside=self.hub[1])
            for number in range(1, self.count + 1):
                self.nodes.append(Node(number, self.hub[1]))
                self.nodes[-1].configure(self.render(1, self.count), self.key)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        for node in self.nodes:
            node.close()
        if self.hub:
            self.hub[0].kill()
            self.hub[0].wait()
