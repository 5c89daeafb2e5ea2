#!/usr/bin/env python3
"""Print the address under which a browser on this machine finds a file."""

import argparse
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("file", type=Path)
print(f"\nOpen {parser.parse_args().file.resolve(strict=True).as_uri()}")
