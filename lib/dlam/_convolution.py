"""Correlations, and what they send back, formula by formula.

The letters of the axes: n counts the pictures, c and o the channels of input and
output, i and j the places of an output, u and v those within a kernel.  Whoever calls
has checked the arguments.  An array is indexed [n, c, i, j], but lies in memory with
the channels last, because then the windows are copied in long runs.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["back", "blank", "correlate", "inside", "slabs", "surround", "weights"]

Array = NDArray[np.float64]

ROOM = 2**19  # numbers in the windows that are copied at a time


def windows(a: Array, k: tuple[int, ...], stride: int) -> Array:
    """Return windows[n, c, i, j, u, v] = a[n, c, stride i + u, stride j + v]."""
    slid = np.lib.stride_tricks.sliding_window_view(a, k, axis=(2, 3))
    return slid[:, :, ::stride, ::stride]


def correlate(a: Array, K: Array, stride: int) -> Array:
    """Return z[n, o, i, j] = Σ K[o, c, u, v] windows[n, c, i, j, u, v]."""
    seen = windows(a, K.shape[2:], stride)
    z = empty((len(a), len(K), *seen.shape[2:4]), np.result_type(a, K))
    for n in slabs(seen):
        sums = np.tensordot(seen[n], K, axes=([4, 5, 1], [2, 3, 1]))  # over u, v, c
        z[n] = np.moveaxis(sums, 3, 1)
    return z


def weights(a: Array, delta: Array, k: tuple[int, ...], stride: int) -> Array:
    """Return dK[o, c, u, v] = Σ delta[n, o, i, j] windows[n, c, i, j, u, v]."""
    seen = windows(a, k, stride).transpose(0, 2, 3, 4, 5, 1)  # n, i, j, u, v, c
    parts = [
        np.tensordot(delta[n], seen[n], axes=([0, 2, 3], [0, 1, 2]))  # over n, i, j
        for n in slabs(seen)
    ]
    return np.moveaxis(sum(parts[1:], parts[0]), 3, 1)


def back(delta: Array, K: Array, size: tuple[int, ...], stride: int) -> Array:
    """Return da, the full convolution of delta with K, whose channels change places.

    The errors stand `stride` apart, with zeros between them and around, and the
    kernel is mirrored.
    """
    (H, W), (k, m), (h, w) = size, K.shape[2:], delta.shape[2:]
    apart = blank((len(delta), len(K), H + k - 1, W + m - 1), delta.dtype)
    rows = slice(k - 1, k + stride * (h - 1), stride)
    columns = slice(m - 1, m + stride * (w - 1), stride)
    apart[:, :, rows, columns] = delta
    return correlate(apart, K.swapaxes(0, 1)[:, :, ::-1, ::-1], 1)


def surround(a: Array, r: int, circular: bool) -> Array:
    """Return pictures with a rim of width r: zeros, or what is on the other side."""
    N, C, H, W = a.shape
    wide = blank((N, C, H + 2 * r, W + 2 * r), a.dtype)
    wide[:, :, r : r + H, r : r + W] = a
    if circular:
        wide[:, :, :r] = wide[:, :, H : H + r]
        wide[:, :, H + r :] = wide[:, :, r : 2 * r]
        wide[..., :r] = wide[..., W : W + r]
        wide[..., W + r :] = wide[..., r : 2 * r]
    return wide


def inside(wide: Array, r: int, circular: bool) -> Array:
    """Return what `surround` sends back: each pixel sums what its copies get.

    It may write into its argument.
    """
    H, W = wide.shape[2] - 2 * r, wide.shape[3] - 2 * r
    if circular:
        wide[..., r : 2 * r] += wide[..., W + r :]
        wide[..., W : W + r] += wide[..., :r]
        wide[:, :, r : 2 * r] += wide[:, :, H + r :]
        wide[:, :, H : H + r] += wide[:, :, :r]
    return wide[:, :, r : r + H, r : r + W]


def blank(shape: tuple[int, ...], dtype: Any, value: float = 0.0) -> Array:
    """Return pictures of one value, which lie in memory with the channels last."""
    if value == 0:
        N, C, H, W = shape
        return np.moveaxis(np.zeros((N, H, W, C), dtype), 3, 1)
    made = empty(shape, dtype)
    made.fill(value)
    return made


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return pictures that are yet to be filled."""
    N, C, H, W = shape
    return np.moveaxis(np.empty((N, H, W, C), dtype), 3, 1)


def slabs(seen: Array) -> Iterator[slice]:
    """Yield slices of the first axis, such that a copy of one fits into the cache."""
    N = max(1, ROOM * len(seen) // max(1, seen.size))
    yield from (slice(n, n + N) for n in range(0, len(seen), N))
