"""Many dimensions: separable labellings, rare minima, points far from all others."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, generator, needed, real

__all__ = [
    "contrast",
    "cover_count",
    "cuts_off",
    "in_ball",
    "labellings",
    "positive_chances",
    "separable",
]

Array = NDArray[np.float64]


def cover_count(N: int, d: int) -> int:
    """Return how many labellings of N points a hyperplane through 0 can produce.

    Parameters
    ----------
    N : int
        The number of points, in general position: any d of them, or fewer, are
        linearly independent.
    d : int
        The dimension of the space.

    Returns
    -------
    int
        2 Σ_{k<d} (N − 1 choose k), of the 2ᴺ labellings there are.

    Raises
    ------
    ValueError
        If N or d is less than 1.
    TypeError
        If N or d is no integer.

    Notes
    -----
    Source: T. M. Cover, IEEE Transactions on Electronic Computers 14 (1965).

    Equation: eq-cover-count

    Examples
    --------
    >>> cover_count(4, 3), cover_count(4, 4)
    (14, 16)
    """
    N, d = count(N, "N"), count(d, "d")
    return 2 * sum(comb(N - 1, k) for k in range(min(N, d)))


def labellings(N: int) -> Array:
    """Return all ways to label N points with 1 and −1.

    Parameters
    ----------
    N : int

    Returns
    -------
    ndarray, shape (2**N, N)

    Raises
    ------
    ValueError
        If N is less than 1, or more than 16, so that there are too many.
    TypeError
        If N is no integer.

    Examples
    --------
    >>> labellings(2).astype(int).tolist()
    [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    """
    if count(N, "N") > 16:
        raise ValueError(f"N: expected at most 16, got {N}")
    return np.array(list(product([1.0, -1.0], repeat=N)))


def separable(X: ArrayLike, S: ArrayLike) -> NDArray[np.bool_]:
    """Return which labellings a hyperplane through 0 produces.

    For each labelling s there is to be a w with sᵢ wᵀxᵢ > 0 at all points.  All
    labellings together make one linear program: maximise the sum of numbers t
    between 0 and 1, one for each labelling, with sᵢ wᵀxᵢ ≥ t.  As w can be scaled,
    t is 1 where there is such a w, and 0 where there is none.

    Parameters
    ----------
    X : array, shape (N, d) or (k, N, d)
        The points, one a row; or for each labelling its own.
    S : array, shape (k, N)
        The labellings, of 1 and −1.

    Returns
    -------
    ndarray of bool, shape (k,)

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or a label is another.
    RuntimeError
        If the linear program is not solved.

    Examples
    --------
    >>> from dlam import data
    >>> X = np.column_stack([np.ones(4), data.xor().X])
    >>> separable(X, [[-1, 1, 1, 1], [-1, 1, 1, -1]])
    array([ True, False])
    """
    linprog = needed("scipy.optimize", "solvers").linprog
    block_diag = needed("scipy.sparse", "solvers").block_diag
    X, S = real(X, "X"), real(S, "S")
    if S.ndim != 2 or S.size == 0 or not (np.abs(S) == 1).all():
        raise ValueError(f"S: expected labels 1 and −1 of shape (k, N), got {S.shape}")
    if X.shape[:-1] not in (S.shape[1:], S.shape) or X.shape[-1] == 0:
        raise ValueError(f"X: expected shape {S.shape[1:]} + (d,), got {X.shape}")
    (k, N), d = S.shape, X.shape[-1]
    found = []
    for some in np.array_split(np.arange(k), 1 + k * N * d // 20_000):
        rows = S[some, :, np.newaxis] * (X if X.ndim == 2 else X[some])
        blocks = [np.column_stack([-row, np.ones(N)]) for row in rows]
        bounds = np.tile([-np.inf, np.inf], (some.size, d + 1, 1))
        bounds[:, d] = 0.0, 1.0
        reward = np.zeros((some.size, d + 1))
        reward[:, d] = -1.0
        solution = linprog(
            reward.ravel(),
            A_ub=block_diag(blocks, format="csr"),
            b_ub=np.zeros(some.size * N),
            bounds=bounds.reshape(-1, 2),
        )
        if solution.status != 0:
            raise RuntimeError(f"the linear program failed: {solution.message}")
        found.append(solution.x.reshape(some.size, d + 1)[:, d] > 0.5)
    return np.concatenate(found)


def positive_chances(n: int, size: int, rng: np.random.Generator) -> Array:
    """Estimate how probably random symmetric matrices have positive eigenvalues only.

    Matrices of the Gaussian orthogonal ensemble grow by a row and a column at a
    time.  Those whose eigenvalues are all positive survive, and are copied to make
    up the number again; the shares of survivors multiply.

    Parameters
    ----------
    n : int
        The largest size of the matrices.
    size : int
        How many matrices there are at a time.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n,)
        The estimates for matrices of 1, …, n rows.

    Raises
    ------
    ValueError
        If n or size is less than 1, or no matrix survives.
    TypeError
        If an argument is of the wrong kind.

    Notes
    -----
    Equations: eq-goe, eq-goe-grow

    Examples
    --------
    >>> positive_chances(2, 100_000, np.random.default_rng(1)).round(2)
    array([0.5 , 0.15])
    """
    n, size, rng = count(n, "n"), count(size, "size"), generator(rng)
    A, shares = np.empty((size, 0, 0)), np.empty(n)
    for m in range(n):
        v = rng.normal(size=(size, m))
        c = np.sqrt(2) * rng.normal(size=size)
        u = np.linalg.solve(A, v[..., np.newaxis])[..., 0]
        alive = c > np.sum(u * v, axis=1)
        shares[m] = np.mean(alive)
        if not alive.any():
            raise ValueError(f"size: none of {size} matrices survives")
        grown = np.empty((size, m + 1, m + 1))
        grown[:, :m, :m] = A
        grown[:, m, :m] = grown[:, :m, m] = v
        grown[:, m, m] = c
        A = grown[alive][np.arange(size) % np.sum(alive)]
    return np.cumprod(shares, dtype=np.float64)


def in_ball(rng: np.random.Generator, N: int, d: int, size: int | None = None) -> Array:
    """Draw points uniformly from the unit ball.

    Parameters
    ----------
    rng : numpy.random.Generator
    N : int
        The number of points.
    d : int
        The dimension.
    size : int, optional
        How many such sets of points; None gives one.

    Returns
    -------
    ndarray, shape (N, d) or (size, N, d)

    Raises
    ------
    ValueError
        If a number is less than 1.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> X = in_ball(np.random.default_rng(1), 1000, 2)
    >>> X.shape, bool(np.all(np.linalg.norm(X, axis=1) < 1))
    ((1000, 2), True)
    """
    rng, N, d = generator(rng), count(N, "N"), count(d, "d")
    sets = () if size is None else (count(size, "size"),)
    X = rng.normal(size=(*sets, N, d))
    radius = rng.random((*sets, N, 1)) ** (1 / d)
    points: Array = radius * X / np.linalg.norm(X, axis=-1, keepdims=True)
    return points


def cuts_off(X: ArrayLike) -> NDArray[np.bool_]:
    """Return which points the hyperplane of each point leaves on the other side.

    The hyperplane of xᵢ is perpendicular to xᵢ and goes through it.

    Parameters
    ----------
    X : array, shape (N, d) or (k, N, d)
        The points, one a row.

    Returns
    -------
    ndarray of bool, shape (N, N) or (k, N, N)
        At [i, j] whether xᵢᵀxⱼ < xᵢᵀxᵢ; true for j = i, so that `all(axis=-1)` says
        which points are cut off from all the others.

    Raises
    ------
    ValueError
        If the shape is another or a number is not finite.

    Notes
    -----
    Equation: eq-separation-fisher

    Examples
    --------
    >>> cuts_off([[1.0, 0.0], [0.5, 0.5]]).tolist()
    [[True, True], [False, True]]
    """
    X = _points(X)
    products = X @ X.swapaxes(-1, -2)
    own = np.sum(X**2, axis=-1)[..., np.newaxis]
    beyond: NDArray[np.bool_] = (products < own) | np.eye(X.shape[-2], dtype=bool)
    return beyond


def contrast(X: ArrayLike) -> Array:
    """Return the distance to the nearest point over that to the farthest.

    Parameters
    ----------
    X : array, shape (N, d) or (k, N, d)
        The points, one a row, at least two and not all the same.

    Returns
    -------
    ndarray, shape (N,) or (k, N)
        For each point, between 0 and 1.

    Raises
    ------
    ValueError
        If the shape is another, a number is not finite, or all points coincide.

    Notes
    -----
    Equation: eq-distance-ratio

    Examples
    --------
    >>> contrast([[0.0], [1.0], [4.0]])
    array([0.25      , 0.33333333, 0.75      ])
    """
    X = _points(X)
    N = X.shape[-2]
    if N < 2:
        raise ValueError(f"X: expected at least two points, got {N}")
    Z: Array = X - np.mean(X, axis=-2, keepdims=True)
    own = np.sum(Z**2, axis=-1)
    squares = own[..., :, np.newaxis] + own[..., np.newaxis, :]
    squares = np.maximum(squares - 2 * Z @ Z.swapaxes(-1, -2), 0)
    farthest = squares.max(axis=-1)
    if not farthest.all():
        raise ValueError("X: expected points that do not all coincide")
    squares[..., np.arange(N), np.arange(N)] = np.inf
    ratio: Array = np.sqrt(squares.min(axis=-1) / farthest)
    return ratio


def _points(X: ArrayLike) -> Array:
    X = real(X, "X")
    if X.ndim not in (2, 3) or X.size == 0:
        raise ValueError(f"X: expected shape (N, d) or (k, N, d), got {X.shape}")
    return X
