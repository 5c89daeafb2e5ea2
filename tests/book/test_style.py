"""What the code of the book is held to: lint, types, docstrings, order, spelling."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from needed import ROOT
from tools import book

LIBRARY = ROOT / "lib" / "dlam"
MODULES = sorted(LIBRARY.rglob("*.py"))
PUBLIC_MODULES = [path for path in MODULES if not path.stem.startswith("_")]
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
CODE = ("lib", "tests", "tools", "kit", "bench", "runs", "book/images")
FOLDERS = [name for name in CODE if (ROOT / name).is_dir()]


def run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


# Other people's judgement


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--no-cache", *FOLDERS)


def test_the_code_is_formatted() -> None:
    run("ruff", "format", "--no-cache", "--check", *FOLDERS)


def test_the_types_of_the_library_and_the_tools_are_right() -> None:
    run("mypy")


# Names


@pytest.mark.parametrize("path", PUBLIC_MODULES, ids=lambda path: path.stem)
def test_all_names_what_is_public(path: Path) -> None:
    tree = parsed(path)
    [names] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
    }
    assert names == sorted(names)
    assert defined <= set(names)


# Docstrings


def public(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Yield the public functions, classes and methods of a module."""
    for node in parsed(path).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name[0] == "_":
            continue
        yield f"{path.stem}.{node.name}", node
        for inner in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(inner, ast.FunctionDef) and inner.name[0] != "_":
                yield f"{path.stem}.{node.name}.{inner.name}", inner


PUBLIC = [entry for path in PUBLIC_MODULES for entry in public(path)]
each_public = pytest.mark.parametrize(
    ("name", "node"), PUBLIC, ids=[name for name, _ in PUBLIC]
)


def decorators(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    return {ast.unparse(decorator) for decorator in node.decorator_list}


@each_module
def test_a_module_says_what_it_holds(path: Path) -> None:
    assert ast.get_docstring(parsed(path))


@each_public
def test_what_is_public_is_documented(
    name: str, node: ast.FunctionDef | ast.ClassDef
) -> None:
    if "overload" in decorators(node):
        return
    docstring = ast.get_docstring(node) or ""
    first = docstring.split("\n")[0]
    assert first.endswith((".", "?", "…")), f"{name}: {first!r}"
    if isinstance(node, ast.ClassDef) or "property" in decorators(node):
        return
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    for argument in named:
        if argument.arg not in ("self", "cls"):
            assert re.search(rf"`?\*?\b{argument.arg}\b", docstring), argument.arg
    many = len([a for a in named if a.arg != "self"]) > 1
    if many:
        assert "\nParameters\n----------\n" in docstring, name
    raised = [n for n in ast.walk(node) if isinstance(n, ast.Raise)]
    if raised:
        assert "\nRaises\n------\n" in docstring, name
    gives = node.returns is not None and ast.unparse(node.returns) != "None"
    if many and gives:
        sections = ("\nReturns\n-------\n", "\nYields\n------\n")
        assert any(section in docstring for section in sections), name


@each_public
def test_a_section_of_a_docstring_is_underlined_as_numpydoc_has_it(
    name: str, node: ast.FunctionDef | ast.ClassDef
) -> None:
    lines = (ast.get_docstring(node) or "").splitlines()
    for n, line in enumerate(lines):
        if re.fullmatch("-{3,}", line.strip()):
            assert len(line) == len(lines[n - 1]), f"{name}: {lines[n - 1]}"


# Words

AMERICAN = re.compile(
    r"\b(?:behavior|favor|neighbor|neighborhood|honor|labor|center|centered|fiber|"
    r"color|colored|colors|gray|analyze|analyzed|optimize|optimized|optimizer|"
    r"optimization|normalize|normalized|normalization|regularize|regularization|"
    r"initialize|initialized|initialization|minimize|minimized|minimizer|maximize|"
    r"generalize|generalization|recognize|recognized|realize|realized|visualize|"
    r"summarize|linearize|parametrize|parameterize|modeled|modeling|labeled|labeling|"
    r"traveled|canceled|canceling|artifact|license[ds]? under|toward|math)\b",
    re.IGNORECASE,
)


def words(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the prose of a file: of a text without code, of a program what it says."""
    if path.suffix == ".md":
        text = book.Text.read(path)
        plain = re.sub(r"\{[^}]*\}`[^`]*`", " ", text.prose)
        plain = re.sub(r"\\[A-Za-z]+", " ", plain)
        for n, line in enumerate(plain.splitlines(), 1):
            yield f"{path.name}:{n}", line
        return
    if path.suffix == ".js":
        for n, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if comment := re.search(r"^\s*/?\*+(?!/)(.*)|// (.*)|/\*\*(.*)\*/", line):
                yield f"{path.name}:{n}", re.sub(r"`[^`]*`", " ", comment[0])
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            name = getattr(node, "name", "module")
            docstring = re.sub(
                r"`[^`]*`|>>>.*|\b\w+=", " ", ast.get_docstring(node) or ""
            )
            yield f"{path.name}, {name}", docstring


SAID = [
    *sorted((ROOT / "book").glob("*.md")),
    *sorted(ROOT.glob("*.md")),
    *MODULES,
    *sorted((ROOT / "tools").glob("*.py")),
    *sorted((ROOT / "tests").glob("*.py")),
    *sorted((ROOT / "live").rglob("*.js")),
    *sorted((ROOT / "tests/live").glob("*.js")),
]


@pytest.mark.parametrize("path", SAID, ids=lambda path: path.name)
def test_the_spelling_is_british(path: Path) -> None:
    for where, said in words(path):
        found = AMERICAN.search(said)
        assert not found, f"{where}: {found[0] if found else ''}"


def test_american_spelling_is_seen() -> None:
    for word in ("behavior", "Color", "normalize", "optimization", "math"):
        assert AMERICAN.search(f"Its {word} is so.")
    for word in ("behaviour", "colour", "maths", "mathematics", "recolored", "size"):
        assert not AMERICAN.search(f"Its {word} is so.")
