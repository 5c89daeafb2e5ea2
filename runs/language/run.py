"""A small language model of the prose of chapters 1 to 6, and n-grams beside it.

    python runs/record.py language

`prose.txt` is a snapshot of the chapters without code and formulas.  The last tenth
is the test text, the tenth before it chooses the settings of the n-grams.
"""

from __future__ import annotations

from collections import Counter
from math import log2
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

TEXT = (Path(__file__).parent / "prose.txt").read_text("utf-8")
CHARACTERS = sorted(set(TEXT))
NUMBER = {character: n for n, character in enumerate(CHARACTERS)}
CODES = np.array([NUMBER[character] for character in TEXT])
TRAIN, CHOOSE = 8 * len(CODES) // 10, 9 * len(CODES) // 10

WIDTH, HEADS, BLOCKS, CONTEXT = 64, 4, 2, 64
BATCH, STEPS, RATE, SEEDS = 16, 1000, 3e-3, 10
ORDERS, STRENGTHS = 10, (1, 2, 4, 8, 16, 32, 64)


# Counting


def counts(codes, n):
    """Return how often each n-gram occurs, by what comes before its last character."""
    found: dict[tuple, Counter] = {}
    for t in range(n - 1, len(codes)):
        before = tuple(codes[t - n + 1 : t])
        found.setdefault(before, Counter())[codes[t]] += 1
    return found


def bits(tables, codes, strength):
    """Return the mean of −log2 of the probability of each character.

    The probability is that of the longest context, mixed with that of the next
    shorter one as if `strength` times as many kinds of next characters as have been
    seen had been seen besides (Witten and Bell's mixture).
    """
    total = 0.0
    longest = len(tables)
    for t in range(longest, len(codes)):
        p = 1 / len(CHARACTERS)
        for n, table in enumerate(tables, 1):
            seen = table.get(tuple(codes[t - n + 1 : t]))
            if seen is None:
                break
            all_of_it, extra = seen.total(), strength * len(seen)
            p = (seen[codes[t]] + extra * p) / (all_of_it + extra)
        total -= log2(p)
    return total / (len(codes) - longest)


def n_grams():
    """Return the bits per character of n-grams, n = 1, 2, …, on the test text."""
    codes = [int(c) for c in CODES]
    tables = [counts(codes[:TRAIN], n) for n in range(1, ORDERS + 1)]
    rows = []
    for n in range(1, ORDERS + 1):
        tried = {s: bits(tables[:n], codes[TRAIN:CHOOSE], s) for s in STRENGTHS}
        best = min(tried, key=tried.get)
        rows.append({
            "n": n, "strength": best, "choose": tried[best],
            "contexts": len(tables[n - 1]),
            "test": bits(tables[:n], codes[CHOOSE:], best),
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


# Attending


class Block(torch.nn.Module):
    """Attention and a layer of hidden neurons, each added to what came in."""

    def __init__(self):
        super().__init__()
        self.before = torch.nn.LayerNorm(WIDTH)
        self.looks = torch.nn.Linear(WIDTH, 3 * WIDTH)
        self.joins = torch.nn.Linear(WIDTH, WIDTH)
        self.between = torch.nn.LayerNorm(WIDTH)
        self.up, self.down = (
            torch.nn.Linear(WIDTH, 4 * WIDTH),
            torch.nn.Linear(4 * WIDTH, WIDTH),
        )

    def forward(self, a):
        N, T, _ = a.shape
        q, k, v = (
            x.view(N, T, HEADS, -1).transpose(1, 2)
            for x in self.looks(self.before(a)).split(WIDTH, dim=-1)
        )
        found = scaled_dot_product_attention(q, k, v, is_causal=True)
        a = a + self.joins(found.transpose(1, 2).reshape(N, T, WIDTH))
        return a + self.down(torch.relu(self.up(self.between(a))))


class Model(torch.nn.Module):
    """Embedding and positions, blocks, and the scores of the next characters."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(len(CHARACTERS), WIDTH)
        self.places = torch.nn.Embedding(CONTEXT, WIDTH)
        self.blocks = torch.nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.end = torch.nn.LayerNorm(WIDTH)
        self.scores = torch.nn.Linear(WIDTH, len(CHARACTERS))

    def forward(self, x):
        a = self.embedding(x) + self.places.weight[: x.shape[1]]
        return self.scores(self.end(self.blocks(a)))


def measured(model, codes):
    """Return the bits per character, each from at least half a context before it."""
    half = CONTEXT // 2
    starts = range(0, len(codes) - CONTEXT - 1, half)
    x = torch.tensor(np.stack([codes[s : s + CONTEXT + 1] for s in starts]))
    total = 0.0
    with torch.no_grad():
        for part in x.split(256):
            scores = model(part[:, :-1])[:, half:]
            total += cross_entropy(
                scores.flatten(0, 1), part[:, half + 1 :].flatten(), reduction="sum"
            ).item()
    return total / (len(x) * half) / np.log(2)


def train(seed, steps=STEPS):
    """Return a trained model."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Model()
    adam = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    warm, falls = steps // 20, steps // 2
    rates = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda t: min((t + 1) / warm, (steps - t) / falls, 1.0)
    )
    for _ in range(steps):
        starts = rng.integers(TRAIN - CONTEXT - 1, size=BATCH)
        x = torch.tensor(np.stack([CODES[s : s + CONTEXT + 1] for s in starts]))
        loss = cross_entropy(model(x[:, :-1]).flatten(0, 1), x[:, 1:].flatten())
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        rates.step()
    return model


def run():
    """Count, train ten models, and measure."""
    torch.set_num_threads(1)
    found = {"n_grams": n_grams(), "models": []}
    found["sizes"] = {
        "characters": len(TEXT), "kinds": len(CHARACTERS), "words": len(TEXT.split()),
        "parameters": sum(q.numel() for q in Model().parameters()), "steps": STEPS,
        "seen": STEPS * BATCH * CONTEXT,
    }  # fmt: skip
    for seed in range(SEEDS):
        model = train(seed)
        found["models"].append({
            "seed": seed,
            "train": measured(model, CODES[: len(CODES) // 40]),
            "test": measured(model, CODES[CHOOSE:]),
        })  # fmt: skip
        print(found["models"][-1], flush=True)
    return found
