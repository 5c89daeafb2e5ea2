"""What a result of a long run carries: its date, and the digests of its inputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.evidence import digests
from tools.record import watch

LIBRARY = ROOT / "lib" / "dlam"


def write(program: str, work: Callable[[bool], Any]) -> None:
    """Measure, and write the result beside the program.

    `work(True)` is a small version that reaches the same functions of the library;
    it alone is watched, because watching slows down what it watches.
    """
    path = Path(program).resolve()
    watch.begin()
    work(True)
    reached = {*watch.reached()}
    watch._profiler.disable()
    known = digests.library(LIBRARY)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "program": digests.program(path),
        "library": {name: its for name, its in known.items() if name in reached},
        "versions": {name: version(name) for name in ("numpy", "numba")},
        "result": work(False),
    }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    path.with_name("result.json").write_text(text + "\n", "utf-8")


def faults(folder: Path) -> list[str]:
    """Return what has changed since the result in a folder was measured."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    now = digests.library(LIBRARY)
    then = result["library"]
    found = [name for name, its in then.items() if now.get(name) != its]
    if digests.program(folder / "run.py") != result["program"]:
        found.append("run.py")
    return found
