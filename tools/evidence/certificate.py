#!/usr/bin/env python3
"""Measure on how many machines the numbers in the text hold, and write the page.

Each chapter is run again for each platform: another kernel of the linear algebra,
another width of vectors, another number of threads, another version of Python
or of the packages.  What its claims are worth there goes into
trust/certificate.json, and the page is made from that.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from tools import ROOT
from tools.evidence import digests
from tools.pages.generated import put
from tools.record import notebook as record

RESULTS = ROOT / "trust" / "certificate.json"
ALL_DIGITS = 15  # what a double can hold in every case

NARROW = "X86_V4 AVX512_ICL AVX512_SPR"
ONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "DLAM_THREADS": "1"}
# Each imitates a machine; together they go through the kernels of OpenBLAS, the
# instructions that NumPy and PyTorch use, and the number of threads.
PLATFORMS = {
    "the machine that recorded the book": {},
    "a server with AVX-512: SkylakeX kernels of OpenBLAS, one thread": {
        "OPENBLAS_CORETYPE": "SkylakeX",
        **ONE,
    },
    "a laptop with AVX2: Haswell kernels, NumPy without AVX-512, PyTorch with AVX2": {
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": NARROW,
        "ATEN_CPU_CAPABILITY": "avx2",
    },
    "an older machine: Nehalem kernels, PyTorch without vectors": {
        "OPENBLAS_CORETYPE": "Nehalem",
        "ATEN_CPU_CAPABILITY": "default",
    },
    "the oldest: Prescott kernels, NumPy without AVX-512, "
    "PyTorch without vectors, one thread": {
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": NARROW,
        "ATEN_CPU_CAPABILITY": "default",
        **ONE,
    },
}
# Modules of the library that compute nothing that is claimed.
ASIDE = {"__init__", "_progress", "claims", "listing", "plots"}
SETTINGS = {name for chosen in PLATFORMS.values() for name in chosen}


class Verdict(NamedTuple):
    """What is known of a claim.

    Attributes
    ----------
    digits : int
        To how many digits all platforms agree, at most ALL_DIGITS.
    safety : float
        How many times the spread between the platforms fits between the value
        and the point where the statement would be false; infinite if all
        platforms give the same number.
    """

    digits: int
    safety: float


def edge(stated: str) -> Callable[[float], float]:
    """Return how far a value is from where `stated` would be false.

    The distance is negative where it is false.
    """
    form = re.fullmatch(r"([<>])?\s*(-?[\d.]+)(?:e(-?\d+))?(%)?", stated)
    if form is None:
        raise ValueError(f"stated: not a claim: {stated!r}")
    sign, digits, exponent, percent = form.groups()
    unit = 100.0 if percent else 1.0
    target = float(f"{digits}e{exponent or 0}") / unit
    if sign == "<":
        return lambda value: target - value
    if sign == ">":
        return lambda value: value - target
    places = len(digits.partition(".")[2]) - int(exponent or 0)
    half = 0.5 * 10.0**-places / unit
    return lambda value: half - abs(value - target)


def verdict(stated: str, values: list[float]) -> Verdict:
    """Judge a claim by its value on each platform, the recorded one first."""
    spread = max(values) - min(values)
    if spread == 0:
        return Verdict(ALL_DIGITS, math.inf)
    size = max(abs(value) for value in values)
    digits = min(ALL_DIGITS, max(0, math.floor(-math.log10(spread / size))))
    return Verdict(digits, max(0.0, min(map(edge(stated), values))) / spread)


def fingerprint(chapter: Path) -> str:
    """Return what changes when a cell of the chapter changes."""
    cells = record.notebook(chapter.read_text("utf-8")).cells
    code = "\0".join(cell.source for cell in cells if cell.cell_type == "code")
    return digests.digest(code)


def library(modules: Iterable[str]) -> dict[str, str]:
    """Return what changes, of each module, when the program in it does."""
    folder = ROOT / "lib" / "dlam"
    paths = [folder / f"{name}.py" for name in sorted({*modules} - ASIDE)]
    return {path.stem: digests.program(path) for path in paths if path.exists()}


def measure(chapter: Path, python: str, settings: dict[str, str]) -> dict[str, Any]:
    """Run a chapter under one platform.

    What one version of Numba has compiled, another must not find.
    """
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    compiled = Path(tempfile.gettempdir()) / f"numba-{digests.digest(python)}"
    clean["NUMBA_CACHE_DIR"] = str(compiled)
    done = subprocess.run(
        [python, "-W", "ignore", Path(__file__).with_name("claimed.py"), chapter],
        env=clean | settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def certify(chapter: Path, runs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Join the runs of one chapter; the first is the one that was recorded."""
    broken = {name: run["error"] for name, run in runs.items() if run["error"]}
    claims = []
    rows = zip_longest(*(run["claims"] for run in runs.values()))
    for row in rows:
        here = [
            (name, one)
            for name, one in zip(runs, row, strict=True)
            if one is not None and name not in broken
        ]
        if not here:
            continue
        text, values = here[0][1]["stated"], [one["value"] for _, one in here]
        judged = verdict(text, values)
        safe = judged.safety
        claims.append(
            {
                "stated": text,
                "value": float(f"{values[0]:.5g}"),
                "digits": judged.digits,
                "safety": None if math.isinf(safe) else float(f"{safe:.2g}"),
                "fails": [name for name, one in here if not one["holds"]],
            }
        )
    return {
        "cells": fingerprint(chapter),
        "library": library(name for run in runs.values() for name in run["modules"]),
        "platforms": list(runs),
        "broken": broken,
        "claims": claims,
    }


