"""Dropout with masks that are data, against PyTorch with the same masks."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam import (
    Diverged,
    Network,
    complex_step,
    cost,
    gradient,
    identity,
    quadratic,
    relu,
    sgd,
    sigmoid,
    softmax_cross_entropy,
)
from dlam.dropout import ThinnedNetwork, sgd_with_dropout
from dlam.penalties import l2
from dlam.pytorch import to_module, to_parameters
from dlam.rules import adam, momentum, plain
from dlam.sampling import masks, minibatches
from shapes import SMOOTH, Case, cases, check

CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def drawn(case: Case, *leading: int) -> dict[int, np.ndarray]:
    """Masks for some of the layers, of (…, N, n) factors."""
    sizes = case.net.sizes
    some = [n for n in range(1, len(sizes)) if case.rng.random() < 0.7]
    return {
        n: masks((*leading, len(case.X), sizes[n - 1]), 0.6, case.rng) for n in some
    }


def thinned_by_torch(
    module: Any, d: dict[int, np.ndarray], X: np.ndarray
) -> torch.Tensor:
    """The output of a module of Linear layers and activations, with factors."""
    a, layer = torch.from_numpy(X), 1
    for part in module:
        if isinstance(part, torch.nn.Linear):
            a = part(a * torch.from_numpy(d[layer]) if layer in d else a)
            layer += 1
        else:
            a = part(a)
    return a


@check()
@given(cases([*SMOOTH, relu]))
def test_output_and_gradient_are_those_of_pytorch_with_the_same_masks(
    case: Case,
) -> None:
    net, p, X, Y, _, _ = case
    d = drawn(case)
    thinned, module = ThinnedNetwork(net, d), to_module(net, p)
    a = thinned_by_torch(module, d, X)
    (((a - torch.from_numpy(Y)) ** 2).sum() / 2 / len(X)).backward()
    theirs = torch.cat([q.grad.ravel() for q in module.parameters()])
    np.testing.assert_allclose(thinned(p, X), a.detach(), **CLOSE)
    np.testing.assert_allclose(gradient(thinned, p, X, Y), theirs, **CLOSE)


@check()
@given(cases(SMOOTH))
def test_the_gradient_agrees_with_the_complex_step(case: Case) -> None:
    net, p, X, Y, _, _ = case
    thinned = ThinnedNetwork(net, drawn(case))
    g = complex_step(lambda p: cost(thinned, p, X, Y, quadratic), p)
    np.testing.assert_allclose(gradient(thinned, p, X, Y), g, rtol=1e-9, atol=1e-12)


@check()
@given(cases([*SMOOTH, relu]))
def test_with_factors_of_one_it_is_the_network(case: Case) -> None:
    net, p, X, Y, _, _ = case
    d = {n: np.ones(net.sizes[n - 1]) for n in range(1, len(net.sizes))}
    thinned = ThinnedNetwork(net, d)
    np.testing.assert_allclose(thinned(p, X), net(p, X), rtol=1e-14)
    np.testing.assert_allclose(
        gradient(thinned, p, X, Y), gradient(net, p, X, Y), rtol=1e-12, atol=1e-15
    )


@check()
@given(cases([*SMOOTH, relu], networks=3))
def test_an_ensemble_of_masks_is_that_many_networks(case: Case) -> None:
    net, P, X, Y, _, _ = case
    d = drawn(case, 3)
    together = ThinnedNetwork(net, d)
    apart = [ThinnedNetwork(net, {n: d[n][k] for n in d}) for k in range(3)]
    each = [gradient(one, p, X, Y) for one, p in zip(apart, P, strict=True)]
    np.testing.assert_allclose(gradient(together, P, X, Y), each, **CLOSE)
    if d:  # the same parameters under each of the masks
        output = together(P[0], X)
        each = [one(P[0], X) for one in apart]
        np.testing.assert_allclose(output, each, **CLOSE)
        each = [gradient(one, P[0], X, Y) for one in apart]
        np.testing.assert_allclose(gradient(together, P[0], X, Y), each, **CLOSE)


@pytest.mark.parametrize("size", [None, 3])
def test_networks_may_share_some_of_their_masks_or_all(size: int | None) -> None:
    rng = np.random.default_rng(4)
    net = Network((2, 4, 3, 1))
    p, X, Y = net.normal(rng, size=size), rng.normal(size=(5, 2)), rng.random((5, 1))
    shared, own = masks((5, 4), 0.6, rng), masks((3, 5, 3), 0.6, rng)
    P = np.broadcast_to(p, (3, net.n_parameters))
    some = gradient(ThinnedNetwork(net, {2: shared, 3: own}), p, X, Y)
    each = [
        gradient(ThinnedNetwork(net, {2: shared, 3: mine}), q, X, Y)
        for mine, q in zip(own, P, strict=True)
    ]
    np.testing.assert_allclose(some, each, **CLOSE)
    same = ThinnedNetwork(net, {2: shared, 3: own[0]})
    each = [gradient(same, q, X, Y) for q in P]
    found = np.broadcast_to(gradient(same, p, X, Y), P.shape)
    np.testing.assert_allclose(found, each, **CLOSE)


def test_the_mean_over_all_masks_of_a_linear_layer_is_the_whole_network() -> None:
    rng = np.random.default_rng(1)
    net = Network((3, 4, 2), (sigmoid, identity))
    p, X, keep = net.normal(rng), rng.normal(size=(5, 3)), 0.8
    kept = np.array(list(product([0, 1], repeat=4)))
    chance = keep ** kept.sum(axis=1) * (1 - keep) ** (1 - kept).sum(axis=1)
    outputs = ThinnedNetwork(net, {2: kept[:, np.newaxis] / keep})(p, X)
    mean = np.tensordot(chance, outputs, axes=1)
    np.testing.assert_allclose(mean, net(p, X), rtol=1e-12)


def test_masks_on_the_inputs_of_a_linear_neuron_are_ridge_in_the_mean() -> None:
    rng = np.random.default_rng(2)
    net, keep = Network((4, 1), identity), 0.7
    p, X, Y = net.normal(rng), rng.normal(size=(6, 4)), rng.normal(size=(6, 1))
    kept = np.array(list(product([0, 1], repeat=4)))
    chance = keep ** kept.sum(axis=1) * (1 - keep) ** (1 - kept).sum(axis=1)
    thinned = ThinnedNetwork(net, {1: kept[:, np.newaxis] / keep})
    mean = chance @ cost(thinned, p, X, Y)
    share = (1 - keep) / keep
    penalty = share * sum(p[j] ** 2 * (X[:, j] ** 2).mean() for j in range(4)) / 2
    assert mean == pytest.approx(cost(net, p, X, Y) + penalty, rel=1e-12)


def test_a_single_point_gives_a_single_output() -> None:
    net = Network((2, 3, 2))
    p = net.normal(np.random.default_rng(1))
    thinned = ThinnedNetwork(net, {2: [0.0, 2.0, 2.0]})
    output, back = thinned.pullback(p, [0.1, 0.2])
    assert output.shape == (2,)
    np.testing.assert_allclose(output, thinned(p, [[0.1, 0.2]])[0])
    assert back([1.0, 0.0]).shape == p.shape
    with pytest.raises(ValueError, match=r"^slope: expected shape \(2,\)"):
        back([1.0])


# Training


RULES = {
    plain: (torch.optim.SGD, {}),
    momentum(0.9): (torch.optim.SGD, {"momentum": 0.9}),
    adam(): (torch.optim.Adam, {}),
}


@check(20)
@given(
    case=cases([*SMOOTH, relu]),
    rule=st.sampled_from([*RULES]),
    decay=st.sampled_from([0.0, 0.1]),
    m=st.integers(1, 3),
)
def test_a_run_is_that_of_pytorch_with_the_same_masks(case, rule, decay, m) -> None:
    net, p, X, Y, _, rng = case
    steps, rate = 6, 0.05
    order = minibatches(len(X), m, steps, rng)
    d = {
        n: masks((steps, m, net.sizes[n - 1]), 0.7, rng)
        for n in range(1, len(net.sizes))
    }
    found = sgd_with_dropout(
        net, p, X, Y, order, rate, d, rule=rule, penalty=l2(decay), record_every=2
    )
    module = to_module(net, p)
    kind, options = RULES[rule]
    optimiser = kind(module.parameters(), lr=rate, weight_decay=decay, **options)
    for t, rows in enumerate(order):
        optimiser.zero_grad()
        a = thinned_by_torch(module, {n: d[n][t] for n in d}, X[rows])
        (((a - torch.from_numpy(Y[rows])) ** 2).sum() / 2 / m).backward()
        optimiser.step()
    # Adam divides by the size of the gradient, which may be as small as rounding.
    close = {"rtol": 1e-7, "atol": 1e-7} if rule.name == "adam" else CLOSE
    np.testing.assert_allclose(found.parameters, to_parameters(module), **close)
    assert found.steps.tolist() == [0, 2, 4, 6]
    np.testing.assert_allclose(found.cost[-1], cost(net, found.parameters, X, Y))


@check(20)
@given(case=cases(networks=3), dimensions=st.sampled_from([2, 3]), own=st.booleans())
def test_an_ensemble_runs_as_its_networks_do(case, dimensions, own) -> None:
    net, P, X, Y, loss, rng = case
    steps, m = 4, 2
    order = rng.integers(len(X), size=(3, steps, m)[3 - dimensions :])
    leading = (3, steps, m) if own else (steps, m)
    d = {
        n: masks((*leading, net.sizes[n - 1]), 0.7, rng)
        for n in range(1, len(net.sizes))
    }
    together = sgd_with_dropout(net, P, X, Y, order, 0.1, d, loss)
    for k in range(3):
        rows = order[k] if dimensions == 3 else order
        mine = {n: d[n][k] if own else d[n] for n in d}
        apart = sgd_with_dropout(net, P[k], X, Y, rows, 0.1, mine, loss)
        np.testing.assert_allclose(together.parameters[k], apart.parameters, **CLOSE)
        np.testing.assert_allclose(together.cost[k], apart.cost, **CLOSE)
    one = sgd_with_dropout(
        net, P[:1], X, Y, order[:1] if dimensions == 3 else order, 0.1,
        {n: d[n][:1] if own else d[n] for n in d}, loss,
    )  # fmt: skip
    np.testing.assert_allclose(one.parameters, together.parameters[:1], **CLOSE)


@check(20)
@given(cases(SMOOTH))
def test_a_run_without_masks_is_the_run_of_sgd(case: Case) -> None:
    net, p, X, Y, loss, rng = case
    order = rng.integers(len(X), size=8)
    ones = {2: np.ones((8, 1, net.sizes[1]))} if len(net.sizes) > 2 else {}
    ours = sgd_with_dropout(net, p, X, Y, order, 0.1, ones, loss, keep_path=True)
    theirs = sgd(net, p, X, Y, order, 0.1, loss, keep_path=True)
    np.testing.assert_allclose(ours.path, theirs.path, **CLOSE)
    np.testing.assert_allclose(ours.cost, theirs.cost, **CLOSE)
    assert sgd_with_dropout(net, p, X, Y, order, 0.1, ones, loss).path is None


def test_a_mini_batch_may_share_its_mask() -> None:
    rng = np.random.default_rng(2)
    net = Network((2, 4, 1))
    p, X, Y = net.normal(rng), rng.normal(size=(5, 2)), rng.random((5, 1))
    order, shared = minibatches(5, 3, 6, rng), masks((6, 1, 4), 0.5, rng)
    found = sgd_with_dropout(net, p, X, Y, order, 0.5, {2: shared})
    each = sgd_with_dropout(net, p, X, Y, order, 0.5, {2: shared.repeat(3, axis=1)})
    np.testing.assert_allclose(found.parameters, each.parameters, **CLOSE)


def test_nothing_that_is_passed_is_changed() -> None:
    rng = np.random.default_rng(3)
    net = Network((2, 4, 1))
    p, X, Y = net.normal(rng), rng.normal(size=(5, 2)), rng.random((5, 1))
    d = {1: masks((6, 3, 2), 0.5, rng), 2: masks((6, 3, 4), 0.5, rng)}
    before = p.copy(), X.copy(), {n: d[n].copy() for n in d}
    sgd_with_dropout(net, p, X, Y, minibatches(5, 3, 6, rng), 0.5, d)
    assert (p == before[0]).all()
    assert (before[1] == X).all()
    assert all((d[n] == before[2][n]).all() for n in d)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_run_that_diverges_says_at_which_step() -> None:
    net = Network((1, 2, 1), identity)
    p, order = np.ones(net.n_parameters), np.zeros(500, int)
    d = {2: np.full((500, 1, 2), 1.5)}
    with pytest.raises(Diverged) as caught:
        sgd_with_dropout(net, p, [[3.0]], [[1.0]], order, 10.0, d)
    assert 1 < caught.value.step < 500
    assert np.isfinite(caught.value.history.parameters).all()


# What does not fit


NET = Network((2, 3, 1))
P, X, Y = np.zeros(13), np.zeros((4, 2)), np.zeros((4, 1))


def test_a_thinned_network_is_shown_without_its_masks_and_stays_what_it_was() -> None:
    mask = np.ones((1, 3))
    thinned: Any = ThinnedNetwork(NET, {2: mask})
    assert repr(thinned) == f"ThinnedNetwork(net={NET!r})"
    mask[:] = 7
    assert (thinned.masks[2] == 1).all()
    with pytest.raises(FrozenInstanceError):
        thinned.net = Network((2, 3, 2))


def test_a_thinned_network_equals_no_other_and_can_be_a_key() -> None:
    one, other = (ThinnedNetwork(NET, {2: np.ones(3)}) for _ in range(2))
    assert one != other
    assert {one: 1, other: 2}[one] == 1


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({0: np.ones(2)}, ValueError, "^masks: expected layers from 1 to 2, got 0"),
        ({3: np.ones(1)}, ValueError, "^masks: expected layers from 1 to 2, got 3"),
        ({2: np.ones(2)}, ValueError, "^masks: expected 3 factors"),
        ({2: np.ones((1, 1, 1, 3))}, ValueError, "^masks: expected 3 factors"),
        ({2: np.full(3, np.nan)}, ValueError, "^masks: expected finite"),
        ({2: [1j] * 3}, TypeError, "^masks: expected real"),
        ({"2": np.ones(3)}, TypeError, "^masks: expected an integer"),
        (np.ones(3), TypeError, "^masks: expected a mapping"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(given, error, message) -> None:
    with pytest.raises(error, match=message):
        ThinnedNetwork(NET, given)


def test_masks_that_do_not_fit_the_points_or_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^masks: expected 4 rows for layer 2"):
        ThinnedNetwork(NET, {2: np.ones((3, 3))})(P, X)
    pair = ThinnedNetwork(NET, {2: np.ones((5, 4, 3))})
    with pytest.raises(ValueError, match=r"^masks: expected one leading axis"):
        pair(np.zeros((2, 13)), X)
    with pytest.raises(TypeError, match=r"^net: expected a Network"):
        ThinnedNetwork("net", {})


@pytest.mark.parametrize(
    ("order", "given", "message"),
    [
        ([0, 1], {2: np.ones((3, 1, 3))}, r"^masks: expected shape .*\(2, 1, 3\)"),
        ([0, 1], {2: np.ones((2, 2, 3))}, r"^masks: expected shape .*\(2, 1, 3\)"),
        ([0, 1], {2: np.ones((1, 2, 1, 3))}, r"^masks: expected shape"),
        ([0, 1], {2: np.ones((2, 3))}, r"^masks: expected 3 factors"),
        ([0, 4], {}, r"^order: expected rows from 0 to 3, got 0 to 4"),
        ([0, -1], {}, r"^order: expected rows from 0 to 3, got -1 to 0"),
    ],
)
def test_masks_that_do_not_fit_the_order_are_refused(order, given, message) -> None:
    with pytest.raises(ValueError, match=message):
        sgd_with_dropout(NET, P, X, Y, order, 0.1, given)


def test_a_loss_that_does_not_fit_the_output_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^loss: softmax"):
        sgd_with_dropout(NET, P, X, Y, [0], 0.1, {}, softmax_cross_entropy)
