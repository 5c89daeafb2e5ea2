"""The network as a function of its parameters, against what it is meant to be."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import (
    Activation,
    Layer,
    Network,
    cost,
    data,
    identity,
    relu,
    sigmoid,
    step,
    tanh,
)

check = settings(deadline=None, derandomize=True, max_examples=40)
SMOOTH = [sigmoid, tanh, identity, relu]
seeds = st.integers(0, 2**32 - 1)


@st.composite
def networks(draw: st.DrawFn, activations: list[Activation] = SMOOTH) -> Network:
    """Networks of up to five layers with an activation for each."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    each = st.sampled_from(activations)
    if draw(st.booleans()):
        return Network(tuple(sizes), draw(each))
    n = len(sizes) - 1
    return Network(tuple(sizes), tuple(draw(st.lists(each, min_size=n, max_size=n))))


def by_sums(net: Network, p: np.ndarray, x: np.ndarray) -> list[float]:
    """The output at one point in scalars, with p counted off number by number."""
    numbers = iter(p.tolist())
    a = x.tolist()
    for (m, n), activation in zip(pairwise(net.sizes), net.activations, strict=True):
        w = [[next(numbers) for _ in range(m)] for _ in range(n)]
        b = [next(numbers) for _ in range(n)]
        a = [
            float(activation(sum(w[i][j] * a[j] for j in range(m)) + b[i]))
            for i in range(n)
        ]
    assert next(numbers, None) is None
    return a


# The formulas as printed


