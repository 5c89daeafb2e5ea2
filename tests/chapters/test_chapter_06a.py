"""Chapter 6, "Why does it converge at all?": equations as printed, and theorems.

Expectations are taken over all the outcomes, derivatives by differences, norms
and products in sums over indices.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import nbformat
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlam import Network, cost, data, gradient, identity, landscape, sgd, tanh
from dlam.sharpness import hessian_times, largest_eigenvalue, sharpness
from needed import ROOT

X, Y = data.drilling_sites()
SMALL = Network((2, 3, 2), activation=(tanh, identity))
seeds = st.integers(0, 10_000)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def partial(f, p, r: int, h: float = 1e-5) -> float:
    up, down = np.array(p, float), np.array(p, float)
    up[r] += h
    down[r] -= h
    return (f(up) - f(down)) / (2 * h)


def small_cost(p) -> float:
    return float(cost(SMALL, p, X, Y))


# Linear least squares


def linear(seed: int, N: int, s: int):
    """Coefficients, targets and a start; interpolating for s ≥ N."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, s)), rng.normal(size=N), rng.normal(size=s)


@pytest.mark.equation("eq-conv-least-squares")
@settings(deadline=None)
@given(seeds)
def test_a_linear_network_has_the_cost_of_least_squares(seed) -> None:
    u, y, p = linear(seed, 4, 3)
    u[:, -1] = 1
    printed = mean((dot(ui, p) - yi) ** 2 / 2 for ui, yi in zip(u, y, strict=True))
    net = Network((2, 1), activation=identity)
    assert cost(net, p, u[:, :2], y[:, np.newaxis]) == pytest.approx(printed)
    # ... and its stochastic step goes along u_i.
    after = sgd(net, p, u[:, :2], y[:, np.newaxis], [2], 0.3).parameters
    expected = [p[r] - 0.3 * (dot(u[2], p) - y[2]) * u[2, r] for r in range(3)]
    assert after == pytest.approx(expected, abs=1e-12)


def expected_square(u, y, p, target, eta, t: int) -> float:
    """E ‖p_t − p*‖² by going through all N^t orders."""
    total = 0.0
    for order in product(range(len(u)), repeat=t):
        q = list(p)
        for i in order:
            miss = dot(u[i], q) - y[i]
            q = [qr - eta * miss * ur for qr, ur in zip(q, u[i], strict=True)]
        total += sum((a - b) ** 2 for a, b in zip(q, target, strict=True))
    return total / len(u) ** t


@pytest.mark.equation("eq-conv-kaczmarz")
@settings(deadline=None, max_examples=25)
@given(seeds, st.integers(1, 3), st.integers(0, 2), st.floats(0.1, 1.9))
def test_under_interpolation_the_error_falls_at_least_as_proved(
    seed, N, more, factor
) -> None:
    u, y, p = linear(seed, N, N + more)
    R2 = max(dot(ui, ui) for ui in u)
    eta = factor / R2
    A = [[mean(ui[j] * ui[k] for ui in u) for k in range(N + more)]
         for j in range(N + more)]  # fmt: skip
    low = sorted(np.linalg.eigvalsh(A))[more]  # the others are zero
    nearest = p + np.linalg.pinv(u) @ (y - u @ p)
    assert u @ nearest == pytest.approx(y, abs=1e-6)
    for t in (1, 3):
        start = sum((p - nearest) ** 2)
        bound = (1 - eta * low * (2 - eta * R2)) ** t * start
        assert expected_square(u, y, p, nearest, eta, t) <= bound + 1e-12 * start
        assert bound <= start


def test_on_orthonormal_points_the_bound_is_attained() -> None:
    u, y, p = np.eye(3), [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]
    for t in (1, 2, 4):
        found = expected_square(u, y, p, y, 1.0, t)
        assert found == pytest.approx((1 - 1 / 3) ** t * dot(y, y))
    twice = np.vstack([u, u])
    found = expected_square(twice, y + y, p, y, 1.0, 2)
    assert found == pytest.approx((1 - 1 / 3) ** 2 * dot(y, y))


def test_without_interpolation_the_bound_fails() -> None:
    u, y, p = [[1.0], [1.0]], [0.0, 2.0], [1.0]
    assert expected_square(u, y, p, [1.0], 0.5, 1) == pytest.approx(0.25)


def test_lines_that_meet_are_reached_and_a_triangle_is_not() -> None:
    [walk] = page_functions("walk", np=np)
    two = [(1, 0, 1), (3 / 5, 4 / 5, 7 / 5)]
    for seed in range(10):
        assert walk(two, 200, seed)[-1] == pytest.approx([1, 1])
        path = walk([*two, (-4 / 5, 3 / 5, 4 / 5)], 200, seed)
        assert np.linalg.norm(np.diff(path[-20:], axis=0), axis=1).max() > 0.1


