"""The coordinates of an image, features of them, and how good a copy is."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_sample_image

from dlam import Network
from dlam.coordinates import (
    amplitude,
    every_second,
    fourier_features,
    grid,
    photograph,
    psnr,
    start,
)

sides = st.integers(1, 12)
seeds = st.integers(0, 10_000)


@given(sides, sides)
def test_the_grid_goes_row_by_row_and_fills_the_square_evenly(height, width) -> None:
    X = grid(height, width).reshape(height, width, 2)
    for i in range(height):
        for j in range(width):
            assert X[i, j] == pytest.approx(
                [(2 * j + 1) / width - 1, (2 * i + 1) / height - 1]
            )
    assert X.mean(axis=(0, 1)) == pytest.approx([0, 0], abs=1e-12)


@given(sides, sides)
def test_no_two_neighbours_are_both_dark_squares(height, width) -> None:
    dark = every_second(height, width).reshape(height, width)
    assert dark[0, 0]
    assert (dark[1:] != dark[:-1]).all()
    assert (dark[:, 1:] != dark[:, :-1]).all()


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 4), seeds)
def test_features_of_a_frequency_have_its_amplitude_as_length(N, d, K, seed) -> None:
    rng = np.random.default_rng(seed)
    X, B = rng.normal(size=(N, d)), rng.normal(size=(K, d))
    alpha = rng.uniform(0.5, 2, size=K)
    gamma = fourier_features(X, B, alpha)
    assert gamma.shape == (N, 2 * K)
    lengths = np.hypot(gamma[:, :K], gamma[:, K:])
    np.testing.assert_allclose(lengths, np.tile(alpha, (N, 1)))


@given(st.integers(1, 20), st.floats(0, 5), st.floats(-3, 3), st.integers(0, 9))
def test_the_amplitude_of_a_wave_is_found_at_its_frequency_only(k, r, phi, extra):
    N = 2 * k + 1 + extra
    x = grid(1, N)[:, 0]
    wave = r * np.cos(np.pi * k * x + phi)
    assert amplitude(wave, k) == pytest.approx(r, abs=1e-9)
    for other in range(1, (N + 1) // 2):
        if other != k:
            assert amplitude(wave, other) == pytest.approx(0, abs=1e-9)
    assert amplitude(np.stack([wave, 2 * wave]), k) == pytest.approx(
        [r, 2 * r], abs=1e-9
    )


@given(seeds)
def test_a_tenth_of_the_error_is_twenty_decibels_more(seed) -> None:
    rng = np.random.default_rng(seed)
    true, error = rng.random((7, 3)), rng.normal(size=(7, 3))
    far, near = psnr(true + error, true), psnr(true + error / 10, true)
    assert near - far == pytest.approx(20)
    both = psnr(np.stack([true + error, true + error / 10]), true)
    assert both == pytest.approx([far, near])


def test_a_perfect_copy_has_an_infinite_ratio() -> None:
    assert psnr([[0.2, 0.3]], [[0.2, 0.3]]) == np.inf


def test_the_start_has_the_variance_that_suits_rectifiers() -> None:
    net = Network((50, 40, 30))
    P = start(net, np.random.default_rng(0), size=50)
    for before, (W, b) in zip(net.sizes, net.unpack(P), strict=False):
        assert W.var() == pytest.approx(2 / before, rel=0.03)
        assert b.var() == pytest.approx(2 / before, rel=0.1)
    assert start(net, np.random.default_rng(0)).shape == (net.n_parameters,)


@pytest.mark.parametrize("size", [24, 48])
def test_the_photograph_is_made_of_means_of_squares(size) -> None:
    small, original = photograph(size), load_sample_image("china.jpg")
    assert small.shape == (size, size, 3)
    assert 0 <= small.min() < 0.2 < 0.8 < small.max() <= 1
    block = 384 // size
    for i, j in [(0, 0), (3, 7), (size - 1, size - 1)]:
        rows = slice(20 + block * i, 20 + block * (i + 1))
        columns = slice(30 + block * j, 30 + block * (j + 1))
        expected = original[rows, columns].astype(float).mean(axis=(0, 1)) / 255
        assert small[i, j] == pytest.approx(expected)


# Wrong input


@pytest.mark.parametrize("function", [grid, every_second])
def test_pictures_without_pixels_are_refused(function) -> None:
    with pytest.raises(ValueError, match="height: expected at least 1"):
        function(0, 3)
    with pytest.raises(TypeError, match="width: expected an integer"):
        function(3, 2.5)


@pytest.mark.parametrize(
    ("X", "B", "alpha", "message"),
    [
        ([0.0], [[1.0]], 1, "X, frequencies: expected shapes"),
        ([[0.0]], [[1.0, 2.0]], 1, "X, frequencies: expected shapes"),
        ([[0.0]], [[1.0]], [1.0, 2.0], "amplitudes: expected shape"),
        ([[np.nan]], [[1.0]], 1, "X: expected finite numbers"),
        ([[0.0]], [[np.inf]], 1, "frequencies: expected finite numbers"),
    ],
)
def test_features_that_do_not_fit_are_refused(X, B, alpha, message) -> None:
    with pytest.raises(ValueError, match=message):
        fourier_features(X, B, alpha)


@pytest.mark.parametrize(("values", "frequency"), [(np.zeros(8), 4), (1.0, 1)])
def test_a_frequency_that_the_points_cannot_show_is_refused(values, frequency):
    with pytest.raises(ValueError, match="frequency: expected less than half"):
        amplitude(values, frequency)


@pytest.mark.parametrize("frequency", [0, -1])
def test_a_frequency_below_one_is_refused(frequency) -> None:
    with pytest.raises(ValueError, match="frequency: expected at least 1"):
        amplitude(np.zeros(8), frequency)


@pytest.mark.parametrize(
    ("values", "image"),
    [
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros(3), np.zeros(3)),
        (np.zeros((1, 1, 2, 3)), np.zeros((2, 3))),
    ],
)
def test_images_of_other_shapes_are_not_compared(values, image) -> None:
    with pytest.raises(ValueError, match="values, image: expected shapes"):
        psnr(values, image)


def test_a_start_needs_a_network_and_a_generator() -> None:
    net: Any = "a network"
    with pytest.raises(TypeError, match="net: expected a Network"):
        start(net, np.random.default_rng(0))
    rng: Any = 0
    with pytest.raises(TypeError, match="rng: expected"):
        start(Network((1, 1)), rng)
    with pytest.raises(ValueError, match="size: expected at least 1"):
        start(Network((1, 1)), np.random.default_rng(0), 0)


@pytest.mark.parametrize("size", [5, 100, 768])
def test_a_size_that_does_not_divide_the_square_is_refused(size) -> None:
    with pytest.raises(ValueError, match="size: expected a divisor of 384"):
        photograph(size)


def test_without_scikit_learn_the_error_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)  # type: ignore[arg-type]
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        photograph()


def test_what_scikit_learn_itself_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(name: str, *_: Any) -> None:
        if name.partition(".")[0] == "sklearn":
            raise ModuleNotFoundError("No module named 'joblib'", name="joblib")

    for name in [n for n in sys.modules if n.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(
        sys, "meta_path", [SimpleNamespace(find_spec=lacking), *sys.meta_path]
    )
    with pytest.raises(ModuleNotFoundError, match="joblib") as caught:
        photograph()
    assert caught.value.name == "joblib"
