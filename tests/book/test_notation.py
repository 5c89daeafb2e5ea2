"""The notation page: shapes are what the code gives, and symbols are used.

The fourth column is evaluated in the setting below, in which all sizes differ,
so that no shape agrees by accident.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pytest

import dlam
from dlam import Network
from needed import ROOT
from tools.book import load

HEADINGS = ["Symbol", "Meaning", "Shape", "In the code", "HH"]


class Row(NamedTuple):
    symbol: str
    meaning: str
    shape: str
    code: str
    paper: str


def rows(page: str) -> list[Row]:
    """Return the rows of the tables with the headings above."""
    found = []
    for table in re.findall(r"^```\{list-table\}(.*?)^```$", page, re.M | re.DOTALL):
        entries = re.split(r"^\* - ", table, flags=re.MULTILINE)[1:]
        cells = [re.split(r"\n  - ", entry.strip()) for entry in entries]
        if cells[0] == HEADINGS:
            found += [Row(*cell) for cell in cells[1:]]
    return found


PAGE = (ROOT / "book" / "notation.md").read_text("utf-8")
ROWS = rows(PAGE)
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.symbol)


def setting() -> dict[str, Any]:
    """What the names in the code mean."""
    sizes, layer, n_points = (8, 6, 3, 4, 2), 3, 7
    rng = np.random.default_rng(1)
    net = Network(sizes)
    p = net.normal(rng)
    W, b = net.unpack(p)[layer - 2]
    names = {name: getattr(dlam, name) for name in dlam.__all__}
    modules = {name: import_module(f"dlam.{name}") for name in ("data", "landscape")}
    return (
        modules
        | names
        | {
            "np": np,
            "net": net,
            "rng": rng,
            "p": p,
            "P": net.normal(rng, size=1),
            "layers": net.unpack(p),
            "X": rng.normal(size=(n_points, sizes[0])),
            "Y": rng.normal(size=(n_points, sizes[-1])),
            "x": rng.normal(size=sizes[0]),
            "y": rng.normal(size=sizes[-1]),
            "W": W,
            "b": b,
            "a": rng.normal(size=W.shape[1]),
            "z": rng.normal(size=W.shape[0]),
            "l": layer,
            "i": 6,
            "j": 3,
            "k": 1,
            "m": 9,
            "N": n_points,
            "L": len(sizes),
            "s": net.n_parameters,
        }
    )


def sizes_in(setting: dict[str, Any]) -> dict[str, int]:
    """What the symbols in the shapes mean."""
    n = dict(enumerate(setting["net"].sizes, 1))
    layer = setting["l"]
    return {
        "n_l": n[layer],
        "n_{l-1}": n[layer - 1],
        "n_{l+1}": n[layer + 1],
        "n_1": n[1],
        "n_L": n[len(n)],
        "Nn_L": setting["N"] * n[len(n)],
        **{name: setting[name] for name in ("N", "L", "s", "k", "m")},
    }


def shape(written: str, sizes: dict[str, int]) -> tuple[int, ...] | None:
    """Return the shape that a cell of the third column means; None for no shape."""
    if written == "—":
        return None
    if written == "scalar":
        return ()
    form = re.fullmatch(r"\$\((.*)\)\$", written)
    assert form, f"{written} is no shape: expected $(n_l,)$, scalar or —"
    entries = [entry.strip() for entry in form[1].split(",")]
    assert len(entries) > 1, f"{written} lacks a comma"
    return tuple(sizes[entry.replace(" ", "")] for entry in entries if entry)


def code(cell: str) -> str | None:
    """Return the code in a cell of the fourth column; None for a dash."""
    if cell == "—":
        return None
    form = re.fullmatch(r"`([^`]+)`", cell)
    assert form, f"{cell} is neither code nor —"
    return form[1]


def as_pattern(symbol: str) -> re.Pattern[str]:
    """Return a pattern for a symbol of which the indices may be others."""
    base, *_ = re.split(r"[\^_]", symbol)
    upper = re.search(r"\^\{?(\[[^\]]*\])\}?", symbol)
    lower = re.search(r"_(\{[^{}]*\}|\w)", symbol)
    above = r"\^\{\[[^\]]+\]\}" if upper else ""
    below = ""
    if lower:
        indices = len(lower[1].strip("{}"))
        below = rf"_(?:\{{\w{{{indices}}}\}}" + (r"|\w)" if indices == 1 else ")")
    both = f"(?:{above}{below}|{below}{above})"
    start = r"(?<![A-Za-z\\])" if base[0] != "\\" else ""
    return re.compile(start + re.escape(base) + both + r"(?![A-Za-z'])")


def test_there_is_a_table_and_every_row_is_complete() -> None:
    assert len(ROWS) >= 10
    assert len({row.symbol for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert all(row)
        assert re.fullmatch(r"\$[^$]+\$", row.symbol)


@each_row
def test_the_code_gives_the_shape(row: Row) -> None:
    known = setting()
    source = code(row.code)
    if source is None:
        return
    value = eval(source, known)
    stated = shape(row.shape, sizes_in(known))
    if stated is None:
        assert callable(value), f"{row.symbol} has a shape, {np.shape(value)}"
    else:
        assert np.shape(value) == stated
        assert np.asarray(value).dtype.kind in "fi"


@each_row
def test_the_symbol_is_used_by_a_chapter(row: Row) -> None:
    pattern = as_pattern(row.symbol.strip("$"))
    for text in load().chapters:
        formulas = (text.text[start:stop] for start, stop in text.maths)
        if text.stem != "index" and any(map(pattern.search, formulas)):
            return
    pytest.fail(f"no chapter uses {row.symbol}")


def test_a_number_in_the_code_is_the_number_meant() -> None:
    known = setting()
    values = {row.symbol: code(row.code) for row in ROWS}
    assert eval(values["$L$"], known) == known["L"]
    assert eval(values["$n_l$"], known) == len(known["b"])
    assert eval(values["$s$"], known) == known["s"] == len(known["p"])
    assert np.array_equal(eval(values["$p$"], known), known["p"])
    assert np.array_equal(eval(values["$W^{[l]}$"], known), known["W"])
    assert np.array_equal(eval(values["$b^{[l]}$"], known), known["b"])


# The check bites


def test_a_wrong_shape_is_seen() -> None:
    sizes = sizes_in(setting())
    assert len(set(sizes.values())) == len(sizes)
    assert shape("$(n_l, n_{l-1})$", sizes) == (3, 6)
    assert shape("$(n_{l-1}, n_l)$", sizes) == (6, 3)
    assert shape("$(k, s)$", sizes) == (1, sizes["s"])
    assert shape("scalar", sizes) == ()
    assert shape("—", sizes) is None
    for wrong in ("$(n_l)$", "(n_l,)", "vector", "$n_l$"):
        with pytest.raises(AssertionError):
            shape(wrong, sizes)


@pytest.mark.parametrize(
    ("symbol", "found", "missed"),
    [
        ("x", ["f(x)", "2x", "x_1"], [r"\max", "y", r"\exp"]),
        (r"\sigma", [r"\sigma(x)", r"a\sigma"], [r"\sigma'", "s"]),
        (r"\sigma'", [r"\sigma'(x)"], [r"\sigma(x)"]),
        ("W^{[l]}", ["W^{[l]}", "W^{[3]}", "W^{[l-1]}"], ["W", "W^T", "w^{[l]}"]),
        ("n_l", ["n_l", "n_1", "n_{l}"], ["n", "n_{l-1}", "n^l"]),
        ("w^{[l]}_{jk}", ["w^{[3]}_{43}", "w_{jk}^{[l]}"], ["w_{ij}", "w^{[l]}"]),
    ],
)
def test_a_symbol_is_known_whatever_its_indices(
    symbol: str, found: list[str], missed: list[str]
) -> None:
    pattern = as_pattern(symbol)
    assert all(map(pattern.search, found))
    assert not any(map(pattern.search, missed))
