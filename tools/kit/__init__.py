"""What a lecturer takes from the book: `python -m tools kit [PRODUCT …]`.

Each product is made from the chapters' texts and from the page that was built from
them, so what it shows is what the book says.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from tools import ROOT

# What a person asks for, and the module that writes it into a folder.
PRODUCTS = {
    "slides": "tools.kit.slides",
    "handouts": "tools.kit.handouts",
}


def main(arguments: list[str]) -> int:
    """Write the products that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tools kit", description=__doc__)
    parser.add_argument("product", nargs="*", choices=[*PRODUCTS, []])
    for product in parser.parse_args(arguments).product or PRODUCTS:
        folder = ROOT / "_build" / "kit" / product
        import_module(PRODUCTS[product]).write(folder)
        print(folder.relative_to(ROOT))
    return 0
