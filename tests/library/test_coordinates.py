"""The coordinates of an image, features of them, and how good a copy is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_image

from dlam import Network
from dlam.coordinates import (
    amplitude,
    colours,
    every_second,
    fourier_features,
    grid,
    photograph,
    picture,
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


def test_the_photograph_is_a_square_of_the_one_that_scikit_learn_brings() -> None:
    square = load_sample_image("china.jpg")[20:404, 30:414]
    np.testing.assert_array_equal(photograph(384), square / 255)
    assert photograph().shape == (48, 48, 3)


@pytest.mark.parametrize("size", [24, 48])
def test_a_smaller_photograph_is_made_of_means_of_squares(size) -> None:
    small, original = photograph(size), photograph(384)
    assert small.shape == (size, size, 3)
    assert 0 <= small.min() < 0.2 < 0.8 < small.max() <= 1
    block = 384 // size
    for i, j in [(0, 0), (3, 7), (size - 1, size - 1)]:
        rows = slice(block * i, block * (i + 1))
        columns = slice(block * j, block * (j + 1))
        expected = original[rows, columns].mean(axis=(0, 1))
        assert small[i, j] == pytest.approx(expected)


@given(sides, sides, seeds)
def test_colours_are_in_the_order_of_the_grid(height, width, seed) -> None:
    image = np.random.default_rng(seed).random((height, width, 3))
    Y, X = colours(image), grid(height, width)
    for (x, y), colour in zip(X, Y, strict=True):
        i, j = round((y + 1) * height / 2 - 0.5), round((x + 1) * width / 2 - 0.5)
        assert colour.tolist() == image[i, j].tolist()
    Y[:] = 7
    assert image.max() <= 1


# A picture of one's own


def saved(folder: Path, numbers, name: str = "picture.png", **options) -> Path:
    Image.fromarray(np.asarray(numbers, dtype=np.uint8)).save(folder / name, **options)
    return folder / name


@pytest.mark.parametrize("shape", [(7, 7), (7, 12), (13, 9)])
@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_a_picture_is_made_of_the_means_of_its_middle_square(
    tmp_path, shape, size
) -> None:
    original = np.random.default_rng(1).integers(0, 256, (*shape, 3))
    small = picture(saved(tmp_path, original), size)
    side = min(shape)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    square = original[top : top + side, left : left + side] / 255
    # Each pixel cut into size × size equal parts, of which side × side make a new one.
    fine = square.repeat(size, axis=0).repeat(size, axis=1)
    blocks = fine.reshape(size, side, size, side, 3)
    assert small == pytest.approx(blocks.mean(axis=(1, 3)))


def test_a_photograph_in_a_jpeg_is_read_from_0_to_1(tmp_path) -> None:
    grey = np.full((16, 24, 3), 51)
    small = picture(saved(tmp_path, grey, "grey.jpg", quality=100), 4)
    assert small.shape == (4, 4, 3)
    assert small == pytest.approx(0.2, abs=0.01)


def test_white_stays_white_when_it_is_rounded(tmp_path) -> None:
    assert picture(saved(tmp_path, np.full((7, 7, 3), 255)), 5).max() <= 1


def test_what_is_transparent_is_laid_on_white(tmp_path) -> None:
    red = np.zeros((4, 4, 4))
    red[..., 0] = 102
    red[:2, :, 3], red[2:, :, 3] = 255, 51
    small = picture(saved(tmp_path, red), 2)
    assert small[0] == pytest.approx(np.tile([0.4, 0, 0], (2, 1)))
    assert small[1] == pytest.approx(np.tile([0.88, 0.8, 0.8], (2, 1)))


def test_shades_of_grey_and_palettes_become_colours(tmp_path) -> None:
    shades = np.repeat([[0, 102], [204, 255]], 3, axis=0).repeat(3, axis=1)
    expected = np.repeat([[[0.0], [0.4]], [[0.8], [1.0]]], 3, axis=2)
    assert picture(saved(tmp_path, shades), 2) == pytest.approx(expected)
    image = Image.fromarray(shades.astype(np.uint8)).convert("P")
    image.save(tmp_path / "palette.png")
    assert picture(str(tmp_path / "palette.png"), 2) == pytest.approx(expected)


def test_a_picture_taken_with_the_camera_turned_is_turned_back(tmp_path) -> None:
    upright = np.zeros((6, 4, 3))
    upright[:3] = 255  # the sky is above
    exif = Image.Exif()
    exif[274] = 6  # "turn me by 90° clockwise to show me"
    lying = np.rot90(upright)
    small = picture(saved(tmp_path, lying, exif=exif), 2)
    assert small[0].min() == 1
    assert small[1].max() == 0


def test_the_square_of_the_photograph_read_from_a_file_is_the_same(tmp_path) -> None:
    square = load_sample_image("china.jpg")[20:404, 30:414]
    assert picture(saved(tmp_path, square), 48) == pytest.approx(photograph(48))
    uneven = picture(saved(tmp_path, square), 50)
    assert uneven.mean() == pytest.approx(square.mean() / 255)


# Wrong input


def test_a_file_that_is_no_picture_is_refused(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("no picture", "utf-8")
    with pytest.raises(ValueError, match=r"file: expected a picture, got .*notes"):
        picture(tmp_path / "notes.txt")
    with pytest.raises(FileNotFoundError):
        picture(tmp_path / "nothing.png")
    array: Any = np.zeros((50, 50, 3))
    with pytest.raises(TypeError, match="file: expected the path of a picture"):
        picture(array)


def test_a_picture_with_more_than_eight_bits_is_refused(tmp_path) -> None:
    Image.fromarray(np.full((4, 4), 40_000, dtype=np.uint16)).save(tmp_path / "x.png")
    with pytest.raises(ValueError, match="file: expected a picture with eight bits"):
        picture(tmp_path / "x.png", 2)


def test_a_picture_is_not_made_larger(tmp_path) -> None:
    file = saved(tmp_path, np.zeros((40, 60, 3)))
    with pytest.raises(ValueError, match=r"shorter side of the picture, 40, got 48"):
        picture(file)
    with pytest.raises(ValueError, match="size: expected at least 1"):
        picture(file, 0)
    half: Any = 2.5
    with pytest.raises(TypeError, match="size: expected an integer"):
        picture(file, half)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((5, 5, 4)), r"\(height, width, 3\), got .* its opacity$"),
        (np.zeros((5, 5)), r"\(height, width, 3\), got \(5, 5\)$"),
        (np.zeros((0, 5, 3)), r"\(height, width, 3\), got \(0, 5, 3\)$"),
        (np.zeros((5, 4)), r"\(height, width, 3\), got \(5, 4\)$"),
        (np.full((2, 2, 3), 200), r"from 200 to 200; divide by 255$"),
        (np.full((2, 2, 3), 1.5), r"from 0 to 1, got numbers from 1.5 to 1.5$"),
        (np.full((2, 2, 3), 256), r"from 0 to 1, got numbers from 256 to 256$"),
        (np.full((2, 2, 3), -0.5), r"from 0 to 1, got numbers from -0.5 to -0.5$"),
        (np.full((2, 2, 3), np.nan), "expected finite numbers"),
    ],
)
def test_what_would_give_wrong_colours_is_refused(image, message) -> None:
    with pytest.raises(ValueError, match=f"image: .*{message}"):
        colours(image)


def test_colours_from_0_to_255_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="image: expected colours from 0 to 1"):
        psnr([[100.0]], [[200.0]])
    assert psnr([[1.5, -0.5]], [[1.0, 0.0]]) == pytest.approx(-10 * np.log10(0.25))


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
