"""The errata: what shows those of the sources, and the page that lists them."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from itertools import combinations, product
from math import exp
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlam import Network, data, forward, sampling, sgd
from dlam.activations import relu
from needed import ROOT
from tools.pages import errata

NET = Network((2, 2, 3, 2))
X, Y = data.drilling_sites()
ENTRIES = yaml.safe_load((ROOT / "trust" / "errata.yaml").read_text("utf-8"))


# Of the sources


def test_a_power_of_the_output_is_not_the_output_of_the_last_layer() -> None:
    p = NET.normal(np.random.default_rng(0), scale=0.5)
    _, a = forward(NET, p, X[0])
    assert not np.allclose([t**NET.n_layers for t in a[4]], a[4], atol=0.01)


def test_a_mean_over_m_has_m_terms_or_is_wrong_on_average() -> None:
    gradients = [Fraction(k * k - 7, 3) for k in range(5)]
    n, m = len(gradients), 2
    true = sum(gradients) / n
    batches = list(product(gradients, repeat=m))
    assert sum(sum(batch) / m for batch in batches) / len(batches) == true
    longer = list(product(gradients, repeat=n))
    wrong = sum(sum(batch) / m for batch in longer) / len(longer)
    assert wrong == Fraction(n, m) * true != true


def test_dropout_keeps_the_mean_if_it_rescales_by_the_share_that_stays() -> None:
    outputs = [Fraction(3), Fraction(-1, 2), Fraction(5, 4)]
    deleted = Fraction(3, 20)

    def mean(factor: Fraction) -> Fraction:
        """The mean of the sum of what stays, over all ways to delete neurons."""
        total = Fraction(0)
        for k in range(4):
            for stays in combinations(outputs, k):
                weight = (1 - deleted) ** k * deleted ** (3 - k)
                total += weight * sum(stays)
        return total / factor

    assert mean(1 - deleted) == sum(outputs)
    assert mean(deleted) != sum(outputs)


def test_the_three_parts_are_more_images_than_there_are() -> None:
    [entry] = [one for one in ENTRIES["sources"] if "CIFAR-10" in one["place"]]

    def images(text: str) -> list[int]:
        return [int(n.replace(" ", "")) for n in re.findall(r"\d+ 000", text)]

    assert len(images(entry["says"])) == 3
    assert sum(images(entry["says"])) > images(entry["correct"])[0] == 60_000


def test_the_transformed_corners_have_as_many_zeros_as_before() -> None:
    before = data.xor().X
    after = relu(before @ np.ones((2, 2)) + np.array([0, -1]))
    assert np.sum(before == 0) == np.sum(after == 0) == 4


def test_on_ten_sites_gradient_descent_needs_fewer_evaluations() -> None:
    evaluations, runs = 20_000, 40
    starts = NET.normal(np.random.default_rng(0), scale=0.5, size=runs)
    order = {
        1: np.stack(
            [
                sampling.minibatches(10, 1, evaluations, np.random.default_rng(seed))
                for seed in range(runs)
            ]
        ),
        10: np.tile(np.arange(10), (runs, evaluations // 10, 1)),
    }
    best = {
        m: min(
            np.median(sgd(NET, starts, X, Y, rows, ratio * m).cost[:, -1])
            for ratio in (0.5, 1, 2)
        )
        for m, rows in order.items()
    }
    assert best[10] < best[1]


def test_the_flipped_sign_reflects_and_the_sum_is_six_times_the_mean() -> None:
    points = data.logistic_points()
    one = Network((1, 1))

    def drawn(w: float, b: float) -> float:
        return sum(
            (y - 1 / (1 + exp(w * x + b))) ** 2
            for x, y in zip(points.X[:, 0], points.Y[:, 0], strict=True)
        )

    for w, b in [(0.3, -1.0), (2.0, 0.5), (-4.0, 6.0)]:
        squares = (points.Y - one(np.array([-w, -b]), points.X)) ** 2
        assert drawn(w, b) == pytest.approx(6 * np.mean(squares))


# The page


def test_what_the_errata_say_is_so() -> None:
    assert errata.faults(ENTRIES, ROOT) == []


def test_a_reader_is_told_where_to_write() -> None:
    here = errata.page(ENTRIES, ROOT / "book", "https://example.org/some/book")
    assert "[open an issue](https://example.org/some/book/issues/new)" in here
    unknown = errata.page(ENTRIES, ROOT / "book")
    assert "open an issue in the repository that this copy comes from" in unknown
    assert "](http" not in unknown.partition("## Of this book")[2]


def test_slips_are_parted_from_clarifications() -> None:
    slip, clarification = (ENTRIES["sources"][0] | {"kind": k} for k in errata.KINDS)
    entries = {"sources": [clarification, slip, slip], "book": []}
    page = errata.page(entries, ROOT / "book")
    first, _, second = page.partition(errata.KINDS["clarification"])
    assert [part.count("*Correct:*") for part in (first, second)] == [2, 0]
    assert [part.count("*To be added:*") for part in (first, second)] == [0, 1]


def test_what_this_book_said_is_listed_by_edition() -> None:
    first, last = (ENTRIES["book"][0] | {"edition": name} for name in ("1.2", "1.1"))
    entries = {"sources": [], "book": [first, last, last]}
    page = errata.page(entries, ROOT / "book")
    own = page.partition("## Of this book")[2]
    assert re.findall("^### (.*)$", own, re.MULTILINE) == [
        "Corrected in edition 1.2",
        "Corrected in edition 1.1",
    ]
    assert page.count("*Says now:*") == 3
    del first["edition"]
    [fault] = errata.faults({"sources": [], "book": [first]}, ROOT)
    assert "which edition" in fault


def test_an_erratum_without_a_place_a_kind_or_a_test_is_refused() -> None:
    for change, message in [
        ({"test": "tests/test_errata.py::test_nothing"}, "there is no test"),
        ({"here": "eq-nowhere"}, "eq-nowhere"),
        ({"kind": "quarrel"}, "slip or clarification"),
    ]:
        entries = {"sources": [ENTRIES["sources"][0] | change], "book": []}
        [fault] = errata.faults(entries, ROOT)
        assert message in fault


@pytest.mark.parametrize("entry", ENTRIES["book"], ids=lambda entry: entry["place"])
def test_a_page_that_says_it_again_is_refused(tmp_path: Path, entry) -> None:
    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / f"{entry['page']}.md"
    shutil.copy(ROOT / "book" / page.name, page)
    alone = {"sources": [], "book": [entry]}
    assert errata.faults(alone, tmp_path) == []
    with page.open("a", encoding="utf-8") as file:
        file.write(f"\nOnce more: {entry['said']}.\n")
    [fault] = errata.faults(alone, tmp_path)
    assert "says again" in fault
    page.write_text("# Empty\n", "utf-8")
    [fault] = errata.faults(alone, tmp_path)
    assert "does not say" in fault
