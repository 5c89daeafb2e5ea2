"""The model of the book: its texts, as the parser that renders them reads them.

What is prose, a cell, a formula, an option or a label is what markdown-it's tokens
say.  Positions are kept: `Text.prose` has every character where the file has it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from myst_parser.parsers.options import TokenizeError, options_to_items

from tools import ROOT
from tools.book import claims
from tools.book.claims import Cell, Claim, Fault
from tools.book.numerals import Numeral, Statement, blanked, in_prose
from tools.pages.generated import is_generated

# The argument of these is a path, a language, a label or an entry, not a title.
NO_TITLE = {
    *("figure", "image", "code-cell", "code", "code-block", "literalinclude", "raw"),
    *("solution", "solution-start", "bibliography", "only", "toctree", "include"),
    *("embed", "iframe", "doctest", "index"),
}
LITERAL = {"code", "code-block", "literalinclude", "toctree", "bibliography", "doctest"}
SHOWN = {"alt", "caption", "title"}  # the options that a reader sees
# In these, the steps of a derivation may go without a label.
DERIVATIONS = {"prf:proof", "exercise", "solution"}
FORMULAS = {"math_block", "math_block_label", "amsmath"}
SHOWN_ROLES = {"math", "abbr", "sub", "sup", "kbd"}
LINKS = {"ref", "doc", "numref", "term", "download", "prf:ref"}
DIRECTIVE = re.compile(r"\{(?P<name>[^}\s]+)\}[ ]*(?P<argument>.*)")
OPTION = re.compile(r"[ \t]*:[\w-]+:")
TAG = re.compile(
    r"<!--.*?-->|<[A-Za-z/][^<>]*?\balt=\"(?P<alt>[^\"]*)\"[^<>]*>|</?[A-Za-z][^<>]*>",
    re.DOTALL,
)
LIVE = re.compile(r"\bdata-live=\"([^\"]+)\"")
NUMBER = re.compile(r"[-−]?[\d.]+(?:[eE][-+]?\d+)?%?")  # as code: a report in disguise
CHAPTER = re.compile(r"\d\d[a-z]?-")  # how the name of a chapter's file begins
SENTENCE_END = re.compile(r"[.?!][*_)”\"]*\s+(?=[*_(“\"]?[A-Z$])")


class Broken(ValueError):  # noqa: N818
    """A text that cannot be read; the message says where, and why."""

    def __init__(self, path: Path | str, line: int, why: str) -> None:
        super().__init__(f"{Path(path).name}:{line}: {why}")


@dataclass(frozen=True)
class Equation:
    """A displayed equation; in a derivation it may go without a label."""

    label: str | None
    tex: str
    line: int
    derivation: bool


@dataclass(frozen=True)
class Heading:
    """A heading, as it is written."""

    level: int
    title: str
    line: int


@cache
def _parser(nested: bool = False) -> MarkdownIt:
    """Return the parser that renders the pages; it notes where inline tokens stand."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["parse"]
    extensions = set(settings["myst_enable_extensions"]) - {"smartquotes"}
    config = MdParserConfig(
        enable_extensions=extensions,
        dmath_double_inline=settings["myst_dmath_double_inline"],
    )
    parser = create_md_parser(config, RendererHTML)
    for rule in parser.inline.ruler.__rules__:
        parser.inline.ruler.at(rule.name, _noting(rule.fn))
    return parser.disable("front_matter") if nested else parser


def _noting(rule: Callable[..., bool]) -> Callable[..., bool]:
    """Return an inline rule that gives its tokens the span of what it read."""

    def noted(state: Any, silent: bool) -> bool:
        count, start = len(state.tokens), state.pos
        done = rule(state, silent)
        for token in state.tokens[count:]:
            token.meta.setdefault("span", (start, state.pos))
        return done

    return noted


