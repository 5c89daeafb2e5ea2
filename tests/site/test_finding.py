"""Finding things: the search, the index, and previews of what a link leads to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from docutils.nodes import make_id
from playwright.sync_api import expect

import browser
import page_checks as checks
from needed import FULL
from tools.book import load
from tools.pages.glossary import terms

QUERIES = yaml.safe_load(Path(__file__).with_name("searches.yaml").read_text("utf-8"))
FOUND = """query => {
    show(query);
    return [...document.querySelectorAll("#search-results li")].map(found => ({
        place: found.querySelector("a").getAttribute("href"),
        excerpt: found.querySelector("p")?.textContent ?? "",
    }));
}"""
# What no reader searches for: code, TeX, and marks of the machinery.
SOURCE = re.compile(r"\\\w|\bimport \w+|from dlam|\$|def \w+\(|\[\[|```|\{\w+\}`")
CHAPTER = "book/08a-penalties.html"
EARLIER = "book/07b-noise.html"
EQUATION = "article a.internal[href='#equation-eq-reg-lasso']:visible"


@pytest.fixture(scope="module")
def found(site) -> dict[str, list[dict[str, str]]]:
    seen = checks.visit(site.chromium, site.address, "search.html?q=gradient")
    seen.page.locator("#search-results li").first.wait_for()
    results = {query: seen.page.evaluate(FOUND, query) for query in QUERIES}
    assert not seen.errors
    seen.close()
    return results


def test_the_first_hit_is_the_section_that_a_student_means(found):
    def first(query: str) -> str:
        places = [hit["place"] for hit in found[query]] or [""]
        return places[0].removeprefix("book/").replace(".html", "")

    wanted = {q: {w} if isinstance(w, str) else {*w} for q, w in QUERIES.items()}
    missed = {
        query: first(query) for query in QUERIES if first(query) not in wanted[query]
    }
    assert len(QUERIES) >= 40
    assert len(missed) <= len(QUERIES) / 10, missed


def test_each_section_that_is_wanted_is_there(html):
    for places in QUERIES.values():
        for place in [places] if isinstance(places, str) else places:
            page, _, anchor = place.partition("#")
            text = (html / "book" / f"{page}.html").read_text("utf-8")
            assert not anchor or f'id="{anchor}"' in text, place


def test_excerpts_are_prose(found):
    excerpts = [hit["excerpt"] for hits in found.values() for hit in hits[:5]]
    assert sum(map(bool, excerpts)) > 100
    assert not [excerpt for excerpt in excerpts if SOURCE.search(excerpt)]
    first = [hits[0]["excerpt"] for query, hits in found.items() if query != "5.6"]
    assert all(
        excerpt.rstrip(")”").endswith((".", "?", "!", "…", ":")) for excerpt in first
    )


def test_the_search_works_in_a_folder_and_passes_axe(site, html):
    context = site.chromium.new_context()
    page = context.new_page()
    page.goto((html / "search.html").as_uri() + "?q=initialization")
    link = page.locator("#search-results li a").first
    expect(link).to_contain_text("Do errors fade on their way back?")
    assert not checks.violations(page)
    link.click()
    assert page.url.endswith("#do-errors-fade-on-their-way-back")
    assert not page.locator(".highlighted").count()
    context.close()


def test_the_index_has_every_term_and_is_accessible(site, html):
    text = (html / "genindex.html").read_text("utf-8")
    there = {term.name: f'#term-{make_id(term.name)}"' for term in terms(load())}
    missing = [name for name, link in there.items() if link not in text]
    assert not missing
    assert text.count("<li>") >= 200
    for word in ("Xavier initialisation", "regularization", "backprop", "ReLU"):
        assert word in text
    assert not checks.broken_links(html, "genindex.html")
    assert 'href="../genindex.html"' in (html / CHAPTER).read_text("utf-8")
    seen = checks.visit(site.chromium, site.address, "genindex.html")
    assert not FULL or not checks.violations(seen.page)
    assert not checks.wide_parts(seen.page)
    seen.close()


def rest(page, link):
    """Rest the mouse on a link, and return what is shown beside it."""
    link.scroll_into_view_if_needed()
    link.hover()
    preview = page.locator("#preview")
    preview.wait_for()
    return preview


def test_a_formula_is_shown_beside_what_refers_to_it(site):
    seen = checks.visit(site.chromium, site.address, CHAPTER)
    link = seen.page.locator(EQUATION).first
    preview = rest(seen.page, link)
    expect(preview).to_contain_text("(8.10)")
    assert not preview.locator("[id], .headerlink").count()
    box = preview.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    preview.hover()
    seen.page.wait_for_timeout(400)
    expect(preview).to_be_visible()  # the mouse may go there
    seen.page.mouse.move(2, 2)
    expect(preview).to_be_hidden()
    checks.leave_out_repetitions(seen.page)
    rest(seen.page, link)
    assert not checks.violations(seen.page, within="#preview")
    assert not seen.errors
    seen.close()


SHOWN = {
    CHAPTER: {
        "a.internal[href='#fig-reg-ellipse']": "Fig. 8.2",
        "a.internal[href='#ex-reg-best-strength']": "Exercise",
        "a[href^='references.html#']": r"\d{4}",
    },
    EARLIER: {"a[href*='.html#equation']": r"\(\d\.\d+\)"},
}


@pytest.mark.parametrize("page", SHOWN)
def test_figures_boxes_references_and_other_pages_are_shown_too(site, page):
    seen = checks.visit(site.chromium, site.address, page)
    checks.unfold(seen.page)
    for link, words in SHOWN[page].items():
        preview = rest(seen.page, seen.page.locator(f"article {link}:visible").first)
        expect(preview).to_contain_text(re.compile(words))
        seen.page.wait_for_function(
            "() => [...document.querySelectorAll('#preview img')]"
            ".every(i => i.complete && i.naturalWidth)"
        )
    if page == CHAPTER:  # an entry of a list, without its list
        checks.leave_out_repetitions(seen.page)
        assert not checks.violations(seen.page, within="#preview")
    assert not checks.failed_requests(seen)
    seen.close()


def test_the_keyboard_opens_a_preview_and_escape_closes_it(site):
    seen = checks.visit(site.chromium, site.address, CHAPTER)
    link, preview = seen.page.locator(EQUATION).first, seen.page.locator("#preview")
    link.evaluate("e => e.focus({focusVisible: true})")
    expect(preview).to_be_visible()
    assert link.get_attribute("aria-describedby") == "preview"
    seen.page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    assert link.evaluate("e => e === document.activeElement")
    assert link.get_attribute("aria-describedby") is None
    seen.page.keyboard.press("Tab")  # it is no trap
    assert not link.evaluate("e => e === document.activeElement")
    seen.close()


@pytest.mark.night
def test_a_finger_opens_a_preview_and_finds_the_way_back(site):
    context = site.chromium.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(site.address + CHAPTER)
    browser.settle(page)
    link, preview = page.locator(EQUATION).first, page.locator("#preview")
    link.scroll_into_view_if_needed()
    browser.settle(page)
    before = page.evaluate("scrollY")
    link.tap()
    preview.wait_for()
    assert page.evaluate("scrollY") == before
    preview.get_by_text("Go there").tap()
    back = page.get_by_role("button", name="Back to where I was")
    expect(back).to_be_visible()
    assert page.url.endswith("#equation-eq-reg-lasso")
    assert not checks.violations(page, within=".way-back")
    back.tap()
    page.wait_for_function("y => Math.abs(scrollY - y) < 5", arg=before)
    expect(back).to_be_hidden()
    page.locator("article a[href^='references.html#']:visible").first.tap()
    preview.get_by_text("Go there").tap()
    page.wait_for_url("**/references.html#*")
    page.get_by_role("button", name="Back to where I was").tap()
    page.wait_for_url(f"**/{CHAPTER}*")
    context.close()
