"""What a scenario is: a failure, what is expected of the cluster, and the function that tries it.

    @scenario("power-active", "Power failure on the active server",
              "the next node in line takes msgbox over; no row is lost")
    def power_active(trial): ...

The function gets a Trial (trial.py), breaks something, and says what it expects; what does not hold
raises. Scenarios stand in the order in which they are tried.
"""

from collections.abc import Callable
from dataclasses import dataclass

ALL = []


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    expected: str
    function: Callable
    instance: str = "msgbox"       # whose clients are measured
    nodes: tuple = (2, 3)          # sizes of the cluster it makes sense in


def scenario(name, title, expected, **more):
    def register(function):
        ALL.append(Scenario(name, title, expected, function, **more))
        return function
    return register


def find(words, nodes):
    """Those of this size whose names contain one of the words; all when there are none."""
    return [s for s in ALL if nodes in s.nodes and (not words or any(w in s.name for w in words))]
