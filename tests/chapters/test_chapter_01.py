"""Chapter 1: its displayed equations as printed, and the data of its figures.

The formulas are written out here by another route than the library takes:
in scalars, sums and fractions.  What belongs to one function of the library
is tested beside that function.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
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
def test_a_neuron_says_the_sigmoid_of_length_times_distance(w1, w2, b, x1, x2) -> None:
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
    """F_n(x) as printed: a sum over i = 1, …, n − 1."""

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
    """Counted from exact values, between 0 and 1 on a grid that holds all kinks."""

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


@settings(max_examples=30)
@given(st.integers(2, 12), st.floats(0, 1))
def test_the_chapters_staircase_network_is_the_formula(n, x) -> None:
    """The cell of the chapter is taken from its text, so that they can't part."""
    f = FUNCTIONS["damped sine"][0]
    net, p = chapter_function("staircase")(np.vectorize(f), n)
    assert net(p, [x])[0] == pytest.approx(staircase(f, n, x), abs=1e-13)


def chapter_function(name: str):
    """Return a function that a cell of the chapter defines."""
    import nbformat

    from needed import ROOT

    record = nbformat.read(ROOT / "book/01-network.ipynb", as_version=4)
    [cell] = [c for c in record.cells if c.source.startswith(f"def {name}(")]
    definition = cell.source.split("\n\n")[0]
    scope = {"np": np, "Network": Network}
    scope |= {"sigmoid": sigmoid, "identity": identity, "relu": relu}
    exec(definition, scope)
    return scope[name]
