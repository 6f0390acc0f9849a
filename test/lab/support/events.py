"""Event logs of the nodes' daemons, fetched to this machine and replayed here.

Failure: what `holdfast replay` says is in the exception.
"""

import base64
import io
import json
import os
import subprocess
import tarfile

from . import paths

FOLDER = "/var/lib/holdfast/events"


def fetch(node, folder):
    """Copies the node's logs into folder/NODE, as they are now; returns their paths, oldest first."""
    done = node.run(f"tar -C {FOLDER} -cf - . 2>/dev/null | base64 -w0", timeout=60, check=False)
    target = os.path.join(folder, node.name)
    os.makedirs(target, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(done.out))) as archive:
        found = [m for m in archive.getmembers() if m.isfile()]
        for member in found:
            with open(os.path.join(target, os.path.basename(member.name)), "wb") as file:
                file.write(archive.extractfile(member).read())
    return sorted(os.path.join(target, os.path.basename(m.name)) for m in found)


def replay(path, *options):
    """What `holdfast replay` of this machine prints; it needs no daemon."""
    done = subprocess.run([paths.program("holdfast"), "replay", path, *options],
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"holdfast replay {path} exits with {done.returncode}: "
                           f"{done.stdout[-2000:]}{done.stderr}")
    return done.stdout


def replay_data(path):
    return json.loads(replay(path, "--json"))
