"""Do a long run, and write its result beside its program.

    python runs/record.py what-helps

The result carries the date, and the digests of the program and of every function
of the library that it reached, so that a change of either can be seen.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from runpy import run_path
from typing import Any

RUNS = Path(__file__).parent
sys.path.insert(0, str(RUNS.parent))

from tools.evidence import digests  # noqa: E402
from tools.record import notebook, watch  # noqa: E402


def record(name: str) -> None:
    """Do the run in the folder `name`, and write its result."""
    program = RUNS / name / "run.py"
    watch.begin()
    found: dict[str, Any] = {"result": run_path(str(program))["run"]()}
    found["program"] = digests.program(program)
    found["reached"] = notebook.reached(watch.reached())
    found["date"] = datetime.now(UTC).date().isoformat()
    text = json.dumps(dict(sorted(found.items())), indent=1)
    (RUNS / name / "result.json").write_text(text + "\n", "utf-8")


def changed(name: str) -> list[str]:
    """Return what a result rests on that is not any more as it was."""
    found = json.loads((RUNS / name / "result.json").read_text("utf-8"))
    now = digests.library(RUNS.parent / "lib" / "dlam")
    other = [key for key, its in found["reached"].items() if now.get(key, "") != its]
    if digests.program(RUNS / name / "run.py") != found["program"]:
        other.append("run.py")
    return other


if __name__ == "__main__":
    for each in sys.argv[1:]:
        record(each)
