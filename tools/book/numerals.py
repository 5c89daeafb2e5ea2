"""The grammar of the numbers in prose.

A numeral is *reported* if it is a decimal, a percentage, a power of ten or an
integer of at least 100.  What names a thing by its number is no numeral:
`HH (2.6)`, `Figure 6.1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple


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


# What stands in prose and is no numeral

LENGTHS = re.compile(
    r"\\+(?:label|tag\*?|hspace\*?|vspace\*?|phantom|color|class|cssId)\{[^}]*\}"
    r"|\\\\\[[^\]]*\]|\\+(?:kern|mkern|hskip)\s*[-\d.]+\s*[a-z]+"
)


def _compiled(*patterns: str) -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.MULTILINE | re.DOTALL) for pattern in patterns]


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
    r"\bhttps?://[^\s)>\]]+",
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


def blanked(form: re.Match[str]) -> str:
    """Return blanks for what matched, but for its named groups."""
    kept = re.sub(r"[^\n]", " ", form[0])
    for start, stop in (form.span(name) for name in form.re.groupindex):
        if start >= 0:
            start, stop = start - form.start(), stop - form.start()
            kept = kept[:start] + form[0][start:stop] + kept[stop:]
    return kept


def in_prose(prose: str, maths: Iterable[tuple[int, int]]) -> list[Numeral]:
    """Return the numerals of a text, in which maths stands at `maths`, in order."""
    found: list[Numeral] = []
    words, formulas = list(prose), list(prose)
    for start, stop in maths:
        formulas[start:stop] = LENGTHS.sub(blanked, prose[start:stop])
        words[start:stop] = "\0" * (stop - start)
    plain = "".join(words)
    for pattern in NAMES:
        plain = pattern.sub(blanked, plain)
    both = zip(plain, formulas, strict=True)
    prose = "".join(formula if word == "\0" else word for word, formula in both)
    for start, stop in maths:  # and a little more, for "$95$ %"
        some = numerals(prose, start, stop + 10, maths=True)
        found += [numeral for numeral in some if numeral.start < stop]
    found += numerals(plain)
    for word in WORD.finditer(plain):
        number = Decimal(WORDS[word[0].lower()])
        found.append(Numeral(word.start(), word.end(), Statement.of(number), False))
    return sorted(found, key=lambda numeral: numeral.start)
