"""The kernels a lab can run, and the node's program they start.

    fast    user-mode-linux of Debian unstable with `seccomp=on`, unpacked into the cache together
            with its own libc. Nothing is installed. Its loader is named in the program by a
            relative path (./ld.so), so it is started in its own folder and never meets the host's libc.
    stock   the installed user-mode-linux package of Debian 12

Failures: no network or a kernel that does not boot here -> PrepareFailed for that kernel; without a
choice by HOLDFAST_LAB_KERNEL the stock one is used then.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import places
from .initramfs import write_initramfs

TRIAL_BOOT_S = 60
MIRROR = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LOADER = "lib*/x86_64-linux-gnu/ld-linux-x86-64.so.2"


class PrepareFailed(Exception):
    """This kernel cannot be had, or does not run here."""


@dataclass
class Kernel:
    """How to start a kernel."""
    kind: str                  # fast or stock
    release: str
    program: list              # argv before the kernel's arguments
    folder: str                # where it must be started
    arguments: list
    modules: str


def say(text):
    print(f"lab: {text}", flush=True)


def _fast_folder():
    return places.cache() / "fast"


def _apt_configuration(work):
    """Signatures are checked. A mirror that is some weeks behind is good enough for the lab's kernel."""
    for sub in ("lists/partial", "archives/partial"):
        (work / sub).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {MIRROR} sid main\n")
    conf = work / "apt.conf"
    conf.write_text(f'''Dir::State "{work}"; Dir::State::lists "{work}/lists";
Dir::State::status "{work}/status"; Dir::Cache "{work}"; Dir::Cache::archives "{work}/archives";
Dir::Etc::sourcelist "{work}/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null"; APT::Architecture "amd64"; Acquire::Languages "none";
APT::Sandbox::User "root"; Acquire::Check-Valid-Until "false";
''')
    return conf


