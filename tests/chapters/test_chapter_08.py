"""Chapter 8, its first page: its displayed equations as printed, and what it says."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "08-regularisation.md")
seeds = st.integers(0, 10_000)
quick = settings(deadline=None, max_examples=25)


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


def test_the_numbers_of_the_chapter_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


def binomial(N: int, r: float) -> list[float]:
    return [math.comb(N, n) * r**n * (1 - r) ** (N - n) for n in range(N + 1)]


@pytest.mark.equation("eq-reg-selection")
@pytest.mark.parametrize("N", [1, 3, 10])
@pytest.mark.parametrize("r", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("k", [2, 5, 50])
def test_choosing_costs_no_more_than_proved(N: int, r: float, k: int) -> None:
    # Independent classifiers: the expectation of the maximum, summed exactly.
    chances = binomial(N, r)
    at_least = [sum(chances[n:]) for n in range(N + 2)]
    expected = sum(
        (r - n / N) * (at_least[n] ** k - at_least[n + 1] ** k) for n in range(N + 1)
    )
    assert 0 <= expected <= math.sqrt(math.log(k) / (2 * N)) + 1e-12
    # It is the true rate minus the mean of the lowest of the k measured ones.
    assert expected == pytest.approx(r - sum(chance**k for chance in at_least[1:]) / N)


def test_the_bound_on_the_cost_of_choosing_is_nearly_reached() -> None:
    # For many points and candidates the bound is right up to a few per cent.
    N, k = 4000, 10**6
    chances = np.array([math.exp(math.lgamma(N + 1) - math.lgamma(n + 1)
                                 - math.lgamma(N - n + 1) - N * math.log(2))
                        for n in range(N + 1)])  # fmt: skip
    at_least = np.cumsum(chances[::-1])[::-1]
    tail = np.minimum(np.append(at_least, 0), 1) ** k
    expected = np.sum((0.5 - np.arange(N + 1) / N) * (tail[:-1] - tail[1:]))
    assert 0.85 < expected / math.sqrt(math.log(k) / (2 * N)) <= 1


@pytest.mark.equation("eq-reg-mean-square")
@quick
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(-9, 9))
def test_the_mean_of_the_squares_is_printed_rightly(u, y) -> None:
    bar = mean(u)
    left = mean((one - y) ** 2 for one in u)
    assert left == pytest.approx((bar - y) ** 2 + mean((one - bar) ** 2 for one in u))


@pytest.mark.equation("eq-reg-bias-variance")
@quick
@given(seeds)
def test_bias_variance_and_noise_add_up(seed) -> None:
    # Errors ±ς: all data sets are gone through, and a cubic of the data is learned.
    rng = np.random.default_rng(seed)
    f, a, s = rng.normal(size=3), rng.normal(size=3), 0.7
    at, here = 1, f[1]

    def learned(y) -> float:
        z = sum(aj * yj for aj, yj in zip(a, y, strict=True))
        return float(z - 0.1 * z**3)

    fits = [learned(f + s * np.array(signs)) for signs in product((-1, 1), repeat=3)]
    assert len(set(fits)) == 8  # they differ, so there is a variance
    left = mean((fit - (here + e)) ** 2 for fit in fits for e in (-s, s))
    bar = mean(fits)
    right = (bar - here) ** 2 + mean((fit - bar) ** 2 for fit in fits) + s**2
    assert at == 1
    assert left == pytest.approx(right)


@pytest.mark.equation("eq-reg-optimism")
@quick
@given(seeds, st.integers(1, 3))
def test_a_fit_hides_what_is_proved(seed, N) -> None:
    rng = np.random.default_rng(seed)
    H, f, s = rng.normal(size=(N, N)), rng.normal(size=N), 0.6
    every = [f + s * np.array(signs) for signs in product((-1, 1), repeat=N)]

    def miss(target, y) -> float:
        return mean(
            (target[i] - sum(H[i, j] * y[j] for j in range(N))) ** 2 for i in range(N)
        )

    unseen = mean(miss(new, y) for new in every for y in every)
    seen = mean(miss(y, y) for y in every)
    trace = sum(H[i, i] for i in range(N))
    assert unseen - seen == pytest.approx(2 * s**2 / N * trace, abs=1e-9)


def test_a_shrunk_mean_is_best_for_the_factor_of_the_solution() -> None:
    m, s, N = 0.8, 1.3, 5
    c = np.linspace(0, 1.2, 100_001)
    error = (1 - c) ** 2 * m**2 + c**2 * s**2 / N
    assert c[error.argmin()] == pytest.approx(m**2 / (m**2 + s**2 / N), abs=1e-4)
