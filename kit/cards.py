"""Flashcards for Anki: terms, statements, quick checks and results to remember.

A card is known by its label in the book, and so a new edition of the deck updates
the cards and leaves what somebody has learned.
"""

from __future__ import annotations

import zlib
from collections import namedtuple
from collections.abc import Iterable, Iterator
from pathlib import Path

import genanki

from kit.boxes import Box, boxes, chapters, html, opened, shown
from tools.pages.glossary import terms_of

BOOK = "Deep Learning for Applied Mathematicians"
STYLE = """.card { font: 20px/1.5 serif; max-width: 36em; margin: auto; padding: 1em }
.where { font-size: 70%; opacity: .7 } table { border-collapse: collapse }
td, th { padding: 0 .5em; border: 1px solid } img { max-width: 100% }"""

BACK = '{{FrontSide}}<hr id="answer">{{Back}}<p class="where">{{Where}}</p>'
TEMPLATE = {"name": "Card", "qfmt": "{{Front}}", "afmt": BACK}


# Two sides in HTML, what they are known by, and where in the book they are from.
Card = namedtuple("Card", "label chapter kind front back where")


def cards(some: Iterable[Box], files: dict[str, bytes]) -> Iterator[Card]:
    """Yield the cards of boxes; the pictures they show go into `files`."""
    asked = (box for box in some if box.kind not in ("exercise", "prediction"))
    titles = {text.stem: text.title for _, text in chapters()}
    for box, more in map(shown, asked):
        where = f"{box.chapter}, {box.section}"
        if box.kind == "quick check":
            sides = box.text, box.answer
        elif box.kind == "results":
            sides = f"Results to remember: *{titles[box.page]}*", box.text
        else:
            sides = f"State {box.kind} {box.number}: *{box.title}*", box.text
        files |= more
        front, back = map(html, sides)
        deck = f"{box.page[:2]} {box.chapter}"
        yield Card(box.label, deck, box.kind, front, back, where)


def glossary() -> Iterator[Card]:
    """Yield the cards of the terms."""
    for chapter, text in chapters():
        deck = f"{text.stem[:2]} {chapter}"
        for term in terms_of(text):
            front, back = html(f"What is this? **{term.name}**"), html(term.sentence)
            yield Card(f"term-{term.name}", deck, "term", front, back, chapter)


def number(label: str) -> int:
    """Return the number by which Anki knows something, the same in each edition."""
    return 1 << 30 | zlib.crc32(f"{BOOK}: {label}".encode()) >> 2


def package(some: Iterable[Card]) -> genanki.Package:
    """Return the decks, one a chapter."""
    fields = [{"name": name} for name in ("Front", "Back", "Where")]
    model = genanki.Model(number("model"), BOOK, fields, [TEMPLATE], STYLE)
    decks: dict[str, genanki.Deck] = {}
    for card in some:
        name = f"{BOOK}::{card.chapter}"
        deck = decks.setdefault(name, genanki.Deck(number(name), name))
        guid, tags = genanki.guid_for(BOOK, card.label), [card.kind.replace(" ", "-")]
        sides = [card.front, card.back, card.where]
        deck.add_note(genanki.Note(model, sides, guid=guid, tags=tags))
    return genanki.Package([*decks.values()])


def write(folder: Path) -> None:
    """Write the package of all decks."""
    files: dict[str, bytes] = {}
    made = package([*glossary(), *cards(boxes(opened()), files)])
    for name, content in files.items():
        folder.joinpath(name).write_bytes(content)
    made.media_files = [folder / name for name in files]
    made.write_to_file(folder / "deep-learning-for-applied-mathematicians.apkg")
