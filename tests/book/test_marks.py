"""The marks for slides are read as they are meant, and say what the book says."""

from __future__ import annotations

import re

import pytest

from kit.marks import Block, Part, Slide, read
from tools.book import Text, load
from tools.book.model import Broken

CHAPTERS = [text for text in load().chapters if text.stem[0].isdigit()]
NUMBER = re.compile(r"\d+\.\d+|\d{3,}")

SMALL = """# Title

Before.

% slide: A question?
% - A point.
% + An answer.
% show
% then show eq-b

$$
a
$$ (eq-a)

More.

```{code-cell} python
:tags: [remove-cell]
x = 1
```

% slide: A cell
% show output

```{code-cell} python
print(x)
```

## Next

After.

% slide: A box
% show

:::{admonition} Predict, then run
:class: predict
What?
:::
"""


def plain(words: str) -> str:
    """Return words without what TeX and MyST write between the digits of a number."""
    return re.sub(r"(?<=\d)\\,(?=\d)", "", words)


def test_a_mark_takes_what_it_names_or_what_follows() -> None:
    question, cell, box = read(Text(SMALL)).slides
    assert question == Slide(
        "A question?",
        5,
        [
            Part("A point."),
            Part("An answer.", later=True),
            Part(Block("equation-eq-a")),
            Part(Block("equation-eq-b"), later=True),
        ],
        [Block("paragraph", 0), Block("paragraph", 1)],
    )
    assert cell.parts == [Part(Block("cell", 0), only="output")]
    assert box.parts == [Part(Block("predict", 0))]
    assert box.notes == [Block("paragraph", 2)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("% slide: A\n% shwo\n", "no mark"),
        ("% - A point without a slide.\n", "no mark"),
        ("% slide: A\n% show\n\n## Heading\n", "to show"),
        ("% slide: A\n% show\n", "at the end"),
        (":::{note}\n% slide: A\n:::\n", "stands in a box"),
    ],
)
def test_a_wrong_mark_is_refused(text: str, why: str) -> None:
    with pytest.raises(Broken, match=why):
        read(Text(text))


@pytest.mark.parametrize("text", CHAPTERS, ids=lambda text: text.stem)
def test_a_number_on_a_slide_is_on_its_page(text: Text) -> None:
    page = plain(re.sub(r"^% .*$", "", text.text, flags=re.M))
    said = [
        plain(words)
        for slide in read(text).slides
        for words in [slide.title, *(part.shows for part in slide.parts)]
        if isinstance(words, str)
    ]
    known = set(NUMBER.findall(page))
    assert not {number for words in said for number in NUMBER.findall(words)} - known


def test_each_chapter_has_slides_and_one_picture_for_its_handout() -> None:
    marked = [(text.stem[:2], read(text)) for text in CHAPTERS]
    for chapter in {stem for stem, _ in marked}:
        its = [marks for stem, marks in marked if stem == chapter]
        assert sum(bool(marks.slides) for marks in its) > 0
        assert sum(bool(marks.picture) for marks in its) == 1
