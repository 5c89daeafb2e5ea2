"""What the figures show: their data, for no picture is compared."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlam import Network, data, identity, plots, relu, sigmoid, step


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


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


def test_activations_draws_values_above_slopes_and_no_vertical_line_at_a_jump():
    figure = plots.activations([sigmoid, relu, step])
    above, below = figure.axes[:3], figure.axes[3:]
    assert [ax.get_title() for ax in above] == ["sigmoid", "relu", "step"]
    x, y = above[0].lines[0].get_data()
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)))
    assert np.nanmax(below[0].lines[0].get_ydata()) == 0.25
    for line in (above[2].lines[0], below[1].lines[0]):
        jumps = np.abs(np.diff(line.get_ydata())) > 0.4
        assert not jumps.any()
        assert np.isnan(line.get_ydata()).any()


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


def test_decision_regions_refuses_a_network_without_two_outputs():
    with pytest.raises(ValueError, match="two outputs"):
        plots.decision_regions(Network((2, 1)), np.zeros(3))


def test_random_networks_scales_the_same_numbers_down_a_column():
    net = Network((2, 2, 2))
    figure = plots.random_networks(net, [1, 2], np.random.default_rng(0), columns=3)
    assert len(figure.axes) == 6
    assert figure.axes[0].get_ylabel() == "scale 1"
    assert figure.axes[3].get_ylabel() == "scale 2"


@pytest.mark.parametrize("sizes", [(2, 2, 3, 2), (4, 3, 4, 5, 2), (1, 1)])
def test_network_diagram_has_a_circle_for_each_neuron_and_an_arrow_for_each_weight(
    sizes,
):
    net = Network(sizes)
    ax = plots.network_diagram(net)
    arrows = [t for t in ax.texts if getattr(t, "arrow_patch", None) is not None]
    weights = net.n_parameters - sum(sizes[1:])
    assert len(ax.lines) == sum(sizes)
    assert len(arrows) == weights


def test_network_diagram_highlights_the_weight_from_the_second_index_to_the_first():
    ax = plots.network_diagram(Network((4, 3, 4, 5, 2)), highlight=(3, 4, 3))
    [arrow] = [
        t
        for t in ax.texts
        if getattr(t, "arrow_patch", None) is not None
        and mpl.colors.to_hex(t.arrow_patch.get_edgecolor()) == plots.ORANGE
    ]
    places = [tuple(line.get_xydata()[0]) for line in ax.lines]
    assert places.index(arrow.xyann) == 4 + 2  # the third neuron of layer 2
    assert places.index(arrow.xy) == 4 + 3 + 3  # the fourth neuron of layer 3
    assert "$w^{[3]}_{43}$" in [t.get_text() for t in ax.texts]


@pytest.mark.parametrize("weight", [(1, 1, 1), (3, 5, 1), (3, 1, 4), (6, 1, 1)])
def test_network_diagram_refuses_a_weight_that_does_not_exist(weight):
    with pytest.raises(ValueError, match="no weight"):
        plots.network_diagram(Network((4, 3, 4, 5, 2)), highlight=weight)


def test_the_picture_on_the_first_page_is_the_one_that_is_drawn_now(tmp_path):
    import re

    import cover

    cover.draw(tmp_path / "cover.svg")
    new, old = (tmp_path / "cover.svg").read_text(), cover.PICTURE.read_text()
    number = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
    assert number.sub("#", new) == number.sub("#", old)
    pairs = zip(number.findall(new), number.findall(old), strict=True)
    assert all(a == b or abs(float(a) - float(b)) < 0.02 for a, b in pairs)
