"""A headless Chromium without a network, and a server for a built page."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import join, normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Chromium must not look for updates or the like: what it asks for, the page did.
# And there is no other computer: every name but this machine's is unknown.
FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

WAIT = 60_000  # milliseconds: a busy machine takes its time


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` on this machine and give the address, with a slash at its end."""
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium of this machine, headless.

    Debian has one without windows besides, which opens a page in half the time.
    """
    from playwright.sync_api import expect, sync_playwright

    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        raise FileNotFoundError("chromium")
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        browser.on("context", lambda context: context.set_default_timeout(WAIT))
        try:
            yield browser
        finally:
            browser.close()


def settle(page: Page) -> None:
    """Wait until `page` has loaded, and all is in its place."""
    page.wait_for_load_state("load")
    page.evaluate(
        """async () => {
        await document.fonts.ready;
        // The page's own scripts answer to a new size after the next frame.
        for (let frame = 0; frame < 3; frame++)
            await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
        }"""
    )


def lay_out(page: Page) -> None:
    """Have all of `page` laid out, as if it all were near the screen."""
    everything = "article section { content-visibility: visible !important }"
    page.add_style_tag(content=everything)
    settle(page)


def pages(folder: Path) -> list[str]:
    """Return the pages of the table of contents, in order, as paths in `folder`.

    They are read off the built page itself, from its menu, so that a chapter
    that joins the book is found without being named anywhere.
    """
    root = redirect_target(folder)
    menu = re.search(
        r'<nav class="bd-links.*?</nav>', (folder / root).read_text("utf-8"), re.S
    )
    if menu is None:
        raise ValueError(f"{root} has no menu")
    found = [root]
    for link in re.findall(r'href="([^"#]+)', menu[0]):
        path = normpath(join(root, "..", link))
        if path not in found:
            found.append(path)
    return found


def redirect_target(folder: Path) -> str:
    """Return the landing page, to which the folder's index.html leads."""
    text = (folder / "index.html").read_text("utf-8")
    target = re.search(r'http-equiv="Refresh" content="\d+; url=([^"]+)"', text)
    return target[1] if target else "index.html"
