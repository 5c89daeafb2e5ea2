"""The drilling map of chapter 5, used as a reader uses it."""

from __future__ import annotations

import re

import pytest

import live_pages
from dlam import claim
from needed import ROOT

CHAPTER = "book/05-back-propagation"
FIGURE = "#fig-drilling-map"
PICTURE = f"{FIGURE} > img"
FOCUSED = "document.activeElement"


class DrillingMap(live_pages.LiveFigure):
    """The drilling map of chapter 5."""

    def site(self, number: int):
        return self.box.get_by_label(re.compile(f"^Site {number}, "))

    def place(self, number: int) -> tuple[float, float]:
        text = self.site(number).get_attribute("aria-valuetext")
        x, y = re.fullmatch(r"([\d.]+) across, ([\d.]+) up", text).groups()
        return float(x), float(y)

    def sites(self) -> int:
        return self.box.locator(".live-site").count()

    def area(self):
        return self.stage.locator(".live-area")

    def number(self, name: str) -> str:
        shown = self.box.locator(".live-numbers p", has_text=name)
        return shown.inner_text().replace("\u202f", "").removeprefix(name).strip()

    def costs(self) -> dict[str, float]:
        return dict(zip(("history.cost", "plotted"), self.data(), strict=True))

    def run(self, press: str = "Train") -> None:
        """Train at full speed, to the end."""
        self.box.get_by_label("speed").select_option("full")
        self.button(press).click()
        self.finish()

    def finish(self) -> None:
        self.button("Go on").wait_for()


KIND = DrillingMap


# One truth


def claims_of_the_chapter(history: str, what: str) -> list[str]:
    """Return what chapter 5 claims of the last cost of a run."""
    text = (ROOT / f"{CHAPTER}.md").read_text("utf-8")
    last = {
        ("run", "history.cost"): r"history\.cost\[-1\]",
        ("run", "plotted"): r"plotted\[-1\]",
        ("extra", "history.cost"): r"history_extra\.cost\[-1\]",
        ("extra", "plotted"): r"extra\.as_plotted\(history_extra\.cost\[-1\]\)",
    }[history, what]
    found = re.findall(rf'^claim\("([^"]+)", {last}\)$', text, re.MULTILINE)
    assert found
    return found


def test_the_run_of_higham_and_higham_ends_at_the_cost_that_the_chapter_claims(show):
    figure = show("#drilling-map?eta=5&m=2&sampling=epochs&seed=1&sites=A1,1;B99,99")
    figure.run("HH’s run")
    for what, value in figure.costs().items():
        for stated in claims_of_the_chapter("run", what):
            claim(stated, value)
    assert figure.number("step") == "1000000 of 1000000"
    assert figure.number("sites right") == "10 of 10"
    assert figure.number("cost") == "3.65×10⁻⁵"
    assert "3.65" in figure.said()
    assert not figure.seen.errors


@live_pages.at_night
def test_the_eleventh_site_gives_their_second_run(show):
    figure = show()
    figure.button("Add B").click()
    assert figure.place(11) == (0.3, 0.7)
    figure.button("Restart").click()
    figure.run()
    for what, value in figure.costs().items():
        for stated in claims_of_the_chapter("extra", what):
            claim(stated, value)
    assert figure.number("sites right") == "11 of 11"


@live_pages.at_night
def test_a_run_at_watching_speed_can_be_paused_and_goes_on(show):
    figure = show("#drilling-map?steps=10000")
    figure.button("Train").click()
    figure.button("Pause").click()
    figure.button("Train").wait_for()
    step = int(figure.number("step").split(" ")[0])
    assert 0 <= step < 10_000
    figure.run()
    assert figure.number("step") == "10000 of 10000"
    assert len(figure.page.workers) == 1
    figure.run("Go on")
    figure.wait_until(
        "document.querySelector('.live-numbers b').textContent === '20\u202f000'"
    )
    assert len(figure.page.workers) == 1


# By hand


@live_pages.at_night
def test_a_site_can_be_dragged_by_the_mouse(show):
    figure = show()
    figure.site(4).hover()
    figure.page.mouse.down()
    x, y = live_pages.within(figure.area(), (0.25, 0.75))
    figure.page.mouse.move(x, y, steps=5)
    assert figure.hash() == ""  # the hand still moves
    figure.page.mouse.up()
    moved = figure.place(4)
    assert moved == (pytest.approx(0.25, abs=0.02), pytest.approx(0.75, abs=0.02))
    x, y = (round(100 * v) for v in moved)
    assert f"A{x},{y};" in figure.hash()
    figure.page.mouse.move(x + 50, y)
    assert figure.place(4) == moved


