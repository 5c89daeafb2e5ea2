"""The model of the book: what a text is, and what is said of one that is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from needed import ROOT
from tools.book import Broken, Text, load, numbers

FRONT = "---\njupytext:\n  text_representation: {format_name: myst}\n---\n"
CELL = "```{code-cell} python\n1 + 1\n```\n"
CHAPTER = f"{FRONT}\n# A title\n\nIt is `plain`.\n\n{CELL}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book of two texts, of which one is executed."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text(
        "root: book/index\nparts:\n- chapters:\n  - file: book/01-a\n", "utf-8"
    )
    (tmp_path / "book" / "index.md").write_text("# A book\n", "utf-8")
    (tmp_path / "book" / "01-a.md").write_text(CHAPTER, "utf-8")
    return tmp_path


def test_the_texts_come_in_the_order_of_the_table_of_contents(root: Path) -> None:
    book = load(root)
    assert [*book.texts] == ["index", "01-a"]
    assert [text.stem for text in book.chapters] == ["01-a"]


def test_every_record_is_that_of_a_chapter() -> None:
    records = {path.stem for path in (ROOT / "book").glob("*.ipynb")}
    assert {text.stem for text in load().chapters} == records


@pytest.mark.parametrize(
    "changed",
    [
        b"\xef\xbb\xbf" + CHAPTER.encode(),
        CHAPTER.replace("---", "--- ", 1).encode(),
        CHAPTER.replace("\n", "\r\n").encode(),
    ],
)
def test_a_chapter_is_one_whatever_its_editor_adds(root: Path, changed: bytes) -> None:
    (root / "book" / "01-a.md").write_bytes(changed)
    [text] = load(root).chapters
    assert text.text == CHAPTER
    assert [cell.source for cell in text.cells] == ["1 + 1"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (CHAPTER.replace("{format", "{{format"), "01-a.md:3: front matter: "),
        (CHAPTER.replace("myst}\n---\n", "myst}\n"), "01-a.md:1: nothing closes this"),
        (CHAPTER.replace("```\n", "", 1), "01-a.md:10: nothing closes this ```"),
        (CHAPTER.replace("plain", "\0"), "01-a.md:8: a null byte"),
        (CHAPTER.replace("1 + 1", ":tags: [a\n1"), "01-a.md:12: options of the cell"),
        (CHAPTER.replace("1 + 1", ":tags: 5\n1"), "01-a.md:11: tags: expected a list"),
        (CHAPTER.replace("1 + 1", "---\ntags: []"), "01-a.md:11: nothing closes this"),
        (CHAPTER.replace("jupytext", "jupiter"), "01-a.md:1: without `jupytext:`"),
        ("---\n- 1\n---\n", "01-a.md:2: front matter: no mapping"),
        (CHAPTER.encode("utf-16"), "01-a.md:1: this is not UTF-8"),
        (CHAPTER.replace("plain", "ü").encode("latin-1"), "01-a.md:8: this is not"),
    ],
)
def test_a_broken_text_is_named_with_its_line(
    root: Path, changed: str | bytes, message: str
) -> None:
    content = changed.encode() if isinstance(changed, str) else changed
    (root / "book" / "01-a.md").write_bytes(content)
    with pytest.raises(Broken) as error:
        load(root)
    assert str(error.value).startswith(message)


def test_a_broken_text_ends_the_command_without_a_traceback(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "book" / "01-a.md"
    path.write_text("```python\n", "utf-8")
    assert numbers.main([str(path)]) == 1
    assert capsys.readouterr().err == "01-a.md:1: nothing closes this ```\n"


def test_a_text_that_the_table_of_contents_lacks_is_named(root: Path) -> None:
    (root / "book" / "02-b.md").write_text(CHAPTER, "utf-8")
    with pytest.raises(Broken, match=r"^02-b.md:1: _toc.yml does not list this"):
        load(root)


def test_a_chapter_that_is_listed_and_not_there_is_named(root: Path) -> None:
    (root / "book" / "01-a.md").unlink()
    with pytest.raises(Broken, match=r"^_toc.yml:4: there is no book/01-a.md"):
        load(root)


def test_a_page_that_a_program_writes_is_no_text(root: Path) -> None:
    (root / "book" / "made.md").write_text("% Written by tools/some.py\n", "utf-8")
    assert [*load(root).texts] == ["index", "01-a"]


def test_labels_headings_and_live_figures_are_found() -> None:
    text = Text(
        "(sec-one)=\n# One\n\n## In PyTorch\n\n$$\na\n$$ (eq-a)\n\n"
        "```{math}\n:label: eq-b\nb\n```\n\n````{prf:lemma} A lemma\n:label: thm-c\n"
        "$$\nd\n$$\n````\n\n```{code-cell}\n---\nmystnb:\n  figure:\n"
        "    name: fig-e\n---\n# No heading\n```\n\n"
        '<div data-live="neuron" data-figure="fig-e"></div>\n'
    )
    assert text.labels == {
        "sec-one": 1,
        "eq-a": 6,
        "eq-b": 10,
        "thm-c": 16,
        "fig-e": 26,
    }
    assert [h.title for h in text.headings] == ["One", "In PyTorch"]
    assert text.equations == {"eq-a": "a", "eq-b": "b"}
    assert [one.tex for one in text.displayed] == ["a", "b", "d"]
    assert text.live == ["neuron"]
