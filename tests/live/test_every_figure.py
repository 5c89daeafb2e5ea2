"""What holds of every live figure, wherever it stands in the book."""

from __future__ import annotations

import re

import pytest

import browser
import live_pages
import page_checks as checks
from live_pages import PLACES, Place
from needed import ROOT

MOST = 33_000  # bytes that a figure may load, compressed


class Figure(live_pages.LiveFigure):
    ready = "button"


@pytest.fixture(
    params=PLACES,
    ids=lambda place: f"{place.name} in {place.chapter}",
    scope="module",
)
def place(request):
    return request.param


@pytest.fixture
def show(site, place):
    with live_pages.visits(site, place.chapter, place.figure, Figure) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def arrived(site, place):
    """The figure when it has come into view, and what was there before."""
    with live_pages.visits(site, place.chapter, place.figure, Figure) as open_page:
        figure = open_page(wait=False)
        before = figure.fetched(), height(figure)
        figure.come_into_view()
        yield figure, *before


def height(figure) -> float:
    return figure.box.evaluate("e => e.getBoundingClientRect().height")


def test_each_folder_of_figures_is_a_figure_of_the_book_above_a_picture():
    folders = {path.name for path in (ROOT / "live/figures").iterdir()}
    assert {place.name for place in PLACES} == folders
    for place in PLACES:
        text = (ROOT / f"{place.chapter}.md").read_text("utf-8")
        begin, named, _ = text.partition(place.mark)[0].rpartition(
            f"    name: {place.figure[1:]}\n"
        )
        assert named
        # In a folded box it would come into no view.
        assert not re.search(
            "hide-(cell|output)", begin.rpartition("```{code-cell}")[2]
        )


def test_no_caption_says_left_or_right_of_panels_that_a_phone_stacks():
    for place in PLACES:
        text = (ROOT / f"{place.chapter}.md").read_text("utf-8")
        caption = text.partition(place.mark)[0].rpartition("    caption: |\n")[2]
        caption = caption.partition("  image:\n")[0]
        assert 50 < len(caption) < 700
        assert not re.search(r"\b(left|right)[,:]|on the (left|right)", caption, re.I)


def test_the_first_page_shows_each_figure_and_leads_to_it(html):
    first = (html / "book/index.html").read_text("utf-8")
    leads = re.findall(r'href="([\w-]+)\.html(#[\w-]+)"', first)
    for place in PLACES:
        places = [p for p in PLACES if p.name == place.name]
        assert any((p.chapter.removeprefix("book/"), p.figure) in leads for p in places)
        assert f'src="../_static/live/pictures/{place.name}.svg"' in first
        picture = html / "_static/live/pictures" / f"{place.name}.svg"
        assert "<svg" in picture.read_text("utf-8")


def test_it_is_fetched_when_it_comes_into_view_and_nothing_else_is(arrived, place):
    figure, fetched, _ = arrived
    assert fetched == ["live.css", "loader.js"]
    own = f"figures/{place.name}/"
    assert f"{own}{place.name}.js" in figure.fetched()
    assert all(f.startswith((own, "kit/", "l")) for f in figure.fetched())
    # A worker asks again for what the page has, and gets it without a transfer.
    once = {response.url: response for response in figure.asked()}
    assert 0 < checks.weight(once.values()) < MOST
    assert figure.box.locator("h1, h2").count() == 0
    assert not figure.seen.foreign
    assert not figure.seen.errors


def test_its_height_is_kept_free_so_that_what_follows_stays(arrived):
    figure, _, kept = arrived
    assert height(figure) == pytest.approx(kept, abs=90)


@live_pages.at_night
def test_its_height_is_kept_free_on_a_telephone(show):
    narrow = show(wait=False, viewport={"width": 360, "height": 500})
    kept = height(narrow)
    narrow.come_into_view()
    assert height(narrow) == pytest.approx(kept, abs=90)


@live_pages.at_night
def test_a_first_visit_to_its_page_is_light(show):
    figure = show(whole=True)
    assert checks.weight(figure.seen.responses) <= checks.BUDGET


