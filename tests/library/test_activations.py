"""The activation functions and their slopes, each by another route."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dlam
from dlam import Activation, identity, leaky_relu, relu, sigmoid, step, tanh

ALL = [sigmoid, tanh, relu, leaky_relu, step, identity]
SMOOTH = [sigmoid, tanh, identity]
TORCH = {
    sigmoid: torch.sigmoid,
    tanh: torch.tanh,
    relu: torch.relu,
    leaky_relu: torch.nn.functional.leaky_relu,
    step: lambda z: torch.heaviside(z, torch.tensor(0.5, dtype=z.dtype)),
    identity: lambda z: z,
}
each = pytest.mark.parametrize("activation", ALL, ids=repr)
each_smooth = pytest.mark.parametrize("activation", SMOOTH, ids=repr)
check = settings(deadline=None, derandomize=True)
moderate = st.floats(-30, 30)
anything = st.floats(allow_nan=False)
arrays = hnp.arrays(
    float, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), elements=moderate
)


def exact_sigmoid(x: float, terms: int = 60) -> Fraction:
    """σ(x) = e^{x/2} / (e^{x/2} + e^{-x/2}), by the series of cosh and sinh."""
    half = Fraction(x) / 2
    term, cosh, sinh = Fraction(1), Fraction(0), Fraction(0)
    for n in range(terms):
        if n % 2:
            sinh += term
        else:
            cosh += term
        term *= half / (n + 1)
    return (1 + sinh / cosh) / 2


# Sigmoid


@pytest.mark.equation("eq-sigmoid")
@check
@given(moderate)
def test_sigmoid_is_one_over_one_plus_the_exponential(x: float) -> None:
    assert sigmoid(x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-14)


@check
@given(st.integers(-48, 48))
def test_sigmoid_agrees_with_a_power_series_in_exact_fractions(eighths: int) -> None:
    assert sigmoid(eighths / 8) == pytest.approx(
        float(exact_sigmoid(eighths / 8)), rel=1e-14
    )


@pytest.mark.equation("eq-sigmoid-slope")
@check
@given(moderate)
def test_the_slope_of_sigmoid_is_sigmoid_times_one_minus_sigmoid(x: float) -> None:
    s = 1 / (1 + math.exp(-x))
    assert sigmoid.slope(x) == pytest.approx(s * (1 - s), rel=1e-12, abs=1e-15)
    # ... and that is its derivative, the quotient differentiated by hand:
    e = math.exp(-abs(x))
    assert sigmoid.slope(x) == pytest.approx(e / (1 + e) ** 2, rel=1e-14)


@check
@given(anything)
def test_sigmoid_is_symmetric_about_one_half(x: float) -> None:
    assert abs(sigmoid(x) + sigmoid(-x) - 1) <= 2.3e-16
    assert sigmoid.slope(x) == sigmoid.slope(-x)


@check
@given(anything, anything)
def test_sigmoid_never_falls_and_stays_between_0_and_1(x: float, y: float) -> None:
    assert 0 <= sigmoid(min(x, y)) <= sigmoid(max(x, y)) <= 1
    assert 0 <= sigmoid.slope(x) <= 0.25


def test_sigmoid_has_its_exact_values_at_zero() -> None:
    assert sigmoid(0) == 0.5
    assert sigmoid.slope(0) == 0.25


def test_the_slope_of_sigmoid_is_never_above_a_quarter() -> None:
    """Though next to zero e / (1 + e)² is, by rounding."""
    z = np.arange(1, 1000) * 1e-12
    e = np.exp(-z)
    assert (e / (1 + e) ** 2).max() > 0.25 == sigmoid.slope(z).max()


def test_off_the_real_line_sigmoid_and_its_slope_are_what_they_are() -> None:
    """There the slope may be above a quarter."""
    z = np.array([0.5j, 1 + 0.3j, -1 - 2j])
    a = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(sigmoid.slope(z), a * (1 - a), rtol=1e-14)
    assert sigmoid.slope(z[0]).real > 0.25
    np.testing.assert_allclose(sigmoid(z), a, rtol=1e-14)


def test_sigmoid_survives_the_largest_numbers() -> None:
    far = np.array([-np.inf, -1e308, -1e4, 1e4, 1e308, np.inf])
    assert sigmoid(far).tolist() == [0, 0, 0, 1, 1, 1]
    assert sigmoid.slope(far).tolist() == [0] * 6
    assert tanh.slope(far).tolist() == [0] * 6


@check
@given(st.floats(-700, -40))
def test_far_to_the_left_sigmoid_keeps_its_relative_accuracy(x: float) -> None:
    assert sigmoid(x) == pytest.approx(math.exp(x), rel=1e-13)
    assert sigmoid.slope(x) == pytest.approx(math.exp(x), rel=1e-13)
    assert sigmoid.slope(-x) == pytest.approx(math.exp(x), rel=1e-13)


@check
@given(moderate)
def test_tanh_is_a_sigmoid_stretched(x: float) -> None:
    assert tanh(x) == pytest.approx(2 * sigmoid(2 * x) - 1, rel=1e-12, abs=1e-15)
    assert tanh.slope(x) == pytest.approx(1 / math.cosh(x) ** 2, rel=1e-13)


# The piecewise linear ones


@check
@given(anything)
def test_relu_and_its_relatives_are_what_they_are_on_either_side(x: float) -> None:
    assert relu(x) == max(x, 0)
    assert leaky_relu(x) == (x if x > 0 else 0.01 * x)
    assert step(x) == (x > 0) + (x == 0) / 2
    assert identity(x) == x


def test_the_slopes_at_a_kink_are_the_conventions_of_pytorch() -> None:
    assert relu.slope(0) == 0
    assert leaky_relu.slope(0) == 0.01
    assert step.slope(0) == 0
    assert step(0) == 0.5


# All of them


@each
@check
@given(arrays)
def test_torch_gives_the_same_values_and_slopes(
    activation: Activation, z: np.ndarray
) -> None:
    zt = torch.tensor(z, requires_grad=True)
    at = TORCH[activation](zt)
    np.testing.assert_allclose(
        activation(z), at.detach().numpy(), rtol=1e-13, atol=1e-300
    )
    slope = np.zeros(z.shape)
    if at.requires_grad and activation is not step:
        at.sum().backward()
        slope = zt.grad.numpy()
    # torch forms 1 - σ(z) and 1 - tanh²(z), which cancel: hence the tolerance.
    np.testing.assert_allclose(activation.slope(z), slope, rtol=1e-12, atol=3e-16)


@each
@check
@given(moderate.filter(lambda x: abs(x) > 1e-3))
def test_the_slope_is_the_limit_of_difference_quotients(
    activation: Activation, x: float
) -> None:
    h = 1e-5
    quotient = (activation(x + h) - activation(x - h)) / (2 * h)
    assert activation.slope(x) == pytest.approx(quotient, abs=1e-9)


@each_smooth
@check
@given(st.floats(-20, 20))
def test_the_complex_step_gives_the_slope_to_the_last_digits(
    activation: Activation, x: float
) -> None:
    h = 1e-100
    assert activation(complex(x, h)).imag / h == pytest.approx(
        activation.slope(x), rel=1e-13
    )


@each
def test_the_complex_step_at_zero_gives_the_slope_there(activation: Activation) -> None:
    """At a kink, too: the value right above it belongs to the same side."""
    slope = activation(1e-20j).imag / 1e-20
    assert slope == pytest.approx(activation.slope(0.0), rel=1e-14)


@each
@check
@given(arrays)
def test_shape_and_type_are_kept_and_the_argument_unchanged(
    activation: Activation, z: np.ndarray
) -> None:
    before = z.copy()
    for result in (activation(z), activation.slope(z)):
        assert np.shape(result) == z.shape
        assert result.dtype == np.float64
        assert not np.shares_memory(result, z)
    assert np.array_equal(z, before)


@each
def test_integers_lists_and_float32_are_taken_as_float64(
    activation: Activation,
) -> None:
    whole = [-2, 0, 3]
    for z in (
        whole,
        np.array(whole),
        np.array(whole, np.float32),
        np.array(whole, "i1"),
    ):
        for function in (activation, activation.slope):
            assert function(z).dtype == np.float64
            assert np.array_equal(function(z), function(np.array(whole, float)))


@each
def test_a_single_number_gives_a_single_number(activation: Activation) -> None:
    assert isinstance(activation(1), np.float64)
    assert isinstance(activation.slope(1), np.float64)


@each
def test_what_is_no_number_is_refused(activation: Activation) -> None:
    for function in (activation, activation.slope):
        with pytest.raises(TypeError, match="z: expected numbers, got an array"):
            function(["a"])
        with pytest.raises(ValueError, match="z: expected an array of numbers"):
            function([[1.0], [1.0, 2.0]])


@each
def test_an_activation_is_known_by_its_name(activation: Activation) -> None:
    assert repr(activation) == activation.name
    assert getattr(dlam, activation.name) is activation
    with pytest.raises(AttributeError):
        activation.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("activation", [sigmoid, tanh, relu])
@given(z=st.floats(-50, 50))
def test_the_slope_is_the_same_when_the_value_is_at_hand(activation, z):
    assert activation.slope(z, activation(z)) == pytest.approx(
        activation.slope(z), rel=0, abs=1e-15
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((1, np.cos, np.sin), "^name: expected a str"),
        (("cos", 1, np.sin), "^function: expected a function"),
        (("cos", np.cos, 1), "^derivative: expected a function"),
        (("cos", np.cos, np.sin, 1), "^derivative_by_value: expected a function"),
    ],
)
def test_what_makes_no_activation_is_refused(parts: tuple, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Activation(*parts)
