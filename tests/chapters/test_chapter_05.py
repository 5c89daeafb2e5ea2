"""Chapter 5: its displayed equations as printed, and what its cells define.

The formulas are written out by another route than the library takes: in
scalars, sums over indices from 1 and plain complex numbers, layer by layer.
"""

import cmath
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache, reduce
from itertools import pairwise
from math import exp, isclose, log
from typing import Any, NamedTuple

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import Network, cost, data, errors, forward, gradient, relu, sigmoid
from needed import ROOT
from tools.book import Text

Vector = dict[int, Any]  # components 1, …, n
STEP = 1e-30


def s(t: Any) -> Any:
    """The sigmoid, of a real or complex number."""
    return 1 / (1 + cmath.exp(-t))


def slope(t: float) -> float:
    """The derivative of the sigmoid, not by σ(1 − σ)."""
    return exp(-t) / (1 + exp(-t)) ** 2


class Case(NamedTuple):
    """A network, a point, and all the symbols of the chapter, counted from 1."""

    net: Network
    p: Any
    x: Any
    y: Any
    n: dict[int, int]
    w: dict[tuple[int, int, int], float]
    b: dict[tuple[int, int], float]

    @property
    def L(self) -> int:
        return len(self.n)

    def rest(self, l: int, z: Vector) -> Any:  # noqa: E741
        """C as a function of the weighted input of layer l alone."""
        a = {j: s(t) for j, t in z.items()}
        for m in range(l + 1, self.L + 1):
            a = {
                j: s(
                    sum(self.w[m, j, k] * a[k] for k in range(1, self.n[m - 1] + 1))
                    + self.b[m, j]
                )
                for j in range(1, self.n[m] + 1)
            }
        return sum((self.y[j - 1] - a[j]) ** 2 for j in a) / 2

    def passes(self) -> tuple[dict[int, Vector], dict[int, Vector]]:
        """z and a of all layers, by sums."""
        a: dict[int, Vector] = {1: {k: self.x[k - 1] for k in range(1, self.n[1] + 1)}}
        z: dict[int, Vector] = {}
        for m in range(2, self.L + 1):
            z[m] = {
                j: sum(self.w[m, j, k] * a[m - 1][k] for k in a[m - 1]) + self.b[m, j]
                for j in range(1, self.n[m] + 1)
            }
            a[m] = {j: 1 / (1 + exp(-t)) for j, t in z[m].items()}
        return z, a

    def by_definition(self) -> dict[int, Vector]:
        """The errors as derivatives of C by z, with an imaginary step."""
        z, _ = self.passes()
        return {
            m: {
                j: self.rest(m, z[m] | {j: z[m][j] + 1j * STEP}).imag / STEP
                for j in z[m]
            }
            for m in z
        }


def case(sizes: tuple[int, ...], seed: int) -> Case:
    net, rng = Network(sizes), np.random.default_rng(seed)
    p = net.normal(rng, scale=1.5)
    w, b = {}, {}
    for m, (W, bias) in enumerate(net.unpack(p), start=2):
        for j in range(len(bias)):
            b[m, j + 1] = float(bias[j])
            for k in range(W.shape[1]):
                w[m, j + 1, k + 1] = float(W[j, k])
    n = dict(enumerate(sizes, start=1))
    return Case(net, p, rng.normal(size=sizes[0]), rng.uniform(size=sizes[-1]), n, w, b)


CASES = [
    case(sizes, seed)
    for seed, sizes in enumerate(
        [
            (2, 2, 3, 2),
            (4, 3, 4, 5, 2),
            (3, 1),
            (1, 2, 1),
            (1, 1, 1, 1, 1),
            (2, 5, 4, 3),
        ]
    )
]
each_case = pytest.mark.parametrize("c", CASES, ids=lambda c: str(c.net.sizes))


def close(value: Any, expected: Any) -> bool:
    return isclose(float(value), float(expected), rel_tol=1e-11, abs_tol=1e-15)


