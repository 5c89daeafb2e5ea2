"""A Python in which nothing of the project is installed."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

__all__ = ["clean", "python_with"]


def clean() -> dict[str, str]:
    """Return the environment without what leads Python to other packages."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}


def closure(*names: str) -> set[str]:
    """The packages that these need, each with all that it needs in turn."""
    found: set[str] = set()
    waiting = [*names]
    while waiting:
        name = re.split(r"[ ;<>=!~\[(]", waiting.pop())[0].lower().replace("_", "-")
        if name in found:
            continue
        try:
            needed = distribution(name).requires or []
        except PackageNotFoundError:  # for another platform
            continue
        found.add(name)
        waiting += [one for one in needed if "extra ==" not in one]
    return found


def python_with(folder: Path, *names: str) -> Path:
    """Make a Python that has these packages and what they need, and nothing else."""
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in closure(*names):
        its = distribution(name)
        for top in {file.parts[0] for file in its.files or []} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(its.locate_file(top))
    python = folder / "bin" / "python"
    there = "import importlib.util as i; print(*map(i.find_spec, %r))"
    absent = ("dlam", "torch", "sklearn", *({"numba"} - {*names}))
    told = subprocess.check_output(
        [python, "-c", there % (absent,)], env=clean(), text=True
    )
    assert told.split() == ["None"] * len(absent)
    return python
