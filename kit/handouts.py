"""Write a handout of at most two pages for each chapter, as a web page and as a PDF.

It has the results to remember with their formulas, one picture, the symbols and the
terms.  All of it is lifted out of the built pages, and Chromium prints it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lxml import html

from kit.lifting import SITE, Page, images, inner, lifted, outer
from kit.marks import Block
from kit.slides import ENVIRONMENT, HERE
from tools.book import load
from tools.pages.glossary import terms_of
from tools.programs import missing

PAGES = 2
# The first size of the letters, in points, that fits on so many pages: one page is
# better than a second with two lines.  The last sizes do without the sentences of the
# terms, and with the symbols of the chapter alone.
SIZES = (
    (10, True, 1),
    (9.5, True, 1),
    (10, True, PAGES),
    (9, True, PAGES),
    (8, True, PAGES),
    (8, False, PAGES),
    (7.5, False, PAGES),
)
ONLY = re.compile(r"in chapters? ([\d, and]+)")
PAGE = re.compile(rb"/Type\s*/Page\b")


class Entry(NamedTuple):
    """A symbol or a term, what it means, and whether the chapter alone has it."""

    name: str
    meaning: str
    own: bool = True


def handout(number: int, pages: list[Page], site: Path) -> dict[str, Any]:
    """Return what the handout of a chapter has."""
    results, labels = [], []
    for page in pages:
        for box in page.found("important"):
            links = box.xpath(".//a[starts-with(@href, '#equation-')]/@href")
            labels += [(page, link[1:]) for link in links]
            results.append(Entry(page.title, outer(lifted(box[1]))))
    formulas = [outer(lifted(p.find(Block(label)))) for p, label in _once(labels)]
    (drawn,) = [page for page in pages if page.marked.picture]
    tex = " ".join(
        _tex(html.fromstring("".join([*formulas, *(r[1] for r in results)])))
    )
    return {
        "number": number,
        "title": pages[0].title,
        "results": results,
        "formulas": formulas,
        "picture": outer(lifted(drawn.find(Block(drawn.marked.picture)))),
        "symbols": list(symbols(number, tex, site)),
        "terms": [
            Entry(page.line(term.name), page.line(term.sentence))
            for page in pages
            for term in sorted(terms_of(page.text), key=lambda term: term.name.lower())
        ],
    }


def symbols(chapter: int, tex: str, site: Path) -> Iterator[Entry]:
    """Yield the rows of the notation that a chapter alone has, or its formulas use."""
    page = html.parse(site / "book" / "notation.html")
    for row in page.xpath("//article//table//tr[td]"):
        symbol, meaning, *_ = row.xpath("td")
        if only := ONLY.match(meaning.text_content().strip()):
            wanted = str(chapter) in re.findall(r"\d+", only[1])
        else:
            forms = (re.escape(form) for form in _tex(symbol))
            wanted = any(
                re.search(rf"(?<![A-Za-z\\]){form}(?![A-Za-z])", tex) for form in forms
            )
        if wanted:
            yield Entry(inner(lifted(symbol)), inner(lifted(meaning)), bool(only))


def _tex(element: Any) -> list[str]:
    found = element.xpath(".//annotation/text()")
    return [text.strip() for text in found]


def _once(labels: list[tuple[Page, str]]) -> Iterator[tuple[Page, str]]:
    seen: set[str] = set()
    for page, label in labels:
        if label not in seen:
            seen.add(label)
            yield page, label


def write(folder: Path, site: Path = SITE) -> None:
    """Write the handouts of all chapters into `folder`."""
    if sentence := missing("chromium"):
        sys.exit(sentence)
    shutil.rmtree(folder, ignore_errors=True)
    chapters: dict[int, list[Page]] = {}
    for text in load().chapters:
        if text.stem[0].isdigit():
            chapters.setdefault(int(text.stem[:2]), []).append(Page(text, site))
    for number, pages in chapters.items():
        write_one(folder, number, pages, site)


def write_one(folder: Path, number: int, pages: list[Page], site: Path) -> Path:
    """Write the handout of a chapter and what it needs; return the PDF."""
    for name in ("katex", "fonts"):
        target = folder / "_static" / name
        shutil.copytree(site / "_static" / name, target, dirs_exist_ok=True)
    shutil.copy(HERE / "handout.css", folder)
    made = handout(number, pages, site)
    for image in images(made["picture"]):
        (folder / image).parent.mkdir(exist_ok=True)
        shutil.copy(site / image, folder / image)
    path = folder / f"chapter-{number:02}.html"
    for size, full, most in SIZES:
        page = ENVIRONMENT.get_template("handout.html").render(
            made, size=size, full=full
        )
        path.write_text(page, "utf-8")
        pdf = printed(path)
        if len(PAGE.findall(pdf.read_bytes())) <= most:
            return pdf
    sys.exit(f"{path.name} does not fit on {PAGES} pages")


def printed(page: Path) -> Path:
    """Print a page into a PDF beside it."""
    pdf = page.with_suffix(".pdf")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-sync"]
    program = ["chromium", *options, *quiet, f"--print-to-pdf={pdf}"]
    subprocess.run([*program, page.as_uri()], check=True, capture_output=True)
    return pdf
