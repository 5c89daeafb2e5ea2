"""Make what readers and lecturers take with them, from the records of the book."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from tools import ROOT

# What can be made, and the module whose `write(folder)` makes it.
PRODUCTS = {
    "epub": "tools.kit.epub",
}


def main(arguments: list[str] | None = None) -> int:
    """Make the products that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("product", nargs="*", help=f"of {', '.join(PRODUCTS)}")
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "kit")
    options = parser.parse_args(arguments)
    if unknown := {*options.product} - {*PRODUCTS}:
        parser.error(f"{', '.join(sorted(unknown))}: none of {', '.join(PRODUCTS)}")
    options.to.mkdir(parents=True, exist_ok=True)
    for product in options.product or PRODUCTS:
        import_module(PRODUCTS[product]).write(options.to)
    print(f"Made in {options.to.resolve().as_uri()}")
    return 0
