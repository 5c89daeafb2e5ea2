"""What lecturers take from the book, made from the trees of the built page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from kit import boxes, otter, questions
from kit.boxes import Box
from moodle import faults
from needed import ROOT
from tools.book import Text, load

# Sphinx looks at all that is loaded, and PyTorch warns of a name that it keeps.
pytestmark = pytest.mark.filterwarnings("ignore:.*reduce_op:FutureWarning")
PAGE = "07a-momentum"
OTTER = ROOT / ".venv-otter" / "bin" / "otter"


@pytest.fixture(scope="module")
def bank(html: Path) -> list[Box]:
    """The boxes of one page."""
    app = boxes.opened(html.parent / ".doctrees")
    text = next(text for text in load().chapters if text.stem == PAGE)
    return [*boxes.boxes_of(app, text, "Optimisation")]


def test_every_exercise_and_quick_check_is_in_the_bank_with_its_answer(bank) -> None:
    text = Text.read(ROOT / "book" / f"{PAGE}.md")
    labels = [box.label for box in bank if box.kind == "exercise"]
    assert labels == [its for its in text.labels if its.startswith("ex-")]
    checks = [box for box in bank if box.kind == "quick check"]
    assert len(checks) == text.text.count(":class: quick")
    for box in bank:
        if box.kind in ("exercise", "quick check"):
            assert box.answer, box.label
            assert bool(box.hint) == (box.kind == "exercise"), box.label
    assert len({box.label for box in bank}) == len(bank)


def test_a_question_has_the_number_and_the_references_of_the_page(bank, html) -> None:
    page = (html / "book" / f"{PAGE}.html").read_text("utf-8")
    for box in bank:
        if box.kind == "exercise":
            form = rf'id="{box.label}">\s*<p class="admonition-title">.*?{box.number}\b'
            assert re.search(form, page, re.DOTALL), box.name
        said = box.text + box.hint + box.answer
        assert not re.search(r"\{(eq|ref|numref|prf:ref|doc|cite\S*)\}", said)
        assert "eq-" not in re.sub(r"\]\(\S*\)", "]", said)  # but in links
    numbers = {*re.findall(r'class="eqno">\(([\d.]+)\)', page)}
    tags = re.findall(r"\\tag\{(.+?)\}", "".join(box.text for box in bank))
    assert tags
    assert {*tags} <= numbers


def test_the_bank_is_one_that_moodle_reads(bank) -> None:
    asked = [box for box in bank if box.kind in questions.ASKED]
    assert faults(questions.quiz(asked)) == []


def run(book: Any, solve: bool) -> subprocess.CompletedProcess[str]:
    """Run the code of an assignment, with the book's solutions or with nothing."""
    code, solution = [], False
    for cell in book.cells:
        if cell.cell_type == "raw":
            solution = cell.source == "# BEGIN SOLUTION"
        elif cell.cell_type == "code" and (solve or not solution):
            code.append(cell.source)
    return subprocess.run(
        [sys.executable, "-"],
        input="\n".join(code),
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
    )


def test_the_books_solutions_pass_their_tests_and_an_empty_sheet_does_not(bank) -> None:
    book = otter.assignment(bank)
    assert sum("BEGIN QUESTION" in cell.source for cell in book.cells) == 2
    right, wrong = (run(book, solve) for solve in (True, False))
    assert right.returncode == 0, right.stderr
    assert "NameError" in wrong.stderr


@pytest.mark.night
def test_otter_gives_full_marks_to_the_book_and_none_to_an_empty_sheet(
    bank, tmp_path: Path
) -> None:
    if not OTTER.exists():
        pytest.skip("otter-grader is not installed; `make .venv-otter/ready` does it")
    nbformat.write(otter.assignment(bank), tmp_path / "master.ipynb")

    def call(*arguments: object) -> None:
        command = [str(OTTER), *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    call("assign", "master.ipynb", "made")
    (archive,) = (tmp_path / "made" / "autograder").glob("*.zip")
    marks = {}
    for kind in ("autograder", "student"):
        sheet = tmp_path / "made" / kind / "master.ipynb"
        (tmp_path / kind).mkdir()
        call("run", "-a", archive, "-o", tmp_path / kind, "--no-logo", sheet)
        told = json.loads((tmp_path / kind / "results.json").read_text("utf-8"))
        marks[kind] = [t["score"] for t in told["tests"] if t.get("max_score")]
    assert marks["autograder"] == [2.0, 2.0]
    assert marks["student"] == [0.0, 0.0]
