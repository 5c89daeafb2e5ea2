"""Write the page that says where the sources are in this book.

The entries are in trust/concordance.yaml.  It is an error if one of them leads
to a place that the book does not have, or does not say why something is left
out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tools import ROOT
from tools.book.labels import link, missing, several
from tools.pages.generated import put, refuse, rendered

HOW = ("reproduced", "restated", "extended", "corrected", "left out")


class Entry(NamedTuple):
    """What a source has, and where it is here."""

    source: str
    what: str
    here: list[str]
    how: str
    remark: str


def read(sources: list[dict[str, Any]]) -> Iterator[Entry]:
    """Yield all entries."""
    for source in sources:
        for group in source["groups"]:
            for row in group["entries"]:
                yield entry(row)


def entry(row: list[str]) -> Entry:
    """Return a row of the file as an entry."""
    source, what, here, how, remark = row
    return Entry(source, what, several(here), how, remark)


def faults(sources: list[dict[str, Any]], book: Path) -> list[str]:
    """Return what is wrong with the entries."""
    found = []
    for one in read(sources):
        if one.how not in HOW:
            found.append(f"{one.source}: {one.how!r} is none of {', '.join(HOW)}")
        if one.how == "left out" and not one.remark:
            found.append(f"{one.source}: why is it left out?")
        if one.how != "left out" and not one.here:
            found.append(f"{one.source}: where is it?")
        found += [f"{one.source}: {error}" for error in missing(one.here, book)]
    return found


def page(sources: list[dict[str, Any]], book: Path) -> str:
    """Return the text of the page."""
    return rendered(
        "concordance.md",
        sources=[(one, Counter(e.how for e in read([one]))) for one in sources],
        hows=HOW,
        entry=entry,
        links=lambda here: "; ".join(link(target, book) for target in here),
    )


def load(root: Path = ROOT) -> list[dict[str, Any]]:
    """Return the sources with their entries."""
    text = (root / "trust" / "concordance.yaml").read_text("utf-8")
    sources: list[dict[str, Any]] = yaml.safe_load(text)
    return sources


def write(root: Path = ROOT) -> int:
    """Write the page; 1 if there is something wrong with the entries."""
    sources, book = load(root), root / "book"
    wrong = (f"concordance.yaml: {fault}" for fault in faults(sources, book))
    return refuse(wrong) or put(book / "concordance.md", page(sources, book))
