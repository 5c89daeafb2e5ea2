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
from tools.pages.generated import put, refuse

HOW = ("reproduced", "restated", "extended", "corrected", "left out")

HEAD = """\
% Written by tools/pages/concordance.py: change trust/concordance.yaml instead.

# Where the sources are

Every section, numbered equation, figure, listing and stated number of the paper, every slide of the lecture, and what the slides take from two books, with where it is here.
*Reproduced* is the same thing, with the source's own numbers or picture; *restated* the same statement in our words and notation; *extended* the source's point taken further, that is, proved, measured or varied; *corrected* means that the source slips (see also {doc}`errata`).
The book is not built when one of the links below leads nowhere.
"""  # noqa: E501


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
    parts = [HEAD]
    for source in sources:
        count = Counter(
            entry(row).how for group in source["groups"] for row in group["entries"]
        )
        summary = ", ".join(f"{count[how]} {how}" for how in HOW if count[how])
        total = f"{sum(count.values())} {'entry' if count.total() == 1 else 'entries'}"
        parts.append(f"\n## {source['title']}\n\n{source['about'].strip()}\n")
        parts.append(f"\n{total}: {summary}.\n")
        for group in source["groups"]:
            parts.append(f"\n### {group['title']}\n")
            parts += (_item(entry(row), book) for row in group["entries"])
    return "".join(parts)


def _item(one: Entry, book: Path) -> str:
    """Return an entry as an item of a list of definitions."""
    what = f", {one.what}" if one.what else ""
    here = "; ".join(link(target, book) for target in one.here)
    line = f"*{one.how.capitalize()}*" + (f": {here}" if here else "") + "."
    remark = f"\n  {one.remark}" if one.remark else ""
    return f"\n**{one.source}**{what}\n: {line}{remark}\n"


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
