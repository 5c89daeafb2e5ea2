"""How fast the library is, side by side with C, NumPy and PyTorch.

`python bench/run.py --help`
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

os.environ["DLAM_PROGRESS"] = "0"

import numpy as np

from dlam import Network, cost, gradient, identity, paper, relu, rules, sgd
from dlam.convolution import (
    AveragePooling,
    Convolution,
    ConvolutionalNetwork,
    MaxPooling,
)

HERE = Path(__file__).resolve().parent
Work = Callable[[], object]


def best(works: dict[str, Work], rounds: int, warm: bool = True) -> dict[str, float]:
    """Return the shortest time of each, in seconds; they take turns."""
    times = dict.fromkeys(works, float("inf"))
    for work in works.values() if warm else ():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            began = perf_counter()
            work()
            times[name] = min(times[name], perf_counter() - began)
    return times


class Table:
    """Prints rows as they come, and remembers whether a budget was missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def title(self, text: str) -> None:
        print(f"\n{text}\n{'-' * len(text)}", flush=True)

    def row(
        self,
        what: str,
        time: str,
        ratio: str = "",
        value: float = 0.0,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        verdict = ""
        if at_most is not None:
            verdict = f"budget ≤ {at_most:g}"
            met = value <= at_most
        elif at_least is not None:
            verdict = f"budget ≥ {at_least:g}"
            met = value >= at_least
        if verdict:
            verdict += ": met" if met else ": MISSED"
            if not met:
                self.missed.append(what)
        print(f"{what:46}{time:>12}  {ratio:>16}  {verdict}".rstrip(), flush=True)


def hh_in_c(folder: Path) -> Callable[[paper.Run], np.ndarray] | None:
    """Return HH's run in C, compiled just now, or None without a compiler."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    shared = folder / "netbp.so"
    subprocess.run(
        [
            *f"{compiler} -O3 -march=native -shared -fPIC -o".split(),
            shared,
            HERE / "netbp.c",
            "-lm",
        ],
        check=True,
    )
    train = ctypes.CDLL(str(shared)).train
    vector = np.ctypeslib.ndpointer(np.float64, flags="C")
    rows = np.ctypeslib.ndpointer(np.int64, flags="C")
    train.argtypes = [vector, vector, vector, rows, ctypes.c_int64, ctypes.c_double]
    train.restype = None

    def run(r: paper.Run) -> np.ndarray:
        p = r.parameters.copy()
        train(p, r.X, r.Y, r.order, r.order.size, r.learning_rate)
        return p

    return run


def hh_in_numpy(run: paper.Run, steps: int) -> np.ndarray:
    """Take the first steps of HH's run as a reader would write them in NumPy."""
    (W2, b2), (W3, b3), (W4, b4) = [
        (W.copy(), b.copy()) for W, b in run.net.unpack(run.parameters)
    ]

    def sigma(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    eta = run.learning_rate
    for i in run.order[:steps]:
        x, y = run.X[i], run.Y[i]
        a2 = sigma(W2 @ x + b2)
        a3 = sigma(W3 @ a2 + b3)
        a4 = sigma(W4 @ a3 + b4)
        delta4 = a4 * (1 - a4) * (a4 - y)
        delta3 = a3 * (1 - a3) * (W4.T @ delta4)
        delta2 = a2 * (1 - a2) * (W3.T @ delta3)
        W2 -= eta * np.outer(delta2, x)
        W3 -= eta * np.outer(delta3, a2)
        W4 -= eta * np.outer(delta4, a3)
        b2 -= eta * delta2
        b3 -= eta * delta3
        b4 -= eta * delta4
    return run.net.pack([(W2, b2), (W3, b3), (W4, b4)])


def hh_in_torch(run: paper.Run, steps: int) -> np.ndarray:
    """Take the first steps of HH's run as one writes them in PyTorch."""
    import torch

    from dlam.pytorch import to_module, to_parameters

    module = to_module(run.net, run.parameters)
    optimiser = torch.optim.SGD(module.parameters(), lr=run.learning_rate)
    X, Y = torch.tensor(run.X), torch.tensor(run.Y)
    for i in run.order[:steps].tolist():
        optimiser.zero_grad()
        loss = ((module(X[i]) - Y[i]) ** 2).sum() / 2
        loss.backward()
        optimiser.step()
    return to_parameters(module)


def higham(table: Table, rounds: int) -> None:
    table.title("HH's 1 000 000 steps, 2-2-3-2, one point a step")
    run = paper.netbp()
    n, few, fewer = run.order.size, 20_000, 3_000
    ours: dict[str, np.ndarray] = {}

    def here(steps: int | None = None, **options: object) -> np.ndarray:
        order = run.order[:steps]
        return sgd(*run[:4], order, run.learning_rate, **options).parameters

    with TemporaryDirectory() as folder:
        c = hh_in_c(Path(folder))
        works: dict[str, Work] = {
            "here": lambda: ours.__setitem__("here", here()),
            "recorded": lambda: here(record_every=10_000),
            "momentum": lambda: here(rule=rules.momentum(0.9)),
        }
        if c is not None:
            works["C"] = lambda: ours.__setitem__("C", c(run))
        times = best(works, rounds)
    slow = best(
        {
            "NumPy": lambda: hh_in_numpy(run, few),
            "torch": lambda: hh_in_torch(run, fewer),
            "sgd, nesterov(0.9), in NumPy": lambda: here(
                fewer, rule=rules.nesterov(0.9)
            ),
            "sgd, adam(), in NumPy": lambda: here(fewer, rule=rules.adam()),
        },
        3,
    )
    assert np.allclose(hh_in_numpy(run, few), here(few), rtol=1e-9)
    assert np.allclose(hh_in_torch(run, fewer), here(fewer), rtol=1e-9)
    if c is None:
        print("C is left out: gcc is not installed.")
    else:
        assert np.allclose(ours["here"], ours["C"], rtol=1e-9)
        ratio = times["here"] / times["C"]
        table.row("C, -O3 -march=native", f"{times['C']:.4f} s", "1")
        table.row(
            "sgd", f"{times['here']:.4f} s", f"{ratio:.2f} × C", ratio, at_most=1.25
        )
    extra = times["recorded"] / times["here"]
    table.row(
        "sgd, the cost recorded 100 times",
        f"{times['recorded']:.4f} s",
        f"{extra:.2f} × sgd",
    )
    table.row(
        "sgd, momentum(0.9)",
        f"{times['momentum']:.4f} s",
        f"{times['momentum'] / times['here']:.2f} × sgd",
    )
    for name in slow:
        steps = few if name == "NumPy" else fewer
        whole = slow[name] * n / steps
        table.row(
            f"{name}, from {steps:_} steps".replace("_", " "),
            f"{whole:.1f} s",
            f"{whole / times['here']:.0f} × sgd",
        )
    print(f"cost at the end: {cost(*run[:1], ours['here'], *run[2:4]):.6g}")


@contextmanager
def on_cores(n: int) -> Iterator[None]:
    """Let this process run on n of its cores only."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:n])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def wide(table: Table, rounds: int) -> None:
    """In a process of its own, because BLAS fixes its threads at the start."""
    import torch

    from dlam.pytorch import to_module

    threads = int(os.environ["OMP_NUM_THREADS"])
    torch.set_num_threads(threads)
    rng = np.random.default_rng(1)
    net = Network((64, 256, 10))
    p = net.normal(rng, 0.1)
    X, Y = rng.random((256, 64)), np.eye(10)[rng.integers(10, size=256)]
    module = to_module(net, p)
    x, y = torch.tensor(X), torch.tensor(Y)

    def autograd() -> np.ndarray:
        module.zero_grad()
        (((module(x) - y) ** 2).sum() / (2 * len(x))).backward()
        return np.concatenate([q.grad.numpy().ravel() for q in module.parameters()])

    def ours() -> np.ndarray:
        return gradient(net, p, X, Y)

    assert np.allclose(ours(), autograd(), rtol=1e-9, atol=1e-14)
    times = best({"torch": autograd, "gradient": ours}, 40 * rounds)
    ratio = times["gradient"] / times["torch"]
    name = f"{threads} thread{'s' * (threads > 1)}"
    table.row(f"torch, forward and backward, {name}", f"{times['torch'] * 1e3:.3f} ms")
    table.row(
        f"gradient, {name}",
        f"{times['gradient'] * 1e3:.3f} ms",
        f"{ratio:.2f} × torch",
        ratio,
        at_most=1.2,
    )


def pictures(table: Table, rounds: int) -> None:
    """In a process of its own, as `wide`; the budget is for single precision."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    net = ConvolutionalNetwork(
        (3, 32, 32),
        (
            *(Convolution(32, 5, padding=2), MaxPooling(3, 2)),
            *(Convolution(32, 5, padding=2), AveragePooling(3, 2)),
            *(Convolution(64, 5, padding=2), AveragePooling(3, 2)),
            *(Convolution(64, 4), Convolution(10, 1, activation=identity)),
        ),
    )
    rng = np.random.default_rng(1)
    given = net.normal(rng), rng.normal(size=(100, 3, 32, 32))
    Y = np.eye(10)[rng.integers(10, size=100)]
    for kind in (np.float32, np.float64):
        p, X, y = (part.astype(kind) for part in (*given, Y))
        module = nn.Sequential(
            *(nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(3, 2, ceil_mode=True)),
            *(nn.ReLU(), nn.Conv2d(32, 32, 5, padding=2), nn.ReLU()),
            *(nn.AvgPool2d(3, 2, ceil_mode=True), nn.Conv2d(32, 64, 5, padding=2)),
            *(nn.ReLU(), nn.AvgPool2d(3, 2, ceil_mode=True), nn.Conv2d(64, 64, 4)),
            *(nn.ReLU(), nn.Conv2d(64, 10, 1), nn.Flatten()),
        ).to(torch.from_numpy(p).dtype)
        nn.utils.vector_to_parameters(torch.from_numpy(p), module.parameters())
        x, t = torch.from_numpy(X), torch.from_numpy(y)

        def autograd(module=module, x=x, t=t) -> np.ndarray:
            module.zero_grad()
            (((module(x) - t) ** 2).sum() / (2 * len(x))).backward()
            return np.concatenate([q.grad.numpy().ravel() for q in module.parameters()])

        def ours(p=p, X=X, y=y) -> np.ndarray:
            output, back = net.pullback(p, X)
            return back((output - y) / len(X))

        assert np.allclose(ours(), autograd(), rtol=1e-3, atol=1e-4)
        times = best({"torch": autograd, "gradient": ours}, 2 * rounds)
        ratio = times["gradient"] / times["torch"]
        name = np.dtype(kind).name
        table.row(f"torch, forward and backward, {name}", f"{times['torch']:.3f} s")
        budget = {"at_most": 3.0} if kind is np.float32 else {}
        table.row(
            f"pullback, {name}",
            f"{times['gradient']:.3f} s",
            f"{ratio:.2f} × torch",
            ratio,
            **budget,
        )


def ensembles(table: Table, rounds: int) -> None:
    table.title("200 networks 2-2-3-2 at once, 20 000 steps each")
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        print("Left out: this needs Linux and two cores.")
        return
    run = paper.netbp(20_000)
    P = run.net.normal(np.random.default_rng(1), size=200)
    results = {}

    def on(n: int) -> None:
        with on_cores(n):
            results[n] = sgd(run.net, P, run.X, run.Y, run.order, 0.05).parameters

    times = best({"1": lambda: on(1), "2": lambda: on(2)}, 3 * rounds)
    assert np.array_equal(results[1], results[2])
    speed_up = times["1"] / times["2"]
    table.row("on 1 core", f"{times['1']:.3f} s")
    table.row(
        "on 2 cores",
        f"{times['2']:.3f} s",
        f"speed-up {speed_up:.2f}",
        speed_up,
        at_least=1.8,
    )
    # Two processes that share nothing: what this machine's cores have to give now.
    shared = min(_two_processes() for _ in range(2))
    table.row(
        "two processes, each the whole of it",
        f"{shared:.3f} s",
        f"speed-up {2 * times['1'] / shared:.2f}",
    )


def _two_processes() -> float:
    """Return the time of the slower of two processes that train side by side."""
    program = """
import os, sys
import numpy as np
from time import perf_counter
from dlam import paper, sgd
os.sched_setaffinity(0, {int(sys.argv[1])})
run = paper.netbp(20_000)
P = run.net.normal(np.random.default_rng(1), size=200)
def train():
    began = perf_counter()
    sgd(run.net, P, run.X, run.Y, run.order, 0.05)
    return perf_counter() - began
train()
print(min(train() for _ in range(10)))
"""
    cores = sorted(os.sched_getaffinity(0))[:2]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(core)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for core in cores
    ]
    return max(float(one.communicate()[0]) for one in both)


