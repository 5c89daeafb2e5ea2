"""A new chapter is green before anything is filled in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from needed import ROOT
from tools.book import load, new_chapter, numbers
from tools.record import notebook


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the texts."""
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    (tmp_path / "tests" / "chapters").mkdir(parents=True)
    (tmp_path / "book").mkdir()
    for text in load().texts.values():
        shutil.copy(text.path, tmp_path / text.path.relative_to(ROOT))
    return tmp_path


def test_a_new_chapter_stands_behind_the_last_and_passes(root: Path) -> None:
    before = [text.stem for text in load(root).chapters]
    files = new_chapter.write("98-some-words", root)
    assert len(files) <= 8
    book = load(root)
    assert [text.stem for text in book.chapters] == [*before, "98-some-words"]
    text = book.texts["98-some-words"]
    assert text.title == "Some words"
    assert numbers.check(text) == []
    assert [cell.source for cell in text.cells] == ["import numpy as np"]
    recorded = notebook.notebook(text.text).cells
    assert [c.source for c in recorded if c.cell_type == "code"] == [
        cell.source for cell in text.cells
    ]
    compile((root / "tests/chapters/test_chapter_98.py").read_text(), "", "exec")


@pytest.mark.parametrize(
    "name", ["98", "optimisation", "7-a", "98-A", "98-a_b", "../98-a"]
)
def test_a_name_of_another_form_is_refused(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match="expected a name such as"):
        new_chapter.write(name, root)


def test_what_is_there_is_not_overwritten(root: Path) -> None:
    new_chapter.write("98-some-words", root)
    toc = (root / "_toc.yml").read_bytes()
    for name in ("98-some-words", "98-others", "05-again"):
        with pytest.raises(ValueError, match="is there already"):
            new_chapter.write(name, root)
    assert (root / "_toc.yml").read_bytes() == toc
