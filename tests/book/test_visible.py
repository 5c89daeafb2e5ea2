"""What the page shows runs: a reader may copy what is visible, in order."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path
from typing import Any

import pytest

from needed import ROOT
from tools.book import Text, load
from tools.book.names import names
from tools.record import notebook as record

HIDDEN = "remove-cell"
CHAPTERS = load().chapters
each_chapter = pytest.mark.parametrize("text", CHAPTERS, ids=lambda text: text.stem)


def missing(text: Text) -> list[str]:
    """Return which names visible cells use and no visible cell has set by then."""
    known, found = {*dir(builtins), "__name__"}, []
    for cell in text.cells:
        if HIDDEN in cell.tags:
            continue
        used, bound = names(cell.source)
        known |= bound
        found += [f"{text.name}:{cell.line}: {name}" for name in sorted(used - known)]
    return found


# What draws from a generator, or sorts, fills or takes from what others use.
CHANGING = {"shuffle", "sort", "fill", "append", "extend", "pop", "update", "clear"}
DRAWING = {"normal", "uniform", "integers", "choice", "random", "permutation"}


def changes(source: str) -> set[str]:
    """Return the names that a cell sets, or whose values it changes."""
    changed = {*names(source)[1]}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                drawn = method in DRAWING and name.startswith("rng")
                changed |= {name} if drawn or method in CHANGING else set()
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                changed.add(name)
    return changed


def meddling(text: Text) -> list[str]:
    """Return where a visible cell uses what a hidden one has changed."""
    visible: set[str] = set()
    changed: dict[str, int] = {}
    found = []
    for cell in text.cells:
        used, bound = names(cell.source)
        if HIDDEN in cell.tags:
            changed |= dict.fromkeys(changes(cell.source) & visible, cell.line)
            continue
        for name in sorted((used - bound) & {*changed}):
            found.append(f"{text.name}:{cell.line}: {name}, of line {changed[name]}")
        visible |= bound
        changed = {name: n for name, n in changed.items() if name not in bound}
    return found


@each_chapter
def test_visible_cells_use_no_name_that_a_hidden_cell_sets(text: Text) -> None:
    assert missing(text) == []


@each_chapter
def test_a_hidden_cell_changes_nothing_that_visible_ones_use(text: Text) -> None:
    assert meddling(text) == []


def printed(cell: Any) -> list[str]:
    """Return what a cell puts out as text."""
    return [
        str(one.get("text") or one["data"].get("text/plain"))
        for one in cell.get("outputs", [])
        if "image/svg+xml" not in one.get("data", {})
    ]


@pytest.mark.night
@each_chapter
def test_visible_cells_alone_print_what_is_printed(text: Text, tmp_path: Path) -> None:
    recorded = record.read_record(ROOT / "book" / f"{text.stem}.ipynb")
    alone = record.read(text.path)
    kept = [
        n
        for n, cell in enumerate(recorded.cells)
        if HIDDEN not in cell.metadata.get("tags", [])
    ]
    alone.cells = [alone.cells[n] for n in kept]
    ran = record.execute(alone, text.name, tmp_path)
    wanted = [printed(recorded.cells[n]) for n in kept]
    assert [printed(cell) for cell in ran.cells] == wanted


HEAD = "---\njupytext: {}\n---\n# T\n\n"
SHOWN = "```{code-cell} python\n%s\n```\n\n"
GONE = "```{code-cell} python\n:tags: [remove-cell]\n%s\n```\n\n"


def test_a_name_that_only_a_hidden_cell_sets_is_seen() -> None:
    text = Text(HEAD + GONE % "f = 1" + SHOWN % "print(f)")
    assert missing(text) == ["text:12: f"]


def test_a_name_used_in_a_function_and_set_elsewhere_is_seen() -> None:
    source = "def g(x):\n    y = x\n    return y + h"
    assert names(source) == ({"h"}, {"g"})
    assert names("total = sum(k for k in range(3))")[0] >= {"range", "sum"}
    assert "k" not in names("total = sum(k for k in range(3))")[0]


@pytest.mark.parametrize("line", ["x = 2", "x[0] = 2", "x.sort()", "x += 1"])
def test_a_hidden_cell_that_meddles_is_seen(line: str) -> None:
    text = Text(HEAD + SHOWN % "x = [1]" + GONE % line + SHOWN % "print(x)")
    assert len(meddling(text)) == 1


def test_a_hidden_cell_with_names_of_its_own_is_sound() -> None:
    text = Text(HEAD + SHOWN % "x = [1]" + GONE % "y = x[0]" + SHOWN % "print(x)")
    assert meddling(text) == []
