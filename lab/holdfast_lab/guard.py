"""Guards of a lab's life: one `up` or `down` at a time, and an orderly end on SIGTERM.

Failure: a holder that crashes leaves its lock file; the lock itself ends with its process, so the
file is only litter that the next holder removes.
"""

import fcntl
import os
import signal
import threading
from contextlib import contextmanager

from . import places


@contextmanager
def one_at_a_time(name):
    """Hold the lock of a lab. Its holder removes the file at the end; so one that waited looks
    whether what it holds is the file that is there now, and else begins again."""
    places.RUN.mkdir(parents=True, exist_ok=True)
    path = places.RUN / f"{name}.lock"
    while True:
        with open(path, "w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not path.exists() or path.stat().st_ino != os.fstat(file.fileno()).st_ino:
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _leave(*_):
    raise SystemExit(143)


def leave_on_sigterm():
    """So that SIGTERM cleans up too. Only a main thread may ask for that; others go without."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)
