"""What gradient descent prefers: the functions by which chapter 6 measures it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.svm import SVC

from dlam import Network, cost, gradient
from dlam.gradcheck import finite_difference
from dlam.implicit_bias import (
    effective_rank,
    flow_filter,
    gradient_flow,
    max_margin,
    mode_growth,
    modified_gradient,
    nearest_solution,
    ridge_filter,
)
from shapes import SMOOTH, Case, cases, check

seeds = st.integers(0, 10_000)


# The nearest solution


@given(seeds, st.integers(1, 5), st.integers(0, 4))
def test_no_other_solution_is_nearer(seed: int, N: int, more: int) -> None:
    rng = np.random.default_rng(seed)
    A, y, start = (
        rng.normal(size=(N, N + more)),
        rng.normal(size=N),
        rng.normal(size=N + more),
    )
    p = nearest_solution(A, y, start)
    np.testing.assert_allclose(A @ p, y, atol=1e-8 * max(1, np.abs(p).max()))
    along = rng.normal(size=N + more)
    along -= np.linalg.pinv(A) @ (A @ along)  # another solution is p + along
    assert np.linalg.norm(p + along - start) >= np.linalg.norm(p - start) - 1e-9


def test_many_starts_are_done_at_once() -> None:
    rng = np.random.default_rng(1)
    A, y, starts = rng.normal(size=(3, 5)), rng.normal(size=3), rng.normal(size=(4, 5))
    together = nearest_solution(A, y, starts)
    each = [nearest_solution(A, y, start) for start in starts]
    np.testing.assert_allclose(together, each, atol=1e-12)
    np.testing.assert_allclose(
        nearest_solution(A, y), nearest_solution(A, y, np.zeros(5)), atol=0
    )


def test_without_a_solution_it_is_the_best_fit() -> None:
    rng = np.random.default_rng(2)
    A, y = rng.normal(size=(6, 3)), rng.normal(size=6)
    best = np.linalg.lstsq(A, y)[0]
    np.testing.assert_allclose(nearest_solution(A, y, rng.normal(size=3)), best)


# The maximum margin


def separable(seed: int, N: int = 12, n: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(N, n))
    u = rng.normal(size=n)
    u /= np.linalg.norm(u)
    h = Z @ u
    return Z + np.outer(np.abs(h) + rng.uniform(0.05, 1) - h, u)


@check(20)
@given(seeds)
def test_the_maximum_margin_is_that_of_a_general_solver(seed: int) -> None:
    Z = separable(seed)
    w = max_margin(Z)
    found = minimize(
        lambda v: v @ v / 2,
        w + 0.3 * np.random.default_rng(seed).normal(size=3),
        jac=lambda v: v,
        constraints={"type": "ineq", "fun": lambda v: Z @ v - 1, "jac": lambda v: Z},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 200},
    )
    assert (Z @ w).min() == pytest.approx(1, abs=1e-9)
    assert np.linalg.norm(w) == pytest.approx(np.linalg.norm(found.x), rel=1e-5)


def test_the_maximum_margin_is_that_of_a_support_vector_machine() -> None:
    Z = separable(3)
    both = np.vstack([Z, -Z])  # symmetric, so that the machine's bias is zero
    side = np.repeat([1, -1], len(Z))
    machine = SVC(kernel="linear", C=1e9, tol=1e-8).fit(both, side)
    np.testing.assert_allclose(machine.coef_[0], max_margin(Z), rtol=1e-4, atol=1e-5)


@given(seeds, st.floats(1e-3, 1e3))
def test_the_units_of_the_points_do_not_matter(seed: int, factor: float) -> None:
    Z = separable(seed)
    np.testing.assert_allclose(
        max_margin(factor * Z) * factor, max_margin(Z), rtol=1e-6, atol=1e-8
    )


def test_a_single_point_has_its_own_direction() -> None:
    np.testing.assert_allclose(max_margin([[3.0, 4.0]]), [3 / 25, 4 / 25])
    np.testing.assert_allclose(max_margin([[-2.0]]), [-0.5])


def test_what_cannot_be_separated_is_refused() -> None:
    xor = np.array([[0, 0, -1], [0, 1, 1], [1, 0, 1], [-1, -1, -1]], dtype=float)
    for Z in (xor, [[1.0], [-2.0]], np.zeros((2, 2))):
        with pytest.raises(ValueError, match=r"Z: .* cannot be separated"):
            max_margin(Z)


# The modified cost


@check(20)
@given(cases(SMOOTH, largest=3))
def test_the_modified_gradient_is_that_of_the_modified_cost(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    eta = 0.3

    def modified(q):
        g = gradient(net, q, X, Y, loss)
        return cost(net, q, X, Y, loss) + eta / 4 * (g @ g)

    expected = finite_difference(modified, p)
    found = modified_gradient(net, p, X, Y, eta, loss)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_an_ensemble_has_the_modified_gradient_of_each() -> None:
    net = Network((2, 3, 1))
    rng = np.random.default_rng(1)
    P, X, Y = net.normal(rng, size=4), rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    each = [modified_gradient(net, p, X, Y, 0.2) for p in P]
    np.testing.assert_allclose(modified_gradient(net, P, X, Y, 0.2), each, atol=1e-14)
    np.testing.assert_array_equal(
        modified_gradient(net, P, X, Y, 0), gradient(net, P, X, Y)
    )


# The flow


def test_the_flow_of_a_linear_slope_is_the_exponential() -> None:
    rates = np.array([[0.5, 1.0], [2.0, 4.0]])
    times = [0.0, 0.3, 1.0]
    path = gradient_flow(lambda p: rates * p, np.ones((2, 2)), times)
    for t, p in zip(times, path, strict=True):
        np.testing.assert_allclose(p, np.exp(-rates * t), rtol=1e-8)
    path = gradient_flow(lambda p: rates * p, np.ones((2, 2)), [1.0], 1e-13)
    np.testing.assert_allclose(path, [np.exp(-rates)], rtol=1e-12)


def test_the_cost_falls_along_the_gradient_flow() -> None:
    net = Network((2, 3, 1))
    rng = np.random.default_rng(4)
    p, X, Y = net.normal(rng), rng.normal(size=(6, 2)), rng.uniform(size=(6, 1))
    path = gradient_flow(lambda p: gradient(net, p, X, Y), p, np.arange(10.0))
    assert (np.diff(cost(net, path, X, Y)) < 0).all()
    np.testing.assert_array_equal(path[0], p)
    np.testing.assert_array_equal(gradient_flow(lambda p: p, p, [0.0]), [p])


def test_a_flow_that_leaves_the_finite_numbers_is_reported() -> None:
    with pytest.raises(ArithmeticError, match="the flow stops before its last time"):
        gradient_flow(lambda p: -(p**2), [1.0], [2.0])  # 1 / (1 − t)


# Modes, rank, filters


@given(st.floats(1e-6, 3), st.floats(0.1, 4), st.floats(0.1, 10))
def test_a_mode_goes_from_its_start_to_its_target(q, d, t) -> None:
    assert mode_growth(0, q, d) == pytest.approx(q, rel=1e-12)
    assert mode_growth(500 / d, q, d) == pytest.approx(d, rel=1e-12)
    assert min(q, d) * (1 - 1e-12) <= mode_growth(t, q, d) <= max(q, d) * (1 + 1e-12)


@given(seeds, st.integers(1, 4), st.integers(1, 4), st.floats(0.01, 100))
def test_the_effective_rank_is_between_one_and_the_rank(seed, m, n, factor) -> None:
    M = np.random.default_rng(seed).normal(size=(m, n))
    rank = effective_rank(M)
    assert 1 - 1e-12 <= rank <= min(m, n) + 1e-12
    assert effective_rank(factor * M) == pytest.approx(rank, rel=1e-10)
    both = effective_rank(np.stack([M, 2 * M]))
    np.testing.assert_allclose(both, [rank, rank], rtol=1e-10)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_k_equal_singular_values_have_the_effective_rank_k(k: int) -> None:
    assert effective_rank(np.diag([3.0] * k + [0.0] * 2)) == pytest.approx(k)


def test_the_flow_of_a_quadratic_cost_is_filtered() -> None:
    lam, best = np.array([0.2, 1.0, 3.0]), np.array([1.0, -2.0, 0.5])
    times = np.array([0.0, 0.7, 4.0])
    path = gradient_flow(lambda p: lam * (p - best), np.zeros(3), times)
    filtered = flow_filter(lam, times[:, np.newaxis]) * best
    np.testing.assert_allclose(path, filtered, atol=1e-8)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=4), st.floats(0.01, 100))
def test_both_filters_keep_a_share(lam, t) -> None:
    for share in (flow_filter(lam, t), ridge_filter(lam, 1 / t)):
        assert ((share >= 0) & (share <= 1)).all()
        assert (share[np.array(lam) == 0] == 0).all()
        assert (np.diff(share[np.argsort(lam)]) >= 0).all()


# Wrong input

NET, P, X, Y = Network((2, 1)), np.zeros(3), np.zeros((4, 2)), np.zeros((4, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nearest_solution([1.0], [1.0]), r"A: expected shape \(N, s\)"),
        (lambda: nearest_solution(np.ones((2, 0)), [1, 2]), r"A: expected shape"),
        (lambda: nearest_solution([[1.0]], [1.0, 2.0]), r"y: expected shape \(1,\)"),
        (lambda: nearest_solution([[1.0]], [1.0], [0.0, 0.0]), "start: expected shape"),
        (lambda: nearest_solution([[np.nan]], [1.0]), "A: expected finite"),
        (lambda: max_margin([1.0]), r"Z: expected shape \(N, n\)"),
        (lambda: max_margin(np.ones((0, 2))), r"Z: expected shape \(N, n\)"),
        (lambda: max_margin([[np.inf]]), "Z: expected finite"),
        (lambda: modified_gradient(NET, P, X, Y, -1), "learning_rate: .* got -1"),
        (lambda: modified_gradient(NET, P, X, Y, [1, 2]), "learning_rate: "),
        (lambda: modified_gradient(NET, P + np.nan, X, Y, 1), "p: expected finite"),
        (lambda: gradient_flow(lambda p: p, [1.0], [1.0, 0.5]), "times: .* increasing"),
        (lambda: gradient_flow(lambda p: p, [1.0], [-1.0]), "times: "),
        (lambda: gradient_flow(lambda p: p, [1.0], [-1.0, 1.0]), "times: "),
        (lambda: gradient_flow(lambda p: p, [1.0], [1.0, 1.0]), "times: "),
        (lambda: gradient_flow(lambda p: p, [1.0], [[1.0]]), "times: .* shape"),
        (lambda: gradient_flow(lambda p: p, [1.0], []), "times: .* shape"),
        (lambda: gradient_flow(lambda p: p, [1.0], [1.0], 0), "tolerance: .* got 0"),
        (lambda: gradient_flow(lambda p: p, [1.0], [1.0], 1), "tolerance: .* got 1"),
        (lambda: gradient_flow(lambda p: p[:1], [1.0, 2.0], [1.0]), "slope: expected"),
        (lambda: mode_growth(0.0, 0.0, 1.0), "start: expected numbers > 0"),
        (lambda: mode_growth(0.0, 1.0, -1.0), "target: expected numbers > 0"),
        (lambda: effective_rank([1.0]), r"M: expected shape \(…, m, n\)"),
        (lambda: effective_rank(np.ones((0, 2))), r"M: expected shape \(…, m, n\)"),
        (lambda: effective_rank(np.zeros((2, 2))), "M: expected a matrix that is not"),
        (lambda: flow_filter([-1.0], 1.0), "eigenvalues: expected numbers ≥ 0"),
        (lambda: flow_filter([1.0], -1.0), "t: expected numbers ≥ 0"),
        (lambda: ridge_filter([1.0], 0.0), "alpha: expected numbers > 0"),
    ],
)
def test_wrong_input_is_refused_at_once(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_flow_needs_the_slope_as_a_function() -> None:
    with pytest.raises(TypeError, match=r"^slope: expected a function"):
        gradient_flow(1.0, [1.0], [0.0])
