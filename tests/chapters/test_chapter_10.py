"""Chapter 10, attention: equations as printed, in scalars and sums, and theorems."""

from __future__ import annotations

from math import cos, exp, sin, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam.attention import attention, attention_gradient
from dlam.blocks import Block
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "10-attention.md")
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=25)


def dot(a, b) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def smoothed(kernel, q, keys, values) -> float:
    """The kernel smoother, as printed."""
    below = sum(kernel(q, k) for k in keys)
    return sum(kernel(q, k) / below * v for k, v in zip(keys, values, strict=True))


def test_the_numbers_of_the_chapter_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


@pytest.mark.equation("eq-att-smoother")
@pytest.mark.equation("eq-att-one")
@quick
@given(seeds, st.floats(0.2, 5))
def test_attention_is_a_kernel_smoother(seed, tau) -> None:
    rng = np.random.default_rng(seed)
    q, keys, values = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5)
    printed = smoothed(lambda a, b: exp(dot(a, b) / tau), q, keys, values)
    ours = attention([q * sqrt(3) / tau], keys, values[:, None])[0, 0]
    assert ours == pytest.approx(printed, abs=1e-12)


@quick
@given(seeds, st.floats(0.2, 5), st.floats(0.5, 2))
def test_for_keys_of_one_length_it_is_the_gaussian_smoother(seed, tau, length) -> None:
    rng = np.random.default_rng(seed)
    q, keys, values = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5)
    keys *= length / np.linalg.norm(keys, axis=1, keepdims=True)

    def gaussian(a, b):
        return exp(-sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / (2 * tau))

    ours = attention([q * sqrt(3) / tau], keys, values[:, None])[0, 0]
    assert ours == pytest.approx(smoothed(gaussian, q, keys, values), abs=1e-10)


def test_for_keys_of_unlike_lengths_it_is_not() -> None:
    found = smoothed(lambda a, b: exp(-((a - b) ** 2) / 2), 1.0, [1.0, 3.0], [0, 1])
    assert abs(attention([[1.0]], [[1.0], [3.0]], [[0.0], [1.0]])[0, 0] - found) > 0.5


def test_the_temperature_goes_from_the_mean_to_the_best() -> None:
    keys, values = np.array([[1.0], [2.0], [2.0]]), np.array([[1.0], [5.0], [9.0]])
    assert attention([[1e-9]], keys, values)[0, 0] == pytest.approx(5)
    assert attention([[1e6]], keys, values)[0, 0] == pytest.approx(7)


@pytest.mark.equation("eq-att-matrix")
@quick
@given(seeds)
def test_attention_in_matrices_is_a_softmax_of_each_row(seed) -> None:
    rng = np.random.default_rng(seed)
    Q, K, V = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    S = [[dot(Q[i], K[j]) / sqrt(3) for j in range(4)] for i in range(2)]
    P = [[exp(s) / sum(exp(t) for t in row) for s in row] for row in S]
    printed = [[sum(P[i][j] * V[j, c] for j in range(4)) for c in range(2)]
               for i in range(2)]  # fmt: skip
    np.testing.assert_allclose(attention(Q, K, V), printed, atol=1e-12)


@pytest.mark.equation("eq-att-self")
def test_queries_keys_and_values_are_affine_in_each_row() -> None:
    rng = np.random.default_rng(0)
    block = Block(2, hidden=1)
    p, X = block.normal(rng), rng.normal(size=(1, 3, 2))
    p[:18] = rng.normal(size=18)
    p[18:24] = [1, 0, 0, 1, 0, 0]  # the heads are joined by the identity
    p[24:29] = 0  # and the hidden neuron adds nothing
    W, b = p[:12].reshape(3, 2, 2), p[12:18].reshape(3, 2)
    u = (X[0] - X[0].mean(1, keepdims=True)) / np.sqrt(
        X[0].var(1, keepdims=True) + 1e-5
    )
    Q, K, V = (
        [[sum(W[r, c, e] * x[e] for e in range(2)) + b[r, c] for c in range(2)]
         for x in u]
        for r in range(3)
    )  # fmt: skip
    expected = X[0] + attention(Q, K, V)
    np.testing.assert_allclose(block(p, X)[0].reshape(3, 2), expected, atol=1e-12)


@pytest.mark.equation("eq-att-dead")
@quick
@given(seeds, st.booleans())
def test_the_derivatives_by_the_keys_add_up_to_zero(seed, causal) -> None:
    rng = np.random.default_rng(seed)
    Q, K, V, D = rng.normal(size=(4, 5, 3))
    mask = np.tri(5, dtype=bool) if causal else None
    slopes = attention_gradient(Q, K, V, D, mask).K
    for c in range(3):
        assert sum(slopes[j, c] for j in range(5)) == pytest.approx(0, abs=1e-12)
    shifted = attention(Q, K + rng.normal(size=3), V, mask)
    np.testing.assert_allclose(shifted, attention(Q, K, V, mask), atol=1e-12)
    moved = attention(Q + rng.normal(size=3), K, V, mask)
    assert not np.allclose(moved, attention(Q, K, V, mask), atol=1e-6)


