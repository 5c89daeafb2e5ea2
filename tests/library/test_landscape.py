"""Slices of the cost, its Hessian, and the least-squares view of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import least_squares

from dlam import Network, cost, data, gradient, landscape, leaky_relu, relu, tanh
from dlam.convolution import Convolution, ConvolutionalNetwork, Dense
from dlam.gradcheck import complex_step, finite_difference
from dlam.landscape import hessian, jacobian, line, plane, residuals
from shapes import ALL, SMOOTH, Case, cases, check

HH = Network((2, 2, 3, 2))
X, Y = data.drilling_sites()
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def drilling_cost(p: Any) -> Any:
    return cost(HH, p, X, Y)


def vectors(n: int) -> np.ndarray:
    return HH.normal(np.random.default_rng(1), size=n)


@pytest.fixture(params=[1, 100, 2**20])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many networks are evaluated at a time."""
    monkeypatch.setattr(landscape, "CHUNK", request.param)


def test_a_line_runs_from_p_to_q(chunk: None) -> None:
    p, q = vectors(2)
    t = np.linspace(-0.5, 1.5, 9)
    values = line(drilling_cost, p, q, t)
    each = [drilling_cost(p + x * (q - p)) for x in t]
    np.testing.assert_allclose(values, each, **CLOSE)
    np.testing.assert_allclose(
        line(drilling_cost, p, q, [0, 1]), [drilling_cost(p), drilling_cost(q)], **CLOSE
    )


def test_a_plane_has_a_row_for_each_s_and_a_column_for_each_t(chunk: None) -> None:
    p, u, v = vectors(3)
    s, t = np.linspace(-1, 1, 5), np.linspace(-2, 2, 3)
    values = plane(drilling_cost, p, u, v, s, t)
    each = [[drilling_cost(p + a * u + b * v) for b in t] for a in s]
    np.testing.assert_allclose(values, each, **CLOSE)


def test_a_large_plane_is_evaluated_in_few_calls() -> None:
    calls = []

    def f(p: Any) -> Any:
        calls.append(len(p))
        return p.sum(axis=-1)

    p, u, v = vectors(3)
    plane(f, p, u, v, np.arange(200), np.arange(200))
    assert sum(calls) == 200 * 200
    assert len(calls) < 50


@pytest.mark.parametrize(("chunk", "at_once"), [(1, 1), (22, 1), (23, 1), (100, 4)])
def test_no_more_networks_are_evaluated_at_once_than_memory_is_granted_for(
    chunk: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landscape, "CHUNK", chunk)
    calls = []

    def f(p: Any) -> Any:
        calls.append(len(p))
        return p.sum(axis=-1)

    line(f, *vectors(2), np.arange(4 * at_once))
    assert calls == [at_once] * 4


def test_one_parameter_and_one_value_are_enough() -> None:
    values = line(lambda p: p[:, 0] ** 2, [1.0], [3.0], [0.5])
    np.testing.assert_allclose(values, [4.0])


def test_a_function_without_the_ensemble_axis_is_found_out() -> None:
    p, q = vectors(2)
    with pytest.raises(ValueError, match=r"f: expected shape \(3,\) .* got \(\)"):
        line(lambda p: p.sum(), p, q, [0, 1, 2])


