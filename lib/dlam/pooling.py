"""Pooling: a window of each channel becomes one number, its largest or its mean.

The first window begins in the upper left corner, and the next ones `stride` further,
until the picture is covered.  What of the last ones lies beyond the edge does not
count.  PyTorch does so with `ceil_mode=True`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, numbers
from dlam._convolution import blank

__all__ = ["average_pool", "average_pool_gradient", "max_pool", "max_pool_gradient"]

Array = NDArray[np.float64]


def max_pool(a: ArrayLike, size: int, stride: int | None = None) -> Array:
    """Return the largest number of each window.

    Parameters
    ----------
    a : array, shape (N, C, H, W)
        N pictures of C channels.
    size : int
        The side of a window.
    stride : int, optional
        How far apart windows are; None means `size`, so that they do not overlap.

    Returns
    -------
    ndarray, shape (N, C, H', W')
        With H' = ⌈(H − size) / stride⌉ + 1, but no window begins beyond the edge.

    Raises
    ------
    ValueError, TypeError
        If an argument is of another kind.

    Notes
    -----
    Equation: eq-max-pooling

    Examples
    --------
    >>> max_pool([[[[1.0, 2.0, 3.0], [6.0, 5.0, 4.0]]]], 2)
    array([[[[6., 4.]]]])
    """
    return np.ascontiguousarray(_largest(*_checked(a, size, stride)))


def max_pool_gradient(
    a: ArrayLike, slope: ArrayLike, size: int, stride: int | None = None
) -> Array:
    """Return what the derivatives with respect to the maxima mean for the picture.

    Each goes to the place of the maximum; of several, to the first, row by row.

    Parameters
    ----------
    a, size, stride
        As for `max_pool`.
    slope : array, shape (N, C, H', W')
        The derivatives of a function with respect to what `max_pool` returns.

    Returns
    -------
    ndarray, shape (N, C, H, W)

    Raises
    ------
    ValueError, TypeError
        As `max_pool`, or if the slope has another shape.

    Examples
    --------
    >>> max_pool_gradient([[[[1.0, 7.0, 7.0]]]], [[[[10.0]]]], 3)
    array([[[[ 0., 10.,  0.]]]])
    """
    pictures, size, step = _checked(a, size, stride)
    best = _largest(pictures, size, step)
    given = _shaped(slope, best)
    return np.ascontiguousarray(_largest_back(pictures, best, given, size, step))


def average_pool(a: ArrayLike, size: int, stride: int | None = None) -> Array:
    """Return the mean of each window, over as much of it as lies in the picture.

    Parameters
    ----------
    a, size, stride
        As for `max_pool`.

    Returns
    -------
    ndarray, shape (N, C, H', W')
        As of `max_pool`.

    Raises
    ------
    ValueError, TypeError
        As `max_pool`.

    Notes
    -----
    Equation: eq-average-pooling

    Examples
    --------
    >>> average_pool([[[[1.0, 2.0, 3.0], [6.0, 5.0, 4.0]]]], 2)
    array([[[[3.5, 3.5]]]])
    """
    return np.ascontiguousarray(_mean(*_checked(a, size, stride)))


def average_pool_gradient(
    a: ArrayLike, slope: ArrayLike, size: int, stride: int | None = None
) -> Array:
    """Return what the derivatives with respect to the means mean for the picture.

    Parameters
    ----------
    a, size, stride
        As for `max_pool`.
    slope : array, shape (N, C, H', W')
        The derivatives of a function with respect to what `average_pool` returns.

    Returns
    -------
    ndarray, shape (N, C, H, W)

    Raises
    ------
    ValueError, TypeError
        As `max_pool`, or if the slope has another shape.

    Examples
    --------
    >>> average_pool_gradient([[[[1.0, 2.0, 3.0]]]], [[[[2.0, 5.0]]]], 2)
    array([[[[1., 1., 5.]]]])
    """
    pictures, size, step = _checked(a, size, stride)
    given = _shaped(slope, _mean(pictures, size, step))
    return np.ascontiguousarray(_mean_back(pictures, given, size, step))


def _largest(a: Array, size: int, stride: int) -> Array:
    best, *others = _places(_covering(a, size, stride, -np.inf), a, size, stride)
    for here in others:
        best = _larger(best, here)
    return best.copy() if size == 1 else best


def _larger(a: Array, b: Array) -> Array:
    """Return the larger number at each place; of complex ones, by their real parts."""
    if np.iscomplexobj(a):
        return np.where(b.real > a.real, b, a)
    return np.maximum(a, b)


def _largest_back(a: Array, best: Array, slope: Array, size: int, stride: int) -> Array:
    wide = _covering(a, size, stride, -np.inf)
    sent = blank(wide.shape, slope.dtype)
    free = np.ones_like(best, dtype=bool)  # no place of the window was the largest yet
    for here, there in zip(
        _places(wide, a, size, stride), _places(sent, a, size, stride), strict=True
    ):
        first = (here == best) & free
        there += slope * first
        free &= ~first
    return sent[:, :, : a.shape[2], : a.shape[3]]


def _mean(a: Array, size: int, stride: int) -> Array:
    first, *others = _places(_covering(a, size, stride, 0.0), a, size, stride)
    return sum(others, first) / _areas(a, size, stride)


def _mean_back(a: Array, slope: Array, size: int, stride: int) -> Array:
    sent = _covering(np.zeros_like(a, slope.dtype), size, stride, 0.0)
    each = slope / _areas(a, size, stride)
    for there in _places(sent, a, size, stride):
        there += each
    return sent[:, :, : a.shape[2], : a.shape[3]]


def _places(wide: Array, a: Array, size: int, stride: int) -> Iterator[Array]:
    """Yield for each place in a window, row by row, what all windows have there."""
    H, W = (stride * (n - 1) + 1 for n in _counts(a, size, stride))
    for u in range(size):
        for v in range(size):
            yield wide[:, :, u : u + H : stride, v : v + W : stride]


def _covering(a: Array, size: int, stride: int, value: float) -> Array:
    """Return pictures continued below and to the right, as far as windows reach."""
    sides = zip(a.shape[2:], _counts(a, size, stride), strict=True)
    H, W = (max(n, stride * (h - 1) + size) for n, h in sides)
    wide = blank((*a.shape[:2], H, W), a.dtype, value)
    wide[:, :, : a.shape[2], : a.shape[3]] = a
    return wide


def _counts(a: Array, size: int, stride: int) -> tuple[int, int]:
    """Return how many windows there are down and across."""
    _, _, H, W = a.shape
    return _count(H, size, stride), _count(W, size, stride)


def _count(n: int, size: int, stride: int) -> int:
    """Return how many windows there are along n pixels."""
    return min(-(-max(n - size, 0) // stride), (n - 1) // stride) + 1


def _areas(a: Array, size: int, stride: int) -> Array:
    """Return how many pixels of the picture each window has."""
    down, across = (
        np.minimum(n - stride * np.arange(many), size)
        for n, many in zip(a.shape[2:], _counts(a, size, stride), strict=True)
    )
    areas: Array = np.outer(down, across).astype(a.real.dtype)
    return areas


def _checked(a: Any, size: Any, stride: Any) -> tuple[Array, int, int]:
    found = numbers(a, "a")
    if found.ndim != 4 or 0 in found.shape:
        raise ValueError(f"a: expected shape (N, C, H, W), got {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError("a: expected finite numbers, got NaN or infinity")
    side = count(size, "size")
    return found, side, side if stride is None else count(stride, "stride")


def _shaped(slope: Any, like: Array) -> Array:
    given = numbers(slope, "slope")
    if given.shape != like.shape:
        raise ValueError(f"slope: expected shape {like.shape}, got {given.shape}")
    return given
