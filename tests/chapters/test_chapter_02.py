"""Chapter 2: its displayed equations as printed, and what its theorems say.

The formulas are written out here by another route than the chapter and the
library take: in scalars, sums over corners and fractions.
"""

from fractions import Fraction
from itertools import combinations, product
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dlam import Network, cost, data, forward, gradient, identity, landscape, relu

CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]
TARGETS = [0, 1, 1, 0]
X, Y = data.xor()
NET = Network((2, 2, 1), activation=(relu, identity))

numbers = st.floats(-3, 3, allow_subnormal=False)
neurons = st.tuples(numbers, numbers, numbers)


def f(neurons, b, x):
    """The network as printed; a neuron is (w_1, w_2, c, v)."""
    return b + sum(v * max(0, w1 * x[0] + w2 * x[1] + c) for w1, w2, c, v in neurons)


def J(neurons, b):
    """The mean squared error over the four corners."""
    return (
        sum((y - f(neurons, b, x)) ** 2 for x, y in zip(CORNERS, TARGETS, strict=True))
        / 4
    )


def packed(neurons, b):
    """The parameters of the library's network with these neurons."""
    net = Network((2, len(neurons), 1), activation=(relu, identity))
    hidden = [u[:2] for u in neurons], [u[2] for u in neurons]
    return net, net.pack([hidden, ([[u[3] for u in neurons]], [b])])


SOLUTION = [(1, 1, 0, 1), (1, 1, -1, -2)], 0


def sign(t: float) -> int:
    return (t > 0) - (t < 0)


def test_the_data_are_the_four_corners_with_their_exclusive_or() -> None:
    assert [tuple(x) for x in X] == CORNERS
    assert Y.ravel().tolist() == [x1 ^ x2 for x1, x2 in CORNERS] == TARGETS


@pytest.mark.equation("eq-xor-inequalities")
@given(numbers, numbers, numbers)
def test_the_four_conditions_are_the_values_at_the_corners_and_contradict(w1, w2, b):
    w1, w2, b = Fraction(w1), Fraction(w2), Fraction(b)
    printed = [b, w2 + b, w1 + b, w1 + w2 + b]
    assert printed == [w1 * x1 + w2 * x2 + b for x1, x2 in CORNERS]
    assert printed[1] + printed[2] == printed[0] + printed[3]
    assert not (printed[0] < 0 < printed[1] and printed[3] < 0 < printed[2])


@pytest.mark.equation("eq-xor-midpoint")
def test_the_two_diagonals_have_the_same_midpoint() -> None:
    half = Fraction(1, 2)
    for k in range(2):
        ones = sum(half * x[k] for x, y in zip(CORNERS, TARGETS, strict=True) if y == 1)
        zeros = sum(
            half * x[k] for x, y in zip(CORNERS, TARGETS, strict=True) if y == 0
        )
        assert ones == zeros == half


@pytest.mark.equation("eq-xor-farkas")
def test_a_quarter_each_is_the_only_certificate() -> None:
    """The four conditions are equations with a matrix that is regular."""
    s = [1 if y == 1 else -1 for y in TARGETS]
    quarter = [Fraction(1, 4)] * 4
    assert sum(quarter) == 1
    assert sum(t * si for t, si in zip(quarter, s, strict=True)) == 0
    for k in range(2):
        assert sum(quarter[i] * s[i] * CORNERS[i][k] for i in range(4)) == 0
    rows = [
        [1] * 4,
        *([si * x[k] for si, x in zip(s, CORNERS, strict=True)] for k in (0, 1)),
        s,
    ]
    assert round(np.linalg.det(np.array(rows, dtype=float))) != 0


@given(numbers, numbers, numbers)
def test_no_affine_function_satisfies_the_four_inequalities(w1, w2, b) -> None:
    margins = [
        (1 if y == 1 else -1) * (w1 * x1 + w2 * x2 + b)
        for (x1, x2), y in zip(CORNERS, TARGETS, strict=True)
    ]
    assert min(margins) <= 1e-12


