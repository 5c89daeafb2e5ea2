"""The equation map: every displayed equation has tests, both ways round."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from needed import ROOT
from tools.book import Text, load
from tools.pages import equations

CHAPTER = """\
# A chapter

$$
a = b
$$ (eq-one)

By {eq}`eq-one` and $a$ we have

```{math}
:label: eq-two
c = d,
```

````{prf:proof}
$$
d = c
$$
````

```{exercise}
:label: ex-one
$$d = e$$
```

````{solution-start} ex-one
````

$$
d = f
$$

```{code-cell} python
print("$$")
```

````{solution-end}
````
"""
LIBRARY = '''\
"""A module."""


def one():
    """Return one.

    Equation: eq-one
    """


class Two:
    def three(self):
        """Return two and one.

        Equations: eq-one, eq-two
        """


four = 4
"""Four.  Equation: not at the start of a line, so it names nothing.

Equation: eq-two
"""
'''
TESTS = """\
import pytest


@pytest.mark.equation("eq-one")
def test_one_is_one():
    pass


@pytest.mark.equation("eq-one", "eq-two")
def test_hh_know_the_xor():
    pass
"""
PLACES = {
    "book/01-a.md": CHAPTER,
    "lib/dlam/some.py": LIBRARY,
    "tests/test_some.py": TESTS,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small book, in order, with its page."""
    for name, content in PLACES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    assert not equations.write(tmp_path)
    return tmp_path


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")


# The book


def test_every_equation_has_a_test_and_every_mark_an_equation() -> None:
    _, faults = equations.collect()
    assert not faults, "\n".join(faults)


def test_the_page_shows_every_equation_and_each_test_of_it() -> None:
    chapters, _ = equations.collect()
    page = equations.page(chapters)
    found = [equation for chapter in chapters for equation in chapter.equations]
    assert found
    for equation in found:
        assert page.count(f"\n{{eq}}`{equation.label}`\n: $$\n") == 1
        for test in equation.tests:
            assert f"- {test.sentence} (`{test.file}`)." in page
    tested = [t for t in equations.read_tests(ROOT / "tests") if t[0] is not None]
    assert {label for label, _, _ in tested} == {e.label for e in found}


# The check bites


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "book/01-a.md",
            "By ",
            "$$\nx = y\n$$ (eq-new)\n\nBy ",
            "01-a.md:7: no test carries @pytest.mark.equation('eq-new')",
        ),
        (
            "book/01-a.md",
            " (eq-one)",
            "",
            "01-a.md:3: this displayed equation has no label",
        ),
        ("book/01-a.md", ":label: eq-two\n", "", "01-a.md:9: this displayed equation"),
        ("book/01-a.md", "{prf:proof}", "{prf:lemma}", "01-a.md:15: this displayed"),
        ("book/01-a.md", "{exercise}", "{note}", "01-a.md:22: this displayed equation"),
        ("book/01-a.md", "{solution-start}", "{note}", "01-a.md:28: this displayed"),
        ("book/01-a.md", "(eq-one)", "(eq:one)", "eq:one is not of the form eq-"),
        ("book/01-a.md", "(eq-one)", "(eq-One)", "eq-One is not of the form eq-"),
        ("book/01-a.md", "(eq-one)", "(one)", "one is not of the form eq-some-words"),
        (
            "book/01-a.md",
            "eq-two",
            "eq-one",
            "eq-one is the label of 01-a.md:3, too",
        ),
        (
            "book/01-a.md",
            "By ",
            "\\begin{align}\nx = y\n\\end{align}\n\nBy ",
            "01-a.md:7: this displayed equation has no label",
        ),
        (
            "lib/dlam/some.py",
            "Equation: eq-one",
            "Equation: eq-on",
            "some.py:4: the docstring names eq-on, which is no label",
        ),
        (
            "lib/dlam/some.py",
            "eq-one, eq-two",
            "eq-one and eq-two",
            "some.py:12: the docstring names eq-one and eq-two, which is no label",
        ),
        (
            "tests/test_some.py",
            '("eq-one")',
            '("eq-ten")',
            "test_some.py:4: the mark names eq-ten, which is no label",
        ),
        (
            "tests/test_some.py",
            '"eq-one", "eq-two"',
            '"eq-one"',
            "01-a.md:9: no test carries @pytest.mark.equation('eq-two')",
        ),
        (
            "tests/test_some.py",
            '("eq-one")',
            "(LABEL)",
            "test_some.py:4: the mark of test_one_is_one names no literal label",
        ),
        (
            "tests/test_some.py",
            '("eq-one")',
            "",
            "test_some.py:4: the mark of test_one_is_one names no literal label",
        ),
        (
            "tests/test_some.py",
            "test_one_is_one",
            "one_is_one",
            "test_some.py:4: one_is_one has a mark and is no test",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    message: str,
) -> None:
    page = root / "book" / equations.PAGE
    before = page.read_text("utf-8")
    change(root, name, old, new)
    assert equations.write(root)
    assert message in capsys.readouterr().err
    assert page.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("book/01-a.md", "a = b", "a = c"),
        ("book/01-a.md", "# A chapter", "# Another chapter"),
        ("lib/dlam/some.py", "def one", "def first"),
        ("lib/dlam/some.py", "Equations: eq-one, eq-two", "Equation: eq-two"),
        ("tests/test_some.py", "test_one_is_one", "test_one_is_not_two"),
        ("tests/test_some.py", '("eq-one")', '("eq-two")'),
        ("book/equations.md", "One is one", "One is two"),
    ],
)
def test_a_page_that_is_no_longer_right_is_written_anew(
    root: Path, name: str, old: str, new: str
) -> None:
    page = root / "book" / equations.PAGE
    before = page.read_text("utf-8")
    change(root, name, old, new)
    changed = page.read_text("utf-8") if page.name in name else before
    assert not equations.write(root)
    assert page.read_text("utf-8") != changed


