"""What is made for lecturers and readers: questions, assignments, cards."""

from __future__ import annotations

import ast
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx.addnodes import pending_xref, start_of_file
from sphinx.errors import ConfigError
from sphinx.util import texescape

import kit
from kit import boxes, cards, editions, otter, questions
from kit.boxes import Box
from moodle import faults
from needed import ROOT

PAGE = "07a-momentum"


def cell_of(page: str, start: str) -> int:
    """Return where in a page's record a cell that begins so stands."""
    cells = boxes.record(page).cells
    (found,) = [n for n, cell in enumerate(cells) if cell.source.startswith(start)]
    return found


@pytest.fixture
def exercise() -> Box:
    """An exercise for the machine with a picture, as the book's tree gives it."""
    cells = boxes.record(PAGE).cells
    drawn = next(n for n, c in enumerate(cells) if "image/svg" in str(c))
    return Box(
        *(
            "ex-some",
            "exercise",
            "7.3",
            "Some steps",
            PAGE,
            "A/B",
            "Exercises",
        ),
        text="(By machine.) Let $a < b$ & draw\n\n$$\na \\le b\n\\tag{7.1}\n$$",
        stars="★★",
        by="machine",
        hint="Think of $x$.",
        answer=f"Run\n\n\x02cell {drawn}\x03\n\nand look.",
    )


def test_a_product_that_is_not_there_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        kit.main(["slides-and-more"])
    assert "no such product: slides-and-more" in capsys.readouterr().err


def test_formulas_are_written_as_mathjax_finds_them() -> None:
    made = boxes.html("Let $a < b$.\n\n$$\nx^2\n$$\n\nIt costs \\$5.")
    assert r"\(a &lt; b\)" in made
    assert r"\[x^2\]" in made
    assert "$5" in made


def test_a_cell_is_shown_with_what_it_draws(exercise: Box) -> None:
    shown, files = boxes.shown(exercise)
    assert re.search(
        r"Run\n\n```python\n.*```\n\n!\[.+\]\(ex-some-\d+\.svg\)", shown.answer, re.S
    )
    assert "\x02" not in shown.answer
    ((name, content),) = files.items()
    assert f"]({name})" in shown.answer
    assert content.startswith(b"<?xml")


def test_a_question_is_one_that_moodle_reads(exercise: Box) -> None:
    quick = replace(
        exercise, label="quick", kind="quick check", stars="", by="", hint=""
    )
    xml = questions.quiz([quick, exercise])
    assert faults(xml) == []
    assert "Mathematicians/A//B/quick check<" in xml
    assert "<tag><text>by machine</text></tag>" in xml
    assert "<defaultgrade>2</defaultgrade>" in xml
    held = 'encoding="base64">'
    assert faults(xml.replace(held, held + "!", 1)) or faults(
        xml.replace("@@PLUG", "@@")
    )
    assert faults(xml.replace("<responseformat>editor", "<responseformat>odd"))


def test_a_sheet_has_questions_hints_and_answers(exercise: Box) -> None:
    sheet = questions.sheet([exercise])
    text = sheet.pop(f"{PAGE}.md").decode()
    assert text.startswith("# A/B\n\n## Exercise 7.3 Some steps ★★\n\n(By machine.)")
    assert "**Hint.** Think of $x$." in text
    assert "**Answer.** Run" in text
    assert all(name in text for name in sheet)


def quick(text: str, *classes: str, title: str) -> nodes.admonition:
    box = nodes.admonition(classes=[*classes])
    box += [nodes.title("", title), nodes.paragraph("", text)]
    return box


def test_an_answer_belongs_to_the_box_above_it() -> None:
    tree = nodes.section("", nodes.title("", "One"))
    tree += quick("Why?", "quick", title="Quick check")
    tree += quick("So.", "dropdown", title="Answer")
    tree += quick("Guess!", "predict", title="Predict, then run")
    tree += quick("Note.", "note", title="Note")
    tree += quick("Then.", "dropdown", title="Answer")
    found = boxes.boxes_in(tree)
    kinds = ["quick check", "answer", "prediction", "answer"]
    assert [kind for kind, _ in found] == kinds
    for n, said in ((0, "So."), (2, "Then.")):
        (below,) = boxes.folded_below(found, n).values()
        assert below.astext() == f"Answer\n\n{said}"
    assert boxes.heading_of(found[0][1]) == "One"


def test_a_hint_of_the_next_section_belongs_to_no_box_of_this() -> None:
    tree = nodes.section("", nodes.title("", "One"))
    tree += quick("Why?", "quick", title="Quick check")
    tree += quick("So.", "dropdown", title="Answer")
    project = nodes.section("", nodes.title("", "A project"))
    project += quick("Count.", "dropdown", title="Hint")
    tree += project
    assert [*boxes.folded_below(boxes.boxes_in(tree), 0)] == ["answer"]


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("(By hand.) Show", "hand"),
        ("(By machine. *Builds on:* `net`.) Run", "machine"),
        ("(By hand, then by machine.) Let", "hand and machine"),
        ("(A small project, open.) Do it by hand", ""),
        ("Do it (by hand).", ""),
    ],
)
def test_how_an_exercise_is_done_is_what_it_says_in_front(text: str, how: str) -> None:
    assert boxes.how_of(text) == how


