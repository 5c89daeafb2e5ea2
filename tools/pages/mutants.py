"""Write the page on the mutation score: which wrong programs the tests notice."""

from __future__ import annotations

import re
from typing import Any

from tools import ROOT
from tools.evidence import units
from tools.evidence.command import score
from tools.pages.generated import put

SAID = re.compile(r"^[\w.]*: ")  # in which function
ARROW = "  →  "
HEAD = """\
% Written by tools/pages/mutants.py: change the library, the tests or the reasons.

# How much the tests notice

A test that passes says little if it would have passed whatever the program did.
So the program is made wrong on purpose, in one place at a time, and its tests are run again: they ought to fail.
A wrong copy is called a *mutant*, one that no test notices a *survivor*, and the share that is noticed the *mutation score*.
Of {made} mutants of this book's library, its own tests notice {noticed}, which is {share}.
Of {formulas} mutants of the formulas that the tests of the displayed equations write out, {held} are noticed.
{age}
"""  # noqa: E501
METHOD = """
Each mutant has to pass the tests of its own module and the examples in its docstrings, no others, so that a module cannot hide behind those that use it.
The mutants are made by [Cosmic Ray](https://cosmic-ray.readthedocs.io), and by a few operators of our own that know about matrices and layers.
Left as they are: annotations of types, docstrings, what the messages of errors say, and how large and how thick things are drawn.
One that takes several times as long as usual counts as noticed; there were {endless} of these.
{sampled}
"""  # noqa: E501
LEFT = """
## Survivors, and why they survive

The reasons are written by hand; a test fails when one is missing, or is not needed any more.
In each pair of lines the first is what the library or the test has, the second what stands in its place.
"""  # noqa: E501
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
Results = dict[str, units.Measured]


def page() -> str:
    """Return the text of the page."""
    library, book = units.measured("mutants"), units.measured("formulas")
    stale = units.stale()
    (made, noticed), (formulas, held) = score(library), score(book)
    head = HEAD.format(
        made=number(made),
        noticed=number(noticed),
        share=share(noticed, made),
        formulas=number(formulas),
        held=number(held),
        age=age(
            [*library.values(), *book.values()],
            len(units.units("mutants")) + len(units.units("formulas")),
            [unit for kind, unit in stale if kind != "platforms"],
        ),
    )
    endless = sum(one["endless"] for one in library.values())
    parts = [
        head,
        "\n:::::{only} html\n",
        METHOD.format(endless=number(endless), sampled=_sampled(library)),
        _table("module", "mutants", library, stale),
        _table("chapter", "formulas", book, stale),
        _kinds(library),
        LEFT,
    ]
    for kind in ("mutants", "formulas"):
        for unit in units.units(kind):
            entries = units.reasons(kind, unit)
            parts += [f"\n### `{unit}`\n"] * bool(entries) + [*map(_reason, entries)]
    return "".join([*parts, "\n:::::\n"])


def age(measured: list[units.Measured], of: int, stale: list[str]) -> str:
    """Say when all this was measured, and how much of it has changed since."""
    if not measured:
        return "Nothing has been measured yet."
    dates = sorted(one["date"] for one in measured)
    since = f"on {dates[0]}" if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    if not stale:
        return f"This was measured {since}; nothing that it depends on has changed."
    return (
        f"This was measured {since}; {len(stale)} of {of} units are not measured as "
        "they are now, because the program, its tests or the packages have changed "
        "since."
    )


def number(n: int) -> str:
    """Return a count as the book writes it."""
    return f"{n:,}".replace(",", "\u202f") if n >= 10_000 else str(n)


def share(part: int, whole: int) -> str:
    """Return a share in per cent, never rounded up."""
    return f"{1000 * part // whole / 10:.1f} %" if part < whole else "100 %"


def _table(
    unit: str, kind: str, results: Results, stale: dict[tuple[str, str], list[str]]
) -> str:
    rows = [f"\n| {unit} | mutants | noticed | score | measured |"]
    rows.append("|---|--:|--:|--:|---|")
    for name, one in results.items():
        n, k = one["made"], one["noticed"]
        why = (
            f", stale: {', '.join(stale[kind, name])}" if (kind, name) in stale else ""
        )
        score = share(k, n) if n else "–"
        cells = (f"`{name}`", number(n), number(k), score, one["date"] + why)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, ""])


def _kinds(library: Results) -> str:
    total: dict[str, list[int]] = {}
    for one in library.values():
        for kind, counts in one["kinds"].items():
            sums = total.setdefault(kind, [0, 0])
            sums[:] = [a + b for a, b in zip(sums, counts, strict=True)]
    rows = ["\n| alteration | such as | mutants | noticed |", "|---|---|--:|--:|"]
    for kind, (made, noticed) in sorted(total.items(), key=lambda one: -one[1][0]):
        rows.append(
            f"| {kind} | {EXAMPLES[kind]} | {number(made)} | {number(noticed)} |"
        )
    return "\n".join([*rows, ""])


def _sampled(library: Results) -> str:
    some = ", ".join(
        f"{number(one['made'])} of about {number(one['possible'])} of `{name}`"
        for name, one in library.items()
        if one["sampled"]
    )
    if not some:
        return "All mutants there are were tried."
    return (
        "All mutants there are were tried, but for the modules that have the most, "
        f"of which a sample was drawn with a fixed seed: {some}."
    )


def _reason(entry: dict[str, Any]) -> str:
    lines = []
    for one in entry["mutants"]:
        before, _, after = SAID.sub("", one, count=1).partition(ARROW)
        lines += [f"- {before}", f"+ {after}".rstrip()]
    shown = "\n".join(lines)
    return f"\n{entry['reason']}\n\n```diff\n{shown}\n```\n"


def write() -> int:
    """Write the page; 0 if all is well."""
    return put(ROOT / "book" / "mutants.md", page())
