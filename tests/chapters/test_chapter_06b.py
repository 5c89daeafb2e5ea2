"""Chapter 6, many minima: its displayed equations as printed, and its theorems.

The formulas are written out here by another route than the library takes: in
scalars and sums, with derivatives by differences.
"""

from __future__ import annotations

from itertools import permutations, product
from math import exp, log, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import Network, cost, data, identity, quadratic, softmax_cross_entropy
from dlam import tanh as tanh_activation
from dlam.gradcheck import complex_step
from dlam.matching import barrier, match, n_copies, rearrange

seeds = st.integers(0, 10_000)
SIZES = (2, 3, 2)
NET = Network(SIZES, (tanh_activation, identity))
N_IN, N_HIDDEN, N_OUT = SIZES


def parts(p):
    """w, b, v, c as nested lists, read from p one number after the other."""
    numbers = [float(number) for number in p]
    w = [[numbers.pop(0) for _ in range(N_IN)] for _ in range(N_HIDDEN)]
    b = [numbers.pop(0) for _ in range(N_HIDDEN)]
    v = [[numbers.pop(0) for _ in range(N_HIDDEN)] for _ in range(N_OUT)]
    return w, b, v, numbers


def output(p, x) -> list[float]:
    w, b, v, c = parts(p)
    a = [tanh(sum(w[j][k] * x[k] for k in range(N_IN)) + b[j]) for j in range(N_HIDDEN)]
    return [sum(v[i][j] * a[j] for j in range(N_HIDDEN)) + c[i] for i in range(N_OUT)]


def copy_as_printed(p, pi, e):
    w, b, v, c = parts(p)
    new = [e[j] * w[pi[j]][k] for j in range(N_HIDDEN) for k in range(N_IN)]
    new += [e[j] * b[pi[j]] for j in range(N_HIDDEN)]
    new += [e[j] * v[i][pi[j]] for i in range(N_OUT) for j in range(N_HIDDEN)]
    return new + c


def pair(seed: int):
    return NET.normal(np.random.default_rng(seed), scale=1.0, size=2)


ORDERS = list(permutations(range(N_HIDDEN)))
SIGNS = list(product([1, -1], repeat=N_HIDDEN))


@pytest.mark.equation("eq-minima-copy")
@settings(deadline=None, max_examples=30)
@given(seeds, st.sampled_from(ORDERS), st.sampled_from(SIGNS))
def test_a_copy_is_as_printed_and_computes_the_same(seed, pi, e) -> None:
    p, q = pair(seed)
    copy = copy_as_printed(p, pi, e)
    assert rearrange(NET, p, 2, pi, e) == pytest.approx(copy)
    x = q[:2]
    assert output(copy, x) == pytest.approx(output(p, x), abs=1e-12)


def test_the_number_of_copies_is_what_the_text_says() -> None:
    net = Network((64, 4, 10), (tanh_activation, identity))
    assert n_copies(net) == 4 * 3 * 2 * 2**4 == 384


def as_printed(p, q):
    """The matrix M of the scalar products of neurons."""
    (w, b, v, _), (w2, b2, v2, _) = parts(p), parts(q)
    return [
        [
            sum(w[j][i] * w2[k][i] for i in range(N_IN))
            + b[j] * b2[k]
            + sum(v[i][j] * v2[i][k] for i in range(N_OUT))
            for k in range(N_HIDDEN)
        ]
        for j in range(N_HIDDEN)
    ]


@pytest.mark.equation("eq-minima-similarity")
@pytest.mark.equation("eq-minima-nearest")
@settings(deadline=None, max_examples=25)
@given(seeds)
def test_the_distance_of_a_copy_is_as_printed_and_the_match_is_nearest(seed) -> None:
    p, q = pair(seed)
    M, (c, c2) = as_printed(p, q), (parts(p)[3], parts(q)[3])
    squares = sum(t * t for t in p) + sum(t * t for t in q)
    found = []
    for pi in ORDERS:
        e = [1 if M[j][pi[j]] >= 0 else -1 for j in range(N_HIDDEN)]
        copy = copy_as_printed(q, pi, e)
        distance = sum((s - t) ** 2 for s, t in zip(p, copy, strict=True))
        printed = squares - 2 * sum(s * t for s, t in zip(c, c2, strict=True))
        printed -= 2 * sum(abs(M[j][pi[j]]) for j in range(N_HIDDEN))
        assert distance == pytest.approx(printed)
        for other in SIGNS:
            further = np.subtract(p, copy_as_printed(q, pi, other))
            assert np.sum(further**2) >= distance - 1e-9
        found.append(distance)
    nearest = np.sum((p - match(NET, p, q)) ** 2)
    assert nearest == pytest.approx(min(found))