# Assignments


def test_what_is_graded_is_what_the_book_asserts_about_the_solution() -> None:
    source = (
        'claim("17", found)\nclaim("< 20", found)\nother = found + 1\n'
        "assert other > 2\nassert 1 + 1 == 2\nunused = 3"
    )
    kept = [
        code
        for statement, code in otter.statements(source)
        if otter.claimed(statement).startswith(("<", ">"))
    ]
    assert kept == ['claim("< 20", found)', "assert other > 2", "assert 1 + 1 == 2"]


def statement(source: str) -> ast.stmt:
    return ast.parse(source).body[0]


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ('claim("< 25%", gap)', "assert gap < 0.25"),
        ('claim("> 1e-3", f(x) - y)', "assert f(x) - y > 0.001"),
        ('claim("2.50", a[0])', "assert round(float(a[0]), 2) == 2.50"),
        ('claim("33%", s)', "assert round(100 * float(s), 0) == 33"),
        ("assert a > b", ""),
        ('print("3", a)', ""),
    ],
)
def test_a_claim_is_tested_as_what_it_says(claim: str, code: str) -> None:
    assert otter.asserted_by(statement(claim)) == code


def test_a_number_to_the_last_digit_is_tested_if_the_exercise_promises_it() -> None:
    box = replace(sorted_data(), text="With 4.1 steps. *Check:* $3.05$, then 12 %.")
    promised = ["3.05", "12%", "3.0", "05", "4.1", "2"]
    assert [otter.promised(box, said) for said in promised] == [True] * 2 + [False] * 4


@pytest.mark.parametrize(
    ("said", "easy"),
    [
        ("assert rounds < 15", True),
        ('claim("< 1e-12", worst)', True),
        ("assert 2 < rounds < 15", False),
        ("assert rounds > 15", False),
        ('claim("< 3", abs(a - 1))', False),
        ('claim("> 3", a)', False),
    ],
)
def test_that_a_name_is_below_a_number_is_too_easy(said: str, easy: bool) -> None:
    assert otter.easy(statement(said)) == easy


def test_a_test_is_what_is_asserted_and_what_that_needs() -> None:
    source = (
        "rows = f(x)\nlate = 3\nfor x in 1, 2:\n    rows.append(x)\nrows.sort()\n"
        "for x in 1, 2:\n    late += x\nassert rows[0] > 2\n"
        "for row in rows:\n    assert row\nrows = 5"
    )
    kept = otter.needed([*otter.statements(source)])
    assert kept == [
        "rows = f(x)",
        "for x in 1, 2:\n    rows.append(x)",
        "rows.sort()",
        "assert rows[0] > 2",
        "for row in rows:\n    assert row",
    ]


def test_what_the_book_sets_anew_is_not_the_solutions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anew, part = "by_class = [3]\nassert by_class[0]", "by_class = by_class[1:]"
    monkeypatch.setattr(otter, "hidden", lambda box: [anew])
    assert otter.tests(sorted_data()) == ""
    monkeypatch.setattr(otter, "hidden", lambda box: [f"{part}\nassert by_class[0]"])
    assert otter.tests(sorted_data()) == f"{part}\nassert by_class[0]"


def test_what_the_page_has_set_is_not_graded() -> None:
    page = "09-convolutions"
    answer = f"\x02cell {cell_of(page, 'K = np.random.default_rng(2).normal(size')}\x03"
    box = replace(sorted_data(), page=page, answer=answer)
    assert "K" in otter.looked_at(box, otter.tests(box))
    assert otter.assignment([box]) is None


def sorted_data() -> Box:
    """An exercise of chapter 4, with the cell of its solution."""
    page = "04-stochastic-gradient"
    answer = f"\x02cell {cell_of(page, 'by_class = np.argsort')}\x03"
    return Box(
        *("ex-sorted", "exercise", "4.10", "Sorted data", page, "", "Exercises"),
        text="(By machine.) *Builds on:* `labels`, `seen`, `train_digits`.",
        stars="★★",
        by="machine",
        answer=answer,
    )


def test_the_tests_of_an_exercise_look_at_what_the_solution_sets() -> None:
    tests = otter.tests(sorted_data())
    assert tests.startswith('assert read_right["sorted"] <')
    assert "claim(" not in tests
    book = otter.assignment([sorted_data()])
    nbformat.validate(book)
    sources = [cell.source for cell in book.cells]
    assert sources[0].startswith("# ASSIGNMENT CONFIG\nname: 04-stochastic-gradient\n")
    assert "scikit-learn" not in sources[0]
    (asked,) = [s for s in sources if "*In these tests, what you compute" in s]
    assert "`read_right`" in asked
    assert f"```python\n{tests}\n```" in asked
    solved = sources.index("# BEGIN SOLUTION") + 1
    assert sources[solved].startswith("# BEGIN SOLUTION\nby_class")
    assert sources[solved].endswith("\n# END SOLUTION")
    assert sum("def train_digits" in source for source in sources) == 1


