"""What identifies a program: it changes when what was measured of it is stale.

Comments, docstrings and the texts of error messages are no part of it, nor is the
way in which lines are broken.  It is made from the tokens of the source, which are
the same in all versions of Python once f-strings are taken whole; what `ast.unparse`
writes differs from version to version.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["digest", "functions", "library", "program"]

Place = tuple[int, int]  # a line, and a column in characters
Piece = tuple[Place, str]  # where a token begins, and what it says
END = 10**9  # after the last column of a line
BLANK = {tokenize.NL, tokenize.COMMENT, tokenize.ENCODING, tokenize.ENDMARKER}
BLOCKS = {tokenize.NEWLINE: "\n", tokenize.INDENT: "{", tokenize.DEDENT: "}"}


def digest(text: str) -> str:
    """Return what identifies a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def program(path: Path) -> str:
    """Return what identifies a program, whatever its comments and messages say."""
    return _joined(_pieces(path.read_text("utf-8")))


def library(folder: Path) -> dict[str, str]:
    """Return what identifies each function of a package, by its dotted name.

    With " as printed" behind the name it is the text that a listing shows.
    """
    found = {}
    for path in sorted(folder.glob("*.py")):
        source = path.read_text("utf-8")
        module = f"{folder.name}.{path.stem}".removesuffix(".__init__")
        if path.stem == "_contents":  # it computes nothing
            continue
        for name, its in (functions(source) | _printed(source)).items():
            found[f"{module}.{name}".rstrip(".")] = its
    return found


@cache
def _printed(source: str) -> dict[str, str]:
    lines = source.splitlines()
    return {
        f"{name} as printed": digest("\n".join(lines[first[0] - 1 : last[0]]))
        for name, first, last in _definitions(source)
    }


@cache
def functions(source: str) -> dict[str, str]:
    """Return what identifies each function, method and class of a module.

    A class is its body without the methods, and "" the module without functions,
    classes, imports and its list of names; what is defined inside a function is part
    of it.
    """
    spans = [*_definitions(source)]  # from the outside in
    place = _places(source)
    listed = [place(node) for node in ast.parse(source).body if _lists(node)]
    parts: dict[str, list[Piece]] = defaultdict(list)
    for piece in _pieces(source):
        inside = [name for name, a, b in spans if a <= piece[0] < b]
        if not any(a <= piece[0] < b for a, b in listed):
            parts[inside[-1] if inside else ""].append(piece)
    return {name: _joined(pieces) for name, pieces in sorted(parts.items())}


def _joined(pieces: list[Piece]) -> str:
    said: list[str] = []
    for _, text in pieces:
        if text != "\n" or (said and said[-1] not in "\n{}"):  # no empty statement
            said.append(text)
    return digest("\0".join(said))


def _definitions(source: str) -> Iterator[tuple[str, Place, Place]]:
    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Place, Place]]:
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}.{child.name}".lstrip(".")
                first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                yield name, (first, 0), (child.end_lineno or first, END)
            if name == prefix or isinstance(child, ast.ClassDef):
                yield from walk(child, name)

    return walk(ast.parse(source), "")


def _places(source: str) -> Callable[[ast.AST], tuple[Place, Place]]:
    """Return a function that says where a node begins and ends."""
    lines = io.StringIO(source).readlines()

    def place(line: int, byte: int) -> Place:
        return line, len(lines[line - 1].encode()[:byte].decode())

    def both(node: Any) -> tuple[Place, Place]:
        return (
            place(node.lineno, node.col_offset),
            place(node.end_lineno, node.end_col_offset),
        )

    return both


def _lists(node: ast.stmt) -> bool:
    """Say whether a statement imports, or is `__all__ = …`."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    named = any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets)
    return named or isinstance(node, ast.Import | ast.ImportFrom)


def _left_out(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the docstrings in a tree, and the texts in what it raises."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and _is_text(child.value):
            yield child
        elif isinstance(child, ast.Raise):
            yield from _texts(child)
        else:
            yield from _left_out(child)


def _texts(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if _is_text(child):
            yield child
        else:
            yield from _texts(child)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def _pieces(source: str) -> list[Piece]:
    """Return the tokens of a program without what does not identify it."""
    place = _places(source)
    spans = [place(node) for node in _left_out(ast.parse(source))]
    lines = io.StringIO(source).readlines()
    found: list[Piece] = []
    depth = 0
    begin: Place = (0, 0)
    last: Place = (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        start, text = token.start, BLOCKS.get(token.type, token.string)
        if token.type in (tokenize.INDENT, tokenize.DEDENT):  # with what is before
            start = last
        if kind.endswith("STRING_START"):  # from Python 3.12 on: taken whole
            begin, depth = (begin if depth else start), depth + 1
        if kind.endswith("STRING_END"):
            depth -= 1
            if depth == 0:
                start, text = begin, _between(lines, begin, token.end)
        elif kind.endswith("STRING_START") or token.type in BLANK:
            continue
        if depth == 0:
            last = start
            if not any(a <= start < b for a, b in spans):
                found.append((start, text))
    return found


def _between(lines: list[str], begin: Place, end: Place) -> str:
    part = lines[begin[0] - 1 : end[0]]
    part[-1] = part[-1][: end[1]]
    part[0] = part[0][begin[1] :]
    return "".join(part)
