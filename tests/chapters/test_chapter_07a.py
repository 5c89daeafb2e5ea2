"""Chapter 7, momentum: equations as printed, and theorems."""

from __future__ import annotations

import cmath
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlam.rules import momentum, nesterov
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "07a-momentum.md")
share = st.floats(0, 0.98)


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


def heavy_ball(slope, start, eta, beta, steps):
    p, v, path = start, 0 * start, [start]
    for _ in range(steps):
        v = beta * v + slope(p)
        p = p - eta * v
        path.append(p)
    return path


@pytest.mark.equation("eq-mom-step")
@given(share, st.floats(0.01, 1), st.lists(st.floats(-3, 3), min_size=1, max_size=8))
def test_the_rule_of_the_library_is_the_step_printed(beta, eta, gradients) -> None:
    p, v = 1.0, 0.0
    rule, q = momentum(beta), np.ones(1)
    state = rule.init(q)
    for t, g in enumerate(gradients, start=1):
        v = beta * v + g
        p = p - eta * v
        step, state = rule.update(state, np.array([g]), q, eta, t)
        q = q + step
        assert q[0] == pytest.approx(p)


@pytest.mark.equation("eq-mom-recurrence")
@pytest.mark.equation("eq-mom-characteristic")
@given(share, st.floats(0.01, 1), st.floats(0.1, 3))
def test_the_velocity_can_be_eliminated_and_powers_solve_the_recurrence(
    beta, eta, lam
) -> None:
    x = heavy_ball(lambda p: lam * p, 1.0, eta, beta, 8)
    for t in range(2, 9):
        right = (1 + beta - eta * lam) * x[t - 1] - beta * x[t - 2]
        assert x[t] == pytest.approx(right, abs=1e-9)
    half = (1 + beta - eta * lam) / 2
    roots = []
    for sign in (-1, 1):
        z = half + sign * cmath.sqrt(half**2 - beta)
        q = z**2 - (1 + beta - eta * lam) * z + beta
        assert abs(q) < 1e-9
        assert abs(z**5 - ((1 + beta - eta * lam) * z**4 - beta * z**3)) < 1e-9
        roots.append(z)
    assert abs(roots[0] * roots[1] - beta) < 1e-9


def moduli(beta, el):
    half = (1 + beta - el) / 2
    root = cmath.sqrt(half**2 - beta)
    return sorted([abs(half - root), abs(half + root)])


@given(share, st.floats(0.001, 5))
def test_momentum_converges_up_to_the_line_and_not_beyond(beta, el) -> None:
    assume(abs(el - 2 * (1 + beta)) > 1e-6)
    assert (moduli(beta, el)[1] < 1) == (el < 2 * (1 + beta))
    inside = (1 - math.sqrt(beta)) ** 2 <= el <= (1 + math.sqrt(beta)) ** 2
    if inside:
        assert moduli(beta, el) == pytest.approx([math.sqrt(beta)] * 2, abs=1e-6)


@pytest.mark.equation("eq-mom-best")
@given(st.floats(1.5, 1000), share, st.floats(0.001, 4))
def test_no_pair_is_better_than_the_best_pair(kappa, beta, share_of_limit) -> None:
    gamma, big = 1.0, kappa
    rho = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    eta = 4 / (math.sqrt(big) + math.sqrt(gamma)) ** 2
    for lam in (gamma, (gamma + big) / 2, big):
        assert moduli(rho**2, eta * lam) == pytest.approx([rho] * 2, abs=1e-5)
    other = share_of_limit / big
    worst = max(moduli(beta, other * lam)[1] for lam in (gamma, big))
    assert worst >= rho - 1e-9


@pytest.mark.equation("eq-mom-overshoot")
@given(st.floats(1.5, 400))
def test_the_overshoot_is_the_one_printed(kappa) -> None:
    rho = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    eta = 4 / (math.sqrt(kappa) + 1) ** 2
    steep = heavy_ball(lambda p: kappa * p, 1.0, eta, rho**2, 40)
    flat = heavy_ball(lambda p: p, 1.0, eta, rho**2, 40)
    for t in range(41):
        assert abs(steep[t]) == pytest.approx((1 + (1 + rho) * t) * rho**t, abs=1e-6)
        assert flat[t] == pytest.approx((1 + (1 - rho) * t) * rho**t, abs=1e-6)
    assert all(b < a for a, b in pairwise(flat))


def test_the_overshoot_grows_like_the_root_of_kappa_over_e() -> None:
    for kappa, tolerance in ((1e4, 0.02), (1e6, 0.002), (1e8, 0.0002)):
        rho = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
        t = np.arange(int(3 * math.sqrt(kappa)))
        top = ((1 + (1 + rho) * t) * rho**t).max()
        assert top * math.e / math.sqrt(kappa) == pytest.approx(1, abs=tolerance)


@pytest.mark.equation("eq-mom-chebyshev")
@pytest.mark.parametrize("kappa", [2.0, 9.0, 100.0])
@pytest.mark.parametrize("t", [1, 2, 5])
def test_no_polynomial_is_smaller_than_the_best(kappa, t) -> None:
    rho = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    value = 2 * rho**t / (1 + rho ** (2 * t))
    x0 = (kappa + 1) / (kappa - 1)
    assert value == pytest.approx(1 / math.cosh(t * math.acosh(x0)))
    # By linear programming: the smallest bound for a polynomial with q(0) = 1.
    from scipy.optimize import linprog

    lam = np.linspace(1, kappa, 400) / kappa
    powers = np.column_stack([lam**k for k in range(1, t + 1)])
    one = np.ones((400, 1))
    A = np.block([[powers, -one], [-powers, -one]])
    b = np.concatenate([-one[:, 0], one[:, 0]])
    least = linprog(
        [0] * t + [1], A_ub=A, b_ub=b, bounds=[(None, None)] * t + [(0, None)]
    ).fun
    assert least == pytest.approx(value, rel=2e-3)


