"""What administrators do: move, drain, configure, ask."""

import re

from support.world import INSTANCES, expect, wait_until

FILE_ERROR = 7
NOT_PERMITTED = 4
DIFFERENT = 13


def test_planned_move(world):
    with world.rows("msgbox") as clients:
        for target in ("db3", "db1"):
            world.cluster.run("db2", "move", "msgbox", target)
            world.cluster.wait_online("msgbox", target)
            clients["msgbox"].wait_rows(50)
        expect(world.cluster.why("msgbox")["because"]["code"] == "requested-move",
               "the reason is the request")


def test_drain_and_resume(world):
    with world.rows():
        world.cluster.run("db3", "drain", "db1")
        world.cluster.wait_online("msgbox", "db3")
        expect(not world.serves("db1", "msgbox"), "nothing of msgbox is left on db1")
        refused = world.cluster.attempt("db3", "move", "msgbox", "db1")
        expect(refused.rc == 1 and "drained" in refused.out + refused.err,
               f"a move to a drained node is refused with the reason: {refused}")
        world.cluster.run("db3", "resume", "db1")
        world.cluster.run("db3", "move", "msgbox", "db1")
        world.cluster.wait_online("msgbox", "db1")


PROFILE = "    degraded: {memory: 64MiB, settings: {shared_buffers: 32MB, work_mem: 1MB}}\n"
MOVE_S = 60


def test_degraded_profile(world):
    """Less while it shares a node, back when it is alone; its engine is never restarted for it."""
    after = "    address: 10.77.0.101\n"

    def settings(**wanted):
        found = {name: world.sql("msgbox", f"SHOW {name}") for name in wanted}
        return found == wanted

    def size(degraded, waits):
        instance = world.cluster.instance("msgbox", "db2")
        return instance["degraded"] == degraded and instance["size_waits"] == waits

    with world.rows("msgbox"):
        world.cluster.apply(world.yaml.replace(after, after + PROFILE, 1))
        world.cluster.run("db2", "move", "msgbox", "db2")
        world.cluster.wait_online("msgbox", "db2")
        expect(settings(shared_buffers="32MB", work_mem="1MB"), "it arrives with less: main is there")
        expect(size(True, None), f"status says so: {world.cluster.instance('msgbox', 'db2')}")
        before = world.cluster.postmaster("msgbox")
        world.cluster.run("db2", "move", "main", "db3")
        world.cluster.wait_online("main", "db3")
        wait_until(lambda: settings(work_mem="4MB"), MOVE_S, "it is alone and takes back what it can")
        wait_until(lambda: size(False, "at the next start: shared_buffers"), MOVE_S, "the rest waits")
        expect(settings(shared_buffers="32MB"), "the rest does wait")
        world.cluster.run("db2", "move", "main", "db2")
        world.cluster.wait_online("main", "db2")
        wait_until(lambda: settings(work_mem="1MB"), MOVE_S, "it has company again")
        wait_until(lambda: size(True, None), MOVE_S, "nothing waits")
        expect(world.cluster.postmaster("msgbox") == before, "the same engine all the while")


def test_offline_and_online(world):
    with world.rows("msgbox"):
        world.cluster.run("db2", "offline", "msgbox")
        world.cluster.wait_phase("msgbox", "offline")
        expect(not any(world.serves(n.name, "msgbox") for n in world.lab.nodes),
               "no node serves it")
        world.cluster.run("db2", "online", "msgbox")
        world.cluster.wait_online("msgbox")


def _version(world):
    return world.cluster.status()["cluster"]["config_version"]


BAD_FILES = {
    "unknown key": ("    owners: {preferred: [db1, db3]}", "    ownners: {preferred: [db1, db3]}"),
    "wrong type": ("version: 15, data: /srv/msgbox/data", "version: fifteen, data: /srv/msgbox/data"),
    "duplicate address": ("address: 10.77.0.102", "address: 10.77.0.101"),
    "a disk used twice": ("0000000000000002,", "0000000000000001,"),
    "an owner that is no node": ("[db2, db3]", "[db2, db9]"),
    "not YAML": ("instances:", "instances: ]"),
}


