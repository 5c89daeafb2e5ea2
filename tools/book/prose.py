"""The former name of `numbers` and what it reads."""

from pathlib import Path

from tools.book.claims import Claim, Fault
from tools.book.labels import texts as _texts
from tools.book.model import Text as Text
from tools.book.numbers import check as check
from tools.book.numbers import support as support
from tools.book.numerals import Numeral as Numeral
from tools.book.numerals import Statement as Statement
from tools.book.numerals import statement as statement


def claims(text: Text) -> tuple[list[Claim], list[Fault]]:
    return text.claims, text.faults


def given(text: Text) -> tuple[dict[Statement, str], list[Fault]]:
    return text.given, text.faults


def texts() -> list[Path]:
    return [text.path for text in _texts()]
