"""A live figure in the browser, and a hand that uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import browser
import page_checks as checks
from needed import require_program

WAIT = 60_000  # milliseconds: a busy machine takes its time
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
PIXEL = """([canvas, x, y]) => {
    const shown = document.querySelectorAll(canvas)[0];
    const [u, v] = [x * (shown.width - 1), y * (shown.height - 1)].map(Math.round);
    return [...shown.getContext("2d").getImageData(u, v, 1, 1).data];
}"""


class LiveFigure:
    """A figure in a page of its own."""

    def __init__(self, page: Any, box: Any, seen: checks.Visit) -> None:
        self.page, self.box, self.seen = page, box, seen
        self.stage = box.locator(".live-stage")

    def button(self, name: str) -> Any:
        return self.stage.get_by_role("button", name=name, exact=True)

    def slider(self, name: str) -> Any:
        return self.stage.get_by_role("slider", name=name, exact=True)

    def hash(self) -> str:
        return self.page.evaluate("location.hash")

    def said(self) -> str:
        return self.stage.locator("[aria-live]").text_content()

    def notice(self) -> str:
        return self.stage.locator(".live-notice").text_content()

    def data(self) -> list[float]:
        """The numbers that are shown, in full."""
        return self.stage.locator("data").evaluate_all("all => all.map(e => +e.value)")

    def drawn(self) -> None:
        """Wait until what was changed is drawn."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame("
            "() => requestAnimationFrame(() => setTimeout(done))))"
        )

    def drag(self, handle: Any, area: Any, to: tuple[float, float]) -> None:
        """Drag by the mouse to a share of the width and height of the area."""
        handle.scroll_into_view_if_needed()
        x, y = middle(handle)
        self.page.mouse.move(x, y)
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
        assert self.page.evaluate("scrollY") == scrolled

    def stops(self) -> list[tuple[str, bool]]:
        """Go through the figure by the tab key; name each stop, and if it is marked."""
        found = []
        for _ in range(60):
            inside, name, marked = self.page.evaluate(
                """() => {
                const e = document.activeElement, style = getComputedStyle(e);
                return [Boolean(e.closest(".live-stage")),
                    e.ariaLabel || e.closest("label")?.textContent || e.textContent,
                    style.outlineStyle !== "none"
                        && parseFloat(style.outlineWidth) > 0];
                }"""
            )
            if not inside:
                break
            found.append((name, marked))
            self.page.keyboard.press("Tab")
        return found

    def edges(self) -> list[tuple[float, float]]:
        """Where the parts of the figure begin and end, from the left."""
        parts = self.stage.locator(":is(button, select, input, p, svg, table, canvas)")
        return parts.evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).filter(r => r.width)"
            ".map(r => [r.left, r.right])"
        )


def middle(handle: Any) -> tuple[float, float]:
    box = handle.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def within(area: Any, share: tuple[float, float]) -> tuple[float, float]:
    """Return a place of the area; (0, 0) is its lower left corner."""
    box = area.bounding_box()
    x, y = share
    return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]


@contextmanager
def desk(html: Path) -> Iterator[SimpleNamespace]:
    """Serve the built page to a browser."""
    require_program("chromium")
    with browser.serve(html) as address, browser.chromium() as chromium:
        yield SimpleNamespace(address=address, chromium=chromium)


@contextmanager
def visits(
    desk: SimpleNamespace, chapter: str, name: str
) -> Iterator[Callable[..., LiveFigure]]:
    """Give a function that opens a chapter at its figure, as for the first time."""
    contexts = []

    def open_page(
        state: str = "", wait: bool = True, mathematics: bool = False, **options: Any
    ) -> LiveFigure:
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = desk.chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        seen = checks.watch(page, desk.address)
        if not mathematics:  # to set all formulas of the chapter takes long
            page.route("**/mathjax/**", lambda route: route.fulfill(body=""))
        page.goto(f"{desk.address}{chapter}.html{state}")
        browser.settle(page)
        figure = LiveFigure(page, page.locator(name), seen)
        if wait:
            figure.box.scroll_into_view_if_needed()
            figure.stage.locator("data").first.wait_for(timeout=WAIT)
            figure.drawn()
        return figure

    yield open_page
    for context in contexts:
        context.close()


def fetched(figure: LiveFigure) -> list[str]:
    """Return the files of live/ that the page has asked for."""
    asked = [r.url for r in figure.seen.responses if "/live/" in r.url]
    return sorted(re.findall(r"([^/]+?)(?:\?.*)?$", url)[0] for url in asked)
