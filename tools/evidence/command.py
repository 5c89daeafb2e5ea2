"""Measure what the checks are worth, where what was measured is stale.

`mutants` alters the library, `formulas` the formulas in the tests of equations;
`platforms` computes the claims of the chapters on other platforms.  What comes out
is written to trust/, one file a unit.
"""

from __future__ import annotations

import argparse
import os
import sys

from tools import ROOT
from tools.evidence import mutants, platforms, units

LEAST = 0.95  # of the mutants of the library that its tests have to notice


def score(results: dict[str, units.Measured]) -> tuple[int, int]:
    """Return how many mutants there are, and how many are noticed."""
    found = results.values()
    return sum(one["made"] for one in found), sum(one["noticed"] for one in found)


def faults() -> list[str]:
    """Return what is wrong with what was measured, however old it is."""
    found = [
        fault
        for kind in ("mutants", "formulas")
        for unit in units.units(kind)
        for fault in units.unexplained(kind, unit)
    ]
    for unit, one in units.measured("platforms").items():
        found += platforms.failures(unit, one)
    made, noticed = score(units.measured("mutants"))
    if noticed < LEAST * made:
        found.append(f"only {noticed} of {made} mutants are noticed")
    return found


def age() -> list[str]:
    """Say of each kind of evidence how old it is, and what is stale."""
    stale = units.stale()
    lines = []
    for kind in units.KINDS:
        old = [unit for which, unit in stale if which == kind]
        dates = sorted(one["date"] for one in units.measured(kind).values())
        since = f"{dates[0]} to {dates[-1]}" if dates else "never"
        names = f": {', '.join(old)}" if old else ""
        of = len(units.units(kind))
        lines.append(f"{kind}: measured {since}, {len(old)} of {of} stale{names}")
    return lines


def measure(kind: str, unit: str, options: argparse.Namespace) -> bool:
    """Measure a unit and keep what comes out; say whether there is anything."""
    inputs = units.inputs(kind, unit)
    found: units.Measured | None
    if kind == "platforms":
        others = dict(one.split("=", 1) for one in options.also)
        found = platforms.evidence(unit, options.jobs, others, options.refresh)
        if found is None:
            print(f"{unit}: the values have changed; other platforms are stale")
            return False
        inputs["library"] = units.library(found["reached"])
        on = len(platforms.counted(found))
        told = f"{len(found['claims'])} claims on {on} platforms"
    else:
        tests = [str(p.relative_to(ROOT)) for p in units.suite(kind, unit)]
        found = mutants.measure(kind, unit, tests, options.jobs)
        found = {"date": units.today()} | found
        told = f"{found['noticed']} of {found['made']} mutants noticed"
    head = {"date": found["date"], "inputs": inputs}
    units.save(kind, unit, head | found | head)
    print(f"{unit}, {kind}: {told}")
    return True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools evidence", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "unit",
        nargs="*",
        help="mutants, formulas or platforms, then modules or chapters "
        "(default: all that is stale)",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at once")
    parser.add_argument(
        "--fresh", action="store_true", help="measure nothing; fail if any is stale"
    )
    parser.add_argument(
        "--age", action="store_true", help="measure nothing; say how old it is"
    )
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="run stale chapters here alone: if no bit changes, the platforms stand",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=PYTHON",
        help="another Python to run them with, say 'Python 3.13=.venv-3.13/bin/python'",
    )
    options = parser.parse_args(arguments)
    kinds = [name for name in options.unit if name in units.KINDS] or [*units.KINDS]
    names = [name for name in options.unit if name not in units.KINDS]
    if options.age:
        print("\n".join(age()))
        return 0
    stale = {pair: why for pair, why in units.stale().items() if pair[0] in kinds}
    if options.fresh:
        for (kind, unit), why in stale.items():
            print(f"{unit}, {kind}: stale ({', '.join(why)})", file=sys.stderr)
        return int(bool(stale))
    asked = [(k, n) for k in kinds for n in names if n in units.units(k)]
    if unknown := {*names} - {name for _, name in asked}:
        parser.error(f"nothing to measure: {', '.join(sorted(unknown))}")
    for kind, unit in asked or ([] if names else stale):
        if kind == "platforms" or not options.refresh:
            measure(kind, unit, options)
    for fault in (wrong := faults()):
        print(fault, file=sys.stderr)
    return int(bool(wrong))
