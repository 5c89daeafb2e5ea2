"""What the figures show: their data, for no picture is compared."""

import matplotlib as mpl

mpl.use("agg")

import sys
from importlib import import_module
from itertools import pairwise, product
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlam import Network, data, identity, plots, relu, sigmoid, step


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def style():
    with mpl.rc_context():
        yield mpl.rcParams


def test_without_matplotlib_the_error_says_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "dlam.plots")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'dlam\[plots\]'"):
        import_module("dlam.plots")


def test_the_style_of_the_book_has_neither_grid_nor_frames(style):
    plots.use_book_style()
    for name in ("axes.grid", "axes.spines.right", "axes.spines.top", "legend.frameon"):
        assert style[name] is False
    assert style["axes.axisbelow"] is True
    assert style["figure.constrained_layout.use"] is True


def test_in_a_notebook_drawings_are_vectors_without_a_date(style, monkeypatch):
    chosen = []
    monkeypatch.setattr(
        "matplotlib_inline.backend_inline.set_matplotlib_formats",
        lambda *formats, **options: chosen.append((formats, options)),
    )
    plots.use_book_style()
    without = {"metadata": {"Date": None, "Creator": None}}
    assert chosen == [(("svg",), without)]


def test_the_style_does_not_need_a_notebook(style, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib_inline.backend_inline", None)
    plots.use_book_style()
    assert style["axes.prop_cycle"] == plots.STYLE["axes.prop_cycle"]


def is_the_unit_square(ax):
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        assert limits == (0, 1)
        assert list(axis.get_ticklocs()) == [0, 0.5, 1]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_1$", "$x_2$")
    assert ax.get_aspect() == 1


def test_points_and_regions_are_drawn_in_the_unit_square():
    is_the_unit_square(plots.scatter(*data.drilling_sites()))
    is_the_unit_square(plots.decision_regions(Network((2, 2)), np.ones(6)))


def test_scatter_draws_each_category_with_its_own_marker_and_colour():
    X, Y = data.drilling_sites()
    circles, crosses = plots.scatter(X, Y).lines
    assert (circles.get_marker(), circles.get_color()) == ("o", plots.BLUE)
    assert (crosses.get_marker(), crosses.get_color()) == ("x", plots.ORANGE)
    np.testing.assert_array_equal(circles.get_xydata(), X[:5])
    np.testing.assert_array_equal(crosses.get_xydata(), X[5:])


def test_scatter_refuses_points_that_are_not_in_a_plane():
    with pytest.raises(ValueError, match=r"shape \(N, 2\)"):
        plots.scatter(np.zeros((3, 1)), np.zeros((3, 1)))


def test_curves_draws_what_it_is_given_and_names_it():
    x = np.linspace(0, 1, 5)
    ax = plots.curves(x, {"line": x, "square": x**2}, xlabel="$t$", ylabel="value")
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), x**2)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["line", "square"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$t$", "value")
    assert ax.get_xlim() == (0, 1)


def test_activations_draws_values_above_slopes_and_no_vertical_line_at_a_jump():
    figure = plots.activations([sigmoid, relu, step])
    above, below = figure.axes[:3], figure.axes[3:]
    assert [ax.get_title() for ax in above] == ["sigmoid", "relu", "step"]
    x, y = above[0].lines[0].get_data()
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)))
    assert below[0].lines[0].get_ydata().max() == 0.25
    for line in (above[2].lines[0], below[1].lines[0]):
        jumps = np.abs(np.diff(line.get_ydata())) > 0.4
        assert not jumps.any()
        gaps = np.isnan(line.get_ydata())
        assert gaps.any()
        np.testing.assert_array_equal(np.isnan(line.get_xdata()), gaps)


