"""One computer of the lab: a User-Mode Linux kernel in a pid namespace of its own.

    off --power_on--> on --SIGKILL--> off         a power cut: nothing is flushed, nothing said
                      on --kernel ends--> reset   panic, watchdog, reboot: the monitor boots it again

pid 1 of the namespace is a shell that waits for the kernel: as pid 1 the kernel could not abort
itself in a panic. SIGKILL of that pid 1 ends all of it at once; it is gone when all are gone. It
dies with its `unshare`, and that with the monitor, so nothing outlives the lab.
Failures: a kernel that ends at once shows up as a growing number of boots; its console says why.
"""

import os
import shutil
import signal
import subprocess

from . import network, places, processes
from .waiting import wait_until

START_S = 10
WAITING_SHELL = ["sh", "-c", '"$@"; exit $?', "sh"]


class Machine:
    """A node or the array, as the monitor holds it."""

    def __init__(self, config, name):
        self.config = config
        self.name = name
        self.folder = places.run_folder(config["name"]) / name
        self.process = None        # Popen of unshare
        self.kernel = None         # record of pid 1 of its namespace
        self.boots = 0
        self.powered = False
        self.frozen = False

    def _disks(self):
        folder = places.disk_folder(self.config["name"])
        disks = [folder / f"{self.name}.img"]
        if self.name == places.ARRAY:
            disks += [folder / f"lun{i}.img" for i in range(self.config["luns"])]
        return [f"ubd{i}={path}" for i, path in enumerate(disks)]

    def _arguments(self):
        c = self.config
        interfaces = enumerate(places.networks_of(self.name))
        return [f"mem={c['mem']}", f"umid={self.name}", f"uml_dir={self.folder}/uml",
                f"initrd={c['initramfs']}", "con=null", "con0=null,fd:1", "console=tty0",
                "panic=1", "noreboot", "quiet", "selinux=0", "apparmor=0", "rt_group_sched=0",
                *c["kernel"]["arguments"], *self._disks(),
                *(network.vector(i, self.name, n) for i, n in interfaces),
                f"hf.lab={c['name']}", f"hf.name={self.name}", f"hf.nodes={c['nodes']}",
                f"hf.host={places.host_number(self.name)}", f"hf.luns={c['luns']}",
                f"hf.modules={c['kernel']['modules']}", f"hf.install={c['install'] or ''}"]

    def power_on(self):
        """Start the kernel. Returns when its process exists."""
        if self.powered:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "uml", ignore_errors=True)
        kernel = self.config["kernel"]
        # A real computer shares its processor with no compiler: the kernels go first on this one.
        argv = ["nice", "-n", "-5", "setpriv", "--pdeathsig", "KILL",
                "unshare", "--pid", "--fork", "--kill-child",
                *WAITING_SHELL, *kernel["program"], *self._arguments()]
        with open(self.folder / "console", "ab") as console:
            self.process = subprocess.Popen(argv, cwd=kernel["folder"], stdin=subprocess.DEVNULL,
                                            stdout=console, stderr=console, start_new_session=True,
                                            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                                                 "HOME": "/root"})
        self.powered, self.frozen = True, False
        self.boots += 1
        self.kernel = wait_until(self._find_kernel, START_S, f"start of {self.name}'s kernel")

    def _find_kernel(self):
        if self.process.poll() is not None:
            return {"pid": self.process.pid, "start": 0}
        pids = processes.children(self.process.pid)
        return processes.identify(pids[0]) if pids else None

    def power_off(self):
        """Cut the power. Returns when the kernel has gone."""
        if not self.powered:
            return
        self.powered, self.frozen = False, False
        processes.kill_and_wait(self.kernel)
        self.process.wait()
        self.kernel = None

    def ended(self):
        """The kernel has ended by itself (or was killed from outside)?"""
        return self.powered and self.process.poll() is not None

    def forget(self):
        """The kernel has ended by itself: as a computer that is about to start again."""
        self.powered, self.frozen, self.kernel = False, False, None

    def freeze(self):
        """Stop the kernel first, then what runs for it."""
        if not self.powered:
            return
        self.frozen = True
        for pid in processes.namespace_members(self.kernel["pid"]):
            _signal(pid, signal.SIGSTOP)

    def thaw(self):
        """The other way round: the kernel last."""
        if not self.powered:
            return
        for pid in reversed(processes.namespace_members(self.kernel["pid"])):
            _signal(pid, signal.SIGCONT)
        self.frozen = False

    def state(self):
        """What state.json says about this machine."""
        return {"power": "on" if self.powered else "off", "frozen": self.frozen,
                "boots": self.boots, "kernel": self.kernel,
                "supervisor": processes.identify(self.process.pid) if self.powered else None}


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
