# ruff: noqa: E741
"""Back propagation, formula by formula: HH's Lemma 5.1 and nothing else.

A quantity of layer l stands under its number l in a dictionary, so that the
formulas read as they are printed: `z[l]`, `a[l]`, `delta[l]`, with l = 1 the input.
Rows are data points, so that Wa is written `a @ W.mT`, and Wᵀδ `delta @ W`; each b
has an axis of length 1 for the points.  Whoever calls has checked the arguments.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["backward", "derivatives", "forward"]

Array = NDArray[np.float64]
Layers = dict[int, Array]


class Neuron(Protocol):
    """An activation function with its slope."""

    def __call__(self, z: Array) -> Array: ...
    def slope(self, z: Array, a: Array) -> Array: ...


def forward(
    W: Layers, b: Layers, sigma: Mapping[int, Neuron], x: Array
) -> tuple[Layers, Layers]:
    """Return z and a of all layers."""
    z, a = {}, {1: x}
    for l in W:
        z[l] = a[l - 1] @ W[l].mT + b[l]  # (5.2)
        a[l] = sigma[l](z[l])  # (5.3)
    return z, a


def backward(
    W: Layers, sigma: Mapping[int, Neuron], z: Layers, a: Layers, slope: Array
) -> Layers:
    """Return δ of all layers, given the slope of the loss with respect to a[L]."""
    L = max(W)
    delta = {L: sigma[L].slope(z[L], a[L]) * slope}  # (5.5)
    for l in range(L - 1, 1, -1):
        # (5.6)
        delta[l] = sigma[l].slope(z[l], a[l]) * (delta[l + 1] @ W[l + 1])
    return delta


def derivatives(a: Layers, delta: Layers) -> tuple[Layers, Layers]:
    """Return the derivatives with respect to W and b, summed over the points."""
    db = {l: delta[l].sum(axis=-2) for l in delta}  # (5.7)
    dW = {l: delta[l].mT @ a[l - 1] for l in delta}  # (5.8)
    return dW, db
