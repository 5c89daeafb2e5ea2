"""Correlations are PyTorch's convolutions, and a matrix does the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam.convolution import correlate, matrix

small = st.integers(1, 3)


@given(
    shape=st.tuples(small, small, st.integers(3, 6), st.integers(3, 6)),
    outputs=small, k=st.tuples(small, small), stride=small,
    padding=st.integers(0, 2), seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_it_is_pytorchs_and_the_matrix_does_the_same(
    shape, outputs, k, stride, padding, seed
) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=shape), rng.normal(size=(outputs, shape[1], *k))
    found = correlate(a, K, stride, padding)
    expected = torch.nn.functional.conv2d(
        torch.from_numpy(a), torch.from_numpy(K), stride=stride, padding=padding
    )
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-12)
    flat = a.reshape(len(a), -1) @ matrix(K, shape[1:], stride, padding).T
    np.testing.assert_allclose(flat, found.reshape(len(a), -1), atol=1e-12)


def test_an_entry_is_the_sum_that_the_formula_says() -> None:
    rng = np.random.default_rng(1)
    a, K = rng.normal(size=(1, 2, 5, 6)), rng.normal(size=(3, 2, 2, 3))
    total = sum(
        K[2, c, u, v] * a[0, c, 2 * 1 + u, 2 * 1 + v]
        for c in range(2)
        for u in range(2)
        for v in range(3)
    )
    assert correlate(a, K, stride=2)[0, 2, 1, 1] == pytest.approx(total)


A, K = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((A[0], K), r"^a: expected shape \(N, C, H, W\)"),
        ((A, K[0]), r"^K: expected shape \(O, C, k, k\)"),
        ((A, np.ones((1, 2, 2, 2))), r"^K: expected 1 channels, got 2"),
        ((A, np.ones((1, 1, 4, 2))), r"^K: expected at most the size"),
        ((A, K, 0), r"^stride: expected at least 1"),
        ((A, K, 1, -1), r"^padding: expected at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        correlate(*arguments)


def test_a_kernel_may_be_as_large_as_the_padded_picture() -> None:
    assert correlate(A, np.ones((1, 1, 5, 5)), padding=1).tolist() == [[[[9.0]]]]


def test_a_shape_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^shape: expected \(C, H, W\)"):
        matrix(K, (3, 3))
