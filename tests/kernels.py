"""Has nbval start its kernels as forks of a process that has loaded the packages.

    python -m pytest -p tests.kernels -p tests.nbval_plugin --nbval … book

Thirty kernels that each load NumPy, SciPy, Matplotlib, Numba, PyTorch and
scikit-learn take more than a minute of a processor for it.  Here one process for each
worker loads them, and nothing of the book's own; what a kernel does afterwards, it
does alone.  `python -m tests.kernels` is that process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

INLINE = "module://matplotlib_inline.backend_inline"  # as ipykernel has it
# Not pyplot: what it does when it is loaded depends on the kernel that loads it.
LOADED = [
    "ipykernel.kernelapp",
    "numpy",
    "matplotlib.figure",
    "matplotlib.font_manager",
    "matplotlib.backends.backend_svg",
    "numba",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
    "torch",
    "sklearn.linear_model",
]


class Kernel:
    """What a kernel's manager wants to know of a process, of one that is no child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait(self) -> int:
        return 0  # is asked for when it has ended

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@cache
def _loaded() -> subprocess.Popen[str]:
    """Start the process that kernels are forked from, once a worker."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.kernels"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "MPLBACKEND": INLINE},
        text=True,
    )


def launch(cmd: list[str], env: dict[str, str], cwd: str, **_: Any) -> Kernel:
    """Start the kernel of a command, in place of jupyter_client's function."""
    process = _loaded()
    assert process.stdin is not None
    assert process.stdout is not None
    print(json.dumps([cmd, env, cwd]), file=process.stdin, flush=True)
    return Kernel(int(process.stdout.readline()))


def pytest_configure() -> None:
    from jupyter_client.provisioning import local_provisioner

    local_provisioner.launch_kernel = launch  # type: ignore[assignment]


def _become(cmd: list[str], env: dict[str, str], cwd: str, parent: int) -> NoReturn:
    """Be the kernel of a command."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env, JPY_PARENT_PID=str(parent))
    sys.argv = cmd[cmd.index("-m") + 1 :]

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
    os._exit(0)


def serve() -> None:
    """Load the packages, then start a kernel for each line, until there is none."""
    for name in LOADED:
        import_module(name)
    del sys.path[0]  # the folder that it was started in
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has ended is gone at once
    for line in sys.stdin:
        if pid := os.fork():
            os.setpgid(pid, pid)  # before anybody signals to its group
            print(pid, flush=True)
        else:
            _become(*json.loads(line), parent=os.getppid())


if __name__ == "__main__":
    serve()
