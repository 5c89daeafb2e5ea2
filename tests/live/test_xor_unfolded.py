"""XOR unfolded: the live figure of chapter 2."""

from __future__ import annotations

import re

import numpy as np
import pytest

import live_pages
from dlam import Network, cost, data, forward, gradient_descent, identity, relu
from dlam.matlab import MatlabRandom

CHAPTER, FIGURE = "book/02-xor", "#fig-xor-spaces"
NET = Network((2, 2, 1), activation=(relu, identity))
X, Y = data.xor()
SEEDS = list(range(1, 41))
STEPS = 3000


def parameters(figure) -> list[float]:
    """Return p as the address has it."""
    text = re.search(r"p=([^&]*)", figure.hash())
    return list(map(float, text[1].split(","))) if text else [*SLIDE]


SLIDE = (1, 1, 1, 1, 0, -1, 1, -2, 0)


# One truth


@pytest.fixture(scope="module")
def starts() -> np.ndarray:
    return np.random.default_rng(2016).normal(scale=0.5, size=(len(SEEDS), 9))


@pytest.fixture(scope="module")
def computed(starts) -> dict:
    networks = [{"p": p, "steps": STEPS} for p in starts.tolist()]
    given = {"layers": [], "networks": networks, "seeds": SEEDS}
    return live_pages.under_node("hands-on-results.js", given)


def test_the_points_are_where_the_library_sends_them(computed, starts):
    for p, ours in zip(starts, computed["networks"], strict=True):
        z, a = forward(NET, p, X)
        for name, theirs in (("z", z[2]), ("h", a[2]), ("f", a[3][:, 0])):
            np.testing.assert_allclose(ours[name], theirs, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(ours["J"], 2 * cost(NET, p, X, Y), rtol=1e-12)


def test_training_goes_where_the_library_goes(computed, starts):
    expected = gradient_descent(NET, starts, X, Y, STEPS, 0.1).parameters
    ours = [network["trained"] for network in computed["networks"]]
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)


def test_a_random_start_is_of_the_scale_of_the_chapter(computed):
    for seed, ours in zip(SEEDS, computed["starts"], strict=True):
        np.testing.assert_allclose(ours, 0.5 * MatlabRandom(seed).randn(9), atol=6e-7)


def test_the_six_solutions_are_of_six_pieces(computed):
    # The numbers of the theorem about the pieces; see chapter 2.
    pieces = set()
    for solution in computed["solutions"]:
        p = np.array(solution["p"], dtype=float)
        assert cost(NET, p, X, Y) == 0
        h = forward(NET, p, X)[1][2]
        v = NET.unpack(p)[1].W[0]
        D, E = h[1] - h[2], h[0] - h[3]
        larger = D if abs(D[0]) > abs(E[0]) else E
        kind = "D" if abs(D[0]) > abs(E[0]) else "E"
        units = sorted(
            (int(np.sign(s)), int(np.sign(t))) for s, t in zip(v, larger, strict=True)
        )
        assert 0 not in np.ravel(units)
        pieces.add((kind, *units))
    assert len(pieces) == 6


# By hand


def test_it_begins_with_the_slides_solution(show):
    figure = show()
    assert figure.data() == [0]
    rows = figure.stage.locator("tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [
        ["00", "(0.00, −1.00)", "(0.00, 0.00)", "0.00", "0"],
        ["01", "(1.00, 0.00)", "(1.00, 0.00)", "1.00", "1"],
        ["10", "(1.00, 0.00)", "(1.00, 0.00)", "1.00", "1"],
        ["11", "(2.00, 1.00)", "(2.00, 1.00)", "0.00", "0"],
    ]


@live_pages.at_night
def test_a_line_that_is_dragged_changes_its_bias_alone(show):
    figure = show()
    edge = figure.slider("The line where neuron 2 switches on")
    figure.drag(edge, figure.board(), (0.4, 0.4))
    p = parameters(figure)
    assert p[5] == pytest.approx(-2 * (-0.3 + 0.4 * 1.6), abs=0.03)
    assert [*p[:5], *p[6:]] == [*SLIDE[:5], *SLIDE[6:]]
    assert figure.data() == [pytest.approx(2 * cost(NET, p, X, Y), abs=1e-12)]


