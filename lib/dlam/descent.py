"""Stochastic gradient descent and gradient descent, for one network or many."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pickle import UnpicklingError
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import array, count, instance, real
from dlam._progress import Progress
from dlam.backprop import _slope_of_cost
from dlam.costs import Loss, _mean_loss, _of_logits, paired, quadratic
from dlam.network import Model, Network, _parameters
from dlam.penalties import Penalty
from dlam.rules import Rule, _share_kept, plain

__all__ = ["Diverged", "History", "gradient_descent", "sgd"]

Array = NDArray[np.float64]

CHUNK = 20_000_000  # parameters visited between two returns to Python: 0.1 s
BLOCK = 1_000_000  # the same for one network, so that a block's order stays in cache
LEAST = 10_000  # the same for one network, so that Python has little to do with each
SMALL = 16  # neurons in the widest layer of a network that is compiled by itself
WIDE = 2**14  # weights of a layer from which BLAS may be faster than a compiled loop,
MUCH = 2**21  # if there are as many multiplications in a step
ROOM = 2**22  # parameters times points of the networks whose cost is taken at once
LONG = 500_000  # steps of the shortest run for which that is done


@dataclass(frozen=True, eq=False)
class History:
    """What remains of a run.

    Attributes
    ----------
    parameters : ndarray, shape (s,), or (k, s) for k networks
        The parameters at the end.
    steps : ndarray of int64, shape (r,)
        The numbers of the steps after which the cost was recorded: 0, the
        start, first, and always the last step.
    cost : ndarray, shape (r,), or (k, r) for k networks
        The cost over all data points after these steps, without a penalty.
    path : ndarray, shape (r, s), or (k, r, s), or None
        The parameters after these steps, if they were asked for.
    """

    parameters: Array
    steps: NDArray[np.int64]
    cost: Array
    path: Array | None = None


class Diverged(ArithmeticError):  # noqa: N818
    """The parameters are no finite numbers any more.

    Attributes
    ----------
    step : int
        The number, from 1, of the step that first led to NaN or infinity.
    history : History
        The run up to the step before, which is recorded.
    """

    def __init__(self, step: int, history: History, network: int | None = None) -> None:
        which = "" if network is None else f" of network {network}"
        super().__init__(
            f"the parameters{which} are no finite numbers any more after step {step}; "
            f"a smaller learning rate may help"
        )
        self.step = step
        self.history = history
        self.network = network

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.history, self.network)


def sgd(
    net: Model,
    p: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    order: ArrayLike,
    learning_rate: ArrayLike,
    loss: Loss = quadratic,
    rule: Rule = plain,
    penalty: Penalty | None = None,
    record_every: int | None = None,
    keep_path: bool = False,
) -> History:
    """Run stochastic gradient descent on the points in the given order.

    Each step moves p by what the rule makes of the gradient of the mean loss at
    the step's points: with `plain`, against it, times the learning rate.

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,) or (k, s)
        The start, or those of k networks, which are trained side by side.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.
    order : array of int, shape (steps,), (steps, m) or (k, steps, m)
        The rows that each step visits, 0, …, N − 1: one, or a mini-batch of m;
        of three dimensions, for each network its own.  See `dlam.sampling`.  For k
        networks, two dimensions of which the first is k and m > k are refused:
        they look like (k, steps).  Give `order[..., None]` if that is meant, and
        `np.broadcast_to(order, (k, *order.shape))` if mini-batches are.
    learning_rate : float or array, shape (steps,)
        One for all steps, or one for each.
    loss : Loss, optional
    rule : Rule, optional
        How a step follows from the gradients; see `dlam.rules`.
    penalty : Penalty, optional
        Its gradient is added to that of the mean loss.  The cost that is recorded
        remains that of the data.
    record_every : int, optional
        After how many steps the cost is recorded.  None records the first and
        the last step.
    keep_path : bool, optional
        Whether the parameters are recorded as well.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, an index is outside
        0, …, N − 1, a learning rate or a size is not positive, or the loss does
        not fit the output layer or the targets.
    TypeError
        If `order` does not hold integers, or an argument is of the wrong kind.
    Diverged
        If the parameters become NaN or infinite.  If only a recorded cost does, a
        RuntimeWarning says so.

    Notes
    -----
    Source: HH (4.6), (4.7), (4.8), which differ only in `order`.

    Equations: eq-single-point-step, eq-epoch-step, eq-minibatch-step

    The loops are compiled by Numba, on first use; the code is kept on disk.  A
    network with an activation or a loss of your own or with wide layers, another
    model, a rule other than `plain` and `momentum`, a penalty, or a Python without
    Numba takes the same steps in NumPy.  Networks of an ensemble
    are shared out among the processor's cores, or `DLAM_THREADS` of them if that
    is set in the environment; the results do not depend on how many there are.

    Examples
    --------
    >>> from dlam import data, sampling
    >>> rng = np.random.default_rng(1)
    >>> X, Y = data.xor()
    >>> net = Network((2, 4, 1))
    >>> order = sampling.with_replacement(4, 50_000, rng)
    >>> history = sgd(net, net.normal(rng, 1.0), X, Y, order, 1.0)
    >>> history.steps, bool(history.cost[-1] < 0.01)
    (array([    0, 50000]), True)
    """
    rows = _order(order)
    k = 0 if np.ndim(p) < 2 else len(p)  # type: ignore[arg-type]
    if rows.ndim == 2 and len(rows) == k < rows.shape[1]:
        raise ValueError(
            f"order: got shape {rows.shape} for {k} networks, which is either {k} "
            f"steps of mini-batches or an order for each network; give "
            f"order[..., None] for the latter, three dimensions for the former too"
        )
    run = _Run(
        net, p, X, Y, rows, learning_rate, loss, rule, penalty, record_every, keep_path
    )
    if rows.min() < 0 or rows.max() >= len(run.X):
        raise ValueError(
            f"order: expected rows from 0 to {len(run.X) - 1}, "
            f"got {rows.min()} to {rows.max()}"
        )
    return run()


def gradient_descent(
    net: Model,
    p: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    steps: int,
    learning_rate: ArrayLike,
    loss: Loss = quadratic,
    record_every: int | None = None,
    keep_path: bool = False,
) -> History:
    """Run gradient descent: every step visits all the points.

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,) or (k, s)
        The start, or those of k networks, which are trained side by side.
    X : array, shape (N, n_1)
        One data point a row.
    Y : array, shape (N, n_L)
        Their targets.
    steps : int
    learning_rate : float or array, shape (steps,)
        One for all steps, or one for each.
    loss : Loss, optional
    record_every : int, optional
        After how many steps the cost is recorded.  None records the first and
        the last step.
    keep_path : bool, optional
        Whether the parameters are recorded as well.

    Returns
    -------
    History

    Raises
    ------
    ValueError, TypeError, Diverged
        As `sgd`.

    Notes
    -----
    Source: HH (4.3).

    Equation: eq-steepest-descent

    Examples
    --------
    >>> net = Network((1, 1))
    >>> history = gradient_descent(net, [1.0, 1.0], [[0.0]], [[0.0]], 2, 0.1)
    >>> history.cost.round(4)
    array([0.2672, 0.2631])
    """
    steps = count(steps, "steps")
    points, _ = paired(net, X, Y, loss)
    # A view without memory of its own: the same N numbers for every step.
    order = np.broadcast_to(np.arange(len(points)), (steps, len(points)))
    run = _Run(
        net, p, X, Y, order, learning_rate, loss, plain, None, record_every, keep_path
    )
    return run()


class _Run:
    """A run whose arguments have been checked, and copied where they change."""

    def __init__(
        self,
        net: Model,
        p: ArrayLike,
        X: ArrayLike,
        Y: ArrayLike,
        order: NDArray[np.integer[Any]],
        learning_rate: ArrayLike,
        loss: Loss,
        rule: Rule,
        penalty: Penalty | None,
        record_every: int | None,
        keep_path: bool,
    ) -> None:
        points, targets = paired(net, X, Y, loss)
        start = _parameters(net, p)
        for name, given in (("p", start), ("X", points), ("Y", targets)):
            if given.dtype.kind == "c":
                raise TypeError(f"{name}: expected real numbers, got complex ones")
        if start.size == 0:
            raise ValueError(f"p: expected at least one network, got {start.shape}")
        self.net, self.loss = net, loss
        self.exact = _of_logits(net, loss)
        self.slope = _slope_of_cost(*self.exact)
        self.rule = instance(rule, Rule, "rule")
        if penalty is not None:
            instance(penalty, Penalty, "penalty")
        self.penalty, self.state = penalty, None
        self.X, self.Y = np.ascontiguousarray(points), np.ascontiguousarray(targets)
        self.single = start.ndim == 1
        self.p = np.atleast_2d(start).copy(order="C")
        k = len(self.p)
        if order.ndim == 3 and (self.single or len(order) != k):
            raise ValueError(
                f"order: three dimensions are for an ensemble, one row of mini-batches "
                f"for each network; got order of shape {order.shape} and p of shape "
                f"{start.shape}"
            )
        self.order = order
        self.n_steps = order.shape[1] if order.ndim == 3 else len(order)
        self.m = order.shape[-1] if order.ndim > 1 else 1
        self.rate = _rate(learning_rate, self.n_steps)
        self.every = self.n_steps
        if record_every is not None:
            self.every = count(record_every, "record_every")
        self.steps = np.arange(0, self.n_steps, self.every, dtype=np.int64)
        self.steps = np.append(self.steps, self.n_steps)
        self.cost = np.empty((k, self.steps.size))
        self.path = np.empty((k, self.steps.size if keep_path else 0, start.shape[-1]))

    def __call__(self) -> History:
        """Take all the steps, and return to Python now and then.

        That is when the run can be interrupted, and when progress is shown.
        """
        from concurrent.futures import ThreadPoolExecutor  # slow to import

        k, s = self.p.shape
        kernel = self.kernel()
        threads = min(_threads(), k) if kernel else 1
        work = s * (self.m + len(self.X) * (self.steps.size - 1) / self.n_steps)
        visited = max(min(CHUNK * threads / k, BLOCK), LEAST)
        size = max(1, int(visited / work)) if kernel else 1
        parts = [
            slice(i * k // (4 * threads), (i + 1) * k // (4 * threads))
            for i in range(4 * threads)
        ]
        with (
            Progress(self.n_steps) as progress,
            ThreadPoolExecutor(threads) as pool,
            np.errstate(all="ignore"),
        ):

            def advance(first: int, last: int) -> None:
                if not kernel:
                    for step in range(first, last):
                        self.step(step)
                elif threads == 1:
                    self.compiled(kernel, slice(None), first, last)
                else:
                    run = partial(self.compiled, kernel, first=first, last=last)
                    list(pool.map(run, parts))

            self.state = self.rule.init(self.p)
            self.record(0)
            for first in range(0, self.n_steps, size):
                last = min(first + size, self.n_steps)
                before = self.p.copy(), _own(self.state)
                try:
                    advance(first, last)
                except (EOFError, UnpicklingError, ValueError) as error:
                    raise (_damaged(error) if kernel else error) from None
                if not np.isfinite(self.p).all():
                    self.diverged(advance, before, first, last)
                progress(last)
        self.finite_costs()
        return self.history(self.steps)

    def finite_costs(self) -> None:
        """Say so if a cost is not finite although the parameters are."""
        wrong = np.flatnonzero(~np.isfinite(self.cost).all(axis=0))
        if wrong.size:
            warnings.warn(
                f"the cost is infinite or NaN after step {self.steps[wrong[0]]}, "
                f"though the parameters are finite",
                RuntimeWarning,
                stacklevel=4,
            )

    def kernel(self) -> Callable[..., None] | None:
        """Return the compiled loop for this run, or None if there is none."""
        if _share_kept(self.rule) is None or self.penalty is not None:
            return None
        if not isinstance(self.net, Network) or _is_wide(self.net, self.m):
            return None
        code = _compiled_code()
        if code is None:
            return None
        kinds = [code.ACTIVATIONS.get(one) for one in self.net.activations]
        loss = code.LOSSES.get(self.loss)
        if loss is None or None in kinds:
            return None
        if self.loss.logits is not None:
            kinds[-1] = code.IDENTITY
        sizes = self.net.sizes
        small = max(sizes) <= SMALL and {*kinds} <= {code.SIGMOID, code.IDENTITY}
        if small and self.m == 1 and self.n_steps * len(self.p) >= LONG:
            kernel: Callable[..., None] = code.specialised(sizes, (-1, *kinds), loss)
            return kernel
        steps = code.point_steps if self.m == 1 else code.batch_steps
        full = None if small and self.m == 1 else 0
        return partial(steps, full, np.array(sizes), np.array([-1, *kinds]), loss)

    def compiled(
        self, kernel: Callable[..., None], part: slice, first: int, last: int
    ) -> None:
        """Take the steps first + 1, …, last of some of the networks."""
        order = self.order[..., first:last] if self.order.ndim == 1 else None
        if order is None:
            order = self.order[..., first:last, :]
        rate = np.ascontiguousarray(self.rate[first:last])
        mu, velocity = _share_kept(self.rule), self.state
        i, j = np.searchsorted(self.steps, (first, last), side="right")
        for n in range(*part.indices(len(self.p))):
            rows = order[n] if self.order.ndim == 3 else order
            rows = np.ascontiguousarray(
                rows.reshape(-1) if self.m == 1 else rows, dtype=np.int64
            )
            kernel(
                self.p[n],
                self.X,
                self.Y,
                rows,
                rate,
                first,
                self.steps[i:j],
                self.cost[n, i:j],
                self.path[n, i:j],
                mu,
                None if velocity is None else velocity[n],
            )

    def step(self, t: int) -> None:
        """Take step t + 1 of all networks, as it is written."""
        own = self.order.ndim == 3
        rows = self.order[:, t] if own else np.atleast_1d(self.order[t])
        if len(self.p) == 1:  # one network is taken as itself
            g = self.mean(self.p[0], rows[0] if own else rows)[np.newaxis]
        elif own and not isinstance(self.net, Network):  # all see the same points
            g = np.stack([self.mean(p, i) for p, i in zip(self.p, rows, strict=True)])
        else:
            g = self.mean(self.p, rows)
        if self.penalty is not None:
            g = g + self.penalty.gradient(self.p)
        step, self.state = self.rule.update(self.state, g, self.p, self.rate[t], t + 1)
        self.p += step  # (4.6), (4.8)
        due = (t + 1) % self.every == 0 or t + 1 == self.n_steps
        if due and np.isfinite(self.p).all():
            self.record(-(-(t + 1) // self.every))

    def mean(self, p: Array, rows: NDArray[np.integer[Any]]) -> Array:
        """Return the mean of the gradients of the losses at some rows."""
        return self.slope(p, self.X[rows], self.Y[rows])

    def record(self, i: int) -> None:
        """Put down the cost of every network, as record number i."""
        some = max(1, ROOM // (self.X.shape[0] * self.p.shape[1]))
        for first in range(0, len(self.p), some):
            part = slice(first, first + some)
            self.cost[part, i] = _mean_loss(*self.exact, self.p[part], self.X, self.Y)
        if self.path.shape[1]:
            self.path[:, i] = self.p

    def history(self, steps: NDArray[np.int64]) -> History:
        """Return the records after the given steps, the first ones of all."""
        pick: Any = 0 if self.single else slice(None)
        r = steps.size
        path = self.path[pick, ..., :r, :].copy() if self.path.shape[1] else None
        return History(self.p[pick], steps, self.cost[pick, ..., :r].copy(), path)

    def diverged(
        self,
        advance: Callable[[int, int], None],
        before: tuple[Array, Any],
        first: int,
        last: int,
    ) -> None:
        """Raise Diverged; it happened between two steps, the first still finite."""

        def again(end: int) -> bool:
            self.p[:], self.state = before[0], _own(before[1])
            advance(first, end)
            return bool(np.isfinite(self.p).all())

        low, high = first, last  # finite after `low` steps, no more after `high`
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if again(middle) else (low, middle)
        again(high)
        bad = int(np.flatnonzero(~np.isfinite(self.p).all(axis=1))[0])
        again(low)
        i = int(np.searchsorted(self.steps, low))
        self.steps[i] = low
        self.record(i)
        history = self.history(self.steps[: i + 1].copy())
        raise Diverged(high, history, None if self.single else bad)


def _own(state: Any) -> Any:
    """Return a state that the compiled loops, which write into it, may have."""
    return state.copy() if isinstance(state, np.ndarray) else state


def _is_wide(net: Network, m: int) -> bool:
    """Return whether a step in NumPy, which calls BLAS, is faster than the loops."""
    widest = max(n * k for n, k in pairwise(net.sizes))
    return widest >= WIDE and m * widest >= MUCH


@cache
def _compiled_code() -> Any:
    """Return the module with the compiled loops, or None where Numba is missing."""
    try:
        from dlam import _compiled
    except ImportError as error:
        why = f"Numba cannot be imported ({error})"
    except Exception as error:  # whatever Numba raises where it cannot keep its code
        why = f"Numba cannot compile ({error}); NUMBA_CACHE_DIR names a folder for it"
    else:
        return _compiled
    warnings.warn(
        f"{why}; sgd and gradient_descent give the same results without it, but take "
        f"about a thousand times as long",
        RuntimeWarning,
        stacklevel=5,
    )
    return None


def _damaged(error: Exception) -> Exception:
    """Return what to raise when a compiled loop could not be loaded."""
    folder = _compiled_code().loss_at.stats.cache_path
    return RuntimeError(
        f"what Numba has compiled and kept in {folder} cannot be read ({error}); "
        f"remove this folder"
    )


def _threads() -> int:
    """Return how many networks are trained at a time."""
    wanted = os.environ.get("DLAM_THREADS", "")
    if wanted:
        try:
            return max(1, int(wanted))
        except ValueError:
            raise ValueError(
                f"DLAM_THREADS: expected a number in the environment, got {wanted!r}"
            ) from None
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _order(order: ArrayLike) -> NDArray[np.integer[Any]]:
    rows = array(order, "order")
    if rows.size == 0 or rows.ndim not in (1, 2, 3):
        raise ValueError(
            f"order: expected shape (steps,), (steps, m) or (k, steps, m), with none "
            f"of them 0, got {rows.shape}"
        )
    if rows.dtype.kind not in "iu":
        raise TypeError(f"order: expected integers, got an array of {rows.dtype}")
    return rows


def _rate(learning_rate: ArrayLike, n_steps: int) -> Array:
    """Return the learning rate of each step; one number takes no more memory."""
    rate = real(learning_rate, "learning_rate")
    if rate.shape not in ((), (n_steps,)):
        raise ValueError(
            f"learning_rate: expected a number, or shape ({n_steps},) with one for "
            f"each step, got shape {rate.shape}"
        )
    if not (rate > 0).all():
        raise ValueError(f"learning_rate: expected numbers > 0, got {rate.min():.6g}")
    return np.broadcast_to(rate, (n_steps,))