class Text:
    """A text of the book, taken apart.

    Parameters
    ----------
    text : str
        The whole file.
    path : Path or str
        Where it is, for its name in messages.

    Raises
    ------
    Broken
        If it cannot be read.
    """

    def __init__(self, text: str, path: Path | str = "text") -> None:
        self.text, self.path = text, Path(path)
        self.front: dict[str, Any] = {}
        self.cells: list[Cell] = []
        self.displayed: list[Equation] = []
        self.headings: list[Heading] = []
        self.labels: dict[str, int] = {}
        self.live: list[str] = []
        self.maths: list[tuple[int, int]] = []
        self._lines = text.split("\n")
        lengths = (len(line) + 1 for line in self._lines)
        self._starts = [0, *accumulate(lengths)]
        self._kept = list(re.sub(r"[^\n]", " ", text))
        if "\0" in text:
            self._fail(self.line(text.index("\0")), "a null byte")
        tokens = _parser().parse(text)
        if self._lines[0] == "---" and not (
            tokens and tokens[0].type == "front_matter"
        ):
            self._fail(1, "nothing closes this ---")
        self._blocks(tokens, 0, derivation=False, outer="")
        self.maths.sort()
        self.prose = "".join(self._kept)

    @classmethod
    def read(cls, path: Path) -> Text:
        """Read a file; a byte-order mark and line ends of other systems may be."""
        try:
            content = path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise Broken(path, line, f"this is not UTF-8: {error.reason}") from None
        return _read(re.sub(r"\A---[ \t]+\n", "---\n", content), path)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def executed(self) -> bool:
        """Whether its cells are run, and it has a record."""
        return "jupytext" in self.front

    @property
    def title(self) -> str:
        return next((h.title for h in self.headings if h.level == 1), self.stem)

    @property
    def equations(self) -> dict[str, str]:
        """The formula of each displayed equation that has a label."""
        return {one.label: one.tex for one in self.displayed if one.label}

    @cached_property
    def numerals(self) -> list[Numeral]:
        """Every number in the prose, in order."""
        return in_prose(self.prose, self.maths)

    @cached_property
    def _stated(self) -> tuple[list[Claim], list[Fault]]:
        return claims.claims(self.cells)

    @cached_property
    def _given(self) -> tuple[dict[Statement, str], list[Fault]]:
        return claims.given(self.front)

    @property
    def claims(self) -> list[Claim]:
        return self._stated[0]

    @property
    def given(self) -> dict[Statement, str]:
        return self._given[0]

    @property
    def faults(self) -> list[Fault]:
        """What is wrong with the claims and with what is given."""
        return self._stated[1] + self._given[1]

    def line(self, position: int) -> int:
        """Return the number of the line, from 1, that holds `position`."""
        return bisect.bisect_right(self._starts, position)

    def where(self, position: int) -> str:
        return f"{self.name}:{self.line(position)}"

    def sentence(self, position: int) -> str:
        """Return the sentence at `position`, or what of it is on that line."""
        n = self.line(position) - 1
        line, at = self._lines[n], position - self._starts[n]
        ends = [0, *(m.end() for m in SENTENCE_END.finditer(line)), len(line)]
        k = bisect.bisect_right(ends, at)
        return line[ends[k - 1] : ends[min(k, len(ends) - 1)]].strip()

    # From tokens to the model

    def _fail(self, line: int, why: str) -> None:
        raise Broken(self.path, line, why)

    def _blocks(
        self, tokens: list[Token], base: int, *, derivation: bool, outer: str
    ) -> None:
        """Take in what begins in row `base`, within directives fenced by `outer`."""
        within = derivation
        row = column = 0
        for before, token in zip([None, *tokens], tokens, strict=False):
            if token.map is None:
                continue
            first, last = base + token.map[0], base + token.map[1]
            if token.type == "inline":
                column = column if first == row else 0  # of a table's cells
                places = self._places(token.content, first, column)
                row = first
                if token.content:
                    column = places[len(token.content) - 1] + 1 - self._starts[first]
                self._keep(token.content, places, token.children or [])
                if before and before.type == "heading_open":
                    level = int(before.tag[1:])
                    heading = Heading(level, token.content, first + 1)
                    self.headings.append(heading)
            elif token.type in ("fence", "colon_fence"):
                name = self._fence(token, first, last, within, outer)
                kind, _, end = name.rpartition("-")
                if kind in DERIVATIONS and end in ("start", "end"):
                    within = derivation or end == "start"
            elif token.type in FORMULAS:
                start, stop = self._starts[first], self._starts[last] - 1
                if token.type != "amsmath":
                    start = self.text.index("$$", start)
                    stop = self.text.rindex("$$", start, stop) + 2
                span = range(start, stop)
                self._put(self.text[start:stop], span)
                label = token.info if token.type == "math_block_label" else None
                self._formula(token.content, label, span, within, first + 1)
            elif token.type == "html_block":
                self.live += LIVE.findall(token.content)
                self._put(
                    TAG.sub(blanked, token.content), self._places(token.content, first)
                )
            elif token.type == "myst_target":
                self.labels[token.content] = first + 1
            elif token.type == "front_matter":
                self.front = self._yaml(token.content, first + 2, "front matter")

    def _fence(
        self, token: Token, first: int, last: int, derivation: bool, outer: str
    ) -> str:
        """Take in a fenced block; return the name of the directive, if it is one."""
        mark = token.markup
        closing = self._lines[last - 1].strip(" \t>")
        if last - 1 == first or len(closing) < len(mark) or {*closing} != {mark[0]}:
            self._fail(first + 1, f"nothing closes this {mark}")
        form = DIRECTIVE.fullmatch(token.info.strip())
        if form is None:
            if mark[0] != ":" and token.info.strip() in ("", "text"):
                self._put(token.content, self._places(token.content, first + 1))
            return ""
        name, argument = form["name"], form["argument"].strip()
        header, places, n = self._header(token.content, first + 1)
        body, row = "\n".join(token.content.split("\n")[n:]), first + 1 + n
        if name == "code-cell":
            if token.level or mark[0] == ":" or outer.strip(":"):  # as jupytext has it
                self._fail(first + 1, "this cell is never run")
            self._cell(header, places, body, row, (first, last))
        if name == "code-cell" or name in LITERAL:
            return name
        options = self._options(header, places, first + 1)
        if name in NO_TITLE:
            argument = ""
        start = self._starts[first] + self._lines[first].rindex(argument)
        title = range(start, start + len(argument))
        if name == "math":
            self._put(body, self._places(body, row))
            self._put(argument, title)
            start = start if argument else self._starts[row]
            span = range(start, self._starts[last - 1])
            tex = f"{argument}\n{body}"
            self._formula(tex, options.get("label"), span, derivation, first + 1)
            return name
        self._inline(argument, title)
        self._blocks(
            _parser(nested=True).parse(body),
            row,
            derivation=derivation or name in DERIVATIONS,
            outer=outer + mark[0],
        )
        return name

    def _header(self, content: str, row: int) -> tuple[str, list[int], int]:
        """Return the options of a directive, their places, and the rows they take."""
        lines = content.split("\n")
        if lines[0].startswith("---"):
            ends = (n for n, line in enumerate(lines) if n and line.startswith("---"))
            n = next(ends, 0)
            if n == 0:
                self._fail(row + 1, "nothing closes this ---")
            header = "\n".join([*lines[1:n], ""])
            return header, self._places(header, row + 1), n + 1
        n = 0
        while OPTION.match(lines[n]):
            n += 1
        header = "".join(line.lstrip()[1:] + "\n" for line in lines[:n])
        return header, self._places(header, row), n

    def _options(self, header: str, places: Sequence[int], row: int) -> dict[str, str]:
        """Return the options of a directive; keep those that a reader sees."""
        try:
            items, _ = options_to_items(header)
        except TokenizeError as error:
            raise Broken(self.path, row + 1, f"options: {error.problem}") from None
        at = 0
        for key, value in items:
            at = header.index(key, at) + len(key) + 1
            if key in SHOWN:
                start = header.find(value, at)
                self._inline(value, places[start : start + len(value)])
            if key in ("label", "name"):
                self.labels[value] = self.line(places[at - 1])
        return dict(items)

    def _cell(
        self,
        header: str,
        places: Sequence[int],
        body: str,
        row: int,
        fences: tuple[int, int],
    ) -> None:
        """Take in a code cell, with its caption and alt text."""
        metadata = self._yaml(header, fences[0] + 2, "options of the cell")
        tags = metadata.get("tags", [])
        if not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
            self._fail(fences[0] + 2, "tags: expected a list of words")
        self._shown(yaml.compose(header), header, places)
        if not body.split("\n")[0].strip():
            body, row = body.partition("\n")[2], row + 1
        start, stop = (self._starts[n] for n in fences)
        source = body.rstrip("\n")
        self.cells.append(Cell(start, stop, metadata, source, row + 1))

    def _shown(self, node: Any, header: str, places: Sequence[int]) -> None:
        """Keep the captions and alt texts of a cell, and note its names."""
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            start, stop = value.start_mark.index, value.end_mark.index
            if not isinstance(value, yaml.ScalarNode):
                self._shown(value, header, places)
            elif key.value in SHOWN:
                self._inline(header[start:stop], places[start:stop])
            elif key.value == "name":
                self.labels[value.value] = self.line(places[start])

    def _formula(
        self, tex: str, label: str | None, span: range, derivation: bool, line: int
    ) -> None:
        """Take in displayed maths that begins in `line`."""
        self.maths.append((span.start, span.stop))
        self.displayed.append(Equation(label, tex.strip(), line, derivation))
        if label:
            self.labels[label] = line

    def _inline(self, content: str, places: Sequence[int]) -> None:
        """Keep inline text, such as a title."""
        for token in _parser().parseInline(content):
            self._keep(content, places, token.children or [])

    def _keep(
        self, content: str, places: Sequence[int], tokens: Sequence[Token]
    ) -> None:
        """Keep what a reader sees of the inline `content`."""
        hidden = [False] * len(content)
        for token in tokens:
            start, stop = token.meta.get("span", (0, 0))
            if token.type == "math_inline":
                self.maths.append((places[start], places[stop - 1] + 1))
            elif (shown := _shown_of(token, content, start, stop)) is not None:
                hidden[start:stop] = [
                    before or not any(a <= n < b for a, b in shown)
                    for n, before in enumerate(hidden[start:stop], start)
                ]
        kept = "".join(
            " " if gone and character != "\n" else character
            for character, gone in zip(content, hidden, strict=True)
        )
        self._put(kept, places)

    def _put(self, content: str, places: Sequence[int]) -> None:
        for character, place in zip(content, places, strict=False):
            self._kept[place] = character

    def _places(self, content: str, row: int, column: int = 0) -> list[int]:
        """Return where each character of a block stands that begins in `row`."""
        places: list[int] = []
        for n, part in enumerate(content.split("\n"), row):
            if n >= len(self._lines):
                break
            line = self._lines[n]
            at = line.find(part, column)
            columns: list[int] = [*range(at, at + len(part))]
            if at < 0:  # a tab or an escape was resolved: character by character
                columns, at = [], column
                for character in part:
                    at = max(at, line.find(character, at))
                    columns.append(at)
                    at = min(at + 1, len(line))
            places += [self._starts[n] + k for k in columns]
            places.append(self._starts[n] + len(line))
            column = 0
        return places

    def _yaml(self, content: str, line: int, what: str) -> dict[str, Any]:
        """Return the mapping that YAML from `line` on holds."""
        try:
            found = _loaded(content) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line += mark.line if mark else 0
            why = getattr(error, "problem", None) or "no YAML"
            raise Broken(self.path, line, f"{what}: {why}") from None
        if not isinstance(found, dict):
            self._fail(line, f"{what}: no mapping")
        return found


