"""No orphan numbers: what the prose of a text reports, and what it rests on.

Each reported number must be stated by a `claim` in one of the text's hidden cells,
or be *given*: listed in the front matter with its source,

    dlam:
      given:
        "0.05": HH section 6, the learning rate
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tools.book.claims import prose_above
from tools.book.model import Broken, Text, load
from tools.book.numerals import Numeral


def support(text: Text) -> list[tuple[Numeral, str | None]]:
    """Return the reported numbers, each with what it rests on, or None."""
    result: list[tuple[Numeral, str | None]] = []
    for numeral in text.numerals:
        if not numeral.reported:
            continue
        by = next((claim for claim in text.claims if claim.covers(numeral)), None)
        source = next(
            (s for w, s in text.given.items() if w.covers(numeral.statement)), None
        )
        what = f"claim in line {by.line}" if by else source and f"given: {source}"
        result.append((numeral, what))
    return result


def check(text: Text, outputs: list[Any] | None = None) -> list[str]:
    """Return what is wrong with the numbers of a text; nothing if all is well.

    Parameters
    ----------
    text : Text
    outputs : list, optional
        What each code cell has put out, by its record.
    """
    faults = [f"{text.name}:{fault.line}: {fault.why}" for fault in text.faults]
    for numeral, what in support(text):
        if what is None:
            number = text.text[numeral.start : numeral.stop]
            faults.append(
                f"{text.where(numeral.start)}: no claim states {number}, and it is "
                f"not given: “{text.sentence(numeral.start)}”"
            )
    for claim, above in prose_above(text.prose, text.numerals, text.claims):
        if not any(map(claim.covers, above)):
            faults.append(
                f"{text.name}:{claim.line}: the prose above states no "
                f"{claim.stated} for this claim to check"
            )
    reported = [numeral for numeral in text.numerals if numeral.reported]
    for number_given, source in text.given.items():
        users = [n for n in reported if number_given.covers(n.statement)]
        if not users:
            faults.append(f"{text.name}: given: no sentence uses {source}")
        if any(claim.covers(numeral) for claim in text.claims for numeral in users):
            faults.append(
                f"{text.name}: given, but claimed too, and one is enough: {source}"
            )
    for cell, put in zip(text.cells, outputs or [], strict=bool(outputs)):
        if put and any(claim.cell is cell for claim in text.claims):
            faults.append(f"{text.name}:{cell.line}: a cell that claims prints nothing")
    return faults


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "text", nargs="*", type=Path, help="texts to read (default: the whole book)"
    )
    options = parser.parse_args(arguments)
    try:
        texts = [Text.read(path) for path in options.text] or [*load().texts.values()]
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    failed = False
    for text in texts:
        print(text.name)
        for numeral, what in support(text):
            number = text.text[numeral.start : numeral.stop].replace("\n", " ")
            print(f"{text.line(numeral.start):6}  {number:24}  {what or 'NOTHING'}")
        sys.stdout.flush()
        for fault in check(text):
            failed = True
            print(fault, file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
