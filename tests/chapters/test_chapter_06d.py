"""Chapter 6, regularisation: its equations as printed, and what its theorems say.

The formulas are written out in scalars and sums, or followed by small steps,
where the library uses matrices and solvers.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import exp, hypot, log, sqrt

import nbformat
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlam import (
    Network,
    binary_cross_entropy,
    cost,
    data,
    gradient,
    gradient_descent,
    identity,
    sampling,
    sgd,
)
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
from needed import ROOT

seeds = st.integers(0, 10_000)


# The explicit penalty


@pytest.mark.equation("eq-explicit-penalty")
def test_weight_decay_is_gradient_descent_on_the_penalised_cost() -> None:
    net = Network((2, 2, 3, 2))
    X, Y = data.drilling_sites()
    p, alpha, eta = net.normal(np.random.default_rng(1)), 0.1, 0.2

    def penalised(q) -> float:
        squares = 0.0
        for W, _ in net.unpack(q):
            for row in W:
                squares += sum(float(w) ** 2 for w in row)
        return cost(net, q, X, Y) + alpha / 2 * squares

    h = 1e-6
    slope = [
        (penalised(p + h * e) - penalised(p - h * e)) / (2 * h) for e in np.eye(p.size)
    ]
    free = [(0 * W + 1 - eta * alpha, 0 * b + 1) for W, b in net.unpack(p)]
    decayed = net.pack(free) * p - eta * gradient(net, p, X, Y)
    np.testing.assert_allclose(decayed, p - eta * np.array(slope), atol=1e-8)


# The nearest solution


def test_the_nearest_solution_by_fractions() -> None:
    # p1 + 2 p2 = 2 from (1, 1): go along (1, 2) until the equation holds.
    start = (Fraction(1), Fraction(1))
    c = (2 - start[0] - 2 * start[1]) / (1 + 4)
    by_hand = [float(start[0] + c), float(start[1] + 2 * c)]
    assert nearest_solution([[1.0, 2.0]], [2.0], [1.0, 1.0]) == pytest.approx(by_hand)


@pytest.mark.equation("eq-nearest-solution")
@settings(deadline=None, max_examples=15)
@given(seeds, st.integers(1, 3), st.integers(3, 6))
def test_gradient_descent_ends_at_the_formula(seed: int, N: int, s: int) -> None:
    rng = np.random.default_rng(seed)
    X, y, p0 = rng.normal(size=(N, s)), rng.normal(size=N), rng.normal(size=s + 1)
    A = np.column_stack([X, np.ones(N)])
    values = np.linalg.eigvalsh(A @ A.T / N)
    assume(values[0] > 0.05 * values[-1])
    # A⁺ = Aᵀ (A Aᵀ)⁻¹ for independent rows
    formula = p0 + A.T @ np.linalg.solve(A @ A.T, y - A @ p0)
    net = Network((s, 1), activation=identity)
    run = gradient_descent(net, p0, X, y[:, None], 800, 1 / values[-1])
    np.testing.assert_allclose(run.parameters, formula, atol=1e-9)
    np.testing.assert_allclose(nearest_solution(A, y, p0), formula, atol=1e-9)


@given(seeds)
def test_stochastic_steps_stay_in_the_row_space(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y, p0 = rng.normal(size=(3, 6)), rng.normal(size=(3, 1)), rng.normal(size=7)
    net = Network((6, 1), activation=identity)
    order = sampling.with_replacement(3, 40, rng)
    moved = sgd(net, p0, X, y, order, 0.05).parameters - p0
    A = np.column_stack([X, np.ones(3)])
    outside = moved - np.linalg.pinv(A) @ (A @ moved)
    assert np.linalg.norm(outside) < 1e-10


# Separable data


def two_groups(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    Y = np.repeat([[1.0], [0.0]], 6, axis=0)
    X = rng.normal(size=(12, 2))
    X[:, 0] = (2 * Y[:, 0] - 1) * (np.abs(X[:, 0]) + 0.3)
    return X, Y


def signed_rows(X, Y) -> list[list[float]]:
    return [
        [x[0], x[1], 1.0] if y[0] == 1 else [-x[0], -x[1], -1.0]
        for x, y in zip(X, Y, strict=True)
    ]


def logistic(w, z) -> float:
    total = 0.0
    for row in z:
        total += log(1 + exp(-sum(a * b for a, b in zip(w, row, strict=True))))
    return total / len(z)


@pytest.mark.equation("eq-logistic-cost")
@given(seeds)
def test_the_logistic_cost_is_the_cross_entropy_of_one_neuron(seed: int) -> None:
    X, Y = two_groups(seed)
    w = np.random.default_rng(seed).normal(size=3)
    found = cost(Network((2, 1)), w, X, Y, binary_cross_entropy)
    assert found == pytest.approx(logistic(w, signed_rows(X, Y)), rel=1e-10)


@pytest.mark.equation("eq-max-margin")
def test_the_maximum_margin_in_the_plane_by_going_round() -> None:
    z = [(2.0, 1.0), (1.0, 3.0), (0.5, 2.0), (3.0, -0.5)]
    shortest = min(
        1 / margin
        for k in range(20_000)
        if (
            margin := min(
                a * np.cos(np.pi * k / 10_000) + b * np.sin(np.pi * k / 10_000)
                for a, b in z
            )
        )
        > 0
    )
    w = max_margin(z)
    assert all(w[0] * a + w[1] * b >= 1 - 1e-9 for a, b in z)
    assert hypot(*w) == pytest.approx(shortest, rel=1e-6)


@pytest.mark.equation("eq-drift-bound")
@pytest.mark.parametrize("seed", range(5))
def test_the_cost_is_below_the_bound_at_every_step(seed: int) -> None:
    X, Y = two_groups(seed)
    z = signed_rows(X, Y)
    w_hat = max_margin(z)
    squares = sum(float(a) ** 2 for a in w_hat)
    eta = 1 / (max(sum(a * a for a in row) for row in z) / 4)
    run = gradient_descent(
        Network((2, 1)), np.zeros(3), X, Y, 3000, eta, binary_cross_entropy, 1, True
    )
    for t in range(2, 3001):
        bound = 1 / t + log(t) ** 2 / (2 * eta * t) * squares
        assert run.cost[t] <= bound
    lengths = np.linalg.norm(run.path, axis=1)
    assert (np.diff(lengths) > 0).all()
    # ... and the length cannot be less than the cost allows.
    R = max(sqrt(sum(a * a for a in row)) for row in z)
    for t in (10, 100, 3000):
        assert run.cost[t] >= log(1 + exp(-R * lengths[t]))


def test_separable_data_have_no_minimum() -> None:
    X, Y = two_groups(1)
    z = signed_rows(X, Y)
    w_hat = max_margin(z)
    values = [logistic(c * w_hat, z) for c in (1, 2, 4, 8, 16, 32)]
    assert values == sorted(values, reverse=True)
    assert 0 < values[-1] < 1e-13


@pytest.mark.equation("eq-logistic-drift")
def test_the_weights_minus_the_drift_stay_bounded() -> None:
    """Two points (±, 1): by symmetry both margins stay equal, one scalar equation."""
    # z = (1, c) and (1, −c): ŵ = (1, 0) and w₁ + e^{w₁} = t + 1.
    times = [10.0**k for k in range(1, 13)]
    for t in times:
        w = log(t)
        for _ in range(50):
            w -= (w + exp(w) - t - 1) / (1 + exp(w))
        assert w == pytest.approx(log(t), abs=2 * log(t) / t + 1e-12)
    assert max_margin([[1.0, 0.5], [1.0, -0.5]]) == pytest.approx([1, 0])
    # In general: the remainder of the flow in logarithmic time, by small steps.
    z = np.array(signed_rows(*two_groups(2)))
    w_hat = max_margin(z)
    w, remainders, h = np.zeros(3), [], 2e-4
    for n in range(round(16 / h)):
        tau = n * h
        push = 1 / (1 + np.exp(z @ w))
        w = w + h * exp(tau) * (push @ z) / len(z)
        if n % round(1 / h) == 0:
            remainders.append(np.linalg.norm(w - w_hat * tau))
    assert max(remainders) < 10
    assert max(np.diff(remainders[8:])) < 0.3 < np.linalg.norm(w_hat)


def test_the_flow_of_the_page_is_that_of_small_steps() -> None:
    from scipy.integrate import solve_ivp
    from scipy.special import expit

    tau = np.arange(4) * np.log(10)
    clouds = page_function("clouds", np=np)
    signed = page_function("signed", np=np)
    flow = page_function("flow", np=np, tau=tau, solve_ivp=solve_ivp, expit=expit)
    X, Y = clouds(0)
    w = flow(signed(X, Y))
    eta = 0.05
    run = gradient_descent(
        Network((2, 1)),
        np.zeros(3),
        X,
        Y,
        20_000,
        eta,
        binary_cross_entropy,
        record_every=20,
        keep_path=True,
    )
    for t, expected in zip([1, 10, 100, 1000], w, strict=True):
        [k] = np.flatnonzero(run.steps == round(t / eta))
        np.testing.assert_allclose(run.path[k], expected, rtol=0.02, atol=0.005)


def test_the_groups_of_the_page_leave_a_strip_of_width_one() -> None:
    clouds = page_function("clouds", np=np)
    for seed in range(50):
        X, Y = clouds(seed)
        along = (X[:, 0] + X[:, 1]) / sqrt(2)
        assert (along[Y[:, 0] == 1] >= 0.5).all()
        assert (along[Y[:, 0] == 0] <= -0.5).all()
        assert Y.sum() == 20


# The modified cost


def f_and_slope(p):
    """f = (w₁w₂ − 1)² / 2 and its derivatives, in scalars."""
    u, v = p
    r = u * v - 1
    return r * r / 2, (r * v, r * u), ((v * v, 2 * u * v - 1), (2 * u * v - 1, u * u))


@pytest.mark.equation("eq-modified-cost")
@pytest.mark.equation("eq-modified-flow")
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.01, 0.5))
def test_the_modified_flow_descends_the_modified_cost(u, v, eta) -> None:
    def modified(a, b) -> float:
        value, g, _ = f_and_slope((a, b))
        return value + eta / 4 * (g[0] ** 2 + g[1] ** 2)

    _, g, H = f_and_slope((u, v))
    velocity = [
        -g[i] - eta / 2 * sum(H[i][j] * g[j] for j in range(2)) for i in range(2)
    ]
    h = 1e-5
    down = [
        -(modified(u + h, v) - modified(u - h, v)) / (2 * h),
        -(modified(u, v + h) - modified(u, v - h)) / (2 * h),
    ]
    assert velocity == pytest.approx(down, rel=1e-5, abs=1e-6)


@pytest.mark.equation("eq-modified-flow")
@given(seeds)
def test_the_library_has_the_printed_velocity(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net, eta = Network((2, 2, 1)), 0.3
    p, X, Y = net.normal(rng), rng.normal(size=(4, 2)), rng.uniform(size=(4, 1))
    g = gradient(net, p, X, Y)
    h = 1e-4 / max(1e-2, np.linalg.norm(g))
    Hg = (gradient(net, p + h * g, X, Y) - gradient(net, p - h * g, X, Y)) / (2 * h)
    found = modified_gradient(net, p, X, Y, eta)
    np.testing.assert_allclose(found, g + eta / 2 * Hg, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("modified", "order"), [(0, 2), (1, 3)])
def test_one_step_is_off_by_the_orders_of_the_theorem(modified, order) -> None:
    start, errors = np.array([1.5, -0.4]), []
    for eta in (0.02, 0.01):

        def slope(p, eta=eta):
            _, g, H = f_and_slope(p)
            return np.array(g) + modified * eta / 2 * (np.array(H) @ g)

        end = gradient_flow(slope, start, [eta], 1e-13)[-1]
        errors.append(np.linalg.norm(start - eta * slope(start, 0) - end))
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.1)


@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 20))
def test_a_step_shrinks_the_imbalance_by_the_factor_stated(a, b, n) -> None:
    u, v, eta = Fraction(a, 10), Fraction(b, 10), Fraction(1, n)
    r = u * v - 1
    after = (u - eta * r * v) ** 2 - (v - eta * r * u) ** 2
    assert after == (u * u - v * v) * (1 - eta**2 * r**2)


@given(st.floats(0.01, 0.9), st.floats(0.1, 3))
def test_the_whole_modified_cost_of_a_quadratic(eta_lam, lam) -> None:
    eta = eta_lam / lam
    mu = -log(1 - eta * lam) / eta
    assert exp(-mu * eta) == pytest.approx(1 - eta * lam)
    series = lam * sum(eta_lam ** (k - 1) / k for k in range(1, 400))
    assert mu == pytest.approx(series, rel=1e-6)


def test_the_mean_epoch_follows_the_cost_with_the_gradients_at_the_points() -> None:
    """Scalars: two points with C_i = (p² − c_i)² / 4, both orders."""
    c = (1.0, 2.0)
    errors = []
    for eta in (0.02, 0.01):
        ends = []
        for order in permutations(range(2)):
            p = 0.7
            for i in order:
                p -= eta * p * (p * p - c[i])
            ends.append(p)

        def slope(p, eta=eta):
            g = [p * (p * p - a) for a in c]
            H = [3 * p * p - a for a in c]
            plain = (g[0] + g[1]) / 2
            return plain + eta / 4 * 2 * (H[0] * g[0] + H[1] * g[1]) / 2

        end = gradient_flow(slope, [0.7], [2 * eta], 1e-13)[-1, 0]
        errors.append(abs(sum(ends) / 2 - end))
    assert errors[0] / errors[1] == pytest.approx(8, rel=0.1)


# Modes


@pytest.mark.equation("eq-mode-growth")
@pytest.mark.equation("eq-mode-solution")
@given(st.floats(1e-4, 3), st.floats(0.2, 4), st.floats(0, 3))
def test_the_logistic_curve_solves_its_equation(q0, d, t) -> None:
    def q(t: float) -> float:
        return d / (1 + (d / q0 - 1) * exp(-2 * d * t))

    h = 1e-5
    slope = (q(t + h) - q(t - h)) / (2 * h)
    assert slope == pytest.approx(2 * q(t) * (d - q(t)), rel=1e-4, abs=1e-6)
    assert mode_growth(t, q0, d) == pytest.approx(q(t), rel=1e-12)
    if q0 < d / 2:
        assert q(log(d / q0 - 1) / (2 * d)) == pytest.approx(d / 2)


@pytest.mark.equation("eq-mode-growth")
def test_two_aligned_layers_learn_as_the_scalar_equation_says() -> None:
    rng = np.random.default_rng(1)
    a, b, c = (np.linalg.qr(rng.normal(size=(4, 2)))[0] for _ in range(3))
    d, q0 = np.array([2.0, 0.5]), np.array([0.01, 0.02])
    M = a * d @ b.T
    W3, W2 = a * np.sqrt(q0) @ c.T, c * np.sqrt(q0) @ b.T
    h, q = 1e-4, list(q0)
    for _ in range(20_000):
        R = M - W3 @ W2
        W2, W3 = W2 + h * W3.T @ R, W3 + h * R @ W2.T
        q = [x + h * 2 * x * (y - x) for x, y in zip(q, d, strict=True)]
    np.testing.assert_allclose(np.diag(a.T @ W3 @ W2 @ b), q, rtol=2e-3)
    np.testing.assert_allclose(W3 @ W2, a * np.diag(a.T @ W3 @ W2 @ b) @ b.T, atol=1e-9)


def test_the_step_of_the_page_is_gradient_descent_on_the_squared_misfit() -> None:
    rng = np.random.default_rng(2)
    W2, W3, M = rng.normal(size=(3, 3, 3))
    shown = rng.random((3, 3)) < 0.5
    step = page_function("step", rate=0.1)
    new = step(W2, W3, shown * (W3 @ W2 - M))

    def misfit(V2, V3) -> float:
        total = 0.0
        for i in range(3):
            for j in range(3):
                if shown[i, j]:
                    total += (sum(V3[i, k] * V2[k, j] for k in range(3)) - M[i, j]) ** 2
        return total / 2

    h = 1e-6
    for i in range(3):
        for j in range(3):
            e = np.zeros((3, 3))
            e[i, j] = h
            slope2 = (misfit(W2 + e, W3) - misfit(W2 - e, W3)) / (2 * h)
            slope3 = (misfit(W2, W3 + e) - misfit(W2, W3 - e)) / (2 * h)
            assert new[0][i, j] == pytest.approx(W2[i, j] - 0.1 * slope2, abs=1e-7)
            assert new[1][i, j] == pytest.approx(W3[i, j] - 0.1 * slope3, abs=1e-7)


@pytest.mark.equation("eq-mode-start")
def test_half_the_sum_is_the_part_of_a_start_that_grows() -> None:
    rng = np.random.default_rng(3)
    n, d = 3, 1.7
    W3, W2 = rng.normal(size=(2, n, n))
    a, b, c = rng.normal(size=(3, n))
    a, b, c = a / np.linalg.norm(a), b / np.linalg.norm(b), c / np.linalg.norm(c)

    def printed(W3, W2) -> float:
        total = 0.0
        for k in range(n):
            left = sum(W3[i, k] * a[i] for i in range(n))
            right = sum(W2[k, j] * b[j] for j in range(n))
            total += (left + right) ** 2
        return total / 4

    # Exact for the start of the theorem, of one component with q = 0.09.
    assert printed(0.3 * np.outer(a, c), 0.3 * np.outer(c, b)) == pytest.approx(0.09)
    # While the product is small: two vectors, each growing by d times the other.
    u, v, q0, h = W3.T @ a, W2 @ b, printed(W3, W2), 1e-4
    for _ in range(60_000):
        u, v = u + h * d * v, v + h * d * u
    assert u @ v == pytest.approx(q0 * exp(2 * d * 6), rel=2e-3)


@pytest.mark.equation("eq-effective-rank")
@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=5))
def test_the_effective_rank_is_the_exponential_of_an_entropy(values) -> None:
    total = sum(values)
    entropy = -sum(v / total * log(v / total) for v in values)
    rng = np.random.default_rng(1)
    n = len(values)
    a, b = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
    assert effective_rank(a * values @ b.T) == pytest.approx(exp(entropy), rel=1e-9)


# Early stopping


def test_small_starts_in_squares_recover_sparse_vectors() -> None:
    """The exercise's Check, with other draws than the page's."""
    rng = np.random.default_rng(8)
    A = rng.normal(size=(12, 25, 50))
    truth = np.zeros((12, 50, 1))
    for p in truth:
        p[rng.permutation(50)[:3], 0] = rng.choice([-1, 1], 3)
    y = A @ truth
    least = [np.linalg.lstsq(B, c)[0] for B, c in zip(A, y, strict=True)]
    far = np.linalg.norm(np.array(least) - truth, axis=(1, 2)) / sqrt(3)
    assert 0.6 < np.median(far) < 0.8
    u = v = np.full(truth.shape, 1e-3)
    for _ in range(1500):
        g = A.mT @ (A @ (u * u - v * v) - y) / 25
        u, v = u * (1 - 0.1 * g), v * (1 + 0.1 * g)
    far = np.linalg.norm(u * u - v * v - truth, axis=(1, 2)) / sqrt(3)
    assert np.median(far) < 0.03


@pytest.mark.equation("eq-filters")
@settings(deadline=None, max_examples=10)
@given(seeds, st.floats(0.2, 20))
def test_the_filters_are_what_the_two_methods_do(seed, t) -> None:
    rng = np.random.default_rng(seed)
    N, s = 6, 3
    A, y = rng.normal(size=(N, s)), rng.normal(size=N)
    lam, e = np.linalg.eigh(A.T @ A / N)
    best = np.linalg.lstsq(A, y)[0]
    flow = gradient_flow(lambda p: A.T @ (A @ p - y) / N, np.zeros(s), [t])[-1]
    alpha = 1 / t
    ridge = np.linalg.solve(A.T @ A / N + alpha * np.eye(s), A.T @ y / N)
    for i in range(s):
        kept = e[:, i] @ best
        stopped, damped = 1 - exp(-lam[i] * t), lam[i] / (lam[i] + alpha)
        assert e[:, i] @ flow == pytest.approx(stopped * kept, abs=1e-7)
        assert e[:, i] @ ridge == pytest.approx(damped * kept, abs=1e-9)
        assert flow_filter(lam[i], t) == pytest.approx(stopped)
        assert ridge_filter(lam[i], alpha) == pytest.approx(damped)


@pytest.mark.equation("eq-filter-bounds")
@given(st.floats(-9, 9))
def test_the_filters_are_within_the_bounds(exponent) -> None:
    x = 10.0**exponent
    kept = -np.expm1(-x)
    assert x / (1 + x) * (1 - 1e-15) <= kept <= 1.30 * x / (1 + x)
    assert 1 - exp(-1.8) > 1.298 * 1.8 / (1 + 1.8)  # and 1.30 is needed


@pytest.mark.equation("eq-risk-bound")
@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(-3, 3)), min_size=1, max_size=5),
    st.floats(0.01, 100),
    st.floats(0, 3),
)
def test_stopping_early_has_at_most_so_much_more_risk(components, t, spread) -> None:
    def risk(keep) -> float:
        total = 0.0
        for lam, truth in components:
            share = keep(lam)
            total += (1 - share) ** 2 * truth**2
            total += share**2 * spread**2 / lam if lam > 1e-12 else 0
        return total

    stopped = risk(lambda lam: 1 - exp(-lam * t))
    assert stopped <= 1.69 * risk(lambda lam: lam / (lam + 1 / t)) + 1e-12


def test_the_risk_of_a_filter_is_its_mean_square_error() -> None:
    rng = np.random.default_rng(5)
    N, t, spread = 8, 1.3, 0.7
    A, truth = rng.normal(size=(N, 2)), np.array([1.0, -0.5])
    lam, e = np.linalg.eigh(A.T @ A / N)
    keep = 1 - np.exp(-lam * t)
    y = A @ truth + spread * rng.normal(size=(200_000, N))
    found = (y @ np.linalg.pinv(A).T @ e * keep) @ e.T
    measured = np.mean(np.sum((found - truth) ** 2, axis=1))
    formula = sum(
        (1 - keep[i]) ** 2 * (e[:, i] @ truth) ** 2
        + keep[i] ** 2 * spread**2 / (N * lam[i])
        for i in range(2)
    )
    assert measured == pytest.approx(formula, rel=0.02)


def test_the_errors_of_the_page_are_those_of_the_two_methods() -> None:
    """The data behind the figure, by solving the systems without filters."""
    from dlam import implicit_bias

    X, Y = data.digits((3, 8))
    y, t = Y[:, 0] - Y[:, 1], np.array([1.0, 20.0])
    unseen = page_function("unseen", np=np, X=X, y=y, t=t, implicit_bias=implicit_bias)
    stopped, ridge = unseen(3)
    mixed = np.random.default_rng(3).permutation(len(X))
    i, j = mixed[:60], mixed[60:]
    B = np.column_stack([X[i], np.ones(60)])
    for k, at in enumerate(t):
        free = np.diag([1.0] * 64 + [0.0])  # the bias goes free
        p = np.linalg.solve(B.T @ B / 60 + free / at, B.T @ y[i] / 60)
        said = X[j] @ p[:64] + p[64]
        assert ridge[k] == pytest.approx(np.mean((said - y[j]) ** 2), rel=1e-8)
        A, w, h = X[i] - X[i].mean(axis=0), np.zeros(64), 1e-3
        for _ in range(round(at / h)):
            w -= h * A.T @ (A @ w - y[i] + y[i].mean()) / 60
        said = (X[j] - X[i].mean(axis=0)) @ w + y[i].mean()
        assert stopped[k] == pytest.approx(np.mean((said - y[j]) ** 2), rel=1e-2)


# What the page's own cells define


def page_function(name: str, **scope):
    """Return a function that a cell of the page defines."""
    record = nbformat.read(ROOT / "book/06d-regularisation.ipynb", as_version=4)
    [cell] = [c for c in record.cells if f"def {name}(" in c.source]
    definition = cell.source[cell.source.index(f"def {name}(") :].split("\n\n")[0]
    exec(definition, scope)
    return scope[name]


def test_small_starts_in_squares_give_the_sparse_solution_of_the_figure() -> None:
    path_of = page_function("path_of", np=np)
    for s_w, end in [(1, (0.4, 0.8)), (0.001, (0, 1))]:
        path = path_of(s_w)
        assert tuple(path[0]) == (0, 0)
        assert np.linalg.norm(path[-1] - end) < 0.02
    # The gradient by u and by v of half the squared misfit, by differences.
    u, v, h = np.array([0.5, 0.3]), np.array([0.2, 0.4]), 1e-6

    def misfit(u, v) -> float:
        return ((u[0] ** 2 - v[0] ** 2) + 2 * (u[1] ** 2 - v[1] ** 2) - 2) ** 2 / 2

    g = ((u**2 - v**2) @ [1, 2] - 2) * np.array([1, 2])
    for j, e in enumerate(h * np.eye(2)):
        assert (misfit(u + e, v) - misfit(u - e, v)) / (2 * h) == pytest.approx(
            2 * u[j] * g[j]
        )
        assert (misfit(u, v + e) - misfit(u, v - e)) / (2 * h) == pytest.approx(
            -2 * v[j] * g[j]
        )


def test_the_paths_of_the_figure_end_at_minima() -> None:
    minimise = page_function("minimise", np=np)
    for eta in (0.1, 0.2):
        u, v = minimise(eta)[-1]
        assert u * v == pytest.approx(1, abs=1e-9)
        u0, v0 = minimise(eta)[1]
        r = 2.5 * -0.6 - 1
        assert (u0, v0) == pytest.approx((2.5 + eta * r * 0.6, -0.6 - eta * r * 2.5))
