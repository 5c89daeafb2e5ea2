"""The names that a cell of a chapter uses, and those that it sets."""

from __future__ import annotations

import dis
from functools import cache
from types import CodeType

LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
STORES = {"STORE_NAME", "STORE_GLOBAL"}


@cache  # a cell is asked of for each notebook and page
def names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a cell uses before it sets them itself, and those it sets.

    What its functions use is asked for when they are called: when all is set.
    """
    used: set[str] = set()
    bound: set[str] = set()

    def visit(code: CodeType) -> None:
        for step in dis.get_instructions(code):
            if step.opname in STORES:
                bound.add(step.argval)
            elif step.opname in LOADS and step.argval not in bound:
                used.add(step.argval)
        for part in code.co_consts:
            if isinstance(part, CodeType):
                visit(part)

    visit(compile(source, "cell", "exec"))
    return frozenset(used), frozenset(bound)