@check(12)
@given(cases([*SMOOTH, relu, leaky_relu], largest=3))
def test_the_hessian_is_the_derivative_of_the_gradient(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    H = hessian(net, p, X, Y, loss)
    assert H.dtype == np.float64
    np.testing.assert_array_equal(H, H.T)
    for j in range(p.size):
        row = complex_step(lambda p, j=j: gradient(net, p, X, Y, loss)[j], p)
        np.testing.assert_allclose(H[j], row, **CLOSE)


@check(8)
@given(cases(SMOOTH, largest=3))
def test_the_hessian_agrees_with_differences_of_the_gradient(case: Case) -> None:
    net, p, X, Y, loss, _ = case
    H = hessian(net, p, X, Y, loss)
    for j in range(p.size):
        row = finite_difference(lambda p, j=j: gradient(net, p, X, Y, loss)[j], p)
        np.testing.assert_allclose(H[j], row, rtol=1e-4, atol=1e-5)


def test_the_hessian_is_the_same_in_parts(chunk: None) -> None:
    (p,) = vectors(1)
    H = hessian(HH, p, X, Y)
    row = complex_step(lambda p: gradient(HH, p, X, Y)[5], p)
    np.testing.assert_allclose(H[5], row, **CLOSE)


@check()
@given(cases(ALL, networks=2))
def test_half_the_mean_square_of_the_residuals_is_the_cost(case: Case) -> None:
    net, P, X, Y, *_ = case
    r = residuals(net, P, X, Y)
    assert r.shape == (2, Y.size)
    np.testing.assert_allclose((r**2).sum(axis=1) / (2 * len(X)), cost(net, P, X, Y))
    expected = [
        y[j] - net(P[1], x)[j] for x, y in zip(X, Y, strict=True) for j in range(len(y))
    ]
    np.testing.assert_allclose(r[1], expected, rtol=1e-12, atol=1e-14)


@check(25)
@given(cases([*SMOOTH, relu, leaky_relu], networks=2))
def test_the_jacobian_is_the_derivative_of_the_residuals(case: Case) -> None:
    net, P, X, Y, *_ = case
    J = jacobian(net, P, X, Y)
    for n, p in enumerate(P):
        rows = [
            complex_step(lambda p, i=i: residuals(net, p, X, Y)[i], p)
            for i in range(Y.size)
        ]
        np.testing.assert_allclose(J[n], rows, **CLOSE)
        np.testing.assert_allclose(jacobian(net, p, X, Y), J[n], **CLOSE)


def test_of_another_model_both_are_as_well() -> None:
    net = ConvolutionalNetwork(
        (1, 2, 2), (Convolution(2, 2, activation=tanh), Dense(3))
    )
    rng = np.random.default_rng(2)
    P, X, Y = net.normal(rng, size=2), rng.normal(size=(4, 4)), rng.random((4, 3))
    J = jacobian(net, P, X, Y)
    for p, own, r in zip(P, J, residuals(net, P, X, Y), strict=True):
        np.testing.assert_allclose(r, (Y - net(p, X)).ravel(), **CLOSE)
        rows = [
            complex_step(lambda p, i=i: residuals(net, p, X, Y)[i], p)
            for i in range(12)
        ]
        np.testing.assert_allclose(own, rows, **CLOSE)
        np.testing.assert_allclose(jacobian(net, p, X, Y), own, **CLOSE)


@check(25)
@given(cases(ALL))
def test_the_gradient_of_the_cost_is_the_jacobian_times_the_residuals(
    case: Case,
) -> None:
    net, p, X, Y, *_ = case
    g = jacobian(net, p, X, Y).T @ residuals(net, p, X, Y) / len(X)
    np.testing.assert_allclose(g, gradient(net, p, X, Y), **CLOSE)


def test_least_squares_of_scipy_takes_both_as_they_are() -> None:
    (p,) = vectors(1)
    found = least_squares(
        lambda p: residuals(HH, p, X, Y), p, lambda p: jacobian(HH, p, X, Y)
    )
    assert found.cost < 0.3 * len(X) * cost(HH, p, X, Y)


def test_bad_arguments_are_refused() -> None:
    p, q, u = vectors(3)
    with pytest.raises(ValueError, match=r"p: expected shape \(s,\)"):
        line(drilling_cost, [p, p], q, [0])
    with pytest.raises(ValueError, match=r"q: expected shape \(23,\) like p"):
        line(drilling_cost, p, q[:5], [0])
    with pytest.raises(ValueError, match=r"p: expected shape \(s,\)"):
        line(drilling_cost, [], [], [0])
    for t in (0.5, []):
        with pytest.raises(ValueError, match=r"t: expected shape \(r,\)"):
            line(drilling_cost, p, q, t)
    with pytest.raises(ValueError, match="v: expected finite"):
        plane(drilling_cost, p, u, u * np.nan, [0], [0])
    with pytest.raises(ValueError, match=r"p: expected shape \(s,\)"):
        hessian(HH, np.stack([p, q]), X, Y)
    for f in (residuals, jacobian):
        with pytest.raises(ValueError, match="Y: expected shape"):
            f(HH, p, X, Y[:3])


@pytest.mark.parametrize("wrong", ["X", "Y"])
def test_the_hessian_of_complex_data_is_refused(wrong: str) -> None:
    data = {"X": np.ones((2, 1)), "Y": np.zeros((2, 1))}
    data[wrong] = data[wrong] * 1j
    with pytest.raises(TypeError, match=f"{wrong}: expected real"):
        hessian(Network((1, 1)), np.zeros(2), data["X"], data["Y"])
