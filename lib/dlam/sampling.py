"""The order in which stochastic gradient visits the points, and masks of neurons.

An order is an array of row numbers 0, …, N − 1.  Orders and masks are data, and
drawn before the run.
"""

import numpy as np
from numpy.typing import NDArray

from dlam._checks import count, generator, real

__all__ = ["epochs", "masks", "minibatches", "with_replacement"]


def with_replacement(
    N: int,
    steps: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
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
        raise ValueError(f"m: expected at most {N} if not replaced, got {m}")
    return np.array([rng.choice(N, m, replace=False) for _ in range(steps)])


def masks(
    shape: int | tuple[int, ...], keep: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return factors that leave out each of many neurons by chance.

    A neuron is kept with the probability `keep`, independently of the others.  Its
    factor is then 1/keep, so that the mean of every factor is 1 and nothing need
    be changed where no neuron is left out, as in `torch.nn.Dropout(1 - keep)`.

    Parameters
    ----------
    shape : int or tuple of int
        As (steps, m, n) for m points at each of many steps and a layer of n neurons.
    keep : float
        Above 0, at most 1.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of the given shape
        Each number 0 or 1/keep.

    Raises
    ------
    ValueError
        If a number in `shape` is below 1, or `keep` is not as above.
    TypeError
        If `shape` holds what is no integer, or `rng` is no Generator.

    Examples
    --------
    >>> masks((2, 4), 0.5, np.random.default_rng(1))
    array([[0., 0., 2., 0.],
           [2., 2., 0., 2.]])
    """
    sizes = [
        count(n, "shape") for n in (shape if isinstance(shape, tuple) else [shape])
    ]
    share = real(keep, "keep")
    if share.shape != () or not 0 < share <= 1:
        raise ValueError(f"keep: expected a number above 0 and at most 1, got {keep!r}")
    kept = generator(rng).random(sizes) < share
    return kept / share
