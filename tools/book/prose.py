#!/usr/bin/env python3
"""Find the numbers that a chapter reports, and what each of them rests on.

A number is reported by the prose of a text (its maths, tables, captions and
alt texts included) if it is a decimal, a percentage, a power of ten or an
integer of at least 100.  Each must be stated by a `claim` in one of the text's
hidden cells, or be *given*: listed in the front matter with its source,

    dlam:
      given:
        "0.05": HH section 6, the learning rate

What names a thing by its number is no report: `HH (2.6)`, `Figure 6.1`, code.
"""

from __future__ import annotations

import argparse
import ast
import bisect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tools import ROOT
from tools.pages.generated import is_generated

HIDDEN = "remove-cell"  # the tag of a cell that no reader sees
ENDURING = {"raises-exception", "skip-execution"}  # in such a cell no claim bites


# Numbers -----------------------------------------------------------------------


class Statement(NamedTuple):
    """What a numeral says: 0.5 and 0.50 differ, 7.3e-4 and 0.00073 do not."""

    sign: int
    digits: tuple[int, ...]
    exponent: int
    percent: bool = False

    @classmethod
    def of(cls, number: Decimal, percent: bool = False) -> Statement:
        sign, digits, exponent = number.as_tuple()
        assert isinstance(exponent, int)
        return cls(sign, digits, exponent, percent)

    @property
    def value(self) -> Decimal:
        return Decimal((self.sign, self.digits, self.exponent))

    def covers(self, other: Statement) -> bool:
        """Whether who states this has stated `other`: 1000000 is 10^6, too."""
        return self == other or (
            self.exponent == 0 < other.exponent
            and (self.percent, self.value) == (other.percent, other.value)
        )


@dataclass(frozen=True)
class Numeral:
    """A number in a text, at `text[start:stop]`."""

    start: int
    stop: int
    statement: Statement
    reported: bool
    bound: str = ""  # "<" or ">" if that sign stands before it


SPACE = "[ \u00a0\u2002\u2009\u202f]"
GAP = rf"(?:{SPACE}|~|\\+[,;:!> ])"
UPPER = "⁰¹²³⁴⁵⁶⁷⁸⁹"  # exponents where no maths can stand, as in an alt text
FROM_UPPER = str.maketrans(UPPER + "⁻−", "0123456789--")


def _pattern(group: str, before: str, power: str) -> re.Pattern[str]:
    exponent = (
        rf"(?:\^(?:\{{{GAP}*(?P<%s>[-−]?{GAP}*\d+){GAP}*\}}|(?P<%s>{power}))"
        rf"|(?P<%s>⁻?[{UPPER}]+))"
    )
    return re.compile(
        rf"{before}(?:"
        rf"10{exponent % ('p1', 'p2', 'p3')}"
        rf"|(?P<number>(?:\d{{1,3}}(?:(?:{group})\d{{3}})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)"
        rf"(?:{GAP}*(?:\\+times|\\+cdot|[×·]){GAP}*10{exponent % ('e1', 'e2', 'e3')}"
        rf"|[eE](?P<e4>[-−+]?\d+)(?!\w))?)"
        rf"(?:{GAP}*\$?{GAP}*(?P<percent>\\*%|per[ ]?cent\b))?"
    )


IN_TEXT = _pattern(rf",|{SPACE}|~", r"(?<![^\W_])(?<!\d\.)", r"[-−]?\d+")
IN_MATHS = _pattern(rf"\{{,\}}|{GAP}", r"(?<!\d)(?<!\d\.)", r"\d")
PRECEDES_SIGN = set(" \t\n([{,;:=<>|/^_&+*\"'“‘~–—≈≤≥→±")
# After these, a minus is a sign; after other commands (\sigma) it subtracts.
RELATION = re.compile(
    r"\\+(?:approx|leq?|geq?|lt|gt|ll|gg|neq?|in|to|rightarrow|mapsto|times|cdot|div|"
    r"pm|mp|simeq|sim|equiv|colon|q?quad|left|[bB]igl?|text|implies|iff)"
)
COMMAND = re.compile(r"\\+[A-Za-z]+")


