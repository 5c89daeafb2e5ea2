"""Unfit networks and test errors by width, with a fifth of the labels random.

The experiment of chapter 6, "Does a wider network overfit?", for the widths around
the threshold, with ten times as many epochs, and with a start ten times as large;
and, for comparison, with true labels.
Run it with `python runs/record.py widths`; it takes about a minute on one core.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlam import (
    Network,
    data,
    features,
    identity,
    relu,
    sampling,
    sgd,
    softmax_cross_entropy,
)

SETS, DIGITS, WIDTHS = 20, 100, [4, 6, 8, 10, 12, 14, 16, 32, 64]


def run(small: bool = False) -> dict[str, Any]:
    """Return, by width, the errors of twenty networks for each of four trainings."""
    X, Y = data.digits()
    rng = np.random.default_rng(6)
    seen = np.array([rng.permutation(len(X))[:DIGITS] for _ in range(SETS)])
    noisy = features.random_labels(Y, 0.2, np.random.default_rng(6))
    visits = {}
    for epochs in (80, 800):  # in this order, as on the page
        orders = [one[sampling.epochs(DIGITS, epochs, rng)] for one in seen]
        visits[epochs] = np.stack(orders).reshape(SETS, -1, 5)
    true = Y.argmax(axis=-1)
    found = []
    for n in WIDTHS[: 1 if small else None]:
        net = Network((64, n, 10), (relu, identity))
        one: dict[str, Any] = {"neurons": n, "training": [], "test": []}
        for epochs, scale, labels in (
            (80, 0.1, noisy),
            (800, 0.1, noisy),
            (80, 1.0, noisy),
            (80, 0.1, Y),
        ):
            start = net.normal(np.random.default_rng(n), scale, size=SETS)
            order = visits[epochs][:, : 4 if small else None]
            p = sgd(net, start, X, labels, order, 0.3, softmax_cross_entropy).parameters
            read, said = net(p, X).argmax(axis=-1), labels.argmax(axis=-1)
            train = [np.mean(r[s] != said[s]) for r, s in zip(read, seen, strict=True)]
            test = [np.mean(np.delete(r != true, s))
                    for r, s in zip(read, seen, strict=True)]  # fmt: skip
            one["training"].append(np.round(train, 6).tolist())
            one["test"].append(np.round(test, 6).tolist())
        found.append(one)
    names = ["80 epochs", "800 epochs", "80, large start", "80, true labels"]
    return {"trainings": names, "runs": found}
