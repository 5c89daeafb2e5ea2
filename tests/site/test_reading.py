"""What a reader does on a page: land, come back, look closer, leave something out."""

from __future__ import annotations

from contextlib import contextmanager
from operator import itemgetter

import pytest

import browser

BACK = "07a-momentum"
HEADER = 64  # pixels that the bar at the top takes
WIDE, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}


NEVER_IDLE = "window.requestIdleCallback = () => {};"


@contextmanager
def opened(site, address: str, size=WIDE, script: str = ""):
    """A page as a first visitor sees it."""
    context = site.chromium.new_context(viewport=size)
    context.add_init_script(script)
    page = context.new_page()
    page.goto(f"{site.address}book/{address}")
    browser.settle(page)
    yield page
    context.close()


def top(page, place: str) -> float:
    return page.evaluate(
        "id => document.getElementById(id).getBoundingClientRect().top", place
    )


def resting(page) -> None:
    """Wait until nothing has moved for five frames and a third of a second.

    What is laid out above the screen moves the place; the browser takes it back
    with its next frame, which a busy machine may owe for longer.
    """
    page.evaluate(
        """async () => {
        for (let still = 0, last; still < 5; ) {
            await new Promise(done => setTimeout(done, 60));
            await new Promise(done => requestAnimationFrame(done));
            const now = `${scrollY} ${document.body.scrollHeight}`;
            still = now === last ? still + 1 : 0;
            last = now;
        }}"""
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(
    ("page", "place"),
    [
        (BACK, "equation-eq-mom-nesterov"),
        pytest.param("05-back-propagation", "exercises", marks=pytest.mark.night),
    ],
)
def test_a_link_leads_to_its_place(site, size, page, place):
    with opened(site, f"{page}.html#{place}", size) as seen:
        resting(seen)
        assert top(seen, place) == pytest.approx(HEADER, abs=8)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_link_past_live_figures_leads_to_its_place_and_back(site, size):
    with opened(site, f"{BACK}.html", size) as seen:
        seen.evaluate(
            "document.getElementById('how-far-does-it-overshoot').scrollIntoView()"
        )
        resting(seen)
        before = top(seen, "how-far-does-it-overshoot")
        seen.evaluate("location.hash = 'exercises'")
        resting(seen)
        assert top(seen, "exercises") == pytest.approx(HEADER, abs=8)
        seen.go_back()
        resting(seen)
        assert top(seen, "how-far-does-it-overshoot") == pytest.approx(before, abs=8)


def test_the_header_of_a_phone_has_room_and_its_menu_has_all_the_links(site):
    with opened(site, f"{BACK}.html", PHONE) as seen:
        parts = seen.locator(".bd-header-article :is(a, button)").filter(visible=True)
        boxes = [part.bounding_box() for part in parts.all()]
        boxes.sort(key=itemgetter("x"))
        ends = [box["x"] + box["width"] for box in boxes]
        starts = [*(box["x"] for box in boxes), PHONE["width"]]
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=True))
        seen.get_by_role("button", name="Download this page").click()
        for name in ("All notebooks", "Open in Colab", "Report a mistake here"):
            assert seen.get_by_role("link", name=name).is_visible()
        seen.set_viewport_size(WIDE)
        links = seen.get_by_role("link", name="Report a mistake here")
        assert not links.filter(visible=True).count()
        seen.get_by_role("button", name="Source repositories").click()
        assert links.filter(visible=True).count() == 1


@pytest.mark.night
def test_the_header_of_a_phone_leads_from_section_to_section(site):
    with opened(site, f"{BACK}.html", PHONE) as seen:
        bar, drawer = seen.locator("nav.steps"), seen.locator("dialog .page-toc")
        before, after = bar.get_by_role("link").all()

        def press(part):
            box = part.bounding_box()
            assert box["width"] >= 24
            assert box["height"] >= 24
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            seen.mouse.click(x, y)  # Playwright's own click would scroll first
            resting(seen)

        assert bar.inner_text().split() == ["‹", "7.6", "›"]
        assert before.get_attribute("aria-disabled") == "true"
        press(after)
        press(after)
        assert bar.get_by_role("button").inner_text() == "7.6.2"
        assert top(seen, "how-far-does-it-overshoot") == pytest.approx(HEADER, abs=8)
        seen.evaluate("scrollBy(0, 300)")
        resting(seen)
        press(before)
        assert bar.get_by_role("button").inner_text() == "7.6.2"
        press(before)
        assert bar.get_by_role("button").inner_text() == "7.6.1"
        seen.evaluate("location.hash = 'what-if-the-cost-is-not-quadratic'")
        resting(seen)
        here = bar.get_by_role("button")
        assert here.inner_text() == "7.6.4"
        fits = "e => e.scrollWidth <= e.clientWidth"
        assert here.evaluate(fits)
        here.evaluate("e => e.replaceChildren('10.11.8')")  # the longest of the book
        assert here.evaluate(fits)
        seen.evaluate("location.hash = 'exercises'")
        resting(seen)
        press(bar.get_by_role("button"))
        here = drawer.get_by_role("link", name="7.6.6. Exercises").bounding_box()
        assert 0 < here["y"] < PHONE["height"] - here["height"]
        drawer.get_by_role("link", name="7.6.5. How does Nesterov repair it?").click()
        resting(seen)
        assert not drawer.is_visible()
        assert top(seen, "how-does-nesterov-repair-it") == pytest.approx(HEADER, abs=8)
        seen.set_viewport_size(WIDE)
        assert not bar.is_visible()  # the contents stand beside the text
        seen.evaluate("location.hash = 'how-far-does-it-overshoot'")
        resting(seen)
        marked = seen.locator(".bd-sidebar-secondary .nav-link.active")
        assert marked.all_inner_texts() == ["7.6.2. How far does it overshoot?"]


