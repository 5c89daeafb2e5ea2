"""Rules are pairs of pure functions, and take PyTorch's steps."""

from __future__ import annotations

import copy
from dataclasses import FrozenInstanceError
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, reject
from hypothesis import strategies as st

from dlam import Diverged, Network, gradient, schedules, sgd
from dlam.rules import (
    QUINTIC,
    Rule,
    adam,
    adamw,
    momentum,
    muon,
    nesterov,
    newton_schulz,
    plain,
    rmsprop,
)
from shapes import ALL, Case, cases, check

RATE = 0.1
CLOSE = {"rtol": 1e-12, "atol": 1e-12}

NET = Network((1, 2, 1))  # of seven parameters
share = st.floats(0, 0.99)
small = st.sampled_from([1e-8, 1e-3])
RULES = [plain, momentum(0.9), nesterov(0.9), rmsprop(), adam(), adamw(0.1), muon(NET)]


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
    np.testing.assert_allclose(p, twin.detach().numpy(), **CLOSE)


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


# A run, step by step


def split(net: Network, p: np.ndarray) -> list[np.ndarray]:
    """Return copies of all weights, and then of all biases, as PyTorch has them."""
    weights, biases = zip(*net.unpack(p), strict=True)
    return [part.copy() for part in (*weights, *biases)]


def same_run(
    case: Case, rule: Rule, make: Any, shape: tuple[int, ...], schedule: int
) -> None:
    """Hold a run of `sgd` to PyTorch's optimisers, which go along beside it.

    At each step both stand at the same place, and are given the same gradient.
    A run that leaves all bounds, as it may at these rates, is another test's.
    """
    net, p, X, Y, loss, rng = case
    steps = shape[0]
    order = rng.integers(len(X), size=shape)
    rates = [
        schedules.constant(0.05, steps),
        schedules.warmup_decay(0.1, steps, 3, 4),
        schedules.cosine(0.1, steps, 0.01),
        rng.uniform(0.01, 0.1, steps),
    ][schedule]
    try:
        history = sgd(
            net, p, X, Y, order, rates, loss, rule, record_every=1, keep_path=True
        )
    except (Diverged, RuntimeWarning):
        reject()
    parts = [torch.nn.Parameter(torch.from_numpy(x)) for x in split(net, p)]
    L = len(parts) // 2
    optimisers = make(parts[:L], parts[L:])
    schedulers = [
        torch.optim.lr_scheduler.LambdaLR(one, lambda t: rates[min(t, steps - 1)])
        for one in optimisers
    ]
    for t, row in enumerate(order):
        rows, at = np.atleast_1d(row), history.path[t]
        g = gradient(net, at, X[rows], Y[rows], loss)
        for part, x, slope in zip(parts, split(net, at), split(net, g), strict=True):
            part.data, part.grad = torch.from_numpy(x), torch.from_numpy(slope)
        for one in (*optimisers, *schedulers):
            one.step()
        ends = [part.detach().numpy() for part in parts]
        theirs = net.pack(zip(ends[:L], ends[L:], strict=True))
        np.testing.assert_allclose(history.path[t + 1], theirs, **CLOSE)


def all_by(optimiser: type, **options: Any) -> Any:
    """Make one optimiser for weights and biases; the rates come from a schedule."""
    return lambda W, b: [optimiser([*W, *b], lr=1.0, **options)]


SGD, OPTIM = torch.optim.SGD, torch.optim
PAIRS = {
    "plain": (plain, all_by(SGD)),
    "momentum": (momentum(0.9), all_by(SGD, momentum=0.9)),
    "nesterov": (nesterov(0.8), all_by(SGD, momentum=0.8, nesterov=True)),
    "rmsprop": (rmsprop(0.9), all_by(OPTIM.RMSprop, alpha=0.9)),
    "adam": (adam(0.8, 0.95), all_by(OPTIM.Adam, betas=(0.8, 0.95))),
    "adamw": (adamw(0.2), all_by(OPTIM.AdamW, weight_decay=0.2)),
}
shapes = st.sampled_from([(12,), (12, 1), (12, 3)])


@pytest.mark.parametrize("name", PAIRS)
@check(25)
@given(case=cases(ALL), shape=shapes, schedule=st.integers(0, 3))
def test_a_run_takes_the_steps_of_pytorch(
    name: str, case: Case, shape: tuple[int, ...], schedule: int
) -> None:
    same_run(case, *PAIRS[name], shape, schedule)


def scaled(factor: float, state: Any, g: Any, p: Any, rate: float, t: int) -> Any:
    return -factor * rate * g, state


OWN = Rule("scaled", np.zeros_like, partial(scaled, 0.5), (0.5,))


@pytest.mark.parametrize("rule", [plain, momentum(0.5), nesterov(0.5), OWN], ids=repr)
def test_a_compiled_run_takes_the_steps_of_its_rule(rule: Rule) -> None:
    rng = np.random.default_rng(6)
    net = Network((2, 3, 1))
    p, X, Y = net.normal(rng), rng.normal(size=(4, 2)), rng.random((4, 1))
    order = rng.integers(4, size=5000)
    found = sgd(net, p, X, Y, order, RATE, rule=rule).parameters
    state = rule.init(p)
    for t, row in enumerate(order[:, np.newaxis], start=1):
        g = gradient(net, p, X[row], Y[row])
        step, state = rule.update(state, g, p, RATE, t)
        p = p + step
    np.testing.assert_allclose(found, p, rtol=0, atol=1e-9)


