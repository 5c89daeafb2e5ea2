"""Does a convolutional network help to read digits, and what do shifts do to it?

Of the 5000 pictures that `data.mnist` returns, 4000 are for training and 1000 for
testing.  Each kind of network is trained for four epochs by momentum 0.9, 32 pictures
a step, with a learning rate that falls linearly to zero.  The first rate is chosen
from a grid, for each network with pixels in order, by the errors on the last 1000
training pictures after training on the other 3000, summed over two seeds; then ten
other seeds are trained on all 4000.
PyTorch does the training, in single precision; starts and orders come from NumPy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dlam import data, identity
from dlam.convolution import (
    AveragePooling,
    Convolution,
    ConvolutionalNetwork,
    Dense,
    MaxPooling,
)

Array = NDArray[np.float64]
SEEDS, TRIALS, EPOCHS, BATCH, FARTHEST = 10, 2, 4, 32, 6
RATES = {
    "convolutional": [0.0125, 0.025, 0.05, 0.1],
    "global mean": [0.025, 0.05, 0.1, 0.2, 0.4],
    "dense, 8": [0.00625, 0.0125, 0.025, 0.05, 0.1],
    "dense, 128": [0.05, 0.1, 0.2, 0.4, 0.8, 1.6],
}
HEAD = Dense(10, identity)
FILTERS = (Convolution(8, 5), MaxPooling(2), Convolution(16, 5), MaxPooling(2))
NETS = {
    "convolutional": (*FILTERS, HEAD),
    "global mean": (*FILTERS, AveragePooling(4), HEAD),
    "dense, 8": (Dense(8), HEAD),
    "dense, 128": (Dense(128), HEAD),
}
# The network, and what is different: the pixels are mixed, the filters stay as they
# were drawn, or the training pictures are shifted at random.
ARMS = {
    "dense, 8": ("dense, 8", ""),
    "dense, 128": ("dense, 128", ""),
    "dense, 8, mixed": ("dense, 8", "mixed"),
    "dense, 128, mixed": ("dense, 128", "mixed"),
    "dense, 128, shifted": ("dense, 128", "shifted"),
    "convolutional": ("convolutional", ""),
    "convolutional, mixed": ("convolutional", "mixed"),
    "convolutional, shifted": ("convolutional", "shifted"),
    "global mean": ("global mean", ""),
    "random filters": ("convolutional", "frozen"),
}
HERE = Path(__file__).parent


def module(net: ConvolutionalNetwork) -> torch.nn.Sequential:
    """Return the network in PyTorch, for pictures of shape (N, 1, 28, 28)."""
    parts: list[torch.nn.Module] = []
    for layer, shape in zip(net.layers, net.shapes, strict=False):
        match layer:
            case Convolution(channels, size):
                parts += [torch.nn.Conv2d(shape[0], channels, size), torch.nn.ReLU()]
            case MaxPooling(size):
                parts += [torch.nn.MaxPool2d(size)]
            case AveragePooling(size):
                parts += [torch.nn.AvgPool2d(size)]
            case Dense(neurons, activation):
                inputs = int(np.prod(shape))
                parts += [torch.nn.Flatten(), torch.nn.Linear(inputs, neurons)]
                parts += [] if activation is identity else [torch.nn.ReLU()]
    return torch.nn.Sequential(*parts)


def moved(X: Array, right: int, down: int) -> Array:
    """Return the pictures moved by some pixels; what comes in is white."""
    wide = np.pad(X.reshape(-1, 28, 28), [(0, 0), (8, 8), (8, 8)])
    part = wide[:, 8 - down : 36 - down, 8 - right : 36 - right]
    return np.ascontiguousarray(part).reshape(len(X), -1)


def scattered(X: Array, rng: np.random.Generator) -> Array:
    """Move each picture by up to four pixels in both directions."""
    steps = rng.integers(-4, 5, size=(len(X), 2))
    return np.concatenate(
        [moved(one[np.newaxis], *step) for one, step in zip(X, steps, strict=True)]
    )


def train(
    arm: str, rate: float, seed: list[int], X: Array, Y: Array
) -> tuple[torch.nn.Sequential, Array]:
    """Train one network; return it, and its parameters as one vector."""
    kind, twist = ARMS[arm]
    net = ConvolutionalNetwork((1, 28, 28), NETS[kind])
    rng = np.random.default_rng(seed)
    model = module(net)
    start = torch.tensor(net.normal(rng), dtype=torch.float32)
    torch.nn.utils.vector_to_parameters(start, model.parameters())
    trained = list(model.parameters())[-2 if twist == "frozen" else 0 :]
    descent = torch.optim.SGD(trained, lr=rate, momentum=0.9)
    y = torch.tensor(Y.argmax(axis=1))
    steps = EPOCHS * len(X) // BATCH
    order = np.concatenate([rng.permutation(len(X)) for _ in range(EPOCHS)])
    for t, some in enumerate(order[: steps * BATCH].reshape(steps, BATCH)):
        for group in descent.param_groups:
            group["lr"] = rate * (1 - t / steps)
        seen = scattered(X[some], rng) if twist == "shifted" else X[some]
        descent.zero_grad()
        output = model(tensor(seen))
        torch.nn.functional.cross_entropy(output, y[some]).backward()
        descent.step()
    p = torch.nn.utils.parameters_to_vector(model.parameters())
    return model, p.detach().double().numpy()


def tensor(X: Array) -> torch.Tensor:
    return torch.tensor(X, dtype=torch.float32).reshape(-1, 1, 28, 28)


def errors(model: torch.nn.Sequential, X: Array, Y: Array) -> int:
    """Return how many pictures are read wrongly."""
    with torch.no_grad():
        found = model(tensor(X)).argmax(dim=1).numpy()
    return int(np.sum(found != Y.argmax(axis=1)))


def run() -> dict[str, Any]:
    """Choose the rates, train, and count errors on pictures in place and shifted."""
    torch.set_num_threads(1)
    X, Y = data.mnist()
    mixed = np.random.default_rng(0).permutation(784)
    result: dict[str, Any] = {"pictures": [4000, 1000], "arms": {}}
    chosen: dict[str, list[int]] = {}
    for n, (arm, (kind, twist)) in enumerate(ARMS.items()):
        pixels = mixed if twist == "mixed" else np.arange(784)
        A, B = X[:4000, pixels], X[4000:, pixels]
        if kind not in chosen:
            chosen[kind] = [
                sum(
                    errors(train(arm, rate, [n, trial], A[:3000], Y[:3000])[0],
                           A[3000:], Y[3000:4000])
                    for trial in range(TRIALS)
                )
                for rate in RATES[kind]
            ]  # fmt: skip
        tried = chosen[kind]
        rate = RATES[kind][int(np.argmin(tried))]
        counts, vectors = [], []
        for seed in range(SEEDS):
            model, p = train(arm, rate, [n, 100 + seed], A, Y[:4000])
            here = [errors(model, B, Y[4000:])]
            for d in range(1, FARTHEST + 1) if twist != "mixed" else ():
                steps = [(d, 0), (-d, 0), (0, d), (0, -d)]
                here.append(sum(errors(model, moved(B, *s), Y[4000:]) for s in steps))
            counts.append(here)
            vectors.append(p)
        net = ConvolutionalNetwork((1, 28, 28), NETS[kind])
        result["arms"][arm] = {
            "parameters": net.n_parameters, "rates": RATES[kind], "tried": tried,
            "rate": rate,
            "errors": counts,
        }  # fmt: skip
        print(arm, rate, tried, np.mean(counts, axis=0).tolist(), flush=True)
        if arm in ("convolutional", "convolutional, shifted"):
            name = arm.replace(", ", "-")
            np.save(HERE / f"{name}.npy", vectors[0].astype(np.float32))
    return result
