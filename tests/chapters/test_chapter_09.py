"""Chapter 9, "Convolutions": the equations as printed, and the theorems.

Sums run over indices, waves are products of cosines and sines, and matrices are
written out entry by entry.
"""

from __future__ import annotations

import cmath
from fractions import Fraction
from itertools import product
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import Layer, Network, convolution, gradient
from dlam.convolution import correlate
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "09-convolutions.md")
seeds = st.integers(0, 10_000)
quick = settings(deadline=None, max_examples=25)


def test_the_numbers_of_the_chapter_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


# Pixels in another order


@pytest.mark.equation("eq-cnn-permuted")
@quick
@given(seeds, st.integers(2, 6), st.integers(1, 4))
def test_permuted_pixels_with_permuted_weights_change_nothing(seed, n, width) -> None:
    rng = np.random.default_rng(seed)
    net = Network((n, width, 2))
    p, x, y = net.normal(rng), rng.normal(size=n), rng.normal(size=2)
    Pi = np.eye(n)[rng.permutation(n)]
    first, *others = net.unpack(p)
    q = net.pack([Layer(first.W @ Pi.T, first.b), *others])
    assert net(q, Pi @ x) == pytest.approx(net(p, x), abs=1e-12)
    # ... and a step of gradient descent keeps the relation.
    after_p = p - 0.3 * gradient(net, p, x[None], y[None])
    after_q = q - 0.3 * gradient(net, q, (Pi @ x)[None], y[None])
    first, *others = net.unpack(after_p)
    expected = net.pack([Layer(first.W @ Pi.T, first.b), *others])
    assert after_q == pytest.approx(expected, abs=1e-12)


# What a convolution is


def row(a, K) -> list[float]:
    """The cross-correlation of two rows by the library."""
    return correlate([[[list(a)]]], [[[list(K)]]])[0, 0, 0].tolist()


@pytest.mark.equation("eq-cnn-correlation")
@quick
@given(seeds, st.integers(1, 4), st.integers(0, 5))
def test_a_cross_correlation_of_rows_is_the_sum_printed(seed, k, more) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=k + more), rng.normal(size=k)
    n = len(a)
    printed = [sum(K[u] * a[i + u] for u in range(k)) for i in range(n - k + 1)]
    assert row(a, K) == pytest.approx(printed, abs=1e-12)


@pytest.mark.equation("eq-cnn-convolution")
@quick
@given(seeds, st.integers(1, 4), st.integers(0, 5))
def test_a_convolution_is_the_correlation_with_the_mirrored_kernel(
    seed, k, more
) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=k + more), rng.normal(size=k)
    printed = [sum(K[u] * a[i - u] for u in range(k)) for i in range(k - 1, len(a))]
    assert row(a, K[::-1]) == pytest.approx(printed, abs=1e-12)
    # It is the middle part of the product of two polynomials.
    whole = np.polynomial.polynomial.polymul(a, K)
    assert whole[k - 1 : len(a)] == pytest.approx(printed, abs=1e-12)


def test_the_edges_of_the_row_are_found_as_the_text_says() -> None:
    assert row([1, 2, 4, 4, 1], [-1, 1]) == [1, 2, 0, -3]


@pytest.mark.equation("eq-cnn-layer")
@quick
@given(seeds, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_a_layer_is_the_threefold_sum_and_a_bias(seed, c_in, c_out, k) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=(c_in, 5, 5)), rng.normal(size=(c_out, c_in, k, k))
    b = rng.normal(size=c_out)
    found = correlate(a[None], K)[0] + b[:, None, None]
    for o, i, j in product(range(c_out), range(6 - k), range(6 - k)):
        printed = b[o] + sum(
            K[o, c, u, v] * a[c, i + u, j + v]
            for c in range(c_in)
            for u in range(k)
            for v in range(k)
        )
        assert found[o, i, j] == pytest.approx(printed, abs=1e-12)


@pytest.mark.equation("eq-cnn-example")
def test_the_example_by_hand_is_right() -> None:
    a, K, z = [[0, 0, 1], [0, 1, 1], [1, 1, 1]], [[1, 0], [0, -1]], [[-1, -1], [-1, 0]]
    for i, j in product(range(2), range(2)):
        total = sum(K[u][v] * a[i + u][j + v] for u in range(2) for v in range(2))
        assert z[i][j] == total
    assert correlate([[a]], [[K]])[0, 0].tolist() == z


# Commuting with shifts


