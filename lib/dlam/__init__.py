"""The library of the textbook *Deep Learning for Applied Mathematicians*.

A module holds one idea, imports only those above it in the list of the
README, and is explained in one chapter.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dlam._contents import CONTENTS

# These at once: `listing` is the function here, no longer the module of that name.
from dlam.claims import claim
from dlam.listing import listing

# The names of these modules are names of dlam as well.
_FRONT = ("activations", "network", "costs", "backprop", "gradcheck", "descent")
_FROM = {name: module for module in _FRONT for name in CONTENTS[module].names}

__all__ = ["claim", "listing", *_FROM]

if TYPE_CHECKING:  # what mypy and editors know; a test holds it to the list
    __version__: str
    from dlam.activations import Activation as Activation
    from dlam.activations import identity as identity
    from dlam.activations import leaky_relu as leaky_relu
    from dlam.activations import relu as relu
    from dlam.activations import sigmoid as sigmoid
    from dlam.activations import step as step
    from dlam.activations import tanh as tanh
    from dlam.backprop import errors as errors
    from dlam.backprop import forward as forward
    from dlam.backprop import gradient as gradient
    from dlam.costs import Loss as Loss
    from dlam.costs import binary_cross_entropy as binary_cross_entropy
    from dlam.costs import cost as cost
    from dlam.costs import paired as paired
    from dlam.costs import quadratic as quadratic
    from dlam.costs import softmax_cross_entropy as softmax_cross_entropy
    from dlam.descent import Diverged as Diverged
    from dlam.descent import History as History
    from dlam.descent import gradient_descent as gradient_descent
    from dlam.descent import sgd as sgd
    from dlam.gradcheck import complex_step as complex_step
    from dlam.gradcheck import finite_difference as finite_difference
    from dlam.network import Layer as Layer
    from dlam.network import Model as Model
    from dlam.network import Network as Network


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: a chapter needs a part of the library."""
    if name in _FROM:
        value = getattr(import_module(f"dlam.{_FROM[name]}"), name)
    elif name in CONTENTS:
        value = import_module(f"dlam.{name}")
    elif name == "__version__":
        value = import_module("importlib.metadata").version("dlam")
    else:
        raise AttributeError(f"module 'dlam' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_FROM, *CONTENTS, "__version__"})
