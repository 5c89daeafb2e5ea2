"""Fifty points on a line, a wide network, and dropout: from many data sets.

The experiment is that of a notebook of the course: y = x + 0.3 noise at 50 points
of [−1, 1], a 1-100-100-1 ReLU network, dropout with probability 0.2 before each
ReLU, Adam with the rate 0.01, all points in each step, 1000 steps.  Here it is
done for many data sets, starts and masks, and with 500 points as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam import Network, identity, relu, rules, sampling

Array = NDArray[np.float64]
SETS, STEPS, EVERY, NOISE = 30, 1000, 50, 0.3
GRID = np.linspace(-1, 1, 101)[:, np.newaxis]
NET = Network((1, 100, 100, 1), activation=(relu, relu, identity))


def start(rng: np.random.Generator) -> Array:
    """Draw what torch.nn.Linear starts from: uniform up to one over √inputs."""
    p = rng.uniform(-1, 1, size=NET.n_parameters)
    layers = [(W / np.sqrt(W.shape[1]), b / np.sqrt(W.shape[1]))
              for W, b in NET.unpack(p)]  # fmt: skip
    return NET.pack(layers)


def gradient(p: Array, X: Array, Y: Array, masks: list[Array]) -> Array:
    """Return the gradient of the mean squared error with factors on the neurons."""
    (W2, b2), (W3, b3), (W4, b4) = NET.unpack(p)
    a2 = np.maximum((X @ W2.T + b2) * masks[0], 0)
    a3 = np.maximum((a2 @ W3.T + b3) * masks[1], 0)
    d4 = 2 * (a3 @ W4.T + b4 - Y) / len(X)
    d3 = (d4 @ W4) * (a3 > 0) * masks[1]
    d2 = (d3 @ W3) * (a2 > 0) * masks[0]
    return NET.pack([(d2.T @ X, d2.sum(0)), (d3.T @ a2, d3.sum(0)),
                     (d4.T @ a3, d4.sum(0))])  # fmt: skip


def train(seed: int, N: int, keep: float) -> tuple[Array, Array]:
    """Return the outputs on the grid every 50 steps, and the outputs at the points."""
    rng = np.random.default_rng([seed, N])
    X = np.linspace(-1, 1, N)[:, np.newaxis]
    Y = X + NOISE * rng.normal(size=X.shape)
    p = start(rng)
    rule = rules.adam()
    state, found = rule.init(p), [NET(p, GRID)[:, 0]]
    shape = (N, 100)
    ones = [np.ones(shape)] * 2
    for t in range(1, STEPS + 1):
        masks = ones
        if keep < 1:
            masks = [sampling.masks(shape, keep, rng) for _ in range(2)]
        step, state = rule.update(state, gradient(p, X, Y, masks), p, 0.01, t)
        p = p + step
        if t % EVERY == 0:
            found.append(NET(p, GRID)[:, 0])
    return np.array(found), (NET(p, X) - Y)[:, 0]


def parts(N: int, keep: float) -> dict[str, Any]:
    """Return squared bias and variance on the grid, and each run's error."""
    runs = [train(seed, N, keep) for seed in range(SETS)]
    outputs = np.array([one[0] for one in runs])  # data sets, times, places
    mean, truth = outputs.mean(axis=0), GRID[:, 0]
    variance = outputs.var(axis=0, ddof=1).mean(axis=-1)
    spread = outputs.var(axis=0, ddof=1).mean(axis=-1) / SETS
    bias = ((mean - truth) ** 2).mean(axis=-1) - spread
    each = ((outputs - truth) ** 2).mean(axis=-1)
    return {
        "squared bias": np.round(bias, 6).tolist(),
        "variance": np.round(variance, 6).tolist(),
        "error of each": np.round(each, 6).tolist(),
        "training error": [round(float((one[1] ** 2).mean()), 6) for one in runs],
        "first": np.round(outputs[0, -1], 4).tolist(),
    }


def run() -> dict[str, Any]:
    """Do all, and return what the chapter reads."""
    found: dict[str, Any] = {"steps": list(range(0, STEPS + 1, EVERY))}
    for N in (50, 500):
        for name, keep in (("plain", 1.0), ("dropout", 0.8)):
            found[f"{name}, {N}"] = parts(N, keep)
    return found
