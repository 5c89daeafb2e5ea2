"""Alter a program, one thing at a time, and see whether its tests notice.

For each module of the library, every mutant that `mutations.py` makes of it is run
against the module's own tests, tests/library/test_<module>.py and the examples in its
docstrings; for each chapter, the formulas that the tests of its equations write out
are altered, and these tests are run.  Each mutant has a process of its own: a copy of
one in which NumPy and all else that the tests need is loaded already, so that it
costs little more than its tests.

A mutant that no test notices survives, and needs a reason beside the evidence: why it
changes nothing that a caller could see.  It is named by what it changes and not by
its line.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.record import environment

# Compiling takes seconds: these are interpreted first, and what survives compiled.
INTERPRETED = {"_compiled": {"NUMBA_DISABLE_JIT": "1"}}
MOST = 400  # mutants of one module; of more, as many are drawn, with a fixed seed
SLOW = 2.0  # seconds that one test of a pass that comes first may take
PATIENCE = 15  # how much longer than its own seconds a mutant may take in all
ENDED = {signal.SIGXCPU, signal.SIGKILL}
MEMORY = 6 * 2**30  # bytes that a mutant may come to need
COPIED = ("lib/dlam", "tests", "tools")
ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


# Running mutants ----------------------------------------------------------------


@dataclass
class Job:
    """One file of which there are copies to be run, and the tests for them."""

    file: str  # from the root of the project, like the tests
    tests: list[str]
    sources: list[str]
    first: bool = False  # what a test cannot do, or does slowly, comes later
    fixed: list[str] = field(default_factory=list)  # tests that fail unchanged


class Shadow:
    """A copy of the project in which one file can be changed.

    Only what may be changed is copied; the rest are links.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for one in ROOT.iterdir():
            if one.name not in ("lib", "tests", "tools", ".git", ".venv"):
                (folder / one.name).symlink_to(one)
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name)

    def change(self, file: str, source: str) -> None:
        path = self.folder / file
        path.write_text(source, "utf-8")
        for old in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            old.unlink()

    def compiled_as(self, other: Shadow) -> None:
        """Take over what Python has compiled there."""
        for name in COPIED:
            for cache in (other.folder / name).rglob("__pycache__"):
                here = self.folder / cache.relative_to(other.folder)
                shutil.copytree(cache, here, dirs_exist_ok=True)


class Watch:
    """A plugin of pytest: which test failed first, how long each took, what ran.

    Tests that have noticed much come first, then the quickest.
    """

    def __init__(
        self, skip: set[str], order: dict[str, float], slow: float = 0
    ) -> None:
        self.skip, self.order, self.slow = skip, order, slow
        self.failed: list[str] = []
        self.seconds: Counter[str] = Counter()

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        items[:] = [item for item in items if item.nodeid not in self.skip]
        items.sort(key=lambda item: self.order.get(item.nodeid, 0.0))

    def pytest_runtest_setup(self) -> None:
        if self.slow:
            signal.signal(signal.SIGPROF, _too_slow)
            signal.setitimer(signal.ITIMER_PROF, self.slow)

    def pytest_runtest_teardown(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.failed.append(report.nodeid)


class TooSlow(BaseException):
    """A test has taken longer than it may in a pass that comes first."""


def _too_slow(*_: Any) -> None:
    raise TooSlow


def serve(job: Job, jobs: int, folder: Path) -> Iterator[tuple[int, str, str]]:
    """Run every mutant; yield its number, how it ended, and which test noticed.

    It ends as "survived", "killed" or "timeout".  A pass that comes first yields
    what it has killed.
    """
    shadows = [folder / str(n) for n in range(jobs)]
    for shadow in shadows:
        shadow.mkdir()
    places = [Shadow(shadow) for shadow in shadows]
    original = (ROOT / job.file).read_text("utf-8")
    skip: set[str] = set(job.fixed)
    cache = folder / "numba"

    def start(
        place: Shadow, source: str, order: dict[str, float], seconds: float | None
    ) -> int:
        place.change(job.file, source)
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            _child(job, place.folder, cache, skip, order, seconds)
        return pid

    # Once unchanged, twice: to load what is needed, then to see how long it takes.
    loaded: set[str] = set()
    seconds: dict[str, float] = {}
    total = 0.0
    for _ in range(2):
        status = _wait(start(places[0], original, {}, None), 1200)
        report = json.loads((places[0].folder / "report.json").read_text())
        seconds, total = report["seconds"], report["total"]
        bad = {*report["failed"]}
        if job.first:
            skip |= bad
        elif bad or status != 0:
            said = (places[0].folder / "out.txt").read_text("utf-8", "replace")
            raise SystemExit(f"{job.file}: unchanged, its tests fail:\n{said[-2000:]}")
        new = {*report["modules"]} - loaded
        loaded |= new
        for name in sorted(new):
            _import(name)
    for place in places[1:]:
        place.compiled_as(places[0])
    gc.collect()
    gc.freeze()
    seconds = {name: s for name, s in seconds.items() if name not in skip}
    if job.first:
        total = sum(seconds.values()) + 2
    limit = 5 + 4 * total

    noticed: Counter[str] = Counter()
    running: dict[int, tuple[int, Shadow, float]] = {}
    free = list(places)
    waiting = list(enumerate(job.sources))[::-1]
    while waiting or running:
        while waiting and free:
            number, source = waiting.pop()
            order = {
                name: s / (1 + 20 * noticed[name]) - 1e6 * (noticed[name] > 2)
                for name, s in seconds.items()
            }
            place = free.pop()
            (place.folder / "report.json").unlink(missing_ok=True)
            pid = start(place, source, order, limit)
            running[pid] = number, place, time.monotonic() + PATIENCE * limit
        time.sleep(0.01)
        for pid, (number, place, end) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done and time.monotonic() < end:
                continue
            _kill(pid)
            if not done:
                os.waitpid(pid, 0)
            del running[pid]
            free.append(place)
            by = ""
            outcome = "survived" if status == 0 else "killed"
            if not done or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in ENDED):
                outcome = "timeout"
            with suppress(OSError, ValueError):
                report = json.loads((place.folder / "report.json").read_text())
                by = next(iter(report["failed"]), "")
            noticed[by] += bool(by)
            yield number, outcome, by


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _wait(pid: int, limit: float) -> int:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    _kill(pid)
    return os.waitpid(pid, 0)[1] or 1


