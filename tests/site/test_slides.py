"""Slides and handouts show what the book shows, and fit where they are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import html as markup
from pypdf import PdfReader

import browser
from kit import handouts, slides
from kit.lifting import OutdatedError, Page
from needed import ROOT, require_program
from tools.book import load

# What is made from the built pages for lecturers is tried at night, whole.
pytestmark = pytest.mark.night
WIDTH, HEIGHT = 1280, 720
PATIENCE = 120_000  # milliseconds, on a machine that is busy
DECKS = sorted(slides.DECKS)
# What stands beyond the margins, is cut off, or is too small to be read.
FAULTS = """() => {
  const slide = document.querySelector("section.present");
  const seen = slide.querySelectorAll(
    "h1, h2, li, td, th, pre, p:not(.place), .katex-html, .eqno, img, .live-stage > *");
  const faults = [];
  for (const part of slide.querySelectorAll("pre, .katex-display"))
    if (part.scrollWidth > part.clientWidth + 1)
      faults.push(`cut off: ${part.outerText}`);
  for (const part of seen) {
    if (part.closest("aside, .katex-mathml")) continue;
    const { left, right, top, bottom, width, height } = part.getBoundingClientRect();
    if (!width || !height) continue;
    if (left < 20 || right > 1260 || top < 0 || bottom > 694)
      faults.push(`outside: ${part.tagName} ${part.textContent.slice(0, 40)}`);
    if (part.tagName === "IMG" && height < 200) faults.push("small picture");
    const size = Number.parseFloat(getComputedStyle(part).fontSize);
    if (part.matches("li, td, p, pre") && !part.closest(".live-stage") && size < 16)
      faults.push("small print: " + part.textContent.slice(0, 40));
  }
  return faults;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The one browser of all tests here; Playwright has no second beside it."""
    require_program("chromium")
    with browser.chromium() as one:
        yield one


@pytest.fixture(scope="module")
def decks(
    html: Path, chromium: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The decks, served to a browser."""
    folder = tmp_path_factory.mktemp("slides")
    slides.write(folder, html)
    with browser.serve(folder) as address:
        yield SimpleNamespace(folder=folder, address=address, chromium=chromium)


def formulas(tree: Any) -> set[tuple[str, str]]:
    """Return the displayed formulas of a page, each with its number."""
    return {
        (
            "".join(shown.xpath("*[@class='eqno']/text()")).strip(),
            shown.xpath("string(.//annotation)"),
        )
        for shown in tree.xpath("//div[contains(@class, 'math')][.//annotation]")
    }


def book(html: Path) -> set[tuple[str, str]]:
    pages = (html / "book").glob("[01]*.html")
    return {one for page in pages for one in formulas(markup.parse(page))}


def test_formulas_pictures_and_outputs_are_those_of_the_book(
    decks: Any, html: Path
) -> None:
    recorded = {
        "".join(output.get("text", ""))
        for record in (ROOT / "book").glob("*.ipynb")
        for cell in json.loads(record.read_text("utf-8"))["cells"]
        for output in cell.get("outputs", [])
    }
    numbered = book(html)
    for name in DECKS:
        tree = markup.parse(decks.folder / f"{name}.html")
        assert formulas(tree)
        assert formulas(tree) <= numbered
        for image in tree.xpath("//img/@src"):
            assert (decks.folder / image).read_bytes() == (html / image).read_bytes()
        for output in tree.xpath("//div[contains(@class, 'cell_output')]//pre"):
            assert output.text_content() in recorded


@pytest.mark.parametrize("deck", DECKS)
def test_no_slide_overflows(decks: Any, deck: str) -> None:
    page = decks.chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_default_timeout(PATIENCE)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
    page.goto(f"{decks.address}{deck}.html")
    browser.settle(page)
    shown = ".fragment { opacity: 1 !important; visibility: visible !important; }"
    page.add_style_tag(content=shown)
    faults = {}
    for n in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({n})")
        browser.settle(page)
        if page.locator("section.present [data-live]").count():
            page.wait_for_selector("section.present .live-stage[style] .live-tools")
        faults[n + 1] = page.evaluate(FAULTS)
    page.close()
    assert not {n: found for n, found in faults.items() if found}
    assert not failed


def test_slides_are_printed_one_to_a_page(decks: Any, tmp_path: Path) -> None:
    page = decks.chromium.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{decks.address}week-6.html?print-pdf")
    page.wait_for_selector(".pdf-page")
    browser.settle(page)
    page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True, print_background=True)
    count = page.locator(".pdf-page").count()
    page.close()
    assert len(PdfReader(tmp_path / "a.pdf").pages) == count > 12


def test_a_page_that_is_not_of_its_text_is_refused(html: Path, tmp_path: Path) -> None:
    text = load().texts["06f-project"]
    with pytest.raises(OutdatedError, match="not built"):
        Page(text, tmp_path)
    page = (html / "book" / "06f-project.html").read_text("utf-8")
    (tmp_path / "book").mkdir()
    cut = re.sub(r'class="quick admonition"', 'class="admonition"', page, count=1)
    (tmp_path / "book" / "06f-project.html").write_text(cut, "utf-8")
    with pytest.raises(OutdatedError, match="quick"):
        Page(text, tmp_path)


# What is wider than its column or runs into its number, and what is hard to read.
CRAMPED = """() => [...document.querySelectorAll("div.math")].filter((formula) => {
  const number = formula.querySelector(".eqno");
  const shown = formula.querySelector(".katex-display");
  const right = Math.max(...[...shown.querySelectorAll(".katex-html .base")].map(
    (part) => part.getBoundingClientRect().right));
  const size = Number.parseFloat(getComputedStyle(shown).fontSize);
  const beside = !formula.matches(".wide");
  return (beside && right > number.getBoundingClientRect().left)
    || shown.scrollWidth > shown.clientWidth + 1
    || size < 0.75 * Number.parseFloat(getComputedStyle(document.body).fontSize);
}).map((formula) => formula.textContent)"""


@pytest.mark.parametrize("chapter", range(1, 11))
def test_a_handout_has_two_pages_and_the_formulas_of_the_book(
    chapter: int, html: Path, chromium: Any, tmp_path: Path
) -> None:
    texts = (t for t in load().chapters if t.stem.startswith(f"{chapter:02}"))
    pdf = handouts.write_one(
        tmp_path, chapter, [Page(text, html) for text in texts], html
    )
    assert len(PdfReader(pdf).pages) <= handouts.PAGES
    shown = formulas(markup.parse(pdf.with_suffix(".html")))
    assert shown
    assert shown <= book(html)
    page = chromium.new_page()
    page.goto(pdf.with_suffix(".html").as_uri())
    browser.settle(page)
    cramped = page.evaluate(CRAMPED)
    page.close()
    assert cramped == []
