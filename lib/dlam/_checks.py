"""What an argument must be, and the errors that say so.

The annotations of the library say float64, which is what its arrays hold.
Complex arrays pass as well, for the sake of the complex step, undeclared.
"""

from operator import index
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["count", "finite", "generator", "integer", "numbers"]


def numbers(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return `x` as an array of float64, or of complex128 if it is complex.

    An array that already is one is returned itself, not a copy.
    """
    try:
        x = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array of numbers; {error}") from None
    if x.dtype.kind not in "biufc":
        raise TypeError(f"{name}: expected numbers, got an array of dtype {x.dtype}")
    x = x.astype(np.result_type(x.dtype, np.float64), copy=False)
    return cast(NDArray[np.float64], x)


def finite(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return `numbers(x, name)`, all of them finite."""
    x = numbers(x, name)
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    return x


def integer(n: Any, name: str) -> int:
    """Return `n`, an integer of whatever kind, as an int."""
    try:
        return index(n)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {n!r}") from None


def count(n: Any, name: str) -> int:
    """Return `n`, an integer of at least 1, as an int."""
    checked = integer(n, name)
    if checked < 1:
        raise ValueError(f"{name}: expected at least 1, got {n}")
    return checked


def generator(rng: Any) -> np.random.Generator:
    """Return `rng`, a Generator of NumPy's."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {rng!r}")
    return rng