# Descent, and the inequality of Polyak and Łojasiewicz


def slopes(p) -> list[float]:
    return [partial(small_cost, p, r) for r in range(len(p))]


@pytest.mark.equation("eq-conv-descent")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("eta", [0.05, 0.3, 1.0])
def test_a_step_descends_as_far_as_the_lemma_says(seed, eta) -> None:
    p = SMALL.normal(np.random.default_rng(seed))
    g = np.array(slopes(p))
    segment = p - np.linspace(0, 1, 101)[:, np.newaxis] * eta * g
    bound = max(np.linalg.eigvalsh(landscape.hessian(SMALL, q, X, Y))[-1]
                for q in segment)  # fmt: skip
    square = sum(x * x for x in g)
    right = small_cost(p) - eta * (1 - eta * bound / 2) * square
    assert small_cost(p - eta * g) <= right + 1e-6


@pytest.mark.equation("eq-conv-descent")
@pytest.mark.equation("eq-conv-pl-rate")
@settings(deadline=None)
@given(st.fractions(Fraction(1, 9), 9), st.fractions(Fraction(1, 9), 2))
def test_on_a_parabola_both_hold_with_equality(curvature, part) -> None:
    eta, p = part / curvature, Fraction(3)

    def f(q):
        return curvature * q * q / 2

    slope = curvature * p
    after = p - eta * slope
    assert f(after) == f(p) - eta * (1 - eta * curvature / 2) * slope**2
    # γ = Λ = the curvature
    assert f(after) == (1 - curvature * eta * (2 - eta * curvature)) * f(p)


def hyperbola(u, v):
    return (1 - u * v) ** 2 / 2


@pytest.mark.equation("eq-conv-pl")
@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3))
@example(1.0, 1.0)
def test_the_hyperbola_satisfies_pl_away_from_the_origin(u, v) -> None:
    du, dv = -(1 - u * v) * v, -(1 - u * v) * u
    h = 1e-5
    assert du == pytest.approx(
        (hyperbola(u + h, v) - hyperbola(u - h, v)) / (2 * h), abs=1e-6
    )
    half_square = (du**2 + dv**2) / 2
    assert half_square == pytest.approx((u * u + v * v) * hyperbola(u, v), abs=1e-9)
    for gamma in (0.1, 1.0, 4.0):
        if u * u + v * v >= gamma:
            assert half_square >= gamma * hyperbola(u, v) - 1e-9


def test_at_the_saddle_of_the_hyperbola_no_constant_will_do() -> None:
    for h in (1e-2, 1e-4):
        du = (hyperbola(h, h) - hyperbola(-h, h)) / (2 * h)
        assert hyperbola(h, h) > 0.49
        assert du**2 < 2 * h**2


@pytest.mark.equation("eq-conv-pl")
@pytest.mark.equation("eq-conv-pl-rate")
@settings(deadline=None, max_examples=25)
@given(seeds, st.integers(1, 4), st.integers(0, 3), st.floats(0.1, 1.9))
def test_least_squares_with_enough_parameters_converges_as_proved(
    seed, N, more, factor
) -> None:
    u, y, p = linear(seed, N, N + more)
    gram = [[dot(a, b) / N for b in u] for a in u]
    gamma, top = np.linalg.eigvalsh(gram)[[0, -1]]
    eta = factor / top

    def f(q):
        return mean((dot(ui, q) - yi) ** 2 / 2 for ui, yi in zip(u, y, strict=True))

    at_start, s = f(p), N + more
    for t in range(1, 20):
        g = [mean((dot(ui, p) - yi) * ui[r] for ui, yi in zip(u, y, strict=True))
             for r in range(s)]  # fmt: skip
        assert sum(x * x for x in g) / 2 >= gamma * f(p) * (1 - 1e-9)
        p = [pr - eta * gr for pr, gr in zip(p, g, strict=True)]
        promised = (1 - gamma * eta * (2 - eta * top)) ** t * at_start
        assert f(p) <= promised + 1e-12 * at_start
        assert promised <= at_start


@pytest.mark.equation("eq-conv-pl-jacobian")
@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_eigenvalue_of_the_kernel_bounds_the_slope(seed) -> None:
    x, y = X[:3], Y[:3]
    N, s = 3, SMALL.n_parameters
    p = SMALL.normal(np.random.default_rng(seed), scale=1.0)

    def misses(q):
        return [y[i, c] - SMALL(q, x[i])[c] for i in range(N) for c in range(2)]

    r = misses(p)
    J = [[partial(lambda q, k=k: misses(q)[k], p, j) for j in range(s)]
         for k in range(2 * N)]  # fmt: skip
    square = sum(sum(r[k] * J[k][j] for k in range(2 * N)) ** 2 for j in range(s))
    half = square / (2 * N**2)
    assert sum(gradient(SMALL, p, x, y) ** 2) / 2 == pytest.approx(half, rel=1e-6)
    kernel = [[dot(a, b) for b in J] for a in J]
    low = np.linalg.eigvalsh(kernel)[0]
    assert low > 0  # 17 parameters for 6 numbers
    at_p = sum(t * t for t in r) / (2 * N)
    assert at_p == pytest.approx(cost(SMALL, p, x, y))
    assert half >= low / N * at_p * (1 - 1e-6)


