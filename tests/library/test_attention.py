"""Attention is PyTorch's, and its derivatives are those of its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam.attention import attention, attention_gradient

sizes = st.integers(1, 5)


@given(
    n=sizes, m=sizes, d=sizes, width=sizes, seed=st.integers(0, 2**32 - 1),
    masked=st.booleans(),
)  # fmt: skip
def test_it_is_that_of_pytorch_and_so_are_its_derivatives(
    n: int, m: int, d: int, width: int, seed: int, masked: bool
) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=size) for size in ((n, d), (m, d), (m, width))]
    slope, mask = rng.normal(size=(n, width)), None
    if masked:
        mask = rng.random((n, m)) < 0.5
        mask[:, 0] = True
    twins = [torch.from_numpy(x).requires_grad_() for x in arrays]
    allowed = None if mask is None else torch.from_numpy(mask)
    found = torch.nn.functional.scaled_dot_product_attention(
        *(twin[None] for twin in twins), attn_mask=allowed
    )[0]
    expected = found.detach().numpy()
    np.testing.assert_allclose(attention(*arrays, mask), expected, rtol=1e-10)
    found.backward(torch.from_numpy(slope))
    for ours, twin in zip(attention_gradient(*arrays, slope, mask), twins, strict=True):
        np.testing.assert_allclose(ours, twin.grad.numpy(), rtol=1e-8, atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_an_entry_of_it_is_the_mean_that_the_formula_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    Q, K, V = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    weights = [
        np.exp(sum(Q[1, c] * K[j, c] for c in range(3)) / 3**0.5) for j in range(4)
    ]
    mean = sum(w * V[j, 0] for j, w in enumerate(weights)) / sum(weights)
    assert attention(Q, K, V)[1, 0] == pytest.approx(mean)


def test_large_scores_do_not_overflow() -> None:
    assert attention([[1e200]], [[1e100], [0.0]], [[1.0], [2.0]]).tolist() == [[1.0]]


ONE = [[1.0]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0], ONE, ONE), ValueError, r"^Q: expected rows"),
        ((ONE, np.ones((0, 1)), ONE), ValueError, r"^K: expected rows"),
        ((ONE, ONE, [[np.nan]]), ValueError, r"^V: expected finite"),
        ((ONE, [[1.0, 2.0]], ONE), ValueError, r"^K, V: expected keys of 1"),
        ((ONE, ONE, [[1.0], [2.0]]), ValueError, r"^K, V: .* a value for each"),
        ((ONE, ONE, ONE, [[1]]), TypeError, r"^mask: expected truth values"),
        ((ONE, ONE, ONE, [[False]]), ValueError, r"^mask: expected shape \(1, 1\)"),
        ((ONE, ONE, ONE, [[True, True]]), ValueError, r"^mask: expected shape"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        attention(*arguments)


def test_a_slope_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^slope: expected shape \(1, 1\)"):
        attention_gradient(ONE, ONE, ONE, [[1.0, 2.0]])