def numerals(
    text: str, start: int = 0, stop: int | None = None, *, maths: bool = False
) -> Iterator[Numeral]:
    """Yield the numbers in `text[start:stop]`, which is prose, or else maths."""
    stop = len(text) if stop is None else stop
    for form in (IN_MATHS if maths else IN_TEXT).finditer(text, start, stop):
        groups = form.groupdict()
        raw = re.sub(r"[^\d.]", "", groups["number"] or "1")
        exponent = next((e for k in _EXPONENTS if (e := groups[k])), None)
        number = Decimal(raw)
        if exponent is not None:
            power = int(re.sub(r"[^-\d]", "", exponent.translate(FROM_UPPER)))
            number = number.scaleb(power)
        percent = groups["percent"] is not None
        before = text[max(0, form.start() - 20) : form.start()]
        negative = _negative(before, maths)
        if negative:
            number = number.copy_negate()
            before = re.sub(r"(?:[-−]|minus) ?$", "", before)
        yield Numeral(
            form.start(),
            form.end(),
            Statement.of(number, percent),
            percent or "." in raw or exponent is not None or abs(number) >= 100,
            _bound(before),
        )


_EXPONENTS = ("p1", "p2", "p3", "e1", "e2", "e3", "e4")


def _negative(before: str, maths: bool) -> bool:
    """Whether the text before a number ends with its sign."""
    if maths:
        before, spaced = before.rstrip(" "), before.endswith(" ")
    if not before.endswith(("-", "−")):
        return re.search(rf"\bminus{GAP}$", before) is not None
    before = before[:-1]
    if not maths:
        return not before or before[-1] in PRECEDES_SIGN
    if before.rstrip(" \n").endswith("\\\\"):  # a new row
        return True
    before = re.sub(rf"{GAP}+$", "", before)
    if command := re.search(rf"{COMMAND.pattern}$", before):
        return RELATION.fullmatch(command[0]) is not None
    if before.endswith("|"):  # of |−0.5|, or of |x| − 0.5
        return not spaced
    return not before or before[-1] in PRECEDES_SIGN | {"\\", "$"}


def _bound(before: str) -> str:
    """Return the < or > that stands before a number, if one does."""
    before = re.sub(rf"{GAP}+$", "", before).removesuffix("$").rstrip()
    if before.endswith(("<", r"\lt")):
        return "<"
    return ">" if before.endswith((">", r"\gt")) else ""


@lru_cache
def statement(text: str) -> Statement | None:
    """Return what a string of a single number states, or None if it is none."""
    text = text.strip()
    length = len(text.lstrip("-−"))
    for maths in (False, True):
        found = list(numerals(text, maths=maths))
        if len(found) == 1 and found[0].stop - found[0].start == length:
            return found[0].statement
    return None


_SMALL = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {word: n for n, word in enumerate(_SMALL)} | {
    f"{ten}-{one}" if n else ten: 20 + 10 * k + n
    for k, ten in enumerate(_TENS)
    for n, one in enumerate(_SMALL[:10])
}
WORDS |= {"none": 0, "not one": 0, "never": 0}
WORD = re.compile(
    r"\b(?:" + "|".join(sorted(WORDS, key=len, reverse=True)) + r")\b", re.IGNORECASE
)


# Texts -------------------------------------------------------------------------


@dataclass(frozen=True)
class CodeCell:
    """A code cell; `start` and `stop` enclose its fence in the text."""

    start: int
    stop: int
    metadata: dict[str, Any]
    source: str
    line: int  # of the text, at which `source` begins

    @property
    def tags(self) -> list[str]:
        return list(self.metadata.get("tags", []))


@dataclass(frozen=True)
class Block:
    """What a directive encloses: `text[start:stop]`."""

    name: str
    start: int
    stop: int
    argument: str
    options: dict[str, str]


FENCE = re.compile(
    r"[ \t>]*(?P<mark>`{3,}|~{3,}|:{3,})[ ]*"
    r"(?:\{(?P<name>[^}\s]+)\}[ ]*(?P<argument>.*)|(?P<language>[^`]*))"
)
OPTION = re.compile(r"[ \t>]*:(?P<key>[\w-]+):[ ]?(?P<value>.*)")
OPTION_IN_YAML = re.compile(r"[ \t>]*(?P<key>[\w-]+):[ ]?(?P<value>.*)")
# The argument of these is a path, a language or a label, not a title.
NO_TITLE = {
    *("figure", "image", "code-cell", "code", "code-block", "literalinclude", "raw"),
    *("solution", "solution-start", "bibliography", "only", "toctree", "include"),
    *("embed", "iframe", "doctest"),
}
LITERAL = {"code", "code-block", "literalinclude", "toctree", "bibliography", "doctest"}
SHOWN = {"alt", "caption", "title"}  # the options that a reader sees
SENTENCE_END = re.compile(r"[.?!][*_)”\"]*\s+(?=[*_(“\"]?[A-Z$])")


