"""Chapter 3: its displayed equations as printed, and what its theorems promise.

The formulas are written out here by another route than the library takes:
in scalars, sums and fractions.  What a cell of the chapter defines is taken
from its record, so that the text and what is tested cannot part.
"""

from fractions import Fraction
from itertools import pairwise, permutations, product
from math import exp, factorial, log, prod, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import (
    Network,
    binary_cross_entropy,
    cost,
    data,
    gradient,
    identity,
    paper,
    quadratic,
    sgd,
    sigmoid,
    softmax_cross_entropy,
)
from dlam.landscape import hessian, jacobian, residuals

NET = Network((2, 2, 3, 2))
X, Y = data.drilling_sites()
ONE = Network((1, 1))
X6, Y6 = data.logistic_points()
POINTS = [(-3, 1), (-2, 0), (-1, 0), (1, 1), (2, 1), (3, 0)]

seeds = st.integers(0, 2**32 - 1)
parameters = st.floats(-8, 8)


def s(x: float) -> float:
    """The sigmoid, as printed."""
    return 1 / (1 + exp(-x))


def output(net: Network, p: np.ndarray, x: list[float]) -> list[float]:
    """What a network of sigmoids says at one point, by loops over numbers."""
    a = [float(t) for t in x]
    for W, b in net.unpack(p):
        a = [
            s(sum(float(w) * t for w, t in zip(row, a, strict=True)) + float(c))
            for row, c in zip(W, b, strict=True)
        ]
    return a


def start(seed: int, scale: float = 1.0) -> np.ndarray:
    return NET.normal(np.random.default_rng(seed), scale)


@pytest.fixture(scope="module")
def trained() -> np.ndarray:
    run = paper.netbp()
    return sgd(NET, run.parameters, X, Y, run.order, run.learning_rate).parameters


def chapter(*needles: str) -> dict:
    """Run the cells of the chapter that begin with a needle; they print nothing."""
    import nbformat

    from needed import ROOT

    record = nbformat.read(ROOT / "book/03-cost.ipynb", as_version=4)
    scope: dict = {
        **{"np": np, "net": NET, "permutations": permutations, "product": product},
        **{"residuals": residuals, "jacobian": jacobian, "gradient": gradient},
        **{"one": ONE, "x6": X6, "y6": Y6, "cost": cost, "sigmoid": sigmoid},
    }
    cells = [c.source for c in record.cells if c.cell_type == "code"]
    for needle in needles:
        [cell] = [source for source in cells if source.startswith(needle)]
        exec(cell.split("\n\nprint(")[0], scope)
    return scope


# The cost


@pytest.mark.equation("eq-cost-example")
@pytest.mark.parametrize("seed", range(5))
def test_the_cost_of_the_example_is_the_tenth_of_a_sum_of_halved_squares(seed) -> None:
    p = start(seed)
    total = 0.0
    for i in range(10):
        F = output(NET, p, X[i])
        total += ((Y[i][0] - F[0]) ** 2 + (Y[i][1] - F[1]) ** 2) / 2
    assert cost(NET, p, X, Y) == pytest.approx(total / 10, rel=1e-13)


@pytest.mark.equation("eq-cost")
@pytest.mark.parametrize("sizes", [(1, 1), (3, 2, 4), (2, 5, 3, 1)])
@pytest.mark.parametrize("N", [1, 7])
def test_the_cost_is_the_mean_of_the_costs_at_the_points(sizes, N) -> None:
    net, rng = Network(sizes), np.random.default_rng(N)
    p, x, y = (
        net.normal(rng),
        rng.normal(size=(N, sizes[0])),
        rng.normal(size=sizes[-1]),
    )
    C = [
        sum((t - a) ** 2 for t, a in zip(y, output(net, p, one), strict=True)) / 2
        for one in x
    ]
    found = cost(net, p, x, np.tile(y, (N, 1)))
    assert found == pytest.approx(sum(C) / N, rel=1e-13)