# HH (5.1) to (5.8)


def test_the_first_eight_equations_are_those_of_the_paper_in_its_order() -> None:
    text = Text.read(ROOT / "book" / "05-back-propagation.md")
    assert [*text.equations][:8] == [
        "eq-point-loss",
        "eq-weighted-input",
        "eq-layer-output",
        "eq-error",
        "eq-backprop-output",
        "eq-backprop-hidden",
        "eq-backprop-bias",
        "eq-backprop-weight",
    ]


@pytest.mark.equation("eq-point-loss")
@each_case
def test_the_cost_at_one_point_is_half_the_sum_of_the_squares(c: Case) -> None:
    _, a = c.passes()
    C = sum((c.y[j - 1] - a[c.L][j]) ** 2 for j in range(1, c.n[c.L] + 1)) / 2
    assert close(cost(c.net, c.p, c.x, c.y), C)


@pytest.mark.equation("eq-weighted-input")
@pytest.mark.equation("eq-layer-output")
@each_case
def test_the_forward_pass_is_the_two_formulas(c: Case) -> None:
    z, a = forward(c.net, c.p, c.x)
    expected_z, expected_a = c.passes()
    assert sorted(z) == list(range(2, c.L + 1))
    assert sorted(a) == list(range(1, c.L + 1))
    for m in a:
        assert len(a[m]) == c.n[m]
        assert all(close(a[m][j - 1], t) for j, t in expected_a[m].items())
    for m in z:
        assert len(z[m]) == c.n[m]
        assert all(close(z[m][j - 1], t) for j, t in expected_z[m].items())


@pytest.mark.equation("eq-error")
@each_case
def test_an_error_is_the_derivative_of_the_cost_by_the_weighted_input(c: Case) -> None:
    z, a = forward(c.net, c.p, c.x)
    delta = errors(c.net, c.p, z, a, c.y)
    expected = c.by_definition()
    assert sorted(delta) == list(range(2, c.L + 1))
    for m in delta:
        assert all(close(delta[m][j - 1], d) for j, d in expected[m].items())


@pytest.mark.equation("eq-backprop-output")
@each_case
def test_the_error_of_the_output_is_slope_times_gap(c: Case) -> None:
    z, a = c.passes()
    expected = c.by_definition()[c.L]
    for j in expected:
        assert close(slope(z[c.L][j]) * (a[c.L][j] - c.y[j - 1]), expected[j])


@pytest.mark.equation("eq-backprop-hidden")
@each_case
def test_the_error_of_a_layer_is_slope_times_the_sum_over_the_next_layer(
    c: Case,
) -> None:
    z, _ = c.passes()
    delta = c.by_definition()
    for m in range(2, c.L):
        for j in range(1, c.n[m] + 1):
            total = sum(
                c.w[m + 1, k, j] * delta[m + 1][k] for k in range(1, c.n[m + 1] + 1)
            )
            assert close(slope(z[m][j]) * total, delta[m][j])


def by_parameters(c: Case) -> Iterator[tuple[tuple[int, ...], float, float]]:
    """Yield each parameter's index, its entry of the gradient, and its derivative.

    The derivative is that of C with an imaginary step in the parameter itself.
    """
    layers = c.net.unpack(gradient(c.net, c.p, c.x, c.y))
    z, a = c.passes()
    for m, (dW, db) in enumerate(layers, start=2):
        for j in range(1, c.n[m] + 1):
            moved = z[m] | {j: z[m][j] + 1j * STEP}
            yield (m, j), db[j - 1], c.rest(m, moved).imag / STEP
            for k in range(1, c.n[m - 1] + 1):
                moved = z[m] | {j: z[m][j] + 1j * STEP * a[m - 1][k]}
                yield (m, j, k), dW[j - 1, k - 1], c.rest(m, moved).imag / STEP


