"""Run the cells of a chapter here and now, and list what it claims and reaches.

The outcome, on standard output, is one line of JSON: the claims in their order,
each with what is stated, the value, and whether it holds; what each cell printed;
what was reached of the library; and the error that ended the run, if one did.  No
figure is drawn to the end.  It runs wherever dlam and jupytext are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from tools.record import environment, notebook, watch


def run(chapter: Path) -> dict[str, Any]:
    """Run the cells of `chapter` one after the other, in the folder of the book."""
    watch.begin()
    import dlam.claims

    real, found = dlam.claims.claim, []

    def claim(stated: str, value: Any) -> None:
        number = float(value.item() if hasattr(value, "item") else value)
        try:
            real(stated, value)
            holds = True
        except dlam.claims.ClaimError:
            holds = False
        found.append({"stated": stated, "value": number, "holds": holds})

    cells = notebook.notebook(chapter.read_text("utf-8-sig")).cells
    module: dict[str, Any] = {"__name__": "__main__", "get_ipython": None}
    dlam.claim = claim  # what `from dlam import claim` in the chapter will find
    error, printed = None, {}
    with contextlib.chdir(notebook.BOOK):
        for n, cell in enumerate(cells, 1):
            if cell.cell_type != "code":
                continue
            if "raises-exception" in cell.metadata.get("tags", []):
                continue
            try:
                watch.limit(watch.CELL_SECONDS)
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile(cell.source, f"cell {n}", "exec"), module)
            except (Exception, watch.TookTooLong):
                error = f"cell {n}: {traceback.format_exc(limit=-1).splitlines()[-1]}"
                break
            finally:
                watch.limit(0)
            printed[n] = out.getvalue()
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")
    dlam.claim = real
    return {
        "claims": found,
        "printed": {str(n): text for n, text in printed.items() if text},
        "reached": watch.reached(),
        "error": error,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapter", type=Path)
    options = parser.parse_args(arguments)
    os.environ.update(environment(), MPLBACKEND="agg")
    outcome = run(options.chapter.resolve())
    print(json.dumps(outcome))
    return outcome["error"] is not None


if __name__ == "__main__":
    sys.exit(main())