@pytest.mark.parametrize(
    ("p", "q", "nearest", "distance"),
    [
        ([(1, 2), (2, -1)], [(-2, 1), (1, 1)], [(1, 1), (2, -1)], 1),
        ([(2, 0), (1, 1)], [(0, 1), (1, -1)], [(1, -1), (0, 1)], 3),
    ],
)
def test_the_matches_by_hand_are_those_of_the_text(p, q, nearest, distance) -> None:
    net = Network((1, 2, 1), (tanh_activation, identity))

    def packed(pairs):
        return [w for w, _ in pairs] + [0, 0] + [v for _, v in pairs] + [0.0]

    found = match(net, packed(p), packed(q))
    assert found.tolist() == packed(nearest)
    assert np.sum((found - packed(p)) ** 2) == distance


def test_two_wells_have_the_barrier_one() -> None:
    assert barrier(lambda P: ((P**2 - 1) ** 2)[:, 0], [-1.0], [1.0]) == 1


@pytest.mark.equation("eq-minima-barrier")
@settings(deadline=None, max_examples=20)
@given(seeds)
def test_a_barrier_is_the_highest_rise_above_the_chord(seed) -> None:
    p, q = pair(seed)
    x, y = data.drilling_sites()

    def scalar_cost(r) -> float:
        squares = [
            (t - s) ** 2
            for i in range(10)
            for t, s in zip(output(r, x[i]), y[i], strict=True)
        ]
        return sum(squares) / 20

    rises = []
    for k in range(11):
        t = k / 10
        r = [(1 - t) * a + t * b for a, b in zip(p, q, strict=True)]
        rises.append(scalar_cost(r) - (1 - t) * scalar_cost(p) - t * scalar_cost(q))
    found = barrier(lambda P: cost(NET, P, x, y), p, q)
    assert found == pytest.approx(max(rises), abs=1e-12)


@pytest.mark.equation("eq-minima-last-layer")
@settings(deadline=None, max_examples=15)
@given(seeds, st.booleans())
def test_the_slopes_of_the_last_layer_are_phi_transposed_times_d(seed, soft) -> None:
    rng = np.random.default_rng(seed)
    p = NET.normal(rng, scale=1.0)
    X, N = rng.normal(size=(4, N_IN)), 4
    Y = np.eye(N_OUT)[rng.integers(N_OUT, size=N)]
    w, b, _, _ = parts(p)
    Phi = [
        [tanh(w[j][0] * x[0] + w[j][1] * x[1] + b[j]) for j in range(N_HIDDEN)] + [1]
        for x in X
    ]
    D = []
    for x, y in zip(X, Y, strict=True):
        a = output(p, x)
        if soft:
            total = sum(exp(t) for t in a)
            a = [exp(t) / total for t in a]
        D.append([a[j] - y[j] for j in range(N_OUT)])
    loss = softmax_cross_entropy if soft else quadratic
    slopes = complex_step(lambda r: cost(NET, r, X, Y, loss), p)
    dv = slopes[-(N_HIDDEN + 1) * N_OUT : -N_OUT].reshape(N_OUT, N_HIDDEN)
    dc = slopes[-N_OUT:]
    for j in range(N_OUT):
        for k in range(N_HIDDEN + 1):
            printed = sum(Phi[i][k] * D[i][j] for i in range(N)) / N
            ours = dc[j] if k == N_HIDDEN else dv[j, k]
            assert ours == pytest.approx(printed, abs=1e-10)


def test_a_layer_as_wide_as_the_data_has_full_rank_and_only_good_critical_points():
    """With Φ of rank N the last layer alone can bring the cost to zero."""
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
    net = Network((2, 5, 2), (tanh_activation, identity))
    p = net.normal(rng, scale=1.0)
    (W, b), _ = net.unpack(p)
    Phi = np.hstack([np.tanh(X @ W.T + b), np.ones((6, 1))])
    assert np.linalg.matrix_rank(Phi) == 6
    best = np.linalg.lstsq(Phi, Y, rcond=None)[0].T
    q = net.pack([(W, b), (best[:, :-1], best[:, -1])])
    assert cost(net, q, X, Y) < 1e-20


# The factorisation


def factor_cost(A, U, V) -> float:
    rows, columns = A.shape
    return (
        sum(
            (A[i, j] - sum(U[i, k] * V[j, k] for k in range(U.shape[1]))) ** 2
            for i in range(rows)
            for j in range(columns)
        )
        / 2
    )