@pytest.mark.parametrize("functions", [[relu], [sigmoid, relu, step]])
def test_activations_are_drawn_on_the_same_axes(functions):
    figure, n = plots.activations(functions), len(functions)
    first, *others = figure.axes
    assert all(first.get_shared_x_axes().joined(first, ax) for ax in others)
    for k, ax in enumerate(figure.axes):
        curve, zero = ax.lines
        assert curve.get_color() == (plots.BLUE if k < n else plots.ORANGE)
        assert curve.get_linestyle() == "-"
        assert list(zero.get_ydata()) == [0, 0]
        assert zero.get_zorder() < curve.get_zorder()
        assert list(ax.get_xticks()) == [-4, 0, 4]
        assert list(ax.get_yticks()) == ([-1, 0, 1, 2] if k < n else [0, 0.5, 1])
        low, high = ax.get_ylim()
        assert -0.5 < low - ax.get_yticks()[0] < 0 < high - ax.get_yticks()[-1] < 0.5
        assert ax.get_xlabel() == ("" if k < n else "$z$")
        first = k % n == 0
        assert ax.yaxis.get_tick_params()["labelleft"] is first
        assert ax.get_ylabel() == (("value", "slope")[k // n] if first else "")


def test_shades_fill_the_unit_square_from_0_to_1_if_nothing_else_is_said():
    seen = []

    def f(points):
        seen.append(points)
        return points[:, 0]

    contours = plots.shades(f)
    [points] = seen
    assert (points.min(axis=0) == 0).all()
    assert (points.max(axis=0) == 1).all()
    np.testing.assert_allclose(contours.levels, np.linspace(0, 1, 11))


@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.shades(lambda x: x[:, 0], None, 0.0),
        lambda: plots.decision_regions(Network((2, 2)), np.ones(6), None, 0.0),
        lambda: plots.random_networks(
            Network((2, 2)), [1], np.random.default_rng(0), 2, 0.0
        ),
        lambda: plots.network_diagram(Network((2, 2)), None, (2, 1, 1)),
    ],
)
def test_what_is_seldom_said_is_said_by_name(call):
    with pytest.raises(TypeError, match="positional"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.decision_regions("net", np.ones(6)),
        lambda: plots.random_networks("net", [1], np.random.default_rng(0), 2),
        lambda: plots.network_diagram("net"),
    ],
)
def test_what_is_drawn_must_be_a_network(call):
    with pytest.raises(TypeError, match="net: expected a Network"):
        call()


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0)])
def test_shades_passes_points_as_rows_with_x1_to_the_right(low, high):
    contours = plots.shades(lambda x: x[:, 0], low=low, high=high, levels=[-2, 0.5, 2])
    left, right = contours.get_paths()
    assert left.vertices[:, 0].max() == pytest.approx(0.5)
    assert right.vertices[:, 0].min() == pytest.approx(0.5)
    assert right.vertices[:, 1].min() == low
    assert right.vertices[:, 1].max() == high


def test_decision_regions_are_blue_where_the_first_output_is_larger():
    """This network says A exactly where x_1 > 0.3."""
    net = Network((2, 2), identity)
    p = net.pack([([[1.0, 0.0], [0.0, 0.0]], [0.0, 0.3])])
    ax = plots.decision_regions(net, p)
    contours = ax.collections[0]
    orange, blue = contours.get_paths()
    assert blue.vertices[:, 0].min() == pytest.approx(0.3)
    assert orange.vertices[:, 0].max() == pytest.approx(0.3)
    shade_b, shade_a = contours.get_facecolor()
    assert shade_a[2] > shade_a[0]
    assert shade_b[0] > shade_b[2]


def test_decision_regions_have_no_holes_where_the_outputs_are_far_apart():
    net = Network((2, 2), identity)
    p = net.pack([([[20.0, 0.0], [0.0, 0.0]], [0.0, 20 * 0.31])])
    orange, blue = plots.decision_regions(net, p).collections[0].get_paths()
    for path, low, high in ((orange, 0, 0.31), (blue, 0.31, 1)):
        assert path.vertices.min(axis=0) == pytest.approx([low, 0])
        assert path.vertices.max(axis=0) == pytest.approx([high, 1])


def test_a_tie_is_drawn_as_category_b():
    ax = plots.decision_regions(Network((2, 2)), np.zeros(6))
    orange, blue = ax.collections[0].get_paths()
    assert orange.vertices.min() == 0
    assert orange.vertices.max() == 1
    assert len(blue.vertices) == 0


