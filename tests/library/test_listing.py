"""Listings show the library's own source, without its docstrings."""

from __future__ import annotations

import ast
import importlib
import inspect
import math
from pathlib import Path
from typing import Any

import pytest

import dlam
from dlam import Activation, Network, claim, data, listing
from dlam.listing import source

SHOWN = [
    Network,
    Network.__call__,
    Network.unpack,
    Network.pack,
    Activation,
    claim,
    data.drilling_sites,
    listing,
    source,
]
each = pytest.mark.parametrize("thing", SHOWN, ids=lambda thing: thing.__qualname__)


def undocumented(tree: ast.AST) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(tree)


@each
def test_what_is_shown_is_the_program_without_docstrings(thing: Any) -> None:
    original = ast.parse(inspect.cleandoc("\n" + inspect.getsource(thing)))
    shown = source(thing)
    assert ast.dump(ast.parse(shown)) == undocumented(original)
    assert '"""' not in shown


@each
def test_every_line_shown_is_a_line_of_the_file(thing: Any) -> None:
    lines = [line.strip() for line in inspect.getsource(thing).splitlines()]
    for line in source(thing).splitlines():
        assert line.strip() in lines
        lines = lines[lines.index(line.strip()) + 1 :]  # ... in their order
    assert not source(thing).startswith((" ", "\n"))


def test_comments_and_blank_lines_inside_are_kept() -> None:
    assert "# 2z itself might overflow" in source(dlam.tanh.derivative)
    assert "\n\n    def __call__" in source(Activation)
    assert "class Activation:\n    name: str\n" in source(Activation)


UNUSUAL = """\
class Close:
    "Said."
    x = 1


def apart():
    "Said."

    return 2


def silent():
    "Said."
"""


def test_only_the_docstring_goes_however_the_program_is_laid_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unusual.py").write_text(UNUSUAL, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    unusual = importlib.import_module("unusual")
    assert source(unusual.Close) == "class Close:\n    x = 1"
    assert source(unusual.apart) == "def apart():\n\n    return 2"
    assert source(unusual.silent) == "def silent():"


def test_a_listing_is_markdown_with_the_sources_in_turn() -> None:
    shown = listing(Network.unpack, data.xor).data
    assert shown == f"```python\n{source(Network.unpack)}\n\n{source(data.xor)}\n```"


@pytest.mark.parametrize("thing", [math.exp, 3, "claim"])
def test_what_has_no_source_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError):
        source(thing)
