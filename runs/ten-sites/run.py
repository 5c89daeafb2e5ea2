"""The ten sites from many starts: the race, the two orders, and standardised sites.

The race of chapter 4, "Who wins the race?", at all its ratios from 100 starts; its
comparison of sampling with replacement and shuffled epochs from 1000 starts; and, from
these, its comparison of raw and standardised sites.  `python runs/record.py ten-sites`
takes less than a minute on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam import Network, data, sampling, sgd

Array = NDArray[Any]
EVALUATIONS, RATIOS = 20_000, [0.2, 0.5, 1, 2, 5]
NET = Network((2, 2, 3, 2))
X, Y = data.drilling_sites()


def all_right(P: Array, sites: Array) -> Array:
    """Return which of the networks classify all ten sites correctly."""
    F = NET(P, sites)
    return ((F[..., 0] > F[..., 1]) == (Y[:, 0] > Y[:, 1])).all(axis=-1)


def race(n: int, E: int) -> dict[str, Any]:
    """Return, by method, the median cost and the share all right at each ratio."""

    def visits_of(first: int, draw: Callable[[np.random.Generator], Array]) -> Array:
        return np.stack([draw(np.random.default_rng(first + i)) for i in range(n)])

    visits = {
        "one point": visits_of(0, lambda r: sampling.minibatches(10, 1, E, r)),
        "epochs": visits_of(
            100, lambda r: sampling.epochs(10, E // 10, r)[:, np.newaxis]
        ),
        "5, replaced": visits_of(100, lambda r: sampling.minibatches(10, 5, E // 5, r)),
        "5 different": visits_of(
            100, lambda r: sampling.epochs(10, E // 5, r).reshape(-1, 10)[:, :5]
        ),
        "all ten": np.tile(np.arange(10), (n, E // 10, 1)),
    }
    starts = NET.normal(np.random.default_rng(4), scale=0.5, size=100)[:n]
    found = {}
    for name, rows in visits.items():
        m = rows.shape[-1]
        ends = [sgd(NET, starts, X, Y, rows, ratio * m) for ratio in RATIOS]
        found[name] = {
            "cost": [float(f"{np.median(one.cost[:, -1]):.8g}") for one in ends],
            "right": [float(all_right(one.parameters, X).mean()) for one in ends],
        }
    return found


def run(small: bool = False) -> dict[str, Any]:
    """Return the race, and for each of 1000 starts whether all sites are right."""
    n, E = (2, 20) if small else (1000, EVALUATIONS)
    starts = NET.normal(np.random.default_rng(11), scale=0.5, size=1000)[:n]
    rngs = [np.random.default_rng(i) for i in range(n)]
    drawn = np.stack([sampling.minibatches(10, 1, E, r) for r in rngs])
    shuffled = np.stack([sampling.epochs(10, E // 10, r) for r in rngs])
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)

    def right(sites: Array, rows: Array, rate: float) -> str:
        P = sgd(NET, starts, sites, Y, rows, rate).parameters
        return "".join(str(int(one)) for one in all_right(P, sites))

    return {
        "race": race(min(n, 100), E),
        "with replacement": right(X, drawn, 1.0),
        "epochs": right(X, shuffled[..., np.newaxis], 1.0),
        "raw at 0.5": right(X, drawn, 0.5),
        "standardised at 0.5": right(scaled, drawn, 0.5),
        "raw at 0.15": right(X, drawn, 0.15),
        "standardised at 0.15": right(scaled, drawn, 0.15),
    }
