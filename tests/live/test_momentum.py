"""Momentum on a quadratic, in the reader's hand: the live figure of chapter 7."""

from __future__ import annotations

import numpy as np
import pytest

import live_pages
from dlam.rules import momentum

CHAPTER, FIGURE = "book/07a-momentum", "#fig-mom-phases"
BEST = (2.777777, 0.444446)  # for κ = 25, to the digits of the address


# One truth


def random_cases() -> list[dict]:
    rng = np.random.default_rng(7)
    return [
        {
            "rate": rng.uniform(0.01, 4),
            "beta": rng.choice([0.0, rng.uniform(0, 0.99)]),
            "kappa": int(rng.choice([2, 25, 1000])),
            "steps": 60,
        }
        for _ in range(200)
    ]


CASES = random_cases()


@pytest.fixture(scope="module")
def computed() -> dict:
    return live_pages.under_node("momentum-results.js", {"cases": CASES})


def of_library(
    curvature: np.ndarray, eta: float, beta: float, steps: int
) -> np.ndarray:
    """Run the library's rule on a quadratic; return the components, a row a step."""
    rule, p = momentum(beta), np.ones(len(curvature))
    state, path = rule.init(p), [p]
    for t in range(1, steps + 1):
        step, state = rule.update(state, curvature * p, p, eta, t)
        p = p + step
        path.append(p)
    return np.array(path)


def turns(x: np.ndarray) -> int:
    """How often the sign changes; where x is zero it has none."""
    signs = np.sign(x[x != 0])
    return np.count_nonzero(signs[1:] != signs[:-1])


def test_the_paths_are_those_of_the_library(computed):
    for case, ours in zip(CASES, computed["cases"], strict=True):
        curvature = np.array([case["kappa"], 1.0])
        eta = case["rate"] / case["kappa"]
        steep, flat = of_library(curvature, eta, case["beta"], case["steps"]).T
        scale = np.maximum.accumulate(np.abs(steep))
        assert (np.abs(ours["steep"] - steep) <= 1e-12 * scale).all()
        np.testing.assert_allclose(ours["flat"], flat, rtol=1e-12, atol=1e-12)


def test_the_factor_is_the_largest_eigenvalue_of_a_step(computed):
    for case, ours in zip(CASES, computed["cases"], strict=True):
        rate, beta = case["rate"], case["beta"]
        for el, found in zip(
            (rate, rate / case["kappa"]), ours["modulus"], strict=True
        ):
            step = np.array([[1 - el, -beta], [el, beta]])  # of x, and of ηv before
            eigenvalues = np.linalg.eigvals(step)
            assert found == pytest.approx(np.abs(eigenvalues).max(), rel=1e-6)
        real, imaginary = ours["roots"]["real"], ours["roots"]["imaginary"]
        for z in (real[0] - 1j * imaginary, real[1] + 1j * imaginary):
            assert abs(z**2 - (1 + beta - rate) * z + beta) < 1e-12


def test_the_regions_are_those_of_the_paths(computed):
    seen = set()
    for case, ours in zip(CASES, computed["cases"], strict=True):
        x, passes = np.array(ours["steep"]), ours["travels"]["passes"]
        assert passes == turns(x)
        assert ours["travels"]["far"] == np.abs(x).max()
        assert ours["travels"]["when"] == np.abs(x).argmax()
        kind = ours["kind"]
        seen.add(kind)
        assert (kind == "diverges") == (case["rate"] >= 2 * (1 + case["beta"]))
        assert (ours["modulus"][0] < 1) == (kind != "diverges")
        if kind == "falls":
            assert passes == 0
        if kind == "flips":
            late = x[np.abs(x) > 1e-300][10:]
            assert (late[1:] * late[:-1] < 0).all()
    assert seen == {"falls", "swings", "flips", "diverges"}


def test_the_slowest_eigenvalue_and_the_arrival_are_found(computed):
    for case, ours in zip(CASES, computed["cases"], strict=True):
        steep, flat = ours["modulus"]
        if abs(steep - flat) > 1e-6:
            assert ours["slowest"] == ("steep" if steep > flat else "flat")
        if ours["arrival"] is None:  # infinite
            assert max(steep, flat) > 0.999
            continue
        n, eta = ours["arrival"], case["rate"] / case["kappa"]
        x = of_library(np.array([case["kappa"], 1.0]), eta, case["beta"], n)
        assert np.flatnonzero((np.abs(x) < 1e-6).all(axis=1))[0] == n


def test_the_best_pair_is_that_of_the_theorem(computed):
    for kappa, pair in computed["best"]:
        root = np.sqrt(kappa)
        rho = (root - 1) / (root + 1)
        assert pair["rate"] == pytest.approx(4 * kappa / (root + 1) ** 2, abs=2e-6)
        assert pair["beta"] == pytest.approx(rho**2, abs=2e-6)
        for el in (pair["rate"], pair["rate"] / kappa):  # no root is real
            assert (1 + pair["beta"] - el) ** 2 < 4 * pair["beta"]


