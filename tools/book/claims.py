"""What a text states of its numbers: claims in cells, and what is given in front."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from dlam.claims import parse
from tools.book.numerals import Numeral, Statement, statement

HIDDEN = "remove-cell"  # the tag of a cell that no reader sees
ENDURING = {"raises-exception", "skip-execution"}  # there no claim can fail


@dataclass(frozen=True)
class Cell:
    """A code cell; `start` and `stop` enclose its fence in the text."""

    start: int
    stop: int
    metadata: dict[str, Any]
    source: str
    line: int  # of the text, at which `source` begins

    @property
    def tags(self) -> list[str]:
        return list(self.metadata.get("tags", []))


@dataclass(frozen=True)
class Claim:
    """A call of `claim` in a cell of a text."""

    stated: str
    statement: Statement
    bound: str
    line: int
    cell: Cell

    def covers(self, numeral: Numeral) -> bool:
        """Say whether a numeral states what is claimed."""
        opposite = {self.bound, numeral.bound} == {"<", ">"}
        return not opposite and self.statement.covers(numeral.statement)


class Fault(NamedTuple):
    """What is wrong in a line of a text."""

    line: int
    why: str


@lru_cache(maxsize=4096)
def _calls(source: str) -> tuple[list[tuple[str, int]], list[Fault]]:
    """Return what a cell claims, and what is wrong, each with its line."""
    if "claim" not in source:
        return [], []
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [], [Fault(1, f"a cell that claims is no plain Python: {error.msg}")]
    claims: list[tuple[str, int]] = []
    faults: list[Fault] = []
    calls: set[ast.AST] = set()
    for node in tree.body:
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id="claim") as name) as call):
                calls.add(name)
                match call:
                    case ast.Call(
                        args=[ast.Constant(value=str(said)), value], keywords=[]
                    ):
                        claims.append((said, call.lineno))
                        if not _computed(value):
                            why = f"{said!r} is claimed of a literal"
                            faults.append(Fault(call.lineno, why))
                    case ast.Call(args=[ast.Constant(value=str()), *_]):
                        why = "claim takes what is stated, and a value"
                        faults.append(Fault(call.lineno, why))
                    case _:
                        why = "claim states no literal string"
                        faults.append(Fault(call.lineno, why))
    return claims, faults + [
        Fault(getattr(part, "lineno", 1), why)
        for part in ast.walk(tree)
        if part not in calls and (why := _misuse(part))
    ]


def _computed(value: ast.expr) -> bool:
    """Say whether an expression has anything that could come out otherwise."""
    computed = (ast.Name, ast.Call, ast.BinOp)
    return any(isinstance(part, computed) for part in ast.walk(value))


def _misuse(part: ast.AST) -> str:
    """Say what is wrong with the way in which a node uses the word claim."""
    match part:
        case ast.Name(id="claim"):
            return "claim must be called by a statement of its own, in no block"
        case ast.alias(name=name, asname=str(other)) if name != other and "claim" in (
            name,
            other,
        ):
            pass
        case ast.Attribute(attr="claim"):
            pass
        case ast.FunctionDef(name="claim") | ast.ClassDef(name="claim"):
            pass
        case _:
            return ""
    return "claim is called as claim(…), and means dlam's"


def claims(cells: list[Cell]) -> tuple[list[Claim], list[Fault]]:
    """Return the claims of a text in order, and what is wrong with them."""
    found: list[Claim] = []
    faults: list[Fault] = []
    for cell in cells:
        calls, wrong = _calls(cell.source)
        faults += [Fault(cell.line + line - 1, why) for line, why in wrong]
        for stated, line in calls:
            line += cell.line - 1
            said = parse(stated)
            if said is None:
                faults.append(Fault(line, f"{stated!r} is not one number"))
            else:
                what = Statement.of(said.number, said.percent)
                found.append(Claim(stated, what, said.bound, line, cell))
        if calls and HIDDEN not in cell.tags:
            why = f"a cell that claims has the tag {HIDDEN}"
            faults.append(Fault(cell.line, why))
        if calls and ENDURING & set(cell.tags):
            faults.append(Fault(cell.line, "a cell that claims must be able to fail"))
    return found, faults


def given(front: dict[str, Any]) -> tuple[dict[Statement, str], list[Fault]]:
    """Return the numbers that a front matter gives, and what is wrong there."""
    section = front.get("dlam")
    entries = section.get("given") if isinstance(section, dict) else None
    found: dict[Statement, str] = {}
    faults: list[Fault] = []
    for key, source in (entries or {}).items():
        what = statement(key) if isinstance(key, str) else None
        why = ""
        if what is None:
            why = "is not one number in quotation marks"
        elif not (isinstance(source, str) and source.strip()):
            why = "does not say where it is from"
        elif what in found:
            why = "is there twice"
        else:
            found[what] = f"{key}: {source}"
        if why:
            faults.append(Fault(1, f"given: {key!r} {why}"))
    return found, faults


def prose_above(
    prose: str, numerals: list[Numeral], stated: list[Claim]
) -> Iterator[tuple[Claim, list[Numeral]]]:
    """Yield each claim with the numerals since the prose before its cell began."""
    start = stop = 0
    for claim in stated:
        cell = claim.cell
        if prose[stop : cell.start].strip():
            start = stop
        stop = cell.stop
        yield claim, [n for n in numerals if start <= n.start < cell.start]
