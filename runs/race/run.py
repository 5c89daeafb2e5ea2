"""The race on the digits: seven rules, three schedules, every rate of a grid.

Run it with `python runs/record.py race`; it takes some minutes on one core.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlam import (
    Network,
    cost,
    data,
    identity,
    rules,
    sampling,
    schedules,
    sgd,
    softmax_cross_entropy,
    tanh,
)

SEEDS, STEPS, BATCH = 10, 384, 50
TRAIN, CHOOSE = 1200, 297  # to train on, to choose the rate with; 300 for the test
NET = Network((64, 32, 10), activation=(tanh, identity))
RULES = {
    "plain": rules.plain,
    "momentum": rules.momentum(0.9),
    "nesterov": rules.nesterov(0.9),
    "rmsprop": rules.rmsprop(),
    "adam": rules.adam(),
    "adamw": rules.adamw(0.1),
    "muon": rules.muon(NET, adjust="match_rms_adamw"),
}
FIRST = {
    "plain": 0.16,
    "momentum": 0.032,
    "nesterov": 0.032,
    "rmsprop": 0.004,
    "adam": 0.008,
    "adamw": 0.008,
    "muon": 0.004,
}  # the smallest rate of each grid; the others double it
RATES = 6


def schedule(name: str, rate: float, steps: int) -> np.ndarray:
    """Return the rates of a schedule whose largest is `rate`."""
    if name == "constant":
        return schedules.constant(rate, steps)
    if name == "cosine":
        return schedules.cosine(rate, steps)
    return schedules.warmup_decay(rate, steps, steps // 20, steps * 3 // 5)


def start(rng: np.random.Generator) -> np.ndarray:
    """Return a start whose weighted inputs have about the size 1."""
    layers = NET.unpack(rng.normal(size=NET.n_parameters))
    return NET.pack([(W / np.sqrt(W.shape[1]), 0 * b) for W, b in layers])


def work_of_a_step(name: str, m: int = BATCH) -> int:
    """Count the multiplications of a step with m points in matrix products."""
    sizes = [(n, k) for k, n in zip(NET.sizes, NET.sizes[1:], strict=False)]
    weights = sum(n * k for n, k in sizes)
    later = sum(n * k for n, k in sizes[1:])
    gradient = m * (2 * weights + later)
    if name != "muon":
        return gradient
    short = [(min(one), max(one)) for one in sizes]
    return gradient + 5 * sum(2 * r * r * c + r**3 for r, c in short)


def run(small: bool = False) -> dict[str, Any]:
    """Train with every rule, schedule and rate, from ten starts on ten splits."""
    X, Y = data.digits()
    seeds = 1 if small else SEEDS
    parts, orders, starts = [], [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        mixed = rng.permutation(len(X))
        parts.append(np.split(mixed, [TRAIN, TRAIN + CHOOSE]))
        order = sampling.epochs(TRAIN, STEPS * BATCH // TRAIN, rng)
        orders.append(parts[-1][0][order].reshape(-1, BATCH))
        starts.append(start(rng))
    order, P = np.stack(orders), np.stack(starts)

    def measure(P: np.ndarray, which: int) -> tuple[list[float], list[float]]:
        costs, wrong = [], []
        for p, part in zip(P, parts, strict=True):
            x, y = X[part[which]], Y[part[which]]
            costs.append(float(cost(NET, p, x, y, softmax_cross_entropy)))
            miss = NET(p, x).argmax(axis=-1) != y.argmax(axis=-1)
            wrong.append(float(miss.mean()))
        return costs, wrong

    def trained(rule: str, kind: str, rate: float, steps: int) -> dict[str, Any]:
        rates = schedule(kind, rate, steps)
        end = sgd(NET, P, X, Y, order[:, :steps], rates, softmax_cross_entropy,
                  RULES[rule])  # fmt: skip
        train, _ = measure(end.parameters, 0)
        chosen, _ = measure(end.parameters, 1)
        _, wrong = measure(end.parameters, 2)
        return {
            "rule": rule, "schedule": kind, "rate": rate, "steps": steps,
            "train": train, "chosen": chosen, "wrong": wrong,
        }  # fmt: skip

    found = []
    share = work_of_a_step("plain") / work_of_a_step("muon")
    for rule in RULES:
        lengths = [STEPS] + [round(STEPS * share)] * (rule == "muon")
        for steps in lengths:
            for kind in ("constant", "cosine", "warmup_decay"):
                if steps < STEPS and kind != "warmup_decay":
                    continue
                for k in range(1 if small else RATES):
                    rate = FIRST[rule] * 2**k
                    found.append(trained(rule, kind, rate, 24 if small else steps))
    return {
        "work": {name: work_of_a_step(name) for name in RULES},
        "runs": found,
    }
