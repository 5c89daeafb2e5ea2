"""The two valleys of chapter 3: true to the library, and used in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest

import page_checks as checks
from dlam import Network, cost, costs, data, gradient, gradient_descent
from live_reader import WAIT, Reader, readers, under_node
from needed import ROOT

CHAPTER = "book/03-cost"
FIGURE = "#fig-basins"
LOSSES = ("quadratic", "binary_cross_entropy")
GRID = np.array(list(product(np.linspace(-5, 5, 21), np.linspace(-10, 10, 21))))
FATES = {  # as the cell of the chapter that counts the starts
    "up": [0, 0, 0, 1, 1, 1],
    "left": [1, 0, 0, 0, 0, 0],
    "right": [1, 1, 1, 1, 1, 0],
}
one = Network((1, 1))
x6, y6 = data.logistic_points()


# One truth


def random_descents() -> list[dict]:
    rng = np.random.default_rng(3)
    return [
        {
            "loss": loss,
            "starts": rng.uniform((-7, -14), (7, 14), size=(5, 2)).tolist(),
            "eta": eta,
            "steps": steps,
        }
        for loss, eta, steps in product(LOSSES, (0.1, 1.5, 5), (1, 20, 300))
    ]


WHOLE = [{"loss": loss, "starts": "grid", "eta": 1.5, "steps": 5000} for loss in LOSSES]


@pytest.fixture(scope="module")
def computed() -> dict:
    given = {"descents": [*WHOLE, *random_descents()], "walks": []}
    return under_node("figures.js", given)


def test_gradient_descent_is_that_of_the_library(computed):
    cases = zip(random_descents(), computed["descents"][2:], strict=True)
    for case, ours in cases:
        loss = getattr(costs, case["loss"])
        history = gradient_descent(
            one, case["starts"], x6, y6, case["steps"], case["eta"], loss=loss
        )
        p = np.reshape(ours["p"], (-1, 2))
        np.testing.assert_allclose(p, history.parameters, rtol=1e-12, atol=1e-12)
        mean = history.cost[:, -1].mean()
        assert ours["cost"] == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("which", [0, 1], ids=LOSSES)
def test_the_sweep_is_the_one_that_the_chapter_counts(computed, which):
    ours = computed["descents"][which]
    assert ours["from"] == GRID.ravel().tolist()
    loss = getattr(costs, LOSSES[which])
    ends = gradient_descent(one, GRID, x6, y6, 5000, 1.5, loss=loss).parameters
    p = np.reshape(ours["p"], (-1, 2))
    np.testing.assert_allclose(p, ends, rtol=1e-12, atol=1e-12)
    home = np.abs(ends).max(axis=1) < 0.5
    says = one(ends, x6)[..., 0].round() + 0.0
    fates = np.where(home, "origin", "under way")
    for name, step in FATES.items():
        fates[~home & (says == step).all(axis=1)] = name
    assert ours["fates"] == fates.tolist()


def test_the_landmarks_are_the_critical_points(computed):
    P = np.array(computed["landmarks"])
    assert np.abs(gradient(one, P, x6, y6)).max() < 1e-10
    steps = np.eye(2) * 1e-20j
    bend = [gradient(one, P + step, x6, y6).imag / 1e-20 for step in steps]
    eigenvalues = np.linalg.eigvalsh(np.stack(bend, axis=-1))
    assert (eigenvalues[0] > 0).all()
    assert (eigenvalues[1:, 0] < 0).all()
    assert (eigenvalues[1:, 1] > 0).all()
    heights = cost(one, P, x6, y6)
    assert heights.round(4).tolist() == [0.125, 0.1689, 0.1866, 0.1866]


# In a browser


@pytest.fixture(scope="module")
def show(html) -> Iterator[Callable[..., Reader]]:
    with readers(html, CHAPTER, FIGURE) as open_page:
        yield open_page


def ring(reader: Reader, side: str = "squares"):
    return reader.box.get_by_label(f"Start on the map of {side}")


def place(reader: Reader, side: str = "squares") -> tuple[float, float]:
    text = ring(reader, side).get_attribute("aria-valuetext").replace("−", "-")
    w, b = re.fullmatch(r"w = (\S+), b = (\S+)", text).groups()
    return float(w), float(b)


def counts(reader: Reader, side: str = "squares") -> dict[str, int]:
    lines = reader.box.get_by_role("group", name=side).locator("li")
    texts = lines.evaluate_all(
        "all => all.map(e => [...e.children].map(c => c.textContent))"
    )
    return {name: int(count) for _, name, count in texts}


def step(reader: Reader) -> str:
    return reader.box.locator(".valley-step").inner_text().replace("\u202f", "")


def finish(reader: Reader) -> None:
    reader.button("Go on").wait_for(timeout=WAIT)


def area(reader: Reader, side: str = "squares") -> dict[str, float]:
    map_ = reader.box.get_by_role("group", name=side).locator(".valley-area")
    map_.scroll_into_view_if_needed()
    return map_.bounding_box()


def test_the_sweep_ends_with_the_counts_of_the_chapter(show):
    reader = show()
    reader.button("Sweep a grid").click()
    finish(reader)
    assert step(reader) == "step 5000 of 5000"
    record = (ROOT / f"{CHAPTER}.ipynb").read_text("utf-8")
    printed = re.findall(
        r'"((?:the origin|up at 0|down \w+|on a plateau): \d+)', record
    )
    claimed = {k: int(v) for k, v in (line.split(": ") for line in printed)}
    claimed["under way"] = claimed.pop("on a plateau")
    assert sum(claimed.values()) == 441
    assert counts(reader) == claimed
    assert counts(reader, "cross-entropy") == {"the origin": 441, "under way": 0}
    assert "138 the origin" in reader.said()
    assert reader.hash() == "#two-valleys?starts=441"
    assert not reader.seen.errors
    assert not reader.seen.foreign


def test_it_is_fetched_when_it_comes_into_view(show):
    reader = show(wait="")
    names = [
        r.url.split("/")[-1].split("?")[0]
        for r in reader.seen.responses
        if "/live/" in r.url
    ]
    assert sorted(names) == ["live.css", "loader.js"]
    reader.box.scroll_into_view_if_needed()
    reader.box.locator(".live-stage button").first.wait_for(timeout=WAIT)
    assert reader.box.locator("h1, h2").count() == 0
    assert 0 < reader.fetched() < 30_000


def test_a_press_on_a_map_starts_both_descents_there(show):
    reader = show()
    box = area(reader, "cross-entropy")
    x, y = box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"]
    reader.page.mouse.click(x, y)
    assert place(reader) == place(reader, "cross-entropy")
    assert place(reader) == (pytest.approx(3.5, abs=0.1), pytest.approx(7, abs=0.2))
    assert reader.hash().startswith("#two-valleys?w=3.5&b=")
    finish(reader)
    assert sum(counts(reader).values()) == 1
    assert counts(reader, "cross-entropy")["the origin"] == 1
    assert "cross-entropy: the origin" in reader.said()


def test_the_ring_can_be_dragged_and_lets_go_at_the_end(show):
    reader = show()
    box = area(reader)
    ring(reader).hover()
    reader.page.mouse.down()
    x, y = box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"]
    reader.page.mouse.move(x, y, steps=4)
    assert reader.hash() == ""
    assert step(reader) == "step 0 of 5000"
    reader.page.mouse.up()
    assert place(reader) == (pytest.approx(5.6, abs=0.2), pytest.approx(0, abs=0.3))
    assert "w=5." in reader.hash()
    finish(reader)
    assert counts(reader)["up at 0"] == 1


def test_a_finger_presses_and_drags_and_the_page_stays(show):
    reader = show(viewport={"width": 360, "height": 740}, has_touch=True)
    box = area(reader)
    x, y = box["x"] + 0.1 * box["width"], box["y"] + 0.85 * box["height"]
    reader.page.touchscreen.tap(x, y)
    assert place(reader) == (pytest.approx(-5.6, abs=0.2), pytest.approx(-9.8, abs=0.3))
    reader.button("Pause").wait_for()
    finger = reader.page.context.new_cdp_session(reader.page)
    before = reader.page.evaluate("scrollY")

    def touch(kind: str, *points: dict) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", {"x": x, "y": y})
    for part in (0.1, 0.2, 0.3):
        touch("touchMove", {"x": x, "y": y - part * box["height"]})
    touch("touchEnd")
    w, b = place(reader)
    assert (w, b) == (pytest.approx(-5.6, abs=0.2), pytest.approx(-1.4, abs=0.5))
    assert reader.page.evaluate("scrollY") == before
    finish(reader)


def test_everything_can_be_done_by_the_keyboard(show):
    reader = show()
    ring(reader).focus()
    reader.press("ArrowRight", "ArrowUp", "Shift+ArrowLeft")
    assert place(reader) == (-3.3, 4.3)
    assert reader.hash() == "#two-valleys?w=-3.3&b=4.3"
    assert step(reader) == "step 0 of 5000"
    reader.press("Enter")
    finish(reader)
    assert counts(reader)["down right"] == 1
    assert "squares: down right" in reader.said()
    rate = reader.box.get_by_role("slider", name="learning rate")
    rate.focus()
    reader.press("ArrowRight")
    assert rate.get_attribute("aria-valuetext") == "2"
    assert "eta=2" in reader.hash()
    assert step(reader) == "step 0 of 5000"
    reader.box.get_by_label("starts").select_option("a grid of 121")
    assert not ring(reader).is_visible()
    assert sum(counts(reader).values()) == 121
    stops = reader.stops(reader.button("Go"))
    assert [name for name, _ in stops][:4] == ["Go", "Sweep a grid", "Restart", "Reset"]
    assert all(marked for _, marked in stops)
    reader.box.get_by_label("starts").select_option("one, the ring")
    assert len(reader.stops(reader.button("Go"))) == 4 + 2 + 2


def test_a_run_can_be_paused_and_goes_on(show):
    reader = show()
    reader.button("Go").click()
    reader.page.wait_for_timeout(300)
    reader.button("Pause").click()
    paused = step(reader)
    reader.page.wait_for_timeout(100)
    assert step(reader) == paused
    reader.button("Go").click()
    finish(reader)
    reader.button("Go on").click()
    reader.button("Pause").wait_for()
    finish(reader)
    assert step(reader) == "step 10000 of 10000"
    reader.button("Restart").click()
    assert step(reader) == "step 0 of 5000"


# The state in the address


STATE = "#two-valleys?w=3.1&b=-6.2&eta=0.5"


def test_an_address_that_is_shared_restores_the_state(show):
    reader = show(STATE)
    assert place(reader) == (3.1, -6.2)
    rate = reader.box.get_by_role("slider", name="learning rate")
    assert rate.get_attribute("aria-valuetext") == "0.5"
    assert reader.notice() == ""
    reader.button("Go").click()
    finish(reader)
    reader.button("Reset").click()
    assert reader.hash() == ""
    assert place(reader) == (-2, 4)
    assert step(reader) == "step 0 of 5000"
    reader.page.evaluate("location.hash = 'two-valleys?starts=121'")
    reader.page.wait_for_function("document.querySelector('.valley-ring').hidden")
    assert sum(counts(reader).values()) == 121


@pytest.mark.parametrize(
    "hostile",
    [
        "#two-valleys?w=<img src=x onerror=document.title='bad'>",
        "#two-valleys?w=1e308",
        "#two-valleys?starts=1000000",
        "#two-valleys?__proto__=1",
        "#two-valleys?%E0%A4%A",
    ],
)
def test_a_hostile_address_gives_the_default_and_says_so(show, hostile):
    reader = show(hostile)
    assert "does not have" in reader.notice()
    assert place(reader) == (-2, 4)
    assert "bad" not in reader.page.title()
    assert reader.box.locator(".live-stage :is(script, img)").count() == 0
    assert not reader.seen.errors


# For everyone


PIXEL = """() => {
    const canvas = document.querySelector(".valley-area canvas");
    return [...canvas.getContext("2d").getImageData(40, 4, 1, 1).data];
}"""


def test_the_maps_follow_light_and_dark_and_axe_finds_nothing(show):
    reader = show(color_scheme="light")
    reader.button("Sweep a grid").click()
    reader.page.wait_for_timeout(500)
    reader.button("Pause").click()
    light = reader.page.evaluate(PIXEL)
    assert checks.violations(reader.page, FIGURE) == []
    checks.switch(reader.page, "dark")
    dark = reader.page.evaluate(PIXEL)
    assert sum(light[:3]) > 3 * 150
    assert sum(dark[:3]) < 3 * 105
    assert checks.violations(reader.page, FIGURE, runOnly=checks.COLOURS) == []


def test_a_telephone_shows_all_of_it(show):
    reader = show(viewport={"width": checks.NARROW, "height": 740}, has_touch=True)
    assert not checks.wide_parts(reader.page)
    assert reader.outside(checks.NARROW) == []
    assert checks.violations(reader.page, FIGURE) == []


def test_who_wants_no_motion_sees_a_picture_a_second_at_most(show):
    reader = show(reduced_motion="reduce")
    reader.page.evaluate(
        """() => {
        window.pictures = 0;
        window.began = performance.now();
        new MutationObserver(() => window.pictures++).observe(
            document.querySelector(".valley-step b"), {childList: true});
        }"""
    )
    reader.button("Sweep a grid").click()
    finish(reader)
    pictures, seconds = reader.page.evaluate(
        "[window.pictures, (performance.now() - window.began) / 1000]"
    )
    assert 1 <= pictures <= seconds + 3


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
