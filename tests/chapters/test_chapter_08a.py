"""Chapter 8, "What does a penalty do?": equations as printed, and theorems."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "08a-penalties.md")
seeds = st.integers(0, 10_000)
strengths = st.floats(0.05, 5)
quick = settings(deadline=None, max_examples=25)


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


def problem(seed: int, N: int = 5, n: int = 3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, n)), rng.normal(size=N)


def rest(X, y, w):
    return [y[i] - sum(X[i, j] * w[j] for j in range(len(w))) for i in range(len(y))]


def ridge_cost(X, y, w, lam) -> float:
    return sum(r**2 for r in rest(X, y, w)) / 2 + lam / 2 * sum(v**2 for v in w)


def lasso_cost(X, y, w, lam) -> float:
    return sum(r**2 for r in rest(X, y, w)) / 2 + lam * sum(abs(v) for v in w)


def ridge(X, y, lam):
    return np.linalg.lstsq(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y, rcond=None)[0]


@pytest.mark.equation("eq-reg-ridge")
@quick
@given(seeds, strengths)
def test_the_solution_of_ridge_regression_is_the_minimum(seed, lam) -> None:
    X, y = problem(seed)
    found = minimize(lambda w: ridge_cost(X, y, w, lam), np.zeros(3), tol=1e-12)
    assert ridge(X, y, lam) == pytest.approx(found.x, abs=1e-4)


@pytest.mark.equation("eq-reg-filter")
@pytest.mark.equation("eq-reg-df")
@quick
@given(seeds, strengths)
def test_each_direction_is_multiplied_by_its_filter_factor(seed, lam) -> None:
    X, y = problem(seed)
    squares, Q = np.linalg.eigh(X.T @ X)  # the ν², with the q as columns
    least, found = ridge(X, y, 0), ridge(X, y, lam)
    for square, q in zip(squares, Q.T, strict=True):
        factor = square / (square + lam)
        assert q @ found == pytest.approx(factor * (q @ least), abs=1e-8)
    H = np.array([X @ ridge(X, e, lam) for e in np.eye(5)]).T
    assert sum(H[i, i] for i in range(5)) == pytest.approx(
        sum(square / (square + lam) for square in squares)
    )


def expected_errors(X, true, s, lam):
    """E ‖ŵ − w°‖² over all signs of errors ±s, with the penalty and without."""
    every = [np.array(e) * s for e in product((-1, 1), repeat=len(X))]
    return [
        np.mean([sum((ridge(X, X @ true + e, each) - true) ** 2) for e in every])
        for each in (lam, 0)
    ]


@pytest.mark.equation("eq-reg-ridge-helps")
@quick
@given(seeds, st.floats(0.01, 1), st.floats(0.1, 2))
def test_a_penalty_within_the_limit_helps(seed, share, s) -> None:
    X, true = problem(seed, 4, 2)[0], np.random.default_rng(seed + 1).normal(size=2)
    lam = share * 2 * s**2 / sum(true**2)
    with_penalty, without = expected_errors(X, true, s, lam)
    assert with_penalty < without


def test_the_constant_of_the_limit_is_sharp() -> None:
    nu, a, s = 100.0, 0.7, 1.0

    def error(lam: float) -> float:
        return (lam**2 * a**2 + s**2 * nu**2) / (nu**2 + lam) ** 2

    assert error(2 * s**2 / a**2) < s**2 / nu**2 < error(2.001 * s**2 / a**2)


@pytest.mark.equation("eq-reg-leave-one-out")
@quick
@given(seeds, strengths)
def test_a_point_is_left_out_by_a_formula(seed, lam) -> None:
    X, y = problem(seed)
    H = np.array([X @ ridge(X, e, lam) for e in np.eye(5)]).T
    for i in range(5):
        w = ridge(np.delete(X, i, 0), np.delete(y, i), lam)
        left = y[i] - sum(X[i] * w)
        fitted = sum(H[i, j] * y[j] for j in range(5))
        assert left == pytest.approx((y[i] - fitted) / (1 - H[i, i]), abs=1e-9)


def best_lasso(X, y, lam):
    """By going through all patterns of signs, and solving for each."""
    found = []
    for signs in product((-1, 0, 1), repeat=X.shape[1]):
        s = np.array(signs)
        on = s != 0
        w = np.zeros(len(s))
        if on.any():
            A = X[:, on]
            w[on] = np.linalg.solve(A.T @ A, A.T @ y - lam * s[on])
        if np.all(w * s >= 0):
            found.append((lasso_cost(X, y, w, lam), w))
    return min(found, key=lambda one: one[0])[1]


@pytest.mark.equation("eq-reg-lasso")
@pytest.mark.equation("eq-reg-kkt")
@quick
@given(seeds, strengths)
def test_a_minimum_of_the_lasso_satisfies_the_conditions(seed, lam) -> None:
    X, y = problem(seed)
    w = best_lasso(X, y, lam)
    for j in range(3):
        pull = sum(X[i, j] * r for i, r in enumerate(rest(X, y, w)))
        if w[j] != 0:
            assert pull == pytest.approx(lam * np.sign(w[j]), abs=1e-9)
        else:
            assert abs(pull) <= lam + 1e-9
    least = max(abs(sum(X[:, j] * y)) for j in range(3))
    assert (w == 0).all() == (lam >= least)
    rng = np.random.default_rng(seed)
    for step in 0.01 * rng.normal(size=(20, 3)):
        assert lasso_cost(X, y, w, lam) <= lasso_cost(X, y, w + step, lam)


@pytest.mark.equation("eq-reg-soft")
@quick
@given(seeds, strengths)
def test_with_orthonormal_columns_the_lasso_is_a_soft_threshold(seed, lam) -> None:
    rng = np.random.default_rng(seed)
    X = np.linalg.qr(rng.normal(size=(5, 3)))[0]
    y = 3 * rng.normal(size=5)
    z = [sum(X[i, j] * y[i] for i in range(5)) for j in range(3)]
    printed = [np.sign(v) * max(abs(v) - lam, 0) for v in z]
    assert best_lasso(X, y, lam) == pytest.approx(printed, abs=1e-9)


@pytest.mark.equation("eq-reg-map")
@quick
@given(seeds, st.floats(0.3, 2), st.floats(0.3, 2))
def test_the_posterior_mode_is_a_penalised_fit(seed, s, tau) -> None:
    X, y = problem(seed)
    rng = np.random.default_rng(seed)
    v, w = rng.normal(size=(2, 3))

    def log_posterior(w, log_prior) -> float:
        return sum(-(r**2) / (2 * s**2) for r in rest(X, y, w)) + log_prior(w)

    def normal(w) -> float:
        return sum(-(one**2) / (2 * tau**2) for one in w)

    def laplace(w) -> float:
        return sum(-abs(one) / tau for one in w)

    for log_prior, cost, lam in (
        (normal, ridge_cost, s**2 / tau**2),
        (laplace, lasso_cost, s**2 / tau),
    ):
        down = -(s**2) * (log_posterior(v, log_prior) - log_posterior(w, log_prior))
        assert down == pytest.approx(cost(X, y, v, lam) - cost(X, y, w, lam))
