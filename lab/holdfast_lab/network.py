"""The networks of a lab: bridges and taps in a network namespace of its own.

Happy path: four bridges, a tap for each interface of each node, addresses .1 for the machine.
Cutting: `state` moves the port to a bridge that is down: nothing passes either way, silently, with
the carrier up, and a reset of the node does not heal it (the port's own state 0 would: the kernel
sets it to forwarding whenever the carrier comes back). `link` does that, and the node's interface
goes down as well, as with a pulled cable (see Lab.cut; taking the tap down would put the node's
network driver into an error that only a reopening of the interface ends).
Failures: `ip` says what is wrong; the message is passed on.
"""

import ctypes
import json
import os
import socket
import subprocess
import threading

from . import places

CLONE_NEWNET = 0x40000000
VOID = "void"                  # the bridge of ports that are cut

_libc = ctypes.CDLL(None, use_errno=True)
_switch = threading.Lock()


class NetworkError(Exception):
    """`ip` or `bridge` refused."""


def _call(argv, text=None):
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NetworkError(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def _ip(name, lines):
    _call(["ip", "-n", places.namespace(name), "-batch", "-"], "\n".join(lines) + "\n")


def _mac(node, network):
    return f"02:77:00:00:{places.NETWORKS[network]:02x}:{places.host_number(node):02x}"


def vector(index, node, network):
    """The kernel argument that gives a node this interface."""
    return (f"vec{index}:transport=tap,ifname={places.tap(node, network)},depth=64,gro=1,"
            f"mac={_mac(node, network)}")


def create(name, nodes):
    """Make the namespace, its bridges, and the taps of these nodes."""
    _call(["ip", "netns", "add", places.namespace(name)])
    lines = ["link set lo up", f"link add {VOID} type bridge stp_state 0"]
    for network, subnet in places.NETWORKS.items():
        lines.append(f"link add {network} type bridge stp_state 0 forward_delay 0 mcast_snooping 0")
        if network in places.HOST_NETWORKS:
            lines.append(f"addr add 10.77.{subnet}.1/24 dev {network}")
        lines.append(f"link set {network} up")
    for node in nodes:
        for network in places.networks_of(node):
            tap = places.tap(node, network)
            lines += [f"tuntap add dev {tap} mode tap", f"link set {tap} master {network}",
                      f"link set {tap} up"]
    _ip(name, lines)


def delete(name):
    """Remove the namespace; bridges and taps go with it."""
    if places.namespace_path(name).exists():
        _call(["ip", "netns", "delete", places.namespace(name)])


def cut(name, node, networks):
    _ip(name, [f"link set {places.tap(node, n)} master {VOID}" for n in networks])


def heal(name, node, networks):
    _ip(name, [f"link set {places.tap(node, n)} master {n}" for n in networks])


def cut_taps(name):
    """The taps that are cut now, as the kernel has it."""
    links = json.loads(_call(["ip", "-n", places.namespace(name), "-j", "link"]))
    return {i["ifname"] for i in links if i.get("master") == VOID}


def enter(name):
    """Move the calling thread into the lab's network namespace."""
    fd = os.open(places.namespace_path(name), os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(fd, CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), "setns", str(places.namespace_path(name)))
    finally:
        os.close(fd)


def open_socket(name):
    """A TCP socket that lives in the lab's network namespace; the thread itself stays outside."""
    with _switch:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(name)
            return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        finally:
            _libc.setns(home, CLONE_NEWNET)
            os.close(home)


def client_argv(name, argv):
    """The command that runs argv on the machine, inside the lab's networks."""
    return ["nsenter", f"--net={places.namespace_path(name)}", "--", *argv]