@pytest.mark.equation("eq-xor-cost")
@pytest.mark.equation("eq-xor-network")
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=2, max_size=2))
def test_the_chapters_cost_is_twice_the_librarys(pair) -> None:
    b = 0.25
    net, p = packed(pair, b)
    assert net.n_parameters == 9
    for x in CORNERS:
        assert net(p, x)[0] == pytest.approx(f(pair, b, x), rel=1e-12, abs=1e-12)
    assert 2 * cost(net, p, X, Y) == pytest.approx(J(pair, b), rel=1e-12, abs=1e-12)


@pytest.mark.equation("eq-xor-normal")
def test_the_normal_equations_have_the_matrix_printed_and_the_solution_one_half():
    rows = [(x1, x2, 1) for x1, x2 in CORNERS]
    gram = [[sum(r[i] * r[j] for r in rows) for j in range(3)] for i in range(3)]
    right = [
        sum(r[i] * y for r, y in zip(rows, TARGETS, strict=True)) for i in range(3)
    ]
    assert gram == [[2, 1, 2], [1, 2, 2], [2, 2, 4]]
    assert right == [1, 1, 2]
    best = [0, 0, Fraction(1, 2)]
    assert [sum(g * t for g, t in zip(row, best, strict=True)) for row in gram] == right
    assert sum((y - best[2]) ** 2 for y in TARGETS) / 4 == Fraction(1, 4)


@pytest.mark.equation("eq-xor-orthogonal")
@given(*[st.fractions(-3, 3, max_denominator=20)] * 3)
def test_the_three_sums_are_the_derivatives_of_the_best_line(w1, w2, b) -> None:
    """J is quadratic, so a central difference is its derivative, exactly."""

    def cost_of(*line: Fraction) -> Fraction:
        return sum(
            (y - line[0] * x[0] - line[1] * x[1] - line[2]) ** 2
            for x, y in zip(CORNERS, TARGETS, strict=True)
        ) / Fraction(4)

    r = [y - w1 * x[0] - w2 * x[1] - b for x, y in zip(CORNERS, TARGETS, strict=True)]
    printed = [
        sum(ri * x[0] for ri, x in zip(r, CORNERS, strict=True)),
        sum(ri * x[1] for ri, x in zip(r, CORNERS, strict=True)),
        sum(r),
    ]
    h = Fraction(1, 7)
    for k, total in enumerate(printed):
        up, down = [w1, w2, b], [w1, w2, b]
        up[k] += h
        down[k] -= h
        assert (cost_of(*up) - cost_of(*down)) / (2 * h) == -total / 2
    if any(printed):
        assert cost_of(w1, w2, b) > Fraction(1, 4)
    else:
        assert (w1, w2, b) == (0, 0, Fraction(1, 2))


@pytest.mark.equation("eq-xor-target")
def test_the_targets_are_a_constant_and_a_contrast() -> None:
    half, q = Fraction(1, 2), (-1, 1, 1, -1)
    assert [half + half * qi for qi in q] == TARGETS
    for affine in ([1] * 4, [x[0] for x in CORNERS], [x[1] for x in CORNERS]):
        assert sum(a * b for a, b in zip(affine, q, strict=True)) == 0


@pytest.mark.equation("eq-xor-solution")
def test_the_solution_printed_solves_xor_and_no_other_output_bias_does() -> None:
    assert J(*SOLUTION) == 0
    for b in (-1, Fraction(1, 10), 1):
        assert all(
            f(SOLUTION[0], b, x) != y for x, y in zip(CORNERS, TARGETS, strict=True)
        )


@pytest.mark.equation("eq-xor-curve")
@given(numbers, numbers)
def test_the_hidden_layer_maps_the_plane_to_a_bent_line(x1, x2) -> None:
    net, p = packed(*SOLUTION)
    h = forward(net, p, [x1, x2])[1][2]
    t = x1 + x2
    assert h[0] == pytest.approx(max(0, t), abs=1e-12)
    assert h[1] == pytest.approx(max(0, t - 1), abs=1e-12)


