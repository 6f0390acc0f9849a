"""The failures that administrators test before going live, tried on real kernels and told as a report."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

sys.path[:0] = [str(REPOSITORY / "lab"), str(REPOSITORY / "test" / "lab")]
