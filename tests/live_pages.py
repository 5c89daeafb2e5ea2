"""A live figure in the browser, and a hand that uses it; and Node beside it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from lxml import html

import browser
import page_checks as checks
from needed import FULL, ROOT, require_program

PHONE = {"viewport": {"width": checks.NARROW, "height": 740}, "has_touch": True}

# Every gesture of every figure is tried where everything is checked.  A change is
# held to less: each figure starts, computes what the library computes, can be
# reached by keys, keeps its state in the address, and leaves a picture behind.
at_night = pytest.mark.night


class Place(NamedTuple):
    """Where a live figure stands."""

    name: str
    chapter: str
    figure: str  # the figure that it is drawn into, as a selector
    mark: str  # the line of the chapter that asks for it

    @property
    def beside(self) -> str:
        """The place for a sentence that says why it is not live."""
        return f"[data-live={self.name}][data-figure={self.figure[1:]}]"


MARK = r'<div data-live="([a-z-]+)" data-figure="([a-z-]+)"[^>]*></div>'
PLACES = [
    Place(mark[1], f"book/{path.stem}", f"#{mark[2]}", mark[0])
    for path in sorted((ROOT / "book").glob("*.md"))
    for mark in re.finditer(MARK, path.read_text("utf-8"))
]


def under_node(script: str, given: dict[str, Any]) -> dict[str, Any]:
    """Give cases to a script of tests/live, and return what it says of them."""
    require_program("node")
    done = subprocess.run(
        ["node", ROOT / "tests/live" / script],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SHARED = ["Undo", "Full screen", "Copy link"]  # buttons of every figure


class LiveFigure:
    """A figure in a page of its own."""

    ready = "data:not(:empty)"  # what it has as soon as it can be used

    def __init__(self, page: Any, name: str, seen: checks.Visit) -> None:
        self.page, self.seen = page, seen
        self.box = page.locator(name)
        self.picture = page.locator(f"{name} > img")
        self.stage = self.box.locator(".live-stage")

    def come_into_view(self) -> None:
        self.box.scroll_into_view_if_needed()
        self.stage.locator(self.ready).first.wait_for()
        self.drawn()

    def asked(self) -> list[Any]:
        """What has come of the files of live/ that the page has asked for."""
        return [r for r in self.seen.responses if "/live/" in r.url]

    def fetched(self) -> list[str]:
        urls = (r.url.partition("?")[0] for r in self.asked())
        return sorted(url.partition("/live/")[2] for url in urls)

    def button(self, name: str) -> Any:
        return self.stage.get_by_role("button", name=name, exact=True)

    def click(self, name: str) -> None:
        """Press a button, and wait until what it changes is drawn."""
        self.button(name).click()
        self.drawn()

    def reset(self) -> None:
        """Press Reset; nothing remains in the address."""
        self.click("Reset")
        assert self.hash() == ""

    def slider(self, name: str) -> Any:
        return self.stage.get_by_role("slider", name=name, exact=True)

    def hash(self) -> str:
        return self.page.evaluate("location.hash")

    def said(self) -> str:
        return self.stage.locator("[aria-live]").text_content()

    def heard(self) -> str:
        """Wait until something is read aloud, and return it."""
        self.wait_until("document.querySelector('.live-stage [aria-live]').textContent")
        return self.said()

    def notice(self) -> str:
        return self.stage.locator(".live-notice").text_content()

    def board(self, n: int = 0) -> Any:
        """One of the boards that are seen."""
        return self.stage.locator(".live-area:visible").nth(n)

    def fact(self, name: str) -> str:
        """What is said of this, its numbers as Python writes them."""
        shown = self.stage.locator(".live-facts p", has_text=name)
        words = shown.inner_text().removeprefix(name).strip()
        return words.replace("−", "-").replace("\u202f", "")

    def data(self) -> list[float]:
        """The numbers that are shown, in full."""
        shown = self.stage.locator("data")
        return [float(n) for n in shown.evaluate_all("all => all.map(e => e.value)")]

    def drawn(self) -> None:
        """Wait until what was changed is drawn."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame("
            "() => requestAnimationFrame(() => setTimeout(done))))"
        )

    def wait_until(self, condition: str, arg: object = None) -> None:
        self.page.wait_for_function(condition, arg=arg)
        self.drawn()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def move_by_keys(self, *handles: str) -> None:
        """Each of these handles is moved, and the address follows."""
        for name in handles:
            before = self.hash()
            self.slider(name).focus()
            self.press("ArrowRight", "Shift+ArrowUp")
            assert self.hash() != before

    def drag(self, handle: Any, area: Any, to: tuple[float, float]) -> None:
        """Drag by the mouse to a share of the width and height of the area."""
        handle.scroll_into_view_if_needed()
        self.page.mouse.move(*middle(handle))
        self.page.mouse.down()
        self.page.mouse.move(*within(area, to), steps=5)
        self.page.mouse.up()
        self.drawn()

    def touch(self, handle: Any, area: Any, to: tuple[float, float]) -> None:
        """Drag by a finger; the page stays where it is."""
        handle.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
        self.drawn()
        scrolled = self.page.evaluate("scrollY")
        finger = self.page.context.new_cdp_session(self.page)

        def send(kind: str, *points: tuple[float, float]) -> None:
            touches = [{"x": x, "y": y} for x, y in points]
            finger.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches}
            )

        start, end = middle(handle), within(area, to)
        send("touchStart", start)
        for part in (0.25, 0.5, 0.75, 1):
            x, y = (a + part * (b - a) for a, b in zip(start, end, strict=True))
            send("touchMove", (x, y))
        send("touchEnd")
        self.drawn()
        assert self.page.evaluate("scrollY") == scrolled, "the page has moved"

    def stops(self, first: str) -> list[str]:
        """Go through the figure by the tab key, from a button; name each stop.

        Each is marked.  The buttons that the kit gives to every figure are passed,
        and left out.
        """
        self.button(first).focus()
        found: list[str] = []
        while len(found) < 60:
            inside, name, marked = self.page.evaluate(
                """() => {
                const e = document.activeElement, style = getComputedStyle(e);
                return [Boolean(e.closest(".live-stage")),
                    e.ariaLabel || e.labels?.[0]?.textContent || e.textContent,
                    style.outlineStyle !== "none"
                        && parseFloat(style.outlineWidth) > 0];
                }"""
            )
            if not inside:
                break
            assert marked, f"{name} is not marked"
            found.append(name)
            self.press("Tab")
        assert [name for name in found if name in SHARED] == SHARED
        return [name for name in found if name not in SHARED]


