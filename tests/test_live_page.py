"""The live figures, used as a reader uses them, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

import browser
import page_checks as checks
from dlam import claim
from needed import ROOT, require_program

CHAPTER = "book/05-back-propagation"
FIGURE = "#fig-drilling-map"
WAIT = 60_000  # milliseconds: a busy machine takes its time
FOCUSED = "document.activeElement"


@pytest.fixture(scope="module")
def desk(html) -> Iterator[SimpleNamespace]:
    require_program("chromium")
    with browser.serve(html) as address, browser.chromium() as chromium:
        yield SimpleNamespace(address=address, chromium=chromium, site=html)


class Figure:
    """The drilling map of chapter 5 in a page of its own."""

    def __init__(self, page, seen: checks.Visit) -> None:
        self.page, self.seen = page, seen
        self.box = page.locator(FIGURE)

    def button(self, name: str):
        return self.box.get_by_role("button", name=name, exact=True)

    def site(self, number: int):
        return self.box.get_by_label(re.compile(f"^Site {number}, "))

    def place(self, number: int) -> tuple[float, float]:
        text = self.site(number).get_attribute("aria-valuetext")
        x, y = re.fullmatch(r"([\d.]+) across, ([\d.]+) up", text).groups()
        return float(x), float(y)

    def sites(self) -> int:
        return self.box.locator(".live-site").count()

    def hash(self) -> str:
        return self.page.evaluate("location.hash")

    def number(self, name: str) -> str:
        shown = self.box.locator(".live-numbers p", has_text=name)
        return shown.inner_text().replace("\u202f", "").removeprefix(name).strip()

    def said(self) -> str:
        return self.box.locator("[aria-live]").text_content()

    def notice(self) -> str:
        return self.box.locator(".live-notice").text_content()

    def run(self, press: str = "Train") -> None:
        """Train at full speed, to the end."""
        self.box.get_by_label("speed").select_option("full")
        self.button(press).click()
        self.button("Go on").wait_for(timeout=WAIT)

    def costs(self) -> dict[str, float]:
        values = self.box.locator("data").evaluate_all("all => all.map(e => e.value)")
        return dict(zip(("history.cost", "plotted"), map(float, values), strict=True))


@pytest.fixture
def show(desk) -> Iterator[Callable[..., Figure]]:
    """Open the chapter at its live figure, in a browser that nobody has used."""
    contexts = []

    def open_page(
        state: str = "", wait: bool = True, mathematics: bool = False, **options
    ) -> Figure:
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = desk.chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        seen = checks.watch(page, desk.address)
        if not mathematics:  # to set all formulas of the chapter takes long
            page.route("**/mathjax/**", lambda route: route.fulfill(body=""))
        page.goto(f"{desk.address}{CHAPTER}.html{state}")
        browser.settle(page)
        figure = Figure(page, seen)
        if wait:
            figure.box.scroll_into_view_if_needed()
            figure.box.locator("data:not(:empty)").first.wait_for(timeout=WAIT)
        return figure

    yield open_page
    for context in contexts:
        context.close()


@contextmanager
def unchanged(value: Callable[[], object]) -> Iterator[None]:
    before = value()
    yield
    assert value() == before


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


def test_a_run_at_watching_speed_can_be_paused_and_goes_on(show):
    figure = show("#drilling-map?steps=10000")
    figure.button("Train").click()
    figure.button("Pause").click()
    figure.button("Train").wait_for()
    step = int(figure.number("step").split(" ")[0])
    assert 0 <= step < 10_000
    figure.run()
    assert figure.number("step") == "10000 of 10000"
    with unchanged(lambda: len(figure.page.workers)):
        figure.run("Go on")
        figure.page.wait_for_function(
            "document.querySelector('.live-numbers b').textContent === '20\u202f000'"
        )
    assert len(figure.page.workers) == 1


# When it is loaded


def test_a_figure_is_fetched_when_it_comes_into_view(show):
    figure = show(wait=False, mathematics=True)

    def fetched() -> list[str]:
        asked = [r.url for r in figure.seen.responses if "/live/" in r.url]
        return sorted(re.findall(r"([^/]+?)(?:\?.*)?$", url)[0] for url in asked)

    assert fetched() == ["live.css", "loader.js"]
    figure.box.scroll_into_view_if_needed()
    figure.box.locator("data:not(:empty)").first.wait_for(timeout=WAIT)
    assert {"drilling-map.js", "core.js"} <= set(fetched())
    loaded = checks.weight(figure.seen.responses)
    assert loaded <= checks.BUDGET
    assert not figure.seen.foreign
    assert not figure.seen.errors


def test_a_page_without_a_live_figure_loads_nothing_of_it(html):
    marked = [
        page
        for page in browser.pages(html)
        if "data-live=" in (html / page).read_text()
    ]
    assert f"{CHAPTER}.html" in marked
    for page in browser.pages(html):
        assert ("/live/" in (html / page).read_text()) == (page in marked)


# By hand


def test_a_site_can_be_dragged_by_the_mouse(show):
    figure = show()
    area = figure.box.locator(".live-area").bounding_box()
    site = figure.site(4)
    site.hover()
    figure.page.mouse.down()
    x, y = area["x"] + 0.25 * area["width"], area["y"] + 0.25 * area["height"]
    figure.page.mouse.move(x, y, steps=5)
    assert figure.hash() == ""  # the hand still moves
    figure.page.mouse.up()
    moved = figure.place(4)
    assert moved == (pytest.approx(0.25, abs=0.02), pytest.approx(0.75, abs=0.02))
    x, y = (round(100 * v) for v in moved)
    assert f"A{x},{y};" in figure.hash()
    figure.page.mouse.move(x + 50, y)
    assert figure.place(4) == moved


def test_a_site_cannot_leave_the_map(show):
    figure = show()
    figure.site(1).hover()
    figure.page.mouse.down()
    figure.page.mouse.move(5, 2000, steps=3)
    figure.page.mouse.up()
    assert figure.place(1) == (0, 0)


def test_a_site_can_be_dragged_by_a_finger_and_the_page_stays(show):
    figure = show(viewport={"width": 360, "height": 740}, has_touch=True)
    site = figure.site(9)
    site.scroll_into_view_if_needed()
    box, area = site.bounding_box(), figure.box.locator(".live-area").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = figure.page.context.new_cdp_session(figure.page)

    def touch(kind: str, *points: dict) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    with unchanged(lambda: figure.page.evaluate("scrollY")):
        touch("touchStart", {"x": x, "y": y})
        for part in (0.05, 0.1, 0.15, 0.2):
            touch("touchMove", {"x": x, "y": y - part * area["height"]})
        touch("touchEnd")
        figure.page.wait_for_function("location.hash")
    moved = figure.place(9)
    assert moved == (pytest.approx(0.4, abs=0.02), pytest.approx(0.6, abs=0.02))


def test_everything_can_be_done_by_the_keyboard(show):
    figure = show()
    press = figure.page.keyboard.press
    figure.site(2).focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
        press(key)
    assert figure.place(2) == (0.21, 0.42)
    assert "A21,42" in figure.hash()
    press("Space")
    assert figure.site(2).get_attribute("aria-label") == "Site 2, category B"
    assert "category B" in figure.said()
    press("Delete")
    assert figure.sites() == 9
    assert figure.said() == "Site 2 is removed."
    # The focus goes to the next site, which has its number now.
    assert figure.place(2) == (0.1, 0.5)
    assert figure.page.evaluate(f"{FOCUSED}.ariaLabel ?? ''").startswith("Site 2,")
    figure.button("Add A").focus()
    press("Enter")
    assert figure.sites() == 10
    assert figure.page.evaluate(f"{FOCUSED}.ariaLabel") == "Site 10, category A"
    rate = figure.box.get_by_role("slider", name="learning rate")
    rate.focus()
    press("ArrowRight")
    assert rate.get_attribute("aria-valuetext") == "0.1"
    assert "eta=0.1" in figure.hash()


def test_the_tab_key_goes_through_the_figure_and_shows_where_it_is(show):
    figure = show()
    figure.button("Train").focus()
    stops = []
    for _ in range(40):
        figure.page.keyboard.press("Tab")
        stop = figure.page.evaluate(
            f"""() => {{
            const e = {FOCUSED}, style = getComputedStyle(e);
            const width = parseFloat(style.outlineWidth);
            return [Boolean(e.closest(".live-stage")), e.ariaLabel ?? e.textContent,
                    style.outlineStyle !== "none" && width > 0];
            }}"""
        )
        if not stop[0]:
            break
        stops.append(stop)
    assert all(marked for _, _, marked in stops)
    names = " ".join(name for _, name, _ in stops)
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
    assert len(stops) == 3 + 10 + 4 + 6


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


def test_two_sites_must_remain_and_thirty_are_enough(show):
    figure = show("#drilling-map?sites=A10,10;B90,90")
    figure.site(1).focus()
    figure.page.keyboard.press("Delete")
    assert figure.sites() == 2
    assert "must remain" in figure.notice()
    for _ in range(29):
        figure.button("Add B").click()
    assert figure.sites() == 30
    assert "room for 30" in figure.notice()


def test_a_run_goes_on_with_the_site_that_was_moved(show):
    figure = show("#drilling-map?steps=10000&speed=full")
    figure.run()
    before = figure.costs()["history.cost"]
    figure.site(4).focus()
    figure.page.keyboard.press("Shift+ArrowDown")
    figure.page.wait_for_function(
        "before => document.querySelector('.live-cost').value !== String(before)",
        arg=before,
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


def test_the_address_follows_what_is_set_and_brings_it_back(show):
    figure = show()
    figure.box.get_by_label("random seed").fill("17")
    figure.page.keyboard.press("Enter")
    figure.box.get_by_label("order of the points").select_option("epochs")
    figure.site(10).focus()
    figure.page.keyboard.press("Space")
    again = show(figure.hash())
    assert again.box.get_by_label("random seed").input_value() == "17"
    assert again.box.get_by_label("order of the points").input_value() == "epochs"
    assert again.site(10).get_attribute("aria-label") == "Site 10, category A"


def test_reset_brings_everything_back_and_cleans_the_address(show):
    figure = show(STATE)
    figure.run()
    figure.button("Reset").click()
    figure.page.wait_for_function(
        "document.querySelector('.live-numbers b').textContent === '0'"
    )
    assert figure.sites() == 10
    assert figure.hash() == ""
    assert figure.box.get_by_label("random seed").input_value() == "5000"
    figure.page.wait_for_function(
        "document.querySelector('.live-cost').textContent === '0.266'"
    )


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
    assert "does not have" in figure.notice()
    assert figure.sites() == 10
    assert figure.costs()["history.cost"] == pytest.approx(0.26644, abs=1e-5)
    assert "bad" not in figure.page.title()
    assert (
        figure.box.locator(".live-stage").evaluate(
            "e => e.querySelector('script, img')"
        )
        is None
    )
    assert not figure.seen.errors


def test_an_address_that_changes_changes_the_figure(show):
    figure = show()
    figure.page.evaluate("location.hash = 'drilling-map?sites=A10,10;B90,90'")
    figure.page.wait_for_function(
        "document.querySelectorAll('.live-site').length === 2"
    )
    figure.page.evaluate("location.hash = 'summary'")
    assert figure.sites() == 2


def test_nothing_is_stored(show):
    figure = show(STATE)
    assert (
        figure.page.evaluate("Object.keys(sessionStorage).join()").count("drill") == 0
    )
    assert figure.page.evaluate("Object.keys(localStorage).join()").count("drill") == 0
    assert figure.page.evaluate("document.cookie") == ""


# For everyone


def test_who_wants_no_motion_sees_a_picture_a_second_at_most(show):
    figure = show("#drilling-map?steps=1000000", reduced_motion="reduce")
    figure.page.evaluate(
        """() => {
        window.pictures = 0;
        window.began = performance.now();
        new MutationObserver(() => window.pictures++).observe(
            document.querySelector(".live-line"), {attributeFilter: ["d"]});
        }"""
    )
    figure.button("Train").click()
    figure.button("Go on").wait_for(timeout=WAIT)
    pictures, seconds = figure.page.evaluate(
        "[window.pictures, (performance.now() - window.began) / 1000]"
    )
    assert 1 <= pictures <= seconds + 2


PIXEL = """() => {
    const canvas = document.querySelector(".live-area canvas");
    return [...canvas.getContext("2d").getImageData(3, 3, 1, 1).data];
}"""


def test_the_map_follows_light_and_dark(show):
    figure = show(color_scheme="light")
    light = figure.page.evaluate(PIXEL)
    checks.switch(figure.page, "dark")
    dark = figure.page.evaluate(PIXEL)
    assert sum(light[:3]) > 3 * 150
    assert sum(dark[:3]) < 3 * 105


def test_axe_finds_nothing_in_the_figure(show):
    figure = show()
    figure.site(1).click()
    figure.button("Remove").click()
    figure.button("Remove").click()
    assert figure.notice()
    assert checks.violations(figure.page, FIGURE) == []
    checks.switch(figure.page, "dark")
    assert checks.violations(figure.page, FIGURE, runOnly=checks.COLOURS) == []


def test_a_telephone_shows_all_of_it_and_axe_finds_nothing(show):
    figure = show(viewport={"width": checks.NARROW, "height": 740}, has_touch=True)
    figure.run("HH’s run")
    assert not checks.wide_parts(figure.page)
    inside = figure.box.locator(".live-stage :is(button, select, input, p, svg)")
    edges = inside.evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).filter(r => r.width)"
        ".map(r => [r.left, r.right])"
    )
    assert edges
    assert all(left >= 0 and right <= checks.NARROW for left, right in edges)
    assert checks.violations(figure.page, FIGURE) == []


# Where it cannot be live


PICTURE = f"{FIGURE} > img"


def test_paper_has_the_picture_under_the_same_caption(show):
    figure = show()
    caption = figure.box.locator("figcaption").inner_text()
    assert not figure.page.locator(PICTURE).is_visible()
    figure.page.emulate_media(media="print")
    assert figure.page.locator(PICTURE).is_visible()
    assert not figure.box.locator(".live-stage").is_visible()
    assert figure.box.locator("figcaption").inner_text() == caption


def test_without_javascript_the_picture_stands(desk):
    context = desk.chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.address}{CHAPTER}.html")
    assert page.locator(PICTURE).is_visible()
    assert page.locator(".live-stage").count() == 0
    context.close()


def test_opened_from_a_folder_the_picture_stands_and_a_line_says_why(desk, html):
    context = desk.chromium.new_context()
    page = context.new_page()
    faults = []
    page.on("console", lambda m: m.type == "error" and faults.append(m.text))
    page.goto((html / f"{CHAPTER}.html").as_uri())
    browser.settle(page)
    page.locator(FIGURE).scroll_into_view_if_needed()
    assert page.locator(PICTURE).is_visible()
    assert (
        "On a web server"
        in page.locator("[data-live=drilling-map] .live-note").inner_text()
    )
    context.close()
    assert not faults


def test_a_module_that_does_not_come_leaves_the_picture(desk):
    context = desk.chromium.new_context()
    page = context.new_page()
    page.route("**/live/plane.js", lambda route: route.abort())
    page.goto(f"{desk.address}{CHAPTER}.html")
    browser.settle(page)
    page.locator(FIGURE).scroll_into_view_if_needed()
    page.locator("[data-live=drilling-map] .live-note").wait_for(timeout=WAIT)
    assert page.locator(PICTURE).is_visible()
    assert page.locator(".live-stage").count() == 0
    context.close()
