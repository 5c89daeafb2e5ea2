"""Write the slides of each week, from the marks in the chapters and the built pages.

A deck is a page of reveal.js, which lies beside it.  A block on a slide is the very
one of the book's page, so its formulas, numbers, outputs and figures are the same.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kit.lifting import SITE, Page, images, lifted, outer, spoken
from kit.marks import Block, Part, Slide
from tools.book import load

HERE = Path(__file__).parent
# The decks: the weeks of the lecture, and the beginnings of their chapters' names.
DECKS = {
    "week-4": ("Week 4: deep learning for applied mathematicians", "01 02 03 04 05 06"),
    "week-5": ("Week 5: further topics in optimisation", "07"),
    "week-6": ("Week 6: regularisation", "08"),
    "week-9": ("Week 9: convolutions", "09"),
    "week-9-attention": ("Week 9, or something different: attention", "10"),
}
# What of the site's static files a deck needs.
STATIC = ("katex", "fonts", "live", "book.css", "pygments.css")
SIZE = re.compile(r'<svg\b[^>]*?\bviewBox="0 0 ([\d.]+) ([\d.]+)"')
PARTS = {"code": "cell_input", "output": "cell_output"}
DENSE, SQUARE = 420, 1.75  # signs of a box in small print; width to height
# Programs: pixels times signs of a line, pixels times lines, and pixels at most.
WIDE, HIGH, LARGE = 1080 / 0.602, 360 / 1.35, 26
ENVIRONMENT = Environment(
    loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True)
class Shown:
    """A slide as HTML: groups of points, and blocks between them, and its notes."""

    title: str
    groups: list[tuple[str, list[tuple[str, bool]]]]
    notes: list[str]
    kind: str


def decks(site: Path = SITE) -> dict[str, tuple[str, list[tuple[Page, list[Shown]]]]]:
    """Return the decks, each with its title, and the pages with their slides."""
    pages = [Page(text, site) for text in load().chapters if text.stem[0].isdigit()]
    return {
        name: (
            title,
            [
                (page, [show(page, slide) for slide in page.marked.slides])
                for page in pages
                if page.text.stem[:2] in chapters.split()
            ],
        )
        for name, (title, chapters) in DECKS.items()
    }


def show(page: Page, slide: Slide) -> Shown:
    """Return a slide as HTML."""
    groups: list[tuple[str, list[tuple[str, bool]]]] = []
    for part in slide.parts:
        kind = "points" if isinstance(part.shows, str) else "blocks"
        if not groups or groups[-1][0] != kind:
            groups.append((kind, []))
        groups[-1][1].extend(made(page, part))
    whole = "".join(html for _, group in groups for html, _ in group)
    kind = "live" if "data-live" in whole else "plain"
    if kind == "plain" and len(groups) > 1 and _is_square(page, whole):
        kind = "beside"
    shown = [page.find(p.shows) for p in slide.parts if isinstance(p.shows, Block)]
    captions = [one for its in shown for one in its.xpath(".//figcaption/p")]
    said = captions + [page.find(block) for block in slide.notes]
    notes = [outer(spoken(one)) for one in said]
    return Shown(page.line(slide.title), groups, notes, kind)


def made(page: Page, part: Part) -> list[tuple[str, bool]]:
    """Return what a mark shows as HTML, each piece with whether it comes later."""
    if isinstance(part.shows, str):
        return [(page.line(part.shows), part.later)]
    element = page.find(part.shows)
    figures = element.xpath("descendant-or-self::figure")
    if figures and not part.only:
        return [(figure(page, figures[0]), part.later)]
    copy = lifted(element)
    if part.shows.kind != "cell":
        seen = copy.xpath(".//text()[not(ancestor::span[@class='katex-mathml'])]")
        size = "dense" if len("".join(seen)) > DENSE else ""
        return [(f'<div class="block {size}">{outer(copy)}</div>', part.later)]
    for program in copy.iter("pre"):
        lines = program.text_content().splitlines()
        fit = min(WIDE / max(map(len, lines)), HIGH / len(lines), LARGE)
        program.set("style", f"font-size: {fit:.0f}px")
    tags = element.get("class")
    asked = [part.only] if part.only else ["code", "output"]
    if not part.only and "hide-input" in tags:
        asked = ["output"]
    later = {"code": part.later, "output": part.later or "hide-output" in tags}
    return [
        (outer(piece), part.later if part.only else later[name])
        for name in asked
        for piece in copy.xpath(f".//div[contains(@class, '{PARTS[name]}')]")
    ]


def figure(page: Page, element: Any) -> str:
    """Return a figure with its number in place of its caption, alive if it is."""
    copy, live = lifted(element), page.live(element)
    for caption in copy.iter("figcaption"):
        (number,) = caption.xpath(".//*[@class='caption-number']")
        for gone in list(caption):
            caption.remove(gone)
        caption.text = number.text_content().strip()
    return outer(copy) + (outer(lifted(live)) if live is not None else "")


def _is_square(page: Page, whole: str) -> bool:
    """Say whether points and the one picture of a slide fit better side by side."""
    for name in images(whole):
        drawing = (page.path.parents[1] / name).read_text("utf-8", "ignore")
        if size := SIZE.search(drawing):
            return float(size[1]) < SQUARE * float(size[2])
    return False


def write(folder: Path, site: Path = SITE) -> None:
    """Write all decks into `folder`, with everything they need."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in STATIC:
        source, target = site / "_static" / name, folder / "_static" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    shutil.copytree(HERE / "reveal", folder / "reveal")
    shutil.copy(HERE / "deck.css", folder)
    shutil.copy(HERE / "deck.js", folder)
    its = decks(site)
    template = ENVIRONMENT.get_template("deck.html")
    for name, (title, parts) in its.items():
        marked = [part for part in parts if part[1]]
        several = len({page.text.stem[:2] for page, _ in marked}) > 1
        deck = template.render(title=title, parts=marked, chapters=several)
        (folder / f"{name}.html").write_text(deck, "utf-8")
        for image in images(deck):
            (folder / image).parent.mkdir(exist_ok=True)
            shutil.copy(site / image, folder / image)
    index = ENVIRONMENT.get_template("index.html").render(decks=its)
    (folder / "index.html").write_text(index, "utf-8")
