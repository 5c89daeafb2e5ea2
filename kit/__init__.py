"""What lecturers and readers take from the book: `python -m tools kit [PRODUCT …]`.

Each product is a module with `write(folder)`, which makes it from the chapters' own
texts and records and from the page that was built from them, and puts it into
_build/kit/PRODUCT/.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from tools import ROOT

# What a person types, and the module that makes it.
PRODUCTS = {
    "slides": "kit.slides",
    "handouts": "kit.handouts",
    "questions": "kit.questions",
    "exams": "kit.exams",
    "cards": "kit.cards",
    "editions": "kit.editions",
    "epub": "kit.epub",
}


def main(arguments: list[str] | None = None) -> int:
    """Make the products that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("product", nargs="*", help=f"{', '.join(PRODUCTS)}; else all")
    products = parser.parse_args(arguments).product or [*PRODUCTS]
    if unknown := {*products} - {*PRODUCTS}:
        there = f"there are {', '.join(PRODUCTS)}"
        parser.error(f"no such product: {', '.join(sorted(unknown))}; {there}")
    for name in products:
        folder = ROOT / "_build" / "kit" / name
        folder.mkdir(parents=True, exist_ok=True)
        import_module(PRODUCTS[name]).write(folder)
        print(f"{name}: {folder.relative_to(ROOT)}")
    return 0