@pytest.mark.equation("eq-plotted-cost")
@pytest.mark.parametrize("extra", [False, True])
def test_what_is_plotted_is_the_sum_of_the_squares(extra) -> None:
    run = paper.netbp(steps=1, extra_site=extra)
    total = 0.0
    for x, y in zip(run.X, run.Y, strict=True):
        F = output(NET, run.parameters, x)
        total += sum((t - a) ** 2 for t, a in zip(y, F, strict=True))
    by_formula = 2 * len(run.X) * cost(NET, run.parameters, run.X, run.Y)
    assert total == pytest.approx(by_formula, rel=1e-13)
    plotted = run.as_plotted(cost(NET, run.parameters, run.X, run.Y))
    assert plotted == pytest.approx(total, rel=1e-13)


@pytest.mark.equation("eq-constant-cost")
@given(st.fractions(0, 1), st.fractions(0, 1))
def test_a_constant_answer_costs_a_quarter_and_half_the_square_of_its_distance(
    c1, c2
) -> None:
    targets = [(Fraction(int(a)), Fraction(int(b))) for a, b in Y]
    total = sum(((a - c1) ** 2 + (b - c2) ** 2) / 2 for a, b in targets) / 10
    half = Fraction(1, 2)
    assert total == Fraction(1, 4) + ((c1 - half) ** 2 + (c2 - half) ** 2) / 2


@pytest.mark.equation("eq-constant-output")
@given(st.fractions(0, 1))
def test_the_mean_square_miss_of_a_constant_output(c1) -> None:
    targets = [Fraction(int(y[0])) for y in Y]
    mean = sum((y - c1) ** 2 for y in targets) / 10
    half = Fraction(1, 2)
    assert mean == half * (1 - c1) ** 2 + half * c1**2 == half**2 + (c1 - half) ** 2


# Not convex, and its symmetries


@pytest.mark.equation("eq-negative")
@given(st.floats(-20, 20))
def test_the_neuron_turned_to_its_negative_is_one_minus_it(x) -> None:
    a = s(2 * x - 1)
    assert s(-2 * x + 1) == pytest.approx(1 - a, abs=1e-15)
    assert -3 * (1 - a) + (-1 + 3) == pytest.approx(3 * a - 1, abs=1e-14)


@pytest.mark.equation("eq-convex")
@settings(deadline=None)
@given(seeds, st.floats(-2, 2))
def test_the_midpoint_of_a_network_and_its_negative_says_the_same_everywhere(
    seed, shift
) -> None:
    """So the inequality of convexity fails as soon as the cost is below 1/4."""
    p = start(seed, 2.0) + shift
    (W2, b2), (W3, b3), (W4, b4) = NET.unpack(p)
    q = NET.pack([(-W2, -b2), (-W3, b3 + W3.sum(axis=1)), (W4, b4)])
    np.testing.assert_allclose(NET(q, X), NET(p, X), rtol=0, atol=1e-13)
    middle = (p + q) / 2
    np.testing.assert_allclose(middle - p, q - middle, atol=1e-12)
    assert np.ptp(NET(middle, X), axis=0).max() < 1e-15
    assert cost(NET, middle, X, Y) >= 1 / 4 - 1e-15


@pytest.mark.equation("eq-convex")
def test_the_inequality_of_convexity_fails_for_the_trained_network(trained) -> None:
    (W2, b2), (W3, b3), (W4, b4) = NET.unpack(trained)
    q = NET.pack([(-W2, -b2), (-W3, b3 + W3.sum(axis=1)), (W4, b4)])
    values = [cost(NET, one, X, Y) for one in (trained, q, (trained + q) / 2)]
    assert values[2] > (values[0] + values[1]) / 2 + 0.49


