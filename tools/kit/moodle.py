"""Moodle's XML of questions, as its importer (question/format/xml) reads it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

PICTURE = re.compile(r'(<img src=")([^":/]+)(")')


def text(parent: Element, tag: str, html: str, files: Mapping[str, bytes]) -> None:
    """Add a text in HTML, with the pictures that it shows inside it."""
    field = SubElement(parent, tag, format="html")
    SubElement(field, "text").text = PICTURE.sub(r"\1@@PLUGINFILE@@/\2\3", html)
    for _, name, _ in PICTURE.findall(html):
        held = SubElement(field, "file", name=name, path="/", encoding="base64")
        held.text = base64.b64encode(files[name]).decode()


class Quiz:
    """A bank of questions, in categories."""

    def __init__(self) -> None:
        self.root = Element("quiz")

    def category(self, *path: str) -> None:
        """Let what follows belong to a category, given from the top down."""
        question = SubElement(self.root, "question", type="category")
        # Moodle writes a slash within a name twice.
        name = "/".join(part.replace("/", "//") for part in path)
        SubElement(SubElement(question, "category"), "text").text = f"$course$/{name}"

    def add(
        self,
        kind: str,
        name: str,
        asked: str,
        feedback: str,
        *,
        label: str,
        points: float = 1,
        tags: Iterable[str] = (),
        files: Mapping[str, bytes] | None = None,
    ) -> Element:
        """Add a question, and return its element for what its kind has besides."""
        question = SubElement(self.root, "question", type=kind)
        SubElement(SubElement(question, "name"), "text").text = name
        text(question, "questiontext", asked, files or {})
        text(question, "generalfeedback", feedback, files or {})
        fields = {"defaultgrade": points, "penalty": 0, "hidden": 0, "idnumber": label}
        for field, value in fields.items():
            SubElement(question, field).text = str(value)
        listed = SubElement(question, "tags")
        for tag in tags:
            SubElement(SubElement(listed, "tag"), "text").text = tag
        return question

    def essay(self, grader: str, lines: int, *about: str, **more: object) -> None:
        """Add a question whose answer a person reads, who is shown `grader`."""
        files: Mapping[str, bytes] = more.get("files") or {}  # type: ignore[assignment]
        question = self.add("essay", *about, **more)  # type: ignore[arg-type]
        fields = {
            "responseformat": "editor",
            "responserequired": 1,
            "responsefieldlines": lines,
            "attachments": 1,  # a photograph of what was written by hand
            "attachmentsrequired": 0,
        }
        for field, value in fields.items():
            SubElement(question, field).text = str(value)
        text(question, "graderinfo", grader, files)
        text(question, "responsetemplate", "", {})

    def write(self, path: Path) -> None:
        indent(self.root, " ")
        ElementTree(self.root).write(path, "utf-8", xml_declaration=True)
