"""A block: attention with several heads, then a layer of neurons, each with a skip.

Language models are stacks of such blocks.  Each step is a function that returns what
it computes, and a function that takes slopes back; the block strings them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, finite, generator, instance
from dlam.attention import _slopes, _weights

__all__ = ["Block"]

Array = NDArray[np.float64]
EPS = 1e-5  # added to the variance where it is divided by, as in PyTorch


@dataclass(frozen=True)
class Block:
    """The shape of a block for sequences of vectors, which changes no shape.

    To each vector of the sequence is added what attention finds, then what a layer
    of hidden neurons makes of the sum.  What enters either of the two is first
    shifted and scaled to mean 0 and variance 1.  A block holds no parameters; they
    are a vector p laid out as in PyTorch's `TransformerEncoderLayer`.

    Parameters
    ----------
    width : int
        d, the length of each vector.
    heads : int, optional
        How many heads attention has; they divide the width.
    hidden : int, optional
        How many hidden neurons there are; 4 d if it is not given.
    causal : bool, optional
        Whether a vector may only look at itself and those before it.

    Raises
    ------
    ValueError, TypeError
        If a number is no positive integer, the heads do not divide the width, or
        `causal` is no truth value.

    Examples
    --------
    >>> block = Block(width=4, heads=2)
    >>> block.n_parameters
    244
    >>> p = block.normal(np.random.default_rng(1), scale=0.5)
    >>> block(p, np.ones((2, 3, 4))).shape
    (2, 12)
    """

    width: int
    heads: int = 1
    hidden: int | None = None
    causal: bool = False

    def __post_init__(self) -> None:
        d, h = count(self.width, "width"), count(self.heads, "heads")
        if d % h:
            raise ValueError(f"heads: expected a divisor of the width {d}, got {h}")
        if self.hidden is not None:
            count(self.hidden, "hidden")
        instance(self.causal, bool, "causal")

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the arrays that p consists of, in the order of PyTorch.

        Weights and biases of queries, keys and values in one; of what joins the
        heads; of the hidden neurons; of what leads back from them; factors and
        shifts of the first and of the second normalisation.
        """
        d = self.width
        m = 4 * d if self.hidden is None else self.hidden
        inner = ((3 * d, d), (3 * d,), (d, d), (d,), (m, d), (m,), (d, m), (d,))
        return (*inner, (d,), (d,), (d,), (d,))

    @property
    def n_parameters(self) -> int:
        """s, the length of p: 12 d² + 13 d if there are 4 d hidden neurons.

        Equation: eq-att-block-parameters
        """
        return sum(int(np.prod(shape)) for shape in self.shapes)

    def normal(
        self, rng: np.random.Generator, scale: float = 1.0, size: int | None = None
    ) -> Array:
        """Return a random start: weights of mean 0, no shifts, all factors 1.

        Parameters
        ----------
        rng : numpy.random.Generator
        scale : float, optional
            A weight of a neuron with m inputs has the standard deviation scale/√m.
        size : int, optional
            How many starts; one if it is not given.

        Returns
        -------
        ndarray, shape (s,) or (size, s)

        Raises
        ------
        ValueError, TypeError
            If `rng` is no Generator, or `size` no number of starts.
        """
        rng = generator(rng)
        k = () if size is None else (count(size, "size"),)
        parts = [
            scale * rng.normal(size=(*k, *shape)) / np.sqrt(shape[-1])
            if len(shape) == 2
            else np.full((*k, *shape), float(n in (8, 10)))
            for n, shape in enumerate(self.shapes)
        ]
        return np.concatenate([part.reshape(*k, -1) for part in parts], axis=-1)

    def __call__(self, p: ArrayLike, X: ArrayLike) -> Array:
        """Return what leaves the block for each sequence.

        Parameters
        ----------
        p : array, shape (s,), or (k, s) for k blocks
        X : array, shape (N, n, d)
            N sequences of n vectors.

        Returns
        -------
        ndarray, shape (N, n d) or (k, N, n d)
            For each sequence its vectors, one after the other.

        Raises
        ------
        ValueError, TypeError
            If a shape does not fit, or a number is not finite.
        """
        return self.pullback(p, X)[0]

    def pullback(
        self, p: ArrayLike, X: ArrayLike
    ) -> tuple[Array, Callable[[Array], Array]]:
        """Return what leaves the block, and the function that takes slopes back to p.

        Parameters
        ----------
        p : array, shape (s,), or (k, s) for k blocks
        X : array, shape (N, n, d)

        Returns
        -------
        output : ndarray, shape (N, n d) or (k, N, n d)
        back : callable
            From the derivatives with respect to the output to those with respect
            to p.

        Raises
        ------
        ValueError, TypeError
            If a shape does not fit, or a number is not finite.
        """
        p, X = finite(p, "p"), finite(X, "X")
        if p.ndim not in (1, 2) or p.shape[-1] != self.n_parameters:
            raise ValueError(
                f"p: expected shape ({self.n_parameters},), or that of k blocks, "
                f"got {p.shape}"
            )
        if X.ndim != 3 or X.shape[2] != self.width or X.size == 0:
            raise ValueError(
                f"X: expected shape (N, n, {self.width}) for sequences of n vectors, "
                f"got {X.shape}"
            )
        (W, b, W_O, b_O, W_1, b_1, W_2, b_2, *norms) = self._parts(p)
        n = X.shape[1]
        allowed = np.tri(n, dtype=bool) if self.causal else np.ones((n, n), bool)

        u, back_1 = _normalised(X, *norms[:2])
        qkv, back_2 = _affine(u, W, b)
        found, back_3 = _heads(qkv, self.heads, allowed)
        joined, back_4 = _affine(found, W_O, b_O)
        a = X + joined
        v, back_5 = _normalised(a, *norms[2:])
        z, back_6 = _affine(v, W_1, b_1)
        made, back_7 = _affine(np.maximum(z, 0), W_2, b_2)
        out = a + made

        def back(slope: Array) -> Array:
            D = slope.reshape(out.shape)
            D_7, *of_7 = back_7(D)
            D_6, *of_6 = back_6((z > 0) * D_7)
            D_5, *of_5 = back_5(D_6)
            D = D + D_5  # past the hidden neurons, and through them
            D_4, *of_4 = back_4(D)
            D_2, *of_2 = back_2(back_3(D_4))
            _, *of_1 = back_1(D_2)
            parts = [*of_2, *of_4, *of_6, *of_7, *of_1, *of_5]
            flat = [part.reshape(*p.shape[:-1], -1) for part in parts]
            return np.concatenate(flat, axis=-1)

        return out.reshape(*out.shape[:-2], -1), back

    def _parts(self, p: Array) -> Iterator[Array]:
        """Yield the arrays that p consists of, with axes for points and vectors."""
        first = 0
        for shape in self.shapes:
            last = first + int(np.prod(shape))
            axes = (1,) * (2 if len(shape) == 1 else 1) if p.ndim == 2 else ()
            yield p[..., first:last].reshape(*p.shape[:-1], *axes, *shape)
            first = last


