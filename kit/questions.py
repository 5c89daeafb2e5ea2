"""The question bank: every quick check and exercise, with hint and solution.

As Markdown, one file a page of the book; as JSON; as Moodle's XML; and the exercises
for the machine as assignments for otter-grader, one notebook a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat

from kit import otter
from kit.boxes import Box, boxes, html, moodle, opened, shown
from tools.pages.generated import rendered

ASKED = ("exercise", "quick check")


def write(folder: Path) -> None:
    """Write the bank in its four forms."""
    bank = [box for box in boxes(opened()) if box.kind in ASKED]
    for part in ("markdown", "otter"):
        (folder / part).mkdir(exist_ok=True)
    (folder / "questions.json").write_text(
        json.dumps(
            [asdict(shown(box)[0]) for box in bank], ensure_ascii=False, indent=1
        )
    )
    (folder / "moodle.xml").write_text(quiz(bank), "utf-8")
    for page, some in groupby(bank, key=lambda box: box.page):
        its = [*some]
        for name, content in sheet(its).items():
            (folder / "markdown" / name).write_bytes(content)
        if assignment := otter.assignment(its):
            nbformat.write(assignment, folder / "otter" / f"{page}.ipynb")


def sheet(bank: Sequence[Box]) -> dict[str, bytes]:
    """Return the files of a page's questions: one in Markdown, and its pictures."""
    told = [*map(shown, bank)]
    some = [asdict(box) | {"name": box.name} for box, _ in told]
    text = rendered("questions.md", title=bank[0].chapter, bank=some)
    pictures = {name: its for _, files in told for name, its in files.items()}
    return pictures | {f"{bank[0].page}.md": text.encode()}


def quiz(bank: Sequence[Box]) -> str:
    """Return the bank for Moodle; a person reads the answers, shown the book's."""
    groups = groupby(bank, key=lambda box: (box.chapter, box.kind))
    book = "Deep Learning for Applied Mathematicians"
    return moodle([((book, *about), [*map(essay, some)]) for about, some in groups])


def essay(box: Box) -> Mapping[str, Any]:
    """Return a question as Moodle has it."""
    said, files = shown(box)
    text = html(said.text)
    if box.hint:
        text += f"<details><summary>Hint</summary>{html(said.hint)}</details>"
    its: dict[str, Any] = {"kind": "essay", "name": f"{box.name} ({box.page})"}
    its |= {
        "label": box.label,
        "points": len(box.stars) or 1,
        "text": text,
        "answer": html(said.answer),
    }
    how = f"by {box.by}" if box.by else ""
    return its | {"files": files, "tags": [box.page, box.stars, how]}
