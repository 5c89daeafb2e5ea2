"""Chapter 7, noise: equations as printed, and theorems.

Expectations are taken over all the outcomes wherever that is possible.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "07b-noise.md")


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


class Three:
    """Three convex costs of one variable, and their mean; curvatures 1 to 3."""

    def __init__(self, places):
        self.places = places
        low, high = -50.0, 50.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if self.mean(middle) < 0 else (low, middle)
        self.best = low

    def slope(self, i, x):
        return x + 2 * math.tanh(x - self.places[i])

    def value(self, i, x):
        return x * x / 2 + 2 * math.log(math.cosh(x - self.places[i]))

    def mean(self, x):
        return sum(self.slope(i, x) for i in range(3)) / 3

    def spread(self, m=1):
        return sum(self.slope(i, self.best) ** 2 for i in range(3)) / 3 / m


places = st.lists(st.floats(-3, 3), min_size=3, max_size=3)


@pytest.mark.equation("eq-noise-spread")
@given(places)
def test_the_spread_at_the_minimum_is_that_of_the_gradients(where) -> None:
    costs = Three(where)
    slopes = np.array([costs.slope(i, costs.best) for i in range(3)])
    assert costs.spread() == pytest.approx(slopes.var(), abs=1e-9)


@pytest.mark.equation("eq-noise-cocoercive")
@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-3, 3))
@example(1.0, 1.0, 0.5)
@example(1.0, -1.0, 0.5)
def test_gradients_differ_little_where_the_function_is_near_its_tangent(
    p, q, place
) -> None:
    costs = Three([place] * 3)
    left = (costs.slope(0, p) - costs.slope(0, q)) ** 2 / (2 * 3)
    right = costs.value(0, p) - costs.value(0, q) - costs.slope(0, q) * (p - q)
    assert left <= right + 1e-9
    assert right <= 3 * (p - q) ** 2 / 2 + 1e-9


def expected(costs, rates, start, m=1):
    """E (p_t − p*)² for every t, by going through all visits."""
    states = [start]
    found = [(start - costs.best) ** 2]
    for eta in rates:
        states = [
            x - eta * sum(costs.slope(i, x) for i in batch) / m
            for x in states
            for batch in product(range(3), repeat=m)
        ]
        found.append(sum((x - costs.best) ** 2 for x in states) / len(states))
    return found


@pytest.mark.equation("eq-noise-constant")
@settings(deadline=None, max_examples=25)
@given(places, st.floats(-6, 6), st.floats(0.05, 1), st.sampled_from([1, 2]))
def test_a_constant_rate_leads_to_the_ball(where, start, part, m) -> None:
    costs, eta, gamma = Three(where), part / (2 * 3), 1
    found = expected(costs, [eta] * (6 if m == 1 else 3), start, m)
    for t, error in enumerate(found):
        ball = 2 * eta * costs.spread() / (gamma * m)
        forgotten = (1 - eta * gamma) ** t * found[0]
        assert error <= forgotten + ball + 1e-9
        assert forgotten <= found[0]


@pytest.mark.equation("eq-noise-falling")
@settings(deadline=None, max_examples=25)
@given(places, st.floats(-6, 6), st.floats(12, 20))
def test_falling_rates_lead_as_close_as_proved(where, start, t0) -> None:
    costs, gamma = Three(where), 1
    rates = [2 / (gamma * (t + t0)) for t in range(1, 7)]
    found = expected(costs, rates, start)
    for t in range(7):
        above = t0 * (t0 - 1) * found[0] + 8 * t * costs.spread() / gamma**2
        bound = above / ((t + t0) * (t + t0 - 1))
        assert found[t] <= bound + 1e-9
        assert t > 0 or bound == pytest.approx(found[0])


def f(x):
    return x * x + 3 * math.sin(x) ** 2


def pl_run(rates, start, c):
    states, found = [start], [f(start)]
    for eta in rates:
        states = [
            x - eta * (2 * x + 3 * math.sin(2 * x) + d) for x in states for d in (-c, c)
        ]
        found.append(sum(map(f, states)) / len(states))
    return found


@pytest.mark.equation("eq-noise-pl")
@pytest.mark.equation("eq-noise-pl-falling")
@settings(deadline=None, max_examples=25)
@given(st.floats(-6, 6), st.floats(0, 3), st.floats(0.05, 1), st.floats(91.5, 120))
def test_under_pl_the_excess_cost_falls_as_proved(start, c, part, t0) -> None:
    gamma, big, V = 0.175, 8, c * c
    eta = part / big
    found = pl_run([eta] * 8, start, c)
    for t in range(9):
        floor = eta * big * V / (2 * gamma)
        forgotten = (1 - eta * gamma) ** t * found[0]
        assert found[t] <= forgotten + floor + 1e-9
        assert forgotten <= found[0]
    found = pl_run([2 / (gamma * (t + t0)) for t in range(1, 9)], start, c)
    for t in range(9):
        above = t0 * (t0 - 1) * found[0] + 2 * t * big * V / gamma**2
        bound = above / ((t + t0) * (t + t0 - 1))
        assert found[t] <= bound + 1e-9
        assert t > 0 or bound == pytest.approx(found[0])


@pytest.mark.equation("eq-noise-momentum")
@given(st.floats(0, 0.95), st.floats(0.02, 0.98), st.floats(0.2, 5))
@example(0.0, 0.3, 1.0)
def test_the_floor_of_momentum_solves_the_equation_of_covariances(
    beta, part, lam
) -> None:
    eta = part * 2 * (1 + beta) / lam
    M = np.array([[1 + beta - eta * lam, -beta], [1.0, 0.0]])
    noise = np.array([eta**2, 0, 0, 0])
    covariance = np.linalg.solve(np.eye(4) - np.kron(M, M), noise)
    printed = eta * (1 + beta) / (lam * (1 - beta) * (2 * (1 + beta) - eta * lam))
    assert covariance[0] == pytest.approx(printed, rel=1e-6)
    if beta == 0 and lam == 1:
        assert printed == pytest.approx(eta / (2 - eta))


@pytest.mark.equation("eq-noise-average")
@pytest.mark.parametrize("eta", [Fraction(1, 10), Fraction(1, 2), Fraction(3, 2)])
@pytest.mark.parametrize("T", [1, 2, 5])
def test_the_variance_of_the_mean_is_the_sum_over_all_visits(eta, T) -> None:
    numbers_ = [Fraction(-2), Fraction(1), Fraction(1)]
    V = sum(c * c for c in numbers_) / 3
    total = Fraction(0)
    for visits in product(numbers_, repeat=T):
        p, path = Fraction(0), []
        for c in visits:
            p = p - eta * (p - c)
            path.append(p)
        total += (sum(path) / T) ** 2
    q = 1 - eta
    printed = V / T * sum((1 - q**j) ** 2 for j in range(1, T + 1)) / T
    assert total / 3**T == printed


@pytest.mark.equation("eq-noise-batch")
@given(st.floats(0.1, 5), st.floats(0.1, 50), st.floats(0.5, 9), st.integers(1, 99))
def test_the_best_rate_for_a_batch_and_what_it_gains(square, V, big, m) -> None:
    B = V / square
    best, gain = m / (m + B) / big, square / (2 * big) * m / (m + B)

    def fall(eta):
        return eta * square - eta**2 * big * (square + V / m) / 2

    assert fall(best) == pytest.approx(gain)
    for factor in (0.9, 1.1):
        assert fall(factor * best) < gain


def test_a_fading_mean_with_nine_tenths_is_worth_nineteen_gradients() -> None:
    beta = Fraction(9, 10)
    weights = [(1 - beta) * beta**k for k in range(400)]
    assert sum(weights) == pytest.approx(1)
    assert float(1 / sum(w * w for w in weights)) == pytest.approx(19)
    # And at the same rate the parameters vary more than without momentum.
    eta = 0.1
    with_ = eta * 1.9 / (0.1 * (2 * 1.9 - eta))
    assert with_ > 9 * eta / (2 - eta)
