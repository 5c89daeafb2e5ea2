"""Chapter 1: its displayed equations as printed, and the data of its figures.

The formulas are written out here by another route than the library takes:
in scalars, sums and fractions.  What belongs to one function of the library
is tested beside that function.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from math import cos, exp, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import Network, data, identity, leaky_relu, relu, sigmoid, step, tanh

coordinates = st.floats(-20, 20)


def s(x: float) -> float:
    """The sigmoid, as printed."""
    return 1 / (1 + exp(-x))


@pytest.mark.equation("eq-not-separable")
def test_a_cross_is_a_weighted_mean_of_three_circles() -> None:
    """(4/10, 4/10) = 17/27 (4/10, 2/10) + 6/27 (6/10, 9/10) + 4/27 (1/10, 5/10)."""
    weights = [Fraction(17, 27), Fraction(6, 27), Fraction(4, 27)]
    circles = [(4, 2), (6, 9), (1, 5)]
    cross = (4, 4)
    assert sum(weights) == 1
    for k in range(2):
        mean = sum(
            w * Fraction(x[k], 10) for w, x in zip(weights, circles, strict=True)
        )
        assert mean == Fraction(cross[k], 10)
    X, Y = data.drilling_sites()
    sites = {tuple(x): y for x, y in zip((10 * X).round().tolist(), Y, strict=True)}
    assert all(sites[x][0] == 1 for x in circles)
    assert sites[cross][1] == 1


def test_the_other_cross_of_the_triangle_is_a_weighted_mean_as_well() -> None:
    weights = [Fraction(15, 27), Fraction(11, 27), Fraction(1, 27)]
    circles = [(6, 9), (4, 2), (1, 5)]
    assert sum(weights) == 1
    for k, coordinate in enumerate((5, 6)):
        assert sum(w * x[k] for w, x in zip(weights, circles, strict=True)) == (
            coordinate
        )


def test_three_sites_lie_in_the_triangle_of_the_figure() -> None:
    """A point is inside if its three areas add up to that of the triangle."""
    corners = [(4, 2), (6, 9), (1, 5)]

    def area(p, q, r) -> int:
        return abs((q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1]))

    a, b, c = corners
    X, _ = data.drilling_sites()
    sites = [tuple(x) for x in (10 * X).round().astype(int).tolist()]
    inside = {
        x
        for x in sites
        if x not in corners
        and area(a, b, x) + area(b, c, x) + area(c, a, x) == area(a, b, c)
    }
    assert inside == {(4, 4), (5, 6), (3, 4)}


@pytest.mark.equation("eq-step-limit")
@given(st.floats(0.1, 50), st.floats(-8, 8).filter(lambda x: abs(x) > 1e-3))
def test_the_smooth_step_is_exponentially_close_to_the_true_one(k, x) -> None:
    with localcontext(prec=600):
        k, x = Decimal(k), Decimal(x)
        smooth = 1 / (1 + (-k * x).exp())
        true = 1 if x > 0 else 0
        assert abs(smooth - true) < (-k * abs(x)).exp()
        # ... because the left-hand side is this, on both sides of zero:
        assert abs(abs(smooth - true) - 1 / (1 + (k * abs(x)).exp())) < 1e-300
    assert sigmoid(float(k * x)) == pytest.approx(float(smooth), rel=1e-12)


@pytest.mark.equation("eq-tanh-relu")
@given(coordinates)
def test_tanh_and_relu_are_the_functions_printed(x) -> None:
    assert tanh(x) == pytest.approx((exp(x) - exp(-x)) / (exp(x) + exp(-x)), abs=1e-15)
    assert relu(x) == max(0, x)


@pytest.mark.equation("eq-leaky-relu-step")
@given(coordinates)
def test_leaky_relu_and_step_are_the_functions_printed(x) -> None:
    assert leaky_relu(x) == (x if x > 0 else 0.01 * x)
    assert step(x) == (1 if x > 0 else 0.5 if x == 0 else 0)


def test_the_step_is_one_half_at_zero() -> None:
    assert step(0.0) == 0.5


@pytest.mark.equation("eq-neuron")
@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5))
def test_a_neuron_is_a_network_with_one_layer_and_one_output(pairs) -> None:
    w, x = zip(*pairs, strict=True)
    b = 0.25
    total = sum(wk * xk for wk, xk in pairs) + b
    net = Network((len(w), 1))
    expected = s(total) if abs(total) < 700 else float(total > 0)
    assert net([*w, b], x)[0] == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.equation("eq-neuron-distance")
@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-3, 3), coordinates, coordinates)
def test_a_neuron_is_the_sigmoid_of_length_times_distance(w1, w2, b, x1, x2) -> None:
    """The distance is found by projecting on the line, not by the formula."""
    length = sqrt(w1**2 + w2**2)
    # A point of the line, and the foot of the perpendicular from x.
    q = (-b * w1 / length**2, -b * w2 / length**2)
    along = (-w2 / length, w1 / length)
    t = (x1 - q[0]) * along[0] + (x2 - q[1]) * along[1]
    foot = (q[0] + t * along[0], q[1] + t * along[1])
    side = 1 if (x1 - foot[0]) * w1 + (x2 - foot[1]) * w2 >= 0 else -1
    d = side * sqrt((x1 - foot[0]) ** 2 + (x2 - foot[1]) ** 2)
    neuron = Network((2, 1))([w1, w2, b], [x1, x2])[0]
    assert neuron == pytest.approx(s(length * d), rel=1e-9, abs=1e-12)


@pytest.mark.equation("eq-layer-example")
@pytest.mark.equation("eq-paper-network")
def test_the_network_on_paper_has_the_sums_and_the_output_printed() -> None:
    z2 = (2 * 1 - 1 * 2 + 0, 1 * 1 + 0 * 2 + 1)
    assert z2 == (0, 2)
    hidden = [s(z) for z in z2]
    expected = s(-2 * hidden[0] + 2 * hidden[1] + 0)
    net = Network((2, 2, 1))
    p = [2, -1, 1, 0, 0, 1, -2, 2, 0]
    assert net(p, [1, 2])[0] == pytest.approx(expected, abs=1e-15)
    layer = Network((2, 2))
    np.testing.assert_allclose(layer(p[:6], [1, 2]), hidden, rtol=0, atol=1e-15)


def entrywise(A: list[list[float]], B: list[list[float]]) -> list[list[float]]:
    """The product of two matrices, by sums over indices."""
    return [
        [sum(A[i][k] * B[k][j] for k in range(len(B))) for j in range(len(B[0]))]
        for i in range(len(A))
    ]


def parts(seed: int):
    """The weights and biases of a random 2-2-3-2 network, and one point."""
    net = Network((2, 2, 3, 2), activation=identity)
    rng = np.random.default_rng(seed)
    p = net.normal(rng, scale=1.0)
    columns = [(W.tolist(), [[t] for t in b]) for W, b in net.unpack(p)]
    return net, p, columns, rng.normal(size=2)


@pytest.mark.equation("eq-affine-composition")
@pytest.mark.equation("eq-affine-product")
@pytest.mark.parametrize("seed", range(10))
def test_affine_layers_collapse_to_the_matrix_and_the_vector_printed(seed) -> None:
    net, p, ((W2, b2), (W3, b3), (W4, b4)), x = parts(seed)
    M = entrywise(entrywise(W4, W3), W2)
    c = [
        first + second + third
        for [first], [second], [third] in zip(
            entrywise(entrywise(W4, W3), b2), entrywise(W4, b3), b4, strict=True
        )
    ]
    expected = [M[i][0] * x[0] + M[i][1] * x[1] + c[i] for i in range(2)]
    np.testing.assert_allclose(net(p, x), expected, rtol=0, atol=1e-13)
    # The left-hand side, layer by layer.
    a = [[t] for t in x]
    for W, b in ((W2, b2), (W3, b3), (W4, b4)):
        a = [[z + t] for [z], [t] in zip(entrywise(W, a), b, strict=True)]
    np.testing.assert_allclose(np.ravel(a), expected, rtol=0, atol=1e-13)


def staircase(f, n: int, x: float) -> float:
    """G_n(x) as printed: a sum over i = 1, …, n − 1."""

    def m(i: int) -> float:
        return (i - 1 / 2) / n

    return f(m(1)) + sum(
        (f(m(i + 1)) - f(m(i))) * s(2 * n * (x - i / n)) for i in range(1, n)
    )


FUNCTIONS = {
    "damped sine": (lambda x: exp(-x) * sin(2 * pi * x), lambda h: 2 * pi * h),
    "cosine": (lambda x: cos(2 * pi * x), lambda h: 2 * pi * h),
    "root": (sqrt, sqrt),  # its slope is unbounded; omega(h) is the root of h
    "line": (lambda x: 3 * x, lambda h: 3 * h),
}


@pytest.mark.equation("eq-approximation-bound")
@pytest.mark.equation("eq-staircase")
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("n", [1, 2, 3, 7, 20])
def test_the_staircase_is_within_two_moduli_of_continuity(name, n) -> None:
    f, omega = FUNCTIONS[name]
    points = [i / 400 for i in range(401)]
    worst = max(abs(staircase(f, n, x) - f(x)) for x in points)
    assert worst <= 2 * omega(1 / n)
    # The bound is no idle one: a staircase is off by a good part of a step.
    if n > 1 and name != "cosine":
        assert worst > 0.1 * (f(1 / n) - f(0))


@pytest.mark.equation("eq-staircase")
def test_the_staircase_is_the_sum_of_the_bumps_described() -> None:
    """Height times bump on each piece, the outer edges pushed to infinity."""
    f, n = FUNCTIONS["damped sine"][0], 6
    for x in np.linspace(0, 1, 50):
        edges = [1.0] + [s(2 * n * (x - i / n)) for i in range(1, n)] + [0.0]
        bumps = sum(
            f((i - 0.5) / n) * (edges[i - 1] - edges[i]) for i in range(1, n + 1)
        )
        assert bumps == pytest.approx(staircase(f, n, x), abs=1e-14)


@pytest.mark.equation("eq-bump-sum")
@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=8),
    st.floats(0.5, 60),
    st.floats(0, 1),
)
def test_bumps_that_share_their_edges_telescope(heights, k, x) -> None:
    n = len(heights)
    at = [1.0] + [s(k * (x - i / n)) for i in range(1, n)] + [0.0]
    bumps = sum(heights[i - 1] * (at[i - 1] - at[i]) for i in range(1, n + 1))
    steps = heights[0] + sum((heights[i] - heights[i - 1]) * at[i] for i in range(1, n))
    assert bumps == pytest.approx(steps, abs=1e-12)
    # ... and they are the proportions of a weighted mean.
    assert min(heights) - 1e-12 <= bumps <= max(heights) + 1e-12


def test_the_staircase_of_the_square_with_two_pieces_is_the_one_printed() -> None:
    for x in (0.0, 0.3, 0.5, 1.0):
        expected = 1 / 16 + s(4 * x - 2) / 2
        assert staircase(lambda t: t**2, 2, x) == pytest.approx(expected, abs=1e-15)


@pytest.mark.equation("eq-tent")
@given(st.fractions(0, 1, max_denominator=1000))
def test_the_tent_rises_to_one_and_falls_back(x) -> None:
    half = Fraction(1, 2)
    tent = 2 * max(0, x) - 4 * max(0, x - half)
    assert tent == (2 * x if x <= half else 2 - 2 * x)
    net, p = chapter_function("tents")(1)
    assert net(p, [float(x)])[0] == pytest.approx(float(tent), abs=1e-15)


@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_tents_in_tents_have_two_to_the_d_minus_one_kinks(d) -> None:
    """Counted from exact values, inside (0, 1) on a grid that holds all kinks."""

    def tents(x: Fraction) -> Fraction:
        for _ in range(d):
            x = min(2 * x, 2 - 2 * x)
        return x

    n = 2 ** (d + 2)
    values = [tents(Fraction(i, n)) for i in range(n + 1)]
    bends = [
        a - 2 * b + c for a, b, c in zip(values, values[1:], values[2:], strict=False)
    ]
    assert sum(bend != 0 for bend in bends) == 2**d - 1
    net, p = chapter_function("tents")(d)
    x = np.arange(n + 1)[:, np.newaxis] / n
    np.testing.assert_array_equal(net(p, x)[:, 0], [float(v) for v in values])


def one_cost(w: float) -> float:
    """The cost of the neuron with one weight, as a mean of halves of squares."""
    return (((1 - 1 * w) ** 2) / 2 + ((3 - 2 * w) ** 2) / 2) / 2


@pytest.mark.equation("eq-first-cost")
@given(st.integers(0, 1000))
def test_the_cost_is_the_mean_of_half_the_squared_length_of_the_misses(seed) -> None:
    X, Y = data.drilling_sites()
    net = Network((2, 2, 3, 2))
    p = net.normal(np.random.default_rng(seed))
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        F = net(p, x)
        total += sqrt((y[0] - F[0]) ** 2 + (y[1] - F[1]) ** 2) ** 2 / 2
    assert float(chapter_scope("def cost(")["cost"](p)) == pytest.approx(total / 10)


@pytest.mark.equation("eq-first-parabola")
@given(st.floats(-10, 10))
def test_the_cost_of_one_weight_is_the_parabola_printed(w) -> None:
    assert (10 - 14 * w + 5 * w**2) / 4 == pytest.approx(one_cost(w), abs=1e-12)
    # Its derivative, by a difference that is exact for a parabola.
    assert (5 * w - 7) / 2 == pytest.approx(
        (one_cost(w + 1) - one_cost(w - 1)) / 2, abs=1e-9
    )


@pytest.mark.equation("eq-first-step")
@pytest.mark.equation("eq-first-factor")
@given(st.fractions(-10, 10), st.fractions(0, 2))
def test_a_move_multiplies_the_distance_from_the_minimum(w, eta) -> None:
    new = w - eta * (5 * w - 7) / 2
    best = Fraction(14, 10)
    assert new - best == (1 - Fraction(5, 2) * eta) * (w - best)


def test_the_table_of_moves_is_the_one_printed() -> None:
    w, table = Fraction(0), []
    for _ in range(4):
        table.append((float(w), float(1 - w), float(3 - 2 * w), float((5 * w - 7) / 2)))
        w = w - Fraction(1, 5) * (5 * w - 7) / 2
    assert table == [
        (0, 1, 3, -3.5),
        (0.7, 0.3, 1.6, -1.75),
        (1.05, -0.05, 0.9, -0.875),
        (1.225, -0.225, 0.55, -0.4375),
    ]


@pytest.mark.equation("eq-gradient-step")
def test_a_step_moves_each_parameter_against_its_partial_derivative() -> None:
    """One parameter at a time, beside the chapter's ensemble of shifted ones."""
    scope = chapter_scope("def cost(")
    cost, gradient = scope["cost"], scope["gradient"]
    p = Network((2, 2, 3, 2)).normal(np.random.default_rng(3))
    new = p - 0.01 * gradient(p)
    for k in range(23):
        up, down = p.copy(), p.copy()
        up[k] += 1e-4
        down[k] -= 1e-4
        partial = float(cost(up) - cost(down)) / 2e-4
        assert new[k] == pytest.approx(p[k] - 0.01 * partial, abs=1e-9)
    assert cost(new) < cost(p)


