#!/usr/bin/env python3
"""Falsify the book, one thing at a time, and see whether its checks notice.

For each chapter, in copies of its text and of its tests,

- one digit of each number that the prose reports and a cell claims is changed:
  the check of the prose has to say so;
- each digit of each claim is changed, and each bound turned round: the claim has
  to fail for the value that was computed;
- one sign, or one matrix, is changed in the formulas that the tests of the
  displayed equations write out: the test has to fail.

In the data sets of the library, each entry is changed: their tests have to fail.
What comes out is written to trust/falsified.json.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.book import prose
from tools.book.prose import Text
from tools.evidence import certificate, digests, mutants
from tools.record import notebook as record

RESULTS = Path("trust") / "falsified.json"
DATA = "data"


def chapters() -> dict[str, Path]:
    """Return the chapters, by name."""
    return {path.stem: path for path in record.chapters()}


def digest(name: str) -> str:
    """Return what identifies the claims and the formulas of a chapter."""
    path = chapters()[name]
    text = Text.read(path)
    what = [claim.stated for claim in prose.claims(text)[0]]
    tests = tests_file(name)
    marked = equations(tests) if tests.exists() else {}
    whole = json.dumps([what, [ast.unparse(node) for node in marked.values()]])
    return digests.digest(whole)


def tests_file(name: str) -> Path:
    return ROOT / "tests" / f"test_chapter_{name.partition('-')[0]}.py"


# Numbers ------------------------------------------------------------------------


def other_digit(number: str, place: int, by: int = 1) -> str:
    """Return a number as text with the digit at `place` one more, 0 for 9."""
    digit = str((int(number[place]) + by) % 10)
    return number[:place] + digit + number[place + 1 :]


def digits(text: str) -> list[int]:
    return [form.start() for form in re.finditer(r"[0-9]", text)]


def reported(path: Path) -> list[tuple[int, str, str]]:
    """Return what stands where in the prose, and what to put in its place."""
    text = Text.read(path)
    known = {claim.statement for claim in prose.claims(text)[0]}
    known |= {*prose.given(text)[0]}
    chance = random.Random(path.stem)
    found = []
    for numeral, what in prose.support(text):
        if what is None or not what.startswith("claim"):
            continue
        old = text.text[numeral.start : numeral.stop]
        found.append((numeral.start, old, altered(old, numeral, known, chance)))
    return found


def altered(
    old: str,
    numeral: prose.Numeral,
    known: set[prose.Statement],
    chance: random.Random,
) -> str:
    """Return a number with one digit changed, to one that the text never states."""
    choices = [(place, by) for place in digits(old) for by in range(1, 10)]
    chance.shuffle(choices)
    for place, by in choices:
        new = other_digit(old, place, by)
        what = prose.statement(new.replace("$", ""))
        if what is None:
            continue
        what = what._replace(sign=numeral.statement.sign)
        seen = abs(what.value) >= 100 or what.exponent or what.percent
        if seen and not any(one.covers(what) for one in known):
            return new
    raise ValueError(f"no digit of {old} can be changed")


def unseen(path: Path, change: tuple[int, str, str]) -> str | None:
    """Return the change of a number in the prose if nothing notices it."""
    start, old, new = change
    content = path.read_text("utf-8")
    wrong = Text(content[:start] + new + content[start + len(old) :], path.name)
    if prose.check(wrong):
        return None
    return f"{old}  →  {new}, in “{wrong.sentence(start)}”"


def values(path: Path) -> list[tuple[str, Any]]:
    """Run a chapter; return what it claims, and of which values."""
    run = certificate.measure(path, sys.executable, {})
    if run["error"]:
        raise RuntimeError(f"{path.name}: {run['error']}")
    return [(one["stated"], one["value"]) for one in run["claims"]]


def false_claims(stated: str) -> Iterator[str]:
    """Yield what is false if `stated` is true."""
    if stated[0] in "<>":
        yield ("<" if stated[0] == ">" else ">") + stated[1:]
    else:
        for place in digits(stated):
            yield other_digit(stated, place)


def believed(stated: str, value: Any) -> list[str]:
    """Return the alterations of a claim that pass for true all the same."""
    from dlam.claims import ClaimError, claim

    wrong = []
    for other in false_claims(stated):
        try:
            claim(other, value)
        except ClaimError:
            continue
        wrong.append(f"{stated}  →  {other}, of {value!r}")
    return wrong


# Equations and data -------------------------------------------------------------


def equations(path: Path) -> dict[str, ast.FunctionDef]:
    """Return the tests of a file that check displayed equations, by name."""
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("mark.equation(" in ast.unparse(d) for d in node.decorator_list)
    }


def altered_tests(name: str, jobs: int) -> tuple[int, list[str]]:
    """Alter the formulas in a chapter's tests; return how many, and what passes."""
    from tools.evidence import mutations

    path = tests_file(name)
    if not path.exists():
        return 0, []
    marked = equations(path)
    bodies = [
        (node.body[0].lineno, node.end_lineno or node.lineno)
        for node in marked.values()
    ]
    made = mutations.mutants(
        path.read_text("utf-8"),
        [mutations.SIGN],
        lambda where, line: any(a <= line <= b for a, b in bodies),
    )
    file = f"tests/{path.name}"
    tests = [f"{file}::{test}" for test in marked]
    sources = [mutant.source for mutant in made]
    ended, _ = mutants.outcomes(file, tests, sources, jobs, f"{name}, equations")
    return len(made), [m.name for n, m in enumerate(made) if ended[n] == "survived"]


