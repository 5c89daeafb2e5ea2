"""Chapter 6, the opening: the best of many that all do the same."""

from fractions import Fraction
from itertools import product
from math import comb

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
