"""Chapter 4: its displayed equations as printed, and what its theorems say.

The formulas are written out here by another route than the library takes: in
scalars and sums, with derivatives by differences, and with expectations by going
through all the outcomes, in fractions.
"""

from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from math import exp, prod

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import (
    Network,
    cost,
    data,
    gradient,
    gradient_descent,
    identity,
    sampling,
    sgd,
)
from needed import ROOT

NET = Network((2, 2, 3, 2))
X, Y = data.drilling_sites()
LINE = Network((1, 1), activation=identity)
seeds = st.integers(0, 10_000)


def output(p, x, sizes=NET.sizes) -> list[float]:
    """The output a^[L] of the network of HH, in scalars."""
    p, a = list(p), list(x)
    for before, here in pairwise(sizes):
        W = [[p.pop(0) for _ in range(before)] for _ in range(here)]
        b = [p.pop(0) for _ in range(here)]
        a = [
            1 / (1 + exp(-sum(w * t for w, t in zip(W[j], a, strict=True)) - b[j]))
            for j in range(here)
        ]
    return a


def at_one_point(p, i: int) -> float:
    """C at point i as printed: half the squared norm of y − a."""
    a = output(p, X[i])
    return sum((y - t) ** 2 for y, t in zip(Y[i], a, strict=True)) / 2


def cost_as_printed(p) -> float:
    return sum(at_one_point(p, i) for i in range(10)) / 10


def partial(f, p, r: int, h: float = 1e-5) -> float:
    """∂f/∂p_r by a central difference."""
    up, down = list(p), list(p)
    up[r] += h
    down[r] -= h
    return (f(up) - f(down)) / (2 * h)


def start(seed: int):
    return NET.normal(np.random.default_rng(seed), scale=0.5)


@pytest.mark.equation("eq-taylor")
@pytest.mark.equation("eq-taylor-gradient")
@pytest.mark.parametrize("seed", range(5))
def test_what_the_taylor_expansion_leaves_out_is_of_second_order(seed) -> None:
    p = start(seed)
    direction = np.random.default_rng(seed + 100).normal(size=23)
    slopes = [partial(cost_as_printed, p, r) for r in range(23)]
    left_out = []
    for h in (0.02, 0.01):
        step = h * direction
        linear = sum(slopes[r] * step[r] for r in range(23))
        assert gradient(NET, p, X, Y) @ step == pytest.approx(linear, abs=1e-8)
        exact = cost_as_printed(p + step)
        left_out.append(exact - cost_as_printed(p) - linear)
    assert left_out[0] / left_out[1] == pytest.approx(4, rel=0.1)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_the_costs_at_two_points_are_those_of_the_smallest_network(w, b) -> None:
    x, y = np.array([[0.0], [2.0]]), np.array([[1.0], [2.0]])
    C = [(b - 1) ** 2 / 2, (2 * w + b - 2) ** 2 / 2]
    for i in range(2):
        assert cost(LINE, [w, b], x[i], y[i]) == pytest.approx(C[i], abs=1e-12)
    assert cost(LINE, [w, b], x, y) == pytest.approx((C[0] + C[1]) / 2, abs=1e-12)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), seeds)
def test_the_matrix_of_the_line_is_the_quadratic_part_of_its_cost(points, seed) -> None:
    """By second differences, which are exact for a quadratic function."""
    x, y = np.array(points)[:, np.newaxis], np.sin(points)[:, np.newaxis]
    N, p = len(points), np.random.default_rng(seed).normal(size=2)
    A = [
        [sum(t * t for t in points) / N, sum(points) / N],
        [sum(points) / N, 1],
    ]

    def f(w, b) -> float:
        return float(cost(LINE, p + np.array([w, b]), x, y))

    pure = [f(1, 0) - 2 * f(0, 0) + f(-1, 0), f(0, 1) - 2 * f(0, 0) + f(0, -1)]
    mixed = (f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / 4
    assert pure == pytest.approx([A[0][0], A[1][1]], abs=1e-9)
    assert mixed == pytest.approx(A[0][1], abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), seeds)
def test_no_step_of_the_same_length_descends_more(g, seed) -> None:
    g = np.array(g)
    if np.linalg.norm(g) < 1e-3:
        return
    other = np.random.default_rng(seed).normal(size=g.size)
    other /= np.linalg.norm(other)
    steepest = -g / np.linalg.norm(g)
    assert g @ steepest <= g @ other + 1e-12
    assert g @ steepest == pytest.approx(-np.linalg.norm(g))


