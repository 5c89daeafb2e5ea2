"""The experiment of Higham and Higham, from the seed of their random numbers on."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, finite
from dlam.data import drilling_sites
from dlam.matlab import MatlabRandom
from dlam.network import Network

__all__ = ["Run", "netbp"]


class Run(NamedTuple):
    """All that a run of stochastic gradient descent is determined by.

    Attributes
    ----------
    net : Network
    parameters : ndarray, shape (s,)
        The start.
    X, Y : ndarray, shape (N, n_1) and (N, n_L)
        The points and their targets, one a row.
    order : ndarray of int64, shape (steps,)
        The row that each step visits.
    learning_rate : float
    """

    net: Network
    parameters: NDArray[np.float64]
    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    order: NDArray[np.int64]
    learning_rate: float

    def as_plotted(self, cost: ArrayLike) -> NDArray[np.float64]:
        """Return a cost in the scale of HH's plots.

        HH define the cost (2.6) as a mean of halved squares, but their program
        records the sum of the squares, which is 2N times as large.

        Parameters
        ----------
        cost : float or array
            The cost in the scale of (2.6).

        Returns
        -------
        ndarray, of the shape of `cost`
            The sum over all points of ‖y − F(x)‖².

        Raises
        ------
        ValueError
            If a cost is not finite.

        Notes
        -----
        Equation: eq-plotted-cost

        Examples
        --------
        >>> print(netbp(steps=1).as_plotted(0.25))
        5.0
        """
        return 2 * len(self.X) * finite(cost, "cost")


def netbp(steps: int = 1_000_000, extra_site: bool = False, seed: int = 5000) -> Run:
    """Return the experiment of HH, section 6, ready to be run.

    The start and the order of the points are those that MATLAB draws after
    `rng(5000)`: first the weights W2, W3, W4, then the biases b2, b3, b4, each
    half a standard normal number, then the point that each step visits.

    Parameters
    ----------
    steps : int, optional
    extra_site : bool, optional
        Whether to add the eleventh site, as HH do in a second run.
    seed : int, optional
        0, …, 2³² − 1; another one gives another start and order.

    Returns
    -------
    Run
        With s = 23 parameters, N = 10 or 11 points, and the learning rate 0.05.

    Raises
    ------
    TypeError
        If `steps` or `seed` is no integer.
    ValueError
        If `steps` is below 1, or `seed` out of range.

    Notes
    -----
    Source: HH, section 6 and Figures 6.1 to 6.3.

    Examples
    --------
    >>> run = netbp()
    >>> run.order[:10] + 1
    array([ 1,  2,  3,  2,  4,  4,  7,  7, 10,  5])
    """
    steps = count(steps, "steps")
    net = Network((2, 2, 3, 2))
    X, Y = drilling_sites(extra_site)
    rng = MatlabRandom(seed)
    W = [0.5 * rng.randn(n, m) for m, n in pairwise(net.sizes)]
    b = [0.5 * rng.randn(n) for n in net.sizes[1:]]
    parameters = net.pack(zip(W, b, strict=True))
    order = rng.randi(len(X), steps) - 1
    return Run(net, parameters, X, Y, order, learning_rate=0.05)
