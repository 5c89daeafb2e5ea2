"""Forty of Higham and Higham's starts for a million steps, and one escape step by step.

The experiment of chapter 6, "How many of HH's starts arrive?": the page takes a
hundred starts to 100 000 steps, and this program the first forty of them to a million.
One of them fails.  Full gradients with the rate 10 lead it out; of that path, each of
the steps around the escape is looked at in quarters.
`python runs/record.py arrivals` takes about half a minute.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam import Network, cost, data, gradient_descent, sgd
from dlam.sharpness import sharpness

Array = NDArray[np.float64]
NET = Network((2, 2, 3, 2))
RATE, EVERY = 0.05, 10_000
WAITING, LEAVING = 50, 10  # rates of full gradients: on the plateau, and out of it


def right(P: Array) -> NDArray[np.int64]:
    """Return how many of the ten sites each network classifies correctly."""
    X, Y = data.drilling_sites()
    F = NET(P, X)
    return np.sum((F[..., 0] > F[..., 1]) == (Y[:, 0] > Y[:, 1]), axis=-1)


def escape(p: Array, waits: tuple[int, int, int], steps: int) -> dict[str, Any]:
    """Take full gradients from p, and look at each step around the escape.

    `waits` are the steps with the longer rate, those with the shorter one, and after
    how many of the latter there is a record.  The answer counts in steps with the
    shorter rate.
    """
    X, Y = data.drilling_sites()
    waiting = gradient_descent(NET, p, X, Y, waits[0], WAITING)
    leaving = gradient_descent(
        NET, waiting.parameters, X, Y, waits[1], LEAVING,
        record_every=waits[2], keep_path=True,
    )  # fmt: skip
    first = max(1, int(np.argmax(right(leaving.path) == 10)))
    begin = leaving.path[first - 1]
    each = gradient_descent(
        NET, begin, X, Y, steps, LEAVING, record_every=1, keep_path=True
    )
    before, changes = each.cost[:-1], []
    for share in (1 / 4, 1 / 2, 3 / 4, 1):
        point = (1 - share) * each.path[:-1] + share * each.path[1:]
        after = cost(NET, point, X, Y)
        changes.append(float(np.max(after - before)))
        before = after
    out = int(np.argmax(each.cost < 0.05))
    near = each.path[max(0, out - 1000) : out + 1000]
    return {
        "from": int(waits[0] * WAITING // LEAVING + leaving.steps[first - 1]),
        "steps": steps,
        "largest change of a quarter": max(changes),
        "steps beyond the limit": int(np.sum(LEAVING * sharpness(NET, near, X, Y) > 2)),
        "right at the end": int(right(each.parameters)),
    }


def run(small: bool = False) -> dict[str, Any]:
    """Return where the forty runs end, and at each record the cost of each.

    The first record is where the page ends, and `steps` counts from the start.  A
    run has arrived when all ten sites are right.
    """
    X, Y = data.drilling_sites()
    share = 50 if small else 1
    early_steps, late_steps = 100_000 // share, 900_000 // share
    rng = np.random.default_rng(6)
    starts = NET.normal(rng, scale=0.5, size=100)
    order = rng.integers(10, size=(100, early_steps, 1), dtype=np.int8)
    early = sgd(NET, starts[:40], X, Y, order[:40], RATE).parameters
    order = rng.integers(10, size=(40, late_steps, 1), dtype=np.int8)
    late = sgd(NET, early, X, Y, order, RATE, record_every=EVERY, keep_path=True)
    assert late.path is not None
    ten = np.array([right(P) == 10 for P in late.path.swapaxes(0, 1)])
    [failed, *_] = late.parameters[right(late.parameters) < 10]
    waits = (360_000 // share, 300_000 // share, 100_000 // share)
    return {
        "steps": [int(step) for step in early_steps + late.steps],
        "cost": [[float(f"{c:.6g}") for c in row] for row in late.cost],
        "arrived": ten.sum(axis=1).tolist(),
        "lost a site": int(np.sum(ten[:-1] & ~ten[1:])),
        "parameters": late.parameters.tolist(),
        "escape": escape(failed, waits, 100_000 // share),
    }
