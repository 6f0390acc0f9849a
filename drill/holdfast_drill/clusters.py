"""The clusters that are broken, by their number of nodes."""

from dataclasses import dataclass
from pathlib import Path

from . import REPOSITORY


@dataclass(frozen=True)
class DrillCluster:
    nodes: int
    topology: str
    yaml: Path
    home: dict            # instance -> the node that runs it in normal times


CLUSTERS = {
    3: DrillCluster(3, "active/active/passive", REPOSITORY / "drill/three.yaml",
                    {"msgbox": "db1", "main": "db2"}),
}
