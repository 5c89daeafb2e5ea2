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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tools import ROOT
from tools.book.labels import texts
from tools.pages.generated import put, refuse, rendered

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

    @property
    def shown(self) -> str:
        """The formula as part of a list; no sentence ends with it."""
        formula = re.sub(r"\s*[.,;]$", "", self.formula)
        return "\n  ".join(line for line in formula.splitlines() if line.strip())


@dataclass
class Chapter:
    """The equations of one text."""

    stem: str
    title: str
    equations: list[Equation]

    @property
    def numbered(self) -> str:
        """The title with the number of the chapter that the page belongs to."""
        number = re.match(r"0*(\d+)[a-z]?-", self.stem)
        return f"Chapter {number[1]}: {self.title}" if number else self.title


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
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text if "mark.equation" in text else "")):
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


def page(chapters: list[Chapter]) -> str:
    """Return the text of the page."""
    everything = [e for chapter in chapters for e in chapter.equations]
    functions = dict.fromkeys(f for e in everything for f in e.functions)
    labels = {f: [e.label for e in everything if f in e.functions] for f in functions}
    modules = dict.fromkeys(f.module for f in functions)
    return rendered(
        "equations.md",
        chapters=chapters,
        modules=[
            (module, [(f, labels[f]) for f in functions if f.module == module])
            for module in modules
        ],
    )


def write(root: Path = ROOT) -> int:
    """Write the page; 0 if all is well."""
    chapters, faults = collect(root)
    return refuse(faults) or put(root / "book" / PAGE, page(chapters))
