"""Processes of the host: identified by pid and start time, so that a pid used again is never hit.

Failure: a process that has gone is no error anywhere here.
"""

import os
import select
import signal
from pathlib import Path

from .waiting import wait_until

GONE_S = 10


def stat_fields(pid):
    """The fields of /proc/PID/stat after the command name; None when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2:].split()


def identify(pid):
    """What to record about a process."""
    fields = stat_fields(pid)
    return {"pid": pid, "start": int(fields[19])} if fields else None


def alive(record):
    """Is the recorded process still there (and not a zombie)?"""
    fields = stat_fields(record["pid"]) if record else None
    return bool(fields) and int(fields[19]) == record["start"] and fields[0] not in "ZX"


def kill(record, number=signal.SIGKILL):
    """Signal the recorded process if it is still the same one."""
    if not alive(record):
        return
    try:
        os.kill(record["pid"], number)
    except ProcessLookupError:
        pass


def kill_and_wait(record, number=signal.SIGKILL, deadline_s=GONE_S):
    """Signal it, and return when it has gone."""
    if not alive(record):
        return
    try:
        fd = os.pidfd_open(record["pid"])
    except ProcessLookupError:
        return
    try:
        kill(record, number)
        ready, _, _ = select.select([fd], [], [], deadline_s)
    finally:
        os.close(fd)
    if not ready:
        wait_until(lambda: not alive(record), 1, f"end of process {record['pid']}")


def children(pid):
    """Direct children of a process."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = stat_fields(int(entry))
            if fields and int(fields[1]) == pid:
                found.append(int(entry))
    return found


def _pid_namespace(pid):
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    except OSError:
        return None


def _traced(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("TracerPid:"):
                return line.split()[1] != "0"
    except OSError:
        pass
    return True


def namespace_members(pid):
    """All processes in the pid namespace of `pid` that no one traces, `pid` itself first.

    Traced ones (the stock kernel runs its user processes by ptrace) stand still with their tracer,
    and a signal would reach the tracer instead of them.
    """
    inode = _pid_namespace(pid)
    others = [int(e) for e in os.listdir("/proc")
              if e.isdigit() and int(e) != pid and _pid_namespace(int(e)) == inode
              and not _traced(int(e))]
    return [pid] + others