def test_an_assignment_asks_for_the_packages_that_its_cells_need() -> None:
    page = "08a-penalties"
    answer = f"\x02cell {cell_of(page, 'A, t = X[:40], y[:40]')}\x03"
    book = otter.assignment([replace(sorted_data(), page=page, answer=answer)])
    assert "'scikit-learn'" in book.cells[0].source


def test_an_exercise_that_the_book_does_not_check_is_not_graded() -> None:
    assert otter.assignment([replace(sorted_data(), by="hand")]) is None
    assert otter.assignment([replace(sorted_data(), answer="Think.")]) is None


# Cards


def test_cards_are_known_by_their_labels(exercise: Box, tmp_path: Path) -> None:
    check = replace(exercise, label="quick", kind="quick check", answer="So.")
    theorem = replace(exercise, label="thm-some", kind="theorem")
    results = replace(exercise, label="results", kind="results", title="")
    files: dict[str, bytes] = {}
    made = [*cards.cards([check, exercise, theorem, results], files)]
    assert [card.label for card in made] == ["quick", "thm-some", "results"]
    assert "<em>Momentum</em>" in made.pop().front
    assert made[0].front.count(r"\(") == 1
    assert made[1].front == "<p>State theorem 7.3: <em>Some steps</em></p>"
    path = tmp_path / "cards.apkg"
    found = []
    for back in (made, [made[0]._replace(back="Another."), made[1]]):
        cards.package(back).write_to_file(path)
        zipfile.ZipFile(path).extract("collection.anki2", tmp_path)
        with closing(sqlite3.connect(tmp_path / "collection.anki2")) as base:
            found.append(base.execute("select guid, mid, flds from notes").fetchall())
    first, second = found
    assert [row[:2] for row in first] == [row[:2] for row in second]
    assert first != second
    assert len({row[0] for row in first}) == 2


def test_every_term_of_the_glossary_has_a_card() -> None:
    made = [*cards.glossary()]
    assert len(made) > 100
    assert len({card.label for card in made}) == len(made)
    assert all(card.back and "$" not in card.back for card in made)
    assert {card.chapter[:2] for card in made} == {f"{n:02}" for n in range(1, 11)}


def test_the_decks_are_the_same_in_every_edition() -> None:
    assert cards.number("model") == cards.number("model") != cards.number("other")
    assert 1 << 30 <= cards.number("model") < 1 << 31


def test_every_product_can_be_made() -> None:
    for module in kit.PRODUCTS.values():
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()


# Editions


def printed(edition: str, monkeypatch: pytest.MonkeyPatch) -> nodes.document:
    """A text with a quick check and an exercise, as an edition prints it."""
    monkeypatch.setenv("EDITION", edition)
    texescape.init()
    document = new_document("")
    section = nodes.section("", nodes.title("", "Exercises"))
    section += quick("Why?", "quick", title="Quick check")
    section += quick("So.", "dropdown", title="Answer")
    section += quick("Guess!", "predict", title="Predict, then run")
    section += quick("Then.", "dropdown", title="Answer")
    asked = quick("(By hand.) Show it by ", "exercise", title="A & B ★★")
    asked["label"] = "ex-some"
    asked[1] += pending_xref("", reftarget="eq-mom-step")
    section += asked
    section += quick("Think.", "dropdown", title="Hint")
    section += quick("It follows.", "solution", "dropdown", title="Solution to")
    document += start_of_file("", start_of_file("", section, docname="b"), docname="a")
    document += start_of_file(docname="c")
    known = {"page": {"exercise": {"ex-some": (7, 3)}}}
    document.settings.env = SimpleNamespace(app=None, config=None, toc_fignumbers=known)
    editions.Edition(document).run()
    return document


def test_a_students_edition_has_no_solutions_and_no_answers_to_quick_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = printed("student", monkeypatch).astext()
    assert "It follows." not in said
    assert "So." not in said
    assert all(kept in said for kept in ("Why?", "Think.", "Guess!", "Then."))


def test_an_instructors_edition_has_all_and_a_table_of_the_exercises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = printed("instructor", monkeypatch)
    assert "It follows." in document.astext()
    chapter, table, after = document
    assert (chapter["docname"], after["docname"]) == ("a", "c")
    line = r"\hyperref[exercise:ex-some]{7.3} & A \& B & ★★ & hand & "
    assert f"{line}What does a memory do?" in table.astext()


def test_the_book_is_printed_as_it_is_if_no_edition_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = printed("", monkeypatch)
    assert len(document) == 2
    assert "It follows." in document.astext()


def test_an_edition_that_there_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match="EDITION=pupil: expected student or"):
        printed("pupil", monkeypatch)
