"""What an argument must be, and the errors that say so.

The annotations of the library say float64, which is what its arrays hold.
Complex arrays pass as well, for the sake of the complex step, undeclared.
"""

from collections.abc import Callable
from importlib import import_module
from operator import index
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "array",
    "count",
    "finite",
    "function",
    "generator",
    "instance",
    "integer",
    "needed",
    "numbers",
    "real",
    "untouched",
]

T = TypeVar("T")
FLOAT64 = np.dtype(np.float64)


def array(x: ArrayLike, name: str) -> NDArray[Any]:
    """Return `x` as an array, with nothing in it that is masked.

    A mask that hides nothing says that all numbers are there, so they are taken.
    """
    parts = x if isinstance(x, list | tuple) else (x,)
    if type(x) is not np.ndarray and any(map(np.ma.is_masked, parts)):
        raise ValueError(f"{name}: expected numbers, got a masked array; fill it first")
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array of numbers; {error}") from None


def numbers(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return `x` as an array of float64, or of complex128 if it is complex.

    An array that already is one is returned itself, not a copy.
    """
    if type(x) is np.ndarray and x.dtype is FLOAT64:
        return x
    x = array(x, name)
    if x.dtype.kind not in "biufc":
        raise TypeError(f"{name}: expected numbers, got an array of dtype {x.dtype}")
    # Not NumPy's result_type, which keeps the long doubles that LAPACK has not.
    kind = np.complex128 if x.dtype.kind == "c" else np.float64
    return cast("NDArray[np.float64]", x.astype(kind, copy=False))


def finite(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return `numbers(x, name)`, all of them finite."""
    x = numbers(x, name)
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    return x


def real(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return `finite(x, name)`, none of them complex."""
    x = finite(x, name)
    if x.dtype.kind == "c":
        raise TypeError(f"{name}: expected real numbers, got complex ones")
    return x


def integer(n: Any, name: str) -> int:
    """Return `n`, an integer of whatever kind, as an int."""
    try:
        if isinstance(n, bool | np.bool_):
            raise TypeError
        return index(n)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {n!r}") from None


def count(n: Any, name: str, least: int = 1) -> int:
    """Return `n`, an integer of at least `least`, as an int."""
    checked = integer(n, name)
    if checked < least:
        raise ValueError(f"{name}: expected at least {least}, got {n}")
    return checked


def generator(rng: Any) -> np.random.Generator:
    """Return `rng`, a Generator of NumPy's."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {rng!r}")
    return rng


def instance(x: Any, kind: type[T], name: str) -> T:
    """Return `x`, which is of the kind that is expected."""
    if not isinstance(x, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(f"{name}: expected {article} {kind.__name__}, got {x!r}")
    return x


def function(f: Any, name: str) -> Any:
    """Return `f`, which can be called."""
    if not callable(f):
        raise TypeError(f"{name}: expected a function, got {f!r}")
    return f


def untouched(f: Callable[..., Any], name: str, *arrays: NDArray[Any]) -> Any:
    """Return f(*arrays) for an `f` of the caller's that must not change them.

    Back propagation uses the arguments again, and they may be the caller's data.
    """
    views = [x.view() for x in arrays]
    for view in views:
        view.flags.writeable = False
    try:
        value = f(*views)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise ValueError(
            f"{name}: the function works in place, but must leave its argument "
            f"unchanged and return a new array; {error}"
        ) from error
    if isinstance(value, np.ndarray) and not value.flags.writeable:
        return value.copy()  # the argument itself, as from lambda z: z
    return value


def needed(module: str, extra: str) -> Any:
    """Return a module that the library alone does not bring, but one of its extras.

    SciPy's take long to import, so they are when they are first used.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ModuleNotFoundError(
            f"this needs {package}: pip install 'dlam[{extra}]'", name=error.name
        ) from None
