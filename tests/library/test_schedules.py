"""Schedules are arrays of learning rates, with PyTorch's values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from dlam import schedules

rates = st.floats(1e-6, 1e3)


@given(rate=rates, steps=st.integers(1, 60), share=st.floats(0, 1))
@example(rate=0.5, steps=3, share=1.0)
def test_the_cosine_is_that_of_pytorch(rate: float, steps: int, share: float) -> None:
    last = share * rate
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimiser, steps, eta_min=last
    )
    found = schedules.cosine(rate, steps, last)
    np.testing.assert_allclose(found, rates_of(scheduler, steps), rtol=1e-9)


@given(
    rate=rates, up=st.integers(0, 20), flat=st.integers(1, 20), down=st.integers(0, 20)
)
@example(rate=0.5, up=2, flat=0, down=3)
def test_a_rate_rises_stays_and_falls_by_equal_steps(
    rate: float, up: int, flat: int, down: int
) -> None:
    found = schedules.warmup_decay(rate, up + flat + down, up, down)
    expected = [rate * k / up for k in range(1, up + 1)]
    expected += [rate] * flat
    expected += [rate * k / down for k in range(down, 0, -1)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def rates_of(scheduler: Any, steps: int) -> list[float]:
    """Return the rates that a scheduler of PyTorch gives for so many steps."""
    found = []
    for _ in range(steps):
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return found


@given(
    rate=rates, up=st.integers(2, 20), flat=st.integers(1, 20), down=st.integers(2, 20)
)
def test_warmup_and_decay_are_those_of_pytorch(
    rate: float, up: int, flat: int, down: int
) -> None:
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    make = torch.optim.lr_scheduler
    parts = [
        make.LinearLR(optimiser, 1 / up, 1.0, up - 1),
        make.ConstantLR(optimiser, 1.0),
        make.LinearLR(optimiser, 1.0, 1 / down, down - 1),
    ]
    steps = up + flat + down
    whole = make.SequentialLR(optimiser, parts, [up, up + flat])
    found = schedules.warmup_decay(rate, steps, up, down)
    np.testing.assert_allclose(found, rates_of(whole, steps), rtol=1e-12)


@given(rate=rates, steps=st.integers(1, 60))
def test_a_constant_rate_is_one_for_each_step(rate: float, steps: int) -> None:
    assert schedules.constant(rate, steps).tolist() == [rate] * steps


@pytest.mark.parametrize("rate", [0, -1.0, np.nan, np.inf, [0.1]])
def test_a_rate_that_is_not_positive_is_refused(rate: float) -> None:
    for schedule, more in (("constant", ()), ("cosine", ()), ("warmup_decay", (1, 1))):
        with pytest.raises(ValueError, match=r"^rate: "):
            getattr(schedules, schedule)(rate, 5, *more)


@pytest.mark.parametrize("last", [-0.1, 0.2, np.nan, [0.0]])
def test_a_last_rate_outside_its_bounds_is_refused(last: float) -> None:
    with pytest.raises(ValueError, match=r"^last: "):
        schedules.cosine(0.1, 5, last)


def test_parts_that_are_longer_than_the_run_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^warmup, decay: .* got 3 \+ 3"):
        schedules.warmup_decay(0.1, 5, 3, 3)
    for wrong in ({"warmup": -1, "decay": 0}, {"warmup": 0, "decay": -1}):
        with pytest.raises(ValueError, match=r"^(warmup|decay): "):
            schedules.warmup_decay(0.1, 5, **wrong)