def test_a_function_with_humps_satisfies_pl() -> None:
    def f(p):
        return p * p + 3 * np.sin(p) ** 2

    p, h = np.linspace(-20, 20, 4001) + 1e-3, 1e-6
    slope = (f(p + h) - f(p - h)) / (2 * h)
    assert (slope**2 / 2 >= 0.17 * f(p)).all()
    curvature = (f(p + 1e-3) - 2 * f(p) + f(p - 1e-3)) / 1e-6
    assert curvature.min() == pytest.approx(2 - 6, abs=1e-2)


# Sharpness


@pytest.mark.equation("eq-conv-valley")
@settings(deadline=None)
@given(st.floats(-2, 2), st.floats(0.1, 3))
def test_a_step_in_the_valley_is_the_one_in_the_text(p1, p2) -> None:
    def f(q):
        return q[1] * q[0] ** 2 / 2

    stepped = [p - partial(f, [p1, p2], r) for r, p in enumerate((p1, p2))]
    assert stepped == pytest.approx([(1 - p2) * p1, p2 - p1**2 / 2], abs=1e-8)


def second(p, i: int, j: int, h: float = 1e-3) -> float:
    """∂²Cost/∂p_i ∂p_j by differences of the cost."""
    total = 0.0
    for a, b in product((1, -1), repeat=2):
        q = np.array(p)
        q[i] += a * h
        q[j] += b * h
        total += a * b * small_cost(q)
    return total / (4 * h * h)


@pytest.mark.equation("eq-conv-sharpness")
@pytest.mark.parametrize("seed", range(3))
def test_no_unit_vector_curves_more_than_the_sharpness(seed) -> None:
    rng = np.random.default_rng(seed)
    p = SMALL.normal(rng)
    s = len(p)
    H = [[second(p, i, j) for j in range(s)] for i in range(s)]

    def curvature(v) -> float:
        return sum(v[i] * H[i][j] * v[j] for i in range(s) for j in range(s))

    top = sharpness(SMALL, p, X, Y)
    for v in rng.normal(size=(200, s)):
        assert curvature(v / np.linalg.norm(v)) <= top + 1e-5
    u = np.linalg.eigh(landscape.hessian(SMALL, p, X, Y))[1][:, -1]
    assert curvature(u) == pytest.approx(top, abs=1e-5)


@pytest.mark.equation("eq-conv-hessian-times")
@pytest.mark.parametrize("seed", range(3))
def test_the_complex_step_gives_the_sum_of_second_derivatives(seed) -> None:
    rng = np.random.default_rng(seed)
    p = SMALL.normal(rng)
    v = rng.normal(size=len(p))
    found = hessian_times(SMALL, p, v, X, Y)
    for i in range(len(p)):
        expected = sum(second(p, i, j) * v[j] for j in range(len(p)))
        assert found[i] == pytest.approx(expected, abs=1e-4)
    left_out = [
        np.abs(gradient(SMALL, p + 1j * h * v, X, Y).imag / h - found).max()
        for h in (0.02, 0.01)
    ]
    assert left_out[0] / left_out[1] == pytest.approx(4, rel=0.05)


@pytest.mark.equation("eq-conv-double-backward")
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_the_slope_along_v_is_a_product(seed) -> None:
    rng = np.random.default_rng(seed)
    p = SMALL.normal(rng)
    v = rng.normal(size=len(p))
    for i in range(len(p)):
        along = partial(lambda q: dot(v, gradient(SMALL, q, X, Y)), p, i)
        expected = sum(second(p, i, j) * v[j] for j in range(len(p)))
        assert along == pytest.approx(expected, abs=1e-4)


@pytest.mark.equation("eq-conv-self-stabilisation")
@pytest.mark.parametrize("seed", range(4))
def test_the_gradient_of_the_sharpness_is_the_second_order_term(seed) -> None:
    p = SMALL.normal(np.random.default_rng(seed))
    values, vectors = np.linalg.eigh(landscape.hessian(SMALL, p, X, Y))
    top, u = values[-1], vectors[:, -1]
    assert values[-1] - values[-2] > 0.05  # a simple eigenvalue

    def largest(q) -> float:
        return np.linalg.eigvalsh(landscape.hessian(SMALL, q, X, Y))[-1]

    drift = np.array([partial(largest, p, r, h=1e-4) for r in range(len(p))])
    left_out = []
    for x in (0.02, 0.01):
        printed = gradient(SMALL, p, X, Y) + x * top * u + x**2 / 2 * drift
        exact = gradient(SMALL, p + x * u, X, Y)
        left_out.append(np.abs(exact - printed).max())
    assert left_out[0] / left_out[1] == pytest.approx(8, rel=0.15)


