#!/usr/bin/env python3
"""The reservation and file system drivers in the lab: two real kernels, a real array.

    LAB=drv test/tool/driver_lab.py BUILD/hf-driver-tool

Uses the lab of that name when it is up with two nodes and a data disk, else brings it up (and takes
it down at the end). Each check prints one line; the last line is "N passed, N failed".
"""

import os
import re
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab"))
from holdfast_lab import Lab, wait_until  # noqa: E402

TOOL = "/root/hf-driver-tool"
TAG = 7
EBADE_TEXT = "Invalid exchange"


class Rig:
    """A lab, its first data disk, and the tool in its nodes."""

    def __init__(self, lab, tool):
        self.lab = lab
        self.device = lab.device(1)
        self.tool = tool
        for node in ("db1", "db2"):
            lab[node].put_file(tool, TOOL)

    def run(self, node, op, *more, generation=1, tag=TAG, device=None):
        number = node.removeprefix("db")
        argv = [TOOL, op, "--device", device or self.device, "--node", number, "--tag", str(tag),
                "--generation", str(generation), *more]
        result = self.lab[node].run(argv, check=False)
        return parse(text_of(result))

    def keys(self, node="db2"):
        result = self.lab[node].run([TOOL, "keys", "--device", self.device])
        return re.findall(r"0x[0-9a-f]+", text_of(result))

    def write(self, node):
        """Writes past the cache; returns what dd says."""
        result = self.lab[node].run(["dd", "if=/dev/zero", f"of={self.device}", "bs=4096",
                                     "count=1", "seek=2000", "oflag=direct"], check=False)
        return text_of(result)

    def clear(self):
        """Throws every key out, whoever's it is."""
        for key in set(self.keys()[1:]):
            number = int(key, 16)
            node, tag, generation = number >> 32 & 0xffff, number >> 48, number & 0xffffffff
            if node in (1, 2):
                self.run(f"db{node}", "release", tag=tag, generation=generation)
        assert self.keys() == ["0x" + "0" * 16], self.keys()


def text_of(result):
    return result.out + result.err


def parse(text):
    """The last reply: NAME=value ... text="..." """
    line = text.strip().splitlines()[-1]
    reply = dict(re.findall(r"(\w+)=(\"[^\"]*\"|\S+)", line))
    return reply


def key(node, generation, tag=TAG):
    return f"0x{tag << 48 | node << 32 | generation:016x}"


def expect(reply, status):
    assert reply["status"] == status, reply


def check_takeover(rig):
    expect(rig.run("db1", "acquire", generation=1), "OK")
    assert "copied" in rig.write("db1") and EBADE_TEXT not in rig.write("db1")
    reply = rig.run("db2", "acquire", generation=2)
    expect(reply, "OK")
    assert reply["key"] == key(1, 1) and reply["generation"] == "1", reply
    assert rig.keys() == [key(2, 2), key(2, 2)], rig.keys()
    assert EBADE_TEXT in rig.write("db1")
    assert EBADE_TEXT not in rig.write("db2")
    return f"takeover took {reply['took_ms']} ms"


def check_newer_is_refused(rig):
    expect(rig.run("db2", "acquire", generation=2), "OK")
    for generation in (1, 2):
        reply = rig.run("db1", "acquire", generation=generation)
        expect(reply, "NEWER")
        assert reply["generation"] == "2", reply
    assert rig.keys() == [key(2, 2), key(2, 2)]


def check_release(rig):
    expect(rig.run("db2", "acquire", generation=5), "OK")
    expect(rig.run("db2", "release", generation=4), "OK")
    assert rig.keys() == [key(2, 5), key(2, 5)], "a late release must not undo a later acquire"
    expect(rig.run("db1", "release", generation=9), "OK")
    assert rig.keys() == [key(2, 5), key(2, 5)]
    expect(rig.run("db2", "release", generation=5), "OK")
    assert rig.keys() == ["0x" + "0" * 16]


def check_foreign(rig):
    expect(rig.run("db1", "acquire", generation=1, tag=9), "OK")
    reply = rig.run("db2", "acquire", generation=7)
    expect(reply, "FOREIGN")
    assert reply["key"] == key(1, 1, 9), reply
    assert rig.keys() == [key(1, 1, 9), key(1, 1, 9)]


def check_second_disk_undoes_first(rig):
    second = rig.lab.device(2)
    expect(rig.run("db1", "acquire", generation=5, device=second), "OK")
    reply = rig.run("db2", "acquire", "--device", second, generation=2)
    expect(reply, "NEWER")
    assert rig.keys() == ["0x" + "0" * 16], rig.keys()
    reply = rig.run("db2", "acquire", "--device", "/dev/nothing", generation=9)
    expect(reply, "NO_DEVICE")
    assert rig.keys() == ["0x" + "0" * 16], rig.keys()
    expect(rig.run("db1", "release", generation=5, device=second), "OK")