@pytest.mark.equation("eq-symmetry")
@settings(deadline=None, max_examples=50)
@given(seeds, st.sampled_from([2, 3]), st.data())
def test_a_network_reordered_and_negated_as_printed_computes_the_same(
    seed, layer, draw
) -> None:
    p = start(seed)
    n = NET.sizes[layer - 1]
    pi = draw.draw(st.permutations(range(n)))
    eps = draw.draw(st.lists(st.sampled_from([1, -1]), min_size=n, max_size=n))
    layers = [(W.tolist(), b.tolist()) for W, b in NET.unpack(p)]
    (w, b), (v, c) = layers[layer - 2], layers[layer - 1]
    new_w = [[eps[j] * w[pi[j]][k] for k in range(len(w[0]))] for j in range(n)]
    new_b = [eps[j] * b[pi[j]] for j in range(n)]
    new_v = [[eps[j] * v[i][pi[j]] for j in range(n)] for i in range(len(v))]
    new_c = [
        c[i] + sum(v[i][pi[j]] for j in range(n) if eps[j] == -1) for i in range(len(v))
    ]
    layers[layer - 2], layers[layer - 1] = (new_w, new_b), (new_v, new_c)
    q = NET.pack(layers)
    x = np.random.default_rng(seed).normal(size=(20, 2))
    np.testing.assert_allclose(NET(q, x), NET(p, x), rtol=0, atol=1e-13)
    rearranged = chapter("def rearranged")["rearranged"]
    np.testing.assert_allclose(rearranged(p, layer, list(pi), eps), q, atol=1e-13)


@pytest.mark.equation("eq-copies")
def test_the_chapter_builds_as_many_different_copies_as_the_product_says(
    trained,
) -> None:
    import nbformat

    from needed import ROOT

    record = nbformat.read(ROOT / "book/03-cost.ipynb", as_version=4)
    [cell] = [c.source for c in record.cells if c.source.startswith("copies = [p]")]
    scope = chapter("def rearranged") | {"p": trained}
    exec(cell.split("\n\n")[0], scope)
    copies = scope["copies"]
    printed = prod(factorial(n) * 2**n for n in NET.sizes[1:-1])
    assert printed == 384
    assert len({tuple(q) for q in copies.round(6).tolist()}) == len(copies) == printed
    x = np.random.default_rng(5).normal(scale=2, size=(50, 2))
    assert np.abs(NET(copies, x) - NET(trained, x)).max() < 1e-13


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_of_all_copies_says_the_same_everywhere(seed) -> None:
    rearranged = chapter("def rearranged")["rearranged"]
    copies = [start(seed)]
    for layer, n in ((2, 2), (3, 3)):
        copies = [
            rearranged(q, layer, list(order), signs)
            for q in copies
            for order in permutations(range(n))
            for signs in product([1, -1], repeat=n)
        ]
    assert np.ptp(NET(copies[0], X), axis=0).max() > 1e-3
    assert np.ptp(NET(np.mean(copies, axis=0), X), axis=0).max() < 1e-14


def test_two_equal_neurons_have_fewer_copies() -> None:
    """The condition of the theorem can't be left out."""
    scope = chapter("def rearranged")
    p = start(1)
    W, b = NET.unpack(p)[0]
    W[1], b[1] = W[0], b[0]
    V, _ = NET.unpack(p)[1]
    V[:, 1] = V[:, 0]
    swapped = scope["rearranged"](p, 2, [1, 0], [1, 1])
    assert np.array_equal(swapped, p)


def test_a_louder_last_layer_sends_the_cost_of_a_right_network_to_zero(trained) -> None:
    costs = []
    for k in (1, 2, 4, 8):
        p = trained.copy()
        p[-8:] *= k
        costs.append(cost(NET, p, X, Y))
    assert all(b < a / 100 for a, b in pairwise(costs))
    assert costs[-1] > 0


@given(seeds)
def test_an_idle_neuron_changes_places_on_a_path_of_equal_functions(seed) -> None:
    """So two copies can lie in one valley: the three stages of the exercise."""
    net = Network((2, 3, 1))
    first = net.normal(np.random.default_rng(seed), 1.0)
    net.unpack(first)[1][0][0, 1] = 0.0

    def changed(p: np.ndarray, rows: dict[int, np.ndarray], out: list[float]):
        q = p.copy()
        (W, b), (V, _) = net.unpack(q)
        for j, row in rows.items():
            W[j], b[j] = row[:2], row[2]
        V[0, :2] = out
        return q

    (W, b), (V, _) = net.unpack(first)
    one, two = np.append(W[0], b[0]), np.append(W[1], b[1])
    path = [
        *[changed(first, {1: two + t * (one - two)}, [V[0, 0], 0]) for t in (0.5, 1)],
        *[changed(first, {1: one}, [(1 - t) * V[0, 0], t * V[0, 0]]) for t in (0.3, 1)],
        *[
            changed(first, {0: one + t * (two - one), 1: one}, [0, V[0, 0]])
            for t in (0.5, 1)
        ],
    ]
    for q in path:
        np.testing.assert_allclose(net(q, X), net(first, X), atol=1e-12)
    swapped = changed(first, {0: two, 1: one}, [0, V[0, 0]])
    np.testing.assert_allclose(path[-1], swapped, atol=1e-12)


