"""Networks that differ in name only, and what lies between two that do not.

Reordering the neurons of a hidden layer, or negating some of them if the
activation is symmetric, changes the parameters and not the function.  Of all these
copies of a network one can ask for the one that is nearest to another network.
"""

# ruff: noqa: E741
from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import factorial, prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import array, count, function, instance, integer, needed, real
from dlam.activations import sigmoid, tanh
from dlam.landscape import line
from dlam.network import Network

__all__ = ["barrier", "match", "n_copies", "rearrange"]

Array = NDArray[np.float64]

# σ(−z) = c − σ(z) for these activations, with this c.
MIRROR = {sigmoid: 1.0, tanh: 0.0}


def n_copies(net: Network) -> int:
    """Return in how many ways the neurons of a network can be rearranged.

    Parameters
    ----------
    net : Network

    Returns
    -------
    int
        The product over the hidden layers of n! for the orders, times 2ⁿ for the
        signs if the activation is `sigmoid` or `tanh`.

    Raises
    ------
    TypeError
        If `net` is no Network.

    Notes
    -----
    Equation: eq-copies

    Examples
    --------
    >>> n_copies(Network((2, 2, 3, 2)))
    384
    """
    hidden = zip(
        instance(net, Network, "net").sizes[1:-1], net.activations, strict=False
    )
    return prod(factorial(n) * (2**n if a in MIRROR else 1) for n, a in hidden)