def both_at_once(rig, generations):
    replies = {}

    def one(node, generation):
        replies[node] = rig.run(node, "acquire", generation=generation)

    threads = [threading.Thread(target=one, args=pair)
               for pair in zip(("db1", "db2"), generations)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def check_race_same_generation(rig, rounds=15):
    wins = {"db1": 0, "db2": 0}
    for i in range(rounds):
        replies = both_at_once(rig, (i + 2, i + 2))
        winners = [n for n, r in replies.items() if r["status"] == "OK"]
        assert len(winners) == 1, replies
        expect(replies["db2" if winners == ["db1"] else "db1"], "NEWER")
        number = int(winners[0][2:])
        assert rig.keys() == [key(number, i + 2)] * 2, rig.keys()
        wins[winners[0]] += 1
        if i % 2:
            rig.clear()
    return f"wins {wins}"


def check_race_higher_wins(rig, rounds=10):
    for i in range(rounds):
        low, high = 2 * i + 2, 2 * i + 3
        replies = both_at_once(rig, (low, high) if i % 2 else (high, low))
        winner = 2 if i % 2 else 1
        expect(replies[f"db{winner}"], "OK")
        assert rig.keys() == [key(winner, high)] * 2, rig.keys()


def start_watch(rig, node, generation):
    """Runs a key watch; returns its lines with arrival times, and a function that ends it."""
    lines = []
    log = "/tmp/watch.log"
    rig.lab[node].run(["sh", "-c",
                       f"{TOOL} key-watch --device {rig.device} --node {node[2:]} --tag {TAG} "
                       f"--generation {generation} --interval 100 > {log} 2>&1 & echo $! > {log}.pid"])

    def read():
        lines[:] = text_of(rig.lab[node].run(["cat", log])).splitlines()
        return [parse(line)["status"] for line in lines]

    def end():
        rig.lab[node].run(["sh", "-c", f"kill $(cat {log}.pid)"], check=False)
    return read, end


def check_watch(rig):
    expect(rig.run("db1", "acquire", generation=1), "OK")
    read, end = start_watch(rig, "db1", 1)
    try:
        wait_until(lambda: len(read()) >= 3, 5, "signs of life")
        assert set(read()) == {"OK"}, read()
        expect(rig.run("db2", "acquire", generation=2), "OK")
        begin = time.monotonic()
        wait_until(lambda: read()[-1] == "KEY_LOST", 3, "KEY_LOST")
        return f"KEY_LOST seen within {1000 * (time.monotonic() - begin):.0f} ms"
    finally:
        end()


def check_stale_mount_blocks_acquire(rig):
    """A file system that outlived its fence keeps its node from getting the disk back."""
    mount = ["--mount", "/srv/hf-test", "--type", "ext4"]
    expect(rig.run("db1", "acquire", generation=1), "OK")
    rig.lab["db1"].run(["mkfs.ext4", "-q", "-F", rig.device])
    reply = rig.run("db1", "mount", *mount)
    expect(reply, "OK")
    took = reply["took_ms"]
    rig.lab["db1"].run(["sh", "-c", "echo late > /srv/hf-test/late"])
    expect(rig.run("db2", "acquire", generation=2), "OK")
    expect(rig.run("db1", "acquire", generation=3), "BUSY")
    assert rig.keys() == [key(2, 2), key(2, 2)]
    reply = rig.run("db2", "mount", *mount)
    expect(reply, "OK")
    replay = reply["took_ms"]
    rig.lab["db2"].run(["sh", "-c", "echo mine > /srv/hf-test/mine; sync"])
    unmount = rig.run("db1", "unmount", "--kill", *mount)
    expect(unmount, "OK")
    expect(rig.run("db2", "unmount", *mount), "OK")
    expect(rig.run("db1", "acquire", generation=3), "OK")
    expect(rig.run("db1", "mount", *mount), "OK")
    names = text_of(rig.lab["db1"].run(["ls", "/srv/hf-test"])).split()
    assert "mine" in names and "late" not in names, names
    expect(rig.run("db1", "unmount", *mount), "OK")
    return f"mount {took} ms, mount with replay {replay} ms, fenced unmount {unmount['took_ms']} ms"


def check_xfs(rig):
    mount = ["--mount", "/srv/hf-test", "--type", "xfs"]
    expect(rig.run("db1", "acquire", generation=1), "OK")
    rig.lab["db1"].run(["mkfs.xfs", "-q", "-f", rig.device])
    expect(rig.run("db1", "mount", *mount), "OK")
    rig.lab["db1"].run(["sh", "-c", "echo here > /srv/hf-test/here; sync"])
    expect(rig.run("db2", "acquire", generation=2), "OK")
    reply = rig.run("db2", "mount", *mount)
    expect(reply, "OK")
    assert "here" in text_of(rig.lab["db2"].run(["ls", "/srv/hf-test"]))
    unmount = rig.run("db1", "unmount", "--kill", *mount)
    expect(unmount, "OK")
    expect(rig.run("db2", "unmount", *mount), "OK")
    return f"mount with replay {reply['took_ms']} ms, fenced unmount {unmount['took_ms']} ms"


def check_inspect(rig):
    expect(rig.run("db1", "acquire", generation=4), "OK")
    found = rig.run("db1", "inspect", "--instance", "x", generation=4)
    assert found["key_generation"] == "4" and found["key_on_all_disks"] == "1", found
    found = rig.run("db2", "inspect", "--instance", "x", generation=4)
    assert found["key_generation"] == "0" and found["key_on_all_disks"] == "0", found


def check_array_restart(rig):
    """The array keeps keys and reservation through its own power cut."""
    expect(rig.run("db1", "acquire", generation=6), "OK")
    rig.lab.power_off("array")
    rig.lab.power_on("array")
    wait_until(lambda: "copied" in rig.write("db1") and EBADE_TEXT not in rig.write("db1"), 60,
               "the owner writes again")
    wait_until(lambda: "Input/output" not in rig.write("db2"), 60, "the path of the other")
    assert rig.keys() == [key(1, 6), key(1, 6)], rig.keys()
    assert EBADE_TEXT in rig.write("db2")
    expect(rig.run("db2", "acquire", generation=7), "OK")
    assert EBADE_TEXT in rig.write("db1")


def check_path_loss(rig):
    """The watch reports a lost path, and goes on when it is back."""
    expect(rig.run("db1", "acquire", generation=8), "OK")
    read, end = start_watch(rig, "db1", 8)
    try:
        wait_until(lambda: len(read()) >= 1, 5, "first sign of life")
        rig.lab.cut("db1", "storage")
        begin = time.monotonic()
        wait_until(lambda: read()[-1] in ("IO", "NO_DEVICE"), 30, "IO")
        took = time.monotonic() - begin
        rig.lab.heal("db1", "storage")
        wait_until(lambda: read()[-1] == "OK", 60, "OK again")
        return f"IO reported after {took:.1f} s"
    finally:
        rig.lab.heal("db1", "storage")
        end()


def check_fenced_planned_unmount(rig):
    """Without a kill, too: the array refuses the late writes, and they are not kept for later."""
    notes = []
    for kind, force in (("ext4", "-F"), ("xfs", "-f")):
        rig.clear()
        mount = ["--mount", "/srv/hf-test", "--type", kind]
        expect(rig.run("db1", "acquire", generation=1), "OK")
        rig.lab["db1"].run([f"mkfs.{kind}", "-q", force, rig.device])
        expect(rig.run("db1", "mount", *mount), "OK")
        expect(rig.run("db2", "acquire", generation=2), "OK")
        rig.lab["db1"].run(["sh", "-c", "echo late > /srv/hf-test/late"], check=False)
        unmount = rig.run("db1", "unmount", *mount)
        expect(unmount, "OK")
        notes.append(f"{kind} {unmount['took_ms']} ms")
        expect(rig.run("db1", "acquire", generation=3), "OK")
        expect(rig.run("db1", "mount", *mount), "OK")
        assert "late" not in text_of(rig.lab["db1"].run(["ls", "/srv/hf-test"])).split()
        expect(rig.run("db1", "unmount", *mount), "OK")
    return ", ".join(notes)


def check_unmount_without_path(rig):
    """The path is cut under a mounted file system in use: it goes all the same."""
    mount = ["--mount", "/srv/hf-test", "--type", "ext4"]
    expect(rig.run("db1", "acquire", generation=1), "OK")
    rig.lab["db1"].run(["mkfs.ext4", "-q", "-F", rig.device])
    expect(rig.run("db1", "mount", *mount), "OK")
    rig.lab["db1"].run(["sh", "-c", "echo x > /srv/hf-test/x; sync; echo y >> /srv/hf-test/x"])
    rig.lab.cut("db1", "storage")
    try:
        unmount = rig.run("db1", "unmount", "--kill", "--deadline", "30000", *mount)
        expect(unmount, "OK")
    finally:
        rig.lab.heal("db1", "storage")
    wait_until(lambda: rig.run("db1", "acquire", generation=2)["status"] == "OK", 60, "the path")
    return f"{unmount['took_ms']} ms"


CHECKS = [check_takeover, check_newer_is_refused, check_release, check_foreign,
          check_second_disk_undoes_first, check_watch, check_inspect, check_stale_mount_blocks_acquire, check_xfs,
          check_fenced_planned_unmount,
          check_unmount_without_path, check_array_restart, check_path_loss]

# Only by name: two PREEMPT AND ABORT at the same moment send the array's own kernel (LIO of 7.2) into an
# endless loop about once in ten runs; docs/LAB.md has what was seen. Every interleaving of two
# takers is enumerated in test/unit/test_driver_reservation.c.
RACES = [check_race_same_generation, check_race_higher_wins]


def run_checks(rig, wanted):
    failed = 0
    checks = [c for c in CHECKS + RACES if c.__name__.removeprefix("check_") in wanted] or CHECKS
    for check in checks:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        try:
            rig.clear()
            note = check(rig)
            print(f"ok      {name}{': ' + note if note else ''}", flush=True)
        except Exception as error:  # every failure is a line, the next check goes on
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    lab = Lab(os.environ.get("LAB", "drv"))
    if lab.is_up():
        return run_checks(Rig(lab, sys.argv[1]), sys.argv[2:])
    with lab.up(2, luns=2):
        return run_checks(Rig(lab, sys.argv[1]), sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
