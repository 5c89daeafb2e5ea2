"""What was measured in a long run still fits the program and the library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from needed import ROOT
from runs import measured

RUNS = sorted(path.parent for path in (ROOT / "runs").glob("*/run.py"))


@pytest.mark.parametrize("folder", RUNS, ids=lambda path: path.name)
def test_a_result_fits_its_program_and_the_library(folder: Path) -> None:
    result = json.loads((folder / "result.json").read_text("utf-8"))
    assert {"date", "program", "library", "versions", "result"} <= {*result}
    assert any(name.startswith("dlam.") for name in result["library"])
    assert measured.faults(folder) == []


def test_a_changed_program_and_a_changed_function_are_seen(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("x = 1\n", "utf-8")
    known = measured.digests.library(measured.LIBRARY)
    some = {name: known[name] for name in ("dlam.rules._steepest", "dlam.costs.cost")}
    content = {"program": measured.digests.program(tmp_path / "run.py")}
    (tmp_path / "result.json").write_text(json.dumps(content | {"library": some}))
    assert measured.faults(tmp_path) == []
    (tmp_path / "run.py").write_text("x = 2  # two\n", "utf-8")
    some["dlam.costs.cost"] = "another"
    (tmp_path / "result.json").write_text(json.dumps(content | {"library": some}))
    assert measured.faults(tmp_path) == ["dlam.costs.cost", "run.py"]
