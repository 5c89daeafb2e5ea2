"""Write the page that says whether the checks bite.

It is made from what `mutants.py` and `falsify.py` have measured, trust/mutants.json
and trust/falsified.json, and from the reasons in trust/mutants.toml.  It says what is
wrong with these: a module, a claim or a formula was not measured as it is now,
something went unnoticed without a reason, there is a reason for nothing, or of a
hundred mutants fewer than 95 were noticed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.evidence import digests, falsify, mutants
from tools.pages.generated import put

PAGE = "mutants.md"
REASONS = Path("trust") / "mutants.toml"
LEAST = 0.95
SAID = re.compile(r"^[\w.]*: ")  # in which function
ARROW = "  →  "

Results = dict[str, dict[str, Any]]
Reasons = list[dict[str, Any]]


def load() -> tuple[Results, Results, Reasons]:
    """Return what was measured of the library and of the book, and the reasons."""
    library, book = (
        mutants.load(ROOT / one) for one in (mutants.RESULTS, falsify.RESULTS)
    )
    reasons = tomllib.loads((ROOT / REASONS).read_text("utf-8"))["unnoticed"]
    return library, book, reasons


def faults(library: Results, book: Results, reasons: Reasons) -> list[str]:
    """Return what is wrong with the results, or nothing."""
    found = []
    for name in mutants.modules():
        now = digests.program(ROOT / "lib" / "dlam" / f"{name}.py")
        if name not in library or library[name]["digest"] != now:
            found.append(
                f"the mutants of lib/dlam/{name}.py, as it is now, were not tried: "
                f"run `make mutants MODULE={name}`"
            )
    known = {name: falsify.digest(name) for name in falsify.chapters()}
    known[falsify.DATA] = digests.program(ROOT / "lib" / "dlam" / f"{falsify.DATA}.py")
    for name, now in known.items():
        if name not in book or book[name]["digest"] != now:
            found.append(
                f"the claims and the formulas of {name}, as they are now, were not "
                f"falsified: run `make mutants CHAPTER={name}`"
            )
    told = [(entry["module"], one) for entry in reasons for one in entry["mutants"]]
    unnoticed = [*_unnoticed(library, book)]
    for name, one in dict.fromkeys(unnoticed):
        if (name, one) not in told:
            found.append(f"{name}: nothing notices, and there is no reason for: {one}")
    for name, one in told:
        if (name in library or name in book) and (name, one) not in unnoticed:
            found.append(f"{REASONS}: no such thing goes unnoticed in {name}: {one}")
    found += [
        f"{REASONS}: this is there twice in {name}: {one}"
        for name, one in {pair for pair in told if told.count(pair) > 1}
    ]
    made, noticed = totals(library)
    if noticed < LEAST * made:
        found.append(f"only {noticed} of {made} mutants are noticed")
    return found


def totals(library: Results) -> tuple[int, int]:
    """Return how many mutants there are, and how many are noticed."""
    return (
        sum(one["made"] for one in library.values()),
        sum(one["noticed"] for one in library.values()),
    )


def _counts(library: Results) -> list[tuple[str, int, int]]:
    return [(name, one["made"], one["noticed"]) for name, one in library.items()]


def _unnoticed(library: Results, book: Results) -> Iterable[tuple[str, str]]:
    for name, one in library.items():
        yield from ((name, survivor) for survivor in one["survivors"])
    for name, parts in book.items():
        for part in parts.values():
            if isinstance(part, dict):
                yield from ((name, survivor) for survivor in part["survivors"])


# The page -----------------------------------------------------------------------

HEAD = """\
% Written by tools/bites.py: change the library, the tests or the chapters instead.

# Do the checks bite?

A test that passes says little if it would have passed whatever the program did.
So the program is made wrong on purpose, in one place at a time, and its tests are run again: they ought to fail.
A wrong copy is called a *mutant*.
Of {made} mutants of this book's library, its tests notice {noticed}, which is {share}.
The other {left} change nothing that could be noticed; each of them stands below with the reason.
"""  # noqa: E501
METHOD = """
## What was altered

{operators}

