"""The mutants of a module: copies of its source, each with one thing changed.

Most operators are Cosmic Ray's; those that know mathematics (a transposed matrix,
a dropped factor, the layer next to the right one) are added here.  What no test
could or should notice is left alone: annotations, docstrings, `__all__`, what the
messages of errors say, and how large and how thick things are drawn.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from os.path import commonprefix
from typing import Any, NamedTuple

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator

Node = Any  # of parso's trees, which are not typed


class Mutant(NamedTuple):
    """A source with one change, and what was changed."""

    kind: str
    where: str  # the function or class that holds the change, or ""
    before: str  # the lines that are gone, joined
    after: str  # the lines that have come
    source: str

    @property
    def name(self) -> str:
        """What a person calls it, whatever line it stands in."""
        return f"{self.where}: {self.before}  →  {self.after}"


# Operators that know mathematics ------------------------------------------------


class _Rewrite(Operator):  # type: ignore[misc, unused-ignore]
    """An operator whose mutants of a node are given as code."""

    def rewrites(self, node: Node) -> Iterator[str]:
        """Yield what may stand in the place of `node`."""
        raise NotImplementedError

    def mutation_positions(self, node: Node) -> Iterator[Any]:
        for _ in self.rewrites(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        code = list(self.rewrites(node))[index]
        return parso.parse(  # type: ignore[no-untyped-call, unused-ignore]
            node.get_first_leaf().prefix + code
        )

    @classmethod
    def examples(cls) -> Iterable[Any]:
        return ()


def _code(node: Node) -> str:
    return str(node.get_code(include_prefix=False))


def _is(node: Node, *types: str) -> bool:
    return getattr(node, "type", "") in types


class DropOperand(_Rewrite):
    """a * b  →  a, and b; the same for sums: a slope or a bias is forgotten."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if not _is(node, "term", "arith_expr"):
            return
        parts = [_code(child) for child in node.children]
        signs = parts[1::2]
        for k in range(0, len(parts), 2):
            around = signs[max(0, k // 2 - 1) : k // 2 + 1]
            if not {*around} <= {"*", "+", "-"}:
                continue
            if k > 0:
                yield " ".join(parts[: k - 1] + parts[k + 1 :])
            else:
                yield " ".join([*parts[1:2] * (parts[1] == "-"), *parts[2:]])


class SwapMatrices(_Rewrite):
    """a @ b  →  b @ a."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if _is(node, "term"):
            parts = [_code(child) for child in node.children]
            for k in range(1, len(parts), 2):
                if parts[k] == "@":
                    swapped = [parts[k + 1], "@", parts[k - 1]]
                    yield " ".join(parts[: k - 1] + swapped + parts[k + 2 :])


class AddTranspose(_Rewrite):
    """a @ b  →  a.T @ b, and a @ b.T."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if _is(node, "term"):
            parts = [_code(child) for child in node.children]
            for k in range(0, len(parts), 2):
                if "@" in parts[max(0, k - 1) : k + 2 : 2] + parts[k + 1 : k + 2]:
                    yield " ".join([*parts[:k], f"({parts[k]}).T", *parts[k + 1 :]])


class DropTranspose(_Rewrite):
    """a.T  →  a, and a.swapaxes(…)  →  a."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if not _is(node, "atom_expr", "power"):
            return
        parts = [_code(child) for child in node.children]
        for k, part in enumerate(parts):
            if part in (".T", ".mT"):
                yield "".join(parts[:k] + parts[k + 1 :])
            elif part in (".swapaxes", ".transpose"):
                yield "".join(parts[:k] + parts[k + 2 :])


class NextIndex(_Rewrite):
    """W[l]  →  W[l + 1], and W[l - 1]: one layer off."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if not _is(node, "trailer") or node.children[0].value != "[":
            return
        if node.search_ancestor("funcdef") is None:  # the index of a type
            return
        inner = node.children[1]
        items = inner.children if _is(inner, "subscriptlist") else [inner]
        parts = [_code(item) for item in items]
        for k, item in enumerate(items):
            if _is(item, "name"):
                for step in ("+ 1", "- 1"):
                    changed = [*parts[:k], f"{parts[k]} {step}", *parts[k + 1 :]]
                    yield "[" + " ".join(changed).replace(" ,", ",") + "]"


OTHER = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "|=": "&=", "&=": "|="}


class FlipAssignment(_Rewrite):
    """a += b  →  a -= b, and so on."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if _is(node, "operator") and node.value in OTHER:
            yield OTHER[node.value]


class DropStatement(_Rewrite):
    """A call that is a statement, or an assignment into something, is left out."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if not _is(node.parent, "simple_stmt"):
            return
        called = _is(node, "atom_expr", "power") and _code(node).endswith(")")
        into = _is(node, "expr_stmt") and (
            _is(node.children[1], "operator", "augassign")
            and (node.children[1].value != "=" or _is_part(node.children[0]))
        )
        if called or into:
            yield "pass"


def _is_part(node: Node) -> bool:
    return _is(node, "atom_expr", "power")


class DropCheck(_Rewrite):
    """if wrong: raise …  →  if False: raise …"""

    def rewrites(self, node: Node) -> Iterator[str]:
        parent = node.parent
        if not _is(parent, "if_stmt") or parent.children[1] is not node:
            return
        body = parent.children[3]
        if any(
            _is(one, "raise_stmt")
            for child in body.children
            for one in getattr(child, "children", [])
        ):
            yield "False"


class OtherEntry(_Rewrite):
    """A number that stands in a list, its last digit one more (0 for 9)."""

    def rewrites(self, node: Node) -> Iterator[str]:
        if not _is(node, "number"):
            return
        lists = [a for a in _ancestors(node) if _is(a, "atom")]
        if any(a.children[0].value == "[" for a in lists):
            yield node.value[:-1] + str((int(node.value[-1]) + 1) % 10)


def _ancestors(node: Node) -> Iterator[Node]:
    while (node := node.parent) is not None:
        yield node


def _core(*names: str, of: str = "") -> list[Operator]:
    """Return operators of Cosmic Ray by their names."""
    return [get_operator(f"core/{of}{name}")() for name in names]


BINARY = "ReplaceBinaryOperator_"
UNARY = "ReplaceUnaryOperator_Delete_"
OPERATORS: dict[str, list[Operator]] = {
    "sign or arithmetic operator": [
        *_core("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", of=BINARY),
        *_core("Mod_Mul", "FloorDiv_Div", "Pow_Mul", "BitAnd_BitOr", of=BINARY),
        *_core("BitOr_BitAnd", "BitXor_BitAnd", of=BINARY),
        *_core("LShift_RShift", "RShift_LShift", of=BINARY),
        *_core("USub", "Invert", of=UNARY),
        FlipAssignment(),
    ],
    "factor or term dropped": [DropOperand()],
    "matrix transposed or product swapped": [
        *(SwapMatrices(), AddTranspose(), DropTranspose())
    ],
    "constant one more or one less": _core("NumberReplacer"),
    "index one off": [NextIndex()],
    "comparison": _core(
        *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt"),
        *("GtE_Lt", "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
        of="ReplaceComparisonOperator_",
    ),
    "logic": [
        *_core("AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", f"{UNARY}Not"),
        *_core("ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    ],
    "check of an argument dropped": [DropCheck()],
    "statement dropped": [DropStatement()],
    "loop, handler or decorator": [
        *_core("ZeroIterationForLoop", "ReplaceBreakWithContinue"),
        *_core("ReplaceContinueWithBreak", "ExceptionReplacer", "RemoveDecorator"),
    ],
}
# For the tests of equations, and for the data; no mutants of modules.
SIGN = "sign or matrix of a formula"
ENTRY = "entry of the data"
SPECIAL: dict[str, list[Operator]] = {
    SIGN: [
        *_core("Add_Sub", "Sub_Add", of=BINARY),
        *_core("USub", of=UNARY),
        *(FlipAssignment(), SwapMatrices(), DropTranspose()),
    ],
    ENTRY: [OtherEntry()],
}

Within = Callable[[str, int], bool]  # of a function's name and a line


def mutants(
    source: str,
    kinds: Iterable[str] = tuple(OPERATORS),
    within: Within = lambda where, line: True,
    most: int | None = None,
) -> list[Mutant]:
    """Return the mutants of a module, in the order of its lines.

    Parameters
    ----------
    source : str
    kinds : iterable of str, optional
        Which of `OPERATORS`, or of `SPECIAL`.
    within : callable, optional
        Given the name of a function and a line, whether to change something there.
    most : int, optional
        Where there are more places than this to alter it in, so many of them are
        drawn, always the same.
    """
    sites = places(source, kinds, within)
    if most is not None and len(sites) > most:
        numbers = sorted(random.Random(0).sample(range(len(sites)), most))
        sites = [sites[n] for n in numbers]
    found: dict[str, tuple[tuple[int, int], Mutant]] = {}
    for site in sites:
        changed = mutate_code(source, site.operator, site.occurrence)
        if changed is None or changed in found or not _differs(source, changed):
            continue
        lines = _difference(source, changed)
        found[changed] = site.start, Mutant(site.kind, site.where, *lines, changed)
    return [mutant for _, mutant in sorted(found.values(), key=lambda pair: pair[0])]


class Site(NamedTuple):
    """Where a source can be altered, and by what."""

    kind: str
    operator: Operator
    occurrence: int
    start: tuple[int, int]
    where: str


def places(
    source: str,
    kinds: Iterable[str] = tuple(OPERATORS),
    within: Within = lambda where, line: True,
) -> list[Site]:
    """Return where `mutants` may alter a source; a few of them make no program."""
    spared, owners = _spared(source), _owners(source)
    nodes = list(ast_nodes(get_ast(source)))
    return [
        Site(kind, operator, occurrence, start, owners.get(start[0], ""))
        for kind in kinds
        for operator in (OPERATORS | SPECIAL)[kind]
        for occurrence, (start, _) in enumerate(
            place for node in nodes for place in operator.mutation_positions(node)
        )
        if not any(a <= start < b for a, b in spared)
        and within(owners.get(start[0], ""), start[0])
    ]


# What Cosmic Ray leaves before a number: [ 2], axis= 2, a** 2, (- 2).
BLANK = re.compile(
    r"(?<=[\[({:]) (?=[-\d])|(?<=\w=) (?=[-\d])|(?<=\*\*) (?=\d)"
    r"|(?<=[(\[:=]-) (?=\d)|(?<=, -) (?=\d)"
)


def _differs(source: str, changed: str) -> bool:
    """Say whether it is a program at all, and not the same one."""
    try:
        return ast.dump(ast.parse(changed)) != _dump(source)
    except SyntaxError:
        return False


@lru_cache(maxsize=1)
def _dump(source: str) -> str:
    return ast.dump(ast.parse(source))


def _difference(source: str, changed: str) -> tuple[str, str]:
    """Return the lines in which they differ; the change is in one place."""
    old, new = source.splitlines(), changed.splitlines()
    first = _common(old, new)
    rest = _common(old[first:][::-1], new[first:][::-1])
    before, after = old[first : len(old) - rest], new[first : len(new) - rest]
    text = BLANK.sub("", " ".join(line.strip() for line in after))
    return " ".join(line.strip() for line in before), text


def _common(one: list[str], other: list[str]) -> int:
    """Return how many lines are the same at the beginning of both."""
    return len(commonprefix([one, other]))  # noqa: RUF071 (of lists, line by line)


# How large and how thick things are drawn, and which of them lies on top.
LOOKS = {"figsize", "fontsize", "linewidth", "markeredgewidth", "markersize", "pad"}
LOOKS |= {"shrinkA", "shrinkB", "zorder", "axes.labelsize", "axes.titlesize"}
LOOKS |= {"figure.figsize", "font.size", "legend.fontsize", "lines.linewidth"}


def _looks(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the numbers that are given to Matplotlib by one of these names."""
    values: list[ast.AST] = []
    if isinstance(node, ast.keyword) and node.arg in LOOKS:
        values = [node.value]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        values = [
            v for k, v in pairs if isinstance(k, ast.Constant) and k.value in LOOKS
        ]
    for value in values:
        yield from (n for n in ast.walk(value) if isinstance(n, ast.Constant))


def _spared(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where nothing is changed, as pairs of positions."""
    spared: list[Any] = []
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            if (part := getattr(node, name, None)) is not None:
                spared.append(part)
        if isinstance(node, ast.Raise):
            spared.append(node)
        spared += _looks(node)
        if isinstance(node, ast.Assign):
            names = {t.id for t in node.targets if isinstance(t, ast.Name)}
            if "__all__" in names:
                spared.append(node)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            spared.append(node)
    lines = source.splitlines()

    def position(line: int, byte: int) -> tuple[int, int]:
        return line, len(lines[line - 1].encode()[:byte].decode())

    return [
        (position(n.lineno, n.col_offset), position(n.end_lineno, n.end_col_offset))
        for n in spared
    ]


def _owners(source: str) -> dict[int, str]:
    """Return for each line the dotted name of the function or class around it."""
    owners: dict[int, str] = {}

    def walk(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                name = f"{prefix}.{child.name}" if prefix else child.name
                first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                for line in range(first, (child.end_lineno or first) + 1):
                    owners[line] = name
            walk(child, name)

    walk(ast.parse(source), "")
    return owners
