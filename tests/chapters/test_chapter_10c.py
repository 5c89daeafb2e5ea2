"""Chapter 10, words as vectors: counts, mutual information, negative sampling."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "10c-words.md")
quick = settings(deadline=None, max_examples=25)
matrices = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(1, 20, size=(4, 4))
)


def page_function(name: str):
    [cell] = [c for c in TEXT.cells if f"def {name}(" in c.source]
    scope: dict = {"np": np}
    start = cell.source.index(f"def {name}(")
    exec(cell.source[start:].split("\n\n")[0], scope)
    return scope[name]


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


@pytest.mark.equation("eq-words-pmi")
@quick
@given(matrices)
def test_the_mutual_information_is_that_printed(N) -> None:
    found = page_function("pmi")(N)
    total = sum(N[w, c] for w in range(4) for c in range(4))
    for w in range(4):
        for c in range(4):
            N_w, N_c = sum(N[w]), sum(N[:, c])
            assert found[w, c] == pytest.approx(log(N[w, c] * total / (N_w * N_c)))


def test_the_example_of_sun_and_moon() -> None:
    found = page_function("pmi")(np.array([[3.0, 1], [1, 3]]))
    expected = [[log(3 / 2), log(1 / 2)], [log(1 / 2), log(3 / 2)]]
    np.testing.assert_allclose(found, expected)


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def printed_cost(x, N, k) -> float:
    total, cost = N.sum(), 0.0
    for w in range(len(N)):
        for c in range(len(N)):
            e = k * N[w].sum() * N[:, c].sum() / total
            cost -= N[w, c] * log(sigmoid(x[w, c])) + e * log(sigmoid(-x[w, c]))
    return cost


@pytest.mark.equation("eq-words-sampling")
@pytest.mark.equation("eq-words-optimum")
@quick
@given(matrices, st.integers(1, 5), st.integers(0, 15), st.floats(0.01, 1))
def test_the_optimum_is_the_shifted_information(N, k, place, shift) -> None:
    total = N.sum()
    best = np.array([[log(N[w, c] * total / (N[w].sum() * N[:, c].sum())) - log(k)
                      for c in range(4)] for w in range(4)])  # fmt: skip
    least = printed_cost(best, N, k)
    for sign in (1, -1):
        moved = best.copy()
        moved[divmod(place, 4)] += sign * shift
        assert printed_cost(moved, N, k) > least
    assert moved.flat[place] < best.flat[place]  # the second step was downwards
    assert np.linalg.matrix_rank(best) <= 4


@pytest.mark.equation("eq-words-sampling")
def test_the_training_of_the_page_descends_this_cost() -> None:
    train, pmi = page_function("train"), page_function("pmi")
    D = np.random.default_rng(1).integers(5, 50, size=(5, 5)).astype(float)
    few, many = train(D, 2, 8, 0, steps=3), train(D, 2, 8, 0, steps=2000)
    assert printed_cost(many, D, 2) < printed_cost(few, D, 2)
    np.testing.assert_allclose(many, pmi(D) - log(2), atol=1e-6)