def test_bad_files_change_nothing(world):
    before, version = world.cluster.run("db1", "export"), _version(world)
    for what, (good, bad) in BAD_FILES.items():
        expect(good in world.yaml, f"the test knows its own file: {good}")
        world.node("db1").put(world.yaml.replace(good, bad, 1), "/root/bad.yaml")
        done = world.cluster.attempt("db1", "apply", "/root/bad.yaml")
        said = done.out + done.err
        expect(done.rc == FILE_ERROR, f"{what}: exit {FILE_ERROR}, got {done}")
        expect(re.search(r"bad\.yaml:\d+:\d+: ", said), f"{what}: says where: {said}")
        expect("nothing was changed" in said, f"{what}: says that nothing was changed: {said}")
    expect(world.cluster.run("db1", "export") == before, "the configuration is as before")
    expect(_version(world) == version, "nothing was decided")


def test_apply_twice_changes_nothing(world):
    with world.rows():
        pids = {n: world.cluster.postmaster(n) for n in INSTANCES}
        world.cluster.apply(world.yaml)
        before, version = world.cluster.run("db1", "export"), _version(world)
        said = world.cluster.apply(world.yaml, "db3")
        expect("nothing to change" in said, f"it says so: {said}")
        expect(_version(world) == version, "the configuration's version is the same")
        expect(world.cluster.run("db3", "export") == before, "the configuration is the same")
        world.cluster.apply(before, "db2")
        expect(world.cluster.run("db2", "export") == before, "export and apply are inverse")
        expect({n: world.cluster.postmaster(n) for n in INSTANCES} == pids, "no engine restarted")


def test_dry_run_changes_nothing(world):
    changed = world.yaml.replace("owners: {preferred: [db1, db3]}",
                                 "owners: {preferred: [db3, db1]}")
    before, version = world.cluster.run("db1", "export"), _version(world)
    said = world.cluster.apply(changed, "db1", "--dry-run")
    expect("msgbox" in said, f"it tells what would change: {said}")
    expect(world.cluster.run("db1", "export") == before and _version(world) == version,
           "nothing changed")


def test_config_diff(world):
    """Is the file what runs? Asked on any node; nothing changes for it."""
    same = world.cluster.attempt("db2", "config", "diff", "-", stdin=world.yaml)
    expect(same.rc == 0 and "mean the same" in same.out, f"the applied file is what runs: {same}")
    version = _version(world)
    other = world.yaml.replace("{preferred: [db1, db3]}", "{preferred: [db3, db1]}", 1)
    done = world.cluster.attempt("db3", "config", "diff", "-", stdin=other)
    expect(done.rc == DIFFERENT, f"another file is another configuration: {done}")
    expect("instance msgbox: owners.preferred: [db1, db3] -> [db3, db1]" in done.out,
           f"and says in what: {done.out}")
    expect(_version(world) == version, "nothing was decided")


def _homes(world, node):
    return {row["database"]: row["instance"] for row in
            world.cluster.ask(node, "databases")["databases"]}


def test_databases_set(world):
    """A database gets another home in the configuration; no engine and no client notices."""
    listed = world.yaml.replace("    address: 10.77.0.102\n", "    address: 10.77.0.102\n"
                                "    databases: [{name: orders}, {name: rules}]\n", 1)
    with world.rows():
        world.cluster.apply(listed)
        pids = {n: world.cluster.postmaster(n) for n in INSTANCES}
        version = _version(world)
        world.cluster.run("db3", "databases", "set", "rules", "--instance", "msgbox", "--dry-run")
        expect(_version(world) == version, "a dry run decides nothing")
        refused = world.cluster.attempt("db3", "databases", "set", "wares", "--instance", "msgbox")
        expect(refused.rc == 1 and "no instance lists" in refused.err, f"a wrong name: {refused}")
        said = world.cluster.run("db3", "databases", "set", "rules", "--instance", "msgbox")
        expect("copy rules from main to msgbox" in said, f"who moves the data is told: {said}")
        for node in ("db1", "db2", "db3"):
            wait_until(lambda: _homes(world, node) == {"rules": "msgbox", "orders": "main"}, 10,
                       f"{node} knows: {_homes(world, node)}")
        expect({n: world.cluster.postmaster(n) for n in INSTANCES} == pids, "no engine restarted")
    world.cluster.apply(world.yaml)


