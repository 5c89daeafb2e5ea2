#!/usr/bin/env python3
"""Run the chapters and record what came out.

A chapter is a text, book/NN-name.md.  Its record, book/NN-name.ipynb, is the
same text as a notebook with the outputs of its cells; the page, the PDF and
the downloads are all made from the record.  The record of an unchanged
chapter is the same to the last byte: it holds no time, no version and no
random identifier.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from tools import ROOT

BOOK = ROOT / "book"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT = ("tags", "mystnb")  # the cell metadata that the page is made by
TIMEOUT = 120  # seconds for one cell: far above the budget, to end a hang


class RecordError(Exception):
    """A chapter that cannot be recorded; the message says where and why."""


def chapters() -> list[Path]:
    """Return the texts that are executed: those with a jupytext header."""
    return [path for path in sorted(BOOK.glob("*.md")) if is_chapter(path)]


def is_chapter(path: Path) -> bool:
    """Say whether `path` is a text that is executed."""
    return (
        path.suffix == ".md"
        and path.is_file()
        and path.read_text("utf-8").startswith("---\njupytext:")
    )


def notebook(text: str) -> NotebookNode:
    """Return the chapter as a notebook without outputs."""
    nb = jupytext.reads(text, fmt="md:myst")
    nb.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    nb.nbformat, nb.nbformat_minor = 4, 5
    seen: set[str] = set()
    for cell in nb.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT}
        cell.id = _identifier(cell.source, seen)
    return nb


def _identifier(source: str, seen: set[str]) -> str:
    """Return a cell's id, made from its source, and different from those seen."""
    copy = 0
    while True:
        name = hashlib.sha256(f"{copy}:{source}".encode()).hexdigest()[:12]
        if name not in seen:
            seen.add(name)
            return name
        copy += 1


def execute(nb: NotebookNode, name: str, cwd: Path = BOOK) -> NotebookNode:
    """Run the cells of `nb` in `cwd` and keep what they put out.

    Raises
    ------
    RecordError
        If a cell raises, or writes to stderr: a page has no place for warnings.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    client = NotebookClient(
        nb,
        timeout=TIMEOUT,
        kernel_name=KERNEL["name"],
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(cwd)}},
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
    )
    try:
        client.execute(env={**os.environ, "DLAM_PROGRESS": "0", "PYTHONHASHSEED": "0"})
    except (CellExecutionError, CellTimeoutError) as error:
        message = re.sub("\x1b\\[[0-9;]*m", "", str(error))  # without colours
        raise RecordError(f"{name}: {message}") from None
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise RecordError(
                    f"{name}: a cell writes to stderr:\n{cell.source}\n{output.text}"
                )
            if "data" in output:
                output.metadata = {}
    nb.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    return nb


def serialise(nb: NotebookNode) -> str:
    """Return the notebook as the text of its file."""
    nbformat.validate(nb)
    return nbformat.writes(nb, indent=1).rstrip("\n") + "\n"


def record(text: Path) -> str:
    """Return the record of the chapter whose text is `text`."""
    return serialise(execute(notebook(text.read_text("utf-8")), text.name))


def drift(text: Path, recorded: Path) -> str | None:
    """Say how a record has parted from its text, or None; runs nothing."""
    if not recorded.exists():
        return f"{text.name} has no record"
    old = nbformat.read(recorded, as_version=4)
    new = notebook(text.read_text("utf-8"))
    for n, (was, cell) in enumerate(zip(old.cells, new.cells, strict=False), 1):
        for part in ("cell_type", "source", "metadata", "id"):
            if was[part] != cell[part]:
                return (
                    f"{text.name} has changed since it was recorded: cell {n} "
                    f"differs in {part}; it now begins {cell.source[:60]!r}"
                )
        if cell.cell_type == "code" and was.execution_count is None:
            return f"{recorded.name}: cell {n} has not been run"
    if len(old.cells) != len(new.cells):
        return f"{text.name} has {len(new.cells)} cells, its record {len(old.cells)}"
    return None


def write(path: Path, content: str) -> bool:
    """Put `content` into `path` in one move; say whether that changed it."""
    if path.exists() and path.read_text("utf-8") == content:
        return False
    draft = path.with_suffix(".ipynb.tmp")
    draft.write_text(content, "utf-8")
    draft.replace(path)
    return True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "chapter", nargs="*", type=Path, help="texts to record (default: all)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run nothing; fail if a record has parted from its text",
    )
    options = parser.parse_args(arguments)
    for path in options.chapter:
        if not is_chapter(path):
            parser.error(f"{path} is no chapter: no .md file with a jupytext header")
    texts = options.chapter or chapters()
    if options.check:
        found = [d for t in texts if (d := drift(t, t.with_suffix(".ipynb")))]
        for line in found:
            print(f"{line}; run `make record`", file=sys.stderr)
        return bool(found)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(t, pool.submit(record, t)) for t in texts]
    failed = False
    for text, job in jobs:
        try:
            changed = write(text.with_suffix(".ipynb"), job.result())
        except RecordError as error:
            failed = True
            print(error, file=sys.stderr)
        else:
            print(f"{text.name}: {'recorded' if changed else 'unchanged'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
