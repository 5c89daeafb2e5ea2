# ruff: noqa: E741
"""Dropout: networks some of whose neurons are left out, by masks that are data.

A mask is an array of factors, one for each point and each neuron of a layer: 0 for a
neuron that is left out, and 1/keep for one that is kept, if each is kept with the
probability `keep`.  See `dlam.sampling.masks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam import _lemma
from dlam._checks import instance, integer, numbers, real
from dlam.backprop import _mean_slope
from dlam.costs import Loss, quadratic
from dlam.descent import History, _order, _Run
from dlam.network import Network, _parameters
from dlam.penalties import Penalty
from dlam.rules import Rule, plain

__all__ = ["ThinnedNetwork", "sgd_with_dropout"]

Array = NDArray[np.float64]
Masks = Mapping[int, Array]


@dataclass(frozen=True)
class _Masked:
    """A neuron whose output is multiplied by its factor in the mask."""

    sigma: _lemma.Neuron
    mask: Array

    def __call__(self, z: Array) -> Array:
        return self.mask * self.sigma(z)

    def slope(self, z: Array, a: Array) -> Array:
        return self.mask * self.sigma.slope(z, self.sigma(z))


@dataclass(frozen=True, eq=False)
class ThinnedNetwork:
    """A network with a factor on the output of each neuron.

    It is a model with the parameters of the network: `cost`, `gradient` and the
    others take it in place of one.  Back propagation is that of Lemma 5.1, as a
    neuron with a factor is a neuron with another activation function.

    Parameters
    ----------
    net : Network
    masks : mapping from int to array
        Under the number of a layer, 1 (the input), …, L − 1, the factors of its
        neurons, of shape (N, n_l) for N points, or (1, n_l) or (n_l,) for the same at
        all points; with a leading k for k networks.  A layer without one is whole.

    Raises
    ------
    ValueError
        If a layer is none of 1, …, L − 1, or a mask does not fit it.
    TypeError
        If `net` is no Network, or a mask does not hold real numbers.

    Examples
    --------
    The output is the mean of those with one and with the other neuron, since the
    neurons after these are linear.

    >>> from dlam import identity, relu
    >>> net = Network((1, 2, 1), (relu, identity))
    >>> p = np.array([1.0, 2.0, 0.0, 0.0, 1.0, 1.0, 0.5])
    >>> net(p, [[1.0]])
    array([[3.5]])
    >>> [ThinnedNetwork(net, {2: mask})(p, [[1.0]]).item() for mask in ([2, 0], [0, 2])]
    [2.5, 4.5]
    """

    net: Network
    masks: Masks = field(repr=False)

    def __post_init__(self) -> None:
        sizes = instance(self.net, Network, "net").sizes
        own = {l: mask.copy() for l, mask in _masks(self.masks, sizes, 2).items()}
        object.__setattr__(self, "masks", own)

    @property
    def n_parameters(self) -> int:
        """s, the number of weights and biases."""
        return self.net.n_parameters

    def __call__(self, p: ArrayLike, X: ArrayLike) -> Array:
        """Return the output for each row of `X`.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
        X : array, shape (N, n_1) or (n_1,)

        Returns
        -------
        ndarray, shape (N, n_L) or (n_L,), with a leading k for an ensemble of
            parameters or of masks

        Raises
        ------
        ValueError
            If a shape does not fit the network or the masks, or a number is not
            finite.
        """
        return self.pullback(p, X)[0]

    def pullback(
        self, p: ArrayLike, X: ArrayLike
    ) -> tuple[Array, Callable[[ArrayLike], Array]]:
        """Return the output, and the function that takes slopes back to p.

        Parameters
        ----------
        p : array, shape (s,) or (k, s)
        X : array, shape (N, n_1) or (n_1,)

        Returns
        -------
        output : ndarray, shape (N, n_L) or (n_L,), with a leading k for an ensemble
        back : callable
            From the derivatives of a function with respect to the output, shaped
            like it, to those with respect to p.

        Raises
        ------
        ValueError
            If a shape does not fit the network or the masks, or a number is not
            finite; `back` raises it if the slopes are not shaped like the output.
        """
        points, p = self.net._points(X), _parameters(self.net, p)
        single = points.ndim == 1
        points = np.atleast_2d(points)
        leading = {mask.shape[:-2] for mask in self.masks.values()} - {()}
        if p.ndim == 2:
            leading.add(p.shape[:1])
        if len(leading) > 1:
            raise ValueError(
                f"masks: expected one leading axis for all masks and p, got {leading}"
            )
        for l, mask in self.masks.items():
            if mask.shape[-2] not in (1, len(points)):
                raise ValueError(
                    f"masks: expected {len(points)} rows for layer {l}, one for each "
                    f"row of X, or one for all, got {mask.shape[-2]}"
                )
        rows, back = _pullback(self.net, self.masks, p, points)
        output = rows[..., 0, :] if single else rows

        def checked(slope: ArrayLike) -> Array:
            given = numbers(slope, "slope")
            if given.shape != output.shape:
                raise ValueError(
                    f"slope: expected shape {output.shape} like the output, "
                    f"got {given.shape}"
                )
            return back(given.reshape(rows.shape))

        return output, checked


def _pullback(
    net: Network, d: Masks, p: Array, X: Array
) -> tuple[Array, Callable[[Array], Array]]:
    """Do what `pullback` does, for arguments that have been checked."""
    W, b, sigma = net._named(p)
    thinned = {l: _Masked(sigma[l], d[l]) if l in d else sigma[l] for l in sigma}
    z, a = _lemma.forward(W, b, thinned, d.get(1, 1.0) * X)

    def back(slope: Array) -> Array:
        return net._flat(a, _lemma.backward(W, thinned, z, a, slope))

    return a[net.n_layers], back


def sgd_with_dropout(
    net: Network,
    p: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    order: ArrayLike,
    learning_rate: ArrayLike,
    masks: Mapping[int, ArrayLike],
    loss: Loss = quadratic,
    rule: Rule = plain,
    penalty: Penalty | None = None,
    record_every: int | None = None,
    keep_path: bool = False,
) -> History:
    """Run stochastic gradient descent, with other neurons left out in every step.

    Each step is that of `sgd` for the `ThinnedNetwork` with the step's masks.  The
    masks are inverted dropout's, where a neuron that is kept has the factor 1/keep; so
    the parameters at the end are those of the network with all its neurons.

    Parameters
    ----------
    net : Network
    p : array, shape (s,) or (k, s)
        The start, or those of k networks, which are trained side by side.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.
    order : array of int, shape (steps,), (steps, m) or (k, steps, m)
        The rows that each step visits, as for `sgd`.
    learning_rate : float or array, shape (steps,)
        One for all steps, or one for each.
    masks : mapping from int to array
        Under the number of a layer, 1 (the input), …, L − 1, the factors of its
        neurons at each point of each step, of shape (steps, m, n_l), where m is 1 if
        `order` has one dimension; or (steps, 1, n_l), the same for a whole mini-batch;
        with a leading k for k networks, each with masks of its own.
    loss : Loss, optional
    rule : Rule, optional
    penalty : Penalty, optional
    record_every : int, optional
        After how many steps the cost is recorded, which is that of the network with
        all its neurons.  None records the first and the last step.
    keep_path : bool, optional
        Whether the parameters are recorded as well.

    Returns
    -------
    History

    Raises
    ------
    ValueError, TypeError, Diverged
        As `sgd`, or if a mask does not fit its layer and the order.

    Notes
    -----
    Source: N. Srivastava et al., Journal of Machine Learning Research 15 (2014),
    1929–1958, who multiply by `keep` after the run instead.

    Examples
    --------
    >>> from dlam import data, sampling
    >>> rng = np.random.default_rng(1)
    >>> X, Y = data.xor()
    >>> net = Network((2, 8, 1))
    >>> order = sampling.with_replacement(4, 5_000, rng)
    >>> masks = {2: sampling.masks((5_000, 1, 8), 0.8, rng)}
    >>> history = sgd_with_dropout(net, net.normal(rng, 1.0), X, Y, order, 1.0, masks)
    >>> bool(history.cost[-1] < history.cost[0] / 5)
    True
    """
    sizes = instance(net, Network, "net").sizes
    run = _ThinnedRun(
        net, p, X, Y, _order(order), learning_rate, loss, rule, penalty, record_every,
        keep_path,
    )  # fmt: skip
    run.thin(_masks(masks, sizes, 3))
    if run.order.min() < 0 or run.order.max() >= len(run.X):
        raise ValueError(
            f"order: expected rows from 0 to {len(run.X) - 1}, "
            f"got {run.order.min()} to {run.order.max()}"
        )
    return run()


class _ThinnedRun(_Run):
    """A run each of whose steps has masks."""

    def thin(self, masks: Masks) -> None:
        """Take the masks, if they fit the run."""
        steps, m, k = self.n_steps, self.m, len(self.p)
        allowed: set[tuple[int, ...]] = {(steps, 1), (steps, m)}
        if not self.single:
            allowed |= {(k, *shape) for shape in allowed}
        for l, mask in masks.items():
            if mask.shape[:-1] not in allowed:
                raise ValueError(
                    f"masks: expected shape (steps, m, n) = "
                    f"{(steps, m, mask.shape[-1])} for layer {l}, with 1 for m if a "
                    f"mini-batch shares it, and a leading k for an ensemble of k; "
                    f"got {mask.shape}"
                )
        if k == 1:  # one network is taken as itself
            masks = {l: d.reshape(d.shape[-3:]) for l, d in masks.items()}
        self.masks = masks

    def kernel(self) -> None:
        """There is no compiled loop."""

    def step(self, t: int) -> None:
        """Take step t + 1 of all networks with its masks."""
        net, loss = self.exact
        assert isinstance(net, Network)
        now = {l: mask[..., t, :, :] for l, mask in self.masks.items()}
        self.slope = _mean_slope(partial(_pullback, net, now), loss)
        super().step(t)


def _masks(
    masks: Mapping[int, Any], sizes: tuple[int, ...], axes: int
) -> dict[int, Array]:
    """Return masks with an axis for the points, which fit layers of these sizes."""
    if not isinstance(masks, Mapping):
        raise TypeError(
            f"masks: expected a mapping from layers to arrays, got {masks!r}"
        )
    found = {}
    for l, given in masks.items():
        if not 1 <= integer(l, "masks") < len(sizes):
            raise ValueError(
                f"masks: expected layers from 1 to {len(sizes) - 1}, got {l}"
            )
        mask = real(given, "masks")
        if axes == 2:
            mask = np.atleast_2d(mask)
        n = sizes[l - 1]
        if mask.ndim not in (axes, axes + 1) or mask.shape[-1] != n:
            raise ValueError(
                f"masks: expected {n} factors, one for each neuron of layer {l}, "
                f"got shape {mask.shape}"
            )
        found[l] = mask
    return found
