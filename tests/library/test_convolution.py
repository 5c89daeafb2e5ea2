"""Correlations are PyTorch's convolutions, a matrix does the same, and networks too."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import (
    cost,
    gradient,
    identity,
    quadratic,
    relu,
    sgd,
    sigmoid,
    softmax_cross_entropy,
    tanh,
)
from dlam.convolution import (
    AveragePooling,
    Convolution,
    ConvolutionalNetwork,
    Dense,
    MaxPooling,
    Residual,
    correlate,
    correlation_gradient,
    matrix,
)
from dlam.gradcheck import complex_step
from dlam.landscape import hessian, jacobian, residuals
from dlam.sharpness import hessian_times

F = torch.nn.functional
small = st.integers(1, 3)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def correlations(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int, int, bool]:
    """Pictures, kernels, a stride, and a rim of either kind."""
    shape = draw(st.tuples(small, small, st.integers(3, 6), st.integers(3, 6)))
    K = (draw(small), shape[1], *draw(st.tuples(small, small)))
    rng = np.random.default_rng(draw(seeds))
    rim = draw(st.integers(0, 2)), draw(st.booleans())
    return rng.normal(size=shape), rng.normal(size=K), draw(small), *rim


def conv2d(a: Any, K: Any, stride: int, padding: int, circular: bool) -> Any:
    around = F.pad(a, [padding] * 4, mode="circular" if circular else "constant")
    return F.conv2d(around, K, stride=stride)


@given(case=correlations())
def test_it_is_pytorchs_and_the_matrix_does_the_same(case) -> None:
    a, K, *how = case
    found = correlate(a, K, *how)
    expected = conv2d(torch.from_numpy(a), torch.from_numpy(K), *how)
    np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-12)
    flat = a.reshape(len(a), -1) @ matrix(K, a.shape[1:], *how).T
    np.testing.assert_allclose(flat, found.reshape(len(a), -1), rtol=0, atol=1e-12)


@given(case=correlations(), seed=seeds)
def test_the_derivatives_are_those_of_autograd_and_of_the_matrix(case, seed) -> None:
    a, K, *how = case
    b = torch.zeros(len(K), dtype=torch.float64, requires_grad=True)
    twins = [torch.from_numpy(x).requires_grad_() for x in (a, K)]
    z = conv2d(*twins, *how) + b[:, None, None]
    delta = np.random.default_rng(seed).normal(size=z.shape)
    z.backward(torch.from_numpy(delta))
    found = correlation_gradient(a, K, delta, *how)
    for ours, twin in zip(found, [*twins, b], strict=True):
        np.testing.assert_allclose(ours, twin.grad.numpy(), rtol=0, atol=1e-12)
    flat = delta.reshape(len(a), -1) @ matrix(K, a.shape[1:], *how)
    np.testing.assert_allclose(flat, found.a.reshape(len(a), -1), rtol=0, atol=1e-12)


@given(case=correlations(), seed=seeds)
def test_what_the_picture_receives_is_pytorchs_transposed_convolution(
    case, seed
) -> None:
    a, K, stride, padding, _ = case
    padding = min(padding, min(K.shape[2:]) - 1)
    delta = correlate(a, K, stride, padding)
    left = [
        n - (stride * (m - 1) + k - 2 * padding)
        for n, m, k in zip(a.shape[2:], delta.shape[2:], K.shape[2:], strict=True)
    ]
    expected = F.conv_transpose2d(
        torch.from_numpy(delta), torch.from_numpy(K), stride=stride, padding=padding
    )
    expected = F.pad(expected, [0, left[1], 0, left[0]])
    found = correlation_gradient(a, K, delta, stride, padding).a
    inner = [slice(0, n - max(0, r)) for n, r in zip(a.shape[2:], left, strict=True)]
    rows, columns = inner  # what lies beyond is not reached without a rim
    np.testing.assert_allclose(
        found[:, :, rows, columns], expected.numpy()[:, :, rows, columns], atol=1e-12
    )


def test_an_entry_is_the_sum_that_the_formula_says() -> None:
    rng = np.random.default_rng(1)
    a, K = rng.normal(size=(1, 2, 5, 6)), rng.normal(size=(3, 2, 2, 3))
    total = sum(
        K[2, c, u, v] * a[0, c, 2 * 1 + u, 2 * 1 + v]
        for c in range(2)
        for u in range(2)
        for v in range(3)
    )
    assert correlate(a, K, stride=2)[0, 2, 1, 1] == pytest.approx(total)


@given(seed=seeds, shift=st.tuples(st.integers(-5, 5), st.integers(-5, 5)))
def test_with_a_circular_rim_it_commutes_with_every_shift(seed, shift) -> None:
    rng = np.random.default_rng(seed)
    a, K = rng.normal(size=(2, 2, 5, 6)), rng.normal(size=(3, 2, 3, 3))
    shifted = correlate(np.roll(a, shift, axis=(2, 3)), K, 1, 1, True)
    expected = np.roll(correlate(a, K, 1, 1, True), shift, axis=(2, 3))
    np.testing.assert_allclose(shifted, expected, rtol=0, atol=1e-12)


def test_many_pictures_are_correlated_part_by_part_as_one_alone() -> None:
    rng = np.random.default_rng(2)
    a, K = rng.normal(size=(70, 4, 32, 32)), rng.normal(size=(3, 4, 5, 5))
    found = correlate(a, K)
    np.testing.assert_allclose(found[69:], correlate(a[69:], K), rtol=0, atol=1e-12)
    delta = rng.normal(size=found.shape)
    parts = [
        correlation_gradient(a[n], K, delta[n]).K for n in (np.s_[:35], np.s_[35:])
    ]
    whole = correlation_gradient(a, K, delta).K
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-10)


A, K = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((A[0], K), r"^a: expected shape \(N, C, H, W\)"),
        ((A[:0], K), r"^a: expected shape \(N, C, H, W\)"),
        ((A, K[0]), r"^K: expected shape \(O, C, k, k\)"),
        ((A, K[:0]), r"^K: expected shape \(O, C, k, k\)"),
        ((A, np.ones((1, 2, 2, 2))), r"^K: expected 1 channels, got 2"),
        ((A, np.ones((1, 1, 4, 2))), r"^K: expected at most the size"),
        ((A, np.ones((1, 1, 6, 6)), 1, 1), r"^K: expected at most the size"),
        ((A, K, 0), r"^stride: expected at least 1"),
        ((A, K, 1, -1), r"^padding: expected at least 0"),
        ((A, K, 1, 4, True), r"^padding: expected at most 3 for a circular rim"),
        ((A[:, :, :2], K, 1, 3, True), r"^padding: expected at most 2 for a circular"),
        ((A[..., :2], K, 1, 3, True), r"^padding: expected at most 2 for a circular"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        correlate(*arguments)


def test_a_delta_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^delta: expected shape \(1, 1, 2, 2\)"):
        correlation_gradient(A, K, A)


def test_a_kernel_may_be_as_large_as_the_padded_picture() -> None:
    assert correlate(A, np.ones((1, 1, 5, 5)), padding=1).tolist() == [[[[9.0]]]]


def test_a_rim_is_zero_unless_it_shall_be_circular() -> None:
    large = np.ones((1, 1, 5, 5))
    assert matrix(large, (1, 3, 3), padding=1).tolist() == [9 * [1.0]]
    assert matrix(large, (1, 3, 3), 1, 1, True).sum() == 25
    plain, glued = Convolution(1, 5, 1, 1), Convolution(1, 5, 1, 1, relu, True)
    for layer, total in ((plain, 9), (glued, 25)):
        net = ConvolutionalNetwork((1, 3, 3), (layer,))
        assert net([*large.flat, 0.0], A).tolist() == [[total]]


def test_a_rim_that_is_neither_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^circular: expected a bool"):
        correlate(A, K, 1, 1, 1)


def test_a_shape_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^shape: expected \(C, H, W\)"):
        matrix(K, (3, 3))
    with pytest.raises(TypeError, match=r"^shape: expected \(C, H, W\)"):
        matrix(K, 3)


# Networks


TWINS = {relu: torch.nn.ReLU, tanh: torch.nn.Tanh, sigmoid: torch.nn.Sigmoid}


class Sum(torch.nn.Module):
    def __init__(self, f: torch.nn.Module, activation: torch.nn.Module) -> None:
        super().__init__()
        self.f, self.activation = f, activation

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        return self.activation(a + self.f(a))


def twin(layers: tuple[Any, ...], shape: tuple[int, ...]) -> torch.nn.Sequential:
    """The same layers in PyTorch."""
    found: list[torch.nn.Module] = []
    for layer in layers:
        activation = getattr(layer, "activation", identity)
        of_it = TWINS.get(activation, torch.nn.Identity)()
        if isinstance(layer, Convolution):
            kind = "circular" if layer.circular else "zeros"
            found += [
                torch.nn.Conv2d(
                    shape[0], layer.channels, layer.size, layer.stride, layer.padding,
                    padding_mode=kind,
                ),
                of_it,
            ]  # fmt: skip
        elif isinstance(layer, Dense):
            linear = torch.nn.Linear(int(np.prod(shape)), layer.neurons)
            found += [torch.nn.Flatten(), linear, of_it]
            found.append(torch.nn.Unflatten(1, (layer.neurons, 1, 1)))
        elif isinstance(layer, Residual):
            found.append(Sum(twin(layer.layers, shape), of_it))
        else:
            kind = torch.nn.MaxPool2d if type(layer) is MaxPooling else AVERAGE
            found.append(kind(layer.size, layer.stride, ceil_mode=True))
        shape = layer._after(shape)
    return torch.nn.Sequential(*found).double()


AVERAGE = torch.nn.AvgPool2d
activations = st.sampled_from([relu, tanh, sigmoid, identity])


@st.composite
def layer_and_shape(draw: st.DrawFn, shape: tuple[int, int, int]) -> Any:
    sides = min(shape[1:])
    size, padding = draw(st.integers(1, 3)), draw(st.integers(0, 1))
    kind = draw(st.sampled_from(["convolution", "max", "average", "residual", "dense"]))
    if kind == "convolution" and sides + 2 * padding >= size:
        return Convolution(
            draw(small), size, draw(st.integers(1, 2)), padding, draw(activations),
            draw(st.booleans()),
        )  # fmt: skip
    if kind in ("max", "average") and sides >= size:
        pool = MaxPooling if kind == "max" else AveragePooling
        return pool(size, draw(st.none() | st.integers(1, 3)))
    if kind == "residual":
        inner = (Convolution(2, 3, 1, 1), Convolution(shape[0], 1, activation=tanh))
        return Residual(inner, draw(activations))
    return Dense(draw(small), draw(activations))


@st.composite
def networks(draw: st.DrawFn) -> tuple[ConvolutionalNetwork, np.random.Generator]:
    first = shape = (draw(small), draw(st.integers(4, 7)), draw(st.integers(4, 7)))
    layers = []
    for _ in range(draw(st.integers(1, 4))):
        layers.append(draw(layer_and_shape(shape)))
        shape = layers[-1]._after(shape)
    layers.append(Dense(2, tanh))
    net = ConvolutionalNetwork(first, layers)
    return net, np.random.default_rng(draw(seeds))


@settings(max_examples=60)
@given(case=networks(), flat=st.booleans())
def test_a_network_is_pytorchs_and_so_are_layout_and_gradient(case, flat) -> None:
    net, rng = case
    p = rng.normal(size=net.n_parameters)
    X, Y = rng.normal(size=(3, *net.shape)), rng.normal(size=(3, 2))
    module = twin(net.layers, net.shape)
    torch.nn.utils.vector_to_parameters(torch.from_numpy(p), module.parameters())
    output = module(torch.from_numpy(X)).flatten(1)
    given_X = X.reshape(3, -1) if flat else X
    expected = output.detach().numpy()
    np.testing.assert_allclose(net(p, given_X), expected, rtol=0, atol=1e-12)
    (((output - torch.from_numpy(Y)) ** 2).sum() / 6).backward()
    theirs = torch.cat([q.grad.flatten() for q in module.parameters()]).numpy()
    ours = gradient(net, p, given_X, Y)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    assert module(torch.from_numpy(X)).shape[1:] == net.shapes[-1]


HH = (
    *(Convolution(32, 5, padding=2), MaxPooling(3, 2)),
    *(Convolution(32, 5, padding=2), AveragePooling(3, 2)),
    *(Convolution(64, 5, padding=2), AveragePooling(3, 2)),
    *(Convolution(64, 4), Convolution(10, 1, activation=identity)),
)


def test_the_network_of_hh_has_its_shapes_and_is_pytorchs() -> None:
    net, rng = ConvolutionalNetwork((3, 32, 32), HH), np.random.default_rng(1)
    sides = [shape[1] for shape in net.shapes]
    assert sides == [32, 32, 16, 16, 8, 8, 4, 1, 1]
    counts = [layer.W.size + layer.b.size for layer in net.unpack(net.normal(rng))]
    assert counts == [2432, 25632, 51264, 65600, 650]
    p, X = net.normal(rng), rng.normal(size=(2, 3, 32, 32))
    module = twin(net.layers, net.shape)
    torch.nn.utils.vector_to_parameters(torch.from_numpy(p), module.parameters())
    y = torch.tensor([3, 7])
    expected = module(torch.from_numpy(X)).flatten(1)
    F.cross_entropy(expected, y).backward()
    theirs = torch.cat([q.grad.flatten() for q in module.parameters()]).numpy()
    found = gradient(net, p, X, np.eye(10)[y.numpy()], softmax_cross_entropy)
    np.testing.assert_allclose(net(p, X), expected.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-12)


NET = ConvolutionalNetwork(
    (2, 5, 5),
    (Convolution(2, 3, padding=1, activation=tanh), AveragePooling(2), Dense(2, tanh)),
)


@given(seed=seeds)
def test_its_gradient_is_that_of_the_complex_step(seed) -> None:
    rng = np.random.default_rng(seed)
    p, X, Y = NET.normal(rng), rng.normal(size=(3, 50)), rng.normal(size=(3, 2))
    expected = complex_step(lambda q: cost(NET, q, X, Y), p)
    np.testing.assert_allclose(gradient(NET, p, X, Y), expected, rtol=0, atol=1e-12)


def test_curvature_and_residuals_ask_for_no_more() -> None:
    rng = np.random.default_rng(3)
    p, X, Y = NET.normal(rng), rng.normal(size=(3, 50)), rng.normal(size=(3, 2))
    H, v = hessian(NET, p, X, Y), rng.normal(size=p.size)
    np.testing.assert_allclose(hessian_times(NET, p, v, X, Y), H @ v, atol=1e-12)
    J, r = jacobian(NET, p, X, Y), residuals(NET, p, X, Y)
    np.testing.assert_allclose(J.T @ r / 3, gradient(NET, p, X, Y), atol=1e-12)


def test_an_ensemble_is_each_of_its_networks() -> None:
    rng = np.random.default_rng(4)
    P, X, Y = NET.normal(rng, size=3), rng.normal(size=(4, 50)), rng.normal(size=(4, 2))
    each = [gradient(NET, p, X, Y) for p in P]
    np.testing.assert_array_equal(gradient(NET, P, X, Y), each)
    np.testing.assert_array_equal(NET(P, X), [NET(p, X) for p in P])
    np.testing.assert_array_equal(cost(NET, P, X, Y), [cost(NET, p, X, Y) for p in P])
    layers = NET.unpack(P)
    assert layers[0].W.shape == (3, 2, 2, 3, 3)
    np.testing.assert_array_equal(NET.pack(layers), P)
    np.testing.assert_array_equal(NET.pack(NET.unpack(P[0])), P[0])
    assert ConvolutionalNetwork((1, 4, 4), (MaxPooling(2),)).pack([]).shape == (0,)


def test_it_is_trained_by_the_same_sgd() -> None:
    rng = np.random.default_rng(5)
    X, Y = rng.normal(size=(6, 50)), rng.uniform(-0.5, 0.5, size=(6, 2))
    start = NET.normal(rng)
    history = sgd(NET, start, X, Y, np.tile(np.arange(6), (300, 1)), 0.2)
    assert history.cost[-1] < 0.02 * history.cost[0]
    by_hand = start - 0.2 * gradient(NET, start, X, Y, quadratic)
    one = sgd(NET, start, X, Y, np.arange(6)[np.newaxis], 0.2).parameters
    np.testing.assert_allclose(one, by_hand, rtol=0, atol=1e-12)


def test_what_it_is_given_is_not_changed_and_parts_are_views() -> None:
    rng = np.random.default_rng(6)
    p, X, Y = NET.normal(rng), rng.normal(size=(3, 50)), rng.normal(size=(3, 2))
    for given_array in (p, X, Y):
        given_array.flags.writeable = False
    gradient(NET, p, X, Y)
    q = p.copy()
    NET.unpack(q)[-1].b[:] = 7
    assert (q != p).sum() == 2


def test_many_pictures_give_what_they_give_one_by_one() -> None:
    net = ConvolutionalNetwork((1, 28, 28), (Convolution(8, 5), Dense(3)))
    rng = np.random.default_rng(7)
    p, X = net.normal(rng), rng.random((1500, 784))
    alone = net(p, X[1499:])
    np.testing.assert_allclose(net(p, X)[1499:], alone, rtol=0, atol=1e-12)


def test_the_gradient_at_many_large_pictures_is_the_mean_of_each_ones() -> None:
    net = ConvolutionalNetwork((1, 256, 1024), (Dense(1, tanh),))
    rng = np.random.default_rng(10)
    p, X, Y = net.normal(rng), rng.normal(size=(10, 2**18)), rng.normal(size=(10, 1))
    each = [gradient(net, p, X[n : n + 1], Y[n : n + 1]) for n in range(10)]
    found = gradient(net, p, X, Y)
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=0, atol=1e-12)


def test_a_single_picture_may_be_very_large() -> None:
    net = ConvolutionalNetwork((1, 1024, 1024), (Dense(1),))
    found = net(np.ones(net.n_parameters), np.ones((1, 2**20)))
    assert found.tolist() == [[2**20 + 1]]


def test_a_start_has_the_scales_that_are_asked_for_and_no_biases() -> None:
    net = ConvolutionalNetwork((3, 32, 32), HH)
    rng = np.random.default_rng(8)
    for layer in net.unpack(net.normal(rng)):
        expected = np.sqrt(2 / np.prod(layer.W.shape[1:]))
        assert layer.W.std() == pytest.approx(expected, rel=0.1)
        assert not layer.b.any()
    given_scales = net.unpack(net.normal(rng, [0.01, *4 * [0.05]]))
    stds = [layer.W.std() for layer in given_scales]
    assert stds == pytest.approx([0.01, *4 * [0.05]], rel=0.1)
    assert net.unpack(net.normal(rng, 0.2))[3].W.std() == pytest.approx(0.2, rel=0.1)
    assert net.normal(rng, size=2).shape == (2, net.n_parameters)
    assert not net.normal(rng, 0.0).any()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ConvolutionalNetwork((1, 5, 5), ()), ValueError, "^layers: expected"),
        (lambda: ConvolutionalNetwork((1, 5, 5), 3), TypeError, "^layers: expected"),
        (lambda: ConvolutionalNetwork((1, 5, 5), [3]), TypeError, "^layers: .* got 3"),
        (lambda: ConvolutionalNetwork((5, 5), [Dense(1)]), ValueError, "^shape"),
        (
            lambda: ConvolutionalNetwork((1, 2, 2), [Convolution(1, 3)]),
            ValueError,
            "^K: expected at most the size",
        ),
        (
            lambda: ConvolutionalNetwork((1, 5, 5), [Residual([Convolution(1, 3)])]),
            ValueError,
            "^layers: expected an output of shape",
        ),
        (lambda: Convolution(0, 3), ValueError, "^channels"),
        (lambda: Convolution(1, 3, padding=-1), ValueError, "^padding"),
        (lambda: Convolution(1, 3, activation="relu"), TypeError, "^activation"),
        (lambda: Convolution(1, 3, circular=1), TypeError, "^circular"),
        (lambda: Dense(2.5), TypeError, "^neurons"),
        (lambda: Dense(1, "relu"), TypeError, "^activation"),
        (lambda: MaxPooling(0), ValueError, "^size"),
        (lambda: AveragePooling(2, 0), ValueError, "^stride"),
        (lambda: Residual(()), ValueError, "^layers"),
        (lambda: Residual([Dense(1)], "relu"), TypeError, "^activation"),
        (lambda: NET(np.zeros(3), np.zeros((1, 50))), ValueError, "^p: expected"),
        (lambda: NET(np.zeros(76), np.zeros((1, 49))), ValueError, "^X: expected"),
        (lambda: NET(np.zeros(76), np.zeros(50)), ValueError, "^X: expected"),
        (lambda: NET(np.zeros(76), np.zeros((0, 50))), ValueError, "^X: expected"),
        (lambda: NET.pack([(np.ones(2), np.ones(1))]), ValueError, "^layers: expected"),
        (lambda: NET.pack([]), ValueError, "^layers: expected"),
        (lambda: NET.normal(1), TypeError, "^rng"),
        (lambda: NET.normal(RNG, -1.0), ValueError, "^scale: expected numbers ≥ 0"),
        (lambda: NET.normal(RNG, np.inf), ValueError, "^scale: expected finite"),
        (lambda: NET.normal(RNG, 1j), TypeError, "^scale: expected real numbers"),
        (lambda: NET.normal(RNG, [1.0, 1.0, 1.0]), ValueError, "^scale"),
    ],
)
def test_what_makes_no_network_is_refused(make, error, message) -> None:
    with pytest.raises(error, match=message):
        make()


RNG = np.random.default_rng(9)


@pytest.mark.parametrize(
    "made", [NET, *NET.layers, MaxPooling(2), Residual((Dense(1),))]
)
def test_networks_and_layers_stay_what_they_were(made: Any) -> None:
    for name in vars(made):
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, getattr(made, name))


def test_slopes_of_another_shape_are_refused() -> None:
    _, back = NET.pullback(NET.normal(RNG), np.zeros((1, 50)))
    with pytest.raises(ValueError, match=r"^slope: expected shape \(1, 2\)"):
        back([1.0, 2.0])


@given(case=networks())
def test_in_single_precision_it_is_the_same_but_for_rounding(case) -> None:
    net, rng = case
    p, X = 0.3 * net.normal(rng), rng.normal(size=(3, *net.shape))
    slope = rng.normal(size=(3, 2))
    expected, expected_back = net.pullback(p, X)
    found, back = net.pullback(p.astype(np.float32), X.astype(np.float32))
    assert found.dtype == back(slope).dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert net(p.astype(np.float32), X).dtype == np.float64
    if all(type(layer) is not MaxPooling for layer in net.layers):
        kinds = {getattr(layer, "activation", None) for layer in net.layers}
        if relu not in kinds:
            close = 1e-3 * (1 + np.abs(expected_back(slope)).max())
            np.testing.assert_allclose(back(slope), expected_back(slope), atol=close)
