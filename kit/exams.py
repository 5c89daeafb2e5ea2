"""Exams: exercises whose numbers, and whose solutions, are drawn from a seed.

A template, kit/exercises/NN-name.md, has a title and points in front, a program that
draws the numbers and computes the answers with the library, the text, and the solution
below a line `---`.  What stands in `<<…>>` is computed where it stands.

SEED=3 chooses the paper (SEED=1,2,3 several) and CHAPTERS=04,05 what is on it.  Papers
are numbered: whoever knew the seed of one could make its solutions, so that these alone
name it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from markdown_it.common.utils import escapeHtml

from kit.boxes import chapters, html, moodle
from tools import ROOT
from tools.pages import formulas
from tools.pages.generated import rendered
from tools.programs import missing

TEMPLATES = ROOT / "kit" / "exercises"
FORM = re.compile(
    r"---\n(?P<front>.*?)\n---\n\n```python\n(?P<program>.*?)```\n\n"
    r"(?P<text>.*?)\n\n---\n\n(?P<solution>.*)",
    re.DOTALL,
)
HOLE = re.compile(r"<<(.+?)>>", re.DOTALL)
VARIANTS = 20  # of each exercise, for Moodle to choose from
PRINT = ["chromium", "--headless", "--no-sandbox", "--disable-gpu"]
PRINT += ["--no-pdf-header-footer"]


@dataclass(frozen=True)
class Exercise:
    """An exercise with its numbers: in Markdown, its answers by their names in TeX."""

    name: str
    seed: int
    title: str
    points: int
    text: str
    solution: str
    answers: dict[str, float]
    values: dict[str, Any]


def draw(path: Path, seed: int) -> Exercise:
    """Return the exercise of a template with the numbers of a seed.

    Raises
    ------
    ValueError
        If the template has not the form that it must have.
    """
    form = FORM.fullmatch(path.read_text("utf-8"))
    if form is None:
        raise ValueError(f"{path.name}: expected front matter, program, text, solution")
    rng = np.random.default_rng([seed, zlib.crc32(path.stem.encode())])
    values: dict[str, Any] = {
        "choose": lambda *some: some[rng.integers(len(some))],
        **{"np": np, "Fraction": Fraction, "signed": signed, "paren": paren},
    }
    exec(compile(form["program"], path.name, "exec"), values)
    text, solution = (
        HOLE.sub(lambda hole: _filled(hole[1], values), form[part]).strip()
        for part in ("text", "solution")
    )
    front = yaml.safe_load(form["front"])
    # Rounding errors are none of the answers', and neither is the sign of zero.
    answers = {k: round(float(its), 12) + 0.0 for k, its in values["answers"].items()}
    about = (path.stem, seed, front["title"], front["points"])
    return Exercise(*about, text, solution, answers, values)


def _filled(expression: str, values: dict[str, Any]) -> str:
    value = eval(expression, values)
    return value if isinstance(value, str) else tex(value)


def tex(value: Any) -> str:
    """Return a number, a vector or a matrix as a formula; at most four digits."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return str(value.numerator)
        sign = "-" if value < 0 else ""
        return rf"{sign}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    if isinstance(value, (list, tuple, np.ndarray)):
        if np.ndim(np.asarray(value, dtype=object)) == 1:
            return f"({', '.join(map(tex, value))})"
        rows = r" \\ ".join(" & ".join(map(tex, row)) for row in value)
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
    return f"{round(float(value), 12) + 0.0:.4g}"


def signed(value: Any) -> str:
    """Return a number as what is added: with its sign in front."""
    return f"- {tex(-value)}" if value < 0 else f"+ {tex(value)}"


def paren(value: Any) -> str:
    """Return a number as a factor: in brackets, if it is negative."""
    return f"({tex(value)})" if value < 0 else tex(value)


def asked(environment: Mapping[str, str] = os.environ) -> tuple[list[int], list[Path]]:
    """Return the seeds of the papers, and the templates of the chapters asked for."""
    seeds, wanted = environment.get("SEED", "1"), environment.get("CHAPTERS", "")
    if not re.fullmatch(r"\d+(,\d+)*", seeds):
        raise SystemExit(f"SEED={seeds}: expected numbers such as 3 or 1,2,3")
    found = sorted(TEMPLATES.glob("[0-9]*.md"))
    chosen = [path for path in found if path.stem[:2] in (wanted or path.stem)]
    if not chosen:
        raise SystemExit(f"CHAPTERS={wanted}: expected numbers such as 04,05")
    return [*map(int, seeds.split(","))], chosen


def write(folder: Path) -> None:
    """Write the papers, without solutions and with them, and a bank for Moodle."""
    seeds, paths = asked()
    shutil.copytree(formulas.KATEX, folder / "katex", dirs_exist_ok=True)
    for number, seed in enumerate(seeds, 1):
        some = [draw(path, seed) for path in paths]
        for end, said in (("", ""), ("-solutions", f" (seed {seed}), with solutions")):
            for form in ("md", "html"):
                title = f"Exam, variant {number}{said}"
                text = paper(f"exam.{form}", title, some, bool(end))
                (folder / f"exam-{number}{end}.{form}").write_text(text, "utf-8")
            printed(folder / f"exam-{number}{end}.html")
    (folder / "moodle.xml").write_text(quiz(paths, seeds[0]), "utf-8")
    formulas.engine().close()


def paper(form: str, title: str, some: Sequence[Exercise], solved: bool) -> str:
    """Return a paper in Markdown or as a page, with its formulas set."""

    def put(text: str) -> str:
        return html(text, formulas.katex)

    return rendered(form, title=title, exercises=some, solved=solved, html=put)


def printed(page: Path) -> None:
    """Print a page as a PDF beside it, if Chromium is there."""
    if sentence := missing("chromium"):
        print(f"no PDF of {page.name}: {sentence}")
        return
    goal = f"--print-to-pdf={page.with_suffix('.pdf')}"
    subprocess.run([*PRINT, goal, page], check=True, capture_output=True)


def quiz(paths: Sequence[Path], first: int) -> str:
    """Return for Moodle the variants of each exercise from this seed on.

    Moodle checks their answers.
    """
    titles, groups = {text.stem[:2]: chapter for chapter, text in chapters()}, []
    for path in paths:
        some = [draw(path, seed) for seed in range(first, first + VARIANTS)]
        category = ("Exam", titles[path.stem[:2]], some[0].title)
        groups.append((category, [*map(embedded, some)]))
    return moodle(groups)


def embedded(one: Exercise) -> Mapping[str, Any]:
    """Return an exercise as Moodle has it, with an entry for each answer."""
    form = r"<p>\({} =\) {{1:NUMERICAL:={:.6g}:{:.2g}}}</p>"
    answers = {escapeHtml(name): its for name, its in one.answers.items()}
    # An integer must be met, any other number to 1 %.
    error = {name: 0 if n % 1 == 0 else abs(n) / 100 for name, n in answers.items()}
    entries = [form.format(name, n, error[name]) for name, n in answers.items()]
    its: dict[str, Any] = {"kind": "cloze", "name": f"{one.title} ({one.seed})"}
    its |= {"label": f"{one.name}-{one.seed}", "points": one.points}
    its |= {"text": html(one.text) + "".join(entries), "answer": html(one.solution)}
    return its | {"files": {}, "tags": []}
