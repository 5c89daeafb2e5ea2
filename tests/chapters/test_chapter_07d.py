"""Chapter 7, practice: equations as printed, and what the stored runs say."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlam import Network, gradient, identity, schedules, tanh
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "07d-practice.md")


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


@pytest.mark.equation("eq-practice-schedules")
@given(st.floats(0.01, 2), st.integers(1, 20), st.integers(1, 20), st.integers(0, 20))
def test_the_schedules_are_those_printed(eta, up, down, more) -> None:
    T = up + down + more
    cosine, steady = schedules.cosine(eta, T), schedules.warmup_decay(eta, T, up, down)
    for t in range(1, T + 1):
        wave = eta / 2 * (1 + math.cos(math.pi * (t - 1) / T))
        assert cosine[t - 1] == pytest.approx(wave)
        flat = eta * min(1, t / up, (T + 1 - t) / down)
        assert steady[t - 1] == pytest.approx(flat)


@pytest.mark.equation("eq-practice-work")
@pytest.mark.parametrize(("r", "c", "m"), [(32, 64, 50), (10, 32, 7), (5, 5, 1)])
def test_the_work_of_the_iteration_counted_product_by_product(r, c, m) -> None:
    square = r * c * r  # X Xᵀ
    again = r * r * r  # its square
    last = r * r * c  # (b A + c A²) X
    iteration = 5 * (square + again + last)
    gradient_ = 3 * m * r * c  # forward, and twice backward
    assert iteration / gradient_ == pytest.approx(5 * r / (3 * m) * (2 + r / c))


@pytest.mark.equation("eq-practice-parallel")
@given(st.integers(0, 1000), st.sampled_from([1, 2, 3, 6]))
def test_the_mean_of_the_parts_is_the_mean(seed, k) -> None:
    rng = np.random.default_rng(seed)
    net = Network((3, 4, 2), activation=(tanh, identity))
    p, X, Y = net.normal(rng), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    whole = sum(gradient(net, p, X[i], Y[i]) for i in range(6)) / 6
    parts = [gradient(net, p, X[j::k], Y[j::k]) for j in range(k)]
    assert sum(parts) / k == pytest.approx(whole, abs=1e-12)


@pytest.mark.equation("eq-practice-speedup")
@given(st.integers(1, 500), st.floats(0.1, 10), st.floats(0.001, 10))
def test_the_speed_up_is_below_its_limit(k, work, sending) -> None:
    first = work / (work / k + sending)
    assert first == pytest.approx(k / (1 + k * sending / work))
    assert first <= min(k, work / sending)


@pytest.mark.equation("eq-practice-clip")
@given(st.lists(st.floats(-9, 9), min_size=2, max_size=5), st.floats(0.1, 5))
def test_clipping_is_torchs_and_keeps_the_direction(g, c) -> None:
    torch = pytest.importorskip("torch")
    length = math.sqrt(sum(x * x for x in g))
    if length < 1e-3:
        return
    clipped = [x * min(1, c / length) for x in g]
    assert math.sqrt(sum(x * x for x in clipped)) <= c * (1 + 1e-9)
    one = torch.nn.Parameter(torch.zeros(len(g), dtype=torch.float64))
    one.grad = torch.tensor(g, dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([one], c)
    assert one.grad.tolist() == pytest.approx(clipped, abs=1e-5)


# The figure


def mean(values):
    return math.fsum(values) / len(values)


@pytest.fixture(scope="module")
def race():
    whole = json.loads((ROOT / "runs" / "race" / "result.json").read_text("utf-8"))
    return [one for one in whole["result"]["runs"] if one["steps"] == 384]


@pytest.fixture(scope="module")
def drawn():
    """The axes of the figure, drawn by the cells of the page that it needs."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from dlam import plots, runs

    names = {"np": np, "plt": plt, "plots": plots, "runs": runs}
    for cell in TEXT.cells:
        if any(
            mark in cell.source
            for mark in (
                "def entries",
                "runs.result",
                "def mean_and_error",
                "left.plot(",
            )
        ):
            exec(cell.source, names)
    return names["left"], names["right"]


def best(race, rule, schedule):
    tried = [o for o in race if (o["rule"], o["schedule"]) == (rule, schedule)]
    return min(tried, key=lambda one: mean(one["chosen"]))


def test_the_left_panel_shows_adams_grids_and_rings_the_chosen_rates(
    race, drawn
) -> None:
    left, _ = drawn
    curves = [line for line in left.lines if len(line.get_xdata()) > 1]
    rings = [line for line in left.lines if len(line.get_xdata()) == 1]
    kinds = ("constant", "warmup_decay")
    for kind, curve, ring in zip(kinds, curves, rings, strict=True):
        grid = {
            one["rate"]: mean(one["train"])
            for one in race
            if (one["rule"], one["schedule"]) == ("adam", kind)
        }
        assert curve.get_xdata() == pytest.approx(sorted(grid))
        assert curve.get_ydata() == pytest.approx([grid[r] for r in sorted(grid)])
        one = best(race, "adam", kind)
        assert [*ring.get_xdata(), *ring.get_ydata()] == pytest.approx(
            [one["rate"], mean(one["train"])]
        )


def test_the_right_panel_shows_the_mistakes_of_each_method_in_its_row(
    race, drawn
) -> None:
    _, right = drawn
    order = ["plain", "momentum", "nesterov", "rmsprop", "adam", "adamw", "muon"]
    labels = [label.get_text() for label in right.get_yticklabels()]
    assert [s.lower().removesuffix(" steps") for s in labels] == order
    circles, crosses = (bars.lines[0].get_xdata() for bars in right.containers)
    for kind, points in (("constant", circles), ("warmup_decay", crosses)):
        for rule, x in zip(order, points, strict=True):
            wrong = best(race, rule, kind)["wrong"]
            assert x == pytest.approx(100 * mean(wrong))
    assert all(cross < circle for cross, circle in zip(crosses, circles, strict=True))


def test_the_schedule_costs_at_the_smallest_rates_and_pays_at_the_largest(
    race,
) -> None:
    for rule in {one["rule"] for one in race}:
        flat, falling = (
            [mean(one["train"]) for one in sorted(race, key=lambda o: o["rate"])
             if (one["rule"], one["schedule"]) == (rule, kind)]
            for kind in ("constant", "warmup_decay")
        )  # fmt: skip
        assert falling[0] > flat[0]
        assert falling[-1] < flat[-1]
