"""Rules are pairs of pure functions, and take PyTorch's steps."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam.rules import Rule, adam, adamw, momentum, nesterov, plain, rmsprop

RATE = 0.1


share = st.floats(0, 0.99)
small = st.sampled_from([1e-8, 1e-3])
RULES = [plain, momentum(0.9), nesterov(0.9), rmsprop(), adam(), adamw(0.1)]


def same_steps(rule: Rule, optimiser: type, seed: int, **options: Any) -> None:
    """Take steps with a rule and with PyTorch's, which end at the same place."""
    rng = np.random.default_rng(seed)
    p = rng.normal(size=5)
    twin = torch.nn.Parameter(torch.from_numpy(p.copy()))
    theirs = optimiser([twin], lr=RATE, **options)
    state = rule.init(p)
    for t in range(1, 8):
        g = rng.normal(size=5)
        step, state = rule.update(state, g, p, RATE, t)
        p = p + step
        twin.grad = torch.from_numpy(g.copy())
        theirs.step()
    np.testing.assert_allclose(p, twin.detach().numpy(), rtol=1e-9, atol=1e-12)


@given(mu=share, seed=st.integers(0, 2**32 - 1))
def test_momentum_takes_the_steps_of_pytorch(mu: float, seed: int) -> None:
    same_steps(momentum(mu), torch.optim.SGD, seed, momentum=mu)


@given(mu=st.floats(0.01, 0.99), seed=st.integers(0, 2**32 - 1))
def test_nesterov_takes_the_steps_of_pytorch(mu: float, seed: int) -> None:
    same_steps(nesterov(mu), torch.optim.SGD, seed, momentum=mu, nesterov=True)


@given(alpha=share, epsilon=small, seed=st.integers(0, 2**32 - 1))
def test_rmsprop_takes_the_steps_of_pytorch(alpha, epsilon, seed) -> None:
    rule = rmsprop(alpha, epsilon)
    same_steps(rule, torch.optim.RMSprop, seed, alpha=alpha, eps=epsilon)


@given(b1=share, b2=share, epsilon=small, seed=st.integers(0, 2**32 - 1))
def test_adam_takes_the_steps_of_pytorch(b1, b2, epsilon, seed) -> None:
    rule = adam(b1, b2, epsilon)
    same_steps(rule, torch.optim.Adam, seed, betas=(b1, b2), eps=epsilon)


@given(decay=st.floats(0, 2), b1=share, b2=share, seed=st.integers(0, 2**32 - 1))
def test_adamw_takes_the_steps_of_pytorch(decay, b1, b2, seed) -> None:
    rule = adamw(decay, b1, b2)
    same_steps(rule, torch.optim.AdamW, seed, betas=(b1, b2), weight_decay=decay)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_nothing_that_is_passed_is_changed(rule: Rule) -> None:
    p, g = np.arange(3.0), np.ones(3)
    state = rule.init(p)
    _, state = rule.update(state, g, p, RATE, 1)
    before = copy.deepcopy(state)
    rule.update(state, g, p, RATE, 2)
    assert (p == [0, 1, 2]).all()
    assert (g == 1).all()
    np.testing.assert_equal(state, before)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_an_ensemble_takes_the_step_of_each_of_its_networks(rule: Rule) -> None:
    rng = np.random.default_rng(1)
    P = rng.normal(size=(3, 4))
    together, apart = rule.init(P), [rule.init(p) for p in P]
    for t in (1, 2, 3):
        G = rng.normal(size=P.shape)
        step, together = rule.update(together, G, P, RATE, t)
        for k in range(3):
            own, apart[k] = rule.update(apart[k], G[k], P[k], RATE, t)
            np.testing.assert_allclose(step[k], own, rtol=1e-14)


def test_without_a_share_momentum_is_plain() -> None:
    g = np.array([1.0, -2.0])
    step, _ = momentum(0).update(np.zeros(2), g, g, RATE, 1)
    assert (step == plain.update(None, g, g, RATE, 1)[0]).all()


@pytest.mark.parametrize("mu", [-0.1, 1.0, np.nan, np.inf, [0.5]])
def test_a_share_outside_its_bounds_is_refused(mu: float) -> None:
    for rule in (momentum, nesterov):
        with pytest.raises(ValueError, match=r"^mu: expected (a number from 0|finite)"):
            rule(mu)
    with pytest.raises(ValueError, match=r"^alpha: "):
        rmsprop(mu)
    for name in ("beta1", "beta2"):
        with pytest.raises(ValueError, match=f"^{name}: "):
            adam(**{name: mu})


@pytest.mark.parametrize("value", [-1e-9, np.nan, np.inf, [0.0]])
def test_a_coefficient_that_is_negative_or_none_is_refused(value: float) -> None:
    for rule in (rmsprop, adam):
        with pytest.raises(
            ValueError, match=r"^epsilon: expected (a number from 0 on|finite)"
        ):
            rule(epsilon=value)
    with pytest.raises(ValueError, match=r"^decay: "):
        adamw(value)


@pytest.mark.parametrize("part", ["init", "update"])
def test_what_cannot_be_called_is_refused(part: str) -> None:
    parts = {"init": np.zeros_like, "update": plain.update} | {part: 3}
    with pytest.raises(TypeError, match=part):
        Rule("broken", **parts)


def test_a_rule_is_shown_with_its_coefficients() -> None:
    assert (repr(plain), repr(momentum(0.9))) == ("plain", "momentum(0.9)")
    assert repr(adamw(0.1)) == "adamw(0.1, 0.9, 0.999, 1e-08)"
    assert repr(adam()) == "adam(0.9, 0.999, 1e-08)"
