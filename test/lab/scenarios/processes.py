"""Holdfast's own processes die, or are restarted; the databases must not notice."""

from support.world import INSTANCES, expect, wait_until, wall_ms

NOTICED_MS = 1500          # a longer gap would mean that clients were disturbed
BACK_S = 30


def _undisturbed(world, clients, disturb):
    """The disturbance leaves engines and clients alone, and the cluster is whole again."""
    before = {n: (world.cluster.postmaster(n), world.cluster.instance(n)["generation"])
              for n in INSTANCES}
    since = wall_ms()
    disturb()
    world.cluster.wait_members(3)
    for name in INSTANCES:
        world.cluster.wait_online(name)
        clients[name].wait_rows(100)
        after = (world.cluster.postmaster(name), world.cluster.instance(name)["generation"])
        expect(after == before[name], f"{name} runs on untouched: {before[name]}, now {after}")
        gaps = [o for o in clients[name].outages(since) if o["ms"] > NOTICED_MS]
        expect(not gaps, f"clients of {name} did not notice: {gaps}")


def test_daemon_killed(world):
    def disturb():
        before = world.pid("db1", "holdfastd")
        world.in_node("db1", ["kill", "-9", str(before)])
        wait_until(lambda: world.pid("db1", "holdfastd") not in (0, before), BACK_S,
                   "holdfastd is started again")
        wait_until(lambda: world.cluster.attempt("db1", "status").rc == 0, BACK_S,
                   "holdfastd answers")
    with world.rows() as clients:
        _undisturbed(world, clients, disturb)


def test_daemons_killed_everywhere(world):
    def disturb():
        for node in world.lab.nodes:
            world.in_node(node.name, ["kill", "-9", str(world.pid(node.name, "holdfastd"))])
        for node in world.lab.nodes:
            wait_until(lambda n=node: world.cluster.attempt(n.name, "status").rc == 0, BACK_S,
                       f"holdfastd on {node.name} answers")
    with world.rows() as clients:
        _undisturbed(world, clients, disturb)


def test_daemon_restarted(world):
    with world.rows() as clients:
        _undisturbed(world, clients,
                     lambda: world.in_node("db1", ["systemctl", "restart", "holdfastd"]))
        _undisturbed(world, clients,
                     lambda: world.in_node("db3", ["systemctl", "restart", "holdfastd"]))


def test_corosync_killed(world):
    """The node takes part again by itself; whether msgbox stays or moves, no row is lost."""
    with world.rows() as clients:
        since = wall_ms()
        before = world.pid("db1", "corosync")
        world.in_node("db1", ["kill", "-9", str(before)])
        wait_until(lambda: world.pid("db1", "corosync") not in (0, before), BACK_S,
                   "corosync is started again")
        world.cluster.wait_members(3)
        for name in INSTANCES:
            world.cluster.wait_online(name)
            clients[name].wait_rows(100)
        gaps = [o for o in clients["main"].outages(since) if o["ms"] > NOTICED_MS]
        expect(not gaps, f"clients of main on db2 did not notice: {gaps}")
