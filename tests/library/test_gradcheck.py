"""The two checks of a gradient, on functions whose gradient is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlam.gradcheck import complex_step, finite_difference


def f(p: Any) -> Any:
    return np.exp(p[0]) * np.sin(p[1]) + p[2] ** 3


P = np.array([0.3, 1.1, -0.7])
EXACT = np.array(
    [np.exp(0.3) * np.sin(1.1), np.exp(0.3) * np.cos(1.1), 3 * 0.7**2],
)


def error(g: np.ndarray) -> float:
    return float(np.abs(g - EXACT).max())


def test_the_complex_step_is_exact_to_the_last_digits() -> None:
    assert error(complex_step(f, P)) < 1e-15
    assert error(complex_step(f, P, h=1e-100)) < 1e-15


def test_differences_come_as_close_as_rounding_allows() -> None:
    assert error(finite_difference(f, P)) < 1e-9
    assert error(finite_difference(f, P, method="forward")) < 1e-6


@pytest.mark.parametrize(("method", "power"), [("central", 1 / 3), ("forward", 1 / 2)])
def test_the_step_is_by_default_a_power_of_the_precision(
    method: Any, power: float
) -> None:
    h = np.finfo(np.float64).eps ** power
    np.testing.assert_array_equal(
        finite_difference(f, P, method=method), finite_difference(f, P, h, method)
    )


def test_the_complex_step_goes_up_the_imaginary_axis_alone() -> None:
    """Im (p + ih)² / h is 2p whatever h is; a real part of the step would be seen."""
    for h in (0.5, 2.0, 1e-3):
        g = complex_step(lambda p: (p * p).sum(), P, h)
        np.testing.assert_allclose(g, 2 * P, rtol=1e-14)


@pytest.mark.parametrize(("method", "order"), [("central", 2), ("forward", 1)])
def test_the_truncation_error_falls_with_the_order_of_the_difference(
    method: Any, order: int
) -> None:
    large = error(finite_difference(f, P, 1e-2, method))
    small = error(finite_difference(f, P, 1e-3, method))
    assert np.log10(large / small) == pytest.approx(order, abs=0.05)


def test_rounding_takes_over_where_the_step_is_too_small() -> None:
    assert error(finite_difference(f, P, 1e-13)) > 1e4 * error(finite_difference(f, P))


def test_p_is_left_alone() -> None:
    p = P.copy()
    p.flags.writeable = False
    finite_difference(f, p)
    complex_step(f, p)
    np.testing.assert_array_equal(p, P)


def test_a_function_that_loses_the_imaginary_part_is_found_out() -> None:
    with pytest.raises(TypeError, match="f: expected a complex value"):
        complex_step(lambda p: abs(p).sum(), P)


def test_a_complex_value_is_no_value_to_take_differences_of() -> None:
    with pytest.raises(TypeError, match="f: expected a real value"):
        finite_difference(lambda p: 1j, P)


@pytest.mark.parametrize("check", [finite_difference, complex_step])
def test_bad_arguments_are_refused(check: Any) -> None:
    for h in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="h: expected a number > 0"):
            check(f, P, h)
    with pytest.raises(ValueError, match=r"p: expected shape \(s,\)"):
        check(f, P[np.newaxis])
    with pytest.raises(ValueError, match=r"p: expected shape \(s,\)"):
        check(lambda p: p.sum(), [])
    with pytest.raises(ValueError, match="p: expected finite"):
        check(f, [np.nan])
    with pytest.raises(TypeError, match="p: expected real"):
        check(f, [1j])
    with pytest.raises(ValueError, match="f: expected a single number"):
        check(lambda p: p + 0, P)


def test_another_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method: expected"):
        finite_difference(f, P, method="backward")  # type: ignore[arg-type]
