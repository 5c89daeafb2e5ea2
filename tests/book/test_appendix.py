"""The pages that programs write are what they would write now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from needed import ROOT
from tools.book import prose
from tools.pages import appendix, checks, generated

BOOK = ROOT / "book"


def test_every_page_is_up_to_date() -> None:
    assert appendix.main(["--check"]) == 0


def test_the_counts_are_those_of_the_book() -> None:
    found = checks.counts()
    page = (BOOK / "checks.md").read_text("utf-8")
    for number in (found.claims, found.equations, found.platforms, found.entries):
        assert number > 0
        assert re.search(rf"(^| ){number} ", page, re.MULTILINE)
    assert found.numbers >= found.given
    assert found.claims > len(list(prose.texts()))


def test_a_stale_page_is_told_and_written_anew(tmp_path: Path, capsys) -> None:
    page = tmp_path / "some.md"
    content = "% Written by tools/some.py\n\n# Some\n"
    assert generated.put(page, content, check=True) == 1
    assert "some.md is stale; run `make record`" in capsys.readouterr().err
    assert not page.exists()
    assert generated.put(page, content, check=False) == 0
    assert generated.is_generated(page)
    assert generated.put(page, content, check=True) == 0
    page.write_text(content + "More.\n", "utf-8")
    assert generated.put(page, content, check=True) == 1
    assert page.read_text("utf-8").endswith("More.\n")


def test_a_page_must_say_who_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the first line must begin"):
        generated.put(tmp_path / "some.md", "# Some\n", check=False)
