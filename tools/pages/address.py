"""Print the address under which a browser on this machine finds a file."""

import argparse
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Print the address of the file that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    file = parser.parse_args(arguments).file
    print(f"\nOpen {file.resolve(strict=True).as_uri()}")
    return 0
