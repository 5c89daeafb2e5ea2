"""The two valleys of chapter 3: true to the library, and used in a browser."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

import live_pages
import page_checks as checks
from dlam import Network, cost, costs, data, gradient, gradient_descent
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
    return live_pages.under_node("figures.js", given)


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


class TwoValleys(live_pages.LiveFigure):
    """The maps of two costs, with one start or many."""

    def ring(self, side: str = "squares"):
        return self.box.get_by_label(f"Start on the map of {side}")

    def place(self, side: str = "squares") -> tuple[float, float]:
        text = self.ring(side).get_attribute("aria-valuetext").replace("−", "-")
        w, b = re.fullmatch(r"w = (\S+), b = (\S+)", text).groups()
        return float(w), float(b)

    def counts(self, side: str = "squares") -> dict[str, int]:
        lines = self.box.get_by_role("group", name=side).locator("li")
        texts = lines.evaluate_all(
            "all => all.map(e => [...e.children].map(c => c.textContent))"
        )
        return {name: int(count) for _, name, count in texts}

    def step(self) -> str:
        return self.box.locator(".valley-step").inner_text().replace("\u202f", "")

    def finish(self) -> None:
        self.button("Go on").wait_for()

    def at(self, x: float, y: float, side: str = "squares") -> tuple[float, float]:
        """Bring a map into view; return the place at a share of its size."""
        area = self.area(side)
        area.scroll_into_view_if_needed()
        return live_pages.within(area, (x, y))

    def area(self, side: str = "squares"):
        return self.box.get_by_role("group", name=side).locator(".valley-area")


KIND = TwoValleys


@live_pages.at_night
def test_the_sweep_ends_with_the_counts_of_the_chapter(show):
    figure = show()
    figure.button("Sweep a grid").click()
    figure.finish()
    assert figure.step() == "step 5000 of 5000"
    record = (ROOT / f"{CHAPTER}.ipynb").read_text("utf-8")
    printed = re.findall(
        r'"((?:the origin|up at 0|down \w+|on a plateau): \d+)', record
    )
    claimed = {k: int(v) for k, v in (line.split(": ") for line in printed)}
    claimed["under way"] = claimed.pop("on a plateau")
    assert sum(claimed.values()) == 441
    assert figure.counts() == claimed
    assert figure.counts("cross-entropy") == {"the origin": 441, "under way": 0}
    assert "138 the origin" in figure.said()
    assert figure.hash() == "#two-valleys?starts=441"
    assert not figure.seen.errors
    assert not figure.seen.foreign


@live_pages.at_night
def test_a_press_on_a_map_starts_both_descents_there(show):
    figure = show()
    figure.page.mouse.click(*figure.at(0.75, 0.75, "cross-entropy"))
    assert figure.place() == figure.place("cross-entropy")
    assert figure.place() == (pytest.approx(3.5, abs=0.1), pytest.approx(7, abs=0.2))
    assert figure.hash().startswith("#two-valleys?w=3.5&b=")
    figure.finish()
    assert sum(figure.counts().values()) == 1
    assert figure.counts("cross-entropy")["the origin"] == 1
    assert "cross-entropy: the origin" in figure.said()


@live_pages.at_night
def test_the_ring_can_be_dragged_and_lets_go_at_the_end(show):
    figure = show()
    x, y = figure.at(0.9, 0.5)
    figure.ring().hover()
    figure.page.mouse.down()
    figure.page.mouse.move(x, y, steps=4)
    assert figure.hash() == ""
    assert figure.step() == "step 0 of 5000"
    figure.page.mouse.up()
    assert figure.place() == (pytest.approx(5.6, abs=0.2), pytest.approx(0, abs=0.3))
    assert "w=5." in figure.hash()
    figure.finish()
    assert figure.counts()["up at 0"] == 1


@live_pages.at_night
def test_a_finger_presses_and_drags_and_the_page_stays(show):
    figure = show(**live_pages.PHONE)
    figure.page.touchscreen.tap(*figure.at(0.1, 0.15))
    w, b = figure.place()
    assert (w, b) == (pytest.approx(-5.6, abs=0.2), pytest.approx(-9.8, abs=0.3))
    figure.button("Pause").wait_for()
    figure.touch(figure.ring(), figure.area(), (0.1, 0.45))
    w, b = figure.place()
    assert (w, b) == (pytest.approx(-5.6, abs=0.2), pytest.approx(-1.4, abs=0.5))
    figure.finish()


def test_the_tab_key_goes_through_the_figure_and_shows_where_it_is(show):
    figure = show()
    stops = figure.stops("Go")
    assert stops[:4] == ["Go", "Sweep a grid", "Restart", "Reset"]


@live_pages.at_night
def test_everything_can_be_done_by_the_keyboard(show):
    figure = show()
    figure.ring().focus()
    figure.press("ArrowRight", "ArrowUp", "Shift+ArrowLeft")
    assert figure.place() == (-3.3, 4.3)
    assert figure.hash() == "#two-valleys?w=-3.3&b=4.3"
    assert figure.step() == "step 0 of 5000"
    figure.press("Enter")
    figure.finish()
    assert figure.counts()["down right"] == 1
    assert "squares: down right" in figure.said()
    rate = figure.box.get_by_role("slider", name="learning rate")
    rate.focus()
    figure.press("ArrowRight")
    assert rate.get_attribute("aria-valuetext") == "2"
    assert "eta=2" in figure.hash()
    assert figure.step() == "step 0 of 5000"
    figure.box.get_by_label("starts").select_option("a grid of 121")
    assert not figure.ring().is_visible()
    assert sum(figure.counts().values()) == 121
    assert len(figure.stops("Go")) > 4
    figure.box.get_by_label("starts").select_option("one, the ring")
    assert len(figure.stops("Go")) == 4 + 2 + 2


@live_pages.at_night
def test_a_run_can_be_paused_and_goes_on(show):
    figure = show()
    figure.button("Go").click()
    figure.page.wait_for_timeout(300)
    figure.button("Pause").click()
    paused = figure.step()
    figure.page.wait_for_timeout(100)
    assert figure.step() == paused
    figure.button("Go").click()
    figure.finish()
    figure.button("Go on").click()
    figure.button("Pause").wait_for()
    figure.finish()
    assert figure.step() == "step 10000 of 10000"
    figure.button("Restart").click()
    assert figure.step() == "step 0 of 5000"


# The state in the address


STATE = "#two-valleys?w=3.1&b=-6.2&eta=0.5"


def test_an_address_that_is_shared_restores_the_state(show):
    figure = show(STATE)
    assert figure.place() == (3.1, -6.2)
    rate = figure.box.get_by_role("slider", name="learning rate")
    assert rate.get_attribute("aria-valuetext") == "0.5"
    assert figure.notice() == ""
    figure.button("Go").click()
    figure.button("Pause").click()
    figure.reset()
    assert figure.place() == (-2, 4)
    assert figure.step() == "step 0 of 5000"
    figure.page.evaluate("location.hash = 'two-valleys?starts=121'")
    figure.wait_until("document.querySelector('.valley-ring').hidden")
    assert sum(figure.counts().values()) == 121


@live_pages.at_night
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
    figure = show(hostile)
    assert figure.place() == (-2, 4)
    live_pages.check_refusal(figure)


# For everyone


@live_pages.at_night
def test_the_maps_follow_light_and_dark_and_axe_finds_nothing(show):
    figure = show(color_scheme="light")
    figure.button("Sweep a grid").click()
    figure.page.wait_for_timeout(500)
    figure.button("Pause").click()
    assert checks.violations(figure.page, FIGURE) == []
    live_pages.check_colours(figure, ".valley-area canvas", 0.13, 0.01)
    assert checks.violations(figure.page, FIGURE, runOnly=checks.COLOURS) == []


@live_pages.at_night
def test_a_telephone_shows_all_of_it(show):
    live_pages.check_telephone(show(**live_pages.PHONE), FIGURE)


@live_pages.at_night
def test_who_wants_no_motion_sees_a_picture_a_second_at_most(show):
    figure = show(reduced_motion="reduce")
    with live_pages.few_pictures(figure, ".valley-step b", 3, childList=True):
        figure.button("Sweep a grid").click()
        figure.finish()
