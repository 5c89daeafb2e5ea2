"""Say which of the named programs are missing, and what would install them."""

from __future__ import annotations

import argparse
import shutil
import sys

# Program → Debian's packages that hold it, with what it needs for this book.
PACKAGES = {
    "chromium": "chromium chromium-headless-shell",
    "java": "default-jre-headless",
    "latexmk": "latexmk",
    "node": "nodejs",
    "npm": "npm",
    "octave-cli": "octave",
    "pdffonts": "poppler-utils",
    "pdftotext": "poppler-utils",
    "rsvg-convert": "librsvg2-bin",
    "xelatex": (
        "texlive-xetex texlive-latex-recommended texlive-latex-extra "
        "texlive-fonts-recommended fonts-freefont-otf fonts-dejavu-core xindy "
        "lmodern tex-gyre"
    ),
}


def missing(*programs: str) -> str | None:
    """Return a sentence naming what is missing and its packages, or None."""
    absent = [name for name in programs if shutil.which(name) is None]
    if not absent:
        return None
    packages = " ".join(dict.fromkeys(PACKAGES[name] for name in absent))
    return (
        f"{', '.join(absent)} not found; on Debian or Ubuntu: "
        f"apt-get install --no-install-recommends {packages}"
    )


def packages() -> list[str]:
    """Return all packages but those of Node, if it is there already.

    Node often comes from elsewhere, with npm, and Debian's would displace it.
    """
    present = {name for name in ("node", "npm") if shutil.which(name)}
    wanted = [names for name, names in PACKAGES.items() if name not in present]
    return list(dict.fromkeys(" ".join(wanted).split()))


def main(arguments: list[str] | None = None) -> int:
    """Print the packages, or what is missing; 1 if something is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", nargs="*", choices=[*PACKAGES, []])
    parser.add_argument(
        "--packages", action="store_true", help="print all packages and stop"
    )
    options = parser.parse_args(arguments)
    if options.packages:
        print(" ".join(packages()))
        return 0
    if sentence := missing(*options.program):
        print(sentence, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