@pytest.mark.equation("eq-steepest-descent")
@pytest.mark.parametrize("seed", range(3))
def test_gradient_descent_subtracts_the_partial_derivatives(seed) -> None:
    p, eta = start(seed), 0.7
    after = gradient_descent(NET, p, X, Y, 1, eta).parameters
    for r in range(23):
        expected = p[r] - eta * partial(cost_as_printed, p, r)
        assert after[r] == pytest.approx(expected, abs=1e-9)


@given(
    st.lists(st.floats(0.1, 10), min_size=2, max_size=4),
    st.floats(0.05, 1.5).filter(lambda f: abs(f - 1) > 0.05),
)
def test_on_a_quadratic_the_limit_is_two_over_the_largest_eigenvalue(
    eigenvalues, factor
) -> None:
    rng = np.random.default_rng(len(eigenvalues))
    Q, _ = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))
    A = Q @ np.diag(eigenvalues) @ Q.T
    low, high = min(eigenvalues), max(eigenvalues)
    eta = factor * 2 / high
    p = Q @ np.ones(len(eigenvalues))
    rho = max(abs(1 - eta * low), abs(1 - eta * high))
    for _ in range(50):
        after = p - eta * A @ p
        assert np.linalg.norm(after) <= rho * np.linalg.norm(p) * (1 + 1e-9) + 1e-12
        p = after
    assert (rho < 1) == (factor < 1)
    along = abs(Q.T @ p)[int(np.argmax(eigenvalues))]
    assert along == pytest.approx(abs(1 - 2 * factor) ** 50, rel=1e-6, abs=1e-9)
    # The best rate, and what it gives.
    best, kappa = 2 / (low + high), high / low
    both = (abs(1 - best * low), abs(1 - best * high))
    assert both == pytest.approx([(kappa - 1) / (kappa + 1)] * 2, abs=1e-12)
    assert max(both) <= rho + 1e-12


@pytest.mark.equation("eq-cost-at-one-point")
@given(seeds, st.integers(0, 9))
def test_the_cost_at_one_point_is_half_the_squared_distance(seed, i) -> None:
    p = start(seed)
    assert cost(NET, p, X[i], Y[i]) == pytest.approx(at_one_point(p, i), rel=1e-12)


@pytest.mark.equation("eq-gradient-is-mean")
@settings(deadline=None, max_examples=10)
@given(seeds)
def test_the_gradient_is_the_mean_of_the_gradients_at_the_points(seed) -> None:
    p = start(seed)
    g = gradient(NET, p, X, Y)
    for r in range(23):
        total = sum(partial(lambda q, i=i: at_one_point(q, i), p, r) for i in range(10))
        assert g[r] == pytest.approx(total / 10, abs=1e-8)


@pytest.mark.equation("eq-single-point-step")
@pytest.mark.parametrize("i", range(10))
def test_a_stochastic_step_subtracts_the_gradient_at_one_point(i) -> None:
    p, eta = start(i), 0.3
    after = sgd(NET, p, X, Y, [i], eta).parameters
    for r in range(23):
        slope = partial(lambda q: at_one_point(q, i), p, r)
        assert after[r] == pytest.approx(p[r] - eta * slope, abs=1e-9)


def line_data(N: int, seed: int):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, 1)), rng.normal(size=(N, 1))


@pytest.mark.equation("eq-epoch-step")
@settings(deadline=None, max_examples=25)
@given(st.integers(1, 6), st.integers(1, 4), seeds)
def test_an_epoch_visits_the_points_in_the_shuffled_order(N, n_epochs, seed) -> None:
    x, y = line_data(N, seed)
    order = sampling.epochs(N, n_epochs, np.random.default_rng(seed))
    w, b, eta = 0.5, -0.25, 0.1
    for epoch in range(n_epochs):
        shuffled = order[epoch * N : (epoch + 1) * N]
        assert sorted(shuffled) == list(range(N))
        for i in range(N):
            k = shuffled[i]
            misfit = w * x[k, 0] + b - y[k, 0]
            w, b = w - eta * misfit * x[k, 0], b - eta * misfit
    found = sgd(LINE, [0.5, -0.25], x, y, order, eta).parameters
    assert found == pytest.approx([w, b], rel=1e-10)


