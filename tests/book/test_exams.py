"""The exams: whatever the seed, each answer is right, and each paper can be printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isclose, log
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from kit import exams
from kit.exams import TEMPLATES, draw
from moodle import EMBEDDED, faults

PATHS = sorted(TEMPLATES.glob("[0-9]*.md"))
SEEDS = range(1, 21)
Route = Callable[[SimpleNamespace], list[float]]


def forward(v: SimpleNamespace) -> list[float]:
    a = []
    for row, b in zip(v.W2, v.b2, strict=True):
        z = row[0] * v.x[0] + row[1] * v.x[1] + b
        a.append(z if z > 0 else 0)
    return [*a, sum(w * h for w, h in zip(v.W3[0], a, strict=True)) + v.b3[0], 9]


def corners(v: SimpleNamespace) -> list[float]:
    outputs = [v.b, v.c1 + v.b, 2 * v.c1 + v.c2 + v.b]
    least = max(outputs[0], outputs[2])
    assert outputs[1] > least  # so the last question has answers
    return [*outputs, least, outputs[1]]


def cost_of_two(v: SimpleNamespace) -> list[float]:
    def at(b: float) -> float:
        return ((v.w * v.x1 + b - v.y1) ** 2 + (v.w * v.x2 + b - v.y2) ** 2) / 4

    # The vertex of a parabola through three points.
    low, middle, high = at(-1), at(0), at(1)
    return [at(v.b), (low - high) / 2 / (low + high - 2 * middle)]


def step(v: SimpleNamespace) -> list[float]:
    (x,), (y,), (t,) = v.X[1], v.Y[0], v.Y[1]
    w, b = v.eta * x * t / 2, v.eta * (y + t) / 2
    after = ((b - y) ** 2 + (w * x + b - t) ** 2) / 4
    assert after < (y**2 + t**2) / 4
    return [w, b, after]


def largest_rate(v: SimpleNamespace) -> list[float]:
    top, low = v.a + v.c, v.a - v.c
    best = 2 / (top + low)
    return [top, 2 / top, best, max(abs(1 - best * top), abs(1 - best * low))]


def errors(v: SimpleNamespace) -> list[float]:
    """Take differences of the cost, in the weights and the biases."""

    def cost(dw2: float = 0, db2: float = 0, dw3: float = 0, db3: float = 0) -> float:
        b2, b3 = log(v.a2 / (1 - v.a2)) - v.x, log(v.a3 / (1 - v.a3)) - v.w3 * v.a2
        a = 1 / (1 + np.exp(-((1 + dw2) * v.x + b2 + db2)))
        a = 1 / (1 + np.exp(-((v.w3 + dw3) * a + b3 + db3)))
        return float((a - v.y) ** 2 / 2)

    names, h = ("db3", "db2", "dw3", "dw2"), 1e-5
    return [(cost(**{n: h}) - cost(**{n: -h})) / (2 * h) for n in names]


def sharpness(v: SimpleNamespace) -> list[float]:
    """Take second differences along the gradient of w1 w2."""

    def along(w: float, t: float) -> float:
        other = v.c / w
        length = np.hypot(w, other)
        return float(
            (v.c - (w + t * other / length) * (other + t * w / length)) ** 2 / 2
        )

    def at(w: float) -> float:
        return (along(w, 1e-4) + along(w, -1e-4)) / 1e-8

    flattest = min(at(w) for w in np.linspace(0.8, 3, 2201))
    return [v.c / v.w1, at(v.w1), 2 / at(v.w1), flattest]


def roots(v: SimpleNamespace) -> list[float]:
    matrix = [[float(1 + v.beta - v.product), -float(v.beta)], [1, 0]]
    low, high = sorted(np.linalg.eigvals(matrix).real)
    limit = 2 * (1 + float(v.beta))  # there -1 is a root
    root = min(np.linalg.eigvals([[1 + v.beta - limit, -float(v.beta)], [1, 0]]).real)
    return [low, high, limit if isclose(root, -1) else 0]


def two_steps(v: SimpleNamespace) -> list[float]:
    first = v.start - v.eta * v.lam * v.start
    return [first, first - v.eta * v.lam * first + v.beta * (first - v.start)]


def ridge(v: SimpleNamespace) -> list[float]:
    A = np.vstack([np.diag([v.nu, 1]), np.sqrt(v.lam) * np.eye(2)])
    w = np.linalg.lstsq(A, [*v.y, 0, 0], rcond=None)[0]
    grid = np.linspace(-6, 6, 12001)
    u = [grid[((grid - z) ** 2 / 2 + v.lam * abs(grid)).argmin()] for z in v.y]
    return [*w, *u]


def sizes(v: SimpleNamespace) -> list[float]:
    places = range(0, v.n + 2 * v.padding - v.k + 1, v.stride)
    seen = {
        p
        for corner in range(3)
        for p in range(v.stride * corner, v.stride * corner + v.k)
    }
    weights = sum(1 for _ in np.ndindex(v.O, v.C, v.k, v.k))
    return [len(places), weights + v.O, len(seen)]


def attending(v: SimpleNamespace) -> list[float]:
    return [(v.m1**q * v.v1 + v.m2**q * v.v2) / (v.m1**q + v.m2**q) for q in (1, 2)]


def bellman(v: SimpleNamespace) -> list[float]:
    P = np.array([[[1, 0], [0, 1]], [[1 - v.chance, v.chance], [0, 1]]], dtype=float)
    r = np.array([[v.stay, 1], [v.go, 1]], dtype=float)
    values = r + float(v.gamma) * P @ np.array(v.V)
    return [*values[:, 0], *values.max(axis=0)]


ROUTES: dict[str, Route] = {
    "01-forward-pass": forward,
    "02-three-corners": corners,
    "03-cost": cost_of_two,
    "04-gradient-step": step,
    "04-largest-rate": largest_rate,
    "05-errors": errors,
    "06-sharpness": sharpness,
    "07-momentum-roots": roots,
    "07-two-steps": two_steps,
    "08-ridge": ridge,
    "09-sizes": sizes,
    "10-attention": attending,
    "10-bellman": bellman,
}


def test_every_exercise_has_another_route_and_every_chapter_an_exercise() -> None:
    assert [path.stem for path in PATHS] == [*ROUTES]
    assert {name[:2] for name in ROUTES} == {f"{n:02}" for n in range(1, 11)}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_answers_are_those_of_another_route_for_twenty_seeds(path: Path) -> None:
    drawn = [draw(path, seed) for seed in SEEDS]
    for one in drawn:
        found = ROUTES[one.name](SimpleNamespace(**one.values))
        np.testing.assert_allclose([*one.answers.values()], found, rtol=1e-6, atol=1e-8)
    assert len({one.text for one in drawn}) > 5, "the seeds hardly differ"


def test_there_is_always_something_to_decide() -> None:
    sharp, bellman = (
        path for path in PATHS if path.stem in ("06-sharpness", "10-bellman")
    )
    for seed in range(200):
        _, here, _, least = draw(sharp, seed).answers.values()
        assert here > least
        stay, go, *_ = draw(bellman, seed).answers.values()
        assert stay != go


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_numbers_are_nice(path: Path) -> None:
    for seed in SEEDS:
        one = draw(path, seed)
        said = " ".join(re.findall(r"\$[^$]+\$", one.text))
        assert all(len(n) <= 4 for n in re.findall(r"\d+\.\d+|\d+", said)), said
        assert not re.search(r"<<|>>|\+ -|- -|-0\b(?!\.)", one.text + one.solution)


def test_what_the_solution_says_is_what_is_graded() -> None:
    for path in PATHS:
        for seed in (1, 2):
            one = draw(path, seed)
            for answer in one.answers.values():
                near = {exams.tex(answer)}
                for denominator in range(2, 60):
                    n = round(answer * denominator)
                    if isclose(answer, n / denominator, abs_tol=1e-9):
                        near.add(exams.tex(exams.Fraction(n, denominator)))
                assert any(form in one.solution for form in near), (one.name, answer)


def test_a_seed_gives_the_same_paper_and_another_seed_another() -> None:
    first, again, other = (
        exams.paper("exam.md", "Exam", [draw(path, seed) for path in PATHS], True)
        for seed in (3, 3, 4)
    )
    assert first == again != other


def test_a_paper_shows_solutions_only_if_it_is_to() -> None:
    some = [draw(path, 1) for path in PATHS]
    for form in ("exam.md", "exam.html"):
        asked, solved = (exams.paper(form, "Exam", some, its) for its in (False, True))
        mark = '<div class="solution">' if form == "exam.html" else "**Solution.**"
        assert (asked.count(mark), solved.count(mark)) == (0, len(PATHS))
    assert asked.count("<h2>") == len(PATHS)
    assert "katex-html" in asked
    assert "$" not in re.sub(r"<annotation.*?</annotation>", "", asked)


# Moodle


def test_moodle_is_given_what_it_can_grade() -> None:
    xml = exams.quiz(PATHS[:2], 1)
    assert faults(xml) == []
    root = ElementTree.fromstring(xml)
    questions = root.findall("question[@type='cloze']")
    assert len(questions) == 2 * exams.VARIANTS
    assert len({q.findtext("idnumber") for q in questions}) == len(questions)
    for question, seed in zip(questions, [*SEEDS, *SEEDS], strict=True):
        text = question.findtext("questiontext/text") or ""
        found = EMBEDDED.findall(text)
        path = PATHS[0] if question is questions[seed - 1] else PATHS[1]
        values = draw(path, seed).answers.values()
        assert [float(value) for value, _ in found] == pytest.approx([*values])


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("$course$/", "", "category"),
        ("<idnumber>03-cost-2<", "<idnumber>03-cost-1<", "idnumber"),
        ("{1:NUMERICAL:=", "{1:NUMERIC:=", "nothing to enter"),
        (r"\(F", "$F", "between dollars"),
        ('"cloze"', '"close"', "type"),
        ('<questiontext format="html">', "<questiontext>", "questiontext in HTML"),
        ("</p>", "", "broken HTML"),
        ("<name><text>", "<name><text>&lt; &gt;", "blank lost"),
    ],
)
def test_what_moodle_would_misread_is_seen(old: str, new: str, why: str) -> None:
    xml = exams.quiz([PATHS[2]], 1)
    assert PATHS[2].stem == "03-cost"
    assert old in xml
    assert any(why in fault for fault in faults(xml.replace(old, new)))


def test_no_paper_for_students_names_its_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEED", "778899,112233")
    monkeypatch.setenv("CHAPTERS", "03")
    monkeypatch.setattr(exams, "printed", lambda page: None)
    exams.write(tmp_path)
    papers = [path for path in tmp_path.glob("exam-*") if "solutions" not in path.stem]
    assert {path.name for path in papers} == {
        f"exam-{n}.{form}" for n in (1, 2) for form in ("md", "html")
    }
    for path in papers:
        assert not re.search("778899|112233", path.read_text("utf-8"))
    solved = (tmp_path / "exam-2-solutions.md").read_text("utf-8")
    assert "variant 2 (seed 112233), with solutions" in solved
    bank = (tmp_path / "moodle.xml").read_text("utf-8")
    assert "<idnumber>03-cost-778899</idnumber>" in bank


# What is wrong is said


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"SEED": "one"}, "SEED=one: expected numbers"),
        ({"SEED": "1,"}, "SEED=1,: expected numbers"),
        ({"CHAPTERS": "11"}, "CHAPTERS=11: expected numbers"),
    ],
)
def test_what_nobody_can_draw_is_refused(said: dict[str, str], why: str) -> None:
    with pytest.raises(SystemExit, match=why):
        exams.asked(said)


def test_seeds_and_chapters_are_chosen() -> None:
    seeds, paths = exams.asked({"SEED": "3,5", "CHAPTERS": "04,07"})
    assert seeds == [3, 5]
    assert {path.stem[:2] for path in paths} == {"04", "07"}
    assert exams.asked({}) == ([1], PATHS)


def test_a_template_without_a_solution_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "01-wrong.md"
    path.write_text(
        "---\ntitle: X\npoints: 1\n---\n\n```python\nanswers = {}\n```\n\nText.\n"
    )
    with pytest.raises(ValueError, match=r"01-wrong\.md: expected front matter"):
        draw(path, 1)
