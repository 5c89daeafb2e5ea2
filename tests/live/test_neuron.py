"""A neuron, and a layer, in the reader's hand: the live figure of chapter 1."""

from __future__ import annotations

import numpy as np
import pytest

import live_pages
from dlam import Network, backprop, data, sigmoid

CHAPTER, FIGURE = "book/01-network", "#fig-in-hand"


# One truth


def random_layer(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    inputs, neurons = (1, 1) if seed % 3 == 0 else (2, int(rng.integers(1, 4)))
    return {
        "rows": rng.normal(scale=9, size=(neurons, inputs + 1)).tolist(),
        "points": rng.random((7, inputs)).tolist(),
    }


LAYERS = [random_layer(seed) for seed in range(60)]


@pytest.fixture(scope="module")
def computed() -> list[dict]:
    given = {"layers": LAYERS, "networks": [], "seeds": []}
    return live_pages.under_node("hands-on-results.js", given)["layers"]


def test_a_layer_says_what_the_library_says(computed):
    for case, ours in zip(LAYERS, computed, strict=True):
        rows, points = np.array(case["rows"]), np.array(case["points"])
        W, b = rows[:, :-1], rows[:, -1]
        net = Network((W.shape[1], len(W)))
        z, a = backprop.forward(net, net.pack([(W, b)]), points)
        np.testing.assert_allclose(ours["z"], z[2], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(ours["a"], a[2], rtol=1e-12, atol=1e-12)
        # The grid is drawn in single precision.
        np.testing.assert_allclose(np.transpose(ours["outputs"]), a[2], atol=1e-6)


def test_the_sites_that_some_neuron_is_on_at_are_counted(computed):
    X, Y = data.drilling_sites()
    for case, ours in zip(LAYERS, computed, strict=True):
        rows = np.array(case["rows"])
        if rows.shape[1] == 2:
            continue
        on = (sigmoid(X @ rows[:, :2].T + rows[:, 2]) > 0.5).any(axis=1)
        assert ours["inside"] == {
            "A": int(on[Y[:, 0] == 1].sum()),
            "B": int(on[Y[:, 1] == 1].sum()),
        }


# By hand


@live_pages.at_night
def test_the_edge_of_the_curve_is_dragged_and_its_steepness_stays(show):
    figure = show()
    figure.drag(figure.slider("The edge of the neuron"), figure.board(), (0.75, 0.2))
    assert float(figure.fact("the edge, −b/w")) == pytest.approx(5, abs=0.15)
    assert figure.fact("from 0.1 to 0.9 in") == "4.39"
    assert figure.hash().startswith("#neuron?line=1,-")
    # At x = 1 it says σ(w + b), of the numbers in the address.
    w, b = map(float, figure.hash().partition("line=")[2].split(","))
    assert figure.data() == [pytest.approx(float(sigmoid(w + b)), abs=1e-12)]


@live_pages.at_night
def test_the_curve_is_made_steeper_and_turned_round_at_its_edge(show):
    figure = show()
    above = figure.slider("Where the output is 0.9")
    figure.drag(above, figure.board(), (0.54, 0.9))
    assert figure.fact("the edge, −b/w") == "0.00"
    w = 4 * float(figure.fact("slope at the edge, w/4"))
    assert w == pytest.approx(np.log(9) / 0.8, rel=0.1)
    figure.drag(above, figure.board(), (0.3, 0.9))
    assert float(figure.fact("slope at the edge, w/4")) < 0
    figure.drag(above, figure.board(), (0, 0.9))  # as far as it goes
    assert figure.fact("the edge, −b/w") == "0.00"


@live_pages.at_night
def test_the_dashed_curve_of_the_chapter_can_be_made(show):
    figure = show()
    figure.slider("w").focus()
    figure.press(*["ArrowRight"] * 20)
    figure.slider("b").focus()
    figure.press(*["ArrowLeft"] * 30)
    figure.drawn()
    assert figure.fact("the edge, −b/w") == "5.00"
    assert figure.hash() == "#neuron?line=3,-15"


@live_pages.at_night
def test_a_neuron_of_two_inputs_is_turned_by_its_handles(show):
    figure = show()
    figure.click("Two inputs")
    assert figure.fact("sites right") == "8 of 10"
    figure.drag(figure.slider("The edge of neuron 1"), figure.board(), (0.375, 0.375))
    figure.drag(
        figure.slider("Where the output is 0.9"), figure.board(), (0.275, 0.275)
    )
    assert figure.fact("sites right") == "9 of 10"  # the line of the chapter
    w1, w2, b = map(float, figure.hash().partition("neuron=")[2].split(","))
    assert w1 == pytest.approx(w2, rel=0.15)
    assert -b / w1 == pytest.approx(0.75, abs=0.03)


@live_pages.at_night
def test_the_point_where_it_is_asked_is_dragged(show):
    figure = show("#neuron?view=plane")
    figure.drag(figure.slider("The input"), figure.board(), (0.9, 0.1))
    assert (
        figure.slider("The input")
        .get_attribute("aria-valuetext")
        .startswith("x = (0.9")
    )
    assert figure.data()[0] == pytest.approx(float(sigmoid(-4)), abs=0.005)


@live_pages.at_night
def test_a_layer_is_solved_neuron_by_neuron(show):
    figure = show("#neuron?view=layer")
    assert len(figure.data()) == 3
    assert figure.fact("crosses where some a > ½") == "2 of 5"
    # The two half-planes of the chapter, and the third out of the way.
    for number, weights in ((1, (-20, -20, 15)), (2, (0, 20, -15)), (3, (0, 0, -20))):
        figure.stage.get_by_role("combobox", name="neuron").select_option(str(number))
        sliders = figure.stage.locator(".live-sliders input:visible")
        for k, value in enumerate(weights):
            sliders.nth(k).fill(str(value))
    figure.drawn()
    assert figure.fact("circles where some a > ½") == "5 of 5"
    assert figure.fact("crosses where some a > ½") == "0 of 5"
    # What is flat has no edge to hold.
    assert not figure.slider("The edge of neuron 3").is_visible()


@live_pages.at_night
def test_whoever_takes_hold_of_an_edge_chooses_its_neuron(show):
    figure = show("#neuron?view=layer")
    figure.slider("The edge of neuron 3").click()
    figure.drawn()
    assert figure.stage.get_by_role("combobox", name="neuron").input_value() == "3"
    assert "chosen=3" in figure.hash()


@live_pages.at_night
def test_a_finger_moves_the_edge_and_the_page_stays(show):
    figure = show("#neuron?view=plane", **live_pages.PHONE)
    figure.touch(figure.slider("The edge of neuron 1"), figure.board(), (0.25, 0.5))
    w1, w2, b = map(float, figure.hash().partition("neuron=")[2].split(","))
    assert (w1, w2) == (-10, 0)
    assert b == pytest.approx(2.5, abs=0.3)


@live_pages.at_night
def test_arrow_keys_move_every_handle_and_what_changed_is_said(show):
    figure = show()
    figure.move_by_keys(
        "The edge of the neuron", "Where the output is 0.9", "The input"
    )
    assert figure.heard().startswith("The output is 0.")


def test_the_tab_key_goes_through_the_figure_and_shows_where_it_is(show):
    figure = show("#neuron?view=layer")
    stops = figure.stops("One input")
    names = " ".join(stops)
    for name in ("A layer", "Reset", "The input", "The edge of neuron 3"):
        assert name in names
    assert len(stops) == 4 + 5 + 4


# The state in the address


STATE = "#neuron?view=layer&layer=1,2,3,4,5,6,-7,-8,9.5&point=0.1,0.9&chosen=2"


def test_an_address_that_is_shared_restores_the_state(show):
    figure = show(STATE)
    expected = sigmoid(np.array([[1, 2], [4, 5], [-7, -8]]) @ [0.1, 0.9] + [3, 6, 9.5])
    np.testing.assert_allclose(figure.data(), expected, rtol=0, atol=1e-12)
    assert figure.stage.get_by_role("combobox", name="neuron").input_value() == "2"
    assert figure.notice() == ""


@live_pages.at_night
def test_reset_brings_everything_back_and_cleans_the_address(show):
    figure = show(STATE)
    figure.reset()
    assert figure.data() == [pytest.approx(float(sigmoid(1)), abs=1e-12)]
    assert figure.button("One input").get_attribute("aria-pressed") == "true"


@live_pages.at_night
@pytest.mark.parametrize(
    "hostile",
    [
        "#neuron?view=<img src=x onerror=document.title='bad'>",
        "#neuron?line=%3Cscript%3Edocument.title='bad'%3C/script%3E,0",
        "#neuron?neuron=1e308,0,0",
        "#neuron?__proto__=1",
    ],
)
def test_a_hostile_address_gives_the_default_and_says_so(show, hostile):
    figure = show(hostile)
    assert figure.data() == [pytest.approx(float(sigmoid(1)), abs=1e-12)]
    live_pages.check_refusal(figure)


# For everyone


@live_pages.at_night
def test_the_square_follows_light_and_dark(show):
    figure = show("#neuron?view=plane", color_scheme="light")
    live_pages.check_colours(figure, ".live-map:not([hidden]) canvas", 0.02, 0.5)


@live_pages.at_night
def test_axe_finds_nothing_in_a_layer(show):
    live_pages.check_axe(show("#neuron?view=layer"))


@live_pages.at_night
@pytest.mark.parametrize("view", ["line", "layer"])
def test_a_telephone_shows_all_of_it(show, view):
    live_pages.check_telephone(show(f"#neuron?view={view}", **live_pages.PHONE))


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    figure = show("#neuron?view=layer", reduced_motion="reduce")
    live_pages.check_stillness(figure)