@pytest.mark.equation("eq-xor-scaling")
@given(neurons, numbers, st.floats(0.01, 100), numbers, numbers)
@example((0.5, 0.25, 0.75), 1.0, 2.0, 1.0, 1.0)
def test_a_neuron_can_be_scaled_without_effect(neuron, v, alpha, x1, x2) -> None:
    w1, w2, c = neuron
    scaled = v / alpha * max(0, alpha * w1 * x1 + alpha * w2 * x2 + alpha * c)
    assert scaled == pytest.approx(v * max(0, w1 * x1 + w2 * x2 + c), abs=1e-9)


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=2, max_size=2))
def test_the_neurons_can_change_places(pair) -> None:
    for x in CORNERS:
        assert f(pair, 0.5, x) == pytest.approx(f(pair[::-1], 0.5, x), abs=1e-9)


# The space of a pattern, and the dimension of the solutions


def half_planes() -> list[frozenset[int]]:
    """All sets of corners but the two diagonals, as indices."""
    every = [frozenset(c) for k in range(5) for c in combinations(range(4), k)]
    return [one for one in every if one not in ({0, 3}, {1, 2})]


def span(pattern: list[frozenset[int]]) -> np.ndarray:
    """The values g_i that (…, alpha_j, gamma_j, …, beta) can produce, as columns."""
    columns = [[1.0] * 4]
    for A in pattern:
        for coordinate in (lambda x: x[0], lambda x: x[1], lambda x: 1):
            columns.append([coordinate(CORNERS[i]) * (i in A) for i in range(4)])
    return np.array(columns).T


def test_a_line_cuts_off_every_set_of_corners_but_the_diagonals() -> None:
    rng = np.random.default_rng(1)
    seen = set()
    for w1, w2, c in rng.normal(size=(4000, 3)):
        seen.add(
            frozenset(i for i, x in enumerate(CORNERS) if w1 * x[0] + w2 * x[1] + c > 0)
        )
    assert seen == set(half_planes())
    assert len(seen) == 14


@pytest.mark.equation("eq-xor-linear")
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=2, max_size=2))
def test_the_outputs_are_linear_in_what_the_scaling_leaves_alone(pair) -> None:
    b = -0.75
    for x in CORNERS:
        printed = b
        for w1, w2, c, v in pair:
            u = (abs(v) * w1, abs(v) * w2, abs(v) * c)
            if w1 * x[0] + w2 * x[1] + c > 0:
                printed += sign(v) * (u[0] * x[0] + u[1] * x[1] + u[2])
        assert printed == pytest.approx(f(pair, b, x), abs=1e-9)


@pytest.mark.equation("eq-xor-one-pattern")
@given(
    st.fractions(-3, -1, max_denominator=9),
    st.fractions(1, 4, max_denominator=9),
    st.fractions(1, 4, max_denominator=9),
)
def test_the_pattern_done_by_hand_has_three_free_numbers(gamma, one, two) -> None:
    """Two values of neuron 2 are chosen, both negative, and the rest follows."""
    a1 = a2 = 1 - gamma
    total = 2 - gamma
    d1, d2 = total + one, total + two
    u2 = (d1, d2, total - d1 - d2)
    b = 0
    assert b + a2 + gamma == b + a1 + gamma == 1
    assert b + a1 + a2 + gamma - sum(u2) == 0
    pair = [(a1, a2, gamma, 1), (*u2, -1)]
    assert [f(pair, b, x) for x in CORNERS] == TARGETS
    on = [[w1 * x[0] + w2 * x[1] + c > 0 for x in CORNERS] for w1, w2, c, _ in pair]
    assert on == [[False, True, True, True], [False, False, False, True]]


@pytest.mark.equation("eq-xor-span")
@settings(deadline=None)
@given(st.lists(neurons, min_size=2, max_size=2), numbers)
def test_the_outputs_lie_in_the_space_of_their_pattern(pair, b) -> None:
    net, p = packed([(*u, v) for u, v in zip(pair, (1.0, -2.0), strict=True)], b)
    z = forward(net, p, X)[0][2]
    pattern = [frozenset(np.flatnonzero(z[:, j] > 0).tolist()) for j in range(2)]
    S, g = span(pattern), net(p, X)[:, 0]
    rest = g - S @ np.linalg.lstsq(S, g, rcond=None)[0]
    assert np.abs(rest).max() < 1e-9