@pytest.mark.equation("eq-minima-factor")
def test_the_cost_of_a_factorisation_is_that_of_a_network_without_activation():
    """Over the unit vectors as data, N times the quadratic cost."""
    rng = np.random.default_rng(3)
    A, U, V = rng.normal(size=(3, 4)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    net = Network((4, 2, 3), identity)
    p = net.pack([(V.T, np.zeros(2)), (U, np.zeros(3))])
    assert 4 * cost(net, p, np.eye(4), A.T) == pytest.approx(factor_cost(A, U, V))


def slopes(A, U, V):
    """The derivatives of the cost by differences, exact for a quartic but rounding."""
    h = 1e-3
    result = []
    for k in range(U.size + V.size):
        values = []
        for step in (-2, -1, 1, 2):
            both = np.concatenate([U.ravel(), V.ravel()])
            both[k] += step * h
            values.append(
                factor_cost(
                    A, both[: U.size].reshape(U.shape), both[U.size :].reshape(V.shape)
                )
            )
        result.append((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / 12 / h)
    return np.array(result)


def critical_point(rng, chosen, n=2):
    """A matrix of shape (4, 3) and a critical point for a set of indices."""
    left = np.linalg.qr(rng.normal(size=(4, 3)))[0]
    right = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    nu = np.array([3.0, 2.0, 1.0])
    G = rng.normal(size=(n, n)) + 3 * np.eye(n)
    U, V = np.zeros((4, n)), np.zeros((3, n))
    for k, i in enumerate(chosen):
        U[:, k], V[:, k] = nu[i] * left[:, i], right[:, i]
    A = left @ np.diag(nu) @ right.T
    return A, nu, U @ G, V @ np.linalg.inv(G).T


def second_derivatives(A, U, V):
    """Row by row the complex step of the gradient."""

    def gradient(z):
        U_z, V_z = z[: U.size].reshape(U.shape), z[U.size :].reshape(V.shape)
        R = U_z @ V_z.T - A
        return np.concatenate([(R @ V_z).ravel(), (R.T @ U_z).ravel()])

    z, h = np.concatenate([U.ravel(), V.ravel()]), 1e-20
    return np.array([gradient(z + 1j * h * e).imag / h for e in np.eye(z.size)])


SETS = [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]


@pytest.mark.equation("eq-minima-critical")
@pytest.mark.parametrize("chosen", SETS)
def test_critical_points_have_the_printed_costs_and_all_but_the_best_a_way_down(
    chosen,
) -> None:
    rng = np.random.default_rng(len(chosen) + 7)
    A, nu, U, V = critical_point(rng, chosen)
    assert np.abs(slopes(A, U, V)).max() < 1e-8
    printed = sum(nu[i] ** 2 for i in range(3) if i not in chosen) / 2
    assert factor_cost(A, U, V) == pytest.approx(printed)
    lowest = np.linalg.eigvalsh(second_derivatives(A, U, V))[0]
    if set(chosen) == {0, 1}:
        assert lowest > -1e-10
    else:
        assert lowest < -1e-2


@pytest.mark.parametrize("chosen", [s for s in SETS if set(s) != {0, 1}])
def test_the_proof_names_a_direction_of_negative_curvature(chosen) -> None:
    rng = np.random.default_rng(11)
    A, nu, U, V = critical_point(rng, chosen)
    left, values, right = np.linalg.svd(A, full_matrices=False)
    assert values == pytest.approx(nu)
    R = A - U @ V.T
    a = min(i for i in range(3) if i not in chosen)
    if len(chosen) < 2:
        # The columns of U and V do not have full rank: Vw = 0 for some w.
        w = np.linalg.svd(V)[2][-1]
        assert V @ w == pytest.approx(np.zeros(3), abs=1e-12)
        s = 1 + (U @ w) @ (U @ w) / nu[a]
        X, Y = s * np.outer(left[:, a], w), np.outer(right[a], w)
        printed = (U @ w) @ (U @ w) / 2 - s * nu[a]
    else:
        b = max(chosen)
        g = np.linalg.lstsq(V, right[b], rcond=None)[0]
        h = np.linalg.lstsq(U, left[:, b], rcond=None)[0]
        assert g @ h == pytest.approx(1 / nu[b])
        X, Y = np.outer(left[:, a], g), np.outer(right[a], h)
        printed = 1 - nu[a] / nu[b]
    curvature = np.sum((X @ V.T + U @ Y.T) ** 2) / 2 - np.sum(R * (X @ Y.T))
    assert curvature == pytest.approx(printed)
    assert curvature < 0
    t = 1e-4
    change = factor_cost(A, U + t * X, V + t * Y) - factor_cost(A, U, V)
    assert change == pytest.approx(curvature * t**2, rel=1e-2)


@pytest.mark.equation("eq-minima-escape")
@pytest.mark.parametrize(("nu", "eta"), [(4.0, 0.02), (1.0, 0.1), (8.0, 0.005)])
def test_a_start_ten_times_smaller_arrives_later_by_the_printed_steps(nu, eta) -> None:
    """One component alone, in scalars; whole steps, so to within one."""

    def arrival(size: float) -> int:
        u, v, steps = size, 0.5 * size, 0
        while u * v < nu / 2:
            miss = nu - u * v
            u, v, steps = u + eta * miss * v, v + eta * miss * u, steps + 1
        return steps

    for k in range(3, 8):
        later = arrival(10.0 ** -(k + 1)) - arrival(10.0**-k)
        assert abs(later - log(10) / log(1 + eta * nu)) <= 1


# What the figures show


def descend(A, U, V, steps, eta=0.02):
    record = []
    for _ in range(steps):
        R = A - U @ V.T
        record.append(np.sum(R**2) / 2)
        U, V = U + eta * R @ V, V + eta * R.T @ U
    return np.array(record)


def test_small_starts_come_down_a_staircase_of_critical_values() -> None:
    A = np.diag([8.0, 4.0, 2.0, 1.0])
    for seed in range(5):
        U, V = 1e-6 * np.random.default_rng(seed).normal(size=(2, 4, 2))
        record = descend(A, U, V, 500)
        assert (np.diff(record) < 1e-12).all()
        at = [int(np.sum(np.abs(record - level) < 0.5)) for level in (42.5, 10.5, 2.5)]
        assert min(at) > 30
        assert sum(at) > 400  # hardly a step elsewhere


@pytest.mark.parametrize("seed", range(3))
def test_without_the_first_row_the_run_ends_at_another_saddle(seed) -> None:
    U, V = 0.1 * np.random.default_rng(seed).normal(size=(2, 4, 2))
    U[0], V[0] = 0, 0
    record = descend(np.diag([8.0, 4.0, 2.0, 1.0]), U, V, 1000)
    assert record[-1] == pytest.approx((8**2 + 1**2) / 2)


def test_at_the_second_saddle_one_part_is_damped_and_one_grows() -> None:
    """There U is √ν₁ u₁eᵀ and V is √ν₁ q₁eᵀ; the second rows are small."""
    nu1, nu2, eta, h = 8.0, 4.0, 0.02, 1e-7
    A = np.diag([nu1, nu2, 2.0, 1.0])
    e, across = np.array([0.6, 0.8]), np.array([-0.8, 0.6])

    def factor(direction) -> float:
        U, V = np.zeros((4, 2)), np.zeros((4, 2))
        U[0] = V[0] = np.sqrt(nu1) * e
        U[1] = V[1] = h * direction
        R = A - U @ V.T
        stepped = U + eta * R @ V
        return float(stepped[1] @ direction / h)

    assert factor(across) == pytest.approx(1 + eta * nu2)
    assert factor(e) == pytest.approx(1 + eta * (nu2 - nu1))
    assert factor(e) < 1


@pytest.mark.parametrize("gamma", [1 / 3, 1.0, 3.0, 10.0])
def test_half_way_between_two_copies_a_rectifier_counts_more(gamma) -> None:
    w, b, v, x = 0.7, 0.2, 1.3, 0.9
    once = v * max(0, w * x + b)
    middle = (v + v / gamma) / 2 * max(0, (w + gamma * w) / 2 * x + (b + gamma * b) / 2)
    assert middle / once == pytest.approx((1 + gamma) ** 2 / (4 * gamma))
    assert middle >= once - 1e-12


@pytest.mark.parametrize("i", range(3))
def test_the_symmetric_case_of_rank_one_has_the_stated_curvatures(i) -> None:
    Q, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(4, 4)))
    lam = np.array([4.0, 2.5, 1.0, -1.0])
    A = Q @ np.diag(lam) @ Q.T
    u = np.sqrt(lam[i]) * Q[:, i]
    H = u @ u * np.eye(4) + 2 * np.outer(u, u) - A
    assert u @ u * u == pytest.approx(A @ u)
    expected = [2 * lam[i] if j == i else lam[i] - lam[j] for j in range(4)]
    assert np.diag(Q.T @ H @ Q) == pytest.approx(expected)
    assert (min(expected) > 0) == (i == 0)