def altered_data(jobs: int) -> dict[str, Any]:
    """Alter each entry of the data sets; return what came out."""
    from tools.evidence import mutations

    path = ROOT / "lib" / "dlam" / f"{DATA}.py"
    made = mutations.mutants(path.read_text("utf-8"), [mutations.ENTRY])
    sources = [mutant.source for mutant in made]
    tests = mutants.tests_of(DATA)
    ended, _ = mutants.outcomes(f"lib/dlam/{DATA}.py", tests, sources, jobs, DATA)
    left = [m.name for n, m in enumerate(made) if ended[n] == "survived"]
    return {"digest": digests.program(path), "entries": outcome(len(made), left)}


def outcome(made: int, survivors: list[str]) -> dict[str, Any]:
    return {"made": made, "noticed": made - len(survivors), "survivors": survivors}


def measure(name: str, jobs: int) -> dict[str, Any]:
    """Return what comes out for one chapter."""
    path = chapters()[name]
    changes = reported(path)
    with ProcessPoolExecutor(jobs) as pool:
        found = pool.map(partial(unseen, path), changes, chunksize=4)
        passed = [one for one in found if one is not None]
    stated = values(path)
    told = [claim.stated for claim in prose.claims(Text.read(path))[0]]
    if told != [one for one, _ in stated]:
        raise SystemExit(f"{path.name}: what was claimed is not what stands there")
    false = [other for one, _ in stated for other in false_claims(one)]
    wrong = [one for pair in stated for one in believed(*pair)]
    formulas, kept = altered_tests(name, jobs)
    return {
        "digest": digest(name),
        "numbers": outcome(len(changes), passed),
        "claims": outcome(len(false), wrong),
        "equations": outcome(formulas, kept),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = [*chapters(), DATA]
    parser.add_argument("name", nargs="*", help=f"chapters, or {DATA} (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at once")
    options = parser.parse_args(arguments)
    if unknown := {*options.name} - {*known}:
        parser.error(f"no such chapters: {', '.join(sorted(unknown))}")
    for name in options.name or known:
        entry = (
            altered_data(options.jobs) if name == DATA else measure(name, options.jobs)
        )
        mutants.write(ROOT / RESULTS, name, entry, known)
        for what, one in entry.items():
            if what != "digest":
                print(f"{name}, {what}: {one['noticed']} of {one['made']} noticed")
                for survivor in one["survivors"]:
                    print(f"  {survivor}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
