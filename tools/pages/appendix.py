#!/usr/bin/env python3
"""Write the pages that are made from the book, the library and the measurements.

With --check nothing is written: it fails if one of them is stale.
"""

from __future__ import annotations

import argparse
import sys

from tools.evidence import bites, certificate
from tools.pages import checks, concordance, equations, errata

# In this order, since a later page counts or links to what is on an earlier one.
WRITERS = (
    equations.write,
    errata.write,
    concordance.write,
    certificate.write,
    bites.write,
    checks.write,
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a page is stale"
    )
    options = parser.parse_args(arguments)
    return max(write(options.check) for write in WRITERS)


if __name__ == "__main__":
    sys.exit(main())
