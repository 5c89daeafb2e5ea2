"""Write the page on the mutation score: which wrong programs the tests notice."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from tools import ROOT
from tools.evidence import units
from tools.evidence.command import score
from tools.pages.generated import counted, put, rendered

SAID = re.compile(r"^[\w.]*: ")  # in which function
EXAMPLES = {
    "sign or arithmetic operator": "`a + b` → `a - b`",
    "factor or term dropped": "`slope * error` → `error`",
    "matrix transposed or product swapped": "`delta @ W` → `delta @ W.T`",
    "constant one more or one less": "`range(2, L)` → `range(3, L)`",
    "index one off": "`W[l]` → `W[l + 1]`",
    "comparison": "`n < N` → `n <= N`",
    "logic": "`if ready` → `if not ready`",
    "check of an argument dropped": "`if eta <= 0: raise …` → `if False: raise …`",
    "statement dropped": "`g[j] = value` → `pass`",
    "loop, handler or decorator": "`for l in layers` → `for l in []`",
    "entry of the data": "`[0.1, 0.9]` → `[0.2, 0.9]`",
}


def page() -> str:
    """Return the text of the page."""
    library, book = units.measured("mutants"), units.measured("formulas")
    stale = units.stale()
    (made, noticed), (formulas, held) = score(library), score(book)
    kinds: dict[str, Counter[int]] = defaultdict(Counter)
    for one in library.values():
        for kind, (of, its) in one["kinds"].items():
            kinds[kind].update({0: of, 1: its})
    return rendered(
        "mutants.md",
        made=made,
        noticed=noticed,
        formulas=formulas,
        held=held,
        age=age(
            [*library.values(), *book.values()],
            len(units.units("mutants")) + len(units.units("formulas")),
            [unit for kind, unit in stale if kind != "platforms"],
        ),
        endless=sum(one["endless"] for one in library.values()),
        sampled={name: one for name, one in library.items() if one["sampled"]},
        tables=[("module", "mutants", library), ("chapter", "formulas", book)],
        stale=stale,
        kinds=sorted(kinds.items(), key=lambda one: -one[1][0]),
        examples=EXAMPLES,
        halves=halves,
        survivors=[
            (unit, entries)
            for kind in ("mutants", "formulas")
            for unit in units.units(kind)
            if (entries := units.reasons(kind, unit))
        ],
    )


def halves(survivor: str) -> tuple[str, str]:
    """Return what the source has, and what stands there in the mutant."""
    before, _, after = SAID.sub("", survivor, count=1).partition("  →  ")
    return before, after


def age(measured: list[units.Measured], of: int, stale: list[str]) -> str:
    """Say when all this was measured, and how much of it has changed since."""
    if not measured:
        return "Nothing has been measured yet."
    dates = sorted(one["date"] for one in measured)
    since = f"on {dates[0]}" if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    if not stale:
        return f"This was measured {since}; nothing that it depends on has changed."
    changed = counted(len(stale), "unit")
    return (
        f"This was measured {since}; since then the program, the tests or the packages "
        f"of {changed} (of {of}) have changed."
    )


def write() -> int:
    """Write the page; 0 if all is well."""
    return put(ROOT / "book" / "mutants.md", page())