@pytest.mark.equation("eq-xor-dimension")
@settings(deadline=None)
@given(st.lists(neurons, min_size=2, max_size=2), st.sampled_from([-1.5, 0.7]))
def test_the_rank_of_the_jacobian_is_the_dimension_of_the_space(pair, v) -> None:
    net, p = packed([(*u, v) for u in pair], 0.1)
    z = forward(net, p, X)[0][2]
    assume(np.abs(z).min() > 1e-3)
    pattern = [frozenset(np.flatnonzero(z[:, j] > 0).tolist()) for j in range(2)]
    rank = np.linalg.matrix_rank(landscape.jacobian(net, p, X, Y), tol=1e-9)
    assert rank == np.linalg.matrix_rank(span(pattern))


@pytest.mark.equation("eq-xor-dimension")
@pytest.mark.parametrize(
    ("pair", "b", "dimension"),
    [
        # |x_1 − x_2| with both biases lowered by a half: one sheet of two.
        ([(1, -1, -0.5, 2), (-1, 1, -0.5, 2)], 0, 6),
        # GBC's solution moved off its kinks: 1 at 01, 10; 1 − 1 + … at 11.
        ([(1, 1, 0.5, 1), (1, 1, -1.25, -8 / 3)], -0.5, 5),
    ],
)
def test_solutions_near_a_solution_fill_the_dimension_stated(pair, b, dimension):
    """Newton steps from nearby points land on zeros in that many directions."""
    net, p = packed(pair, b)
    assert J(pair, b) == pytest.approx(0, abs=1e-20)
    rng = np.random.default_rng(1)
    steps = []
    for _ in range(20):
        q = p + 1e-5 * rng.normal(size=9)
        for _ in range(4):
            r = landscape.residuals(net, q, X, Y)
            q -= np.linalg.lstsq(landscape.jacobian(net, q, X, Y), r, rcond=1e-6)[0]
        assert cost(net, q, X, Y) < 1e-25
        steps.append((q - p) / 1e-5)
    sizes = np.linalg.svd(np.array(steps), compute_uv=False)
    assert sizes[dimension - 1] > 0.1
    assert sizes[dimension] < 1e-3


# Twelve pieces


def differences(w1, w2, c):
    """D, E and Q of a neuron from their definitions."""
    h00, h01, h10, h11 = (max(0, w1 * x1 + w2 * x2 + c) for x1, x2 in CORNERS)
    return h01 - h10, h00 - h11, h01 + h10 - h00 - h11


@pytest.mark.equation("eq-xor-contrast")
@given(neurons)
def test_the_contrasts_of_a_neuron_are_as_printed(neuron) -> None:
    w1, w2, c = neuron
    z00, z01, z10, z11 = (w1 * x1 + w2 * x2 + c for x1, x2 in CORNERS)
    m, d, e = (z01 + z10) / 2, (z01 - z10) / 2, (z00 - z11) / 2
    assert z00 + z11 == pytest.approx(2 * m, abs=1e-12)
    D, E, Q = differences(w1, w2, c)
    tiny = 1e-12
    assert pytest.approx(d + sign(m * d) * min(abs(m), abs(d)), abs=tiny) == D
    assert pytest.approx(e + sign(m * e) * min(abs(m), abs(e)), abs=tiny) == E
    assert pytest.approx(max(abs(m), abs(d)) - max(abs(m), abs(e)), abs=tiny) == Q


@given(neurons)
def test_a_neuron_with_equal_differences_has_no_contrast(neuron) -> None:
    """What the proof of the twelve pieces rests on, with whole numbers: exact."""
    D, E, Q = differences(*(round(4 * t) for t in neuron))
    if abs(D) == abs(E):
        assert Q == 0
    else:
        assert Q * (abs(D) - abs(E)) >= 0