@pytest.mark.equation("eq-att-variance")
@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_variance_of_a_score_is_the_number_of_components(d) -> None:
    # Signs have mean 0 and variance 1, and all their values can be gone through.
    signs = [[(n >> c & 1) * 2 - 1 for c in range(d)] for n in range(2**d)]
    products = [dot(q, k) for q in signs for k in signs]
    assert sum(products) == 0
    assert sum(s * s for s in products) / len(products) == d


@pytest.mark.equation("eq-att-equivariant")
@quick
@given(seeds)
def test_attention_without_a_mask_commutes_with_permutations(seed) -> None:
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(5, 3)), rng.normal(size=(3, 3, 3))
    order = rng.permutation(5)
    Pi = [[float(order[i] == j) for j in range(5)] for i in range(5)]

    def A(rows, mask=None):
        return attention(*(np.asarray(rows) @ w for w in W), mask)

    PX = [[sum(Pi[i][j] * X[j, c] for j in range(5)) for c in range(3)]
          for i in range(5)]  # fmt: skip
    PA = [[sum(Pi[i][j] * A(X)[j, c] for j in range(5)) for c in range(3)]
          for i in range(5)]  # fmt: skip
    np.testing.assert_allclose(A(PX), PA, atol=1e-12)
    if order[0] != 0:
        causal = np.tri(5, dtype=bool)
        assert not np.allclose(A(PX, causal), np.array(Pi) @ A(X, causal))


def code(t: float, d: int) -> list[float]:
    omegas = [10_000 ** (-2 * (i - 1) / d) for i in range(1, d // 2 + 1)]
    return [f(omega * t) for omega in omegas for f in (sin, cos)]


@pytest.mark.equation("eq-att-code")
@pytest.mark.parametrize("shift", [1, 7])
def test_one_matrix_shifts_all_positional_codes(shift) -> None:
    d = 6
    before = np.array([code(t, d) for t in range(40)])
    after = np.array([code(t + shift, d) for t in range(40)])
    M, _, rank, _ = np.linalg.lstsq(before, after, rcond=None)
    assert rank == d
    np.testing.assert_allclose(before @ M, after, atol=1e-8)
    assert M[1, 0] == pytest.approx(sin(shift), abs=1e-8)
    assert [dot(row, row) for row in before] == pytest.approx([d / 2] * 40)
    assert code(5, 6)[2] == pytest.approx(sin(5 / 10_000 ** (1 / 3)))


@pytest.mark.equation("eq-att-rotary")
@quick
@given(seeds, st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_rotary_score_depends_on_the_difference_of_the_places(seed, t, u, s) -> None:
    rng = np.random.default_rng(seed)
    q, k = rng.normal(size=(2, 4))
    omegas = [1.0, 0.01]

    def R(place, x):
        out = []
        for i, omega in enumerate(omegas):
            a, b, angle = x[2 * i], x[2 * i + 1], omega * place
            out += [cos(angle) * a - sin(angle) * b, sin(angle) * a + cos(angle) * b]
        return out

    left = dot(R(t, q), R(u, k))
    assert left == pytest.approx(dot(q, R(u - t, k)), abs=1e-10)
    assert left == pytest.approx(dot(R(t + s, q), R(u + s, k)), abs=1e-10)


def test_two_causal_layers_tell_orders_apart_and_one_does_not() -> None:
    rng = np.random.default_rng(1)
    X, W = rng.normal(size=(3, 4)), rng.normal(size=(2, 3, 4, 4))
    causal, swapped = np.tri(3, dtype=bool), X[[1, 0, 2]]

    def layer(rows, n):
        return rows + attention(*(rows @ w for w in W[n]), causal)

    one = [layer(rows, 0)[-1] for rows in (X, swapped)]
    np.testing.assert_allclose(*one, atol=1e-12)
    two = [layer(layer(rows, 0), 1)[-1] for rows in (X, swapped)]
    assert not np.allclose(*two, atol=1e-3)


def test_only_the_product_of_the_two_matrices_counts() -> None:
    rng = np.random.default_rng(2)
    X, G, (Q, K, V) = (
        rng.normal(size=(5, 3)),
        rng.normal(size=(3, 3)),
        np.eye(3)[None].repeat(3, 0),
    )
    other = attention(X @ Q @ G, X @ K @ np.linalg.inv(G).T, X @ V)
    np.testing.assert_allclose(other, attention(X @ Q, X @ K, X @ V), atol=1e-10)
