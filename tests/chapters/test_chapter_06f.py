"""The project: its displayed equations as printed, and the data of its figures."""

from __future__ import annotations

import re
from fractions import Fraction
from math import cos, exp, hypot, log10, pi, sin

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import Network, gradient_descent, identity, landscape, relu
from dlam.coordinates import (
    amplitude,
    every_second,
    fourier_features,
    grid,
    psnr,
    start,
)
from needed import ROOT

seeds = st.integers(0, 10_000)


@pytest.mark.equation("eq-coordinate-psnr")
@given(st.integers(1, 6), seeds)
def test_the_ratio_is_ten_logarithms_of_the_mean_square_error(N, seed) -> None:
    rng = np.random.default_rng(seed)
    F, y = rng.random((N, 3)), rng.random((N, 3))
    total = 0.0
    for i in range(N):
        total += sum((F[i][c] - y[i][c]) ** 2 for c in range(3))
    assert psnr(F, y) == pytest.approx(-10 * log10(total / (3 * N)))


@pytest.mark.equation("eq-coordinate-features")
@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), seeds)
def test_the_features_are_cosines_and_then_sines(N, K, seed) -> None:
    rng = np.random.default_rng(seed)
    x, omega = rng.uniform(-1, 1, (N, 2)), rng.normal(size=(K, 2))
    alpha = rng.uniform(0, 2, size=K)
    gamma = fourier_features(x, omega, alpha)
    for i in range(N):
        angles = [pi * sum(omega[k][r] * x[i][r] for r in range(2)) for k in range(K)]
        cosines = [alpha[k] * cos(angles[k]) for k in range(K)]
        sines = [alpha[k] * sin(angles[k]) for k in range(K)]
        assert gamma[i] == pytest.approx(cosines + sines)


def printed_amplitude(e, k: int) -> float:
    """The amplitude at frequency k, in scalars."""
    N = len(e)
    x = [(2 * j - 1) / N - 1 for j in range(1, N + 1)]
    c = sum(e[j] * cos(pi * k * x[j]) for j in range(N))
    s = sum(e[j] * sin(pi * k * x[j]) for j in range(N))
    return 2 / N * hypot(c, s)


