"""Evidence: what is altered, whether it is noticed, and what makes it stale."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from needed import ROOT
from tools.evidence import command, mutants, mutations, units
from tools.pages import generated
from tools.pages import mutants as page


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
    source = (ROOT / "lib" / "dlam" / "sampling.py").read_text("utf-8")
    found = mutations.mutants(source)
    assert len({mutant.source for mutant in found}) == len(found) > 20
    meaning = ast.dump(ast.parse(source))
    for mutant in found:
        assert ast.dump(ast.parse(mutant.source)) != meaning
        name = mutant.where.rpartition(".")[2]
        assert re.search(rf"(def|class) {name}\b", source)


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


def ended(*edits: tuple[str, str]) -> list[str]:
    """How copies of a module end, each edited in one place."""
    source = (ROOT / "lib" / "dlam" / "sampling.py").read_text("utf-8")
    assert all(old in source for old, _ in edits)
    sources = [source, *(source.replace(old, new, 1) for old, new in edits)]
    tests = ["tests/library/test_sampling.py"]
    return mutants.outcomes("lib/dlam/sampling.py", tests, sources, 1)


@pytest.mark.night
def test_a_mutant_is_noticed_and_the_module_itself_is_not() -> None:
    assert ended(("size=steps", "size=steps + 1")) == ["survived", "killed"]


@pytest.mark.night
def test_a_mutant_that_never_ends_is_ended() -> None:
    endless = "    while True:\n        pass\n    return "
    assert ended(("    return ", endless)) == ["survived", "timeout"]


def test_the_tests_of_equations_are_found() -> None:
    source = (ROOT / "tests" / "chapters" / "test_chapter_05.py").read_text("utf-8")
    marked = mutants.equations(source)
    assert all(test.name.startswith("test_") for test in marked)
    assert len(marked) > 10


# What makes evidence stale


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of all that evidence is measured from, with fresh evidence."""
    for name in ("lib/dlam", "tests", "tools", "book"):
        skipped = shutil.ignore_patterns("__pycache__", "*.ipynb", "_*", "node_modules")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=skipped)
    for path in [*(ROOT / "lib" / "dlam").glob("_*.py"), ROOT / "constraints.txt"]:
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    for kind, unit in FRESH:
        said = {"date": "2000-01-01", "reached": REACHED, "survivors": []}
        units.save(kind, unit, said, tmp_path)
        inputs = units.inputs(kind, unit, tmp_path)
        units.save(kind, unit, said | {"inputs": inputs}, tmp_path)
    assert stale(tmp_path) == {}
    return tmp_path


CHAPTER = "05-back-propagation"
FRESH = [
    *(("mutants", name) for name in ("backprop", "gradcheck", "sampling")),
    ("formulas", CHAPTER),
    ("platforms", CHAPTER),
]
REACHED = ["dlam.gradcheck", "dlam.gradcheck.complex_step"]


def stale(root: Path) -> dict[str, list[str]]:
    found = {f"{k} {u}": units.changed(k, u, root) for k, u in FRESH}
    return {name: why for name, why in found.items() if why}


def edit(path: Path, old: str, new: str) -> None:
    source = path.read_text("utf-8")
    assert old in source
    path.write_text(source.replace(old, new, 1), "utf-8")


def test_a_module_whose_tests_are_emptied_is_stale(copy: Path) -> None:
    path = copy / "tests" / "library" / "test_backprop.py"
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            node.body = [ast.Pass()]
    path.write_text(ast.unparse(tree), "utf-8")
    assert stale(copy) == {"mutants backprop": ["tests"]}


def test_what_tests_import_from_their_folder_is_an_input(copy: Path) -> None:
    tests = copy / "tests" / "library" / "test_backprop.py"
    assert "shapes.py" in {path.name for path in units.support(tests, copy)}
    path = copy / "tests" / "shapes.py"
    path.write_text(path.read_text("utf-8") + "\nMORE = 1\n", "utf-8")
    assert stale(copy)["mutants backprop"] == ["tests"]


def test_a_changed_operator_makes_all_mutants_stale_and_no_platform(copy: Path) -> None:
    edit(copy / "tools" / "evidence" / "mutations.py", '"+=": "-="', '"+=": "*="')
    names = {f"{kind} {unit}" for kind, unit in FRESH if kind != "platforms"}
    assert stale(copy) == {name: ["checker"] for name in names}


def test_a_changed_version_of_a_package_makes_everything_stale(copy: Path) -> None:
    edit(copy / "constraints.txt", "numpy==", "numpy==9")
    assert stale(copy) == {f"{k} {u}": ["lock file"] for k, u in FRESH}


