"""The random numbers that MATLAB draws after `rng(seed)`."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from dlam._checks import integer

__all__ = ["MatlabRandom"]


class MatlabRandom:
    """The random stream that MATLAB draws from after `rng(seed)`.

    The three methods draw from one stream, as in MATLAB, so that what is drawn
    depends on everything drawn before.

    Sizes are given as in MATLAB: `rand(2, 3)` or `rand([2, 3])` is a matrix of
    two rows, and it is filled **column by column**.  Two habits of NumPy remain:
    no size gives a plain number, and one size a vector.  (MATLAB's `rand(n)` is
    a matrix; write `rand(n, n)`.)

    Parameters
    ----------
    seed : int
        0, …, 2³² − 1.  MATLAB's seed 0, also that of `rng('default')`, stands
        for 5489.

    Raises
    ------
    TypeError
        If the seed is no integer.
    ValueError
        If it is out of range.

    Notes
    -----
    Source: the generator is MT19937 (Matsumoto and Nishimura, 1998), the normal
    numbers come from the ziggurat of Marsaglia and Tsang (2000) with 256 strips.
    That MATLAB joins the two as here is shown by numbers that it has printed,
    which are in the tests.

    Examples
    --------
    >>> rng = MatlabRandom(0)
    >>> print(rng.rand(2, 2))
    [[0.81472369 0.12698682]
     [0.90579194 0.91337586]]
    >>> print(f"{rng.randn():.4f}", rng.randi(10))
    0.3188 1
    """

    def __init__(self, seed: int) -> None:
        seed = integer(seed, "seed")
        if not 0 <= seed < 2**32:
            raise ValueError(f"seed: expected an integer in 0, …, 2³² − 1, got {seed}")
        self._state = np.random.RandomState(seed or 5489)

    @overload
    def rand(self) -> float: ...
    @overload
    def rand(self, *size: int | Sequence[int]) -> NDArray[np.float64]: ...
    def rand(self, *size: int | Sequence[int]) -> float | NDArray[np.float64]:
        """Return numbers uniform on [0, 1).

        Parameters
        ----------
        *size : int
            None for a single number, n for a vector, m, n, … for an array that
            is filled column by column.  A tuple or list serves as well.

        Returns
        -------
        float, or ndarray of float64 of the given size

        Raises
        ------
        TypeError
            If a size is no integer.
        ValueError
            If a size is below 1.

        Notes
        -----
        Each number takes two words of 32 bits and has 53 random ones.

        Examples
        --------
        >>> MatlabRandom(0).rand(3)
        array([0.81472369, 0.90579194, 0.12698682])
        """
        shape = _shape(size)
        if shape is None:
            return self._state.random_sample()
        return self._state.random_sample(math.prod(shape)).reshape(shape, order="F")

    @overload
    def randi(self, n: int) -> int: ...
    @overload
    def randi(self, n: int, *size: int | Sequence[int]) -> NDArray[np.int64]: ...
    def randi(self, n: int, *size: int | Sequence[int]) -> int | NDArray[np.int64]:
        """Return integers uniform on 1, …, n.

        Parameters
        ----------
        n : int
            The largest, at most 2⁵³ − 1.
        *size : int
            As in `rand`.

        Returns
        -------
        int, or ndarray of int64 of the given size

        Raises
        ------
        TypeError
            If n or a size is no integer.
        ValueError
            If n is out of range, or a size is below 1.

        Notes
        -----
        Each is ⌊n u⌋ + 1 for one number u of `rand`.

        Examples
        --------
        >>> MatlabRandom(0).randi(10, 5)
        array([ 9, 10,  2, 10,  7])
        """
        n = integer(n, "n")
        if not 1 <= n < 2**53:
            raise ValueError(f"n: expected an integer in 1, …, 2⁵³ − 1, got {n}")
        shape = _shape(size)
        if shape is None:
            return int(n * self._state.random_sample()) + 1
        u = self._state.random_sample(math.prod(shape)).reshape(shape, order="F")
        return (n * u).astype(np.int64) + 1

    @overload
    def randn(self) -> float: ...
    @overload
    def randn(self, *size: int | Sequence[int]) -> NDArray[np.float64]: ...
    def randn(self, *size: int | Sequence[int]) -> float | NDArray[np.float64]:
        """Return normal numbers with mean 0 and variance 1.

        Parameters
        ----------
        *size : int
            As in `rand`.

        Returns
        -------
        float, or ndarray of float64 of the given size

        Raises
        ------
        TypeError
            If a size is no integer.
        ValueError
            If a size is below 1.

        Notes
        -----
        A number takes two words of the stream, and about one in 67 takes more.

        Examples
        --------
        >>> print(MatlabRandom(0).randn(2, 2).round(4))
        [[ 0.5377 -2.2588]
         [ 1.8339  0.8622]]
        """
        shape = _shape(size)
        if shape is None:
            return float(self._normal(1)[0])
        return self._normal(math.prod(shape)).reshape(shape, order="F")

    def _normal(self, n: int) -> NDArray[np.float64]:
        """Return the next n normal numbers."""
        normal, done = np.empty(n), 0  # at once, so that too many are refused at once
        while done < n:
            # A number takes a pair of words or more, so these are none too many.
            some = self._ziggurat(min(n - done, _BLOCK))
            normal[done : done + len(some)] = some
            done += len(some)
        return normal

    def _ziggurat(self, n: int) -> NDArray[np.float64]:
        """Return the normal numbers, at most n, made of the next n pairs of words.

        A pair is either a point thrown at a strip of the ziggurat, or a uniform
        number that decides about the point before it.  Nearly all points are
        inside the ziggurat and need no decision, so both are computed for all
        pairs at once, and a loop visits the few points that are not.
        """
        x, f = _edges()
        words = self._state.randint(0, 2**32, (n, 2), dtype=np.uint32).astype(np.int64)
        u0, u1 = words[:, 0], words[:, 1]

        i = (u1 >> 24) + 1
        r: NDArray[np.float64] = (
            ((u0 >> 3 << 24) + (u1 & 0xFFFFFF)) * 2.0**-52 - 1
        ) * x[i]
        u = ((u0 >> 5 << 26) + (u1 >> 6)) * 2.0**-53

        accepted: NDArray[np.bool_] = np.abs(r) <= x[i - 1]
        used = 0  # how many pairs were, when the loop comes to a point

        def rand() -> float:
            nonlocal used
            used += 1
            if used > n:
                return self._state.random_sample()
            accepted[used - 1] = False
            return float(u[used - 1])

        for j in np.flatnonzero(~accepted):
            if j < used:  # no point, but a uniform number that a decision took
                continue
            used = int(j) + 1
            upper, lower = f[i[j] - 1], f[i[j]]
            if i[j] < 256:
                accepted[j] = lower + rand() * (upper - lower) < _f(r[j])
            else:
                r[j] = math.copysign(_tail(rand), r[j])
                accepted[j] = True
        return r[accepted]


_BLOCK = 2**16  # pairs of words that are in memory at once
_R = 3.6541528853610088  # where the tail begins


def _f(t: float) -> float:
    return math.exp(-t * t / 2)


@cache
def _edges() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges x_0 = 0 < x_1 < … < x_256 of the strips, and f there.

    Strip i lies between the heights f(x_i) and f(x_{i−1}) and reaches to x_i; the
    lowest, 256, is the rest below f(R) with the tail.  All have the same area.
    """
    tail = math.sqrt(math.pi / 2) * math.erfc(_R / math.sqrt(2))
    area = _R * _f(_R) + tail
    x = np.zeros(257)
    x[256], x[255] = area / _f(_R), _R
    for i in range(254, 0, -1):
        x[i] = math.sqrt(-2 * math.log(area / x[i + 1] + _f(x[i + 1])))
    return x, np.array([_f(t) for t in x])


def _tail(rand: Callable[[], float]) -> float:
    """Return a number beyond R with the density of f, by Marsaglia's method."""
    while True:
        t = -math.log(rand()) / _R
        if -2 * math.log(rand()) > t * t:
            return _R + t


def _shape(size: tuple[int | Sequence[int], ...]) -> tuple[int, ...] | None:
    """Return the shape that the arguments ask for; None for a single number."""
    if not size:
        return None
    sizes = size[0] if len(size) == 1 and isinstance(size[0], tuple | list) else size
    shape = tuple(integer(n, "size") for n in sizes)
    if not shape or min(shape) < 1:
        raise ValueError(f"size: expected integers of at least 1, got {sizes!r}")
    return shape
