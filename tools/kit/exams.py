"""Exams: exercises whose numbers, and whose solutions, are drawn from a seed.

A template, exams/NN-name.md, has a title and points in front, a program that draws
the numbers and computes the answers with the library, the text, and the solution
below a line `---`.  What stands in `<<…>>` is computed where it stands.

SEED=3 chooses the paper (SEED=1,2,3 several) and CHAPTERS=04,05 what is on it.
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

from tools import ROOT
from tools.book import load
from tools.kit import moodle
from tools.kit.boxes import html
from tools.pages import formulas
from tools.programs import missing

TEMPLATES = ROOT / "exams"
FORM = re.compile(
    r"---\n(?P<front>.*?)\n---\n\n```python\n(?P<program>.*?)```\n\n"
    r"(?P<text>.*?)\n\n---\n\n(?P<solution>.*)",
    re.DOTALL,
)
HOLE = re.compile(r"<<(.+?)>>", re.DOTALL)
VARIANTS = 20  # of each exercise, for Moodle to choose from
PAGE = """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>{0}</title>
<link rel="stylesheet" href="katex/katex.min.css"><style>
@page {{ size: A4; margin: 24mm 26mm }}
body {{ font: 11pt/1.5 "Latin Modern Roman", "TeX Gyre Termes", serif; max-width: 42em;
  margin: auto }}
h2 {{ font-size: 1.1em; margin: 2em 0 .3em }} section {{ break-inside: avoid }}
h2 small {{ float: right; font-weight: normal }}
.solution {{ border-left: 2px solid #0072b2; padding-left: 1em }}
</style><h1>{0}</h1>{1}</html>
"""


@dataclass(frozen=True)
class Exercise:
    """An exercise with its numbers: texts in Markdown, answers by their names in TeX."""

    name: str
    title: str
    points: int
    text: str
    solution: str
    answers: dict[str, float]
    values: dict[str, Any]

    @property
    def chapter(self) -> int:
        return int(self.name[:2])


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
    about = (path.stem, front["title"], front["points"])
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


def tolerance(answer: float) -> float:
    """Return by how much an answer may differ: nothing for an integer, else 1 %."""
    return 0 if answer == round(answer) else abs(answer) / 100


def chosen(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the templates of the chapters that are asked for, or all."""
    wanted = environment.get("CHAPTERS", "")
    found = [
        path
        for path in sorted(TEMPLATES.glob("[0-9]*.md"))
        if not wanted or path.stem[:2] in wanted.split(",")
    ]
    if not found:
        raise SystemExit(f"CHAPTERS={wanted}: exams/ has nothing on these chapters")
    return found


def seeds(environment: Mapping[str, str] = os.environ) -> list[int]:
    """Return the seeds of the papers."""
    said = environment.get("SEED", "1")
    if not re.fullmatch(r"\d+(,\d+)*", said):
        raise SystemExit(f"SEED={said}: expected numbers such as 3 or 1,2,3")
    return [int(one) for one in said.split(",")]


def write(folder: Path) -> None:
    """Write the papers and their solutions, and what Moodle can choose from."""
    paths = chosen()
    shutil.copytree(formulas.KATEX, folder / "katex", dirs_exist_ok=True)
    for seed in seeds():
        some = [draw(path, seed) for path in paths]
        for end, solved in (("", False), ("-solutions", True)):
            there, title = folder / f"exam-{seed}{end}", f"Exam, variant {seed}"
            text = paper(some, title, solved)
            there.with_suffix(".md").write_text(text, "utf-8")
            there.with_suffix(".html").write_text(sheet(text, title), "utf-8")
            printed(there.with_suffix(".html"))
    quiz(paths).write(folder / "moodle.xml")
    formulas.close(None, None)  # type: ignore[arg-type]


def paper(some: Sequence[Exercise], title: str, solved: bool) -> str:
    """Return a paper in Markdown, with its solutions or without."""
    points = sum(one.points for one in some)
    parts = [f"{len(some)} exercises, {points} points. Show how you found each answer."]
    for n, one in enumerate(some, 1):
        parts += [f"## {n}. {one.title} ({one.points} points)", one.text]
        parts += [f"**Solution.** {one.solution}"] if solved else []
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def sheet(text: str, title: str) -> str:
    """Return a paper as a page, with its formulas set."""
    body = html(text, formulas.katex).partition("</h1>")[2]
    body = re.sub(r"<p><strong>Solution", '<p class="solution"><strong>Solution', body)
    return PAGE.format(title, body)


def printed(page: Path) -> None:
    """Print a page as a PDF beside it, if Chromium is there."""
    if sentence := missing("chromium"):
        print(f"no PDF of {page.name}: {sentence}")
        return
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run(
        ["chromium", *options, f"--print-to-pdf={page.with_suffix('.pdf')}", page],
        check=True,
        capture_output=True,
    )


def quiz(paths: Sequence[Path]) -> moodle.Quiz:
    """Return for Moodle many variants of each exercise, whose answers it checks."""
    titles = {text.stem[:2]: text.title for text in load().chapters if text.stem[2] == "-"}
    made = moodle.Quiz()
    for path in paths:
        some = [draw(path, seed) for seed in range(1, VARIANTS + 1)]
        made.category("Exam", titles[path.stem[:2]], some[0].title)
        for seed, one in enumerate(some, 1):
            # Moodle's embedded answers: {points:NUMERICAL:=value:tolerance}
            fields = "".join(
                rf"<p>\({name} =\) {{1:NUMERICAL:={its:.6g}:{tolerance(its):.2g}}}</p>"
                for name, its in one.answers.items()
            )
            made.add(
                "cloze",
                f"{one.title} ({seed})",
                html(one.text) + fields,
                html(one.solution),
                label=f"{one.name}-{seed}",
                points=one.points,
            )
    return made
