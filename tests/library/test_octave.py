"""The run of HH, against the same written out in another language.

The program in `octave/` has the sites and the formulas of its own.  It is given
the start and the order of the points, and nothing else.
"""

from pathlib import Path

import numpy as np
import pytest
from octave_program import descend

from dlam import cost, paper, sgd
from needed import require_program


@pytest.mark.parametrize(
    ("steps", "extra_site"),
    [
        (20_000, False),
        pytest.param(100_000, False, marks=pytest.mark.night),
        pytest.param(20_000, True, marks=pytest.mark.night),
    ],
)
def test_octave_takes_the_same_steps(
    steps: int, extra_site: bool, tmp_path: Path
) -> None:
    require_program("octave-cli")
    run = paper.netbp(steps, extra_site)
    every = steps // 10
    history = sgd(
        run.net,
        run.parameters,
        run.X,
        run.Y,
        run.order,
        run.learning_rate,
        record_every=every,
    )
    costs, parameters = descend(run, range(every, steps + 1, every), tmp_path)
    assert history.cost[0] > 1.2 * history.cost[-1]
    np.testing.assert_allclose(history.cost, costs, rtol=1e-9)
    np.testing.assert_allclose(history.parameters, parameters, rtol=1e-9, atol=1e-9)
    at_the_end = cost(run.net, parameters, run.X, run.Y)
    np.testing.assert_allclose(at_the_end, costs[-1], rtol=1e-12)
