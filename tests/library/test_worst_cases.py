"""What is proved of the methods, held to their exact worst cases.

Over all functions of a class at once, the worst that a method can do in n steps is
the value of a semidefinite program, which PEPit writes down and Clarabel solves.
The methods here are written in PEPit's points, as the book states them; the bounds
are those of the book.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PEPit import PEP
from PEPit.functions import (
    SmoothConvexFunction,
    SmoothQuadraticLojasiewiczFunctionExpensive,
    SmoothStronglyConvexFunction,
    SmoothStronglyConvexQuadraticFunction,
)

L, MU = 1.0, 0.1
SOLVED = {"rel": 2e-5, "abs": 1e-6}  # as exactly as the program is solved


def worst(problem: PEP) -> float:
    """Return the value of the semidefinite program."""
    with warnings.catch_warnings():
        # That the last digits are wrong, which SOLVED allows.
        warnings.filterwarnings("ignore", "Solution may be inaccurate")
        return problem.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0)


def descent(
    steps: int, eta: float, kind: type, measure: str, start: str, **of: float
) -> float:
    """Return the worst case of gradient descent in what is measured at the end.

    Both at the start, where it is at most 1, and at the end it is the "distance"
    from the minimum, squared, or the "excess" of the value over the minimum.
    """
    problem = PEP()
    f = problem.declare_function(kind, **of)
    star = f.stationary_point()
    x = problem.set_initial_point()

    def measured(what: str) -> Any:
        return (x - star) ** 2 if what == "distance" else f(x) - f(star)

    problem.set_initial_condition(measured(start) <= 1)
    for _ in range(steps):
        x = x - eta * f.gradient(x)
    problem.set_performance_metric(measured(measure))
    return worst(problem)


# Gradient descent


@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize("eta", [0.5, 1.0, 2 / (L + MU), 1.9])
@pytest.mark.parametrize("measure", ["distance", "excess"])
def test_gradient_descent_on_strongly_convex_functions_is_as_bad_as_on_quadratics(
    steps: int, eta: float, measure: str
) -> None:
    rate = max(abs(1 - eta * MU), abs(1 - eta * L))
    found = descent(
        steps, eta, SmoothStronglyConvexFunction, measure, measure, L=L, mu=MU
    )
    assert found == pytest.approx(rate ** (2 * steps), **SOLVED)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_gradient_descent_on_convex_functions_comes_down_as_one_over_n(
    steps: int,
) -> None:
    found = descent(steps, 1 / L, SmoothConvexFunction, "excess", "distance", L=L)
    assert found == pytest.approx(L / (4 * steps + 2), **SOLVED)


@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_under_the_inequality_of_polyak_and_lojasiewicz_the_bound_holds(
    steps: int, eta: float
) -> None:
    # The functions need not be convex. The program knows necessary conditions only,
    # so that the truth is at most what it finds, and at least as for a parabola.
    found = descent(
        steps, eta, SmoothQuadraticLojasiewiczFunctionExpensive, "excess", "excess",
        L=L, mu=MU,
    )  # fmt: skip
    bound = (1 - eta * (2 - eta * L) * MU) ** steps
    parabola = (1 - eta * MU) ** (2 * steps)
    assert parabola - 1e-6 <= found <= bound + 1e-6
    assert found < bound - 0.01  # which is not the best that can be proved


# Momentum


def momentum(
    steps: int, eta: float, beta: float, ahead: bool, x: Any, before: Any, g: Callable
) -> list[Any]:
    """Return x and where it goes with momentum, from x and the place before."""
    path = [before, x]
    for _ in range(steps):
        x, before = path[-1], path[-2]
        y = x + beta * (x - before)
        path.append(y - eta * g(y if ahead else x))
    return path[1:]


def best_for_quadratics(kappa: float) -> tuple[float, float, float]:
    """Return ρ, and the pair (η, β) of the heavy ball for L = 1 and μ = 1/κ."""
    root = np.sqrt(kappa)
    rho = (root - 1) / (root + 1)
    return rho, 4 * kappa / (root + 1) ** 2, rho**2


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_the_heavy_ball_on_quadratics_is_at_its_worst_along_the_largest_eigenvalue(
    steps: int,
) -> None:
    rho, eta, beta = best_for_quadratics(25)
    problem = PEP()
    f = problem.declare_function(SmoothStronglyConvexQuadraticFunction, L=1, mu=1 / 25)
    star = f.stationary_point()
    start = problem.set_initial_point()
    problem.set_initial_condition((start - star) ** 2 <= 1)
    end = momentum(steps, eta, beta, False, start, start, f.gradient)[-1]
    problem.set_performance_metric((end - star) ** 2)
    expected = ((1 + (1 + rho) * steps) * rho**steps) ** 2
    assert worst(problem) == pytest.approx(expected, **SOLVED)


def gap_of_a_cycle(kind: type, eta: float, beta: float) -> float:
    """Return how nearly the heavy ball can be back after three steps.

    That is the least sum of two squares: of how far x₃ is from x₀, and x₄ from x₁,
    if x₁ and x₀ are at least 1 apart.  It is 0 if and only if there is a cycle.
    """
    problem = PEP()
    f = problem.declare_function(kind, L=1, mu=1 / 25)
    f.stationary_point()
    before, x = problem.set_initial_point(), problem.set_initial_point()
    path = [before, *momentum(3, eta, beta, False, x, before, f.gradient)]
    problem.set_initial_condition((path[1] - path[0]) ** 2 >= 1)
    problem.set_performance_metric(
        -((path[3] - path[0]) ** 2) - (path[4] - path[1]) ** 2
    )
    return -worst(problem)


def test_the_heavy_ball_can_cycle_on_a_strongly_convex_function() -> None:
    _, eta, beta = best_for_quadratics(25)
    assert gap_of_a_cycle(SmoothStronglyConvexFunction, eta, beta) < 1e-5


def test_it_cannot_on_a_quadratic_nor_without_momentum() -> None:
    _, eta, beta = best_for_quadratics(25)
    assert gap_of_a_cycle(SmoothStronglyConvexQuadraticFunction, eta, beta) > 0.1
    best = 2 / (1 + 1 / 25)
    assert gap_of_a_cycle(SmoothStronglyConvexFunction, best, 0.0) > 0.1


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_nesterovs_method_keeps_its_bound_on_strongly_convex_functions(
    steps: int,
) -> None:
    q = np.sqrt(MU / L)
    problem = PEP()
    f = problem.declare_function(SmoothStronglyConvexFunction, L=L, mu=MU)
    star = f.stationary_point()
    start = problem.set_initial_point()
    problem.set_initial_condition(
        f(start) - f(star) + MU / 2 * (start - star) ** 2 <= 1
    )
    beta = (1 - q) / (1 + q)
    end = momentum(steps, 1 / L, beta, True, start, start, f.gradient)[-1]
    problem.set_performance_metric(f(end) - f(star))
    found = worst(problem)
    assert 0.2 * (1 - q) ** steps < found <= (1 - q) ** steps
    if steps == 5:
        assert found == pytest.approx(0.0771, abs=1e-4)


# One step of stochastic gradient descent


def one_step(eta: float, noise: float, n: int, distance: float) -> float:
    """Return the worst mean of the squared distance after a step on one of n points.

    At the minimum the gradients have the mean square noise² at most, and the start
    is at most `distance` from there.
    """
    problem = PEP()
    each = [
        problem.declare_function(SmoothStronglyConvexFunction, L=L, mu=MU)
        for _ in range(n)
    ]
    star = np.mean(each).stationary_point()
    x = problem.set_initial_point()
    problem.add_constraint(np.mean([f.gradient(star) ** 2 for f in each]) <= noise**2)
    problem.set_initial_condition((x - star) ** 2 <= distance**2)
    ends = [(x - eta * f.gradient(x) - star) ** 2 for f in each]
    problem.set_performance_metric(np.mean(ends))
    return worst(problem)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize(("eta", "noise"), [(0.3, 1.0), (0.5, 2.0), (0.7, 1.0)])
def test_a_stochastic_step_is_as_bad_as_the_formula_says(
    n: int, eta: float, noise: float
) -> None:
    R = 2.0
    exact = (
        eta * (L - MU) / 2 * R
        + np.sqrt((1 - eta * (L + MU) / 2) ** 2 * R**2 + eta**2 * noise**2)
    ) ** 2
    found = one_step(eta, noise, n, R)
    assert found == pytest.approx(exact, **SOLVED)
    if eta <= 1 / (2 * L):
        assert found <= (1 - eta * MU) * R**2 + 2 * eta**2 * noise**2