def chapters() -> list[Path]:
    """Return the texts that claim something."""
    return [path for path in record.chapters() if "claim(" in path.read_text("utf-8")]


# The page ----------------------------------------------------------------------

HEAD = """\
% Written by tools/certificate.py from trust/certificate.json; `make certificate` measures.

# Where the numbers hold

A number that is right on one computer can be wrong on the next.
Another processor adds the same numbers in another order, and their last digits differ; what follows from a comparison, a count for instance, can then differ altogether.
So every number that this book states was computed again on each of these platforms:

"""  # noqa: E501
EXPLAINED = """
In the tables, *agreed* is the number of digits to which all platforms agree, at most 15, which is what a double can hold.
*Safety* says how many times the difference between the platforms fits between the value and the nearest number for which the statement would be false: at 1 or below a statement can fail on the next machine, and a large number means that the digits stated were chosen with care.
"Same" means that all platforms give the very same number.
"""  # noqa: E501


def worst(claims: list[dict[str, Any]]) -> float:
    """Return the smallest safety."""
    return min((c["safety"] for c in claims if c["safety"] is not None), default=0)


def page(results: dict[str, Any]) -> str:
    """Return the text of the page."""
    chapters = results["chapters"]
    every = [claim for one in chapters.values() for claim in one["claims"]]
    same = sum(claim["safety"] is None for claim in every)
    broken = {name for one in chapters.values() for name in one["broken"]}
    failing = [claim for claim in every if claim["fails"]]
    changed = {path.stem for path in stale(results)}
    parts = [HEAD]
    platforms = dict.fromkeys(n for one in chapters.values() for n in one["platforms"])
    parts += [f"- {name}\n" for name in platforms]
    parts.append(
        "\nThe machines are imitated: one processor was told to compute as they do.\n"
    )
    held = (
        "Every one of them holds on every platform"
        if not failing and not broken
        else f"{len(failing)} of them fail somewhere"
    )
    parts.append(
        f"\nThe book makes **{len(every)}** claims about computed numbers.\n{held}.\n"
        f"Of {same} the value is the same to the last bit; of the others the one with "
        f"the smallest safety has {worst(every):.2g}.\n"
    )
    parts.append(EXPLAINED)
    for stem, one in chapters.items():
        claims = one["claims"]
        agreed = min((claim["digits"] for claim in claims), default=ALL_DIGITS)
        parts.append(f"\n## {{doc}}`{stem}`\n\n")
        parts.append(
            f"{len(claims)} claims, computed on {len(one['platforms'])} platforms; "
            f"at least {agreed} digits agree.\n"
            f"{sum(c['safety'] is None for c in claims)} are the same everywhere.\n"
        )
        if stem in changed:
            parts.append(
                "This chapter, or what it uses of the library, has changed since, "
                "and has to be run again.\n"
            )
        parts += [
            f"On *{name}* it stops: {why}\n" for name, why in one["broken"].items()
        ]
        parts.append(_table(claims))
    return "".join(parts)