def fresh(program: str, **environment: str) -> float:
    """Return the seconds that a new Python reports for a program."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def first_calls(table: Table, rounds: int) -> None:
    table.title("From a fresh start")
    clock = "from time import perf_counter as now; began = now(); "
    load = clock + "import dlam; print(now() - began)"
    numpy = clock + "import numpy; print(now() - began)"
    times = best_of({"dlam": load, "numpy": numpy}, 5 * rounds)
    table.row(
        "import dlam",
        f"{times['dlam']:.3f} s",
        f"numpy {times['numpy']:.3f} s",
        times["dlam"],
        at_most=0.25,
    )
    ready = (
        "import numpy as np; from dlam import Network, paper, sgd; "
        "from time import perf_counter as now; "
    )
    calls = {
        "sgd, HH's run": "run = paper.netbp(); arguments = run",
        "sgd, 100 steps of it": "run = paper.netbp(100); arguments = run",
        "sgd, mini-batches": (
            "run = paper.netbp(100); "
            "arguments = run._replace(order=run.order.reshape(50, 2))"
        ),
    }
    for name, prepare in calls.items():
        program = f"{ready}{prepare}; began = now(); sgd(*arguments); "
        program += "print(now() - began)"
        with TemporaryDirectory() as folder:
            compile_time = fresh(program, NUMBA_CACHE_DIR=folder)
            again = min(fresh(program, NUMBA_CACHE_DIR=folder) for _ in range(rounds))
        table.row(f"{name}: first call ever", f"{compile_time:.2f} s")
        table.row(f"{name}: first call of a session", f"{again:.2f} s")


def best_of(programs: dict[str, str], rounds: int) -> dict[str, float]:
    times = dict.fromkeys(programs, float("inf"))
    for _ in range(rounds):
        for name, program in programs.items():
            times[name] = min(times[name], fresh(program))
    return times


def growth(table: Table, rounds: int) -> None:
    table.title("How the time of a step and of a gradient grows")
    shapes = [(16,) * depth for depth in (3, 5, 9, 17)]
    shapes += [(16, width, 16) for width in (8, 32, 128, 512)]
    rng = np.random.default_rng(1)
    X, Y = rng.random((32, 16)), rng.random((32, 16))
    for sizes in shapes:
        net = Network(sizes, relu)
        p = net.normal(rng, 0.05)
        steps = max(20, 2_000_000 // net.n_parameters)
        points = rng.integers(32, size=steps)
        batches = rng.integers(32, size=(max(1, steps // 32), 32))
        times = best(
            {
                "point": partial(sgd, net, p, X, Y, points, 1e-3),
                "batch": partial(sgd, net, p, X, Y, batches, 1e-3),
                "gradient": partial(gradient, net, p, X, Y),
            },
            rounds,
        )
        s = net.n_parameters
        point, batch = times["point"] / len(points), times["batch"] / batches.size
        name = f"{len(sizes)} layers, widest {max(sizes)}, s = {s}"
        table.row(
            name,
            f"{point * 1e6:.2f} µs/step",
            f"{point / s * 1e9:.2f} ns/param.",
        )
        table.row(
            "   in mini-batches of 32, per point",
            f"{batch * 1e6:.2f} µs",
            f"{batch / s * 1e9:.2f} ns/param.",
        )
        table.row(
            "   gradient of 32 rows, per point",
            f"{times['gradient'] / 32 * 1e6:.2f} µs",
            f"{times['gradient'] / 32 / s * 1e9:.2f} ns/param.",
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rounds", type=int, default=5, help="repetitions, the best of which counts"
    )
    parser.add_argument("--octave", action="store_true", help="compare with Octave too")
    parser.add_argument("--wide-only", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--pictures-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    table, rounds = Table(), options.rounds
    if options.wide_only or options.pictures_only:
        (wide if options.wide_only else pictures)(table, rounds)
        return bool(table.missed)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "?"
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(f"The best of {rounds} rounds or more, taking turns.")
    higham(table, 2 * rounds)
    table.title("The gradient for 64-256-10, 256 rows, float64")
    for threads in ("1", "2"):
        done = subprocess.run(
            [sys.executable, __file__, "--wide-only", "--rounds", str(rounds)],
            env=os.environ
            | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
        )
        if done.returncode:
            table.missed.append(f"gradient, {threads} thread(s)")
    table.title("The gradient of HH's convolutional network, 100 pictures")
    done = subprocess.run(
        [sys.executable, __file__, "--pictures-only", "--rounds", str(rounds)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    if done.returncode:
        table.missed.append("convolutional network")
    ensembles(table, rounds)
    first_calls(table, min(rounds, 3))
    growth(table, rounds)
    if options.octave:
        from octave import octave

        table.title("HH's run in GNU Octave")
        octave()
    print()
    if table.missed:
        print("MISSED:", "; ".join(table.missed))
    else:
        print("All budgets are met.")
    return bool(table.missed)


if __name__ == "__main__":
    sys.exit(main())
