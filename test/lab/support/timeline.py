"""Turns the answer of `holdfast why INSTANCE --json` into milliseconds since the fault."""

import time

PHASES = (("noticed", "detected"), ("stopped", "stopped"), ("decided", "decided"),
          ("reservation", "reservation taken"), ("mounted", "mounted"), ("address", "address up"),
          ("recovered", "recovered"), ("online", "online"))
SAMPLES = 3


def clock_offset_ms(node):
    """How far the node's clock is ahead of this machine's: the best of a few looks."""
    best = None
    for _ in range(SAMPLES):
        before = time.time() * 1000
        there = float(node.run(["date", "+%s.%N"]).out) * 1000
        after = time.time() * 1000
        if best is None or after - before < best[0]:
            best = (after - before, there - (before + after) / 2)
    return best[1]


def phases(why, fault_ms, offset_ms):
    """[(word, milliseconds since the fault, duration or None)] in the order of time."""
    found = []
    for entry in why["timeline"]:
        word = dict(PHASES).get(entry["kind"])
        if word:
            found.append((word, entry["time_ms"] - offset_ms - fault_ms, entry.get("took_ms")))
    return sorted(found, key=lambda p: p[1])
