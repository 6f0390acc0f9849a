#!/usr/bin/env python3
"""holdfast init and join between two nodes: test_setup.py VERBS CLUSTER RENDER_CONF. Needs root.

systemctl is a stand-in that starts a real corosync and, for holdfastd, a control socket that
answers "up". CLUSTER is the cluster's side of the join.
"""
import subprocess
import sys

from rig import Process, Rig

VERBS, CLUSTER, RENDER = sys.argv[1:4]

SYSTEMCTL = b"""#!/bin/sh
echo "$@" >> /run/systemctl.log
test ! -e /run/fail || exit 1
case "$1 $2" in
"restart corosync") corosync ;;
"restart holdfastd") python3 /run/bin/control.py > /dev/null 2>&1 &
    while [ ! -S /run/holdfast/control.sock ]; do :; done ;;
esac
"""

CONTROL = b"""import os, socket
os.makedirs("/run/holdfast", exist_ok=True)
s = socket.socket(socket.AF_UNIX)
s.bind("/run/holdfast/control.sock")
s.listen(8)
states = ["starting", "syncing", "up"]
while True:
    c, _ = s.accept()
    c.makefile().readline()
    state = states.pop(0) if len(states) > 1 else "up"
    c.sendall(b'{"ok":true,"self":{"name":"x","state":"%s"}}\\n' % state.encode())
    c.close()
"""

FILES = ("/etc/corosync/authkey", "/etc/corosync/corosync.conf", "/etc/holdfast/node")


def render(version, count):
    return subprocess.run([RENDER, "500", str(version), str(count)], check=True,
                          capture_output=True).stdout


def prepare(node):
    node.run(["sh", "-c", "mkdir -p /run/bin; rm -f /etc/corosync/authkey; cat > /run/bin/systemctl;"
              " chmod 755 /run/bin/systemctl"], SYSTEMCTL)
    node.run(["sh", "-c", "cat > /run/bin/control.py"], CONTROL)
    with open("/etc/corosync/corosync.conf", "rb") as file:
        node.run(["sh", "-c", "cat > /etc/corosync/corosync.conf"], file.read())


def state(node):
    """All three files with their modes."""
    return node.run(["sh", "-c", "for f in " + " ".join(FILES) + "; do stat -c %n%a $f; md5sum $f;"
                     " done 2>/dev/null; true"])


def verbs(node, *arguments, data=b""):
    done = subprocess.run(["nsenter", "-t", str(node.pid), "-a", "env",
                           "PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin", VERBS, *arguments],
                          input=data, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def expect(result, code, *words):
    assert result[0] == code, result
    for word in words:
        assert word in result[1], f"\"{word}\" is not in:\n{result[1]}"


def own(number):
    return ["--node", f"db{number}", "--public", f"10.99.0.{number}", "--private",
            f"10.99.1.{number}"]


def check_init_refusals(first):
    before = state(first)
    expect(verbs(first, "init"), 2, "--cluster")
    expect(verbs(first, "join", *own(1), "hf1-secret"), 2, "command line")
    expect(verbs(first, "init", "--cluster", "test", "--node", "db1", "--public", "10.99.0.9",
                 "--private", "10.99.1.1"), 1, "10.99.0.9", "ip address")
    expect(verbs(first, "init", "--cluster", "a b", *own(1)), 1, "one word")
    first.run(["touch", "/run/fail"])
    expect(verbs(first, "init", "--cluster", "test", *own(1)), 1, "systemctl enable", "as it was")
    first.run(["rm", "/run/fail"])
    assert state(first) == before, "a failed init left something"


def check_init(first):
    expect(verbs(first, "init", "--cluster", "test", *own(1)), 0, "syncing", "db1 is up",
           "10.99.0.0/24", "10.99.1.0/24", "holdfast token")
    assert b"authkey400" in state(first)
    assert first.run(["cat", "/etc/holdfast/node"]) == (
        b"id: 1\nname: db1\ncluster: test\npublic: 10.99.0.1\nprivate: 10.99.1.1\n")
    expect(verbs(first, "init", "--cluster", "other", *own(1)), 1, "already node db1",
           "cluster test", "--force")


def check_join(first, second):
    before = state(second)
    cluster = Process(first, [CLUSTER, "10.99.1.1"])
    cluster.wait(lambda line: line.startswith("hf1-"), what="the token")
    token = cluster.lines[0].encode()
    expect(verbs(second, "join", *own(2), data=token[:-1] + b"1"), 1, "damaged")
    second.run(["touch", "/run/fail"])
    expect(verbs(second, "join", *own(2), data=token), 1, "systemctl enable", "as it was")
    second.run(["rm", "/run/fail"])
    assert state(second) == before, "a failed join left something"
    second.run(["sh", "-c", "cat > /run/token"], token + b"\n")
    result = verbs(second, "join", *own(2), "--token-file", "/run/token")
    expect(result, 0, "db2 is up in the cluster test")
    assert token.decode()[13:45] not in result[1], "the secret was shown"
    assert cluster.popen.wait(30) == 0
    cluster.wait(lambda line: line == "a node has joined with its token db2", what="spent")
    assert second.run(["cat", "/etc/holdfast/node"]) == (
        b"id: 2\nname: db2\ncluster: test\npublic: 10.99.0.2\nprivate: 10.99.1.2\n")
    assert second.run(["cat", FILES[0]]) == first.run(["cat", FILES[0]])
    expect(verbs(second, "join", *own(2), "--force", "--token-file", "/run/token"), 1,
           "nobody listens")


def main():
    with Rig(2, render) as rig:
        for node in rig.nodes:
            prepare(node)
        check_init_refusals(rig.nodes[0])
        check_init(rig.nodes[0])
        check_join(rig.nodes[0], rig.nodes[1])
    print("3 passed, 0 failed")


main()