def test_change_survives_power_cut(world):
    """What a command has acknowledged is on disk, on a majority."""
    changed = world.yaml.replace("owners: {preferred: [db1, db3]}",
                                 "owners: {preferred: [db1, db3]}\n    priority: 77")
    world.cluster.apply(changed)
    for node in world.lab.nodes:
        world.lab.power_off(node.name)
    for node in world.lab.nodes:
        world.lab.power_on(node.name, wait=False)
    for node in world.lab.nodes:
        node.wait_ready(60)
    world.cluster.wait_members(3)
    expect(re.search(r"priority: 77\b", world.cluster.run("db1", "export")),
           "the change is there after a full power cut")
    world.wait_home()


def test_strangers_are_refused(world):
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
    done = world.in_node("db1", [*as_nobody, "holdfast", "status"], check=False)
    expect(done.rc == NOT_PERMITTED, f"a stranger is refused: {done}")
    expect("group" in done.out + done.err, f"and told what to do: {done}")
    world.in_node("db1", "id operator1 2>/dev/null || { getent group holdfast || groupadd -r "
                         "holdfast; useradd -M -G holdfast operator1; }")
    member = ["setpriv", "--reuid=operator1", "--regid=operator1", "--init-groups", "--"]
    done = world.in_node("db1", [*member, "holdfast", "status"], check=False)
    expect(done.rc == 0, f"a member of the group is served: {done}")


def test_answers_make_sense(world):
    status = world.cluster.status()
    expect(status["cluster"]["quorate"] and status["cluster"]["nodes"] == 3, "quorate, three nodes")
    expect(not status["warnings"], f"nothing to warn of: {status['warnings']}")
    instances = {i["name"]: i for i in status["instances"]}
    expect(instances["msgbox"]["next"] == "db3", "the next in line is known")
    text = world.cluster.run("db3", "status")
    for word in ("db1", "db2", "db3", "msgbox", "main", "online", "quorate", "10.77.0.101"):
        expect(word in text, f"status shows {word}:\n{text}")
    expect("msgbox runs on db1" in world.cluster.run("db2", "why", "msgbox"), "why says where")
    history = world.cluster.ask("db2", "history")["records"]
    expect(any(r["instance"] == "msgbox" for r in history), "history knows msgbox")
    expect([r["index"] for r in history] == sorted(r["index"] for r in history), "in order")
    expect(world.cluster.attempt("db1", "why", "nonsense").rc == 1, "an unknown instance is refused")
    expect(world.cluster.attempt("db1", "nonsense").rc == 2, "an unknown verb is a usage error")


def test_start_that_fails_everywhere(world):
    broken = world.yaml.replace("data: /srv/msgbox/data}",
                                "data: /srv/msgbox/data, settings: {shared_buffers: nonsense}}")
    expect(broken != world.yaml, "the test knows its own file")
    with world.rows("main"):
        world.cluster.run("db1", "offline", "msgbox")
        world.cluster.apply(broken)
        world.cluster.attempt("db1", "online", "msgbox")
        wait_until(lambda: world.cluster.instance("msgbox")["phase"] in ("stranded", "failed"),
                   120, "msgbox is given up")
        why = world.cluster.why("msgbox")
        expect(why["because"] and why["hint"], f"the reason and what to do are told: {why}")
        said = world.cluster.run("db2", "why", "msgbox")
        for node in ("db1", "db2", "db3"):
            expect(node in said, f"why speaks of {node}:\n{said}")
        world.cluster.apply(world.yaml)
        world.cluster.run("db1", "online", "msgbox")
        world.cluster.wait_online("msgbox")