@pytest.mark.equation("eq-xor-conditions")
@given(neurons, neurons, numbers, numbers)
@example((1.0, 1.0, 0.0), (1.0, 1.0, -1.0), 1.0, -2.0)
@example((1.0, 1.0, -1.0), (1.0, 1.0, 0.0), -2.0, 1.0)
@example((1.0, -1.0, 0.0), (-1.0, 1.0, 0.0), 1.0, 1.0)
def test_the_three_conditions_say_that_some_bias_solves_xor(one, two, v1, v2) -> None:
    """What is left of y − f, b apart, is constant if and only if they hold."""
    pair = [(*one, v1), (*two, v2)]
    rest = [y - f(pair, 0, x) for x, y in zip(CORNERS, TARGETS, strict=True)]
    (D1, E1, Q1), (D2, E2, Q2) = differences(*one), differences(*two)
    gaps = (v1 * D1 + v2 * D2, v1 * E1 + v2 * E2, v1 * Q1 + v2 * Q2 - 2)
    spread = max(rest) - min(rest)
    assert spread <= 2 * max(map(abs, gaps)) + 1e-9
    assert max(map(abs, gaps)) <= 2 * spread + 1e-9


@pytest.mark.equation("eq-xor-conditions")
def test_the_solution_printed_satisfies_the_three_conditions() -> None:
    contrasts = [differences(*u[:3]) for u in SOLUTION[0]]
    v = [u[3] for u in SOLUTION[0]]
    sums = [
        sum(vj * c[k] for vj, c in zip(v, contrasts, strict=True)) for k in range(3)
    ]
    assert sums == [0, 0, 2]


# The values at which training stops


def squared_distance(pattern: list[frozenset[int]]) -> float:
    S, y = span(pattern), np.array(TARGETS, dtype=float)
    r = y - S @ np.linalg.lstsq(S, y, rcond=None)[0]
    return float(r @ r)


@pytest.mark.equation("eq-xor-values")
@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_pattern_has_one_of_four_best_fits(n) -> None:
    """All patterns of up to three neurons, by projection instead of by cases."""
    found = set()
    for pattern in product(half_planes(), repeat=n):
        J_best = squared_distance(list(pattern)) / 4
        value = Fraction(J_best).limit_denominator(1000)
        assert abs(J_best - value) < 1e-12
        found.add(value)
    assert found == {0, Fraction(1, 8), Fraction(1, 6), Fraction(1, 4)}


@pytest.mark.equation("eq-xor-stationary")
@settings(deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=2, max_size=2))
def test_the_sums_are_the_gradient_where_the_slope_at_a_kink_is_zero(pair) -> None:
    b = 0.25
    net, p = packed(pair, b)
    r = [y - f(pair, b, x) for x, y in zip(CORNERS, TARGETS, strict=True)]
    by_weight, by_bias = [], []
    for w1, w2, c, v in pair:
        s = [float(w1 * x1 + w2 * x2 + c > 0) for x1, x2 in CORNERS]
        by_bias.append(v * sum(si * ri for si, ri in zip(s, r, strict=True)))
        for k in range(2):
            by_weight.append(
                v * sum(si * ri * x[k] for si, ri, x in zip(s, r, CORNERS, strict=True))
            )
    # The gradient of J is twice the library's, and the sums are -2 times that of J.
    theirs = -4 * gradient(net, p, X, Y)
    assert theirs[:6] == pytest.approx([*by_weight, *by_bias], abs=1e-9)
    assert theirs[8] == pytest.approx(sum(r), abs=1e-9)


def signs_at_corners() -> list[tuple[int, ...]]:
    """All sign patterns of affine functions at the four corners."""
    grid = range(-3, 4)
    return sorted(
        {
            tuple(sign(w1 * x1 + w2 * x2 + c) for x1, x2 in CORNERS)
            for w1, w2, c in product(grid, repeat=3)
        }
    )


