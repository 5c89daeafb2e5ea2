# ruff: noqa: E741
"""Batch normalisation: layers whose weighted inputs are standardised over a batch.

The formulas stand in `dlam._standardised`; here arguments are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam import _lemma, _standardised
from dlam._checks import finite, generator, instance, numbers, real
from dlam.descent import _order
from dlam.network import Network, _parameters

__all__ = [
    "NormalisedLayer",
    "NormalisedNetwork",
    "Statistics",
    "running_statistics",
]

Array = NDArray[np.float64]
Layers = dict[int, Array]


class Statistics(NamedTuple):
    """The mean and the variance of the weighted inputs of one layer.

    Attributes
    ----------
    mean : ndarray, shape (n_l,), or (k, n_l) for k networks
    variance : ndarray, of the same shape
    """

    mean: Array
    variance: Array


class NormalisedLayer(NamedTuple):
    """The parameters that lead into one layer.

    Attributes
    ----------
    W : ndarray, shape (n_l, n_{l-1}), or (k, n_l, n_{l-1}) for k networks
        The weights.
    b : ndarray, shape (n_l,), or (k, n_l) for k networks
        The biases.
    gamma, beta : ndarray, shaped like b, or None
        What the standardised weighted inputs are multiplied by, and what is then
        added; None for the output layer, which is not normalised.
    """

    W: Array
    b: Array
    gamma: Array | None = None
    beta: Array | None = None


@dataclass(frozen=True, eq=False)
class NormalisedNetwork:
    """A network with batch normalisation before each hidden activation.

    It is a model: `cost`, `gradient` and `sgd` take it in place of a network.  Without
    statistics it standardises by the mean and the variance over the rows of X that it
    is given, as in training, so that its output at one point depends on the others.
    With statistics it uses these, and every point is on its own; see `evaluating`.

    The layout of p is PyTorch's for Linear, BatchNorm1d, activation, Linear, …: for
    each hidden layer W row by row, b, γ, β, and for the output layer W and b.

    Parameters
    ----------
    net : Network
        The network whose hidden layers 2, …, L − 1 are normalised.
    epsilon : float, optional
        The number ε ≥ 0 that is added to the variance, so that the quotient exists.
    statistics : mapping from int to Statistics, optional
        Under 2, …, L − 1, those of each hidden layer.

    Raises
    ------
    ValueError
        If epsilon is negative, a statistic does not fit, or a variance is negative.
    TypeError
        If `net` is no Network.

    Notes
    -----
    Equation: eq-reg-batchnorm

    Source: S. Ioffe, C. Szegedy, ICML 2015.

    Examples
    --------
    >>> from dlam import cost, identity, relu
    >>> net = NormalisedNetwork(Network((2, 3, 1), (relu, identity)))
    >>> net.n_parameters
    19
    >>> p = net.normal(np.random.default_rng(1))
    >>> X, Y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[1.0], [0.0], [1.0]]
    >>> layers = net.unpack(p)
    >>> q = net.pack([layers[0]._replace(W=10 * layers[0].W), layers[1]])
    >>> bool(abs(cost(net, q, X, Y) - cost(net, p, X, Y)) < 1e-3)
    True
    """

    net: Network
    epsilon: float = 1e-5
    statistics: Mapping[int, Statistics] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        instance(self.net, Network, "net")
        epsilon = real(self.epsilon, "epsilon")
        if epsilon.shape != () or epsilon < 0:
            raise ValueError(f"epsilon: expected a number ≥ 0, got {self.epsilon!r}")
        object.__setattr__(self, "epsilon", epsilon.item())
        if self.statistics is not None:
            fitting = _statistics(self.statistics, self.net)
            object.__setattr__(self, "statistics", fitting)

    @property
    def n_parameters(self) -> int:
        """s, the number of weights, biases, γ and β."""
        return self.net.n_parameters + 2 * sum(self.net.sizes[1:-1])

    def evaluating(self, statistics: Mapping[int, Statistics]) -> NormalisedNetwork:
        """Return the model that standardises by the given statistics.

        Parameters
        ----------
        statistics : mapping from int to Statistics
            As `batch_statistics` or `running_statistics` return them.

        Returns
        -------
        NormalisedNetwork
        """
        return replace(self, statistics=statistics)

    def __call__(self, p: ArrayLike, X: ArrayLike) -> Array:
        """Return the output for each row of `X`.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
        X : array, shape (N, n_1), or (n_1,) if there are statistics
            Without statistics N is at least 2.

        Returns
        -------
        ndarray, shape (N, n_L) or (n_L,), with a leading k for an ensemble

        Raises
        ------
        ValueError
            If a shape does not fit, or a number is not finite.
        """
        return self.pullback(p, X)[0]

    def pullback(
        self, p: ArrayLike, X: ArrayLike
    ) -> tuple[Array, Callable[[ArrayLike], Array]]:
        """Return the output, and the function that takes slopes back to p.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
        X : array, shape (N, n_1), or (n_1,) if there are statistics
            Without statistics N is at least 2.

        Returns
        -------
        output : ndarray, shape (N, n_L) or (n_L,), with a leading k for an ensemble
        back : callable
            From the derivatives of a function with respect to the output, shaped
            like it, to those with respect to p, shaped like p.

        Raises
        ------
        ValueError
            If a shape does not fit, or a number is not finite; `back` raises it if the
            slopes are not shaped like the output.
        """
        points, p = self._points(X), _parameters(self, p)
        single, L = points.ndim == 1, self.net.n_layers
        W, b, gamma, beta = self._named(p)
        sigma = dict(enumerate(self.net.activations, start=2))
        given = None
        if self.statistics is not None:
            leading = {one.mean.shape[:-1] for one in self.statistics.values()} - {()}
            if len(leading | ({p.shape[:1]} if p.ndim == 2 else set())) > 1:
                raise ValueError(
                    f"statistics: expected one leading axis for all of them and p, "
                    f"got {leading} and p of shape {p.shape}"
                )
            given = {
                l: Statistics(one.mean[..., np.newaxis, :], one.variance[..., None, :])
                for l, one in self.statistics.items()
            }
        _, h, s, u, a = _standardised.forward(
            W, b, gamma, beta, sigma, np.atleast_2d(points), self.epsilon, given
        )
        rows = a[L]
        output = rows[..., 0, :] if single else rows

        def back(slope: ArrayLike) -> Array:
            checked = numbers(slope, "slope")
            if checked.shape != output.shape:
                raise ValueError(
                    f"slope: expected shape {output.shape} like the output, "
                    f"got {checked.shape}"
                )
            slopes = checked.reshape(rows.shape)
            v, delta = _standardised.backward(
                W, gamma, sigma, h, s, u, a, slopes, given is None
            )
            dW, db = _lemma.derivatives(a, delta)
            d_gamma, d_beta = _standardised.derivatives(h, v)
            g = np.empty((*db[2].shape[:-1], self.n_parameters), db[2].dtype)
            for l, layer in enumerate(self._views(g), start=2):
                layer.W[...], layer.b[...] = dW[l], db[l]
                if layer.gamma is not None and layer.beta is not None:
                    layer.gamma[...], layer.beta[...] = d_gamma[l], d_beta[l]
            return g

        return output, back

    def batch_statistics(self, p: ArrayLike, X: ArrayLike) -> dict[int, Statistics]:
        """Return mean and variance of the weighted inputs over the rows of X.

        Each hidden layer is standardised by its own, and the next one sees the
        outcome.  The variances divide by N − 1, as those that PyTorch keeps.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
        X : array, shape (N, n_1)
            N is at least 2.

        Returns
        -------
        dict from int to Statistics
            Under 2, …, L − 1.

        Raises
        ------
        ValueError
            If a shape does not fit, or a number is not finite.
        """
        training = replace(self, statistics=None)
        x, p = training._points(X), _parameters(self, p)
        W, b, gamma, beta = self._named(p)
        sigma = dict(enumerate(self.net.activations, start=2))
        z, *_ = _standardised.forward(W, b, gamma, beta, sigma, x, self.epsilon, None)
        return {
            l: Statistics(z[l].mean(axis=-2), z[l].var(axis=-2, ddof=1)) for l in gamma
        }

    def unpack(self, p: ArrayLike) -> tuple[NormalisedLayer, ...]:
        """Return the layers 2, …, L whose parameters make up `p`, as views.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)

        Returns
        -------
        tuple of NormalisedLayer
        """
        return tuple(self._views(_parameters(self, p)))

    def pack(self, layers: Iterable[Iterable[ArrayLike | None]]) -> Array:
        """Return the vector of parameters whose layers are `layers`.

        Parameters
        ----------
        layers : iterable of NormalisedLayer
            The layers 2, …, L, as `unpack` returns them.

        Returns
        -------
        ndarray, shape (s,) or (k, s)

        Raises
        ------
        ValueError
            If there are not L − 1 layers, or one does not fit.
        """
        given = [
            [finite(part, "layers") for part in layer if part is not None]
            for layer in layers
        ]
        leading = given[0][1].shape[:-1] if given and len(given[0]) > 1 else ()
        kinds = [part.dtype for layer in given for part in layer]
        p = np.empty((*leading, self.n_parameters), np.result_type(float, *kinds))
        places = [
            [part for part in layer if part is not None] for layer in self._views(p)
        ]
        shapes = [[part.shape for part in layer] for layer in places]
        found = [[part.shape for part in layer] for layer in given]
        if shapes != found:
            raise ValueError(f"layers: expected the shapes {shapes}, got {found}")
        for here, there in zip(places, given, strict=True):
            for view, part in zip(here, there, strict=True):
                view[...] = part
        return p

    def normal(
        self, rng: np.random.Generator, scale: float = 0.5, size: int | None = None
    ) -> Array:
        """Return random weights and biases, as a Network's, with γ = 1 and β = 0.

        Parameters
        ----------
        rng : numpy.random.Generator
        scale : float, optional
            The standard deviation of weights and biases.
        size : int, optional
            How many networks; None gives a single vector.

        Returns
        -------
        ndarray, shape (s,), or (size, s)

        Raises
        ------
        TypeError, ValueError
            As `Network.normal`.
        """
        inner = self.net.normal(generator(rng), scale, size)
        p = np.empty((*inner.shape[:-1], self.n_parameters))
        for layer, plain in zip(self._views(p), self.net.unpack(inner), strict=True):
            layer.W[...], layer.b[...] = plain
            if layer.gamma is not None and layer.beta is not None:
                layer.gamma[...], layer.beta[...] = 1.0, 0.0
        return p

    def _points(self, X: ArrayLike) -> Array:
        points = self.net._points(X)
        if self.statistics is None and (points.ndim == 1 or len(points) < 2):
            raise ValueError(
                f"X: expected at least two points, to take a mean and a variance over, "
                f"got shape {points.shape}; with statistics, one is enough"
            )
        return points

    def _named(self, p: Array) -> tuple[Layers, Layers, Layers, Layers]:
        """Return W, b, γ and β of each layer under its number."""
        W, b, gamma, beta = {}, {}, {}, {}
        for l, layer in enumerate(self._views(p), start=2):
            W[l], b[l] = layer.W, layer.b[..., np.newaxis, :]
            if layer.gamma is not None and layer.beta is not None:
                gamma[l] = layer.gamma[..., np.newaxis, :]
                beta[l] = layer.beta[..., np.newaxis, :]
        return W, b, gamma, beta

    def _views(self, p: Array) -> Iterator[NormalisedLayer]:
        sizes, start = self.net.sizes, 0
        for l, (m, n) in enumerate(pairwise(sizes), start=2):
            lengths = [n * m, n] if l == len(sizes) else [n * m, n, n, n]
            parts = []
            for length in lengths:
                parts.append(p[..., start : start + length])
                start += length
            W = parts[0].reshape(*p.shape[:-1], n, m)
            yield NormalisedLayer(W, *parts[1:])


def running_statistics(
    net: NormalisedNetwork,
    path: ArrayLike,
    X: ArrayLike,
    order: ArrayLike,
    momentum: float = 0.1,
) -> dict[int, Statistics]:
    """Return the moving means of the statistics of the batches of a run.

    It is what PyTorch's BatchNorm1d has stored at the end of a run: it begins with
    mean 0 and variance 1, and each batch moves it by the share `momentum` of the way
    to its own mean and variance, which divides by m − 1.

    Parameters
    ----------
    net : NormalisedNetwork
    path : array, shape (steps + 1, s)
        The parameters before each step, and at the end: the `path` of a History that
        was recorded with `record_every=1, keep_path=True`.
    X : array, shape (N, n_1)
    order : array of int, shape (steps, m)
        The rows that each step visits.
    momentum : float, optional
        From 0 to 1.

    Returns
    -------
    dict from int to Statistics
        Under 2, …, L − 1, for `net.evaluating`.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, or `momentum` is outside its bounds.

    Examples
    --------
    >>> from dlam import identity, relu, sgd
    >>> net = NormalisedNetwork(Network((1, 2, 1), (relu, identity)))
    >>> X, order = np.array([[0.0], [1.0], [3.0]]), np.array([[0, 1], [1, 2]])
    >>> p = net.pack([([[1.0], [2.0]], [0, 0], [1, 1], [0, 0]), ([[1.0, 1.0]], [0])])
    >>> history = sgd(net, p, X, X, order, 0.01, record_every=1, keep_path=True)
    >>> running_statistics(net, np.stack([p, p, p]), X, order, momentum=0.5)[2].mean
    array([1.125, 2.25 ])
    """
    instance(net, NormalisedNetwork, "net")
    share = real(momentum, "momentum")
    if share.shape != () or not 0 <= share <= 1:
        raise ValueError(f"momentum: expected a number from 0 to 1, got {momentum!r}")
    rows, points, P = _order(order), net._points(X), _parameters(net, path)
    if rows.min() < 0 or rows.max() >= len(points):
        raise ValueError(
            f"order: expected rows from 0 to {len(points) - 1}, "
            f"got {rows.min()} to {rows.max()}"
        )
    if P.ndim != 2 or rows.ndim != 2 or len(P) != len(rows) + 1:
        raise ValueError(
            f"path: expected the parameters before each of {len(rows)} steps, and at "
            f"the end, got shape {P.shape} for an order of shape {rows.shape}"
        )
    sizes = dict(enumerate(net.net.sizes[1:-1], start=2))
    kept = {l: Statistics(np.zeros(n), np.ones(n)) for l, n in sizes.items()}
    for p, batch in zip(P, rows, strict=False):
        new = net.batch_statistics(p, points[batch])
        kept = {
            l: Statistics(
                (1 - share) * kept[l].mean + share * new[l].mean,
                (1 - share) * kept[l].variance + share * new[l].variance,
            )
            for l in kept
        }
    return kept


def _statistics(given: Any, net: Network) -> dict[int, Statistics]:
    """Return statistics of each hidden layer, whose shapes fit."""
    hidden = dict(enumerate(net.sizes[1:-1], start=2))
    if not isinstance(given, Mapping) or set(given) != set(hidden):
        raise ValueError(
            f"statistics: expected those of the layers {list(hidden)}, got {given!r}"
        )
    found = {}
    for l, n in hidden.items():
        parts = [real(part, "statistics").copy() for part in given[l]]
        shapes = [part.shape for part in parts]
        leading = shapes[0][:-1] if shapes else ()
        if len(leading) > 1 or shapes != [(*leading, n)] * 2:
            raise ValueError(
                f"statistics: expected a mean and a variance for each of {n} neurons "
                f"of layer {l}, got the shapes {shapes}"
            )
        found[l] = Statistics(*parts)
        if (found[l].variance < 0).any():
            raise ValueError("statistics: expected variances ≥ 0")
    return found