class Text:
    """A MyST text, taken apart into prose, maths and code cells.

    Parameters
    ----------
    text : str
        The whole file.
    name : str
        How messages call it.
    """

    def __init__(self, text: str, name: str = "text") -> None:
        self.text, self.name = text, name
        self.cells: list[CodeCell] = []
        self.blocks: list[Block] = []
        self.front: dict[str, Any] = {}
        self._kept = list(text)  # what is no prose turns to blanks, in place
        self._lines = text.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, self._lines))]
        self._maths: list[tuple[int, int]] = []
        self._take_apart()
        self._blank_all(CODE, maths=True)
        self._find_maths()
        self._blank_all(MARKS + NAMES, maths=False)

    @classmethod
    def read(cls, path: Path) -> Text:
        return cls(path.read_text("utf-8"), path.name)

    def line(self, position: int) -> int:
        """Return the number of the line, from 1, that holds `position`."""
        return bisect.bisect_right(self._starts, position)

    def sentence(self, position: int) -> str:
        """Return the sentence at `position`, or what of it is on that line."""
        n = self.line(position) - 1
        line, at = self._lines[n], position - self._starts[n]
        ends = [0, *(m.end() for m in SENTENCE_END.finditer(line)), len(line)]
        k = bisect.bisect_right(ends, at)
        return line[ends[k - 1] : ends[min(k, len(ends) - 1)]].strip()

    def where(self, position: int) -> str:
        return f"{self.name}:{self.line(position)}"

    @property
    def prose(self) -> str:
        """The text with everything but its prose and maths blanked out."""
        return "".join(self._kept)

    @property
    def maths(self) -> list[tuple[int, int]]:
        """Where maths stands, its dollars included."""
        return self._maths

    @cached_property
    def numerals(self) -> list[Numeral]:
        """Every number in the prose, in order."""
        prose = self.prose
        found: list[Numeral] = []
        for start, stop in self._maths:  # and a little more, for "$95$ %"
            some = numerals(prose, start, stop + 10, maths=True)
            found += [numeral for numeral in some if numeral.start < stop]
        text = self._plain()
        found += numerals(text)
        for word in WORD.finditer(text):
            number = Decimal(WORDS[word[0].lower()])
            found.append(Numeral(word.start(), word.end(), Statement.of(number), False))
        return sorted(found, key=lambda numeral: numeral.start)

    # The steps of taking a text apart

    def _blank_lines(self, first: int, last: int) -> None:
        self._blank(self._starts[first], self._starts[last])

    def _blank(self, start: int, stop: int) -> None:
        self._kept[start:stop] = re.sub(r"[^\n]", " ", self.text[start:stop])

    def _take_apart(self) -> None:
        """Find front matter, code cells and directives, line by line."""
        n = self._front_matter()
        open_fences: list[tuple[str, Block]] = []
        while n < len(self._lines):
            form = FENCE.fullmatch(self._lines[n].rstrip("\n"))
            if form is None:
                n += 1
                continue
            mark, name = form["mark"], form["name"]
            language = (form["language"] or "").strip()
            if name is None and not language and open_fences:
                opened, block = open_fences[-1]
                if _closes(mark, opened):
                    open_fences.pop()
                    self._blank_lines(n, n + 1)
                    self.blocks.append(replace(block, stop=self._starts[n]))
                    n += 1
                    continue
            if name is None and mark[0] == ":":
                n += 1
                continue
            last = self._closing(n + 1, mark)
            if name == "code-cell":
                outer = {fence[0] for fence, _ in open_fences}
                if mark[0] == ":" or outer - {":"}:  # jupytext takes it for prose
                    raise ValueError(f"{self.name}:{n + 1}: this cell is never run")
                self._code_cell(n, last)
                n = last + 1
            elif name in LITERAL or (name is None and language not in ("", "text")):
                self._blank_lines(n, last + 1)
                n = last + 1
            elif name is None:
                self._blank_lines(n, n + 1)
                self._blank_lines(last, last + 1)
                n = last + 1
            else:
                title = self._starts[n] + form.start("argument")
                stop = self._starts[n + 1] if name in NO_TITLE else title
                self._blank(self._starts[n], stop)
                n, options = self._options(n + 1)
                block = Block(
                    name, self._starts[n], 0, form["argument"].strip(), options
                )
                open_fences.append((mark, block))
                if name == "math":
                    self._maths.append((title, self._starts[last]))
                    n = last
        for mark, block in open_fences:
            raise ValueError(
                f"{self.where(block.start)}: nothing closes the {mark} above"
            )
        self.blocks.sort(key=lambda block: block.start)

    def _front_matter(self) -> int:
        """Read the front matter; return the line after it."""
        ends = [n for n, line in enumerate(self._lines) if line.rstrip() == "---"]
        if ends[:1] != [0] or len(ends) < 2:
            return 0
        self.front = _loaded("".join(self._lines[1 : ends[1]])) or {}
        if not isinstance(self.front, dict):
            raise ValueError(f"{self.name}:1: the front matter is no mapping")
        self._blank_lines(0, ends[1] + 1)
        return ends[1] + 1

    def _closing(self, n: int, mark: str) -> int:
        """Return the line, from n on, that closes the fence `mark`."""
        for m in range(n, len(self._lines)):
            if _closes(self._lines[m].strip(" \t\n>"), mark):
                return m
        raise ValueError(f"{self.name}:{n}: nothing closes this {mark}")

    def _options(self, n: int) -> tuple[int, dict[str, str]]:
        """Blank the options of a directive; return the line after them, and them."""
        options: dict[str, str] = {}
        fenced = self._lines[n].strip() == "---"
        if fenced:
            self._blank_lines(n, n + 1)
            n += 1
        while form := (OPTION_IN_YAML if fenced else OPTION).fullmatch(
            self._lines[n].rstrip("\n")
        ):
            options[form["key"]] = form["value"].strip()
            start, stop = self._starts[n : n + 2]
            shown = form["key"] in SHOWN
            self._blank(start, start + form.start("value") if shown else stop)
            n += 1
        if fenced:
            self._blank_lines(n, n + 1)
            n += 1
        return n, options

    def _code_cell(self, first: int, last: int) -> None:
        """Take in the code cell between two fences; keep caption and alt text."""
        self._blank_lines(first, last + 1)
        n, header = first + 1, ""
        if self._lines[n].startswith("---"):
            n += 1
            while not self._lines[n].startswith("---"):
                if n == last:
                    raise ValueError(
                        f"{self.name}:{first + 2}: nothing closes this ---"
                    )
                header += self._lines[n]
                n += 1
            self._keep_shown(_composed(header), self._starts[first + 2])
            n += 1
        else:
            while self._lines[n].lstrip().startswith(":"):
                option = self._lines[n].lstrip()[1:]
                self._keep_shown(
                    yaml.compose(option), self._starts[n + 1] - len(option)
                )
                header += option
                n += 1
        if not self._lines[n].strip():
            n += 1
        self.cells.append(
            CodeCell(
                self._starts[first],
                self._starts[last + 1],
                _loaded(header) or {},
                "".join(self._lines[n:last]).rstrip("\n"),
                n + 1,
            )
        )

    def _keep_shown(self, node: yaml.Node | None, origin: int) -> None:
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            if key.value in SHOWN and isinstance(value, yaml.ScalarNode):
                start = origin + value.start_mark.index
                stop = origin + value.end_mark.index
                self._kept[start:stop] = self.text[start:stop]
            else:
                self._keep_shown(value, origin)

    def _blank_all(self, patterns: list[re.Pattern[str]], *, maths: bool) -> None:
        """Blank what the patterns match, but for their named groups."""
        for pattern in patterns:
            for form in pattern.finditer(self.prose if maths else self._plain()):
                at = form.start()
                for start, stop in sorted(map(form.span, pattern.groupindex)):
                    if start >= 0:
                        self._blank(at, start)
                        at = stop
                self._blank(at, form.end())

    def _plain(self) -> str:
        """The prose, with a null character for each one of maths."""
        plain = list(self._kept)
        for start, stop in self._maths:
            plain[start:stop] = "\0" * (stop - start)
        return "".join(plain)

    def _find_maths(self) -> None:
        prose = self.prose
        for start, stop in self._maths:
            prose = prose[:start] + " " * (stop - start) + prose[stop:]
        self._maths += [form.span() for form in MATHS.finditer(prose)]
        self._maths.sort()
        prose = self.prose
        for start, stop in self._maths:
            for form in LENGTHS.finditer(prose, start, stop):
                self._blank(*form.span())


