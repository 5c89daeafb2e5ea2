"""Run the chapters that have changed, and record what came out.

A chapter is a text, book/NN-name.md.  Its record, book/NN-name.ipynb, is the
same text as a notebook with the outputs of its cells; the page, the PDF and
the downloads are all made from the record.  The record of an unchanged
chapter is the same to the last byte: it holds no time, no version and no
random identifier.  It does hold digests: of what was recorded, which tells
whether somebody has edited it, and of every function of the library that was
reached and every result of a long run that was read, which tell whether the
chapter must be run again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from tools import ROOT
from tools.evidence import digests
from tools.record import environment

BOOK = ROOT / "book"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT = ("tags", "mystnb")  # the cell metadata that the page is made by
HANG = 3600  # seconds for one cell that does nothing; CPU time is limited far below
PRINTED = 100_000  # characters that one cell may print
LAST_CELL = (
    "import json; from tools.record import watch; print(json.dumps(watch.reached()))"
)


class RecordError(Exception):
    """A chapter that cannot be recorded; the message says where and why."""


# From a text to a notebook


def chapters() -> list[Path]:
    """Return the texts that are executed, in the order of the book."""
    from tools.book import load

    return [text.path for text in load().chapters]


def notebook(text: str) -> NotebookNode:
    """Return the chapter as a notebook without outputs."""
    nb: NotebookNode = jupytext.reads(text, fmt="md:myst")
    nb.metadata = _metadata()
    nb.nbformat, nb.nbformat_minor = 4, 5
    seen: set[str] = set()
    for cell in nb.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT}
        cell.id = _identifier(cell.source, seen)
    return nb


def read(path: Path) -> NotebookNode:
    """Return the chapter in a file as a notebook without outputs."""
    from tools.book import Text

    return notebook(Text.read(path).text)


def read_record(path: Path) -> NotebookNode:
    """Return the record in a file."""
    try:
        nb: NotebookNode = nbformat.read(path, as_version=4)
    except Exception as error:  # what nbformat raises depends on what is wrong
        why = str(error).partition("\n")[0][:100]
        raise RecordError(
            f"{path.name} is no notebook ({why}); delete it, then run `make record`"
        ) from None
    return nb


def _metadata() -> NotebookNode:
    kernel = NotebookNode(KERNEL)
    return NotebookNode(kernelspec=kernel, language_info=NotebookNode(name="python"))


def _identifier(source: str, seen: set[str]) -> str:
    """Return a cell's id, made from its source, and different from those seen."""
    copy = 0
    while True:
        name = hashlib.sha256(f"{copy}:{source}".encode()).hexdigest()[:12]
        if name not in seen:
            seen.add(name)
            return name
        copy += 1


# From a notebook to a record


def record(text: Path) -> str:
    """Run the chapter whose text is `text`, and return its record."""
    return serialise(execute(read(text), text.name))


