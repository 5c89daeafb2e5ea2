"""Separable labellings, growing matrices, points in a ball, distances."""

from __future__ import annotations

from itertools import combinations, pairwise, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from dlam.dimension import (
    contrast,
    cover_count,
    cuts_off,
    in_ball,
    labellings,
    positive_chances,
    separable,
)

seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=20)


def changes(s: Any) -> int:
    return sum(a != b for a, b in pairwise(s))


def moment_curve(N: int, d: int) -> np.ndarray:
    """N points (1, t, …, t^(d−1)), of which any d are independent (Vandermonde)."""
    t = np.linspace(-1, 1, N)
    return t[:, np.newaxis] ** np.arange(d)


@given(st.integers(1, 9), st.integers(1, 9))
def test_the_count_is_that_of_sequences_with_few_changes_of_sign(N, d) -> None:
    # On the moment curve a hyperplane is a polynomial of degree d − 1.
    few = [s for s in product([1, -1], repeat=N) if changes(s) < d]
    assert cover_count(N, d) == len(few)


def test_a_point_more_than_dimensions_forbids_two_labellings() -> None:
    for d in range(1, 40):
        assert cover_count(d, d) == 2**d
        assert cover_count(d + 1, d) == 2 ** (d + 1) - 2
        assert 2 * cover_count(2 * d, d) == 2 ** (2 * d)


def test_all_labellings_are_there_once() -> None:
    for N in (1, 2, 5, 16):
        S = labellings(N)
        assert S.shape == (2**N, N)
        assert len(np.unique(S, axis=0)) == 2**N
        assert set(S.ravel()) == {1, -1}


@pytest.mark.parametrize(("N", "d"), [(5, 1), (5, 2), (6, 3), (7, 4), (4, 6)])
def test_on_the_moment_curve_few_changes_of_sign_are_separable(N, d) -> None:
    S = labellings(N)
    few = [changes(s) < d for s in S]
    assert separable(moment_curve(N, d), S).tolist() == few


@quick
@given(st.integers(1, 8), st.integers(1, 4), seeds)
def test_what_is_not_separable_has_multipliers_that_say_so(N, d, seed) -> None:
    rng = np.random.default_rng(seed)
    X, S = rng.normal(size=(20, N, d)), rng.choice([-1, 1], size=(20, N))
    for x, s, found in zip(X, S, separable(X, S), strict=True):
        # Farkas: mu ≥ 0, sum mu = 1, sum mu s x = 0 exists if and only if not.
        conditions = np.vstack([(s[:, np.newaxis] * x).T, np.ones(N)])
        misfit = nnls(conditions, np.append(np.zeros(d), 1.0))[1]
        assert found == (misfit > 1e-9)


def test_each_labelling_may_have_points_of_its_own() -> None:
    rng = np.random.default_rng(1)
    X, S = rng.normal(size=(700, 8, 4)), rng.choice([-1, 1], size=(700, 8))
    together = separable(X, S)  # in more than one linear program
    assert 0.4 < together.mean() < 0.6
    for k in (0, 1, 350, 699):
        assert separable(X[k], S[k : k + 1])[0] == together[k]


def test_a_single_point_takes_any_label() -> None:
    assert separable([[2.0]], [[-1.0]]).tolist() == [True]


def test_a_linear_program_that_is_not_solved_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = SimpleNamespace(status=4, message="too hard", x=np.zeros(2))
    monkeypatch.setattr("scipy.optimize.linprog", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="the linear program failed: too hard"):
        separable([[2.0]], [[1.0]])


@quick
@given(st.integers(1, 6), st.integers(1, 3), seeds)
def test_opposite_labels_and_longer_points_change_nothing(N, d, seed) -> None:
    rng = np.random.default_rng(seed)
    X, S = rng.normal(size=(N, d)), labellings(N)
    found = separable(X, S)
    assert np.array_equal(separable(X, -S), found)
    longer = rng.uniform(0.5, 2, size=(N, 1)) * X
    assert np.array_equal(separable(longer, S), found)


def test_estimates_of_growing_matrices_agree_with_plain_sampling() -> None:
    rng = np.random.default_rng(2)
    estimates = positive_chances(4, 100_000, rng)
    for n in range(1, 5):
        G = rng.normal(size=(100_000, n, n))
        eigenvalues = np.linalg.eigvalsh((G + G.swapaxes(1, 2)) / np.sqrt(2))
        plain = np.mean(eigenvalues.min(axis=1) > 0)
        error = np.sqrt(plain * (1 - plain) / 100_000)
        assert abs(estimates[n - 1] - plain) < 8 * error
    assert np.array_equal(
        positive_chances(3, 50, np.random.default_rng(1)),
        positive_chances(3, 50, np.random.default_rng(1)),
    )


@pytest.mark.parametrize("d", [1, 2, 3, 10])
def test_the_share_of_a_smaller_ball_is_its_volume(d) -> None:
    X = in_ball(np.random.default_rng(d), 20_000, d)
    assert X.shape == (20_000, d)
    lengths = np.linalg.norm(X, axis=1)
    for share in (0.1, 0.5, 0.9):
        assert abs(np.mean(lengths <= share ** (1 / d)) - share) < 0.02
    assert np.abs(X.mean(axis=0)).max() < 0.03


