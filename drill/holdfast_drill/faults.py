"""The checklist: what administrators of such clusters break before they go live, and some more."""

from .scenario import scenario
from .trial import STOPPED_S, expect


# -- Power

@scenario("power-active", "Power failure on the active server",
          "the next node in line takes the instance over; the node comes back and takes nothing")
def power_active(trial):
    trial.fault(f"{trial.active} lost power", lambda: trial.lab.power_off(trial.active))
    owner = trial.moves()
    trial.lab.power_on(trial.active)
    trial.whole()
    expect(trial.cluster.owner(trial.scenario.instance) == owner, "it stays where it is")


@scenario("power-passive", "Power failure on the passive server",
          "nothing moves, clients notice nothing", nodes=(3,))
def power_passive(trial):
    trial.fault(f"{trial.passive} lost power", lambda: trial.lab.power_off(trial.passive))
    trial.cluster.wait_members(len(trial.lab.nodes) - 1)
    trial.goes_on("msgbox", "main")


@scenario("power-all", "Power failure of every server",
          "when power is back, the cluster forms and serves everything by itself")
def power_all(trial):
    names = [n.name for n in trial.lab.nodes]

    def cut():
        for name in names:
            trial.lab.power_off(name)
        for name in names:
            trial.lab.power_on(name, wait=False)
    trial.fault("all nodes lost power", cut)
    trial.whole()
    for name in trial.clients:
        trial.served_again(name)


# -- Disk

@scenario("disk-active", "Loss of the disk connection on the active server",
          "another node takes the instance over; when the path is back the node cleans up by itself")
def disk_active(trial):
    trial.fault(f"{trial.active} lost its path to the array",
                lambda: trial.lab.cut(trial.active, "storage"))
    trial.moves()
    trial.lab.heal(trial.active, "storage")
    trial.gone(trial.active, trial.scenario.instance, 120)
    trial.whole()


# -- Networks

@scenario("public-active", "Broken public network connection on the active server",
          "clients cannot reach it there: another node takes the instance over")
def public_active(trial):
    trial.fault(f"the public network of {trial.active} was cut",
                lambda: trial.lab.cut(trial.active, "public"))
    trial.moves()
    trial.lab.heal(trial.active, "public")
    trial.whole()


@scenario("private-active", "Broken private network connection on the active server",
          "the cluster goes on over the public network, warns, and moves nothing")
def private_active(trial):
    _cut_unnoticed(trial, trial.active, "private")


@scenario("public-passive", "Broken public network connection on the passive server",
          "nothing moves, and status warns", nodes=(3,))
def public_passive(trial):
    _cut_unnoticed(trial, trial.passive, "public")


@scenario("private-passive", "Broken private network connection on the passive server",
          "nothing moves, and status warns", nodes=(3,))
def private_passive(trial):
    _cut_unnoticed(trial, trial.passive, "private")


def _cut_unnoticed(trial, node, network):
    trial.fault(f"the {network} network of {node} was cut", lambda: trial.lab.cut(node, network))
    trial.says(node, f"{node} reaches no other node over the {network} network")
    trial.goes_on("msgbox", "main")
    trial.lab.heal(node, network)
    trial.whole()


@scenario("isolated-active", "All networks of the active server broken, its disk path works",
          "the others take the instance over; the node stops its own by itself")
def isolated_active(trial):
    node = trial.active

    def cut():
        trial.lab.cut(node, "public")
        trial.lab.cut(node, "private")
    trial.fault(f"{node} was cut off from both networks", cut)
    trial.moves()
    trial.gone(node, trial.scenario.instance)
    trial.lab.heal(node, "public")
    trial.lab.heal(node, "private")
    trial.whole()


# -- The database service

@scenario("engine-killed", "Failed database service", "it is started again where it is")
def engine_killed(trial):
    pid = str(trial.cluster.postmaster(trial.scenario.instance))
    trial.fault("the engine's main process was killed",
                lambda: trial.in_node(trial.active, ["kill", "-9", pid]))
    trial.restarts_in_place()


@scenario("engine-hung", "Database service that does not answer any more",
          "after health.timeout it is ended and started again, or moved")
def engine_hung(trial):
    pid = str(trial.cluster.postmaster(trial.scenario.instance))
    trial.fault("the engine's main process was stopped (SIGSTOP)",
                lambda: trial.in_node(trial.active, ["kill", "-STOP", pid]))
    trial.has_a_new_engine()


# -- The node

@scenario("frozen-active", "Active server that stands still, and wakes up after the takeover",
          "another node takes the instance over; what the old one still writes is refused")
def frozen_active(trial):
    node = trial.active
    trial.fault(f"{node} was frozen", lambda: trial.lab.freeze(node))
    trial.moves()
    trial.lab.thaw(node)
    trial.gone(node, trial.scenario.instance, 60)
    trial.whole()


@scenario("corosync-killed", "Corosync killed on the active server",
          "the instance goes on or moves, and the node is a member again by itself")
def corosync_killed(trial):
    node = trial.active
    pid = str(trial.world.pid(node, "corosync"))
    trial.fault(f"corosync on {node} was killed", lambda: trial.in_node(node, ["kill", "-9", pid]))
    trial.whole()
    trial.served_again(trial.scenario.instance)


@scenario("holdfastd-killed", "holdfastd killed on the active server",
          "it is started again and adopts what runs; clients notice nothing")
def holdfastd_killed(trial):
    node = trial.active
    before = trial.world.pid(node, "holdfastd")
    trial.fault(f"holdfastd on {node} was killed",
                lambda: trial.in_node(node, ["kill", "-9", str(before)]))
    trial.wait(lambda: trial.world.pid(node, "holdfastd") not in (0, before), "holdfastd is back")
    trial.whole()
    trial.goes_on("msgbox", "main")


@scenario("majority-lost", "Two of three servers lost",
          "the last one stops what it runs and says why; with the others all is served again",
          nodes=(3,))
def majority_lost(trial):
    gone = trial.others(trial.active)

    def cut():
        for node in gone:
            trial.lab.power_off(node)
    trial.fault(f"{' and '.join(gone)} lost power", cut)
    trial.gone(trial.active, trial.scenario.instance, STOPPED_S)
    trial.says(trial.active, "quorum")
    for node in gone:
        trial.lab.power_on(node, wait=False)
    for node in gone:
        trial.lab[node].wait_ready(60)
    trial.whole()
    for name in trial.clients:
        trial.served_again(name)


# -- What administrators do

@scenario("move", "Planned move there and back", "clients wait a moment each time")
def move(trial):
    name, home = trial.scenario.instance, trial.active
    trial.fault(f"holdfast move {name} {trial.passive}",
                lambda: trial.cluster.run(trial.passive, "move", name, trial.passive))
    trial.moves()
    trial.cluster.run(trial.passive, "move", name, home)
    trial.cluster.wait_online(name, home)


@scenario("drain", "Maintenance: the active server is drained and resumed",
          "everything moves off it, and nothing moves back by itself")
def drain(trial):
    node = trial.active
    trial.fault(f"holdfast drain {node}", lambda: trial.cluster.run(node, "drain", node))
    trial.moves()
    trial.gone(node, trial.scenario.instance)
    trial.cluster.run(node, "resume", node)
