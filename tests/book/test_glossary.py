"""Each term stands in the glossary, and is not used before it is defined."""

from __future__ import annotations

import re

import pytest

from tools.book import Book, Text, load
from tools.pages import glossary
from tools.pages.glossary import Term

BOOK = load()
TERMS = glossary.terms(BOOK)
# What a chapter says before the term is defined, and why.  To be shrunk.
EXCEPTIONS: dict[tuple[str, str], str] = {}


def opening(text: Text) -> int:
    """Return where the opening ends, which may name what the chapter is about."""
    line = next((h.line for h in text.headings if h.level == 2), 1)
    return sum(len(one) + 1 for one in text.prose.split("\n")[: line - 1])


def early(term: Term, book: Book) -> list[str]:
    """Return where the body of a text has the term before it is defined."""
    found = []
    for text in book.chapters:
        own = text.stem == term.text.stem
        end = term.places[0] if own else len(text.prose)
        headings = {heading.line for heading in text.headings}
        forms = term.uses(text.prose, opening(text), end)
        form = next((f for f in forms if text.line(f.start()) not in headings), None)
        if form and text.stem != "index":
            found.append(f"{text.stem}:{text.line(form.start())}")
        if own:
            break
    return found


def test_every_term_has_one_place_where_it_is_defined() -> None:
    assert TERMS
    assert list(glossary.faults(BOOK)) == []


@pytest.mark.parametrize("term", TERMS, ids=lambda t: f"{t.text.stem}-{t.name}")
def test_a_term_is_not_used_before_it_is_defined(term: Term) -> None:
    excepted = {stem for stem, name in EXCEPTIONS if name == term.name}
    assert [
        place for place in early(term, BOOK) if place.split(":")[0] not in excepted
    ] == []


def test_no_exception_is_left_that_nothing_needs() -> None:
    excepted = {name for _, name in EXCEPTIONS}
    needed = {
        (place.split(":")[0], term.name)
        for term in TERMS
        if term.name in excepted
        for place in early(term, BOOK)
    }
    assert {*EXCEPTIONS} - needed == set()


def test_the_page_leads_to_the_section() -> None:
    page = glossary.page(BOOK)
    assert page.count("\n: ") == len(TERMS)
    assert len(re.findall("→", page)) == len(TERMS)


def chapter(prose: str, terms: str = "") -> Text:
    front = f"---\njupytext: {{}}\ndlam: {{terms: {{{terms}}}}}\n---\n"
    return Text(f"{front}# T\n\nOf a cost.\n\n## S\n\n{prose}\n", "02-t.md")


@pytest.mark.parametrize(
    ("prose", "places"),
    [
        ("The **cost** is a mean.", 0),
        ("Two **costs**. Then a cost.", 0),
        ("A cost. The **cost** is a mean.", 1),
        ("Of\ncosts.\n\nThe **cost** is a mean.", 1),
    ],
)
def test_a_term_before_its_place_is_seen(prose: str, places: int) -> None:
    text = chapter(prose, "cost: A mean.")
    (term,) = glossary.terms(Book({"t": text}))
    assert len(early(term, Book({"t": text}))) == places


def test_a_term_in_an_earlier_chapter_is_seen() -> None:
    book = Book({"s": chapter("A cost."), "t": chapter("A **cost**.", "cost: A mean.")})
    book.texts["s"].path = book.texts["s"].path.with_name("01-s.md")
    (term,) = glossary.terms(book)
    assert early(term, book) == ["01-s:11"]


@pytest.mark.parametrize("prose", ["A cost.", "A **cost** and a **cost**."])
def test_a_term_without_its_place_is_refused(prose: str) -> None:
    text = chapter(prose, "cost: A mean.")
    assert len(list(glossary.faults(Book({"t": text})))) == 1
