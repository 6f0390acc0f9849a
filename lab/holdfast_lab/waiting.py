"""Wait for a condition, with a deadline. Nothing in the lab sleeps and hopes.

Failure: DeadlineMissed says what was waited for, how long, and what the last look saw.
"""

import time

FIRST_PAUSE_S = 0.005
LONGEST_PAUSE_S = 0.1


class DeadlineMissed(Exception):
    """The condition did not come true in time."""


def wait_until(predicate, deadline_s, what):
    """Return the first true value of predicate(); raise DeadlineMissed after deadline_s."""
    end = time.monotonic() + deadline_s
    pause = FIRST_PAUSE_S
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= end:
            raise DeadlineMissed(f"{what}: not within {deadline_s} s (last look: {value!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)
