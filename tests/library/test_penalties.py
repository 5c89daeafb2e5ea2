"""Penalties: values, gradients and proximal steps belong together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from dlam import finite_difference
from dlam.penalties import Penalty, l1, l2

P = np.array([1.5, -0.3, 0.7, -2.0])
both = pytest.mark.parametrize("penalty", [l1(0.4), l2(0.4)], ids=repr)


@both
def test_the_gradient_is_that_of_the_value(penalty: Penalty) -> None:
    slope = finite_difference(lambda p: float(penalty.value(p)), P)
    assert np.abs(penalty.gradient(P) - slope).max() < 1e-8


def test_the_values_are_the_sums_that_are_written() -> None:
    assert float(l1(0.4).value(P)) == pytest.approx(0.4 * sum(abs(x) for x in P))
    assert float(l2(0.4).value(P)) == pytest.approx(0.2 * sum(x**2 for x in P))


@both
@pytest.mark.parametrize("rate", [0.1, 1.0, 5.0])
def test_the_proximal_step_minimises_what_it_should(
    penalty: Penalty, rate: float
) -> None:
    assert penalty.proximal is not None
    found = penalty.proximal(P, rate)
    for x, q in zip(P, found, strict=True):

        def f(t: float, x: float = x) -> float:
            return rate * float(penalty.value(np.array([t]))) + (t - x) ** 2 / 2

        best = minimize_scalar(f, bounds=(-3, 3), method="bounded")
        assert f(q) <= best.fun + 1e-12


def test_only_the_proximal_step_of_l1_gives_zeros() -> None:
    penalty = l1(1.0)
    assert penalty.proximal is not None
    assert list(penalty.proximal(P, 0.7)) == pytest.approx([0.8, 0, 0, -1.3])
    assert (P - 0.7 * penalty.gradient(P) != 0).sum() >= 3


@both
def test_an_ensemble_has_a_value_for_each_network(penalty: Penalty) -> None:
    pair = np.stack([P, 2 * P])
    assert penalty.value(pair).shape == (2,)
    assert (penalty.gradient(pair)[1] == penalty.gradient(2 * P)).all()


@pytest.mark.parametrize("make", [l1, l2])
@pytest.mark.parametrize("strength", [-1.0, np.nan, np.inf, [1.0]])
def test_a_strength_that_is_none_is_refused(make, strength) -> None:
    with pytest.raises(ValueError, match=r"^strength: expected"):
        make(strength)
