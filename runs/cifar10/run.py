"""Train Higham and Higham's network for CIFAR-10, with and without dropout.

    python runs/cifar10/run.py train DATA STATE --arms plain dropout --seeds 0 1
    python runs/cifar10/run.py collect STATE
    python runs/cifar10/run.py show DATA STATE full-dropout-0

DATA is a folder with CIFAR-10, STATE one for what is not finished: after each epoch
a training run is saved there, and the same command takes it up again.  `collect`
writes what is finished into `result.json` beside this program, and `show` writes the
parameters of one network, with a few pictures, into `shown.npz`.  The lane `full` is
the experiment of the paper; `quick`, with a fifth of the pictures and of the epochs,
is for comparing what the paper leaves open.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT), str(ROOT / "lib")]

import recipe  # noqa: E402

from dlam import data  # noqa: E402
from dlam._cifar import CLASSES  # noqa: E402
from tools.evidence import digests  # noqa: E402

RESULT, SHOWN = HERE / "result.json", HERE / "shown.npz"
MADE_WITH = ["batch", "data", "device", "library", "recipe", "versions"]
RIGHT, WRONG = 6, 6  # of the pictures in `shown.npz`


@dataclass(frozen=True)
class Lane:
    """How much is trained: on how many pictures (None: all), how often on each."""

    pictures: int | None
    epochs: tuple[int, ...]


LANES = {"full": Lane(None, (30, 10, 5)), "quick": Lane(10_000, (6, 2, 1))}
HELD_BACK = 5000  # training pictures on which a rate is chosen


@dataclass(frozen=True)
class Run:
    """One training run: what is altered, how much is trained, and which seed."""

    arm: str
    lane: str
    seed: int
    rate: float | None = None  # of the filters in the first phase, if not the arm's
    judge: str = "test"  # or "validation": on pictures held back from training

    @property
    def name(self) -> str:
        parts = [self.lane, self.arm, *([f"rate-{self.rate:g}"] if self.rate else [])]
        parts += [self.judge] if self.judge != "test" else []
        return "-".join([*parts, str(self.seed)])

    @property
    def setting(self) -> recipe.Setting:
        setting = recipe.SETTINGS[self.arm]
        epochs, rates = LANES[self.lane].epochs, [rate for _, rate in setting.phases]
        if self.rate:
            rates = [self.rate * rate / rates[0] for rate in rates]
        return replace(setting, phases=tuple(zip(epochs, rates, strict=True)))


@cache
def provenance() -> dict[str, Any]:
    """Return what identifies the programs, and the versions of what they use.

    It is asked for at once: the files may change while a run goes on.
    """
    library = digests.library(ROOT / "lib" / "dlam")
    return {
        "recipe": {
            name: its
            for name, its in digests.functions((HERE / "recipe.py").read_text()).items()
            if name not in ("", "Setting")
        },
        "library": {
            name: its
            for name, its in library.items()
            if name.startswith("dlam._cifar.") and not name.endswith(" as printed")
        },
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
    }


def digest(found: data.Cifar10) -> str:
    """Return what identifies the pictures and labels, wherever they came from."""
    whole = hashlib.sha256()
    for part in found[:4]:
        whole.update(np.ascontiguousarray(part).tobytes())
    return whole.hexdigest()[:16]


class Pictures:
    """CIFAR-10, prepared in the ways that are asked for; each is kept in a file."""

    def __init__(self, found: data.Cifar10, state: Path) -> None:
        self.found, self.state, self.digest = found, state, digest(found)

    def prepared(self, setting: recipe.Setting) -> tuple[np.ndarray, np.ndarray]:
        how = "".join("ny"[x] for x in (setting.contrast, setting.whitening))
        how += "s" if setting.scaled else ""
        path = self.state / f"pictures-{self.digest}-{how}.npy"
        N = len(self.found.X)
        if not path.exists():
            say(f"preparing the pictures, {path.name}")
            both = recipe.prepared(self.found.X, self.found.X_test, setting)
            with saved(path) as file:
                np.save(file, np.concatenate(both))
        both = np.load(path, mmap_mode="r")
        return both[:N], both[N:]

    def parts(self, run: Run, device: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return pictures and labels, those for training and those for judging.

        Which pictures are few, or held back, is the same for all runs.
        """
        X, X_test = self.prepared(run.setting)
        labels, labels_test = self.found.labels, self.found.labels_test
        order = np.random.default_rng(0).permutation(len(X))
        mixed = np.random.default_rng(0).permutation(len(X_test))
        if run.judge == "validation":
            X_test, labels_test = X[order[-HELD_BACK:]], labels[order[-HELD_BACK:]]
            order = order[:-HELD_BACK]
        else:  # those of a tree are sorted, but not those of MatConvNet
            X_test, labels_test = X_test[mixed], labels_test[mixed]
        few = np.sort(order[: LANES[run.lane].pictures])
        return (
            pictures(X[few]).to(device),
            torch.from_numpy(labels[few]).to(device),
            pictures(X_test).to(device),
            torch.from_numpy(labels_test).to(device),
        )


