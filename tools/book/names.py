"""The names that a cell of a chapter uses, and those that it sets."""

from __future__ import annotations

import symtable


def names(source: str) -> tuple[set[str], set[str]]:
    """Return what a cell uses of names that are not its functions' own, and sets."""
    used: set[str] = set()
    bound: set[str] = set()

    def visit(table: symtable.SymbolTable) -> None:
        outermost = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (outermost or symbol.is_global()):
                used.add(symbol.get_name())
            if outermost and (symbol.is_assigned() or symbol.is_imported()):
                bound.add(symbol.get_name())
        for child in table.get_children():
            visit(child)

    visit(symtable.symtable(source, "cell", "exec"))
    return used, bound