_composed = lru_cache(yaml.compose)
_loaded = lru_cache(yaml.safe_load)


def _closes(mark: str, opened: str) -> bool:
    return len(mark) >= len(opened) and set(mark) == {opened[0]}


def _compiled(*patterns: str) -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.MULTILINE | re.DOTALL) for pattern in patterns]


# Code, and what else may hold a dollar that begins no maths.  An inline code
# that is nothing but a number is a report in another dress.
CODE = _compiled(
    r"<!--.*?-->",
    r"^[ ]*%[^\n]*$",
    r"^\+\+\+[^\n]*$",
    r"\{(?:math|abbr|sub|sup|kbd)\}`(?P<shown>[^`]*)`",
    r"\{(?:ref|doc|numref|term|download|prf:ref)\}`(?P<shown>[^`<]*)<[^`]*>`",
    r"\{[\w:.-]+\}`+(?!`).*?(?<!`)`+(?!`)",
    r"(?<!`)`[ ]?(?P<shown>[-−]?[\d.]+(?:[eE][-+]?\d+)?%?)[ ]?`(?!`)",
    r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)",
)
# Targets and labels, footnotes, the numbers of a list, HTML.
MARKS = _compiled(
    r"^\([\w-]+\)=[ ]*$",
    r"^[ ]*\[[^\]\n]+\]:[ ]+\S+",
    r"!?\[(?P<shown>[^\]]*)\]\([^)\s]*(?:[ ]+\"(?P<title>[^\"]*)\")?\)",
    r"\[\^[^\]]+\]",
    r"\bhttps?://[^\s)>\]]+",
    r"(?<=\0)[ ]*\([\w:-]+\)[ ]*$",
    r"^[ \t>]*\d+[.)](?=[ ])",
    r"<[A-Za-z/][^<>\0]*?\balt=\"(?P<alt>[^\"]*)\"[^<>\0]*>",
    r"</?[A-Za-z][^<>\0]*>",
)
MATHS = re.compile(
    r"\$\$.*?\$\$"
    r"|(?<![\\$])\$(?:\\.|[^$\\\n]|\n(?![ \t]*\n))+?\$"
    r"|^\\begin\{(?P<environment>[a-z]+\*?)\}.*?\\end\{(?P=environment)\}",
    re.MULTILINE | re.DOTALL,
)
LENGTHS = re.compile(
    r"\\+(?:label|tag\*?|hspace\*?|vspace\*?|phantom|color|class|cssId)\{[^}]*\}"
    r"|\\\\\[[^\]]*\]|\\+(?:kern|mkern|hskip)\s*[-\d.]+\s*[a-z]+"
)

