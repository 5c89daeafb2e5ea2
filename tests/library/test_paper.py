"""HH's experiment: what is drawn, and that their numbers come out."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from dlam import Network, claim, cost, data, paper, sgd
from dlam.descent import History
from dlam.matlab import MatlabRandom
from dlam.paper import Run


def descend(run: Run, record_every: int | None = None) -> History:
    return sgd(
        run.net,
        run.parameters,
        run.X,
        run.Y,
        run.order,
        run.learning_rate,
        record_every=record_every,
    )


@pytest.fixture(scope="module")
def ten() -> tuple[Run, History]:
    run = paper.netbp()
    return run, descend(run, record_every=10_000)


@pytest.fixture(scope="module")
def eleven() -> tuple[Run, History]:
    run = paper.netbp(extra_site=True)
    return run, descend(run, record_every=10_000)


def test_it_is_the_network_of_the_paper_on_its_sites() -> None:
    for extra_site in (False, True):
        run = paper.netbp(steps=10, extra_site=extra_site)
        sites = data.drilling_sites(extra_site)
        assert run.net == Network((2, 2, 3, 2))
        assert run.learning_rate == 0.05
        np.testing.assert_array_equal(run.X, sites.X)
        np.testing.assert_array_equal(run.Y, sites.Y)


def test_the_start_is_drawn_weights_first_and_column_by_column() -> None:
    drawn = iter(MatlabRandom(5000).randn(23) / 2)
    run = paper.netbp(steps=1)
    layers = run.net.unpack(run.parameters)
    for (W, _), (n, m) in zip(layers, [(2, 2), (3, 2), (2, 3)], strict=True):
        for k in range(m):
            for j in range(n):
                assert W[j, k] == next(drawn)
    for _, b in layers:
        for entry in b:
            assert entry == next(drawn)
    assert next(drawn, None) is None


def test_the_points_that_it_visits_first_are_those_of_the_paper() -> None:
    order = paper.netbp().order
    assert (order[:10] + 1).tolist() == [1, 2, 3, 2, 4, 4, 7, 7, 10, 5]


def test_every_point_is_visited_equally_often(
    ten: tuple[Run, History], eleven: tuple[Run, History]
) -> None:
    for (run, _), n in ((ten, 10), (eleven, 11)):
        assert run.order.shape == (1_000_000,)
        counts = np.bincount(run.order, minlength=n)
        assert len(counts) == n
        assert stats.chisquare(counts).pvalue > 1e-3


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    short, long = paper.netbp(steps=1000), paper.netbp(steps=5000)
    np.testing.assert_array_equal(short.parameters, long.parameters)
    np.testing.assert_array_equal(short.order, long.order[:1000])


def test_the_extra_site_changes_neither_the_start_nor_the_numbers_drawn() -> None:
    # randi(10) and randi(11) make their integers of the same uniform numbers.
    ten, eleven = paper.netbp(), paper.netbp(extra_site=True)
    np.testing.assert_array_equal(ten.parameters, eleven.parameters)
    assert np.all(eleven.order - ten.order >= 0)
    assert np.all(eleven.order - ten.order <= 1)
    assert eleven.order.max() == 10


def test_another_seed_gives_another_start_and_order() -> None:
    one, other = paper.netbp(steps=100), paper.netbp(steps=100, seed=5001)
    assert not np.any(one.parameters == other.parameters)
    assert np.any(one.order != other.order)


def test_the_same_seed_gives_the_same_again() -> None:
    one = paper.netbp(steps=100)
    np.random.RandomState(1).random_sample()
    one.parameters[:] = one.order[:] = one.X[:] = 0
    again = paper.netbp(steps=100)
    assert np.any(again.parameters)
    assert np.any(again.order)
    assert np.any(again.X)


def test_costs_are_plotted_as_sums_of_squares() -> None:
    for extra_site in (False, True):
        run = paper.netbp(steps=1, extra_site=extra_site)
        F = run.net(run.parameters, run.X)
        squares = sum(
            (y - f) ** 2
            for row, output in zip(run.Y, F, strict=True)
            for y, f in zip(row, output, strict=True)
        )
        at_start = cost(run.net, run.parameters, run.X, run.Y)
        np.testing.assert_allclose(run.as_plotted(at_start), squares, rtol=1e-14)
        assert run.as_plotted([1.0, 2.0]).tolist() == [
            2 * len(run.X),
            4 * len(run.X),
        ]


def test_the_numbers_of_the_paper_come_out(ten: tuple[Run, History]) -> None:
    run, history = ten
    plotted = run.as_plotted(history.cost)
    assert history.steps[[0, -1]].tolist() == [0, 1_000_000]
    claim("5.3", plotted[0])
    claim("7.3e-4", plotted[-1])


def test_successive_costs_are_within_a_millionth_of_each_other(
    ten: tuple[Run, History],
) -> None:
    # HH on the end of their run: the ratio "within around 10⁻⁶ of unity".
    _, history = ten
    ratio = (history.cost[-1] / history.cost[-11]) ** (1 / 100_000)
    assert history.steps[-1] - history.steps[-11] == 100_000
    claim("1e-6", 1 - ratio)


def test_every_site_is_told_right_in_the_end(
    ten: tuple[Run, History], eleven: tuple[Run, History]
) -> None:
    for run, history in (ten, eleven):
        F = run.net(history.parameters, run.X)
        np.testing.assert_array_equal(F.argmax(axis=1), run.Y.argmax(axis=1))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": 0}, "steps: expected at least 1, got 0"),
        ({"steps": -3}, "steps: expected at least 1, got -3"),
        ({"seed": -1}, "seed: expected an integer in"),
        ({"seed": 2**32}, "seed: expected an integer in"),
    ],
)
def test_what_is_out_of_range_is_refused(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        paper.netbp(**wrong)


@pytest.mark.parametrize("name", ["steps", "seed"])
@pytest.mark.parametrize("value", [1e6, "10", None, np.array([3, 4])])
def test_what_is_no_integer_is_refused(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name}: expected an integer"):
        paper.netbp(**{name: value})


def test_a_cost_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="cost: expected finite numbers"):
        paper.netbp(steps=1).as_plotted(np.nan)
