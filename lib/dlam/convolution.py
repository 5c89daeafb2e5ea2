"""Convolutions, as networks use them: one small array of weights slides over a picture.

Networks call it a convolution, and compute a correlation: the kernel is not mirrored.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, real

__all__ = ["correlate", "matrix"]

Array = NDArray[np.float64]


def correlate(a: ArrayLike, K: ArrayLike, stride: int = 1, padding: int = 0) -> Array:
    """Return the correlations of pictures with kernels, which torch calls `conv2d`.

    Entry (i, j) of output o is the sum over the channels c and over u, v of
    K[o, c, u, v] a[c, stride i + u, stride j + v], where the picture has been
    surrounded by `padding` zeros on each side.

    Parameters
    ----------
    a : array, shape (N, C, H, W)
        N pictures of C channels.
    K : array, shape (O, C, k, k')
        For each output channel a kernel of weights.
    stride : int, optional
        How far the kernel moves from one entry to the next.
    padding : int, optional
        How many zeros are put around.

    Returns
    -------
    ndarray, shape (N, O, H', W')
        With H' = (H + 2 padding − k) // stride + 1, and W' likewise.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, or the kernel is larger than the padded picture.

    Examples
    --------
    >>> correlate([[[[1.0, 2.0, 4.0]]]], [[[[-1.0, 1.0]]]])
    array([[[[1., 2.]]]])
    """
    pictures, kernels = _pictures(a), _kernels(K)
    step, around = count(stride, "stride"), count(padding, "padding", 0)
    _fits(pictures.shape[1:], kernels.shape, around)
    rim = [(0, 0), (0, 0), (around, around), (around, around)]
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(pictures, rim), kernels.shape[2:], axis=(2, 3)
    )[:, :, ::step, ::step]
    # windows[n, c, i, j, u, v] = a[n, c, stride i + u, stride j + v]
    found = np.tensordot(windows, kernels, axes=([1, 4, 5], [1, 2, 3]))
    return np.ascontiguousarray(np.moveaxis(found, 3, 1))


def matrix(
    K: ArrayLike, shape: tuple[int, int, int], stride: int = 1, padding: int = 0
) -> Array:
    """Return the matrix that does the same to flattened pictures as `correlate`.

    Parameters
    ----------
    K : array, shape (O, C, k, k')
    shape : tuple of int
        (C, H, W), the shape of a picture.
    stride, padding : int, optional

    Returns
    -------
    ndarray, shape (O H' W', C H W)
        Row by row as `reshape` flattens; most entries are zero, the others repeat
        those of K.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Examples
    --------
    >>> matrix([[[[-1.0, 1.0]]]], (1, 1, 3))
    array([[-1.,  1.,  0.],
           [ 0., -1.,  1.]])
    """
    sizes = tuple(count(n, "shape") for n in shape)
    if len(sizes) != 3:
        raise ValueError(f"shape: expected (C, H, W), got {shape}")
    basis = np.eye(int(np.prod(sizes))).reshape(-1, *sizes)
    return correlate(basis, K, stride, padding).reshape(len(basis), -1).T


def _pictures(a: Any) -> Array:
    found = real(a, "a")
    if found.ndim != 4 or 0 in found.shape:
        raise ValueError(f"a: expected shape (N, C, H, W), got {found.shape}")
    return found


def _kernels(K: Any) -> Array:
    found = real(K, "K")
    if found.ndim != 4 or 0 in found.shape:
        raise ValueError(f"K: expected shape (O, C, k, k), got {found.shape}")
    return found


def _fits(picture: tuple[int, ...], kernel: tuple[int, ...], padding: int) -> None:
    """Refuse kernels of other channels, or that are larger than the padded picture."""
    if kernel[1] != picture[0]:
        raise ValueError(f"K: expected {picture[0]} channels, got {kernel[1]}")
    if any(k > n + 2 * padding for k, n in zip(kernel[2:], picture[1:], strict=True)):
        raise ValueError(
            f"K: expected at most the size of the padded picture, got {kernel[2:]} "
            f"for {picture[1:]} with padding {padding}"
        )