_S = rf"(?:{SPACE}|~|\n)"
_DASH = "[-–—]"
_AND = rf"(?:{_DASH}|,?{_S}+(?:and|or|to){_S}+|,{_S}+)"
_ITEM = rf"[1-9]\d*(?:\.\d+)*[a-z]?(?!\d|\.\d|{SPACE}?(?:%|per ?cent))"
_EQUATIONS = rf"\(\d+\.\d+[a-z]?\)(?:{_AND}\(\d+\.\d+[a-z]?\))*"
_SOURCE = r"\b(?:HH|GBC|LMN)\b"
_ONE_OF = (
    r"figure|fig\.|section|chapter|appendix|table|algorithm|lemma|theorem|proposition|"
    r"corollary|definition|remark|example|exercise|problem|listing|slide|page|p\."
)
_MANY_OF = (
    r"figures|figs\.|sections|chapters|appendices|tables|algorithms|lemmas|theorems|"
    r"propositions|corollaries|definitions|remarks|examples|exercises|problems|"
    r"listings|slides|pages|pp\."
)
# The numbers by which things are named.
NAMES = _compiled(
    # HH (2.6); HH's (2.1)–(2.3); (4.6), (4.7) and (4.8) of HH
    rf"{_SOURCE}(?:['’]s)?{_S}+{_EQUATIONS}",
    rf"{_EQUATIONS}{_S}+(?:of|in|from){_S}+{_SOURCE}",
    # Figures 2.1–2.3, 3.1 and 6.1; section 3.2; slide 12
    rf"\b(?i:{_MANY_OF}){_S}+{_ITEM}(?:{_AND}{_ITEM})*",
    rf"(?:\b(?i:{_ONE_OF}){_S}+|§{_S}*){_ITEM}(?:{_DASH}{_ITEM})?",
    # CC BY 4.0; 2.13.0
    rf"\bBY(?:-SA)?{_S}+\d\.\d",
    r"(?<![\w.])\d+(?:\.\d+){2,}(?![\w.]\d)",
    # arXiv:1801.05894, doi:10.1137/18M1165748, Cybenko (1989)
    r"(?i:\barXiv:|\bdoi:|\bISBN:?)\s*[\d./\w-]+",
    r"(?P<author>\b(?:[A-Z][\w'’-]+|al\.)\s)\((?:1[5-9]|20)\d\d[a-z]?\)",
)


