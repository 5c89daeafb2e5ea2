"""Write the page for the reader that says how this book checks itself."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

from tools import ROOT
from tools.book import load
from tools.evidence import command, units
from tools.pages import concordance, equations, platforms
from tools.pages.generated import put, rendered


class Counts(NamedTuple):
    """What there is to count, each taken from where it is."""

    claims: int
    given: int
    numbers: int
    cells: int
    equations: int
    equation_tests: int
    tests: int
    entries: int


def counts(root: Path = ROOT) -> Counts:
    """Count what the page reports."""
    texts = load(root).texts.values()
    chapters, _ = equations.collect(root)
    labelled = [one for chapter in chapters for one in chapter.equations]
    trees = [
        ast.parse(path.read_text("utf-8"))
        for path in (root / "tests").rglob("test_*.py")
    ]
    return Counts(
        claims=sum(len(text.claims) for text in texts),
        given=sum(len(text.given) for text in texts),
        numbers=sum(n.reported for text in texts for n in text.numerals),
        cells=sum(len(text.cells) for text in texts),
        equations=len(labelled),
        equation_tests=len({test for one in labelled for test in one.tests}),
        tests=sum(
            isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for tree in trees
            for node in tree.body
        ),
        entries=sum(1 for _ in concordance.read(concordance.load(root))),
    )


def page(found: Counts) -> str:
    """Return the text of the page."""
    mutants = units.measured("mutants")
    made, noticed = command.score(mutants)
    everywhere = platforms.everywhere(units.measured("platforms"))
    values = found._asdict()
    return rendered(
        "checks.md",
        **values,
        made=made,
        noticed=noticed,
        measured=len(mutants),
        modules=len(units.units("mutants")),
        everywhere=everywhere,
    )


def write() -> int:
    """Write the page; 0 if all is well."""
    return put(ROOT / "book" / "checks.md", page(counts()))
