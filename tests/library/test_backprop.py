"""Back propagation, against four routes that know nothing of it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given

from dlam import (
    Activation,
    Network,
    _lemma,
    binary_cross_entropy,
    complex_step,
    cost,
    errors,
    finite_difference,
    forward,
    gradient,
    leaky_relu,
    quadratic,
    relu,
    sigmoid,
    softmax_cross_entropy,
)
from dlam.convolution import ConvolutionalNetwork, Dense
from dlam.pytorch import to_module
from shapes import ALL, SMOOTH, Case, cases, check

CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def by_sums(case: Case) -> np.ndarray:
    """Lemma 5.1 as printed, (5.2) to (5.8), in components: no matrix is formed."""
    net, p, X, Y, loss, _ = case
    total = np.zeros(net.n_parameters)
    for x, y in zip(X, Y, strict=True):
        W, b = {}, {}
        numbers = iter(p.tolist())
        for l, (m, n) in enumerate(pairwise(net.sizes), start=2):  # noqa: E741
            for j in range(n):
                for k in range(m):
                    W[l, j, k] = next(numbers)
            for j in range(n):
                b[l, j] = next(numbers)
        L, n = net.n_layers, dict(enumerate(net.sizes, start=1))
        act = dict(enumerate(net.activations, start=2))
        a = {(1, k): x[k] for k in range(n[1])}
        z, delta = {}, {}
        for l in range(2, L + 1):  # noqa: E741
            for j in range(n[l]):
                z[l, j] = b[l, j] + math.fsum(
                    W[l, j, k] * a[l - 1, k] for k in range(n[l - 1])
                )
                a[l, j] = float(act[l](z[l, j]))
        out = np.array([a[L, j] for j in range(n[L])])
        for j in range(n[L]):
            if loss == quadratic:
                dC = out[j] - y[j]
            elif loss == binary_cross_entropy:
                dC = (1 - y[j]) / (1 - out[j]) - y[j] / out[j]
            else:
                dC = np.exp(out[j]) / np.exp(out).sum() - y[j]
            delta[L, j] = float(act[L].slope(z[L, j])) * dC
        for l in range(L - 1, 1, -1):  # noqa: E741
            for j in range(n[l]):
                delta[l, j] = float(act[l].slope(z[l, j])) * math.fsum(
                    W[l + 1, i, j] * delta[l + 1, i] for i in range(n[l + 1])
                )
        g = []
        for l in range(2, L + 1):  # noqa: E741
            g += [
                delta[l, j] * a[l - 1, k] for j in range(n[l]) for k in range(n[l - 1])
            ]
            g += [delta[l, j] for j in range(n[l])]
        total += g
    return total / len(X)


@check()
@given(cases(ALL))
def test_the_gradient_is_that_of_the_printed_lemma_in_components(case: Case) -> None:
    g = gradient(case.net, case.p, case.X, case.Y, case.loss)
    np.testing.assert_allclose(g, by_sums(case), **CLOSE)


@check()
@given(cases(SMOOTH))
def test_the_gradient_agrees_with_central_differences(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    g = finite_difference(lambda p: cost(net, p, X, Y, loss), p)
    np.testing.assert_allclose(gradient(net, p, X, Y, loss), g, rtol=2e-5, atol=2e-7)


@check()
@given(cases([*SMOOTH, relu, leaky_relu]))
def test_the_gradient_agrees_with_the_complex_step(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    g = complex_step(lambda p: cost(net, p, X, Y, loss), p)
    np.testing.assert_allclose(gradient(net, p, X, Y, loss), g, **CLOSE)


@check()
@given(cases([*SMOOTH, relu, leaky_relu]))
def test_the_gradient_agrees_with_autograd(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    module = to_module(net, p)
    a, y = module(torch.tensor(X)), torch.tensor(Y)
    each = {
        quadratic: lambda: ((y - a) ** 2).sum() / 2,
        binary_cross_entropy: lambda: torch.nn.functional.binary_cross_entropy(
            a, y, reduction="sum"
        ),
        softmax_cross_entropy: lambda: torch.nn.functional.cross_entropy(
            a, y, reduction="sum"
        ),
    }
    (each[loss]() / len(X)).backward()
    theirs = torch.cat([q.grad.ravel() for q in module.parameters()])
    np.testing.assert_allclose(gradient(net, p, X, Y, loss), theirs, **CLOSE)


@check()
@given(cases(ALL, networks=3))
def test_an_ensemble_has_the_gradients_of_its_networks(case: Case) -> None:
    net, P, X, Y, loss, _ = case
    each = [gradient(net, p, X, Y, loss) for p in P]
    np.testing.assert_allclose(gradient(net, P, X, Y, loss), each, **CLOSE)


@check()
@given(cases(ALL))
def test_the_gradient_is_the_mean_of_those_at_the_single_points(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    each = [gradient(net, p, x, y, loss) for x, y in zip(X, Y, strict=True)]
    mean = np.mean(each, axis=0)
    np.testing.assert_allclose(gradient(net, p, X, Y, loss), mean, **CLOSE)


@check(20)
@given(cases(ALL))
def test_forward_ends_in_the_output_of_the_network_and_keeps_all_on_the_way(
    case: Case,
) -> None:
    net, p, X, *_ = case
    z, a = forward(net, p, X)
    assert [*z] == [*range(2, net.n_layers + 1)]
    assert [*a] == [*range(1, net.n_layers + 1)]
    np.testing.assert_array_equal(a[1], X)
    np.testing.assert_allclose(a[net.n_layers], net(p, X), **CLOSE)
    for l, activation in enumerate(net.activations, start=2):  # noqa: E741
        np.testing.assert_array_equal(a[l], activation(z[l]))


@check(20)
@given(cases(SMOOTH))
def test_the_errors_are_the_slopes_of_the_loss_with_respect_to_z(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    z, a = forward(net, p, X[0])
    delta = errors(net, p, z, a, Y[0], loss)
    # A change of z is a change of the bias.
    layers = net.unpack(complex_step(lambda p: cost(net, p, X[0], Y[0], loss), p))
    for l, layer in enumerate(layers, start=2):  # noqa: E741
        np.testing.assert_allclose(delta[l], layer.b, **CLOSE)


@pytest.mark.parametrize("k", [None, 4])
def test_a_single_point_has_the_rows_of_many_without_their_axis(k: int | None) -> None:
    rng = np.random.default_rng(1)
    net = Network((3, 4, 2))
    p, X, Y = net.normal(rng, size=k), rng.normal(size=(5, 3)), rng.random((5, 2))
    z, a = forward(net, p, X)
    delta = errors(net, p, z, a, Y)
    z_1, a_1 = forward(net, p, X[1])
    delta_1 = errors(net, p, z_1, a_1, Y[1])
    for single, many in ((z_1, z), (a_1, a), (delta_1, delta)):
        for l in single:  # noqa: E741
            np.testing.assert_allclose(single[l], many[l][..., 1, :], rtol=1e-12)


def test_lists_and_integers_are_taken_as_numbers() -> None:
    net = Network((1, 1))
    g = gradient(net, [1, 2], [[3]], [[0]])
    assert g.dtype == np.float64
    np.testing.assert_array_equal(g, gradient(net, [1.0, 2.0], [[3.0]], [[0.0]]))
    single = np.array([1, 2], dtype=np.float32)
    assert gradient(net, single, [[3]], [[0]]).dtype == np.float64


def test_arrays_in_any_order_of_memory_are_taken_and_left_alone() -> None:
    rng = np.random.default_rng(1)
    net = Network((3, 4, 2))
    p, X, Y = net.normal(rng), rng.normal(size=(5, 3)), rng.random((5, 2))
    plain = gradient(net, p, X, Y)
    strided = np.repeat(p, 2)[::2]
    for array in (p, X, Y, strided):
        array.flags.writeable = False
    again = gradient(net, strided, np.asfortranarray(X), Y[::-1][::-1])
    np.testing.assert_allclose(again, plain, rtol=1e-12)


def test_an_activation_of_ones_own_is_propagated_through() -> None:
    square = Activation("square", lambda z: z**2, lambda z: 2 * z)
    net = Network((2, 3, 1), (square, sigmoid))
    rng = np.random.default_rng(1)
    p, X, Y = net.normal(rng), rng.normal(size=(4, 2)), rng.random((4, 1))
    g = complex_step(lambda p: cost(net, p, X, Y), p)
    np.testing.assert_allclose(gradient(net, p, X, Y), g, **CLOSE)


def test_of_another_model_the_gradient_is_the_mean_as_well() -> None:
    net = ConvolutionalNetwork((1, 2, 2), (Dense(1, sigmoid),))
    rng = np.random.default_rng(2)
    p, X, Y = net.normal(rng), rng.normal(size=(3, 4)), rng.random((3, 1))
    each = [gradient(net, p, X[n : n + 1], Y[n : n + 1]) for n in range(3)]
    np.testing.assert_allclose(gradient(net, p, X, Y), np.mean(each, axis=0), **CLOSE)


def test_the_errors_are_those_of_a_network() -> None:
    net = ConvolutionalNetwork((1, 1, 1), (Dense(1),))
    with pytest.raises(TypeError, match=r"^net: expected a Network"):
        errors(net, np.zeros(2), {}, {1: np.zeros((1, 1))}, [[0.0]])


def test_each_formula_of_the_lemma_stands_once_in_the_source() -> None:
    source = Path(_lemma.__file__).read_text("utf-8")
    for number in ("(5.2)", "(5.3)", "(5.5)", "(5.6)", "(5.7)", "(5.8)"):
        lines = [x for x in source.splitlines() if f"# {number}" in x]
        assert len(lines) == 1, number


@pytest.mark.parametrize("f", [cost, gradient], ids=["cost", "gradient"])
def test_each_argument_is_looked_through_once(f, monkeypatch) -> None:
    seen: list[str] = []
    real = np.isfinite

    def isfinite(x, *rest):
        seen.append(str(np.shape(x)))
        return real(x, *rest)

    monkeypatch.setattr(np, "isfinite", isfinite)
    net = Network((2, 4, 3))
    f(net, np.zeros(net.n_parameters), np.ones((5, 2)), np.ones((5, 3)))
    assert sorted(seen) == sorted([f"({net.n_parameters},)", "(5, 2)", "(5, 3)"])
