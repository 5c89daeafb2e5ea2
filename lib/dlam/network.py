# ruff: noqa: E741
"""A fully connected network: a fixed shape, and one flat vector of parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import index
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam import _lemma
from dlam._checks import count, finite, generator, numbers
from dlam.activations import Activation, sigmoid

__all__ = ["Layer", "Model", "Network"]

Array = NDArray[np.float64]
Layers = dict[int, Array]
Pullback = tuple[Array, Callable[[Array], Array]]


class Model(Protocol):
    """What cost, gradient, sgd, Hessians and sharpness ask of a model.

    `Network` is one.  A p of shape (k, s) stands for k models, as it does there.
    """

    @property
    def n_parameters(self) -> int:
        """s, the length of p."""

    def __call__(self, p: Array, X: Array) -> Array:
        """Return the output at each row of X."""

    def pullback(self, p: Array, X: Array) -> Pullback:
        """Return the output, and the function that takes slopes back to p.

        Parameters
        ----------
        p : ndarray, shape (s,) or (k, s)
        X : ndarray, a data point in each row

        Returns
        -------
        output : ndarray, a row for each of X, with a leading k for an ensemble
        back : callable
            From the derivatives of a function with respect to the output, shaped
            like it, to those with respect to p, shaped like p.

        Examples
        --------
        >>> output, back = Network((1, 1)).pullback([0.0, 0.0], [[2.0]])
        >>> back([[1.0]])
        array([0.5 , 0.25])
        """


class Layer(NamedTuple):
    """The weights and biases that lead into one layer.

    Attributes
    ----------
    W : ndarray, shape (n_l, n_{l-1}), or (k, n_l, n_{l-1}) for k networks
        `W[j, k]` is the weight that neuron j gives to the output of neuron k of
        the layer before.
    b : ndarray, shape (n_l,), or (k, n_l) for k networks
        The biases.
    """

    W: NDArray[np.float64]
    b: NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """The shape of a fully connected feedforward network.

    A network holds no parameters.  They are a vector p of `n_parameters`
    numbers that is passed in, so that the output, the cost and the gradient
    are functions of p.  Its layout is PyTorch's: for each layer in turn W row
    by row, then b.

    Wherever a p of shape (s,) is expected, a p of shape (k, s) stands for an
    ensemble of k networks, and the results have a leading axis of length k.

    Parameters
    ----------
    sizes : sequence of int
        The number of neurons in layers 1 (the input), 2, …, L.
    activation : Activation or sequence of Activation, optional
        One for all layers, or one for each of the layers 2, …, L.

    Raises
    ------
    ValueError
        If there are fewer than two layers, a size is below 1, or the number of
        activations is not L − 1.
    TypeError
        If a size is no integer or an activation no `Activation`.

    Examples
    --------
    >>> net = Network((2, 2, 3, 2))
    >>> net.n_parameters
    23
    >>> p = net.normal(np.random.default_rng(1))
    >>> net(p, [[0.1, 0.1], [0.3, 0.4]]).shape
    (2, 2)
    """

    sizes: tuple[int, ...]
    activation: Activation | tuple[Activation, ...] = sigmoid

    def __post_init__(self) -> None:
        sizes = _sizes(self.sizes)
        object.__setattr__(self, "sizes", sizes)
        if isinstance(self.activation, Activation):
            return
        if not isinstance(self.activation, Iterable):
            raise TypeError(
                f"activation: expected an Activation or a sequence of them, "
                f"got {self.activation!r}"
            )
        activations = tuple(self.activation)
        for one in activations:
            if not isinstance(one, Activation):
                raise TypeError(f"activation: expected an Activation, got {one!r}")
        if len(activations) != len(sizes) - 1:
            raise ValueError(
                f"activation: expected one for each of the layers 2 to {len(sizes)}, "
                f"that is {len(sizes) - 1}, got {len(activations)}"
            )
        object.__setattr__(self, "activation", activations)

    @property
    def n_layers(self) -> int:
        """L, the number of layers, the input counted."""
        return len(self.sizes)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of each of the layers 2, …, L."""
        if isinstance(self.activation, Activation):
            return (self.activation,) * (self.n_layers - 1)
        return self.activation

    @property
    def n_parameters(self) -> int:
        """s, the number of weights and biases.

        Equation: eq-parameter-count
        """
        return sum(n * m + n for m, n in pairwise(self.sizes))

    def __call__(self, p: ArrayLike, X: ArrayLike) -> NDArray[np.float64]:
        """Return the output F(x) for each row x of `X`.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
            The parameters, or those of k networks.
        X : array, shape (N, n_1) or (n_1,)
            One data point a row, or a single one.

        Returns
        -------
        ndarray, shape (N, n_L) or (n_L,), with a leading k for an ensemble

        Raises
        ------
        ValueError
            If a shape does not fit the network, or p or X is not finite.

        Notes
        -----
        Equation: eq-network
        """
        X = self._points(X)
        a = self._output(_parameters(self, p), np.atleast_2d(X))
        return a if X.ndim == 2 else a[..., 0, :]

    def pullback(
        self, p: ArrayLike, X: ArrayLike
    ) -> tuple[NDArray[np.float64], Callable[[ArrayLike], NDArray[np.float64]]]:
        """Return the output, and the function that takes slopes back to p.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
            The parameters, or those of k networks.
        X : array, shape (N, n_1) or (n_1,)
            One data point a row, or a single one.

        Returns
        -------
        output : ndarray, shape (N, n_L) or (n_L,), with a leading k for an ensemble
        back : callable
            From the derivatives of a function with respect to the output, shaped
            like it, to those with respect to p, shaped like p.

        Raises
        ------
        ValueError
            If a shape does not fit the network, or p or X is not finite; `back`
            raises it if the slopes are not shaped like the output.

        Notes
        -----
        Equations: eq-backprop-output, eq-backprop-hidden

        Examples
        --------
        >>> output, back = Network((2, 1)).pullback([0.0, 0.0, 0.0], [[1.0, 2.0]])
        >>> output, back([[1.0]])
        (array([[0.5]]), array([0.25, 0.5 , 0.25]))
        """
        X = self._points(X)
        rows, back = self._pullback(_parameters(self, p), np.atleast_2d(X))
        output = rows if X.ndim == 2 else rows[..., 0, :]

        def checked(slope: ArrayLike) -> NDArray[np.float64]:
            slope = numbers(slope, "slope")
            if slope.shape != output.shape:
                raise ValueError(
                    f"slope: expected shape {output.shape} like the output, "
                    f"got {slope.shape}"
                )
            return back(slope.reshape(rows.shape))

        return output, checked

    def unpack(self, p: ArrayLike) -> tuple[Layer, ...]:
        """Return the layers 2, …, L whose weights and biases make up `p`.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)

        Returns
        -------
        tuple of Layer
            Views: to write into one of them is to write into `p`.  (If `p` is no
            array of float64 or complex128, they are views of a copy.)

        Raises
        ------
        ValueError
            If the shape of p does not fit the network, or p is not finite.

        Examples
        --------
        >>> net = Network((2, 1))
        >>> net.unpack(np.array([1.0, 2.0, 3.0]))
        (Layer(W=array([[1., 2.]]), b=array([3.])),)
        """
        return tuple(self._views(_parameters(self, p)))

    def _named(
        self, p: NDArray[np.float64]
    ) -> tuple[Layers, Layers, Mapping[int, Activation]]:
        """Return W, b and the activation of each layer under its number."""
        layers = dict(enumerate(self._views(p), start=2))
        W = {l: layer.W for l, layer in layers.items()}
        b = {l: layer.b[..., np.newaxis, :] for l, layer in layers.items()}
        return W, b, dict(enumerate(self.activations, start=2))

    def _output(self, p: Array, X: Array) -> Array:
        """Do what a call does, for arguments that have been checked."""
        _, a = _lemma.forward(*self._named(p), X)
        return a[self.n_layers]

    def _pullback(self, p: Array, X: Array) -> Pullback:
        """Do what `pullback` does, for arguments that have been checked."""
        W, b, sigma = self._named(p)
        z, a = _lemma.forward(W, b, sigma, X)

        def back(slope: Array) -> Array:
            return self._flat(a, _lemma.backward(W, sigma, z, a, slope))

        return a[self.n_layers], back

    def _flat(self, a: Layers, delta: Layers) -> Array:
        """Return the derivatives with respect to p, laid out like p."""
        dW, db = _lemma.derivatives(a, delta)
        leading = db[2].shape[:-1]
        parts = []
        for l in range(2, self.n_layers + 1):
            parts += [dW[l].reshape(*leading, -1), db[l]]
        return np.concatenate(parts, axis=-1)

    def _views(self, p: NDArray[np.float64]) -> Iterator[Layer]:
        leading = p.shape[:-1]
        for weights, shape, biases in self._places:
            yield Layer(p[weights].reshape(leading + shape), p[biases])

    @cached_property
    def _places(self) -> list[tuple[Any, tuple[int, int], Any]]:
        """Where in p the weights of each layer stand, their shape, and its biases."""
        places, start = [], 0
        for m, n in pairwise(self.sizes):
            middle, end = start + n * m, start + n * m + n
            places.append((np.s_[..., start:middle], (n, m), np.s_[..., middle:end]))
            start = end
        return places

    def pack(
        self, layers: Iterable[tuple[ArrayLike, ArrayLike]]
    ) -> NDArray[np.float64]:
        """Return the vector of parameters whose layers are `layers`.

        Parameters
        ----------
        layers : iterable of (W, b)
            For each of the layers 2, …, L its weights and biases, shaped as in
            `Layer`.

        Returns
        -------
        ndarray, shape (s,) or (k, s)

        Raises
        ------
        ValueError
            If there are not L − 1 layers, or one does not fit.

        Examples
        --------
        >>> net = Network((2, 1))
        >>> net.pack([([[1.0, 2.0]], [3.0])])
        array([1., 2., 3.])
        """
        pairs = [(finite(W, "W"), finite(b, "b")) for W, b in layers]
        if len(pairs) != self.n_layers - 1:
            raise ValueError(
                f"layers: expected {self.n_layers - 1} pairs (W, b), got {len(pairs)}"
            )
        leading = pairs[0][1].shape[:-1]
        parts = []
        for (m, n), (W, b) in zip(pairwise(self.sizes), pairs, strict=True):
            if W.shape != (*leading, n, m) or b.shape != (*leading, n):
                raise ValueError(
                    f"layers: expected W and b of shapes {(*leading, n, m)} and "
                    f"{(*leading, n)}, got {W.shape} and {b.shape}"
                )
            parts += [W.reshape(*leading, n * m), b]
        return np.concatenate(parts, axis=-1)

    def normal(
        self, rng: np.random.Generator, scale: float = 0.5, size: int | None = None
    ) -> NDArray[np.float64]:
        """Return random parameters, each normal with mean 0.

        Parameters
        ----------
        rng : numpy.random.Generator
        scale : float, optional
            The standard deviation; HH's start has 0.5.
        size : int, optional
            How many networks; None gives a single vector.

        Returns
        -------
        ndarray, shape (s,), or (size, s)

        Raises
        ------
        TypeError
            If `rng` is no Generator.
        ValueError
            If `scale` is negative or not finite, or `size` is below 1.
        """
        rng = generator(rng)
        if not (np.isfinite(scale) and scale >= 0):
            raise ValueError(f"scale: expected a number ≥ 0, got {scale}")
        if size is None:
            return rng.normal(0, scale, self.n_parameters)
        return rng.normal(0, scale, (count(size, "size"), self.n_parameters))

    def _points(self, X: ArrayLike) -> NDArray[np.float64]:
        X = finite(X, "X")
        if X.ndim not in (1, 2) or X.shape[-1] != self.sizes[0]:
            raise ValueError(
                f"X: expected shape (N, {self.sizes[0]}) or ({self.sizes[0]},), "
                f"got {X.shape}"
            )
        if X.size == 0:
            raise ValueError(f"X: expected at least one point, got shape {X.shape}")
        return X


def _parameters(net: Model, p: ArrayLike) -> Array:
    """Return `p`, which has the shape that the model wants."""
    p, s = finite(p, "p"), net.n_parameters
    if p.ndim not in (1, 2) or p.shape[-1] != s:
        raise ValueError(
            f"p: expected shape ({s},), or (k, {s}) for k networks, got {p.shape}"
        )
    return p


def _model(net: Any) -> Model:
    """Return `net`, which has what a model must have."""
    needed = ("n_parameters", "pullback", "__call__")
    if isinstance(net, type) or not all(hasattr(net, name) for name in needed):
        raise TypeError(
            f"net: expected a Network, or another model with n_parameters, "
            f"net(p, X) and net.pullback(p, X), got {net!r}"
        )
    checked: Model = net
    return checked


def _sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    try:
        checked = tuple(index(n) for n in sizes)
    except TypeError:
        raise TypeError(f"sizes: expected integers, got {sizes!r}") from None
    if len(checked) < 2:
        raise ValueError(f"sizes: expected at least two layers, got {sizes!r}")
    if min(checked) < 1:
        raise ValueError(f"sizes: expected at least one neuron a layer, got {sizes!r}")
    return checked