def rearrange(
    net: Network,
    p: ArrayLike,
    layer: int,
    order: ArrayLike,
    signs: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the parameters after a hidden layer has been rearranged.

    The network computes the same function.

    Parameters
    ----------
    net : Network
    p : array, shape (s,)
    layer : int
        Which layer, 2, …, L − 1.
    order : array of int, shape (n_l,)
        In place j comes the neuron `order[j]`; counted from 0, each once.
    signs : array, shape (n_l,), optional
        1 or −1 for each place; −1 negates the neuron that comes there.  Only for
        the activations `sigmoid` and `tanh`.

    Returns
    -------
    ndarray, shape (s,)
        A new array.

    Raises
    ------
    ValueError
        If a shape does not fit, `layer` is no hidden layer, `order` is no
        permutation, or a sign is not 1 or −1, or −1 where none is allowed.
    TypeError
        If `net` is no Network, `layer` or `order` do not hold integers, or a
        number is complex.

    Notes
    -----
    Equations: eq-minima-copy, eq-symmetry

    Examples
    --------
    >>> net = Network((1, 2, 1), (tanh, tanh))
    >>> rearrange(net, [1, 2, 3, 4, 5, 6, 7], 2, [1, 0], [1, -1])
    array([ 2., -1.,  4., -3.,  6., -5.,  7.])
    """
    instance(net, Network, "net")
    q = real(p, "p")
    if q.shape != (net.n_parameters,):
        raise ValueError(f"p: expected shape ({net.n_parameters},), got {q.shape}")
    l = integer(layer, "layer")
    if not 2 <= l <= net.n_layers - 1:
        raise ValueError(
            f"layer: expected a hidden layer, 2 to {net.n_layers - 1}, got {layer}"
        )
    n, activation = net.sizes[l - 1], net.activations[l - 2]
    pi = array(order, "order")
    if pi.dtype.kind not in "iu":
        raise TypeError(f"order: expected integers, got an array of dtype {pi.dtype}")
    if pi.shape != (n,) or not np.array_equal(np.sort(pi), np.arange(n)):
        raise ValueError(
            f"order: expected each of 0 to {n - 1} once, got {pi.tolist()}"
        )
    e = np.ones(n) if signs is None else real(signs, "signs")
    if e.shape != (n,) or not np.isin(e, [1, -1]).all():
        raise ValueError(
            f"signs: expected 1 or -1 for each of {n} places, got {e.tolist()}"
        )
    if activation not in MIRROR and (e < 0).any():
        raise ValueError(
            f"signs: neurons with the activation {activation} cannot be negated"
        )
    q = q.copy()
    layers = net.unpack(q)
    (W, b), (V, c) = layers[l - 2], layers[l - 1]
    W[:], b[:] = e[:, np.newaxis] * W[pi], e * b[pi]
    V[:] = V[:, pi]
    if (e < 0).any():
        c += MIRROR[activation] * V[:, e < 0].sum(axis=1)
        V *= e
    return q


def match(net: Network, p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """Return the copy of the network q whose neurons are matched with those of p.

    The copies are those that `rearrange` makes.  With one hidden layer of `tanh`
    or of an activation that is not symmetric, the copy is the nearest to p of all.
    With several the layers are matched in turn, until nothing gains.

    Parameters
    ----------
    net : Network
    p, q : array, shape (s,), or (k, s) for k pairs

    Returns
    -------
    ndarray, shaped like q
        Parameters with which the network computes the same function as with q.

    Raises
    ------
    ValueError
        If a shape does not fit, or a number is not finite.
    TypeError
        If `net` is no Network, or a number is complex.

    Notes
    -----
    Equations: eq-minima-similarity, eq-minima-nearest

    Source: S. K. Ainsworth, J. Hayase, S. Srinivasa, Git Re-Basin, ICLR 2023, the
    method by weights, here with signs.  Distances in a network of sigmoids are
    measured after 1/2 has been taken from the output of each hidden neuron, where
    a change of sign keeps lengths.

    Examples
    --------
    >>> net = Network((1, 2, 1), (tanh, tanh))
    >>> p = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    >>> match(net, p, rearrange(net, p, 2, [1, 0], [1, -1]))
    array([1., 2., 3., 4., 5., 6., 7.])
    """
    instance(net, Network, "net")
    first, second = _pairs(net, p, q)
    matched = np.stack([_match(net, a, b) for a, b in zip(first, second, strict=True)])
    return matched.reshape(np.shape(q))


def barrier(
    f: Callable[[Array], Any], p: ArrayLike, q: ArrayLike, points: int = 11
) -> float | NDArray[np.float64]:
    """Return how far f rises above its chord between p and q.

    Parameters
    ----------
    f : callable
        From an ensemble of shape (k, s) to k values, as
        `lambda p: cost(net, p, X, Y)`.
    p, q : array, shape (s,), or (k, s) for k pairs
    points : int, optional
        At how many places on the segment, the ends counted, f is evaluated.

    Returns
    -------
    float, or ndarray of shape (k,)
        The largest of f((1 − t) p + t q) − (1 − t) f(p) − t f(q); at least 0, and
        0 if f is convex on the segment.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or `points` is below 2.
    TypeError
        If `points` is no integer, `f` no function, or a number is complex.

    Notes
    -----
    Equation: eq-minima-barrier

    Source: R. Entezari, H. Sedghi, O. Saukh, B. Neyshabur, ICLR 2022.

    Examples
    --------
    >>> two_wells = lambda p: ((p**2 - 1) ** 2).sum(axis=-1)
    >>> barrier(two_wells, [-1.0], [1.0])
    1.0
    """
    if count(points, "points") < 2:
        raise ValueError(f"points: expected at least 2, got {points}")
    function(f, "f")
    t = np.linspace(0, 1, points)
    first, second = _pairs(None, p, q)
    above = np.empty(len(first))
    for k, (a, b) in enumerate(zip(first, second, strict=True)):
        values = line(f, a, b, t)
        chord = (1 - t) * values[0] + t * values[-1]
        above[k] = (values - chord).max()
    single: float | Array = above if np.ndim(p) == 2 else above.item()
    return single


def _match(net: Network, p: Array, q: Array) -> Array:
    assign = needed("scipy.optimize", "solvers").linear_sum_assignment
    gained = True
    while gained:
        gained = False
        for l in range(2, net.n_layers):
            M = _similarity(net, p, q, l)
            symmetric = net.activations[l - 2] in MIRROR
            scores = np.abs(M) if symmetric else M
            j, order = assign(scores, maximize=True)
            signs = np.where(symmetric & (M[j, order] < 0), -1, 1)
            gain = signs @ M[j, order] - np.trace(M)
            if gain > 1e-12 * np.abs(M).sum():
                q, gained = rearrange(net, q, l, order, signs), True
    return q


def _similarity(net: Network, p: Array, q: Array, l: int) -> Array:
    """Return the scalar products of the neurons of layer l in p with those in q."""
    neurons = []
    for r in (p, q):
        (W, b), (V, _) = _centred(net, r)[l - 2 : l]
        neurons.append(np.hstack([W, b[:, np.newaxis], V.T]))
    M: Array = neurons[0] @ neurons[1].T
    return M


def _centred(net: Network, p: Array) -> list[tuple[Array, Array]]:
    """Return the layers, as functions of outputs that are odd in z where possible."""
    layers = [(W, b) for W, b in net.unpack(p)]
    for i, (_, (V, c)) in enumerate(pairwise(layers)):
        middle = MIRROR.get(net.activations[i], 0.0) / 2
        layers[i + 1] = (V, c + middle * V.sum(axis=1))
    return layers


def _pairs(net: Network | None, p: ArrayLike, q: ArrayLike) -> tuple[Array, Array]:
    """Return p and q as two ensembles of the same shape, that of net if given."""
    first, second = real(p, "p"), real(q, "q")
    size = "s" if net is None else net.n_parameters
    if first.ndim not in (1, 2) or size not in ("s", first.shape[-1]) or not first.size:
        raise ValueError(
            f"p: expected shape ({size},) or (k, {size}), got {first.shape}"
        )
    if second.shape != first.shape:
        raise ValueError(f"q: expected shape {first.shape} like p, got {second.shape}")
    return np.atleast_2d(first), np.atleast_2d(second)
