"""What must hold of a page of the book, whichever page it is.

Each check returns the faults that it finds, as sentences: a page is right
when there are none.  `test_page_checks.py` feeds them pages that are wrong.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import urlopen

from axe_playwright_python.sync_playwright import Axe
from lxml import etree, html
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
)

from browser import lay_out, settle

NARROW = 360  # pixels: the width of a small telephone
BUDGET = 700_000  # bytes that a first visit may load


@dataclass
class Visit:
    """A page in the browser, and all that happened while it was loaded."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def close(self) -> None:
        self.page.context.close()


def watch(page: Page, address: str) -> Visit:
    """Keep what a page that is served at `address` complains of, and asks for."""
    seen = Visit(page, address)

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.errors.append(f"{message.type} on the console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            seen.foreign.append(f"asks another host for {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: seen.errors.append(f"script error: {error}"))
    page.on("request", on_request)
    page.on("response", lambda response: seen.responses.append(response))
    return seen


def visit(browser: Browser, address: str, path: str, scheme: str = "light") -> Visit:
    """Open a page for the first time: nothing of it is in a cache."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    seen = watch(page, address)
    page.goto(address + path)
    settle(page)
    return seen


def failed_requests(seen: Visit) -> list[str]:
    return [f"{r.status} for {r.url}" for r in seen.responses if r.status >= 400]


@cache
def _sent(address: str) -> int:
    with urlopen(address) as answer:
        body = answer.read()
    return min(len(body), len(gzip.compress(body, 6)))


def weight(responses: Iterable[Response]) -> int:
    """Return the bytes that a server which compresses would have sent."""
    loaded = [r.url for r in responses if r.status == 200 and r.url.startswith("http")]
    return sum(_sent(url) for url in loaded)


def overweight(seen: Visit, budget: int = BUDGET) -> list[str]:
    loaded = weight(seen.responses)
    return [f"a first visit loads {loaded} bytes"] if loaded > budget else []


def unset_mathematics(page: Page) -> list[str]:
    """Find formulas that are not set, or are set without MathML and their source."""
    return page.evaluate(
        r"""() => {
        const faults = [];
        for (const error of document.querySelectorAll(".katex-error"))
            faults.push("KaTeX: " + error.title);
        const parts = ".katex-html[aria-hidden=true]|math|annotation".split("|");
        for (const formula of document.querySelectorAll(".math"))
            for (const part of parts)
                if (!formula.querySelector(part))
                    faults.push(`no ${part}: ` + formula.textContent.slice(0, 60));
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const text = walk.currentNode;
            if (!text.parentElement.closest("pre, code, script, .katex")
                && /\$\$|\\[([]|\\begin\{|\\(frac|sigma|mathbb)/.test(text.data))
                faults.push("TeX in the text: " + text.data.trim().slice(0, 60));
        }
        return faults;
        }"""
    )


def images_without_words(page: Page) -> list[str]:
    """Find images that say nothing; beside the words of a link they may be silent."""
    return page.evaluate(
        """() => [...document.images].filter(image => !image.alt.trim() &&
            !(image.hasAttribute("alt") && image.closest("a")?.textContent.trim()))
        .map(image => "no alt text: " + image.src)"""
    )


def unfold(page: Page) -> None:
    """Open every box that is folded away, and lay out all, to see what is in it."""
    page.evaluate(
        """() => {
        for (const box of document.querySelectorAll("details")) box.open = true;
        for (const box of document.querySelectorAll(".toggle-hidden .toggle-button"))
            box.click();
        }"""
    )
    lay_out(page)


def wide_parts(page: Page, width: int = NARROW) -> list[str]:
    """Find what would make a narrow page scroll sideways."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 740})
    settle(page)
    faults = page.evaluate(
        """() => {
        const root = document.documentElement;
        if (root.scrollWidth <= root.clientWidth) return [];
        const out = [...document.querySelectorAll("body *")].filter(
            e => e.getBoundingClientRect().right > root.clientWidth + 1);
        return [`${root.scrollWidth} pixels wide, by ` + out.slice(0, 5).map(
            e => e.outerHTML.slice(0, 80)).join(" | ")];
        }"""
    )
    page.set_viewport_size(before)
    settle(page)
    return faults


def wide_formulas(page: Page) -> list[str]:
    """Find displayed formulas that are wider than their box."""
    return page.evaluate(
        """() => [...document.querySelectorAll("div.math .katex-display")]
        .filter(e => e.scrollWidth > e.clientWidth + 1)
        .map(e => `${e.scrollWidth} pixels in ${e.clientWidth}: `
             + e.querySelector("annotation").textContent.slice(0, 60))"""
    )


def cut_listings(page: Page) -> list[str]:
    """Find listings and outputs that are wider than their box."""
    return page.evaluate(
        """() => [...document.querySelectorAll("article pre")]
        .filter(e => e.scrollWidth > e.clientWidth + 1)
        .map(e => `${e.scrollWidth - e.clientWidth} pixels too wide: `
             + e.textContent.slice(0, 60))"""
    )


def cut_formulas(page: Page) -> list[str]:
    """Find displayed formulas that are cut off and cannot be scrolled by a key."""
    return page.evaluate(
        """() => [...document.querySelectorAll("div.math .katex-display")]
        .filter(e => e.scrollWidth > e.clientWidth && (e.tabIndex !== 0
                     || getComputedStyle(e).overflowX !== "auto"))
        .map(e => "cut off: " + e.textContent.slice(0, 60))"""
    )


def leave_out_repetitions(
    page: Page, most: int | None = None, before: dict[str, int] | None = None
) -> dict[str, int]:
    """Leave of a page what axe can say something about, and not a thousand times.

    KaTeX draws with thousands of elements, and writes MathML of thousands beside
    them, of which axe can say nothing: an empty box of the same size stands for each
    drawing.  Of the parts of the text that have the same elements, classes and roles
    within, the first `most` are kept; all of them if it is None.  Those `before` are
    on other pages; what is returned counts them and this page's.
    """
    return page.evaluate(
        r"""([most, before]) => {
        const drawings = [...document.querySelectorAll(".katex-html")];
        const sizes = drawings.map(e => e.getBoundingClientRect());
        drawings.forEach((e, i) => {
            e.replaceChildren();
            e.style.cssText += `display: inline-block; width: ${sizes[i].width}px;
                                height: ${sizes[i].height}px`;
        });
        for (const formula of document.querySelectorAll(".katex-mathml math"))
            formula.innerHTML = "<mi>x</mi>";
        if (most === null) return {};
        const seen = {...before}, words = /(?<=>)[^<]*[^<\s][^<]*/g;
        const own = / (alt|for|href|id|src|style|title|aria-l\w+|data-[\w-]+)="[^"]+"/g;
        const blocks = ":is(dd, details, div, figure, li, section)"
            + " > :is(details, div, dl, figure, ol, p, ul)";
        for (const e of document.querySelectorAll(
                `article :is(${blocks}, pre > span, p span.math, tbody > tr)`)) {
            if (!e.isConnected) continue;
            const kind = e.outerHTML.replace(words, "x").replace(own, "");
            seen[kind] = (seen[kind] ?? 0) + 1;
            if (seen[kind] > most) e.remove();
        }
        // A long part is like no other page's.
        const short = ([kind]) => kind.length < 2000;
        return Object.fromEntries(Object.entries(seen).filter(short));
        }""",
        [most, before or {}],
    )


COLOURS = ["color-contrast", "link-in-text-block"]  # axe's rules that look at them


def violations(page: Page, within: str | None = None, **choice: object) -> list[str]:
    """Run axe-core's default rules: WCAG 2 A and AA, and best practice."""
    # What would be preloaded are style sheets, for a rule that is not on.
    options = {"preload": False, "resultTypes": ["violations"], **choice}
    found = Axe().run(page, context=within, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary']})"
        for rule in found
        for node in rule["nodes"]
    ]


def switch(page: Page, scheme: str) -> None:
    """Let the reader's machine turn light or dark, and the page follow."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        "scheme => document.documentElement.dataset.theme === scheme", arg=scheme
    )
    settle(page)


def theme(page: Page) -> str:
    return page.evaluate("document.documentElement.dataset.theme")


@dataclass
class _Targets:
    """The addresses that a page points to, and the places it can be entered at."""

    links: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)


@lru_cache
def _parsed(file: Path, changed: int) -> _Targets:
    found = _Targets()
    for element in html.parse(file, html.HTMLParser(encoding="utf-8")).iter(
        etree.Element
    ):
        for name, value in element.items():
            if name == "id" or (element.tag == "a" and name == "name"):
                found.places.add(value)
            elif name in ("href", "src", "action"):
                found.links.append(value)
            elif name == "content" and "url=" in value:
                found.links.append(value.partition("url=")[2])
    return found


def _targets(file: Path) -> _Targets:
    return _parsed(file, file.stat().st_mtime_ns)


def broken_links(site: Path, path: str) -> list[str]:
    """Find the links of a page that lead nowhere in the site."""
    root = "http://site.invalid/"
    faults = []
    for link in dict.fromkeys(_targets(site / path).links):
        address, place = urldefrag(urljoin(root + path, link))
        if not address.startswith(root):
            continue
        file = site / unquote(urlsplit(address).path.lstrip("/"))
        if not file.is_file():
            faults.append(f"{path} leads to {link}: no such file")
        elif (
            place
            and file.suffix == ".html"
            and unquote(place) not in _targets(file).places
        ):
            faults.append(f"{path} leads to {link}: no such place")
    return faults


def shown_claims(page: Page) -> list[str]:
    return page.evaluate(
        r"""() => [...document.querySelectorAll(".cell pre")]
        .map(e => e.textContent).filter(text => /\bclaim\(/.test(text))
        .map(text => "a claim shows: " + text.slice(0, 80))"""
    )


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def keyboard_faults(page: Page) -> list[str]:
    """Find what the tab key would reach without showing that it is there."""
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0) }")
    faults = []
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement?.getAttribute('href') ?? ''")
    if first.startswith("#") and page.locator(first).count():
        box = page.locator("*:focus").bounding_box()
        if box is None or box["y"] < 0 or box["height"] < 10:
            faults.append("the link that skips to the text cannot be seen")
    else:
        faults.append("the first stop is no link that skips to the text")
    # After a key, a focus that a script sets shows as one that the key has set.
    return faults + page.evaluate(
        """() => {
        const faults = [];
        const stops = "a[href], button, input, select, summary, textarea, [tabindex]";
        const quiet = event => event.stopImmediatePropagation();  // no previews
        window.addEventListener("focus", quiet, true);
        for (const e of document.querySelectorAll(stops)) {
            if (e.tabIndex < 0 || !e.checkVisibility()) continue;
            e.focus({preventScroll: true});
            if (document.activeElement !== e) continue;
            const style = getComputedStyle(e);
            if (style.boxShadow === "none" && (style.outlineStyle === "none"
                    || !parseFloat(style.outlineWidth)))
                faults.push("nothing shows that the focus is on "
                    + e.outerHTML.slice(0, 100));
        }
        document.activeElement?.blur();
        window.removeEventListener("focus", quiet, true);
        return faults;
        }"""
    )
