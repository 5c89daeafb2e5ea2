"""The order in which stochastic gradient visits the data points.

An order is an array of row numbers 0, …, N − 1 and is drawn before the run.
"""

import numpy as np
from numpy.typing import NDArray

from dlam._checks import count, generator

__all__ = ["epochs", "minibatches", "with_replacement"]


def with_replacement(N: int, steps: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return one point a step, each drawn uniformly from all N.

    Parameters
    ----------
    N : int
        The number of data points.
    steps : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (steps,)

    Raises
    ------
    ValueError
        If `N` or `steps` is below 1.
    TypeError
        If one of them is no integer, or `rng` no Generator.

    Notes
    -----
    Source: HH (4.6).

    Equation: eq-single-point-step

    Examples
    --------
    >>> with_replacement(10, 5, np.random.default_rng(1))
    array([4, 5, 7, 9, 0])
    """
    N, steps = count(N, "N"), count(steps, "steps")
    return generator(rng).integers(N, size=steps)


def epochs(N: int, n_epochs: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return every point once in each epoch, shuffled anew for each.

    Parameters
    ----------
    N : int
        The number of data points.
    n_epochs : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (N * n_epochs,)

    Raises
    ------
    ValueError
        If `N` or `n_epochs` is below 1.
    TypeError
        If one of them is no integer, or `rng` no Generator.

    Notes
    -----
    Source: HH (4.7).  If m divides N, `epochs(N, n_epochs, rng).reshape(-1, m)`
    is an order of mini-batches that visits every point once in each epoch.

    Equation: eq-epoch-step

    Examples
    --------
    >>> epochs(4, 2, np.random.default_rng(1))
    array([0, 1, 2, 3, 3, 0, 2, 1])
    """
    N, n_epochs = count(N, "N"), count(n_epochs, "n_epochs")
    rows = np.tile(np.arange(N), (n_epochs, 1))
    return generator(rng).permuted(rows, axis=1, out=rows).ravel()


def minibatches(
    N: int, m: int, steps: int, rng: np.random.Generator, replace: bool = True
) -> NDArray[np.int64]:
    """Return m points a step.

    Parameters
    ----------
    N : int
        The number of data points.
    m : int
        How many of them make up a mini-batch.
    steps : int
    rng : numpy.random.Generator
    replace : bool, optional
        Whether a point may come twice in one mini-batch, as in HH, or all m are
        different.  Mini-batches are independent of each other in either case.

    Returns
    -------
    ndarray of int64, shape (steps, m)

    Raises
    ------
    ValueError
        If `N`, `m` or `steps` is below 1, or m > N without replacement.
    TypeError
        If one of them is no integer, or `rng` no Generator.

    Notes
    -----
    Source: HH (4.8).

    Equation: eq-minibatch-step

    Examples
    --------
    >>> minibatches(10, 2, 3, np.random.default_rng(1))
    array([[4, 5],
           [7, 9],
           [0, 1]])
    """
    N, m, steps = count(N, "N"), count(m, "m"), count(steps, "steps")
    rng = generator(rng)
    if replace:
        return rng.integers(N, size=(steps, m))
    if m > N:
        raise ValueError(f"m: expected at most N = {N} without replacement, got {m}")
    return np.array([rng.choice(N, m, replace=False) for _ in range(steps)])
