#!/usr/bin/env python3
"""The engine on three real corosyncs: test_engine.py ENGINE_PEER RENDER_CONF. Needs root.

Joins, one order of messages at all members, lost processes, lost corosyncs, large messages,
quorum lost and regained, each quorum statement with the ring of its membership.
"""
import re
import signal
import subprocess
import sys
import time

from rig import Process, Rig

PEER, RENDER = sys.argv[1:3]
TOKEN_MS = 500


def render(version, count):
    return subprocess.run([RENDER, str(TOKEN_MS), str(version), str(count)], check=True,
                          capture_output=True).stdout


def members(line):
    found = re.match(r"members (\w+) joined (\w+) down (\w+) process (\w+) ring (\S+) (\w+)", line)
    if not found:
        return None
    bits = [int(found[i], 16) for i in range(1, 5)]
    return dict(zip(("members", "joined", "down", "process"), bits), ring=found[5],
                settled=found[6] == "settled")


def settled(expected):
    return lambda line: (m := members(line)) and m["members"] == expected and m["settled"]


def event(kind, mask):
    return lambda line: (m := members(line)) and m[kind] & mask


def messages(peer, since=0):
    return [line for line in peer.lines[since:] if line.startswith("message ")]


def wait_all(peers, condition, since, what):
    return [peer.wait(condition, at, what) for peer, at in zip(peers, since)]


def marks(peers):
    for peer in peers:
        peer.read(0)
    return [len(peer.lines) for peer in peers]


def wait_quorum(peer, answer, ring, since):
    return peer.wait(lambda line: line.startswith(f"quorum {answer} ring {ring} "), since,
                     f"quorum {answer} of ring {ring}")


def last_ring(peer):
    return [m["ring"] for m in map(members, peer.lines) if m and m["settled"]][-1]


def check_first(peer, number):
    """up, then our own join before any message."""
    lines = [line for line in peer.lines if line.split()[0] in ("up", "members", "message")]
    assert lines[0] == f"up {number}", lines[0]
    assert members(lines[1])["joined"] & 1 << (number - 1), lines[1]


def check_joined(rig, peers):
    wait_all(peers, settled(7), [0, 0, 0], "three members")
    for number, peer in enumerate(peers, 1):
        check_first(peer, number)
        wait_quorum(peer, "yes", last_ring(peer), 0)
    assert len({last_ring(peer) for peer in peers}) == 1


def check_one_order(rig, peers):
    since = marks(peers)
    for i in range(200):
        for number, peer in enumerate(peers, 1):
            peer.tell(f"send {number}-{i}")
    for peer in peers:
        peer.tell("send end")
    since_end = since
    while any(len(messages(peer, at)) < 603 for peer, at in zip(peers, since)):
        since_end = [peer.wait(lambda line: line.endswith(" end"), at, "an end")
                     for peer, at in zip(peers, since_end)]
    logs = [messages(peer, at) for peer, at in zip(peers, since)]
    assert logs[0] == logs[1] == logs[2], "members saw different orders"
    for number in (1, 2, 3):
        own = [line for line in logs[0] if f" {number}-" in line]
        assert own == [f"message {number} {number}-{i}" for i in range(200)], "a sender's order"


def check_large(rig, peers):
    """More than corosync takes at once: the queue empties as it can."""
    since = marks(peers)
    peers[0].tell("blob 65536 100")
    peers[1].tell("blob 66560 100")
    peers[0].tell("send large-end")
    peers[1].tell("send large-end")
    ends = since
    while any(len(messages(peer, at)) < 202 for peer, at in zip(peers, since)):
        ends = wait_all(peers, lambda line: line.endswith("large-end"), ends, "end of the large")
    logs = [messages(peer, at) for peer, at in zip(peers, since)]
    assert logs[0] == logs[1] == logs[2], "members saw different large messages"
    assert sum(" blob 65536 " in line for line in logs[0]) == 100
    assert sum(" blob 66560 " in line for line in logs[0]) == 100
    assert not any(line.startswith("refused") for peer in peers for line in peer.lines)


def check_too_large(rig, peers):
    since = marks(peers)
    peers[0].tell("blob 66561 1")
    peers[0].wait(lambda line: line == "refused -90", since[0], "EMSGSIZE")


def check_process_killed(rig, peers):
    since, ring = marks(peers), last_ring(peers[0])
    peers[2].kill()
    for peer, at in zip(peers[:2], since):
        peer.wait(event("process", 4), at, "left_process of node 3")
        assert members(peer.lines[-1])["members"] == 3
        assert last_ring(peer) == ring, "the ring changed with a process"
    peers[2] = Process(rig.nodes[2], [PEER])
    wait_all(peers, settled(7), since[:2] + [0], "node 3 again")
    check_first(peers[2], 3)
    assert not any(event("down", 4)(line) for line in peers[0].lines[since[0]:])


