"""Chapter 7: its displayed equations as printed, and what it says."""

from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "07-optimisation.md")


def test_the_numbers_of_the_chapter_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []
