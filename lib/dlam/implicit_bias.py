"""What gradient descent prefers without being told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import array, function, needed, real
from dlam.backprop import gradient
from dlam.costs import Loss, quadratic
from dlam.network import Network
from dlam.sharpness import hessian_times

__all__ = [
    "effective_rank",
    "flow_filter",
    "gradient_flow",
    "max_margin",
    "mode_growth",
    "modified_gradient",
    "nearest_solution",
    "ridge_filter",
]

Array = NDArray[np.float64]


def nearest_solution(
    A: ArrayLike, y: ArrayLike, start: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the solution of A p = y that is nearest to the start.

    If there is no solution, it is the nearest among the best fits in the sense
    of least squares.

    Parameters
    ----------
    A : array, shape (N, s)
    y : array, shape (N,)
    start : array, shape (s,) or (k, s), optional
        Where to measure from; zero, if there is none, gives the solution of
        least norm.

    Returns
    -------
    ndarray, shape (s,) or (k, s)

    Raises
    ------
    ValueError
        If a shape does not fit, or a number is not finite.

    Notes
    -----
    Equation: eq-nearest-solution

    Examples
    --------
    >>> nearest_solution([[1.0, 2.0]], [5.0]).round(12)
    array([1., 2.])
    >>> nearest_solution([[1.0, 2.0]], [5.0], [-2.0, 1.0]).round(12)
    array([-1.,  3.])
    """
    A, y = real(A, "A"), real(y, "y")
    if A.ndim != 2 or A.size == 0:
        raise ValueError(f"A: expected shape (N, s), got {A.shape}")
    if y.shape != A.shape[:1]:
        raise ValueError(f"y: expected shape {A.shape[:1]} to fit A, got {y.shape}")
    p = np.zeros(A.shape[1]) if start is None else real(start, "start")
    if p.ndim not in (1, 2) or p.shape[-1] != A.shape[1]:
        raise ValueError(
            f"start: expected shape ({A.shape[1]},) or (k, {A.shape[1]}) to fit A, "
            f"got {p.shape}"
        )
    nearest: Array = p + (y - p @ A.T) @ np.linalg.pinv(A).T
    return nearest


def max_margin(Z: ArrayLike) -> NDArray[np.float64]:
    """Return the shortest w with w · z at least 1 for every row z.

    Its direction is the one of the largest margin: the smallest w · z over all
    rows, for ‖w‖ = 1, is nowhere larger, and is 1 / ‖ŵ‖ there.

    Parameters
    ----------
    Z : array, shape (N, n)
        One data point a row, with the opposite sign if it is of the second
        category; append 1 to the points if there is to be a bias.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        If the shape is another, a number is not finite, or no w is positive on
        all rows, that is, the categories cannot be separated.

    Notes
    -----
    Equation: eq-max-margin

    By duality this is a problem of least squares with non-negative unknowns.
    Source: Lawson and Hanson, Solving Least Squares Problems, chapter 23.

    Examples
    --------
    >>> max_margin([[1.0, 0.0], [3.0, 1.0]]).round(12)
    array([1., 0.])
    """
    Z = real(Z, "Z")
    if Z.ndim != 2 or Z.size == 0:
        raise ValueError(f"Z: expected shape (N, n), got {Z.shape}")
    size = np.abs(Z).max()
    # Find the multipliers u ≥ 0 for which Zᵀu = 0 and Σu = 1 hold best.
    E = np.vstack([Z.T / max(size, np.finfo(float).tiny), np.ones(len(Z))])
    unit = np.append(np.zeros(Z.shape[1]), 1.0)
    u, _ = needed("scipy.optimize", "solvers").nnls(E, unit)
    r = E @ u - unit
    if r @ r < 1e-20:  # they hold: a convex combination of the rows is zero
        raise ValueError("Z: no w is positive on all rows; they cannot be separated")
    w: Array = -r[:-1] / r[-1] / size
    return w