@pytest.mark.equation("eq-minibatch-step")
@settings(deadline=None, max_examples=25)
@given(st.integers(1, 6), st.integers(1, 5), seeds)
def test_a_mini_batch_step_subtracts_the_mean_over_its_m_points(N, m, seed) -> None:
    x, y = line_data(N, seed)
    order = sampling.minibatches(N, m, 3, np.random.default_rng(seed))
    w, b, eta = 0.5, -0.25, 0.1
    for batch in order:
        misfits = [w * x[k, 0] + b - y[k, 0] for k in batch]
        dw = sum(e * x[k, 0] for e, k in zip(misfits, batch, strict=True)) / m
        w, b = w - eta * dw, b - eta * sum(misfits) / m
    found = sgd(LINE, [0.5, -0.25], x, y, order, eta).parameters
    assert found == pytest.approx([w, b], rel=1e-10)


# Expectations, by going through all the outcomes

fractions = st.fractions(-3, 3, max_denominator=7)


def mean(values):
    values = list(values)
    return sum(values) / Fraction(len(values))


def test_a_randomly_chosen_gradient_is_right_on_average() -> None:
    p = start(3)
    each = [gradient(NET, p, X[i], Y[i]) for i in range(10)]
    np.testing.assert_allclose(sum(each) / 10, gradient(NET, p, X, Y), atol=1e-15)


@pytest.mark.equation("eq-gradient-spread")
@pytest.mark.equation("eq-batch-noise")
@pytest.mark.equation("eq-batch-noise-without")
@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(fractions, fractions), min_size=2, max_size=4))
def test_the_noise_of_a_mini_batch_is_the_spread_over_m(g) -> None:
    """Vectors with two components, and all mini-batches there are."""
    N = len(g)
    centre = [mean(v[r] for v in g) for r in range(2)]

    def square(v) -> Fraction:
        return sum((v[r] - centre[r]) ** 2 for r in range(2))

    def estimate(batch):
        return [mean(g[k][r] for k in batch) for r in range(2)]

    V = sum(square(v) for v in g) / Fraction(N)
    for m in range(1, N + 1):
        drawn = list(product(range(N), repeat=m))
        different = list(combinations(range(N), m))
        for batches in (drawn, different):
            assert [mean(estimate(k)[r] for k in batches) for r in range(2)] == centre
        assert mean(square(estimate(k)) for k in drawn) == V / m
        without = mean(square(estimate(k)) for k in different)
        assert without == V / m * Fraction(N - m, N - 1)


@pytest.mark.equation("eq-epoch-is-a-long-step")
@pytest.mark.parametrize("seed", range(5))
def test_an_epoch_is_a_long_step_up_to_second_order(seed) -> None:
    p = start(seed)
    slopes = [partial(cost_as_printed, p, r) for r in range(23)]
    order = sampling.epochs(10, 1, np.random.default_rng(seed))
    apart = []
    for eta in (0.02, 0.01):
        after = sgd(NET, p, X, Y, order, eta).parameters
        apart.append(
            max(abs(after[r] - (p[r] - 10 * eta * slopes[r])) for r in range(23))
        )
    assert apart[0] / apart[1] == pytest.approx(4, rel=0.15)


@pytest.mark.equation("eq-drawn-is-a-long-step")
@pytest.mark.parametrize("m", [1, 3])
def test_points_drawn_at_random_make_a_long_step_with_noise(m) -> None:
    """All 27 ways to draw three points of a line, in fractions."""
    x, y = [Fraction(-1), Fraction(0), Fraction(2)], [Fraction(1), Fraction(3)] * 2
    N, start = 3, (Fraction(1, 2), Fraction(-1))

    def slope(p, i: int):
        misfit = p[0] * x[i] + p[1] - y[i]
        return misfit * x[i], misfit

    g = [slope(start, i) for i in range(N)]
    centre = [mean(v[r] for v in g) for r in range(2)]
    V = mean(sum((v[r] - centre[r]) ** 2 for r in range(2)) for v in g)
    apart = []
    for eta in (Fraction(1, 1000), Fraction(1, 2000)):
        noises, worst = [], Fraction(0)
        for drawn in product(range(N), repeat=N):
            p = start
            for first in range(0, N, m):
                batch = drawn[first : first + m]
                step = [mean(slope(p, k)[r] for k in batch) for r in range(2)]
                p = tuple(p[r] - m * eta * step[r] for r in range(2))
            xi = [mean(g[k][r] for k in drawn) - centre[r] for r in range(2)]
            noises.append(xi)
            long_step = [start[r] - N * eta * (centre[r] + xi[r]) for r in range(2)]
            worst = max(worst, *(abs(p[r] - long_step[r]) for r in range(2)))
        assert [mean(xi[r] for xi in noises) for r in range(2)] == [0, 0]
        assert mean(xi[0] ** 2 + xi[1] ** 2 for xi in noises) == V / N
        apart.append(worst)
    if m == N:
        assert apart == [0, 0]
    else:
        assert float(apart[0] / apart[1]) == pytest.approx(4, rel=0.05)


