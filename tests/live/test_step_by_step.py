"""Back propagation, step by step: true to the library, and used in a browser."""

from __future__ import annotations

import re

import numpy as np
import pytest

import live_pages
from dlam import Network, claim, cost, errors, forward, gradient, paper
from needed import ROOT

CHAPTER = "book/05-back-propagation"
FIGURE = "#fig-both-ways"


# One truth


WALKS = [
    {"at": {"which": "hh", "step": 1}, "site": site, "seed": seed}
    for site, seed in [(1, 5000), (4, 5000), (10, 5000), (7, 1), (2, 2**32 - 1)]
] + [{"at": {"which": "pencil", "step": 1}, "site": 1, "seed": 5000}]


@pytest.fixture(scope="module")
def computed() -> dict:
    return live_pages.under_node("figures.js", {"descents": [], "walks": WALKS})


def subject(case: dict) -> tuple:
    """Return the network, its parameters, the point and the target of a case."""
    if case["at"]["which"] == "pencil":
        net = Network((1, 2, 1))
        p = net.pack([([[1], [np.log(3)]], [-1, 0]), ([[3, -2]], [0])])
        return net, p, np.array([1.0]), np.array([0.0])
    run = paper.netbp(steps=1, seed=case["seed"])
    i = case["site"] - 1
    return run.net, run.parameters, run.X[i], run.Y[i]


def expected(net, p, x, y) -> dict[str, float]:
    """Return every number that the figure shows, by its symbol, layer and index."""
    z, a = forward(net, p, x)
    delta = errors(net, p, z, a, y)
    slopes = net.unpack(gradient(net, p, x, y))
    found = {"C": cost(net, p, x, y)}
    for letter, values in (("z", z), ("a", a), ("δ", delta)):
        for level, layer in values.items():
            found |= {f"{letter}{level}_{j}": v for j, v in enumerate(layer, 1)}
    for level, (W, b) in enumerate(slopes, start=2):
        found |= {f"∂C/∂b{level}_{j}": v for j, v in enumerate(b, 1)}
        found |= {f"∂C/∂w{level}_{j + 1}{k + 1}": v for (j, k), v in np.ndenumerate(W)}
    return found


def symbol(parts: list) -> str:
    return "".join(
        part
        if isinstance(part, str)
        else part["letter"]
        + str(part.get("layer", ""))
        + (f"_{part['index']}" if part.get("index") else "")
        for part in parts
    )


@pytest.mark.parametrize("n", range(len(WALKS)))
def test_every_number_is_that_of_the_library(computed, n):
    ours = computed["walks"][n]
    net, p, x, y = subject(WALKS[n])
    np.testing.assert_allclose(ours["p"], p, rtol=0, atol=1e-12)
    assert ours["x"] == x.tolist()
    assert ours["y"] == y.tolist()
    lines = [line for step in ours["steps"] for line in step["lines"]]
    shown = {symbol(line["of"]): line["value"] for line in lines}
    assert len(shown) == len(lines)
    wanted = expected(net, p, x, y)
    assert shown.keys() == wanted.keys()
    for name, value in wanted.items():
        assert shown[name] == pytest.approx(value, rel=1e-12, abs=1e-12), name
    for line in lines:
        if "×" not in line["shown"]:
            claim(line["shown"].replace("−", "-"), line["value"])


# In a browser


class StepByStep(live_pages.LiveFigure):
    """The small networks of chapter 5, neuron by neuron."""

    ready = "button"  # the first step has no numbers yet

    def step(self) -> str:
        return self.slider("step").get_attribute("aria-valuetext")

    def title(self) -> str:
        return self.box.locator(".net-title").inner_text()

    def written(self, kind: str) -> list[str]:
        texts = self.box.locator(f".net-picture .net-{kind}").all_text_contents()
        return [text.replace("−", "-") for text in texts]

    def by(self) -> list[str]:
        return self.box.locator(".net-by").all_inner_texts()


KIND = StepByStep


