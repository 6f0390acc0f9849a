"""Names and places: everything a lab owns follows from its name.

    /run/holdfast-lab/NAME      state.json, the monitor's socket, consoles
    CACHE/labs/NAME             disks of the nodes and of the array (sparse)
    network namespace hf-NAME   bridges and taps; so their names never clash between labs
"""

import os
import re
from pathlib import Path

NETWORKS = {"public": 0, "private": 1, "storage": 2, "mgmt": 9}
ARRAY = "array"
ARRAY_NETWORKS = ("storage", "mgmt")
HOST_NETWORKS = ("public", "mgmt")        # where the machine itself has the address .1
AGENT_PORT = 7701
POWER_PORT = 7790
LUNS_MAX = 14
RUN = Path("/run/holdfast-lab")


def repository():
    """The project's folder."""
    return Path(__file__).resolve().parents[2]


def cache():
    """Where `prepare` keeps what can be kept."""
    return Path(os.environ.get("HOLDFAST_LAB_CACHE", "/var/cache/holdfast-lab"))


def lab_name():
    """The lab that the environment asks for."""
    return os.environ.get("LAB", "holdfast")


def check_name(name):
    """Names become names of folders and network namespaces."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", name):
        raise ValueError(f"lab name {name!r}: use small letters, digits and '-', at most 32")
    return name


def run_folder(name):
    return RUN / name


def disk_folder(name):
    return cache() / "labs" / name


def namespace(name):
    return f"hf-{name}"


def namespace_path(name):
    return Path("/run/netns") / namespace(name)


def node_names(count):
    return [f"db{i}" for i in range(1, count + 1)]


def host_number(node):
    """The last number of all addresses of a node."""
    return 2 if node == ARRAY else 10 + int(node[2:])


def networks_of(node):
    return ARRAY_NETWORKS if node == ARRAY else tuple(NETWORKS)


def address(node, network):
    return f"10.77.{NETWORKS[network]}.{host_number(node)}"


def tap(node, network):
    return f"{node}-{network}"


def wwn(lun):
    """The world-wide name that LIO derives from the serial number the array gives the disk."""
    return f"6001405a11ce{0:016d}{lun:04x}"


def device(lun):
    """The disk's stable name in every node. LUN 0 is the witness."""
    return f"/dev/disk/by-id/wwn-0x{wwn(lun)}"
