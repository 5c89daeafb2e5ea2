"""The figures of the book.

One visual language: category A is a blue circle, category B an orange cross,
and what the network says is a shade of these.  A function draws into the axes
it is given, or into a new figure, and returns the axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import array, instance
from dlam.activations import Activation
from dlam.network import Network

try:
    import matplotlib.pyplot as plt
    from cycler import cycler
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "dlam.plots needs matplotlib: pip install 'dlam[plots]'", name=error.name
    ) from None

if TYPE_CHECKING:
    from matplotlib.contour import QuadContourSet

__all__ = [
    "activations",
    "curves",
    "decision_regions",
    "network_diagram",
    "random_networks",
    "scatter",
    "shades",
    "use_book_style",
]

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#6b6b6b"
WIDTH = 7.0  # inches: the column of the page
MARKERS = ("o", "x")

STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.prop_cycle": cycler(
        color=[BLUE, ORANGE, "#2a7f62", "#8e4585", GREY],
        linestyle=["-", "--", "-.", ":", "-"],
    ),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.labelsize": 13,
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "figure.figsize": (WIDTH, 3.4),
    "font.size": 11,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "mathtext.fontset": "cm",
    "svg.fonttype": "path",
    "svg.hashsalt": "dlam",
}

FADE = LinearSegmentedColormap.from_list("A or B", ["#f3a869", "#ffffff", "#7fb8dd"])


def use_book_style() -> None:
    """Draw what follows, in this process, as the book does.

    In a notebook the drawings are vectors, the same to the last byte whenever
    they are made by the same numbers.
    """
    plt.rcParams.update(STYLE)  # type: ignore[arg-type]
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    metadata = {"Date": None, "Creator": None}
    set_matplotlib_formats("svg", metadata=metadata)  # type: ignore[no-untyped-call]


def _axes(ax: Axes | None, figsize: tuple[float, float] | None = None) -> Axes:
    if ax is None:
        _, ax = plt.subplots(figsize=figsize)
    return ax


def scatter(X: ArrayLike, Y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw data points of two categories.

    Parameters
    ----------
    X : array, shape (N, 2)
        The points.
    Y : array, shape (N, 2)
        Their targets: (1, 0) for category A, (0, 1) for B.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the shapes are others.
    """
    X, Y = array(X, "X"), array(Y, "Y")
    if X.ndim != 2 or X.shape[1] != 2 or Y.shape != X.shape:
        raise ValueError(
            f"X, Y: expected two arrays of shape (N, 2), got {X.shape} and {Y.shape}"
        )
    ax = _axes(ax, figsize=(4.2, 4.2))
    for k, (name, colour, marker) in enumerate(
        zip("AB", (BLUE, ORANGE), MARKERS, strict=True)
    ):
        points = X[Y.argmax(axis=1) == k]
        ax.plot(
            *points.T,
            linestyle="none",
            marker=marker,
            color=colour,
            markerfacecolor="none",
            markersize=10,
            markeredgewidth=2.5,
            label=f"category {name}",
        )
    _unit_square(ax)
    return ax


def _unit_square(ax: Axes) -> None:
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    ax.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])


