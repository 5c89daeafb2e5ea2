"""What helps a network that reads digits, with clean and with wrong labels?

Each seed draws 200 digits to learn from and 200 to validate with; the test digits
are the remaining 1397, and their labels are never changed.  Of the labels of the
training and the validation digits, none or a fifth are replaced by wrong ones.  A
64-128-10 network is trained by AdamW, 50 digits a step, for 800 steps.  For each
method its strength is the one with the fewest errors in validation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam import Network, data, identity, relu, rules, sampling

Array = NDArray[np.float64]
SEEDS, STEPS, BATCH, EVERY, RATE = 10, 800, 50, 20, 3e-3
N, HIDDEN, MEMBERS, AVERAGED = 200, 128, 5, 0.99
NET = Network((64, HIDDEN, 10), activation=(relu, identity))
GRIDS: dict[str, list[float]] = {
    "weight decay": [0.3, 1.0, 3.0, 10.0],
    "dropout": [0.2, 0.4, 0.6, 0.8, 0.9],
    "label smoothing": [0.1, 0.3, 0.6],
    "input noise": [0.1, 0.2, 0.4, 0.8],
    "shifts": [0.1, 0.2, 0.4, 0.8],
}


def start(rng: np.random.Generator) -> Array:
    """Draw He's start, without biases."""
    layers = [(rng.normal(size=W.shape) * np.sqrt(2 / W.shape[1]), 0 * b)
              for W, b in NET.unpack(np.zeros(NET.n_parameters))]  # fmt: skip
    return NET.pack(layers)


def wrong(Y: Array, share: float, rng: np.random.Generator) -> Array:
    """Return the labels, of which a share has been replaced by wrong ones."""
    replaced = rng.permutation(len(Y)) < round(share * len(Y))
    turn = rng.integers(1, 10, size=len(Y))
    other = np.eye(10)[(Y.argmax(axis=1) + turn) % 10]
    return np.where(replaced[:, np.newaxis], other, Y)


def shifted(x: Array, share: float, rng: np.random.Generator) -> Array:
    """Shift a share of the pictures by one pixel; what leaves is lost."""
    pictures = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    moves = np.array([(0, 1), (2, 1), (1, 0), (1, 2)])
    chosen = moves[rng.integers(4, size=len(x))]
    chosen[rng.random(len(x)) >= share] = 1
    eight = np.arange(8)
    rows = chosen[:, 0, np.newaxis] + eight
    columns = chosen[:, 1, np.newaxis] + eight
    point = np.arange(len(x))[:, np.newaxis, np.newaxis]
    moved = pictures[point, rows[:, :, np.newaxis], columns[:, np.newaxis, :]]
    return moved.reshape(len(x), 64)


def gradient(p: Array, X: Array, Y: Array, mask: Array | float) -> Array:
    """Return the gradient of the cross-entropy with factors on the hidden neurons."""
    (W2, b2), (W3, b3) = NET.unpack(p)
    a2 = np.maximum(X @ W2.T + b2, 0) * mask
    z3 = a2 @ W3.T + b3
    e = np.exp(z3 - z3.max(axis=1, keepdims=True))
    d3 = (e / e.sum(axis=1, keepdims=True) - Y) / len(X)
    d2 = (d3 @ W3) * mask * (a2 > 0)
    return NET.pack([(d2.T @ X, d2.sum(0)), (d3.T @ a2, d3.sum(0))])


