#!/usr/bin/env python3
"""The engine on three real corosyncs: test_engine.py ENGINE_PEER RENDER_CONF. Needs root.

Joins, one order of messages at all members, lost processes, lost corosyncs, large messages,
quorum lost and regained, each quorum statement with the ring of its membership; which links are up,
whatever becomes of the process that asks.
"""
import os
import re
import signal
import subprocess
import sys
import time

from rig import Process, Rig, command_of, until

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
        at = peer.wait(event("process", 4), at, "left_process of node 3")
        assert members(peer.lines[at - 1])["members"] == 3
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


PRIVATE, PUBLIC = 0, 1     # links; in the rig the private network is 1 (render_conf)
CUT = [1]
LINKS = "holdfast-links"


def links(line):
    """{link: (nodes known, nodes up)}, why"""
    found = re.match(r"links known (\w+) (\w+) up (\w+) (\w+) (.*)", line)
    if not found:
        return None
    bits = [int(found[i], 16) for i in range(1, 5)]
    return {PRIVATE: (bits[0], bits[2]), PUBLIC: (bits[1], bits[3])}, found[5]


def links_are(private, public):
    """Both as (known, up)."""
    return lambda line: (told := links(line)) and told[0] == {PRIVATE: private, PUBLIC: public}


def links_unknown(why):
    return lambda line: links_are((0, 0), (0, 0))(line) and re.search(why, line)


def others(number):
    return 7 & ~(1 << (number - 1))


def all_up(number):
    return links_are((others(number), others(number)), (others(number), others(number)))


def wait_all_links_up(peers):
    """As told last: one who was told of a loss may learn of its end later than the others."""
    def told_last():
        marks(peers)
        last = [[line for line in peer.lines if links(line)][-1:] for peer in peers]
        return all(line and all_up(number)(line[0]) for number, line in enumerate(last, 1))
    until(told_last, "all links up")


def check_alive(peers, text):
    """A message goes round at once, whatever holds the process that asks for links."""
    since, begin = marks(peers), time.monotonic()
    peers[2].tell(f"send {text}")
    wait_all(peers, lambda line: line == f"message 3 {text}", since, "a message")
    assert time.monotonic() - begin < 3, "the engine was held"


def check_links(rig, peers):
    """The private network of node 1 is cut and healed: both ends are told which one it is."""
    wait_all_links_up(peers)
    since = marks(peers)
    rig.nodes[0].link("down", networks=CUT)
    peers[0].wait(links_are((6, 0), (6, 6)), since[0], "no private network at node 1")
    peers[1].wait(links_are((5, 4), (5, 5)), since[1], "none between node 2 and node 1")
    peers[2].wait(links_are((3, 2), (3, 3)), since[2], "none between node 3 and node 1")
    rig.nodes[0].link("up", networks=CUT)
    wait_all_links_up(peers)
    marks(peers)


def links_child(peer):
    return until(lambda: peer.child(LINKS), "the process that asks for links")


def check_links_killed(rig, peers):
    since, child = marks(peers), links_child(peers[2])
    os.kill(child, signal.SIGKILL)
    peers[2].wait(links_unknown("ended"), since[2], "links unknown")
    check_alive(peers, "links-killed")
    wait_all_links_up(peers)
    assert links_child(peers[2]) != child


def check_links_stopped(rig, peers):
    """What is silent is not believed for long; a network that is cut meanwhile is told at last."""
    since, child = marks(peers), links_child(peers[2])
    os.kill(child, signal.SIGSTOP)
    check_alive(peers, "links-stopped")
    rig.nodes[2].link("down", networks=CUT)
    at = peers[2].wait(links_unknown("no answer in time"), since[2], "links unknown")
    peers[2].wait(links_are((3, 0), (3, 3)), at, "links known again, with what is cut")
    until(lambda: command_of(child) is None, "the end of the one that was stopped")
    rig.nodes[2].link("up", networks=CUT)
    wait_all_links_up(peers)


def check_links_corosync_stopped(rig, peers):
    """A corosync that hangs holds the process that asks it, and not the engine."""
    since = marks(peers)
    rig.nodes[2].corosync.kill(signal.SIGSTOP)
    at = peers[2].wait(links_unknown("no answer in time"), since[2], "links unknown")
    peers[2].tell("blob 66561 1")
    peers[2].wait(lambda line: line == "refused -90", at, "the process still answers")
    rig.nodes[2].corosync.kill(signal.SIGCONT)
    wait_all(peers, settled(7), since, "three members")
    wait_all_links_up(peers)


def check_links_corosync_killed(rig, peers):
    since = marks(peers)
    rig.nodes[2].corosync.kill()
    peers[2].wait(links_are((0, 0), (0, 0)), since[2], "links unknown")
    peers[0].wait(links_are((6, 2), (6, 2)), since[0], "no link to node 3")
    rig.nodes[2].start_corosync()
    wait_all(peers, settled(7), since, "three members")
    wait_all_links_up(peers)


def check_links_orphan(rig, peers):
    """It ends with its parent, also while it cannot act."""
    since, child = marks(peers), links_child(peers[2])
    os.kill(child, signal.SIGSTOP)
    peers[2].kill()
    until(lambda: command_of(child) is None, "the end of the process that asks for links")
    peers[2] = Process(rig.nodes[2], [PEER])
    wait_all(peers, settled(7), since[:2] + [0], "node 3 again")


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
          check_links, check_links_killed, check_links_stopped, check_links_corosync_stopped,
          check_links_corosync_killed, check_links_orphan, check_loss_time, check_reload]


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
