"""The library of the textbook *Deep Learning for Applied Mathematicians*.

A module holds one idea, imports only those above it in the list of the
README, and is explained in one chapter.
"""

from importlib import import_module
from typing import Any

from dlam import data, gradcheck, landscape, sampling
from dlam.activations import (
    Activation,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    step,
    tanh,
)
from dlam.backprop import errors, forward, gradient
from dlam.claims import claim
from dlam.costs import (
    Loss,
    binary_cross_entropy,
    cost,
    quadratic,
    softmax_cross_entropy,
)
from dlam.descent import Diverged, History, gradient_descent, sgd
from dlam.gradcheck import complex_step, finite_difference
from dlam.listing import listing
from dlam.network import Layer, Network

__all__ = [
    "Activation",
    "Diverged",
    "History",
    "Layer",
    "Loss",
    "Network",
    "binary_cross_entropy",
    "claim",
    "complex_step",
    "cost",
    "data",
    "errors",
    "finite_difference",
    "forward",
    "gradcheck",
    "gradient",
    "gradient_descent",
    "identity",
    "landscape",
    "leaky_relu",
    "listing",
    "quadratic",
    "relu",
    "sampling",
    "sgd",
    "sigmoid",
    "softmax_cross_entropy",
    "step",
    "tanh",
]


_WHEN_ASKED = {
    *("matlab", "paper", "plots", "pytorch"),
    *("coordinates", "dimension", "features", "implicit_bias"),
    *("matching", "sharpness"),
}


def __getattr__(name: str) -> Any:
    """Import the modules that few callers need when they are first asked for."""
    if name in _WHEN_ASKED:
        return import_module(f"dlam.{name}")
    raise AttributeError(f"module 'dlam' has no attribute {name!r}")
