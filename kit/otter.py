"""Assignments for otter-grader: the exercises for the machine that can be graded.

The master notebook of a page carries the library, runs the page's cells, and has for
each exercise the book's solution and its tests.  These are what the book itself
asserts about the solution, and the exercise shows them; a number to the last digit,
which may depend on seeds, is tested only if the exercise promises it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from dlam.claims import parse
from kit.boxes import Box, record, shown
from tools.book.names import names
from tools.pages.notebooks import OPTIONAL, carrier, needs
from tools.record.notebook import KERNEL

REQUIREMENTS = ["numpy", "numba", "scipy", "matplotlib", "ipykernel"]
PACKAGES = {"torch": "torch", "sklearn": "scikit-learn"}
TESTED = """

*In these tests, what you compute has the name{}* {}*:*

```python
{}
```"""


def assignment(bank: Sequence[Box]) -> Any:
    """Return the master notebook of a page; None if nothing on it can be graded."""
    machine = [box for box in bank if "machine" in box.by and box.cells]
    graded = [(box, test) for box in machine if (test := tests(box))]
    first = min((box.cells[0] for box in machine), default=0)
    page = record(bank[0].page)
    asked = {name for box, test in graded for name in used(box, test)}
    setup = [*cells_before(page, first, asked)]
    there = set().union(*(names(source)[1] for source in setup))
    # What the page has set, an empty sheet has, too.
    graded = [(box, test) for box, test in graded if looked_at(box, test) - there]
    if not graded:
        return None
    code = "\n".join(setup)
    packages = [
        PACKAGES[its] for its, form in OPTIONAL.items() if re.search(form, code)
    ]
    config = {
        "name": bank[0].page,
        "requirements": [*REQUIREMENTS, *packages],
        "export_cell": "false",
        "generate": "true",
    }
    cells = [
        new_raw_cell(_config("ASSIGNMENT CONFIG", config)),
        carrier(page),
        *map(new_code_cell, setup),
        *(cell for box, test in graded for cell in question(box, test)),
    ]
    book = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    for n, cell in enumerate(book.cells):
        cell.id = f"cell-{n}"
    return book


def _config(kind: str, said: dict[str, Any]) -> str:
    return "\n".join([f"# {kind}", *(f"{key}: {its}" for key, its in said.items())])


def question(box: Box, test: str) -> Iterator[Any]:
    """Yield the cells of an exercise: what is asked, the solution, its tests."""
    label = box.label.replace("-", "_")
    about = {"name": label, "points": len(box.stars)}
    given = [f"`{name}`" for name in sorted(looked_at(box, test))]
    named = TESTED.format("s" * (len(given) > 1), ", ".join(given), test)
    text = f"**{box.name} {box.stars}**\n\n{shown(box)[0].text}"
    source = "\n\n".join(solution(box))
    yield new_raw_cell(_config("BEGIN QUESTION", about))
    yield new_markdown_cell(text + named)
    yield new_raw_cell("# BEGIN SOLUTION")
    yield new_code_cell(f"# BEGIN SOLUTION\n{source}\n# END SOLUTION")
    yield new_raw_cell("# END SOLUTION")
    yield new_raw_cell("# BEGIN TESTS")
    yield new_code_cell(test)
    yield new_raw_cell("# END TESTS")
    yield new_raw_cell("# END QUESTION")


def solution(box: Box) -> list[str]:
    """Return the cells of the book's solution."""
    return [record(box.page).cells[n].source for n in box.cells]


def sets(box: Box) -> set[str]:
    """Return the names that the book's solution sets."""
    return set().union(*(names(source)[1] for source in solution(box)))


def looked_at(box: Box, test: str) -> set[str]:
    """Return the names of the solution that a test uses."""
    return sets(box) & names(test)[0]


