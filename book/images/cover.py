"""Draw the picture on the first page, one random network at four scales, and of it
the cover of the book for an e-reader."""

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
TALL = ROOT / "book/images/cover-tall.png"
SCALES = (0.3, 0.6, 1.2, 2.4)


def network() -> tuple[Network, NDArray[np.float64]]:
    """Return the network, and its parameters at scale 1."""
    net = Network((2, 30, 30, 2), (tanh, tanh, sigmoid))
    return net, net.normal(np.random.default_rng(11), scale=1)


def draw(path: Path) -> None:
    """Write the picture to `path`; the same bytes each time."""
    plots.use_book_style()
    net, p = network()
    figure, axes = plt.subplots(1, len(SCALES), figsize=(plots.WIDTH, 1.85))
    for ax, scale in zip(axes, SCALES, strict=True):
        plots.shades(partial(_first, net, scale * p), ax, low=-1, high=1, n=101)
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.spines[:].set_visible(False)
    metadata = {"Date": None, "Creator": None}
    figure.savefig(path, format="svg", metadata=metadata)
    plt.close(figure)


def draw_tall(path: Path) -> None:
    """Write the cover to `path`: the title over the largest of the four scales."""
    plots.use_book_style()
    net, p = network()
    figure, ax = plt.subplots(figsize=(6, 9))
    ax.set_position((0, 0, 1, 2 / 3))
    f = partial(_first, net, SCALES[-1] * p)
    plots.shades(f, ax, low=-1, high=1, n=301)
    ax.axis("off")
    for n, line in enumerate(("Deep Learning for", "Applied", "Mathematicians")):
        figure.text(0.07, 0.905 - 0.067 * n, line, size=35, weight="bold")
    figure.text(0.07, 0.705, "An executable textbook", size=17, va="bottom")
    figure.savefig(path, dpi=200, facecolor="white", metadata={"Software": None})
    plt.close(figure)


def _first(net: Network, p: NDArray[np.float64], X: NDArray[np.float64]) -> Any:
    """Return the first component of the output."""
    return net(p, X)[:, 0]


def main(arguments: list[str] | None = None) -> int:
    """Draw both where the book has them."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    draw(PICTURE)
    draw_tall(TALL)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
