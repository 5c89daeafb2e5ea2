"""Were the unlucky networks in bad minima, or only late?  With and without noise.

The control experiment of chapter 6, "Does width remove the bad ones?": the fifty
networks with four hidden neurons after forty epochs, after 160 more with mini-batches,
and after as many steps along the full gradient instead.  `python runs/record.py late`
takes a quarter of a minute.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam import (
    Network,
    data,
    gradient_descent,
    identity,
    sampling,
    sgd,
    softmax_cross_entropy,
    tanh,
)

NETWORKS, NEURONS, DIGITS = 50, 4, 200


def run(small: bool = False) -> dict[str, Any]:
    """Return the cost of each network after each of the three trainings."""
    X, Y = data.digits()
    rows = np.random.default_rng(0).permutation(len(X))[:DIGITS]
    x, y = X[rows], Y[rows]
    net = Network((64, NEURONS, 10), (tanh, identity))
    P = net.normal(np.random.default_rng(NEURONS), scale=1.0, size=NETWORKS)
    for W, b in net.unpack(P):
        W /= np.sqrt(W.shape[-1])
        b[:] = 0

    def train(P: NDArray[np.float64], epochs: int, seed: int) -> Any:
        order = sampling.epochs(DIGITS, epochs, np.random.default_rng(seed))
        order = order.reshape(-1, 20)
        rate = 0.5 * (1 - np.arange(len(order)) / len(order))
        return sgd(net, P, x, y, order, rate, softmax_cross_entropy)

    before = train(P[: 2 if small else None], 2 if small else 40, NEURONS)
    after = train(before.parameters, 2 if small else 160, 5)
    quiet = gradient_descent(
        net, before.parameters, x, y, after.steps[-1], 0.25, softmax_cross_entropy
    )
    return {
        name: [float(f"{cost:.7g}") for cost in one.cost[:, -1]]
        for name, one in (
            ("after 40 epochs", before),
            ("with noise", after),
            ("without", quiet),
        )
    }