@live_pages.at_night
def test_a_site_cannot_leave_the_map(show):
    figure = show()
    figure.site(1).hover()
    figure.page.mouse.down()
    figure.page.mouse.move(5, 2000, steps=3)
    figure.page.mouse.up()
    assert figure.place(1) == (0, 0)


@live_pages.at_night
def test_a_site_can_be_dragged_by_a_finger_and_the_page_stays(show):
    figure = show(**live_pages.PHONE)
    figure.touch(figure.site(9), figure.area(), (0.4, 0.6))
    figure.wait_until("location.hash")
    moved = figure.place(9)
    assert moved == (pytest.approx(0.4, abs=0.02), pytest.approx(0.6, abs=0.02))


@live_pages.at_night
def test_everything_can_be_done_by_the_keyboard(show):
    figure = show()
    figure.site(2).focus()
    figure.press("ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowLeft")
    assert figure.place(2) == (0.21, 0.42)
    assert "A21,42" in figure.hash()
    figure.press("Space")
    assert figure.site(2).get_attribute("aria-label") == "Site 2, category B"
    assert "category B" in figure.said()
    figure.press("Delete")
    assert figure.sites() == 9
    assert figure.said() == "Site 2 is removed."
    # The focus goes to the next site, which has its number now.
    assert figure.place(2) == (0.1, 0.5)
    assert figure.page.evaluate(f"{FOCUSED}.ariaLabel ?? ''").startswith("Site 2,")
    figure.button("Add A").focus()
    figure.press("Enter")
    assert figure.sites() == 10
    assert figure.page.evaluate(f"{FOCUSED}.ariaLabel") == "Site 10, category A"
    rate = figure.box.get_by_role("slider", name="learning rate")
    rate.focus()
    figure.press("ArrowRight")
    assert rate.get_attribute("aria-valuetext") == "0.1"
    assert "eta=0.1" in figure.hash()


def test_the_tab_key_goes_through_the_figure_and_shows_where_it_is(show):
    figure = show()
    stops = figure.stops("Train")
    names = " ".join(stops)
    for name in (
        "Restart",
        "HH’s run",
        "Reset",
        "Site 1,",
        "Site 10,",
        "Add B",
        "Remove",
    ):
        assert name in names
    assert len(stops) == 4 + 10 + 4 + 6


@live_pages.at_night
def test_the_buttons_act_on_the_site_that_was_chosen(show):
    figure = show()
    figure.button("Remove").click()
    assert "Choose a site first" in figure.notice()
    figure.site(10).click()
    figure.button("Swap A/B").click()
    assert figure.site(10).get_attribute("aria-label") == "Site 10, category A"
    figure.button("Remove").click()
    assert figure.sites() == 9
    assert figure.hash().endswith("B40,40")


@live_pages.at_night
def test_two_sites_must_remain_and_thirty_are_enough(show):
    figure = show("#drilling-map?sites=A10,10;B90,90")
    figure.site(1).focus()
    figure.press("Delete")
    assert figure.sites() == 2
    assert "must remain" in figure.notice()
    for _ in range(29):
        figure.button("Add B").click()
    assert figure.sites() == 30
    assert "room for 30" in figure.notice()


@live_pages.at_night
def test_a_run_goes_on_with_the_site_that_was_moved(show):
    figure = show("#drilling-map?steps=10000&speed=full")
    figure.run()
    before = figure.costs()["history.cost"]
    figure.site(4).focus()
    figure.press("Shift+ArrowDown")
    figure.wait_until(
        "before => document.querySelector('.live-cost').value !== String(before)",
        before,
    )
    assert figure.number("step") == "10000 of 10000"


# The state in the address


STATE = (
    "#drilling-map?eta=0.5&m=5&sampling=epochs&seed=42&steps=10000&speed=full"
    "&sites=A12,34;B56,78;B90,1"
)