def _checked(argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise PrepareFailed(f"{argv[0]}: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout


def _download(work):
    env = dict(os.environ, APT_CONFIG=str(_apt_configuration(work)))
    say("fast kernel: reading the package list of Debian unstable")
    _checked(["apt-get", "-q", "update"], env=env)
    say("fast kernel: downloading user-mode-linux and libc6 (38 MB)")
    _checked(["apt-get", "-q", "download", "user-mode-linux", "libc6"], env=env, cwd=work)
    for package in work.glob("*.deb"):
        _checked(["dpkg-deb", "-x", str(package), str(work / "root")])


def _use_own_loader(program):
    """Let the program find its loader as ./ld.so instead of at the system's path."""
    data = bytearray(program.read_bytes())
    old, new = b"/lib64/ld-linux-x86-64.so.2\0", b"./ld.so\0"
    at = data.find(old)
    if at < 0:
        raise PrepareFailed("fast kernel: unexpected loader path in its program")
    data[at:at + len(old)] = new.ljust(len(old), b"\0")
    program.write_bytes(data)


def _assemble(work, folder):
    root = work / "root/usr"
    folder.mkdir()
    shutil.copy(root / "bin/linux.uml", folder / "linux")
    _use_own_loader(folder / "linux")
    shutil.copy(next(root.glob(LOADER)), folder / "ld.so")
    shutil.copy(root / "lib/x86_64-linux-gnu/libc.so.6", folder / "libc.so.6")
    shutil.move(root / "lib/uml/modules", folder / "modules")


def _describe_fast():
    folder = _fast_folder()
    release = next((folder / "modules").iterdir()).name
    return Kernel("fast", release, ["/usr/bin/env", f"LD_LIBRARY_PATH={folder}", "./linux"],
                  str(folder), ["seccomp=on"], str(folder / "modules" / release))


def _describe_stock():
    program = shutil.which("linux.uml")
    modules = Path("/usr/lib/uml/modules")
    if not program or not modules.is_dir():
        raise PrepareFailed("stock kernel: the package user-mode-linux is not installed")
    release = _checked([program, "--version"]).strip()
    return Kernel("stock", release, [program], "/", [], str(modules / release))


def _trial_boot(kernel):
    """Boot it to the node's program, which finds no identity, says so and powers off."""
    with tempfile.TemporaryDirectory(prefix="holdfast-lab-") as work:
        argv = kernel.program + ["mem=128M", f"uml_dir={work}", "umid=trial", "noreboot", "quiet",
                                 f"initrd={initramfs()}", "con=null", "con0=null,fd:1",
                                 "console=tty0", *kernel.arguments]
        try:
            done = subprocess.run(argv, cwd=kernel.folder, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=TRIAL_BOOT_S, check=False,
                                  start_new_session=True)
        except subprocess.TimeoutExpired as late:
            raise PrepareFailed(f"{kernel.kind} kernel: no boot in {TRIAL_BOOT_S} s") from late
    if b"no identity" not in done.stdout:
        raise PrepareFailed(f"{kernel.kind} kernel does not boot here: {done.stdout[-300:]!r}")


def _fetch_fast():
    folder = _fast_folder()
    if folder.exists():
        return
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=places.cache()) as work:
        _download(Path(work))
        _assemble(Path(work), Path(work) / "fast")
        (Path(work) / "fast").rename(folder)


def initramfs():
    """The initramfs with the node's program, built when its sources changed."""
    sources = sorted((places.repository() / "lab/node").glob("*.[ch]"))
    digest = hashlib.sha256(b"".join(s.read_bytes() for s in sources)).hexdigest()[:16]
    path = places.cache() / f"node-{digest}.cpio"
    if not path.exists():
        say("building the node's program")
        places.cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="node-", dir=places.cache()) as work:
            program = Path(work) / "init"
            _checked(["gcc", "-std=c17", "-D_GNU_SOURCE", "-static", "-O2", "-Wall", "-Wextra",
                      "-Werror", "-o", str(program), *(str(s) for s in sources if s.suffix == ".c")])
            write_initramfs(Path(work) / "cpio", program.read_bytes())
            (Path(work) / "cpio").rename(path)
        _forget_all_but(path)
    return path


def _forget_all_but(current):
    """Remove what was built from older sources. A running lab has a copy of its own."""
    for old in places.cache().glob("node-*.cpio"):
        if old != current:
            old.unlink(missing_ok=True)
    for mark in places.cache().glob("proved-*"):
        if not mark.name.endswith(current.stem):
            mark.unlink(missing_ok=True)


def _proved(kernel):
    """Boot it once for each pair of kernel and node's program."""
    mark = places.cache() / f"proved-{kernel.kind}-{kernel.release}-{initramfs().stem}"
    if not mark.exists():
        say(f"trial boot of the {kernel.kind} kernel {kernel.release}")
        _trial_boot(kernel)
        mark.touch()
    return kernel


def _get(kind):
    if kind == "stock":
        return _proved(_describe_stock())
    if os.uname().machine != "x86_64":
        raise PrepareFailed("fast kernel: only for x86-64")
    _fetch_fast()
    return _proved(_describe_fast())


def prepare(retry=True):
    """The kernel to use. With retry=False a failed fetch of an earlier time is not tried again."""
    places.cache().mkdir(parents=True, exist_ok=True)
    with open(places.cache() / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _choose(retry)


def _choose(retry):
    wanted = os.environ.get("HOLDFAST_LAB_KERNEL", "")
    if wanted not in ("", "fast", "stock"):
        raise PrepareFailed(f"HOLDFAST_LAB_KERNEL={wanted}: use fast or stock")
    if wanted:
        return _get(wanted)
    failed = places.cache() / "fast-failed"
    if retry or not failed.exists():
        try:
            kernel = _get("fast")
            failed.unlink(missing_ok=True)
            return kernel
        except PrepareFailed as reason:
            say(f"{reason}; using the stock kernel")
            failed.write_text(f"{reason}\n")
    return _get("stock")
