"""The three ways to draw the order of the points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dlam.sampling import epochs, masks, minibatches, with_replacement
from shapes import check

count = st.integers(1, 30)
seeds = st.integers(0, 2**32 - 1)


@check()
@given(count, count, seeds)
def test_epochs_visit_every_point_exactly_once(N: int, n: int, seed: int) -> None:
    order = epochs(N, n, np.random.default_rng(seed))
    assert order.shape == (N * n,)
    assert order.dtype == np.int64
    for epoch in order.reshape(n, N):
        assert sorted(epoch) == [*range(N)]


@check()
@given(count, count, count, seeds)
def test_all_rows_drawn_are_rows(N: int, m: int, steps: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for order, shape in (
        (with_replacement(N, steps, rng), (steps,)),
        (minibatches(N, m, steps, rng), (steps, m)),
        (minibatches(N + m, m, steps, rng, replace=False), (steps, m)),
    ):
        assert order.shape == shape
        assert order.dtype == np.int64
        assert order.min() >= 0
        assert order.max() < N + m


@check()
@given(st.integers(0, 5), count, count, seeds)
def test_a_minibatch_without_replacement_has_no_point_twice(
    left: int, m: int, steps: int, seed: int
) -> None:
    order = minibatches(m + left, m, steps, np.random.default_rng(seed), replace=False)
    assert all(len({*batch}) == m for batch in order.tolist())


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: with_replacement(10, 50_000, rng),
        lambda rng: epochs(10, 5_000, rng)[::10],
        lambda rng: epochs(10, 5_000, rng)[9::10],
        lambda rng: minibatches(10, 5, 10_000, rng).ravel(),
        lambda rng: minibatches(10, 3, 5_000, rng, replace=False)[:, 0],
        lambda rng: minibatches(10, 3, 5_000, rng, replace=False)[:, 2],
    ],
)
def test_every_point_is_as_likely_as_every_other(draw: Any) -> None:
    counts = np.bincount(draw(np.random.default_rng(1)), minlength=10)
    assert stats.chisquare(counts).pvalue > 0.001


def test_epochs_are_shuffled_independently() -> None:
    order = epochs(8, 200, np.random.default_rng(1)).reshape(200, 8)
    assert len({tuple(epoch) for epoch in order.tolist()}) == 200


def test_the_same_generator_gives_the_same_order() -> None:
    a = minibatches(10, 3, 7, np.random.default_rng(5))
    np.testing.assert_array_equal(a, minibatches(10, 3, 7, np.random.default_rng(5)))


def test_bad_arguments_are_refused() -> None:
    rng = np.random.default_rng(1)
    for draw in (with_replacement, epochs):
        with pytest.raises(ValueError, match="N: expected at least 1, got 0"):
            draw(0, 5, rng)
        with pytest.raises(ValueError, match="expected at least 1, got -2"):
            draw(5, -2, rng)
        with pytest.raises(TypeError, match="expected an integer"):
            draw(5, 2.0, rng)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"rng: expected a .*Generator"):
            draw(5, 2, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="m: expected at least 1"):
        minibatches(5, 0, 2, rng)
    with pytest.raises(ValueError, match="m: expected at most 5"):
        minibatches(5, 6, 2, rng, replace=False)


@given(keep=st.sampled_from([0.25, 0.5, 0.8, 1.0]), seed=st.integers(0, 2**32 - 1))
def test_a_mask_keeps_the_share_that_is_asked_for(keep: float, seed: int) -> None:
    drawn = masks((200, 50), keep, np.random.default_rng(seed))
    assert drawn.shape == (200, 50)
    assert {*np.unique(drawn)} <= {0.0, 1 / keep}
    # Six standard deviations of the mean of 10 000 factors.
    assert abs(drawn.mean() - 1) <= 6 * np.sqrt((1 - keep) / keep / 10_000)


@pytest.mark.parametrize("keep", [0.0, -0.1, 1.1, np.nan, [0.5]])
def test_a_probability_to_keep_outside_its_bounds_is_refused(keep: float) -> None:
    with pytest.raises(ValueError, match=r"^keep: expected"):
        masks(3, keep, np.random.default_rng(1))


@pytest.mark.parametrize(("shape", "error"), [(0, ValueError), ((2, 1.5), TypeError)])
def test_a_shape_of_masks_that_is_none_is_refused(shape, error) -> None:
    with pytest.raises(error, match="shape"):
        masks(shape, 0.5, np.random.default_rng(1))
