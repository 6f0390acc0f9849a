"""`holdfast validate` on the cluster of the lab: nothing fails that should not, and planted faults do."""

import json

from support.world import expect, wait_until

FAILED = 9

# Warnings that are true of the lab, and why it is as it is.
TRUE_HERE = {
    "inventory.memory": "the nodes' kernels see a little more or less of what they were given",
    "identity.hostname": "all nodes share the files of one machine",
    "identity.engine-pinned": "the machine's postgres has the number its package drew",
    "identity.group": "nobody but root is in the lab",
    "network.names": "no name service knows the nodes",
    "quorum.sites": "there is one site",
    "storage.paths": "one path to the array",
    "system.clock-synchronised": "nothing in the nodes keeps time",
    "system.holdfastd": "the lab's own init starts it",
    "system.corosync": "the lab's own init starts it",
    "system.watchdog": "this scenario's nodes have none",
    "system.scheduling": "three kernels share this machine's processors",
    "quorum.round-trip": "three kernels share this machine's processors",
    "capacity.known": "test/lab/cluster.yaml states none",
}


def _validate(world, node="db2", *more):
    done = world.cluster.attempt(node, "validate", "--json", *more)
    expect(done.rc in (0, FAILED), f"validate ends with 0 or {FAILED}: {done}")
    answer = json.loads(done.out)
    answer["rc"], answer["said"] = done.rc, done.err
    answer["by"] = {c["id"]: c for c in answer["checks"]}
    return answer


def _bad(answer, result):
    return {c["id"]: [s for s in c["seen"] if s["result"] == result]
            for c in answer["checks"] if c["result"] == result}


def _of_all(world, node, *more):
    """The answer once every node was looked at: one that is held up too long is not, rightly."""
    def look():
        answer = _validate(world, node, *more)
        return answer if all(n["looked_at"] for n in answer["nodes"]) else None
    return wait_until(look, 90, "an answer about all nodes")


def _fails_on(world, check, node):
    answer = _of_all(world, "db2", "--only", check)
    seen = {s["node"] for s in answer["by"][check]["seen"] if s["result"] == "fail"}
    expect(answer["rc"] == FAILED and seen == {node}, f"{check} fails on {node}: {answer['by']}")


def _clocks_that_nothing_keeps(answer):
    """Nodes whose clocks nothing keeps, and which a busy machine has made fall behind: that is true."""
    loose = {s["node"] for s in answer["by"]["system.clock-synchronised"]["seen"]
             if s["result"] == "warning"}
    off = {s["node"] for s in answer["by"]["system.clock-agree"]["seen"] if s["result"] == "fail"}
    return bool(off) and off <= loose


def test_validate_finds_nothing_wrong(world):
    with world.rows():
        answer = _of_all(world, "db2")
    expect(all(n["looked_at"] for n in answer["nodes"]) and len(answer["nodes"]) == 3,
           f"all nodes were looked at: {answer['nodes']} {answer['said']}")
    failed, warned = _bad(answer, "fail"), _bad(answer, "warning")
    if _clocks_that_nothing_keeps(answer):
        print("  clocks of the nodes differ, and nothing keeps them", flush=True)
        del failed["system.clock-agree"]
    expect(not failed, f"nothing fails: {json.dumps(failed, indent=1)}")
    strange = {k: v for k, v in warned.items() if k not in TRUE_HERE}
    expect(not strange, f"every warning has its reason: {json.dumps(strange, indent=1)}")
    for check in ("network.reach", "network.mtu", "storage.present", "storage.identity",
                  "storage.reservations", "storage.mounted", "network.virtual-address",
                  "identity.engine-uid", "engine.version", "engine.libc", "engine.data-version",
                  "quorum.conf-alike", "quorum.conf-nodes", "quorum.key-alike", "quorum.token",
                  "quorum.links", "system.cgroup"):
        expect(answer["by"][check]["result"] == "pass",
               f"{check} was looked at and passes: {answer['by'][check]}")


