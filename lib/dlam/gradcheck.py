"""Two ways to check a gradient that know nothing of back propagation."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import real

__all__ = ["complex_step", "finite_difference"]

Function = Callable[[NDArray[np.float64]], Any]


def finite_difference(
    f: Function,
    p: ArrayLike,
    h: float | None = None,
    method: Literal["central", "forward"] = "central",
) -> NDArray[np.float64]:
    """Return the gradient of f at p by differences.

    Parameters
    ----------
    f : callable
        From an array of shape (s,) to a real number.
    p : array, shape (s,)
    h : float, optional
        The step.  By default the power of the machine precision that balances
        truncation and rounding where f and p are of size 1: ε^(1/3) for
        central, ε^(1/2) for forward differences.
    method : {"central", "forward"}, optional

    Returns
    -------
    ndarray, shape (s,)

    Raises
    ------
    ValueError
        If p is not a finite vector, h not positive, f(p) not a single number,
        or the method another one.
    TypeError
        If f(p) is not real.

    Notes
    -----
    Equation: eq-differences

    The error is O(h²) + O(ε/h) for central, O(h) + O(ε/h) for forward
    differences, with 2s and s + 1 values of f.

    Examples
    --------
    >>> finite_difference(lambda p: p[0] ** 2 + 3 * p[1], [1.0, 1.0]).round(6)
    array([2., 3.])
    """
    p = _vector(p)
    if method not in ("central", "forward"):
        raise ValueError(f"method: expected 'central' or 'forward', got {method!r}")
    h = _step(np.spacing(1.0) ** (1 / 3 if method == "central" else 1 / 2), h)
    g = np.empty_like(p)
    here = _real(f(p)) if method == "forward" else 0.0
    for j, e in enumerate(np.eye(p.size)):
        if method == "forward":
            g[j] = (_real(f(p + h * e)) - here) / h
        else:
            g[j] = (_real(f(p + h * e)) - _real(f(p - h * e))) / (2 * h)
    return g


def complex_step(f: Function, p: ArrayLike, h: float = 1e-20) -> NDArray[np.float64]:
    """Return the gradient of f at p as the imaginary part of f(p + ih eⱼ)/h.

    Nothing is subtracted, so that h can be as small as one likes, and the result
    is exact up to rounding if f is analytic.

    Parameters
    ----------
    f : callable
        From a complex array of shape (s,) to a complex number.
    p : array, shape (s,)
    h : float, optional
        The step.

    Returns
    -------
    ndarray, shape (s,)

    Raises
    ------
    ValueError
        If p is not a finite vector, h not positive, or f(p) not a single number.
    TypeError
        If f(p) is not complex: then f has lost the imaginary part.

    Notes
    -----
    Equation: eq-complex-step

    Source: W. Squire, G. Trapp, SIAM Review 40(1), 1998, 110–112.

    Examples
    --------
    >>> complex_step(lambda p: p[0] ** 2 + 3 * p[1], [1.0, 1.0])
    array([2., 3.])
    """
    p = _vector(p)
    h = _step(h, None)
    g = np.empty_like(p)
    for j, e in enumerate(np.eye(p.size)):
        g[j] = _along(lambda q: _complex(f(q)), p, e, h)
    return g


def _along(
    f: Function, p: NDArray[np.float64], v: NDArray[np.float64], h: float = 1e-20
) -> NDArray[np.float64]:
    """Return the derivative of f along v by a complex step, at real p.

    No difference is formed, so none is rounded.
    """
    derivative: NDArray[np.float64] = f(p + 1j * h * v).imag / h
    return derivative


def _vector(p: ArrayLike) -> NDArray[np.float64]:
    p = real(p, "p")
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"p: expected shape (s,), got {p.shape}")
    return p


def _step(default: float, h: float | None) -> float:
    h = default if h is None else h
    if not (np.isfinite(h) and h > 0):
        raise ValueError(f"h: expected a number > 0, got {h}")
    return h


def _single(value: Any) -> NDArray[Any]:
    number: NDArray[Any] = np.asarray(value)
    if number.ndim != 0:
        raise ValueError(f"f: expected a single number, got shape {number.shape}")
    return number


def _complex(value: Any) -> NDArray[Any]:
    value = _single(value)
    if value.dtype.kind != "c":
        raise TypeError(
            f"f: expected a complex value at a complex p, got dtype {value.dtype}"
        )
    number: NDArray[Any] = value
    return number


def _real(value: Any) -> float:
    value = _single(value)
    if value.dtype.kind not in "iuf":
        raise TypeError(f"f: expected a real value, got dtype {value.dtype}")
    return float(value)