def modified_gradient(
    net: Network,
    p: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    learning_rate: float,
    loss: Loss = quadratic,
) -> NDArray[np.float64]:
    """Return the gradient of the cost that gradient descent follows more closely.

    It is the gradient of the cost plus η/4 times the squared norm of its own
    gradient.  The product of the Hessian and the gradient that occurs in it is
    one complex step, with no Hessian.

    Parameters
    ----------
    net : Network
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.
    learning_rate : float
        The learning rate η; zero gives the gradient of the cost.
    loss : Loss, optional

    Returns
    -------
    ndarray, shape (s,) or (k, s)

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, the learning rate is
        negative, or the loss does not fit the output layer or the targets.

    Notes
    -----
    Equation: eq-modified-flow

    Source: Barrett and Dherin, ICLR 2021, arXiv:2009.11162.

    Examples
    --------
    >>> from dlam import identity
    >>> line = Network((1, 1), identity)
    >>> modified_gradient(line, [1.0, 0.0], [[2.0]], [[0.0]], 0.1)
    array([5. , 2.5])
    """
    rate = real(learning_rate, "learning_rate")
    if rate.shape != () or rate < 0:
        raise ValueError(f"learning_rate: expected one number ≥ 0, got {rate}")
    p = real(p, "p")
    g = gradient(net, p, X, Y, loss)
    modified: Array = g + rate / 2 * hessian_times(net, p, g, X, Y, loss)
    return modified


def gradient_flow(
    slope: Callable[[Array], ArrayLike],
    p: ArrayLike,
    times: ArrayLike,
    tolerance: float = 1e-10,
) -> NDArray[np.float64]:
    """Return the solution of ṗ = −slope(p) at some times.

    Parameters
    ----------
    slope : callable
        From an array shaped like p to one of the same shape, as
        `lambda p: gradient(net, p, X, Y)`.
    p : array
        The start, of any shape; an ensemble is solved as one system.
    times : array, shape (r,)
        Increasing; the start is at time 0.
    tolerance : float, optional
        How large the error of a step may be, relative and absolute.

    Returns
    -------
    ndarray, shape (r, …)
        The solution at each of the times, shaped like p.

    Raises
    ------
    ValueError
        If the times are not increasing or negative, a number is not finite, the
        tolerance is not between 1e-13 and 1, or slope gives another shape.
    ArithmeticError
        If the solver does not reach the last time.

    Notes
    -----
    The solver is the Runge–Kutta method of order 8 of Dormand and Prince.

    Examples
    --------
    >>> gradient_flow(lambda p: 2 * p, [1.0, 3.0], [0.0, 0.5]).round(6)
    array([[1.      , 3.      ],
           [0.367879, 1.103638]])
    """
    function(slope, "slope")
    p, t = real(p, "p"), real(times, "times")
    if t.ndim != 1 or t.size == 0 or t[0] < 0 or not (np.diff(t) > 0).all():
        raise ValueError("times: expected increasing numbers ≥ 0, shape (r,)")
    if not 1e-13 <= tolerance < 1:
        raise ValueError(f"tolerance: expected 1e-13 to 1, got {tolerance}")

    def velocity(_: float, flat: Array) -> Array:
        g = array(slope(flat.reshape(p.shape)), "slope")
        if g.shape != p.shape:
            raise ValueError(f"slope: expected shape {p.shape} like p, got {g.shape}")
        return -g.ravel()

    if t[-1] == 0:
        return p[np.newaxis].copy()
    solved = needed("scipy.integrate", "solvers").solve_ivp(
        velocity,
        (0.0, float(t[-1])),
        p.ravel(),
        method="DOP853",
        t_eval=t,
        rtol=tolerance,
        atol=tolerance,
    )
    if not solved.success:
        raise ArithmeticError(f"the flow stops before its last time: {solved.message}")
    path: Array = solved.y.T.reshape(t.size, *p.shape)
    return path