@pytest.mark.equation("eq-backprop-bias")
@pytest.mark.equation("eq-backprop-weight")
@each_case
def test_derivatives_by_biases_and_weights_are_errors_times_inputs(c: Case) -> None:
    delta, (_, a) = c.by_definition(), c.passes()
    seen = 0
    for where, entry, derivative in by_parameters(c):
        m, j, *k = where
        printed = delta[m][j] * a[m - 1][k[0]] if k else delta[m][j]
        assert close(entry, printed)
        assert close(entry, derivative)
        seen += 1
    assert seen == c.net.n_parameters


# What follows the lemma


@pytest.mark.equation("eq-pencil-network")
@pytest.mark.equation("eq-pencil-errors")
def test_the_network_worked_by_hand_has_the_errors_printed() -> None:
    half, three_quarters = Fraction(1, 2), Fraction(3, 4)
    assert isclose(1 / (1 + exp(-log(3))), three_quarters)
    a2 = (half, three_quarters)
    z3 = 3 * a2[0] - 2 * a2[1]
    assert z3 == 0
    a3 = half
    delta3 = a3 * (1 - a3) * (a3 - 0)
    assert delta3 == Fraction(1, 8)
    delta2 = [a * (1 - a) * w * delta3 for a, w in zip(a2, (3, -2), strict=True)]
    assert delta2 == [Fraction(3, 32), Fraction(-3, 64)]
    net = Network((1, 2, 1))
    p = net.pack([([[1], [log(3)]], [-1, 0]), ([[3, -2]], [0])])
    z, a = forward(net, p, [1.0])
    delta = errors(net, p, z, a, [0.0])
    assert all(close(d, e) for d, e in zip(delta[2], delta2, strict=True))
    assert close(delta[3][0], delta3)


def times(A: list[list[float]], B: list[list[float]]) -> list[list[float]]:
    return [
        [sum(A[i][k] * B[k][j] for k in range(len(B))) for j in range(len(B[0]))]
        for i in range(len(A))
    ]


def weights(c: Case, m: int) -> list[list[float]]:
    columns = range(1, c.n[m - 1] + 1)
    return [[c.w[m, j, k] for k in columns] for j in range(1, c.n[m] + 1)]


def transposed(A: list[list[float]]) -> list[list[float]]:
    return [list(column) for column in zip(*A, strict=True)]


def slopes(c: Case, m: int) -> list[list[float]]:
    """The diagonal matrix of the slopes of layer m."""
    z, _ = c.passes()
    r = range(1, c.n[m] + 1)
    return [[slope(z[m][i]) if i == j else 0.0 for j in r] for i in r]


@pytest.mark.equation("eq-error-product")
@each_case
def test_an_error_is_the_product_of_slopes_and_transposed_weights(c: Case) -> None:
    _, a = c.passes()
    expected = c.by_definition()
    for m in range(2, c.L + 1):
        product = slopes(c, m)
        for i in range(m + 1, c.L + 1):
            product = times(times(product, transposed(weights(c, i))), slopes(c, i))
        gap = [[a[c.L][j] - c.y[j - 1]] for j in range(1, c.n[c.L] + 1)]
        column = times(product, gap)
        assert all(close(column[j - 1][0], d) for j, d in expected[m].items())


@pytest.mark.equation("eq-outer-product")
@each_case
def test_the_derivatives_by_a_matrix_are_a_column_times_a_row(c: Case) -> None:
    z, a = forward(c.net, c.p, c.x)
    delta = c.by_definition()
    for m, (dW, _) in enumerate(c.net.unpack(gradient(c.net, c.p, c.x, c.y)), start=2):
        column = [[delta[m][j]] for j in range(1, c.n[m] + 1)]
        np.testing.assert_allclose(dW, times(column, [a[m - 1].tolist()]), rtol=1e-11)
        assert np.linalg.matrix_rank(dW) == 1
    assert sorted(z) == sorted(delta)


