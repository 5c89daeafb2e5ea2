"""Chapter 8, "Why make the training noisy?": equations as printed, and theorems."""

from __future__ import annotations

import json
import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "08b-noise.md")
seeds = st.integers(0, 10_000)
chances = st.floats(0.05, 0.9)
quick = settings(deadline=None, max_examples=25)


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


def masks(n: int, q: float):
    """All masks of n factors, each with its probability."""
    for kept in product((0, 1), repeat=n):
        chance = math.prod(1 - q if k else q for k in kept)
        yield [k / (1 - q) for k in kept], chance


@pytest.mark.equation("eq-reg-mask-variance")
@given(chances)
def test_a_factor_has_the_variance_that_is_printed(q) -> None:
    mean = sum(m[0] * chance for m, chance in masks(1, q))
    square = sum(m[0] ** 2 * chance for m, chance in masks(1, q))
    assert mean == pytest.approx(1)
    assert square - 1 == pytest.approx(1 / (1 - q) - 1)
    assert square - 1 == pytest.approx(q / (1 - q))


@pytest.mark.equation("eq-reg-dropout-linear")
@quick
@given(seeds, chances)
def test_dropout_on_inputs_adds_a_price_on_squares(seed, q) -> None:
    rng = np.random.default_rng(seed)
    X, y, w = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4)
    left = sum(
        chance * (y[i] - sum(m[j] * X[i, j] * w[j] for j in range(4))) ** 2
        for i in range(3)
        for m, chance in masks(4, q)
    )
    plain = sum((y[i] - sum(X[i] * w)) ** 2 for i in range(3))
    price = sum(w[j] ** 2 * sum(X[:, j] ** 2) for j in range(4))
    assert left == pytest.approx(plain + q / (1 - q) * price)


def test_the_price_of_an_input_is_not_its_variance() -> None:
    # A constant input has variance 0, and dropout on it costs something.
    q, w, x = 0.3, 2.0, [1.5, 1.5]
    extra = sum(chance * (m[0] * xi * w - xi * w) ** 2
                for xi in x for m, chance in masks(1, q))  # fmt: skip
    assert extra == pytest.approx(q / (1 - q) * w**2 * sum(xi**2 for xi in x))
    assert np.var(x) == 0 < extra
    # In other units the best coefficient changes so that the prediction does not.
    rng = np.random.default_rng(8)
    X, y = rng.normal(size=(9, 3)), rng.normal(size=9)

    def predicted(A):
        price = q / (1 - q) * np.diag((A**2).sum(axis=0))
        return A @ np.linalg.solve(A.T @ A + price, A.T @ y)

    assert predicted(X * [1, 100, 0.01]) == pytest.approx(predicted(X), abs=1e-12)


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


@pytest.mark.equation("eq-reg-geometric")
@quick
@given(seeds, chances)
def test_a_full_neuron_is_the_normalised_geometric_mean(seed, q) -> None:
    v = np.random.default_rng(seed).normal(size=5)
    G = other = 1.0
    mean = 0.3
    for m, chance in masks(5, q):
        S = 0.3 + sum(mj * vj for mj, vj in zip(m, v, strict=True))
        G *= sigmoid(S) ** chance
        other *= sigmoid(-S) ** chance  # 1 − σ(S), without cancellation
        mean += chance * (S - 0.3)
    assert G / (G + other) == pytest.approx(sigmoid(mean))
    assert mean == pytest.approx(0.3 + sum(v))


@pytest.mark.equation("eq-reg-input-noise")
@pytest.mark.parametrize("seed", range(8))
def test_noise_on_inputs_costs_what_is_printed_up_to_the_fourth_order(seed) -> None:
    # f = a sin(x_1 + 2 x_2): all expectations are known in closed form.
    a, y, x1, x2 = np.random.default_rng(seed).normal(size=4)
    z = x1 + 2 * x2
    f, grad2, laplacian = (
        a * math.sin(z),
        5 * (a * math.cos(z)) ** 2,
        -5 * a * math.sin(z),
    )

    def miss(tau: float) -> float:
        # The mean of sin and of sin² when z is normal with variance 5 τ².
        mean = a * math.sin(z) * math.exp(-2.5 * tau**2)
        square = a**2 * (1 - math.cos(2 * z) * math.exp(-10 * tau**2)) / 2
        exact = square - 2 * y * mean + y**2
        printed = (f - y) ** 2 + tau**2 * (grad2 + (f - y) * laplacian)
        return exact - printed

    for tau in (0.05, 0.025):
        assert abs(miss(tau)) < 100 * (a**2 + abs(a * y)) * tau**4


@pytest.mark.equation("eq-reg-orbit")
@quick
@given(seeds, st.integers(1, 5))
def test_a_mean_over_orbits_gains_their_variance(seed, n) -> None:
    # The cyclic group of n shifts, and a law that is invariant: whole orbits.
    rng = np.random.default_rng(seed)
    outputs, targets = rng.normal(size=(4, n)), rng.normal(size=4)
    bar = [sum(row) / n for row in outputs]
    left = sum((bar[k] - targets[k]) ** 2 for k in range(4)) / 4
    plain = sum((v - targets[k]) ** 2 for k in range(4) for v in outputs[k]) / (4 * n)
    spread = sum((v - bar[k]) ** 2 for k in range(4) for v in outputs[k]) / (4 * n)
    assert left == pytest.approx(plain - spread)


@pytest.mark.equation("eq-reg-smoothed")
@pytest.mark.equation("eq-reg-gap")
@quick
@given(seeds, st.integers(2, 6), st.floats(0.05, 0.9))
def test_soft_labels_ask_for_a_finite_gap(seed, K, epsilon) -> None:
    y = [(1 - epsilon) * (k == 1) + epsilon / K for k in range(K)]
    assert sum(y) == pytest.approx(1)

    def entropy(z) -> float:
        total = sum(math.exp(one) for one in z)
        return -sum(yk * math.log(math.exp(zk) / total)
                    for yk, zk in zip(y, z, strict=True))  # fmt: skip

    gap = math.log(K * (1 - epsilon) / epsilon + 1)
    best = [gap * (k == 1) for k in range(K)]
    for step in np.random.default_rng(seed).normal(size=(10, K)):
        assert entropy(best) <= entropy(np.add(best, step)) + 1e-12


def test_the_run_on_fifty_points_is_whole() -> None:
    path = ROOT / "runs" / "fifty-points" / "result.json"
    found = json.loads(path.read_text("utf-8"))["result"]
    assert found["steps"] == list(range(0, 1001, 50))
    for N in (50, 500):
        for name in ("plain", "dropout"):
            part = found[f"{name}, {N}"]
            each = np.array(part["error of each"])
            assert each.shape == (30, 21)
            # Error = bias² + variance, up to the corrections for 30 data sets.
            both = np.array(part["squared bias"]) + np.array(part["variance"])
            assert each.mean(axis=0) == pytest.approx(both, rel=1e-3, abs=1e-5)
