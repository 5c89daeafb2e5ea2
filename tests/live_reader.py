"""A reader in front of a live figure, in a real browser; and Node beside it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import browser
import page_checks as checks
from needed import ROOT, require_program

WAIT = 60_000  # milliseconds: a busy machine takes its time
FOCUSED = "document.activeElement"


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


class Reader:
    """A live figure of a chapter, in a page of its own."""

    def __init__(self, page, seen: checks.Visit, figure: str) -> None:
        self.page, self.seen = page, seen
        self.box = page.locator(figure)

    def button(self, name: str):
        return self.box.get_by_role("button", name=name, exact=True)

    def hash(self) -> str:
        return self.page.evaluate("location.hash")

    def said(self) -> str:
        return self.box.locator("[aria-live]").text_content()

    def notice(self) -> str:
        return self.box.locator(".live-notice").text_content()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def stops(self, first) -> list[tuple[str, bool]]:
        """Go through the figure by the tab key: where it stops, and if one sees it."""
        first.focus()
        stops = []
        while len(stops) < 60:
            inside, name, marked = self.page.evaluate(
                f"""() => {{
                const e = {FOCUSED}, style = getComputedStyle(e);
                const label = e.labels?.[0]?.textContent;
                return [Boolean(e.closest(".live-stage")),
                        e.ariaLabel ?? label ?? e.textContent,
                        style.outlineStyle !== "none"
                        && parseFloat(style.outlineWidth) > 0];
                }}"""
            )
            if not inside:
                break
            stops.append((name, marked))
            self.press("Tab")
        return stops

    def outside(self, width: int) -> list[str]:
        """Find what of the figure lies beside the window."""
        parts = self.box.locator(
            ".live-stage :is(button, select, input, p, svg, a, canvas, li)"
        )
        return parts.evaluate_all(
            """(all, width) => all.filter(e => {
                const r = e.getBoundingClientRect();
                return r.width && (r.left < 0 || r.right > width);
            }).map(e => e.outerHTML.slice(0, 80))""",
            width,
        )

    def fetched(self) -> int:
        """Return the weight of the modules that have come, as they are sent."""
        return checks.weight(r for r in self.seen.responses if "/live/" in r.url)


@contextmanager
def readers(html: Path, chapter: str, figure: str) -> Iterator[Callable[..., Reader]]:
    """Open a chapter at its live figure, each time as nobody has before."""
    require_program("chromium")
    with browser.serve(html) as address, browser.chromium() as chromium:

        def open_page(
            state: str = "", wait: str = ".live-stage button", **options
        ) -> Reader:
            options = {"viewport": {"width": 1280, "height": 900}, **options}
            page = chromium.new_context(**options).new_page()
            seen = checks.watch(page, address)
            # To set all formulas of a chapter takes long.
            page.route("**/mathjax/**", lambda route: route.fulfill(body=""))
            page.goto(f"{address}{chapter}.html{state}")
            if options.get("java_script_enabled", True):
                browser.settle(page)
            reader = Reader(page, seen, figure)
            if wait:
                reader.box.scroll_into_view_if_needed()
                reader.box.locator(wait).first.wait_for(timeout=WAIT)
            return reader

        yield open_page
        for context in chromium.contexts:
            context.close()
