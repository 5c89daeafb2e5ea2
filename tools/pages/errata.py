"""Write the page of errata: those of the sources, and our own.

The entries are in trust/errata.yaml.  It is an error if an erratum of a source
names no test or leads to no place, and if a page still says what it no longer
should.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import yaml

from tools import ROOT
from tools.book.targets import link, missing, several
from tools.pages.generated import put

HEAD = """\
% Written by tools/errata.py: change trust/errata.yaml instead.

# Errata

## Of the sources

What we found wrong in print while repeating it.
These are small slips in works from which we have learned; each is listed with the test that shows it.
"""  # noqa: E501
OWN = """
## Of this book

What this book has said, and says no longer.
A test looks whether it says it again.
If you find a mistake, write to us: it gets an entry here.
"""


def faults(errata: dict[str, list[dict[str, str]]], root: Path) -> list[str]:
    """Return what is wrong with the entries."""
    found = []
    for one in errata["sources"]:
        where = f"{one['source']}, {one['place']}"
        file, _, name = one["test"].partition("::")
        path = root / file
        if not path.exists() or name not in _tests(path):
            found.append(f"{where}: there is no test {one['test']}")
        lost = missing(several(one["here"]), root / "book")
        found += [f"{where}: {error}" for error in lost]
    for one in errata["book"]:
        where = f"{one['page']}, {one['place']}"
        path = root / "book" / f"{one['page']}.md"
        text = " ".join(path.read_text("utf-8").split()) if path.exists() else ""
        if one["said"] in text:
            found.append(f"{where}: the page says again: {one['said']!r}")
        if one["says"] not in text:
            found.append(f"{where}: the page does not say: {one['says']!r}")
    return found


def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def page(errata: dict[str, list[dict[str, str]]], book: Path) -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for one in errata["sources"]:
        name = one["test"].partition("::")[2].removeprefix("test_").replace("_", " ")
        links = "; ".join(link(target, book) for target in several(one["here"]))
        parts.append(
            f"\n**{one['source']}: {one['place']}**\n"
            f": *Says:* {one['says']}\n\n"
            f"  *Correct:* {one['correct']}\n\n"
            f"  *Here:* {links}. *Tested:* {name}.\n"
        )
    parts.append(OWN)
    for one in errata["book"]:
        parts.append(
            f"\n**{link(one['page'], book)}: {one['place']}**\n"
            f": *Said:* {one['said']}\n\n"
            f"  *Says now:* {one['says']}\n\n"
            f"  *Why:* {one['why']}\n"
        )
    return "".join(parts)


def write(check: bool, root: Path = ROOT) -> int:
    """Write the page, or look whether it is stale; 0 if all is well."""
    file = root / "trust" / "errata.yaml"
    errata = yaml.safe_load(file.read_text("utf-8"))
    wrong = faults(errata, root)
    for fault in wrong:
        print(f"{file.name}: {fault}", file=sys.stderr)
    if wrong:
        return 1
    return put(root / "book" / "errata.md", page(errata, root / "book"), check)
