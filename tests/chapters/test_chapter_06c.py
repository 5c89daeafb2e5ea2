"""Chapter 6, unseen data: its equations as printed, and what its theorems say.

By other routes than the library's: scalars, sums, fractions, all outcomes at
once where there are few, and many draws where there are not.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import gamma, sqrt

import numpy as np
import pytest

from dlam import (
    Network,
    data,
    features,
    identity,
    relu,
    sampling,
    sgd,
    softmax_cross_entropy,
)

# Random labels


@pytest.mark.equation("eq-features-blind")
@pytest.mark.parametrize("K", [2, 3, 4])
def test_on_random_labels_every_classifier_has_the_test_error_of_guessing(K) -> None:
    """Two images seen, two unseen, all labels of all four, all classifiers."""
    bound = 1 - Fraction(1, K)
    for said in product(range(K), repeat=2):
        errors = [
            Fraction(sum(s != y for s, y in zip(said, true, strict=True)), 2)
            for true in product(range(K), repeat=2)
        ]
        assert sum(errors) / len(errors) == bound
        # A promise below that is broken for some labels, though all seen are fitted.
        assert max(errors) >= bound


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_network_learns_true_and_random_labels_alike(share) -> None:
    """The data behind the first figure, with fewer digits."""
    X, Y = data.digits()
    rng = np.random.default_rng(3)
    mixed = rng.permutation(len(X))
    seen, unseen = mixed[:60], mixed[60:]
    net = Network((64, 64, 10), (relu, identity))
    T = features.random_labels(Y[seen], share, rng)
    order = sampling.epochs(60, 100, rng).reshape(-1, 10)
    start = net.normal(rng, 0.1)
    p = sgd(net, start, X[seen], T, order, 0.3, softmax_cross_entropy).parameters
    said = net(p, X).argmax(axis=1)
    assert (said[seen] == T.argmax(axis=1)).all()
    wrong = np.mean(said[unseen] != Y[unseen].argmax(axis=1))
    assert wrong < 0.25 if share == 0 else wrong > 0.8


def test_one_hidden_layer_of_n_neurons_fits_any_labels() -> None:
    """The construction of the exercise, solved from the first neuron to the last."""
    rng = np.random.default_rng(5)
    x, y, w = rng.normal(size=(12, 3)), rng.normal(size=12), rng.normal(size=3)
    t = x @ w
    rows = np.argsort(t)
    theta = np.concatenate([[t.min() - 1], (t[rows][1:] + t[rows][:-1]) / 2])
    v: list[float] = []
    for i, row in enumerate(rows):
        before = sum(v[j] * max(0.0, t[row] - theta[j]) for j in range(i))
        v.append((y[row] - before) / (t[row] - theta[i]))
    net = Network((3, 12, 1), (relu, identity))
    layers = [(np.tile(w, (12, 1)), -theta), (np.array([v]), np.zeros(1))]
    np.testing.assert_allclose(net(net.pack(layers), x)[:, 0], y, atol=1e-6)


# Random features and their fit


@pytest.mark.equation("eq-features-map")
def test_a_feature_is_a_neuron_that_is_not_trained() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=4), rng.normal(size=(5, 4))
    found = features.random_features(x[np.newaxis], w)[0]
    for j in range(5):
        weighted = sum(w[j, i] * x[i] for i in range(4))
        assert found[j] == pytest.approx(max(0.0, weighted) / sqrt(5), abs=1e-12)


def triples(Phi):
    """The singular values with their vectors, those that are not zero."""
    left, nu, right = np.linalg.svd(Phi)
    return [(nu[i], left[:, i], right[i]) for i in range(len(nu)) if nu[i] > 1e-10]


SHAPES = [(3, 6), (6, 3), (4, 4)]


@pytest.mark.equation("eq-features-least-norm")
@pytest.mark.parametrize(("N", "M"), SHAPES)
def test_the_fit_of_least_norm_is_a_sum_over_singular_values(N, M) -> None:
    rng = np.random.default_rng(N)
    Phi, y = rng.normal(size=(N, M)), rng.normal(size=N)
    found = features.least_norm(Phi, y[:, np.newaxis])[:, 0]
    for j in range(M):
        total = sum(
            sum(u[i] * y[i] for i in range(N)) / nu * q[j] for nu, u, q in triples(Phi)
        )
        assert found[j] == pytest.approx(total, abs=1e-10)


def test_one_point_is_fitted_along_its_features() -> None:
    """The least-norm fit to a single point in fractions."""
    phi, y = [Fraction(1), Fraction(-2), Fraction(3)], Fraction(5)
    square = sum(f * f for f in phi)
    expected = [float(f * y / square) for f in phi]
    found = features.least_norm([[float(f) for f in phi]], [[float(y)]])
    assert found[:, 0] == pytest.approx(expected, abs=1e-14)


@pytest.mark.equation("eq-features-ridge")
@pytest.mark.parametrize(("N", "M"), SHAPES)
@pytest.mark.parametrize("mu", [0.01, 0.5, 4.0])
def test_the_ridge_fit_damps_each_singular_value(N, M, mu) -> None:
    rng = np.random.default_rng(N)
    Phi, y = rng.normal(size=(N, M)), rng.normal(size=N)
    found = features.least_norm(Phi, y[:, np.newaxis], ridge=mu)[:, 0]
    for j in range(M):
        total = 0.0
        for nu, u, q in triples(Phi):
            assert nu / (nu**2 + mu) <= 1 / (2 * sqrt(mu)) + 1e-15
            total += nu / (nu**2 + mu) * sum(u[i] * y[i] for i in range(N)) * q[j]
        assert found[j] == pytest.approx(total, abs=1e-10)
    # The other form: the normal equations, sum by sum.
    for j in range(M):
        left = mu * found[j] + sum(
            Phi[i, j] * Phi[i, k] * found[k] for i in range(N) for k in range(M)
        )
        right = sum(Phi[i, j] * y[i] for i in range(N))
        assert left == pytest.approx(right, abs=1e-10)


def test_a_small_norm_bounds_the_change_of_the_output() -> None:
    rng = np.random.default_rng(2)
    x, W = rng.normal(size=(20, 4)), rng.normal(size=(30, 4))
    phi = features.random_features(x, W)
    v = features.least_norm(phi[:10], rng.normal(size=(10, 1)))[:, 0]
    for i in range(20):
        for k in range(20):
            change = abs(phi[i] @ v - phi[k] @ v)
            apart = np.linalg.norm(phi[i] - phi[k])
            assert change <= np.linalg.norm(v) * apart + 1e-12


def test_more_features_never_raise_the_least_norm_of_an_exact_fit() -> None:
    rng = np.random.default_rng(4)
    phi, y = rng.normal(size=(8, 40)), rng.normal(size=(8, 1))
    norms = [np.linalg.norm(features.least_norm(phi[:, :M], y)) for M in range(8, 41)]
    assert all(np.diff(norms) <= 1e-9)


def test_ten_cosines_through_ten_points_leave_the_picture_and_many_do_not() -> None:
    """The data behind the figure of curves, by another solver of least squares."""
    places = np.linspace(-1, 1, 201)
    heights: dict[int, list[float]] = {5: [], 10: [], 1000: []}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, 10)
        y = np.sin(3 * x) + 0.2 * rng.normal(size=10)
        for M, found in heights.items():
            omega, theta = 2 * rng.standard_cauchy(M), rng.uniform(0, 2 * np.pi, M)
            at = np.cos(np.outer(x, omega) + theta)
            v = np.linalg.lstsq(at, y, rcond=1e-12)[0]
            if M == 1000:  # with ten the matrix may be singular to all digits
                assert np.allclose(at @ v, y, atol=1e-9)
            found.append(abs(np.cos(np.outer(places, omega) + theta) @ v).max())
    assert np.median(heights[10]) > 20 * np.median(heights[5])
    assert np.median(heights[1000]) < 1.5


# Theory


def chi_square_inverse(d: int) -> float:
    """The mean of 1/t by a sum over a fine grid, t having the density of the page."""
    c = 1 / (2 ** (d / 2) * gamma(d / 2))
    s = np.linspace(0, 12, 24_001)[1:]  # t = s², so that there is no pole at 0
    t = s**2
    return float(np.sum(c * t ** (d / 2 - 2) * np.exp(-t / 2) * 2 * s) * (s[1] - s[0]))


@pytest.mark.equation("eq-features-inverse-trace")
@pytest.mark.parametrize(("k", "r"), [(3, 1), (5, 1), (6, 2), (9, 4), (20, 10)])
def test_the_mean_of_the_trace_is_r_over_k_less_r_less_one(k, r) -> None:
    expected = r * chi_square_inverse(k - r + 1)
    assert expected == pytest.approx(r / (k - r - 1), rel=2e-3)
    assert features.inverse_trace(k, r) == r / (k - r - 1)


def test_the_mean_of_many_traces_is_that_of_the_lemma() -> None:
    G = np.random.default_rng(1).normal(size=(20_000, 12, 4))
    traces = np.trace(np.linalg.inv(G.swapaxes(1, 2) @ G), axis1=1, axis2=2)
    assert traces.mean() == pytest.approx(4 / 7, rel=0.02)


def test_the_inverse_has_the_squared_distances_on_its_diagonal() -> None:
    G = np.random.default_rng(2).normal(size=(6, 4))
    inverse = np.linalg.inv(G.T @ G)
    for j in range(4):
        others = np.delete(G, j, axis=1)
        h = G[:, j] - others @ np.linalg.lstsq(others, G[:, j], rcond=None)[0]
        assert inverse[j, j] == pytest.approx(1 / (h @ h), rel=1e-10)


def risk_as_printed(beta, N: int, M: int, variance) -> Fraction:
    D = len(beta)
    sigma_M = variance + sum(beta[j] ** 2 for j in range(M, D))
    if M <= N - 2:
        return sigma_M * (1 + Fraction(M, N - M - 1))
    assert M >= N + 2
    bias = (1 - Fraction(N, M)) * sum(beta[j] ** 2 for j in range(M))
    return sigma_M * (1 + Fraction(N, M - N - 1)) + bias


BETA = [Fraction(3, j + 2) for j in range(24)]
NOISE = Fraction(1, 2)


@pytest.mark.equation("eq-features-risk-below")
@pytest.mark.equation("eq-features-risk-above")
@pytest.mark.parametrize("N", [3, 10])
def test_the_risk_is_the_formula(N) -> None:
    risk = features.gaussian_risk([float(b) for b in BETA], N, float(NOISE))
    for M in range(25):
        if abs(M - N) > 1:
            expected = risk_as_printed(BETA, N, M, NOISE**2)
            assert risk[M] == pytest.approx(float(expected), rel=1e-12)
        else:
            assert risk[M] == np.inf


@pytest.mark.equation("eq-features-risk-below")
@pytest.mark.equation("eq-features-risk-above")
@pytest.mark.parametrize("M", [0, 2, 4, 18, 24])
def test_the_risk_is_the_mean_error_at_new_points(M) -> None:
    """Ten points to learn from and ten new ones, thousands of times."""
    rng = np.random.default_rng(M)
    beta = np.array([float(b) for b in BETA])
    x = rng.normal(size=(6000, 20, 24))
    y = x @ beta + float(NOISE) * rng.normal(size=(6000, 20))
    v = np.linalg.pinv(x[:, :10, :M]) @ y[:, :10, np.newaxis]
    errors = y[:, 10:] - (x[:, 10:, :M] @ v)[..., 0]
    expected = float(risk_as_printed(BETA, 10, M, NOISE**2))
    assert np.mean(errors**2) == pytest.approx(expected, rel=0.05)


def test_equally_weak_features_have_no_first_valley() -> None:
    for D in (20, 50):
        risk = features.gaussian_risk(np.full(D, D**-0.5), 20, 0.1)
        assert all(np.diff(risk[:19]) > 0)
    # Beyond the threshold they are all worth having.
    assert all(np.diff(features.gaussian_risk(np.full(100, 0.1), 20, 0.2)[22:]) < 0)


def test_random_features_have_a_peak_that_a_penalty_removes() -> None:
    """The data behind the second figure, with fewer digits."""
    X, Y = data.digits()
    sizes = [10, 40, 400]
    rows = []
    for seed in range(9):
        rng = np.random.default_rng(seed)
        mixed = rng.permutation(len(X))
        seen, unseen = mixed[:40], mixed[40:340]
        T = features.random_labels(Y[seen], 0.2, rng)
        W = rng.normal(size=(400, 64))
        centred = X - X[seen].mean(axis=0)
        for M in sizes:
            Phi = features.random_features(centred, W[:M])
            for ridge in (0.0, 0.1):
                V = features.least_norm(Phi[seen], T, ridge)
                said = (Phi[unseen] @ V).argmax(axis=1)
                wrong = np.mean(said != Y[unseen].argmax(axis=1))
                rows.append([wrong, np.linalg.norm(V)])
    error, norm = np.median(np.reshape(rows, (9, 3, 2, 2)), axis=0).T
    # error[ridge or not, size] and norm likewise
    assert error[0, 1] > error[0, 0] + 0.1
    assert error[0, 1] > error[0, 2] + 0.1
    assert error[1, 1] < error[1, 0]
    assert norm[0, 1] > 5 * norm[0, 2]


def test_wider_networks_do_not_read_worse() -> None:
    """The data behind the last figure, with two widths."""
    X, Y = data.digits()
    rng = np.random.default_rng(6)
    seen = np.array([rng.permutation(len(X))[:100] for _ in range(6)])
    order = np.stack([one[sampling.epochs(100, 60, rng)] for one in seen])
    order = order.reshape(6, -1, 5)
    errors = {}
    for n in (8, 64):
        net = Network((64, n, 10), (relu, identity))
        start = net.normal(np.random.default_rng(n), 0.1, size=6)
        p = sgd(net, start, X, Y, order, 0.3, softmax_cross_entropy).parameters
        wrong = net(p, X).argmax(axis=-1) != Y.argmax(axis=-1)
        assert np.mean([w[s].mean() for w, s in zip(wrong, seen, strict=True)]) < 0.01
        errors[n] = wrong.mean()
    assert errors[64] < errors[8]