@pytest.mark.equation("eq-batch-gradient")
@pytest.mark.parametrize("N", [1, 2, 7])
def test_the_gradient_for_many_points_is_one_product_of_matrices(N: int) -> None:
    sizes = (3, 6, 5, 4)
    net, rng = Network(sizes), np.random.default_rng(N)
    p = net.normal(rng, scale=1.0)
    X, Y = rng.normal(size=(N, 3)), rng.uniform(size=(N, 4))
    rows = []
    for x, y in zip(X, Y, strict=True):
        z, a = forward(net, p, x)
        rows.append((errors(net, p, z, a, y), a))
    for m, (dW, db) in enumerate(net.unpack(gradient(net, p, X, Y)), start=2):
        for j in range(sizes[m - 1]):
            assert close(db[j], sum(delta[m][j] for delta, _ in rows) / N)
            for k in range(sizes[m - 2]):
                total = sum(delta[m][j] * a[m - 1][k] for delta, a in rows)
                assert close(dW[j, k], total / N)
        assert np.linalg.matrix_rank(dW) <= N


@pytest.mark.equation("eq-gradient-count")
@given(st.lists(st.integers(1, 5), min_size=2, max_size=5))
@settings(max_examples=30, deadline=None)
def test_the_count_is_what_loops_over_the_formulas_multiply(sizes: list[int]) -> None:
    n, L = dict(enumerate(sizes, start=1)), len(sizes)
    multiplied = 0
    for m in range(2, L + 1):  # (5.2): w a
        multiplied += sum(1 for _ in range(n[m]) for _ in range(n[m - 1]))
    multiplied += sum(2 for _ in range(n[L]))  # (5.5): a(1 − a), and by the gap
    for m in range(L - 1, 1, -1):  # (5.6)
        multiplied += sum(1 for _ in range(n[m + 1]) for _ in range(n[m]))
        multiplied += sum(2 for _ in range(n[m]))
    for m in range(2, L + 1):  # (5.8)
        multiplied += sum(1 for _ in range(n[m]) for _ in range(n[m - 1]))
    w = sum(n[m] * n[m - 1] for m in range(2, L + 1))
    printed = 3 * w - n[2] * n[1] + 2 * sum(n[m] for m in range(2, L + 1))
    assert multiplied == printed
    scope = chapter(
        "def multiplications", "class Counted", "counted =", "def count", ""
    )
    assert scope["multiplications"](tuple(sizes)) == (w, printed)
    assert scope["count"](tuple(sizes), np.random.default_rng(0)) == (w, printed)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_a_gradient_costs_two_to_four_passes_unless_a_layer_is_narrow(sizes) -> None:
    neurons = sum(sizes[1:])
    w = sum(m * n for m, n in pairwise(sizes))
    M = 3 * w - sizes[1] * sizes[0] + 2 * neurons
    assert 2 * w < M
    if min(sizes[:-1]) >= 2:
        assert 2 * neurons <= w
        assert 4 * w > M


@pytest.mark.equation("eq-jacobian-chain")
@each_case
def test_the_gradient_is_a_row_times_jacobians_from_either_side(c: Case) -> None:
    _, a = c.passes()
    derivatives = {where: d for where, _, d in by_parameters(c)}
    gap = [[a[c.L][j] - c.y[j - 1] for j in range(1, c.n[c.L] + 1)]]
    for m in range(2, c.L + 1):
        own = [where for where in derivatives if where[0] == m]
        Z = [
            [(a[m - 1][k[0]] if k else 1.0) if j == i else 0.0 for _, j, *k in own]
            for i in range(1, c.n[m] + 1)
        ]
        factors = [gap, slopes(c, c.L)]
        for i in range(c.L, m, -1):
            factors += [weights(c, i), slopes(c, i - 1)]
        factors.append(Z)
        from_left = reduce(times, factors)[0]
        from_right = reduce(lambda B, A: times(A, B), reversed(factors))[0]
        for where, left, right in zip(own, from_left, from_right, strict=True):
            assert close(left, derivatives[where])
            assert close(right, derivatives[where])


