"""Loss of quorum, of all power, of networks."""

from support.world import INSTANCES, expect, wait_until, wall_ms

NO_QUORUM = 5
STOP_S = 20                # a node without quorum serves nothing after this
BACK_S = 90
NOTICED_MS = 1500
TOLD_S = 30                # until status tells of a network, whatever the machine is doing


def _power_on(world, *names):
    for name in names:
        world.lab.power_on(name, wait=False)
    for name in names:
        world.node(name).wait_ready(60)


def test_full_power_cut(world):
    with world.rows():
        names = [n.name for n in world.lab.nodes]
        for name in names:
            world.lab.power_off(name)
        _power_on(world, *names)
        world.cluster.wait_members(3)
        for name in INSTANCES:
            world.cluster.wait_online(name, None, BACK_S)


def test_two_of_three_lost(world):
    with world.rows():
        world.lab.power_off("db2")
        world.lab.power_off("db3")
        world.wait_gone("db1", "msgbox", STOP_S)
        said = world.cluster.run("db1", "status")
        expect("quorum" in said, f"status says why nothing is served:\n{said}")
        refused = world.cluster.attempt("db1", "move", "msgbox", "db1")
        expect(refused.rc == NO_QUORUM, f"a command is refused for lack of quorum: {refused}")
        _power_on(world, "db2", "db3")
        world.cluster.wait_members(3)
        for name in INSTANCES:
            world.cluster.wait_online(name, None, BACK_S)


def _links_down(world, node):
    """What this node warns of: {(network, (nodes))}."""
    return {(w["network"], tuple(w["nodes"])) for w in world.cluster.status(node)["warnings"]
            if w["code"] == "link-down"}


def _wait_links_down(world, expected):
    for node, down in expected.items():
        wait_until(lambda n=node, d=down: _links_down(world, n) == d, TOLD_S,
                   f"{node} warns of {down or 'no network'}")


def _untouched_by(world, clients, names, network):
    """One network of db1 is cut and healed; these instances go on, no node is given up."""
    before = {n: world.cluster.instance(n)["generation"] for n in names}
    marks = {n: c.rows() for n, c in clients.items()}
    since = wall_ms()
    world.lab.cut("db1", network)
    for name in names:
        wait_until(lambda n=name: clients[n].rows() > marks[n] + 500, 60, f"{name} goes on")
    up = [n["name"] for n in world.cluster.status("db2")["nodes"] if n["state"] == "up"]
    expect(up == ["db1", "db2", "db3"], f"all nodes stay members over the other link: {up}")
    _wait_links_down(world, {"db1": {(network, ("db2", "db3"))}, "db2": {(network, ("db1",))},
                             "db3": {(network, ("db1",))}})
    said = world.cluster.run("db1", "status")
    expect(f"db1 reaches no other node over the {network} network" in said,
           f"status says which network is gone:\n{said}")
    world.lab.heal("db1", network)
    _wait_links_down(world, {"db1": set(), "db2": set(), "db3": set()})
    for name in names:
        expect(world.cluster.instance(name)["generation"] == before[name], f"{name} stayed")
        gaps = [o for o in clients[name].outages(since) if o["ms"] > NOTICED_MS]
        expect(not gaps, f"clients of {name} did not notice: {gaps}")


def test_private_network_cut(world):
    with world.rows() as clients:
        _untouched_by(world, clients, ("msgbox", "main"), "private")


def test_public_network_cut(world):
    """Clients cannot reach msgbox on db1; it may move, and main goes on."""
    with world.rows() as clients:
        _untouched_by(world, clients, ("main",), "public")
        clients["msgbox"].wait_rows(50)


def test_node_isolated(world):
    with world.rows() as clients:
        since = wall_ms()
        world.lab.cut("db1", "public")
        world.lab.cut("db1", "private")
        world.cluster.wait_phase("msgbox", "online", "db3", 60, "db2")
        clients["msgbox"].wait_outage(since)
        world.wait_gone("db1", "msgbox", STOP_S)
        said = world.cluster.run("db1", "status")
        expect("quorum" in said, f"the isolated node says why it serves nothing:\n{said}")
        world.lab.heal("db1", "public")
        world.lab.heal("db1", "private")
        world.cluster.wait_members(3)
