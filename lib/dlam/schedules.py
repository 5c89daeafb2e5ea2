"""How the learning rate changes from step to step: arrays, one rate for each step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlam._checks import count, real

__all__ = ["constant", "cosine", "warmup_decay"]

Array = NDArray[np.float64]


def constant(rate: float, steps: int) -> Array:
    """Return the same rate for every step.

    Parameters
    ----------
    rate : float
        The learning rate, positive.
    steps : int

    Returns
    -------
    ndarray, shape (steps,)

    Raises
    ------
    ValueError, TypeError
        If the rate is not positive, or `steps` no number of steps.

    Examples
    --------
    >>> constant(0.1, 3)
    array([0.1, 0.1, 0.1])
    """
    return np.full(count(steps, "steps"), _rate(rate, "rate"))


def warmup_decay(rate: float, steps: int, warmup: int, decay: int) -> Array:
    """Return a rate that rises linearly, stays, and falls linearly towards zero.

    Parameters
    ----------
    rate : float
        The largest rate, positive.
    steps : int
    warmup : int
        In how many steps it rises: step t of them has the rate t `rate` / `warmup`.
    decay : int
        In how many steps it falls at the end; the last has the rate `rate` / `decay`.

    Returns
    -------
    ndarray, shape (steps,)

    Raises
    ------
    ValueError, TypeError
        If the rate is not positive, a number of steps is negative, or both parts
        together are longer than the run.

    Examples
    --------
    >>> warmup_decay(1.0, 8, 2, 4)
    array([0.5 , 1.  , 1.  , 1.  , 1.  , 0.75, 0.5 , 0.25])
    """
    largest, n = _rate(rate, "rate"), count(steps, "steps")
    up, down = count(warmup, "warmup", 0), count(decay, "decay", 0)
    if up + down > n:
        raise ValueError(
            f"warmup, decay: expected together at most steps = {n}, got {up} + {down}"
        )
    t = np.arange(1, n + 1)
    rising, falling = t / max(up, 1), (n + 1 - t) / max(down, 1)
    return largest * np.minimum(1.0, np.minimum(rising, falling))


def cosine(rate: float, steps: int, last: float = 0.0) -> Array:
    """Return a rate that falls along half a period of the cosine.

    Step t, counted from 0, has the rate last + (rate − last)(1 + cos(πt / steps)) / 2,
    as `torch.optim.lr_scheduler.CosineAnnealingLR(eta_min=last)` has.

    Parameters
    ----------
    rate : float
        The rate of the first step, positive.
    steps : int
    last : float, optional
        The rate at the end, from 0 to `rate`.

    Returns
    -------
    ndarray, shape (steps,)

    Raises
    ------
    ValueError, TypeError
        If a rate or `steps` is outside its bounds.

    Examples
    --------
    >>> cosine(1.0, 4).round(4)
    array([1.    , 0.8536, 0.5   , 0.1464])
    """
    first, n = _rate(rate, "rate"), count(steps, "steps")
    end = real(last, "last")
    if end.shape != () or not 0 <= end <= first:
        raise ValueError(f"last: expected a number from 0 to rate, got {last!r}")
    along = (1 + np.cos(np.pi * np.arange(n) / n)) / 2
    return np.asarray(end + (first - end) * along)


def _rate(value: float, name: str) -> float:
    found = real(value, name)
    if found.shape != () or not 0 < found < np.inf:
        raise ValueError(f"{name}: expected a positive number, got {value!r}")
    return found.item()