def test_an_address_that_it_does_not_have_gives_the_default_and_says_so(arrived, place):
    figure = arrived[0]
    state = f"{place.name}?__proto__=1"
    figure.page.evaluate("state => { location.hash = state }", state)
    figure.stage.locator(".live-notice:not(:empty)").wait_for()
    live_pages.check_refusal(figure)


@live_pages.at_night
def test_a_page_opened_at_such_an_address_says_so_too(show, place):
    live_pages.check_refusal(show(f"#{place.name}?__proto__=1"))


UNDO_AND_PRESS = """(undo, key) => {
    undo.click();
    const handle = undo.closest(".live-stage").querySelector("[role=slider]");
    handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}"""


@live_pages.at_night
def test_what_a_slip_has_changed_can_be_undone(show, place):
    figure = show(reduced_motion="reduce")
    undo, reset = figure.button("Undo"), figure.button("Reset")
    assert undo.get_attribute("aria-disabled") == "true"
    handle = figure.stage.locator("[role=slider], input[type=range]").first
    handle.focus()
    key = "ArrowRight"
    figure.press(key, key)
    if not figure.hash():  # of a table only the row is remembered
        key = "ArrowUp"
        figure.press(key, key)
    changed = figure.hash()
    assert changed.startswith(f"#{place.name}?")
    undo.click()
    assert figure.hash() not in ("", changed)
    handle.focus()
    figure.press(key)
    assert figure.hash() == changed
    if handle.get_attribute("role") == "slider":  # nothing is drawn in between
        undo.evaluate(UNDO_AND_PRESS, key)
        figure.drawn()
        assert figure.hash() == changed
    reset.click()
    assert figure.hash() == ""
    undo.click()
    assert figure.hash() == changed
    assert figure.said() == "The last change is undone."
    undo.click()
    undo.click()
    assert figure.hash() == ""
    assert undo.get_attribute("aria-disabled") == "true"


def test_axe_finds_nothing_light_or_dark(arrived, place):
    live_pages.check_axe(arrived[0], place.figure)


def test_paper_has_the_picture_under_the_same_caption(arrived):
    live_pages.check_print(arrived[0])


@live_pages.at_night
def test_without_javascript_the_picture_stands(show):
    live_pages.check_picture(show(java_script_enabled=False, wait=False))


# Where it cannot be live; one figure stands for all


@pytest.fixture
def blank(site):
    """A page for the last figure of the book, which nothing has been done to yet."""
    context = site.chromium.new_context()
    yield context.new_page()
    context.close()


def check_stands_still(page, place: Place, why: str) -> None:
    browser.lay_out(page)
    page.locator(place.figure).scroll_into_view_if_needed()
    note = page.locator(f"{place.beside} .live-note")
    note.wait_for()
    assert why in note.inner_text()
    assert page.locator(f"{place.figure} > img").is_visible()
    assert page.locator(".live-stage").count() == 0


def test_without_javascript_the_last_picture_stands(site):
    place = PLACES[-1]
    with live_pages.visits(site, place.chapter, place.figure, Figure) as show:
        live_pages.check_picture(show(java_script_enabled=False, wait=False))


def test_opened_from_a_folder_the_picture_stands_and_a_line_says_why(blank, html):
    faults = []
    blank.on("console", lambda m: m.type == "error" and faults.append(m.text))
    blank.goto((html / f"{PLACES[-1].chapter}.html").as_uri())
    check_stands_still(blank, PLACES[-1], "make serve")
    assert not faults


def test_a_module_that_does_not_come_leaves_the_picture(blank, site):
    blank.route("**/live/kit/stage.js", lambda route: route.abort())
    blank.goto(f"{site.address}{PLACES[-1].chapter}.html")
    check_stands_still(blank, PLACES[-1], "could not be brought to life")


def test_a_page_without_a_live_figure_loads_nothing_of_it(html):
    live = {f"{place.chapter}.html" for place in PLACES}
    pages = set(browser.pages(html))
    assert live < pages
    for page in pages:
        asks = "/live/loader.js" in (html / page).read_text("utf-8")
        assert asks == (page in live), page