def extreme_residuals(
    cell: tuple[tuple[int, ...], ...],
    v: tuple[int, ...],
    sides: tuple[int, ...],
) -> list[tuple[float, float]] | None:
    """Return the ranges of the residuals at the stationary points of a cell.

    A cell fixes the signs of z (which may be zero, too), of the v_j and of the
    residuals.  The unknowns are |v_j| (w_j, c_j), b, and s_ij r_i for each neuron
    on a kink, between 0 and r_i: all conditions are linear in them.
    """
    n = len(cell)
    kinks = [(j, i) for j in range(n) for i in range(4) if cell[j][i] == 0]
    size = 3 * n + 1 + len(kinks)
    rows = [(x1, x2, 1) for x1, x2 in CORNERS]
    z = np.zeros((n, 4, size))
    for j, i in product(range(n), range(4)):
        z[j, i, 3 * j : 3 * j + 3] = rows[i]
    r, constant = np.zeros((4, size)), np.array(TARGETS, dtype=float)
    r[:, 3 * n] = -1
    for j, i in product(range(n), range(4)):
        if cell[j][i] > 0:
            r[i] -= v[j] * z[j, i]
    equal = [(r.sum(axis=0), -constant.sum())]
    below = [(-sides[i] * r[i], sides[i] * constant[i]) for i in range(4)]
    for j in range(n):
        for k in range(3):
            total, known = np.zeros(size), 0.0
            for i in range(4):
                if cell[j][i] > 0:
                    total += rows[i][k] * r[i]
                    known += rows[i][k] * constant[i]
                elif cell[j][i] == 0:
                    total[3 * n + 1 + kinks.index((j, i))] += rows[i][k]
            equal.append((total, -known))
        for i in range(4):
            if cell[j][i] == 0:
                one = np.zeros(size)
                one[3 * n + 1 + kinks.index((j, i))] = sides[i]
                below += [(-one, 0.0), (one - sides[i] * r[i], sides[i] * constant[i])]
                equal.append((z[j, i], 0.0))
            else:
                below.append((-cell[j][i] * z[j, i], 0.0))
    A_eq, b_eq = map(np.array, zip(*equal, strict=True))
    A_ub, b_ub = map(np.array, zip(*below, strict=True))
    ranges = []
    for i in range(4):
        ends = []
        for way in (1, -1):
            found = linprog(
                way * r[i], A_ub, b_ub, A_eq, b_eq, bounds=[(None, None)] * size
            )
            if found.status == 2:
                return None
            assert found.status == 0
            ends.append(way * found.fun + constant[i])
        ranges.append((min(ends), max(ends)))
    return ranges


@pytest.mark.equation("eq-xor-stationary")
@pytest.mark.equation("eq-xor-values")
@pytest.mark.parametrize("n", [1, 2])
def test_stationary_points_have_no_other_value_on_kinks_or_off_them(n) -> None:
    """All cells of one neuron, and some of two, by linear programs."""
    every = list(
        product(
            product(signs_at_corners(), repeat=n),
            product([1, -1], repeat=n),
            product([1, -1], repeat=4),
        )
    )
    rng = np.random.default_rng(2)
    chosen = every if n == 1 else [every[k] for k in rng.integers(len(every), size=400)]
    values = set()
    for cell in chosen:
        ranges = extreme_residuals(*cell)
        if ranges is None:
            continue
        assert max(high - low for low, high in ranges) < 1e-6
        J_there = sum(low**2 for low, _ in ranges) / 4
        value = Fraction(J_there).limit_denominator(100)
        assert abs(J_there - value) < 1e-6
        values.add(value)
    allowed = {0, Fraction(1, 8), Fraction(1, 6), Fraction(1, 4)}
    assert {Fraction(1, 4), Fraction(1, 6)} <= values <= allowed


def test_a_point_of_gradient_zero_is_no_minimum_if_an_active_neuron_has_no_weight():
    """The example of the exercise, where the corollary's hypothesis fails."""
    half = Fraction(1, 2)
    dead = (0, 0, -1, 1)
    at = [(0, 1, -half, 0), dead]
    net, p = packed([tuple(map(float, u)) for u in at], 0.5)
    assert not (forward(net, p, X)[0][2] == 0).any()
    assert np.abs(gradient(net, p, X, Y)).max() == 0
    assert J(at, half) == Fraction(1, 4)
    for eps in (Fraction(1, 10), Fraction(1, 1000)):
        lower = J([(-eps, 1, -half, eps), dead], half)
        assert 4 * lower == 1 - eps**2 / 2 - eps**3 + eps**4
        assert lower < Fraction(1, 4)


