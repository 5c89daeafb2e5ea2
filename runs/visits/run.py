"""HH's start with other visits: how long the cost stays up.

The experiment of chapter 5, "How typical is this run?": a million steps from the
start of Higham and Higham, with the visits that forty other seeds draw.
`python runs/record.py visits` takes some ten seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlam import paper, sgd

SEEDS, STEPS, EVERY = range(1, 41), 1_000_000, 10_000


def run(small: bool = False) -> dict[str, Any]:
    """Return, by seed, when the cost, in HH's scale, falls, and how far.

    Of the costs after every ten-thousandth step: the step of the first below 1, 0
    if there is none; the step of the last above 2.1, and the cost recorded next; the
    costs after 200 000 steps and at the end.
    """
    seeds, steps = (SEEDS[:2], 300_000) if small else (SEEDS, STEPS)
    hh = paper.netbp(steps=1)
    visits = np.empty((len(seeds), steps, 1), dtype=np.int8)
    for i, seed in enumerate(seeds):
        visits[i, :, 0] = paper.netbp(steps=steps, seed=seed).order
    start = np.tile(hh.parameters, (len(seeds), 1))
    history = sgd(
        hh.net, start, hh.X, hh.Y, visits, hh.learning_rate, record_every=EVERY
    )
    found = []
    for seed, costs in zip(seeds, hh.as_plotted(history.cost), strict=True):
        above = int(np.flatnonzero(costs > 2.1)[-1])
        found.append(
            {
                "seed": seed,
                "first below 1": EVERY * int((costs < 1).argmax()),
                "last above 2.1": EVERY * above,
                "next": float(f"{costs[above + 1]:.5g}"),
                "at 200000": float(f"{costs[200_000 // EVERY]:.5g}"),
                "end": float(f"{costs[-1]:.5g}"),
            }
        )
    return {"runs": found}
