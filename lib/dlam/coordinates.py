"""An image as a function of the coordinates of its pixels.

The centres of the pixels fill the square [−1, 1]², the first coordinate to the
right and the second down.  A frequency counts the periods across the square.
"""

from __future__ import annotations

from importlib.resources import files
from os import PathLike, fspath

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, generator, needed, real
from dlam.network import Network

__all__ = [
    "amplitude",
    "colours",
    "every_second",
    "fourier_features",
    "grid",
    "photograph",
    "picture",
    "psnr",
    "start",
]

Array = NDArray[np.float64]

SIDE = 384  # pixels of the photograph
EIGHT_BITS = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK"}


def grid(height: int, width: int) -> NDArray[np.float64]:
    """Return the coordinates of the pixels of an image, one a row.

    Parameters
    ----------
    height, width : int
        The numbers of rows and columns of pixels.

    Returns
    -------
    ndarray, shape (height width, 2)
        In the order in which `colours` has the colours: row by row from the top,
        each from left to right.

    Raises
    ------
    ValueError
        If a number is below 1.
    TypeError
        If it is no integer.

    Examples
    --------
    >>> grid(2, 2)
    array([[-0.5, -0.5],
           [ 0.5, -0.5],
           [-0.5,  0.5],
           [ 0.5,  0.5]])
    """
    down, right = _centres(count(height, "height")), _centres(count(width, "width"))
    x, y = np.meshgrid(right, down)
    return np.column_stack([x.ravel(), y.ravel()])


def _centres(n: int) -> Array:
    return (2 * np.arange(n) + 1) / n - 1


def every_second(height: int, width: int) -> NDArray[np.bool_]:
    """Return which pixels are the dark squares of a chessboard.

    Parameters
    ----------
    height, width : int

    Returns
    -------
    ndarray of bool, shape (height width,)
        In the order of `grid`; the pixel at the top left is one of them.

    Raises
    ------
    ValueError, TypeError
        As `grid`.

    Examples
    --------
    >>> every_second(2, 3)
    array([ True, False,  True, False,  True, False])
    """
    rows, columns = np.indices((count(height, "height"), count(width, "width")))
    dark: NDArray[np.bool_] = ((rows + columns) % 2 == 0).ravel()
    return dark


def colours(image: ArrayLike) -> NDArray[np.float64]:
    """Return the colours of the pixels of an image, one a row.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        Red, green and blue from 0 to 1.

    Returns
    -------
    ndarray, shape (height width, 3)
        In the order of `grid`; an array of its own.

    Raises
    ------
    ValueError
        If the shape is another, as that of an image with transparency is, or a
        number is not between 0 and 1.
    TypeError
        If `image` does not hold real numbers.

    Examples
    --------
    >>> colours([[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    table = real(image, "image")
    if table.ndim != 3 or table.shape[2] != 3 or table.size == 0:
        fourth = table.ndim == 3 and table.shape[2] == 4
        raise ValueError(
            f"image: expected shape (height, width, 3), got {table.shape}"
            + ("; the fourth number of a pixel is its opacity" if fourth else "")
        )
    return _from_0_to_1(table).reshape(-1, 3).copy()


def _from_0_to_1(image: Array) -> Array:
    low, high = image.min(initial=0), image.max(initial=0)
    if low < 0 or high > 1:
        raise ValueError(
            f"image: expected colours from 0 to 1, got numbers from {image.min():g} "
            f"to {image.max():g}"
            + ("; divide by 255" if low >= 0 and 2 < high <= 255 else "")
        )
    return image


def fourier_features(
    X: ArrayLike, frequencies: ArrayLike, amplitudes: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Return cosines and sines of the coordinates.

    Parameters
    ----------
    X : array, shape (N, d)
        One point a row.
    frequencies : array, shape (K, d)
        One a row: the numbers of periods on [−1, 1] in each direction.
    amplitudes : array, shape (K,), optional
        Their factors; 1 for all by default.

    Returns
    -------
    ndarray, shape (N, 2K)
        First the K cosines, then the K sines.

    Raises
    ------
    ValueError
        If a shape does not fit, or a number is not finite.

    Notes
    -----
    Equation: eq-coordinate-features

    Source: M. Tancik et al., Fourier features let networks learn high frequency
    functions in low dimensional domains, NeurIPS 2020.

    Examples
    --------
    >>> fourier_features([[0.0], [0.5]], [[1.0]]).round(2)
    array([[1., 0.],
           [0., 1.]])
    """
    X, omega = real(X, "X"), real(frequencies, "frequencies")
    if X.ndim != 2 or omega.ndim != 2 or X.shape[1] != omega.shape[1]:
        raise ValueError(
            f"X, frequencies: expected shapes (N, d) and (K, d), "
            f"got {X.shape} and {omega.shape}"
        )
    alpha = real(amplitudes, "amplitudes")
    if alpha.shape not in ((), (len(omega),)):
        raise ValueError(
            f"amplitudes: expected shape ({len(omega)},), got {alpha.shape}"
        )
    angle = np.pi * (X @ omega.T)
    return np.hstack([alpha * np.cos(angle), alpha * np.sin(angle)])