@pytest.mark.equation("eq-coordinate-amplitude")
@given(st.lists(st.floats(-5, 5), min_size=3, max_size=14))
def test_the_amplitude_is_the_length_of_two_sums(e) -> None:
    for k in range(1, (len(e) + 1) // 2):
        assert amplitude(e, k) == pytest.approx(printed_amplitude(e, k), abs=1e-12)


@pytest.mark.equation("eq-coordinate-rate")
@pytest.mark.parametrize("eta", [0.3, 1.0, 1.9])
@pytest.mark.parametrize("N", [9, 16])
def test_each_frequency_is_learned_at_its_own_rate(eta, N) -> None:
    """By the library, against scalars: t steps of gradient descent."""
    K, t = 3, 7
    alpha = [1.0, 0.5, 1.4]
    x = grid(1, N)[:, :1]
    features = fourier_features(x, [[1.0], [2.0], [3.0]], alpha)
    y = np.random.default_rng(N).normal(size=(N, 1))
    net = Network((2 * K, 1), activation=identity)
    p = gradient_descent(net, np.zeros(7), features, y, t, eta).parameters
    error = (net(p, features) - y)[:, 0]
    for k in range(1, (N + 1) // 2):
        rate = abs(1 - eta * alpha[k - 1] ** 2 / 2) ** t if k <= K else 1
        expected = rate * printed_amplitude(-y[:, 0], k)
        assert printed_amplitude(error, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.equation("eq-coordinate-kernel-step")
@pytest.mark.parametrize("seed", range(3))
def test_a_step_changes_the_errors_by_the_kernel_up_to_second_order(seed) -> None:
    net = Network((2, 6, 2))  # smooth, so that the order can be seen
    rng = np.random.default_rng(seed)
    p, X, Y = net.normal(rng), rng.normal(size=(4, 2)), rng.random((4, 2))
    N, s, h = 4, net.n_parameters, 1e-6

    def errors(q):
        return [v - t for v, t in zip(net(q, X).ravel(), Y.ravel(), strict=True)]

    e = errors(p)
    rows = len(e)
    J = [[0.0] * s for _ in range(rows)]
    for r in range(s):
        up, down = p.copy(), p.copy()
        up[r] += h
        down[r] -= h
        for i, (a, b) in enumerate(zip(errors(up), errors(down), strict=True)):
            J[i][r] = (a - b) / (2 * h)
    kernel = [
        [sum(J[i][r] * J[j][r] for r in range(s)) for j in range(rows)]
        for i in range(rows)
    ]
    left_out = []
    for eta in (0.1, 0.05):
        after = errors(gradient_descent(net, p, X, Y, 1, eta).parameters)
        linear = [
            e[i] - eta / N * sum(kernel[i][j] * e[j] for j in range(rows))
            for i in range(rows)
        ]
        left_out.append(max(abs(a - b) for a, b in zip(after, linear, strict=True)))
    assert left_out[0] / left_out[1] == pytest.approx(4, rel=0.15)


def test_the_mean_kernel_on_the_circle_has_cosines_and_sines_as_eigenvectors():
    """... exactly, for a start turned into all directions by the grid's angle."""
    N = 8
    x = grid(1, N)[:, :1]
    circle = fourier_features(x, [[1.0]])
    net = Network((2, 5, 1), (relu, identity))
    p = start(net, np.random.default_rng(2))
    total = np.zeros((N, N))
    for turn in range(N):
        angle = 2 * pi * turn / N
        q = p.copy()
        W = net.unpack(q)[0].W
        W[:] = W @ [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
        J = landscape.jacobian(net, q, circle, np.zeros((N, 1)))
        total += J @ J.T
    for i in range(N):
        for j in range(N):
            assert total[i, j] == pytest.approx(total[(i + 1) % N, (j + 1) % N])
    for k in range(1, N // 2):
        v = np.cos(pi * k * x[:, 0])
        image = total @ v
        assert image == pytest.approx((v @ image) / (v @ v) * v, abs=1e-9)


@pytest.mark.equation("eq-coordinate-similarity")
@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_random_features_are_alike_as_a_bell_curve_on_average(scale) -> None:
    a, b = [0.1, -0.2], [0.25, 0.05]
    rng = np.random.default_rng(0)
    omega = rng.normal(0, scale, size=(200_000, 2))
    gamma = fourier_features([a, b], omega)
    mean = gamma[0] @ gamma[1] / len(omega)
    squared = sum((u - v) ** 2 for u, v in zip(a, b, strict=True))
    assert mean == pytest.approx(exp(-(pi**2) * scale**2 / 2 * squared), abs=0.006)
    # The mean of cos(πg) for a normal g, by quadrature.
    t = np.linspace(-8, 8, 4001)
    spread = scale * squared**0.5
    density = np.exp(-(t**2) / 2) / np.sqrt(2 * pi) * (t[1] - t[0])
    found = np.sum(np.cos(pi * spread * t) * density)
    assert found == pytest.approx(exp(-(pi**2) * scale**2 / 2 * squared), abs=1e-9)


def test_frequencies_that_differ_by_a_chessboard_agree_on_the_pixels_seen() -> None:
    n = 6
    X, seen = grid(n, n), every_second(n, n)
    for omega in ([0.0, 0.0], [1.3, -0.4]):
        one = fourier_features(X, [omega])[:, 0]
        two = fourier_features(X, [[omega[0] + n / 2, omega[1] + n / 2]])[:, 0]
        sign = (-1) ** (1 - n)
        assert two[seen] == pytest.approx(sign * one[seen], abs=1e-12)
        assert two[~seen] == pytest.approx(-sign * one[~seen], abs=1e-12)


def test_a_chessboard_of_the_project_has_four_k_squared_squares() -> None:
    """... and k = ½ would give that of k = 1 again."""
    X = grid(48, 48)

    def board(k: float):
        return [np.sign(sin(k * pi * a) * sin(k * pi * b)) for a, b in X]

    for k in (1, 2, 3, 4):
        colour = np.array(board(k)).reshape(48, 48)
        across = 1 + np.sum(colour[0, 1:] != colour[0, :-1])
        down = 1 + np.sum(colour[1:, 0] != colour[:-1, 0])
        assert across * down == 4 * k**2
    assert board(0.5) == board(1)


def test_the_worked_example_of_an_amplitude_is_the_root_of_two() -> None:
    assert printed_amplitude([-1, 1, 1, -1], 1) == pytest.approx(2**0.5)
    four = [-3 / 4, -1 / 4, 1 / 4, 3 / 4]
    assert [2**0.5 * cos(pi * x) for x in four] == pytest.approx([-1, 1, 1, -1])


def test_the_amplitudes_of_the_exercise_give_the_rates_that_it_asks_for() -> None:
    assert 1 - Fraction(2) / 2 == 0
    for k in range(1, 12):
        squared = 2 * (1 - 2 ** -(2.0**-k))
        assert (1 - squared / 2) ** (2**k) == pytest.approx(0.5)
        assert squared == pytest.approx(2 ** (1 - k) * np.log(2), rel=0.7 * 2.0**-k)


# The figures


def printed(pattern: str) -> list[tuple[float, ...]]:
    """The numbers that the record prints in lines of this form."""
    record = nbformat.read(ROOT / "book/06f-project.ipynb", as_version=4)
    lines = "\n".join(
        output.text
        for cell in record.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    )
    return [tuple(map(float, found)) for found in re.findall(pattern, lines)]


RESULT = r" +seen +([\d.]+) \(([\d.]+) to ([\d.]+)\) +left out +([\d.]+) \(.*\)\n"


def test_the_curves_over_the_scale_part_to_the_right() -> None:
    rows = printed(r"scale ([\d.]+)" + RESULT)[:6]
    scales, seen, low, high, others = zip(*rows, strict=True)
    assert scales == (0.5, 1, 2, 4, 8, 16)
    assert all(a <= b <= c for a, b, c in zip(low, seen, high, strict=True))
    gaps = [a - b for a, b in zip(seen, others, strict=True)]
    assert gaps == sorted(gaps)
    assert gaps[0] < 0.5 < 9 < gaps[-1]
    assert max(others) == max(others[1:3])


def test_more_parameters_do_not_help_and_sines_with_fewer_do() -> None:
    (plain, *_), (wide,), (narrow,) = (
        printed(name + RESULT) for name in ("plain", "plain, wide", "sines,narrow")
    )
    assert wide[3] < plain[3] + 0.5 < narrow[3] - 2


def test_the_network_on_the_circle_halves_its_errors_as_foretold() -> None:
    rows = printed(r"k = (\d): halved after (\d+) steps, expected (\d+)")
    assert [k for k, _, _ in rows] == [2, 3, 4]
    for _, found, expected in rows:
        assert found == pytest.approx(expected, rel=0.25)
