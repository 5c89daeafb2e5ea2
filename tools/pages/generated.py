"""What the pages have in common that a program writes."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

MARK = "% Written by tools/"


def is_generated(path: Path) -> bool:
    """Say whether a program wrote the page `path`."""
    return path.read_bytes().startswith(MARK.encode())


def number(n: int) -> str:
    """Return a count as the book writes it."""
    return f"{n:,}".replace(",", "\u202f") if n >= 10_000 else str(n)


def counted(n: int, thing: str) -> str:
    """Return "1 thing", or "2 things"."""
    return f"{number(n)} {thing}" + "s" * (n != 1)


def share(part: int, whole: int) -> str:
    """Return a share in per cent, never rounded up."""
    return f"{1000 * part // whole / 10:.1f} %" if part < whole else "100 %"


def rendered(page: str, **values: Any) -> str:
    """Return the page, made from the template of its name in `templates/`.

    Functions among the values are filters there.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    functions = {name: value for name, value in values.items() if callable(value)}
    environment.filters |= {"counted": counted, "number": number, "share": share}
    environment.filters |= functions
    return environment.get_template(page).render(values)


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
