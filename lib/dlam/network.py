"""A fully connected network: a fixed shape, and one flat vector of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import index
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, finite, generator
from dlam.activations import Activation, sigmoid

__all__ = ["Layer", "Network"]


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
        a = np.atleast_2d(X)
        for (W, b), activation in zip(self.unpack(p), self.activations, strict=True):
            a = activation(a @ W.swapaxes(-1, -2) + b[..., np.newaxis, :])
        return a if X.ndim == 2 else a[..., 0, :]

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
        p = finite(p, "p")
        if p.ndim not in (1, 2) or p.shape[-1] != self.n_parameters:
            raise ValueError(
                f"p: expected shape ({self.n_parameters},), or "
                f"(k, {self.n_parameters}) for k networks, got {p.shape}"
            )
        return tuple(self._views(p))

    def _views(self, p: NDArray[np.float64]) -> Iterator[Layer]:
        start = 0
        for m, n in pairwise(self.sizes):
            W, b = p[..., start : start + n * m], p[..., start + n * m :][..., :n]
            yield Layer(W.reshape(*p.shape[:-1], n, m), b)
            start += n * m + n

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
