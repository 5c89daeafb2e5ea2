"""Write the glossary: each term in a sentence, and where it is defined.

A chapter lists the terms that it defines in its front matter, under `dlam: terms:`,
each with its sentence; in its prose each stands in bold where it is defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tools import ROOT
from tools.book import Book, Text, load
from tools.book.labels import link
from tools.pages.generated import put, refuse, rendered


class Term(NamedTuple):
    """A term, the sentence that defines it, and the text in which it stands."""

    name: str
    sentence: str
    text: Text

    def spelt(self, start: str = r"\b", end: str = r"\b") -> re.Pattern[str]:
        """Return the pattern of its singular and plural, broken over lines or not."""
        words = r"\s+".join(map(re.escape, self.name.split()))
        return re.compile(rf"{start}{words}(?:s|es)?{end}", re.IGNORECASE)

    def uses(self, prose: str, start: int, end: int) -> Iterator[re.Match[str]]:
        """Yield where a text has it; looking for its first word first is faster."""
        spelt, small, first = self.spelt(), prose.lower(), self.name.split()[0].lower()
        at = small.find(first, start, end)
        while at >= 0:
            if form := spelt.match(prose, at, end):
                yield form
            at = small.find(first, at + 1, end)

    @property
    def places(self) -> list[int]:
        """Where it is in bold; a sound text has one such place."""
        bold = self.spelt(r"\*\*", r"\*\*")
        return [form.start() for form in bold.finditer(self.text.prose)]


def terms(book: Book) -> list[Term]:
    """Return the terms in the order of the chapters."""
    return [term for text in book.chapters for term in terms_of(text)]


def terms_of(text: Text) -> list[Term]:
    """Return the terms that a chapter defines."""
    listed = text.front.get("dlam", {}).get("terms", {})
    return [Term(str(name), str(its), text) for name, its in listed.items()]


def faults(book: Book) -> Iterator[str]:
    """Say which terms are listed twice, or are not in bold exactly once."""
    seen: dict[str, str] = {}
    for term in terms(book):
        where = f"{term.text.name}: {term.name!r}"
        if term.name in seen:
            yield f"{where} is defined in {seen[term.name]} already"
        seen[term.name] = term.text.stem
        if len(term.places) != 1:
            yield f"{where} is in bold {len(term.places)} times, expected once"


def page(book: Book) -> str:
    """Return the text of the page."""
    entries = sorted(terms(book), key=lambda term: term.name.lower())
    return rendered("glossary.md", terms=entries, place=place)


def place(term: Term) -> str:
    """Return a link to the section in which the term is defined."""
    line = term.text.line(term.places[0])
    above = [heading for heading in term.text.headings if heading.line < line]
    if above[-1].level == 1:
        return f"→ {{doc}}`{term.text.stem}`"
    return f"→ {link(f'{term.text.stem}#{above[-1].title}')}, {{doc}}`{term.text.stem}`"


def write() -> int:
    """Write the page; 1 if a term has no place."""
    book = load()
    return refuse(faults(book)) or put(ROOT / "book" / "glossary.md", page(book))
