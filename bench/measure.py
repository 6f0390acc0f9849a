"""One measured fault: rows flow, a checkpoint, as many rows again, the fault, rows flow on.

The same for the floor and for Holdfast, so that both have the same log to replay.
"""

import statistics

from support import database
from support.client import RowClient, wall_ms

ROWS_BEFORE = 400
KINDS = ("power", "kill", "move")


def measure(lab, address, folder, fault, deadline_s=60):
    """Returns (wall-clock ms of the fault, the run's outage_ms, lost, doubled, acknowledged)."""
    client = RowClient(lab, address, folder)
    try:
        client.wait_rows(ROWS_BEFORE)
        database.sql(lab, address, "CHECKPOINT")
        client.wait_rows(ROWS_BEFORE)
        since = wall_ms()
        fault()
        outage = client.wait_outage(since, deadline_s)
    finally:
        checked = client.finish()
    return since, {"outage_ms": outage["ms"], "lost": checked["lost"],
                   "doubled": checked["doubled"], "acknowledged": checked["acknowledged"]}


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def show(kind, number, run, what=""):
    phases = "  ".join(f"{k[:-3]} {v:.0f}" for k, v in run.items()
                       if k.endswith("_ms") and k != "outage_ms")
    print(f"{what:<9}{kind:<6}{number:>3}   outage {run['outage_ms']:>5} ms   {phases}   "
          f"lost {run['lost']}  doubled {run['doubled']}", flush=True)
