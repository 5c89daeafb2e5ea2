"""Has nbval run the book as the recorder does, and compare its drawings too.

    python -m pytest -p tests.nbval_plugin --nbval --nbval-current-env
        --nbval-sanitize-with tests/nbval.cfg book

One run serves for both: nbval compares what is printed to the letter; of a drawing
the last digits may differ, for they do between processors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterable
from importlib.metadata import version
from queue import Empty
from typing import Any

import pytest
from nbval.plugin import IPyNbCell

from tools import ROOT
from tools.record import environment, notebook

SVG = "image/svg+xml"
PINNED = f"matplotlib=={version('matplotlib')}"
COMPARED = PINNED in (ROOT / "constraints.txt").read_text("utf-8").split()
LIMITED = "__import__('tools.record.watch').record.watch.limited(get_ipython())"
NUMBER = re.compile(r"(?<![\w#.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
NAME = re.compile(r"(?<=[\"#])[a-z]+[0-9a-f]{10}(?=[\")])")

# Before anything loads NumPy; the kernels inherit it, and find the extension.
os.environ.update(environment())
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Have a kernel that has just started watch its CPU time."""
    yield
    if isinstance(item, IPyNbCell) and not hasattr(item.parent, "watched"):
        kernel = item.parent.kernel
        kernel.get_message = patient(kernel, kernel.get_message)
        kernel.await_reply(kernel.execute_cell_input(LIMITED))
        item.parent.watched = True


def patient(kernel: Any, ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return what waits for a message while the kernel lives, however busy it is."""

    def get_message(stream: str, timeout: float | None = None) -> Any:
        for _ in range(notebook.HANG):
            try:
                return ask(stream, timeout=1)
            except Empty:
                if not kernel.is_alive():
                    raise RuntimeError("the cell has ended its kernel") from None
        raise Empty

    return get_message


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Compare the drawings of a cell whose other outputs are as recorded."""
    yield
    if isinstance(item, IPyNbCell) and COMPARED:
        tags = item.cell.metadata.get("tags", [])
        if "draws-rounding" not in tags:  # it draws the last digits themselves
            # nbval has seen to it that there are as many.
            both = map(drawings, (item.cell.outputs, item.test_outputs))
            for was, now in zip(*both, strict=True):
                if apart := difference(was, now):
                    item.raise_cell_error(apart)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not COMPARED:
        terminalreporter.write_line(
            f"drawings: not compared, for the book was recorded with another "
            f"Matplotlib, which draws otherwise, than {PINNED}"
        )


def drawings(outputs: Iterable[Any]) -> list[str]:
    """Return the drawings among the outputs of a cell."""
    data = [output.get("data", {}) for output in outputs]
    return ["".join(one[SVG]) for one in data if SVG in one]


def difference(one: str, two: str, tolerance: float = 0.02) -> str | None:
    """Say how two drawings differ by more than the tolerance, or None.

    The names of Matplotlib's paths are hashes of their coordinates: what counts
    is that the same are used in the same places.
    """

    def renamed(text: str) -> str:
        names: dict[str, str] = {}
        return NAME.sub(lambda m: names.setdefault(m[0], f"name-{len(names)}"), text)

    if one == two:
        return None
    one, two = renamed(one), renamed(two)
    if NUMBER.sub("?", one) != NUMBER.sub("?", two):
        return "the drawings have different parts"
    for was, now in zip(NUMBER.findall(one), NUMBER.findall(two), strict=True):
        if abs(float(was) - float(now)) > tolerance:
            return f"the drawings differ: {was} has become {now}"
    return None
