"""HH's run here and in GNU Octave, step by step the same: how far do they part?

`python bench/octave.py --help`
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from dlam import paper, sgd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "library")]

from octave_program import descend  # noqa: E402

from tools import programs  # noqa: E402

TOLERANCE = 1e-9


def octave(steps: int = 1_000_000) -> list[dict[str, float]]:
    """Do both runs of HH in both languages, print a table, return its rows.

    A row has the number of sites, the seconds in each language, the cost at the
    end, and the largest differences: of 101 costs, relative, and of the 23
    parameters, relative where they are above one.  Without Octave there is no row.
    """
    if sentence := programs.missing("octave-cli"):
        print(f"GNU Octave is left out: {sentence}")
        return []
    print(f"{steps:,} steps of HH's run, against GNU Octave from the same start")
    print("sites      here     Octave    cost (2.6)   differs by   p differs by")
    rows = []
    for extra_site in (False, True):
        row = _compare(steps, extra_site)
        met = max(row["cost_difference"], row["parameter_difference"]) <= TOLERANCE
        print(
            f"{row['sites']:5}  {row['seconds']:6.2f} s  {row['octave_seconds']:7.1f} s"
            f"  {row['cost']:12.6g}  {row['cost_difference']:11.1e}"
            f"  {row['parameter_difference']:13.1e}"
            + ("" if met else f"  MORE THAN {TOLERANCE:.0e}")
        )
        rows.append(row)
    return rows


def _compare(steps: int, extra_site: bool) -> dict[str, float]:
    run = paper.netbp(steps, extra_site)
    start = (run.net, run.parameters, run.X, run.Y)
    every = max(1, steps // 100)
    sgd(*start, run.order[:1], run.learning_rate)  # compiles

    began = perf_counter()
    history = sgd(*start, run.order, run.learning_rate, record_every=every)
    here = perf_counter() - began

    began = perf_counter()
    with TemporaryDirectory() as folder:
        costs, parameters = descend(run, history.steps[1:], Path(folder))
    there = perf_counter() - began
    apart = np.abs(history.parameters - parameters)
    return {
        "sites": len(run.X),
        "seconds": here,
        "octave_seconds": there,
        "cost": float(history.cost[-1]),
        "cost_difference": float(np.max(np.abs(history.cost / costs - 1))),
        "parameter_difference": float(
            np.max(apart / np.maximum(1, np.abs(parameters)))
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    octave(parser.parse_args().steps)


if __name__ == "__main__":
    main()
