"""The checks of a page find what is wrong: each is shown pages that are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import page_checks as checks
from browser import chromium, serve
from needed import require_program

GOOD = """<!DOCTYPE html>
<html lang="en-GB"><head><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>body { color: #222; background: #fff } a { color: #00619a }
:focus-visible { outline: 3px solid }</style>
HEAD</head><body><a href="#text">To the text</a>
<main id="text"><h1>A page</h1><p>Text.</p>
BODY</main></body></html>
"""
KATEX = '<link rel="stylesheet" href="_static/katex/katex.min.css">'
SQUARE = """<span class="math"><span class="katex"><span class="katex-mathml"><math>
<semantics><msup><mi>x</mi><mn>2</mn></msup><annotation encoding="application/x-tex">
x^2</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">
<span class="katex-base">x2</span></span></span></span>"""


@pytest.fixture(scope="module")
def site(html: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A browser, and a folder that it sees, with the book's style sheets in it."""
    require_program("chromium")
    folder = tmp_path_factory.mktemp("broken")
    (folder / "_static").symlink_to(html / "_static")
    with serve(folder) as address, chromium() as browser:
        yield SimpleNamespace(folder=folder, address=address, browser=browser)


@pytest.fixture
def show(site):
    """Open a page that has the given things in its body and head."""
    opened = []

    def opener(body: str = "", head: str = "", page: str = GOOD, scheme="light"):
        (site.folder / "page.html").write_text(
            page.replace("BODY", body).replace("HEAD", head), "utf-8"
        )
        seen = checks.visit(site.browser, site.address, "page.html", scheme)
        opened.append(seen)
        return seen

    yield opener
    for seen in opened:
        seen.close()


def test_a_good_page_passes_every_check(show, site):
    seen = show(body=f"<p>So {SQUARE}.</p>", head=KATEX)
    assert not seen.errors
    assert not seen.foreign
    assert not checks.failed_requests(seen)
    assert not checks.overweight(seen)
    assert not checks.unset_mathematics(seen.page)
    assert not checks.images_without_words(seen.page)
    assert not checks.wide_parts(seen.page)
    assert not checks.violations(seen.page)
    assert not checks.broken_links(site.folder, "page.html")
    assert not checks.shown_claims(seen.page)
    assert not checks.keyboard_faults(seen.page)


@pytest.mark.parametrize(
    "script",
    ["nonsense()", "console.error('so')", "Promise.reject(new Error('late'))"],
)
def test_a_script_error_is_found(show, script):
    assert show(f"<script>{script}</script>").errors


def test_a_request_to_another_host_is_found_and_goes_nowhere(show):
    seen = show('<img alt="A dot" src="https://example.org/dot.png">')
    assert "example.org" in str(seen.foreign)
    assert not any("example.org" in r.url for r in seen.responses)


def test_a_missing_file_is_found(show):
    assert checks.failed_requests(show('<img alt="None" src="none.png">'))


def test_a_page_that_loads_too_much_is_found(show, site):
    (site.folder / "noise.js").write_text("//" + os.urandom(checks.BUDGET).hex())
    seen = show('<script src="noise.js"></script>')
    assert checks.overweight(seen)


@pytest.mark.parametrize(
    "formula",
    [
        r'<span class="math">\(x^2\)</span>',
        r'<span class="math">forgotten</span>',
        SQUARE.replace("annotation", "ms"),
        SQUARE.replace("<math>", "").replace("</math>", ""),
        SQUARE.replace("katex-html", "html"),
        SQUARE.replace("katex-base", "katex-error"),
        r"<p>Here \frac12 is left as it was.</p>",
    ],
)
def test_a_formula_that_is_not_set_is_found(show, formula):
    assert checks.unset_mathematics(show(formula, KATEX).page)


def test_a_listing_that_is_cut_off_is_found(show):
    fits = f"<article><pre>{'x' * 20}</pre></article>"
    assert not checks.cut_listings(show(fits).page)
    long = f"<article><pre style='overflow: auto'>{'x' * 400}</pre></article>"
    assert "too wide" in checks.cut_listings(show(long).page)[0]


def test_a_formula_that_is_cut_off_is_found(show):
    wide = (
        "<div class='math'><div class='katex-display' {}>" + "x" * 900 + "</div></div>"
    )
    style = "<style>.katex-display {{ width: 9em; overflow-x: {} }}</style>"
    stop = wide.format("tabindex='0'")
    assert checks.cut_formulas(show(stop, style.format("hidden")).page)
    assert not checks.cut_formulas(show(stop, style.format("auto")).page)
    assert checks.cut_formulas(show(wide.format(""), style.format("auto")).page)


@pytest.mark.parametrize(("letters", "faults"), [(3, 0), (900, 1)])
def test_a_formula_wider_than_its_box_is_found(show, letters, faults):
    formula = "<annotation>x</annotation>" + "x" * letters
    box = f"<div class='math'><div class='katex-display'>{formula}</div></div>"
    style = "<style>.katex-display { width: 9em; overflow-x: auto }</style>"
    assert len(checks.wide_formulas(show(box, style).page)) == faults


@pytest.mark.parametrize("alt", ["", 'alt=""', 'alt=" "'])
def test_an_image_without_alt_text_is_found(show, alt):
    image = f"<img {alt} src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='>"
    assert checks.images_without_words(show(image).page)


def test_a_part_wider_than_a_telephone_is_found(show):
    wide = "<table><tr>" + "<td>0.12345678</td>" * 12 + "</tr></table>"
    assert checks.wide_parts(show(wide).page)


def test_a_wide_part_in_a_folded_box_is_found(show):
    box = "<details><summary>More</summary><pre>" + "0" * 200 + "</pre></details>"
    seen = show(box)
    assert not checks.wide_parts(seen.page)
    checks.unfold(seen.page)
    assert checks.wide_parts(seen.page)


def test_grey_text_on_a_dark_ground_is_found_in_dark_mode_only(show):
    style = """<style>@media (prefers-color-scheme: dark) {
    body { background: #111; color: #444 } a { color: #8cf } }</style>"""
    assert not checks.violations(show(head=style).page)
    assert "color-contrast" in str(
        checks.violations(show(head=style, scheme="dark").page)
    )


def test_of_what_is_alike_a_few_are_kept_and_what_is_not_is_found(show):
    style = "<style>.pale { color: #ccc }</style>"
    alike = "<p>Some <em>text</em>.</p>" * 50
    body = f"<article><section>{alike}<p>Pale <em class='pale'>text</em>.</p></section>"
    page = show(f"{body}</article>", style).page
    known = checks.leave_out_repetitions(page, 3)
    assert page.locator("article p").count() == 4
    assert "pale" in str(checks.violations(page))
    other = show(f"{body}<p class='new'>New.</p></article>", style).page
    checks.leave_out_repetitions(other, 3, known)
    assert other.locator("article p").count() == 2
    assert "pale" in str(checks.violations(other))


def test_a_page_whose_language_is_not_said_is_found(show):
    assert checks.violations(show(page=GOOD.replace(' lang="en-GB"', "")).page)


@pytest.mark.parametrize(
    "link", ["#nowhere", "none.html", "page.html#nowhere", "_static/none.css"]
)
def test_a_link_that_leads_nowhere_is_found(show, site, link):
    show(f'<a href="{link}">A link</a>')
    (fault,) = checks.broken_links(site.folder, "page.html")
    assert link in fault


def test_a_claim_in_a_shown_cell_is_found(show):
    cell = '<div class="cell"><pre>claim("0.25", value)</pre></div>'
    assert checks.shown_claims(show(cell).page)


def test_a_page_without_a_link_to_skip_the_menu_is_found(show):
    page = GOOD.replace('href="#text"', 'href="page.html"')
    assert "skips" in str(checks.keyboard_faults(show(page=page).page))


def test_a_focus_that_does_not_show_is_found(show):
    style = "<style>:focus-visible { outline: none !important }</style>"
    faults = checks.keyboard_faults(show('<a href="#text">Up</a>', style).page)
    assert "Up" in str(faults)