def test_decision_regions_can_be_drawn_in_another_square():
    net = Network((2, 3, 2), identity)
    p = net.normal(np.random.default_rng(0), scale=1.0)
    ax = plots.decision_regions(net, p, low=-2, high=3)
    assert ax.get_xlim() == ax.get_ylim() == (-2, 3)
    drawn = np.vstack([path.vertices for path in ax.collections[0].get_paths()])
    assert drawn.min(axis=0).tolist() == [-2, -2]
    assert drawn.max(axis=0).tolist() == [3, 3]


@pytest.mark.parametrize("sizes", [(2, 1), (3, 2, 2), (2, 2, 1), (3, 2)])
def test_decision_regions_refuses_other_networks_than_from_two_to_two(sizes):
    net = Network(sizes)
    with pytest.raises(ValueError, match="two inputs and two outputs"):
        plots.decision_regions(net, np.zeros(net.n_parameters))


def test_random_networks_scales_the_same_numbers_down_a_column():
    net = Network((2, 2, 2))
    figure = plots.random_networks(net, [1, 2], np.random.default_rng(0), columns=3)
    assert len(figure.axes) == 6
    assert figure.axes[0].get_ylabel() == "scale 1"
    assert figure.axes[3].get_ylabel() == "scale 2"


@pytest.mark.parametrize("scales", [[2.0], [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("columns", [1, 4])
def test_random_networks_are_squares_with_nothing_at_their_edges(
    scales, columns, monkeypatch
):
    net, drawn = Network((2, 2, 2)), []
    monkeypatch.setattr(
        plots,
        "decision_regions",
        lambda net, p, ax, **options: drawn.append((p, ax, options)),
    )
    rng = np.random.default_rng(0)
    figure = plots.random_networks(net, scales, rng, columns, low=-1, high=2)
    P = net.normal(np.random.default_rng(0), scale=1.0, size=columns)
    cells = list(product(scales, P))
    for (scale, p), (shown, ax, options) in zip(cells, drawn, strict=True):
        np.testing.assert_array_equal(shown, scale * p)
        assert (options["low"], options["high"]) == (-1, 2)
        assert [*ax.get_xticks(), *ax.get_yticks()] == []
        assert ax.get_xlabel() == ""
    assert [ax for _, ax, _ in drawn] == figure.axes
    width, height = figure.get_size_inches()
    assert width / columns == pytest.approx(height / len(scales))


def test_random_networks_come_in_five_columns_of_unit_squares():
    rng = np.random.default_rng(0)
    figure = plots.random_networks(Network((2, 2, 2)), [1, 2], rng)
    assert len(figure.axes) == 2 * 5
    for ax in figure.axes:
        assert ax.get_xlim() == ax.get_ylim() == (0, 1)
        assert ax.get_ylabel() in ("", "scale 1", "scale 2")
        assert ax.get_xlabel() == ""
        assert [*ax.get_xticks(), *ax.get_yticks()] == []


def columns_of(ax, sizes):
    """The places of the circles, layer by layer."""
    places = [tuple(line.get_xydata()[0]) for line in ax.lines]
    ends = np.cumsum([0, *sizes])
    return [places[a:b] for a, b in pairwise(ends)]


def arrows_of(ax):
    return [t for t in ax.texts if getattr(t, "arrow_patch", None) is not None]


@pytest.mark.parametrize("sizes", [(2, 2, 3, 2), (4, 3, 4, 5, 2), (1, 1)])
def test_the_neurons_of_a_layer_stand_below_each_other_around_the_middle(sizes):
    ax = plots.network_diagram(Network(sizes))
    columns = columns_of(ax, sizes)
    for column in columns:
        x, y = np.transpose(column)
        assert np.ptp(x) == 0
        np.testing.assert_allclose(np.diff(y), -1)
        assert y.mean() == pytest.approx(0)
    gaps = np.diff([column[0][0] for column in columns])
    np.testing.assert_allclose(gaps, gaps[0])
    assert gaps[0] > 1
    ends = {(arrow.xyann, arrow.xy) for arrow in arrows_of(ax)}
    assert ends == {pair for m, n in pairwise(columns) for pair in product(m, n)}


@pytest.mark.parametrize("sizes", [(2, 2, 3, 2), (4, 3, 4, 5, 2), (1, 1)])
def test_neurons_and_layers_are_named_and_all_is_in_view(sizes):
    ax = plots.network_diagram(Network(sizes))
    columns, L = columns_of(ax, sizes), len(sizes)
    said = {t.get_position(): t.get_text() for t in ax.texts if t.get_text()}
    captions = set()
    for level, column in enumerate(columns, 1):
        ring = plots.GREY if level == 1 else plots.BLUE
        for j, place in enumerate(column, 1):
            assert said.pop(place) == (f"$x_{j}$" if level == 1 else str(j))
            line = ax.lines[sum(sizes[: level - 1]) + j - 1]
            assert line.get_markeredgecolor() == ring
        [caption] = [place for place in said if place[0] == column[0][0]]
        more = {1: "\ninput", L: "\noutput"}.get(level, "")
        assert said.pop(caption) == f"layer {level}{more}"
        captions.add(caption[1])
    assert said == {}
    lowest = min(y for column in columns for _, y in column)
    [below] = captions
    assert 0.5 < lowest - below < 1
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert 0.5 < columns[0][0][0] - left == pytest.approx(right - columns[-1][0][0])
    assert right - columns[-1][0][0] < 1
    assert 0.5 < below - bottom < 1
    assert 0.4 < top + lowest < 1
    assert not ax.axison


@pytest.mark.parametrize("sizes", [(2, 2, 3, 2), (4, 3, 4, 5, 2), (1, 1)])
def test_network_diagram_has_a_circle_for_each_neuron_and_an_arrow_for_each_weight(
    sizes,
):
    net = Network(sizes)
    ax = plots.network_diagram(net)
    arrows = arrows_of(ax)
    weights = net.n_parameters - sum(sizes[1:])
    assert len(ax.lines) == sum(sizes)
    assert len(arrows) == weights


def test_network_diagram_highlights_the_weight_from_the_second_index_to_the_first():
    ax = plots.network_diagram(Network((4, 3, 4, 5, 2)), highlight=(3, 4, 3))
    [arrow] = [
        t
        for t in arrows_of(ax)
        if mpl.colors.to_hex(t.arrow_patch.get_edgecolor()) == plots.ORANGE
    ]
    places = [tuple(line.get_xydata()[0]) for line in ax.lines]
    assert places.index(arrow.xyann) == 4 + 2  # the third neuron of layer 2
    assert places.index(arrow.xy) == 4 + 3 + 3  # the fourth neuron of layer 3
    [label] = [t for t in ax.texts if t.get_text() == "$w^{[3]}_{43}$"]
    middle = np.mean([arrow.xyann, arrow.xy], axis=0)
    x, y = np.subtract(label.get_position(), middle)
    assert x == pytest.approx(0)
    assert 0.1 < y < 0.4
    for other in arrows_of(ax):
        if other is not arrow:
            patch = other.arrow_patch
            assert patch.get_linewidth() < arrow.arrow_patch.get_linewidth()
            assert other.get_zorder() < arrow.get_zorder()


@pytest.mark.parametrize("weight", [(1, 1, 1), (3, 5, 1), (3, 1, 4), (6, 1, 1)])
def test_network_diagram_refuses_a_weight_that_does_not_exist(weight):
    with pytest.raises(ValueError, match="no weight"):
        plots.network_diagram(Network((4, 3, 4, 5, 2)), highlight=weight)


def test_the_picture_on_the_first_page_is_the_one_that_is_drawn_now(tmp_path):
    import re
    import runpy

    from needed import ROOT

    program = ROOT / "book" / "images" / "cover.py"
    cover = SimpleNamespace(**runpy.run_path(str(program)))
    cover.draw(tmp_path / "cover.svg")
    new, old = (tmp_path / "cover.svg").read_text(), cover.PICTURE.read_text()
    number = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
    assert number.sub("#", new) == number.sub("#", old)
    pairs = zip(number.findall(new), number.findall(old), strict=True)
    assert all(a == b or abs(float(a) - float(b)) < 0.02 for a, b in pairs)
