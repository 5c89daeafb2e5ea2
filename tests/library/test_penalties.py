"""Penalties: values, gradients and proximal steps belong together."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import Lasso, LogisticRegression, Ridge

from dlam import (
    Network,
    binary_cross_entropy,
    cost,
    finite_difference,
    gradient,
    identity,
    quadratic,
    sgd,
    softmax_cross_entropy,
)
from dlam.features import least_norm
from dlam.penalties import Penalty, l1, l2, restricted, weights
from dlam.pytorch import to_module, to_parameters
from dlam.rules import adamw, momentum, plain
from dlam.sampling import minibatches
from shapes import SMOOTH, Case, cases, check

P = np.array([1.5, -0.3, 0.7, -2.0])
both = pytest.mark.parametrize("penalty", [l1(0.4), l2(0.4)], ids=repr)


@both
def test_the_gradient_is_that_of_the_value(penalty: Penalty) -> None:
    slope = finite_difference(lambda p: float(penalty.value(p)), P)
    assert np.abs(penalty.gradient(P) - slope).max() < 1e-8


def test_the_values_are_the_sums_that_are_written() -> None:
    assert float(l1(0.4).value(P)) == pytest.approx(0.4 * sum(abs(x) for x in P))
    assert float(l2(0.4).value(P)) == pytest.approx(0.2 * sum(x**2 for x in P))


@both
@pytest.mark.parametrize("rate", [0.1, 1.0, 5.0])
def test_the_proximal_step_minimises_what_it_should(
    penalty: Penalty, rate: float
) -> None:
    assert penalty.proximal is not None
    found = penalty.proximal(P, rate)
    for x, q in zip(P, found, strict=True):

        def f(t: float, x: float = x) -> float:
            return rate * float(penalty.value(np.array([t]))) + (t - x) ** 2 / 2

        best = minimize_scalar(f, bounds=(-3, 3), method="bounded")
        assert f(q) <= best.fun + 1e-12


def test_only_the_proximal_step_of_l1_gives_zeros() -> None:
    penalty = l1(1.0)
    assert penalty.proximal is not None
    assert list(penalty.proximal(P, 0.7)) == pytest.approx([0.8, 0, 0, -1.3])
    assert (P - 0.7 * penalty.gradient(P) != 0).sum() >= 3


def test_the_gradient_of_l1_is_0_at_0() -> None:
    assert l1(0.4).gradient(np.array([-2.0, 0.0, 3.0])).tolist() == [-0.4, 0.0, 0.4]


@both
def test_an_ensemble_has_a_value_for_each_network(penalty: Penalty) -> None:
    pair = np.stack([P, 2 * P])
    assert penalty.value(pair).shape == (2,)
    assert (penalty.gradient(pair)[1] == penalty.gradient(2 * P)).all()


@pytest.mark.parametrize("make", [l1, l2])
@pytest.mark.parametrize("strength", [-1.0, np.nan, np.inf, [1.0]])
def test_a_strength_that_is_none_is_refused(make, strength) -> None:
    with pytest.raises(ValueError, match=r"^strength: expected"):
        make(strength)


def test_a_value_or_a_gradient_that_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^value: expected a function"):
        Penalty("none", 0.0, np.zeros_like)
    with pytest.raises(TypeError, match=r"^gradient: expected a function"):
        Penalty("none", np.sum, 0.0)
    with pytest.raises(TypeError, match=r"^proximal: expected a function"):
        Penalty("none", np.sum, np.zeros_like, 0.0)


def test_a_penalty_stays_what_it_was() -> None:
    penalty: Any = l2(0.4)
    with pytest.raises(FrozenInstanceError):
        penalty.name = "l1(0.4)"


# Some of the parameters


@both
def test_a_restricted_penalty_leaves_the_other_parameters_alone(
    penalty: Penalty,
) -> None:
    where = np.array([True, False, True, False])
    some = restricted(penalty, where)
    assert some.value(P) == penalty.value(P[where])
    np.testing.assert_array_equal(some.gradient(P)[where], penalty.gradient(P)[where])
    assert (some.gradient(P)[~where] == 0).all()
    assert some.proximal is not None
    assert penalty.proximal is not None
    found = some.proximal(P, 0.5)
    np.testing.assert_array_equal(found[where], penalty.proximal(P, 0.5)[where])
    np.testing.assert_array_equal(found[~where], P[~where])
    pair = np.stack([P, 2 * P])
    assert some.value(pair).shape == (2,)
    assert (some.gradient(pair)[1] == some.gradient(2 * P)).all()


def test_a_penalty_without_a_proximal_step_has_none_restricted() -> None:
    quartic = Penalty("quartic", lambda p: (p**4).sum(axis=-1), lambda p: 4 * p**3)
    assert restricted(quartic, [True]).proximal is None


@check()
@given(cases())
def test_weights_are_what_pytorch_calls_so(case: Case) -> None:
    named = to_module(case.net, case.p).named_parameters()
    theirs = [np.full(q.numel(), name.endswith("weight")) for name, q in named]
    np.testing.assert_array_equal(weights(case.net), np.concatenate(theirs))


def test_what_is_no_choice_of_parameters_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^where: expected truth values"):
        restricted(l2(1.0), [1.0, 0.0])
    with pytest.raises(ValueError, match=r"^where: expected shape \(s,\)"):
        restricted(l2(1.0), [[True]])
    where = np.array([True, False])
    some = restricted(l1(1.0), where)
    where[:] = True
    assert some.value(np.array([3.0, 4.0])) == 3
    for function in (some.value, some.gradient, lambda p: some.proximal(p, 0.1)):
        with pytest.raises(ValueError, match=r"^where: .* each of 1 parameters, got 2"):
            function(np.ones(1))
    with pytest.raises(TypeError, match=r"^penalty: expected a Penalty"):
        restricted(0.1, [True])
    with pytest.raises(TypeError, match=r"^net: expected a Network"):
        weights("net")


# Training, with PyTorch beside


def run_of_torch(case: Case, order: np.ndarray, optimiser: Any, module: Any) -> Any:
    """The parameters after the steps of an optimiser."""
    for rows in order:
        optimiser.zero_grad()
        a, y = module(torch.from_numpy(case.X[rows])), torch.from_numpy(case.Y[rows])
        (((a - y) ** 2).sum() / 2 / len(rows)).backward()
        optimiser.step()
    return to_parameters(module)


decays = st.sampled_from([0.0, 1e-3, 0.1, 1.0])


@check(20)
@given(case=cases(SMOOTH), decay=decays, mu=st.sampled_from([0.0, 0.9]))
def test_weight_decay_is_that_of_pytorchs_sgd(case, decay, mu) -> None:
    order = minibatches(len(case.X), 2, 6, case.rng)
    for only in (False, True):
        module = to_module(case.net, case.p)
        penalty: Penalty = l2(decay)
        groups: Any = [{"params": list(module.parameters()), "weight_decay": decay}]
        if only:
            penalty = restricted(penalty, weights(case.net))
            named = list(module.named_parameters())
            groups = [
                {
                    "params": [q for name, q in named if name.endswith(kind)],
                    "weight_decay": of_kind,
                }
                for kind, of_kind in (("weight", decay), ("bias", 0.0))
            ]
        ours = sgd(
            case.net, case.p, case.X, case.Y, order, 0.1,
            rule=momentum(mu) if mu else plain, penalty=penalty,
        )  # fmt: skip
        theirs = torch.optim.SGD(groups, lr=0.1, momentum=mu)
        np.testing.assert_allclose(
            ours.parameters, run_of_torch(case, order, theirs, module),
            rtol=1e-12, atol=1e-12,
        )  # fmt: skip


@check(20)
@given(case=cases(SMOOTH), decay=decays)
def test_decoupled_decay_is_that_of_pytorchs_adamw(case, decay) -> None:
    order = minibatches(len(case.X), 2, 6, case.rng)
    module = to_module(case.net, case.p)
    # With a larger ε, what is rounded is not divided by what is as small.
    rule = adamw(decay, epsilon=1e-3)
    ours = sgd(case.net, case.p, case.X, case.Y, order, 0.1, rule=rule)
    theirs = torch.optim.AdamW(
        module.parameters(), lr=0.1, weight_decay=decay, eps=1e-3
    )
    np.testing.assert_allclose(
        ours.parameters, run_of_torch(case, order, theirs, module),
        rtol=1e-12, atol=1e-12,
    )  # fmt: skip


def test_a_penalty_and_decoupled_decay_differ_under_adam() -> None:
    rng = np.random.default_rng(1)
    net = Network((2, 3, 1))
    p, X, Y = net.normal(rng), rng.normal(size=(4, 2)), rng.random((4, 1))
    order = minibatches(4, 2, 20, rng)
    apart = sgd(net, p, X, Y, order, 0.01, rule=adamw(0.5))
    inside = sgd(net, p, X, Y, order, 0.01, rule=adamw(0.0), penalty=l2(0.5))
    assert np.abs(apart.parameters - inside.parameters).max() > 0.01


@check()
@given(K=st.integers(2, 5), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_smoothed_labels_are_those_of_pytorch(K, share, seed) -> None:
    rng = np.random.default_rng(seed)
    net = Network((3, K), identity)
    p, X, labels = net.normal(rng), rng.normal(size=(6, 3)), rng.integers(K, size=6)
    Y = (1 - share) * np.eye(K)[labels] + share / K
    module = to_module(net, p)
    theirs = torch.nn.functional.cross_entropy(
        module(torch.from_numpy(X)), torch.from_numpy(labels), label_smoothing=share
    )
    theirs.backward()
    g = torch.cat([q.grad.ravel() for q in module.parameters()])
    ours = cost(net, p, X, Y, softmax_cross_entropy)
    assert ours == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(
        gradient(net, p, X, Y, softmax_cross_entropy), g, rtol=1e-12, atol=1e-12
    )


# Linear models, with scikit-learn beside


@pytest.fixture(scope="module")
def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """The columns with mean 0 and length 1, and the targets with mean 0."""
    X, y = load_diabetes(return_X_y=True)
    return X, (y - y.mean())[:, np.newaxis]


@pytest.mark.parametrize("strength", [1e-3, 0.1, 1.0, 10.0])
def test_ridge_is_scikit_learns(diabetes, strength: float) -> None:
    X, y = diabetes
    theirs = Ridge(alpha=strength, fit_intercept=False, solver="svd").fit(X, y)
    theirs = theirs.coef_.ravel()
    beta = least_norm(X, y, ridge=strength).ravel()
    np.testing.assert_allclose(beta, theirs, rtol=1e-9)
    # One linear neuron without its bias, whose cost is a mean, and half the squares.
    net, N = Network((10, 1), identity), len(X)
    penalty = restricted(l2(strength / N), weights(net))
    slope = gradient(net, np.append(beta, 0.0), X, y, quadratic)
    slope += penalty.gradient(np.append(beta, 0.0))
    assert np.abs(slope).max() < 1e-10


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
def test_proximal_steps_lead_to_scikit_learns_lasso(diabetes, strength: float) -> None:
    X, y = diabetes
    theirs = Lasso(strength, fit_intercept=False, tol=1e-12, max_iter=10**6).fit(X, y)
    theirs = theirs.coef_
    N, penalty = len(X), l1(strength)
    assert penalty.proximal is not None
    rate = N / np.linalg.norm(X, 2) ** 2
    beta, ahead, t = np.zeros(10), np.zeros(10), 1.0

    def slope(beta: np.ndarray) -> np.ndarray:
        return X.T @ (X @ beta - y.ravel()) / N

    for _ in range(4000):  # with Nesterov's look ahead, which does not change the end
        moved = penalty.proximal(ahead - rate * slope(ahead), rate)
        t, before = (1 + np.sqrt(1 + 4 * t * t)) / 2, t
        beta, ahead = moved, moved + (before - 1) / t * (moved - beta)
    np.testing.assert_allclose(beta, theirs, rtol=1e-5, atol=1e-4)
    assert ((beta == 0) == (theirs == 0)).all()
    assert (beta == 0).any()
    assert (beta != 0).any()
    # The conditions: the slope is −λ sign β where β is not 0, and at most λ elsewhere.
    on, found = theirs != 0, slope(theirs)
    np.testing.assert_allclose(found[on], -strength * np.sign(theirs[on]), rtol=1e-6)
    assert np.abs(found[~on]).max() <= strength


@pytest.mark.parametrize("strength", [0.1, 1.0, 10.0])
def test_a_penalised_neuron_is_scikit_learns_logistic_regression(
    strength: float,
) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    Y, net, N = y[:, np.newaxis], Network((X.shape[1], 1)), len(X)
    penalty = restricted(l2(strength / N), weights(net))
    theirs = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=10**4).fit(X, y)

    def value(p: np.ndarray) -> float:
        return float(cost(net, p, X, Y, binary_cross_entropy) + penalty.value(p))

    def slope(p: np.ndarray) -> np.ndarray:
        return gradient(net, p, X, Y, binary_cross_entropy) + penalty.gradient(p)

    found = minimize(value, np.zeros(31), jac=slope, method="BFGS", tol=1e-9)
    expected = np.append(theirs.coef_, theirs.intercept_)
    assert np.abs(slope(expected)).max() < 1e-6
    np.testing.assert_allclose(found.x, expected, rtol=1e-3, atol=1e-3)
