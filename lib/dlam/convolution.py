"""Convolutions, as networks use them: one small array of weights slides over a picture.

Networks call it a convolution, and compute a correlation: the kernel is not mirrored.
The formulas stand in `dlam._convolution`; here arguments are checked, and layers are
joined to a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam import _convolution as kernels
from dlam import pooling
from dlam._checks import count, finite, generator, instance, numbers, real, untouched
from dlam.activations import Activation, identity, relu
from dlam.network import Layer, _parameters

__all__ = [
    "AveragePooling",
    "Convolution",
    "ConvolutionalNetwork",
    "CorrelationGradient",
    "Dense",
    "MaxPooling",
    "Residual",
    "correlate",
    "correlation_gradient",
    "matrix",
]

Array = NDArray[np.float64]
Shape = tuple[int, int, int]
Below = Callable[[], Array]  # the slopes of what a layer got, if they are wanted
Back = Callable[[Array], tuple[Array, Below]]

ROOM = 2**20  # numbers in all layers together of the pictures that are run at once


class CorrelationGradient(NamedTuple):
    """The derivatives with respect to the pictures, the kernels and the biases."""

    a: Array
    K: Array
    b: Array


def correlate(
    a: ArrayLike,
    K: ArrayLike,
    stride: int = 1,
    padding: int = 0,
    circular: bool = False,
) -> Array:
    """Return the correlations of pictures with kernels, which torch calls `conv2d`.

    Entry (i, j) of output o is the sum over the channels c and over u, v of
    K[o, c, u, v] a[c, stride i + u, stride j + v], where the picture has been
    surrounded by a rim.

    Parameters
    ----------
    a : array, shape (N, C, H, W)
        N pictures of C channels.
    K : array, shape (O, C, k, k')
        For each output channel a kernel of weights.
    stride : int, optional
        How far the kernel moves from one entry to the next.
    padding : int, optional
        The width of the rim.
    circular : bool, optional
        Whether the rim repeats what is on the other side of the picture, as if
        opposite edges were glued together; otherwise it is zero.

    Returns
    -------
    ndarray, shape (N, O, H', W')
        With H' = (H + 2 padding − k) // stride + 1, and W' likewise.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, the kernel is larger than the padded picture, or a
        circular rim wider than the picture.

    Notes
    -----
    Equation: eq-cnn-layer
    Equation: eq-cnn-size

    Examples
    --------
    >>> correlate([[[[1.0, 2.0, 4.0]]]], [[[[-1.0, 1.0]]]])
    array([[[[1., 2.]]]])
    """
    wide, K, stride, _ = _checked(a, K, stride, padding, circular)
    return np.ascontiguousarray(kernels.correlate(wide, K, stride))


def correlation_gradient(
    a: ArrayLike,
    K: ArrayLike,
    delta: ArrayLike,
    stride: int = 1,
    padding: int = 0,
    circular: bool = False,
) -> CorrelationGradient:
    """Return the derivatives of a function of z = correlate(a, K, …) + b.

    With delta the derivatives with respect to z, those with respect to K are the
    correlations of a with delta, those with respect to b the sums of delta, and those
    with respect to a the full convolution of delta with K.

    Parameters
    ----------
    a, K, stride, padding, circular
        As for `correlate`.
    delta : array, shape (N, O, H', W')
        The derivatives of the function with respect to z.

    Returns
    -------
    CorrelationGradient
        Shaped like a, like K and, for b, (O,).

    Raises
    ------
    ValueError, TypeError
        As `correlate`, or if delta is not shaped like what it returns.

    Notes
    -----
    Equation: eq-shared-bias
    Equation: eq-shared-weight
    Equation: eq-full-convolution

    Examples
    --------
    >>> found = correlation_gradient([[[[1.0, 2.0]]]], [[[[3.0]]]], [[[[1.0, 10.0]]]])
    >>> found.a, found.K, found.b
    (array([[[[ 3., 30.]]]]), array([[[[21.]]]]), array([11.]))
    """
    wide, K, stride, padding = _checked(a, K, stride, padding, circular)
    given, k, size = finite(delta, "delta"), K.shape[2:], wide.shape[2:]
    H, W = ((n - m) // stride + 1 for n, m in zip(size, k, strict=True))
    if given.shape != (len(wide), len(K), H, W):
        raise ValueError(
            f"delta: expected shape {(len(wide), len(K), H, W)}, got {given.shape}"
        )
    da = kernels.inside(kernels.back(given, K, size, stride), padding, circular)
    dK = kernels.weights(wide, given, k, stride)
    db = given.sum(axis=(0, 2, 3))
    return CorrelationGradient(np.ascontiguousarray(da), np.ascontiguousarray(dK), db)


def matrix(
    K: ArrayLike,
    shape: tuple[int, int, int],
    stride: int = 1,
    padding: int = 0,
    circular: bool = False,
) -> Array:
    """Return the matrix that does the same to flattened pictures as `correlate`.

    Parameters
    ----------
    K : array, shape (O, C, k, k')
    shape : tuple of int
        (C, H, W), the shape of a picture.
    stride, padding, circular
        As for `correlate`.

    Returns
    -------
    ndarray, shape (O H' W', C H W)
        Row by row as `reshape` flattens; most entries are zero, the others repeat
        those of K.

    Raises
    ------
    ValueError, TypeError
        As `correlate`.

    Notes
    -----
    Equation: eq-cnn-toeplitz
    Equation: eq-cnn-padded

    Examples
    --------
    >>> matrix([[[[-1.0, 1.0]]]], (1, 1, 3))
    array([[-1.,  1.,  0.],
           [ 0., -1.,  1.]])
    """
    sizes = _shape(shape, "shape")
    basis = np.eye(prod(sizes)).reshape(-1, *sizes)
    images = correlate(basis, K, stride, padding, circular)
    return images.reshape(len(basis), -1).T


class _Part(Protocol):
    """A layer of a convolutional network."""

    def _after(self, shape: Shape) -> Shape:
        """Return the shape of its output for pictures of a shape."""

    def _weights(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of its weights; a bias belongs to each first index."""

    def _pullback(self, p: Array, a: Array) -> tuple[Array, Back]:
        """Return its output, and the function that takes slopes back to p and a."""


@dataclass(frozen=True)
class Convolution:
    """A layer that correlates with kernels, adds a bias, and applies an activation.

    Parameters
    ----------
    channels : int
        How many kernels, each of which makes one channel of the output.
    size : int
        The side of a kernel.
    stride, padding, circular
        As for `correlate`.
    activation : Activation, optional

    Raises
    ------
    ValueError, TypeError
        If an argument is of another kind.
    """

    channels: int
    size: int
    stride: int = 1
    padding: int = 0
    activation: Activation = relu
    circular: bool = False

    def __post_init__(self) -> None:
        for name in ("channels", "size", "stride"):
            count(getattr(self, name), name)
        count(self.padding, "padding", 0)
        instance(self.activation, Activation, "activation")
        instance(self.circular, bool, "circular")

    def _after(self, shape: Shape) -> Shape:
        """Return the shape of the output for pictures of a shape."""
        K = (self.channels, shape[0], self.size, self.size)
        _fits(shape, K, self.padding, self.circular)
        H, W = (
            (n + 2 * self.padding - self.size) // self.stride + 1 for n in shape[1:]
        )
        return self.channels, H, W

    def _weights(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the weights; each first index has a bias."""
        return ((self.channels, shape[0], self.size, self.size),)

    def _pullback(self, p: Array, a: Array) -> tuple[Array, Back]:
        """Return the output, and the way back to p and a."""
        ((K, b),) = _views(p, self._weights(_of(a)))
        wide = kernels.surround(a, self.padding, self.circular)
        z = kernels.correlate(wide, K, self.stride)
        z += b[:, np.newaxis, np.newaxis]
        out = _activated(self.activation, z)

        def back(slope: Array) -> tuple[Array, Below]:
            delta = _slopes(self.activation, z, out) * slope
            db = delta.sum(axis=(0, 2, 3))
            dK = kernels.weights(wide, delta, K.shape[2:], self.stride)

            def below() -> Array:
                da = kernels.back(delta, K, wide.shape[2:], self.stride)
                return kernels.inside(da, self.padding, self.circular)

            return np.concatenate([dK.ravel(), db]), below

        return out, back


@dataclass(frozen=True)
class Dense:
    """A layer of neurons that are each connected to every pixel of every channel.

    Parameters
    ----------
    neurons : int
        The output has as many channels, of a single pixel.
    activation : Activation, optional

    Raises
    ------
    ValueError, TypeError
        If an argument is of another kind.
    """

    neurons: int
    activation: Activation = relu

    def __post_init__(self) -> None:
        count(self.neurons, "neurons")
        instance(self.activation, Activation, "activation")

    def _after(self, shape: Shape) -> Shape:
        """Return the shape of the output for pictures of a shape."""
        return self.neurons, 1, 1

    def _weights(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the weights; each first index has a bias."""
        return ((self.neurons, prod(shape)),)

    def _pullback(self, p: Array, a: Array) -> tuple[Array, Back]:
        """Return the output, and the way back to p and a."""
        ((W, b),) = _views(p, self._weights(_of(a)))
        x = a.reshape(len(a), -1)
        z = x @ W.T + b
        out = _activated(self.activation, z)

        def back(slope: Array) -> tuple[Array, Below]:
            delta = _slopes(self.activation, z, out) * slope.reshape(out.shape)
            g = np.concatenate([(delta.T @ x).ravel(), delta.sum(axis=0)])
            return g, lambda: (delta @ W).reshape(a.shape)

        return out[..., np.newaxis, np.newaxis], back


@dataclass(frozen=True)
class MaxPooling:
    """A layer that keeps the largest number of each window, as `max_pool`.

    Parameters
    ----------
    size : int
    stride : int, optional

    Raises
    ------
    ValueError, TypeError
        If an argument is of another kind.
    """

    size: int
    stride: int | None = None

    def __post_init__(self) -> None:
        _windows(self)

    def _after(self, shape: Shape) -> Shape:
        """Return the shape of the output for pictures of a shape."""
        return _pooled(shape, *_windows(self))

    def _weights(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the weights; each first index has a bias."""
        return ()

    def _pullback(self, p: Array, a: Array) -> tuple[Array, Back]:
        """Return the output, and the way back to p and a."""
        window = _windows(self)
        out = pooling._largest(a, *window)
        return out, lambda slope: (
            np.empty(0, a.dtype),
            lambda: pooling._largest_back(a, out, slope, *window),
        )


@dataclass(frozen=True)
class AveragePooling:
    """A layer that keeps the mean of each window, as `average_pool`.

    Parameters
    ----------
    size : int
    stride : int, optional

    Raises
    ------
    ValueError, TypeError
        If an argument is of another kind.
    """

    size: int
    stride: int | None = None

    def __post_init__(self) -> None:
        _windows(self)

    def _after(self, shape: Shape) -> Shape:
        """Return the shape of the output for pictures of a shape."""
        return _pooled(shape, *_windows(self))

    def _weights(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the weights; each first index has a bias."""
        return ()

    def _pullback(self, p: Array, a: Array) -> tuple[Array, Back]:
        """Return the output, and the way back to p and a."""
        window = _windows(self)
        return pooling._mean(a, *window), lambda slope: (
            np.empty(0, a.dtype),
            lambda: pooling._mean_back(a, slope, *window),
        )


@dataclass(frozen=True)
class Residual:
    """Layers whose input is added to their output: a + f(a).

    Parameters
    ----------
    layers : sequence of layers
        The output of the last has the shape of the input of the first.
    activation : Activation, optional
        What is applied to the sum.

    Raises
    ------
    ValueError, TypeError
        If an argument is of another kind.
    """

    layers: tuple[Any, ...]
    activation: Activation = identity

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", _layers(self.layers))
        instance(self.activation, Activation, "activation")

    def _after(self, shape: Shape) -> Shape:
        """Return the shape of the output for pictures of a shape."""
        *_, last = _through(self.layers, shape)
        if last != shape:
            raise ValueError(
                f"layers: expected an output of shape {shape} like the input of a "
                f"residual layer, got {last}"
            )
        return shape

    def _weights(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the weights; each first index has a bias."""
        return _weights(self.layers, shape)

    def _pullback(self, p: Array, a: Array) -> tuple[Array, Back]:
        """Return the output, and the way back to p and a."""
        f, back_of_layers = _run(self.layers, p, a)
        z = a + f
        out = _activated(self.activation, z)

        def back(slope: Array) -> tuple[Array, Below]:
            delta = _slopes(self.activation, z, out) * slope
            g, below = back_of_layers(delta)
            return g, lambda: delta + below()

        return out, back


@dataclass(frozen=True)
class ConvolutionalNetwork:
    """The shape of a network for pictures: one layer after another.

    Like a `Network`, it holds no parameters.  They are a vector p, laid out as PyTorch
    does: for each layer in turn the weights, as they are flattened row by row, then
    the biases; pooling has none.  A p of shape (k, s) stands for k networks.

    Outputs and gradients are float64, as everywhere; if p and the pictures are both
    float32, so are they, in half the time.

    Parameters
    ----------
    shape : tuple of int
        (C, H, W), the channels, rows and columns of a picture.
    layers : sequence of layers
        Of the kinds `Convolution`, `Dense`, `MaxPooling`, `AveragePooling` and
        `Residual`.

    Raises
    ------
    ValueError
        If there is no layer, or the output of one does not fit the next.
    TypeError
        If something is no layer.

    Examples
    --------
    >>> net = ConvolutionalNetwork(
    ...     (1, 28, 28),
    ...     (Convolution(8, 5), MaxPooling(2), Convolution(16, 5), MaxPooling(2),
    ...      Dense(10, identity)),
    ... )
    >>> net.shapes
    ((1, 28, 28), (8, 24, 24), (8, 12, 12), (16, 8, 8), (16, 4, 4), (10, 1, 1))
    >>> net.n_parameters
    5994
    """

    shape: tuple[int, int, int]
    layers: tuple[Any, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _shape(self.shape, "shape"))
        object.__setattr__(self, "layers", _layers(self.layers))
        tuple(_through(self.layers, self.shape))

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of a picture and of what each layer makes of it."""
        return tuple(_through(self.layers, self.shape))

    @property
    def n_parameters(self) -> int:
        """s, the number of weights and biases."""
        return sum(prod(W) + W[0] for W in _weights(self.layers, self.shape))

    def __call__(self, p: ArrayLike, X: ArrayLike) -> Array:
        """Return the output for each picture.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
            The parameters, or those of k networks.
        X : array, shape (N, C, H, W) or (N, C H W)
            N pictures; or flattened ones, as `reshape` flattens.

        Returns
        -------
        ndarray, shape (N, n), with a leading k for an ensemble
            The output of the last layer, flattened.

        Raises
        ------
        ValueError
            If a shape does not fit the network, or p or X is not finite.
        """
        p, a = self._numbers(p, X)
        outputs = [self._pullback(p, a[n])[0] for n in self._slabs(len(a))]
        return np.concatenate(outputs, axis=-2)

    def pullback(
        self, p: ArrayLike, X: ArrayLike
    ) -> tuple[Array, Callable[[ArrayLike], Array]]:
        """Return the output, and the function that takes slopes back to p.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
        X : array, shape (N, C, H, W) or (N, C H W)

        Returns
        -------
        output : ndarray, shape (N, n), with a leading k for an ensemble
        back : callable
            From the derivatives of a function with respect to the output, shaped
            like it, to those with respect to p, shaped like p.

        Raises
        ------
        ValueError
            If a shape does not fit the network, or p or X is not finite; `back`
            raises it if the slopes are not shaped like the output.

        Examples
        --------
        >>> net = ConvolutionalNetwork((1, 1, 3), (Dense(1, identity),))
        >>> output, back = net.pullback(np.ones(4), [[1.0, 2.0, 3.0]])
        >>> output, back([[10.0]])
        (array([[7.]]), array([10., 20., 30., 10.]))
        """
        output, back = self._pullback(*self._numbers(p, X))

        def checked(slope: ArrayLike) -> Array:
            given = numbers(slope, "slope")
            if output.dtype == np.float32:
                given = given.astype(np.float32)
            if given.shape != output.shape:
                raise ValueError(
                    f"slope: expected shape {output.shape} like the output, "
                    f"got {given.shape}"
                )
            return back(given)

        return output, checked

    def _pullback(self, p: Array, a: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Do what `pullback` does, for arguments that have been checked."""
        if p.ndim == 2:
            each = [self._pullback(one, a) for one in p]
            return np.stack([output for output, _ in each]), lambda slopes: np.stack(
                [back(slope) for (_, back), slope in zip(each, slopes, strict=True)]
            )
        slabs = self._slabs(len(a))
        runs = [_run(self.layers, p, a[n]) for n in slabs]
        output = np.concatenate([last for last, _ in runs])

        def back(slope: Array) -> Array:
            slopes = slope.reshape(output.shape)
            parts = [one(slopes[n])[0] for n, (_, one) in zip(slabs, runs, strict=True)]
            return sum(parts[1:], parts[0])

        return output.reshape(len(a), -1), back

    def _slabs(self, N: int) -> list[slice]:
        """Return so many pictures at a time that what they become fits into a cache."""
        some = max(1, ROOM // sum(map(prod, self.shapes)))
        return [slice(n, n + some) for n in range(0, N, some)]

    def unpack(self, p: ArrayLike) -> tuple[Layer, ...]:
        """Return the weights and biases that make up `p`.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)

        Returns
        -------
        tuple of Layer
            For each layer that has any: W of shape (O, C, size, size) for a
            `Convolution`, (n, C H W) for a `Dense`; with a leading k for an ensemble.
            They are views, as those of `Network.unpack`.

        Raises
        ------
        ValueError
            If the shape of p does not fit the network, or p is not finite.
        """
        return _views(_parameters(self, p), _weights(self.layers, self.shape))

    def pack(self, layers: Iterable[tuple[ArrayLike, ArrayLike]]) -> Array:
        """Return the vector of parameters whose weights and biases are `layers`.

        Parameters
        ----------
        layers : iterable of (W, b)
            Shaped as `unpack` returns them.

        Returns
        -------
        ndarray, shape (s,) or (k, s)

        Raises
        ------
        ValueError
            If there are too many or too few, or one does not fit.
        """
        pairs = [(finite(W, "W"), finite(b, "b")) for W, b in layers]
        shapes = _weights(self.layers, self.shape)
        leading = pairs[0][1].shape[:-1] if pairs else ()
        expected = [((*leading, *W), (*leading, W[0])) for W in shapes]
        found = [(W.shape, b.shape) for W, b in pairs]
        if found != expected:
            raise ValueError(f"layers: expected shapes {expected}, got {found}")
        parts = [part.reshape(*leading, -1) for pair in pairs for part in pair]
        return np.concatenate([np.empty((*leading, 0)), *parts], axis=-1)

    def normal(
        self,
        rng: np.random.Generator,
        scale: float | Sequence[float] | None = None,
        size: int | None = None,
    ) -> Array:
        """Return a random start: normal weights with mean 0, and biases that are 0.

        Parameters
        ----------
        rng : numpy.random.Generator
        scale : float or sequence of float, optional
            The standard deviation of the weights, one for all layers or one for each
            that has weights.  None takes √(2/m), where m is how many numbers a
            neuron sees, so that with `relu` the outputs keep their size.
        size : int, optional
            How many networks; None gives a single vector.

        Returns
        -------
        ndarray, shape (s,), or (size, s)

        Raises
        ------
        TypeError
            If `rng` is no Generator, or a scale no real number.
        ValueError
            If a scale is negative or not finite, their number does not fit, or `size`
            is below 1.

        Notes
        -----
        Source: K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, ICCV
        2015.
        """
        rng = generator(rng)
        shapes = _weights(self.layers, self.shape)
        he = [np.sqrt(2 / prod(W[1:])) for W in shapes]
        scales = real(he if scale is None else scale, "scale")
        if scales.shape not in ((), (len(shapes),)):
            raise ValueError(
                f"scale: expected a number, or one for each of {len(shapes)} layers "
                f"with weights, got shape {scales.shape}"
            )
        if (scales < 0).any():
            raise ValueError(f"scale: expected numbers ≥ 0, got {scale}")
        many = () if size is None else (count(size, "size"),)
        p = np.zeros((*many, self.n_parameters))
        views = _views(p, shapes)
        for layer, one in zip(views, np.broadcast_to(scales, len(views)), strict=True):
            layer.W[...] = rng.normal(0, one, layer.W.shape)
        return p

    def _numbers(self, p: ArrayLike, X: ArrayLike) -> tuple[Array, Array]:
        """Return parameters and pictures, in single precision if both are given so."""
        single = {getattr(x, "dtype", None) for x in (p, X)} == {np.dtype(np.float32)}
        p, a = _parameters(self, p), self._pictures(X)
        if single:  # the annotations know of float64 alone, as everywhere
            return p.astype(np.float32), a.astype(np.float32)
        return p, a

    def _pictures(self, X: ArrayLike) -> Array:
        X = finite(X, "X")
        if X.shape[1:] not in (self.shape, (prod(self.shape),)) or X.size == 0:
            raise ValueError(
                f"X: expected shape (N, {', '.join(map(str, self.shape))}) or "
                f"(N, {prod(self.shape)}), got {X.shape}"
            )
        return X.reshape(-1, *self.shape)


def _activated(sigma: Activation, z: Array) -> Array:
    """Return σ(z), in the precision of z."""
    return _each(sigma, sigma.function, z)


def _slopes(sigma: Activation, z: Array, a: Array) -> Array:
    """Return σ′(z), in the precision of z."""
    if sigma.derivative_by_value is not None:
        return _each(sigma, sigma.derivative_by_value, a)
    return _each(sigma, sigma.derivative, z)


def _each(sigma: Activation, f: Callable[[Array], Array], z: Array) -> Array:
    """Return f of each number, which is faster in the order in which they lie."""
    found: Array = untouched(f, sigma.name, np.moveaxis(z, 1, -1))
    return np.moveaxis(found.astype(z.dtype, copy=False), -1, 1)


def _run(layers: tuple[_Part, ...], p: Array, a: Array) -> tuple[Array, Back]:
    """Run pictures through layers; return the output, and the way back."""
    backs = []
    for layer in layers:
        n = sum(prod(W) + W[0] for W in layer._weights(_of(a)))
        a, back_of_layer = layer._pullback(p[:n], a)
        backs.append(back_of_layer)
        p = p[n:]

    def back(slope: Array) -> tuple[Array, Below]:
        gradients: list[Array] = []

        def below() -> Array:
            return slope

        for one in reversed(backs):
            g, below = one(below())
            gradients.insert(0, g)
        return np.concatenate(gradients), below

    return a, back


def _through(layers: tuple[_Part, ...], shape: Shape) -> Iterator[Shape]:
    """Yield the shape of a picture, and of what each layer makes of it."""
    yield shape
    for layer in layers:
        shape = layer._after(shape)
        yield shape


def _weights(layers: tuple[_Part, ...], shape: Shape) -> tuple[tuple[int, ...], ...]:
    shapes = _through(layers, shape)
    return tuple(
        W
        for layer, before in zip(layers, shapes, strict=False)
        for W in layer._weights(before)
    )


def _views(p: Array, shapes: tuple[tuple[int, ...], ...]) -> tuple[Layer, ...]:
    ends = np.cumsum([0, *(prod(W) + W[0] for W in shapes)])
    parts = [p[..., i:j] for i, j in pairwise(ends)]
    return tuple(
        Layer(part[..., : -W[0]].reshape(*p.shape[:-1], *W), part[..., -W[0] :])
        for part, W in zip(parts, shapes, strict=True)
    )


def _of(a: Array) -> Shape:
    """Return the shape of one of many pictures."""
    _, C, H, W = a.shape
    return C, H, W


def _windows(layer: MaxPooling | AveragePooling) -> tuple[int, int]:
    """Return the side of a window, and how far apart they are."""
    size = count(layer.size, "size")
    return size, size if layer.stride is None else count(layer.stride, "stride")


def _pooled(shape: Shape, size: int, stride: int) -> Shape:
    C, H, W = shape
    return C, pooling._count(H, size, stride), pooling._count(W, size, stride)


def _layers(layers: Any) -> tuple[Any, ...]:
    """Return layers, of which there is one at least."""
    if not isinstance(layers, Iterable):
        raise TypeError(f"layers: expected a sequence of layers, got {layers!r}")
    found = tuple(layers)
    kinds = (Convolution, Dense, MaxPooling, AveragePooling, Residual)
    for one in found:
        if not isinstance(one, kinds):
            names = ", ".join(kind.__name__ for kind in kinds)
            raise TypeError(f"layers: expected {names}, got {one!r}")
    if not found:
        raise ValueError("layers: expected one layer at least")
    return found


def _shape(shape: Any, name: str) -> Shape:
    if not isinstance(shape, Iterable):
        raise TypeError(f"{name}: expected (C, H, W), got {shape!r}")
    sizes = tuple(count(n, name) for n in shape)
    if len(sizes) != 3:
        raise ValueError(f"{name}: expected (C, H, W), got {shape}")
    return sizes[0], sizes[1], sizes[2]


def _checked(
    a: Any, K: Any, stride: Any, padding: Any, circular: Any
) -> tuple[Array, Array, int, int]:
    """Return pictures with their rim, kernels, stride and padding, which fit."""
    pictures, weights = finite(a, "a"), finite(K, "K")
    if pictures.ndim != 4 or 0 in pictures.shape:
        raise ValueError(f"a: expected shape (N, C, H, W), got {pictures.shape}")
    if weights.ndim != 4 or 0 in weights.shape:
        raise ValueError(f"K: expected shape (O, C, k, k), got {weights.shape}")
    step, rim = count(stride, "stride"), count(padding, "padding", 0)
    instance(circular, bool, "circular")
    _fits(_of(pictures), weights.shape, rim, circular)
    return kernels.surround(pictures, rim, circular), weights, step, rim


def _fits(shape: Shape, K: tuple[int, ...], padding: int, circular: bool) -> None:
    """Refuse kernels that do not fit a picture, and rims that are too wide."""
    if K[1] != shape[0]:
        raise ValueError(f"K: expected {shape[0]} channels, got {K[1]}")
    if any(k > n + 2 * padding for k, n in zip(K[2:], shape[1:], strict=True)):
        raise ValueError(
            f"K: expected at most the size of the padded picture, got {K[2:]} "
            f"for {shape[1:]} with padding {padding}"
        )
    if circular and padding > min(shape[1:]):
        raise ValueError(
            f"padding: expected at most {min(shape[1:])} for a circular rim, "
            f"got {padding}"
        )
