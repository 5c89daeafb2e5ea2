"""Chapter 7, adaptive methods: equations as printed, and theorems."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlam.rules import adam, adamw, newton_schulz
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "07c-adaptive.md")
gradients = st.lists(st.floats(-5, 5), min_size=1, max_size=12)
shares = st.tuples(st.floats(0, 0.95), st.floats(0.5, 0.999))


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


def steps_of(gradients, b1, b2, eta, epsilon, decay=0.0, p=1.0):
    """The parameters along the run, in scalars, by the weights of the means."""
    path = [p]
    for t in range(1, len(gradients) + 1):
        past = gradients[:t][::-1]
        v = sum((1 - b1) * b1**k * g for k, g in enumerate(past)) / (1 - b1**t)
        u = sum((1 - b2) * b2**k * g * g for k, g in enumerate(past)) / (1 - b2**t)
        p = (1 - eta * decay) * p - eta * v / (math.sqrt(u) + epsilon)
        path.append(p)
    return path


def run_of(rule, gradients, eta):
    p = np.ones(1)
    state = rule.init(p)
    path = [1.0]
    for t, g in enumerate(gradients, start=1):
        step, state = rule.update(state, np.array([g]), p, eta, t)
        p = p + step
        path.append(p[0])
    return path


@pytest.mark.equation("eq-adaptive-adam")
@pytest.mark.equation("eq-adaptive-adamw")
@given(gradients, shares, st.floats(0, 0.5))
def test_the_rules_are_weighted_means_divided(gradients, betas, decay) -> None:
    plain = steps_of(gradients, *betas, 0.1, 1e-8)
    assert run_of(adam(*betas, 1e-8), gradients, 0.1) == pytest.approx(plain, abs=1e-6)
    shrunk = steps_of(gradients, *betas, 0.1, 1e-8, decay)
    found = run_of(adamw(decay, *betas, 1e-8), gradients, 0.1)
    assert found == pytest.approx(shrunk, abs=1e-6)


def longest(b1, b2, t):
    total = 0.0
    for k in range(t):
        w = (1 - b1) * b1**k / (1 - b1**t)
        c = (1 - b2) * b2**k / (1 - b2**t)
        total += w * w / c
    return math.sqrt(total)


@pytest.mark.equation("eq-adaptive-step")
@given(
    st.lists(st.floats(0.001, 5), min_size=1, max_size=12),
    st.lists(st.sampled_from([-1, 1]), min_size=12, max_size=12),
    shares,
)
def test_a_step_of_adam_is_as_long_as_its_bound_at_most(sizes, signs, betas) -> None:
    b1, b2 = betas
    g = [s * x for s, x in zip(signs, sizes, strict=False)]
    path = steps_of(g, b1, b2, 1.0, 0.0)
    for t in range(1, len(path)):
        assert abs(path[t] - path[t - 1]) <= longest(b1, b2, t) * (1 + 1e-6) + 1e-9


@pytest.mark.equation("eq-adaptive-limit")
@pytest.mark.parametrize("betas", [(0.9, 0.99), (0.9, 0.95), (0.5, 0.9), (0.9, 0.9)])
def test_the_bound_is_attained_and_has_the_limit_printed(betas) -> None:
    b1, b2 = betas
    t = 400
    growing = [(b2 / b1) ** (k - t) for k in range(1, t + 1)]
    last = run_of(adam(b1, b2, 0.0), growing, 1.0)[-2:]
    assert abs(last[1] - last[0]) == pytest.approx(longest(b1, b2, t))
    limit = (1 - b1) / math.sqrt(1 - b2) / math.sqrt(1 - b1**2 / b2)
    assert longest(b1, b2, 4000) == pytest.approx(limit, rel=1e-3)
    assert longest(b1, b2, 1) == pytest.approx(1)


@pytest.mark.equation("eq-adaptive-reddi")
@pytest.mark.parametrize("C", [2.2, 3.0, 10.0, 101.0])
@pytest.mark.parametrize("start", [-1.0, 0.3])
def test_adam_with_a_short_memory_goes_to_the_worst_point(C, start) -> None:
    b2 = 1 / (1 + C * C)
    x, u, ends, slopes = start, 0.0, [], []
    for t in range(1, 6001):
        g = C if t % 3 == 1 else -1.0
        slopes.append(g)
        u = b2 * u + (1 - b2) * g * g
        x = min(1.0, max(-1.0, x - 0.5 / math.sqrt(t) * g / math.sqrt(u)))
        if t % 3 == 1:  # C leads away from the point, if not for long
            assert x < 1
        if t % 3 == 0:
            ends.append(x)
    assert ends[-1000:] == [1.0] * 1000
    assert sum(slopes) / len(slopes) == pytest.approx((C - 2) / 3)
    assert sum(slopes) > 0


@pytest.mark.equation("eq-adaptive-norm")
@given(st.integers(0, 1000), st.floats(0.1, 2))
def test_no_step_is_steeper_than_that_of_the_norm(seed, eta) -> None:
    rng = np.random.default_rng(seed)
    G = rng.normal(size=(3, 4))
    U, s, Vt = np.linalg.svd(G, full_matrices=False)
    cases = {
        "max": (lambda D: np.abs(D).max(), -eta * np.abs(G).sum() * np.sign(G)),
        "spectral": (lambda D: np.linalg.norm(D, 2), -eta * s.sum() * (U @ Vt)),
    }
    for norm, best in cases.values():

        def total(D, norm=norm):
            return (G * D).sum() + norm(D) ** 2 / (2 * eta)

        dual = -(G * best).sum() / norm(best)
        assert norm(best) == pytest.approx(eta * dual)
        assert total(best) == pytest.approx(-eta / 2 * dual**2)
        for _ in range(20):
            other = best + rng.normal(size=G.shape) * rng.choice([0.01, 1.0])
            assert total(other) >= total(best) - 1e-9


@pytest.mark.equation("eq-adaptive-muon")
@given(st.integers(0, 1000))
def test_the_iteration_sends_each_singular_value_through_the_polynomial(seed) -> None:
    G = np.random.default_rng(seed).normal(size=(3, 5))
    a, b, c = 3.4445, -4.7750, 2.0315
    X = G / math.sqrt((G**2).sum())
    for _ in range(5):
        A = X @ X.T
        X = a * X + b * A @ X + c * A @ A @ X
    assert newton_schulz(G) == pytest.approx(X, abs=1e-4)
    U, s, Vt = np.linalg.svd(G / np.linalg.norm(G), full_matrices=False)
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    assert pytest.approx(X, abs=1e-9) == U @ np.diag(s) @ Vt


def test_the_singular_values_are_not_uniform_and_do_not_converge() -> None:
    a, b, c = 3.4445, -4.7750, 2.0315
    s = np.geomspace(0.01, 1, 20_001)
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    assert 0.68 < s.min() < 0.69
    assert 1.13 < s.max() < 1.14
    again = a * s + b * s**3 + c * s**5
    assert np.abs(again - s).max() > 0.3
    tiny = 1e-4
    for _ in range(5):
        tiny = a * tiny + b * tiny**3 + c * tiny**5
    assert tiny < 0.05
