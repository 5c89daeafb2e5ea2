"""Rules are pairs of pure functions, and take PyTorch's steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam.rules import Rule, momentum, plain

RATE = 0.1


@given(mu=st.floats(0, 0.99), seed=st.integers(0, 2**32 - 1))
def test_momentum_takes_the_steps_of_pytorch(mu: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.normal(size=5)
    twin = torch.nn.Parameter(torch.from_numpy(p.copy()))
    optimiser = torch.optim.SGD([twin], lr=RATE, momentum=mu)
    rule = momentum(mu)
    state = rule.init(p)
    for t in range(1, 8):
        g = rng.normal(size=5)
        step, state = rule.update(state, g, p, RATE, t)
        p = p + step
        twin.grad = torch.from_numpy(g.copy())
        optimiser.step()
    assert np.abs(p - twin.detach().numpy()).max() < 1e-12


@pytest.mark.parametrize("rule", [plain, momentum(0.9)], ids=repr)
def test_nothing_that_is_passed_is_changed(rule: Rule) -> None:
    p, g = np.arange(3.0), np.ones(3)
    state = rule.init(p)
    _, state = rule.update(state, g, p, RATE, 1)
    before = None if state is None else state.copy()
    rule.update(state, g, p, RATE, 2)
    assert (p == [0, 1, 2]).all()
    assert (g == 1).all()
    assert before is None or (state == before).all()


@pytest.mark.parametrize("rule", [plain, momentum(0.9)], ids=repr)
def test_an_ensemble_takes_the_step_of_each_of_its_networks(rule: Rule) -> None:
    rng = np.random.default_rng(1)
    P = rng.normal(size=(3, 4))
    together, apart = rule.init(P), [rule.init(p) for p in P]
    for t in (1, 2, 3):
        G = rng.normal(size=P.shape)
        step, together = rule.update(together, G, P, RATE, t)
        for k in range(3):
            own, apart[k] = rule.update(apart[k], G[k], P[k], RATE, t)
            assert (step[k] == own).all()


def test_without_a_share_momentum_is_plain() -> None:
    g = np.array([1.0, -2.0])
    step, _ = momentum(0).update(np.zeros(2), g, g, RATE, 1)
    assert (step == plain.update(None, g, g, RATE, 1)[0]).all()


@pytest.mark.parametrize("mu", [-0.1, 1.0, np.nan, np.inf, [0.5]])
def test_a_share_outside_its_bounds_is_refused(mu: float) -> None:
    with pytest.raises(ValueError, match=r"^mu: expected"):
        momentum(mu)


@pytest.mark.parametrize("part", ["init", "update"])
def test_what_cannot_be_called_is_refused(part: str) -> None:
    parts = {"init": np.zeros_like, "update": plain.update} | {part: 3}
    with pytest.raises(TypeError, match=part):
        Rule("broken", **parts)


def test_a_rule_is_shown_with_its_coefficients() -> None:
    assert (repr(plain), repr(momentum(0.9))) == ("plain", "momentum(0.9)")
