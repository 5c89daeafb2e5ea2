"""The evidence, one file a unit, and the inputs that it was measured from.

trust/modules/NAME.json holds what was measured of a module, and NAME.toml beside it
why survivors change nothing that could be noticed; trust/chapters/ the same for the
chapters.  Each measurement carries its date and the digests of all its inputs: what
has other inputs now is stale.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.book import Text
from tools.evidence import digests
from tools.evidence.digests import digest, program
from tools.record import notebook

KINDS = ("mutants", "formulas", "platforms")
FOLDERS = {"mutants": "modules", "formulas": "chapters", "platforms": "chapters"}
# What runs the measurement.
CHECKERS = {
    "mutants": ("evidence/mutants.py", "evidence/mutations.py"),
    "formulas": ("evidence/mutants.py", "evidence/mutations.py"),
    "platforms": ("evidence/platforms.py", "record/observe.py"),
}
# A module whose tests are not in tests/library/test_<module>*.py alone.
TESTS = {
    "_checks": ("checks", "network", "sampling"),
    "_compiled": ("descent",),
    "_lemma": ("backprop", "network", "landscape"),
    "_progress": ("progress", "descent"),
}
# Modules of the library that compute nothing that is claimed.
ASIDE = {"", "_contents", "_progress", "claims", "listing", "plots"}
Measured = dict[str, Any]


def units(kind: str, root: Path = ROOT) -> list[str]:
    """Return the names of what there is to measure."""
    if kind == "mutants":
        found = sorted((root / "lib" / "dlam").glob("*.py"))
        return [path.stem for path in found if suite(kind, path.stem, root)]
    texts = {path.stem: path.read_text("utf-8-sig") for path in notebook.chapters()}
    if kind == "platforms":
        return [name for name, text in texts.items() if "claim(" in text]
    return [name for name in texts if suite(kind, name, root)]


def suite(kind: str, unit: str, root: Path = ROOT) -> list[Path]:
    """Return the files of tests that a unit's mutants have to pass."""
    if kind == "formulas":
        number = unit.partition("-")[0]
        return sorted((root / "tests" / "chapters").glob(f"test_chapter_{number}.py"))
    folder = root / "tests" / "library"
    if unit in TESTS:
        return [folder / f"test_{name}.py" for name in TESTS[unit]]
    return sorted([*folder.glob(f"test_{unit}.py"), *folder.glob(f"test_{unit}_*.py")])


def inputs(kind: str, unit: str, root: Path = ROOT) -> dict[str, str]:
    """Return the digest of each input of a measurement, as the input is now."""
    tools = [program(root / "tools" / name) for name in CHECKERS[kind]]
    found = {"checker": digest(" ".join(tools))}
    found["lock file"] = digest((root / "constraints.txt").read_text("utf-8"))
    if kind == "platforms":
        table = (root / "tools" / "evidence" / "platforms.toml").read_text("utf-8")
        found["checker"] = digest(found["checker"] + table)
        cells = [c.source for c in Text.read(root / "book" / f"{unit}.md").cells]
        found["cells"] = digest("\0".join(cells))
        reached = (load(kind, unit, root) or {}).get("reached", [])
        found["library"] = library(reached, root)
        return found
    if kind == "mutants":
        found["module"] = program(root / "lib" / "dlam" / f"{unit}.py")
    tests = suite(kind, unit, root)
    needed = {*tests, *(one for path in tests for one in support(path, root))}
    found["tests"] = digest(" ".join(program(path) for path in sorted(needed)))
    return found


def support(path: Path, root: Path) -> Iterator[Path]:
    """Yield what a file of tests takes from the folder of tests."""
    names = _imported(path.read_text("utf-8")) | {"conftest"}
    found = (root / "tests" / f"{name}.py" for name in names)
    yield from (one for one in found if one.exists())


@cache
def _imported(source: str) -> frozenset[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return frozenset(names)


def library(reached: Iterable[str], root: Path = ROOT) -> str:
    """Return what identifies the parts of the library that a chapter has reached.

    Each is named as in `dlam.network.Network.pack`; a module alone is what stands
    outside its functions.
    """
    now = digests.library(root / "lib" / "dlam")
    return digest(" ".join(f"{name}:{now.get(name)}" for name in sorted(reached)))


def relevant(reached: Iterable[str]) -> list[str]:
    """Return of all that was reached what can move a number that is claimed."""
    names = {name for name in reached if not name.endswith(" as printed")}
    return sorted(n for n in names if [*n.split("."), ""][1] not in ASIDE)


# The files -----------------------------------------------------------------------


def path_of(kind: str, unit: str, root: Path = ROOT) -> Path:
    """Return the file in which a unit's evidence stands."""
    return root / "trust" / FOLDERS[kind] / f"{unit}.json"


def load(kind: str, unit: str, root: Path = ROOT) -> Measured | None:
    """Return what was measured of a unit, if it was."""
    path = path_of(kind, unit, root)
    text = path.read_text("utf-8") if path.exists() else "{}"
    found: Measured | None = json.loads(text).get(kind)
    return found


def save(kind: str, unit: str, measured: Measured, root: Path = ROOT) -> None:
    """Keep what was measured of a unit, beside what else is known of it."""
    path = path_of(kind, unit, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    old = json.loads(path.read_text("utf-8")) if path.exists() else {}
    text = json.dumps(old | {kind: measured}, indent=1, ensure_ascii=False)
    flat = re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", text)
    path.write_text(flat + "\n", "utf-8")


def reasons(kind: str, unit: str, root: Path = ROOT) -> list[dict[str, Any]]:
    """Return why survivors change nothing: entries with `reason` and `mutants`."""
    path = path_of(kind, unit, root).with_suffix(".toml")
    text = path.read_text("utf-8") if path.exists() else ""
    found: list[dict[str, Any]] = tomllib.loads(text).get("survivors", [])
    return found


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def changed(kind: str, unit: str, root: Path = ROOT) -> list[str]:
    """Return which inputs have changed since a unit was measured; none if fresh."""
    measured = load(kind, unit, root)
    if measured is None:
        return ["never measured"]
    now = inputs(kind, unit, root)
    return [name for name in now if measured["inputs"].get(name) != now[name]]


def stale(root: Path = ROOT) -> dict[tuple[str, str], list[str]]:
    """Return of every stale measurement which of its inputs have changed."""
    pairs = [(kind, unit) for kind in KINDS for unit in units(kind, root)]
    found = {(kind, unit): changed(kind, unit, root) for kind, unit in pairs}
    return {pair: what for pair, what in found.items() if what}


def measured(kind: str, root: Path = ROOT) -> dict[str, Measured]:
    """Return what was measured of each unit that there is."""
    found = {unit: load(kind, unit, root) for unit in units(kind, root)}
    return {unit: one for unit, one in found.items() if one is not None}


def unexplained(kind: str, unit: str, root: Path = ROOT) -> list[str]:
    """Return what is wrong between the survivors of a unit and the reasons."""
    left = (load(kind, unit, root) or {"survivors": []})["survivors"]
    told = [one for entry in reasons(kind, unit, root) for one in entry["mutants"]]
    found = [
        f"{unit}: no reason for a survivor: {one}" for one in left if one not in told
    ]
    found += [
        f"{unit}: a reason for no survivor: {one}" for one in told if one not in left
    ]
    twice = sorted({one for one in told if told.count(one) > 1})
    return found + [f"{unit}: two reasons for a survivor: {one}" for one in twice]
