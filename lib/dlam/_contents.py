"""The modules of the library, in the order in which they are read.

It is the order of the chapters as far as the imports allow: a module imports only
from those above it.  The table in the README, what `import dlam` offers, and the
check that a chapter uses only what has been introduced are made from this list.
"""

from typing import NamedTuple

__all__ = ["CONTENTS", "Module"]


class Module(NamedTuple):
    """What a module holds, and which chapter introduces each of its public names.

    Attributes
    ----------
    about : str
    names : dict
        From a name to the number of a chapter; 0 for the book's own tools.
    """

    about: str
    names: dict[str, int]


def _module(about: str, chapter: int, names: str, **later: int) -> Module:
    """Return a module whose names, parted by blanks, belong to one chapter."""
    return Module(about, dict.fromkeys(names.split(), chapter) | later)


CONTENTS: dict[str, Module] = {
    "activations": _module(
        "the sigmoid and other activation functions, with their slopes",
        1,
        "Activation identity leaky_relu relu sigmoid step tanh",
    ),
    "network": _module(
        "a fully connected network: a shape, and one vector of parameters",
        1,
        "Layer Network",
        Model=5,
    ),
    "data": _module(
        "the data sets",
        1,
        "Data drilling_sites",
        xor=2,
        logistic_points=3,
        digits=4,
        Cifar10=9,
        cifar10=9,
        mnist=9,
    ),
    "costs": _module(
        "losses, and the cost",
        3,
        "Loss binary_cross_entropy cost paired quadratic softmax_cross_entropy",
    ),
    "pytorch": _module("to and from `torch.nn`", 3, "to_module", to_parameters=4),
    "backprop": _module(
        "the gradient, by back propagation", 5, "errors forward gradient"
    ),
    "gradcheck": _module(
        "the gradient by finite differences and by the complex step",
        5,
        "complex_step finite_difference",
    ),
    "landscape": _module(
        "slices of the cost, Hessian, residuals and Jacobian",
        3,
        "hessian jacobian line plane residuals",
    ),
    "sampling": _module(
        "the order in which stochastic gradient visits the points",
        4,
        "epochs minibatches with_replacement",
        masks=8,
    ),
    "rules": _module(
        "how a step follows from the gradients so far",
        4,
        "Rule plain",
        momentum=7,
        nesterov=7,
        rmsprop=7,
        adam=7,
        adamw=7,
        muon=7,
        newton_schulz=7,
    ),
    "penalties": _module(
        "what large parameters cost", 8, "Penalty l1 l2 restricted weights"
    ),
    "descent": _module(
        "stochastic gradient and gradient descent",
        4,
        "Diverged History gradient_descent sgd",
    ),
    "matlab": _module("MATLAB's random numbers", 5, "MatlabRandom"),
    "paper": _module("the experiment of Higham and Higham", 5, "Run netbp"),
    "sharpness": _module(
        "how sharply the cost curves along a run",
        6,
        "hessian_times largest_eigenvalue sharpness",
    ),
    "matching": _module(
        "matching the neurons of two networks, and the barrier between them",
        6,
        "barrier match n_copies rearrange",
    ),
    "features": _module(
        "random features, and the least-norm fit",
        6,
        "gaussian_risk inverse_trace least_norm random_features random_labels",
    ),
    "implicit_bias": _module(
        "what gradient descent prefers without being told",
        6,
        "effective_rank flow_filter gradient_flow max_margin mode_growth "
        "modified_gradient nearest_solution ridge_filter",
    ),
    "dimension": _module(
        "counting and measuring in many dimensions",
        6,
        "contrast cover_count cuts_off in_ball labellings positive_chances separable",
    ),
    "coordinates": _module(
        "learning an image from the coordinates of its pixels",
        6,
        "amplitude colours every_second fourier_features grid photograph picture psnr "
        "start",
    ),
    "schedules": _module(
        "learning rates that change from step to step",
        7,
        "constant cosine warmup_decay",
    ),
    "dropout": _module(
        "networks some of whose neurons are left out",
        8,
        "ThinnedNetwork sgd_with_dropout",
    ),
    "normalisation": _module(
        "networks whose weighted inputs are standardised over a batch",
        8,
        "NormalisedLayer NormalisedNetwork Statistics running_statistics",
    ),
    "pooling": _module(
        "the largest number or the mean of each window of a picture",
        9,
        "average_pool average_pool_gradient max_pool max_pool_gradient",
    ),
    "convolution": _module(
        "correlations of pictures with kernels, and networks made of them",
        9,
        "AveragePooling Convolution ConvolutionalNetwork CorrelationGradient Dense "
        "MaxPooling Residual correlate correlation_gradient matrix",
    ),
    "attention": _module(
        "weighted means of values, and their derivatives",
        10,
        "AttentionGradient attention attention_gradient",
    ),
    "blocks": _module(
        "attention with several heads and a layer of neurons, each with a skip",
        10,
        "Block",
    ),
    "runs": _module("what was measured in runs too long for a cell", 0, "path result"),
    "claims": _module(
        "the numbers in the text, held against the numbers computed",
        0,
        "ClaimError Stated claim margin parse",
    ),
    "listing": _module(
        "the library's source, as the book prints it", 0, "listing source"
    ),
    "plots": _module(
        "the figures",
        0,
        "activations curves decision_regions network_diagram random_networks "
        "scatter shades use_book_style",
    ),
}
