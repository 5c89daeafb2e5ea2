"""Long runs: each result fits its program, and what of the library it reached."""

from __future__ import annotations

import json
import sys
from datetime import date

import pytest

from needed import ROOT

RUNS = ROOT / "runs"
sys.path.insert(0, str(RUNS))

import record  # noqa: E402

NAMES = sorted(
    path.parent.name
    for path in RUNS.glob("*/result.json")
    if {"program", "reached"} <= {*json.loads(path.read_text("utf-8"))}
)


@pytest.mark.parametrize("name", NAMES)
def test_a_result_rests_on_what_is_there(name: str) -> None:
    assert record.changed(name) == [], f"python runs/record.py {name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_result_says_when_it_was_measured(name: str) -> None:
    found = json.loads((RUNS / name / "result.json").read_text("utf-8"))
    assert date.fromisoformat(found["date"]) <= date.today()
    assert found["result"]


def test_another_program_is_seen(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "lib").symlink_to(ROOT / "lib")
    program = tmp_path / "runs" / "one" / "run.py"
    program.write_text("from dlam import sigmoid\n\ndef run():\n"
                       "    return {'half': float(sigmoid(0.0))}\n")  # fmt: skip
    monkeypatch.setattr(record, "RUNS", tmp_path / "runs")
    record.record("one")
    assert record.changed("one") == []
    program.write_text(program.read_text().replace("0.0", "1.0"))
    assert record.changed("one") == ["run.py"]
