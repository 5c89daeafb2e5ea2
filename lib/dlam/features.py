"""Random features with a fit of least norm, and the error that theory expects of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, generator, instance, integer, real
from dlam.activations import Activation, relu

__all__ = [
    "gaussian_risk",
    "inverse_trace",
    "least_norm",
    "random_features",
    "random_labels",
]

Array = NDArray[np.float64]

NEGLIGIBLE = 1e-12  # singular values below this share of the largest count as zero


def random_labels(Y: ArrayLike, share: float, rng: np.random.Generator) -> Array:
    """Return labels of which some were replaced by random ones.

    Each row is replaced with the probability `share`.  The new label is drawn
    uniformly from all K classes, the right one included.

    Parameters
    ----------
    Y : array, shape (N, K)
        For each point a 1 in the column of its class, and zeros.
    share : float
        From 0 to 1.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (N, K)

    Raises
    ------
    ValueError
        If a row of `Y` is no such label, or `share` is not in [0, 1].
    TypeError
        If `Y` or `share` holds no numbers, or `rng` is no Generator.

    Notes
    -----
    Source: C. Zhang and others, Communications of the ACM 64(3), 2021.

    Examples
    --------
    >>> random_labels(np.eye(3), 1.0, np.random.default_rng(1)).argmax(axis=1)
    array([2, 2, 0])
    """
    Y = _table(Y, "Y")
    if not (((Y == 0) | (Y == 1)).all() and (Y.sum(axis=1) == 1).all()):
        raise ValueError("Y: expected a single 1 in each row, and zeros")
    chance = real(share, "share")
    if chance.ndim or not 0 <= chance <= 1:
        raise ValueError(f"share: expected a number from 0 to 1, got {share}")
    N, K = Y.shape
    replaced = generator(rng).random(N) < chance
    drawn = np.eye(K)[rng.integers(K, size=N)]
    return np.where(replaced[:, np.newaxis], drawn, Y)


def random_features(X: ArrayLike, W: ArrayLike, activation: Activation = relu) -> Array:
    """Return the outputs of a hidden layer that is not trained, over √M.

    Parameters
    ----------
    X : array, shape (N, n)
        One data point a row.
    W : array, shape (M, n)
        The weights of one neuron a row, drawn at random; there are no biases.
    activation : Activation, optional

    Returns
    -------
    ndarray, shape (N, M)

    Raises
    ------
    ValueError
        If a shape does not fit, or a number is not finite.
    TypeError
        If `activation` is no Activation, or a number is complex.

    Notes
    -----
    Equation: eq-features-map

    Source: A. Rahimi, B. Recht, NIPS 2007, who take cosines.

    Examples
    --------
    >>> random_features([[1.0, 2.0]], [[1.0, 1.0], [1.0, -1.0], [0, 0], [0, 1]])
    array([[1.5, 0. , 0. , 1. ]])
    """
    X, W = _table(X, "X"), _table(W, "W")
    if W.shape[1] != X.shape[1]:
        raise ValueError(f"W: expected shape (M, {X.shape[1]}), got {W.shape}")
    features: Array = instance(activation, Activation, "activation")(X @ W.T) / np.sqrt(
        len(W)
    )
    return features


def least_norm(Phi: ArrayLike, Y: ArrayLike, ridge: float = 0.0) -> Array:
    """Return the coefficients of the best fit, and of all best ones the smallest.

    Of all V for which the sum of the squares of Phi V − Y is least, it is the
    one whose own sum of squares is least.  With `ridge` it is the one V for which
    the first sum plus `ridge` times the second is least.

    Parameters
    ----------
    Phi : array, shape (…, N, M)
        The features at one data point a row.
    Y : array, shape (…, N, K)
        Their targets, for K fits at once.  Leading axes are broadcast.
    ridge : float, optional
        How much the size of the coefficients costs.

    Returns
    -------
    ndarray, shape (…, M, K)

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or `ridge` is negative.
    TypeError
        If a number is complex.

    Notes
    -----
    Equations: eq-features-least-norm, eq-features-ridge

    Singular values below 1e-12 of the largest count as zero.

    Examples
    --------
    >>> least_norm([[1.0, 1.0]], [[2.0]]).round(12)
    array([[1.],
           [1.]])
    >>> least_norm([[1.0, 1.0]], [[2.0]], ridge=2.0).round(12)
    array([[0.5],
           [0.5]])
    """
    Phi, Y = _tables(Phi, "Phi"), _tables(Y, "Y")
    if Phi.shape[-2] != Y.shape[-2]:
        raise ValueError(
            f"Y: expected {Phi.shape[-2]} rows like Phi, got shape {Y.shape}"
        )
    size = real(ridge, "ridge")
    if size.ndim or size < 0:
        raise ValueError(f"ridge: expected a number of at least 0, got {ridge}")
    transposed = Phi.swapaxes(-1, -2)
    N, M = Phi.shape[-2:]
    V: Array
    if size == 0:
        left, nu, right = np.linalg.svd(Phi, full_matrices=False)
        over: Array = np.zeros_like(nu)
        np.divide(1, nu, out=over, where=nu > NEGLIGIBLE * nu.max(-1, keepdims=True))
        V = right.swapaxes(-1, -2) @ (
            over[..., np.newaxis] * (left.swapaxes(-1, -2) @ Y)
        )
    elif M <= N:
        A = transposed @ Phi + size * np.eye(M)
        V = np.asarray(np.linalg.solve(A, transposed @ Y), dtype=np.float64)
    else:
        V = transposed @ np.linalg.solve(Phi @ transposed + size * np.eye(N), Y)
    return V


def inverse_trace(k: int, r: int) -> float:
    """Return the mean of tr (GᵀG)⁻¹ for a k × r matrix G of normal numbers.

    The numbers are independent, with mean 0 and variance 1.

    Parameters
    ----------
    k, r : int
        Rows and columns; r ≤ k.

    Returns
    -------
    float
        Infinity if k is r or r + 1.

    Raises
    ------
    ValueError
        If k is below 1, or r is not in 0, …, k.
    TypeError
        If one of them is no integer.

    Notes
    -----
    Equation: eq-features-inverse-trace

    Examples
    --------
    >>> inverse_trace(10, 4), inverse_trace(10, 9)
    (0.8, inf)
    """
    k, r = count(k, "k"), integer(r, "r")
    if not 0 <= r <= k:
        raise ValueError(f"r: expected 0 to k = {k}, got {r}")
    if r == 0:
        return 0.0
    return r / (k - r - 1) if k > r + 1 else float("inf")


def gaussian_risk(beta: ArrayLike, N: int, noise: float) -> Array:
    """Return the mean squared test error of the fit to the first M features.

    The D features are independent normal numbers with mean 0 and variance 1,
    and the target is their combination by `beta`, plus noise.  The fit is that of
    `least_norm` to N points.  The mean is over these and over a new point.

    Parameters
    ----------
    beta : array, shape (D,)
    N : int
        The number of data points.
    noise : float
        The standard deviation of the noise.

    Returns
    -------
    ndarray, shape (D + 1,)
        For M = 0, …, D; infinite where M is within 1 of N, unless the first M
        features determine the target.

    Raises
    ------
    ValueError
        If `beta` is no finite vector, N is below 1, or `noise` is negative.
    TypeError
        If N is no integer, or a number is complex.

    Notes
    -----
    Equations: eq-features-risk-below, eq-features-risk-above

    Source: M. Belkin, D. Hsu, J. Xu, SIAM Journal on Mathematics of Data
    Science, 2020.

    Examples
    --------
    >>> gaussian_risk(np.ones(6), 3, 1.0).round(2)
    array([ 7. , 12. ,  inf,  inf,  inf, 10. ,  5.5])
    """
    beta, N = real(beta, "beta"), count(N, "N")
    if beta.ndim != 1 or beta.size == 0:
        raise ValueError(f"beta: expected shape (D,), got {beta.shape}")
    level = real(noise, "noise")
    if level.ndim or level < 0:
        raise ValueError(f"noise: expected a number of at least 0, got {noise}")
    squares = beta**2
    known = np.concatenate([[0.0], squares.cumsum()])
    unknown = float(level) ** 2 + np.concatenate([squares[::-1].cumsum()[::-1], [0.0]])
    risk = np.empty(beta.size + 1)
    for M in range(beta.size + 1):
        # What the unused features contribute acts like noise.
        blown_up = inverse_trace(max(N, M), min(N, M)) if unknown[M] else 0.0
        risk[M] = unknown[M] * (1 + blown_up) + max(0.0, 1 - N / max(M, 1)) * known[M]
    return risk


def _table(x: ArrayLike, name: str) -> Array:
    """Return a finite array of two dimensions with at least one row and column."""
    x = _tables(x, name)
    if x.ndim != 2:
        raise ValueError(f"{name}: expected two dimensions, got shape {x.shape}")
    return x


def _tables(x: ArrayLike, name: str) -> Array:
    """Return a finite array whose last two axes are rows and columns."""
    x = real(x, name)
    if x.ndim < 2 or x.size == 0:
        raise ValueError(f"{name}: expected rows and columns, got shape {x.shape}")
    return x
