"""Write the page that says on which platforms the numbers hold, and how safely."""

from __future__ import annotations

from typing import Any

from tools import ROOT
from tools.evidence import platforms, units
from tools.pages.generated import put, rendered
from tools.pages.mutants import age

Results = dict[str, units.Measured]


def page() -> str:
    """Return the text of the page."""
    results = units.measured("platforms")
    stale = {u: why for (kind, u), why in units.stale().items() if kind == "platforms"}
    return rendered(
        "certificate.md",
        everywhere=everywhere(results),
        outcome=outcome(results),
        age=age([*results.values()], len(units.units("platforms")), [*stale]),
        platforms=[(name, dates(name, results)) for name in known(results)],
        chapters=[
            _chapter(stem, one) | {"stale": stale.get(stem, [])}
            for stem, one in results.items()
        ],
    )


def known(results: Results) -> list[str]:
    """Return all platforms on which some chapter was ever computed."""
    return [
        *dict.fromkeys(name for one in results.values() for name in one["platforms"])
    ]


def everywhere(results: Results) -> str:
    """Say on how many platforms all chapters were computed, and on how many some."""
    every, texts = known(results), len(units.units("platforms"))
    who = f"{len(results)} of the {texts} texts with claims were"
    if len(results) >= texts:
        who = f"All {len(results)} texts were"
    both = [
        n for n in every if all(n in platforms.counted(o) for o in results.values())
    ]
    if len(both) == len(every):
        return f"{who} computed on all {len(every)} platforms."
    return (
        f"{who} computed on {len(both)} of {len(every)} "
        f"platforms, and some of them on the others."
    )


def outcome(results: Results) -> str:
    """Say how many claims hold wherever they were computed, and how safely."""
    every = [claim for one in results.values() for claim in one["claims"]]
    bad = [f for stem, one in results.items() for f in platforms.failures(stem, one)]
    margins = [claim["margin"] for claim in every if claim["margin"] is not None]
    held = "and all hold" if not bad else f"and {len(bad)} times something differs"
    least = (
        f"; of the others the smallest margin is {min(margins, default=0):.2g}"
        * bool(margins)
    )
    return (
        f"They have {len(every)} claims, {held} on every platform on which they were "
        f"computed; {len(every) - len(margins)} have the same value to the last bit"
        f"{least}."
    )


def dates(name: str, results: Results) -> list[str]:
    """Return when each text was computed on a platform, in order."""
    held = [one for one in results.values() if name in platforms.counted(one)]
    return sorted(one["platforms"][name]["date"] for one in held)


def _chapter(stem: str, one: units.Measured) -> dict[str, Any]:
    on, digits = platforms.counted(one), [claim["digits"] for claim in one["claims"]]
    return (
        {"refreshed": None}
        | one
        | {
            "stem": stem,
            "counted": on,
            "agreed": min(digits, default=platforms.ALL_DIGITS),
            "left": [name for name in one["platforms"] if name not in on],
            "failures": platforms.failures(stem, one),
        }
    )


def write() -> int:
    """Write the page; 0 if all is well."""
    return put(ROOT / "book" / "certificate.md", page())
