"""Chapter 10, rewards: Bellman's operator, and the policy gradient in all cases."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "10d-rewards.md")
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=25)


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


def world(seed: int, states: int = 3, actions: int = 2):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(states), size=(actions, states))
    return P, rng.normal(size=(actions, states))


def bellman(V, P, r, gamma):
    """As printed."""
    actions, states = r.shape
    return [max(r[a, s] + gamma * sum(P[a, s, t] * V[t] for t in range(states))
                for a in range(actions)) for s in range(states)]  # fmt: skip


@pytest.mark.equation("eq-rew-bellman")
@pytest.mark.equation("eq-rew-contraction")
@quick
@given(seeds, st.floats(0.1, 0.95))
def test_the_operator_contracts(seed, gamma) -> None:
    P, r = world(seed)
    U, V = np.random.default_rng(seed + 1).normal(size=(2, 3)) * 5
    before = max(abs(u - v) for u, v in zip(U, V, strict=True))
    images = bellman(U, P, r, gamma), bellman(V, P, r, gamma)
    after = max(abs(u - v) for u, v in zip(*images, strict=True))
    assert after <= gamma * before + 1e-12
    page = (r + gamma * P @ V).max(axis=0)
    np.testing.assert_allclose(page, bellman(V, P, r, gamma))


@pytest.mark.equation("eq-rew-value")
@quick
@given(seeds)
def test_no_policy_beats_the_fixed_point_and_the_greedy_one_reaches_it(seed) -> None:
    P, r = world(seed)
    gamma, star = 0.5, np.zeros(3)
    for _ in range(80):
        star = np.array(bellman(star, P, r, gamma))
    best = -np.inf * np.ones(3)
    for policy in product(range(2), repeat=3):
        # the sum over k, cut off where 0.5^k is rounding
        reward = np.array([r[a, s] for s, a in enumerate(policy)])
        walk = np.array([P[a, s] for s, a in enumerate(policy)])
        value, chance = np.zeros(3), np.eye(3)
        for k in range(80):
            value += gamma**k * chance @ reward
            chance = chance @ walk
        assert (value <= star + 1e-10).all()
        best = np.maximum(best, value)
    np.testing.assert_allclose(best, star, atol=1e-10)


def softmax(theta):
    e = np.exp(theta - theta.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def all_episodes(theta):
    """Probability, return and g of all episodes of three moves between two states."""
    pi = softmax(theta)
    for moves in product(range(2), repeat=3):
        p, R, s, g = 1.0, 0.0, 0, np.zeros_like(theta)
        for a in moves:
            p *= pi[s, a]
            g[s] -= pi[s]
            g[s, a] += 1
            R += [[1, -2], [0.5, 3]][s][a]
            s = a if s == 0 else 1 - a
        yield p, R, g


@pytest.mark.equation("eq-rew-gradient")
@pytest.mark.equation("eq-rew-baseline")
@quick
@given(seeds, st.floats(-10, 10))
def test_a_baseline_leaves_the_mean_and_the_best_one_is_least_noisy(seed, b) -> None:
    theta = np.random.default_rng(seed).normal(size=(2, 2))
    found = sum(p * (R - b) * g for p, R, g in all_episodes(theta))
    for place in np.ndindex(2, 2):
        up, down = theta.copy(), theta.copy()
        up[place] += 1e-5
        down[place] -= 1e-5
        rise = sum(p * R for p, R, _ in all_episodes(up))
        rise -= sum(p * R for p, R, _ in all_episodes(down))
        assert found[place] == pytest.approx(rise / 2e-5, abs=1e-6)

    def square(at: float) -> float:
        return sum(p * (R - at) ** 2 * (g**2).sum() for p, R, g in all_episodes(theta))

    above = sum(p * (g**2).sum() * R for p, R, g in all_episodes(theta))
    best = above / sum(p * (g**2).sum() for p, _, g in all_episodes(theta))
    assert square(best) <= square(b) + 1e-9


def test_the_example_with_two_actions() -> None:
    half = Fraction(1, 2)
    plain = [11 * half, -10 * half]
    assert sum(plain) / 2 == Fraction(1, 4)
    b = (11 * half**2 + 10 * half**2) / (2 * half**2)
    assert b == Fraction(21, 2)
    assert [(11 - b) * half, (10 - b) * -half] == [Fraction(1, 4)] * 2


def test_the_episodes_of_the_page_have_the_gradient_of_their_policies() -> None:
    cells = {name: next(c for c in TEXT.cells if f"def {name}(" in c.source)
             for name in ("neighbours", "episodes")}  # fmt: skip
    scope: dict = {"np": np}
    exec(cells["neighbours"].source.split("\n\n")[0], scope)
    scope["after"] = scope["neighbours"]()
    exec(cells["episodes"].source, scope)
    assert scope["after"][:, 5].tolist() == [1, 9, 4, 6]
    assert scope["after"][:, 0].tolist() == [0, 4, 0, 1]
    R, g = scope["episodes"](np.zeros((2, 16, 4)), 500, np.random.default_rng(0))
    assert R.max() <= -6
    assert R.min() >= -40
    # The mean of g is zero, and no step is counted after the end.
    assert abs(g.mean(axis=(0, 1))).max() < 0.2
    assert (abs(g).sum(axis=(2, 3)) <= 2 * -R + 1e-9).all()
    assert np.allclose(g.sum(axis=3), 0)
    straight = np.zeros((1, 16, 4))
    straight[0, :12, 1] = straight[0, 12:, 3] = 50
    R, _ = scope["episodes"](straight, 3, np.random.default_rng(1))
    assert (R == -6).all()