def test_at_the_end_it_shows_the_numbers_of_the_picture(show):
    figure = show("#step-by-step?at=hh-23")
    text = (ROOT / f"{CHAPTER}.md").read_text("utf-8")
    below = text.partition('data-live="step-by-step"')[2]
    claim = r'^claim\("([^"]+)", (a|delta)\[(\d)\]\[(\d)\]\)$'
    claimed = re.findall(claim, below, re.M)
    assert len(claimed) == 14
    outputs = [stated for stated, letter, *_ in claimed if letter == "a"]
    shown = figure.written("output")[2:]
    for three, two in zip(shown, outputs, strict=True):
        assert abs(float(three) - float(two)) < 0.0055 + 1e-9
    slips = {(n, j): said for said, letter, n, j in claimed if letter == "delta"}
    assert figure.written("slip") == [slips[key] for key in sorted(slips)]
    assert not figure.seen.errors
    assert not figure.seen.foreign


@live_pages.at_night
def test_each_equation_has_the_number_that_the_chapter_gives_it(show):
    figure = show(whole=True)
    seen = set()
    for n in range(1, 24):
        links = figure.box.locator(".net-by").evaluate_all(
            "all => all.map(e => [e.textContent, e.getAttribute('href')])"
        )
        for number, target in links:
            stands = figure.page.locator(f'[id="{target[1:]}"] .eqno').first
            assert stands.text_content().startswith(number)
            seen.add(number)
        if n < 23:
            figure.button("Next").click()
    assert seen == {"(5.1)", "(5.2)", "(5.3)", "(5.5)", "(5.6)", "(5.7)", "(5.8)"}


@live_pages.at_night
def test_forwards_and_backwards_by_button(show):
    figure = show()
    assert figure.step() == "1 of 23"
    assert figure.title() == "The input"
    assert figure.written("output") == ["0.100", "0.100"]
    figure.button("Back").click(force=True)  # it leads nowhere, and says so
    assert figure.step() == "1 of 23"
    figure.button("Next").click()
    assert figure.title() == "Forward: neuron 1 of layer 2"
    assert figure.by() == ["(5.2)", "(5.3)"]
    assert figure.written("weight") != []
    assert figure.hash() == "#step-by-step?at=hh-2"
    assert "by 5.2" in figure.said()
    figure.button("Back").click()
    assert figure.hash() == ""
    assert figure.written("output") == ["0.100", "0.100"]


def test_forwards_and_backwards_by_key(show):
    figure = show("#step-by-step?at=hh-9")
    figure.button("Next").focus()
    figure.press("ArrowRight")
    assert figure.title() == "Backward: the error of neuron 1 of layer 4"
    assert figure.by() == ["(5.5)"]
    assert figure.written("slip") == ["-0.092"]
    assert "δ 1 of layer 4 is −0.0925, by 5.5" in figure.said()
    figure.press("ArrowLeft", "ArrowLeft")
    assert figure.title() == "Forward: neuron 2 of layer 4"
    assert figure.written("slip") == []
    figure.press("Enter", "Enter", "Enter", "Enter")
    assert figure.title() == "Backward: the error of neuron 1 of layer 3"
    assert figure.by() == ["(5.6)"]
    assert len(figure.written("weight")) == 2
    figure.slider("step").focus()
    figure.press("End")
    assert figure.step() == "23 of 23"
    assert figure.by() == ["(5.7)", "(5.8)", "(5.8)"]
    figure.press("Home", "ArrowRight")
    assert figure.step() == "2 of 23"
    assert figure.page.evaluate("document.activeElement.type") == "range"
    stops = figure.stops("Back")
    assert stops[:3] == ["Back", "Next", "Reset"]
    assert len(stops) == 3 + 1 + 2 + 3  # buttons, slider, equations, settings


