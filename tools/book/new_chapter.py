"""Write the files of a new chapter: its text, its tests, its line in `_toc.yml`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tools import ROOT

TEXT = """\
---
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

# {title}

% Why it matters, in a paragraph; then what the reader will be able to do.

```{{code-cell}} python
:tags: [hide-input]
import numpy as np
```

% One section for each question that a reader has; each closes with a quick check.

## In PyTorch

% The same thing with torch, and that the numbers agree.

## Exercises

% At least ten: four by hand, four by machine, each with a folded solution.

## Notes

% History and references.
"""
TESTS = '''\
"""Chapter {number}: its displayed equations as printed, and what it says."""

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "{name}.md")


def test_the_numbers_of_the_chapter_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []
'''


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
    text.write_text(TEXT.format(title=title), "utf-8")
    tests.write_text(TESTS.format(number=int(number), name=name), "utf-8")
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
