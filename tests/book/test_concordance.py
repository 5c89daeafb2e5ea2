"""The concordance: every place in the sources leads to one that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from needed import ROOT
from tools.book.labels import MissingTarget, headings, labels, link
from tools.pages import concordance

BOOK = ROOT / "book"
SOURCES = yaml.safe_load((ROOT / "trust" / "concordance.yaml").read_text("utf-8"))
DECK_AND_PAPER = {one["key"]: one for one in SOURCES}


def names(key: str, title: str) -> str:
    [group] = [g for g in DECK_AND_PAPER[key]["groups"] if g["title"] == title]
    return " ".join(row[0] for row in group["entries"])


def test_every_entry_leads_somewhere() -> None:
    assert concordance.faults(SOURCES, BOOK) == []


def test_every_section_equation_and_figure_of_the_paper_is_there() -> None:
    assert [int(n) for n in re.findall(r"Section (\d)", names("HH", "Sections"))] == [
        *range(1, 9)
    ]
    numbers = re.findall(
        r"\((\d)\.(\d+)\)(–\((\d)\.(\d+)\))?", names("HH", "Equations")
    )
    seen = set()
    for chapter, first, _, _, last in numbers:
        seen |= {(int(chapter), n) for n in range(int(first), int(last or first) + 1)}
    count = {2: 6, 3: 3, 4: 8, 5: 11}
    assert seen == {(c, n) for c, last in count.items() for n in range(1, last + 1)}
    figures = set(re.findall(r"\d\.\d", names("HH", "Figures")))
    assert figures == {
        *["2.1", "2.2", "2.3", "2.4", "2.5", "3.1", "6.1", "6.2", "6.3", "7.1", "7.6"]
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["(9.9)", "", "eq-nowhere", "restated", ""], "eq-nowhere"),
        (["(9.9)", "", "02-xor#Nowhere", "restated", ""], "no section 'Nowhere'"),
        (["(9.9)", "", "09-none", "restated", ""], "no page 09-none"),
        (["(9.9)", "", "", "restated", ""], "where is it?"),
        (["(9.9)", "", "", "left out", ""], "why is it left out?"),
        (["(9.9)", "", "02-xor", "improved", "x"], "'improved' is none of"),
    ],
)
def test_an_entry_that_leads_nowhere_is_refused(row: list[str], message: str) -> None:
    [fault] = concordance.faults([{"groups": [{"entries": [row]}]}], BOOK)
    assert message in fault


def test_links_are_made_by_kind() -> None:
    assert link("eq-layer") == "{eq}`eq-layer`"
    assert link("fig-sites") == "{numref}`fig-sites`"
    assert link("thm-affine") == "{prf:ref}`thm-affine`"
    assert link("ex-transform") == "{ref}`ex-transform`"
    assert link("02-xor") == "{doc}`02-xor`"
    assert link("02-xor#In PyTorch") == "[In PyTorch](02-xor.ipynb#in-pytorch)"


def test_labels_and_headings_are_read_outside_code(tmp_path: Path) -> None:
    (tmp_path / "01-a.md").write_text(
        "# A title\n\n$$\na\n$$ (eq-a)\n\n```{code-cell} python\n# no heading\n```\n"
        "\n## A section?\n\n:::{prf:theorem}\n:label: thm-b\n:::\n",
        "utf-8",
    )
    assert labels(tmp_path) == {"eq-a": "01-a", "thm-b": "01-a"}
    assert headings("01-a", tmp_path) == ["A title", "A section?"]
    assert link("01-a#A section?", tmp_path) == "[A section?](01-a.md#a-section)"
    with pytest.raises(MissingTarget):
        link("01-a#no heading", tmp_path)