@live_pages.at_night
def test_the_slider_can_be_dragged(show):
    figure = show()
    slider = figure.slider("step")
    slider.scroll_into_view_if_needed()
    x, y = live_pages.within(slider, (0, 0.5))
    figure.page.mouse.move(x + 6, y)
    figure.page.mouse.down()
    figure.page.mouse.move(*live_pages.middle(slider), steps=5)
    assert figure.step() == "12 of 23"
    assert figure.hash() == ""  # the hand still moves
    figure.page.mouse.up()
    assert figure.hash() == "#step-by-step?at=hh-12"


@live_pages.at_night
def test_a_finger_goes_on(show):
    figure = show(**live_pages.PHONE)
    figure.button("Next").tap()
    figure.button("Next").tap()
    assert figure.step() == "3 of 23"


@live_pages.at_night
def test_the_pencil_s_network_has_the_pencil_s_numbers(show):
    figure = show()
    figure.box.get_by_label("network").select_option("with a pencil")
    assert figure.step() == "1 of 11"
    assert not figure.box.get_by_label("drilling site").is_visible()
    figure.slider("step").focus()
    figure.press("End")
    assert figure.written("output") == ["1.000", "0.500", "0.750", "0.500"]
    assert figure.written("slip") == ["0.094", "-0.047", "0.125"]
    assert figure.hash() == "#step-by-step?at=pencil-11"


# The state in the address


def test_an_address_that_is_shared_restores_the_state(show):
    state = "#step-by-step?at=hh-13&site=10&seed=42"
    figure = show(state)
    assert figure.step() == "13 of 23"
    assert figure.box.get_by_label("drilling site").input_value() == "10"
    assert figure.box.get_by_label("random seed").input_value() == "42"
    assert figure.notice() == ""
    value = float(figure.box.locator(".net-result data").get_attribute("value"))
    case = {"at": {"which": "hh"}, "site": 10, "seed": 42}
    assert value == pytest.approx(expected(*subject(case))["δ3_2"], rel=1e-12)
    figure.button("Next").click()
    assert figure.hash() == state.replace("hh-13", "hh-14")
    figure.reset()
    assert figure.step() == "1 of 23"
    assert figure.box.get_by_label("drilling site").input_value() == "1"
    figure.page.evaluate("location.hash = 'step-by-step?at=pencil-4'")
    figure.wait_until(
        "document.querySelector('.net-title').textContent.includes('layer 3')"
    )
    assert figure.step() == "4 of 11"


@live_pages.at_night
def test_a_link_to_an_equation_leads_there_and_back(show):
    figure = show("#step-by-step?at=hh-2")
    figure.box.locator(".net-by").first.click()
    assert figure.hash() == "#equation-eq-weighted-input"
    assert figure.step() == "2 of 23"
    figure.page.go_back()
    assert figure.hash() == "#step-by-step?at=hh-2"
    assert figure.step() == "2 of 23"


@live_pages.at_night
@pytest.mark.parametrize(
    "hostile",
    [
        "#step-by-step?at=<img src=x onerror=document.title='bad'>",
        "#step-by-step?at=hh-99",
        "#step-by-step?seed=99999999999",
        "#step-by-step?__proto__=1",
        "#step-by-step?%E0%A4%A",
    ],
)
def test_a_hostile_address_gives_the_default_and_says_so(show, hostile):
    figure = show(hostile)
    assert figure.step() == "1 of 23"
    live_pages.check_refusal(figure)


# For everyone


@live_pages.at_night
@pytest.mark.parametrize("n", [1, 6, 9, 13, 20])
def test_axe_finds_nothing_light_or_dark(show, n):
    figure = show(f"#step-by-step?at=hh-{n}", color_scheme="light")
    live_pages.check_axe(figure, FIGURE)


@live_pages.at_night
@pytest.mark.parametrize("n", [4, 9, 15, 19])
def test_a_telephone_shows_all_of_it(show, n):
    figure = show(f"#step-by-step?at=hh-{n}", **live_pages.PHONE)
    live_pages.check_telephone(figure, FIGURE)


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    live_pages.check_no_animation(show(), "Next")
