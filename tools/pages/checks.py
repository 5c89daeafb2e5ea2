"""Write the page for the reader that says how this book checks itself."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

from tools import ROOT
from tools.book import load
from tools.evidence import command, units
from tools.pages import concordance, equations, platforms
from tools.pages.generated import put


class Counts(NamedTuple):
    """What there is to count, each taken from where it is."""

    claims: int
    given: int
    numbers: int
    cells: int
    equations: int
    equation_tests: int
    tests: int
    entries: int


def counts(root: Path = ROOT) -> Counts:
    """Count what the page reports."""
    texts = load(root).texts.values()
    chapters, _ = equations.collect(root)
    labelled = [one for chapter in chapters for one in chapter.equations]
    trees = [
        ast.parse(path.read_text("utf-8"))
        for path in (root / "tests").rglob("test_*.py")
    ]
    return Counts(
        claims=sum(len(text.claims) for text in texts),
        given=sum(len(text.given) for text in texts),
        numbers=sum(n.reported for text in texts for n in text.numerals),
        cells=sum(len(text.cells) for text in texts),
        equations=len(labelled),
        equation_tests=len({test for one in labelled for test in one.tests}),
        tests=sum(
            isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for tree in trees
            for node in tree.body
        ),
        entries=sum(1 for _ in concordance.read(concordance.load(root))),
    )


PAGE = """\
% Written by tools/pages/checks.py: the numbers are counted, not typed.

# How this book checks itself

A textbook with code decays: a cell no longer runs, a number belongs to another run, a formula and the program beside it disagree.
This one is checked by a program at every change, and is not published when a check fails.
Here is what is checked, and what is not.

## Numbers

The texts state {numbers} numbers that somebody measured, computed or chose, many of them more than once.
{claims} claims in hidden cells hold statements of the text against values there, to the last digit stated: if the text says 0.0078, then 0.0079 fails.
A claim is worth as much as the computation behind it: one about a setting shows only that text and program have the same setting.
{given} entries name settings and numbers from a source; each chapter lists its own.
A number with neither a claim nor an entry stops the build.
All {cells} cells are run again, and must print the same text.

Another computer may add in another order, and get other last digits.
{everywhere}
{{doc}}`certificate` says which they are, to how many digits they agree, and how old that measurement is.

## Equations

Each of the {equations} numbered equations is evaluated as it is printed, with sums and indices where the library has matrices, by {equation_tests} tests; {{doc}}`equations` joins the equations, the functions and the tests.
So a wrong formula beside a right program is found.

## Sources

{{doc}}`concordance` lists {entries} places of the paper, the slides and two books, and where each is here; a link that leads nowhere stops the build.
What we found wrong in the sources, and in earlier states of this book, is in {{doc}}`errata`, each entry with a test.

## Pages

The page is opened in a browser, wide and at 360 pixels, light and dark, without a network: no error, no link that leads nowhere, no picture without a description, nothing that a screen reader cannot name.
The printed book must have no missing character, no open reference, and the same equation numbers as the page.

## What the checks notice

A check that cannot fail is worth nothing.
Each check of the book has a test that falsifies a copy, by a digit, a sign or a link, and sees the check fail.
There are {tests} test functions, most of them for many cases.{mutants}

## What is not checked

- *Proofs.* No program reads them. What can be computed in a proof is computed; the rest was read by people.
- *Words.* "Twice" and "hardly ever" are held by assertions where we thought of it; numbers in words are not found by the check.
- *The place of a number.* A claim covers its number wherever it stands in the chapter.
- *Pictures.* The data behind each figure are tested; whether it is a good picture is not.
- *Sources.* References were looked up, one by one; whether they are the best ones is a matter of judgement.

## Check it yourself

`git clone`, then `make test`, runs all this; `make evidence` measures mutants and platforms again.
Change a digit in a chapter, and see who protests.
"""  # noqa: E501


def page(found: Counts) -> str:
    """Return the text of the page."""
    made, noticed = command.score(units.measured("mutants"))
    mutants = (
        f"\nSigns, indices and constants of the library were altered, one at a time: "
        f"of {made} alterations the tests notice {noticed}.\n"
        "{doc}`mutants` says why the others change nothing, and when this was "
        "measured.\n"
    )
    everywhere = platforms.everywhere(units.measured("platforms"))
    return PAGE.format(**found._asdict(), mutants=mutants, everywhere=everywhere)


def write() -> int:
    """Write the page; 0 if all is well."""
    return put(ROOT / "book" / "checks.md", page(counts()))
