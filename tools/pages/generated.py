"""What the pages have in common that a program writes."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

MARK = "% Written by tools/"


def is_generated(path: Path) -> bool:
    """Say whether a program wrote the page `path`."""
    return path.read_bytes().startswith(MARK.encode())


def refuse(faults: Iterable[str]) -> int:
    """Say what is wrong with what a page is made from; 1 if anything is."""
    told = [print(fault, file=sys.stderr) for fault in faults]
    return int(bool(told))


def put(path: Path, content: str) -> int:
    """Write the page if it says something else so far, and return 0.

    The first line of `content` names the program that writes it.  A page that is
    left alone is not rendered again.
    """
    if not content.startswith(MARK):
        raise ValueError(f"{path.name}: the first line must begin with {MARK!r}")
    if not path.exists() or path.read_text("utf-8") != content:
        path.write_text(content, "utf-8")
        print(f"{path.name}: written")
    return 0
