"""Run a chapter on other platforms; compare its claims' values, and what it prints.

A platform is another kernel of the linear algebra, another width of vectors, another
number of threads, another version of Python or of the packages.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from dlam.claims import margin
from tools import ROOT
from tools.evidence import units
from tools.evidence.digests import digest
from tools.record import environment

ALL_DIGITS = 15  # what a double can hold in every case
HOME = "the machine that recorded the book"
TABLE = Path(__file__).with_suffix(".toml")
PLATFORMS: dict[str, dict[str, str]] = {HOME: {}} | tomllib.loads(
    TABLE.read_text("utf-8")
)
SETTINGS = {name for chosen in PLATFORMS.values() for name in chosen}
Run = dict[str, Any]  # what `tools.record.observe` says


class Agreement(NamedTuple):
    """How a platform's value of a claim compares with the one at home.

    Attributes
    ----------
    digits : int
        To how many digits the two agree, at most ALL_DIGITS.
    margin : float or None
        How many times the difference between the two fits between the value and
        the point where the statement would be false; None if they are the same.
    """

    digits: int
    margin: float | None


def agreement(stated: str, home: float, there: float) -> Agreement:
    """Compare two values of a claim."""
    if home == there:
        return Agreement(ALL_DIGITS, None)
    difference = abs(home - there)
    size = max(abs(home), abs(there))
    if not math.isfinite(difference):
        return Agreement(0, 0.0)
    digits = min(ALL_DIGITS, max(0, math.floor(-math.log10(difference / size))))
    room = max(0.0, min(margin(stated, home), margin(stated, there)))
    return Agreement(digits, float(f"{room / difference:.2g}"))


def measure(chapter: Path, python: str, settings: dict[str, str]) -> Run | None:
    """Run a chapter under one platform, in a process of its own.

    What one version of Numba has compiled, another must not find.  None says that
    this processor lacks the instructions.
    """
    clean = {name: v for name, v in os.environ.items() if name not in SETTINGS}
    with tempfile.TemporaryDirectory(prefix="numba-") as folder:
        own = {"NUMBA_CACHE_DIR": folder, "PYTHONPATH": f"{ROOT}:{ROOT / 'lib'}"}
        done = subprocess.run(
            [python, "-W", "ignore", "-m", "tools.record.observe", chapter],
            env=clean | environment() | own | settings,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
    lines = done.stdout.splitlines()
    if done.returncode == -signal.SIGILL:
        return None
    if not lines:
        error = f"ended with status {done.returncode}"
        return {"claims": [], "printed": {}, "reached": [], "error": error}
    run: Run = json.loads(lines[-1])
    return run


def bits(run: Run) -> str:
    """Return what identifies a run: its values to the last bit, and what it prints."""
    pairs = [f"{one['stated']}:{float(one['value']).hex()}" for one in run["claims"]]
    return digest("\0".join([*pairs, *run["printed"].values()]))


def certify(unit: str, runs: dict[str, Run], last: units.Measured | None) -> Run:
    """Join the runs of a chapter; the first is the one at home.

    Platforms that were measured before and not now stay listed.  They count if what
    is computed at home has the same bits as it had when they were compared with it;
    otherwise they are marked as not measured again.
    """
    home = runs[HOME]
    identity, day = bits(home), units.today()
    platforms = {
        one: {
            "date": day,
            "home": identity,
            "error": run["error"],
            "prints": [
                n
                for n, text in run["printed"].items()
                if home["printed"].get(n) != text
            ],
        }
        for one, run in runs.items()
    }
    old = last or {"platforms": {}, "claims": []}
    kept = {one: said for one, said in old["platforms"].items() if one not in runs}
    same = last is not None and last["home"] == identity
    claims = []
    for n, here in enumerate(home["claims"]):
        rows = [(p, r["claims"][n]) for p, r in runs.items() if len(r["claims"]) > n]
        found = [
            agreement(here["stated"], here["value"], row["value"]) for _, row in rows
        ]
        fails = [one for one, row in rows if not row["holds"]]
        margins = [one.margin for one in found if one.margin is not None]
        digits = [one.digits for one in found]
        if same and kept:
            before = old["claims"][n]
            digits.append(before["digits"])
            margins += [before["margin"]] if before["margin"] is not None else []
            fails += [one for one in before["fails"] if one in kept]
        claims.append(
            {
                "stated": here["stated"],
                "value": float(f"{here['value']:.5g}"),
                "digits": min(digits),
                "margin": min(margins, default=None),
                "fails": fails,
            }
        )
    reached = units.relevant(home["reached"])
    return {
        "date": day,
        "home": identity,
        "platforms": platforms | kept,
        "claims": claims,
        "reached": reached,
    }


def counted(one: units.Measured) -> list[str]:
    """Return the platforms whose values are compared with those at home now."""
    return [name for name, p in one["platforms"].items() if p["home"] == one["home"]]


def failures(unit: str, one: units.Measured) -> list[str]:
    """Return where a chapter stops, prints otherwise, or what it claims fails."""
    here = {name: one["platforms"][name] for name in counted(one)}
    found = [
        f"{unit}: on {name} it stops: {p['error']}"
        for name, p in here.items()
        if p["error"]
    ]
    found += [
        f"{unit}: cell {', '.join(p['prints'])} prints otherwise on {name}"
        for name, p in here.items()
        if p.get("prints")  # not looked at in what was measured before
    ]
    return found + [
        f"{unit}: {claim['stated']} fails on {', '.join(claim['fails'])}"
        for claim in one["claims"]
        if claim["fails"]
    ]


def evidence(
    unit: str, jobs: int, others: dict[str, str], refresh: bool = False
) -> units.Measured | None:
    """Return the evidence for a chapter, or None if only a refresh was asked for.

    If only the cells or the library have changed, and every value computed here has
    the same bits as before, the other platforms stand as they were measured.
    """
    text = ROOT / "book" / f"{unit}.md"
    last = units.load("platforms", unit)
    home = measure(text, sys.executable, {})
    assert home is not None
    others = {name: str(Path(p).absolute()) for name, p in others.items()}
    wanted = {*PLATFORMS, *others}
    if stands(last, home, units.changed("platforms", unit)):
        assert last is not None
        if refresh or wanted <= {*counted(last)}:
            reached = units.relevant(home["reached"])
            return last | {"refreshed": units.today(), "reached": reached}
    if refresh:
        return None
    settings = {name: (sys.executable, chosen) for name, chosen in PLATFORMS.items()}
    settings |= {name: (python, {}) for name, python in others.items()}
    with ThreadPoolExecutor(jobs) as pool:
        asked = {
            name: pool.submit(measure, text, *chosen)
            for name, chosen in settings.items()
            if name != HOME
        }
    found = {name: job.result() for name, job in asked.items()}
    runs = {HOME: home} | {name: one for name, one in found.items() if one is not None}
    return certify(unit, runs, last)


def stands(last: units.Measured | None, home: Run, changes: list[str]) -> bool:
    """Say whether what other platforms computed still stands beside a new run here."""
    if last is None or {*changes} - {"cells", "library"} or home["error"]:
        return False
    return bool(last["home"] == bits(home))