def _shown_of(
    token: Token, content: str, start: int, stop: int
) -> list[tuple[int, int]] | None:
    """Return which parts of an inline token a reader sees; None for all of it."""
    inner = content.find(token.content, start)
    if token.type == "code_inline":
        number = NUMBER.fullmatch(token.content.strip())
        return [(inner, inner + len(token.content))] if number else []
    if token.type == "myst_role":
        name, shown = token.meta["name"], token.content
        if name in LINKS and "<" in shown:
            return [(inner, inner + shown.index("<"))]
        return [(inner, inner + len(shown))] if name in SHOWN_ROLES else []
    if token.type in ("link_open", "image"):
        begin = start + (2 if token.type == "image" else 1)
        end = max(content.rfind(close, start, stop) for close in ("](", "]["))
        end = end if end > 0 else content.find("]", start, stop)
        title = str(token.attrs.get("title", ""))
        at = content.find(title, end, stop)
        return [] if token.info == "auto" else [(begin, end), (at, at + len(title))]
    if token.type == "html_inline":
        form = TAG.match(content, start)
        return [form.span("alt")] if form else []
    return [] if token.type == "footnote_ref" else None


_loaded = lru_cache(yaml.safe_load)
_read = lru_cache(maxsize=64)(Text)


@dataclass(frozen=True)
class Book:
    """The texts that people write, in the order of `_toc.yml`."""

    texts: dict[str, Text]

    @property
    def chapters(self) -> list[Text]:
        """The texts that are executed."""
        return [text for text in self.texts.values() if text.executed]


