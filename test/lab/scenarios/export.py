"""An exported configuration is the cluster: on nodes that know nothing it makes the same one again."""

from support.world import INSTANCES, expect

FORGOTTEN = ("/var/lib/holdfast", "/etc/holdfast", "/etc/corosync/corosync.conf",
             "/etc/corosync/authkey")


def _forget(world):
    """What a computer knows of a cluster, away on every node. The shared disks stay as they are."""
    for node in world.lab.nodes:
        for service in ("holdfastd", "corosync"):
            node.run(["systemctl", "stop", service], timeout=60)
        node.run(["rm", "-rf", *FORGOTTEN])
        node.run(["find", "/var/lib/corosync", "-mindepth", "1", "-delete"])


def test_export_makes_the_same_cluster(world):
    stated = world.yaml.replace("    address: 10.77.0.101\n", "    address: 10.77.0.101\n"
                                "    databases: [{name: orders, written_by: tools}]\n"
                                "    priority: 42\n", 1)
    world.cluster.apply(stated)
    before = world.cluster.run("db1", "export")
    expect("orders" in before and "priority: 42" in before, f"all that was stated: {before}")
    world.sql("msgbox", "CREATE TABLE IF NOT EXISTS kept (n int)")
    world.sql("msgbox", "INSERT INTO kept VALUES (7)")
    for name in INSTANCES:
        world.cluster.run("db1", "offline", name)
        world.cluster.wait_phase(name, "offline")
    _forget(world)
    world.cluster.init()
    empty = world.cluster.run("db1", "export")
    expect("msgbox" not in empty, f"the new cluster knows nothing of the old one: {empty}")
    world.cluster.apply(before, "db2")
    for name in INSTANCES:
        world.cluster.wait_online(name, None, 90)
    for node in world.lab.nodes:
        expect(world.cluster.run(node.name, "export") == before, f"{node.name}: the same cluster")
    expect(world.sql("msgbox", "SELECT n FROM kept") == "7", "with the data on its disks")
    world.sql("msgbox", "DROP TABLE kept")
