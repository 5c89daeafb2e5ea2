"""The recipe by which MatConvNet trains its network for CIFAR-10.

Higham and Higham's section 7 uses this network and adds dropout.  What the paper does
not say is taken from the sources of MatConvNet.  `examples/cifar/cnn_cifar.m` and
`cnn_cifar_init.m` are the same from 1.0-beta18 to the last version.  With
`examples/cnn_train.m` the velocity is kept from epoch to epoch, as it is here, since
beta21 of 2016; before, each epoch began at rest.  Where a layer of dropout stands
within its block is our choice.  A `Setting` says everything that can be altered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[np.float32]
BATCH = 100
CLASSES = 10


@dataclass(frozen=True)
class Setting:
    """What can be altered; as it stands, it is MatConvNet's, without dropout.

    Attributes
    ----------
    dropout : tuple of float
        For each of the blocks 1 to 4, the chance that an output is deleted.
    contrast, whitening : bool
        Whether the pictures are prepared so.
    scaled : bool
        Whether the pictures are then divided by their standard deviation.
    flips : str
        Which pictures are mirrored: `"batch"`, one coin for all of a batch;
        `"picture"`, a coin for each; or `"none"`.
    shift : int
        By how many pixels a picture is moved at most, each by itself.
    pooling : str
        `"clipped"`: the first window begins at the corner, and the last sticks out;
        `"centred"`: one pixel sticks out on either side, as far as it can.
    normalised : bool
        Whether batch normalisation stands after each of the filters.
    start : str
        `"narrow"`, MatConvNet's, or `"he"`.
    method : str
        `"momentum"` or `"adamw"`.
    phases : tuple of (int, float)
        For how many epochs which rate, if `cycle` is False.
    cycle : bool
        Whether the rate rises for a fifth of the steps, to that of the first phase,
        and then falls to zero, instead.
    of_biases, of_last : float
        The rate of a bias is so many times the one of the filters, and the rate of
        the last block so many times the one of the others.
    decay : float
    decay_biases : bool
    """

    dropout: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    contrast: bool = True
    whitening: bool = True
    scaled: bool = False
    flips: str = "batch"
    shift: int = 0
    pooling: str = "clipped"
    normalised: bool = False
    start: str = "narrow"
    method: str = "momentum"
    phases: tuple[tuple[int, float], ...] = ((30, 0.005), (10, 0.0005), (5, 0.00005))
    cycle: bool = False
    of_biases: float = 20.0
    of_last: float = 0.1
    decay: float = 1e-4
    decay_biases: bool = True


PLAIN = Setting()
DROPOUT = replace(PLAIN, dropout=(0.15, 0.15, 0.15, 0.35))
# Ten years later: the same layers.
NORMALISED = replace(PLAIN, normalised=True)
CYCLE = replace(
    NORMALISED,
    scaled=True,
    start="he",
    flips="picture",
    of_biases=1.0,
    of_last=1.0,
    decay=5e-4,
    decay_biases=False,
    cycle=True,
)
ADAMW = replace(CYCLE, method="adamw", decay=0.05)

# Each arm of the experiment has one of these.
SETTINGS = {
    "plain": PLAIN,
    "dropout": DROPOUT,
    "no-whitening": replace(PLAIN, whitening=False),
    "no-contrast": replace(PLAIN, contrast=False),
    "neither": replace(PLAIN, contrast=False, whitening=False),
    "coin-a-picture": replace(PLAIN, flips="picture"),
    "no-flips": replace(PLAIN, flips="none"),
    "centred-pooling": replace(PLAIN, pooling="centred"),
    "one-rate": replace(PLAIN, of_biases=1.0, of_last=1.0),
    "no-decay": replace(PLAIN, decay=0.0),
    "free-biases": replace(PLAIN, decay_biases=False),
    "normalised": NORMALISED,
    "cycle": CYCLE,
    "adamw": ADAMW,
}


def prepared(X: Array, X_test: Array, setting: Setting) -> tuple[Array, Array]:
    """Return the pictures as the network sees them.

    Parameters
    ----------
    X, X_test : ndarray, shapes (N, 3, 32, 32) and (M, 3, 32, 32)
        Colours from 0 to 255.
    setting : Setting
        Of it, `contrast`, `whitening` and `scaled`.

    Returns
    -------
    tuple of ndarray of float32
        Of the same shapes.
    """
    shape, N = X.shape[1:], len(X)
    Z = np.concatenate([X, X_test]).reshape(N + len(X_test), -1).astype(np.float32)
    Z -= Z[:N].mean(axis=0, dtype=np.float64).astype(np.float32)
    if setting.contrast:
        Z -= Z.mean(axis=1, keepdims=True)
        n = Z.std(axis=1, ddof=1, keepdims=True)
        Z *= n.mean() / np.maximum(n, 40)  # the mean over the test pictures, too
    if setting.whitening:
        # The divisor is the number of all pictures, though the sum has fewer.
        values, V = np.linalg.eigh((Z[:N].T @ Z[:N]).astype(np.float64) / len(Z))
        d = np.sqrt(np.maximum(values, 0))
        factors = np.sqrt(values.mean()) / np.maximum(d, 10)
        Z = Z @ ((V * factors) @ V.T).astype(np.float32)
    if setting.scaled:
        Z /= Z[:N].std()
    return Z[:N].reshape(-1, *shape), Z[N:].reshape(-1, *shape)


def network(setting: Setting, seed: int) -> nn.Sequential:
    """Return the network of five blocks, with its start drawn."""

    def pool(kind: type[nn.Module]) -> nn.Module:
        if setting.pooling == "clipped":
            return kind(3, 2, ceil_mode=True)
        if kind is nn.AvgPool2d:
            return nn.AvgPool2d(3, 2, padding=1, count_include_pad=False)
        return kind(3, 2, padding=1)

    layers: list[nn.Module] = []
    for block, (inputs, outputs, size) in enumerate(
        [(3, 32, 5), (32, 32, 5), (32, 64, 5), (64, 64, 4), (64, CLASSES, 1)]
    ):
        layers += [nn.Conv2d(inputs, outputs, size, padding=2 if size == 5 else 0)]
        if setting.normalised and block < 4:
            layers += [nn.BatchNorm2d(outputs)]
        layers += [
            [pool(nn.MaxPool2d), nn.ReLU()],
            [nn.ReLU(), pool(nn.AvgPool2d)],
            [nn.ReLU(), pool(nn.AvgPool2d)],
            [nn.ReLU()],
            [nn.Flatten()],
        ][block]
        if block < 4 and setting.dropout[block]:
            layers += [nn.Dropout(setting.dropout[block])]
    net = nn.Sequential(*layers)
    rng = np.random.default_rng([seed, 0])
    filters = [layer for layer in net if isinstance(layer, nn.Conv2d)]
    for layer in filters:
        scale = 0.01 if layer is filters[0] else 0.05
        if setting.start == "he":
            scale = (2 / layer.weight[0].numel()) ** 0.5
        W = scale * rng.standard_normal(layer.weight.shape)
        layer.weight.data = torch.from_numpy(W.astype(np.float32))
        nn.init.zeros_(layer.bias)
    return net


def optimiser(net: nn.Sequential, setting: Setting) -> torch.optim.Optimizer:
    """Return what makes the steps; `factor` in a group multiplies the rate.

    PyTorch's v ← 0.9 v + g, w ← w − rate v is MatConvNet's step: only the sign of v
    differs.
    """
    groups = []
    for layer in net:
        of_layer = setting.of_last if layer is last(net) else 1.0
        for name, p in layer.named_parameters(recurse=False):
            filters = name == "weight" and isinstance(layer, nn.Conv2d)
            groups.append(
                {
                    "params": [p],
                    "factor": of_layer * (1.0 if filters else setting.of_biases),
                    "weight_decay": setting.decay
                    if filters or setting.decay_biases
                    else 0.0,
                }
            )
    if setting.method == "adamw":
        return torch.optim.AdamW(groups, lr=0.0)
    return torch.optim.SGD(groups, lr=0.0, momentum=0.9)


def last(net: nn.Sequential) -> nn.Module:
    """Return the last layer that has filters."""
    return [layer for layer in net if isinstance(layer, nn.Conv2d)][-1]


def rates(setting: Setting, batches: int) -> NDArray[np.float64]:
    """Return the rate of the filters at each step, `batches` steps an epoch."""
    steps = batches * sum(epochs for epochs, _ in setting.phases)
    if setting.cycle:
        peak = setting.phases[0][1]
        return np.interp(np.arange(steps), [0, 0.2 * steps, steps], [0, peak, 0])
    return np.concatenate([np.full(n * batches, rate) for n, rate in setting.phases])


def train(
    net: nn.Sequential,
    steps: torch.optim.Optimizer,
    X: Tensor,
    labels: Tensor,
    setting: Setting,
    epoch: int,
    seed: int,
) -> tuple[float, float]:
    """Train for one epoch; return its mean cost and error, as they fall.

    All that is random in an epoch follows from `seed` and `epoch`, so that a run
    that is taken up again is the run that was not interrupted.
    """
    rng = np.random.default_rng([seed, epoch])
    torch.manual_seed(int(rng.integers(2**62)))  # the neurons that are deleted
    order = torch.from_numpy(rng.permutation(len(X))).to(X.device)
    batches = order.split(BATCH)
    its = rates(setting, len(batches))[(epoch - 1) * len(batches) :]
    costs, wrong = torch.zeros(()), torch.zeros(())
    net.train()
    for rate, batch in zip(its.tolist(), batches, strict=False):
        for group in steps.param_groups:
            group["lr"] = rate * group["factor"]
        x = moved(flipped(X[batch], setting.flips, rng), setting.shift, rng)
        steps.zero_grad()
        outputs = net(x)
        cost = nn.functional.cross_entropy(outputs, labels[batch])
        cost.backward()
        steps.step()
        costs = costs + len(batch) * cost.detach().cpu()
        wrong = wrong + (outputs.argmax(1) != labels[batch]).sum().cpu()
    return float(costs) / len(X), float(wrong) / len(X)


def outputs(
    net: nn.Sequential, X: Tensor, rng: np.random.Generator | None, mirror: bool = False
) -> Tensor:
    """Return the outputs; with `rng`, a coin is thrown for each batch as in training.

    MatConvNet throws it for test pictures, too.
    """
    net.eval()
    found = []
    with torch.no_grad():
        for x in X.split(BATCH):
            turned = rng.random() > 0.5 if rng else mirror
            found.append(net(x.flip(3) if turned else x))
    return torch.cat(found)


def error(outputs: Tensor, labels: Tensor) -> float:
    """Return the share of pictures whose largest output is not that of their class."""
    return float((outputs.argmax(1) != labels).double().mean())


def flipped(x: Tensor, flips: str, rng: np.random.Generator) -> Tensor:
    """Return pictures of which some are mirrored, left and right exchanged."""
    if flips == "none":
        return x
    if flips == "batch":
        return x.flip(3) if rng.random() > 0.5 else x
    coins = torch.from_numpy(rng.random(len(x)) > 0.5).to(x.device)
    return torch.where(coins[:, None, None, None], x.flip(3), x)


def moved(x: Tensor, shift: int, rng: np.random.Generator) -> Tensor:
    """Return pictures moved by up to `shift` pixels, with zeros where nothing is."""
    if shift == 0:
        return x
    n, _, height, width = x.shape
    wide = nn.functional.pad(x, (shift,) * 4)
    corner = torch.from_numpy(rng.integers(2 * shift + 1, size=(2, n, 1))).to(x.device)
    i = corner[0] + torch.arange(height, device=x.device)
    j = corner[1] + torch.arange(width, device=x.device)
    which = torch.arange(n, device=x.device)[:, None, None]
    cut = wide[which, :, i[:, :, None], j[:, None, :]]
    return cut.permute(0, 3, 1, 2)
