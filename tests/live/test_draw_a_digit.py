"""A drawn digit is read by the network of the book, as the library computes it."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

import live_pages
from dlam import data, identity
from dlam.convolution import Convolution, ConvolutionalNetwork, Dense, MaxPooling
from needed import ROOT

CHAPTER, FIGURE = "book/09b-seeing", "#fig-cnn-shifts"
LAYERS = (Convolution(8, 5), MaxPooling(2), Convolution(16, 5), MaxPooling(2))
NET = ConvolutionalNetwork((1, 28, 28), (*LAYERS, Dense(10, identity)))
SHIFTS = [(0, 0), (2, -3), (-28, 0), (0, 27)]
PICTURES = np.concatenate(
    [data.mnist().X[4000:4020], np.random.default_rng(1).random((5, 784))]
)


# One truth


@pytest.fixture(scope="module")
def computed() -> dict:
    given = {"pictures": PICTURES.tolist(), "shifts": SHIFTS}
    return live_pages.under_node("draw-a-digit-results.js", given)


def test_the_network_computes_what_the_library_computes(computed):
    p = np.array(computed["p"])
    first = ConvolutionalNetwork((1, 28, 28), LAYERS[:1])
    second = ConvolutionalNetwork((1, 28, 28), LAYERS[:3])
    for name, net in (("first", first), ("second", second), ("sums", NET)):
        ours = [outcome[name] for outcome in computed["outcomes"]]
        expected = net(p[: net.n_parameters], PICTURES)
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)
    sums = NET(p, PICTURES)
    shares = np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
    found = [outcome["shares"] for outcome in computed["outcomes"]]
    np.testing.assert_allclose(found, shares, rtol=0, atol=1e-12)


def test_a_picture_is_moved_and_nothing_comes_back(computed):
    for picture, outcome in zip(PICTURES, computed["outcomes"], strict=True):
        padded = np.pad(picture.reshape(28, 28), 28)
        for (down, across), ours in zip(SHIFTS, outcome["moved"], strict=True):
            window = padded[28 - down : 56 - down, 28 - across : 56 - across]
            np.testing.assert_array_equal(ours, window.ravel())


def test_it_reads_nearly_all_pictures_that_it_has_not_learned_from(computed):
    X, Y = data.mnist()
    right = NET(computed["p"], X[4000:]).argmax(axis=1) == Y[4000:].argmax(axis=1)
    assert right.mean() > 0.94


def test_what_it_has_learned_is_what_the_run_has_found():
    sys.path.insert(0, str(ROOT / "runs/shifts"))
    try:
        import page
    finally:
        sys.path.remove(str(ROOT / "runs/shifts"))
    p = np.load(ROOT / "runs/shifts/convolutional.npy")
    assert page.PAGE.read_text("utf-8") == page.text(p)


# In a browser


class DrawADigit(live_pages.LiveFigure):
    """The drawing, its answer, and the answers to its shifts."""

    ready = ".digit-bars data:not(:empty)"

    def answer(self) -> str:
        return self.stage.locator(".digit-answer").inner_text()

    def shifted(self) -> str:
        """Where the square of shifts is looked at, and the answer there."""
        label = "A shift of the drawing"
        self.wait_until(
            "label => /: [0-9]$/.test(document.querySelector(`[aria-label='${label}']`)"
            ".ariaValueText)",
            label,
        )
        return self.slider(label).get_attribute("aria-valuetext")


KIND = DrawADigit


def test_an_example_is_read_and_a_shift_makes_it_another(show):
    figure = show()
    assert figure.answer().startswith("The network answers 4, with ")
    assert sum(figure.data()) == pytest.approx(1, abs=1e-12)
    figure.stage.get_by_label("example").select_option("1")
    figure.drawn()
    assert figure.answer().startswith("The network answers 1")
    shifts = figure.slider("A shift of the drawing")
    shifts.focus()
    figure.press(*6 * ["ArrowLeft"])
    figure.drawn()
    assert figure.shifted().startswith("0 down, 6 left: ")
    there = figure.shifted()[-1]
    figure.press(" ")
    figure.drawn()
    assert figure.answer().startswith(f"The network answers {there}")
    assert "shift=0,-6" in figure.hash()
    figure.click("To the middle")
    assert figure.answer().startswith("The network answers 1")
    assert not figure.seen.errors


def test_a_digit_is_drawn_by_keys_and_by_the_mouse(show):
    figure = show()
    figure.button("Clear").click()
    pen = figure.slider("The pen")
    pen.focus()
    figure.press(*4 * ["ArrowUp"])
    for _ in range(14):
        figure.press(" ", "ArrowDown")
    figure.drawn()
    assert figure.answer().startswith("The network answers 1")
    assert figure.heard().startswith("The network answers 1, with ")
    drawn = re.search(r"drawing=([0-9a-f]+)", figure.hash())
    assert drawn
    stops = figure.stops("Clear")
    assert len(stops) == 3 + 1 + 1 + 1
    figure.button("Clear").click()
    assert drawn[0] not in figure.hash()
    figure.button("Undo").click()
    assert drawn[0] in figure.hash()
    figure.button("Clear").click()
    figure.page.mouse.move(*live_pages.within(pen, (0.5, 0.8)))
    figure.page.mouse.down()
    figure.page.mouse.move(*live_pages.within(pen, (0.5, 0.2)), steps=30)
    figure.page.mouse.up()
    figure.drawn()
    assert figure.answer().startswith("The network answers 1")
    assert "drawing=" in figure.hash()


@live_pages.at_night
def test_a_finger_draws_and_does_not_scroll(show):
    figure = show(**live_pages.PHONE)
    figure.button("Clear").click()
    pen = figure.slider("The pen")
    before = figure.hash()
    figure.touch(pen, pen, (0.5, 0.1))
    assert figure.hash() != before


@live_pages.at_night
def test_on_a_telephone_it_fits(show):
    live_pages.check_telephone(show(**live_pages.PHONE), FIGURE)


@live_pages.at_night
def test_its_colours_are_those_of_the_page(show):
    live_pages.check_colours(show(), ".live-cells canvas", 0.02, 0.02)


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    live_pages.check_no_animation(show(), "To the middle")
