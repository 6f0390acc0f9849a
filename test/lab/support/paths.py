"""Where the build put the project's programs.

Failure: NotBuilt says which program is missing and what builds it.
"""

import os
from pathlib import Path

from . import REPOSITORY


class NotBuilt(Exception):
    """A program of the project is not there."""


def program(name):
    """Path of a program that the build made; HOLDFAST_BUILD names another build folder."""
    build = Path(os.environ.get("HOLDFAST_BUILD", REPOSITORY / "build"))
    for path in sorted(build.rglob(name)) if build.is_dir() else []:
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise NotBuilt(f"{name} is not in {build}: run `make build` first")
