"""An initramfs with one program: a cpio archive ("newc") of /init and the console's device.

Failure: none of its own; what the disk refuses is passed on.
"""

import stat


def _member(number, name, mode, data=b"", device=(0, 0)):
    encoded = name.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, device[0], device[1], len(encoded), 0]
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + encoded
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def write_initramfs(path, program):
    """Write the archive with `program` as /init."""
    members = [
        _member(1, "dev", stat.S_IFDIR | 0o755),
        _member(2, "dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
        _member(3, "init", stat.S_IFREG | 0o755, program),
        _member(0, "TRAILER!!!", 0),
    ]
    path.write_bytes(b"".join(members))
