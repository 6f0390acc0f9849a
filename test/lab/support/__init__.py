"""What demo, bench and the lab tests share: the cluster in the lab, its clients, its databases."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]

sys.path.insert(0, str(REPOSITORY / "lab"))
