"""What to look at after a failure: one file for each node and thing, while the lab is still there.

Failure: what a node cannot tell (no power, hung) is a line that says so in its file.
"""

import os
import subprocess
import tarfile
import time
from contextlib import contextmanager

from . import REPOSITORY, events
from holdfast_lab import NodeGone

EVIDENCE = {
    "status": "holdfast status; holdfast status --json",
    "history": "holdfast history -n 100",
    "why": "holdfast why msgbox; holdfast why main",
    "holdfastd.log": "cat /var/log/holdfastd.log",
    "corosync.log": "cat /var/log/corosync.log; corosync-quorumtool -s; cat /etc/corosync/corosync.conf",
    "postgresql.log": "tail -n 200 /var/log/holdfast/*",
    "processes": "ps axo pid,ppid,stat,wchan:20,cgroup,args",
    "system": "date +%s.%N; dmesg | tail -n 200; cat /proc/mounts; ip -br addr; "
              "ls -la /dev/disk/by-id; free -m",
    "reservations": "for d in /dev/disk/by-id/*0001 /dev/disk/by-id/*0002; do "
                    "timeout 5 sg_persist -k $d; timeout 5 sg_persist -r $d; done",
}


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def collect(lab, folder):
    """Everything that the nodes of this lab can tell, into a folder that is made."""
    os.makedirs(folder, exist_ok=True)
    for node in lab.nodes:
        write(folder, f"{node.name}.console", node.console())
        for name, command in EVIDENCE.items():
            try:
                done = node.run(command, timeout=15, check=False)
                write(folder, f"{node.name}.{name}", done.out + done.err)
            except (NodeGone, OSError, subprocess.TimeoutExpired) as error:
                write(folder, f"{node.name}.{name}", f"not to be had: {error}\n")
        try:
            events.fetch(node, os.path.join(folder, "events"))
        except (NodeGone, OSError, subprocess.TimeoutExpired, tarfile.TarError) as error:
            write(folder, f"{node.name}.events", f"not to be had: {error}\n")


def folder_for(name):
    """Where the evidence of this failure goes, in the build folder."""
    build = os.environ.get("HOLDFAST_BUILD", str(REPOSITORY / "build"))
    return os.path.join(build, "lab-failures", f"{time.strftime('%H%M%S')}-{name}")


@contextmanager
def kept(lab, name):
    """What goes wrong inside leaves its evidence, and goes on."""
    try:
        yield
    except BaseException:
        keep(lab, name)
        raise


def keep(lab, name):
    """Collect, and say where it is. What cannot be had hides no failure."""
    folder = folder_for(name)
    try:
        collect(lab, folder)
    except Exception as error:
        print(f"  not all could be collected: {error}", flush=True)
    print(f"  what helps to understand it: {folder}", flush=True)
