"""The disks of a lab: sparse files, made new by every `lab up`.

    NODE.img   the upper layer of a node's root, ext4
    lunK.img   the array's disks; LUN 0 is the witness (16 MiB)

Failure: no space shows only when it is written; the files are sparse.
"""

import os
import re
import subprocess

NODE_SIZE = 4 << 30
WITNESS_SIZE = 16 << 20


def parse_size(text):
    """512M, 1G, 1.5G -> bytes, a multiple of a MiB."""
    match = re.fullmatch(r"([0-9.]+)([MG])i?B?", text)
    if not match:
        raise ValueError(f"size {text!r}: use for example 512M or 1G")
    return int(float(match[1]) * (1 << (20 if match[2] == "M" else 30))) >> 20 << 20


def _sparse(path, size):
    with open(path, "wb") as file:
        os.truncate(file.fileno(), size)


def create(folder, machines, luns, lun_size):
    """Make all disks."""
    size = parse_size(lun_size)
    folder.mkdir(parents=True)
    formats = []
    for name in machines:
        _sparse(folder / f"{name}.img", NODE_SIZE)
        formats.append(subprocess.Popen(
            ["mkfs.ext4", "-q", "-F", "-m0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard",
             "-i", "65536", str(folder / f"{name}.img")], stdin=subprocess.DEVNULL))
    _sparse(folder / "lun0.img", WITNESS_SIZE)
    for lun in range(1, luns + 1):
        _sparse(folder / f"lun{lun}.img", size)
    for process in formats:
        if process.wait() != 0:
            raise OSError(f"mkfs.ext4 failed ({process.returncode})")