def test_mini_batches_of_different_points_make_a_long_step_with_less_noise() -> None:
    """Two mini-batches of two of four points: all 36 ways, in fractions."""
    g, N, m = [Fraction(-1), Fraction(0), Fraction(2), Fraction(7)], 4, 2
    V = mean((x - mean(g)) ** 2 for x in g)
    noises = [
        mean([g[k] for k in first + second]) - mean(g)
        for first, second in product(combinations(range(N), m), repeat=N // m)
    ]
    assert mean(noises) == 0
    assert mean(xi**2 for xi in noises) == V / N * Fraction(N - m, N - 1)


@pytest.mark.equation("eq-mean-problem")
@given(st.lists(fractions, min_size=1, max_size=6), fractions)
def test_the_mean_problem_is_a_parabola_about_the_mean(c, p) -> None:
    costs = [(p - ci) ** 2 / 2 for ci in c]
    variance = mean((ci - mean(c)) ** 2 for ci in c)
    assert mean(costs) == (p - mean(c)) ** 2 / 2 + variance / 2
    # A network that sees nothing has this cost.
    blind, targets = np.zeros((len(c), 1)), np.array(c, dtype=float)[:, np.newaxis]
    found = cost(LINE, [0.75, float(p)], blind, targets)
    assert found == pytest.approx(float(mean(costs)), abs=1e-12)


def visit(p, points, eta):
    """Where the steps p → p − η (p − c) lead."""
    for c in points:
        p = p - eta * (p - c)
    return p


@pytest.mark.equation("eq-noise-floor")
@pytest.mark.parametrize("eta", [Fraction(1, 2), Fraction(4, 5), Fraction(3, 2)])
def test_with_replacement_the_floor_is_reached(eta) -> None:
    """All 3^t sequences of t visits."""
    c = [Fraction(-1), Fraction(2), Fraction(3)]
    centre, variance = mean(c), mean((x - mean(c)) ** 2 for x in c)
    floor = eta / (2 - eta) * variance
    for t in (4, 7):
        ends = [visit(Fraction(5), k, eta) for k in product(c, repeat=t)]
        found = mean((p - centre) ** 2 for p in ends)
        forgotten = (1 - eta) ** (2 * t)
        assert found - floor == forgotten * ((5 - centre) ** 2 - floor)


def epoch_floor(N: int, eta, variance):
    """The right-hand side of the formula for shuffled epochs."""
    q = 1 - eta
    inner = N * eta / (2 - eta) - (1 - q**N) / (1 + q**N)
    return variance / (N - 1) * inner


@pytest.mark.equation("eq-noise-floor-epochs")
@pytest.mark.parametrize("eta", [Fraction(1, 5), Fraction(4, 5), Fraction(3, 2)])
@pytest.mark.parametrize("N", [2, 3, 4])
def test_with_shuffled_epochs_the_floor_stays_where_it_is(N, eta) -> None:
    """A distribution with that variance has it again after an epoch."""
    c = [Fraction(-1), Fraction(2), Fraction(3), Fraction(7)][:N]
    centre, variance = mean(c), mean((x - mean(c)) ** 2 for x in c)
    floor = epoch_floor(N, eta, variance)
    # The error is linear in the start, so the start and the shuffle separate.
    ends = [visit(centre, order, eta) - centre for order in permutations(c)]
    assert mean(ends) == 0
    kept = (1 - eta) ** (2 * N)
    assert kept * floor + mean(e**2 for e in ends) == floor
    # ... and it is approached from any other start.
    for order in permutations(c):
        far = visit(centre + 1, order, eta) - visit(centre, order, eta)
        assert far**2 == kept < 1


@pytest.mark.equation("eq-floor-small-rate")
@pytest.mark.parametrize("N", [2, 5, 10, 50])
def test_for_small_rates_the_floor_of_epochs_is_cubic(N) -> None:
    eta = Fraction(1, 10_000 * N)
    exact = epoch_floor(N, eta, Fraction(1))
    assert float(exact / (Fraction(N * (N + 1), 24) * eta**3)) == pytest.approx(
        1, abs=1e-3
    )


@pytest.mark.equation("eq-running-mean")
def test_the_rate_one_over_t_keeps_the_running_mean() -> None:
    c = [Fraction(-1), Fraction(2), Fraction(3)]
    centre, variance = mean(c), mean((x - mean(c)) ** 2 for x in c)
    t = 5
    ends = []
    for seen in product(c, repeat=t):
        p = Fraction(100)
        for j, point in enumerate(seen, start=1):
            p = (1 - Fraction(1, j)) * p + Fraction(1, j) * point
        assert p == mean(seen)
        ends.append(p)
    assert mean((p - centre) ** 2 for p in ends) == variance / t
    # The library takes the same rates.
    order = np.array([2, 0, 0, 1, 2, 1])
    targets = np.array(c, dtype=float)[:, np.newaxis]
    rates = 1 / np.arange(1, 7)
    found = sgd(LINE, [0.0, 100.0], np.zeros((3, 1)), targets, order, rates)
    expected = float(mean(c[k] for k in order))
    assert found.parameters[1] == pytest.approx(expected, abs=1e-12)


@pytest.mark.equation("eq-robbins-monro")
def test_the_two_sums_decide_whether_the_error_dies_out() -> None:
    """E e² obeys e ← (1 − η)² e + η² on the mean problem with variance 1."""

    def error(rate, T: int = 20_000) -> float:
        e = 1.0
        for t in range(2, T):
            e = (1 - rate(t)) ** 2 * e + rate(t) ** 2
        return e

    def sums(rate, T: int) -> tuple[float, float]:
        return sum(rate(t) for t in range(2, T)), sum(rate(t) ** 2 for t in range(2, T))

    def grows(before: float, after: float) -> bool:
        return after > before + 1

    cases = {  # whether the first sum is infinite, and the second finite
        "one over t": (lambda t: 1 / t, True, True),
        "constant": (lambda t: 0.1, True, False),
        "too fast": (lambda t: 1 / t**2, False, True),
    }
    for rate, reaches, quietens in cases.values():
        (a, b), (c, d) = sums(rate, 1000), sums(rate, 20_000)
        assert grows(a, c) == reaches
        assert grows(b, d) != quietens
        assert (error(rate) < 1e-3) == (reaches and quietens)


def test_falling_rates_bring_the_error_below_any_bound_from_every_start() -> None:
    """The recursion of the proof, for the rates t^(-3/4) and 5/t."""
    for rate in (lambda t: t**-0.75, lambda t: 5 / t):
        for start_error in (0.0, 1e6):
            e = start_error
            for t in range(1, 60_000):
                e = (1 - rate(t)) ** 2 * e + rate(t) ** 2
            assert e < 1e-3


def test_rates_that_fall_too_fast_stop_half_way() -> None:
    T = 50
    left = prod(1 - Fraction(1, t * t) for t in range(2, T + 1))
    assert left == Fraction(T + 1, 2 * T)


# What the chapter's own cells define


def chapter_function(name: str, **scope):
    """Return a function that a cell of the chapter defines."""
    record = nbformat.read(ROOT / "book/04-stochastic-gradient.ipynb", as_version=4)
    [cell] = [c for c in record.cells if f"def {name}(" in c.source]
    definition = cell.source[cell.source.index(f"def {name}(") :].split("\n\n")[0]
    exec(definition, scope)
    return scope[name]


@settings(deadline=None, max_examples=20)
@given(seeds, st.integers(1, 12))
def test_the_loop_of_the_chapter_takes_the_steps_of_the_library(seed, m) -> None:
    by_hand = chapter_function("by_hand", np=np, gradient=gradient)
    p = start(seed)
    for order in (
        sampling.with_replacement(10, 30, np.random.default_rng(seed)),
        sampling.minibatches(10, m, 10, np.random.default_rng(seed)),
    ):
        ours = by_hand(NET, p, X, Y, order, 0.5)
        theirs = sgd(NET, p, X, Y, order, 0.5).parameters
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        assert not np.array_equal(ours, p)


def test_the_exact_floor_of_the_line_is_a_fixed_point_of_its_recursion() -> None:
    """The second moments of the error in (w, b), one by one, until they stay."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(20, 1)), rng.normal(size=(20, 1))
    w, b = np.polyfit(x[:, 0], y[:, 0], 1)
    eta, ww, wb, bb = 0.1, 0.0, 0.0, 0.0
    points = [(t, r - w * t - b) for t, r in zip(x[:, 0], y[:, 0], strict=True)]
    for _ in range(600):
        new = [0.0, 0.0, 0.0]
        for t, r in points:
            # e_w → a e_w + d e_b + η r t,  e_b → d e_w + f e_b + η r
            a, d, f = 1 - eta * t * t, -eta * t, 1 - eta
            new[0] += a * a * ww + 2 * a * d * wb + d * d * bb + (eta * r * t) ** 2
            new[1] += a * d * ww + (a * f + d * d) * wb + d * f * bb
            new[1] += eta**2 * r * r * t
            new[2] += d * d * ww + 2 * d * f * wb + f * f * bb + (eta * r) ** 2
        ww, wb, bb = (t / 20 for t in new)
    expected = (np.mean(x**2) * ww + 2 * np.mean(x) * wb + bb) / 2
    exact_floor = chapter_function("exact_floor", np=np, z=x, noisy=y)
    assert exact_floor(eta) == pytest.approx(expected, rel=1e-9)


# The checks of the exercises, for other random numbers than the chapter's


def test_the_mean_of_the_path_is_as_its_check_says_on_twenty_seeds() -> None:
    c = np.random.default_rng(3).normal(size=(10, 1))
    at_best = np.tile([0.0, c.mean()], (200, 1))
    for seed in range(20):
        rng = np.random.default_rng(1000 + seed)
        visits = rng.integers(10, size=(200, 4000, 1))
        run = sgd(
            LINE, at_best, np.zeros((10, 1)), c, visits, 0.2,
            record_every=1, keep_path=True,
        )  # fmt: skip
        errors = run.path[:, -2000:, 1] - c.mean()
        assert f"{np.mean(errors**2) / c.var():.2f}" == "0.11"
        averaged = np.mean(errors.mean(axis=1) ** 2) / c.var()
        assert abs(2000 * averaged - 1) < 0.4


@pytest.mark.parametrize("seed", range(20))
def test_the_floor_of_the_line_is_as_its_check_says(seed) -> None:
    x = np.linspace(0, 10, 20)[:, np.newaxis]
    y = 1 + 0.3 * x + 0.3 * np.random.default_rng(1).normal(size=x.shape)
    z = (x - x.mean()) / x.std()
    exact_floor = chapter_function("exact_floor", np=np, z=z, noisy=y)
    least = cost(LINE, np.polyfit(z[:, 0], y[:, 0], 1), z, y)
    visits = np.random.default_rng(seed).integers(20, size=(200, 4000, 1))
    run = sgd(LINE, np.zeros((200, 2)), z, y, visits, 0.1, record_every=20)
    measured = (run.cost.mean(axis=0) - least)[-100:].mean()
    assert measured == pytest.approx(exact_floor(0.1), rel=0.05)


def test_sites_that_are_standardised_are_learned_sooner() -> None:
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    right = Y[:, 0] > Y[:, 1]
    for seed in range(2):
        rng = np.random.default_rng(seed)
        starts = NET.normal(rng, scale=0.5, size=100)
        visits = rng.integers(10, size=(100, 20_000, 1))
        shares = []
        for sites in (X, Z):
            P = sgd(NET, starts, sites, Y, visits, 0.05).parameters
            F = NET(P, sites)
            shares.append(((F[..., 0] > F[..., 1]) == right).all(axis=-1).mean())
        assert shares[0] <= 0.03
        assert 0.45 <= shares[1] <= 0.80
