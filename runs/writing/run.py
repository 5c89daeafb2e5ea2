"""One model of `runs/language`, trained six times as long, and what it writes.

python runs/record.py writing
"""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import numpy as np
import torch

LANGUAGE = run_path(str(Path(__file__).parents[1] / "language" / "run.py"))
CHARACTERS, NUMBER = LANGUAGE["CHARACTERS"], LANGUAGE["NUMBER"]
CODES, CHOOSE, CONTEXT = LANGUAGE["CODES"], LANGUAGE["CHOOSE"], LANGUAGE["CONTEXT"]
STEPS, SEED, WRITTEN = 6000, 10, 400


def write(model, rng, temperature, begun="The "):
    """Return what a model writes, one character after another."""
    codes = [NUMBER[character] for character in begun]
    with torch.no_grad():
        for _ in range(WRITTEN):
            z = model(torch.tensor([codes[-CONTEXT:]]))[0, -1].double().numpy()
            p = np.exp((z - z.max()) / temperature)
            codes.append(int(rng.choice(len(p), p=p / p.sum())))
    return "".join(CHARACTERS[code] for code in codes)


def run():
    """Train one model, and let it write at three temperatures."""
    torch.set_num_threads(1)
    model = LANGUAGE["train"](SEED, STEPS)
    found = {"steps": STEPS, "test": LANGUAGE["measured"](model, CODES[CHOOSE:])}
    found["written"] = {
        str(temperature): write(model, np.random.default_rng(1), temperature)
        for temperature in (0.3, 0.8, 1.5)
    }
    print(found, flush=True)
    return found
