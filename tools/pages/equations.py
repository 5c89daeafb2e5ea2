"""Write the page that joins each equation to its functions and its tests.

A displayed equation of a text has a label; a function that implements it says
`Equation: eq-label` in its docstring (or `Equations: eq-a, eq-b`); a test that
checks it carries `@pytest.mark.equation("eq-label")`.  All three are read, none
is imported.  It is an error if a label has no test, if a docstring or a mark
names no label, or if an equation outside proofs, exercises and solutions has
no label.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tools import ROOT
from tools.book.labels import texts
from tools.pages.generated import put

PAGE = "equations.md"
LABEL = re.compile(r"eq-[a-z0-9]+(?:-[a-z0-9]+)*")
NAMES = ["HH", "XOR", "NumPy", "PyTorch", "ReLU", "MATLAB", "Numba", "Python"]
PROPER = {name.lower(): name for name in NAMES}


class Function(NamedTuple):
    """What implements an equation: `name` in the module `module`."""

    module: str
    name: str


class Test(NamedTuple):
    """What checks an equation: the function `name` of the file `file`."""

    file: str
    name: str

    @property
    def sentence(self) -> str:
        """The name of the test as a sentence."""
        words = self.name.removeprefix("test_").split("_")
        sentence = " ".join(PROPER.get(word, word) for word in words)
        return sentence[:1].upper() + sentence[1:]


@dataclass
class Equation:
    """A displayed equation with a label, and what belongs to it."""

    label: str
    formula: str
    where: str
    functions: list[Function] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)


@dataclass
class Chapter:
    """The equations of one text."""

    stem: str
    title: str
    equations: list[Equation]


def read_chapters(folder: Path) -> tuple[list[Chapter], list[str]]:
    """Return the texts of the book with their equations, and what is wrong."""
    chapters, faults = [], []
    known: dict[str, str] = {}
    for text in texts(folder):
        equations = []
        for one in text.displayed:
            label, where = one.label, f"{text.name}:{one.line}"
            if label is None:
                if not one.derivation:
                    faults.append(f"{where}: this displayed equation has no label")
            elif not LABEL.fullmatch(label):
                faults.append(f"{where}: {label} is not of the form eq-some-words")
            elif label in known:
                faults.append(f"{where}: {label} is the label of {known[label]}, too")
            else:
                known[label] = where
                equations.append(Equation(label, one.tex, where))
        chapters.append(Chapter(text.stem, text.title, equations))
    return chapters, faults


def read_functions(folder: Path) -> Iterator[tuple[str, Function, str]]:
    """Yield what names an equation in the library: label, function and place."""
    for path in sorted(folder.rglob("*.py")):
        module = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
        tree = ast.parse(path.read_text("utf-8"))
        for name, line, docstring in _docstrings(tree, ""):
            for labels in re.findall(r"^\s*Equations?:(.*)$", docstring, re.MULTILINE):
                for label in labels.split(","):
                    yield label.strip(), Function(module, name), f"{path.name}:{line}"


def _docstrings(node: ast.AST, prefix: str) -> Iterator[tuple[str, int, str]]:
    """Yield name, line and docstring of what is defined, the assigned included."""
    body = getattr(node, "body", [])
    if isinstance(node, ast.Module):
        yield "", 1, ast.get_docstring(node) or ""
    for one, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            name = prefix + one.name
            yield name, one.lineno, ast.get_docstring(one) or ""
            if isinstance(one, ast.ClassDef):
                yield from _docstrings(one, name + ".")
        elif (
            isinstance(one, ast.Assign)
            and isinstance(one.targets[0], ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            yield prefix + one.targets[0].id, one.lineno, after.value.value


def read_tests(folder: Path) -> Iterator[tuple[str | None, Test, str]]:
    """Yield the marks in the tests: label (None if no literal), test and place."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                call = mark if isinstance(mark, ast.Call) else None
                if ast.unparse(call.func if call else mark) != "pytest.mark.equation":
                    continue
                where = f"{path.name}:{mark.lineno}"
                test = Test(path.name, node.name)
                for label in (call and call.args) or [mark]:
                    literal = label.value if isinstance(label, ast.Constant) else None
                    named = literal if isinstance(literal, str) else None
                    yield named, test, where


