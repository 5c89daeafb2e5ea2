"""Write the pages that are made from the book, the library and the measurements."""

from __future__ import annotations

import argparse
import sys

from tools.book import Broken
from tools.pages import (
    checks,
    concordance,
    equations,
    errata,
    glossary,
    mutants,
    platforms,
)

# In this order, since a later page counts or links to what is on an earlier one.
PAGES = (glossary, equations, errata, concordance, platforms, mutants, checks)


def main(arguments: list[str] | None = None) -> int:
    """Write them all, and return 1 if one of them could not be made."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    try:
        statuses: list[int] = [page.write() for page in PAGES]
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    return max(statuses)
