"""Chapter 7, the race: its displayed equations as printed, and what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "07-optimisation.md")


def test_the_numbers_of_the_chapter_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


def printed(x: float, y: float) -> float:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def page(*parts: str) -> dict:
    """What the page's cells define that have these parts in them."""
    names: dict = {"np": np}
    for part in parts:
        [cell] = [c.source for c in TEXT.cells if part in c.source]
        exec(cell, names)
    return names


def course(beta: float, ahead: bool, factors, angle=None):
    """The path of the course's notebook, in pairs of numbers."""
    x, y, vx, vy = -1.25, 0.5, 0.0, 0.0
    path = [(x, y)]
    for t, eta in enumerate(factors):
        a, b = (x + beta * vx, y + beta * vy) if ahead else (x, y)
        gx, gy = -2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)
        if angle is not None:  # any other function's gradients
            gx, gy = math.cos(angle * t), math.sin(angle * t)
        length = math.hypot(gx, gy)
        vx, vy = beta * vx - eta * gx / length, beta * vy - eta * gy / length
        x, y = x + vx, y + vy
        path.append((x, y))
    return path


@pytest.mark.equation("eq-opt-rosenbrock")
@given(st.floats(-2, 2), st.floats(-2, 2))
@example(1.0, 1.0)
def test_rosenbrocks_function_vanishes_at_one_one_alone(x, y) -> None:
    assert printed(1, 1) == 0
    assert printed(x, y) > 0 or (abs(x - 1) < 1e-6 and abs(y - 1) < 1e-6)
    names = page("def rosenbrock")
    assert names["rosenbrock"]((x, y)) == pytest.approx(printed(x, y))
    h = 1e-6
    slope = names["slope"]((x, y))
    along = (printed(x + h, y) - printed(x - h, y)) / (2 * h)
    across = (printed(x, y + h) - printed(x, y - h)) / (2 * h)
    assert slope == pytest.approx([along, across], abs=1e-4, rel=1e-5)


@pytest.mark.equation("eq-opt-reach")
@given(
    st.floats(0, 0.95),
    st.booleans(),
    st.lists(st.floats(0.001, 1), min_size=1, max_size=30),
    st.floats(0, 3),
)
def test_a_normalised_run_does_not_go_farther_than_its_rates_allow(
    beta, ahead, rates, angle
) -> None:
    path = course(beta, ahead, rates, angle)
    for t in range(1, len(path)):
        apart = math.dist(path[t], path[0])
        assert apart <= sum(rates[:t]) / (1 - beta) + 1e-9


@pytest.mark.parametrize(("beta", "ahead"), [(0, False), (0.8, False), (0.8, True)])
def test_the_race_of_the_page_takes_the_steps_of_the_notebook(beta, ahead) -> None:
    path = page("def rosenbrock", "def race")["race"](beta, ahead, 0.9, 30)
    rates = [0.2 * 0.9**k for k in range(30)]
    assert path == pytest.approx(np.array(course(beta, ahead, rates)), abs=1e-9)


def test_the_reach_is_attained_by_gradients_that_never_turn() -> None:
    rates = [0.2 * 0.9**k for k in range(400)]
    path = course(0.8, False, rates, angle=0.0)
    assert math.dist(path[-1], path[0]) == pytest.approx(10)


def test_with_the_notebooks_decay_gradient_descent_cannot_arrive() -> None:
    rates = [0.2 * 0.9**k for k in range(1000)]
    assert sum(rates) < math.dist((-1.25, 0.5), (1, 1))
    assert math.dist(course(0, False, rates)[-1], (1, 1)) > 0.3


@pytest.mark.equation("eq-opt-three-points")
def test_the_matrix_of_the_three_points() -> None:
    points = (1, 2, 3)
    entries = [
        sum(x**power for x in points) / 3 for power in (2, 1, 0)
    ]  # the means of x², x and 1
    assert entries == pytest.approx([14 / 3, 2, 1])
    a, b, c = entries
    roots = []
    for sign in (-1, 1):
        root = 17 / 6 + sign * math.sqrt(265) / 6
        assert root**2 - (a + c) * root + a * c - b * b == pytest.approx(0, abs=1e-12)
        roots.append(root)
    kappa = (17 + math.sqrt(265)) / (17 - math.sqrt(265))
    assert roots[1] / roots[0] == pytest.approx(kappa)
    assert round(kappa) == 46
