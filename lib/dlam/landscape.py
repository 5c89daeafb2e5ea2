# ruff: noqa: E741
"""The cost seen as a landscape: slices, curvature, and the residuals behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam import _lemma
from dlam._checks import finite, real
from dlam.backprop import _slope_of_cost
from dlam.costs import Loss, _of_logits, paired, quadratic
from dlam.gradcheck import _along
from dlam.network import Model, Network, _parameters

__all__ = ["hessian", "jacobian", "line", "plane", "residuals"]

Array = NDArray[np.float64]

CHUNK = 2**20  # numbers in the parameters of the networks evaluated at a time


def line(
    f: Callable[[Array], Any], p: ArrayLike, q: ArrayLike, t: ArrayLike
) -> NDArray[np.float64]:
    """Return the values of f on the line through p and q.

    Parameters
    ----------
    f : callable
        From an ensemble of shape (k, s) to k values, as
        `lambda p: cost(net, p, X, Y)`.
    p, q : array, shape (s,)
    t : array, shape (r,)
        Where on the line: 0 is p and 1 is q.

    Returns
    -------
    ndarray, shape (r,)
        f(p + t (q − p)).

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or f does not give one
        value for each network.

    Examples
    --------
    >>> line(lambda p: (p**2).sum(axis=-1), [0.0, 0.0], [1.0, 2.0], [0, 1, 2])
    array([ 0.,  5., 20.])
    """
    p, q = _alike(p=p, q=q)
    t = _axis(t, "t")
    return _values(f, p, np.stack([q - p]), t[:, np.newaxis])


def plane(
    f: Callable[[Array], Any],
    p: ArrayLike,
    u: ArrayLike,
    v: ArrayLike,
    s: ArrayLike,
    t: ArrayLike,
) -> NDArray[np.float64]:
    """Return the values of f on the plane through p that u and v span.

    Parameters
    ----------
    f : callable
        From an ensemble of shape (k, n) to k values, as
        `lambda p: cost(net, p, X, Y)`.
    p, u, v : array, shape (n,)
        A point and two directions.
    s, t : array, shape (i,) and (j,)
        The multiples of u and of v.

    Returns
    -------
    ndarray, shape (i, j)
        At [i, j] the value f(p + sᵢ u + tⱼ v).  Matplotlib's `contour(s, t, …)`
        wants the transpose.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or f does not give one
        value for each network.

    Examples
    --------
    >>> f = lambda p: p[:, 0] + 10 * p[:, 1]
    >>> plane(f, [0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0, 1], [0, 1, 2])
    array([[ 0., 10., 20.],
           [ 1., 11., 21.]])
    """
    p, u, v = _alike(p=p, u=u, v=v)
    s, t = _axis(s, "s"), _axis(t, "t")
    grid = np.stack(np.meshgrid(s, t, indexing="ij"), axis=-1).reshape(-1, 2)
    return _values(f, p, np.stack([u, v]), grid).reshape(s.size, t.size)


def hessian(
    net: Model,
    p: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    loss: Loss = quadratic,
) -> NDArray[np.float64]:
    """Return the matrix of the second derivatives of the cost.

    The gradient by back propagation is differentiated by the complex step, so
    that the matrix is exact up to rounding.  Activations and losses must be such
    as take complex numbers; all of the library's are.

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,)
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.
    loss : Loss, optional

    Returns
    -------
    ndarray, shape (s, s)
        Symmetric.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or the loss does not fit
        the output layer or the targets.
    TypeError
        If p, X or Y holds complex numbers.

    Examples
    --------
    >>> from dlam import Network, identity
    >>> hessian(Network((1, 1), identity), [1.0, 0.0], [[2.0]], [[0.0]])
    array([[4., 2.],
           [2., 1.]])
    """
    X, Y = paired(net, real(X, "X"), real(Y, "Y"), loss)
    p = _parameters(net, real(p, "p"))
    if p.ndim != 1:
        raise ValueError(f"p: expected shape (s,), got {p.shape}")
    slope = _slope_of_cost(*_of_logits(net, loss))
    rows = [
        _along(lambda q: slope(q, X, Y), p, directions)
        for directions in _chunks(np.eye(p.size), p.size)
    ]
    H = np.concatenate(rows)
    symmetric: Array = (H + H.T) / 2
    return symmetric


def residuals(
    net: Model, p: ArrayLike, X: ArrayLike, Y: ArrayLike
) -> NDArray[np.float64]:
    """Return all components of y − F(x) at all points.

    Half the mean over the points of their squares is the quadratic cost: with r
    the residuals, `cost(net, p, X, Y)` is r @ r / (2 N).

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.

    Returns
    -------
    ndarray, shape (N n_L,) or (k, N n_L)
        Point by point, and for each its components.

    Raises
    ------
    ValueError
        If a shape does not fit the network, or a number is not finite.

    Notes
    -----
    Equation: eq-residuals

    Examples
    --------
    >>> residuals(Network((2, 1)), np.zeros(3), [[0.0, 1.0]], [[1.0]])
    array([0.5])
    """
    X, Y = paired(net, X, Y)
    p = _parameters(net, p)
    r = Y - (net._output(p, X) if isinstance(net, Network) else net(p, X))
    return r.reshape(*r.shape[:-2], -1)


def jacobian(
    net: Model, p: ArrayLike, X: ArrayLike, Y: ArrayLike
) -> NDArray[np.float64]:
    """Return the derivatives of the residuals with respect to the parameters.

    Back propagation is started once for each component of the output, for all
    points together.

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets; the derivatives do not depend on them.

    Returns
    -------
    ndarray, shape (N n_L, s) or (k, N n_L, s)
        A row for each of the `residuals`.

    Raises
    ------
    ValueError
        If a shape does not fit the network, or a number is not finite.

    Notes
    -----
    Equation: eq-residual-derivatives

    Examples
    --------
    >>> jacobian(Network((2, 1)), np.zeros(3), [[1.0, 2.0]], [[1.0]])
    array([[-0.25, -0.5 , -0.25]])
    """
    X, Y = paired(net, X, Y)
    p = _parameters(net, p)
    outputs = np.prod(Y.shape[1:], dtype=int)
    unit = np.eye(outputs).reshape(outputs, 1, *Y.shape[1:])
    if isinstance(net, Network):
        J = -_each_point(net, p, X, unit)
    else:  # one network for each component of the output, at one point after another
        many = np.repeat(p[..., np.newaxis, :], outputs, axis=-2)
        rows = []
        for x in X:
            _, back = net.pullback(many.reshape(-1, p.shape[-1]), x[np.newaxis])
            slopes = np.tile(unit, (p.size // p.shape[-1], *[1] * (unit.ndim - 1)))
            rows.append(-back(slopes).reshape(many.shape))
        J = np.stack(rows, axis=-3)
    return J.reshape(*p.shape[:-1], -1, p.shape[-1])


def _each_point(net: Network, p: Array, X: Array, unit: Array) -> Array:
    """Return the derivatives of each component of the output at each point.

    Axes: networks (if many), points, component of the output, parameters.
    """
    W, b, sigma = net._named(p)
    z, a = _lemma.forward(W, b, sigma, X)
    component, row = (np.s_[..., np.newaxis, :, :], np.s_[..., np.newaxis, :])
    W, z, a = ({l: v[component] for l, v in q.items()} for q in (W, z, a))
    delta = _lemma.backward(W, sigma, z, a, unit)
    # Each point by itself is a batch of one, so that nothing is summed.
    a, delta = ({l: v[row] for l, v in q.items()} for q in (a, delta))
    return net._flat(a, delta).swapaxes(-2, -3)


def _values(
    f: Callable[[Array], Any], p: Array, directions: Array, multiples: Array
) -> Array:
    """Return f at p plus each row of `multiples` times the directions."""
    parts = []
    for some in _chunks(multiples, p.size):
        values = np.asarray(f(p + some @ directions))
        if values.shape != (len(some),):
            raise ValueError(
                f"f: expected shape {(len(some),)} for p of shape "
                f"{(len(some), p.size)}, got {values.shape}"
            )
        parts.append(values)
    return np.concatenate(parts)


def _chunks(rows: Array, size: int) -> list[Array]:
    """Split rows so that each part times `size` numbers is not too much memory."""
    most = min(1024, max(1, CHUNK // size))
    return [rows[i : i + most] for i in range(0, len(rows), most)]


def _alike(**vectors: ArrayLike) -> list[Array]:
    """Return the named vectors, which must be of one length."""
    arrays = [finite(vector, name) for name, vector in vectors.items()]
    for name, array in zip(vectors, arrays, strict=True):
        if array.ndim != 1 or array.size == 0:
            raise ValueError(f"{name}: expected shape (s,), got {array.shape}")
        if array.shape != arrays[0].shape:
            raise ValueError(
                f"{name}: expected shape {arrays[0].shape} like "
                f"{next(iter(vectors))}, got {array.shape}"
            )
    return arrays


def _axis(t: ArrayLike, name: str) -> Array:
    t = finite(t, name)
    if t.ndim != 1 or t.size == 0:
        raise ValueError(f"{name}: expected shape (r,), got {t.shape}")
    return t