@pytest.mark.equation("eq-forward-mode")
@each_case
def test_derivatives_pushed_forward_are_those_along_the_direction(c: Case) -> None:
    v = np.random.default_rng(9).normal(size=c.net.n_parameters)
    z, a = c.passes()
    da = dict.fromkeys(a[1], 0.0)
    for m, (dW, db) in enumerate(c.net.unpack(v), start=2):
        dz = {
            j: sum(
                c.w[m, j, k] * da[k] + dW[j - 1, k - 1] * a[m - 1][k] for k in a[m - 1]
            )
            + db[j - 1]
            for j in z[m]
        }
        da = {j: slope(z[m][j]) * dz[j] for j in dz}
    dC = sum((a[c.L][j] - c.y[j - 1]) * da[j] for j in da)
    along = cost(c.net, c.p + 1j * STEP * v, c.x, c.y).imag / STEP
    assert close(dC, along)
    assert close(dC, gradient(c.net, c.p, c.x, c.y) @ v)


# Checking a gradient


@pytest.mark.equation("eq-differences")
@given(st.integers(-30, 30), st.integers(1, 12))
def test_differences_are_off_by_a_derivative_in_between(tenths, digits) -> None:
    """For f = exp, whose derivatives are known to lie between their end values."""
    with localcontext(prec=80):
        t, h = Decimal(tenths) / 10, Decimal(10) ** -digits
        ahead, here, behind = (t + h).exp(), t.exp(), (t - h).exp()
        second = ((ahead - here) / h - here) / (h / 2)
        assert here < second < ahead
        third = ((ahead - behind) / (2 * h) - here) / (h**2 / 6)
        assert behind < third < ahead


@pytest.mark.equation("eq-complex-step")
@given(st.floats(-3, 3), st.floats(1e-3, 0.5))
def test_the_complex_step_is_off_by_a_sixth_of_the_third_derivative(t, h) -> None:
    """For f(t) = exp(2t), with f' = 2f and f''' = 8f; the rest is of order h⁴."""
    f = exp(2 * t)
    found = cmath.exp(2 * (t + 1j * h)).imag / h
    rest = found - (2 * f - h**2 / 6 * 8 * f)
    assert abs(rest) <= 2**5 / 120 * f * h**4 + 1e-12 * f
    assert rest >= 0.9 * 2**5 / 120 * f * h**4 - 1e-12 * f


# How errors fade


@pytest.mark.equation("eq-error-factor")
@pytest.mark.parametrize(("n", "after"), [(40, 25), (10, 60)])
def test_the_mean_square_of_an_error_changes_by_the_factor_printed(n, after) -> None:
    """With weights, slopes and the error behind drawn independently of each other."""
    rng, s_w, draws = np.random.default_rng(4), 0.3, 4000
    behind = rng.exponential(size=(draws, after))
    W = rng.uniform(-1, 1, size=(draws, after, n)) * s_w * 3**0.5
    slopes = np.array([slope(t) for t in rng.normal(0, 2, size=draws * n)])
    slopes = slopes.reshape(draws, n)
    before = slopes * sum(W[:, k] * behind[:, k, None] for k in range(after))
    measured = np.mean(np.sum(before**2, axis=1))
    printed = n * s_w**2 * np.mean(slopes**2) * np.mean(np.sum(behind**2, axis=1))
    assert measured == pytest.approx(printed, rel=0.02)