def collect(root: Path = ROOT) -> tuple[list[Chapter], list[str]]:
    """Join equations, functions and tests; return them, and what is wrong."""
    chapters, faults = read_chapters(root / "book")
    known = {e.label: e for chapter in chapters for e in chapter.equations}
    for label, function, where in read_functions(root / "lib" / "dlam"):
        if label not in known:
            faults.append(f"{where}: the docstring names {label}, which is no label")
        elif function not in known[label].functions:
            known[label].functions.append(function)
    for mark, test, where in read_tests(root / "tests"):
        if mark is None:
            faults.append(f"{where}: the mark of {test.name} names no literal label")
        elif mark not in known:
            faults.append(f"{where}: the mark names {mark}, which is no label")
        elif not (test.name.startswith("test_") and test.file.startswith("test_")):
            faults.append(f"{where}: {test.name} has a mark and is no test")
        elif test not in known[mark].tests:
            known[mark].tests.append(test)
    faults += [
        f"{e.where}: no test carries @pytest.mark.equation({e.label!r})"
        for e in known.values()
        if not e.tests
    ]
    return chapters, faults


# The page ----------------------------------------------------------------------

HEAD = """\
% Written by tools/pages/equations.py: change the chapters, the library or the tests instead.

# Equations, functions, tests

Every numbered equation of this book can be executed.
Here each stands with the functions of the library that implement it, and the tests that check it.
The name of a test is a sentence that says what was checked; `make test` runs them all.
A test that checks an equation writes it out as it is printed, by another route than the library, so that a wrong formula is found even if the program is right.
The book is not built when an equation has no test, or a function or a test names an equation that does not exist.
"""  # noqa: E501
BACK = """
## From the library to the equations

The same map, read from the other end.
"""


def page(chapters: list[Chapter]) -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for chapter in chapters:
        if chapter.equations:
            parts.append(f"\n## {numbered(chapter)}\n")
            parts += map(_entry, chapter.equations)
    everything = [e for chapter in chapters for e in chapter.equations]
    functions = dict.fromkeys(f for e in everything for f in e.functions)
    if functions:
        parts.append(BACK)
    for module in dict.fromkeys(f.module for f in functions):
        parts.append(f"\n### `{module}`\n")
        for f in functions:
            if f.module == module:
                labels = [f"{{eq}}`{e.label}`" for e in everything if f in e.functions]
                parts.append(f"\n`{f.name or f.module}`\n: {', '.join(labels)}\n")
    return "".join(parts)


def numbered(chapter: Chapter) -> str:
    """Return the title with the number of the chapter that the page belongs to."""
    number = re.match(r"0*(\d+)[a-z]?-", chapter.stem)
    return f"Chapter {number[1]}: {chapter.title}" if number else chapter.title


def _entry(equation: Equation) -> str:
    """Return one equation as an entry of a list of definitions."""
    formula = re.sub(r"\s*[.,;]$", "", equation.formula)  # no sentence ends here
    formula = "\n  ".join(line for line in formula.splitlines() if line.strip())
    entry = f"\n{{eq}}`{equation.label}`\n: $$\n  {formula}\n  $$\n"
    if equation.functions:
        names = [f"`{f.name}` in `{f.module}`" for f in equation.functions]
        entry += f"\n  Implemented by {_joined(names)}.\n"
    checks = [f"\n  - {test.sentence} (`{test.file}`)." for test in equation.tests]
    return "".join([entry, *checks, "\n"])


def _joined(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1])] * bool(names[:-1]) + names[-1:])


def write(root: Path = ROOT) -> int:
    """Write the page; 0 if all is well."""
    chapters, faults = collect(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    return put(root / "book" / PAGE, page(chapters))
