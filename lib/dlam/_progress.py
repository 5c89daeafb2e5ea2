"""A line that tells a person who is watching how far a long run has come."""

from __future__ import annotations

import os
import sys
from time import monotonic
from types import TracebackType

__all__ = ["Progress"]


class Progress:
    """Shows the share of the work done, once that is expected to take a while.

    It writes to stderr if that is a terminal or belongs to a notebook that a
    person works in.  `DLAM_PROGRESS=0` in the environment turns it off, and
    `DLAM_PROGRESS=1` on whatever stderr is.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.began = self.shown = monotonic()
        self.watched = watched()
        self.width = 0

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int) -> None:
        if not self.watched:
            return
        now = monotonic()
        elapsed = now - self.began
        left = elapsed * (self.total - done) / max(done, 1)
        if elapsed < 0.5 or now - self.shown < 0.2 or (not self.width and left < 0.5):
            return
        line = f"{100 * done / self.total:3.0f} %, {left:.0f} s to go"
        print("\r" + line.ljust(self.width), end="", file=sys.stderr, flush=True)
        self.shown, self.width = now, max(self.width, len(line))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.width:
            blank = "\r" + " " * self.width + "\r"
            print(blank, end="", file=sys.stderr, flush=True)


def watched() -> bool:
    """Return whether a person is likely to see what is written to stderr."""
    wanted = os.environ.get("DLAM_PROGRESS", "")
    if wanted:
        return wanted != "0"
    if sys.stderr is None:
        return False
    if sys.stderr.isatty():
        return True
    # A program that executes notebooks tells the kernel that nobody can answer a
    # question; a notebook in front of a person says that somebody can.
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))