@pytest.mark.equation("eq-glorot-he")
@pytest.mark.parametrize(("m", "n"), [(300, 400), (500, 200)])
def test_the_two_starts_are_those_of_pytorch(m: int, n: int) -> None:
    import torch

    torch.manual_seed(1)
    glorot = torch.nn.init.xavier_normal_(torch.empty(n, m, dtype=torch.float64))
    he = torch.nn.init.kaiming_normal_(torch.empty(n, m, dtype=torch.float64))
    assert float(glorot.square().mean()) == pytest.approx(2 / (m + n), rel=0.02)
    assert float(he.square().mean()) == pytest.approx(2 / m, rel=0.02)


@pytest.mark.equation("eq-glorot-he")
def test_hes_start_keeps_the_size_of_what_passes_through_a_relu_layer() -> None:
    rng, n = np.random.default_rng(6), 400
    net = Network((n, n, n), relu)
    p = net.normal(rng, scale=(2 / n) ** 0.5)
    for _, b in net.unpack(p):
        b[:] = 0
    X = rng.normal(size=(200, n))
    z, a = forward(net, p, X)
    assert np.mean(a[3] ** 2) == pytest.approx(np.mean(a[2] ** 2), rel=0.2)
    delta = errors(net, p, z, a, 1000 * rng.normal(size=(200, n)))
    assert np.mean(delta[2] ** 2) == pytest.approx(np.mean(delta[3] ** 2), rel=0.2)


# The price of one direction


def price(order: str, values: list[float]) -> float:
    """What F₁ contributes to the sum of the squares, for values along the order."""
    return sum((u - (kind == "A")) ** 2 for u, kind in zip(values, order, strict=True))


@given(st.lists(st.floats(0, 1), min_size=10, max_size=10).map(sorted))
def test_values_that_never_decrease_pay_the_price_of_the_order(values) -> None:
    assert price("BBBABABAAA", values) >= 1 - 1e-12
    assert price("ABBBBBAAAA", values) >= 5 / 6 - 1e-12
    assert price("BBBABBAAAA", values) >= 2 / 3 - 1e-12


def test_the_price_of_an_order_can_be_paid() -> None:
    half, third, sixth = Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)
    assert price("BBBABABAAA", [0] * 3 + [half] * 4 + [1] * 3) == 1
    assert price("ABBBBBAAAA", [sixth] * 6 + [1] * 4) == Fraction(5, 6)
    assert price("BBBABBAAAA", [0] * 3 + [third] * 3 + [1] * 4) == Fraction(2, 3)


# The cells of the chapter, taken from its record so that they can't part


@cache
def recorded() -> list[str]:
    """The cells of the record."""
    record = nbformat.read(ROOT / "book/05-back-propagation.ipynb", as_version=4)
    return [cell.source for cell in record.cells]


def chapter(*beginnings: str) -> dict[str, Any]:
    """Run the first cells that begin so, up to a cell that begins as the last."""
    scope: dict[str, Any] = {"np": np, "Network": Network}
    scope["sigmoid"] = np.vectorize(lambda t: 1 / (1 + exp(-t)))
    for beginning in beginnings[:-1] or beginnings:
        exec(next(c for c in recorded() if c.startswith(beginning)), scope)
    return scope


@pytest.fixture(scope="module")
def nodes() -> dict[str, Any]:
    return chapter("class Node", "def squash", "def backward", "")


def derivative(nodes: dict[str, Any], f: Callable[[Any], Any], t: float) -> float:
    node = nodes["Node"](t)
    nodes["backward"](f(node))
    slope: float = node.slope
    return slope


def test_a_node_that_is_used_twice_collects_both_slopes(nodes) -> None:
    assert derivative(nodes, lambda t: t * t + t, 3.0) == 7


def test_a_node_passes_on_its_slope_only_when_it_is_complete(nodes) -> None:
    """Here u is used by the result and by v, which is used by the result, too."""

    def f(t: Any) -> Any:
        u = t * t
        v = u * u
        return u + v * u

    assert derivative(nodes, f, 2.0) == 2 * 2 + 6 * 2**5