def mode_growth(
    t: ArrayLike, start: ArrayLike, target: ArrayLike
) -> NDArray[np.float64]:
    """Return how large a singular value of the product UV is at time t.

    Parameters
    ----------
    t : array
        Times of the gradient flow.
    start : array
        The singular value at time 0, positive.
    target : array
        The singular value of the matrix that is learned, positive.  The three
        are broadcast together.

    Returns
    -------
    ndarray
        The logistic curve from start to target.

    Raises
    ------
    ValueError
        If a number is not finite, or start or target not positive.

    Notes
    -----
    Equation: eq-mode-solution

    Source: Saxe, McClelland, Ganguli, ICLR 2014.

    Examples
    --------
    >>> mode_growth([0.0, 1.0, 10.0], 0.01, 2.0).round(4)
    array([0.01  , 0.4306, 2.    ])
    """
    t, start, target = real(t, "t"), real(start, "start"), real(target, "target")
    for values, name in ((start, "start"), (target, "target")):
        if not (values > 0).all():
            raise ValueError(f"{name}: expected numbers > 0, got {values.min():.6g}")
    q: Array = target / (1 + (target / start - 1) * np.exp(-2 * target * t))
    return q


def effective_rank(M: ArrayLike) -> NDArray[np.float64]:
    """Return how many singular values a matrix has in effect.

    Divided by their sum the singular values are a probability distribution; the
    effective rank is the exponential of its entropy.  It is n for n equal ones,
    and never more than the rank.

    Parameters
    ----------
    M : array, shape (…, m, n)
        A matrix that is not zero, or many.

    Returns
    -------
    ndarray, shape (…)

    Raises
    ------
    ValueError
        If the shape is another, a number is not finite, or a matrix is zero.

    Notes
    -----
    Equation: eq-effective-rank

    Source: Roy and Vetterli, EUSIPCO 2007.

    Examples
    --------
    >>> print(f"{effective_rank(np.eye(3)):.3f}")
    3.000
    >>> print(f"{effective_rank(np.diag([1.0, 1.0, 0.01])):.3f}")
    2.057
    """
    M = real(M, "M")
    if M.ndim < 2 or M.size == 0:
        raise ValueError(f"M: expected shape (…, m, n), got {M.shape}")
    values = np.linalg.svd(M, compute_uv=False)
    total = values.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise ValueError("M: expected a matrix that is not zero")
    share = values / total
    surprise = np.log(np.where(share > 0, share, 1.0))
    rank: Array = np.exp(-(share * surprise).sum(axis=-1))
    return rank


def flow_filter(eigenvalues: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
    """Return what share of each component the gradient flow from 0 has at time t.

    Parameters
    ----------
    eigenvalues : array
        Of the Hessian of a least-squares cost, none negative.
    t : array
        Times, none negative.  The two are broadcast together.

    Returns
    -------
    ndarray
        Shares of the least-squares solution, from 0 to 1.

    Raises
    ------
    ValueError
        If a number is negative or not finite.

    Notes
    -----
    Equation: eq-filters

    Examples
    --------
    >>> flow_filter([0.1, 10.0], 1.0).round(4)
    array([0.0952, 1.    ])
    """
    lam = _not_negative(eigenvalues, "eigenvalues")
    share: Array = -np.expm1(-lam * _not_negative(t, "t"))
    return share


def ridge_filter(eigenvalues: ArrayLike, alpha: ArrayLike) -> NDArray[np.float64]:
    """Return what share of each component the penalty α/2 ‖p‖² leaves.

    Parameters
    ----------
    eigenvalues : array
        Of the Hessian of a least-squares cost, none negative.
    alpha : array
        Positive.  The two are broadcast together.

    Returns
    -------
    ndarray
        Shares of the least-squares solution, from 0 to 1.

    Raises
    ------
    ValueError
        If an eigenvalue is negative, α not positive, or a number not finite.

    Notes
    -----
    Equation: eq-filters

    Examples
    --------
    >>> ridge_filter([0.1, 10.0], 1.0).round(4)
    array([0.0909, 0.9091])
    """
    lam, alpha = _not_negative(eigenvalues, "eigenvalues"), real(alpha, "alpha")
    if not (alpha > 0).all():
        raise ValueError(f"alpha: expected numbers > 0, got {alpha.min():.6g}")
    share: Array = lam / (lam + alpha)
    return share


def _not_negative(x: ArrayLike, name: str) -> Array:
    x = real(x, name)
    if not (x >= 0).all():
        raise ValueError(f"{name}: expected numbers ≥ 0, got {x.min():.6g}")
    return x