def test_a_page_that_is_right_is_left_alone(root: Path) -> None:
    page = root / "book" / equations.PAGE
    before = page.stat().st_mtime_ns
    assert not equations.write(root)
    assert page.stat().st_mtime_ns == before


# What is read


def test_the_page_joins_what_belongs_together(root: Path) -> None:
    page = (root / "book" / equations.PAGE).read_text("utf-8")
    forward, back = page.split("## From the library")
    assert forward.endswith(
        """
## Chapter 1: A chapter

{eq}`eq-one`
: $$
  a = b
  $$

  Implemented by `one` in `dlam.some` and `Two.three` in `dlam.some`.

  - One is one (`test_some.py`).
  - HH know the XOR (`test_some.py`).

{eq}`eq-two`
: $$
  c = d
  $$

  Implemented by `Two.three` in `dlam.some` and `four` in `dlam.some`.

  - HH know the XOR (`test_some.py`).

"""
    )
    assert back.endswith(
        """
### `dlam.some`

`one`
: {eq}`eq-one`

`Two.three`
: {eq}`eq-one`, {eq}`eq-two`

`four`
: {eq}`eq-two`
"""
    )


def test_what_needs_no_label_is_known() -> None:
    found = [
        (one.tex, one.label, not one.derivation) for one in Text(CHAPTER).displayed
    ]
    assert found == [
        ("a = b", "eq-one", True),
        ("c = d,", "eq-two", True),
        ("d = c", None, False),
        ("d = e", None, False),
        ("d = f", None, False),
    ]


def test_neither_library_nor_tests_are_imported(root: Path) -> None:
    """And nothing else is needed than what renders the page."""
    for name in ("lib/dlam/some.py", "tests/test_some.py"):
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("\nraise RuntimeError\n")
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, str(root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


_WITHOUT = """
import sys
from pathlib import Path
for name in ("numpy", "pytest", "torch", "matplotlib", "numba"):
    sys.modules[name] = None
from tools.pages import equations
sys.exit(equations.write(Path(sys.argv[1])))
"""


def test_no_formula_has_swallowed_a_paragraph() -> None:
    """As it does when a pair of dollars too many turns prose into mathematics."""
    bad = [
        f"{text.name}:{one.line}"
        for text in load().texts.values()
        for one in text.displayed
        if "\n\n" in one.tex or not one.tex.strip("$ \n")
    ]
    assert bad == []
