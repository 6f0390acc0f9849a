"""What instances use: a known load, and what the journal says of it, beside the node's own counters."""

import json
import math
import subprocess

from support.world import INSTANCES, expect, wait_until

RESOURCES = ("cpu", "memory", "network", "io", "disk_bytes")       # numbers of enum hf_measure
BIN = "/usr/lib/postgresql/15/bin"
RATE = 60                  # transactions a second: a load that is the same all the time
MINUTE_S = 60

ROWS = """
import json, sqlite3, sys
db = sqlite3.connect("/var/lib/holdfast/journal.db", timeout=30)      # holdfastd writes it meanwhile
# It is made with the first row.
known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'measure'").fetchone()
found = known and db.execute(
    "SELECT start_s, resource, samples, p50, p95, largest FROM measure "
    "WHERE level = ? AND instance = ? ORDER BY start_s", (int(sys.argv[1]), sys.argv[2]))
print(json.dumps(found.fetchall() if found else []))
"""

COUNTERS = """
import json, sys, time
group = "/sys/fs/cgroup/holdfast.slice/" + sys.argv[1]
def words(path):
    return dict(line.split()[:2] for line in open(path))
io = [dict(w.split("=") for w in line.split()[1:]) for line in open(group + "/io.stat")]
def total(*keys):
    return sum(int(device.get(key, 0)) for device in io for key in keys)
def spent(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 10
card = "/sys/class/net/public0/statistics/"
current = int(open(group + "/memory.current").read())
print(json.dumps({
    "at_s": time.time(), "cpu_us": int(words(group + "/cpu.stat")["usage_usec"]),
    "memory": current - sum(int(words(group + "/memory.stat")[cache])
                            for cache in ("inactive_file", "active_file", "slab_reclaimable")),
    "network": [int(open(card + way).read()) for way in ("rx_bytes", "tx_bytes")],
    "io": total("rios", "wios"), "disk_bytes": total("rbytes", "wbytes"),
    "spent_ms": [spent(pid) for pid in sys.argv[2:]]}))
"""


def _python(world, node, script, *argv):
    done = world.in_node(node, ["python3", "-c", script, *map(str, argv)], check=False)
    expect(done.rc == 0, f"{node} can be asked: {done.err}")
    return json.loads(done.out or "null")


def _rows(world, node, name, level=0):
    """{start_s: {resource: {"samples", "p50", "p95", "largest"}}} of the node's journal."""
    found = {}
    for start_s, resource, *numbers in _python(world, node, ROWS, level, name):
        row = dict(zip(("samples", "p50", "p95", "largest"), numbers))
        found.setdefault(start_s, {})[RESOURCES[resource]] = row
    return found