def load(root: Path = ROOT) -> Book:
    """Read the book.

    Raises
    ------
    Broken
        If a text cannot be read, is missing in `_toc.yml`, or has cells that are
        not run.
    """
    toc = root / "_toc.yml"
    listed = {}
    for name in _files(yaml.safe_load(toc.read_text("utf-8"))):
        path = root / f"{name}.md"
        if path.exists() and not is_generated(path):
            listed[path.stem] = Text.read(path)
        elif CHAPTER.match(path.name):
            line = toc.read_text("utf-8").partition(name)[0].count("\n") + 1
            raise Broken(toc, line, f"there is no {name}.md")
    for path in sorted((root / "book").glob("*.md")):
        if path.stem not in listed and not is_generated(path):
            raise Broken(path, 1, "_toc.yml does not list this text")
    for text in listed.values():
        if not text.executed and (text.cells or CHAPTER.match(text.name)):
            raise Broken(text.path, 1, "without `jupytext:` in front no cell is run")
    return Book(listed)


def _files(toc: Any) -> Iterator[str]:
    """Yield the files of a table of contents, in order."""
    if isinstance(toc, dict):
        for key, value in toc.items():
            yield from [value] if key in ("root", "file") else _files(value)
    elif isinstance(toc, list):
        for part in toc:
            yield from _files(part)
