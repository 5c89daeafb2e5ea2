"""A convolutional layer and its matrix: true to the library, and used in a browser."""

from __future__ import annotations

import numpy as np
import pytest

import live_pages
from dlam.convolution import correlate, matrix

CHAPTER, FIGURE = "book/09-convolutions", "#fig-cnn-matrix"


# One truth


def random_case(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    return {
        "picture": rng.integers(2, size=64).tolist(),
        "kernel": rng.normal(size=9).tolist(),
        "rim": "circular" if seed % 2 else "zeros",
        "shift": rng.integers(8, size=2).tolist(),
    }


CASES = [random_case(seed) for seed in range(40)]


@pytest.fixture(scope="module")
def computed() -> list[dict]:
    return live_pages.under_node("convolution-results.js", {"cases": CASES})


def arrays(case: dict) -> tuple[np.ndarray, np.ndarray, bool]:
    a = np.reshape(case["picture"], (1, 1, 8, 8)).astype(float)
    return a, np.reshape(case["kernel"], (1, 1, 3, 3)), case["rim"] == "circular"


def test_layer_and_matrix_are_those_of_the_library(computed):
    for case, ours in zip(CASES, computed, strict=True):
        a, K, circular = arrays(case)
        expected = correlate(a, K, 1, 1, circular).ravel()
        np.testing.assert_allclose(ours["layer"], expected, rtol=0, atol=1e-12)
        W = matrix(K, (1, 8, 8), 1, 1, circular)
        np.testing.assert_array_equal(np.reshape(ours["matrix"], (64, 64)), W)


def test_the_spectrum_is_that_of_the_circular_matrix_and_bounds_the_other(computed):
    for case, ours in zip(CASES, computed, strict=True):
        _, K, circular = arrays(case)
        waves = np.reshape(ours["spectrum"], (8, 8))
        padded = np.zeros((8, 8))
        padded[:3, :3] = K[0, 0]
        expected = np.fft.fftshift(np.abs(np.fft.fft2(padded)))
        np.testing.assert_allclose(waves, expected, rtol=0, atol=1e-12)
        sizes = np.linalg.svd(matrix(K, (1, 8, 8), 1, 1, circular), compute_uv=False)
        if circular:
            in_order = np.sort(waves.ravel())[::-1]
            np.testing.assert_allclose(sizes, in_order, rtol=0, atol=1e-12)
        else:
            assert sizes[0] <= waves.max() + 1e-12


def test_what_is_shown_after_shifts_is_what_the_library_makes_of_them(computed):
    for case, ours in zip(CASES, computed, strict=True):
        a, K, circular = arrays(case)
        moved = np.roll(a, case["shift"], axis=(2, 3))
        first = correlate(moved, K, 1, 1, circular)
        then = np.roll(correlate(a, K, 1, 1, circular), case["shift"], axis=(2, 3))
        np.testing.assert_array_equal(ours["input"], moved.ravel())
        np.testing.assert_allclose(ours["output"], first.ravel(), rtol=0, atol=1e-12)
        apart = np.abs(first - then).ravel()
        np.testing.assert_allclose(ours["apart"], apart, rtol=0, atol=1e-12)


# In a browser


DIFFER = "shifted first, or afterwards: pixels that differ"


def test_shifts_show_where_zeros_at_the_border_are_seen(show):
    figure = show()
    assert figure.fact("entries that are not 0, of 4096") == "308"
    assert figure.fact(DIFFER) == "none"
    for _ in range(3):
        figure.click("Shift right")
    assert figure.fact(DIFFER) != "none"
    assert figure.hash() == "#convolution?shift=0,3"
    figure.click("Circular padding")
    assert figure.fact(DIFFER) == "none"
    assert figure.fact("entries that are not 0, of 4096") == "384"
    assert float(figure.fact("largest singular value, max |K̂(ω)|")) == 8
    assert not figure.seen.errors
    figure.reset()


def test_everything_can_be_done_by_keys(show):
    figure = show()
    figure.slider("A pixel of the image").focus()
    picture = figure.slider("A pixel of the image")
    assert picture.get_attribute("aria-valuetext") == "row 2, column 5: 1"
    figure.press(" ")
    figure.drawn()
    assert picture.get_attribute("aria-valuetext") == "row 2, column 5: 0"
    figure.press("ArrowLeft", "ArrowUp")
    figure.drawn()
    assert picture.get_attribute("aria-valuetext") == "row 1, column 4: 1"
    assert "from=12" in figure.hash()
    entry = figure.slider("An entry of the matrix")
    entry.focus()
    figure.press("ArrowDown")
    figure.drawn()
    assert entry.get_attribute("aria-valuetext").startswith("row 21, column 12")
    assert figure.heard().startswith("z in row 2, column 5 is")
    stops = figure.stops("Zero padding")
    assert len(stops) == 5 + 3 + 1 + 9


@live_pages.at_night
def test_a_kernel_is_chosen_and_changed(show):
    figure = show()
    figure.stage.get_by_label("kernel").select_option("Laplace")
    figure.drawn()
    assert "kernel=0,1,0,1,-4,1,0,1,0" in figure.hash()
    figure.stage.get_by_label("weight in row 1, column 1").fill("-3")
    figure.press("Tab")
    figure.drawn()
    assert "kernel=0,1,0,1,-3,1,0,1,0" in figure.hash()


@live_pages.at_night
def test_a_click_on_the_picture_changes_a_pixel_and_pointing_does_not(show):
    figure = show()
    grid = figure.slider("A pixel of the image")
    figure.page.mouse.move(*live_pages.within(grid, (1 / 16, 15 / 16)))
    figure.drawn()
    assert grid.get_attribute("aria-valuetext") == "row 0, column 0: 0"
    assert figure.hash() == ""
    grid.click(position={"x": 3, "y": 3})
    figure.drawn()
    assert grid.get_attribute("aria-valuetext") == "row 0, column 0: 1"
    assert "picture=803c0404" in figure.hash()


@live_pages.at_night
def test_on_a_telephone_it_fits(show):
    live_pages.check_telephone(show(**live_pages.PHONE), FIGURE)


@live_pages.at_night
def test_its_colours_are_those_of_the_page(show):
    live_pages.check_colours(show(), ".live-cells canvas", 0.06, 0.94)


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    live_pages.check_no_animation(show(), "Shift right")