def _import(name: str) -> None:
    with suppress(BaseException):  # what cannot be loaded by itself comes later
        __import__(name)


def _child(
    job: Job,
    root: Path,
    cache: Path,
    skip: set[str],
    order: dict[str, float],
    seconds: float | None,
) -> None:
    """Run the tests in a copy of the project, and end this process.

    `seconds` of the processor are granted for it; None takes the time.
    """
    status, stop = 3, seconds is not None
    try:
        null = os.open(os.devnull, os.O_RDONLY)
        out = os.open(root / "out.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for source, target in ((null, 0), (out, 1), (out, 2)):
            os.dup2(source, target)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
        limit = _memory() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        os.chdir(root)
        os.environ["PYTHONPATH"] = str(root / "lib")
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(root / "hypothesis")
        # Compiled code that is kept may be that of another mutant.
        fresh = job.file.endswith("_compiled.py")
        os.environ["NUMBA_CACHE_DIR"] = str(root / "numba" if fresh else cache)
        if fresh:
            shutil.rmtree(root / "numba", ignore_errors=True)
        if numba := sys.modules.get("numba"):
            numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
        sys.path[:0] = [str(root / "lib"), str(root)]
        for name in [*sys.modules]:
            if name.split(".")[0] == "tools":  # the copy's, which knows its own root
                del sys.modules[name]
        sys.dont_write_bytecode = stop
        import pytest

        watch = Watch(skip, order, SLOW if job.first and not stop else 0)
        tests = [*job.tests]
        if job.file.startswith("lib/"):
            tests.append(job.file)  # the examples in its docstrings
        options = ["-q", "-p", "no:cacheprovider", "--tb=line"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        options += ["-x"] * stop + ["--rootdir", str(root)]
        status = int(pytest.main([*options, *tests], plugins=[watch]))
        foreign = [
            name
            for name, module in sys.modules.items()
            if "site-packages" in (getattr(module, "__file__", None) or "")
        ]
        report = {
            "failed": watch.failed,
            "seconds": watch.seconds,
            "total": _seconds(),
            "modules": [] if stop else foreign,
        }
        (root / "report.json").write_text(json.dumps(report))
    finally:
        sys.stdout.flush()
        os._exit(status)


def _seconds() -> float:
    """Return the time of the processor that this process and its own have taken."""
    return sum(
        used.ru_utime + used.ru_stime
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        for used in [resource.getrusage(who)]
    )


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def run(job: Job, jobs: int, extra: dict[str, str]) -> Iterator[tuple[int, str, str]]:
    """Do what `serve` does, in a process that knows nothing yet but `extra`."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        asked = json.dumps({"job": vars(job), "jobs": jobs, "folder": folder})
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.evidence.mutants"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment(), **ENVIRONMENT, **extra},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        with process:
            try:
                process.stdin.write(asked)
                process.stdin.close()
                for line in process.stdout:
                    number, outcome, by = json.loads(line)
                    yield number, outcome, by
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            raise SystemExit(f"{job.file}: not measured")


def _serve() -> None:
    asked = json.load(sys.stdin)
    job, folder = Job(**asked["job"]), Path(asked["folder"])
    for answer in serve(job, asked["jobs"], folder):
        print(json.dumps(answer), flush=True)


# What comes out -----------------------------------------------------------------


def outcomes(
    file: str, tests: list[str], sources: list[str], jobs: int, say: str = ""
) -> tuple[dict[int, str], Counter[str]]:
    """Return how each mutant ended, and how many each test has noticed."""
    ended: dict[int, str] = {}
    by: Counter[str] = Counter()
    passes: list[tuple[dict[str, str], bool]] = [({}, False)]
    if Path(file).stem in INTERPRETED:
        passes = [(INTERPRETED[Path(file).stem], True), *passes]
    for extra, first in passes:
        left = [n for n in range(len(sources)) if ended.get(n) in (None, "survived")]
        job = Job(file, tests, [sources[n] for n in left], first)
        for number, outcome, test in run(job, jobs, extra):
            ended[left[number]] = outcome
            by[test] += outcome == "killed"
            if say:
                done = sum(v != "survived" for v in ended.values())
                text = f"{say}: {len(ended)} of {len(sources)} run, {done} noticed"
                print(f"\r{text}", end="", file=sys.stderr, flush=True)
    if say:
        print(file=sys.stderr)
    return ended, by


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
    ended, _ = outcomes(file, tests, [m.source for m in made], jobs, unit)
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
        "endless": sum(outcome == "timeout" for outcome in ended.values()),
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


if __name__ == "__main__":
    _serve()