@pytest.mark.equation("eq-cnn-commute")
@pytest.mark.parametrize("n", [2, 3, 5, 6])
def test_the_maps_that_commute_are_spanned_by_the_powers_of_the_shift(n) -> None:
    S = [[Fraction(int(i == (j + 1) % n)) for j in range(n)] for i in range(n)]

    def times(A, B):
        return [
            [sum(A[i][k] * B[k][j] for k in range(n)) for j in range(n)]
            for i in range(n)
        ]

    powers = [[[Fraction(int(i == j)) for j in range(n)] for i in range(n)]]
    while len(powers) < n:
        powers.append(times(powers[-1], S))
    K = [Fraction(u * u - 3, u + 1) for u in range(n)]
    T = [
        [sum(K[u] * powers[u][i][j] for u in range(n)) for j in range(n)]
        for i in range(n)
    ]
    assert times(T, S) == times(S, T)
    a = [Fraction(7 * i + 1, 3) for i in range(n)]
    for i in range(n):
        entry = sum(T[i][j] * a[j] for j in range(n))
        assert entry == sum(K[u] * a[(i - u) % n] for u in range(n))
    # There are no others: the commutant has dimension n.
    shift = np.array(S, float)
    rows = [
        (E.reshape(n, n) @ shift - shift @ E.reshape(n, n)).ravel()
        for E in np.eye(n * n)
    ]
    assert n * n - np.linalg.matrix_rank(rows) == n


def test_two_biases_that_differ_break_the_symmetry() -> None:
    a, b = np.arange(4.0), np.array([1.0, 0, 0, 0])
    assert (np.roll(a, 1) + b != np.roll(a + b, 1)).any()


# Matrices


@pytest.mark.equation("eq-cnn-toeplitz")
def test_the_matrix_of_three_weights_is_the_one_printed() -> None:
    K = [2.0, 3.0, 5.0]
    printed = [
        [K[0], K[1], K[2], 0, 0],
        [0, K[0], K[1], K[2], 0],
        [0, 0, K[0], K[1], K[2]],
    ]
    assert convolution.matrix([[[K]]], (1, 1, 5)).tolist() == printed


@pytest.mark.equation("eq-cnn-padded")
def test_the_padded_matrices_are_the_ones_printed() -> None:
    K = [2.0, 3.0, 5.0]
    zeros = [
        [K[1], K[2], 0, 0, 0],
        [K[0], K[1], K[2], 0, 0],
        [0, K[0], K[1], K[2], 0],
        [0, 0, K[0], K[1], K[2]],
        [0, 0, 0, K[0], K[1]],
    ]
    circle = [list(one) for one in zeros]
    circle[0][4], circle[4][0] = K[0], K[2]
    for printed, mode in ((zeros, "constant"), (circle, "wrap")):
        for j in range(5):
            a = np.pad(np.eye(5)[j], 1, mode=mode)
            assert row(a, K) == [printed[i][j] for i in range(5)]
    S = np.roll(np.eye(5), 1, axis=0)
    assert (zeros @ S != S @ zeros).any()
    # S on the left moves the rows down, S on the right moves the columns to the left.
    assert (np.roll(circle, 1, axis=0) == np.roll(circle, -1, axis=1)).all()


# Waves


def wave(omega: float, i: int, n: int) -> complex:
    return cmath.exp(2j * pi * omega * i / n)


@pytest.mark.equation("eq-cnn-wave")
@quick
@given(seeds, st.integers(0, 7), st.integers(1, 4))
def test_a_wave_comes_out_as_a_multiple_of_itself(seed, omega, k) -> None:
    n, K = 8, np.random.default_rng(seed).normal(size=k)
    a = [wave(omega, i % n, n) for i in range(n + k - 1)]
    factor = sum(K[u] * wave(omega, u, n) for u in range(k))
    real, imaginary = (row([f(x) for x in a], K) for f in (np.real, np.imag))
    assert len(real) == n
    for i in range(n):
        found = complex(real[i], imaginary[i])
        assert found == pytest.approx(factor * a[i], abs=1e-12)


def test_differences_delete_the_constant_and_double_the_fastest_wave() -> None:
    assert abs(wave(0, 1, 8) - 1) == 0
    assert abs(wave(4, 1, 8) - 1) == pytest.approx(2)


def transfer(K, omega: tuple[float, float], n: float) -> np.ndarray:
    """The transfer matrix as printed."""
    c_out, c_in, k, _ = K.shape
    return np.array(
        [
            [
                sum(
                    K[o, c, u, v]
                    * cmath.exp(2j * pi * (omega[0] * u + omega[1] * v) / n)
                    for u in range(k)
                    for v in range(k)
                )
                for c in range(c_in)
            ]
            for o in range(c_out)
        ]
    )