@pytest.fixture(scope="module")
def exact() -> Any:
    """PyTorch's Muon, whose iteration stays in float64 instead of bfloat16."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
        yield


@check(60)
@given(
    case=cases(ALL),
    shape=shapes,
    schedule=st.integers(0, 3),
    mu=share,
    decay=st.floats(0, 1),
    nesterov=st.booleans(),
    adjust=st.sampled_from(["original", "match_rms_adamw"]),
    rest_rate=st.sampled_from([1.0, 0.1]),
)
def test_a_run_of_muon_takes_the_steps_of_pytorch(
    exact, case, shape, schedule, mu, decay, nesterov, adjust, rest_rate
) -> None:
    def make(W: list, b: list) -> list:
        options = {"momentum": mu, "weight_decay": decay, "nesterov": nesterov}
        return [
            torch.optim.Muon(W, lr=1.0, adjust_lr_fn=adjust, **options),
            torch.optim.AdamW(b, lr=rest_rate, weight_decay=0.3),
        ]

    rule = muon(
        case.net, mu, decay, nesterov=nesterov, adjust=adjust,
        rest=adamw(0.3), rest_rate=rest_rate,
    )  # fmt: skip
    same_run(case, rule, make, shape, schedule)


def test_a_step_of_muon_is_that_of_pytorch_as_far_as_bfloat16_goes() -> None:
    net, rng = Network((9, 20, 4)), np.random.default_rng(1)
    p, g = net.normal(rng), net.normal(rng)
    weights = [torch.nn.Parameter(torch.from_numpy(W)) for W in split(net, p)[:2]]
    optimiser = torch.optim.Muon(weights, lr=1.0, weight_decay=0.0)
    for W, slope in zip(weights, split(net, g), strict=False):
        W.grad = torch.from_numpy(slope)
    optimiser.step()
    rule = muon(net)
    step, _ = rule.update(rule.init(p), g, p, 1.0, 1)
    for W, ours in zip(weights, split(net, p + step), strict=False):
        np.testing.assert_allclose(W.detach().numpy(), ours, rtol=0, atol=0.04)


# Muon


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    """One or several matrices, of any size up to 6."""
    k, n, m = (draw(st.integers(1, 6)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = (n, m) if k == 6 else (k, n, m)
    return 10.0 ** draw(st.integers(-5, 5)) * rng.normal(size=size)


def polynomial(s: np.ndarray, steps: int, a: float, b: float, c: float) -> np.ndarray:
    for _ in range(steps):
        s = a * s + b * s**3 + c * s**5
    return s


@given(
    G=matrices(),
    steps=st.integers(0, 5),
    coefficients=st.sampled_from([QUINTIC, (1.5, -0.5, 0.0), (1.875, -1.25, 0.375)]),
)
def test_the_iteration_changes_nothing_but_the_singular_values(
    G: np.ndarray, steps: int, coefficients: tuple[float, float, float]
) -> None:
    U, s, Vt = np.linalg.svd(G, full_matrices=False)
    s = s / np.linalg.norm(s, axis=-1, keepdims=True)
    expected = (U * polynomial(s, steps, *coefficients)[..., np.newaxis, :]) @ Vt
    found = newton_schulz(G, steps, coefficients)
    np.testing.assert_allclose(found, expected, **CLOSE)


@given(
    G=matrices(), coefficients=st.sampled_from([(1.5, -0.5, 0), (1.875, -1.25, 0.375)])
)
def test_the_classical_iterations_converge_to_the_polar_factor(
    G: np.ndarray, coefficients: tuple[float, float, float]
) -> None:
    U, _, Vt = np.linalg.svd(G, full_matrices=False)
    found = newton_schulz(G, 60, coefficients)
    np.testing.assert_allclose(found, U @ Vt, rtol=0, atol=1e-9)


def test_the_iteration_of_muon_does_not_converge() -> None:
    end = newton_schulz(np.eye(1), 1000, QUINTIC).item()
    further = newton_schulz(np.eye(1), 1001, QUINTIC).item()
    assert abs(further - end) > 0.1


def test_a_gradient_of_zero_moves_nothing() -> None:
    assert (newton_schulz(np.zeros((3, 2))) == 0).all()
    p = np.ones(7)
    step, _ = muon(NET).update(muon(NET).init(p), np.zeros(7), p, RATE, 1)
    assert (step == 0).all()


@given(seed=st.integers(0, 2**32 - 1))
def test_weights_that_muon_leaves_out_follow_the_rule_of_the_rest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = Network((2, 3, 2, 1))
    some = muon(net, layers=(3,), rest=adamw(0.2), rest_rate=0.5)
    all_, rest = muon(net), adamw(0.2)
    P = net.normal(rng, size=2)
    states = [rule.init(P) for rule in (some, all_, rest)]
    for t in (1, 2):
        G = rng.normal(size=P.shape)
        ours, states[0] = some.update(states[0], G, P, RATE, t)
        muons, states[1] = all_.update(states[1], G, P, RATE, t)
        theirs, states[2] = rest.update(states[2], G, P, RATE / 2, t)
        for number, (own, other, third) in enumerate(
            zip(*map(net.unpack, (ours, muons, theirs)), strict=True), start=2
        ):
            np.testing.assert_array_equal(own.b, third.b)
            np.testing.assert_array_equal(own.W, (other if number == 3 else third).W)


def test_the_rest_starts_from_its_own_parameters() -> None:
    kept = Rule("kept", np.copy, lambda start, g, p, rate, t: (start, start))
    rule, p = muon(NET, layers=[2], rest=kept), np.arange(7.0)
    step, _ = rule.update(rule.init(p), np.ones(7), p, RATE, 1)
    assert (step[2:] == p[2:]).all()


def test_muon_looks_ahead_and_takes_all_layers_unless_it_is_told_otherwise() -> None:
    rng = np.random.default_rng(7)
    p, ends = NET.normal(rng), []
    for options in ({}, {"nesterov": True, "layers": (2, 3)}, {"nesterov": False}):
        rule, slopes = muon(NET, **options), np.random.default_rng(8)
        state = rule.init(p)
        for t in (1, 2):
            end, state = rule.update(state, slopes.normal(size=7), p, RATE, t)
        ends.append(end)
    assert (ends[0] == ends[1]).all()
    assert not np.allclose(ends[0], ends[2])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"net": (2, 3)}, TypeError, "net: expected a Network"),
        ({"mu": 1.0}, ValueError, "mu: expected a number from 0"),
        ({"decay": -1.0}, ValueError, "decay: expected a number from 0"),
        ({"layers": ()}, ValueError, r"layers: expected numbers from 2 to 3, got \[\]"),
        ({"layers": (1, 2)}, ValueError, "layers: expected numbers from 2 to 3"),
        ({"layers": (4,)}, ValueError, "layers: expected numbers from 2 to 3"),
        ({"layers": (2.0,)}, TypeError, "layers: expected an integer"),
        ({"layers": 2}, TypeError, "layers: expected numbers of layers"),
        ({"rest": "adam"}, TypeError, "rest: expected a Rule"),
        ({"rest_rate": 0.0}, ValueError, "rest_rate: expected a positive number"),
        ({"rest_rate": [1.0]}, ValueError, "rest_rate: expected a positive number"),
        ({"adjust": "none"}, ValueError, "adjust: expected one of"),
        ({"steps": -1}, ValueError, "steps: expected at least 0"),
        ({"coefficients": (1.0, 2.0)}, ValueError, "coefficients: expected three"),
        ({"epsilon": 0.0}, ValueError, "epsilon: expected a positive number"),
    ],
)
def test_muon_answers_wrong_input_at_once(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        muon(**({"net": NET} | change))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"G": np.ones(3)}, ValueError, r"G: expected shape \(n, m\), or"),
        ({"G": np.ones((1, 1, 2, 2))}, ValueError, "G: expected shape"),
        ({"G": [[np.nan]]}, ValueError, "G: expected finite numbers"),
        ({"G": [[1j]]}, TypeError, "G: expected real numbers"),
        ({"steps": 0.5}, TypeError, "steps: expected an integer"),
        ({"steps": -1}, ValueError, "steps: expected at least 0"),
        (
            {"coefficients": (1.0, np.inf, 2.0)},
            ValueError,
            "coefficients: expected fin",
        ),
        ({"epsilon": -1.0}, ValueError, "epsilon: expected a positive number"),
    ],
)
def test_the_iteration_answers_wrong_input_at_once(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        newton_schulz(**({"G": np.eye(2)} | change))


# Each of the rules


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_nothing_that_is_passed_is_changed(rule: Rule) -> None:
    p, g = np.arange(7.0), np.ones(7)
    state = rule.init(p)
    _, state = rule.update(state, g, p, RATE, 1)
    before = copy.deepcopy(state)
    rule.update(state, g, p, RATE, 2)
    assert (p == np.arange(7)).all()
    assert (g == 1).all()
    np.testing.assert_equal(state, before)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_an_ensemble_takes_the_step_of_each_of_its_networks(rule: Rule) -> None:
    rng = np.random.default_rng(1)
    P = rng.normal(size=(3, 7))
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


def test_a_rule_stays_what_it_was() -> None:
    rule: Any = momentum(0.9)
    with pytest.raises(FrozenInstanceError):
        rule.coefficients = (0.5,)


def test_a_rule_is_shown_with_its_coefficients() -> None:
    assert (repr(plain), repr(momentum(0.9))) == ("plain", "momentum(0.9)")
    assert repr(adamw(0.1)) == "adamw(0.1, 0.9, 0.999, 1e-08)"
    assert repr(adam()) == "adam(0.9, 0.999, 1e-08)"
    assert repr(muon(NET, 0.9, 0.1)) == "muon(0.9, 0.1)"