# Claims ------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """A call of `claim` in a cell of a text."""

    stated: str
    statement: Statement
    bound: str
    line: int
    cell: CodeCell


@lru_cache(maxsize=4096)
def _calls(source: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return what the cell claims, and what is wrong, each with its line."""
    if "claim" not in source:
        return [], []
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [], [(f"a cell that claims is no plain Python: {error.msg}", 1)]
    claims: list[tuple[str, int]] = []
    faults: list[tuple[str, int]] = []
    calls: set[ast.AST] = set()
    for node in tree.body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        call = node.value
        if not (isinstance(call.func, ast.Name) and call.func.id == "claim"):
            continue
        calls.add(call.func)
        stated = call.args[0] if call.args else None
        if not (isinstance(stated, ast.Constant) and isinstance(stated.value, str)):
            faults.append(("claim states no literal string", call.lineno))
            continue
        if len(call.args) != 2 or call.keywords:
            faults.append(("claim takes what is stated, and a value", call.lineno))
            continue
        if not any(
            isinstance(part, ast.Name | ast.Call | ast.BinOp)
            for part in ast.walk(call.args[1])
        ):
            faults.append((f"{stated.value!r} is claimed of a literal", call.lineno))
        claims.append((stated.value, call.lineno))
    for part in ast.walk(tree):
        line = getattr(part, "lineno", 1)
        if isinstance(part, ast.Name) and part.id == "claim" and part not in calls:
            faults.append(
                ("claim must be called by a statement of its own, in no block", line)
            )
        elif (
            (isinstance(part, ast.alias) and "claim" in (part.name, part.asname))
            and part.asname not in (None, part.name)
        ) or (
            isinstance(part, ast.Attribute | ast.FunctionDef | ast.ClassDef)
            and "claim" in (getattr(part, "attr", ""), getattr(part, "name", ""))
        ):
            faults.append(("claim is called as claim(…), and means dlam's", line))
    return claims, faults


_BOUND = re.compile(r"\s*([<>])?\s*(.*)", re.DOTALL)


def claims(text: Text) -> tuple[list[Claim], list[str]]:
    """Return the claims of a text in order, and what is wrong with them."""
    found: list[Claim] = []
    faults: list[str] = []
    for cell in text.cells:
        calls, wrong = _calls(cell.source)
        faults += [
            f"{text.name}:{cell.line + line - 1}: {message}" for message, line in wrong
        ]
        for stated, line in calls:
            bound, number = _BOUND.fullmatch(stated).groups()  # type: ignore[union-attr]
            what = statement(number)
            line += cell.line - 1
            if what is None:
                faults.append(f"{text.name}:{line}: {stated!r} is not one number")
            else:
                found.append(Claim(stated, what, bound or "", line, cell))
        if calls and HIDDEN not in cell.tags:
            faults.append(
                f"{text.name}:{cell.line}: a cell that claims has the tag {HIDDEN}"
            )
        if calls and ENDURING & set(cell.tags):
            faults.append(
                f"{text.name}:{cell.line}: a cell that claims must be able to fail"
            )
    return found, faults


def given(text: Text) -> tuple[dict[Statement, str], list[str]]:
    """Return the numbers that the front matter gives, and what is wrong there."""
    section = text.front.get("dlam") or {}
    entries = section.get("given") if isinstance(section, dict) else None
    found: dict[Statement, str] = {}
    faults: list[str] = []
    for key, source in (entries or {}).items():
        what = statement(key) if isinstance(key, str) else None
        if what is None:
            faults.append(
                f"{text.name}: given: {key!r} is not one number in quotation marks"
            )
        elif not (isinstance(source, str) and source.strip()):
            faults.append(f"{text.name}: given: {key!r} does not say where it is from")
        elif what in found:
            faults.append(f"{text.name}: given: {key!r} is there twice")
        else:
            found[what] = f"{key}: {source}"
    return found, faults


def texts() -> list[Path]:
    """Return the texts of the book that people write."""
    book = ROOT / "book"
    return [path for path in sorted(book.glob("*.md")) if not is_generated(path)]


# The check ---------------------------------------------------------------------


def support(text: Text) -> list[tuple[Numeral, str | None]]:
    """Return the reported numbers, each with what it rests on, or None."""
    stated, _ = claims(text)
    listed, _ = given(text)
    result: list[tuple[Numeral, str | None]] = []
    for numeral in text.numerals:
        if not numeral.reported:
            continue
        by = next((c for c in stated if _claimed(c, numeral)), None)
        source = next(
            (s for w, s in listed.items() if w.covers(numeral.statement)), None
        )
        what = f"claim in line {by.line}" if by else source and f"given: {source}"
        result.append((numeral, what))
    return result


def _claimed(claim: Claim, numeral: Numeral) -> bool:
    opposite = {claim.bound, numeral.bound} == {"<", ">"}
    return not opposite and claim.statement.covers(numeral.statement)


def check(text: Text, outputs: list[Any] | None = None) -> list[str]:
    """Return what is wrong with the numbers of a text; nothing if all is well.

    Parameters
    ----------
    text : Text
    outputs : list, optional
        What each code cell has put out, by its record.
    """
    stated, faults = claims(text)
    listed, wrong = given(text)
    faults += wrong
    for numeral, what in support(text):
        if what is None:
            number = text.text[numeral.start : numeral.stop]
            faults.append(
                f"{text.where(numeral.start)}: no claim states {number}, and it is "
                f"not given: “{text.sentence(numeral.start)}”"
            )
    for cell, above in _prose_above(text, stated):
        for claim in stated:
            if claim.cell is cell and not any(_claimed(claim, n) for n in above):
                faults.append(
                    f"{text.name}:{claim.line}: the prose above states no "
                    f"{claim.stated} for this claim to check"
                )
    reported = [numeral for numeral in text.numerals if numeral.reported]
    for what, source in listed.items():
        users = [numeral for numeral in reported if what.covers(numeral.statement)]
        if not users:
            faults.append(f"{text.name}: given: no sentence uses {source}")
        if any(_claimed(claim, n) for claim in stated for n in users):
            faults.append(
                f"{text.name}: given, but claimed too, and one is enough: {source}"
            )
    for cell, put in zip(text.cells, outputs or [], strict=bool(outputs)):
        if put and any(claim.cell is cell for claim in stated):
            faults.append(f"{text.name}:{cell.line}: a cell that claims prints nothing")
    return faults


def _prose_above(
    text: Text, stated: list[Claim]
) -> Iterator[tuple[CodeCell, list[Numeral]]]:
    """Yield each cell that claims with the numbers since the last such cell."""
    start = stop = 0
    prose = text.prose
    for cell in dict.fromkeys(id(claim.cell) for claim in stated):
        [this] = [c for c in text.cells if id(c) == cell]
        if prose[stop : this.start].strip():
            start = stop
        stop = this.stop
        yield this, [n for n in text.numerals if start <= n.start < this.start]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "text", nargs="*", type=Path, help="texts to read (default: all of book/)"
    )
    options = parser.parse_args(arguments)
    failed = False
    for path in options.text or texts():
        text = Text.read(path)
        print(text.name)
        for numeral, what in support(text):
            number = text.text[numeral.start : numeral.stop].replace("\n", " ")
            print(f"{text.line(numeral.start):6}  {number:24}  {what or 'NOTHING'}")
        sys.stdout.flush()
        for fault in check(text):
            failed = True
            print(fault, file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