@live_pages.at_night
def test_weights_that_are_dragged_turn_about_the_line(show):
    figure = show()
    figure.drag(figure.slider("The weights of neuron 1"), figure.board(), (0.2, 0.5))
    p = parameters(figure)
    assert p[:2] != [1, 1]
    assert p[2:4] == [1, 1]
    # The line still goes through the point where the unit is held.
    assert np.dot(p[:2], [0.25, -0.25]) + p[4] == pytest.approx(0, abs=0.02)
    assert figure.data() == [pytest.approx(2 * cost(NET, p, X, Y), abs=1e-12)]


@live_pages.at_night
def test_a_finger_drags_and_the_page_stays(show):
    figure = show(**live_pages.PHONE)
    edge = figure.slider("The line where neuron 2 switches on")
    figure.touch(edge, figure.board(), (0.5, 0.8))
    p = parameters(figure)
    assert p[5] == pytest.approx(-(2 * -0.3 + 1.3 * 1.6), abs=0.05)


@live_pages.at_night
def test_everything_can_be_done_by_the_keyboard(show):
    figure = show()
    figure.slider("The line where neuron 1 switches on").focus()
    figure.press("ArrowRight", "ArrowUp")
    figure.drawn()
    assert parameters(figure)[4] == pytest.approx(-0.03, abs=0.011)
    figure.slider("The weights of neuron 2").focus()
    figure.press("Shift+ArrowUp")
    figure.drawn()
    assert parameters(figure)[3] == pytest.approx(1.53, abs=0.02)
    bias = figure.stage.get_by_role("spinbutton", name="bias of the output")
    bias.fill("0.25")
    figure.press("Enter")
    figure.drawn()
    assert parameters(figure)[8] == 0.25
    figure.slider("From x to h").focus()
    figure.press("Home")
    figure.drawn()
    assert "at=0" in figure.hash()
    assert figure.heard().startswith("J is ")


@live_pages.at_night
def test_a_number_that_cannot_be_is_not_taken(show):
    figure = show()
    bias = figure.stage.get_by_role("spinbutton", name="bias of the output")
    for wrong in ("", "11", "-1000"):
        bias.fill(wrong)
        figure.press("Enter")
        assert bias.input_value() == "0"
    assert figure.hash() == ""


def test_the_tab_key_goes_through_the_figure_and_shows_where_it_is(show):
    figure = show()
    stops = figure.stops("Train from here")
    names = " ".join(stops)
    for name in ("Reset", "The weights of neuron 2", "Unfold", "lower the zeros"):
        assert name in names
    assert len(stops) == 4 + 4 + 2 + 9 + 6


# What moves by itself


@live_pages.at_night
def test_unfolding_ends_at_the_hidden_units(show):
    figure = show("#xor-unfolded?at=0")
    assert figure.slider("From x to h").get_attribute("aria-valuetext") == "x"
    figure.button("Unfold").click()
    figure.wait_until("location.hash === ''")
    words = figure.slider("From x to h").get_attribute("aria-valuetext")
    assert words == "h = max(0, Wx + c)"


@live_pages.at_night
def test_each_picture_of_the_gallery_is_a_solution(show):
    figure = show("#xor-unfolded?p=1,0,0,1,0,0,1,1,0")
    assert figure.data()[0] > 0.1
    for name in ("single out 00", "lift the ones", "lower the zeros"):
        before = figure.hash()
        figure.button(name).click()
        figure.wait_until("before => location.hash !== before", before)
        assert figure.data() == [0]
    figure.button("The solution of the text").click()
    figure.wait_until("location.hash === ''")


@live_pages.at_night
def test_a_random_start_is_trained_to_a_stop_and_counted(show):
    figure = show()
    figure.button("Random start").click()
    figure.wait_until("location.hash.includes('seed=2')")
    p = 0.5 * MatlabRandom(1).randn(9)
    np.testing.assert_allclose(parameters(figure), p, atol=1e-6)
    figure.button("Train from here").click()
    figure.wait_until("document.querySelector('.live-count:not(:empty)')")
    trained = gradient_descent(NET, p, X, Y, 33_000, 0.1)
    J = 2 * trained.cost[-1]
    assert figure.data() == [pytest.approx(J, abs=1e-6)]
    assert figure.stage.locator(".live-count:not(:empty)").inner_text() == "1 ×"
    np.testing.assert_allclose(parameters(figure), trained.parameters, atol=1e-3)