Back = Callable[[Array], tuple[Array, ...]]


def _affine(a: Array, W: Array, b: Array) -> tuple[Array, Back]:
    """Return Wa + b for each vector a, and how slopes go back to a, W and b."""

    def back(D: Array) -> tuple[Array, ...]:
        dW = (D.mT @ a).sum(axis=-3)
        return D @ W, dW, D.sum(axis=(-3, -2))

    return a @ W.mT + b, back


def _normalised(a: Array, factor: Array, shift: Array) -> tuple[Array, Back]:
    """Return vectors of mean 0 and variance 1, times a factor, plus a shift.

    Equation: eq-att-norm
    """
    centred = a - a.mean(axis=-1, keepdims=True)
    width = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPS)
    u = centred / width

    def back(D: Array) -> tuple[Array, ...]:
        du = D * factor
        along = u * (du * u).mean(axis=-1, keepdims=True)
        da = (du - du.mean(axis=-1, keepdims=True) - along) / width
        return da, (D * u).sum(axis=(-3, -2)), D.sum(axis=(-3, -2))

    return u * factor + shift, back


def _heads(
    qkv: Array, heads: int, allowed: NDArray[np.bool_]
) -> tuple[Array, Callable[[Array], Array]]:
    """Return what each head finds, side by side: attention on a part of each vector."""

    def apart(x: Array) -> Array:  # (…, n, d) → (…, heads, n, d / heads)
        return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-3, -2)

    def together(x: Array) -> Array:
        x = x.swapaxes(-3, -2)
        return x.reshape(*x.shape[:-2], -1)

    Q, K, V = (apart(x) for x in np.split(qkv, 3, axis=-1))
    P = _weights(Q, K, allowed)

    def back(D: Array) -> Array:
        slopes = _slopes(Q, K, V, P, apart(D))
        return np.concatenate([together(slope) for slope in slopes], axis=-1)

    return together(P @ V), back