def _load(world, name, seconds):
    base = ["-h", INSTANCES[name]["address"], "-U", "postgres"]
    return world.lab.client_popen([f"{BIN}/pgbench", *base, "-n", "-c", "2", "-R", str(RATE),
                                   "-T", str(seconds), "load"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)


def _meter(world, node):
    parent = world.pid(node, "holdfastd")
    return int(world.in_node(node, ["pgrep", "-x", "-P", str(parent), "hf:meter"]).out)


def _close(name, said, counted, low, high):
    print(f"  {name}: the journal says {said}, the counters {counted:.0f}", flush=True)
    expect(counted * low <= said <= counted * high,
           f"{name} in the journal is that of the node's counters: {said}, and {counted:.0f}")


def test_demand_measured(world):
    """A minute of a known load: its row is what cgroup and interface counted in that minute."""
    world.sql("msgbox", "DROP DATABASE IF EXISTS load")
    world.sql("msgbox", "CREATE DATABASE load")
    made = world.lab.client_run([f"{BIN}/pgbench", "-h", INSTANCES["msgbox"]["address"], "-U",
                                 "postgres", "-q", "-i", "-s", "2", "load"], capture_output=True)
    expect(made.returncode == 0, f"the load's tables are made: {made.stderr}")
    load = _load(world, "msgbox", 600)
    try:
        pids = (_meter(world, "db1"), world.pid("db1", "holdfastd"))

        def look():
            return _python(world, "db1", COUNTERS, "msgbox", *pids)
        begin = look()
        minute = math.ceil((begin["at_s"] + 5) / MINUTE_S) * MINUTE_S
        begin = wait_until(lambda: (c := look())["at_s"] >= minute and c, 90, "a minute begins")
        end = wait_until(lambda: (c := look())["at_s"] >= minute + MINUTE_S and c, 90, "and ends")
        row = wait_until(lambda: _rows(world, "db1", "msgbox").get(minute), 30, "its row is written")
        _check(row, begin, end)
        _told(world, row, minute)
        _moves(world)
    finally:
        load.kill()
        load.wait()


def _check(row, begin, end):
    took_s = end["at_s"] - begin["at_s"]

    def rate(key):
        return (end[key] - begin[key]) / took_s
    expect(set(row) == set(RESOURCES), f"everything was measured: {sorted(row)}")
    expect(all(8 <= r["samples"] <= 13 for r in row.values()), f"every five seconds: {row}")
    _close("processor", row["cpu"]["p50"], rate("cpu_us") / 1000, 0.7, 1.4)
    _close("memory", row["memory"]["largest"], end["memory"], 0.9, 1.15)
    busier = max(e - b for b, e in zip(begin["network"], end["network"])) / took_s
    # The interface also counts headers, acknowledgements, and the cluster's own messages.
    _close("network", row["network"]["p50"], busier, 0.3, 1.05)
    _close("disk requests", row["io"]["p50"], rate("io"), 0.6, 1.5)
    _close("disk bytes", row["disk_bytes"]["p50"], rate("disk_bytes"), 0.5, 1.6)
    for r in row.values():
        expect(r["p50"] <= r["p95"] <= r["largest"], f"percentiles are in order: {r}")
    meter, daemon = (e - b for b, e in zip(begin["spent_ms"], end["spent_ms"]))
    print(f"  in {took_s:.0f} s the meter took {meter} ms of a processor, holdfastd {daemon} ms",
          flush=True)
    expect(meter <= took_s * 1000 * 0.01, f"looking costs less than a hundredth: {meter} ms")


def _told(world, row, minute):
    """The commands say what the journal has, and what is used now."""
    told = world.cluster.ask("db1", "demand", "--instance", "msgbox", "--per", "minute", "-n", "3")
    rows = {r["start_ms"] // 1000: r for r in told["instances"][0]["rows"]}
    for key, name in zip(("cpu_milli", "memory_bytes", "network_bytes_s", "io_per_s",
                          "disk_bytes_s"), RESOURCES):
        expect(rows[minute][key]["p50"] == row[name]["p50"], f"{key}: {rows[minute]}, {row[name]}")
    print(world.cluster.run("db1", "demand", "--instance", "msgbox", "--per", "minute"), flush=True)
    use = world.cluster.instance("msgbox", "db1")["demand"]
    expect(row["cpu"]["p50"] / 4 < use["used"]["cpu_milli"] < row["cpu"]["largest"] * 4,
           f"status shows the newest look: {use}, {row['cpu']}")
    expect(use["measured"]["hours"] >= 1, f"and what it needs: {use}")
    node = next(n for n in world.cluster.status("db1")["nodes"] if n["name"] == "db1")["capacity"]
    cpus, memory = _python(world, "db1", "import json, os; print(json.dumps([os.cpu_count(), "
                           "os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')]))")
    expect(node["measured"]["cpu_milli"] == cpus * 1000, f"processors of db1: {node}")
    expect(abs(node["measured"]["memory_bytes"] - memory) < memory * 0.02, f"memory of db1: {node}")
    expect(node["used"]["memory_bytes"] < memory, f"and what is used of it: {node}")
    other = world.cluster.instance("msgbox", "db2")["demand"]
    expect(other["used"] is None, f"db2 does not measure what runs on db1: {other}")
    _counts(world, use)
    print(world.cluster.run("db1", "status"), flush=True)


def _counts(world, use):
    """What the owner measured counts on every node, and goes into the plan; also what nodes have."""
    def near(node):
        counts = world.cluster.instance("msgbox", node)["demand"]["counts"]["memory_bytes"] or 0
        return abs(counts - use["measured"]["memory_bytes"]) <= max(counts / 8, 65 << 20)
    for node in ("db1", "db2", "db3"):
        wait_until(lambda n=node: near(n), 90, f"{node} counts with what db1 measured")
    status = world.cluster.status("db2")
    for node in status["nodes"]:
        expect(node["capacity"]["counts"]["memory_bytes"], f"what {node['name']} has is known: {node}")
    plan = json.loads(world.cluster.attempt("db3", "plan", "--json").out)
    known = {n["name"]: n["capacity"]["memory"] for n in plan["nodes"]}
    expect(all(known.values()), f"the plan knows what nodes have: {known}")
    print(f"  db3 counts with {world.cluster.instance('msgbox', 'db3')['demand']['counts']} for "
          f"msgbox, MiB of the nodes: {known}", flush=True)


def _moves(world):
    """What it uses elsewhere is in the other node's journal, and not in this one's."""
    world.cluster.run("db1", "move", "msgbox", "db3")
    here = sum(r["cpu"]["samples"] for r in _rows(world, "db1", "msgbox", 1).values())
    load = _load(world, "msgbox", 20)
    expect(load.wait(timeout=60) == 0, "the load on db3 ran")
    world.cluster.run("db1", "move", "msgbox", "db1")
    there = wait_until(lambda: _rows(world, "db3", "msgbox", 1), 30, "rows in db3's journal")
    expect(sum(r["cpu"]["samples"] for r in there.values()) >= 2, f"two looks or more: {there}")
    expect(max(r["io"]["largest"] for r in there.values()) > 0, f"it wrote on db3: {there}")
    now = _rows(world, "db1", "msgbox", 1)
    expect(sum(r["cpu"]["samples"] for r in now.values()) <= here + 2,
           f"db1 measured nothing while it was away: {now}")


DATABASES = {"msgbox": "runtime", "main": "tools"}


def _pair(world, passive_mib):
    """Two nodes that carry one instance each, and a passive one of this size."""
    text = world.yaml
    for node, mib in (("db1", 1024), ("db2", 1024), ("db3", passive_mib)):
        line = next(row for row in text.splitlines() if row.lstrip().startswith(f"{node}:"))
        text = text.replace(line, line.replace("}", f", capacity: {{memory: {mib}MiB}}}}"), 1)
    for name, writer in DATABASES.items():
        address = f"    address: {INSTANCES[name]['address']}\n"
        text = text.replace(address, address + "    demand: {memory: 600MiB}\n"
                            f"    databases: [{{name: {name}_db, written_by: {writer}}}]\n", 1)
    return text


def test_pair_that_cannot_carry_both(world):
    """The more important one is served, the other is left out and says why; as plan said before.

    With the passive node that plan proposes, the same loss leaves out nothing.
    """
    with world.rows():
        world.cluster.apply(_pair(world, 64), "db2", "--yes")
        planned = json.loads(world.cluster.attempt("db2", "plan", "--json").out)
        expect(not planned["verdict"]["holds"], f"plan says it before: {planned['verdict']['text']}")
        expect("main" in planned["verdict"]["text"], f"and names it: {planned['verdict']['text']}")
        heals = json.dumps(planned["heal"])
        expect("db3" in heals or "passive" in heals, f"plan proposes a passive node: {heals}")
        world.lab.power_off("db1")
        world.cluster.wait_online("msgbox", "db2", 60)
        left = world.cluster.wait_phase("main", "stranded", None, 60)
        expect(left["reason"]["code"] in ("stopped-for", "no-room"), f"it says why: {left['reason']}")
        print(f"  main: {left['reason']['text']}", flush=True)
        world.lab.power_on("db1")
        world.cluster.wait_members(3)
        world.cluster.wait_online("main", None, 60)
        world.cluster.apply(_pair(world, 1024), "db2", "--yes")
        planned = json.loads(world.cluster.attempt("db2", "plan", "--json").out)
        expect(planned["verdict"]["holds"], f"plan says it is healed: {planned['verdict']['text']}")
        lost, other = world.cluster.owner("msgbox"), world.cluster.owner("main")
        world.lab.power_off(lost)
        world.cluster.wait_online("msgbox", "db3", 60)
        world.cluster.wait_online("main", other, 60)
        world.lab.power_on(lost)
        world.cluster.wait_members(3)
