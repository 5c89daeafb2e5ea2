"""Listings: the library's own source, as the book prints it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.display import Markdown

__all__ = ["listing", "source"]


def source(function: Callable[..., Any] | type) -> str:
    """Return the source of a function, method or class without its docstrings.

    Parameters
    ----------
    function : callable or class

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If it has no source in Python.

    Examples
    --------
    >>> from dlam.data import Data
    >>> print(source(Data))
    class Data(NamedTuple):
        X: NDArray[np.float64]
        Y: NDArray[np.float64]
    """
    text = textwrap.dedent(inspect.getsource(function))
    lines: list[str | None] = list(text.splitlines())
    documented = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            first, last = node.body[0].lineno, node.body[0].end_lineno
            assert last is not None
            after = lines[last : last + 1]
            blank = isinstance(node, ast.ClassDef) and after and not after[0]
            lines[first - 1 : last + bool(blank)] = [None] * (
                last + bool(blank) - first + 1
            )
    return "\n".join(line for line in lines if line is not None)


def listing(*functions: Callable[..., Any] | type) -> Markdown:
    """Return the sources of `functions`, to be shown at the end of a cell.

    Parameters
    ----------
    *functions : callable or class

    Returns
    -------
    IPython.display.Markdown
    """
    from IPython.display import Markdown

    text = "\n\n".join(source(function) for function in functions)
    return Markdown(  # type: ignore[no-untyped-call]
        f"```python\n{text}\n```"
    )