# Least squares


@pytest.mark.equation("eq-residuals")
@pytest.mark.parametrize("seed", range(3))
def test_the_residuals_are_the_misses_one_below_the_other(seed) -> None:
    p = start(seed)
    r = [
        t - a
        for x, y in zip(X, Y, strict=True)
        for t, a in zip(y, output(NET, p, x), strict=True)
    ]
    np.testing.assert_allclose(residuals(NET, p, X, Y), r, rtol=0, atol=1e-14)
    assert sum(t * t for t in r) / 20 == pytest.approx(cost(NET, p, X, Y), rel=1e-13)


def differences(f, p: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Central differences of a vector of functions, one column a parameter."""
    columns = [(f(p + h * e) - f(p - h * e)) / (2 * h) for e in np.eye(p.size)]
    return np.stack(columns, axis=-1)


@pytest.mark.equation("eq-residual-derivatives")
def test_the_derivatives_of_the_cost_are_sums_over_the_residuals() -> None:
    p, N = start(3), 10
    r, J = residuals(NET, p, X, Y), jacobian(NET, p, X, Y)
    s_ = p.size
    first = [sum(J[k, m] * r[k] for k in range(20)) / N for m in range(s_)]
    np.testing.assert_allclose(gradient(NET, p, X, Y), first, rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        J, differences(lambda q: residuals(NET, q, X, Y), p), atol=1e-8
    )
    curved = differences(lambda q: jacobian(NET, q, X, Y), p)  # (k, m, n)
    second = [
        [
            sum(J[k, m] * J[k, n] + r[k] * curved[k, m, n] for k in range(20)) / N
            for n in range(s_)
        ]
        for m in range(s_)
    ]
    np.testing.assert_allclose(hessian(NET, p, X, Y), second, rtol=0, atol=1e-8)


@pytest.mark.equation("eq-gauss-newton")
def test_the_gauss_newton_step_makes_the_linear_model_shortest() -> None:
    """It is found by least squares, and compared with the normal equations."""
    net = Network((2, 1))
    rng = np.random.default_rng(0)
    x, y, p = rng.normal(size=(9, 2)), rng.uniform(size=(9, 1)), net.normal(rng)
    r, J = residuals(net, p, x, y), jacobian(net, p, x, y)
    d = np.linalg.lstsq(J, -r, rcond=None)[0]
    for m in range(3):
        left = sum(J[k, m] * J[k, n] * d[n] for k in range(9) for n in range(3))
        right = -sum(J[k, m] * r[k] for k in range(9))
        assert left == pytest.approx(right, abs=1e-12)


@pytest.mark.equation("eq-levenberg-marquardt")
@pytest.mark.parametrize("seed", range(3))
def test_one_step_of_the_chapter_solves_the_damped_equations(seed) -> None:
    scope = chapter("def levenberg_marquardt", "def train_all")
    p, mu = start(seed, 0.5), 0.1
    r, J = residuals(NET, p, X, Y), jacobian(NET, p, X, Y)
    d = np.linalg.solve(J.T @ J + mu * np.eye(23), -J.T @ r)
    for m in range(23):
        left = mu * d[m] + sum(
            J[k, m] * J[k, n] * d[n] for k in range(20) for n in range(23)
        )
        assert left == pytest.approx(-sum(J[k, m] * r[k] for k in range(20)), abs=1e-12)
    moved = scope["levenberg_marquardt"](NET, p, X, Y, steps=1)
    lower = cost(NET, p + d, X, Y) < cost(NET, p, X, Y)
    np.testing.assert_allclose(moved, p + d if lower else p, rtol=0, atol=1e-12)
    together = scope["train_all"](np.stack([p, p]), X, Y, steps=1)
    np.testing.assert_allclose(together, [moved, moved], rtol=0, atol=1e-12)


def test_the_solver_for_an_ensemble_is_the_solver_for_each() -> None:
    scope = chapter("def levenberg_marquardt", "def train_all", "def lengths(")
    P = NET.normal(np.random.default_rng(3), size=4)
    for kinds in ((), (scope["lengths"], scope["lengths_jacobian"])):
        together = scope["train_all"](P, X, Y, *kinds, steps=12)
        for p, q in zip(P, together, strict=True):
            alone = scope["levenberg_marquardt"](NET, p, X, Y, *kinds, steps=12)
            np.testing.assert_allclose(q, alone, rtol=0, atol=1e-8)


def test_the_program_with_more_starts_is_the_solver_of_the_chapter() -> None:
    from runpy import run_path

    from needed import ROOT

    program = run_path(str(ROOT / "runs/lengths/run.py"))
    scope = chapter("def levenberg_marquardt", "def train_all", "def lengths(")
    P = NET.normal(np.random.default_rng(3), size=4)
    by_lengths = scope["lengths"], scope["lengths_jacobian"]
    for name, kinds in (("components", ()), ("lengths", by_lengths)):
        ours = scope["train_all"](P, X, Y, *kinds, steps=40)
        theirs = program["train"](P, X, Y, program["KINDS"][name], 40)
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-12)
        assert np.abs(ours - P).max() > 1


def test_a_network_that_is_good_enough_stays_where_it_is() -> None:
    train_all = chapter("def levenberg_marquardt", "def train_all")["train_all"]
    P = NET.normal(np.random.default_rng(3), size=4)
    stopped = train_all(P, X, Y, stop=0.2)
    assert (cost(NET, stopped, X, Y) < 0.2).all()
    np.testing.assert_array_equal(train_all(stopped, X, Y, stop=0.2), stopped)
    np.testing.assert_array_equal(train_all(P, X, Y, stop=1.0), P)


def test_levenberg_marquardt_never_lets_the_cost_rise_and_finds_the_sites() -> None:
    train_all = chapter("def levenberg_marquardt", "def train_all")["train_all"]
    P = NET.normal(np.random.default_rng(7), size=20)
    before = cost(NET, P, X, Y)
    for steps in (1, 10, 150):
        after = cost(NET, train_all(P, X, Y, steps=steps), X, Y)
        assert (after <= before).all()
        before = after
    assert np.mean(before < 1e-3) > 0.8


def test_levenberg_marquardt_can_run_on_after_it_has_arrived() -> None:
    """Targets inside (0, 1) can be reached, and then no step is better."""
    train_all = chapter("def levenberg_marquardt", "def train_all")["train_all"]
    inside = np.where(Y == 1, 0.9, 0.1)
    P = NET.normal(np.random.default_rng(2019), scale=0.5, size=10)
    # Every warning of an overflow is an error here.
    P = train_all(P, X, inside, steps=1500, stop=0)
    assert cost(NET, P, X, inside).min() < 1e-20


@pytest.mark.equation("eq-lengths-model")
@pytest.mark.parametrize("seed", range(3))
def test_the_lengths_keep_only_the_curvature_along_the_miss(seed) -> None:
    scope = chapter("def lengths(")
    p = start(seed)
    r, J = residuals(NET, p, X, Y).reshape(10, 2), jacobian(NET, p, X, Y)
    J = J.reshape(10, 2, 23)
    components, lengths = np.zeros((23, 23)), np.zeros((23, 23))
    for i in range(10):
        u = [t / sqrt(r[i, 0] ** 2 + r[i, 1] ** 2) for t in r[i]]
        for c in range(2):
            components += np.outer(J[i, c], J[i, c])
            for e in range(2):
                lengths += u[c] * u[e] * np.outer(J[i, c], J[i, e])
    rho_of, slope_of = scope["lengths"], scope["lengths_jacobian"]
    rho, slopes = rho_of(NET, p, X, Y), slope_of(NET, p, X, Y)
    for A, matrix in ((jacobian(NET, p, X, Y), components), (slopes, lengths)):
        np.testing.assert_allclose(A.T @ A, matrix, rtol=0, atol=1e-13)
    by_differences = differences(lambda q: rho_of(NET, q, X, Y), p)
    np.testing.assert_allclose(slopes, by_differences, atol=1e-8)
    assert np.linalg.matrix_rank(lengths) <= 10 < np.linalg.matrix_rank(components)
    assert np.linalg.eigvalsh(components - lengths).min() > -1e-12
    # The same cost, and the same gradient.
    assert np.sum(rho**2) / 20 == pytest.approx(cost(NET, p, X, Y))
    np.testing.assert_allclose(slopes.T @ rho / 10, gradient(NET, p, X, Y), atol=1e-13)


def test_one_step_by_hand_with_a_component_and_with_a_length() -> None:
    """The miss (1, p) at p = 1/10, in fractions."""
    p = Fraction(1, 10)
    by_components = -p  # JᵀJ = 1, Jᵀr = p
    by_length = -(1 + p**2) / p  # −ρ/ρ′, in which the root cancels
    assert p + by_components == 0
    assert by_length / by_components == 101
    rho, slope = sqrt(1 + p**2), float(p) / sqrt(1 + p**2)
    assert -rho / slope == pytest.approx(float(by_length))


def test_the_lengths_do_their_harm_near_the_start() -> None:
    """The curvature that they keep, and what they do from farther down."""
    scope = chapter("def levenberg_marquardt", "def train_all", "def lengths(")
    P = NET.normal(np.random.default_rng(8), size=30)
    train_all, kinds = scope["train_all"], (scope["lengths"], scope["lengths_jacobian"])

    def right(P: np.ndarray) -> int:
        F = NET(P, X)
        return int(((F[..., 0] > F[..., 1]) == (Y[:, 0] > Y[:, 1])).all(axis=1).sum())

    def lost(P: np.ndarray) -> float:
        kept = np.sum(kinds[1](NET, P, X, Y) ** 2, axis=(1, 2))
        all_of_it = np.sum(jacobian(NET, P, X, Y) ** 2, axis=(1, 2))
        return float(np.median(1 - kept / all_of_it))

    lower = train_all(P, X, Y, stop=0.1)
    assert right(train_all(P, X, Y, *kinds)) < 18
    assert right(train_all(lower, X, Y, *kinds)) > 25
    assert lost(P) > 0.4
    assert lost(lower) < 0.2


# One neuron and two losses


@pytest.mark.equation("eq-logistic")
@pytest.mark.equation("eq-binary-cross-entropy")
@given(parameters, parameters)
def test_the_cross_entropy_of_one_neuron_is_the_formula_printed(w, b) -> None:
    total = 0.0
    for x, y in POINTS:
        a = s(w * x + b)
        assert ONE([w, b], [float(x)])[0] == pytest.approx(a, rel=1e-12)
        # 1 − a as s(−z), which keeps its digits.
        total += -y * log(a) - (1 - y) * log(s(-(w * x + b)))
    found = cost(ONE, [w, b], X6, Y6, binary_cross_entropy)
    assert found == pytest.approx(total / 6, rel=1e-12)


@pytest.mark.equation("eq-logistic-derivatives")
@given(parameters, parameters)
def test_gradient_and_hessian_of_logistic_regression_are_the_sums_printed(w, b) -> None:
    g, H = [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]
    for x, y in POINTS:
        a, complement = s(w * x + b), s(-(w * x + b))
        miss = a if y == 0 else -complement
        g = [g[0] + miss * x / 6, g[1] + miss / 6]
        slope = a * complement / 6
        for i, j in product(range(2), repeat=2):
            H[i][j] += slope * (x if i == 0 else 1) * (x if j == 0 else 1)
    p = [w, b]
    np.testing.assert_allclose(
        gradient(ONE, p, X6, Y6, binary_cross_entropy), g, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(
        hessian(ONE, p, X6, Y6, binary_cross_entropy), H, rtol=0, atol=1e-12
    )
    assert H[0][0] > 0
    assert H[0][0] * H[1][1] - H[0][1] ** 2 > 0


@pytest.mark.equation("eq-uncorrelated")
def test_the_targets_of_the_six_points_are_uncorrelated_with_x() -> None:
    half = Fraction(1, 2)
    assert sum(half - y for _, y in POINTS) == 0
    assert sum((half - y) * x for x, y in POINTS) == 0
    assert [(int(x), int(y)) for [x], [y] in zip(X6, Y6, strict=True)] == POINTS
    for loss in (quadratic, binary_cross_entropy):
        assert np.abs(gradient(ONE, [0.0, 0.0], X6, Y6, loss)).max() < 1e-16


@pytest.mark.equation("eq-valley")
@pytest.mark.parametrize("c", [-3.5, -2.5, -1.5, 0.25, 1.5, 2.5, 3.5])
@pytest.mark.parametrize("sign", [1, -1])
def test_along_a_ray_the_cost_tends_to_a_twelfth_of_the_errors(c, sign) -> None:
    wrong = sum((1 if sign * (x - c) > 0 else 0) != y for x, y in POINTS)
    t = 200.0
    far = cost(ONE, [sign * t, -sign * t * c], X6, Y6)
    assert far == pytest.approx(wrong / 12, abs=1e-12)
    assert wrong >= 2


def points_of(scope: dict) -> np.ndarray:
    """Run the search of the chapter without what it prints."""
    import nbformat

    from needed import ROOT

    record = nbformat.read(ROOT / "book/03-cost.ipynb", as_version=4)
    [cell] = [c.source for c in record.cells if c.source.startswith("P = grid(")]
    exec(cell.split("\n\n")[0], scope)
    found: np.ndarray = scope["points"]
    return found


def test_the_squares_have_one_minimum_and_three_passes() -> None:
    """The chapter's search, and a descent from both sides of every pass."""
    scope = chapter("def newton_step")
    found = points_of(scope)
    assert len(found) == 4
    starts = []
    for p in found:
        values, vectors = np.linalg.eigh(hessian(ONE, p, X6, Y6))
        assert np.linalg.norm(gradient(ONE, p, X6, Y6)) < 1e-6
        if values[0] > 0:
            np.testing.assert_allclose(p, 0, atol=1e-9)
            continue
        assert values[0] < 0 < values[1]
        starts += [p + side * 0.05 * vectors[:, 0] for side in (1, -1)]
    q = np.array(starts)
    for _ in range(20_000):
        q = q - 3.0 * gradient(ONE, q, X6, Y6)
    ends = np.linalg.norm(q, axis=1).reshape(3, 2)
    assert (np.sort(ends < 0.01) == [False, True]).all()
    assert (ends.max(axis=1) > 2).all()


@given(parameters, parameters)
def test_the_step_to_a_critical_point_is_that_of_newton(w, b) -> None:
    step = chapter("def newton_step")["newton_step"](np.array([[w, b]]))[0]
    H, g = hessian(ONE, [w, b], X6, Y6), gradient(ONE, [w, b], X6, Y6)
    if abs(np.linalg.det(H)) > 1e-6:
        np.testing.assert_allclose(H @ step, -g, rtol=0, atol=1e-9)


# Likelihood, softmax, slopes


@pytest.mark.equation("eq-likelihood-example", "eq-log-likelihood-example")
def test_the_likelihood_of_three_sites_and_its_logarithm() -> None:
    exact = Fraction(9, 10) * Fraction(6, 10) * (1 - Fraction(2, 10))
    assert exact == Fraction(432, 1000)
    parts = [-log(0.9), -log(0.6), -log(0.8)]
    assert [round(one, 3) for one in parts] == [0.105, 0.511, 0.223]
    assert round(sum(parts), 3) == 0.839
    assert sum(parts) == pytest.approx(-log(exact))
    outputs, targets = np.array([[0.9], [0.6], [0.2]]), np.array([[1.0], [1.0], [0.0]])
    assert binary_cross_entropy(outputs, targets).sum() == pytest.approx(sum(parts))


@pytest.mark.equation("eq-likelihood")
@given(
    st.lists(
        st.tuples(st.floats(0.05, 0.95), st.integers(0, 1)), min_size=1, max_size=8
    )
)
def test_the_likelihood_is_the_exponential_of_minus_the_cross_entropy(pairs) -> None:
    likelihood = prod(a**y * (1 - a) ** (1 - y) for a, y in pairs)
    a, y = (np.array(column)[:, np.newaxis] for column in zip(*pairs, strict=True))
    total = binary_cross_entropy(a, y).sum()
    assert likelihood == pytest.approx(exp(-total), rel=1e-12)
    by_formula = exp(-sum(-y * log(a) - (1 - y) * log(1 - a) for a, y in pairs))
    assert likelihood == pytest.approx(by_formula, rel=1e-12)


logits = st.lists(st.floats(-15, 15), min_size=2, max_size=5)


@pytest.mark.equation("eq-softmax")
@pytest.mark.equation("eq-softmax-cross-entropy")
@given(logits, st.data())
def test_the_softmax_loss_is_both_formulas_printed(z, draw) -> None:
    true = draw.draw(st.integers(0, len(z) - 1))
    y = [1.0 if k == true else 0.0 for k in range(len(z))]
    share = [exp(t) / sum(exp(u) for u in z) for t in z]
    assert sum(share) == pytest.approx(1)
    first = -sum(t * log(q) for t, q in zip(y, share, strict=True))
    second = log(sum(exp(u) for u in z)) - sum(t * u for t, u in zip(y, z, strict=True))
    found = softmax_cross_entropy(z, y)
    assert found == pytest.approx(first, rel=1e-9, abs=1e-12)
    assert found == pytest.approx(second, rel=1e-9, abs=1e-12)


@pytest.mark.equation("eq-output-slopes")
@given(st.floats(-12, 12), st.integers(0, 1))
def test_the_slopes_of_one_sigmoid_are_the_two_printed(z, y) -> None:
    """The gradient of a network that is nothing but a bias."""
    a = s(z)
    p, x = [0.0, z], [[0.0]]
    for loss, printed in (
        (quadratic, (a - y) * a * (1 - a)),
        (binary_cross_entropy, a - y),
    ):
        found = gradient(ONE, p, x, [[float(y)]], loss)[1]
        assert found == pytest.approx(printed, rel=1e-9, abs=1e-15)
        h = 1e-5
        up, down = (cost(ONE, [0.0, z + e], x, [[float(y)]], loss) for e in (h, -h))
        assert (up - down) / (2 * h) == pytest.approx(printed, abs=1e-8)


@pytest.mark.equation("eq-output-slopes")
@given(logits, st.data())
def test_the_slope_of_the_softmax_loss_is_the_mistake(z, draw) -> None:
    true = draw.draw(st.integers(0, len(z) - 1))
    net = Network((1, len(z)), activation=identity)
    p = net.pack([(np.zeros((len(z), 1)), z)])
    y = [[1.0 if k == true else 0.0 for k in range(len(z))]]
    found = gradient(net, p, [[0.0]], y, softmax_cross_entropy)[len(z) :]
    total = sum(exp(u) for u in z)
    for k, t in enumerate(z):
        assert found[k] == pytest.approx(exp(t) / total - y[0][k], abs=1e-12)


# Exercises


def test_a_network_with_tanh_has_copies_of_one_length() -> None:
    """As the chapter says of tanh, and not of the sigmoid."""
    p = start(2)
    (W2, b2), (W3, b3), rest = NET.unpack(p)
    with_tanh = NET.pack([(-W2, -b2), (-W3, b3), rest])
    with_sigmoid = NET.pack([(-W2, -b2), (-W3, b3 + W3.sum(axis=1)), rest])
    assert np.linalg.norm(with_tanh) == pytest.approx(np.linalg.norm(p), rel=1e-14)
    assert abs(np.linalg.norm(with_sigmoid) - np.linalg.norm(p)) > 1e-3
    from dlam import tanh

    net = Network((2, 2, 3, 2), activation=(tanh, tanh, sigmoid))
    np.testing.assert_allclose(net(with_tanh, X), net(p, X), rtol=0, atol=1e-14)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_to_announce_the_true_probability_is_cheapest_on_average(theta, a) -> None:
    for loss in (binary_cross_entropy, quadratic):
        honest, other = (
            theta * loss([t], [1.0]) + (1 - theta) * loss([t], [0.0])
            for t in (theta, a)
        )
        assert honest <= other + 1e-15