def tests(box: Box) -> str:
    """Return what the book asserts about the solution; nothing if it does not."""
    own = sets(box)
    kept, asserted = [], False
    for source in hidden(box):
        for statement, code in statements(source):
            used, bound = names(code)
            said = claimed(statement)
            if said and not (used & own and (said[0] in "<>" or promised(box, said))):
                continue  # not on the solution, or on its seeds
            asserted |= bool(said) and not easy(statement)
            own = own | bound if used & own else own - bound
            kept.append((statement, asserted_by(statement) or code))
    return "\n".join(needed(kept)) if asserted else ""


def promised(box: Box, said: str) -> bool:
    """Say whether a number stands in what an exercise gives as a check."""
    check = box.text.partition("*Check:*")[2]
    form = rf"(?<![\d.]){re.escape(said.rstrip('%'))}(?!\.?\d)"
    return bool(re.search(form, check))


def asserted_by(statement: ast.stmt) -> str:
    """Return a claim as the assertion that it is."""
    match statement:
        case ast.Expr(ast.Call(args=[ast.Constant(str(said)), value])):
            if claimed(statement) and (what := parse(said)):
                code, number = ast.unparse(value), what.number
                if what.bound:
                    least = number / 100 if what.percent else number
                    return f"assert {code} {what.bound} {least}"
                factor = "100 * " if what.percent else ""
                digits = -int(number.as_tuple().exponent)
                return f"assert round({factor}float({code}), {digits}) == {number}"
    return ""


def easy(statement: ast.stmt) -> bool:
    """Say whether all that is asserted is that some name is below some number."""
    match statement:
        case ast.Assert(
            ast.Compare(ast.Name(), [ast.Lt() | ast.LtE()], [ast.Constant()])
        ):
            return True
        case ast.Expr(ast.Call(args=[_, ast.Name()])):
            return claimed(statement).startswith("<")
    return False


def needed(test: Sequence[tuple[ast.stmt, str]]) -> list[str]:
    """Return of a test what is asserted, and what is computed for that."""
    kept: list[str] = []
    asked: set[str] = set()
    for statement, code in reversed(test):
        uses, bound = names(code)
        asserts = any(claimed(part) for part in ast.walk(statement))
        changes = isinstance(statement, ast.Expr | ast.For) and uses & asked
        if asserts or changes or bound & asked:
            kept.append(code)
            asked |= uses
    return kept[::-1]


def hidden(box: Box) -> Iterator[str]:
    """Yield the cells in which the book checks a solution, which no reader sees."""
    for cell in record(box.page).cells[box.cells[0] :]:
        if cell.cell_type == "markdown" and "{solution-end}" in cell.source:
            return
        if "remove-cell" in cell.metadata.get("tags", []):
            yield cell.source


def statements(source: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements of a cell, each with its text."""
    for statement in ast.parse(source).body:
        yield statement, ast.get_source_segment(source, statement) or ""


def claimed(statement: ast.AST) -> str:
    """Return what a statement asserts: a claim's number, "<" for what has no number."""
    match statement:
        case ast.Assert():
            return "<"
        case ast.Expr(ast.Call(ast.Name("claim"), [ast.Constant(str(said)), *_])):
            return said
    return ""


def used(box: Box, test: str) -> set[str]:
    """Return the names that an exercise names, and those it uses and does not set."""
    sources = [*solution(box), test]
    uses, bound = (
        set().union(*some) for some in zip(*map(names, sources), strict=True)
    )
    return {*re.findall(r"`(\w+)`", box.text)} | uses - bound


def cells_before(its: NotebookNode, first: int, asked: set[str]) -> Iterator[str]:
    """Yield the cells of the page that run before the exercises.

    They are those that the page shows, and of the hidden ones what is needed later;
    what needs a package that a reader may lack goes along only if it is needed, too.
    """
    lacking, kept = needs(its), []
    for n in reversed(range(first)):
        cell = its.cells[n]
        if cell.cell_type != "code":
            continue
        source = cell.source
        if "remove-cell" in cell.metadata.get("tags", []):
            said = [code for its, code in statements(source) if not claimed(its)]
            source = "\n".join(said)
            optional = True
        else:
            optional = n in lacking
        uses, bound = names(source)
        if source and not (optional and not bound & asked):
            asked = asked | uses
            kept.append(source)
    yield from reversed(kept)