The mutants are made by [Cosmic Ray](https://cosmic-ray.readthedocs.io), and by a few operators of our own that know about matrices and layers.
Left as they are: annotations of types, docstrings, what the messages of errors say, and how large and how thick things are drawn.
Each mutant has to pass the tests of its own module and the examples in its docstrings, no others, so that a module cannot hide behind those that use it.
One that takes several times as long as usual counts as noticed; there were {endless} of these.
{sampled}
"""  # noqa: E501
BOOK = """
## The book, falsified

The same was done to the chapters.
One digit was changed in each number that the text reports and a cell claims, into a number that the chapter does not state anywhere.
(Into one that it does state elsewhere, the change would not be noticed.)
Every digit of every claim was changed, one at a time, and every bound turned round; the claim then has to fail for the value that the chapter computes.
One sign or one matrix at a time was changed where a test writes out a displayed equation.
Each entry of the data sets was changed.

{table}
"""  # noqa: E501
LEFT = """
## What goes unnoticed, and why

The reasons are written by hand; a test fails when one is missing, or is not needed any more.
In each pair of lines the first is what the library or the chapter has, the second what stands in its place.
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
}
TURNED = ("numbers", "claims", "equations")


def page(library: Results, book: Results, reasons: Reasons) -> str:
    """Return the text of the page."""
    made, noticed = totals(library)
    parts = [
        HEAD.format(
            made=number(made),
            noticed=number(noticed),
            share=share(noticed, made),
            left=number(made - noticed),
        ),
        "\n| module | mutants | noticed | share |\n|---|--:|--:|--:|\n",
        *(
            f"| `{name}` | {number(n)} | {number(k)} | {share(k, n)} |\n"
            for name, n, k in _counts(library)
        ),
        METHOD.format(
            operators=_kinds(library),
            endless=number(sum(one["endless"] for one in library.values())),
            sampled=_sampled(library),
        ),
        BOOK.format(table=_book(book)),
    ]
    if reasons:
        parts.append(LEFT)
    for name in dict.fromkeys(entry["module"] for entry in reasons):
        parts.append(f"\n### `{name}`\n")
        for entry in reasons:
            if entry["module"] == name:
                parts.append(_reason(entry))
    return "".join(parts)


def number(n: int) -> str:
    """Return a count as the book writes it."""
    return f"{n:,}".replace(",", "\u202f") if n >= 10_000 else str(n)


def share(part: int, whole: int) -> str:
    """Return a share in per cent, never rounded up."""
    return f"{1000 * part // whole / 10:.1f} %" if part < whole else "100 %"


def _kinds(library: Results) -> str:
    total: dict[str, list[int]] = {}
    for one in library.values():
        for kind, (made, noticed) in one["kinds"].items():
            sums = total.setdefault(kind, [0, 0])
            sums[0] += made
            sums[1] += noticed
    rows = sorted(total.items(), key=lambda item: -item[1][0])
    head = "| alteration | such as | mutants | noticed |\n|---|---|--:|--:|\n"
    return head + "\n".join(
        f"| {kind} | {EXAMPLES[kind]} | {number(made)} | {number(noticed)} |"
        for kind, (made, noticed) in rows
    )


def _sampled(library: Results) -> str:
    some = [
        f"{number(one['made'])} of about {number(one['possible'])} of `{name}`"
        for name, one in library.items()
        if one["sampled"]
    ]
    if not some:
        return "All mutants there are were tried."
    return (
        "All mutants there are were tried, but for the modules that have the most, "
        f"of which a sample was drawn with a fixed seed: {', '.join(some)}."
    )


def _book(book: Results) -> str:
    lines = ["| text | numbers | claims | formulas |", "|---|--:|--:|--:|"]
    for name, parts in book.items():
        if name != falsify.DATA:
            cells = [f"{parts[p]['noticed']} of {parts[p]['made']}" for p in TURNED]
            lines.append(f"| {{doc}}`{name}` | {' | '.join(cells)} |")
    if falsify.DATA in book:
        part = book[falsify.DATA]["entries"]
        lines.append(
            f"\nThe data sets have {number(part['made'])} entries; the tests notice "
            f"the change of {number(part['noticed'])}."
        )
    return "\n".join(lines)


def _reason(entry: dict[str, Any]) -> str:
    lines = []
    for one in entry["mutants"]:
        before, _, after = SAID.sub("", one, count=1).partition(ARROW)
        lines += [f"- {before}", f"+ {after}".rstrip()]
    return "\n{reason}\n\n```diff\n{lines}\n```\n".format(
        reason=entry["reason"], lines="\n".join(lines)
    )


def write() -> int:
    """Write the page; 0 if all is well."""
    return put(ROOT / "book" / PAGE, page(*load()))