# What the text says beside its equations


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_a_misclassified_site_costs_a_fortieth_at_least(F) -> None:
    for target in ((1, 0), (0, 1)):
        wrong = F[0] <= F[1] if target == (1, 0) else F[0] >= F[1]
        square = sum((t - a) ** 2 for t, a in zip(target, F, strict=True))
        assert not wrong or square / (2 * 10) >= 1 / 40 - 1e-12


def test_the_minima_of_the_hyperbola_are_at_least_as_sharp_as_two() -> None:
    for u in np.linspace(0.1, 4, 40):
        v, h = 1 / u, 1e-4
        H = [
            [
                sum(
                    a * b * hyperbola(u + h * (a * (i == 0) + b * (j == 0)),
                                      v + h * (a * (i == 1) + b * (j == 1)))
                    for a, b in product((1, -1), repeat=2)
                ) / (4 * h * h)
                for j in range(2)
            ]
            for i in range(2)
        ]  # fmt: skip
        low, high = np.linalg.eigvalsh(H)
        assert low == pytest.approx(0, abs=1e-5)
        assert high == pytest.approx(u * u + v * v, rel=1e-5)
        assert high >= 2 - 1e-5


# What the page's own cells define


def page_functions(*names: str, **scope):
    """Return functions that cells of the page define."""
    record = nbformat.read(ROOT / "book/06a-convergence.ipynb", as_version=4)
    for name in names:
        [cell] = [c for c in record.cells if f"def {name}(" in c.source]
        start = cell.source.index(f"def {name}(")
        exec(cell.source[start:].split("\n\n")[0], scope)
    return [scope[name] for name in names]


def test_the_fits_have_the_floor_or_the_rate_of_the_figure() -> None:
    [fit] = page_functions("fit", np=np, Network=Network, identity=identity, sgd=sgd)
    for s in (5, 40):
        u, solution, run = fit(s, seed=0, runs=3)
        assert u.shape == (20, s)
        assert np.allclose((u**2).sum(axis=1), 2)
        slope = u.T @ (u @ solution - run_targets(0, s))
        assert np.abs(slope).max() < 1e-10
        assert (run.cost[:, -1] < 1e-8).all() == (s >= 20)


def run_targets(seed: int, s: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rng.normal(size=(20, s - 1))
    return rng.normal(size=(20, 1))[:, 0]


def test_the_kernel_of_the_wide_network_is_that_of_its_residuals() -> None:
    wide, lowest = page_functions(
        "wide", "lowest", np=np, Network=Network, tanh=tanh, identity=identity,
        landscape=landscape, X=X, Y=Y,
    )  # fmt: skip
    net, P = wide(8, seed=8, size=2)
    assert net.n_parameters == 5 * 8 + 2
    assert np.std(wide(200, seed=1)[1][:, :400]) == pytest.approx(8, rel=0.05)
    low, high = lowest(net, P)
    for p, a, b in zip(P, low, high, strict=True):
        singular = np.linalg.svd(landscape.jacobian(net, p, X, Y), compute_uv=False)
        assert a == pytest.approx(singular[-1] ** 2 / 10, abs=1e-12)
        assert b == pytest.approx(singular[0] ** 2 / 10)


def test_a_network_is_right_where_the_larger_output_says_so() -> None:
    net = Network((2, 2, 3, 2))
    [right] = page_functions("right", np=np, X=X, Y=Y)
    P = net.normal(np.random.default_rng(1), scale=3.0, size=30)
    for p, count in zip(P, right(net, P), strict=True):
        said = ["A" if net(p, x)[0] > net(p, x)[1] else "B" for x in X]
        assert count == sum(a == b for a, b in zip(said, "AAAAABBBBB", strict=True))


@pytest.mark.parametrize("seed", range(0, 100, 10))
def test_lanczos_needs_at_most_thirty_products_as_the_exercise_says(seed) -> None:
    net = Network((2, 8, 8, 2), activation=(tanh, tanh, identity))
    for p in net.normal(np.random.default_rng(1), scale=0.4, size=20):
        calls: list[int] = []

        def times(v, p=p, calls=calls):
            calls.append(1)
            return hessian_times(net, p[np.newaxis], v, X, Y)

        v = np.random.default_rng(seed).normal(size=(1, net.n_parameters))
        largest_eigenvalue(times, v)
        assert len(calls) <= 30
