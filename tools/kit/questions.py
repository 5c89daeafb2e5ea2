"""The question bank: every quick check and exercise, with hint and solution.

As Markdown, one file a chapter; as JSON; as Moodle's XML; and the exercises for the
machine as assignments for otter-grader, one notebook a page of the book.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat

from tools.kit import moodle, otter
from tools.kit.boxes import STAR, Box, Reader, html, shown, written

ASKED = ("exercise", "quick check")


def write(folder: Path) -> None:
    """Write the bank in its four forms."""
    bank = [box for box in Reader().boxes() if box.kind in ASKED]
    for part in ("markdown", "otter"):
        (folder / part).mkdir(exist_ok=True)
    (folder / "questions.json").write_text(
        json.dumps([entry(box) for box in bank], ensure_ascii=False, indent=1) + "\n"
    )
    quiz(bank).write(folder / "moodle.xml")
    for page, some in groupby(bank, key=lambda box: box.page):
        its = [*some]
        text, files = sheet(its)
        (folder / "markdown" / f"{page}.md").write_text(text, "utf-8")
        written(folder / "markdown", files)
        if assignment := otter.assignment(its):
            nbformat.write(assignment, folder / "otter" / f"{page}.ipynb")


def parts(box: Box) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return text, hint and answer in Markdown, and the pictures they show."""
    said, files = {}, {}
    for name in ("text", "hint", "answer"):
        said[name], more = shown(box, getattr(box, name))
        files |= more
    return said, files


def entry(box: Box) -> dict[str, Any]:
    """Return a question as JSON has it."""
    about = ("label", "kind", "number", "title", "page", "chapter", "section")
    its = {name: getattr(box, name) for name in (*about, "stars", "by")}
    return its | parts(box)[0]


def sheet(bank: Sequence[Box]) -> tuple[str, dict[str, bytes]]:
    """Return the questions of a page in Markdown, and the pictures they show."""
    lines, files = [f"# {bank[0].chapter}: questions of {bank[0].page}"], {}
    for section, some in groupby(bank, key=lambda box: box.section):
        lines.append(f"## {section}")
        for box in some:
            said, more = parts(box)
            files |= more
            lines += [f"### {box.name} {STAR * box.stars}".rstrip(), said["text"]]
            for name in ("hint", "answer"):
                if said[name]:
                    lines.append(f"**{name.capitalize()}.** {said[name]}")
            lines.append(f"`{box.label}`")
    return "\n\n".join(lines) + "\n", files


def quiz(bank: Sequence[Box]) -> moodle.Quiz:
    """Return the bank for Moodle; a person reads the answers, shown the book's."""
    made = moodle.Quiz()
    for (chapter, kind), some in groupby(bank, key=lambda box: (box.chapter, box.kind)):
        made.category("Deep Learning for Applied Mathematicians", chapter, kind)
        for box in some:
            said, files = parts(box)
            asked, hint, answer = (html(said[name]) for name in said)
            if hint:
                asked += f"<details><summary>Hint</summary>{hint}</details>"
            tags = [box.page, f"{STAR * box.stars}", f"by {box.by}" if box.by else ""]
            made.essay(
                answer,
                5 + 5 * box.stars,
                f"{box.name} ({box.page})",
                asked,
                answer,
                label=box.label,
                points=max(box.stars, 1),
                tags=[tag for tag in tags if tag],
                files=files,
            )
    return made