# By hand


def test_it_begins_with_the_best_pair_of_the_chapter(show):
    figure = show()
    assert figure.fact("factor a step, in the long run") == "0.667"
    assert figure.fact("steps to a millionth") == "45"
    assert figure.fact("farthest along Λ") == "1.93 after step 2"
    assert figure.fact("the slowest eigenvalue") == "all are alike"
    assert not figure.seen.errors


@live_pages.at_night
def test_the_pair_is_dragged_into_the_region_that_diverges(show):
    figure = show()
    handle = figure.slider("Rate and momentum")
    figure.drag(handle, figure.board(), (0.9, 0.2))
    assert handle.get_attribute("aria-valuetext").startswith("ηΛ = 3.6")
    assert figure.fact("along Λ, the steepest, it") == "diverges"
    assert figure.fact("steps to a millionth") == "never"
    figure.click("No momentum")
    assert "beta=0" in figure.hash()
    figure.click("Best pair for this κ")
    assert figure.hash() == ""
    figure.drag(handle, figure.board(), (1.2, 1.2))  # as far as it goes
    assert "rate=4&beta=0.99" in figure.hash()


@live_pages.at_night
def test_a_finger_moves_the_pair_and_the_page_stays(show):
    figure = show(**live_pages.PHONE)
    figure.touch(figure.slider("Rate and momentum"), figure.board(), (0.25, 0.5))
    rate, beta = (part.partition("=")[2] for part in figure.hash().split("&"))
    assert (float(rate), float(beta)) == pytest.approx((1.0, 0.5), abs=0.05)


def test_everything_can_be_done_by_the_keyboard(show):
    figure = show()
    figure.slider("Rate and momentum").focus()
    figure.press("ArrowLeft", "Shift+ArrowDown")
    figure.drawn()
    assert figure.hash() == "#momentum?rate=2.74&beta=0.34"
    figure.stage.get_by_label("κ").focus()
    figure.press("ArrowRight")
    figure.stage.get_by_label("steps").select_option("300")
    figure.drawn()
    assert figure.hash() == "#momentum?rate=2.74&beta=0.34&kappa=50&steps=300"
    assert figure.fact("the slowest eigenvalue") == "the steepest, Λ"
    assert "the slowest eigenvalue: the steepest, Λ" in figure.heard()
    stops = figure.stops("Best pair for this κ")
    assert len(stops) == 3 + 1 + 4


def test_what_is_slow_does_not_take_for_ever(show):
    figure = show("#momentum?rate=0.5&beta=0&kappa=10000")
    assert figure.fact("along γ, the flattest, it") == "falls"
    assert figure.fact("steps to a millionth") == "more than 200000"


# The state in the address


STATE = "#momentum?rate=1&beta=0.9&kappa=100&steps=120"


def test_an_address_that_is_shared_restores_the_state(show):
    figure = show(STATE)
    factor, far, passes = figure.data()
    assert factor == pytest.approx(0.9**0.5, abs=1e-12)
    path = of_library(np.array([1.0]), 1.0, 0.9, 120)[:, 0]
    assert far == pytest.approx(np.abs(path).max(), abs=1e-12)
    assert passes == turns(path)
    assert figure.notice() == ""
    figure.reset()
    assert figure.data()[0] == pytest.approx(BEST[1] ** 0.5, abs=1e-12)


@live_pages.at_night
@pytest.mark.parametrize(
    "hostile",
    [
        "#momentum?rate=<img src=x onerror=document.title='bad'>",
        "#momentum?beta=1",
        "#momentum?steps=1000000000",
        "#momentum?__proto__=1",
    ],
)
def test_a_hostile_address_gives_the_default_and_says_so(show, hostile):
    figure = show(hostile)
    assert figure.data()[0] == pytest.approx(BEST[1] ** 0.5, abs=1e-12)
    live_pages.check_refusal(figure)


# For everyone


@live_pages.at_night
def test_the_plane_follows_light_and_dark(show):
    figure = show(color_scheme="light")
    live_pages.check_colours(figure, ".live-area canvas", 0.25, 0.02)


@live_pages.at_night
def test_axe_finds_nothing_where_it_diverges(show):
    live_pages.check_axe(show("#momentum?rate=3.5&beta=0"), FIGURE)


@live_pages.at_night
@pytest.mark.parametrize("state", ["", "#momentum?rate=3.5&beta=0&kappa=10000"])
def test_a_telephone_shows_all_of_it(show, state):
    live_pages.check_telephone(show(state, **live_pages.PHONE), FIGURE)


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    live_pages.check_stillness(show(reduced_motion="reduce"))