def middle(handle: Any) -> tuple[float, float]:
    return within(handle, (0.5, 0.5))


def within(area: Any, share: tuple[float, float]) -> tuple[float, float]:
    """Return a place of the area; (0, 0) is its lower left corner."""
    box = area.bounding_box()
    x, y = share
    return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]


@contextmanager
def serving(built: Path) -> Iterator[SimpleNamespace]:
    """Serve the built page to a browser."""
    require_program("chromium")
    with browser.serve(built) as address, browser.chromium() as chromium:
        yield SimpleNamespace(address=address, chromium=chromium)


@lru_cache
def alone(text: str, figure: str) -> str:
    """Leave of a chapter's sections only the figure's; the page around them stays.

    A chapter is tens of thousands of elements, and each visit reads them anew.
    """
    page = html.document_fromstring(text)
    own = next(page.get_element_by_id(figure[1:]).iterancestors("section"))
    kept = {own, *own.iterancestors(), *own.iter("section")}
    for section in page.xpath("//article//section"):
        if section not in kept:
            section.drop_tree()
    return html.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>")


@contextmanager
def visits(
    site: SimpleNamespace,
    chapter: str,
    name: str,
    kind: type[LiveFigure],
) -> Iterator[Callable[..., Any]]:
    """Give a function that opens a chapter at its figure, as for the first time.

    The chapter has no section but the figure's, unless it shall be whole.
    """
    contexts = []

    def open_page(
        state: str = "", wait: bool = True, whole: bool = False, **options: Any
    ) -> LiveFigure:
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = site.chromium.new_context(**options)
        contexts.append(context)
        if not whole:
            context.route(
                f"**/{chapter}.html*",
                lambda route: route.fulfill(
                    body=alone(route.fetch().text(), name), content_type="text/html"
                ),
            )
        page = context.new_page()
        seen = checks.watch(page, site.address)
        page.goto(f"{site.address}{chapter}.html{state}")
        if options.get("java_script_enabled", True):
            browser.settle(page)
        figure = kind(page, name, seen)
        if wait:
            figure.come_into_view()
        return figure

    yield open_page
    for context in contexts:
        context.close()


# What holds of every live figure. axe looks at the whole page, or at `where`.