def test_sets_of_points_come_with_a_leading_axis() -> None:
    X = in_ball(np.random.default_rng(1), 3, 2, size=10_000)
    assert X.shape == (10_000, 3, 2)
    lengths = np.linalg.norm(X, axis=-1)
    for share in (0.1, 0.5, 0.9, 1):
        inside = np.mean(lengths <= share**0.5, axis=0)
        np.testing.assert_allclose(inside, share, atol=0.02)


@quick
@given(st.integers(1, 6), st.integers(1, 3), seeds)
def test_cutting_off_and_contrast_are_what_their_loops_say(N, d, seed) -> None:
    X = np.random.default_rng(seed).normal(size=(2, N + 1, d))
    cut, ratios = cuts_off(X), contrast(X)
    for x, c, ratio in zip(X, cut, ratios, strict=True):
        assert np.array_equal(cuts_off(x), c)
        np.testing.assert_allclose(contrast(x), ratio, rtol=0, atol=1e-12)
        for i in range(N + 1):
            distances = [np.linalg.norm(x[i] - y) for j, y in enumerate(x) if j != i]
            assert ratio[i] == pytest.approx(min(distances) / max(distances), abs=1e-6)
            for j in range(N + 1):
                smaller = sum(a * b for a, b in zip(x[i], x[j], strict=True)) < sum(
                    a * a for a in x[i]
                )
                assert c[i, j] == (smaller or i == j)


def test_a_point_that_is_cut_off_is_linearly_separable() -> None:
    X = in_ball(np.random.default_rng(3), 30, 4)
    alone = separable(np.column_stack([np.ones(30), X]), 2 * np.eye(30) - 1)
    cut = cuts_off(X).all(axis=1)
    assert 0 < cut.sum() < 30
    assert alone[cut].all()


def test_contrast_does_not_depend_on_where_or_how_large() -> None:
    X = np.random.default_rng(4).normal(size=(10, 3))
    np.testing.assert_allclose(contrast(5 + 0.1 * X), contrast(X), rtol=1e-9)
    np.testing.assert_allclose(contrast(1e6 + X), contrast(X), rtol=1e-8)


def test_a_point_that_is_there_twice_has_contrast_zero() -> None:
    X = np.random.default_rng(5).normal(size=(100, 3, 4))
    X[:, 1] = X[:, 0]
    np.testing.assert_allclose(contrast(X)[:, :2], 0, atol=1e-7)


def test_a_single_point_is_cut_off_from_all_others() -> None:
    assert cuts_off([[2.0]]).tolist() == [[True]]


def test_general_position_is_what_the_moment_curve_has() -> None:
    for rows in combinations(moment_curve(7, 4), 4):
        assert np.linalg.matrix_rank(np.array(rows)) == 4


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cover_count(0, 1), ValueError, "N: expected at least 1"),
        (lambda: cover_count(1, 1.5), TypeError, "d: expected an integer"),
        (lambda: labellings(17), ValueError, "N: expected at most 16"),
        (lambda: separable([[1.0]], [[0.5]]), ValueError, "S: expected labels"),
        (lambda: separable([[1.0]], [1.0]), ValueError, "S: expected labels"),
        (lambda: separable([[1.0]], [[1.0, 1.0]]), ValueError, "X: expected shape"),
        (lambda: separable(np.ones((3, 2)), np.ones((0, 3))), ValueError, "S: exp"),
        (lambda: separable(np.ones((0, 2)), np.ones((3, 0))), ValueError, "S: exp"),
        (lambda: separable(np.ones((3, 0)), np.ones((1, 3))), ValueError, "X: exp"),
        (lambda: separable(np.ones((2, 3, 0)), np.ones((2, 3))), ValueError, "X: e"),
        (lambda: separable([[np.nan]], [[1.0]]), ValueError, "X: expected finite"),
        (lambda: positive_chances(1, 1, 5), TypeError, "rng: expected"),
        (lambda: positive_chances(0, 1, np.random.default_rng(1)), ValueError, "n: e"),
        (
            lambda: positive_chances(9, 1, np.random.default_rng(1)),
            ValueError,
            "size: none of 1 matrices survives",
        ),
        (lambda: in_ball(np.random.default_rng(1), 1, 0), ValueError, "d: expected"),
        (lambda: in_ball(np.random.default_rng(1), 1, 1, 0), ValueError, "size: exp"),
        (lambda: cuts_off([1.0]), ValueError, "X: expected shape"),
        (lambda: cuts_off(np.ones((0, 2))), ValueError, "X: expected shape"),
        (lambda: contrast([[1.0, 2.0]]), ValueError, "X: expected at least two"),
        (lambda: contrast([[1.0], [1.0]]), ValueError, "X: expected points that"),
    ],
)
def test_wrong_input_is_refused(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