def execute(nb: NotebookNode, name: str, cwd: Path = BOOK) -> NotebookNode:
    """Run the cells of `nb` in `cwd`; keep what they put out, and what they reached.

    Raises
    ------
    RecordError
        If a cell raises, ends the kernel, takes too long, prints too much, or
        writes to stderr: a page has no place for warnings.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    at = ["before its first cell"]
    nb.cells.append(nbformat.v4.new_code_cell(LAST_CELL))
    client = NotebookClient(
        nb,
        timeout=HANG,
        startup_timeout=HANG,
        iopub_timeout=HANG,
        kernel_name=KERNEL["name"],
        extra_arguments=["--log-level=ERROR", "--ext=tools.record.watch"],
        resources={"metadata": {"path": str(cwd)}},
        record_timing=False,
        store_widget_state=False,
        on_cell_start=lambda cell, cell_index: at.append(f"cell {cell_index + 1}"),
    )
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    try:
        client.execute(env={**os.environ, **environment(), "PYTHONPATH": path})
    except CellExecutionError as error:
        message = re.sub("\x1b\\[[0-9;]*m", "", str(error))  # without colours
        raise RecordError(f"{name}: {at[-1]}: {message}") from None
    except (RuntimeError, TimeoutError) as error:  # a kernel has died, or hangs
        raise RecordError(f"{name}: {at[-1]}: {error}") from None
    for n, cell in enumerate(nb.cells, 1):
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs, f"{name}: cell {n}")
    nb.metadata = _metadata()
    names = json.loads(nb.cells.pop().outputs[0].text)
    rests = reached(names) | results(nb)
    nb.metadata["dlam"] = {"digest": _digest(nb), "reached": rests}
    return nb


def joined(outputs: list[NotebookNode], where: str) -> list[NotebookNode]:
    """Return the outputs of a cell, with what it printed in one piece."""
    printed = [one.text for one in outputs if one.get("name") == "stdout"]
    first, kept = True, []
    for one in outputs:
        if one.get("name") == "stderr":
            raise RecordError(f"{where} writes to stderr:\n{one.text}")
        if "data" in one:
            one.metadata = {}
        elif one.get("name") == "stdout":
            if not first:
                continue
            first, one.text = False, "".join(printed)
            if len(one.text) > PRINTED:
                raise RecordError(f"{where} prints more than {PRINTED} characters")
        kept.append(one)
    return kept


def serialise(nb: NotebookNode) -> str:
    """Return the notebook as the text of its file."""
    nbformat.validate(nb)
    return str(nbformat.writes(nb, indent=1)).rstrip("\n") + "\n"


def write(path: Path, content: str) -> bool:
    """Put `content` into `path` in one move; say whether that changed it."""
    if path.exists() and path.read_text("utf-8") == content:
        return False
    draft = path.with_suffix(".ipynb.tmp")
    draft.write_text(content, "utf-8")
    draft.replace(path)
    return True


# What a record rests on


@cache
def library() -> dict[str, str]:
    """Return the digests of the library as this process has found it."""
    return digests.library(ROOT / "lib" / "dlam")


def reached(names: list[str]) -> dict[str, str]:
    """Return the digests of what was reached; what has none counts as its parent."""
    found = {}
    for name in names:
        while name not in library() and "." in name:
            name = name.rpartition(".")[0]
        found[name] = library().get(name, "")
    return dict(sorted(found.items()))


def read_of_runs(nb: NotebookNode) -> list[str]:
    """Return the files of runs/ that the cells of a notebook read."""
    source = "\n".join(cell.source for cell in nb.cells)
    named = re.findall(r'runs\.result\("(.+?)"\)', source)
    files = re.findall(r'runs\.path\("(.+?)"\)', source)
    return sorted({*files, *(f"{name}/result.json" for name in named)})


def results(nb: NotebookNode) -> dict[str, str]:
    """Return the digests of what its cells read of runs/: what a run says, not when."""
    found = {}
    for name in read_of_runs(nb):
        path = ROOT / "runs" / name
        content = path.read_bytes() if path.is_file() else b""  # the cell will say so
        if content and name.endswith("/result.json"):
            said = json.loads(content)
            content = json.dumps(said.get("result", said)).encode()
        found[f"runs/{name}"] = digests.digest(content.hex())
    return found


def _digest(nb: NotebookNode) -> str:
    """Return what identifies what was recorded, whatever program has saved it."""
    parts = [
        (cell.source, [(o.get("data"), o.get("text")) for o in cell.get("outputs", [])])
        for cell in nb.cells
    ]
    return digests.digest(json.dumps(parts, sort_keys=True))


def edited(nb: NotebookNode) -> bool:
    """Say whether somebody has changed a record by hand."""
    its = _digest(nb)
    return bool(nb.metadata.get("dlam", {}).get("digest", its) != its)


def stale(old: NotebookNode, new: NotebookNode) -> str | None:
    """Say why a chapter must be run again, or None if its outputs stand."""
    was, now = (
        [
            (c.source, "raises-exception" in c.metadata.get("tags", []))
            for c in nb.cells
            if c.cell_type == "code"
        ]
        for nb in (old, new)
    )
    if was != now or any(c.get("execution_count", 1) is None for c in old.cells):
        return "its cells have changed"
    rests = old.metadata.get("dlam", {}).get("reached")
    if rests is None:
        return "nothing says what it has reached"
    known = library() | (read := results(new))
    changed = [one for one in (*rests, *read) if known.get(one) != rests.get(one)]
    return f"{changed[0]} has changed" if changed else None


def reattached(old: NotebookNode, new: NotebookNode) -> NotebookNode:
    """Return a new text with the outputs of the old record of the same cells."""
    code = [[c for c in nb.cells if c.cell_type == "code"] for nb in (old, new)]
    for was, cell in zip(*code, strict=True):
        cell.outputs, cell.execution_count = was.outputs, was.execution_count
    new.metadata["dlam"] = {**old.metadata["dlam"], "digest": _digest(new)}
    return new


def drift(text: Path, recorded: Path) -> str | None:
    """Say how a record has parted from its text, or None; runs nothing."""
    if not recorded.exists():
        return f"{text.name} has no record"
    old, new = read_record(recorded), read(text)
    if edited(old):
        return _was_edited(text)
    for n, (was, cell) in enumerate(zip(old.cells, new.cells, strict=False), 1):
        for part in ("cell_type", "source", "metadata", "id"):
            if was.get(part) != cell[part]:
                return (
                    f"{text.name} has changed since it was recorded: cell {n} "
                    f"differs in {part}; it now begins {cell.source[:60]!r}"
                )
        if cell.cell_type == "code" and was.execution_count is None:
            return f"{recorded.name}: cell {n} has not been run"
    if len(old.cells) != len(new.cells):
        return f"{text.name} has {len(new.cells)} cells, its record {len(old.cells)}"
    return None


def _was_edited(text: Path) -> str:
    return (
        f"{text.stem}.ipynb was edited: put the change into {text.name}, from which it "
        f"is made, and run `python -m tools record --force {text.stem}`"
    )


# The command


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "chapter", nargs="*", help="a file, a name or a number (default: all chapters)"
    )
    parser.add_argument("--all", action="store_true", help="run what is unchanged too")
    parser.add_argument(
        "--force", action="store_true", help="overwrite records that were edited"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run nothing; fail if a record has parted from its text",
    )
    options = parser.parse_args(arguments)
    try:
        texts = [_chapter(name) for name in options.chapter] or chapters()
    except LookupError as error:
        parser.error(str(error.args[0]))
    except ValueError as error:  # a text that cannot be read
        print(error, file=sys.stderr)
        return 1
    one = _check if options.check else _record
    failed = False
    with ThreadPoolExecutor(1 if options.check else os.cpu_count()) as pool:
        jobs = [pool.submit(one, text, options.all, options.force) for text in texts]
        for job in jobs:
            try:
                if line := job.result():
                    print(line, flush=True)
            except (RecordError, ValueError) as error:
                failed = True
                print(error, file=sys.stderr, flush=True)
    return failed


def _chapter(name: str) -> Path:
    """Return the chapter that somebody means."""
    from tools.book import Text

    path = Path(name)
    if path.suffix == ".md" and path.is_file():
        if Text.read(path).executed:
            return path
    else:
        for text in chapters():
            if text.stem == name or text.stem.startswith(f"{name}-"):
                return text
    raise LookupError(f"{name} is no chapter: no .md file with a jupytext header")


def _check(text: Path, *options: bool) -> str | None:
    recorded = text.with_suffix(".ipynb")
    if parted := drift(text, recorded):
        raise RecordError(
            parted if "--force" in parted else f"{parted}; run `make record`"
        )
    why = stale(read_record(recorded), read(text))
    return f"{text.name}: {why} since it was recorded" if why else None


def _record(text: Path, everything: bool, force: bool) -> str | None:
    made, new = text.with_suffix(".ipynb"), read(text)
    old = read_record(made) if made.exists() else None
    if old and edited(old) and not force:
        raise RecordError(_was_edited(text))
    if old and not (everything or edited(old) or stale(old, new)):
        write(made, serialise(reattached(old, new)))
        return f"{text.name}: nothing to run"
    changed = write(made, serialise(execute(new, text.name)))
    return f"{text.name}: {'recorded' if changed else 'unchanged'}"


if __name__ == "__main__":
    sys.exit(main())
