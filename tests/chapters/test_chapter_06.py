"""Chapter 6, the opening: the best of many that all do the same."""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest


def printed(k: int, theta: Fraction, n: int, m: int) -> Fraction:
    """P_k as printed."""
    fewer = sum(comb(n, j) * theta**j * (1 - theta) ** (n - j) for j in range(k))
    return 1 - fewer**m


@pytest.mark.equation("eq-open-best")
@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 1), (2, 3), (1, 4), (3, 2)])
def test_the_best_of_many_is_what_all_outcomes_together_say(n: int, m: int) -> None:
    theta = Fraction(2, 7)
    probability = {k: Fraction(0) for k in range(n + 1)}
    for trials in product((0, 1), repeat=n * m):
        wins = sum(trials)
        weight = theta**wins * (1 - theta) ** (n * m - wins)
        best = max(sum(trials[i * n : (i + 1) * n]) for i in range(m))
        for k in range(best + 1):
            probability[k] += weight
    assert probability == {k: printed(k, theta, n, m) for k in range(n + 1)}


def test_the_better_of_two_tosses_succeeds_in_three_of_four_cases() -> None:
    assert printed(1, Fraction(1, 2), 1, 2) == Fraction(3, 4)


@pytest.mark.parametrize("k", range(3))
def test_the_worst_of_many_is_the_complement_of_all_doing_better(k: int) -> None:
    """The formula of the exercise, against all outcomes of three students."""
    theta, n, m = Fraction(1, 4), 2, 3
    at_most = sum(comb(n, j) * theta**j * (1 - theta) ** (n - j) for j in range(k + 1))
    found = Fraction(0)
    for trials in product((0, 1), repeat=n * m):
        worst = min(sum(trials[i * n : (i + 1) * n]) for i in range(m))
        weight = theta ** sum(trials) * (1 - theta) ** (n * m - sum(trials))
        found += weight * (worst <= k)
    assert found == 1 - (1 - at_most) ** m


def test_twenty_readers_of_twenty_meet_the_check_of_the_second_try() -> None:
    rng = np.random.default_rng(1)
    means = rng.binomial(10, 0.26, size=(20, 10)).mean(axis=1)
    assert ((means > 1.2) & (means < 3.9)).all()