def _table(claims: list[dict[str, Any]]) -> str:
    rows = ["", ":::{only} html", "", "| stated | value | agreed | safety |"]
    rows.append("|---|---|---|---|")
    for claim in claims:
        safety = "same" if claim["safety"] is None else f"{claim['safety']:.2g}"
        fails = f", fails: {', '.join(claim['fails'])}" if claim["fails"] else ""
        number = f"{claim['value']:.5g}"
        bound = claim["stated"].replace("<", "&lt;").replace(">", "&gt;")
        rows.append(f"| {bound} | {number} | {claim['digits']} | {safety}{fails} |")
    return "\n".join([*rows, ":::", ""])


# What is run -------------------------------------------------------------------


def stale(results: dict[str, Any]) -> list[Path]:
    """Return the chapters whose numbers may have changed since they were measured.

    A cell of theirs has, or a module of the library that they use.
    """
    now = library(path.stem for path in (ROOT / "lib" / "dlam").glob("*.py"))
    return [
        path
        for path in chapters()
        if (one := results["chapters"].get(path.stem)) is None
        or one["cells"] != fingerprint(path)
        or not one["library"].items() <= now.items()
    ]


def load() -> dict[str, Any]:
    """Return what was measured."""
    if not RESULTS.exists():
        return {"chapters": {}}
    return json.loads(RESULTS.read_text("utf-8"))


def _save(results: dict[str, Any]) -> None:
    """Keep what was measured, of the chapters that there are."""
    known = {path.stem for path in chapters()}
    kept = sorted(one for one in results["chapters"].items() if one[0] in known)
    results["chapters"] = dict(kept)
    RESULTS.write_text(
        json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )


def write() -> int:
    """Write the page from what was measured, or look whether it is stale."""
    return put(ROOT / "book" / "certificate.md", page(load()))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "chapter",
        nargs="*",
        type=Path,
        help="texts to measure (default: those that have changed since they were)",
    )
    parser.add_argument("--all", action="store_true", help="measure every text")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=PYTHON",
        help="another Python to run them with, say 'Python 3.13=.venv-3.13/bin/python'",
    )
    options = parser.parse_args(arguments)
    results = load()
    texts = [path.resolve() for path in options.chapter]
    texts = texts or (chapters() if options.all else stale(results))
    others = dict(one.split("=", 1) for one in options.also)
    platforms = {name: (sys.executable, env) for name, env in PLATFORMS.items()}
    platforms |= {name: (str(Path(p).absolute()), {}) for name, p in others.items()}
    for text in texts:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = {
                name: pool.submit(measure, text, python, env)
                for name, (python, env) in platforms.items()
            }
        runs = {name: job.result() for name, job in jobs.items()}
        results["chapters"][text.stem] = certify(text, runs)
        _save(results)
        print(f"{text.stem}: {len(results['chapters'][text.stem]['claims'])} claims")
    _save(results)
    write()
    failing = [
        f"{stem}: {claim['stated']} on {', '.join(claim['fails'])}"
        for stem, one in results["chapters"].items()
        for claim in one["claims"]
        if claim["fails"]
    ] + [
        f"{stem}: {name}: {why}"
        for stem, one in results["chapters"].items()
        for name, why in one["broken"].items()
    ]
    for line in failing:
        print(line, file=sys.stderr)
    return bool(failing)


if __name__ == "__main__":
    sys.exit(main())
