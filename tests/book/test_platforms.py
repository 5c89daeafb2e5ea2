"""The certificate: how far a claim is from being false, and where it was computed."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlam import claim
from dlam.claims import ClaimError
from needed import ROOT
from tools.evidence import certificate

STATED = ["23", "0.25", "0.250", "7.3e-4", "92%", "80.1%", "< 1e-12", "> 0.99", "-1.5"]


def holds(stated: str, value: float) -> bool:
    try:
        claim(stated, value)
    except ClaimError:
        return False
    return True


@given(st.sampled_from(STATED), st.floats(-3, 3))
def test_a_claim_holds_exactly_if_its_value_is_inside_the_edge(stated, turn) -> None:
    form = stated.strip("<> %")
    target = float(form) / (100 if "%" in stated else 1)
    places = len(form.partition("e")[0].partition(".")[2])
    unit = 10.0 ** (int(form.partition("e")[2] or 0) - places)
    value = target + turn * unit / (100 if "%" in stated else 1)
    distance = certificate.edge(stated)(value)
    if abs(distance) > 1e-9 * max(1, abs(value)) * unit:
        assert holds(stated, value) == (distance > 0)


def test_what_is_no_claim_has_no_edge() -> None:
    with pytest.raises(ValueError, match="not a claim"):
        certificate.edge("about 3")


@pytest.mark.parametrize(
    ("stated", "values", "digits", "safety"),
    [
        ("0.25", [0.251, 0.251], 15, math.inf),
        ("0.25", [0.251, 0.252], 2, 3.0),
        ("0.25", [0.251, 0.2551], 1, 0.0),
        ("< 1e-12", [1e-15, 3e-15], 0, 498.5),
        ("92%", [0.920, 0.921], 2, 4.0),
        ("100", [100.0, 100.0 + 1e-12], 14, 5e11),
    ],
)
def test_a_verdict_compares_spread_and_distance(stated, values, digits, safety) -> None:
    judged = certificate.verdict(stated, values)
    assert judged.digits == digits
    assert judged.safety == pytest.approx(safety, rel=1e-2)


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
```

```{code-cell} python
:tags: [remove-cell]
claim("3.0", x)
claim("2", 2)
```
"""


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    path = tmp_path / "09-a.md"
    path.write_text(CHAPTER, "utf-8")
    return path


def test_a_platform_on_which_a_number_differs_is_named(chapter: Path) -> None:
    runs = {
        name: certificate.measure(chapter, sys.executable, settings)
        for name, settings in [("here", {}), ("there", {"DLAM_THREADS": "1"})]
    }
    one = certificate.certify(chapter, runs)
    assert [c["fails"] for c in one["claims"]] == [["there"], []]
    assert one["claims"][0]["safety"] == 0
    assert one["claims"][1]["safety"] is None


def test_a_chapter_that_stops_is_reported_and_not_counted(chapter: Path) -> None:
    text = chapter.read_text("utf-8")
    chapter.write_text(text.replace("x = float", "assert False\nx = float"), "utf-8")
    runs = {"here": certificate.measure(chapter, sys.executable, {})}
    one = certificate.certify(chapter, runs)
    assert one["claims"] == []
    assert "AssertionError" in one["broken"]["here"]


def test_a_changed_cell_makes_the_certificate_stale_and_a_changed_word_does_not(
    chapter: Path,
) -> None:
    before = certificate.fingerprint(chapter)
    chapter.write_text(CHAPTER.replace("# A chapter", "# Another"), "utf-8")
    assert certificate.fingerprint(chapter) == before
    chapter.write_text(CHAPTER.replace('"3.0"', '"3.1"'), "utf-8")
    assert certificate.fingerprint(chapter) != before


def test_a_changed_module_of_the_library_makes_the_certificate_stale(
    chapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = chapter.read_text("utf-8")
    text = text.replace("import claim", "import claim, data, plots")
    chapter.write_text(text, "utf-8")
    run = certificate.measure(chapter, sys.executable, {})
    one = certificate.certify(chapter, {"here": run})
    assert "data" in one["library"]
    assert not {"matching", "plots", "claims"} & one["library"].keys()
    results = {"chapters": {chapter.stem: one}}
    monkeypatch.setattr(certificate, "chapters", lambda: [chapter])
    assert certificate.stale(results) == []
    one["library"]["data"] = "another"
    assert certificate.stale(results) == [chapter]


def test_the_claims_are_written_to_standard_output_alone(chapter: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "claimed.py", chapter],
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [c["stated"] for c in json.loads(done.stdout)["claims"]] == ["3.0", "2"]


# What was measured


def test_every_chapter_was_measured_as_it_is_now() -> None:
    results = certificate.load()
    stale = [path.stem for path in certificate.stale(results)]
    assert not stale, (
        f"run `make certificate`: {', '.join(stale)}, or what they use of the library, "
        f"changed since"
    )
    assert all("network" in one["library"] for one in results["chapters"].values())


def test_every_claim_holds_on_every_platform() -> None:
    results = certificate.load()["chapters"]
    assert results
    for stem, one in results.items():
        assert not one["broken"], stem
        assert len(one["platforms"]) >= len(certificate.PLATFORMS), stem
        for found in one["claims"]:
            assert not found["fails"], (stem, found)
            assert found["safety"] is None or found["safety"] > 1, (stem, found)
