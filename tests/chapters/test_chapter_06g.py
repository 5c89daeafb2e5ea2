"""The closing questions: the displayed equations as printed."""

from fractions import Fraction
from itertools import product

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlam import Network, cost, data, gradient
from needed import ROOT

NET = Network((2, 2, 3, 2))
X, Y = data.drilling_sites(extra_site=True)
fractions = st.fractions(-3, 3, max_denominator=7)


def squared_weights(p) -> float:
    """The sum of the squares of all entries of all W, one by one."""
    total = 0.0
    for W, _ in NET.unpack(p):
        for row in W:
            total += sum(float(w) ** 2 for w in row)
    return total


def chapter_solver():
    """Where the solver that a cell of the page defines ends, and what it needs."""
    record = nbformat.read(ROOT / "book/06g-closing.ipynb", as_version=4)
    [cell] = [c for c in record.cells if "def levenberg_marquardt(" in c.source]
    from dlam.landscape import jacobian, residuals

    weight = NET.pack(
        [(np.ones_like(W), np.zeros_like(b)) for W, b in NET.unpack(np.zeros(23))]
    )
    scope = {
        "np": np,
        "net": NET,
        "residuals": residuals,
        "jacobian": jacobian,
        "weight": weight,
    }
    exec(cell.source, scope)
    way = scope["levenberg_marquardt"]
    return lambda *given: way(*given)[-1], weight


@pytest.mark.equation("eq-closing-penalty")
@pytest.mark.parametrize("lam", [1e-3, 5e-3])
def test_the_solver_ends_where_the_penalised_cost_is_stationary(lam) -> None:
    solve, _ = chapter_solver()
    starts = NET.normal(np.random.default_rng(5), scale=0.5, size=4)
    ends = solve(starts, X, Y, lam, 2000)

    def printed(p) -> float:
        return cost(NET, p, X, Y) + lam / 11 * squared_weights(p)

    def steepest(p) -> float:
        slopes = []
        for r in range(23):
            up, down = p.copy(), p.copy()
            up[r] += 1e-5
            down[r] -= 1e-5
            slopes.append((printed(up) - printed(down)) / 2e-5)
        return max(map(abs, slopes))

    flat = 0
    for before, p in zip(starts, ends, strict=True):
        assert printed(p) < printed(before)
        assert steepest(before) > 1e-3
        flat += steepest(p) < 1e-4
    assert flat >= 2


def test_the_penalty_makes_the_weights_decay() -> None:
    p, eta, lam = NET.normal(np.random.default_rng(1)), 0.3, 0.2
    _, weight = chapter_solver()

    def penalised(q) -> float:
        return cost(NET, q, X, Y) + lam / 11 * squared_weights(q)

    for r in range(23):
        up, down = p.copy(), p.copy()
        up[r] += 1e-5
        down[r] -= 1e-5
        step = p[r] - eta * (penalised(up) - penalised(down)) / 2e-5
        factor = 1 - 2 * eta * lam / 11 if weight[r] else 1
        decayed = factor * p[r] - eta * gradient(NET, p, X, Y)[r]
        assert step == pytest.approx(decayed, abs=1e-8)


@pytest.mark.equation("eq-closing-bound")
@pytest.mark.parametrize("lam", [1e-3, 5e-3, 2e-2])
def test_what_is_better_than_no_network_has_small_weights(lam) -> None:
    zero = np.zeros(23)
    assert cost(NET, zero, X, Y) == 0.25
    rng = np.random.default_rng(3)
    better = 0
    for scale in np.geomspace(0.001, 3, 400):
        p = NET.normal(rng, scale=scale)
        if cost(NET, p, X, Y) + lam / 11 * squared_weights(p) <= 0.25:
            better += 1
            assert squared_weights(p) <= 11 / (4 * lam)
    assert better > 0
    solve, _ = chapter_solver()
    for p in solve(NET.normal(rng, size=3), X, Y, lam):
        assert squared_weights(p) <= 11 / (4 * lam)


def test_the_best_constant_for_eleven_sites_costs_thirty_of_121() -> None:
    mean = (Fraction(5, 11), Fraction(6, 11))
    targets = [(Fraction(int(a)), Fraction(int(b))) for a, b in Y]
    total = sum((a - mean[0]) ** 2 + (b - mean[1]) ** 2 for a, b in targets) / Fraction(
        22
    )
    assert total == Fraction(30, 121) < Fraction(1, 4)


@pytest.mark.equation("eq-closing-dropout")
@given(
    st.lists(st.tuples(fractions, fractions), min_size=1, max_size=5),
    st.fractions(0, 1, max_denominator=9),
)
def test_deleting_neurons_scales_the_mean_by_the_probability_to_keep(pairs, pi) -> None:
    """All outcomes, each with its probability."""
    mean, square = Fraction(0), Fraction(0)
    for d in product((0, 1), repeat=len(pairs)):
        probability = Fraction(1)
        for one in d:
            probability *= 1 - pi if one else pi
        value = sum(w * one * a for (w, a), one in zip(pairs, d, strict=True))
        mean += probability * value
        square += probability * value**2
    assert mean == (1 - pi) * sum(w * a for w, a in pairs)
    variance = pi * (1 - pi) * sum((w * a) ** 2 for w, a in pairs)
    assert square - mean**2 == variance


@pytest.mark.equation("eq-closing-residuals")
@pytest.mark.parametrize("lam", [0.0, 2e-3, 0.3])
def test_the_penalty_is_the_squares_of_additional_residuals(lam) -> None:
    _, weight = chapter_solver()
    p = NET.normal(np.random.default_rng(7))
    errors = NET(p, X) - Y
    own = sum(float(e) ** 2 for row in errors for e in row) / 2
    scaled = [np.sqrt(2 * lam) * v for v, on in zip(p, weight, strict=True) if on]
    printed = own + sum(v**2 for v in scaled) / 2
    penalised = cost(NET, p, X, Y) + lam / len(X) * squared_weights(p)
    assert len(scaled) == 4 + 6 + 6
    assert printed == pytest.approx(len(X) * penalised)
