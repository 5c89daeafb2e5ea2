"""Batch normalisation, against PyTorch's, in training and in evaluation."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam import (
    Network,
    complex_step,
    cost,
    gradient,
    identity,
    relu,
    sgd,
    sigmoid,
    tanh,
)
from dlam.normalisation import NormalisedNetwork, Statistics, running_statistics
from dlam.sampling import minibatches
from shapes import check

TWINS = {sigmoid: torch.nn.Sigmoid, tanh: torch.nn.Tanh, relu: torch.nn.ReLU}


class Case:
    """A normalised network, parameters, points and targets."""

    def __init__(self, sizes: list[int], hidden: Any, N: int, seed: int) -> None:
        activations = [*[hidden] * (len(sizes) - 2), identity]
        self.rng = rng = np.random.default_rng(seed)
        self.net = NormalisedNetwork(Network(tuple(sizes), tuple(activations)))
        self.p = self.net.normal(rng, 1.0) + 0.3 * rng.normal(
            size=self.net.n_parameters
        )
        self.X, self.Y = rng.normal(size=(N, sizes[0])), rng.normal(size=(N, sizes[-1]))
        self.hidden = hidden

    def module(self) -> Any:
        """The same in PyTorch."""
        sizes, parts = self.net.net.sizes, []
        for m, n in pairwise(sizes[:-1]):
            parts += [
                torch.nn.Linear(m, n),
                torch.nn.BatchNorm1d(n),
                TWINS[self.hidden](),
            ]
        module = torch.nn.Sequential(*parts, torch.nn.Linear(*sizes[-2:])).double()
        torch.nn.utils.vector_to_parameters(
            torch.from_numpy(self.p.copy()), module.parameters()
        )
        return module

    def statistics(self) -> dict[int, Statistics]:
        sizes = enumerate(self.net.net.sizes[1:-1], start=2)
        return {
            n: Statistics(self.rng.normal(size=k), self.rng.random(k) + 0.1)
            for n, k in sizes
        }


random_cases = st.builds(
    Case,
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5),
    hidden=st.sampled_from([*TWINS]),
    N=st.integers(3, 7),
    seed=st.integers(0, 2**32 - 1),
)


def close(found: Any, expected: Any, rounding: float = 1e-12) -> None:
    """Compare, relative to the largest of the numbers."""
    expected = np.asarray(expected)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=rounding * scale)


def load(module: Any, statistics: dict[int, Statistics]) -> None:
    norms = [part for part in module if isinstance(part, torch.nn.BatchNorm1d)]
    for part, one in zip(norms, statistics.values(), strict=True):
        part.running_mean.copy_(torch.from_numpy(one.mean))
        part.running_var.copy_(torch.from_numpy(one.variance))


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_output_and_gradient_are_those_of_pytorch(training: bool) -> None:
    @check(60)
    @given(random_cases)
    def holds(case: Case) -> None:
        net, p, X, Y, module = case.net, case.p, case.X, case.Y, case.module()
        if not training:
            net = net.evaluating(case.statistics())
            load(module, net.statistics)
        module.train(training)
        a = module(torch.from_numpy(X))
        (((a - torch.from_numpy(Y)) ** 2).sum() / 2 / len(X)).backward()
        theirs = torch.cat([q.grad.ravel() for q in module.parameters()])
        close(net(p, X), a.detach())
        # A small deviation, by which is divided, magnifies what is rounded.
        close(gradient(net, p, X, Y), theirs, 1e-11)

    holds()


@check()
@given(random_cases, st.booleans())
def test_the_gradient_agrees_with_the_complex_step(case: Case, training: bool) -> None:
    net = case.net if training else case.net.evaluating(case.statistics())
    g = complex_step(lambda p: cost(net, p, case.X, case.Y), case.p)
    close(gradient(net, case.p, case.X, case.Y), g, 1e-10)


@check()
@given(random_cases, st.booleans())
def test_an_ensemble_is_that_many_networks(case: Case, training: bool) -> None:
    net = case.net if training else case.net.evaluating(case.statistics())
    P = case.p + 0.1 * case.rng.normal(size=(3, case.p.size))
    close(net(P, case.X), [net(p, case.X) for p in P])
    each = [gradient(net, p, case.X, case.Y) for p in P]
    close(gradient(net, P, case.X, case.Y), each)
    together = case.net.batch_statistics(P, case.X)
    for k, p in enumerate(P):
        for n, one in case.net.batch_statistics(p, case.X).items():
            close(together[n].mean[k], one.mean)
            close(together[n].variance[k], one.variance)
    if not training:
        pair = {n: Statistics(*map(np.stack, zip(*[one] * 3, strict=True)))
                for n, one in net.statistics.items()}  # fmt: skip
        close(net.evaluating(pair)(P, case.X), net(P, case.X))


@check(20)
@given(random_cases)
def test_a_run_and_its_running_statistics_are_those_of_pytorch(case: Case) -> None:
    net, X, Y, module = case.net, case.X, case.Y, case.module()
    order = minibatches(len(X), 3, 5, case.rng, replace=False)
    history = sgd(net, case.p, X, Y, order, 0.02, record_every=1, keep_path=True)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.02)
    for rows in order:
        optimiser.zero_grad()
        a = module(torch.from_numpy(X[rows]))
        (((a - torch.from_numpy(Y[rows])) ** 2).sum() / 2 / 3).backward()
        optimiser.step()
    theirs = torch.nn.utils.parameters_to_vector(module.parameters()).detach()
    close(history.parameters, theirs, 1e-9)  # a run magnifies what is rounded
    kept = running_statistics(net, history.path, X, order)
    module.eval()
    given = net.evaluating(kept)
    close(given(history.parameters, X), module(torch.from_numpy(X)).detach(), 1e-8)


def test_a_share_of_0_moves_nothing_and_one_of_1_keeps_the_last_batch() -> None:
    case = Case([3, 4, 2], tanh, 6, 4)
    path, order = np.stack([case.p] * 3), np.array([[0, 1, 2], [3, 4, 5]])
    start = running_statistics(case.net, path, case.X, order, momentum=0)[2]
    assert (start.mean == 0).all()
    assert (start.variance == 1).all()
    found = running_statistics(case.net, path, case.X, order, momentum=1)[2]
    last = case.net.batch_statistics(case.p, case.X[3:])[2]
    close(found.mean, last.mean)
    close(found.variance, last.variance)


@check()
@given(random_cases)
def test_in_training_the_scale_of_the_weights_and_the_biases_do_not_matter(
    case: Case,
) -> None:
    net = NormalisedNetwork(case.net.net, epsilon=0.0)
    layers = net.unpack(case.p)
    if len(layers) == 1:
        return
    first = layers[0]._replace(W=7 * layers[0].W, b=layers[0].b + 3)
    q = net.pack([first, *layers[1:]])
    smooth = np.abs(net(case.p, case.X)).max() < 1e3
    if smooth:
        close(net(q, case.X), net(case.p, case.X), 1e-7)
    slopes = net.unpack(gradient(case.net, case.p, case.X, case.Y))
    for layer in slopes[:-1]:
        assert np.abs(layer.b).max() <= 1e-11 * max(1.0, np.abs(layer.W).max() * 1e2)


def test_the_formulas_are_the_sums_that_are_written() -> None:
    """One neuron, three points: the mean, the variance, and the slope by hand."""
    net = NormalisedNetwork(Network((1, 1, 1), identity), epsilon=0.0)
    p = net.pack([([[2.0]], [5.0], [3.0], [1.0]), ([[1.0]], [0.0])])
    X = np.array([[0.0], [1.0], [5.0]])
    mean, s = 2.0, np.sqrt((4 + 1 + 9) / 3)
    h = [(x - mean) / s for x in (0.0, 1.0, 5.0)]
    close(net(p, X).ravel(), [3 * x + 1 for x in h])
    slope = np.array([1.0, 0.0, 0.0])
    _, back = net.pullback(p, X)
    found = net.unpack(back(slope[:, np.newaxis]))[0]
    assert found.gamma.item() == pytest.approx(h[0])
    assert found.beta.item() == pytest.approx(1)
    # ∂h₁/∂zⱼ = (δ₁ⱼ − 1/3 − h₁hⱼ/3)/s', where s' is the deviation of z = 2x + 5.
    each = [((j == 0) - 1 / 3 - h[0] * h[j] / 3) / (2 * s) for j in range(3)]
    expected = 3 * sum(e * x for e, x in zip(each, (0.0, 1.0, 5.0), strict=True))
    assert found.W.item() == pytest.approx(expected, abs=1e-14)


def test_statistics_of_all_points_give_the_output_of_training() -> None:
    case = Case([3, 4, 4, 2], tanh, 7, 1)
    found = case.net.batch_statistics(case.p, case.X)
    biased = {n: Statistics(one.mean, one.variance * 6 / 7) for n, one in found.items()}
    fixed = case.net.evaluating(biased)
    close(fixed(case.p, case.X), case.net(case.p, case.X))
    close(fixed(case.p, case.X[0]), case.net(case.p, case.X)[0])
    again = fixed.batch_statistics(case.p, case.X)
    close(again[2].mean, found[2].mean)


def test_a_vector_is_packed_as_it_was_unpacked() -> None:
    case = Case([3, 4, 2], relu, 5, 2)
    assert (case.net.pack(case.net.unpack(case.p)) == case.p).all()
    start = case.net.normal(np.random.default_rng(1), size=2)
    first, last = case.net.unpack(start)
    plain = case.net.net.normal(np.random.default_rng(1), size=2)
    for layer, one in zip((first, last), case.net.net.unpack(plain), strict=True):
        assert (layer.W == one.W).all()
        assert (layer.b == one.b).all()
    assert (first.gamma == 1).all()
    assert (first.beta == 0).all()
    assert first.W.shape == (2, 4, 3)
    assert last.gamma is None
    assert (case.net.pack((first, last)) == start).all()
    theirs = torch.nn.utils.parameters_to_vector(case.module().parameters())
    np.testing.assert_array_equal(case.p, theirs.detach())


@pytest.mark.parametrize("size", [None, 2])
def test_without_hidden_layers_nothing_is_normalised(size: int | None) -> None:
    plain = Network((3, 2))
    net, p = NormalisedNetwork(plain), plain.normal(np.random.default_rng(2), size=size)
    assert (net.pack(net.unpack(p)) == p).all()
    X = np.arange(12.0).reshape(4, 3)
    close(net(p, X), plain(p, X))


def test_nothing_that_is_passed_is_changed() -> None:
    case = Case([3, 4, 2], relu, 5, 3)
    before = case.p.copy(), case.X.copy()
    gradient(case.net, case.p, case.X, case.Y)
    assert (before[0] == case.p).all()
    assert (before[1] == case.X).all()


def test_a_normalised_network_has_an_epsilon_and_statistics_of_its_own() -> None:
    epsilon, mean = np.array(0.5), np.zeros(3)
    given = {2: Statistics(mean, np.ones(3))}
    net = NormalisedNetwork(NET.net, epsilon, given)
    epsilon[...] = mean[...] = 7
    given.clear()
    assert net.epsilon == 0.5
    assert (net.statistics[2].mean == 0).all()
    assert repr(net) == f"NormalisedNetwork(net={NET.net!r}, epsilon=0.5)"


def test_a_normalised_network_stays_what_it_was() -> None:
    net: Any = NormalisedNetwork(NET.net)
    with pytest.raises(FrozenInstanceError):
        net.epsilon = 0.5


def test_a_normalised_network_equals_no_other_and_can_be_a_key() -> None:
    given = {2: Statistics(np.zeros(3), np.ones(3))}
    one, other = (NET.evaluating(given) for _ in range(2))
    assert one != other
    assert {one: 1, other: 2}[one] == 1


NET = NormalisedNetwork(Network((2, 3, 1), (relu, identity)))
P = NET.normal(np.random.default_rng(1))


@pytest.mark.parametrize("X", [[[1.0, 2.0]], [1.0, 2.0]])
def test_training_needs_two_points(X: Any) -> None:
    with pytest.raises(ValueError, match=r"^X: expected at least two points"):
        NET(P, X)
    given = {2: Statistics(np.zeros(3), np.ones(3))}
    assert NET.evaluating(given)(P, X).shape == (*np.shape(X)[:-1], 1)


def test_packing_keeps_imaginary_parts() -> None:
    np.testing.assert_array_equal(NET.pack(NET.unpack(P + 1j)), P + 1j)


def test_statistics_may_be_lists_and_a_variance_0() -> None:
    lists = NET.evaluating({2: Statistics([1.0, 2.0, 3.0], [0.0, 1.0, 4.0])})
    arrays = {2: Statistics(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 4.0]))}
    X = [[0.0, 1.0], [1.0, 0.0]]
    assert np.isfinite(lists(P, X)).all()
    assert (lists(P, X) == NET.evaluating(arrays)(P, X)).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"^statistics: expected those of the layers \[2\]"),
        ({3: (np.zeros(3), np.ones(3))}, r"^statistics: expected those of the layers"),
        ({2: (np.zeros(2), np.ones(2))}, r"^statistics: expected a mean and a var"),
        ({2: (np.zeros(3), np.ones((2, 3)))}, r"^statistics: expected a mean"),
        ({2: (0.0, 1.0)}, r"^statistics: expected a mean"),
        ({2: ()}, r"^statistics: expected a mean"),
        ({2: [np.ones(3)]}, r"^statistics: expected a mean"),
        ({2: 3 * [np.ones(3)]}, r"^statistics: expected a mean"),
        ({2: 2 * [np.ones((1, 2, 3))]}, r"^statistics: expected a mean"),
        ({2: (np.zeros(3), -np.ones(3))}, r"^statistics: expected variances"),
    ],
)
def test_statistics_that_do_not_fit_are_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NET.evaluating(given)


def test_statistics_of_another_number_of_networks_are_refused() -> None:
    own = NET.evaluating({2: Statistics(np.zeros((4, 3)), np.ones((4, 3)))})
    assert own(P, np.zeros((2, 2))).shape == (4, 2, 1)
    assert own(np.stack([P] * 4), np.zeros((2, 2))).shape == (4, 2, 1)
    with pytest.raises(ValueError, match=r"^statistics: expected one leading axis"):
        own(np.stack([P, P]), np.zeros((2, 2)))


@pytest.mark.parametrize("epsilon", [-1e-9, [1e-5], np.nan])
def test_an_epsilon_that_is_none_is_refused(epsilon: Any) -> None:
    with pytest.raises(ValueError, match=r"^epsilon: expected"):
        NormalisedNetwork(NET.net, epsilon)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^net: expected a Network"):
        NormalisedNetwork("net")
    with pytest.raises(ValueError, match=r"^p: expected shape \(19,\)"):
        NET(np.zeros(13), np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"^slope: expected shape \(2, 1\)"):
        NET.pullback(P, np.zeros((2, 2)))[1]([1.0])
    first, last = NET.unpack(P)
    for layers in ([], [first], [first, last[:1]], [first[:1], last]):
        with pytest.raises(ValueError, match=r"^layers: expected the shapes"):
            NET.pack(layers)
    path, X, order = np.stack([P, P]), np.zeros((3, 2)), np.zeros((1, 2), int)
    for momentum in (-0.1, 1.1, [0.1]):
        with pytest.raises(ValueError, match=r"^momentum: expected"):
            running_statistics(NET, path, X, order, momentum)
    long = np.zeros((P.size - 1, 2), int)  # with a step for each parameter but one
    for parameters, rows in ((path[:1], order), (path, order[:, 0]), (P, long)):
        with pytest.raises(ValueError, match=r"^path: expected the parameters before"):
            running_statistics(NET, parameters, X, rows)
    with pytest.raises(TypeError, match=r"^net: expected a NormalisedNetwork"):
        running_statistics(NET.net, path, X, order)
    with pytest.raises(TypeError, match=r"^order: expected integers"):
        running_statistics(NET, path, X, order / 1)
    for row in (-1, 3):
        with pytest.raises(ValueError, match=r"^order: expected rows from 0 to 2"):
            running_statistics(NET, path, X, [[0, row]])
