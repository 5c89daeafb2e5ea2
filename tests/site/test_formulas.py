"""Formulas are part of the page as it is sent: seen, read aloud, copied."""

from __future__ import annotations

import re

import pytest

import browser
from needed import FULL

PHONE = {"width": 360, "height": 740}
SETS = '<annotation encoding="application/x-tex">'  # its TeX, within its MathML
PAGE = "book/08a-penalties.html"


@pytest.fixture
def page(site):
    context = site.chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def formulas(text: str) -> list[str]:
    """The HTML of each formula of a page, to the end of what may belong to it."""
    return re.split(r'<(?:span|div) class="(?:[^"]* )?math[ "]', text)[1:]


def test_every_formula_is_set_in_the_page_as_it_is_sent(html):
    pages = {path: (html / path).read_text("utf-8") for path in browser.pages(html)}
    assert sum(len(formulas(text)) for text in pages.values()) > 1000
    for path, text in pages.items():
        for formula in formulas(text):
            assert formula.count('<span class="katex">') == 1, (path, formula[:200])
            assert formula.count("<math ") == formula.count(SETS) == 1, (path, formula)
            assert '<span class="katex-html" aria-hidden="true">' in formula
        assert "mathjax" not in text.lower(), path


def test_a_page_without_formulas_loads_nothing_for_them(html):
    for path in browser.pages(html):
        text = (html / path).read_text("utf-8")
        assert ("katex.min.css" in text) == bool(formulas(text)), path


def test_a_paragraph_is_selected_and_copied_with_its_formulas(site, page):
    page.goto(site.address + PAGE)
    browser.settle(page)
    selected, copied = page.evaluate(
        """() => {
        const paragraph = [...document.querySelectorAll("article p")]
            .find(p => p.querySelectorAll(".math").length > 2);
        const formulas = paragraph.querySelectorAll(".katex-html");
        // From within the first formula, of which the whole is copied.
        getSelection().setBaseAndExtent(formulas[0].querySelector("span span"), 0,
                                        paragraph, paragraph.childNodes.length);
        const data = new DataTransfer();
        formulas[0].dispatchEvent(new ClipboardEvent("copy", {
            clipboardData: data, bubbles: true, cancelable: true}));
        return [getSelection().toString(), data.getData("text/plain")].map(text =>
            ({text, tex: [...paragraph.querySelectorAll("annotation")].map(
                e => e.textContent), seen: [...formulas].map(e => e.textContent)}));
        }"""
    )
    squeezed = re.sub(r"\s", "", selected["text"])
    for seen in selected["seen"][1:]:
        assert re.sub(r"[\s\u200b]", "", seen) in squeezed.replace("\u200b", "")
    assert "\\" not in selected["text"]
    parts = copied["text"].split("$")
    assert parts[1::2] == copied["tex"]
    assert "".join(parts[::2]).strip()


def test_a_formula_that_goes_on_beyond_its_box_fades_and_is_scrolled_by_keys(
    site, page
):
    page.set_viewport_size(PHONE)
    page.goto(site.address + PAGE)
    browser.lay_out(page)
    box = page.locator(".katex-display.goes-on").first
    box.scroll_into_view_if_needed()
    look = "e => getComputedStyle(e).maskImage"
    assert "gradient" in box.evaluate(look)
    box = page.locator(".katex-display").nth(
        box.evaluate("e => [...document.querySelectorAll('.katex-display')].indexOf(e)")
    )
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=box.element_handle())
    box.evaluate("e => { e.scrollLeft = e.scrollWidth; e.blur() }")
    browser.settle(page)
    assert box.evaluate(look) == "none"
    page.set_viewport_size({"width": 1280, "height": 900})
    browser.settle(page)
    assert page.locator(".katex-display.goes-on").count() == 0


@pytest.mark.parametrize("path", [PAGE, "book/01-network.html"] if FULL else [PAGE])
def test_a_line_breaks_within_long_formulas_alone(site, page, path):
    """No short formula is broken, and none is parted from the sign after it."""
    page.set_viewport_size(PHONE)
    page.goto(site.address + path)
    browser.lay_out(page)
    faults = page.evaluate(
        """() => {
        const faults = [];
        for (const one of document.querySelectorAll("p > .math.short")) {
            const bases = [...one.querySelectorAll(".katex-base")];
            const tops = bases.map(e => e.getBoundingClientRect());
            for (let n = 1; n < tops.length; n++)
                if (tops[n].left < tops[n - 1].left) faults.push(one.textContent);
        }
        for (const glued of document.querySelectorAll("p > .nobreak")) {
            const sign = glued.lastChild;
            const last = [...glued.querySelectorAll(".katex-base")].at(-1);
            if (sign.nodeType !== Node.TEXT_NODE || !last) continue;
            const range = document.createRange();
            range.selectNode(sign);
            if (range.getBoundingClientRect().left
                < last.getBoundingClientRect().left) faults.push(glued.textContent);
        }
        return faults;
        }"""
    )
    assert not faults
