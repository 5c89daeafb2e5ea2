"""Random networks, data and losses for the tests of the library."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from dlam import (
    Activation,
    Loss,
    Network,
    binary_cross_entropy,
    identity,
    leaky_relu,
    quadratic,
    relu,
    sigmoid,
    softmax_cross_entropy,
    step,
    tanh,
)

SMOOTH = [sigmoid, tanh, identity]
ALL = [*SMOOTH, relu, leaky_relu, step]
LOSSES = [quadratic, binary_cross_entropy, softmax_cross_entropy]


def check(max_examples: int = 40) -> settings:
    return settings(deadline=None, derandomize=True, max_examples=max_examples)


class Case(NamedTuple):
    """A network with parameters, points, targets and a loss that fits it."""

    net: Network
    p: np.ndarray
    X: np.ndarray
    Y: np.ndarray
    loss: Loss
    rng: np.random.Generator


@st.composite
def cases(
    draw: st.DrawFn,
    activations: list[Activation] = SMOOTH,
    networks: int | None = None,
    largest: int = 5,
) -> Case:
    """Cases of two to five layers and one to six points; `networks` an ensemble."""
    sizes = draw(st.lists(st.integers(1, largest), min_size=2, max_size=5))
    each = [draw(st.sampled_from(activations)) for _ in sizes[1:]]
    loss = draw(st.sampled_from(LOSSES))
    if loss.output is not None:
        each[-1] = loss.output
    net = Network(tuple(sizes), tuple(each))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    N = draw(st.integers(1, 6))
    return Case(
        net,
        net.normal(rng, 1.0, networks),
        rng.normal(size=(N, sizes[0])),
        targets(loss, N, sizes[-1], rng),
        loss,
        rng,
    )


def targets(loss: Loss, N: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return random targets that suit the loss."""
    if loss == quadratic:
        return rng.normal(size=(N, n))
    Y = rng.random((N, n))
    return Y if loss == binary_cross_entropy else Y / Y.sum(axis=1, keepdims=True)
