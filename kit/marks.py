"""Read the marks in a chapter that make slides of it.

A mark is a comment line of MyST, which no page shows::

    % slide: What does a memory do?
    % - A point, seen at once, with $\\beta$ and {eq}`eq-mom-step`.
    % + A point that comes with the next click.
    % show
    % show eq-mom-best
    % show output
    % then show

`show` takes the block that follows, or the one with the label that is given; of a
cell, `code` or `output` alone may be asked for.  `then show` waits for a click.
The prose from the mark to the next one becomes what the speaker sees.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it.token import Token

from tools.book.model import DIRECTIVE, Broken, Text, _parser

MARK = re.compile(
    r"(?P<slide>slide:) +(?P<title>.+)|(?P<sign>[-+]) +(?P<point>.+)"
    r"|(?P<then>then )?show(?: +(?P<what>[\w-]+))?|picture +(?P<picture>[\w-]+)"
)
LABEL = re.compile(r"^:?(?:label|name): *([\w-]+)", re.M)
CLASS = re.compile(r"^:class: *(\w+)", re.M)
BOXES = {"predict", "quick", "important"}
LISTS = {"bullet_list_open", "ordered_list_open"}
PARTS = {"code", "output"}  # of a cell


@dataclass(frozen=True)
class Block:
    """A block of a page: its kind and how many of its kind come before; or a label."""

    kind: str
    n: int = 0


@dataclass(frozen=True)
class Part:
    """What a slide has: a point in words, or a block that is shown."""

    shows: str | Block
    later: bool = False
    only: str = ""


@dataclass
class Slide:
    """A slide as it is marked, in line `line` of its text."""

    title: str
    line: int
    parts: list[Part] = field(default_factory=list)
    notes: list[Block] = field(default_factory=list)


@dataclass
class Marked:
    """What the marks of a text ask for, and how many blocks of each kind it has."""

    slides: list[Slide]
    counts: Counter[str]
    picture: str


def blocks(
    text: Text, counts: Counter[str]
) -> Iterator[tuple[Token, int, Block | None]]:
    """Yield the outermost tokens, their lines, and the blocks that they begin."""
    gate = False  # what is between the gates of a solution stands inside it
    for token in _parser().parse(text.text):
        if token.level or token.type.endswith("_close"):
            continue
        kind = label = ""
        line = token.map[0] + 1 if token.map else 1
        if token.type in ("fence", "colon_fence"):
            form = DIRECTIVE.fullmatch(token.info.strip())
            name = form["name"] if form else ""
            gate = name.endswith("-start") or (gate and not name.endswith("-end"))
            its = CLASS.search(token.content)
            named = LABEL.search(token.content)
            if name == "code-cell":
                (cell,) = (c for c in text.cells if text.line(c.start) == line)
                kind = "" if "remove-cell" in cell.tags else "cell"
            elif name == "list-table":
                kind = "table"
            elif its and its[1] in BOXES:
                kind = its[1]
            elif its and form and form["argument"] == "Answer":
                kind = "answer"
            elif named:
                label = named[1]
        elif token.type == "math_block_label":
            label = f"equation-{token.info}"
        elif not gate:
            kind = {"paragraph_open": "paragraph", "table_open": "table"}.get(
                token.type, "list" if token.type in LISTS else ""
            )
        if kind:
            yield token, line, Block(kind, counts[kind])
            counts[kind] += 1
        else:
            yield token, line, Block(label) if label else None


def read(text: Text) -> Marked:
    """Return the slides that are marked in a text.

    Raises
    ------
    Broken
        If a mark cannot be read, or nothing follows that it could show.
    """
    slides: list[Slide] = []
    before: list[Block] = []  # what a section says before its first slide
    current: Slide | None = None
    waiting: list[tuple[int, re.Match[str]]] = []  # places of what is to come
    picture = ""
    seen = 0
    counts: Counter[str] = Counter()
    for token, line, block in blocks(text, counts):
        if token.type == "myst_line_comment":
            for n, said in enumerate(token.content.split("\n"), line):
                mark = MARK.fullmatch(said.strip())
                seen += 1
                if mark is None or not (mark["slide"] or mark["picture"] or slides):
                    raise Broken(text.path, n, f"this is no mark: {said.strip()}")
                if mark["slide"]:
                    current = Slide(mark["title"], n, notes=before)
                    slides.append(current)
                    before = []
                elif mark["picture"]:
                    picture = mark["picture"]
                elif mark["point"]:
                    slides[-1].parts.append(Part(mark["point"], mark["sign"] == "+"))
                elif mark["what"] and mark["what"] not in PARTS:
                    its = Block(_identity(mark["what"]))
                    slides[-1].parts.append(Part(its, bool(mark["then"])))
                else:
                    waiting.append((len(slides[-1].parts), mark))
                    slides[-1].parts.append(Part(""))
            continue
        if waiting and token.type != "html_block":
            if block is None:
                raise Broken(text.path, line, "a mark is to show what is here")
            for place, mark in waiting:
                part = Part(block, bool(mark["then"]), mark["what"] or "")
                slides[-1].parts[place] = part
            waiting = []
        if token.type == "heading_open" and token.tag in ("h1", "h2"):
            current, before = None, []
        elif block and block.kind in ("paragraph", "list", "answer"):
            (current.notes if current else before).append(block)
    if waiting or seen != len(re.findall(r"^% ", text.text, re.M)):
        raise Broken(text.path, 1, "a mark stands in a box, a list, or at the end")
    return Marked(slides, counts, picture)


def _identity(label: str) -> str:
    return f"equation-{label}" if label.startswith("eq-") else label
