"""What a node cannot stop by itself, its watchdog stops: the last line, end to end."""

from support.world import expect, wait_until

RESET_S = 90               # noticed, told to stop, 15 s without being fed, and a slow machine
SERVED_S = 90
NEVER_S = 600


def _wait_reset(world, boots):
    wait_until(lambda: world.node("db1").state()["boots"] == boots + 1, RESET_S,
               "the watchdog resets db1")


def _back_in_service(world):
    world.node("db1").wait_ready(60)
    world.cluster.wait_members(3)


def test_engine_that_cannot_be_stopped(world):
    """Its processes wait in the kernel for a disk that never answers; no signal ends them."""
    with world.rows() as clients:
        boots = world.node("db1").boots()
        world.in_node("db1", f"for t in /sys/class/iscsi_session/session*/recovery_tmo; do "
                             f"echo {NEVER_S} > $t; done")
        for network in ("storage", "public", "private"):
            world.lab.cut("db1", network)
        world.cluster.wait_phase("msgbox", "online", "db3", SERVED_S, "db2")
        expect(world.node("db1").boots() == boots, "msgbox is served again before the reset")
        expect(world.serves("db1", "msgbox"), "msgbox could not be stopped on db1")
        clients["msgbox"].wait_rows(50)
        _wait_reset(world, boots)
        for network in ("storage", "public", "private"):
            world.lab.heal("db1", network)
        _back_in_service(world)
        expect(not world.serves("db1", "msgbox"), "nothing of msgbox is left on db1")


def test_daemon_that_hangs(world):
    """Nobody feeds the watchdog of a node whose holdfastd stands still, and its engines go down with it."""
    with world.rows() as clients:
        boots = world.node("db1").boots()
        world.in_node("db1", ["kill", "-STOP", str(world.pid("db1", "holdfastd"))])
        _wait_reset(world, boots)
        world.cluster.wait_online("msgbox", None, SERVED_S)
        clients["msgbox"].wait_rows(50)
        _back_in_service(world)
