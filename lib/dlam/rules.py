"""How a step follows from the gradients so far: rules as pairs of pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import count, function, instance, integer, real
from dlam.network import Network

__all__ = [
    "Rule",
    "adam",
    "adamw",
    "momentum",
    "muon",
    "nesterov",
    "newton_schulz",
    "plain",
    "rmsprop",
]

Array = NDArray[np.float64]

QUINTIC = (3.4445, -4.775, 2.0315)  # the coefficients of Muon's iteration
ADJUSTED: dict[str, Callable[[int, int], float]] = {
    "original": lambda n, m: max(1.0, n / m) ** 0.5,
    "match_rms_adamw": lambda n, m: 0.2 * max(n, m) ** 0.5,
}


@dataclass(frozen=True, repr=False)
class Rule:
    """A rule by which gradients become steps, without a memory of its own.

    What it remembers is a state that is handed in and given back, so that a run
    can be continued, and nothing is hidden.  p may be an ensemble of shape (k, s);
    the state then belongs to all of its networks.

    Parameters
    ----------
    name : str
        How the rule is shown.
    init : callable
        From the parameters p at the start to the state.
    update : callable
        From state, gradient g, p, learning rate and t, the number of the step from
        1, to the step, shaped like p, and the next state.  The next parameters are
        p + step.  Nothing that is passed may be changed.
    coefficients : tuple of float, optional
        The numbers that `name` stands for.

    Examples
    --------
    >>> rule, p = momentum(0.9), np.array([1.0, 2.0])
    >>> state = rule.init(p)
    >>> step, state = rule.update(state, np.array([1.0, 0.0]), p, 0.1, 1)
    >>> p + step
    array([0.9, 2. ])
    """

    name: str
    init: Callable[[Array], Any]
    update: Callable[[Any, Array, Array, float, int], tuple[Array, Any]]
    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        function(self.init, "init")
        function(self.update, "update")

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, self.coefficients))
        return f"{self.name}({inside})" if inside else self.name


def _nothing(p: Array) -> None:
    return None


def _steepest(
    state: None, g: Array, p: Array, rate: float, t: int
) -> tuple[Array, None]:
    return -rate * g, None


plain = Rule("plain", _nothing, _steepest)
"""The step −η g of steepest descent.

