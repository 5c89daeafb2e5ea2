"""Digests of programs: what changes them, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.evidence import digests

PLAIN = '''\
class Net:
    """A network."""

    size: int = 3

    def width(self, n):
        if n < 0:
            raise ValueError(f"n: expected no negative number, got {n!r}")
        return f"{n:>{self.size}} of {self.size}"


def half(x):
    return x / 2
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "module.py"


def read(path: Path, source: str) -> tuple[str, dict[str, str]]:
    path.write_text(source, "utf-8")
    return digests.program(path), digests.functions(source)


def test_a_program_has_the_same_digest_in_every_version_of_python(path: Path) -> None:
    program, functions = read(path, PLAIN)
    assert program == "7a48f9c7cb4f27f1"
    assert functions["Net.width"] == "f166cb7767a9e29e"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("n: expected no negative number, got {n!r}", "n: got {n}"),
        ('f"n: expected', '"n: " f"expected'),
        ('    """A network."""\n\n', ""),
        ("    return x / 2", "    # Why.\n\n    return (  # exact\n        x / 2)"),
        ("def half(x):\n", 'def half(x):\n    """Return a half."""\n'),
    ],
)
def test_messages_comments_and_docstrings_are_no_part_of_it(path, old, new) -> None:
    assert old in PLAIN
    new = PLAIN.replace(old, new.replace("(  # exact\n        x / 2)", "x / 2"))
    assert read(path, new) == read(path, PLAIN)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("x / 2", "x / 3", "half"),
        ("n < 0", "n <= 0", "Net.width"),
        ("ValueError", "TypeError", "Net.width"),
        ("{n:>{", "{n:<{", "Net.width"),
        ("        return f", "            return f", "Net.width"),
        ("size: int = 3", "size: int = 4", "Net"),
        ("class Net", "import os\n\nclass Net", ""),
    ],
)
def test_a_changed_function_changes_its_own_digest_alone(path, old, new, where) -> None:
    assert old in PLAIN
    program, before = read(path, PLAIN)
    other, after = read(path, PLAIN.replace(old, new))
    assert program != other
    assert [n for n in after if after[n] != before.get(n)] == [where]
