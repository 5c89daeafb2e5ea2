"""What Moodle's importer (question/format/xml) would refuse or misread in a bank."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# The texts in HTML that each kind of question has, besides those of all.
TEXTS = {"essay": {"graderinfo"}, "cloze": set[str]()}
FORMATS = {"editor", "editorfilepicker", "plain", "monospaced", "noinline"}
# A blank between two characters that are escaped is lost, if it is not enclosed.
ENCLOSED = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
LOST = re.compile(r"&\w+;\s+&\w+;")
EMBEDDED = re.compile(r"\{\d+:NUMERICAL:=(-?[\d.]+):([\d.]+)\}")


def faults(xml: str) -> list[str]:
    """Return what is wrong with a bank."""
    root = ElementTree.fromstring(xml)
    found, known = [], set[str]()
    if root.tag != "quiz" or root[0].get("type") != "category":
        found.append("no quiz that begins with a category")
    found += [f"blank lost: {one}" for one in LOST.findall(ENCLOSED.sub("", xml))]
    for question in root:
        if question.get("type") == "category":
            path = question.findtext("category/text", "")
            if not re.fullmatch(r"\$course\$(/([^/]|//)+)+", path):
                found.append(f"category {path!r}")
            continue
        label = question.findtext("idnumber", "")
        if not 0 < len(label) <= 100 or label in known:
            found.append(f"idnumber {label!r}")
        known.add(label)
        found += [f"{label}: {fault}" for fault in _of_question(question)]
    return found


def _of_question(question: Element) -> Iterator[str]:
    kind = question.get("type", "")
    if kind not in TEXTS:
        yield f"type {kind!r}"
        return
    if not question.findtext("name/text", "").strip():
        yield "no name"
    if float(question.findtext("defaultgrade", "0")) <= 0:
        yield "no points"
    for tag in ("questiontext", "generalfeedback", *TEXTS[kind]):
        fields = question.findall(tag)
        if len(fields) != 1 or fields[0].get("format") != "html":
            yield f"{len(fields)} {tag} in HTML"
        yield from (f"{tag}: {fault}" for field in fields for fault in _of_text(field))
    text = question.findtext("questiontext/text", "")
    if not text.strip():
        yield "no text"
    if kind == "cloze" and not EMBEDDED.search(text):
        yield "nothing to enter"
    if kind == "essay" and question.findtext("responseformat") not in FORMATS:
        yield "no format of the response"


def _of_text(field: Element) -> Iterator[str]:
    text = field.findtext("text", "")
    try:
        ElementTree.fromstring(f"<body>{text}</body>")
    except ElementTree.ParseError as error:
        yield f"broken HTML: {error}"
    shown = set(re.findall(r'<img src="([^"]*)"', text))
    held = {f"@@PLUGINFILE@@/{file.get('name')}" for file in field.findall("file")}
    if shown != held:
        yield f"pictures {sorted(shown ^ held)}"
    for file in field.findall("file"):
        if file.get("encoding") != "base64" or not base64.b64decode(file.text or ""):
            yield f"file {file.get('name')}"
    if "$" in re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.DOTALL):
        yield "a formula between dollars"