@given(st.floats(-3, 3))
def test_nodes_differentiate_sums_products_and_sigmoids(t: float) -> None:
    scope = chapter("class Node", "def squash", "def backward", "")

    def f(x: Any, squash: Callable[[Any], Any]) -> Any:
        return squash(x * x) * x + squash(squash(x) * x) * squash(x)

    found = derivative(scope, lambda x: f(x, scope["squash"]), t)
    assert isclose(found, f(t + 1j * STEP, s).imag / STEP, rel_tol=1e-12, abs_tol=1e-14)


@each_case
def test_the_ten_lines_find_the_derivatives(c: Case) -> None:
    scope = chapter("def lemma", "")
    scope["sigmoid"] = sigmoid
    W = {m: np.array(weights(c, m)) for m in range(2, c.L + 1)}
    b = {m: np.array([c.b[m, j + 1] for j in range(c.n[m])]) for m in W}
    dW, db = scope["lemma"](W, b, c.x, c.y)
    for where, _, derivative in by_parameters(c):
        m, j, *k = where
        found = dW[m][j - 1, k[0] - 1] if k else db[m][j - 1]
        assert close(found, derivative)


def test_the_sites_of_the_loop_are_those_of_the_book() -> None:
    scope = chapter("X = np.array([[.1", "")
    X, Y = data.drilling_sites()
    np.testing.assert_array_equal(scope["X"], X)
    np.testing.assert_array_equal(scope["Y"], Y)


@pytest.mark.parametrize("seed", range(5))
def test_a_step_of_the_loop_is_a_step_against_the_gradient_at_one_site(seed) -> None:
    scope = chapter("X = np.array([[.1", "def train", "")
    net = Network((2, 2, 3, 2))

    def after(steps: int) -> Any:
        W, b = scope["train"](np.random.default_rng(seed), steps, 0.3)
        return net.pack(zip(W, b, strict=True))

    start, moved = after(0), after(1)
    ways = [
        start - 0.3 * gradient(net, start, x, y)
        for x, y in zip(scope["X"], scope["Y"], strict=True)
    ]
    assert min(np.abs(moved - way).max() for way in ways) < 1e-15
    assert np.abs(moved - start).max() > 1e-4


@given(
    st.permutations("AAAAABBBBB").map("".join),
    st.lists(st.floats(0, 1), min_size=10, max_size=10).map(sorted),
)
def test_no_nondecreasing_values_cost_less_than_the_price(order, values) -> None:
    least = chapter("def price_of", "")["price_of"](order) / 2
    assert price(order, values) >= least - 1e-12


@given(st.permutations("AAAAABBBBB").map("".join))
def test_the_price_is_the_least_of_all_ways_to_pool_neighbours(order: str) -> None:
    """Every way to cut the order into pools, where the means do not decrease."""
    best = float("inf")
    for cuts in range(2**9):
        ends = [i + 1 for i in range(9) if cuts >> i & 1] + [10]
        pools = [order[a:b] for a, b in pairwise([0, *ends])]
        means = [Fraction(pool.count("A"), len(pool)) for pool in pools]
        if all(u <= v for u, v in pairwise(means)):
            paid = sum(len(q) * u * (1 - u) for q, u in zip(pools, means, strict=True))
            best = min(best, float(paid))
    assert close(chapter("def price_of", "")["price_of"](order) / 2, best)


@given(st.lists(st.sampled_from("+*s"), min_size=1, max_size=12), st.data())
def test_the_walk_back_takes_two_multiplications_an_operation(ops, draws) -> None:
    scope = chapter("class Node", "def squash", "def backward", "")
    nodes = [scope["Node"](0.5), scope["Node"](-1.5)]
    for op in ops:
        u, v = (nodes[draws.draw(st.integers(0, len(nodes) - 1))] for _ in range(2))
        nodes.append(u + v if op == "+" else u * v if op == "*" else scope["squash"](u))
    assert sum(len(node.made_of) for node in nodes) <= 2 * len(ops)