def check_corosync_killed(rig, peers):
    since = marks(peers)
    rig.nodes[2].corosync.kill()
    down = peers[2].wait(lambda line: line.startswith("down "), since[2], "down at node 3")
    peers[2].tell("send lost")
    peers[2].wait(lambda line: line == "refused -107", down, "ENOTCONN")
    for peer, at in zip(peers[:2], since):
        at = peer.wait(event("down", 4), at, "left_down of node 3")
        assert not members(peer.lines[at - 1])["settled"]
        peer.wait(settled(3), at, "the ring of two")
        wait_quorum(peer, "yes", last_ring(peer), 0)
    since = marks(peers)
    rig.nodes[2].start_corosync()
    peers[2].wait(lambda line: line == "up 3", down, "up again")
    wait_all(peers, settled(7), since, "node 3 again")
    assert not any("lost" in line for line in messages(peers[0]))


def check_frozen_at_start(rig, peers):
    """A corosync that hangs when the engine connects hangs the child, not the engine."""
    since = marks(peers)
    peers[2].kill()
    rig.nodes[2].corosync.kill(signal.SIGSTOP)
    peers[2] = Process(rig.nodes[2], [PEER])
    peers[2].wait(lambda line: "hangs" in line, 0, "corosync hangs")
    rig.nodes[2].corosync.kill(signal.SIGCONT)
    peers[2].wait(settled(7), 0, "node 3 again")
    wait_all(peers[:2], settled(7), since, "node 3 again")


def check_frozen_while_sending(rig, peers):
    """A corosync that hangs under a full queue does not hang the process that sends."""
    since = marks(peers)
    rig.nodes[2].corosync.kill(signal.SIGSTOP)
    peers[2].tell("blob 1000 3000")
    peers[2].tell("blob 66561 1")
    peers[2].wait(lambda line: line == "refused -90", since[2], "the process still answers")
    rig.nodes[2].corosync.kill(signal.SIGCONT)
    peers[2].tell("send thawed")
    peers[2].wait(lambda line: line == "message 3 thawed", since[2], "the queue after the thaw")
    wait_all(peers[:2], lambda line: line == "message 3 thawed", since[:2], "the queue")
    assert sum(" blob 1000 " in line for line in messages(peers[0], since[0])) == 3000


def check_quorum_lost(rig, peers):
    since = marks(peers)
    for number in (1, 2):
        rig.nodes[number].corosync.kill()
    at = peers[0].wait(settled(1), since[0], "alone")
    wait_quorum(peers[0], "no", members(peers[0].lines[at - 1])["ring"], since[0])
    rig.nodes[1].start_corosync()
    at = peers[0].wait(settled(3), at, "two members")
    wait_quorum(peers[0], "yes", members(peers[0].lines[at - 1])["ring"], since[0])
    rig.nodes[2].start_corosync()
    wait_all(peers, settled(7), [at, since[1], since[2]], "three members")


def check_cut_and_merge(rig, peers):
    """Both networks of node 1 cut: it loses quorum, the others keep it; healed, all merge."""
    since = marks(peers)
    rig.nodes[0].link("down")
    at = peers[0].wait(settled(1), since[0], "alone")
    wait_quorum(peers[0], "no", members(peers[0].lines[at - 1])["ring"], since[0])
    for number in (1, 2):
        end = peers[number].wait(settled(6), since[number], "the other two")
        ring = members(peers[number].lines[end - 1])["ring"]
        wait_quorum(peers[number], "yes", ring, since[number])
    since = marks(peers)
    rig.nodes[0].link("up")
    wait_all(peers, settled(7), since, "merged")
    assert len({last_ring(peer) for peer in peers}) == 1


def check_reload(rig, peers):
    since = marks(peers)
    for node in rig.nodes:
        node.configure(render(2, 4), rig.key)
    peers[0].tell("reload")
    peers[0].wait(lambda line: line == "reloaded 0", since[0], "the reload")
    wait_all(peers, lambda line: line.endswith(" of 4"), since, "four expected votes")


def check_loss_time(rig, peers):
    """Printed, not judged: the machine may be busy."""
    since = marks(peers)
    start = time.monotonic()
    rig.nodes[2].corosync.kill()
    peers[0].wait(settled(3), since[0], "two members")
    print(f"   a lost node was known after {time.monotonic() - start:.2f} s, token {TOKEN_MS} ms")
    rig.nodes[2].start_corosync()
    wait_all(peers, settled(7), marks(peers), "three members")


CHECKS = [check_joined, check_one_order, check_large, check_too_large, check_process_killed,
          check_corosync_killed, check_frozen_at_start,
          check_frozen_while_sending, check_quorum_lost, check_cut_and_merge,
          check_loss_time, check_reload]


def main():
    with Rig(3, render) as rig:
        for node in rig.nodes:
            node.start_corosync()
        peers = [Process(node, [PEER]) for node in rig.nodes]
        for check in CHECKS:
            check(rig, peers)
            print(f"ok {check.__name__[6:]}", flush=True)
        for peer in peers:
            peer.tell("quit")
            assert peer.popen.wait(30) == 0, "a peer did not end cleanly"
    print(f"{len(CHECKS)} passed, 0 failed")


main()
