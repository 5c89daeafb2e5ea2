"""The cost, against its printed formulas and PyTorch, also where it saturates."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam import (
    Loss,
    Network,
    binary_cross_entropy,
    complex_step,
    cost,
    data,
    finite_difference,
    gradient,
    identity,
    quadratic,
    relu,
    sigmoid,
    softmax_cross_entropy,
    tanh,
)
from dlam.convolution import ConvolutionalNetwork, Dense
from shapes import ALL, LOSSES, Case, cases, check, targets

LINE = Network((1, 1))
OTHER = ConvolutionalNetwork((1, 1, 2), (Dense(2),))  # of six parameters


def softmax(a: np.ndarray) -> np.ndarray:
    return np.exp(a) / np.exp(a).sum()


def by_sums(loss: Loss, a: np.ndarray, y: np.ndarray) -> float:
    """The loss of one output, as the definition is printed."""
    if loss == quadratic:
        return sum((y[j] - a[j]) ** 2 for j in range(len(a))) / 2
    if loss == softmax_cross_entropy:
        return -sum(t * math.log(s) for t, s in zip(y, softmax(a), strict=True))
    return -sum(
        t * math.log(s) + (1 - t) * math.log(1 - s) for t, s in zip(y, a, strict=True)
    )


@check()
@given(cases(ALL))
def test_the_cost_is_the_mean_over_the_points_of_the_printed_loss(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    each = [by_sums(loss, net(p, x), y) for x, y in zip(X, Y, strict=True)]
    assert cost(net, p, X, Y, loss) == pytest.approx(math.fsum(each) / len(X), 1e-9)


@check()
@given(cases(ALL, networks=3))
def test_an_ensemble_has_the_costs_of_its_networks(case: Case) -> None:
    net, P, X, Y, loss, _ = case
    each = [cost(net, p, X, Y, loss) for p in P]
    np.testing.assert_allclose(cost(net, P, X, Y, loss), each, rtol=1e-12)


def test_the_cost_of_another_model_is_the_mean_as_well() -> None:
    rng = np.random.default_rng(1)
    p, X, Y = OTHER.normal(rng), rng.normal(size=(3, 2)), rng.random((3, 2))
    each = [by_sums(quadratic, a, y) for a, y in zip(OTHER(p, X), Y, strict=True)]
    assert cost(OTHER, p, X, Y) == pytest.approx(sum(each) / 3, rel=1e-12)
    one = ConvolutionalNetwork((1, 1, 1), (Dense(1),))
    assert cost(one, [2.0, 1.0], [[3.0]], [[0.0]]) == 24.5


def test_the_cost_of_the_drilling_network_is_a_twentieth_of_the_sum_of_squares() -> (
    None
):
    net = Network((2, 2, 3, 2))
    p = net.normal(np.random.default_rng(1))
    X, Y = data.drilling_sites()
    squares = sum(np.linalg.norm(y - net(p, x)) ** 2 for x, y in zip(X, Y, strict=True))
    value = cost(net, p, X, Y)
    assert isinstance(value, float)
    assert 20 * value == pytest.approx(squares, rel=1e-12)


@check(20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5))
def test_the_cross_entropies_are_those_of_pytorch(seed: int, N: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, n)) * 5
    y = targets(binary_cross_entropy, N, n, rng)
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(z), torch.tensor(y), reduction="none"
    ).sum(dim=1)
    np.testing.assert_allclose(binary_cross_entropy(sigmoid(z), y), theirs, rtol=1e-9)
    y = targets(softmax_cross_entropy, N, n, rng)
    theirs = torch.nn.functional.cross_entropy(
        torch.tensor(z), torch.tensor(y), reduction="none"
    )
    np.testing.assert_allclose(
        softmax_cross_entropy(z, y), theirs, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@check(20)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5))
def test_the_slope_of_a_loss_is_its_gradient(loss: Loss, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    y = targets(loss, 1, n, rng)[0]
    binary = loss == binary_cross_entropy
    a = rng.uniform(0.05, 0.95, n) if binary else rng.normal(size=n)
    slope = loss.slope(a, y)
    np.testing.assert_allclose(slope, complex_step(lambda a: loss(a, y), a), 1e-10)
    by_differences = finite_difference(lambda a: loss(a, y), a)
    np.testing.assert_allclose(slope, by_differences, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_a_loss_takes_any_leading_axes(loss: Loss) -> None:
    rng = np.random.default_rng(1)
    y = targets(loss, 4, 3, rng)
    a = rng.uniform(0.1, 0.9, (2, 4, 3))
    assert loss(a, y).shape == (2, 4)
    assert loss.slope(a, y).shape == (2, 4, 3)
    assert str(loss) == loss.name


@pytest.mark.parametrize("z", [-1000.0, -40.0, 40.0, 1000.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_a_saturated_sigmoid_has_a_finite_cross_entropy_and_an_exact_error(
    z: float, y: float
) -> None:
    p, x = np.array([0.0, z]), [[1.0]]  # the output is σ(z): 0 or 1 in floating point
    wanted = max(z, 0) - y * z
    value = cost(LINE, p, x, [[y]], binary_cross_entropy)
    assert value == pytest.approx(wanted, rel=1e-15, abs=1e-17)
    g = gradient(LINE, p, x, [[y]], binary_cross_entropy)
    np.testing.assert_array_equal(g, (sigmoid(z) - y) * np.ones(2))


def test_a_sure_and_right_output_costs_nothing_at_a_bound_of_the_sigmoid() -> None:
    assert binary_cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0
    np.testing.assert_array_equal(
        binary_cross_entropy.slope([0.0, 1.0], [0.0, 1.0]), [1.0, -1.0]
    )


def test_huge_logits_do_not_overflow_in_the_softmax() -> None:
    a, y = np.array([1e4, -1e4, 0.0]), np.array([0.0, 1.0, 0.0])
    assert softmax_cross_entropy(a, y) == 2e4
    np.testing.assert_array_equal(softmax_cross_entropy.slope(a, y), [1.0, -1.0, 0.0])


def test_the_softmax_loss_has_its_slope_whatever_the_targets_sum_to() -> None:
    rng = np.random.default_rng(1)
    a, y = rng.normal(size=(2, 4))
    assert abs(y.sum() - 1) > 0.1
    loss = softmax_cross_entropy
    expected = finite_difference(lambda a: loss(a, y).item(), a)
    np.testing.assert_allclose(loss.slope(a, y), expected, rtol=1e-8)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_slope_at_many_points_is_that_at_each(loss: Loss) -> None:
    rng = np.random.default_rng(1)
    a, Y = rng.uniform(0.1, 0.9, (5, 3)), targets(loss, 5, 3, rng)
    each = [loss.slope(b, y) for b, y in zip(a, Y, strict=True)]
    np.testing.assert_allclose(loss.slope(a, Y), each, rtol=1e-15)


def test_softmax_does_not_feel_a_common_shift() -> None:
    a, y = np.array([0.3, -1.0, 2.0]), np.array([0.2, 0.3, 0.5])
    shifted = softmax_cross_entropy(a + 7.5, y)
    assert softmax_cross_entropy(a, y) == pytest.approx(shifted, rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        (binary_cross_entropy, identity),
        (binary_cross_entropy, tanh),
        (binary_cross_entropy, relu),
        (softmax_cross_entropy, sigmoid),
        (softmax_cross_entropy, tanh),
    ],
)
def test_a_loss_that_does_not_fit_the_output_is_refused(
    loss: Loss, activation: object
) -> None:
    net = Network((2, 3), activation)  # type: ignore[arg-type]
    for f in (cost, gradient):
        with pytest.raises(ValueError, match=r"loss: .* fits an output layer with"):
            f(net, np.zeros(9), np.zeros((1, 2)), np.eye(3)[:1], loss)


def test_targets_that_do_not_suit_the_loss_are_refused() -> None:
    X = np.zeros((2, 1))
    with pytest.raises(ValueError, match=r"Y: binary_cross_entropy expects .* got -1"):
        cost(LINE, np.zeros(2), X, [[-1.0], [1.0]], binary_cross_entropy)
    with pytest.raises(ValueError, match=r"Y: binary_cross_entropy expects .* to 1.5"):
        cost(LINE, np.zeros(2), X, [[1.5], [1.0]], binary_cross_entropy)
    net = Network((1, 2), identity)
    for wrong in ([1.0, 1.0], [1.5, -0.5], [0.3, 0.3]):
        with pytest.raises(ValueError, match="Y: softmax_cross_entropy expects"):
            cost(net, np.zeros(4), X, [wrong, [0.0, 1.0]], softmax_cross_entropy)


def test_one_point_with_a_sure_target_is_enough_for_the_cross_entropies() -> None:
    """With all parameters 0, both answers are as likely."""
    net = Network((1, 2), identity)
    one = cost(net, np.zeros(4), [3.0], [0.0, 1.0], softmax_cross_entropy)
    assert one == pytest.approx(math.log(2), rel=1e-15)
    one = cost(LINE, np.zeros(2), [3.0], [1.0], binary_cross_entropy)
    assert one == pytest.approx(math.log(2), rel=1e-15)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_a_loss_is_a_constant(loss: Loss) -> None:
    with pytest.raises(AttributeError):
        loss.name = "another"  # type: ignore[misc]
    assert {loss: 1}[loss] == 1


@pytest.mark.parametrize(
    ("X", "Y", "message"),
    [
        (np.zeros((3, 2)), np.zeros((3, 1)), r"X: expected shape \(N, 1\)"),
        (np.zeros((3, 1)), np.zeros((2, 1)), r"Y: expected shape \(3, 1\)"),
        (np.zeros((3, 1)), np.zeros(3), r"Y: expected shape \(3, 1\) .* got \(3,\)"),
        (np.zeros(1), np.zeros((1, 1)), r"Y: expected shape \(1,\)"),
        (np.zeros((0, 1)), np.zeros((0, 1)), "X: expected at least one point"),
        (np.array([[np.nan]]), np.zeros((1, 1)), "X: expected finite numbers"),
        (np.zeros((1, 1)), np.array([[np.inf]]), "Y: expected finite numbers"),
    ],
)
def test_points_and_targets_that_do_not_fit_are_refused(
    X: np.ndarray, Y: np.ndarray, message: str
) -> None:
    for f in (cost, gradient):
        with pytest.raises(ValueError, match=message):
            f(LINE, np.zeros(2), X, Y)


@pytest.mark.parametrize(
    ("X", "Y", "message"),
    [
        (np.zeros(2), np.zeros((2, 2)), "^X, Y: expected a point and a target in"),
        (np.zeros((2, 2)), np.zeros(2), "^X, Y: expected a point and a target in"),
        (np.zeros((3, 2)), np.zeros((2, 2)), "^X, Y: expected a point and a target in"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "^X, Y: expected a point and a target in"),
        (np.zeros((1, 2)), np.full((1, 2), 2.0), "^Y: binary_cross_entropy expects"),
    ],
)
def test_what_does_not_fit_another_model_is_refused(X, Y, message) -> None:
    for f in (cost, gradient):
        with pytest.raises(ValueError, match=message):
            f(OTHER, np.zeros(6), X, Y, binary_cross_entropy)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((1, np.add, np.add), "^name: expected a str"),
        (("sum", 1, np.add), "^function: expected a function"),
        (("sum", np.add, 1), "^derivative: expected a function"),
    ],
)
def test_what_makes_no_loss_is_refused(parts: tuple, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Loss(*parts)


def test_what_is_no_loss_or_no_network_is_refused() -> None:
    with pytest.raises(TypeError, match="loss: expected a Loss"):
        cost(LINE, np.zeros(2), [[0.0]], [[0.0]], "quadratic")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="net: expected a Network"):
        cost((1, 1), np.zeros(2), [[0.0]], [[0.0]])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Y: expected numbers"):
        cost(LINE, np.zeros(2), [[0.0]], [["a"]])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "loss", [quadratic, binary_cross_entropy, softmax_cross_entropy], ids=repr
)
def test_outputs_and_targets_of_different_shapes_are_refused(loss) -> None:
    for f in (loss, loss.slope):
        with pytest.raises(ValueError, match=r"y: expected shape \(5, 1\)"):
            f(np.full((5, 1), 0.5), np.full(5, 0.5))


def test_a_loss_that_works_in_place_is_refused_and_changes_nothing() -> None:
    eager = Loss(
        "eager",
        lambda a, y: ((a - y) ** 2).sum(axis=-1),
        lambda a, y: np.subtract(a, y, out=y),
    )
    X, Y = np.ones((2, 1)), np.zeros((2, 1))
    with pytest.raises(ValueError, match="eager"):
        gradient(Network((1, 1)), np.zeros(2), X, Y, eager)
    assert (Y == 0).all()
