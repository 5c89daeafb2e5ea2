"""How sharply the cost curves: the largest eigenvalue of its Hessian, without it."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import real
from dlam.backprop import _slope_of_cost
from dlam.costs import Loss, _of_logits, paired, quadratic
from dlam.gradcheck import _along
from dlam.network import Model, _parameters

__all__ = ["hessian_times", "largest_eigenvalue", "sharpness"]

Array = NDArray[np.float64]


def hessian_times(
    net: Model,
    p: ArrayLike,
    v: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    loss: Loss = quadratic,
) -> Array:
    """Return the Hessian of the cost at p, times the vector v.

    The gradient is differentiated along v by a complex step.  That costs one
    gradient with complex numbers; the s × s matrix is never formed.

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks.
    v : array, shaped like p
        A vector, or one for each network.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.
    loss : Loss, optional

    Returns
    -------
    ndarray, shaped like p

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or the loss does not fit
        the output layer or the targets.
    TypeError
        If p, v, X or Y holds complex numbers.

    Notes
    -----
    Equation: eq-conv-hessian-times

    Examples
    --------
    >>> from dlam import Network, identity
    >>> net = Network((1, 1), identity)
    >>> hessian_times(net, [1.0, 0.0], [1.0, 1.0], [[2.0]], [[0.0]])
    array([6., 3.])
    """
    X, Y = paired(net, real(X, "X"), real(Y, "Y"), loss)
    p, v = _parameters(net, real(p, "p")), real(v, "v")
    if v.shape != p.shape:
        raise ValueError(f"v: expected shape {p.shape} like p, got {v.shape}")
    slope = _slope_of_cost(*_of_logits(net, loss))
    return _along(lambda q: slope(q, X, Y), p, v)


def largest_eigenvalue(
    times: Callable[[Array], Array], start: ArrayLike, tolerance: float = 1e-6
) -> Array:
    """Return the largest eigenvalue of a symmetric matrix by Lanczos' method.

    The matrix is known by what it does to a vector.  In the space spanned by
    v, Av, A²v, … its best approximation is tridiagonal, and the largest
    eigenvalue of that soon agrees with that of A.

    Parameters
    ----------
    times : callable
        From vectors v of shape (k, s) to the products Av, for k matrices A.
    start : array, shape (k, s)
        A first vector for each matrix, not zero, and not orthogonal to the
        eigenvector that is wanted; random ones are not.
    tolerance : float, optional
        The residual ‖Au − θu‖ that is good enough, relative to the largest
        eigenvalue in absolute value.

    Returns
    -------
    ndarray, shape (k,)
        The largest, not the largest in absolute value.

    Raises
    ------
    ValueError
        If `start` is not of shape (k, s), has a row of zeros or a number that is
        not finite, `tolerance` is not positive, or a product has another shape.

    Notes
    -----
    Each new vector is made orthogonal to all before it, twice, for without that
    rounding destroys the method.  After s products it is exact.

    Source: C. Lanczos, Journal of Research of the National Bureau of Standards
    45 (1950), 255–282.

    Examples
    --------
    >>> A = np.diag([1.0, 2.0, 5.0])
    >>> print(largest_eigenvalue(lambda v: v @ A, [[1.0, 1.0, 1.0]]).round(9))
    [5.]
    """
    v = _first(start, tolerance)
    k, s = v.shape
    V, T, beta = np.empty((k, 0, s)), np.empty((k, 0, 0)), np.zeros(k)
    while True:
        w = _like(times(v), v)
        V = np.concatenate([V, v[:, np.newaxis]], axis=1)
        T = _grown(T, np.sum(v * w, axis=1), beta)
        for _ in range(2):
            w = w - ((V @ w[..., np.newaxis]).mT @ V)[:, 0]
        theta, y = np.linalg.eigh(T)
        size = np.abs(theta).max(axis=1)
        beta = np.linalg.norm(w, axis=1)
        residual = beta * np.abs(y[:, -1, -1])
        if V.shape[1] == s or (residual <= tolerance * size).all():
            return np.copy(theta[:, -1])
        done = beta <= 1e-14 * size  # no new direction: go on with zeros
        beta = np.where(done, 0.0, beta)
        v = np.where(done, 0.0, w.T / np.where(done, 1.0, beta)).T


def sharpness(
    net: Model,
    p: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    loss: Loss = quadratic,
) -> Array:
    """Return the largest eigenvalue of the Hessian of the cost.

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks, or of one network at k times.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.
    loss : Loss, optional

    Returns
    -------
    ndarray, shape () or (k,)

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or the loss does not fit
        the output layer or the targets.
    TypeError
        If p, X or Y holds complex numbers.

    Notes
    -----
    Lanczos' method begins with the vector (cos 1, cos 2, …, cos s), to which
    nobody's eigenvector is orthogonal.

    Equation: eq-conv-sharpness

    Examples
    --------
    >>> from dlam import Network, identity
    >>> net = Network((1, 1), identity)
    >>> print(sharpness(net, [1.0, 0.0], [[2.0]], [[0.0]]).round(9))
    5.0
    """
    X, Y = paired(net, real(X, "X"), real(Y, "Y"), loss)
    p = _parameters(net, real(p, "p"))
    P, slope = np.atleast_2d(p), _slope_of_cost(*_of_logits(net, loss))
    start = np.tile(np.cos(np.arange(1, P.shape[1] + 1)), (len(P), 1))

    def times(v: Array) -> Array:
        return _along(lambda q: slope(q, X, Y), P, v)

    largest = largest_eigenvalue(times, start)
    return largest.reshape(p.shape[:-1])


def _first(start: ArrayLike, tolerance: float) -> Array:
    """Return the starts of Lanczos' method, normalised."""
    v = real(start, "start")
    if v.ndim != 2 or v.size == 0:
        raise ValueError(f"start: expected shape (k, s), got {v.shape}")
    if not v.any(axis=1).all():
        raise ValueError("start: expected vectors other than zero")
    if not (isfinite(tolerance) and tolerance > 0):
        raise ValueError(f"tolerance: expected a number > 0, got {tolerance!r}")
    unit: Array = v / np.linalg.norm(v, axis=1, keepdims=True)
    return unit


def _like(w: Array, v: Array) -> Array:
    """Return the product w, which must be shaped like v."""
    if np.shape(w) != v.shape:
        raise ValueError(f"times: expected shape {v.shape}, got {np.shape(w)}")
    return w


def _grown(T: Array, alpha: Array, beta: Array) -> Array:
    """Return tridiagonal matrices, their lower half, with one more row."""
    k, j, _ = T.shape
    grown = np.zeros((k, j + 1, j + 1))
    grown[:, :j, :j] = T
    if j:
        grown[:, j, j - 1] = beta
        # A zero vector adds no eigenvalue: it repeats a number below the largest.
        alpha = np.where(beta == 0, T[:, 0, 0], alpha)
    grown[:, j, j] = alpha
    return grown