def check_refusal(figure: LiveFigure) -> None:
    """A hostile address has done nothing, and a notice says so."""
    assert "does not have" in figure.notice(), figure.notice()
    assert "bad" not in figure.page.title(), figure.page.title()
    assert figure.stage.locator("script, img").count() == 0
    assert not figure.seen.errors, figure.seen.errors


def check_colours(figure: LiveFigure, canvas: str, x: float, y: float) -> None:
    """The ground of a canvas turns dark with the page, here at a share of its size."""
    shown = figure.stage.locator(canvas).first

    def brightness() -> int:
        return shown.evaluate(
            """(canvas, [x, y]) => {
            const [u, v] = [x * (canvas.width - 1), y * (canvas.height - 1)];
            const pixel = canvas.getContext("2d")
                .getImageData(Math.round(u), Math.round(v), 1, 1).data;
            return pixel[0] + pixel[1] + pixel[2];
            }""",
            [x, y],
        )

    light = brightness()
    checks.switch(figure.page, "dark")
    dark = brightness()
    assert light > 3 * 150, light
    assert dark < 3 * 105, dark


def check_axe(figure: LiveFigure, where: str | None = None) -> None:
    """axe finds nothing in the light, nor at night in the colours of the dark."""
    browser.lay_out(figure.page)
    found = checks.violations(figure.page, where)
    assert not found, found
    if not FULL:
        return
    checks.switch(figure.page, "dark")
    found = checks.violations(figure.page, where, runOnly=checks.COLOURS)
    assert not found, found


def check_telephone(figure: LiveFigure, where: str | None = None) -> None:
    """Every part of the figure lies in the window, and axe finds nothing."""
    found = checks.wide_parts(figure.page)
    assert not found, found
    parts = "a, button, canvas, input, li, p, select, svg, table"
    edges = figure.stage.locator(f":is({parts})").evaluate_all(
        """all => all.map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 80)])
        .filter(([r]) => r.width).map(([r, html]) => [r.left, r.right, html])"""
    )
    assert edges, "nothing is shown"
    outside = [html for left, right, html in edges if left < 0 or right > checks.NARROW]
    assert not outside, outside
    found = checks.violations(figure.page, where)
    assert not found, found


@contextmanager
def few_pictures(
    figure: LiveFigure, part: str, beside: int, **changes: object
) -> Iterator[None]:
    """Whoever wants no motion sees a picture a second, and a few beside.

    A picture is a change of the part; `changes` says which to a MutationObserver.
    """
    figure.page.evaluate(
        """([part, changes]) => {
        window.pictures = 0;
        window.began = performance.now();
        new MutationObserver(() => window.pictures++).observe(
            document.querySelector(part), changes);
        }""",
        [part, changes],
    )
    yield
    pictures, seconds = figure.page.evaluate(
        "[window.pictures, (performance.now() - window.began) / 1000]"
    )
    assert 1 <= pictures <= seconds + beside, (pictures, seconds)


def check_stillness(figure: LiveFigure) -> None:
    """Nothing of the figure changes by itself."""
    changes = figure.page.evaluate(
        """() => new Promise(done => {
        let seen = 0;
        new MutationObserver(all => { seen += all.length; }).observe(
            document.querySelector(".live-stage"),
            {subtree: true, childList: true, attributes: true, characterData: true});
        setTimeout(() => done(seen), 1500);
        })"""
    )
    assert changes == 0


def check_no_animation(figure: LiveFigure, button: str) -> None:
    """Pressing the button sets nothing in motion."""
    figure.button(button).click()
    running = "e => e.getAnimations({subtree: true}).length"
    assert figure.stage.evaluate(running) == 0


def check_print(figure: LiveFigure) -> None:
    """Paper has the picture in place of the live figure, under the same caption."""
    caption = figure.box.locator("figcaption")
    words = caption.inner_text()
    assert not figure.picture.is_visible(), "the picture is beside the live figure"
    figure.page.emulate_media(media="print")
    assert figure.picture.is_visible(), "there is no picture"
    assert not figure.stage.is_visible(), "the live figure is printed"
    assert caption.inner_text() == words, caption.inner_text()
    figure.page.emulate_media(media="screen")


def check_picture(figure: LiveFigure) -> None:
    """The picture stands, and nothing on the page is live."""
    assert figure.picture.is_visible(), "there is no picture"
    assert figure.page.locator(".live-stage").count() == 0, "a figure is live"
