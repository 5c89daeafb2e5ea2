"""Alter a program, one thing at a time, and see whether its tests notice.

For each module of the library, every mutant that `mutations.py` makes of it is run
against the module's own tests, tests/library/test_<module>.py and the examples in its
docstrings; for each chapter, the formulas that the tests of its equations write out
are altered, and these tests are run.  Each mutant has a process of its own, forked
from one in which NumPy and all else that the tests need is loaded already.

A mutant that no test notices survives, and needs a reason beside the evidence: why it
changes nothing that a caller could see.  It is named by what it changes and not by
its line.
"""

from __future__ import annotations

import ast
import itertools
import multiprocessing
import os
import resource
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from tools import ROOT
from tools.record import environment

MOST = 400  # mutants of one module; of more, as many are drawn, with a fixed seed
PATIENCE = 15  # how much longer than its own seconds a mutant may take in all
MEMORY = 6 * 2**30  # bytes that a mutant may come to need
COPIED = ("lib", "tests", "tools")
LOADED = ["hypothesis.strategies", "jinja2", "jupytext", "matplotlib.pyplot"]
LOADED += ["mdit_py_plugins", "myst_parser.parsers.mdit", "numba.core.cpu", "numpy"]
LOADED += ["pytest", "scipy.linalg", "scipy.optimize", "scipy.stats", "sympy"]
LOADED += ["sklearn.datasets", "sklearn.linear_model", "torch._dynamo", "yaml"]
ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}
COMPILED = "lib/dlam/_compiled.py"  # the one file that Numba compiles
CONSTANTS = {"lib/dlam/activations.py", "lib/dlam/costs.py"}  # what it takes them from


def shadow(folder: Path) -> Path:
    """Make a copy of the project in which a program can be changed."""
    folder.mkdir()
    for one in ROOT.iterdir():
        if one.name in COPIED:
            shutil.copytree(one, folder / one.name)  # with what is compiled of it
        elif one.name not in (".git", ".venv"):
            (folder / one.name).symlink_to(one)
    return folder


class Hasty:
    """What fails on an example is not tried on smaller ones."""

    def pytest_configure(self) -> None:
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("hasty", settings.default, phases=phases)
        settings.load_profile("hasty")


def run(root: Path, file: str, tests: list[str], seconds: float) -> None:
    """Run the tests in a copy of the project, and end this process with the outcome.

    The processor grants it `seconds`.
    """
    os.chdir(root)
    out = os.open("out.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for target in (1, 2):
        os.dup2(out, target)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    os.environ["PYTHONPATH"] = str(root / "lib")
    sys.path[:0] = [str(root / "lib"), str(root)]
    for name in [*sys.modules]:
        if name.split(".")[0] in ("tools", "dlam"):  # the copy's, with its own root
            del sys.modules[name]
    import pytest

    if file.startswith("lib/"):
        tests = [*tests, file]  # the examples in its docstrings
    # What noticed the mutant before is tried first; the first failure is enough.
    options = ["-q", "-x", "--ff", "-ocache_dir=cache", "--tb=line", "--rootdir=."]
    status = int(pytest.main([*options, *tests], plugins=[Hasty()]))
    sys.stdout.flush()
    os._exit(status)


def outcomes(
    file: str, tests: list[str], sources: list[str], jobs: int, say: str = ""
) -> list[str]:
    """Return how each mutant ended: "survived", "killed" or "timeout".

    Raises
    ------
    SystemExit
        If the tests fail with the file as it is.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    places: SimpleQueue[Path] = SimpleQueue()
    times = itertools.count()

    def ended(source: str, seconds: float) -> str:
        place = places.get()
        (place / file).write_text(source, "utf-8")
        # Python keeps what it compiled by the time at which the file was written.
        # (Numba goes by what the file says: for other constants it does not compile
        # again, which matters to none of their tests; and the run that is timed below
        # finds `_compiled` compiled, so that its limit is short on a quiet machine.)
        for stale in (file, *[COMPILED] * (file in CONSTANTS)):
            os.utime(place / stale, (next(times),) * 2)
        process = context.Process(target=run, args=(place, file, tests, seconds))
        process.start()
        process.join(PATIENCE * seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
        status = process.exitcode
        places.put(place)
        if say:
            print(".", end="", file=sys.stderr, flush=True)
        return "survived" if not status else "timeout" if status < 0 else "killed"

    own = mock.patch.dict(os.environ, environment() | ENVIRONMENT)
    with TemporaryDirectory(prefix="mutants-") as name, own:
        for n in range(jobs):
            places.put(shadow(Path(name, str(n))))
        unchanged = (ROOT / file).read_text("utf-8")
        with ThreadPoolExecutor(jobs) as pool:  # each copy compiles what it keeps
            if {*pool.map(ended, [unchanged] * jobs, [1200] * jobs)} != {"survived"}:
                raise SystemExit(f"{file}: unchanged, its tests fail: pytest {tests}")
            start = time.monotonic()
            ended(unchanged, 1200)
            limit = 5 + 4 * (time.monotonic() - start)
            return [*pool.map(ended, sources, [limit] * len(sources))]


def measure(kind: str, unit: str, tests: list[str], jobs: int) -> dict[str, Any]:
    """Return what comes out for a module, or for the formulas of a chapter.

    Parameters
    ----------
    kind : str
        `"mutants"` or `"formulas"`.
    unit : str
        The name of the module, or of the chapter.
    tests : list of str
        The files of its tests, from the root of the project.
    jobs : int
        How many mutants are run at once.
    """
    from tools.evidence import mutations

    if kind == "formulas":
        [file] = tests
        source = (ROOT / file).read_text("utf-8")
        marked = equations(source)
        kinds = [mutations.SIGN]
        bodies = [(f.body[0].lineno, f.end_lineno or f.lineno) for f in marked]
        tests = [f"{file}::{f.name}" for f in marked]
    else:
        file = f"lib/dlam/{unit}.py"
        source = (ROOT / file).read_text("utf-8")
        kinds = [*mutations.OPERATORS, *[mutations.ENTRY] * (unit == "data")]
        bodies = [(1, len(source))]

    def within(where: str, line: int) -> bool:
        return any(a <= line <= b for a, b in bodies)

    possible = len(mutations.places(source, kinds, within))
    made = mutations.mutants(source, kinds, within, MOST)
    ended = outcomes(file, tests, [m.source for m in made], jobs, unit)
    left = [m for n, m in enumerate(made) if ended[n] == "survived"]
    counts = {
        kind: [of, of - sum(m.kind == kind for m in left)]
        for kind in kinds
        if (of := sum(m.kind == kind for m in made))
    }
    return {
        "sampled": possible > MOST,
        "possible": possible,
        "made": len(made),
        "noticed": len(made) - len(left),
        "endless": ended.count("timeout"),
        "kinds": counts,
        "survivors": [mutant.name for mutant in left],
    }


def equations(source: str) -> list[ast.FunctionDef]:
    """Return the tests of a file that check displayed equations."""
    return [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and any("mark.equation(" in ast.unparse(d) for d in node.decorator_list)
    ]
