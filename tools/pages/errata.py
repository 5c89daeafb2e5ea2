"""Write the page of errata: those of the sources, and our own.

The entries are in trust/errata.yaml.  It is an error if an erratum of a source
names no test or leads to no place, and if a page still says what it no longer
should.
"""

from __future__ import annotations

import ast
from itertools import groupby
from pathlib import Path

import yaml

from tools import ROOT
from tools.book.labels import link, missing, several
from tools.pages import repository
from tools.pages.generated import put, refuse, rendered

KINDS = {"slip": "Slips in print", "clarification": "Choices and clarifications"}


def faults(errata: dict[str, list[dict[str, str]]], root: Path) -> list[str]:
    """Return what is wrong with the entries."""
    found = []
    for one in errata["sources"]:
        where = f"{one['source']}, {one['place']}"
        file, _, name = one["test"].partition("::")
        path = root / file
        if not path.exists() or name not in _tests(path):
            found.append(f"{where}: there is no test {one['test']}")
        if one.get("kind") not in KINDS:
            found.append(f"{where}: expected a kind, {' or '.join(KINDS)}")
        lost = missing(several(one["here"]), root / "book")
        found += [f"{where}: {error}" for error in lost]
    for one in errata["book"]:
        where = f"{one['page']}, {one['place']}"
        path = root / "book" / f"{one['page']}.md"
        text = " ".join(path.read_text("utf-8").split()) if path.exists() else ""
        if one["said"] in text:
            found.append(f"{where}: the page says again: {one['said']!r}")
        if one["says"] not in text:
            found.append(f"{where}: the page does not say: {one['says']!r}")
        if not one.get("edition"):
            found.append(f"{where}: which edition is the first that is right?")
    return found


def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def whom_to_tell(known: str | None) -> str:
    """Return what a reader who has found a mistake can do, where the book is known."""
    if known is None:
        return "open an issue in the repository that this copy comes from"
    return f"[open an issue]({known}/issues/new)"


def page(
    errata: dict[str, list[dict[str, str]]], book: Path, known: str | None = None
) -> str:
    """Return the text of the page of the book whose repository is `known`."""
    editions = groupby(errata["book"], lambda one: one["edition"])
    return rendered(
        "errata.md",
        kinds=[
            (title, [one for one in errata["sources"] if one["kind"] == kind])
            for kind, title in KINDS.items()
        ],
        links=lambda here: "; ".join(link(target, book) for target in several(here)),
        write=whom_to_tell(known),
        editions=[(edition, [*entries]) for edition, entries in editions],
    )


def write(root: Path = ROOT) -> int:
    """Write the page; 1 if there is something wrong with the entries."""
    book, file = root / "book", root / "trust" / "errata.yaml"
    errata = yaml.safe_load(file.read_text("utf-8"))
    wrong = (f"{file.name}: {fault}" for fault in faults(errata, root))
    known = repository.address()
    return refuse(wrong) or put(book / "errata.md", page(errata, book, known))