@live_pages.at_night
def test_training_can_be_paused_and_a_hand_ends_it(show):
    figure = show("#xor-unfolded?p=0.3,-0.2,0.4,0.1,0.2,0.3,0.5,-0.4,0.1")
    figure.button("Train from here").click()
    figure.button("Pause").click()
    figure.button("Train from here").wait_for()
    steps = figure.stage.locator(".live-cost-line .live-of").inner_text()
    figure.page.wait_for_timeout(300)
    assert figure.stage.locator(".live-cost-line .live-of").inner_text() == steps
    figure.button("Train from here").click()
    figure.slider("The weights of neuron 1").focus()
    figure.press("ArrowUp")
    figure.button("Train from here").wait_for()


@live_pages.at_night
def test_steps_that_run_away_are_taken_back(show):
    state = "#xor-unfolded?p=9,9,9,9,9,9,9,9,9"
    figure = show(state)
    figure.button("Train from here").click()
    figure.wait_until(
        "document.querySelector('.live-notice').textContent.includes('bounds')"
    )
    assert parameters(figure) == [9] * 9


@live_pages.at_night
def test_who_wants_no_motion_gets_the_outcome_at_once(show):
    figure = show("#xor-unfolded?at=0", reduced_motion="reduce")
    figure.page.evaluate(
        """() => {
        window.places = new Set();
        const note = () => window.places.add(
            document.querySelector(".live-mesh").getAttribute("d"));
        new MutationObserver(note).observe(
            document.querySelector(".live-mesh"), {attributeFilter: ["d"]});
        }"""
    )
    figure.button("Unfold").click()
    figure.wait_until("location.hash === ''")
    # x, Wx (which is elsewhere), Wx + c and h: no picture between.
    assert figure.page.evaluate("window.places.size") <= 4
    figure.page.evaluate("window.places.clear()")
    figure.button("Random start").click()
    figure.wait_until("location.hash.includes('seed=2')")
    figure.button("Train from here").click()
    figure.button("Train from here").wait_for()
    figure.wait_until("document.querySelector('.live-count:not(:empty)')")
    assert figure.page.evaluate("window.places.size") <= 2


# The state in the address


STATE = "#xor-unfolded?p=1.5,-0.25,0.125,2,-1,0.5,-1,3,0.75&at=1.5&seed=9"


def test_an_address_that_is_shared_restores_the_state(show):
    figure = show(STATE)
    p = parameters(figure)
    assert figure.data() == [pytest.approx(2 * cost(NET, p, X, Y), abs=1e-12)]
    words = figure.slider("From x to h").get_attribute("aria-valuetext")
    assert words == "from Wx to Wx + c"
    assert figure.notice() == ""


@live_pages.at_night
def test_reset_brings_everything_back_and_cleans_the_address(show):
    figure = show(STATE)
    figure.reset()
    assert figure.data() == [0]


def test_a_random_start_by_mistake_is_undone(show):
    figure = show(STATE, reduced_motion="reduce")
    p = parameters(figure)
    figure.button("Random start").click()
    figure.wait_until("location.hash.includes('seed=10')")
    figure.click("Undo")
    assert figure.hash() == STATE
    assert parameters(figure) == p


@live_pages.at_night
@pytest.mark.parametrize(
    "hostile",
    [
        "#xor-unfolded?p=<img src=x onerror=document.title='bad'>",
        "#xor-unfolded?p=%3Cscript%3Edocument.title='bad'%3C/script%3E",
        "#xor-unfolded?p=1e308,1,1,1,1,1,1,1,1",
        "#xor-unfolded?__proto__=1",
    ],
)
def test_a_hostile_address_gives_the_default_and_says_so(show, hostile):
    figure = show(hostile)
    assert figure.data() == [0]
    live_pages.check_refusal(figure)


# For everyone


@live_pages.at_night
def test_the_planes_follow_light_and_dark(show):
    figure = show(color_scheme="light")
    live_pages.check_colours(figure, ".live-map canvas", 0.02, 0.02)


@live_pages.at_night
def test_a_telephone_shows_all_of_it(show):
    live_pages.check_telephone(show(**live_pages.PHONE))
