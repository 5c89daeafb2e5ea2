"""A picture from its coordinates: what patience gives a plain network, in PyTorch.

The experiment of the project of chapter 6: the plain network with 1500 steps of Adam
along full gradients, and the network with 64 random frequencies of scale 2 with 200,
from ten starts each.  `python runs/record.py patience` takes about a minute.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dlam import Network, coordinates, identity, relu
from dlam.coordinates import fourier_features, psnr
from dlam.pytorch import to_module, to_parameters

Array = NDArray[np.float64]
SIZE, STARTS, RATE = 48, 10, 0.01


def quality(inputs: Array, width: int, steps: int, seed: int) -> list[float]:
    """Train with Adam; return the PSNR on the pixels seen and on those left out."""
    Y = coordinates.colours(coordinates.photograph(SIZE))
    seen = coordinates.every_second(SIZE, SIZE)
    net = Network((inputs.shape[1], width, width, 3), (relu, relu, identity))
    module = to_module(net, coordinates.start(net, np.random.default_rng(seed)))
    points, target = torch.tensor(inputs[seen]), torch.tensor(Y[seen])
    stepper = torch.optim.Adam(module.parameters(), lr=RATE)
    for _ in range(steps):
        stepper.zero_grad()
        misfit = (module(points) - target).square().sum(dim=1)
        (misfit.mean() / 2).backward()  # type: ignore[no-untyped-call]
        stepper.step()
    colours = net(to_parameters(module), inputs)
    return [round(float(psnr(colours[part], Y[part])), 3) for part in (seen, ~seen)]


def run(small: bool = False) -> dict[str, Any]:
    """Return the quality of both networks, from every start."""
    torch.set_num_threads(1)
    X = coordinates.grid(SIZE, SIZE)
    omega = np.random.default_rng(100).normal(0, 2, size=(64, 2))
    found: dict[str, Any] = {}
    for name, inputs, steps in (
        ("plain", X, 1500),
        ("sines", fourier_features(X, omega), 200),
    ):
        found[name] = [quality(inputs, 64, 2 if small else steps, seed)
                       for seed in range(1 if small else STARTS)]  # fmt: skip
    return found