def amplitude(values: ArrayLike, frequency: int) -> float | NDArray[np.float64]:
    """Return how much of a frequency there is in values on the circle.

    Parameters
    ----------
    values : array, shape (..., N)
        At N points that are equally spaced on [−1, 1], as `grid` has them.
    frequency : int
        The number of periods, from 1 and below N / 2.

    Returns
    -------
    float, or ndarray of shape (...)
        r if the values are r cos(πkx + φ).

    Raises
    ------
    ValueError
        If the frequency is out of bounds, or a value is not finite.
    TypeError
        If the frequency is no integer.

    Notes
    -----
    Equation: eq-coordinate-amplitude

    Examples
    --------
    >>> x = grid(1, 8)[:, 0]
    >>> print(f"{amplitude(3 * np.sin(2 * np.pi * x), 2):.3f}")
    3.000
    """
    e, k = real(values, "values"), count(frequency, "frequency")
    N = e.shape[-1] if e.ndim else 0
    if 2 * k >= N:
        raise ValueError(
            f"frequency: expected less than half the number of values, {N}, got {k}"
        )
    angle = np.pi * k * _centres(N)
    cosine, sine = 2 / N * (e @ np.cos(angle)), 2 / N * (e @ np.sin(angle))
    size: float | Array = np.hypot(cosine, sine)[()]
    return size


def psnr(values: ArrayLike, image: ArrayLike) -> float | NDArray[np.float64]:
    """Return the peak signal-to-noise ratio in decibels.

    Parameters
    ----------
    values : array, shape (N, c) or (k, N, c)
        The colours that a network outputs, or those of k networks.
    image : array, shape (N, c)
        The true ones, which are between 0 and 1.

    Returns
    -------
    float, or ndarray of shape (k,)
        Infinity where they are the same.

    Raises
    ------
    ValueError
        If the shapes do not fit, a number is not finite, or one of `image` is not
        between 0 and 1.

    Notes
    -----
    Equation: eq-coordinate-psnr

    Examples
    --------
    >>> print(f"{psnr([[0.4, 0.6]], [[0.5, 0.5]]):.1f}")
    20.0
    """
    given, true = real(values, "values"), real(image, "image")
    if true.ndim != 2 or given.shape[-2:] != true.shape or given.ndim not in (2, 3):
        raise ValueError(
            f"values, image: expected shapes (N, c) or (k, N, c), and (N, c), "
            f"got {given.shape} and {true.shape}"
        )
    true = _from_0_to_1(true)
    with np.errstate(divide="ignore", over="ignore"):
        ratio: float | Array = -10 * np.log10(np.mean((given - true) ** 2, (-2, -1)))
    return ratio


def start(
    net: Network, rng: np.random.Generator, size: int | None = None
) -> NDArray[np.float64]:
    """Return random parameters whose scale suits each layer.

    The weights and biases that lead into layer l are normal with the variance
    2 / n_{l−1}, which is what suits rectifiers; see chapter 5.

    Parameters
    ----------
    net : Network
    rng : numpy.random.Generator
    size : int, optional
        How many networks; None gives a single vector.

    Returns
    -------
    ndarray, shape (s,), or (size, s)

    Raises
    ------
    TypeError
        If `net` is no Network, or `rng` no Generator.
    ValueError
        If `size` is below 1.

    Notes
    -----
    Source: K. He et al., Delving deep into rectifiers, ICCV 2015, who set the
    biases to zero.
    """
    if not isinstance(net, Network):
        raise TypeError(f"net: expected a Network, got {net!r}")
    shape = () if size is None else (count(size, "size"),)
    p = generator(rng).normal(size=(*shape, net.n_parameters))
    for before, (W, b) in zip(net.sizes, net._views(p), strict=False):
        W *= np.sqrt(2 / before)
        b *= np.sqrt(2 / before)
    return p


