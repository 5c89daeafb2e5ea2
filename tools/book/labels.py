"""Where in the book something is: labels, pages and their sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tools import ROOT
from tools.book.model import Text
from tools.pages.generated import is_generated

BOOK = ROOT / "book"
Stamps = tuple[tuple[Path, int, int], ...]  # the files, when changed, and their sizes
ROLES = {"eq": "eq", "fig": "numref", "ex": "ref", "sec": "ref"}


class MissingTarget(Exception):  # noqa: N818
    """A target that is not in the book; the message says which."""


def texts(book: Path = BOOK) -> list[Text]:
    """Return the texts of a folder that people write."""
    return _texts(_stamps(book))


def _stamps(book: Path) -> Stamps:
    found = sorted(book.glob("*.md"))
    return tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in found)


@lru_cache(maxsize=4)
def _texts(stamps: Stamps) -> list[Text]:
    return [Text.read(path) for path, *_ in stamps if not is_generated(path)]


@lru_cache(maxsize=4)
def _labels(stamps: Stamps) -> dict[str, str]:
    return {label: text.stem for text in _texts(stamps) for label in text.labels}


def labels(book: Path = BOOK) -> dict[str, str]:
    """Return each label of the texts, and the stem of the page that it is on."""
    return _labels(_stamps(book))


def headings(page: str, book: Path = BOOK) -> list[str]:
    """Return the headings of a page, from its title on."""
    path = book / f"{page}.md"
    if not path.exists() or is_generated(path):  # which a fresh clone has not
        raise MissingTarget(f"there is no page {page}")
    return [heading.title for heading in Text.read(path).headings]


def link(target: str, book: Path = BOOK) -> str:
    """Return a link to a target, in MyST.

    Parameters
    ----------
    target : str
        A label (`eq-layer`, `fig-sites`, `thm-affine`), a page (`02-xor`), or a
        section of a page by its heading (`02-xor#In PyTorch`).

    Raises
    ------
    MissingTarget
        If the book has no such place.
    """
    page, _, heading = target.partition("#")
    if heading:
        if heading not in headings(page, book):
            raise MissingTarget(f"{page} has no section {heading!r}")
        executed = (book / f"{page}.ipynb").exists()
        file = f"{page}.{'ipynb' if executed else 'md'}"
        return f"[{heading}]({file}#{_slug(heading)})"
    kind = target.partition("-")[0]
    if re.fullmatch(r"[a-z]+", kind) and target in labels(book):
        return f"{{{ROLES.get(kind, 'prf:ref')}}}`{target}`"
    headings(target, book)
    return f"{{doc}}`{target}`"


def several(text: str) -> list[str]:
    """Return the targets of a text that has them with semicolons between."""
    return [one.strip() for one in text.split(";")] if text else []


def missing(targets: list[str], book: Path = BOOK) -> Iterator[str]:
    """Say of each target that the book does not have what is missing."""
    for target in targets:
        try:
            link(target, book)
        except MissingTarget as error:
            yield str(error)


def _slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
