"""`holdfast drill --live` in a cluster that serves."""

import json

from support.world import expect

STEPS = ["engine-killed", "move", "move-back", "drain", "move-home"]


def _report(world, node, *args):
    done = world.cluster.attempt(node, "drill", "--live", "msgbox", "--confirm", "msgbox", "--json",
                                 *args, timeout=300)
    expect(done.rc == 0, f"the drill passes: exit {done.rc}\n{done.out}{done.err}")
    return json.loads(done.out)["scenarios"]


def test_drill_live(world):
    """Every step passes, and afterwards all is where it was."""
    with world.rows():
        steps = _report(world, "db1")
        expect([s["name"] for s in steps] == STEPS, f"all was tried: {[s['name'] for s in steps]}")
        expect(all(s["verdict"] == "passed" for s in steps), f"all passed: {steps}")
        last = steps[-1]
        expect(last["acknowledged"] > 100 and last["lost"] == 0, f"rows were counted: {last}")
        world.cluster.wait_online("msgbox", "db1")
        drained = [n["name"] for n in world.cluster.status()["nodes"] if n["drained"]]
        expect(not drained, f"no node is left drained: {drained}")
        left = world.sql("msgbox", "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'holdfast_drill%'")
        expect(left == "0", f"its table is gone: {left} left")
    print("  " + ", ".join(f"{s['name']} {s['outage_ms']} ms" for s in steps), flush=True)


def test_drill_from_another_node(world):
    """The engine cannot be killed from there: that is said, and fails nothing."""
    with world.rows("msgbox"):
        steps = {s["name"]: s for s in _report(world, "db2")}
        killed = steps.pop("engine-killed")
        expect(killed["verdict"] == "not run" and "db1" in killed["why"], f"it says where: {killed}")
        expect(all(s["verdict"] == "passed" for s in steps.values()), f"the rest passed: {steps}")
