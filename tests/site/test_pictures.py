"""Pictures are light to send, look as they were drawn, and can be read on a phone."""

from __future__ import annotations

import gzip
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.svgLib.path import parse_path

import browser
from tools.pages.pictures import DATA, panels, shortened


def drawn(*widths: float, bar: bool = False) -> str:
    """Return the SVG of panels side by side, with a map of many shades in each."""
    figure, axes = plt.subplots(
        1, len(widths), width_ratios=widths, squeeze=False, figsize=(7, 3)
    )
    x = np.linspace(-1, 1, 101)
    for ax in axes.flat:
        map_ = ax.contourf(x, x, np.outer(np.sin(3 * x), np.exp(x)), levels=21)
        ax.plot(x, x**3, "o-", linewidth=1)
    if bar:
        figure.colorbar(map_, ax=ax)
    out = io.StringIO()
    figure.savefig(out, format="svg")
    plt.close(figure)
    return out.getvalue()


def places(data: str) -> list[tuple[str, np.ndarray]]:
    """What a pen does that follows the path, by fontTools's reading of it."""
    pen = DecomposingRecordingPen({})
    parse_path(data, pen)
    return [(what, np.array(points)) for what, points in pen.value]


def test_a_shortened_path_goes_where_it_went():
    text = drawn(1, 2)
    paths = {data for data in DATA.findall(text) if len(data) > 40}
    assert len(paths) > 30
    for data in paths:
        for (before, old), (after, new) in zip(
            places(data), places(shortened(data)), strict=True
        ):
            assert before == after
            np.testing.assert_allclose(new, old, rtol=0, atol=0.0051)


def test_a_shortened_path_is_not_shortened_again():
    for data in DATA.findall(drawn(1)):
        assert shortened(shortened(data)) == shortened(data)


def test_a_picture_of_many_shades_is_much_lighter():
    text = drawn(1)
    short = DATA.sub(lambda data: shortened(data[0]), text)
    sizes = [len(gzip.compress(t.encode())) for t in (text, short)]
    assert sizes[1] < 0.6 * sizes[0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_panels_are_counted_and_a_scale_of_colours_is_none(count):
    assert panels(drawn(*count * [1])) == panels(drawn(*count * [1], bar=True)) == count


def test_a_panel_fills_a_phone_and_the_next_is_in_reach(site):
    context = site.chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{site.address}book/05-back-propagation.html")
    browser.lay_out(page)
    boxes = page.locator("a.large:has(> img.panels)")
    assert boxes.count()
    for box in boxes.all():
        width, shown, whole, fades = box.evaluate(
            """e => [e.firstChild.clientWidth / e.firstChild.naturalWidth,
            e.clientWidth, e.scrollWidth, e.classList.contains("goes-on")]"""
        )
        assert width > 0.8
        assert fades
        assert shown < 360 < whole
        box.evaluate("e => e.scrollTo(e.scrollWidth, 0)")
    page.wait_for_function("!document.querySelector('a.large.goes-on')")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    context.close()