def test_a_single_neuron_ends_at_the_same_minimum_from_twenty_starts() -> None:
    """The Check of its exercise, for three learning rates."""
    X, Y = data.drilling_sites()
    one = Network((2, 1))
    P = np.concatenate(
        [one.normal(np.random.default_rng(seed), 0.5, 1) for seed in range(20)]
    )
    for rate in (1, 5, 20):
        p = P
        for _ in range(3000):
            a = one(p, X)[..., 0]
            delta = (a - Y[:, 0]) * a * (1 - a) / len(X)
            slope = np.column_stack([delta @ X, delta.sum(axis=1)])
            p = p - rate * slope
        right = (one(p, X)[..., 0] > 0.5) == (Y[:, 0] == 1)
        assert right.sum(axis=1).tolist() == [7] * 20


@settings(max_examples=30)
@given(st.integers(2, 12), st.floats(0, 1))
def test_the_chapters_staircase_network_is_the_formula(n, x) -> None:
    """The cell of the chapter is taken from its text, so that they can't part."""
    f = FUNCTIONS["damped sine"][0]
    net, p = chapter_function("staircase")(np.vectorize(f), n)
    assert net(p, [x])[0] == pytest.approx(staircase(f, n, x), abs=1e-13)


@cache
def chapter_scope(beginning: str) -> dict:
    """Return what the cell of the chapter that begins so defines."""
    import nbformat

    from needed import ROOT

    record = nbformat.read(ROOT / "book/01-network.ipynb", as_version=4)
    [cell] = [c for c in record.cells if c.source.startswith(beginning)]
    X, Y = data.drilling_sites()
    scope = {"np": np, "Network": Network, "X": X, "Y": Y}
    scope |= {"sigmoid": sigmoid, "identity": identity, "relu": relu}
    scope |= {"net": Network((2, 2, 3, 2))}
    exec(cell.source.split("\n\nfor ")[0], scope)
    return scope


def chapter_function(name: str):
    """Return a function that a cell of the chapter defines."""
    return chapter_scope(f"def {name}(")[name]