def test_validate_finds_what_is_planted(world):
    db1, db3 = world.node("db1"), world.node("db3")
    disk = "/dev/disk/by-id/wwn-0x6001405a11ce00000000000000000001"
    fstab = db3.run(["cat", "/etc/fstab"], check=False).out
    interface = db1.run("ip -o -4 addr | grep 10.77.1.11/ | cut -d' ' -f2").out.strip()
    try:
        db3.put(f"{fstab}\n{disk} /srv/msgbox ext4 defaults 0 0\n", "/etc/fstab")
        _fails_on(world, "storage.fstab", "db3")
        db1.run(["ip", "link", "set", interface, "mtu", "1400"])
        _fails_on(world, "network.mtu", "db1")
    finally:
        db3.put(fstab, "/etc/fstab")
        db1.run(["ip", "link", "set", interface, "mtu", "1500"], check=False)
    answer = _of_all(world, "db1", "--only", "storage.fstab,network.mtu")
    expect(answer["rc"] == 0, f"mended: {answer['by']}")


def test_disks_are_those_of_the_file(world):
    """Every node tells the same: the shared disks, whose they are, and that all see them."""
    answers = [world.cluster.ask(node.name, "disks") for node in world.lab.nodes]
    for answer in answers:
        expect(all(one["looked_at"] for one in answer["nodes"]), f"all were asked: {answer}")
        owned = {one["instance"]: one for one in answer["disks"] if one["instance"]}
        expect(set(owned) == {"msgbox", "main"}, f"each instance has its disk: {answer}")
        for name, one in owned.items():
            expect(one["device"] in world.yaml, f"by the name of the file: {one}")
            expect(sorted(one["seen_by"]) == ["db1", "db2", "db3"], f"all see {name}'s: {one}")
    expect(answers[0]["disks"] == answers[1]["disks"] == answers[2]["disks"], "and all agree")
    text = world.cluster.run("db2", "disks", "--instance", "msgbox")
    expect("msgbox" in text and "all 3" in text, f"its own are listed:\n{text}")
    expect(" main " not in text, f"and not those of others:\n{text}")


def test_validate_says_which_node_is_missing(world):
    world.in_node("db3", ["systemctl", "stop", "holdfastd"])
    world.cluster.wait_members(2, 60)
    answer = _validate(world, "db1", "--only", "inventory.complete,inventory.kernel")
    missing = [n for n in answer["nodes"] if not n["looked_at"]]
    expect([n["name"] for n in missing] == ["db3"] and "holdfastd" in missing[0]["why_not"],
           f"db3 is missing, and why: {answer['nodes']}")
    expect(answer["by"]["inventory.complete"]["result"] == "warning", "it is a warning")
    expect(answer["by"]["inventory.kernel"]["result"] == "not-run", "nothing passes unseen")
    world.in_node("db3", ["systemctl", "start", "holdfastd"])
    world.cluster.wait_members(3, 60)


def test_validate_does_not_wait_for_a_daemon_that_hangs(world):
    """It stays in the group and says nothing; as one of a version that does not know the question."""
    pid = str(world.pid("db3", "holdfastd"))
    world.in_node("db3", ["kill", "-STOP", pid])
    try:
        answer = _validate(world, "db1", "--only", "inventory.complete,inventory.kernel")
    finally:
        world.in_node("db3", ["kill", "-CONT", pid])
    missing = {n["name"]: n["why_not"] for n in answer["nodes"] if not n["looked_at"]}
    expect("did not take the question" in missing.get("db3", ""), f"db3 hangs: {missing}")
    expect(answer["rc"] == 0 and answer["by"]["inventory.kernel"]["result"] == "not-run",
           f"nothing passes unseen: {answer['by']}")
    world.cluster.wait_members(3, 60)
    expect(not _bad(_of_all(world, "db1", "--only", "inventory.complete"), "warning"),
           "and once it goes on it is looked at again")
