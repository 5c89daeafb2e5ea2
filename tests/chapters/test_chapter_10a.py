"""Chapter 10, the slopes of attention: the lemma, its bounds, and the collapse."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlam.attention import attention, attention_gradient
from dlam.blocks import _normalised
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "10a-slopes.md")
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=25)


def softmax(scores) -> list[float]:
    top = max(scores)
    below = sum(exp(s - top) for s in scores)
    return [exp(s - top) / below for s in scores]


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


@pytest.mark.equation("eq-att-lemma")
@quick
@given(seeds, st.integers(1, 3), st.integers(1, 4), st.booleans())
def test_the_five_lines_are_the_derivatives(seed, n, m, masked) -> None:
    rng = np.random.default_rng(seed)
    Q, K, V = rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), rng.normal(size=(m, 3))
    D = rng.normal(size=(n, 3))
    mask = rng.random((n, m)) < 0.6
    mask[:, 0] = True
    mask = mask if masked else None
    ours = attention_gradient(Q, K, V, D, mask)

    def cost(q, k, v) -> float:
        return float((D * attention(q, k, v, mask)).sum())

    for which, slope in enumerate(ours):
        for place in np.ndindex(slope.shape):
            up, down = ([a.copy() for a in (Q, K, V)] for _ in range(2))
            up[which][place] += 1e-5
            down[which][place] -= 1e-5
            expected = (cost(*up) - cost(*down)) / 2e-5
            assert slope[place] == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.equation("eq-att-lemma")
@pytest.mark.equation("eq-att-rowsum")
@quick
@given(seeds)
def test_the_lemma_as_printed_in_sums(seed) -> None:
    rng = np.random.default_rng(seed)
    n, m, d, e = 2, 3, 2, 2
    Q, K, V = rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=(m, e))
    D, root = rng.normal(size=(n, e)), sqrt(d)
    S = [[sum(Q[i, c] * K[j, c] for c in range(d)) / root for j in range(m)]
         for i in range(n)]  # fmt: skip
    P = [softmax(row) for row in S]
    Y = [[sum(P[i][j] * V[j, c] for j in range(m)) for c in range(e)]
         for i in range(n)]  # fmt: skip
    dP = [[sum(D[i, c] * V[j, c] for c in range(e)) for j in range(m)]
          for i in range(n)]  # fmt: skip
    sums = [sum(dP[i][j] * P[i][j] for j in range(m)) for i in range(n)]
    assert sums == pytest.approx(
        [sum(D[i, c] * Y[i][c] for c in range(e)) for i in range(n)]
    )
    dS = [[P[i][j] * (dP[i][j] - sums[i]) for j in range(m)] for i in range(n)]
    ours = attention_gradient(Q, K, V, D)
    for j in range(m):
        for c in range(e):
            assert ours.V[j, c] == pytest.approx(
                sum(P[i][j] * D[i, c] for i in range(n))
            )
        for c in range(d):
            printed = sum(dS[i][j] * Q[i, c] for i in range(n)) / root
            assert ours.K[j, c] == pytest.approx(printed, abs=1e-12)
    for i in range(n):
        for c in range(d):
            printed = sum(dS[i][j] * K[j, c] for j in range(m)) / root
            assert ours.Q[i, c] == pytest.approx(printed, abs=1e-12)


@pytest.mark.equation("eq-att-jacobian")
@pytest.mark.equation("eq-att-half")
@quick
@given(seeds, st.integers(1, 6))
def test_the_jacobian_of_the_softmax_is_a_variance_of_at_most_a_half(seed, m) -> None:
    rng = np.random.default_rng(seed)
    s, v = 3 * rng.normal(size=(2, m))
    p = softmax(s)
    J = [[(j == k) * p[j] - p[j] * p[k] for k in range(m)] for j in range(m)]
    for k in range(m):
        up, down = s.copy(), s.copy()
        up[k] += 1e-5
        down[k] -= 1e-5
        for j, (a, b) in enumerate(zip(softmax(up), softmax(down), strict=True)):
            assert J[j][k] == pytest.approx((a - b) / 2e-5, abs=1e-8)
    mean = sum(p[k] * v[k] for k in range(m))
    variance = sum(p[j] * (v[j] - mean) ** 2 for j in range(m))
    form = sum(v[j] * J[j][k] * v[k] for j in range(m) for k in range(m))
    assert form == pytest.approx(variance, abs=1e-10)
    assert form <= 0.5 * sum(x * x for x in v) + 1e-12


@pytest.mark.equation("eq-att-half")
def test_the_half_is_attained() -> None:
    p, v = [0.5, 0.5, 0.0], [1 / sqrt(2), -1 / sqrt(2), 0.0]
    mean = sum(a * b for a, b in zip(p, v, strict=True))
    assert sum(a * (b - mean) ** 2 for a, b in zip(p, v, strict=True)) == pytest.approx(
        0.5
    )


@pytest.mark.equation("eq-att-covariance")
@quick
@given(seeds, st.integers(1, 4), st.floats(0.2, 5))
def test_the_output_moves_by_the_covariance_of_values_and_keys(seed, m, tau) -> None:
    rng = np.random.default_rng(seed)
    q, K, V = rng.normal(size=2), rng.normal(size=(m, 2)), rng.normal(size=(m, 3))

    def output(x):
        P = softmax([sum(a * b for a, b in zip(x, k, strict=True)) / tau for k in K])
        return P, [sum(p * v[i] for p, v in zip(P, V, strict=True)) for i in range(3)]

    P, v_hat = output(q)
    k_bar = [sum(p * k[c] for p, k in zip(P, K, strict=True)) for c in range(2)]
    for c in range(2):
        push = np.eye(2)[c] * 1e-5
        up, down = output(q + push)[1], output(q - push)[1]
        for i in range(3):
            printed = (
                sum(
                    P[j] * (V[j, i] - v_hat[i]) * (K[j, c] - k_bar[c]) for j in range(m)
                )
                / tau
            )
            measured = (up[i] - down[i]) / 2e-5
            assert printed == pytest.approx(measured, rel=1e-5, abs=1e-7)


@pytest.mark.equation("eq-att-lipschitz")
@pytest.mark.parametrize("x", [0.5, 2.0, 10.0])
def test_the_slope_at_a_word_between_two_loud_ones(x) -> None:
    def y2(x2: float) -> float:
        words = [x, x2, -x]
        p = softmax([x2 * word for word in words])
        return sum(a * b for a, b in zip(p, words, strict=True))

    h = 1e-5 / x
    slope = (y2(h) - y2(-h)) / (2 * h)
    assert slope == pytest.approx(1 / 3 + 2 * x * x / 3, rel=1e-6)


@pytest.mark.equation("eq-att-spread")
def test_the_spread_is_that_of_the_page() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(4, 3))
    mean = [sum(X[i, c] for i in range(4)) / 4 for c in range(3)]
    above = sum((X[i, c] - mean[c]) ** 2 for i in range(4) for c in range(3))
    below = sum(X[i, c] ** 2 for i in range(4) for c in range(3))
    [cell] = [c for c in TEXT.cells if "def spread(" in c.source]
    scope: dict = {"np": np}
    exec(cell.source.split("\n\n")[0], scope)
    assert scope["spread"](X) == pytest.approx(sqrt(above / below))


@pytest.mark.equation("eq-att-collapse")
@quick
@given(seeds, st.floats(0.01, 3), st.booleans())
def test_two_outputs_are_as_close_as_the_theorem_says(seed, scale, thin) -> None:
    rng = np.random.default_rng(seed)
    n, d = 5, 3
    X = rng.normal(size=d) + scale * rng.normal(size=(n, d))
    W_Q, W_K, W_V = rng.normal(size=(3, d, d))
    if thin:  # so that of the products of the first two only W_Q W_K^T is not zero
        W_Q[1:] = W_Q[:, 1:] = W_K[0] = 0
    Y = attention(X @ W_Q, X @ W_K, X @ W_V)
    beta = np.linalg.norm(W_Q @ W_K.T, 2) / sqrt(d)
    omega = np.linalg.norm(W_V, 2)

    def largest(A) -> float:
        return max(sqrt(sum((a - b) ** 2)) for a in A for b in A)

    assert largest(np.eye(d)) == pytest.approx(sqrt(2))
    assert largest(Y) <= 2 * beta * omega * largest(X) ** 3 + 1e-12


@pytest.mark.equation("eq-att-norm")
@pytest.mark.equation("eq-att-norm-slope")
@quick
@given(seeds, st.integers(2, 6))
def test_layer_normalisation_and_its_slopes_are_those_printed(seed, d) -> None:
    rng = np.random.default_rng(seed)
    a, g, h, D = rng.normal(size=(4, d))
    m = sum(a) / d
    v = sum((x - m) ** 2 for x in a) / d
    assume(v > 0.01)  # two components can be nearly equal
    u = [g[c] * (a[c] - m) / sqrt(v + 1e-5) + h[c] for c in range(d)]
    ours, _ = _normalised(a[None, None], g, h)
    np.testing.assert_allclose(ours[0, 0], u, atol=1e-12)
    a *= 100  # so large that the tiny number plays no part
    m, v = m * 100, v * 1e4
    plain = [(x - m) / sqrt(v) for x in a]
    _, back = _normalised(a[None, None], np.ones(d), np.zeros(d))
    found = back(D[None, None])[0][0, 0]
    mean, along = sum(D) / d, sum(x * y for x, y in zip(D, plain, strict=True)) / d
    printed = [(D[c] - mean - plain[c] * along) / sqrt(v) for c in range(d)]
    np.testing.assert_allclose(found, printed, atol=1e-5)