def test_no_script_asks_for_what_is_not_laid_out(site):
    script = (
        NEVER_IDLE
        + """
        const far = element => {  // without asking where it is
            const part = element.parentElement?.closest?.(
                "article > section > section");
            return part && !part.firstElementChild.checkVisibility(
                {contentVisibilityAuto: true});
        };
        window.asked = [];
        const told = (what, element) => {
            if (document.readyState !== "loading" && far(element))
                window.asked.push(what + new Error().stack.split("\\n")[3]);
        };
        const kinds = [[Element, "clientWidth clientHeight scrollWidth scrollHeight"],
            [HTMLElement, "offsetWidth offsetHeight offsetTop offsetLeft innerText"]];
        for (const [kind, names] of kinds) for (const name of names.split(" ")) {
            const known = Object.getOwnPropertyDescriptor(kind.prototype, name);
            Object.defineProperty(kind.prototype, name, {...known,
                get() { told(name, this); return known.get.call(this); }});
        }
        for (const name of ["getBoundingClientRect", "getClientRects"]) {
            const known = Element.prototype[name];
            Element.prototype[name] = function () {
                told(name, this);
                return known.call(this);
            };
        }
        const style = getComputedStyle;
        window.getComputedStyle = (element, ...more) => {
            told("getComputedStyle", element);
            return style(element, ...more);
        };
        """
    )
    with opened(site, f"{BACK}.html", PHONE, script) as seen:
        resting(seen)
        assert seen.evaluate("asked") == []
        last = "[...document.querySelectorAll('article > section > section')].at(-1)"
        seen.evaluate(f"{last}.querySelector('p').offsetHeight")
        assert len(seen.evaluate("asked")) == 1


@pytest.mark.parametrize("place", ["how-does-nesterov-repair-it", "exercises"])
def test_who_leaves_before_all_is_laid_out_comes_back_to_the_place(site, place):
    with opened(site, f"{BACK}.html", PHONE, NEVER_IDLE) as seen:
        seen.evaluate("place => { location.hash = place }", place)
        resting(seen)
        waiting = (
            "document.querySelectorAll('article > section > section:not(.laid-out)')"
        )
        assert seen.evaluate(f"{waiting}.length") > 3
        before = top(seen, place)
        seen.goto(f"{site.address}book/setup.html")
        browser.settle(seen)
        seen.go_back()
        resting(seen)
        assert seen.evaluate(f"{waiting}.length") == 0
        after = top(seen, place)
        assert after == pytest.approx(before, abs=8)


def test_the_search_is_in_sight_on_a_laptop(site):
    with opened(site, "06c-generalisation.html") as seen:
        field = seen.locator(".bd-sidebar-primary .search-button-field")
        box = field.bounding_box()
        assert 0 <= box["y"] <= WIDE["height"] - box["height"]


def test_nothing_covers_the_title_of_the_book(site):
    with opened(site, "index.html") as seen:
        covered = seen.locator(".navbar-brand .logo__title").evaluate(
            """title => [0.1, 0.5, 0.9].filter(part => {
            const box = title.getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2, box.y + part * box.height];
            return !title.parentElement.contains(document.elementFromPoint(x, y));
            }).length"""
        )
        assert covered == 0


def test_paper_has_no_prompts_and_no_room_for_what_is_live(site):
    with opened(site, "01-network.html") as seen:
        picture = seen.locator("#fig-in-hand > img")
        room = """e => e.height - e.width * e.naturalHeight / e.naturalWidth"""
        assert picture.evaluate(room) > 100
        seen.emulate_media(media="print")
        assert picture.evaluate(room) < 2
        assert not seen.locator("article details.hide > summary:visible").count()


@pytest.mark.night
def test_solutions_are_left_out_here_and_on_the_next_page_and_on_paper(site):
    with opened(site, "08a-penalties.html") as seen:
        solution = seen.locator("div.solution").first
        button = seen.locator(".btn-solutions-button")
        assert solution.is_visible()
        button.click()
        assert not solution.is_visible()
        assert button.get_attribute("aria-pressed") == "true"
        seen.goto(f"{site.address}book/08b-noise.html")
        browser.settle(seen)
        assert not solution.is_visible()
        seen.emulate_media(media="print")
        assert not solution.is_visible()
        seen.emulate_media(media="screen")
        button.click()
        assert solution.is_visible()


def test_an_address_leaves_solutions_out_for_one_visit(site):
    with opened(site, "08a-penalties.html?solutions=off") as seen:
        solution = seen.locator("div.solution").first
        assert not solution.is_visible()
        seen.goto(f"{site.address}book/08a-penalties.html")
        browser.settle(seen)
        assert solution.is_visible()


def test_a_picture_opens_large(site):
    with opened(site, "01-network.html", PHONE) as seen:
        link = seen.locator("#fig-sites a.large")
        assert link.get_attribute("href") == link.locator("img").get_attribute("src")
        assert "Open the picture large" in link.get_attribute("aria-label")


def test_a_report_names_the_section_on_the_screen(site):
    with opened(site, f"{BACK}.html") as seen:
        links = seen.locator("a[href*='template=number.yml']").all()
        assert len(links) == 2  # one for a phone
        for link in links:
            assert "where=7.6.+Momentum&" in link.get_attribute("href")
        seen.evaluate("document.getElementById('exercises').scrollIntoView()")
        for link in links:
            link.dispatch_event("focus")
            address = link.get_attribute("href")
            assert "where=7.6.+Momentum%3A+7.6.6.+Exercises&" in address
