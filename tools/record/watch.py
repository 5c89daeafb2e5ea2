"""What is watched where a chapter runs: CPU time, and what is reached of dlam.

It works in the process that executes the cells, which a kernel makes it do as an
extension of IPython, and needs nothing but the standard library.
"""

from __future__ import annotations

import atexit
import cProfile
import inspect
import json
import os
import re
import signal
import sys
import threading
from types import CodeType, FrameType
from typing import Any

CELL_SECONDS = 120  # of CPU time for one cell: far above the budget, to end a hang

_codes: set[CodeType] = set()
_printed: set[str] = set()
_profiler = cProfile.Profile(subcalls=False, builtins=False)


class TookTooLong(BaseException):
    """No `except Exception` of a cell stops it."""


def begin() -> None:
    """Note from now on what is called, in all threads, and what is printed."""
    if sys.version_info >= (3, 12):
        monitoring = sys.monitoring
        if monitoring.get_tool(monitoring.PROFILER_ID) is None:
            monitoring.use_tool_id(monitoring.PROFILER_ID, "dlam")
            start = monitoring.events.PY_START
            monitoring.register_callback(monitoring.PROFILER_ID, start, _started)
            monitoring.set_events(monitoring.PROFILER_ID, start)
            atexit.register(end)  # when this module may be gone
    else:  # one in C for the main thread, which calls a million times
        _profiler.enable()
        threading.setprofile(_called)
    if inspect.getsource.__module__ == "inspect":
        inspect.getsource = _noting(inspect.getsource)


def end() -> None:
    """Note nothing more: what follows runs at its own speed."""
    if sys.version_info >= (3, 12):
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
    else:
        _profiler.disable()
        threading.setprofile(None)


def _started(code: CodeType, offset: int) -> Any:
    _codes.add(code)
    return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]


def _called(frame: FrameType, event: str, argument: Any) -> None:
    if event == "call":
        _codes.add(frame.f_code)


def _noting(real: Any) -> Any:
    def getsource(thing: Any) -> str:
        module, name = (getattr(thing, f"__{x}__", "") for x in ("module", "qualname"))
        _printed.add(f"{module}.{name} as printed")
        return str(real(thing))

    return getsource


def reached() -> list[str]:
    """Return the names of all in dlam that has run, or was printed, since `begin`."""
    if "dlam" not in sys.modules:
        return []
    folder = os.path.dirname(str(sys.modules["dlam"].__file__))
    if sys.version_info < (3, 12):
        called = (entry.code for entry in _profiler.getstats())
        _codes.update(code for code in called if isinstance(code, CodeType))
    names = {name for name in _printed if name.startswith("dlam.")}
    for code in [*_codes]:  # of this module too, while it is gone through
        where, file = os.path.split(code.co_filename)
        if where == folder:
            module = file.removesuffix(".py").replace("__init__", "")
            inner = re.split(r"\.?<", code.co_qualname)[0]
            names.add(".".join(filter(None, ("dlam", module, inner))))
    for name, loaded in [*sys.modules.items()]:
        if name.split(".")[0] == "dlam":
            names.add(name)
            for value in vars(loaded).values():  # no profiler sees compiled code
                function: Any = getattr(value, "py_func", None)
                if getattr(function, "__module__", "") == name:
                    names.add(f"{name}.{function.__qualname__}")
    return sorted(names)


def report() -> None:
    """Print what was reached, as JSON."""
    print(json.dumps(reached()))


def limit(seconds: float) -> None:
    """End what the main thread does after so much CPU time; 0 ends the limit."""

    def end(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"more than {seconds:.0f} seconds of CPU time")

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGPROF, end)
        # Again every second, should a cell have caught it.
        signal.setitimer(signal.ITIMER_PROF, seconds, 1 if seconds else 0)


def limited(shell: Any) -> None:
    """Limit the CPU time of each cell that a kernel runs."""
    seconds = float(os.environ.get("DLAM_CELL_SECONDS", CELL_SECONDS))
    shell.events.register("pre_run_cell", lambda info: limit(seconds))
    shell.events.register("post_run_cell", lambda result: limit(0))


def load_ipython_extension(shell: Any) -> None:
    """Watch all that a kernel runs."""
    limited(shell)
    begin()
