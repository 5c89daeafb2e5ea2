"""Steps to a target on the digits, for every size of the mini-batch at its best rate.

Run it with `python runs/record.py batches`; it takes a few minutes on one core.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlam import (
    Network,
    data,
    gradient,
    identity,
    sampling,
    sgd,
    softmax_cross_entropy,
    tanh,
)

SEEDS, TRAIN, TARGET = 10, 600, 0.2
SIZES = [1, 8, 64, 600]
RATES = [0.04 * 2**k for k in range(6)]
NET = Network((64, 32, 10), activation=(tanh, identity))


def longest(m: int) -> int:
    """Return how many steps are allowed at most."""
    return max(120, 12_000 // m)


def run(small: bool = False) -> dict[str, Any]:
    """Return, by size and rate, the first recorded step with the target cost."""
    X, Y = (part[:TRAIN] for part in data.digits())
    starts = []
    for seed in range(1 if small else SEEDS):
        layers = NET.unpack(np.random.default_rng(seed).normal(size=NET.n_parameters))
        starts.append(NET.pack([(W / W.shape[1] ** 0.5, 0 * b) for W, b in layers]))
    P = np.stack(starts)
    found = []
    for m in SIZES[:: 3 if small else 1]:
        steps = 4 if small else longest(m)
        every = max(1, steps // 100)
        order = np.stack([
            sampling.epochs(TRAIN, -(-steps * m // TRAIN), np.random.default_rng(k))
            [: steps * m].reshape(steps, m) for k in range(len(P))
        ])  # fmt: skip
        for rate in RATES[: 1 if small else None]:
            run = sgd(NET, P, X, Y, order, rate, softmax_cross_entropy,
                      record_every=every)  # fmt: skip
            there = run.cost <= TARGET
            first = np.where(there.any(axis=1), run.steps[there.argmax(axis=1)], -1)
            found.append({"m": m, "rate": rate, "every": every,
                          "steps": first.tolist()})  # fmt: skip
    scale = []  # of the noise, along one run with mini-batches of 50
    order = sampling.epochs(TRAIN, 25, np.random.default_rng(0)).reshape(-1, 50)
    run = sgd(NET, P, X, Y, order[: 4 if small else None], 0.16,
              softmax_cross_entropy, record_every=30, keep_path=True)  # fmt: skip
    for k in range(len(run.steps)):
        ratio = []
        for p in run.path[:, k]:
            g = np.stack([gradient(NET, p, X[i : i + 1], Y[i : i + 1],
                                   softmax_cross_entropy)
                          for i in range(0, TRAIN, 300 if small else 3)])  # fmt: skip
            mean = gradient(NET, p, X, Y, softmax_cross_entropy)
            ratio.append(float(((g - mean) ** 2).sum(axis=1).mean() / (mean @ mean)))
        mean_cost = float(run.cost[:, k].mean())
        scale.append({"step": int(run.steps[k]), "cost": mean_cost, "scale": ratio})
    return {"target": TARGET, "runs": found, "scale": scale}