def pictures(X: np.ndarray) -> Tensor:
    """Return pictures with the channels of a pixel side by side, which is faster."""
    return torch.from_numpy(X).contiguous(memory_format=torch.channels_last)


class saved:  # noqa: N801  reads like `open`
    """Writes a file which is there when it is whole, and not before."""

    def __init__(self, path: Path) -> None:
        self.path, self.part = path, path.with_suffix(f".{os.getpid()}.part")

    def __enter__(self) -> Any:
        self.file = self.part.open("wb")
        return self.file

    def __exit__(self, kind: object, *_: object) -> None:
        self.file.close()
        if kind is None:
            self.part.replace(self.path)
        else:
            self.part.unlink()


def train(run: Run, pictures: Pictures, state: Path, device: str = "cpu") -> Path:
    """Train, or go on training, and return the file with the result."""
    result, held = state / f"{run.name}.json", state / f"{run.name}.pt"
    if result.exists():
        say(f"{run.name}: finished already")
        return result
    known = {
        **asdict(run),
        "setting": asdict(run.setting),
        "batch": recipe.BATCH,
        "data": {"form": pictures.found.form, "digest": pictures.digest},
        "device": device,
        **provenance(),
    }
    known = json.loads(json.dumps(known))
    net = recipe.network(run.setting, run.seed)
    net = net.to(device, memory_format=torch.channels_last)
    steps = recipe.optimiser(net, run.setting)
    epochs: list[dict[str, Any]] = []
    seconds = 0.0
    if held.exists():
        before = torch.load(held, map_location=device, weights_only=True)
        if differs := [key for key in known if before["known"].get(key) != known[key]]:
            raise SystemExit(
                f"{held} was begun with other {', '.join(differs)}; take another "
                "folder for STATE, or remove the file"
            )
        net.load_state_dict(before["net"])
        steps.load_state_dict(before["steps"])
        epochs, seconds = before["epochs"], before["seconds"]
    X, labels, X_test, labels_test = pictures.parts(run, device)
    total = sum(n for n, _ in run.setting.phases)
    began, first = monotonic(), len(epochs)
    for epoch in range(first + 1, total + 1):
        now = process_time()
        cost, wrong = recipe.train(
            net, steps, X, labels, run.setting, epoch, seed=run.seed + 1
        )
        coins = np.random.default_rng([run.seed + 1, epoch, 1])
        judged = recipe.error(recipe.outputs(net, X_test, coins), labels_test)
        epochs.append({"cost": number(cost), "training": wrong, "judged": judged})
        seconds += process_time() - now
        with saved(held) as file:
            torch.save(
                {
                    "known": known,
                    "net": net.state_dict(),
                    "steps": steps.state_dict(),
                    "epochs": epochs,
                    "seconds": seconds,
                },
                file,
            )
        left = (monotonic() - began) / (epoch - first) * (total - epoch) / 60
        say(
            f"{run.name}: epoch {epoch} of {total}, {100 * wrong:.1f} % wrong in "
            f"training, {100 * judged:.1f} % in the {run.judge}; {left:.0f} min to go"
        )
    sides = [recipe.outputs(net, X_test, None, mirror) for mirror in (False, True)]
    counts = torch.zeros(recipe.CLASSES, recipe.CLASSES, dtype=torch.int64)
    for label, answer in zip(labels_test, sides[0].argmax(1), strict=True):
        counts[label, answer] += 1
    with saved(result) as file:
        found = {
            **known,
            "measured": date.today().isoformat(),
            "seconds": round(seconds),
            "training": len(X),
            "judged": len(X_test),
            "epochs": epochs,
            "as in the recipe": epochs[-1]["judged"],
            "not mirrored": recipe.error(sides[0], labels_test),
            "mirrored": recipe.error(sides[1], labels_test),
            "both": recipe.error(sum(x.softmax(1) for x in sides), labels_test),
            "answers": counts.tolist(),
        }
        file.write(json.dumps(found, indent=1).encode())
    return result


