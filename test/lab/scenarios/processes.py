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


def _links_process(world, node):
    """The process of holdfastd there that asks corosync for links; 0 = none."""
    parent = world.pid(node, "holdfastd")
    done = world.in_node(node, ["pgrep", "-x", "-P", str(parent), "holdfast-links"], check=False)
    return int(done.out) if done.out.strip().isdigit() else 0


def _links_seen(world, node):
    """What status there says of the networks to the other nodes, all of them together."""
    return {seen for n in world.cluster.status(node)["nodes"] if n["name"] != node
            for seen in n["links"].values()}


def test_links_process_hangs(world):
    """The process that asks corosync which networks are up hangs: nobody notices but status."""
    wait_until(lambda: _links_seen(world, "db1") == {True}, BACK_S, "db1 sees all networks")
    with world.rows() as clients:
        def disturb():
            hanging = _links_process(world, "db1")
            world.in_node("db1", ["kill", "-STOP", str(hanging)])
            wait_until(lambda: _links_seen(world, "db1") == {None}, BACK_S,
                       "db1 says that it does not know")
            wait_until(lambda: _links_process(world, "db1") not in (0, hanging), BACK_S,
                       "another process asks")
            wait_until(lambda: _links_seen(world, "db1") == {True}, BACK_S,
                       "db1 sees all networks again")
        _undisturbed(world, clients, disturb)
