"""Failures of a node, of an engine, of the array's trust."""

import os

from support.world import INSTANCES, expect, wait_until, wall_ms

LATE_WRITER = os.path.join(os.path.dirname(__file__), "..", "support", "late_writer.py")
TAKEOVER_S = 60


def test_power_cut_of_the_owner(world):
    with world.rows() as clients:
        main_pid = world.cluster.postmaster("main")
        since = wall_ms()
        world.lab.power_off("db1")
        world.cluster.wait_online("msgbox", "db3", TAKEOVER_S)
        clients["msgbox"].wait_outage(since)
        expect(world.cluster.postmaster("main") == main_pid, "main on db2 was not touched")
        why = world.cluster.why("msgbox")
        expect(why["because"]["code"] == "node-lost", f"the reason is node-lost: {why['because']}")
        expect(why["fenced"] and why["fenced"]["node"] == "db1", f"db1 is fenced: {why['fenced']}")
        world.lab.power_on("db1")
        world.cluster.wait_members(3)
        expect(world.cluster.owner("msgbox") == "db3", "db1 takes nothing by itself")


LOG_BYTES = 40 << 20
WRITE_LOG = """CREATE TABLE log_to_replay AS
    SELECT n, repeat('x', 200) AS filler FROM generate_series(1, 220000) n; DROP TABLE log_to_replay"""


def test_expected_recovery(world):
    """What status expects is there, grows with the log, and becomes measured by the takeover."""
    def expected(node, least_log=0):
        instance = world.cluster.instance("msgbox", node)
        known = instance and instance["recovery"]
        return known if known and known["log_bytes"] >= least_log else None

    with world.rows("msgbox") as clients:
        world.sql("msgbox", "CHECKPOINT")
        before = wait_until(lambda: expected("db1"), TAKEOVER_S, "an expected recovery time")
        expect(before["total_ms"] > 0, f"it is more than nothing: {before}")
        world.sql("msgbox", WRITE_LOG)
        grown = wait_until(lambda: expected("db1", before["log_bytes"] + LOG_BYTES), TAKEOVER_S,
                           "the log that was written")
        expect(grown["total_ms"] > before["total_ms"], f"it grows with the log: {before} {grown}")
        since = wall_ms()
        world.lab.power_off("db1")
        world.cluster.wait_online("msgbox", "db3", TAKEOVER_S)
        outage = clients["msgbox"].wait_outage(since)
        after = wait_until(lambda: expected("db3"), TAKEOVER_S, "db3's expectation")
        for part in ("takeover_samples", "rate_samples"):
            expect(after[part] > 0, f"the takeover was measured: {after}")
    print(f"  {grown['log_bytes'] >> 20} MiB of log: expected {grown['total_ms']} ms, clients "
          f"waited {outage['ms']} ms; measured since: {after['bytes_per_s'] >> 20} MiB/s, "
          f"takeover {after['takeover_ms']} ms, start {after['start_ms']} ms", flush=True)


def test_power_cut_of_a_passive_node(world):
    with world.rows():
        before = {n: world.cluster.postmaster(n) for n in INSTANCES}
        world.lab.power_off("db3")
        world.cluster.wait_members(2)
        expect({n: world.cluster.postmaster(n) for n in INSTANCES} == before,
               "no instance was touched")


def test_engine_killed(world):
    with world.rows("msgbox") as clients:
        before = world.cluster.postmaster("msgbox")
        since = wall_ms()
        world.in_node("db1", ["kill", "-9", str(before)])
        clients["msgbox"].wait_outage(since)
        world.cluster.wait_online("msgbox", "db1")
        expect(world.cluster.postmaster("msgbox") != before, "a new engine serves")
        instance = world.cluster.instance("msgbox")
        expect(instance["restarts"] >= 1, "the restart in place is counted")


def test_frozen_owner_that_thaws(world):
    with world.rows("msgbox") as clients:
        world.in_node("db1", "dd if=/dev/zero of=/srv/msgbox/late bs=4096 count=1 conv=fsync")
        world.in_node("db1", ["rm", "-f", "/root/late.log"])
        world.node("db1").put_file(LATE_WRITER, "/root/late_writer.py")
        writer = world.node("db1").start(
            ["/usr/bin/python3", "/root/late_writer.py", "/srv/msgbox/late", "/root/late.log"])
        wait_until(lambda: b"ok" in _late_log(world), 20, "the writer writes")
        since = wall_ms()
        world.lab.freeze("db1")
        world.cluster.wait_online("msgbox", "db3", TAKEOVER_S)
        clients["msgbox"].wait_outage(since)
        world.lab.thaw("db1")
        world.wait_gone("db1", "msgbox", 30)
        writer.close()
        _expect_refused(world)
        world.cluster.wait_phase("msgbox", "online", "db3", 30, "db1")
        world.cluster.wait_members(3)


def _late_log(world):
    return world.in_node("db1", ["cat", "/root/late.log"], check=False).out.encode()


def _expect_refused(world):
    """Writes that began after the thaw, which the log shows as its longest gap: none may land.

    The write that was under way at the freeze began before it, and may have landed in time.
    """
    lines = [line.split(maxsplit=2) for line in _late_log(world).decode().splitlines()]
    writes = [(int(begun), result) for _, begun, result in lines]
    gaps = [later[0] - earlier[0] for earlier, later in zip(writes, writes[1:])]
    after = writes[gaps.index(max(gaps)) + 1:]
    landed = [w for w in after if w[1] == "ok"]
    expect(max(gaps) > 500 and after, f"the thawed node tried to write: {writes[-3:]}")
    expect(not landed, f"{len(landed)} of {len(after)} writes of the thawed node landed")
    print(f"  {len(after)} late writes, all refused: {after[0][1]}", flush=True)


def test_disk_path_lost_hangs_nothing(world):
    """Steps on a dead disk hang; the daemon must go on answering."""
    with world.rows("msgbox"):
        world.lab.cut("db1", "storage")

        def moved():
            begin = wall_ms()
            world.cluster.attempt("db1", "status", timeout=10)
            expect(wall_ms() - begin < 3000, "the daemon answers while its disk hangs")
            return world.cluster.owner("msgbox") == "db3"
        wait_until(moved, TAKEOVER_S, "msgbox leaves the node without a disk path")
        world.cluster.wait_online("msgbox", "db3", TAKEOVER_S)
        world.lab.heal("db1", "storage")
        world.wait_gone("db1", "msgbox", TAKEOVER_S)
