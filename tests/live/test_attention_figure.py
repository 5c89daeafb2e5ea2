"""A query, keys and values, the live figure of chapter 10: true, and used by hand."""

from __future__ import annotations

import numpy as np
import pytest

import live_pages
import page_checks as checks
from dlam.attention import attention, attention_gradient

CHAPTER, FIGURE = "book/10a-slopes", "#fig-att-steep"
TAUS = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.41, 2, 3, 5, 10, 20]
CORNERS = 7


# One truth


def random_case(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    seen = rng.integers(2, size=4)
    seen[rng.integers(4)] = 1
    return {
        "values": ("keys", "own")[seed % 2],
        "tau": TAUS[seed % len(TAUS)],
        "q": rng.uniform(-3, 3, 2).round(2).tolist(),
        "keys": rng.uniform(-3, 3, 8).round(2).tolist(),
        "own": rng.uniform(-3, 3, 8).round(2).tolist(),
        "seen": seen.tolist(),
    }


CASES = [random_case(seed) for seed in range(96)]
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture(scope="module")
def computed() -> list:
    given = {"cases": CASES, "corners": CORNERS}
    return live_pages.under_node("attention-results.js", given)


def parts(case: dict) -> tuple:
    """The query as the library wants it, which divides by √2, and the rest."""
    tau = np.sqrt(2) if case["tau"] == 1.41 else case["tau"]
    keys = np.reshape(case["keys"], (4, 2))
    values = keys if case["values"] == "keys" else np.reshape(case["own"], (4, 2))
    q = np.array([case["q"]]) * np.sqrt(2) / tau
    return tau, q, keys, values, np.array([case["seen"]], bool)


def test_weights_and_output_are_those_of_the_library(computed):
    for case, ours in zip(CASES, computed, strict=True):
        tau, q, keys, values, seen = parts(case)
        assert ours["tau"] == tau
        weights = attention(q, keys, np.eye(4), seen)[0]
        np.testing.assert_allclose(ours["P"], weights, **CLOSE)
        output = attention(q, keys, values, seen)[0]
        np.testing.assert_allclose(ours["output"], output, **CLOSE)


def test_the_covariance_is_what_back_propagation_gives(computed):
    for case, ours in zip(CASES, computed, strict=True):
        tau, q, keys, values, seen = parts(case)
        rows = [attention_gradient(q, keys, values, [one], seen).Q for one in np.eye(2)]
        # The library's query is this one times √2/τ.
        J = np.concatenate(rows) * np.sqrt(2) / tau
        scale = max(1, np.abs(J).max())
        np.testing.assert_allclose(ours["J"], J, rtol=0, atol=1e-12 * scale)
        s = np.linalg.svd(J, compute_uv=False)
        found = ours["stretches"]
        np.testing.assert_allclose(found["values"], s, rtol=0, atol=1e-12 * scale)
        first, second = np.array(found["directions"])
        assert abs(first @ second) < 1e-12
        assert np.linalg.norm(J @ first) == pytest.approx(s[0], rel=1e-9)
        assert np.linalg.norm(J @ second) == pytest.approx(s[1], abs=1e-7 * scale)
        if case["values"] == "keys":
            assert np.linalg.eigvalsh((J + J.T) / 2)[0] > -1e-12 * scale


def test_the_steepness_is_the_largest_eigenvalue(computed):
    for ours in computed:
        p = np.array(ours["P"])
        largest = np.linalg.eigvalsh(np.diag(p) - np.outer(p, p))[-1]
        assert ours["steep"] == pytest.approx(largest, rel=0, abs=1e-12)
        assert ours["steep"] <= 0.5 + 1e-12


def test_the_ground_is_shaded_by_the_steepness_of_a_query_there(computed):
    at = np.linspace(-3, 3, CORNERS)
    for case, ours in zip(CASES[:24], computed, strict=False):
        tau, _, keys, _, seen = parts(case)
        Q = np.array([(x, y) for y in at for x in at]) * np.sqrt(2) / tau
        P = attention(Q, keys, np.eye(4), np.repeat(seen, len(Q), axis=0))
        J = [np.diag(p) - np.outer(p, p) for p in P]
        expected = 2 * np.linalg.eigvalsh(J)[:, -1]
        np.testing.assert_allclose(ours["shades"], expected, rtol=0, atol=1e-3)


# By hand


START = {
    "values": "keys",
    "tau": 1.41,
    "q": [1.2, 0.8],
    "keys": [2, -0.5, 0.5, 2, -1.5, 1, -0.5, -1.5],
    "own": [1.5, -2, -2, -1, 0, 2, 2, 1],
    "seen": [1, 1, 1, 1],
}


def expected(**changes) -> np.ndarray:
    """The weights, and the output."""
    _, q, keys, values, seen = parts(START | changes)
    both = attention(q, keys, np.hstack([np.eye(4), values]), seen)
    return both[0]


def test_it_begins_with_what_the_page_prints(show):
    figure = show()
    np.testing.assert_allclose(figure.data()[:6], expected(), **CLOSE)
    assert figure.hash() == ""
    assert not figure.seen.errors


@live_pages.at_night
def test_query_keys_and_values_are_dragged(show):
    figure = show()
    figure.drag(figure.slider("The query"), figure.board(), (0.25, 0.75))
    x, y = map(float, figure.hash().partition("q=")[2].split(","))
    assert (x, y) == (pytest.approx(-1.5, abs=0.05), pytest.approx(1.5, abs=0.05))
    np.testing.assert_allclose(figure.data()[:6], expected(q=[x, y]), **CLOSE)
    figure.drag(figure.slider("Key 4"), figure.board(), (0.1, 0.1))
    assert "keys=2,-0.5,0.5,2,-1.5,1,-2.4" in figure.hash()
    figure.click("Own values")
    before = figure.data()[4:6]
    figure.drag(figure.slider("Value 3"), figure.board(1), (0.9, 0.5))
    assert figure.data()[4] > before[0] + 0.1
    assert "own=" in figure.hash()


@live_pages.at_night
def test_a_finger_moves_the_query_and_the_page_stays(show):
    figure = show(**live_pages.PHONE)
    figure.touch(figure.slider("The query"), figure.board(), (0.5, 0.25))
    x, y = map(float, figure.hash().partition("q=")[2].split(","))
    assert (x, y) == (pytest.approx(0, abs=0.1), pytest.approx(-1.5, abs=0.1))


def test_everything_can_be_done_by_the_keyboard_and_what_changed_is_said(show):
    figure = show()
    figure.move_by_keys("The query", "Key 2")
    stops = figure.stops("Values are keys")
    assert len(stops) == 2 + 1 + 5 + 1 + 4
    figure.click("The query may look at key 2")
    assert figure.data()[1] == 0
    figure.wait_until(
        """document.querySelector('.live-stage [aria-live]').textContent
        .startsWith('Temperature √2: key 1 has most weight')"""
    )
    figure.reset()


@live_pages.at_night
def test_the_last_key_stays_in_sight(show):
    figure = show("#attention?seen=0,0,1,0")
    assert figure.data()[:4] == [0, 0, 1, 0]
    figure.click("The query may look at key 3")
    assert "one key at least" in figure.notice()
    assert figure.data()[:4] == [0, 0, 1, 0]


def test_a_low_temperature_picks_a_key_and_the_ends_are_steep(show):
    figure = show("#attention?tau=0.1")
    assert figure.data()[1] > 0.6
    temperature = figure.stage.locator("input[type=range]")
    temperature.fill(str(len(TAUS) - 1))
    figure.drawn()
    assert figure.hash() == "#attention?tau=20"
    assert max(figure.data()[:4]) < 0.3


@live_pages.at_night
def test_a_hostile_address_gives_the_default_and_says_so(show):
    figure = show("#attention?seen=0,0,0,0")
    np.testing.assert_allclose(figure.data()[:6], expected(), **CLOSE)
    live_pages.check_refusal(figure)


# For everyone


@live_pages.at_night
@pytest.mark.parametrize("state", ["values=own", "seen=1,0,1,1&tau=0.1"])
def test_a_telephone_shows_all_of_it(show, state):
    figure = show(f"#attention?{state}", **live_pages.PHONE)
    live_pages.check_telephone(figure, FIGURE)


@live_pages.at_night
def test_axe_finds_nothing_where_a_key_is_not_seen(show):
    live_pages.check_axe(show("#attention?values=own&seen=1,0,1,1"), FIGURE)


@live_pages.at_night
def test_the_ground_and_the_lines_follow_light_and_dark(show):
    figure = show("#attention?q=0.01,0.01&tau=0.1", color_scheme="light")
    colour = "e => getComputedStyle(e).stroke"
    line = figure.stage.locator(".att-ellipse")
    light = line.evaluate(colour)
    live_pages.check_colours(figure, ".live-area canvas", 0.98, 0.02)
    assert line.evaluate(colour) != light
    checks.switch(figure.page, "light")


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    live_pages.check_stillness(show(reduced_motion="reduce"))
