"""A block is PyTorch's encoder layer, and its gradient that of autograd."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import cost, gradient, gradient_descent, sgd
from dlam.blocks import Block
from dlam.gradcheck import finite_difference
from dlam.rules import adam

sizes = st.integers(1, 3)


def twin(block: Block, p: np.ndarray) -> torch.nn.Module:
    """Return the layer of PyTorch with the same parameters."""
    layer = torch.nn.TransformerEncoderLayer(
        block.width, block.heads, block.shapes[4][0], dropout=0, batch_first=True,
        norm_first=True, dtype=torch.float64,
    )  # fmt: skip
    torch.nn.utils.vector_to_parameters(torch.from_numpy(p), layer.parameters())
    return layer


def mask(block: Block, n: int) -> torch.Tensor | None:
    """Return what PyTorch hides, which is what may not be looked at."""
    return torch.ones(n, n, dtype=torch.bool).triu(1) if block.causal else None


@settings(deadline=None, max_examples=25)
@given(N=sizes, n=sizes, part=sizes, heads=sizes, hidden=sizes, causal=st.booleans(),
       seed=st.integers(0, 2**32 - 1))  # fmt: skip
def test_it_is_the_encoder_layer_of_pytorch_and_so_is_its_gradient(
    N, n, part, heads, hidden, causal, seed
) -> None:
    rng = np.random.default_rng(seed)
    block = Block(part * heads, heads, hidden, causal)
    p = rng.normal(size=block.n_parameters)
    X, slope = rng.normal(size=(2, N, n, block.width))
    layer = twin(block, p)
    found = layer(torch.from_numpy(X), src_mask=mask(block, n))
    ours, back = block.pullback(p, X)
    expected = found.detach().numpy().reshape(N, -1)
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-11)
    found.backward(torch.from_numpy(slope))
    of_torch = torch.nn.utils.parameters_to_vector(q.grad for q in layer.parameters())
    scale = 1 + np.abs(of_torch.numpy()).max()
    difference = back(slope.reshape(N, -1)) - of_torch.numpy()
    # A width of 1 is normalised to 0, and divides by the root of 1e-5.
    assert np.abs(difference).max() <= 1e-11 * scale


def test_at_the_sizes_of_the_book_the_difference_is_rounding() -> None:
    rng = np.random.default_rng(1)
    block = Block(16, 4, causal=True)
    p, X = block.normal(rng), rng.normal(size=(5, 7, 16))
    found = twin(block, p)(torch.from_numpy(X), src_mask=mask(block, 7))
    difference = block(p, X) - found.detach().numpy().reshape(5, -1)
    assert np.abs(difference).max() < 1e-12


def test_its_attention_is_the_multi_head_attention_of_pytorch() -> None:
    rng = np.random.default_rng(2)
    block = Block(6, 3, hidden=1)
    p, X = block.normal(rng), rng.normal(size=(4, 5, 6))
    p[block.n_parameters - 5 * 6 - 6 - 1 - 6 :][: 6 + 1 + 6] = 0  # no hidden neuron
    attend = torch.nn.MultiheadAttention(6, 3, batch_first=True, dtype=torch.float64)
    s = sum(q.numel() for q in attend.parameters())
    start = torch.from_numpy(p[:s].copy())
    torch.nn.utils.vector_to_parameters(start, attend.parameters())
    u = (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-5)
    u = torch.from_numpy(u)
    expected = X + attend(u, u, u, need_weights=False)[0].detach().numpy()
    np.testing.assert_allclose(block(p, X), expected.reshape(4, -1), rtol=0, atol=1e-12)


def test_the_gradient_of_the_cost_is_that_of_differences() -> None:
    rng = np.random.default_rng(3)
    block = Block(4, 2, hidden=5, causal=True)
    p = block.normal(rng)
    X, Y = rng.normal(size=(3, 4, 4)), rng.normal(size=(3, 16))
    found = gradient(block, p, X, Y)
    for expected in (finite_difference(lambda q: cost(block, q, X, Y), p),):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), causal=st.booleans())
def test_an_ensemble_is_its_blocks_one_by_one(seed, causal) -> None:
    rng = np.random.default_rng(seed)
    block = Block(4, 2, hidden=3, causal=causal)
    P = block.normal(rng, size=3)
    X, Y = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 20))
    together, apart = block(P, X), [block(p, X) for p in P]
    np.testing.assert_allclose(together, apart, rtol=0, atol=1e-12)
    slopes = [gradient(block, p, X, Y) for p in P]
    np.testing.assert_allclose(gradient(block, P, X, Y), slopes, rtol=0, atol=1e-12)


def test_a_hidden_neuron_at_zero_sends_nothing_back() -> None:
    rng = np.random.default_rng(8)
    block = Block(2, hidden=1)
    p, X = block.normal(rng), rng.normal(size=(3, 4, 2))
    into = slice(3 * 4 + 3 * 2 + 4 + 2, 3 * 4 + 3 * 2 + 4 + 2 + 2 + 1)
    p[into] = 0
    output, back = block.pullback(p, X)
    slope = back(np.ones_like(output))
    assert (slope[into] == 0).all()
    assert (slope != 0).any()


def test_descent_works_on_it_as_on_any_model() -> None:
    rng = np.random.default_rng(4)
    block = Block(4, 2, hidden=8)
    X, Y = rng.normal(size=(6, 3, 4)), rng.normal(size=(6, 12))
    P = block.normal(rng, size=2)
    run = gradient_descent(block, P, X, Y, 20, 0.02)
    assert (run.cost[:, -1] < run.cost[:, 0]).all()
    order = rng.integers(6, size=(30, 2))
    run = sgd(block, P[0], X, Y, order, 0.01, rule=adam())
    assert run.cost[-1] < run.cost[0]


def test_without_a_mask_a_change_of_order_changes_the_order_and_nothing_else() -> None:
    rng = np.random.default_rng(5)
    X, swap = rng.normal(size=(1, 5, 4)), rng.permutation(5)
    for causal, same in ((False, True), (True, False)):
        block = Block(4, 2, causal=causal)
        p = block.normal(rng)
        plain, swapped = (block(p, x).reshape(5, 4) for x in (X, X[:, swap]))
        assert np.allclose(swapped, plain[swap]) == same


def test_a_start_has_the_spread_that_it_is_given() -> None:
    block = Block(8, hidden=32)
    p = block.normal(np.random.default_rng(6), scale=2.0, size=200)
    W = p[:, : 3 * 64]
    assert W.std() == pytest.approx(2 / np.sqrt(8), rel=0.02)
    back = p[:, 4 * 64 + 32 + 32 * 8 + 32 :][:, : 32 * 8]
    assert back.std() == pytest.approx(2 / np.sqrt(32), rel=0.02)
    assert (p[:, -4 * 8 : -3 * 8] == 1).all()
    assert (p[:, -3 * 8 : -2 * 8] == 0).all()
    assert (p[:, -2 * 8 : -8] == 1).all()
    assert (p[:, -8:] == 0).all()
    assert block.normal(np.random.default_rng(6)).shape == (block.n_parameters,)


def test_its_shape_stays_what_it_was() -> None:
    block: Any = Block(4)
    with pytest.raises(FrozenInstanceError):
        block.heads = 3


@pytest.mark.parametrize("d", [1, 8, 30])
def test_it_has_twelve_squares_and_thirteen_widths_of_parameters(d) -> None:
    assert Block(d).n_parameters == 12 * d**2 + 13 * d
    assert (
        sum(
            q.numel() for q in twin(Block(d), np.zeros(12 * d**2 + 13 * d)).parameters()
        )
        == Block(d).n_parameters
    )


def test_nothing_of_the_caller_is_changed() -> None:
    rng = np.random.default_rng(7)
    block = Block(4)
    p, X = block.normal(rng), rng.normal(size=(2, 3, 4))
    p_before, X_before = p.copy(), X.copy()
    output, back = block.pullback(p, X)
    slope = np.ones_like(output)
    back(slope)
    assert np.array_equal(p, p_before)
    assert np.array_equal(X, X_before)
    assert (slope == 1).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"width": 0}, ValueError, "^width: expected at least 1"),
        ({"width": 2.5}, TypeError, "^width: expected an integer"),
        ({"width": 6, "heads": 4}, ValueError, "^heads: expected a divisor"),
        ({"width": 6, "hidden": 0}, ValueError, "^hidden: expected at least 1"),
        ({"width": 6, "causal": 1}, TypeError, "^causal: expected a bool"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        Block(**arguments)


@pytest.mark.parametrize(
    ("p", "X", "message"),
    [
        (np.zeros(3), np.zeros((1, 1, 1)), r"^p: expected shape \(25,\)"),
        (np.zeros((1, 1, 25)), np.zeros((1, 1, 1)), r"^p: expected shape"),
        (np.zeros(25), np.zeros((1, 1)), r"^X: expected shape \(N, n, 1\)"),
        (np.zeros(25), np.zeros((1, 1, 2)), r"^X: expected shape"),
        (np.zeros(25), np.zeros((0, 1, 1)), r"^X: expected shape"),
        (np.zeros(25), np.full((1, 1, 1), np.nan), r"^X: expected finite"),
    ],
)
def test_what_does_not_fit_is_refused(p, X, message) -> None:
    with pytest.raises(ValueError, match=message):
        Block(1)(p, X)