@pytest.mark.equation("eq-xor-values")
def test_the_example_of_one_sixth_is_stationary() -> None:
    third = Fraction(1, 3)
    pair = [(-1, 1, Fraction(-1, 2), 4 * third), (0, 0, -1, 1)]
    assert [f(pair, third, x) for x in CORNERS] == [third, 1, third, third]
    assert J(pair, third) == Fraction(1, 6)
    net, p = packed([tuple(map(float, u)) for u in pair], float(third))
    assert np.abs(gradient(net, p, X, Y)).max() < 1e-15


def test_a_local_minimum_has_nothing_lower_near_it() -> None:
    pair = [(-1, 1, -0.5, 4 / 3), (0, 0, -1, 1)]
    _, p = packed(pair, 1 / 3)
    near = p + 0.05 * np.random.default_rng(1).uniform(-1, 1, (5000, 9))
    assert 2 * cost(NET, near, X, Y).min() >= 1 / 6 - 1e-12


@pytest.mark.equation("eq-xor-dead")
@given(
    st.lists(st.tuples(*[st.floats(-3, -0.01)] * 3, numbers), min_size=2, max_size=2),
    numbers,
)
def test_a_dead_network_depends_on_its_last_bias_only(pair, b) -> None:
    net, p = packed(pair, b)
    expected = (b**2 + (1 - b) ** 2) / 2
    assert 2 * cost(net, p, X, Y) == pytest.approx(expected, abs=1e-12)
    assert np.abs(gradient(net, p, X, Y)[:-1]).max() == 0


# The interval


def wilson(k: int, n: int, zeta: float = 1.96) -> tuple[float, float]:
    """The interval as printed."""
    theta = k / n
    root = sqrt(theta * (1 - theta) / n + zeta**2 / (4 * n**2))
    middle = theta + zeta**2 / (2 * n)
    scale = 1 / (1 + zeta**2 / n)
    return scale * (middle - zeta * root), scale * (middle + zeta * root)


@pytest.mark.equation("eq-xor-wilson")
@given(st.integers(1, 1000), st.integers(0, 1000))
def test_the_ends_of_the_interval_are_zeta_deviations_away(n, k) -> None:
    k = min(k, n)
    for theta in wilson(k, n):
        gap = (k / n - theta) ** 2
        assert gap == pytest.approx(1.96**2 * theta * (1 - theta) / n, abs=1e-9)
        assert -1e-12 <= theta <= 1 + 1e-12


@pytest.mark.equation("eq-xor-wilson")
def test_the_interval_is_scipys() -> None:
    from scipy.stats import binomtest, norm

    for k, n in [(0, 500), (132, 500), (508, 2000), (500, 500)]:
        theirs = binomtest(k, n).proportion_ci(method="wilson")
        ours = wilson(k, n, norm.ppf(0.975))
        assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_the_chapters_programs_are_the_formulas() -> None:
    """The cells are taken from the record, so that they can't part."""
    scope = chapter_functions("best_fit", "wilson")
    for k, n in [(0, 500), (132, 500), (500, 500)]:
        assert tuple(scope["wilson"](k, n)) == pytest.approx(wilson(k, n))
    worst = -inf
    for pattern in product(half_planes(), repeat=2):
        active = np.array([[i in A for A in pattern] for i in range(4)])
        gap = scope["best_fit"](active) - squared_distance(list(pattern)) / 4
        worst = max(worst, abs(gap))
    assert worst < 1e-12


def chapter_functions(*names: str) -> dict:
    """Return functions that cells of the chapter define."""
    import nbformat

    from needed import ROOT

    record = nbformat.read(ROOT / "book/02-xor.ipynb", as_version=4)
    scope = {"np": np, "y": np.array(TARGETS, dtype=float)}
    for name in names:
        [cell] = [c for c in record.cells if c.source.startswith(f"def {name}(")]
        exec(cell.source.split("\n\n")[0], scope)
    return scope