def show(name: str, pictures: Pictures, shown: Path = SHOWN) -> None:
    """Write the parameters of a network, finished or not, and a few pictures.

    The parameters are rounded to half precision.  Of the test pictures some are drawn
    from those that the rounded network puts into the right class, one a class at most,
    and some from the others.
    """
    held = torch.load(pictures.state / f"{name}.pt", weights_only=True)
    run = Run(*(held["known"][k] for k in ("arm", "lane", "seed", "rate", "judge")))
    net = recipe.network(run.setting, run.seed)
    net.load_state_dict(held["net"])
    p = nn.utils.parameters_to_vector(net.parameters()).detach().half()
    nn.utils.vector_to_parameters(p.float(), net.parameters())
    _, X_test = pictures.prepared(run.setting)
    labels = pictures.found.labels_test
    outputs = recipe.outputs(net, torch.from_numpy(np.array(X_test)), None).numpy()
    correct = outputs.argmax(axis=1) == labels
    rng = np.random.default_rng(0)
    known = [k for k in rng.permutation(recipe.CLASSES) if k in labels[correct]]
    some = [rng.choice(np.flatnonzero(correct & (labels == k))) for k in known[:RIGHT]]
    some += [*rng.choice(np.flatnonzero(~correct), WRONG, replace=False)]
    np.savez_compressed(
        shown,
        p=p.numpy(),
        pictures=pictures.found.X_test[some],
        X=X_test[some].astype(np.float16),
        labels=labels[some].astype(np.int8),
        error=np.mean(~correct),
        name=name,
        epochs=len(held["epochs"]),
        data=pictures.digest,
        classes=np.array(CLASSES),
    )
    say(f"{shown.name}: {name} after {len(held['epochs'])} epochs")


def number(x: float) -> float | None:
    """Return a number, or None for one that is not finite, which JSON has not."""
    return x if np.isfinite(x) else None


def collect(state: Path, result: Path = RESULT) -> None:
    """Write all that is finished into one file, and keep what it has of other runs.

    What many runs were made with is written once, and they name it.
    """
    old = json.loads(result.read_text("utf-8")) if result.exists() else {}
    made, runs = old.get("made with", {}), old.get("runs", {})
    for path in sorted(state.glob("*.json")):
        run = json.loads(path.read_text("utf-8"))
        basis = {key: run.pop(key) for key in MADE_WITH}
        which = digests.digest(json.dumps(basis, sort_keys=True))
        made[which] = basis
        runs[path.stem] = {**run, "made with": which}
    parts = {
        kind: ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}"
            for name in sorted(found)
        )
        for kind, found in (("made with", made), ("runs", runs))
    }
    text = ",\n".join(f'"{kind}": {{\n{part}\n}}' for kind, part in parts.items())
    result.write_text(f"{{{text}}}\n", "utf-8")
    say(f"{len(runs)} training runs in {result.name}")


def say(line: str) -> None:
    print(line, flush=True)


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("train", help="train, or go on training")
    one.add_argument("data", type=Path, help="the folder with CIFAR-10")
    one.add_argument("state", type=Path, help="a folder for what is not finished")
    one.add_argument(
        "--arms", nargs="+", default=["plain", "dropout"], choices=recipe.SETTINGS
    )
    one.add_argument("--seeds", nargs="+", type=int, default=[0])
    one.add_argument("--lane", default="full", choices=LANES)
    one.add_argument("--rates", nargs="+", type=float, default=[None])
    one.add_argument("--judge", default="test", choices=["test", "validation"])
    one.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    one.add_argument("--threads", type=int, default=1)
    two = verbs.add_parser("collect", help="write result.json")
    two.add_argument("state", type=Path)
    three = verbs.add_parser("show", help="write shown.npz")
    three.add_argument("data", type=Path)
    three.add_argument("state", type=Path)
    three.add_argument("name", help="of a training run, such as full-dropout-0")
    given = parser.parse_args(arguments)
    if given.verb == "collect":
        collect(given.state)
    else:
        if given.state.resolve().is_relative_to(ROOT):
            parser.error(f"STATE: expected a folder outside {ROOT}, got {given.state}")
        provenance()
        torch.set_num_threads(getattr(given, "threads", 1))
        try:
            found = data.cifar10(given.data)
        except (FileNotFoundError, ValueError) as error:
            parser.error(str(error))
        given.state.mkdir(parents=True, exist_ok=True)
        pictures = Pictures(found, given.state)
        if given.verb == "show":
            show(given.name, pictures)
            return 0
        for seed, arm, rate in product(given.seeds, given.arms, given.rates):
            run = Run(arm, given.lane, seed, rate, given.judge)
            train(run, pictures, given.state, given.device)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
