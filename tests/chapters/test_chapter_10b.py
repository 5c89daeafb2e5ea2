"""Chapter 10, blocks and language models: counts, copying, bits per character."""

from __future__ import annotations

import json
import sys
from itertools import product
from math import exp, log2, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam.attention import attention
from dlam.blocks import Block
from needed import ROOT
from tools.book import Text, numbers
from tools.evidence import digests

sys.path.insert(0, str(ROOT / "runs"))
from record import changed

TEXT = Text.read(ROOT / "book" / "10b-blocks.md")
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=25)


def result(name: str):
    return json.loads((ROOT / "runs" / name / "result.json").read_text("utf-8"))


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


@pytest.mark.parametrize("name", ["copying", "language", "writing"])
def test_a_long_run_is_that_of_its_program(name) -> None:
    assert changed(name) == []
    assert digests.program(ROOT / "runs" / name / "run.py") == result(name)["program"]


def test_the_snapshot_of_the_prose_is_that_of_the_result() -> None:
    prose = (ROOT / "runs" / "language" / "prose.txt").read_text("utf-8")
    sizes = result("language")["result"]["sizes"]
    assert len(prose) == sizes["characters"]
    assert len(set(prose)) == sizes["kinds"]
    assert len(prose.split()) == sizes["words"]


def norm(a) -> list[float]:
    d = len(a)
    m = sum(a) / d
    v = sum((x - m) ** 2 for x in a) / d
    return [(x - m) / sqrt(v + 1e-5) for x in a]


def times(W, a, b) -> list[float]:
    return [sum(w * x for w, x in zip(row, a, strict=True)) + c
            for row, c in zip(W, b, strict=True)]  # fmt: skip


@pytest.mark.equation("eq-att-heads")
@pytest.mark.equation("eq-att-block")
@quick
@given(seeds, st.sampled_from([1, 2]), st.booleans())
def test_a_block_is_what_is_printed(seed, heads, causal) -> None:
    rng = np.random.default_rng(seed)
    d, m, n = 4, 3, 3
    block = Block(d, heads, m, causal)
    p, X = block.normal(rng), rng.normal(size=(n, d))
    p[12 * 4 : 15 * 4] = rng.normal(size=12)
    parts, at = [], 0
    for shape in block.shapes[:8]:
        size = int(np.prod(shape))
        parts.append(p[at : at + size].reshape(shape))
        at += size
    W, b, W_O, b_O, W_1, b_1, W_2, b_2 = parts
    cuts = [slice(r * d, (r + 1) * d) for r in range(3)]
    q, k, v = ([times(W[cut], norm(x), b[cut]) for x in X] for cut in cuts)
    part = d // heads
    y = [[] for _ in range(n)]
    for h in range(heads):
        cut = slice(h * part, (h + 1) * part)
        for i in range(n):
            seen = range(i + 1) if causal else range(n)
            e = {j: exp(sum(s * t for s, t in zip(q[i][cut], k[j][cut], strict=True))
                        / sqrt(part)) for j in seen}  # fmt: skip
            y[i] += [sum(e[j] * v[j][c] for j in seen) / sum(e.values())
                     for c in range(cut.start, cut.stop)]  # fmt: skip
    printed = []
    for i in range(n):
        a = [x + z for x, z in zip(X[i], times(W_O, y[i], b_O), strict=True)]
        hidden = [max(z, 0) for z in times(W_1, norm(a), b_1)]
        printed.append([x + z for x, z in zip(a, times(W_2, hidden, b_2), strict=True)])
    np.testing.assert_allclose(block(p, X[None])[0].reshape(n, d), printed, atol=1e-10)


@pytest.mark.equation("eq-att-block-parameters")
@pytest.mark.parametrize("d", [1, 3, 64])
def test_the_parameters_of_a_block_are_counted(d) -> None:
    weights = 3 * d * d + d * d + 4 * d * d + 4 * d * d
    rest = 3 * d + d + 4 * d + d + 2 * d + 2 * d
    assert weights + rest == 12 * d**2 + 13 * d == Block(d).n_parameters


@pytest.mark.equation("eq-att-operations")
@pytest.mark.equation("eq-att-cache")
def test_the_multiplications_and_the_cache_are_counted() -> None:
    d, n, L = 4, 6, 3
    shapes = [s for s in Block(d).shapes if len(s) == 2]
    once = sum(rows * columns for rows, columns in shapes)
    scores = sum(1 for _ in product(range(n), range(d)))
    assert once + 2 * scores == 12 * d**2 + 2 * n * d
    keys, values = np.zeros((L, n, d)), np.zeros((L, n, d))
    assert keys.size + values.size == 2 * n * d * L


FOUR = {"aboca": "b", "ocaba": "b", "acoba": "c", "obaca": "c"}