def test_a_changed_message_of_an_error_makes_nothing_stale(copy: Path) -> None:
    path = copy / "lib" / "dlam" / "gradcheck.py"
    source = path.read_text("utf-8")
    changed = re.sub(r"(raise \w+\(\s*f?\")", r"\1oh, ", source)
    assert changed != source
    path.write_text(changed, "utf-8")
    assert stale(copy) == {}


@pytest.mark.parametrize(
    ("function", "why"), [("complex_step", True), ("finite_difference", False)]
)
def test_a_chapter_is_stale_if_a_function_changes_that_it_has_reached(
    copy: Path, function: str, why: bool
) -> None:
    path = copy / "lib" / "dlam" / "gradcheck.py"
    source = path.read_text("utf-8")
    [node] = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    lines = source.splitlines(keepends=True)
    lines.insert((node.end_lineno or 0) - 1, "    print()\n")
    path.write_text("".join(lines), "utf-8")
    found = stale(copy)
    assert found.pop("mutants gradcheck") == ["module"]
    assert found == ({f"platforms {CHAPTER}": ["library"]} if why else {})


def test_a_changed_cell_makes_a_chapter_stale_and_a_changed_word_does_not(
    copy: Path,
) -> None:
    path = copy / "book" / f"{CHAPTER}.md"
    path.write_text(path.read_text("utf-8") + "\nMore words.\n", "utf-8")
    assert stale(copy) == {}
    edit(path, "from dlam import", "import os\nfrom dlam import")
    assert stale(copy) == {f"platforms {CHAPTER}": ["cells"]}


def test_a_release_is_refused_while_evidence_is_stale(monkeypatch, capsys) -> None:
    monkeypatch.setattr(units, "stale", lambda: {("mutants", "paper"): ["tests"]})
    assert command.main(["--fresh"]) == 1
    assert capsys.readouterr().err == "paper, mutants: stale (tests)\n"
    assert command.main(["platforms", "--fresh"]) == 0
    assert command.main(["--age"]) == 0
    assert re.search(
        r"mutants: measured .* 1 of \d+ stale: paper", capsys.readouterr().out
    )


# Survivors and their reasons


def test_every_survivor_has_a_reason_and_every_claim_holds_where_it_was_computed() -> (
    None
):
    assert len(units.measured("mutants")) > 20
    assert len(units.measured("platforms")) > 10
    faults = command.faults()
    assert not faults, "\n".join(faults)


def test_what_is_wrong_with_reasons_is_said(tmp_path: Path) -> None:
    units.save("mutants", "paper", {"survivors": ["f: a  →  b"]}, tmp_path)
    assert units.unexplained("mutants", "paper", tmp_path) == [
        "paper: no reason for a survivor: f: a  →  b"
    ]
    reasons = units.path_of("mutants", "paper", tmp_path).with_suffix(".toml")
    entry = '[[survivors]]\nreason = "R."\nmutants = ["f: {}  →  b"]\n'
    reasons.write_text(entry.format("a"), "utf-8")
    assert units.unexplained("mutants", "paper", tmp_path) == []
    reasons.write_text(entry.format("a") * 2 + entry.format("c"), "utf-8")
    assert units.unexplained("mutants", "paper", tmp_path) == [
        "paper: a reason for no survivor: f: c  →  b",
        "paper: two reasons for a survivor: f: a  →  b",
    ]


def test_a_low_mutation_score_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "score", lambda results: (100, 94))
    assert "only 94 of 100 mutants are noticed" in command.faults()


# The page


def test_each_kind_of_alteration_has_an_example() -> None:
    assert page.EXAMPLES.keys() == {*mutations.OPERATORS, mutations.ENTRY}


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(5, 5, "100 %"), (1999, 2000, "99.9 %"), (19_999, 20_000, "99.9 %")],
)
def test_a_share_is_never_rounded_up(part: int, whole: int, shown: str) -> None:
    assert generated.share(part, whole) == shown


def test_a_count_of_one_has_no_plural() -> None:
    said = [generated.counted(n, "unit") for n in (0, 1, 2, 12_000)]
    assert said == ["0 units", "1 unit", "2 units", "12\u202f000 units"]


def test_the_page_says_how_old_the_evidence_is() -> None:
    old, new = {"date": "2001-01-01"}, {"date": "2002-01-01"}
    said = page.age([new, old], 3, ["paper"])
    assert "2001-01-01 to 2002-01-01; since" in said
    assert "1 unit (of 3)" in said
    assert "2 units (of 3)" in page.age([new, old], 3, ["paper", "rules"])
    assert "on 2001-01-01; nothing" in page.age([old], 1, [])
