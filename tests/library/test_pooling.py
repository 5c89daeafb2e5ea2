"""Pooling is PyTorch's with clipped windows, and so is what it sends back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from dlam.pooling import (
    average_pool,
    average_pool_gradient,
    max_pool,
    max_pool_gradient,
)

F = torch.nn.functional
KINDS = {
    "max": (max_pool, max_pool_gradient, F.max_pool2d),
    "average": (average_pool, average_pool_gradient, F.avg_pool2d),
}
each_kind = pytest.mark.parametrize("kind", KINDS)
Pool = Callable[..., np.ndarray]


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, ...], int, int | None]:
    """Shapes of pictures, and windows that PyTorch accepts."""
    size = draw(st.integers(1, 4))
    stride = draw(st.none() | st.integers(1, 5))
    sides = st.integers(size, 9)
    shape = (
        *draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        *draw(st.tuples(sides, sides)),
    )
    return shape, size, stride


@each_kind
@given(case=windows(), seed=st.integers(0, 2**32 - 1), ties=st.booleans())
@example(case=((1, 2, 5, 6), 3, 1), seed=0, ties=True)
@example(case=((1, 1, 3, 4), 3, 1), seed=0, ties=False)
def test_it_is_pytorchs_and_so_is_what_it_sends_back(kind, case, seed, ties) -> None:
    pool, gradient, theirs = KINDS[kind]
    shape, size, stride = case
    rng = np.random.default_rng(seed)
    a = rng.integers(3, size=shape).astype(float) if ties else rng.normal(size=shape)
    twin = torch.from_numpy(a).requires_grad_()
    expected = theirs(twin, size, stride, ceil_mode=True)
    found = pool(a, size, stride)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=0, atol=1e-12)
    slope = rng.normal(size=found.shape)
    expected.backward(torch.from_numpy(slope))
    back = gradient(a, slope, size, stride)
    np.testing.assert_allclose(back, twin.grad.numpy(), rtol=0, atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_an_entry_is_what_the_formula_says_also_at_the_edge(seed) -> None:
    a = np.random.default_rng(seed).normal(size=(1, 2, 4, 6))
    inside = [a[0, 1, 2, 4], a[0, 1, 2, 5], a[0, 1, 3, 4], a[0, 1, 3, 5]]
    assert max_pool(a, 3, 2)[0, 1, 1, 2] == max(inside)
    mean = sum(inside) / 4
    assert average_pool(a, 3, 2)[0, 1, 1, 2] == pytest.approx(mean, abs=1e-14)


@pytest.mark.parametrize("pool", [max_pool, average_pool])
@pytest.mark.parametrize("stride", [None, 1, 2])
def test_a_window_larger_than_the_picture_is_clipped_to_it(pool, stride) -> None:
    assert pool(np.full((1, 1, 2, 2), 7.0), 5, stride).tolist() == [[[[7.0]]]]


def test_of_several_maxima_the_first_row_by_row_gets_the_slope() -> None:
    a = np.array([[[[0.0, 1.0], [1.0, 1.0]]]])
    assert max_pool_gradient(a, [[[[5.0]]]], 2).tolist() == [[[[0, 5.0], [0, 0]]]]


@given(seed=st.integers(0, 2**32 - 1))
def test_a_larger_picture_has_no_smaller_maxima_and_moves_them_no_further(seed) -> None:
    rng = np.random.default_rng(seed)
    a, d = rng.normal(size=(1, 1, 7, 7)), rng.random((1, 1, 7, 7))
    moved = max_pool(a + d, 3, 2) - max_pool(a, 3, 2)
    assert (moved >= 0).all()
    assert moved.max() <= d.max() + 1e-12


def test_of_several_maxima_with_other_imaginary_parts_the_first_is_taken() -> None:
    assert max_pool([[[[1 + 1j, 1 + 2j, 1 - 1j]]]], 3).tolist() == [[[[1 + 1j]]]]


@each_kind
@given(seed=st.integers(0, 2**32 - 1))
def test_a_complex_step_gives_the_derivative(kind, seed) -> None:
    pool, gradient, _ = KINDS[kind]
    rng = np.random.default_rng(seed)
    a, v = rng.normal(size=(2, 2, 5, 5)), rng.normal(size=(2, 2, 5, 5))
    along = pool(a + 1e-30j * v, 3, 2).imag / 1e-30
    slope = rng.normal(size=along.shape)
    back = (gradient(a, slope, 3, 2) * v).sum()
    assert (along * slope).sum() == pytest.approx(back, abs=1e-12)


@pytest.mark.parametrize("change", [gradient for _, gradient, _ in KINDS.values()])
def test_nothing_that_was_passed_is_changed(change: Pool) -> None:
    a, slope = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))
    a.flags.writeable = slope.flags.writeable = False
    change(a, slope, 2)


A = np.ones((1, 1, 3, 3))


@pytest.mark.parametrize(
    ("call", "arguments", "error", "message"),
    [
        (max_pool, (A[0], 2), ValueError, r"^a: expected shape \(N, C, H, W\)"),
        (max_pool, (A[:0], 2), ValueError, r"^a: expected shape \(N, C, H, W\)"),
        (average_pool, (A * np.nan, 2), ValueError, r"^a: expected finite"),
        (max_pool, (A, 0), ValueError, r"^size: expected at least 1"),
        (max_pool, (A, 2, 0), ValueError, r"^stride: expected at least 1"),
        (average_pool, (A, 2.0), TypeError, r"^size: expected an integer"),
        (max_pool_gradient, (A, A, 2), ValueError, r"^slope: expected shape"),
        (average_pool_gradient, (A, A, 2), ValueError, r"^slope: expected shape"),
    ],
)
def test_what_does_not_fit_is_refused(call, arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        call(*arguments)
