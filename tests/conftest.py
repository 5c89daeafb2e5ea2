"""What the checks of the book share."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import settings

from needed import FULL, ROOT, require_program
from tools.pages import appendix

# The same examples at every change, fresh ones at night; and no test fails
# because a machine is busy.
settings.register_profile("change", deadline=None, derandomize=True, max_examples=10)
settings.register_profile("night", deadline=None, print_blob=True)
settings.load_profile("night" if FULL else "change")


# What is collected stays until the end: Python need not look through it again and
# again for what is unused.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chapter", metavar="NN", help="run what checks this chapter")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what is tried at night alone, and what is about other chapters."""
    kept = [item for item in items if FULL or not _at_night(item)]
    if chapter := config.getoption("--chapter"):
        its = re.compile(rf"test_chapter_{chapter}\.py|\[(?:book/)?{chapter}-")
        kept = [item for item in kept if its.search(item.nodeid)]
        if not kept:
            raise pytest.UsageError(f"no test is about chapter {chapter!r}")
    chosen = {*kept}
    config.hook.pytest_deselected(items=[i for i in items if i not in chosen])
    # One worker builds the page while the other runs chapters.
    items[:] = sorted(kept, key=lambda item: "site/test_site.py" not in item.nodeid)


def _at_night(item: pytest.Item) -> bool:
    """Say whether a test is marked so, or needs the printed book."""
    printed = "latex" in getattr(item, "fixturenames", ())
    return printed or item.get_closest_marker("night") is not None


def _build(builder: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the book once for all workers; return the folder with the outcome."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    out = shared / builder
    with FileLock(shared / f"{builder}.lock"):
        log = out / "build.log"
        if not log.exists():
            out.mkdir()
            assert appendix.main([]) == 0
            program = Path(sys.executable).with_name("jupyter-book")
            options = ["-W", "-n", "--keep-going", "--builder", builder]
            done = subprocess.run(
                [program, "build", *options, "--path-output", out, ROOT],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            log.write_text(f"{done.stdout}\nexit {done.returncode}\n", "utf-8")
    assert log.read_text("utf-8").endswith("exit 0\n"), log.read_text("utf-8")[-5000:]
    return out / "_build"


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built page; building it gave no warning."""
    return _build("html", tmp_path_factory) / "html"


@pytest.fixture(scope="module")
def site(html: Path) -> Iterator[SimpleNamespace]:
    """The built page, served to a browser."""
    import live_pages  # loads Playwright, which most tests do without

    with live_pages.serving(html) as found:
        yield found


@pytest.fixture
def show(
    site: SimpleNamespace, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Any]]:
    """Opens CHAPTER, of the tests' module, at its live FIGURE, which is of KIND."""
    import live_pages

    module = request.module
    kind = getattr(module, "KIND", live_pages.LiveFigure)
    with live_pages.visits(site, module.CHAPTER, module.FIGURE, kind) as open_page:
        yield open_page


@pytest.fixture(scope="session")
def latex(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the PDF and TeX's log."""
    require_program("latexmk", "xelatex", "rsvg-convert")
    return _build("pdflatex", tmp_path_factory) / "latex"
