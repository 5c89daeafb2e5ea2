"""A chapter uses of the library only what a chapter up to it introduces."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from dlam._contents import CONTENTS
from tools.book import Text, load

# A name of the library, or a module of it, and the chapter that introduces it.
INTRODUCED = {name: n for one in CONTENTS.values() for name, n in one.names.items()}
MODULES = {name: min(one.names.values()) for name, one in CONTENTS.items()}
HIDDEN = "remove-cell"
# What a chapter uses before its time, and why.  This list is to be shrunk.
EXCEPTIONS = {
    ("02-xor", "landscape"): "the valley of XOR is looked at before chapter 3",
    ("02-xor", "cost"): "training of XOR is measured before the cost is defined",
    ("02-xor", "gradient_descent"): "XOR is learned before descent is explained",
    ("02-xor", "forward"): "the hidden layer's outputs are looked at",
    ("02-xor", "gradient"): "a critical point is shown by its gradient",
    ("03-cost", "gradient_descent"): "descent is compared with other solvers",
    ("03-cost", "sgd"): "descent is compared with other solvers",
    ("03-cost", "gradient"): "the solvers are given the gradient",
    ("03-cost", "paper"): "the run of HH is the example",
    ("04-stochastic-gradient", "gradient"): "the loop is written out with it",
    ("04-stochastic-gradient", "paper"): "the run of HH is the example",
}


def used(text: Text) -> Iterator[tuple[str, int]]:
    """Yield what cells that are shown use of the library, with its chapter."""
    for cell in text.cells:
        if HIDDEN in cell.tags:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module == "dlam":
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = node.value.id
                if owner == "dlam":
                    names = [node.attr]
                elif owner in CONTENTS and node.attr in CONTENTS[owner].names:
                    yield f"{owner}.{node.attr}", CONTENTS[owner].names[node.attr]
            for name in names:
                yield name, INTRODUCED.get(name, MODULES.get(name, 0))


def early(text: Text) -> set[str]:
    """Return what a chapter uses that a later one introduces."""
    number = re.match(r"0*(\d+)", text.stem)
    if number is None:  # the page that the book opens with
        return set()
    return {name for name, n in used(text) if n > int(number[1])}


CHAPTERS = load().chapters


@pytest.mark.parametrize("text", CHAPTERS, ids=lambda text: text.stem)
def test_a_chapter_uses_what_has_been_introduced(text: Text) -> None:
    excepted = {name for stem, name in EXCEPTIONS if stem == text.stem}
    assert {name for name in early(text) if name.split(".")[0] not in excepted} == set()


def test_no_exception_is_left_that_nothing_needs() -> None:
    needed = {
        (text.stem, name.split(".")[0]) for text in CHAPTERS for name in early(text)
    }
    assert {*EXCEPTIONS} - needed == set()


@pytest.mark.parametrize(
    "line", ["from dlam import sharpness", "import dlam\ndlam.gradient(1)"]
)
def test_a_name_before_its_time_is_seen(line: str) -> None:
    front = "---\njupytext:\n  text_representation: {extension: .md}\n---\n\n# One\n"
    cell = f"\n```{{code-cell}} python\n{line}\n```\n"
    text = Text(front + cell, "01-one.md")
    assert early(text) == {line.split()[-1].removeprefix("dlam.").split("(")[0]}
