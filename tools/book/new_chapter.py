"""Write the files of a new chapter: its text, its tests, its line in `_toc.yml`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tools import ROOT

TEMPLATES = Path(__file__).with_name("templates")


def write(name: str, root: Path = ROOT) -> list[Path]:
    """Write the files of the chapter `name`, and return them.

    Raises
    ------
    ValueError
        If the name is no NN-some-words, or the chapter is there already.
    """
    form = re.fullmatch(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)", name)
    if form is None:
        raise ValueError(f"{name!r}: expected a name such as 07-optimisation")
    number, words = form.groups()
    text = root / "book" / f"{name}.md"
    tests = root / "tests" / "chapters" / f"test_chapter_{number}.py"
    for path in (*text.parent.glob(f"{number}-*.md"), tests):
        if path.exists():
            raise ValueError(f"{path.relative_to(root)} is there already")
    toc = root / "_toc.yml"
    lines = toc.read_text("utf-8").splitlines(keepends=True)
    chapters = [re.match(r"      - file: book/(\d\d)-", line) for line in lines]
    before = [n for n, form in enumerate(chapters) if form and form[1] < number]
    at = before[-1] + 1 if before else lines.index("    chapters:\n") + 1
    while lines[at].startswith("        "):  # the sections of the chapter before
        at += 1
    lines.insert(at, f"      - file: book/{name}\n")
    title = words.replace("-", " ").capitalize()
    filled = {"TITLE": title, "NUMBER": str(int(number)), "NAME": name}
    for path, template in ((text, "chapter.md"), (tests, "test_chapter.py.txt")):
        content = (TEMPLATES / template).read_text("utf-8")
        for word, value in filled.items():
            content = content.replace(word, value)
        path.write_text(content, "utf-8")
    toc.write_text("".join(lines), "utf-8")
    return [text, tests, toc]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="NN-some-words")
    try:
        files = write(parser.parse_args(arguments).name)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in files:
        print(path.relative_to(ROOT))
    return 0
