"""Chapter 9, "Learning with shared weights": equations as printed, and theorems.

Derivatives are taken by differences, windows by loops, and shifts by indices.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam.convolution import correlate, correlation_gradient
from dlam.pooling import (
    average_pool,
    average_pool_gradient,
    max_pool,
    max_pool_gradient,
)
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "09a-shared-weights.md")
seeds = st.integers(0, 10_000)
quick = settings(deadline=None, max_examples=20)


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


# Shared weights


@pytest.mark.equation("eq-cnn-shared")
@quick
@given(seeds, st.integers(1, 4))
def test_the_derivative_for_a_shared_weight_is_the_sum_over_its_positions(
    seed, r
) -> None:
    A = np.random.default_rng(seed).normal(size=(r, r))

    def G(u):
        return sum(np.sin(A[i, j] * u[i] + u[j]) for i in range(r) for j in range(r))

    def difference(f, h=1e-5):
        return (f(h) - f(-h)) / (2 * h)

    w, e = 0.7, np.eye(r)
    whole = difference(lambda h: G(np.full(r, w + h)))
    parts = [difference(lambda h, j=j: G(np.full(r, w) + h * e[j])) for j in range(r)]
    assert whole == pytest.approx(sum(parts), abs=1e-7)
    exact = ((A + 1) * np.cos((A + 1) * w)).sum()
    assert whole == pytest.approx(exact, abs=1e-7)


def test_the_example_with_one_weight_twice_is_right() -> None:
    h = 1e-6
    slope = ((5 * (1 + h) - 4) ** 2 - (5 * (1 - h) - 4) ** 2) / (2 * h)
    assert slope == pytest.approx(4 + 6)


def layer(a, K, b):
    """z of the layer, as a sum over everything."""
    c_out, c_in, k, _ = K.shape
    side = a.shape[-1] - k + 1
    z = np.zeros((c_out, side, side))
    for o, i, j in product(range(c_out), range(side), range(side)):
        z[o, i, j] = b[o] + sum(
            K[o, c, u, v] * a[c, i + u, j + v]
            for c, u, v in product(range(c_in), range(k), range(k))
        )
    return z


def setting(seed, c_in, c_out, k):
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=(c_in, 4, 4)), rng.normal(size=(c_out, c_in, k, k))
    b, y = rng.normal(size=c_out), rng.normal(size=(c_out, 5 - k, 5 - k))
    return a, K, b, y, layer(a, K, b) - y  # C = ½ Σ (z − y)², so δ = z − y


def slope_at(f, x, place, h=1e-5):
    up, down = x.copy(), x.copy()
    up[place] += h
    down[place] -= h
    return (f(up) - f(down)) / (2 * h)


cases = given(seeds, st.integers(1, 2), st.integers(1, 2), st.integers(1, 3))


@pytest.mark.equation("eq-shared-bias")
@quick
@cases
def test_the_derivative_for_a_bias_is_the_sum_of_the_errors(s, c_in, c_out, k) -> None:
    a, K, b, y, delta = setting(s, c_in, c_out, k)
    for o in range(c_out):
        printed = sum(delta[o, i, j] for i, j in np.ndindex(delta.shape[1:]))
        found = slope_at(lambda q: 0.5 * np.sum((layer(a, K, q) - y) ** 2), b, o)
        assert printed == pytest.approx(found, abs=1e-6)
        ours = correlation_gradient([a], K, [delta]).b[o]
        assert ours == pytest.approx(printed, abs=1e-12)


@pytest.mark.equation("eq-shared-weight")
@quick
@cases
def test_the_derivative_for_a_kernel_correlates_input_and_errors(
    s, c_in, c_out, k
) -> None:
    a, K, b, y, delta = setting(s, c_in, c_out, k)
    ours = correlation_gradient([a], K, [delta]).K
    for o, c, u, v in np.ndindex(K.shape):
        printed = sum(
            delta[o, i, j] * a[c, i + u, j + v] for i, j in np.ndindex(delta.shape[1:])
        )
        assert ours[o, c, u, v] == pytest.approx(printed, abs=1e-12)
    place = (c_out - 1, 0, k - 1, 0)
    found = slope_at(lambda q: 0.5 * np.sum((layer(a, q, b) - y) ** 2), K, place)
    assert ours[place] == pytest.approx(found, abs=1e-6)


@pytest.mark.equation("eq-full-convolution")
@quick
@cases
def test_errors_go_back_by_the_full_convolution(s, c_in, c_out, k) -> None:
    a, K, b, y, delta = setting(s, c_in, c_out, k)
    ours = correlation_gradient([a], K, [delta]).a[0]
    side = delta.shape[-1]

    def error(o, i, j):  # zero outside
        return delta[o, i, j] if 0 <= i < side and 0 <= j < side else 0.0

    for c, i, j in np.ndindex(a.shape):
        printed = sum(
            K[o, c, u, v] * error(o, i - u, j - v)
            for o, u, v in product(range(c_out), range(k), range(k))
        )
        assert ours[c, i, j] == pytest.approx(printed, abs=1e-12)
    found = slope_at(lambda q: 0.5 * np.sum((layer(q, K, b) - y) ** 2), a, (0, 1, 2))
    assert ours[0, 1, 2] == pytest.approx(found, abs=1e-6)


@quick
@given(seeds, st.integers(1, 3), st.integers(1, 2))
def test_the_way_back_is_the_transpose(seed, stride, padding) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=(1, 2, 6, 6)), rng.normal(size=(3, 2, 3, 3))
    z = correlate(a, K, stride, padding)
    delta = rng.normal(size=z.shape)
    back = correlation_gradient(a, K, delta, stride, padding).a
    assert np.sum(z * delta) == pytest.approx(np.sum(a * back), abs=1e-10)


def test_the_page_walks_over_positions_and_gets_the_lemma() -> None:
    cell = next(c for c in TEXT.cells if "def by_positions" in c.source)
    scope: dict = {"np": np}
    exec(cell.source, scope)
    a, K, _, _, delta = setting(3, 2, 3, 2)
    ours = correlation_gradient([a], K, [delta])
    for one, other in zip(
        scope["by_positions"](a, K, delta), (ours.a[0], ours.K, ours.b), strict=True
    ):
        assert one == pytest.approx(other, abs=1e-12)


# Pooling


@pytest.mark.equation("eq-max-pooling")
@pytest.mark.equation("eq-average-pooling")
@quick
@given(seeds, st.integers(1, 3), st.integers(1, 3))
def test_a_window_becomes_its_maximum_or_its_mean(seed, k, s) -> None:
    a = np.random.default_rng(seed).normal(size=(1, 2, 7, 7))
    largest, mean = max_pool(a, k, s), average_pool(a, k, s)
    for c, i, j in np.ndindex(largest.shape[1:]):
        places = [
            (s * i + u, s * j + v)
            for u, v in product(range(k), range(k))
            if s * i + u < 7 and s * j + v < 7  # cut off at the border
        ]
        window = [a[0, c, x, y] for x, y in places]
        assert largest[0, c, i, j] == max(window)
        printed = sum(window) / len(window)
        assert mean[0, c, i, j] == pytest.approx(printed, abs=1e-12)


@quick
@given(seeds, st.floats(0, 1))
def test_the_maximum_commutes_with_what_never_falls_and_forgets_no_more(
    seed, epsilon
) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(1, 1, 4, 4))
    for phi in (np.tanh, lambda x: np.maximum(x, 0), np.floor):
        assert (max_pool(phi(a), 2) == phi(max_pool(a, 2))).all()
    near = a + epsilon * rng.uniform(-1, 1, size=a.shape)
    gap = np.abs(max_pool(near, 2) - max_pool(a, 2)).max()
    assert gap <= np.abs(near - a).max() + 1e-15


def test_the_mean_does_not_commute_with_the_rectifier() -> None:
    a = [[[[-1.0, 1.0], [-1.0, 1.0]]]]
    assert average_pool(np.maximum(a, 0), 2).item() == 0.5
    assert np.maximum(average_pool(a, 2), 0).item() == 0


def test_at_a_tie_the_first_position_gets_the_slope() -> None:
    assert max_pool_gradient([[[[0.0, 0, 0]]]], [[[[5.0]]]], 3).tolist() == [
        [[[5, 0, 0]]]
    ]
    spread = average_pool_gradient([[[[0.0, 0], [0, 0]]]], [[[[8.0]]]], 2)
    assert spread.tolist() == [[[[2, 2], [2, 2]]]]


# Shifts


def shifted(a, steps: int, axis: int):
    return np.roll(a, steps, axis=axis)


@pytest.mark.equation("eq-cnn-equivariant")
@quick
@given(seeds, st.sampled_from([2, 3]))
def test_a_circular_layer_moves_with_its_input_and_the_global_mean_stays(
    seed, axis
) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=(1, 2, 5, 5)), rng.normal(size=(3, 2, 3, 3))

    def f(a):
        return np.maximum(correlate(a, K, padding=1, circular=True) + 0.3, 0)

    assert f(shifted(a, 1, axis)) == pytest.approx(shifted(f(a), 1, axis), abs=1e-12)
    means = [x.mean(axis=(2, 3)) for x in (f(shifted(a, 1, axis)), f(a))]
    assert means[0] == pytest.approx(means[1], abs=1e-12)
    moved = correlate(shifted(a, 1, axis), K, padding=1)
    gap = np.abs(moved - shifted(correlate(a, K, padding=1), 1, axis))
    assert gap.max() > 1e-6
    assert np.take(gap, [2, 3], axis).max() < 1e-12  # away from the rim of zeros


@pytest.mark.equation("eq-cnn-stride")
@quick
@given(seeds, st.sampled_from([2, 3]), st.sampled_from([2, 3]))
def test_a_stride_keeps_the_shifts_by_its_multiples_only(seed, axis, s) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=(1, 1, 6, 6)), rng.normal(size=(2, 1, 3, 3))
    for f in (
        lambda a: correlate(a, K, s, 1, circular=True)[:, :, : 6 // s, : 6 // s],
        lambda a: max_pool(a, s),
        lambda a: average_pool(a, s),
    ):
        whole = f(shifted(a, s, axis))
        assert whole == pytest.approx(shifted(f(a), 1, axis), abs=1e-12)
    once = average_pool(shifted(a, 1, axis), s)
    assert np.abs(once - average_pool(a, s)).max() > 1e-6


def test_a_constant_image_shows_the_border_of_zeros() -> None:
    K = np.random.default_rng(0).normal(size=(1, 1, 3, 3))
    flat = np.ones((1, 1, 9, 9))
    assert len(np.unique(correlate(flat, K, padding=1).round(9))) == 9
    assert len(np.unique(correlate(flat, K, padding=1, circular=True).round(9))) == 1


def test_of_the_maxima_of_independent_pixels_a_third_stays() -> None:
    a = np.random.default_rng(0).normal(size=(200, 1, 12, 12))
    for k, share in ((2, 1 / 3), (3, 1 / 2), (4, 3 / 5)):
        windows = [max_pool(a[..., d : d + 8 // k * k], k) for d in (0, 1)]
        assert np.mean(windows[0] == windows[1]) == pytest.approx(share, abs=0.03)