@pytest.mark.equation("eq-att-four")
@quick
@given(seeds, st.floats(0.1, 2))
def test_one_head_never_copies_all_four_sequences(seed, scale) -> None:
    rng = np.random.default_rng(seed)
    vector = {(j, w): scale * rng.normal(size=6) for j in range(5) for w in "aboc"}
    W, readout = rng.normal(size=(3, 6, 6)), rng.normal(size=(6, 2))
    signs, lifted = {}, {}
    for word, following in FOUR.items():
        assert word[word.index("a") + 1] == following
        X = np.array([vector[j, w] for j, w in enumerate(word)])
        found = attention(X[-1:] @ W[0], X @ W[1], X @ W[2])[0]
        b, c = (X[-1] + found) @ readout
        Z = np.exp(X[-1] @ W[0] @ (X @ W[1]).T / sqrt(6)).sum()
        signs[word], lifted[word] = b > c, Z * (b - c)
        assert (lifted[word] > 0) == signs[word]
    wanted = {word: following == "b" for word, following in FOUR.items()}
    assert signs != wanted
    two = lifted["aboca"] + lifted["ocaba"]
    other = lifted["acoba"] + lifted["obaca"]
    assert two == pytest.approx(
        other, rel=1e-6, abs=1e-6 * max(map(abs, lifted.values()))
    )


@pytest.mark.parametrize("seen", range(6, 25))
def test_at_a_single_place_one_head_is_right_for_all_lengths(seen) -> None:
    """At place j the weight is in proportion to |h[j]|, the value has its sign."""
    from scipy.optimize import linprog

    lengths, j = range(5, min(11, seen - 1) + 1), np.arange(seen)
    of = [np.array([j % n == r for r in range(n)], float) for n in lengths]
    faults = [
        (rows[r] if r != seen % n else 0) - rows[seen % n]
        for n, rows in zip(lengths, of, strict=True)
        for r in range(n)
    ]
    h = linprog(
        np.zeros(seen), np.array(faults), -np.ones(len(faults)), bounds=(None, None)
    ).x
    weights = attention(np.ones((1, 1)), np.log(abs(h) + 1e-12)[:, None], np.eye(seen))[
        0
    ]
    for length in lengths:
        block = np.random.default_rng(seen).permutation(16)[:length]
        values = np.zeros((seen, 16))
        values[j, block[j % length]] = np.sign(h)
        assert np.argmax(weights @ values) == block[seen % length]


@pytest.mark.equation("eq-att-bits")
def test_bits_per_character_are_the_mean_surprise() -> None:
    p = [1 / 2, 1 / 4, 1 / 8]
    assert -sum(log2(x) for x in p) / 3 == 2


def page() -> dict:
    """What the cells of the page define to count and to mix."""
    scope: dict = {}
    for name in ("count_contexts", "ngram"):
        [cell] = [c for c in TEXT.cells if f"def {name}(" in c.source]
        exec(cell.source, scope)
    return scope


@pytest.mark.equation("eq-att-ngram")
@quick
@given(st.text("abc", min_size=3, max_size=30), st.sampled_from([0.5, 1, 2]))
def test_an_n_gram_mixes_the_contexts_as_printed(text, strength) -> None:
    scope = page()
    p = scope["ngram"](text, 2, strength, 3)

    def printed(c: str, before: str) -> float:
        value = 1 / 3
        for m in (0, 1):
            context = before[len(before) - m :]
            after = [text[t] for t in range(m, len(text)) if text[t - m : t] == context]
            if after:
                N, K = len(after), len(set(after))
                value = (after.count(c) + strength * K * value) / (N + strength * K)
        return value

    for before in "abc":
        assert sum(p(c, before) for c in "abc") == pytest.approx(1)
        for c in "abc":
            assert p(c, before) == pytest.approx(printed(c, before))


def test_the_program_counts_as_the_page_does() -> None:
    scope = page()
    source = (ROOT / "runs" / "language" / "run.py").read_text("utf-8")
    start, end = source.index("def counts("), source.index("def n_grams(")
    from collections import Counter

    program = {"Counter": Counter, "log2": log2, "CHARACTERS": "abcdr"}
    exec("from __future__ import annotations\n" + source[start:end], program)
    train, test = "abracadabraabra", "cadabrac"
    codes = [list(map("abcdr".index, part)) for part in (train, test)]
    tables = [program["counts"](codes[0], n) for n in (1, 2, 3)]
    found = program["bits"](tables, codes[1], 2)
    p = scope["ngram"](train, 3, 2, 5)
    mean = np.mean([-log2(p(test[t], test[:t])) for t in range(3, len(test))])
    assert found == pytest.approx(mean)