def photograph(size: int = 48) -> NDArray[np.float64]:
    """Return a small photograph of a tower by a lake.

    Each of its pixels is the mean of a square of the original's.

    Parameters
    ----------
    size : int, optional
        How many pixels a side: a divisor of 384.

    Returns
    -------
    ndarray, shape (size, size, 3)
        Red, green and blue from 0 to 1.

    Raises
    ------
    ValueError
        If `size` does not divide 384.
    TypeError
        If it is no integer.

    Notes
    -----
    Source: photograph by danielbuechele, Creative Commons Attribution 2.0, which
    comes with scikit-learn as `china.jpg`; cut out and made smaller.

    Examples
    --------
    >>> photograph(24).shape
    (24, 24, 3)
    """
    size = count(size, "size")
    if SIDE % size:
        raise ValueError(f"size: expected a divisor of {SIDE}, got {size}")
    file = files("dlam").joinpath("photograph", "pictures.npz")
    with file.open("rb") as opened, np.load(opened) as parts:
        square = parts["square"]
    block = SIDE // size
    small: Array = square.reshape(size, block, size, block, 3).mean((1, 3)) / 255
    return small


def picture(file: str | PathLike[str], size: int = 48) -> NDArray[np.float64]:
    """Read a picture of your own, cut out its middle square and make it smaller.

    Each pixel of the result is the mean of the part of the original that it covers.
    What is transparent is laid on white, shades of grey become colours, and a
    photograph that was taken with the camera turned is turned back.

    Parameters
    ----------
    file : str or path
        A PNG, a JPEG, or another kind of file that Pillow reads, with eight bits
        for each colour.
    size : int, optional
        How many pixels a side the result has: at most as many as the shorter side
        of the original.

    Returns
    -------
    ndarray, shape (size, size, 3)
        Red, green and blue from 0 to 1.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no picture or one with more than eight bits for each colour,
        or `size` is below 1 or larger than the picture.
    TypeError
        If `file` is no path, or `size` no integer.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import matplotlib.pyplot as plt
    >>> with TemporaryDirectory() as folder:
    ...     name = Path(folder) / "half-transparent-black.png"
    ...     plt.imsave(name, np.full((6, 8, 4), [0.0, 0.0, 0.0, 0.4]))
    ...     picture(name, 2).round(3)[0]
    array([[0.6, 0.6, 0.6],
           [0.6, 0.6, 0.6]])
    """
    if not isinstance(file, str | PathLike):
        raise TypeError(f"file: expected the path of a picture, got {file!r}")
    name, size = fspath(file), count(size, "size")
    pil = needed("PIL.Image", "book")
    try:
        with pil.open(name) as opened:
            if opened.mode not in EIGHT_BITS:
                raise ValueError(
                    f"file: expected a picture with eight bits for each colour, "
                    f"got the mode {opened.mode!r} in {name!r}"
                )
            turned = needed("PIL.ImageOps", "book").exif_transpose(opened)
            original = np.asarray(turned.convert("RGBA")) / 255
    except pil.UnidentifiedImageError:
        raise ValueError(f"file: expected a picture, got {name!r}") from None
    height, width, _ = original.shape
    side = min(height, width)
    if size > side:
        raise ValueError(
            f"size: expected at most the shorter side of the picture, {side}, "
            f"got {size}"
        )
    top, left = (height - side) // 2, (width - side) // 2
    square = original[top : top + side, left : left + side]
    opacity = square[..., 3:]
    on_white = opacity * square[..., :3] + 1 - opacity
    share = _shares(side, size)
    small: Array = np.einsum("ik,klc,jl->ijc", share, on_white, share, optimize=True)
    return small.clip(0, 1)


def _shares(n: int, size: int) -> Array:
    """Return what share of each of `size` large pixels each of n small ones has."""
    edges = np.arange(size + 1) * n / size
    covered = np.clip(edges[:, np.newaxis] - np.arange(n), 0, 1)
    shares: Array = np.diff(covered, axis=0) * size / n
    return shares
