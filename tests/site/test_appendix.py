"""The pages that programs write are built, and built anew only where they change."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from needed import ROOT
from tools import book
from tools.pages import checks, generated

BOOK = ROOT / "book"
NAMES = ("equations", "mutants", "certificate", "checks", "concordance", "errata")


def test_all_pages_are_written_and_git_holds_none(html) -> None:
    for name in NAMES:
        assert generated.is_generated(BOOK / f"{name}.md")
    listed = subprocess.run(
        ["git", "ls-files", "book/*.md", "--others", "--cached", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    if listed.returncode:
        pytest.skip("this is no checkout of git, so what belongs to it is unknown")
    assert not {f"book/{name}.md" for name in NAMES} & {*listed.stdout.split("\n")}


@pytest.mark.night
def test_what_renders_them_is_enough_and_without_a_change_they_are_left(html) -> None:
    program = (
        "import sys\n"
        "for name in ('numpy', 'scipy', 'numba', 'torch', 'matplotlib',"
        " 'pytest', 'playwright', 'cosmic_ray'):\n"
        "    sys.modules[name] = None\n"
        "from tools.pages import appendix\n"
        "sys.exit(appendix.main([]))\n"
    )
    before = [(BOOK / f"{name}.md").stat().st_mtime_ns for name in NAMES]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert before == [(BOOK / f"{name}.md").stat().st_mtime_ns for name in NAMES]


def test_the_counts_are_those_of_the_book(html) -> None:
    found = checks.counts()
    page = (BOOK / "checks.md").read_text("utf-8")
    for number in (found.claims, found.equations, found.cells, found.entries):
        assert number > 0
        assert re.search(rf"(^| ){number} ", page, re.MULTILINE)
    assert found.numbers >= found.given
    assert found.claims > len(list(book.load().texts))


def test_a_page_is_written_when_it_says_something_else(tmp_path: Path, capsys) -> None:
    page = tmp_path / "some.md"
    content = "% Written by tools/some.py\n\n# Some\n"
    assert generated.put(page, content) == 0
    assert capsys.readouterr().out == "some.md: written\n"
    assert generated.is_generated(page)
    assert generated.put(page, content) == 0
    assert capsys.readouterr().out == ""
    page.write_text(content + "More.\n", "utf-8")
    assert generated.put(page, content) == 0
    assert page.read_text("utf-8") == content


def test_what_is_wrong_is_said(capsys) -> None:
    assert generated.refuse([]) == 0
    assert generated.refuse(["one", "two"]) == 1
    assert capsys.readouterr().err == "one\ntwo\n"


def test_a_page_must_say_who_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the first line must begin"):
        generated.put(tmp_path / "some.md", "# Some\n")
