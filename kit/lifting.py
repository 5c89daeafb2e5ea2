"""Lift blocks out of a built page, as they are there, for slides and handouts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import Any

from lxml import html
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from kit.marks import Block, read
from tools import ROOT
from tools.book.model import Text
from tools.pages.formulas import katex

SITE = ROOT / "_build" / "html"
CLASSED = "//article//div[contains(concat(' ', @class, ' '), ' {} ')]"
KINDS = {
    "paragraph": "//article//section[@id]/p[not(@class)]",
    "list": "//article//section[@id]/*[self::ul or self::ol]",
    "table": "//article//section[@id]/div[contains(@class, 'scrollable-table')]",
    "answer": "//article//div[@class='dropdown admonition'][p[1]='Answer']",
    **{kind: CLASSED.format(kind) for kind in ("cell", "predict", "quick")},
    "important": CLASSED.format("important"),
}
ROLE = re.compile(r"\{(?:eq|numref|prf:ref)\}`([\w-]+)`")
LINES = MarkdownIt("commonmark", {"html": False, "typographer": True})
LINES.enable(["replacements", "smartquotes"]).use(
    dollarmath_plugin, renderer=lambda tex, options: katex(tex, options["display_mode"])
)


class OutdatedError(ValueError):
    """The page is not there, or not that of the text."""


class Page:
    """A built page beside its text."""

    def __init__(self, text: Text, site: Path = SITE) -> None:
        self.text, self.marked = text, read(text)
        self.path = site / "book" / f"{text.stem}.html"
        if not self.path.exists():
            raise OutdatedError(f"{self.path.name} is not built: make book")
        self.tree = html.parse(self.path, html.HTMLParser(encoding="utf-8"))
        self._found: dict[str, list[Any]] = {
            kind: self.tree.xpath(path) for kind, path in KINDS.items()
        }
        for kind, found in self._found.items():
            if self.marked.counts[kind] != len(found):
                raise OutdatedError(
                    f"{text.name} has {self.marked.counts[kind]} blocks of the kind "
                    f"{kind}, and its page {len(found)}: make book"
                )

    @cached_property
    def title(self) -> str:
        """The title of the page with its number, as HTML."""
        (heading,) = self.tree.xpath("//article//h1")
        return inner(lifted(heading))

    def found(self, kind: str) -> list[Any]:
        """Return the elements of a kind, in order."""
        return self._found[kind]

    def find(self, block: Block) -> Any:
        """Return the element of the page that a block is."""
        if block.kind in self._found:
            return self._found[block.kind][block.n]
        found = self.tree.xpath("//*[@id=$id]", id=block.kind)
        if not found:
            raise OutdatedError(f"{self.path.name} has nothing labelled {block.kind}")
        return found[0]

    def live(self, figure: Any) -> Any:
        """Return what brings a figure to life, or None."""
        found = self.tree.xpath("//*[@data-figure=$id]", id=figure.get("id", ""))
        return found[0] if found else None

    def line(self, words: str) -> str:
        """Return a line of Markdown as HTML; numbers come from the page."""
        return str(LINES.renderInline(ROLE.sub(self._number, words)))

    def _number(self, role: re.Match[str]) -> str:
        label = role[1]
        its = self.find(Block(f"equation-{label}" if label[:3] == "eq-" else label))
        (number,) = its.xpath("(.//*[@class='eqno' or @class='caption-number'])[1]")
        return str(number.text_content()).strip(" #")


def lifted(element: Any) -> Any:
    """Return a copy of an element without links, folds and what is for the page."""
    made = deepcopy(element)
    made.tail = None
    for gone in made.xpath(".//a[contains(@class, 'headerlink')] | .//summary"):
        gone.drop_tree()
    for name in ("a", "details", "span[@class='nobreak']"):
        for found in made.xpath(f".//{name}"):
            found.drop_tag()
    for section in made.iter("section"):
        section.tag = "div"  # a section is a slide
    for image in made.iter("img"):
        image.set("src", image.get("src", "").removeprefix("../"))
        for name in ("style", "width", "height", "class"):
            image.attrib.pop(name, None)
    for named in made.xpath("descendant-or-self::*[@id][not(self::figure)]"):
        del named.attrib["id"]
    return made


def spoken(element: Any) -> Any:
    """Return a copy whose formulas are MathML alone, for a window without KaTeX."""
    made = lifted(element)
    for formula in made.xpath(".//span[@class='katex']"):
        for gone in formula.xpath(".//annotation | *[@class='katex-html']"):
            gone.drop_tree()
    return made


def inner(element: Any) -> str:
    """Return what is in an element, as HTML."""
    parts = (html.tostring(child, encoding="unicode") for child in element)
    return (element.text or "") + "".join(parts)


def outer(element: Any) -> str:
    return str(html.tostring(element, encoding="unicode"))


def images(page: str) -> Iterator[str]:
    """Yield the images that a page shows, relative to the site."""
    yield from re.findall(r'<img[^>]* src="([^"]+)"', page)