def test_an_address_that_is_shared_restores_the_state(show):
    first, second = show(STATE), show(STATE)
    for figure in (first, second):
        assert figure.sites() == 3
        assert [figure.place(n) for n in (1, 2, 3)] == [
            (0.12, 0.34),
            (0.56, 0.78),
            (0.9, 0.01),
        ]
        assert figure.box.get_by_label("random seed").input_value() == "42"
        assert figure.box.get_by_label("points a step").input_value() == "5"
        assert figure.notice() == ""
        figure.run()
        assert figure.number("step") == "10000 of 10000"
    assert first.costs() == second.costs()


@live_pages.at_night
def test_the_address_follows_what_is_set_and_brings_it_back(show):
    figure = show()
    figure.box.get_by_label("random seed").fill("17")
    figure.press("Enter")
    figure.box.get_by_label("order of the points").select_option("epochs")
    figure.site(10).focus()
    figure.press("Space")
    again = show(figure.hash())
    assert again.box.get_by_label("random seed").input_value() == "17"
    assert again.box.get_by_label("order of the points").input_value() == "epochs"
    assert again.site(10).get_attribute("aria-label") == "Site 10, category A"


@live_pages.at_night
def test_reset_brings_everything_back_and_cleans_the_address(show):
    figure = show(STATE)
    figure.run()
    figure.button("Reset").click()
    figure.wait_until("document.querySelector('.live-numbers b').textContent === '0'")
    assert figure.sites() == 10
    assert figure.hash() == ""
    assert figure.box.get_by_label("random seed").input_value() == "5000"
    figure.wait_until("document.querySelector('.live-cost').textContent === '0.266'")


@live_pages.at_night
@pytest.mark.parametrize(
    "hostile",
    [
        "#drilling-map?sites=<img src=x onerror=document.title='bad'>",
        "#drilling-map?sites=%3Cscript%3Edocument.title='bad'%3C/script%3E",
        "#drilling-map?eta=1e308",
        "#drilling-map?seed=99999999999",
        "#drilling-map?__proto__=1",
        "#drilling-map?%E0%A4%A",
    ],
)
def test_a_hostile_address_gives_the_default_and_says_so(show, hostile):
    figure = show(hostile)
    assert figure.sites() == 10
    assert figure.costs()["history.cost"] == pytest.approx(0.26644, abs=1e-5)
    live_pages.check_refusal(figure)


@live_pages.at_night
def test_an_address_that_changes_changes_the_figure(show):
    figure = show()
    figure.page.evaluate("location.hash = 'drilling-map?sites=A10,10;B90,90'")
    figure.wait_until("document.querySelectorAll('.live-site').length === 2")
    figure.page.evaluate("location.hash = 'summary'")
    assert figure.sites() == 2


def test_who_follows_a_link_and_comes_back_finds_the_run(show):
    figure = show("#drilling-map?steps=10000")
    figure.run()
    steps = figure.box.locator(".live-numbers b").first.inner_text()
    assert steps != "0"
    figure.page.evaluate("location.hash = 'summary'")
    figure.page.go_back()
    figure.drawn()
    assert "steps=10000" in figure.hash()
    assert figure.box.locator(".live-numbers b").first.inner_text() == steps


@live_pages.at_night
def test_nothing_is_stored(show):
    figure = show(STATE)
    assert (
        figure.page.evaluate("Object.keys(sessionStorage).join()").count("drill") == 0
    )
    assert figure.page.evaluate("Object.keys(localStorage).join()").count("drill") == 0
    assert figure.page.evaluate("document.cookie") == ""


# For everyone


@live_pages.at_night
def test_who_wants_no_motion_sees_a_picture_a_second_at_most(show):
    figure = show("#drilling-map?steps=1000000", reduced_motion="reduce")
    with live_pages.few_pictures(figure, ".live-line", 2, attributeFilter=["d"]):
        figure.button("Train").click()
        figure.finish()


@live_pages.at_night
def test_the_map_follows_light_and_dark(show):
    figure = show(color_scheme="light")
    live_pages.check_colours(figure, ".live-area canvas", 0.01, 0.01)


@live_pages.at_night
def test_axe_finds_nothing_in_the_figure(show):
    figure = show()
    figure.site(1).click()
    figure.button("Remove").click()
    figure.button("Remove").click()
    assert figure.notice()
    live_pages.check_axe(figure, FIGURE)


@live_pages.at_night
def test_a_telephone_shows_all_of_it_and_axe_finds_nothing(show):
    figure = show(**live_pages.PHONE)
    figure.run("HH’s run")
    live_pages.check_telephone(figure, FIGURE)
