"""The networks that copy are those of the run, as the library computes them."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import live_pages
import page_checks as checks
from dlam.attention import attention
from needed import ROOT

CHAPTER, FIGURE = "book/10b-blocks", "#fig-att-looks"
WIDTH, LENGTH = 32, 24
BANS = ("nothing", "before", "two-before", "after")
RUN = ROOT / "runs/copying"


# One truth


def repeated(rng: np.random.Generator) -> str:
    """A block of 5 to 11 tokens, none of them twice, until there are 24."""
    block = rng.permutation(16)[: rng.integers(5, 12)]
    return "".join(chr(97 + token) for token in np.resize(block, LENGTH))


def random_case(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    letters = repeated(rng)
    if seed % 3 == 1:
        letters = letters[: rng.integers(1, LENGTH)]
    if seed % 3 == 2:  # no block at all
        letters = "".join(chr(97 + token) for token in rng.integers(16, size=LENGTH))
    return {"letters": letters, "net": ("one", "two")[seed % 2], "ban": BANS[seed % 4]}


CASES = [random_case(seed) for seed in range(60)]
RNG = np.random.default_rng(10)
ASKED = [
    {"letters": repeated(RNG), "net": net, "ban": ban}
    for net, ban in [("one", "nothing"), *(("two", ban) for ban in BANS)]
    for _ in range(60)
]


@pytest.fixture(scope="module")
def computed() -> dict:
    given = {"cases": CASES + ASKED}
    return live_pages.under_node("copying-network-results.js", given)


def pairs(case: dict) -> np.ndarray:
    """Which pairs of places are left out, if there is a ban."""
    x = np.array(list(case["letters"]))
    t = np.arange(len(x))
    if case["ban"] == "after":
        same = (x[:, None] == x) & (t[:, None] > t)
        return np.pad(same[:, :-1], ((0, 0), (1, 0)))
    back = {"nothing": LENGTH, "before": 1, "two-before": 2}[case["ban"]]
    return t[:, None] - t == back


def outcome(parts: list, case: dict) -> tuple:
    """Weights and scores, by the library's attention."""
    embedding, *layers, end = [np.array(part) for part in parts]
    x = np.array([ord(c) - 97 for c in case["letters"]])
    t = np.arange(len(x))[:, None]
    omega = 100.0 ** (-np.arange(WIDTH // 2) / (WIDTH // 2))
    places = np.concatenate([np.sin(t * omega), np.cos(t * omega)], axis=1)
    a, weights = embedding.reshape(16, WIDTH)[x] + places, []
    count = len(layers) // 2
    for n in range(count):
        match, carry = (m.reshape(WIDTH, WIDTH) for m in layers[2 * n : 2 * n + 2])
        mask = t >= t.T
        if n == (count - 1 if case["ban"] == "after" else 0):
            mask = mask & ~pairs(case)
        queries = a @ match * np.sqrt(WIDTH)  # the library divides by it
        weights.append(attention(queries, a, np.eye(len(x)), mask).ravel())
        a = a + attention(queries, a, a @ carry, mask)
    return weights, a @ end.reshape(WIDTH, 16)


def test_the_networks_compute_what_the_library_computes(computed):
    for case, ours in zip(CASES, computed["outcomes"], strict=False):
        weights, scores = outcome(computed["nets"][case["net"]], case)
        np.testing.assert_allclose(ours["weights"], weights, rtol=0, atol=1e-12)
        scale = np.abs(scores).max()
        np.testing.assert_allclose(ours["scores"], scores, rtol=0, atol=1e-12 * scale)


def share(computed: dict, net: str, ban: str) -> float:
    """How often the answer of the figure is what comes next, where it is known."""
    right = []
    for case, ours in zip(CASES + ASKED, computed["outcomes"], strict=True):
        if case in ASKED and (case["net"], case["ban"]) == (net, ban):
            x = [ord(c) - 97 for c in case["letters"]]
            for t in range(LENGTH - 1):
                known = x[t] in x[:t]
                assert (ours["after"][t] >= 0) == known
                if known:
                    assert x[ours["after"][t]] == x[t + 1]
                    right.append(int(np.argmax(ours["scores"][t])) == x[t + 1])
    assert len(right) > 500
    return float(np.mean(right))


def test_they_are_right_and_wrong_as_the_page_says(computed):
    assert share(computed, "two", "nothing") > 0.999
    assert share(computed, "two", "two-before") > 0.99
    assert 0.3 < share(computed, "one", "nothing") < 0.4
    assert share(computed, "two", "before") < 0.05
    assert share(computed, "two", "after") < 0.05


def test_what_they_have_learned_is_what_the_run_has_found():
    sys.path.insert(0, str(RUN))
    try:
        sys.modules.pop("page", None)  # of another run
        import page
    finally:
        sys.path.remove(str(RUN))
        sys.modules.pop("page", None)
    assert page.PAGE.read_text("utf-8") == page.text()


def test_the_maps_of_the_page_are_those_of_the_network_rounded(computed):
    shown = json.loads((RUN / "result.json").read_text("utf-8"))["result"]["shown"]
    for net in ("one", "two"):
        case = {"letters": shown["letters"], "net": net, "ban": "nothing"}
        weights, _ = outcome(computed["nets"][net], case)
        for ours, printed in zip(weights, shown[net], strict=True):
            np.testing.assert_allclose(ours, np.ravel(printed), rtol=0, atol=0.06)


# By hand


class Copying(live_pages.LiveFigure):
    ready = ".copy-bars data:not(:empty)"

    def answer(self) -> str:
        return self.stage.locator(".digit-answer").inner_text()

    def score(self) -> str:
        return self.stage.locator(".copy-score").inner_text()

    def type(self, letters: str) -> None:
        self.stage.get_by_label("sequence").fill(letters)
        self.drawn()


KIND = Copying
RULE = "positions whose token has occurred before."


def test_it_begins_with_the_sequence_of_the_picture(show):
    figure = show()
    assert figure.score() == f"As the rule says at 8 of 8 {RULE}"
    assert (
        figure.answer()
        == "After b, at position 16, the network says k; the rule says k."
    )
    figure.click("One layer")
    assert figure.score() == f"As the rule says at 0 of 8 {RULE}"
    assert figure.hash() == "#copying-network?net=one"
    assert not figure.seen.errors


def test_a_sequence_is_typed_and_what_is_none_is_refused(show):
    figure = show()
    figure.type("a b o c a")
    assert (
        figure.answer()
        == "After a, at position 5, the network says b; the rule says b."
    )
    assert "letters=aboca" in figure.hash()
    figure.type("abocaq")
    assert "from a to p" in figure.notice()
    assert "letters=aboca" in figure.hash()
    figure.stage.get_by_label("sequence").blur()
    assert figure.stage.get_by_label("sequence").input_value() == "aboca"
    figure.type("abc")
    assert figure.score() == (
        "No token has occurred before, so there is nothing to copy."
    )
    figure.reset()


@live_pages.at_night
def test_of_the_four_sequences_one_layer_misses_two(show):
    figure = show()
    found = {}
    for net in ("Two layers", "One layer"):
        figure.button(net).click()
        for letters in ("aboca", "ocaba", "acoba", "obaca"):
            figure.stage.get_by_label("example").select_option(letters)
            figure.drawn()
            says, rule = figure.answer().split("says ")[1:]
            found.setdefault(net, []).append(says[0] == rule[0])
    assert found["Two layers"] == [True] * 4
    assert sum(found["One layer"]) == 2


@live_pages.at_night
def test_it_writes_on_to_the_end(show):
    figure = show()
    figure.type("kcfamk")
    for _ in range(18):
        figure.click("Append the answer")
    assert "letters=kcfamkcfamkcfamkcfamkcfa" in figure.hash()
    figure.button("Append the answer").click()
    assert "1 to 24" in figure.notice()
    figure.click("New block")
    assert "letters=kcfamkcfam" not in figure.hash()


def test_a_layer_that_may_not_look_gives_wrong_answers(show):
    figure = show()
    figure.stage.get_by_label("not looked at").select_option("before")
    figure.drawn()
    assert figure.score() == f"As the rule says at 0 of 8 {RULE}"
    figure.stage.get_by_label("not looked at").select_option("two-before")
    figure.drawn()
    assert figure.score() == f"As the rule says at 8 of 8 {RULE}"


def test_everything_can_be_done_by_the_keyboard_and_what_changed_is_said(show):
    figure = show()
    second = figure.slider("Weights of layer 2")
    second.focus()
    words = second.get_attribute("aria-valuetext")
    assert words.startswith("position 16, b, gives position 9, k, ")
    figure.press("ArrowUp", "ArrowLeft")
    figure.drawn()
    words = second.get_attribute("aria-valuetext")
    assert words == "position 15, g, gives position 8, b, 99 %"
    assert figure.hash() == "#copying-network?at=14"
    assert figure.heard().startswith("Two layers. As the rule says at 8 of 8 positions")
    stops = figure.stops("Two layers")
    assert len(stops) == 2 + 1 + 1 + 2 + 2 + 2


@live_pages.at_night
def test_the_mouse_points_at_a_place(show):
    figure = show()
    first = figure.slider("Weights of layer 1")
    first.scroll_into_view_if_needed()
    figure.page.mouse.move(*live_pages.within(first, (0.1, 0.75)))
    figure.drawn()
    assert figure.answer().startswith("After m, at position 5, ")


@live_pages.at_night
@pytest.mark.parametrize("net", ["one", "two"])
def test_a_telephone_shows_all_of_it(show, net):
    letters = "kcfamogbdek" * 2 + "kc"
    state = f"#copying-network?letters={letters}&net={net}"
    live_pages.check_telephone(show(state, **live_pages.PHONE), FIGURE)


@live_pages.at_night
def test_axe_finds_nothing_where_answers_are_wrong(show):
    live_pages.check_axe(show("#copying-network?net=one&ban=after"), FIGURE)


@live_pages.at_night
def test_the_maps_follow_light_and_dark(show):
    figure = show(color_scheme="light")
    live_pages.check_colours(figure, ".live-cells canvas", 0.98, 0.02)
    checks.switch(figure.page, "light")


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    live_pages.check_stillness(show(reduced_motion="reduce"))
