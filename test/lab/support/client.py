"""A client that commits rows without pause (test/tool/hf_client), started in the lab's networks.

    client = RowClient(lab, "10.77.0.101", folder)
    client.wait_rows(100)
    ...                                   # a fault
    outage = client.wait_outage(since)    # {"start_ms", "end_ms", "ms"}
    result = client.finish()              # {"acknowledged", "present", "lost", "doubled", ...}

Failures: DeadlineMissed when rows do not come; ClientFailed when the client ended by itself or the
table could not be read back.
"""

import json
import os
import signal
import subprocess
import threading
import time

from . import paths
from holdfast_lab import wait_until

ID_BYTES = 20          # one line of the file of acknowledged ids
DATABASE = "user=postgres dbname=postgres"


class ClientFailed(Exception):
    """The client cannot say what is true."""


def wall_ms():
    return time.time_ns() // 1_000_000


class RowClient:
    """One client, writing to one instance through its address."""

    def __init__(self, lab, address, folder, pause_ms=2):
        self.lab, self.address = lab, address
        self.events = []
        self.file = os.path.join(folder, f"acknowledged-{address}-{wall_ms()}")
        self.log = open(self.file.replace("acknowledged", "client") + ".log", "w", encoding="utf-8")
        self.process = lab.client_popen(
            [paths.program("hf_client"), "--dsn", f"hostaddr={address} {DATABASE}",
             "--pause-ms", str(pause_ms), "--acknowledged", self.file, "--verify"],
            stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.log.write(line)
            self.log.flush()
            self.events.append(json.loads(line))

    def rows(self):
        """How many rows are acknowledged."""
        try:
            return os.stat(self.file).st_size // ID_BYTES
        except FileNotFoundError:
            return 0

    def wait_rows(self, count, deadline_s=60):
        """Until `count` more rows are acknowledged."""
        target = self.rows() + count
        wait_until(lambda: self._check() or self.rows() >= target, deadline_s,
                   f"{count} more rows on {self.address}")

    def _check(self):
        if self.process.poll() is not None:
            raise ClientFailed(f"client of {self.address} ended with {self.process.returncode}")

    def outages(self, since_ms=0):
        """Gaps that ended after this wall-clock time."""
        return [e for e in list(self.events) if e["event"] == "gap" and e["end_ms"] >= since_ms]

    def wait_outage(self, since_ms, deadline_s=60):
        """The outage that a fault at since_ms caused: the longest that ended after it."""
        wait_until(lambda: self._check() or self.outages(since_ms), deadline_s,
                   f"end of the outage on {self.address}")
        self.wait_rows(20, deadline_s)
        return max(self.outages(since_ms), key=lambda o: o["ms"])

    def check(self, deadline_s=60):
        """Compare what is acknowledged so far with the table, while rows go on."""
        done = self.lab.client_run(
            [paths.program("hf_client"), "--dsn", f"hostaddr={self.address} {DATABASE}",
             "--acknowledged", self.file, "--verify-only"],
            stdout=subprocess.PIPE, text=True, timeout=deadline_s)
        found = [e for e in map(json.loads, done.stdout.splitlines()) if e["event"] == "verified"]
        if not found:
            raise ClientFailed(f"the table of {self.address} could not be read back")
        return found[0]

    def finish(self, deadline_s=60):
        """Stop, compare with the table, return the comparison."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        self.log.close()
        for event in self.events:
            if event["event"] == "verified":
                return event
        raise ClientFailed(f"the table of {self.address} could not be read back")