Equations: eq-steepest-descent, eq-single-point-step
"""


def _number(value: float, name: str, least: float, below: float) -> float:
    """Return a coefficient from `least` on that is smaller than `below`."""
    found = real(value, name)
    if found.shape != () or not least <= found < below:
        upper = f"to below {below}" if np.isfinite(below) else "on"
        raise ValueError(
            f"{name}: expected a number from {least} {upper}, got {value!r}"
        )
    return found.item()


def momentum(mu: float) -> Rule:
    """Return the rule that goes on in the directions of the steps before.

    The state is the velocity v, zero at the start.  A step sets v ← μv + g and
    goes −ηv, as `torch.optim.SGD(momentum=mu)` does.

    Parameters
    ----------
    mu : float
        The share μ of the velocity that is kept, from 0, as `plain`, to below 1.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If `mu` is not a number from 0 to below 1.

    Examples
    --------
    >>> momentum(0.9)
    momentum(0.9)
    """
    kept = _number(mu, "mu", 0, 1)
    return Rule("momentum", np.zeros_like, partial(_with_velocity, kept), (kept,))


def _with_velocity(
    mu: float, v: Array, g: Array, p: Array, rate: float, t: int
) -> tuple[Array, Array]:
    v = mu * v + g
    return -rate * v, v


def _share_kept(rule: Rule) -> float | None:
    """Return μ of `momentum`, 0 of `plain`, None of a rule with no compiled loop."""
    if rule is plain:
        return 0.0
    update = rule.update
    known = isinstance(update, partial) and update.func is _with_velocity
    return rule.coefficients[0] if known else None


def nesterov(mu: float) -> Rule:
    """Return Nesterov's rule, which looks ahead along the velocity.

    A step sets v ← μv + g and goes −η(g + μv), as
    `torch.optim.SGD(momentum=mu, nesterov=True)` does.

    Parameters
    ----------
    mu : float
        The share μ of the velocity that is kept, from 0, as `plain`, to below 1.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If `mu` is not a number from 0 to below 1.

    Examples
    --------
    >>> nesterov(0.9)
    nesterov(0.9)
    """
    kept = _number(mu, "mu", 0, 1)

    def update(
        v: Array, g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, Array]:
        v = kept * v + g
        return -rate * (g + kept * v), v

    return Rule("nesterov", np.zeros_like, update, (kept,))


def rmsprop(alpha: float = 0.99, epsilon: float = 1e-8) -> Rule:
    """Return the rule that divides each derivative by its size of late.

    The state is s, a moving mean of the squares, zero at the start.  A step sets
    s ← αs + (1 − α)g² and goes −ηg / (√s + ε), as `torch.optim.RMSprop` does.

    Parameters
    ----------
    alpha : float
        The share α of the mean that is kept, from 0 to below 1.
    epsilon : float
        The number ε ≥ 0 that keeps the quotient finite.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If one of them is outside its bounds.

    Examples
    --------
    >>> rmsprop()
    rmsprop(0.99, 1e-08)
    """
    kept = _number(alpha, "alpha", 0, 1)
    small = _number(epsilon, "epsilon", 0, np.inf)

    def update(
        s: Array, g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, Array]:
        s = kept * s + (1 - kept) * g * g
        return -rate * g / (np.sqrt(s) + small), s

    return Rule("rmsprop", np.zeros_like, update, (kept, small))


def adam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Rule:
    """Return Adam, momentum divided by the size of the derivatives of late.

    The state is m and s, moving means of g and of g², zero at the start.  Step t
    sets m ← β₁m + (1 − β₁)g and s ← β₂s + (1 − β₂)g², corrects both for their start
    by m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ), and goes −ηm̂ / (√ŝ + ε), as
    `torch.optim.Adam` does.

    Parameters
    ----------
    beta1, beta2 : float
        The shares β₁, β₂ of the means that are kept, from 0 to below 1.
    epsilon : float
        The number ε ≥ 0 that keeps the quotient finite.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If one of them is outside its bounds.

    Notes
    -----
    Source: Kingma and Ba, the paper that introduced Adam, ICLR 2015.

    Examples
    --------
    >>> adam()
    adam(0.9, 0.999, 1e-08)
    """
    return _adam("adam", 0.0, beta1, beta2, epsilon)


def adamw(
    decay: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> Rule:
    """Return AdamW: Adam, and besides the parameters shrink by the share ηλ.

    The decay is no part of the gradient, so that it is not divided by its size, as
    in `torch.optim.AdamW(weight_decay=decay)`.

    Parameters
    ----------
    decay : float
        The strength λ ≥ 0 of the decay.
    beta1, beta2, epsilon : float
        As for `adam`.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If one of them is outside its bounds.

    Notes
    -----
    Source: Loshchilov and Hutter, on decoupled weight decay, ICLR 2019.

    Examples
    --------
    >>> adamw(0.01)
    adamw(0.01, 0.9, 0.999, 1e-08)
    """
    shrink = _number(decay, "decay", 0, np.inf)
    return _adam("adamw", shrink, beta1, beta2, epsilon)


def _adam(name: str, decay: float, beta1: float, beta2: float, epsilon: float) -> Rule:
    b1, b2 = _number(beta1, "beta1", 0, 1), _number(beta2, "beta2", 0, 1)
    small = _number(epsilon, "epsilon", 0, np.inf)

    def init(p: Array) -> tuple[Array, Array]:
        return np.zeros_like(p), np.zeros_like(p)

    def update(
        state: tuple[Array, Array], g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, tuple[Array, Array]]:
        m, s = state
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * g * g
        direction = (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + small)
        return -rate * (direction + decay * p), (m, s)

    given = (decay,) if name == "adamw" else ()
    return Rule(name, init, update, (*given, b1, b2, small))


def newton_schulz(
    G: ArrayLike,
    steps: int = 5,
    coefficients: tuple[float, float, float] = QUINTIC,
    epsilon: float = 1e-7,
) -> Array:
    """Return a matrix with the singular vectors of G, and other singular values.

    The Newton–Schulz iteration starts with X = G / max(‖G‖, ε), in the Frobenius
    norm, and sets X ← aX + (bA + cA²)X with A = XXᵀ.  A step leaves the singular
    vectors alone, and turns each singular value s into as + bs³ + cs⁵.

    With (3/2, −1/2, 0), or (15/8, −10/8, 3/8), all of them tend to 1, and X to the
    polar factor UVᵀ of G = USVᵀ.  With Muon's coefficients, which are the default,
    small ones grow faster, and none of them converges.

    Parameters
    ----------
    G : array, shape (n, m), or (k, n, m) for k matrices
    steps : int, optional
    coefficients : (a, b, c), optional
    epsilon : float, optional
        The number ε > 0 that keeps the quotient finite where G is zero.

    Returns
    -------
    ndarray, shaped like G

    Raises
    ------
    ValueError
        If G is no matrix, or a number is outside its bounds or not finite.
    TypeError
        If G holds no real numbers, or `steps` is no integer.

    Notes
    -----
    Source: `torch.optim.Muon`, which takes these steps in bfloat16, in eight binary
    digits.  For the iteration that converges, N. J. Higham, *Functions of Matrices*,
    SIAM 2008, chapter 8.

    Examples
    --------
    >>> G = np.array([[3.0, 0.0], [0.0, 4.0]])
    >>> newton_schulz(G, steps=9, coefficients=(1.5, -0.5, 0.0)).round(12)
    array([[1., 0.],
           [0., 1.]])
    >>> newton_schulz(G).round(3)
    array([[0.723, 0.   ],
           [0.   , 1.119]])
    """
    matrix = real(G, "G")
    if matrix.ndim not in (2, 3):
        raise ValueError(
            f"G: expected shape (n, m), or (k, n, m) for k matrices, got {matrix.shape}"
        )
    small = _positive(epsilon, "epsilon")
    return _newton_schulz(
        matrix, count(steps, "steps", 0), _polynomial(coefficients), small
    )


def _newton_schulz(
    G: Array, steps: int, coefficients: tuple[float, float, float], epsilon: float
) -> Array:
    a, b, c = coefficients
    wide = G.shape[-2] <= G.shape[-1]
    norm = np.sqrt((G * G).sum(axis=(-2, -1), keepdims=True))
    X: Array = G / np.maximum(norm, epsilon)
    X = X if wide else X.mT  # A is the smaller of the two products
    for _ in range(steps):
        A = X @ X.mT
        X = a * X + (b * A + c * (A @ A)) @ X
    return X if wide else X.mT


def muon(
    net: Network,
    mu: float = 0.95,
    decay: float = 0.0,
    *,
    layers: Iterable[int] | None = None,
    rest: Rule | None = None,
    rest_rate: float = 1.0,
    nesterov: bool = True,
    adjust: str = "original",
    steps: int = 5,
    coefficients: tuple[float, float, float] = QUINTIC,
    epsilon: float = 1e-7,
) -> Rule:
    """Return Muon: a step that moves a weight matrix in all its directions alike.

    The velocity is that of `momentum`, v ← μv + g.  A weight matrix W goes against
    O, what `newton_schulz` makes of the W-part of g + μv, with singular values near
    1.  Of n rows and m columns, its step is −η(aO + λW), as that of
    `torch.optim.Muon`, where a = √max(1, n/m), or 0.2 √max(n, m) if `adjust` is
    "match_rms_adamw", for which rates that suit `adam` are meant.

    Biases are no matrices.  They, and weights that are left out, follow another
    rule, as is usual: Adam, with the same learning rate or a share of it.

    Parameters
    ----------
    net : Network
        It says where in p the matrices stand.
    mu : float, optional
        The share μ of the velocity that is kept, from 0 to below 1.
    decay : float, optional
        The strength λ ≥ 0 of the decay of the matrices, as in `adamw`.  (PyTorch's
        default is 0.1.)
    layers : iterable of int, optional
        The numbers, from 2 to L, of the layers whose weights are stepped so.  None
        takes all of them.
    rest : Rule, optional
        The rule for all other parameters, which sees them alone; `adam()` if None.
    rest_rate : float, optional
        The learning rate of the rest, as a multiple of that of the matrices.
    nesterov : bool, optional
        Whether g + μv is taken, or v itself.
    adjust : {"original", "match_rms_adamw"}, optional
    steps, coefficients, epsilon : optional
        As for `newton_schulz`.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If a number is outside its bounds, a layer is none of the network's, or
        `adjust` is no such word.
    TypeError
        If an argument is of the wrong kind.

    Notes
    -----
    Source: `torch.optim.Muon`.  Its program runs the iteration in bfloat16.  It
    also takes 1 − μ times the direction above, and so do we; the division by the norm
    undoes that, and only ε could notice.

    Examples
    --------
    >>> net = Network((2, 2, 1))
    >>> rule, p = muon(net), net.normal(np.random.default_rng(1))
    >>> rule
    muon(0.95, 0.0)
    >>> step, state = rule.update(rule.init(p), np.ones(9), p, 0.1, 1)
    >>> step.round(3)
    array([-0.035, -0.035, -0.035, -0.035, -0.1  , -0.1  , -0.049, -0.049,
           -0.1  ])
    """
    net = instance(net, Network, "net")
    kept, shrink = _number(mu, "mu", 0, 1), _number(decay, "decay", 0, np.inf)
    share, small = _positive(rest_rate, "rest_rate"), _positive(epsilon, "epsilon")
    other = adam() if rest is None else instance(rest, Rule, "rest")
    n_steps, numbers = count(steps, "steps", 0), _polynomial(coefficients)
    if adjust not in ADJUSTED:
        raise ValueError(f"adjust: expected one of {[*ADJUSTED]}, got {adjust!r}")
    factor = ADJUSTED[adjust]
    # A vector of places, unpacked, says where the numbers of each matrix stand.
    places = net.unpack(np.arange(net.n_parameters))
    matrices = [places[at - 2].W.astype(np.intp) for at in _layers(net, layers)]
    taken = np.concatenate([W.ravel() for W in matrices])
    remaining = np.setdiff1d(np.arange(net.n_parameters), taken)

    def init(p: Array) -> tuple[Array, Any]:
        return np.zeros_like(p), other.init(p[..., remaining])

    def update(
        state: tuple[Array, Any], g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, tuple[Array, Any]]:
        v, theirs = state
        v = kept * v + g
        ahead = (1 - kept) * (g + kept * v if nesterov else v)
        step = np.empty_like(p)
        for W in matrices:
            O = _newton_schulz(ahead[..., W], n_steps, numbers, small)  # noqa: E741
            step[..., W] = -rate * (factor(*W.shape) * O + shrink * p[..., W])
        step[..., remaining], theirs = other.update(
            theirs, g[..., remaining], p[..., remaining], share * rate, t
        )
        return step, (v, theirs)

    return Rule("muon", init, update, (kept, shrink))


def _layers(net: Network, layers: Iterable[int] | None) -> list[int]:
    """Return the numbers of layers of a network, each once; all if none are named."""
    known = range(2, net.n_layers + 1)
    if layers is None:
        return [*known]
    if not isinstance(layers, Iterable):
        raise TypeError(f"layers: expected numbers of layers, got {layers!r}")
    wanted = sorted({integer(at, "layers") for at in layers})
    if not wanted or not {*wanted} <= {*known}:
        raise ValueError(
            f"layers: expected numbers from 2 to {net.n_layers}, got {wanted}"
        )
    return wanted


def _positive(value: float, name: str) -> float:
    found = real(value, name)
    if found.shape != () or not found > 0:
        raise ValueError(f"{name}: expected a positive number, got {value!r}")
    return found.item()


def _polynomial(coefficients: tuple[float, float, float]) -> tuple[float, float, float]:
    found = real(coefficients, "coefficients")
    if found.shape != (3,):
        raise ValueError(
            f"coefficients: expected three numbers (a, b, c), got {coefficients!r}"
        )
    a, b, c = found.tolist()
    return a, b, c
