"""The lab: several real Linux kernels and a real disk array on one machine.

    from holdfast_lab import Lab, wait_until
    with Lab("demo").up(3) as lab:
        lab["db1"].run(["uname", "-a"])
"""

from .lab import Lab
from .node import Node, NodeGone, Result
from .waiting import DeadlineMissed, wait_until

__all__ = ["Lab", "Node", "NodeGone", "Result", "DeadlineMissed", "wait_until"]