@pytest.mark.equation("eq-layer-components", "eq-layer")
@check
@given(st.integers(1, 6), st.integers(1, 6), seeds)
def test_a_layer_is_the_sigmoid_of_sums_component_by_component(
    m: int, n: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    W, b, a = rng.normal(size=(n, m)), rng.normal(size=n), rng.normal(size=m)
    components = [
        1 / (1 + math.exp(-(sum(W[i, j] * a[j] for j in range(m)) + b[i])))
        for i in range(n)
    ]
    net = Network((m, n))
    np.testing.assert_allclose(net(net.pack([(W, b)]), a), components, rtol=1e-12)
    np.testing.assert_allclose(sigmoid(W @ a + b), components, rtol=1e-12)


@pytest.mark.equation("eq-example-network")
@check
@given(seeds)
def test_the_example_network_is_three_layers_one_in_the_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    W2, W3, W4 = (rng.normal(size=shape) for shape in [(2, 2), (3, 2), (2, 3)])
    b2, b3, b4 = (rng.normal(size=n) for n in [2, 3, 2])
    x = rng.normal(size=2)

    def s(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    F = s(W4.dot(s(W3.dot(s(W2.dot(x) + b2)) + b3)) + b4)
    net = Network((2, 2, 3, 2))
    p = net.pack([(W2, b2), (W3, b3), (W4, b4)])
    assert F.shape == (2,)
    np.testing.assert_allclose(net(p, x), F, rtol=1e-12)


@pytest.mark.equation("eq-network")
@check
@given(networks(), seeds)
def test_each_layer_is_the_activation_of_sums_over_the_layer_before(
    net: Network, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    p, x = net.normal(rng), rng.normal(size=net.sizes[0])
    np.testing.assert_allclose(net(p, x), by_sums(net, p, x), rtol=1e-10, atol=1e-13)


@pytest.mark.equation("eq-parameter-count")
@check
@given(networks())
def test_the_parameters_are_as_many_as_weights_and_biases_together(
    net: Network,
) -> None:
    n, L = dict(enumerate(net.sizes, 1)), net.n_layers
    s = 0
    for i in range(2, L + 1):
        s += n[i] * (n[i - 1] + 1)
    assert net.n_parameters == s
    layers = net.unpack(np.zeros(net.n_parameters))
    assert net.n_parameters == sum(W.size + b.size for W, b in layers)


def test_the_example_network_has_23_parameters() -> None:
    assert Network((2, 2, 3, 2)).n_parameters == 23 == 6 + 9 + 8


@pytest.mark.equation("eq-decision")
@check
@given(seeds)
def test_the_rule_says_a_where_the_first_output_is_the_larger(seed: int) -> None:
    """And so it does whatever increasing function the last layer has."""
    X, Y = data.drilling_sites()
    net = Network((2, 2, 3, 2))
    linear = Network((2, 2, 3, 2), (sigmoid, sigmoid, identity))
    p = net.normal(np.random.default_rng(seed), scale=2)
    F = [by_sums(net, p, x) for x in X]
    says_A = ["A" if F1 > F2 else "B" for F1, F2 in F]
    difference = linear(p, X) @ [1, -1]
    assert says_A == ["A" if d > 0 else "B" for d in difference]
    # The targets themselves are classified as what they stand for.
    assert ["A" if y1 > y2 else "B" for y1, y2 in Y] == ["A"] * 5 + ["B"] * 5


def test_a_tie_is_what_all_zero_parameters_give() -> None:
    net = Network((2, 2, 3, 2))
    assert np.array_equal(net(np.zeros(23), [[0.1, 0.9]]), [[0.5, 0.5]])


# Other routes


def module(net: Network, p: np.ndarray) -> torch.nn.Sequential:
    """The same network in torch, its parameters set by torch from p."""
    names = {
        "sigmoid": "Sigmoid",
        "tanh": "Tanh",
        "relu": "ReLU",
        "identity": "Identity",
    }
    parts: list[torch.nn.Module] = []
    for (m, n), activation in zip(pairwise(net.sizes), net.activations, strict=True):
        parts += [torch.nn.Linear(m, n), getattr(torch.nn, names[activation.name])()]
    sequence = torch.nn.Sequential(*parts).double()
    torch.nn.utils.vector_to_parameters(torch.tensor(p), sequence.parameters())
    return sequence


@check
@given(networks(), seeds)
def test_torch_gives_the_same_outputs(net: Network, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, X = net.normal(rng), rng.normal(size=(7, net.sizes[0]))
    with torch.no_grad():
        theirs = module(net, p)(torch.tensor(X)).numpy()
    np.testing.assert_allclose(net(p, X), theirs, rtol=1e-10, atol=1e-13)


@check
@given(networks(), seeds)
def test_the_vector_of_parameters_is_laid_out_as_in_torch(
    net: Network, seed: int
) -> None:
    p = net.normal(np.random.default_rng(seed))
    sequence = module(net, p)
    vector = torch.nn.utils.parameters_to_vector(sequence.parameters())
    assert np.array_equal(vector.detach().numpy(), p)
    linear = [part for part in sequence if isinstance(part, torch.nn.Linear)]
    for (W, b), part in zip(net.unpack(p), linear, strict=True):
        assert np.array_equal(part.weight.detach().numpy(), W)
        assert np.array_equal(part.bias.detach().numpy(), b)


@check
@given(networks(), seeds)
def test_a_whole_data_set_is_each_row_by_itself(net: Network, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, X = net.normal(rng), rng.normal(size=(4, net.sizes[0]))
    together = net(p, X)
    assert together.shape == (4, net.sizes[-1])
    for x, F in zip(X, together, strict=True):
        assert net(p, x).shape == (net.sizes[-1],)
        np.testing.assert_allclose(net(p, x), F, rtol=1e-12, atol=1e-14)


@check
@given(networks(), st.integers(1, 4), seeds)
def test_an_ensemble_is_each_of_its_networks_by_itself(
    net: Network, k: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    P, X = net.normal(rng, size=k), rng.normal(size=(3, net.sizes[0]))
    assert P.shape == (k, net.n_parameters)
    assert net(P, X).shape == (k, 3, net.sizes[-1])
    assert net(P, X[0]).shape == (k, net.sizes[-1])
    for i, p in enumerate(P):
        np.testing.assert_allclose(net(P, X)[i], net(p, X), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(
            net(P, X[0])[i], net(p, X[0]), rtol=1e-12, atol=1e-14
        )
        for one, all_ in zip(net.unpack(p), net.unpack(P), strict=True):
            assert np.array_equal(all_.W[i], one.W)
            assert np.array_equal(all_.b[i], one.b)
    assert np.array_equal(net.pack(net.unpack(P)), P)


@check
@given(networks(SMOOTH[:3]), seeds)
def test_the_complex_step_passes_through_a_network(net: Network, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, d = net.normal(rng), net.normal(rng)
    x = rng.normal(size=net.sizes[0])
    slope = net(p + 1e-100j * d, x).imag / 1e-100
    quotient = (net(p + 1e-6 * d, x) - net(p - 1e-6 * d, x)) / 2e-6
    np.testing.assert_allclose(slope, quotient, atol=1e-7, rtol=1e-6)


@check
@given(networks(SMOOTH[:3]), seeds, st.sampled_from([None, 3]), st.booleans())
def test_the_pullback_takes_slopes_back_to_the_parameters(
    net: Network, seed: int, k: int | None, single: bool
) -> None:
    rng = np.random.default_rng(seed)
    p, X = net.normal(rng, size=k), rng.normal(size=(4, net.sizes[0]))
    x = X[0] if single else X
    output, back = net.pullback(p, x)
    np.testing.assert_array_equal(output, net(p, x))
    slope, d = rng.normal(size=output.shape), rng.normal(size=p.shape)
    along = (slope * net(p + 1e-100j * d, x).imag / 1e-100).sum()
    assert (back(slope) * d).sum() == pytest.approx(along, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("wrong", ["net", Network, object()])
def test_what_is_no_model_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^net: expected a Network, or another model"):
        cost(wrong, np.zeros(2), [[0.0]], [[0.0]])
    assert cost(Network((1, 1)), np.zeros(2), [[0.0]], [[0.0]]) == 0.125


# Packing


@check
@given(networks(), seeds)
def test_pack_undoes_unpack(net: Network, seed: int) -> None:
    p = net.normal(np.random.default_rng(seed))
    layers = net.unpack(p)
    assert all(isinstance(layer, Layer) for layer in layers)
    shapes = [(W.shape, b.shape) for W, b in layers]
    assert shapes == [((n, m), (n,)) for m, n in pairwise(net.sizes)]
    packed = net.pack(layers)
    assert np.array_equal(packed, p)
    assert not np.shares_memory(packed, p)


@check
@given(networks(), seeds)
def test_to_write_into_a_layer_is_to_write_into_the_vector(
    net: Network, seed: int
) -> None:
    p = net.normal(np.random.default_rng(seed))
    for P in (p, np.stack([p, p])):
        for W, b in net.unpack(P):
            W += 1
            b += 1
    for W, b in net.unpack(p):
        assert np.shares_memory(W, p)
        assert np.shares_memory(b, p)
    assert np.array_equal(p, net.normal(np.random.default_rng(seed)) + 1)


def test_a_list_is_unpacked_into_a_copy() -> None:
    p = [1, 2, 3]
    [layer] = Network((2, 1)).unpack(p)
    layer.W[:] = 0
    assert p == [1, 2, 3]


def test_calling_a_network_changes_neither_parameters_nor_points() -> None:
    net = Network((2, 3, 1))
    p, X = net.normal(np.random.default_rng(1)), np.ones((4, 2))
    before = p.copy()
    net(p, X)
    assert np.array_equal(p, before)
    assert np.array_equal(X, np.ones((4, 2)))


# Random starts


def test_the_same_generator_gives_the_same_start() -> None:
    net = Network((2, 2, 3, 2))
    one, two = (net.normal(np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, two)
    many = net.normal(np.random.default_rng(7), size=3)
    assert np.array_equal(many[0], one)
    assert len(np.unique(many)) == many.size


def test_a_random_start_has_mean_0_and_the_deviation_asked_for() -> None:
    net = Network((10, 50, 10))
    for scale in (0.5, 3.0):
        P = net.normal(np.random.default_rng(3), scale, size=100)
        n = P.size  # 106 000 numbers: five standard errors on each side
        assert abs(P.mean()) < 5 * scale / math.sqrt(n)
        assert abs(P.std() - scale) < 5 * scale / math.sqrt(2 * n)
    assert not net.normal(np.random.default_rng(3), 0).any()


def test_the_deviation_is_that_of_hh_if_none_is_asked_for() -> None:
    net = Network((2, 2, 3, 2))
    one, other = (net.normal(np.random.default_rng(3), *s) for s in ((), (0.5,)))
    np.testing.assert_array_equal(one, other)


# Wrong input


NET = Network((2, 2, 3, 2))
P = np.zeros(23)
LAYERS = NET.unpack(P)
RNG = np.random.default_rng(1)
NAN = np.full(23, np.nan)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Network(()),
            ValueError,
            "expected at least two layers, got ()",
        ),
        (lambda: Network((2,)), ValueError, "sizes: expected at least two layers"),
        (
            lambda: Network((2, 0)),
            ValueError,
            "one neuron a layer, got (2, 0)",
        ),
        (lambda: Network((2, -1)), ValueError, "sizes: expected at least one neuron"),
        (
            lambda: Network((2, 1.5)),
            TypeError,
            "expected integers, got (2, 1.5)",
        ),
        (lambda: Network(3), TypeError, "sizes: expected integers, got 3"),
        (lambda: Network("23"), TypeError, "sizes: expected integers, got '23'"),
        (lambda: Network((2, 1), math.tanh), TypeError, "expected an Activation or a"),
        (
            lambda: Network((2, 1), [math.tanh]),
            TypeError,
            "expected an Activation",
        ),
        (lambda: Network((2, 1), "relu"), TypeError, "expected an Activation, got 'r'"),
        (
            lambda: Network((2, 2, 1), [relu]),
            ValueError,
            "2 to 3, that is 2, got 1",
        ),
        (
            lambda: NET(P[:22], [0, 0]),
            ValueError,
            "p: expected shape (23,), or (k",
        ),
        (lambda: NET(P.reshape(1, 1, 23), [0, 0]), ValueError, "got (1, 1, 23)"),
        (lambda: NET(0.0, [0, 0]), ValueError, "p: expected shape (23,)"),
        (lambda: NET(NAN, [0, 0]), ValueError, "p: expected finite numbers, got NaN"),
        (lambda: NET(["a"] * 23, [0, 0]), TypeError, "p: expected numbers"),
        (lambda: NET([[1], [1, 2]], [0, 0]), ValueError, "p: expected an array of"),
        (
            lambda: NET(P, [0, 0, 0]),
            ValueError,
            "shape (N, 2) or (2,), got (3,)",
        ),
        (lambda: NET(P, 0.0), ValueError, "X: expected shape (N, 2) or (2,), got ()"),
        (lambda: NET(P, [[[0, 0]]]), ValueError, "X: expected shape (N, 2) or (2,)"),
        (
            lambda: NET(P, np.zeros((0, 2))),
            ValueError,
            "expected at least one point",
        ),
        (lambda: NET(P, [0, math.inf]), ValueError, "X: expected finite numbers"),
        (lambda: NET(P, None), TypeError, "X: expected numbers"),
        (lambda: NET.unpack(P[:-1]), ValueError, "p: expected shape (23,)"),
        (lambda: NET.unpack(NAN), ValueError, "p: expected finite numbers"),
        (lambda: NET.pack(LAYERS[:2]), ValueError, "expected 3 pairs (W, b), got 2"),
        (
            lambda: NET.pack(LAYERS[::-1]),
            ValueError,
            "of shapes (2, 2) and (2,)",
        ),
        (
            lambda: NET.pack([(LAYERS[0].W, NAN[:2])] * 3),
            ValueError,
            "b: expected finite",
        ),
        (lambda: NET.normal(5000), TypeError, "rng: expected a numpy.random.Generator"),
        (lambda: NET.normal(np.random), TypeError, "rng: expected a numpy.random.Gen"),
        (
            lambda: NET.normal(RNG, -1),
            ValueError,
            "expected a number ≥ 0, got -1",
        ),
        (lambda: NET.normal(RNG, math.nan), ValueError, "scale: expected a number ≥ 0"),
        (
            lambda: NET.normal(RNG, size=0),
            ValueError,
            "expected at least 1, got 0",
        ),
    ],
)
def test_wrong_input_is_refused_at_once_and_by_name(
    call: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_a_network_is_a_value() -> None:
    assert Network((2, 3), sigmoid) == Network([2, 3]) == Network(np.array([2, 3]))
    assert hash(Network((2, 3))) == hash(Network([2, 3]))
    assert Network((2, 3)) != Network((2, 3), relu)
    assert Network((2, 3, 1), [relu, sigmoid]).activations == (relu, sigmoid)
    assert Network((2, 3, 1), step).activations == (step, step)
    with pytest.raises(AttributeError):
        Network((2, 3)).sizes = (2, 4)  # type: ignore[misc]


def test_slopes_of_another_shape_than_the_output_are_refused() -> None:
    _, back = Network((2, 3)).pullback(np.zeros(9), np.ones((4, 2)))
    with pytest.raises(ValueError, match=r"slope: expected shape \(4, 3\)"):
        back(np.ones((4, 2)))
