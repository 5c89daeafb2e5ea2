"""How many steps the network of Higham and Higham needs, by rule and rate.

Run it with `python -m runs.plateau.run`; it takes some minutes on one core.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlam import Network, data, rules, sampling, sgd
from runs.measured import write

NET = Network((2, 2, 3, 2))
STARTS, STEPS, EVERY = 100, 50_000, 100
TARGET = 7.3e-4 / 20  # HH's last cost is the sum of squares, twenty times ours
RULES = {
    "plain": (rules.plain, [0.25, 0.5, 1.0, 2.0, 4.0]),
    "momentum": (rules.momentum(0.9), [0.025, 0.05, 0.1, 0.2, 0.4]),
    "adam": (rules.adam(), [0.0025, 0.005, 0.01, 0.02, 0.04]),
}


def plateau(small: bool) -> dict[str, Any]:
    """Return, for each start, after how many steps the cost reaches HH's last."""
    X, Y = data.drilling_sites()
    rng = np.random.default_rng(7)
    starts = NET.normal(rng, 0.5, size=STARTS)
    order = sampling.with_replacement(len(X), STEPS, rng)
    found = []
    for name, (rule, rates) in RULES.items():
        for rate in rates[: 1 if small else None]:
            n = 200 if small else STEPS
            run = sgd(NET, starts, X, Y, order[:n], rate, rule=rule,
                      record_every=EVERY)  # fmt: skip
            there = run.cost <= TARGET
            first = np.where(there.any(axis=1), run.steps[there.argmax(axis=1)], -1)
            found.append({
                "rule": name, "rate": rate, "steps": first.tolist(),
                "right": int((run.cost[:, -1] < 0.05).sum()),
            })  # fmt: skip
    longer = 200 if small else 1_000_000
    visits = sampling.with_replacement(len(X), longer, np.random.default_rng(8))
    run = sgd(NET, starts, X, Y, visits, 0.05, record_every=1000 if not small else 100)
    there = run.cost <= TARGET
    first = np.where(there.any(axis=1), run.steps[there.argmax(axis=1)], -1)
    return {"target": TARGET, "runs": found, "as HH": first.tolist()}


if __name__ == "__main__":
    write(__file__, plateau)
