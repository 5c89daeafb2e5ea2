"""Write the page that says on which platforms the numbers hold, and how safely."""

from __future__ import annotations

from tools import ROOT
from tools.evidence import platforms, units
from tools.pages.generated import put
from tools.pages.mutants import age

HEAD = """\
% Written by tools/pages/platforms.py from trust/chapters: `make evidence` measures.

# Where the numbers hold

A number that is right on one computer can be wrong on the next.
Another processor adds the same numbers in another order, and their last digits differ; what follows from a comparison, a count for instance, can then differ altogether.
So the numbers that this book claims are computed on several platforms, imitated on one processor that was told to compute as they do.
{everywhere}
{outcome}
{age}
"""  # noqa: E501
EXPLAINED = """
In the tables, *agreed* is the number of digits to which all platforms agree with the machine that recorded the book, at most 15, which is what a double can hold.
The *margin* says how many times the difference between two platforms fits between the value and the nearest number for which the statement would be false: at 1 or below a statement can fail on the next machine, and a large margin means that the digits stated were chosen with care.
"Same" means that all platforms give the very same number.
"""  # noqa: E501
Results = dict[str, units.Measured]


def page() -> str:
    """Return the text of the page."""
    results = units.measured("platforms")
    stale = {u: why for (kind, u), why in units.stale().items() if kind == "platforms"}
    text = HEAD.format(
        everywhere=everywhere(results),
        outcome=outcome(results),
        age=age([*results.values()], len(units.units("platforms")), [*stale]),
    )
    parts = [text, "\n:::::{only} html\n", EXPLAINED, platforms_of(results)]
    for stem, one in results.items():
        parts.append(f"\n## {{doc}}`{stem}`\n\n{_chapter(one)}")
        if stem in stale:
            parts.append(f"Changed since it was measured: {', '.join(stale[stem])}.\n")
        parts += [f"{fault}.\n" for fault in platforms.failures(stem, one)]
        parts.append(_table(one))
    return "".join([*parts, "\n:::::\n"])


def known(results: Results) -> list[str]:
    """Return all platforms on which some chapter was ever computed."""
    return [
        *dict.fromkeys(name for one in results.values() for name in one["platforms"])
    ]


def everywhere(results: Results) -> str:
    """Say on how many platforms all chapters were computed, and on how many some."""
    every = known(results)
    both = [
        n for n in every if all(n in platforms.counted(o) for o in results.values())
    ]
    if len(both) == len(every):
        return f"All {len(results)} texts were computed on all {len(every)} platforms."
    return (
        f"All {len(results)} texts were computed on {len(both)} of {len(every)} "
        f"platforms, and some of the texts on the others."
    )


def outcome(results: Results) -> str:
    """Say how many claims hold wherever they were computed, and how safely."""
    every = [claim for one in results.values() for claim in one["claims"]]
    bad = [f for stem, one in results.items() for f in platforms.failures(stem, one)]
    margins = [claim["margin"] for claim in every if claim["margin"] is not None]
    held = "and all hold" if not bad else f"and {len(bad)} times one fails"
    least = f"; of the others the smallest margin is {min(margins):.2g}" * bool(margins)
    return (
        f"There are {len(every)} claims, {held} on every platform on which they were "
        f"computed; {len(every) - len(margins)} have the same value to the last bit"
        f"{least}."
    )


def platforms_of(results: Results) -> str:
    """Return the table of the platforms: how many texts were computed on each."""
    rows = ["\n| platform | texts | measured |", "|---|--:|---|"]
    for name in known(results):
        held = [one for one in results.values() if name in platforms.counted(one)]
        dates = sorted(one["platforms"][name]["date"] for one in held)
        when = " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "–"
        rows.append(f"| {name} | {len(held)} of {len(results)} | {when} |")
    return "\n".join([*rows, ""])


def _chapter(one: units.Measured) -> str:
    on, claims = platforms.counted(one), one["claims"]
    agreed = min((claim["digits"] for claim in claims), default=platforms.ALL_DIGITS)
    text = (
        f"{len(claims)} claims, computed on {len(on)} of {len(one['platforms'])} "
        f"platforms, {one['date']}; at least {agreed} digits agree.\n"
    )
    if "refreshed" in one:
        text += (
            f"Computed here again on {one['refreshed']}: the same to the last bit.\n"
        )
    left = [name for name in one["platforms"] if name not in on]
    return text + f"Not measured again: {'; '.join(left)}.\n" * bool(left)


def _table(one: units.Measured) -> str:
    rows = ["\n| stated | value | agreed | margin |", "|---|---|---|---|"]
    for claim in one["claims"]:
        margin = "same" if claim["margin"] is None else f"{claim['margin']:.2g}"
        bound = claim["stated"].replace("<", "&lt;").replace(">", "&gt;")
        value = f"{claim['value']:.5g}"
        rows.append(f"| {bound} | {value} | {claim['digits']} | {margin} |")
    return "\n".join([*rows, ""])


def write() -> int:
    """Write the page; 0 if all is well."""
    return put(ROOT / "book" / "certificate.md", page())
