"""Random labels, random features, and fits of least norm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlam import identity
from dlam.features import (
    gaussian_risk,
    inverse_trace,
    least_norm,
    random_features,
    random_labels,
)
from shapes import check

count = st.integers(1, 7)
seeds = st.integers(0, 2**32 - 1)


# Random labels


@check()
@given(st.integers(1, 30), st.integers(1, 5), st.floats(0, 1), seeds)
def test_random_labels_are_labels(N: int, K: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    Y = np.eye(K)[rng.integers(K, size=N)]
    before = Y.copy()
    T = random_labels(Y, share, rng)
    assert T.shape == Y.shape
    assert set(np.unique(T)) <= {0.0, 1.0}
    assert (T.sum(axis=1) == 1).all()
    assert np.array_equal(Y, before)


def test_a_share_of_zero_keeps_the_labels_and_one_forgets_them() -> None:
    Y = np.eye(4)[np.zeros(40_000, dtype=int)]
    rng = np.random.default_rng(1)
    assert np.array_equal(random_labels(Y, 0, rng), Y)
    counts = random_labels(Y, 1, rng).sum(axis=0)
    assert abs(counts - 10_000).max() < 500  # five standard deviations
    # With a half, 5/8 keep the first class: all that stay, and a quarter of the rest.
    assert abs(random_labels(Y, 0.5, rng)[:, 0].mean() - 5 / 8) < 0.015


@pytest.mark.parametrize(
    ("Y", "share", "message"),
    [
        ([[1.0, 1.0]], 0.5, "Y: expected a single 1"),
        ([[0.5, 0.5]], 0.5, "Y: expected a single 1"),
        ([1.0, 0.0], 0.5, "Y: expected rows and columns"),
        ([[1.0, 0.0]], 1.5, "share: expected a number from 0 to 1"),
        ([[1.0, 0.0]], -0.5, "share: expected a number from 0 to 1"),
        (np.zeros((0, 2)), 0.5, "Y: expected rows and columns"),
        ([[1.0, 0.0]], float("nan"), "share: expected finite"),
        ([[1.0, 0.0]], [0.5], "share: expected a number"),
    ],
)
def test_what_is_no_label_or_no_share_is_refused(Y, share, message) -> None:
    with pytest.raises(ValueError, match=message):
        random_labels(Y, share, np.random.default_rng(1))


def test_labels_need_a_generator() -> None:
    with pytest.raises(TypeError, match="rng: expected a numpy"):
        random_labels([[1.0]], 1, 7)


# Random features


@check()
@given(count, count, count, seeds)
def test_the_mean_square_of_all_features_does_not_depend_on_their_number(
    N: int, n: int, M: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(N, n)), rng.normal(size=(M, n))
    once = random_features(X, W)
    assert once.shape == (N, M)
    assert (once >= 0).all()
    twice = random_features(X, np.vstack([W, W]))
    np.testing.assert_allclose((twice**2).sum(axis=1), (once**2).sum(axis=1))


def test_the_features_of_the_identity_are_a_linear_map() -> None:
    X, W = [[1.0, 2.0]], [[3.0, 4.0], [0.0, -1.0]]
    found = random_features(X, W, identity)
    np.testing.assert_allclose(found, [[11 / 2**0.5, -2 / 2**0.5]])


def test_features_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"W: expected shape \(M, 2\), got \(1, 3\)"):
        random_features([[1.0, 2.0]], [[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="X: expected two dimensions"):
        random_features(np.ones((2, 2, 2)), np.ones((1, 2)))
    with pytest.raises(ValueError, match="W: expected finite"):
        random_features([[1.0]], [[float("inf")]])
    with pytest.raises(TypeError, match="activation: expected an Activation"):
        random_features([[1.0]], [[1.0]], np.cos)  # type: ignore[arg-type]


# The fit


def problem(N: int, M: int, K: int, seed: int, rank: int | None = None):
    rng = np.random.default_rng(seed)
    Phi = rng.normal(size=(N, M))
    if rank is not None:
        Phi = rng.normal(size=(N, rank)) @ rng.normal(size=(rank, M))
    return Phi, rng.normal(size=(N, K))


@check()
@given(count, count, st.integers(1, 3), seeds, st.none() | st.integers(1, 2))
def test_the_fit_of_least_norm_is_best_and_smallest(N, M, K, seed, rank) -> None:
    """Its residual is orthogonal to the columns, and it lies in the row space."""
    Phi, Y = problem(N, M, K, seed, rank)
    V = least_norm(Phi, Y)
    size = 1 + np.linalg.norm(V)
    assert np.abs(Phi.T @ (Phi @ V - Y)).max() < 1e-9 * size * np.linalg.norm(Phi) ** 2
    null = np.eye(M) - np.linalg.pinv(Phi, rcond=1e-12) @ Phi
    assert np.abs(null @ V).max() < 1e-6 * size


@check()
@given(count, count, st.integers(1, 3), st.floats(0.01, 10), seeds)
def test_the_ridge_fit_has_gradient_zero_on_either_side(N, M, K, mu, seed) -> None:
    Phi, Y = problem(N, M, K, seed)
    V = least_norm(Phi, Y, ridge=mu)
    np.testing.assert_allclose(Phi.T @ (Phi @ V - Y) + mu * V, 0, atol=1e-9)
    assert np.linalg.norm(V) <= np.linalg.norm(least_norm(Phi, Y)) * (1 + 1e-9)


def test_leading_axes_are_many_problems_at_once() -> None:
    rng = np.random.default_rng(1)
    Phi, Y = rng.normal(size=(3, 1, 4, 6)), rng.normal(size=(2, 4, 5))
    for ridge in (0.0, 0.3):
        V = least_norm(Phi, Y, ridge)
        assert V.shape == (3, 2, 6, 5)
        for i in range(3):
            for j in range(2):
                one = least_norm(Phi[i, 0], Y[j], ridge)
                np.testing.assert_allclose(V[i, j], one, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-40, 1e-5, 1e5, 1e40])
def test_what_is_negligible_is_so_next_to_the_largest(scale: float) -> None:
    Phi, Y = problem(6, 5, 2, 1, rank=3)
    V = least_norm(Phi, Y)
    np.testing.assert_allclose(scale * least_norm(scale * Phi, Y), V, rtol=1e-9)
    together = least_norm(np.stack([Phi, scale * Phi]), Y)
    np.testing.assert_allclose(together, np.stack([V, V / scale]), rtol=1e-9)


def test_a_matrix_of_zeros_is_fitted_by_zero() -> None:
    assert not least_norm(np.zeros((2, 3)), np.ones((2, 1))).any()


@pytest.mark.parametrize(
    ("Phi", "Y", "ridge", "message"),
    [
        ([[1.0]], [[1.0], [2.0]], 0.0, "Y: expected 1 rows like Phi"),
        ([1.0], [[1.0]], 0.0, "Phi: expected rows and columns"),
        ([[1.0]], [1.0], 0.0, "Y: expected rows and columns"),
        ([[float("nan")]], [[1.0]], 0.0, "Phi: expected finite"),
        ([[1.0]], [[1.0]], -1.0, "ridge: expected a number of at least 0"),
        ([[1.0]], [[1.0]], [1.0], "ridge: expected a number"),
    ],
)
def test_fits_that_cannot_be_are_refused(Phi, Y, ridge, message) -> None:
    with pytest.raises(ValueError, match=message):
        least_norm(Phi, Y, ridge)


# What theory expects


def test_the_mean_of_the_trace_is_infinite_at_the_threshold_only() -> None:
    for k in range(1, 12):
        values = [inverse_trace(k, r) for r in range(k + 1)]
        assert values == sorted(values)
        assert values[0] == 0
        assert np.isinf(values[max(k - 1, 1) :]).all()
        assert np.isfinite(values[: max(k - 1, 1)]).all()


def test_sizes_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="k: expected at least 1"):
        inverse_trace(0, 0)
    with pytest.raises(ValueError, match="r: expected 0 to k = 3, got 4"):
        inverse_trace(3, 4)
    with pytest.raises(ValueError, match="r: expected 0 to k = 3, got -1"):
        inverse_trace(3, -1)
    with pytest.raises(TypeError, match="r: expected an integer"):
        inverse_trace(3, 1.5)  # type: ignore[arg-type]


@check()
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=30), count, st.floats(0.1, 2))
def test_the_risk_is_at_least_the_noise_and_begins_with_the_variance(
    beta, N, noise
) -> None:
    risk = gaussian_risk(beta, N, noise)
    assert risk.shape == (len(beta) + 1,)
    assert (risk >= noise**2 * (1 - 1e-12)).all()
    assert risk[0] == pytest.approx(noise**2 + sum(b * b for b in beta))
    for M, value in enumerate(risk):
        assert np.isinf(value) == (abs(M - N) <= 1 and M > 0)


def test_without_noise_features_that_say_all_are_fitted_exactly() -> None:
    risk = gaussian_risk([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 3, 0.0)
    # From one feature on nothing is unknown, and from four on there is a bias.
    np.testing.assert_allclose(risk, [1, 0, 0, 0, 1 / 4, 2 / 5, 1 / 2])
    # One point suffices for one feature.
    np.testing.assert_allclose(gaussian_risk([1, 0, 0], 1, 0), [1, 0, 1 / 2, 2 / 3])


@pytest.mark.parametrize(
    ("beta", "N", "noise", "message"),
    [
        ([[1.0]], 3, 0.1, r"beta: expected shape \(D,\)"),
        ([], 3, 0.1, r"beta: expected shape \(D,\)"),
        ([float("inf")], 3, 0.1, "beta: expected finite"),
        ([1.0], 0, 0.1, "N: expected at least 1"),
        ([1.0], 3, -0.1, "noise: expected a number of at least 0"),
    ],
)
def test_models_that_cannot_be_are_refused(beta, N, noise, message) -> None:
    with pytest.raises(ValueError, match=message):
        gaussian_risk(beta, N, noise)
