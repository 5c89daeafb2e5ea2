"""Back propagation, step by step: true to the library, and used in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import page_checks as checks
from dlam import Network, claim, cost, errors, forward, gradient, paper
from live_reader import FOCUSED, WAIT, Reader, readers, under_node
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
    return under_node("figures.js", {"descents": [], "walks": WALKS})


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


@pytest.fixture(scope="module")
def show(html) -> Iterator[Callable[..., Reader]]:
    with readers(html, CHAPTER, FIGURE) as open_page:
        yield open_page


def step(reader: Reader) -> str:
    slider = reader.box.get_by_role("slider", name="step")
    return slider.get_attribute("aria-valuetext")


def title(reader: Reader) -> str:
    return reader.box.locator(".net-title").inner_text()


def written(reader: Reader, kind: str) -> list[str]:
    texts = reader.box.locator(f".net-picture .net-{kind}").all_text_contents()
    return [text.replace("−", "-") for text in texts]


def by(reader: Reader) -> list[str]:
    return reader.box.locator(".net-by").all_inner_texts()


def test_at_the_end_it_shows_the_numbers_of_the_picture(show):
    reader = show("#step-by-step?at=hh-23")
    text = (ROOT / f"{CHAPTER}.md").read_text("utf-8")
    claimed = re.findall(r'^claim\("([^"]+)", (a|delta)\[(\d)\]\[(\d)\]\)$', text, re.M)
    assert len(claimed) == 14
    outputs = [stated for stated, letter, *_ in claimed if letter == "a"]
    shown = written(reader, "output")[2:]
    for three, two in zip(shown, outputs, strict=True):
        assert abs(float(three) - float(two)) < 0.0055 + 1e-9
    slips = {(n, j): said for said, letter, n, j in claimed if letter == "delta"}
    assert written(reader, "slip") == [slips[key] for key in sorted(slips)]
    assert not reader.seen.errors
    assert not reader.seen.foreign


def test_each_equation_has_the_number_that_the_chapter_gives_it(show):
    reader = show()
    seen = set()
    for n in range(1, 24):
        links = reader.box.locator(".net-by").evaluate_all(
            "all => all.map(e => [e.textContent, e.getAttribute('href')])"
        )
        for number, target in links:
            stands = reader.page.locator(f'[id="{target[1:]}"] .eqno').first
            assert stands.text_content().startswith(number)
            seen.add(number)
        if n < 23:
            reader.button("Next").click()
    assert seen == {"(5.1)", "(5.2)", "(5.3)", "(5.5)", "(5.6)", "(5.7)", "(5.8)"}


def test_forwards_and_backwards_by_button(show):
    reader = show()
    assert step(reader) == "1 of 23"
    assert title(reader) == "The input"
    assert written(reader, "output") == ["0.100", "0.100"]
    reader.button("Back").click(force=True)  # it leads nowhere, and says so
    assert step(reader) == "1 of 23"
    reader.button("Next").click()
    assert title(reader) == "Forward: neuron 1 of layer 2"
    assert by(reader) == ["(5.2)", "(5.3)"]
    assert written(reader, "weight") != []
    assert reader.hash() == "#step-by-step?at=hh-2"
    assert "by 5.2" in reader.said()
    reader.button("Back").click()
    assert reader.hash() == ""
    assert written(reader, "output") == ["0.100", "0.100"]


def test_forwards_and_backwards_by_key(show):
    reader = show("#step-by-step?at=hh-9")
    reader.button("Next").focus()
    reader.press("ArrowRight")
    assert title(reader) == "Backward: the error of neuron 1 of layer 4"
    assert by(reader) == ["(5.5)"]
    assert written(reader, "slip") == ["-0.092"]
    assert "δ 1 of layer 4 is −0.0925, by 5.5" in reader.said()
    reader.press("ArrowLeft", "ArrowLeft")
    assert title(reader) == "Forward: neuron 2 of layer 4"
    assert written(reader, "slip") == []
    reader.press("Enter", "Enter", "Enter", "Enter")
    assert title(reader) == "Backward: the error of neuron 1 of layer 3"
    assert by(reader) == ["(5.6)"]
    assert len(written(reader, "weight")) == 2
    slider = reader.box.get_by_role("slider", name="step")
    slider.focus()
    reader.press("End")
    assert step(reader) == "23 of 23"
    assert by(reader) == ["(5.7)", "(5.8)", "(5.8)"]
    reader.press("Home", "ArrowRight")
    assert step(reader) == "2 of 23"
    assert reader.page.evaluate(f"{FOCUSED}.type") == "range"
    stops = reader.stops(reader.button("Back"))
    assert [name for name, _ in stops][:3] == ["Back", "Next", "Reset"]
    assert all(marked for _, marked in stops)
    assert len(stops) == 3 + 1 + 2 + 3  # buttons, slider, equations, settings


def test_the_slider_can_be_dragged(show):
    reader = show()
    slider = reader.box.get_by_role("slider", name="step")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    reader.page.mouse.move(box["x"] + 6, y)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + box["width"] / 2, y, steps=5)
    assert step(reader) == "12 of 23"
    assert reader.hash() == ""  # the hand still moves
    reader.page.mouse.up()
    assert reader.hash() == "#step-by-step?at=hh-12"


def test_a_finger_goes_on(show):
    reader = show(viewport={"width": 360, "height": 740}, has_touch=True)
    reader.button("Next").tap()
    reader.button("Next").tap()
    assert step(reader) == "3 of 23"


def test_the_pencil_s_network_has_the_pencil_s_numbers(show):
    reader = show()
    reader.box.get_by_label("network").select_option("with a pencil")
    assert step(reader) == "1 of 11"
    assert not reader.box.get_by_label("drilling site").is_visible()
    reader.box.get_by_role("slider", name="step").focus()
    reader.press("End")
    assert written(reader, "output") == ["1.000", "0.500", "0.750", "0.500"]
    assert written(reader, "slip") == ["0.094", "-0.047", "0.125"]
    assert reader.hash() == "#step-by-step?at=pencil-11"


# The state in the address


def test_an_address_that_is_shared_restores_the_state(show):
    state = "#step-by-step?at=hh-13&site=10&seed=42"
    reader = show(state)
    assert step(reader) == "13 of 23"
    assert reader.box.get_by_label("drilling site").input_value() == "10"
    assert reader.box.get_by_label("random seed").input_value() == "42"
    assert reader.notice() == ""
    value = float(reader.box.locator(".net-result data").get_attribute("value"))
    case = {"at": {"which": "hh"}, "site": 10, "seed": 42}
    assert value == pytest.approx(expected(*subject(case))["δ3_2"], rel=1e-12)
    reader.button("Next").click()
    assert reader.hash() == state.replace("hh-13", "hh-14")
    reader.button("Reset").click()
    assert reader.hash() == ""
    assert step(reader) == "1 of 23"
    assert reader.box.get_by_label("drilling site").input_value() == "1"
    reader.page.evaluate("location.hash = 'step-by-step?at=pencil-4'")
    reader.page.wait_for_function(
        "document.querySelector('.net-title').textContent.includes('layer 3')"
    )
    assert step(reader) == "4 of 11"


def test_a_link_to_an_equation_leads_there_and_back(show):
    reader = show("#step-by-step?at=hh-2")
    reader.box.locator(".net-by").first.click()
    assert reader.hash() == "#equation-eq-weighted-input"
    assert step(reader) == "2 of 23"
    reader.page.go_back()
    assert reader.hash() == "#step-by-step?at=hh-2"
    assert step(reader) == "2 of 23"


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
    reader = show(hostile)
    assert "does not have" in reader.notice()
    assert step(reader) == "1 of 23"
    assert "bad" not in reader.page.title()
    assert reader.box.locator(".live-stage :is(script, img)").count() == 0
    assert not reader.seen.errors


# For everyone


@pytest.mark.parametrize("n", [1, 6, 9, 13, 20])
def test_axe_finds_nothing_light_or_dark(show, n):
    reader = show(f"#step-by-step?at=hh-{n}", color_scheme="light")
    assert checks.violations(reader.page, FIGURE) == []
    checks.switch(reader.page, "dark")
    assert checks.violations(reader.page, FIGURE, runOnly=checks.COLOURS) == []


@pytest.mark.parametrize("n", [4, 9, 15, 19])
def test_a_telephone_shows_all_of_it(show, n):
    size = {"width": checks.NARROW, "height": 740}
    reader = show(f"#step-by-step?at=hh-{n}", viewport=size, has_touch=True)
    assert not checks.wide_parts(reader.page)
    assert reader.outside(checks.NARROW) == []
    assert checks.violations(reader.page, FIGURE) == []


def test_nothing_moves_by_itself(show):
    reader = show()
    running = "document.querySelector('.live-stage').getAnimations({subtree: true})"
    reader.button("Next").click()
    assert reader.page.evaluate(f"{running}.length") == 0


def test_it_is_light_and_comes_when_it_is_seen(show):
    reader = show(wait="")
    assert not [r for r in reader.seen.responses if "steps.js" in r.url]
    reader.box.scroll_into_view_if_needed()
    reader.box.locator(".live-stage button").first.wait_for(timeout=WAIT)
    assert 0 < reader.fetched() < 30_000


# Where it cannot be live


def test_paper_has_the_picture_under_the_same_caption(show):
    reader = show()
    picture = reader.page.locator(f"{FIGURE} > img")
    caption = reader.box.locator("figcaption").inner_text()
    assert not picture.is_visible()
    reader.page.emulate_media(media="print")
    assert picture.is_visible()
    assert not reader.box.locator(".live-stage").is_visible()
    assert reader.box.locator("figcaption").inner_text() == caption


def test_without_javascript_the_picture_stands(show):
    reader = show(java_script_enabled=False, wait="")
    assert reader.page.locator(f"{FIGURE} > img").is_visible()
    assert reader.page.locator(".live-stage").count() == 0
