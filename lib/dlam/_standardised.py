# ruff: noqa: E741
"""Batch normalisation, formula by formula, as `dlam._lemma` has back propagation.

Rows are data points.  A quantity of layer l stands under its number l: the weighted
inputs z[l], standardised h[l], their standard deviations s[l], u[l] = γh + β, and the
outputs a[l]; backwards the slopes v[l] with respect to u[l] and delta[l] with respect
to z[l].  Layers that are not in `gamma` are not normalised.  Whoever calls has checked
the arguments.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dlam._lemma import Neuron

__all__ = ["backward", "derivatives", "forward", "standardise", "standardise_back"]

Array = NDArray[np.float64]
Layers = dict[int, Array]
Moments = Mapping[int, tuple[Array, Array]]


def standardise(z: Array, epsilon: float) -> tuple[Array, Array]:
    """Return h, which has mean 0 and variance 1 over the points, and s.

    Equation: eq-reg-batchnorm
    """
    mean = z.mean(axis=-2, keepdims=True)
    variance = ((z - mean) ** 2).mean(axis=-2, keepdims=True)
    s = np.sqrt(variance + epsilon)
    return (z - mean) / s, s


def standardise_back(slope: Array, h: Array, s: Array) -> Array:
    """Return the slopes with respect to z, given those with respect to h."""
    mean = slope.mean(axis=-2, keepdims=True)
    along = (slope * h).mean(axis=-2, keepdims=True)
    back: Array = (slope - mean - along * h) / s
    return back


def forward(
    W: Layers,
    b: Layers,
    gamma: Layers,
    beta: Layers,
    sigma: Mapping[int, Neuron],
    x: Array,
    epsilon: float,
    given: Moments | None,
) -> tuple[Layers, Layers, Layers, Layers, Layers]:
    """Return z, h, s, u and a; `given` are means and variances not of these points."""
    z, h, s, u, a = {}, {}, {}, {}, {1: x}
    for l in W:
        z[l] = u[l] = a[l - 1] @ W[l].mT + b[l]
        if l in gamma:
            if given is None:
                h[l], s[l] = standardise(z[l], epsilon)
            else:
                mean, variance = given[l]
                s[l] = np.sqrt(variance + epsilon)
                h[l] = (z[l] - mean) / s[l]
            u[l] = gamma[l] * h[l] + beta[l]
        a[l] = sigma[l](u[l])
    return z, h, s, u, a


def backward(
    W: Layers,
    gamma: Layers,
    sigma: Mapping[int, Neuron],
    h: Layers,
    s: Layers,
    u: Layers,
    a: Layers,
    slope: Array,
    of_the_batch: bool,
) -> tuple[Layers, Layers]:
    """Return v and δ of all layers, given the slope with respect to a[L]."""
    v, delta = {}, {}
    for l in reversed(W):
        v[l] = delta[l] = sigma[l].slope(u[l], a[l]) * slope
        if l in gamma:
            delta[l] = (
                standardise_back(gamma[l] * v[l], h[l], s[l])
                if of_the_batch
                else gamma[l] * v[l] / s[l]
            )
        slope = delta[l] @ W[l]
    return v, delta


def derivatives(h: Layers, v: Layers) -> tuple[Layers, Layers]:
    """Return the derivatives with respect to γ and β, summed over the points."""
    d_gamma = {l: (v[l] * h[l]).sum(axis=-2) for l in h}
    d_beta = {l: v[l].sum(axis=-2) for l in h}
    return d_gamma, d_beta
