"""Can attention alone copy? One layer and two, ten seeds each.

Besides, one layer where all blocks are equally long: there it need not look at the
tokens, because their places are enough.

A sequence repeats a random block of random length.  From the second time on, the
next token is determined by what followed the present one before.  The networks have
one head in each layer and nothing else: embeddings, positions, attention, skips.

What the layers of a trained network look at is one thing, what it needs another: so
the places in question are forbidden, and the right answers counted again.  Besides,
the networks are asked for the four sequences of which one head must miss one.  The
first network with one layer and the first with two are kept, in `one.npy` and
`two.npy`, and what they look at in one sequence.

    python runs/record.py copying
"""

from __future__ import annotations

from itertools import chain, product
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

HERE = Path(__file__).resolve().parent
TOKENS, LENGTH = 16, 24
WIDTH, BATCH, STEPS, RATE, EVERY = 32, 64, 1200, 3e-3, 25
SEEDS, HELD_OUT = 10, 500
FOUR = ("aboca", "ocaba", "acoba", "obaca"), "bbcc"  # and what comes next
SHOWN = "kcfamogbkcfamogb"
# The layers of a network, and the lengths of the blocks, from the first to the last.
KEPT = "one", "two"  # kinds whose first network is kept
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


def matrices(net):
    """Return all of them: embedding, four for each layer, end."""
    return [net["embedding"], *chain(*net["layers"]), net["end"]]


PLACES = torch.tensor(positions(), dtype=torch.float32)
CAUSAL = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()


def outputs(net, x, forbidden=()):
    """Return the scores of the next tokens, and the weights of each layer.

    The pairs of places that are `forbidden` are so in the layers in turn.
    """
    T = x.shape[1]
    a, weights = net["embedding"][x] * WIDTH**0.5 + PLACES[:T], []
    for layer, (Q, K, V, joins) in enumerate(net["layers"]):
        S = (a @ Q) @ (a @ K).transpose(1, 2) / WIDTH**0.5
        never = ~CAUSAL[:T, :T] | (forbidden[layer] if forbidden else False)
        P = torch.softmax(S.masked_fill(never, -torch.inf), dim=-1)
        a = a + P @ (a @ V) @ joins
        weights.append(P)
    return a @ net["end"], weights


def train(kind, seed, steps):
    """Return a network, and when and how well it copies sequences it has not seen."""
    layers, *lengths = KINDS[kind]
    rng = np.random.default_rng((layers, *lengths, seed))
    net = start(rng, layers)
    adam = torch.optim.Adam(matrices(net), lr=RATE)
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
    found = {"curve": curve, "looks": looks(weights, x, known), "four": four(net)}
    if layers == 2:
        found["without"] = without(net, x, known)
    return net, found


def places(x):
    """Return, for each pair of places, whether they are of three kinds.

    "before": the second is just before the first.  "after": it follows an earlier
    place with the token of the first.  "two before": it is two before the first.
    """
    T = x.shape[1] - 1
    earlier = torch.ones(T, T).tril(-1).bool()
    same = (x[:, :-1, None] == x[:, None, :-1]) & earlier
    after = torch.zeros_like(same)
    after[:, :, 1:] = same[:, :, :-1]
    step = torch.arange(T)[:, None] - torch.arange(T)
    return {"before": step == 1, "after": after, "two before": step == 2}


def without(net, x, known):
    """Return the share of right answers where a layer may not look at some places."""
    found = []
    for layer in range(2):
        shares = {}
        for name, there in places(x).items():
            forbidden = [torch.zeros_like(there), torch.zeros_like(there)]
            forbidden[layer] = there
            with torch.no_grad():
                scores, _ = outputs(net, x[:, :-1], forbidden)
            right = (scores.argmax(-1) == x[:, 1:])[known]
            shares[name] = right.float().mean().item()
        found.append(shares)
    return found


def four(net, choices=500):
    """Return the share of choices of a, b, c, o with 0, 1, …, 4 sequences right."""
    rng, right = np.random.default_rng(4), []
    tokens = rng.permuted(np.tile(np.arange(TOKENS), (choices, 1)), axis=1)[:, :4]
    for words, following in zip(*FOUR, strict=True):
        x = torch.from_numpy(tokens[:, ["abco".index(letter) for letter in words]])
        with torch.no_grad():
            answers = outputs(net, x)[0][:, -1].argmax(-1).numpy()
        right.append(answers == tokens[:, "abco".index(following)])
    return (np.bincount(np.sum(right, axis=0), minlength=5) / choices).tolist()


def shown(net):
    """Return the weights of each layer for one sequence of letters."""
    x = torch.tensor([[ord(letter) - ord("a") for letter in SHOWN]])
    with torch.no_grad():
        weights = outputs(net, x)[1]
    return [P[0].double().numpy().round(4).tolist() for P in weights]


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


def run(small=False):
    """Train all the networks, and return what became of them."""
    torch.set_num_threads(1)
    runs, maps = [], {}
    for seed, kind in product(range(1 if small else SEEDS), KINDS):
        net, found = train(kind, seed, 1 if small else STEPS)
        runs.append({"kind": kind, "seed": seed, **found})
        print(kind, seed, found["curve"][-1], found["four"], flush=True)
        if seed == 0 and kind in KEPT:
            maps[kind] = shown(net)
            if not small:
                parts = [m.detach().numpy().ravel() for m in matrices(net)]
                np.save(HERE / f"{kind}.npy", np.concatenate(parts))
    names = "TOKENS LENGTH WIDTH BATCH STEPS RATE EVERY SEEDS HELD_OUT KINDS"
    settings = {name: globals()[name] for name in names.split()}
    return {"settings": settings, "runs": runs, "shown": {"letters": SHOWN, **maps}}
