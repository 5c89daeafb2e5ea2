"""How many steps HH's network needs to get as low as HH's run of a million steps.

Higham and Higham's network for the ten sites, with four methods at several rates:
from a hundred starts, which visit single points in the same order, the first recorded
step at which the sum of squares is at most theirs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlam import Network, data, rules, sampling, sgd

STEPS, EVERY, STARTS = 50_000, 100, 100
GOAL = 7.3e-4  # HH's sum of squares over ten sites, 20 C
METHODS = {
    "plain": (rules.plain, [0.5, 1.0, 2.0, 4.0]),
    "momentum": (rules.momentum(0.9), [0.05, 0.1, 0.2, 0.4]),
    "RMSprop": (rules.rmsprop(), [0.0025, 0.005, 0.01, 0.02, 0.04]),
    "Adam": (rules.adam(), [0.005, 0.01, 0.02, 0.04, 0.08]),
}


def run(small: bool = False) -> dict[str, Any]:
    """Return for each method and rate the step at which each start arrives.

    A start that does not arrive has None.
    """
    steps = EVERY if small else STEPS
    X, Y = data.drilling_sites()
    net = Network((2, 2, 3, 2))
    starts = net.normal(np.random.default_rng(7), 0.5, size=STARTS)
    order = sampling.with_replacement(10, steps, np.random.default_rng(8))
    found: dict[str, Any] = {"steps": steps, "every": EVERY}
    for name, (rule, rates) in METHODS.items():
        found[name] = {}
        for rate in rates:
            done = sgd(net, starts, X, Y, order, rate, rule=rule, record_every=EVERY)
            there = 20 * done.cost <= GOAL
            first = done.steps[there.argmax(axis=1)]
            found[name][f"{rate:g}"] = [
                int(step) if some else None
                for step, some in zip(first, there.any(axis=1), strict=True)
            ]
    return found
