"""Draw the picture on the first page: one random network, at four scales."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl

from tools import ROOT

mpl.use("svg")

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from dlam import Network, plots, sigmoid, tanh

PICTURE = ROOT / "book/images/cover.svg"
SCALES = (0.3, 0.6, 1.2, 2.4)


def draw(path: Path) -> None:
    """Write the picture to `path`; the same bytes each time."""
    plots.use_book_style()
    net = Network((2, 30, 30, 2), (tanh, tanh, sigmoid))
    p = net.normal(np.random.default_rng(11), scale=1)
    figure, axes = plt.subplots(1, len(SCALES), figsize=(plots.WIDTH, 1.85))
    for ax, scale in zip(axes, SCALES, strict=True):
        plots.shades(partial(_first, net, scale * p), ax, low=-1, high=1, n=101)
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.spines[:].set_visible(False)
    metadata = {"Date": None, "Creator": None}
    figure.savefig(path, format="svg", metadata=metadata)
    plt.close(figure)


def _first(net: Network, p: NDArray[np.float64], X: NDArray[np.float64]) -> Any:
    """Return the first component of the output."""
    return net(p, X)[:, 0]


def main(arguments: list[str] | None = None) -> int:
    """Draw the picture where the book has it."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    draw(PICTURE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
