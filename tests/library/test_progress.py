"""The line that tells how far a long run has come, by a clock that we set."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from dlam._progress import Progress, watched


class Terminal(io.StringIO):
    flushed = 0

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        self.flushed += 1


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Terminal]:
    """Set the clock; return the terminal that somebody looks at."""
    terminal = Terminal()

    def set_clock(time: float) -> Terminal:
        monkeypatch.delenv("DLAM_PROGRESS", raising=False)
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr("dlam._progress.monotonic", lambda: time)
        return terminal

    return set_clock


def test_the_line_comes_after_half_a_second_and_five_times_a_second_at_most(
    at: Callable[[float], Terminal],
) -> None:
    terminal = at(100.0)
    shown = []
    with Progress(200) as progress:
        for time, done in [
            (100.49, 50),
            (100.5, 60),
            (100.69, 70),
            (100.75, 150),
            (100.9, 160),
            (101.0, 190),
        ]:
            at(time)
            before = len(terminal.getvalue())
            progress(done)
            shown.append(terminal.getvalue()[before:])
        assert terminal.flushed == 3
    assert shown == [
        "",
        "\r 30 %, 1 s to go",
        "",
        "\r 75 %, 0 s to go",
        "",
        "\r 95 %, 0 s to go",
    ]
    assert terminal.getvalue().endswith("\r 95 %, 0 s to go\r" + 16 * " " + "\r")
    assert terminal.flushed == 4


def test_a_fifth_of_a_second_after_a_line_there_may_be_another(
    at: Callable[[float], Terminal],
) -> None:
    terminal = at(-1.0)
    with Progress(100) as progress:
        for time in (0.0, 0.2):
            at(time)
            progress(10)
        assert terminal.getvalue() == "\r 10 %, 9 s to go\r 10 %, 11 s to go"


@pytest.mark.parametrize(
    ("elapsed", "total", "done", "line"),
    [
        (1.0, 3, 2, "\r 67 %, 0 s to go"),  # half a second is left
        (0.8, 3, 2, ""),
        (1.0, 10, 1, "\r 10 %, 9 s to go"),
        (1.0, 10, 0, "\r  0 %, 10 s to go"),
        (1.0, 10, 10, ""),
    ],
)
def test_the_line_comes_only_if_half_a_second_is_left(
    elapsed: float,
    total: int,
    done: int,
    line: str,
    at: Callable[[float], Terminal],
) -> None:
    terminal = at(0.0)
    progress = Progress(total)
    at(elapsed)
    progress(done)
    assert terminal.getvalue() == line


def test_without_an_output_for_errors_nobody_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DLAM_PROGRESS", raising=False)
    monkeypatch.setattr(sys, "stderr", None)
    assert watched() is False