def circular_matrix(K, n: int) -> np.ndarray:
    """The matrix of a layer on a circle, entry by entry."""
    c_out, c_in, k, _ = K.shape
    W = np.zeros((c_out, n, n, c_in, n, n))
    for i, j, u, v in product(range(n), range(n), range(k), range(k)):
        W[:, i, j, :, (i + u) % n, (j + v) % n] += K[:, :, u, v]
    return W.reshape(c_out * n * n, -1)


@pytest.mark.equation("eq-cnn-transfer")
@quick
@given(seeds, st.integers(1, 3), st.integers(1, 3), st.integers(2, 4))
def test_the_transfer_matrices_have_the_singular_values_of_the_layer(
    seed, c_in, c_out, n
) -> None:
    K = np.random.default_rng(seed).normal(size=(c_out, c_in, 3, 3))
    by_waves = [
        np.linalg.svd(transfer(K, omega, n), compute_uv=False)
        for omega in product(range(n), range(n))
    ]
    whole = np.linalg.svd(circular_matrix(K, n), compute_uv=False)
    assert sorted(np.concatenate(by_waves)) == pytest.approx(sorted(whole), abs=1e-10)


@pytest.mark.equation("eq-cnn-compression")
@quick
@given(seeds, st.integers(1, 2), st.integers(1, 2), st.integers(0, 2))
def test_zero_padding_amplifies_no_more_than_the_larger_circle(
    seed, c_in, c_out, m
) -> None:
    n = 4
    K = np.random.default_rng(seed).normal(size=(c_out, c_in, 3, 3))
    W_0 = convolution.matrix(K, (c_in, n, n), padding=m)
    left = np.linalg.svd(W_0, compute_uv=False)[0]
    side = n + 2 * m
    right = max(
        np.linalg.svd(transfer(K, omega, side), compute_uv=False)[0]
        for omega in product(range(side), range(side))
    )
    assert left <= right + 1e-10
    # It is a part of the matrix on the larger circle.
    larger = circular_matrix(K, side).reshape(c_out, side, side, c_in, side, side)
    kept, inside = slice(0, side - 2), slice(m, m + n)
    part = larger[:, kept, kept][..., inside, inside].reshape(W_0.shape)
    assert part == pytest.approx(W_0, abs=1e-12)


@quick
@given(seeds, st.integers(1, 3))
def test_the_reshaped_kernel_bounds_the_layer_only_after_times_k(seed, c) -> None:
    K = np.random.default_rng(seed).normal(size=(2, c, 3, 3))
    norm = np.linalg.norm(circular_matrix(K, 4), 2)
    assert norm <= 3 * np.linalg.norm(K.reshape(2, -1), 2) + 1e-10


# Sizes


@pytest.mark.equation("eq-cnn-size")
@pytest.mark.equation("eq-cnn-counts")
@pytest.mark.parametrize(
    ("n", "k", "s", "m"), list(product((3, 6, 7), (1, 2, 3), (1, 2, 3), (0, 1)))
)
def test_sizes_and_counts_are_what_a_count_of_positions_gives(n, k, s, m) -> None:
    places = [i for i in range(0, n + 2 * m, s) if i + k <= n + 2 * m]
    side = (n + 2 * m - k) // s + 1
    assert side == len(places)
    c_in, c_out = 2, 3
    K = np.ones((c_out, c_in, k, k))
    found = correlate(np.ones((1, c_in, n, n)), K, stride=s, padding=m)
    assert found.shape == (1, c_out, side, side)
    assert K.size + c_out == c_out * (c_in * k**2 + 1)
    products = sum(K[o].size for o in range(c_out) for _ in product(places, places))
    assert products == c_out * c_in * k**2 * side**2


@pytest.mark.equation("eq-cnn-field")
@pytest.mark.parametrize(
    "layers", [[(3, 1), (3, 1)], [(3, 2), (3, 1)], [(5, 1), (3, 2), (5, 1), (3, 2)]]
)
def test_the_receptive_field_is_what_a_pixel_can_change(layers) -> None:
    R = 1
    for n, (k, _) in enumerate(layers):
        jump = 1
        for _, s in layers[:n]:
            jump *= s
        R += (k - 1) * jump
    n = 61
    a = np.zeros((n, 1, 1, n))  # each pixel of a row lit alone
    a[np.arange(n), 0, 0, np.arange(n)] = 1
    for k, s in layers:
        a = correlate(a, np.ones((1, 1, 1, k)))[..., ::s]
    seen = np.flatnonzero(a[:, 0, 0, 3])
    assert len(seen) == R == seen[-1] - seen[0] + 1


def test_a_dense_layer_has_a_weight_for_each_pair() -> None:
    assert Network((784, 256)).n_parameters - 256 == 200_704 != 38_400
