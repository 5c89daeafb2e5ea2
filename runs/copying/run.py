"""Can attention alone copy? One layer and two, ten seeds each.

Besides, one layer where all blocks are equally long: there it need not look at the
tokens, because their places are enough.

A sequence repeats a random block of random length.  From the second time on, the
next token is determined by what followed the present one before.  The networks have
one head in each layer and nothing else: embeddings, positions, attention, skips.

    python runs/record.py copying
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from torch.nn.functional import cross_entropy

TOKENS, LENGTH = 16, 24
WIDTH, BATCH, STEPS, RATE, EVERY = 32, 64, 1200, 3e-3, 25
SEEDS, HELD_OUT = 10, 500
# The layers of a network, and the lengths of the blocks, from the first to the last.
KINDS = {"one": (1, 5, 11), "two": (2, 5, 11), "one, fixed length": (1, 8, 8)}


def sequences(rng, n, shortest, longest):
    """Return n sequences, and which of their next tokens can be known.

    Each is a random block, repeated: x[t] = x[t - length] from the second time on.
    A block holds no token twice, so that what follows a token is never in doubt.
    """
    length = rng.integers(shortest, longest + 1, size=n)
    block = rng.permuted(np.tile(np.arange(TOKENS), (n, 1)), axis=1)
    t = np.arange(LENGTH + 1)
    x = np.take_along_axis(block, t[None] % length[:, None], axis=1)
    known = t[None, :-1] >= length[:, None]  # x[t] has been seen, so has x[t + 1]
    return x, known


def positions():
    """Return the sines and cosines that stand for the places."""
    t = np.arange(LENGTH)[:, None]
    omega = 100.0 ** (-np.arange(WIDTH // 2) / (WIDTH // 2))
    return np.concatenate([np.sin(t * omega), np.cos(t * omega)], axis=1)


def start(rng, layers):
    """Return the matrices of a network: embedding, for each layer four, and the end."""

    def matrix(*shape):
        values = rng.normal(size=shape) / np.sqrt(WIDTH)
        return torch.tensor(values, dtype=torch.float32, requires_grad=True)

    embedding = matrix(TOKENS, WIDTH)
    return {
        "embedding": embedding,
        "layers": [[matrix(WIDTH, WIDTH) for _ in range(4)] for _ in range(layers)],
        "end": matrix(WIDTH, TOKENS),
    }


PLACES = torch.tensor(positions(), dtype=torch.float32)
CAUSAL = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()


def outputs(net, x):
    """Return the scores of the next tokens, and the weights of each layer."""
    a, weights = net["embedding"][x] * WIDTH**0.5 + PLACES, []
    for Q, K, V, joins in net["layers"]:
        S = (a @ Q) @ (a @ K).transpose(1, 2) / WIDTH**0.5
        P = torch.softmax(S.masked_fill(~CAUSAL, -torch.inf), dim=-1)
        a = a + P @ (a @ V) @ joins
        weights.append(P)
    return a @ net["end"], weights


def train(kind, seed, steps):
    """Return when and how well a network copies sequences that it has not seen."""
    layers, *lengths = KINDS[kind]
    rng = np.random.default_rng((layers, *lengths, seed))
    net = start(rng, layers)
    parameters = [net["embedding"], net["end"], *(m for four in net["layers"] for m in four)]
    adam = torch.optim.Adam(parameters, lr=RATE)
    unseen = sequences(np.random.default_rng(99), HELD_OUT, *lengths)
    x, known = map(torch.from_numpy, unseen)
    curve = []
    for step in range(steps + 1):
        if step % EVERY == 0:
            with torch.no_grad():
                scores, weights = outputs(net, x[:, :-1])
                right = (scores.argmax(-1) == x[:, 1:])[known]
                nats = cross_entropy(scores[known], x[:, 1:][known])
            curve.append([step, right.float().mean().item(), nats.item()])
        batch, its = map(torch.from_numpy, sequences(rng, BATCH, *lengths))
        loss = cross_entropy(outputs(net, batch[:, :-1])[0][its], batch[:, 1:][its])
        adam.zero_grad()
        loss.backward()
        adam.step()
    return curve, looks(weights, x, known)


def looks(weights, x, known):
    """Return how much of its weight each layer gives to two places.

    They are the place just before, and that after the last place of the same token.
    """
    T = known.shape[1]
    same = (x[:, :-1, None] == x[:, None, :-1]) & torch.ones(T, T).tril(-1).bool()
    t = torch.arange(T)
    last = torch.where(same, t, -1).amax(-1)
    found = []
    for P in weights:
        before = P[:, t[1:], t[1:] - 1].mean().item()
        after = P.gather(2, (last + 1)[..., None])[..., 0][known].mean().item()
        found.append({"before": before, "after": after})
    return found


def run(seeds=SEEDS, steps=STEPS):
    """Train all the networks, and return what became of them."""
    torch.set_num_threads(1)
    runs = []
    for seed, kind in product(range(seeds), KINDS):
        curve, places = train(kind, seed, steps)
        runs.append({"kind": kind, "seed": seed, "curve": curve, "looks": places})
        print(kind, seed, curve[-1], places, flush=True)
    names = ["TOKENS", "LENGTH", "WIDTH", "BATCH", "STEPS", "RATE", "EVERY", "SEEDS", "HELD_OUT", "KINDS"]
    return {"settings": {name: globals()[name] for name in names}, "runs": runs}
