"""What identifies a program: it changes when what was measured of it is stale."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

__all__ = ["digest", "program"]


def digest(text: str) -> str:
    """Return what identifies a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def program(path: Path) -> str:
    """Return what identifies a program, whatever its comments and docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)]  # type: ignore[attr-defined]
    return digest(ast.unparse(tree))


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
