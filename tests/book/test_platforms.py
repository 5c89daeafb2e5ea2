"""Platforms: how far two values of a claim agree, and which measurement stands."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.evidence import platforms
from tools.pages import platforms as page

CHAPTER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A chapter

```{code-cell} python
import os
from dlam import claim
x = float(os.environ.get("DLAM_THREADS", "3"))
print(x > 2)
```

```{code-cell} python
:tags: [remove-cell]
claim("3.0", x)
claim("2", 2)
```
"""


@pytest.mark.parametrize(
    ("stated", "home", "there", "digits", "margin"),
    [
        ("0.25", 0.251, 0.251, 15, None),
        ("0.25", 0.251, 0.252, 2, 3.0),
        ("0.25", 0.251, 0.2551, 1, 0.0),
        ("< 1e-12", 1e-15, 3e-15, 0, 500),
        ("92%", 0.920, 0.921, 2, 4.0),
        ("1", 1.0, float("nan"), 0, 0.0),
    ],
)
def test_the_margin_is_told_in_multiples_of_the_difference(
    stated, home, there, digits, margin
) -> None:
    found = platforms.agreement(stated, home, there)
    assert found.digits == digits
    assert found.margin == (margin and pytest.approx(margin, rel=1e-2))


def run(*values: float) -> dict[str, Any]:
    claims = [{"stated": "3.0", "value": float(v), "holds": v == 3} for v in values]
    return {
        "claims": claims,
        "printed": {"1": "three"},
        "reached": ["dlam.network"],
        "error": None,
    }


HOME = platforms.HOME


def test_a_platform_on_which_a_number_differs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "09-a.md"
    path.write_text(CHAPTER, "utf-8")
    runs = {
        name: platforms.measure(path, sys.executable, settings)
        for name, settings in [(HOME, {}), ("there", {"DLAM_THREADS": "1"})]
    }
    one = platforms.certify("09-a", runs, None)
    assert [c["fails"] for c in one["claims"]] == [["there"], []]
    assert [c["margin"] for c in one["claims"]] == [0, None]
    assert platforms.failures("09-a", one) == [
        "09-a: cell 2 prints otherwise on there",
        "09-a: 3.0 fails on there",
    ]


def test_a_chapter_that_stops_on_a_platform_is_reported() -> None:
    stopped = run() | {"error": "cell 1: AssertionError"}
    one = platforms.certify("a", {HOME: run(3), "there": stopped}, None)
    assert platforms.failures("a", one) == [
        "a: on there it stops: cell 1: AssertionError"
    ]


def test_platforms_that_are_not_measured_again_count_while_no_bit_has_changed() -> None:
    first = platforms.certify("a", {HOME: run(3), "there": run(2)}, None)
    again = platforms.certify("a", {HOME: run(3)}, first)
    assert platforms.counted(again) == [HOME, "there"]
    assert again["claims"] == first["claims"]
    other = platforms.certify("a", {HOME: run(3 + 2**-50)}, again)
    assert [*other["platforms"]] == [HOME, "there"]
    assert platforms.counted(other) == [HOME]
    assert other["claims"][0]["fails"] == [HOME]


@pytest.mark.parametrize(
    ("value", "changes", "stand"),
    [
        (3, ["library"], True),
        (3, ["cells", "library"], True),
        (3 + 2**-50, ["library"], False),
        (3, ["library", "lock file"], False),
        (3, ["checker"], False),
    ],
)
def test_other_platforms_stand_if_every_value_has_the_same_bits(
    value, changes, stand
) -> None:
    last = platforms.certify("a", {HOME: run(3), "there": run(3)}, None)
    assert platforms.stands(last, run(value), changes) is stand


def test_only_a_refresh_runs_no_other_platform(monkeypatch) -> None:
    asked: list[dict[str, str]] = []

    def measure(chapter: Path, python: str, settings: dict[str, str]) -> Any:
        asked.append(settings)
        return run(3)

    last = platforms.certify("a", {name: run(3) for name in platforms.PLATFORMS}, None)
    monkeypatch.setattr(platforms, "measure", measure)
    monkeypatch.setattr(platforms.units, "load", lambda kind, unit: last)
    monkeypatch.setattr(platforms.units, "changed", lambda kind, unit: ["library"])
    found = platforms.evidence("a", 1, {}, refresh=True)
    assert found is not None
    assert found["platforms"] == last["platforms"]
    assert "refreshed" in found
    last["home"] = "other bits"
    assert platforms.evidence("a", 1, {}, refresh=True) is None
    assert asked == [{}, {}]


def test_the_page_does_not_say_of_some_texts_what_holds_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = platforms.certify("a", {HOME: run(3), "there": run(3)}, None)
    results = {"a": both, "b": copy.deepcopy(both)}
    assert "2 of the" in page.everywhere(results)  # the book has more texts
    monkeypatch.setattr(page.units, "units", lambda kind: ["a", "b"])
    assert page.everywhere(results).startswith("All 2 texts")
    assert "all 2 platforms" in page.everywhere(results)
    del results["b"]["platforms"]["there"]
    assert "on 1 of 2 platforms" in page.everywhere(results)
    monkeypatch.setattr(page.units, "measured", lambda kind: results)
    monkeypatch.setattr(page.units, "stale", dict)
    assert "\n| there | 1 of 2 |" in page.page()
    assert "Not measured again: there." not in page.page()
