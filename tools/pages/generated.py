"""What the pages have in common that a program writes."""

from __future__ import annotations

import sys
from pathlib import Path

MARK = "% Written by tools/"


def is_generated(path: Path) -> bool:
    """Say whether a program wrote the page `path`."""
    with path.open(encoding="utf-8") as file:
        return file.readline().startswith(MARK)


def put(path: Path, content: str, check: bool) -> int:
    """Write the page, or, to `check`, say whether it is stale; 0 if all is well.

    The first line of `content` names the program that writes it.
    """
    if not content.startswith(MARK):
        raise ValueError(f"{path.name}: the first line must begin with {MARK!r}")
    fresh = path.exists() and path.read_text("utf-8") == content
    if check and not fresh:
        print(f"{path.name} is stale; run `make record`", file=sys.stderr)
        return 1
    if not check:
        path.write_text(content, "utf-8")
        print(f"{path.name}: {'unchanged' if fresh else 'written'}")
    return 0