@pytest.mark.equation("eq-mom-descent")
@given(st.floats(-10, 10), st.floats(1.5, 100), st.floats(-3, 3))
def test_gradient_descent_keeps_its_factor_on_curves_that_change(
    start, kappa, place
) -> None:
    # f'' goes smoothly between 1 and (kappa + 1) / 2; the minimum is at 0.
    def slope(x):
        return x + (kappa - 1) * (math.tanh(x - place) + math.tanh(place)) / 2

    big = 1 + (kappa - 1) / 2
    steepest = (slope(place + 1e-4) - slope(place - 1e-4)) / 2e-4
    assert steepest == pytest.approx(big)
    factor = (big - 1) / (big + 1)
    for curvature in (1, big):  # parabolas attain it
        assert abs(1 - 2 / (1 + big) * curvature) == pytest.approx(factor)
    x = start
    for t in range(1, 8):
        x = x - 2 / (1 + big) * slope(x)
        assert abs(x) <= factor**t * abs(start) + 1e-9


@pytest.mark.equation("eq-mom-counter")
def test_the_cycle_is_exact_and_attracts() -> None:
    def slope(x):
        return 25 * x if x < 1 else (x + 24 if x < 2 else 25 * x - 24)

    assert slope(1) == 25
    assert slope(2) == 26
    c = Fraction(24, 1225)
    cycle = [33 * c, -92 * c, 108 * c]
    for k in range(3):
        now, before, after = cycle[k], cycle[k - 1], cycle[(k + 1) % 3]
        step = now + Fraction(4, 9) * (now - before) - Fraction(1, 9) * slope(now)
        assert step == after
    path = heavy_ball(slope, 3.3, 1 / 9, 4 / 9, 300)
    near = [min(abs(x - float(y)) for y in cycle) for x in path[-9:]]
    assert max(near) < 1e-9
    assert abs(heavy_ball(slope, 0.5, 1 / 9, 4 / 9, 300)[-1]) < 1e-9
    # The curvature bounds are 1 and 25, and attained.
    quotients = []
    for x in np.linspace(-3, 4, 200):
        for y in np.linspace(-3, 4, 50):
            rise = (slope(x) - slope(y)) * (x - y)
            assert (x - y) ** 2 - 1e-9 <= rise <= 25 * (x - y) ** 2 + 1e-9
            if x != y:
                quotients.append(rise / (x - y) ** 2)
    assert [min(quotients), max(quotients)] == pytest.approx([1, 25])


@pytest.mark.equation("eq-mom-nesterov")
@given(share, st.floats(0.01, 0.5), st.floats(-2, 2))
def test_the_librarys_rule_is_nesterovs_method_at_the_place_ahead(
    beta, eta, start
) -> None:
    def slope(x):
        return x + math.sin(x)

    p, y = start, start
    rule, q = nesterov(beta), np.array([start])
    state = rule.init(q)
    for t in range(1, 8):
        nxt = y - eta * slope(y)
        y = nxt + beta * (nxt - p)
        p = nxt
        step, state = rule.update(state, np.array([slope(q[0])]), q, eta, t)
        q = q + step
        assert q[0] == pytest.approx(y, abs=1e-9)


@pytest.mark.equation("eq-mom-nesterov-rate")
@given(st.floats(-10, 10), st.floats(1.5, 200), st.floats(-3, 3))
def test_nesterovs_method_is_as_fast_as_proved(start, kappa, place) -> None:
    def slope(x):
        return x + (kappa - 1) * (math.tanh(x - place) + math.tanh(place))

    def value(x):
        bend = math.log(math.cosh(x - place)) - math.log(math.cosh(place))
        return x * x / 2 + (kappa - 1) * (bend + x * math.tanh(place))

    h = 1e-4
    along = (value(place + h) - value(place - h)) / (2 * h)
    assert along == pytest.approx(slope(place), abs=1e-4)
    root = math.sqrt(kappa)
    p, y = start, start
    first = value(start) + start**2 / 2
    for t in range(1, 30):
        nxt = y - slope(y) / kappa
        y = nxt + (root - 1) / (root + 1) * (nxt - p)
        p = nxt
        bound = (1 - 1 / root) ** t * first
        assert value(p) <= bound + 1e-9
        assert abs(bound) <= abs(first)


@pytest.mark.equation("eq-mom-drori")
@pytest.mark.parametrize("t", [1, 2, 5, 20])
def test_the_worst_case_of_gradient_descent_is_attained_by_the_exercise(t) -> None:
    worst = 0.0
    for h in np.append(np.linspace(0.001, 1, 5000), 1 / (2 * t + 1)):
        x = 1.0
        for _ in range(t):
            x -= min(max(x, -h), h)
        worst = max(worst, x * x / 2 if abs(x) <= h else h * abs(x) - h * h / 2)
    assert worst == pytest.approx(1 / (4 * t + 2), rel=1e-12)