def train(
    X: Array, Y: Array, seed: list[int], method: str = "", strength: float = 0.0
) -> tuple[Array, Array]:
    """Return the parameters every 20 steps, and the moving mean at the end."""
    rng = np.random.default_rng(seed)
    p = start(rng)
    order = sampling.epochs(len(X), STEPS * BATCH // len(X), rng).reshape(-1, BATCH)
    free = NET.pack([(0 * W + 1, 0 * b) for W, b in NET.unpack(p)])
    decay = strength * free if method == "weight decay" else 0.0
    rule = rules.adam()
    if method == "label smoothing":
        Y = (1 - strength) * Y + strength / 10
    state, path, mean = rule.init(p), [], p
    for t, rows in enumerate(order, start=1):
        x, mask = X[rows], 1.0
        if method == "dropout":
            mask = sampling.masks((BATCH, HIDDEN), 1 - strength, rng)
        if method == "input noise":
            x = x + strength * rng.normal(size=x.shape)
        if method == "shifts":
            x = shifted(x, strength, rng)
        step, state = rule.update(state, gradient(p, x, Y[rows], mask), p, RATE, t)
        p = p + step - RATE * decay * p  # AdamW, for the weights alone
        mean = AVERAGED * mean + (1 - AVERAGED) * p
        if t % EVERY == 0:
            path.append(p)
    return np.array(path), mean


def errors(outputs: Array, Y: Array) -> Array:
    """Return the share of the points that are read wrongly."""
    return (outputs.argmax(axis=-1) != Y.argmax(axis=-1)).mean(axis=-1)


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def loss(outputs: Array, Y: Array) -> float:
    return float(-np.log(softmax(outputs)[Y == 1]).mean())


def one(seed: int, share: float) -> dict[str, Any]:
    """Return the test errors of all methods for one draw of the digits."""
    X, truth = data.digits()
    rng = np.random.default_rng([seed, 8])
    mixed = rng.permutation(len(X))
    i, v, j = mixed[:N], mixed[N : 2 * N], mixed[2 * N :]
    Y, Z = wrong(truth[i], share, rng), wrong(truth[v], share, rng)
    test: dict[str, float] = {}
    more: dict[str, Any] = {}

    path, mean = train(X[i], Y, [seed, 0])
    on_test = errors(NET(path, X[j]), truth[j])
    validated = errors(NET(path, X[v]), Z)
    test["plain"] = on_test[-1]
    test["early stopping"] = on_test[validated.argmin()]
    test["best moment, by the test set"] = on_test.min()
    more["stopped"] = int(EVERY * (validated.argmin() + 1))
    more["curve"] = on_test
    more["training error"] = float(errors(NET(path[-1], X[i]), Y))
    more["loss, plain"] = loss(NET(path[-1], X[j]), truth[j])
    test["mean of the parameters"] = float(errors(NET(mean, X[j]), truth[j]))

    members = [path[-1]]
    members += [train(X[i], Y, [seed, m])[0][-1] for m in range(1, MEMBERS)]
    outputs = softmax(np.array([NET(p, X[j]) for p in members]))
    test["ensemble of five"] = float(errors(outputs.mean(axis=0), truth[j]))
    more["members"] = [float(e) for e in errors(outputs, truth[j])]
    squares = ((outputs - truth[j]) ** 2).sum(axis=-1).mean(axis=-1)
    more["square of members"] = float(squares.mean())
    more["ambiguity"] = float(outputs.var(axis=0).sum(axis=-1).mean())
    of_mean = ((outputs.mean(axis=0) - truth[j]) ** 2).sum(axis=-1).mean()
    more["square of ensemble"] = float(of_mean)

    for method, grid in GRIDS.items():
        ends = [train(X[i], Y, [seed, 0], method, s)[0][-1] for s in grid]
        votes = [float(errors(NET(p, X[v]), Z)) for p in ends]
        found = [float(errors(NET(p, X[j]), truth[j])) for p in ends]
        test[method] = found[int(np.argmin(votes))]
        more[method] = found
        more[f"chosen, {method}"] = grid[int(np.argmin(votes))]
        if method == "label smoothing":
            more["loss, smoothed"] = [loss(NET(p, X[j]), truth[j]) for p in ends]
    return {"test": test, "more": more}


def rounded(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: rounded(value) for key, value in x.items()}
    if isinstance(x, list | np.ndarray):
        return [rounded(value) for value in x]
    return round(float(x), 5)


def run() -> dict[str, Any]:
    """Do all, and return what the chapter reads."""
    found: dict[str, Any] = {"grids": GRIDS, "every": EVERY}
    for name, share in (("clean", 0.0), ("wrong", 0.2)):
        found[name] = [rounded(one(seed, share)) for seed in range(SEEDS)]
    return found
