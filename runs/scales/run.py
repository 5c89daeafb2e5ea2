"""A picture from its coordinates: what the scale of the frequencies does.

The experiments of the project of chapter 6 that train many networks: six scales of
64 random frequencies, the two controls with other numbers of parameters, fewer
frequencies, the chessboards among the suggestions, and the linear model of the last
exercise but one.  Ten starts each, and ten draws of the frequencies.
`python runs/record.py scales` takes about a minute.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam import Network, coordinates, identity, relu, sampling, sgd
from dlam.coordinates import fourier_features, psnr

Array = NDArray[np.float64]
SIZE, STARTS, EPOCHS, BATCH, RATE = 48, 10, 40, 32, 0.05
STEPS = [60, 200, 1000, 10_000]


def features(X: Array, scale: float, size: int, seed: int) -> Array:
    """Return the features of all pixels, as on the page."""
    rng = np.random.default_rng(100 + seed)
    return fourier_features(X, rng.normal(0, scale, size=(size, 2)))


def quality(inputs: Array, width: int, epochs: int, seed: int) -> list[float]:
    """Train as on the page; return the PSNR on the pixels seen and on the others."""
    Y = coordinates.colours(coordinates.photograph(SIZE))
    seen = coordinates.every_second(SIZE, SIZE)
    rng = np.random.default_rng(seed)
    net = Network((inputs.shape[1], width, width, 3), (relu, relu, identity))
    order = sampling.epochs(int(seen.sum()), epochs, rng).reshape(-1, BATCH)
    start = coordinates.start(net, rng)
    p = sgd(net, start, inputs[seen], Y[seen], order, RATE).parameters
    colours = net(p, inputs)
    return [round(float(psnr(colours[part], Y[part])), 3) for part in (seen, ~seen)]


def linear(X: Array, scale: float, seed: int) -> list[float]:
    """Return the PSNR of the linear model on the pixels left out, after some steps."""
    Y = coordinates.colours(coordinates.photograph(SIZE))
    seen = coordinates.every_second(SIZE, SIZE)
    omega = np.random.default_rng(seed).normal(0, scale, size=(512, 2))
    G = fourier_features(X, omega, np.full(512, 512**-0.5))
    A, middle = G[seen], Y[seen].mean(axis=0)
    lam, Q = np.linalg.eigh(A @ A.T / len(A))
    lam, misfit = lam.clip(1e-12), Q.T @ (Y[seen] - middle)
    found = []
    for t in STEPS:
        learned = (1 - (1 - 100 * lam) ** t) / lam
        w = A.T @ (Q @ (learned[:, None] * misfit)) / len(A)
        found.append(round(float(psnr((G @ w + middle)[~seen], Y[~seen])), 3))
    return found


def chessboard(k: int, epochs: int, seed: int) -> int | None:
    """Return after how many epochs a plain network has 95 % of the signs right."""
    X = coordinates.grid(SIZE, SIZE)
    board = np.sign(np.prod(np.sin(k * np.pi * X), axis=1))[:, np.newaxis]
    seen = coordinates.every_second(SIZE, SIZE)
    rng = np.random.default_rng(seed)
    net = Network((2, 64, 64, 1), (relu, relu, identity))
    order = sampling.epochs(int(seen.sum()), epochs, rng).reshape(-1, BATCH)
    once = len(order) // epochs
    p = coordinates.start(net, rng)
    history = sgd(
        net, p, X[seen], board[seen], order, RATE, record_every=once, keep_path=True
    )
    assert history.path is not None
    for epoch, p in enumerate(history.path):
        if np.mean(np.sign(net(p, X)) == board) >= 0.95:
            return epoch
    return None


def run(small: bool = False) -> dict[str, Any]:
    """Return the quality in every experiment, from every start."""
    X = coordinates.grid(SIZE, SIZE)
    seeds, epochs = range(1 if small else STARTS), 1 if small else EPOCHS
    found: dict[str, Any] = {}

    def sines(scale: float, size: int = 64, width: int = 64) -> list[list[float]]:
        return [
            quality(features(X, scale, size, seed), width, epochs, seed)
            for seed in seeds
        ]

    found["scale"] = {str(s): sines(s) for s in (0.5, 1, 2, 4, 8, 16)}
    found["wide plain"] = [quality(X, 109, epochs, seed) for seed in seeds]
    found["narrow sines"] = sines(2, width=28)
    found["number"] = {
        f"{size}, scale {s}": sines(s, size) for size in (4, 16) for s in (2, 8)
    }
    found["chessboard"] = {
        str(k): [chessboard(k, 2 if small else most, seed) for seed in seeds]
        for k, most in ((1, 8), (2, 160))
    }
    found["linear"] = {str(s): [linear(X, s, seed) for seed in seeds] for s in (6, 8)}
    return found
