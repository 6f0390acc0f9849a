"""What a node recorded is replayed on another machine, and comes to the same."""

import os
import tempfile

from support import events
from support.world import expect, wait_until, wall_ms

TAKEOVER_S = 60


def test_replay_of_a_takeover(world):
    """The owner loses power; each survivor's log, replayed here, decides the takeover again."""
    with tempfile.TemporaryDirectory(dir=world.folder) as folder:
        with world.rows("msgbox") as clients:
            since = wall_ms()
            world.lab.power_off("db1")
            world.cluster.wait_online("msgbox", "db3", TAKEOVER_S)
            clients["msgbox"].wait_outage(since)
            for name in ("db2", "db3"):
                path = wait_until(lambda n=name: _log_with_takeover(world, n, folder), 30,
                                  f"the takeover is in the log of {name}")
                _show(name, path)
        world.lab.power_on("db1")
        world.cluster.wait_members(3)
        _expect_all_identical(world, "db1", folder)


def _is_takeover(record):
    return (record["kind"] == "assign" and record["instance"] == "msgbox"
            and record["from"] == "db1" and record["node"] == "db3"
            and record["reason"]["code"] == "node-lost")


def _log_with_takeover(world, name, folder):
    """The newest log of the node when it tells of msgbox being online on db3 again, else None."""
    path = events.fetch(world.node(name), folder)[-1]
    data = events.replay_data(path)
    expect(data["outcome"] == "identical", f"{name}: identical: {data['outcome']}")
    expect(data["compared"] >= data["events"] - 1 and data["events"] > 0,
           f"{name}: {data['compared']} of {data['events']} results compared")
    expect(not data["other_version"], f"{name}: recorded by this version of the core")
    records = data["records"]
    found = [i for i, record in enumerate(records) if _is_takeover(record)]
    if not found or not any(r["kind"] == "phase" and r["instance"] == "msgbox"
                            and r["text"] == "online" for r in records[found[-1]:]):
        return None
    before = records[:found[-1]]
    expect(any(r["kind"] == "seen" and "gone with their computers: db1" in r["text"]
               for r in before), f"{name}: what it had seen stands before it")
    return path


def _show(name, path):
    lines = events.replay(path, "--instance", "msgbox").splitlines()
    takeover = [line for line in lines if "db3 takes over from db1" in line]
    expect(takeover, f"{name}: the takeover is told in words")
    expect(lines[-1].startswith("replayed ") and lines[-1].endswith("decisions: identical"),
           f"{name}: the last line: {lines[-1]}")
    print(f"  {name}: {takeover[-1]}\n  {name}: {lines[-1]}", flush=True)


def _expect_all_identical(world, name, folder):
    """The node that lost power, its last log as the power cut left it, and the one since."""
    paths = wait_until(lambda: _at_least_two(events.fetch(world.node(name), folder)), 30,
                       f"{name} has begun a new log")
    for path in paths:
        if path != paths[-1] and os.path.getsize(path) == 0:
            continue                # the power was cut before anything of it was synced
        data = events.replay_data(path)
        expect(data["outcome"] == "identical", f"{path}: {data['outcome']}")
        print(f"  {name}: {os.path.basename(path)}: {data['events']} events, {data['decisions']} "
              f"decisions{', cut off' if data['cut'] else ''}: {data['outcome']}", flush=True)


def _at_least_two(paths):
    return paths if len(paths) > 1 else None
