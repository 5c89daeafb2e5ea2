"""Mutants: what is altered, whether it is noticed, and the page that says so."""

from __future__ import annotations

import ast
import copy
import re

import pytest

from needed import ROOT
from tools.evidence import bites, digests, falsify, mutants, mutations


def changes(source: str, *kinds: str) -> list[str]:
    """What the mutants of a source put in the place of its last line."""
    found = mutations.mutants(source, kinds or tuple(mutations.OPERATORS))
    return [mutant.after for mutant in found]


# The mutants


@pytest.mark.parametrize(
    ("kind", "line", "expected"),
    [
        ("factor or term dropped", "x = a * b", ["x = b", "x = a"]),
        ("factor or term dropped", "x = a - b", ["x = - b", "x = a"]),
        ("factor or term dropped", "x = a + b * c", {"x = b * c", "x = a"}),
        ("factor or term dropped", "x = a / b", []),
        ("sign or arithmetic operator", "x = a - b", ["x = a + b"]),
        ("sign or arithmetic operator", "x = -a", ["x = a"]),
        ("sign or arithmetic operator", "x -= a", ["x += a"]),
        (
            "matrix transposed or product swapped",
            "x = a @ b.T",
            {"x = b.T @ a", "x = (a).T @ b.T", "x = a @ (b.T).T", "x = a @ b"},
        ),
        ("constant one more or one less", "x = W[2]", {"x = W[3]", "x = W[1]"}),
        ("comparison", "x = a < b", {"x = a <= b", "x = a >= b"}),
        ("logic", "x = a and b", ["x = a or b"]),
        ("logic", "x = not a", ["x =  a"]),
    ],
)
def test_a_line_is_altered_in_one_place(
    kind: str, line: str, expected: list[str] | set[str]
) -> None:
    found = changes(line, kind)
    assert set(expected) <= set(found)
    if isinstance(expected, list):
        assert found == expected


def test_the_next_layer_is_taken_for_this_one() -> None:
    source = "def f(W, l):\n    return W[l]\n"
    assert changes(source, "index one off") == ["return W[l + 1]", "return W[l - 1]"]


def test_a_check_is_left_out_with_what_it_raises() -> None:
    source = "def f(x):\n    if x < 0:\n        raise ValueError('x: expected more')\n"
    assert changes(source, "check of an argument dropped") == ["if False:"]


def test_what_no_test_should_notice_is_left_alone() -> None:
    source = '''\
"""A module - with 1 docstring."""
__all__ = ["f" + "g"]
def f(x: int | None = None, y: A[1] = None) -> B[2]:
    """Return 1 + 1."""
    z: C[3]
    raise ValueError(f"expected {1 + 1}")
'''
    assert changes(source) == []


def test_every_mutant_is_a_program_and_another_one() -> None:
    source = (ROOT / "lib" / "dlam" / "backprop.py").read_text("utf-8")
    found = mutations.mutants(source)
    assert len({mutant.source for mutant in found}) == len(found) > 100
    for mutant in found:
        assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(source))
        assert mutant.where in ("forward", "errors", "gradient", "_named", "_unrow")


def test_each_entry_of_the_data_is_altered_once() -> None:
    found = changes("X = [[0.1, -2.0], [30, 9]] + f(5)", mutations.ENTRY)
    assert found == [
        f"X = {data} + f(5)"
        for data in (
            "[[0.2, -2.0], [30, 9]]",
            "[[0.1, -2.1], [30, 9]]",
            "[[0.1, -2.0], [31, 9]]",
            "[[0.1, -2.0], [30, 0]]",
        )
    ]


def test_a_mutant_is_noticed_and_the_module_itself_is_not() -> None:
    path = ROOT / "lib" / "dlam" / "sampling.py"
    source = path.read_text("utf-8")
    wrong = source.replace("size=steps", "size=steps + 1")
    assert wrong != source
    ended, by = mutants.outcomes(
        "lib/dlam/sampling.py", ["tests/test_sampling.py"], [source, wrong], 1
    )
    assert ended == {0: "survived", 1: "killed"}
    assert by.total() == 1


def test_only_comments_and_docstrings_may_change_after_measuring(tmp_path) -> None:
    path = tmp_path / "module.py"
    found = []
    for source in (
        'def f(x):\n    """Return x."""\n    return x\n',
        "def f(x):  # a comment\n    return x\n",
        "def f(x):\n    return -x\n",
    ):
        path.write_text(source, "utf-8")
        found.append(digests.program(path))
    assert found[0] == found[1] != found[2]


# The book


@pytest.mark.parametrize(
    ("stated", "false"),
    [
        ("0.50", ["1.50", "0.60", "0.51"]),
        ("7.9e-4", ["8.9e-4", "7.0e-4", "7.9e-5"]),
        ("< 1e-12", ["> 1e-12"]),
    ],
)
def test_a_claim_is_falsified_digit_by_digit(stated: str, false: list[str]) -> None:
    assert list(falsify.false_claims(stated)) == false


def test_a_false_claim_that_passes_is_told() -> None:
    assert falsify.believed("0.50", 0.5) == []
    assert falsify.believed("< 1", 0.5) == []
    assert falsify.believed("> 1", 0.5) == ["> 1  →  < 1, of 0.5"]


def test_the_tests_of_equations_are_found() -> None:
    marked = falsify.equations(ROOT / "tests" / "test_chapter_05.py")
    assert all(name.startswith("test_") for name in marked)
    assert len(marked) > 10


# The page


def test_what_was_measured_is_what_is_there_now() -> None:
    faults = bites.faults(*bites.load())
    assert not faults, "\n".join(faults)


def test_what_is_wrong_with_the_results_is_said() -> None:
    library, book, reasons = bites.load()
    assert bites.faults(library, book, reasons) == []

    old = copy.deepcopy(library)
    old["paper"]["digest"] = ""
    [fault] = bites.faults(old, book, reasons)
    assert "run `make mutants MODULE=paper`" in fault
    del old["paper"]
    assert fault in bites.faults(old, book, reasons)

    more = copy.deepcopy(library)
    more["paper"]["survivors"].append("f: a  →  b")
    [fault] = bites.faults(more, book, reasons)
    assert fault == "paper: nothing notices, and there is no reason for: f: a  →  b"

    entry = {"module": "paper", "mutants": ["f: a  →  b"], "reason": "None."}
    [fault] = bites.faults(library, book, [*reasons, entry])
    assert "no such thing goes unnoticed in paper: f: a  →  b" in fault

    few = copy.deepcopy(library)
    few["paper"]["noticed"] = -1000
    [fault] = bites.faults(few, book, reasons)
    assert re.fullmatch(r"only -?\d+ of \d+ mutants are noticed", fault)

    stale = copy.deepcopy(book)
    stale["03-cost"]["digest"] = ""
    [fault] = bites.faults(library, stale, reasons)
    assert "run `make mutants CHAPTER=03-cost`" in fault
    del stale["03-cost"]
    assert fault in bites.faults(library, stale, reasons)


def test_each_kind_of_alteration_has_an_example() -> None:
    assert bites.EXAMPLES.keys() == mutations.OPERATORS.keys()


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(5, 5, "100 %"), (1999, 2000, "99.9 %"), (19_999, 20_000, "99.9 %")],
)
def test_a_share_is_never_rounded_up(part: int, whole: int, shown: str) -> None:
    assert bites.share(part, whole) == shown
