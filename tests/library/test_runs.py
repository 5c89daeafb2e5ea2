"""What was measured in long runs is found, and what is not there is said."""

from __future__ import annotations

import json

import pytest

from dlam import runs
from needed import ROOT

FOUND = sorted((ROOT / "runs").glob("*/result.json"))
# That of CIFAR-10 is collected from many training runs, and has a form of its own.
RESULTS = [file for file in FOUND if file.parent.name != "cifar10"]


@pytest.mark.parametrize("file", RESULTS, ids=lambda path: path.parent.name)
def test_a_result_is_what_its_file_holds(file) -> None:
    found = json.loads(file.read_text("utf-8"))["result"]
    assert runs.result(file.parent.name) == found


def test_a_run_that_a_notebook_carries_is_found(monkeypatch, tmp_path) -> None:
    (tmp_path / "short").mkdir()
    (tmp_path / "short/result.json").write_text('{"result": [1, 2]}', "utf-8")
    monkeypatch.setattr(runs, "PLACES", (tmp_path / "nowhere", tmp_path))
    assert runs.result("short") == [1, 2]


@pytest.mark.parametrize("name", ["no-such-run", "../README.md/no", "copying"])
def test_what_is_not_there_is_said(name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"name: expected .* got"):
        runs.path(name)