def curves(
    x: ArrayLike,
    ys: dict[str, ArrayLike],
    ax: Axes | None = None,
    xlabel: str = "$x$",
    ylabel: str = "",
) -> Axes:
    """Draw several functions of one variable, with a legend.

    Parameters
    ----------
    x : array, shape (n,)
    ys : dict from label to array, shape (n,)
    ax : Axes, optional
    xlabel, ylabel : str, optional

    Returns
    -------
    Axes
    """
    ax = _axes(ax)
    for label, y in ys.items():
        ax.plot(array(x, "x"), array(y, "y"), label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.margins(x=0)
    ax.legend()
    return ax


def activations(functions: Sequence[Activation]) -> Figure:
    """Draw each activation above its slope.

    Parameters
    ----------
    functions : sequence of Activation

    Returns
    -------
    Figure
    """
    x = np.linspace(-4, 4, 801)
    figure, axes = plt.subplots(
        2, len(functions), figsize=(WIDTH, 3.6), sharex=True, squeeze=False
    )
    for f, (above, below) in zip(functions, axes.T, strict=True):
        for ax, y, colour in ((above, f(x), BLUE), (below, f.slope(x), ORANGE)):
            jump = np.flatnonzero(np.abs(np.diff(y)) > 0.4)  # drawn as a gap
            ax.plot(np.insert(x, jump + 1, np.nan), np.insert(y, jump + 1, np.nan))
            ax.lines[0].set(color=colour, linestyle="-")
            ax.axhline(0, color=GREY, linewidth=0.6, zorder=0)
            ax.set(xticks=[-4, 0, 4])
        above.set(
            title=f.name.replace("_", " "), ylim=(-1.2, 2.2), yticks=[-1, 0, 1, 2]
        )
        below.set(ylim=(-0.1, 1.2), yticks=[0, 0.5, 1], xlabel="$z$")
    for ax in axes[:, 1:].flat:
        ax.tick_params(labelleft=False)
    axes[0, 0].set_ylabel("value")
    axes[1, 0].set_ylabel("slope")
    return figure


def _grid(n: int, low: float, high: float) -> NDArray[np.float64]:
    """Return the n × n points of a square as rows, x_1 varying fastest."""
    t = np.linspace(low, high, n)
    x1, x2 = np.meshgrid(t, t)
    return np.column_stack([x1.ravel(), x2.ravel()])


def shades(
    f: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ax: Axes | None = None,
    *,
    low: float = 0.0,
    high: float = 1.0,
    levels: ArrayLike | None = None,
    n: int = 121,
) -> QuadContourSet:
    """Shade a square by the value of `f`, from B's orange to A's blue.

    Parameters
    ----------
    f : callable
        From points, one a row, of shape (N, 2), to values of shape (N,).
    ax : Axes, optional
    low, high : float, optional
        The square is [low, high]².
    levels : array, optional
        The values between which the shade changes; 11 from 0 to 1 by default.
    n : int, optional
        How many points a side.

    Returns
    -------
    QuadContourSet
        For a colour bar.
    """
    ax = _axes(ax, figsize=(4.2, 4.2))
    levels = np.linspace(0, 1, 11) if levels is None else np.asarray(levels)
    grid = _grid(n, low, high)
    t = grid[:n, 0]
    values = f(grid).reshape(n, n)
    return ax.contourf(t, t, values, levels=levels, cmap=FADE, extend="neither")


def decision_regions(
    net: Network,
    p: ArrayLike,
    ax: Axes | None = None,
    *,
    low: float = 0.0,
    high: float = 1.0,
    n: int = 121,
) -> Axes:
    """Draw where a network with two outputs says A, in blue, and B, in orange.

    Parameters
    ----------
    net : Network
        With two inputs and two outputs.
    p : array, shape (s,)
        Its parameters.
    ax : Axes, optional
    low, high : float, optional
        The square is [low, high]².
    n : int, optional
        How many points a side.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the network has other sizes.
    TypeError
        If `net` is no Network.
    """
    instance(net, Network, "net")
    if (net.sizes[0], net.sizes[-1]) != (2, 2):
        raise ValueError(f"net: expected two inputs and two outputs, got {net.sizes}")
    ax = _axes(ax, figsize=(4.2, 4.2))

    def margin(points: NDArray[np.float64]) -> NDArray[np.float64]:
        output = net(p, points)
        return np.clip(output[:, 0] - output[:, 1], -1, 1)  # a tie counts as B

    shades(margin, ax, low=low, high=high, levels=[-1, 0, 1], n=n)
    _unit_square(ax)
    ax.set(xlim=(low, high), ylim=(low, high))
    return ax


def random_networks(
    net: Network,
    scales: Sequence[float],
    rng: np.random.Generator,
    columns: int = 5,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> Figure:
    """Draw the decision regions of random networks, one scale a row.

    Within a column the same random numbers are scaled up: what changes from row
    to row is the scale alone.

    Parameters
    ----------
    net : Network
    scales : sequence of float
        The standard deviation of the weights and biases, one for each row.
    rng : numpy.random.Generator
    columns : int, optional
    low, high : float, optional
        The square is [low, high]².

    Returns
    -------
    Figure
    """
    instance(net, Network, "net")
    P = net.normal(rng, scale=1.0, size=columns)
    side = WIDTH / columns
    figure, axes = plt.subplots(
        len(scales), columns, figsize=(WIDTH, side * len(scales)), squeeze=False
    )
    for row, scale in zip(axes, scales, strict=True):
        for ax, p in zip(row, P, strict=True):
            decision_regions(net, scale * p, ax, low=low, high=high, n=101)
            ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
        row[0].set_ylabel(f"scale {scale:g}")
    return figure


def network_diagram(
    net: Network,
    ax: Axes | None = None,
    *,
    highlight: tuple[int, int, int] | None = None,
) -> Axes:
    """Draw the neurons of a network and the weights between them.

    Parameters
    ----------
    net : Network
    ax : Axes, optional
    highlight : (l, j, k), optional
        The weight to be drawn in colour: into neuron j of layer l, from neuron
        k of layer l − 1, all counted from 1.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the network has no such weight.
    TypeError
        If `net` is no Network.
    """
    instance(net, Network, "net")
    ax = _axes(ax, figsize=(5.6, 2.9))
    weights = {
        (level, j, k)
        for level, (m, n) in enumerate(pairwise(net.sizes), start=2)
        for j in range(1, n + 1)
        for k in range(1, m + 1)
    }
    if highlight is not None and highlight not in weights:
        raise ValueError(f"highlight: {net.sizes} has no weight {highlight}")
    places = [
        [(2.2 * level, (n - 1) / 2 - i) for i in range(n)]
        for level, n in enumerate(net.sizes)
    ]
    for level, j, k in sorted(weights):
        chosen = highlight == (level, j, k)
        tail, head = places[level - 2][k - 1], places[level - 1][j - 1]
        ax.annotate(
            "",
            xy=head,
            xytext=tail,
            arrowprops={
                "arrowstyle": "-|>",
                "shrinkA": 13,
                "shrinkB": 13,
                "color": ORANGE if chosen else "#9a9a9a",
                "linewidth": 2.6 if chosen else 1.0,
            },
            zorder=2 if chosen else 1,
        )
        if chosen:
            ax.text(
                (tail[0] + head[0]) / 2,
                (tail[1] + head[1]) / 2 + 0.22,
                f"$w^{{[{level}]}}_{{{j}{k}}}$",
                color=ORANGE,
                ha="center",
                va="bottom",
                fontsize=14,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                zorder=5,
            )
    for level, layer in enumerate(places, start=1):
        for j, (x, y) in enumerate(layer, start=1):
            ax.plot(
                x,
                y,
                marker="o",
                markersize=24,
                markerfacecolor="white",
                markeredgecolor=GREY if level == 1 else BLUE,
                markeredgewidth=1.8,
                zorder=3,
            )
            label = f"$x_{j}$" if level == 1 else str(j)
            ax.text(x, y, label, ha="center", va="center", zorder=4)
        name = {1: "\ninput", net.n_layers: "\noutput"}.get(level, "")
        bottom = -(max(net.sizes) - 1) / 2 - 0.7
        ax.text(
            layer[0][0],
            bottom,
            f"layer {level}{name}",
            ha="center",
            va="top",
            color=GREY,
        )
    top = (max(net.sizes) - 1) / 2
    ax.set(
        xlim=(-0.8, 2.2 * (net.n_layers - 1) + 0.8),
        ylim=(-top - 1.5, top + 0.6),
    )
    ax.axis("off")
    return ax
