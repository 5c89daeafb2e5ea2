"""Training: the compiled loops and the plain route, and all that can go wrong."""

from __future__ import annotations

import io
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlam import (
    Activation,
    Diverged,
    History,
    Loss,
    Network,
    binary_cross_entropy,
    cost,
    data,
    descent,
    gradient,
    gradient_descent,
    identity,
    landscape,
    leaky_relu,
    quadratic,
    relu,
    rules,
    sampling,
    sgd,
    sigmoid,
    softmax_cross_entropy,
    step,
    tanh,
)
from dlam._progress import Progress, watched
from dlam.penalties import l2
from dlam.sharpness import hessian_times, sharpness
from shapes import ALL, LOSSES, Case, cases, check, targets

HH = Network((2, 2, 3, 2))
X, Y = data.drilling_sites()
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def start(k: int | None = None, seed: int = 1) -> np.ndarray:
    return HH.normal(np.random.default_rng(seed), size=k)


def draw(steps: int, seed: int = 1) -> np.ndarray:
    return sampling.with_replacement(10, steps, np.random.default_rng(seed))


def plain(*args: Any, **options: Any) -> History:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(descent, "_compiled_code", lambda: None)
        return sgd(*args, **options)


def same(one: History, other: History, **tolerance: float) -> None:
    tolerance = tolerance or {"rtol": 0, "atol": 0}
    np.testing.assert_array_equal(one.steps, other.steps)
    np.testing.assert_allclose(one.parameters, other.parameters, **tolerance)
    np.testing.assert_allclose(one.cost, other.cost, **tolerance)
    if one.path is None:
        assert other.path is None
    else:
        np.testing.assert_allclose(one.path, other.path, **tolerance)


# The two routes


COMPILED = [rules.plain, rules.momentum(0.0), rules.momentum(0.9)]


@check(100)
@given(
    cases(ALL, largest=9),
    st.sampled_from([None, 1, 2, 5]),
    st.sampled_from([1, 5]),
    st.sampled_from(COMPILED),
)
def test_the_compiled_loops_take_the_steps_of_the_plain_route(
    case: Case, m: int | None, every: int, rule: rules.Rule
) -> None:
    net, p, X, Y, loss, rng = case
    order = rng.integers(len(X), size=(12,) if m is None else (12, m))
    arguments = (net, p, X, Y, order, rng.uniform(1e-3, 1e-2, 12), loss, rule)
    options = {"record_every": every, "keep_path": True}
    same(sgd(*arguments, **options), plain(*arguments, **options), **CLOSE)


@check(50)
@given(
    st.sampled_from([2, 3]).flatmap(lambda k: cases(ALL, networks=k)),
    st.sampled_from([(12,), (12, 2), (-1, 12, 2), (-1, 12, 1)]),
    st.sampled_from(COMPILED),
)
def test_an_ensemble_is_trained_as_each_of_its_networks(
    case: Case, shape: tuple[int, ...], rule: rules.Rule
) -> None:
    net, P, X, Y, loss, rng = case
    k = len(P)
    order = rng.integers(len(X), size=[k if n < 0 else n for n in shape])
    each = order if order.ndim == 3 else [order] * k
    options = {"loss": loss, "rule": rule, "record_every": 5, "keep_path": True}
    together = sgd(net, P, X, Y, order, 0.01, **options)
    assert together.cost.shape == (k, 4)
    for n in range(k):
        alone = sgd(net, P[n], X, Y, each[n], 0.01, **options)
        np.testing.assert_array_equal(together.parameters[n], alone.parameters)
        np.testing.assert_array_equal(together.cost[n], alone.cost)
        np.testing.assert_array_equal(together.path[n], alone.path)
    same(together, plain(net, P, X, Y, order, 0.01, **options), **CLOSE)


def test_momentum_goes_through_the_compiled_loops_and_other_rules_do_not() -> None:
    def kernel(rule: rules.Rule, penalty: Any = None) -> Any:
        order = draw(20).reshape(10, 2)
        return descent._Run(
            HH, start(), X, Y, order, 0.1, quadratic, rule, penalty, None, False
        ).kernel()

    code = descent._compiled_code()
    assert kernel(rules.momentum(0.9)).func is code.batch_steps
    assert kernel(rules.momentum(0.9), l2(0.1)) is None
    own = rules.Rule("momentum", np.zeros_like, rules.nesterov(0.9).update, (0.9,))
    for rule in (rules.nesterov(0.9), rules.adam(), rules.muon(HH), own):
        assert kernel(rule) is None


def test_momentum_of_zero_takes_the_plain_steps() -> None:
    for order in (draw(60), draw(60).reshape(20, 3)):
        arguments = (HH, start(), X, Y, order, 0.05)
        same(sgd(*arguments, rule=rules.momentum(0)), sgd(*arguments), **CLOSE)


def test_a_single_step_is_the_printed_formula() -> None:
    p = start()
    history = sgd(HH, p, X, Y, [7], 0.05)
    step = p - 0.05 * gradient(HH, p, X[7], Y[7])
    np.testing.assert_allclose(history.parameters, step, **CLOSE)
    history = sgd(HH, p, X, Y, [[7, 2, 2]], 0.05)
    step = p - 0.05 * np.mean([gradient(HH, p, X[i], Y[i]) for i in (7, 2, 2)], axis=0)
    np.testing.assert_allclose(history.parameters, step, **CLOSE)


@pytest.mark.parametrize("rule", [rules.plain, rules.momentum(0.9)], ids=repr)
def test_a_long_run_of_a_small_network_is_the_same_to_the_last_bit(
    rule: rules.Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (HH, start(), X, Y, draw(descent.LONG + 1), 0.01)
    options = {"rule": rule, "record_every": 100_000}
    specialised = sgd(*arguments, **options)
    monkeypatch.setattr(descent, "LONG", 10**9)
    same(specialised, sgd(*arguments, **options))
    monkeypatch.setattr(descent, "SMALL", 0)
    same(specialised, sgd(*arguments, **options), rtol=1e-9)


@pytest.mark.parametrize(
    ("layers", "networks", "steps", "m", "loop"),
    [
        ((2, 3, 2), 1, descent.LONG, 1, "specialised"),
        ((2, 3, 2), 1, descent.LONG - 1, 1, "small"),
        ((2, 3, 2), 2, descent.LONG // 2, 1, "specialised"),
        ((2, 3, 2), 1, descent.LONG, 2, "batch"),
        ((2, descent.SMALL, 2), 1, descent.LONG, 1, "specialised"),
        ((2, descent.SMALL, 2), 1, 9, 1, "small"),
        ((2, descent.SMALL + 1, 2), 1, descent.LONG, 1, "full"),
    ],
)
def test_a_small_network_is_compiled_by_itself_if_that_pays(
    layers: tuple[int, ...], networks: int, steps: int, m: int, loop: str
) -> None:
    order = np.broadcast_to(np.int64(3), (steps, m))
    for activation in (identity, (sigmoid, identity), (relu, identity)):
        net = Network(layers, activation)
        P = net.normal(np.random.default_rng(1), size=networks)
        run = descent._Run(
            net, P, X, Y, order, 0.1, quadratic, rules.plain, None, None, False
        )
        kernel, code = run.kernel(), descent._compiled_code()
        small = relu not in net.activations
        if loop == "batch":
            assert kernel.func is code.batch_steps
            assert kernel.args[0] is not None
        elif loop == "specialised" and small:
            kinds = [code.ACTIVATIONS[one] for one in net.activations]
            wanted = code.specialised(layers, (-1, *kinds), code.QUADRATIC)
            assert kernel is wanted
        else:
            assert kernel.func is code.point_steps
            assert (kernel.args[0] is None) == (small and loop != "full")


def test_wide_layers_are_trained_as_by_the_plain_route() -> None:
    rng = np.random.default_rng(1)
    net = Network((13, 33, 10), (relu, identity))
    p, X = net.normal(rng, 0.3), rng.normal(size=(50, 13))
    Y = targets(softmax_cross_entropy, 50, 10, rng)
    for order in (draw(60), sampling.minibatches(50, 7, 60, rng)):
        arguments = (net, p, X, Y, order, 0.1, softmax_cross_entropy)
        every = {"record_every": 20}
        same(sgd(*arguments, **every), plain(*arguments, **every), **CLOSE)


@pytest.mark.parametrize("z", [-800.0, -40.0, 40.0, 800.0])
@pytest.mark.parametrize("activation", [sigmoid, tanh], ids=str)
def test_saturated_neurons_are_no_trouble(activation: Activation, z: float) -> None:
    net = Network((1, 1, 1), (activation, sigmoid))
    p = np.array([0.5, z, 0.7, z])
    for loss in (quadratic, binary_cross_entropy):
        arguments = (net, p, [[1.0]], [[1.0]], [0] * 5, 0.1, loss)
        same(sgd(*arguments), plain(*arguments), **CLOSE)


@pytest.mark.parametrize("logits", [(800.0, -800.0, 0.0), (-800.0, 0.0, 800.0)])
def test_a_softmax_that_is_certain_is_no_trouble(logits: tuple[float, ...]) -> None:
    net, order = Network((1, 3), identity), [0] * 5
    p = np.array([0.0, 0.0, 0.0, *logits])
    for rows in (order, [[0, 0]] * 5):
        for label in np.eye(3):
            arguments = (net, p, [[1.0]], [label], rows, 0.1, softmax_cross_entropy)
            every = {"record_every": 1}
            same(sgd(*arguments, **every), plain(*arguments, **every), **CLOSE)


@pytest.mark.parametrize("activation", [step, relu, leaky_relu], ids=str)
def test_a_neuron_at_its_kink_is_as_the_plain_route_has_it(
    activation: Activation,
) -> None:
    net = Network((1, 2, 1), (activation, identity))
    p = np.array([1.0, -1.0, 0.0, 0.0, 2.0, 3.0, 0.5])
    for rows in ([0] * 5, [[0, 0]] * 5):
        arguments = (net, p, [[0.0]], [[2.0]], rows, 0.1, quadratic)
        every = {"record_every": 1}
        same(sgd(*arguments, **every), plain(*arguments, **every), **CLOSE)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_what_has_no_compiled_form_is_trained_by_the_plain_route(loss: Loss) -> None:
    mine = Activation("mine", tanh.function, tanh.derivative)
    double = Loss(
        "double",
        lambda a, y: 2 * quadratic(a, y),
        lambda a, y: 2 * quadratic.slope(a, y),
    )
    last = loss.output or sigmoid
    p, order = start(), draw(30)
    T = np.clip(Y, 0, 1)
    known = sgd(Network(HH.sizes, (tanh, tanh, last)), p, X, T, order, 0.05, loss)
    own = sgd(Network(HH.sizes, (mine, tanh, last)), p, X, T, order, 0.05, loss)
    same(own, known, **CLOSE)
    half = sgd(HH, p, X, Y, order, 0.025, double)
    same_end = sgd(HH, p, X, Y, order, 0.05)
    np.testing.assert_allclose(half.parameters, same_end.parameters, **CLOSE)


def test_without_numba_sgd_says_so_once_and_gives_the_same_numbers() -> None:
    program = """
import sys, warnings
sys.modules["numba"] = None
import numpy as np
from dlam import Network, data, gradient_descent, sgd
net = Network((2, 2, 3, 2))
p = net.normal(np.random.default_rng(1))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        history = sgd(net, p, *data.drilling_sites(), np.arange(50) % 10, 0.05)
        gradient_descent(net, p, *data.drilling_sites(), 2, 0.05)
assert len(caught) == 1, [str(c.message) for c in caught]
assert caught[0].filename == "<string>", caught[0].filename
print(caught[0].message)
print(*map(repr, history.parameters.tolist()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    warning, numbers = done.stdout.splitlines()
    assert warning.startswith("Numba cannot be imported")
    compiled = sgd(HH, start(), X, Y, np.arange(50) % 10, 0.05)
    np.testing.assert_allclose(
        [float(x) for x in numbers.split()], compiled.parameters, **CLOSE
    )


def test_importing_the_library_loads_nothing_heavy() -> None:
    program = (
        "import sys, dlam; "
        "heavy = {'numba', 'matplotlib', 'torch', 'scipy', 'sklearn', 'IPython'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# Gradient descent


@check(20)
@given(cases(ALL, networks=2))
def test_gradient_descent_is_a_batch_of_all_the_points(case: Case) -> None:
    net, P, X, Y, loss, _ = case
    order = np.tile(np.arange(len(X)), (6, 1))
    batch = sgd(net, P, X, Y, order, 0.05, loss, record_every=4)
    same(gradient_descent(net, P, X, Y, 6, 0.05, loss, 4), batch)


def test_gradient_descent_walks_against_the_gradient() -> None:
    p = start()
    rates = np.array([0.5, 0.2, 0.1])
    history = gradient_descent(HH, p, X, Y, 3, rates)
    for rate in rates:
        p = p - rate * gradient(HH, p, X, Y)
    np.testing.assert_allclose(history.parameters, p, **CLOSE)
    assert history.cost[1] < history.cost[0]


# The record


@check(20)
@given(st.integers(1, 40), st.integers(1, 50))
def test_the_first_and_the_last_step_are_recorded_and_every_so_many_between(
    steps: int, every: int
) -> None:
    order = draw(steps)
    history = sgd(HH, start(), X, Y, order, 0.05, record_every=every, keep_path=True)
    assert history.steps.tolist() == sorted({*range(0, steps, every), steps})
    assert history.steps.dtype == np.int64
    for at, value, p in zip(history.steps, history.cost, history.path, strict=True):
        so_far = sgd(HH, start(), X, Y, order[:at], 0.05).parameters if at else start()
        np.testing.assert_array_equal(p, so_far)
        assert value == pytest.approx(cost(HH, p, X, Y), rel=1e-12)
    np.testing.assert_array_equal(history.path[-1], history.parameters)


def test_without_a_wish_the_first_and_the_last_step_are_recorded() -> None:
    history = sgd(HH, start(), X, Y, draw(100), 0.05)
    assert history.steps.tolist() == [0, 100]
    assert history.cost.shape == (2,)
    assert history.parameters.shape == (23,)
    assert history.path is None


def test_a_history_is_not_written_into() -> None:
    history = sgd(HH, start(), X, Y, draw(5), 0.05)
    with pytest.raises(FrozenInstanceError):
        history.cost = np.zeros(2)  # type: ignore[misc]


def test_an_ensemble_keeps_its_axis_first() -> None:
    history = sgd(HH, start(3), X, Y, draw(100), 0.05, record_every=10, keep_path=True)
    assert history.parameters.shape == (3, 23)
    assert history.steps.shape == (11,)
    assert history.cost.shape == (3, 11)
    assert history.path.shape == (3, 11, 23)
    assert sgd(HH, start(1), X, Y, draw(5), 0.05).cost.shape == (1, 2)


@pytest.mark.parametrize("rule", [rules.plain, rules.momentum(0.9)], ids=repr)
@pytest.mark.parametrize("chunk", [1, 1000, 10_000])
def test_where_python_is_returned_to_changes_nothing(
    chunk: int, rule: rules.Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    for p in (start(), start(5)):
        for order in (draw(200), draw(600).reshape(200, 3)):
            rates = np.linspace(0.1, 0.01, 200)
            arguments = (HH, p, X, Y, order, rates)
            every = {"record_every": 7, "rule": rule}
            whole = sgd(*arguments, **every)
            with monkeypatch.context() as patch:
                patch.setattr(descent, "CHUNK", chunk)
                patch.setattr(descent, "LEAST", 1)
                same(sgd(*arguments, **every), whole)


@pytest.mark.parametrize("room", [1, 2 * 10 * 23])
def test_costs_taken_of_some_networks_at_a_time_are_the_same(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (HH, start(5), X, Y, draw(20), 0.1)
    whole = sgd(*arguments, record_every=7)
    monkeypatch.setattr(descent, "ROOM", room)
    # What is not written must not be what the run before has left in memory.
    monkeypatch.setattr(np, "empty", lambda shape: np.full(shape, np.nan))
    same(sgd(*arguments, record_every=7), whole, **CLOSE)


@pytest.mark.parametrize("rule", [rules.plain, rules.momentum(0.9)], ids=repr)
@pytest.mark.parametrize("threads", ["1", "2", "3", "8"])
def test_the_number_of_threads_changes_nothing(
    threads: str, rule: rules.Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent, "CHUNK", 5000)
    monkeypatch.setattr(descent, "LEAST", 1)
    P, order = start(7), draw(2000)
    monkeypatch.setenv("DLAM_THREADS", "1")
    options = {"rule": rule, "record_every": 300}
    alone = sgd(HH, P, X, Y, order, 0.05, **options)
    monkeypatch.setenv("DLAM_THREADS", threads)
    same(sgd(HH, P, X, Y, order, 0.05, **options), alone)


def test_there_are_as_many_threads_as_cores_or_as_wished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for wanted, threads in (("1", 1), ("3", 3), ("0", 1), ("-2", 1)):
        monkeypatch.setenv("DLAM_THREADS", wanted)
        assert descent._threads() == threads
    monkeypatch.delenv("DLAM_THREADS")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    ours = {0: {0, 2, 5}}  # the cores that this process, which is 0, may use
    monkeypatch.setattr(os, "sched_getaffinity", ours.get, raising=False)
    assert descent._threads() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert descent._threads() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert descent._threads() == 1


def test_the_number_of_threads_must_be_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DLAM_THREADS", "two")
    with pytest.raises(ValueError, match="DLAM_THREADS: expected a number"):
        sgd(HH, start(), X, Y, [0], 0.05)


def test_memory_does_not_grow_with_the_steps() -> None:
    # What is compiled first, wherever this test stands, is not counted.
    sgd(HH, start(), X, Y, draw(10), 0.05)
    gradient_descent(HH, start(), X, Y, 10, 0.05)
    order = draw(400_000).astype(np.uint8)
    peaks = []
    for steps in (200_000, 400_000):
        tracemalloc.start()
        gradient_descent(HH, start(), X, Y, steps // 10, 0.05)
        sgd(HH, start(), X, Y, order[:steps], 0.05)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    limit = 2.5 * 8 * descent.CHUNK / 23  # numbers of one chunk, and their rates
    assert max(peaks) < limit


# Divergence

STEEP = Network((2, 3, 2), identity)


@pytest.mark.parametrize("order", [draw(900), draw(900).reshape(300, 3)])
@pytest.mark.parametrize("every", [None, 2])
def test_a_run_that_diverges_says_when_and_keeps_what_went_before(
    order: np.ndarray, every: int | None
) -> None:
    p = 2 * np.ones(17)
    ends = []
    for route in (sgd, plain):
        with pytest.raises(Diverged, match="no finite numbers any more") as caught:
            route(STEEP, p, X, Y, order, 30.0, record_every=every, keep_path=True)
        ends.append(caught.value)
    end, other = ends
    assert 1 < end.step == other.step < 300
    assert f"step {end.step};" in str(end)
    last = end.step - 1
    assert end.history.steps[-1] == last
    assert end.history.steps.size == end.history.cost.size == len(end.history.path)
    assert np.isfinite(end.history.parameters).all()
    with warnings.catch_warnings():  # of a cost that has overflowed
        warnings.simplefilter("ignore", RuntimeWarning)
        again = sgd(
            STEEP, p, X, Y, order[:last], 30.0, record_every=every, keep_path=True
        )
    same(end.history, again)


def test_one_network_that_diverges_ends_the_run_of_all() -> None:
    P = np.stack([np.zeros(17), 2 * np.ones(17), np.zeros(17), 2 * np.ones(17)])
    for route in (sgd, plain):
        with pytest.raises(Diverged, match="of network 1 ") as caught:
            route(STEEP, P, X, 0 * Y, draw(300), 30.0)
        assert caught.value.network == 1
        assert caught.value.history.parameters.shape == (4, 17)
        assert caught.value.history.cost.shape == (4, 2)


def test_the_error_of_a_diverging_run_can_be_sent_to_another_process() -> None:
    with pytest.raises(Diverged) as caught:
        sgd(STEEP, np.ones(17), X, Y, draw(300), 30.0)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.step, str(copy)) == (caught.value.step, str(caught.value))
    same(copy.history, caught.value.history)


# What the caller passes


def test_nothing_the_caller_passed_is_changed() -> None:
    for p in (start(), start(3)):
        given = [p, X.copy(), Y.copy(), draw(50), np.linspace(0.1, 0.05, 50)]
        copies = [array.copy() for array in given]
        for array in given:
            array.flags.writeable = False
        history = sgd(HH, *given, record_every=10)
        for array, copy in zip(given, copies, strict=True):
            np.testing.assert_array_equal(array, copy)
        history.parameters[:] = 0  # is the caller's own


def test_numbers_of_any_type_and_in_any_order_of_memory_are_taken() -> None:
    p, order = start(), draw(60)
    plainly = sgd(HH, p, X, Y, order, 0.05)
    for rows in (
        order.astype(np.int32),
        order.astype(np.uint8),
        np.repeat(order, 2)[::2],
        order.tolist(),
    ):
        strided = np.repeat(p, 3)[::3]
        fortran = np.asfortranarray(X)
        same(sgd(HH, strided, fortran, Y.astype(int), rows, 0.05), plainly)
    single = p.astype(np.float32)
    same(
        sgd(HH, single, X, Y, order, 0.05),
        sgd(HH, single.astype(np.float64), X, Y, order, 0.05),
    )
    batches = order.reshape(20, 3)
    same(
        sgd(HH, p, X, Y, np.asfortranarray(batches), 0.05),
        sgd(HH, p, X, Y, batches, 0.05),
    )
    P = start(4)
    same(
        sgd(HH, np.asfortranarray(P), X, Y, order, 0.05), sgd(HH, P, X, Y, order, 0.05)
    )


def test_one_rate_is_as_good_as_the_same_for_every_step() -> None:
    same(
        sgd(HH, start(), X, Y, draw(40), 0.05),
        sgd(HH, start(), X, Y, draw(40), np.full(40, 0.05)),
    )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"p": np.ones(22)}, ValueError, r"p: expected shape \(23,\)"),
        ({"p": np.ones((2, 3, 23))}, ValueError, r"p: expected shape \(23,\)"),
        ({"p": np.full(23, np.nan)}, ValueError, "p: expected finite numbers"),
        ({"p": np.ones((0, 23))}, ValueError, "p: expected at least one network"),
        ({"p": np.ones(23) * 1j}, TypeError, "p: expected real numbers"),
        ({"p": ["a"] * 23}, TypeError, "p: expected numbers"),
        ({"X": np.ones((10, 3))}, ValueError, r"X: expected shape \(N, 2\)"),
        ({"X": np.full((10, 2), np.inf)}, ValueError, "X: expected finite numbers"),
        ({"X": np.ones((10, 2)) * 1j}, TypeError, "X: expected real numbers"),
        ({"Y": np.ones((10, 2)) * 1j}, TypeError, "Y: expected real numbers"),
        ({"Y": np.ones((9, 2))}, ValueError, r"Y: expected shape \(10, 2\)"),
        ({"X": np.ones((0, 2)), "Y": np.ones((0, 2))}, ValueError, "X: expected at"),
        ({"order": [10]}, ValueError, "order: expected rows from 0 to 9, got 10"),
        ({"order": [3, -1]}, ValueError, "order: expected rows from 0 to 9, got -1"),
        ({"order": [0.0, 1.0]}, TypeError, "order: expected integers"),
        ({"order": [True]}, TypeError, "order: expected integers"),
        ({"order": []}, ValueError, "order: expected shape"),
        ({"order": np.zeros((4, 0), int)}, ValueError, "order: expected shape"),
        ({"order": 3}, ValueError, "order: expected shape"),
        ({"order": [[1], [1, 2]]}, ValueError, "order: expected an array"),
        ({"order": np.zeros((1, 2, 3), int)}, ValueError, "order: three dimensions"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate: expected numbers > 0"),
        ({"learning_rate": -1.0}, ValueError, "learning_rate: expected numbers > 0"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate: expected finite"),
        ({"learning_rate": [0.1, 0.0]}, ValueError, "learning_rate: expected numbers"),
        ({"learning_rate": [0.1]}, ValueError, r"learning_rate: .* shape \(2,\)"),
        ({"learning_rate": 1j}, TypeError, "learning_rate: expected real"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate: expected numbers"),
        ({"record_every": 0}, ValueError, "record_every: expected at least 1"),
        ({"record_every": 1.5}, TypeError, "record_every: expected an integer"),
        ({"loss": "quadratic"}, TypeError, "loss: expected a Loss"),
        ({"loss": softmax_cross_entropy}, ValueError, "loss: softmax_cross_entropy"),
        ({"net": (2, 2)}, TypeError, "net: expected a Network"),
    ],
)
@pytest.mark.parametrize("route", [sgd, plain])
def test_wrong_input_is_answered_at_once(
    route: Any, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    arguments = {"net": HH, "p": start(), "X": X, "Y": Y, "order": [0, 1]}
    arguments |= {"learning_rate": 0.05} | change
    with pytest.raises(error, match=message):
        route(**arguments)


def test_an_ensemble_and_its_own_orders_must_be_of_one_size() -> None:
    with pytest.raises(ValueError, match="order: three dimensions"):
        sgd(HH, start(2), X, Y, np.zeros((3, 4, 1), int), 0.05)


def test_gradient_descent_answers_wrong_input_too() -> None:
    with pytest.raises(ValueError, match="steps: expected at least 1"):
        gradient_descent(HH, start(), X, Y, 0, 0.05)
    with pytest.raises(TypeError, match="steps: expected an integer"):
        gradient_descent(HH, start(), X, Y, 2.0, 0.05)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="learning_rate: expected"):
        gradient_descent(HH, start(), X, Y, 3, -0.05)
    with pytest.raises(Diverged):
        gradient_descent(STEEP, np.ones(17), X, Y, 500, 30.0)


# A person in front


def test_a_long_run_can_be_interrupted() -> None:
    order = np.broadcast_to(np.int64(3), (2 * 10**8,))  # 20 s and no memory
    p = start()
    sgd(HH, p, X, Y, draw(descent.LONG), 0.05)  # compiled by now
    # What runs in the background of a shell is told to ignore an interrupt.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            sgd(HH, p, X, Y, order, 0.05)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    np.testing.assert_array_equal(p, start())


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Half a second passes whenever the clock is read."""
    ticks = iter(range(10**6))
    monkeypatch.setattr("dlam._progress.monotonic", lambda: next(ticks) / 2)
    return


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_and_wiped_out_at_the_end(
    slow_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DLAM_PROGRESS", raising=False)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(descent, "CHUNK", 23 * 10)
    monkeypatch.setattr(descent, "LEAST", 1)
    sgd(HH, start(), X, Y, draw(100), 0.05)
    text = sys.stderr.getvalue()
    assert re.search(r"\r 5\d %, \d+ s to go", text)
    assert text.split("\r")[-1] == ""
    assert text.split("\r")[-2].strip() == ""


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLAM_PROGRESS", "1")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress(10) as progress:
        for done in range(10):
            progress(done)
    assert sys.stderr.getvalue() == ""


def test_a_log_or_a_record_shows_no_progress(
    slow_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent, "CHUNK", 23 * 10)
    monkeypatch.setattr(descent, "LEAST", 1)
    for stream, wanted in ((Terminal(), "0"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("DLAM_PROGRESS", wanted)
        sgd(HH, start(), X, Y, draw(100), 0.05)
        assert stream.getvalue() == ""


@pytest.mark.parametrize("person", [True, False])
def test_a_notebook_is_watched_if_somebody_could_answer_a_question(
    person: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shell:
        class kernel:  # noqa: N801
            _allow_stdin = person

    class IPython:
        get_ipython = Shell

    monkeypatch.delenv("DLAM_PROGRESS", raising=False)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setitem(sys.modules, "IPython", IPython)  # type: ignore[arg-type]
    assert watched() is person


# Rules, penalties, models


@pytest.mark.parametrize("k", [None, 3])
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_momentum_with_weight_decay_takes_the_steps_of_pytorch(
    mu: float, k: int | None
) -> None:
    P, order, decay = start(k), draw(40).reshape(20, 2), 0.03
    history = sgd(
        HH, P, X, Y, order, 0.3, rule=rules.momentum(mu), penalty=l2(decay),
        record_every=1, keep_path=True,
    )  # fmt: skip
    for p, path in zip(np.atleast_2d(P), np.atleast_3d(history.path.T).T, strict=True):
        theirs = torch.tensor(p, requires_grad=True)
        optimiser = torch.optim.SGD([theirs], 0.3, mu, weight_decay=decay)
        for t, rows in enumerate(order, start=1):
            theirs.grad = torch.tensor(
                gradient(HH, theirs.detach().numpy(), X[rows], Y[rows])
            )
            optimiser.step()
            np.testing.assert_allclose(path[t], theirs.detach().numpy(), **CLOSE)


def test_the_recorded_cost_is_that_of_the_data() -> None:
    history = sgd(HH, start(), X, Y, draw(9), 0.1, penalty=l2(5.0))
    assert history.cost[-1] == pytest.approx(cost(HH, history.parameters, X, Y))


@pytest.mark.parametrize("route", [sgd, plain])
def test_a_diverging_run_with_momentum_starts_again_with_its_velocity(
    route: Any,
) -> None:
    rule = rules.momentum(0.5)
    with pytest.raises(Diverged) as caught:
        route(STEEP, np.ones(17), X, Y, draw(300), 30.0, rule=rule)
    before, last = caught.value.history, caught.value.step - 1
    assert last > 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        again = route(STEEP, np.ones(17), X, Y, draw(300)[:last], 30.0, rule=rule)
    np.testing.assert_array_equal(before.parameters, again.parameters)


class Straight:
    """x ↦ p₁ x + p₂, which has what a model must have and nothing else."""

    n_parameters = 2

    def __call__(self, p: np.ndarray, X: np.ndarray) -> np.ndarray:
        return p[..., :1, np.newaxis] * X + p[..., 1:, np.newaxis]

    def pullback(self, p: np.ndarray, X: np.ndarray) -> Any:
        def back(slope: np.ndarray) -> np.ndarray:
            parts = [(slope * X).sum((-1, -2)), slope.sum((-1, -2))]
            return np.stack(parts, axis=-1)

        return self(p, X), back


@pytest.mark.parametrize("k", [None, 1, 3])
def test_any_model_with_a_pullback_is_trained_and_measured_as_a_network(
    k: int | None,
) -> None:
    line, rng = Network((1, 1), identity), np.random.default_rng(2)
    p, x, y = line.normal(rng, size=k), rng.normal(size=(5, 1)), rng.normal(size=(5, 1))
    v = rng.normal(size=p.shape)
    order = rng.integers(5, size=(9, 2) if k is None else (k, 9, 2))
    one, other = (
        [
            cost(net, p, x, y),
            gradient(net, p, x, y),
            plain(net, p, x, y, order, 0.1).parameters,
            sgd(net, p, x, y, order, 0.1, rule=rules.adam()).cost,
            gradient_descent(net, p, x, y, 3, 0.1).cost,
            landscape.residuals(net, p, x, y),
            landscape.jacobian(net, p, x, y),
            hessian_times(net, p, v, x, y),
            sharpness(net, p, x, y),
            landscape.hessian(net, v.reshape(-1)[:2], x, y),
        ]
        for net in (line, Straight())
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, **CLOSE)


def test_what_is_no_model_rule_or_penalty_is_refused() -> None:
    for f in (cost, gradient, sharpness, landscape.hessian, landscape.jacobian):
        with pytest.raises(TypeError, match="net: expected a Network, or another"):
            f("net", np.zeros(2), [[1.0]], [[1.0]])  # type: ignore[operator]
    with pytest.raises(TypeError, match="rule: expected a Rule"):
        sgd(HH, start(), X, Y, [0], 0.1, rule=10)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="penalty: expected a Penalty"):
        sgd(HH, start(), X, Y, [0], 0.1, penalty=0.1)  # type: ignore[arg-type]


# What went wrong without a word


def test_an_order_that_may_be_one_for_each_network_is_refused() -> None:
    order = draw(300).reshape(3, 100)
    with pytest.raises(ValueError, match="either 3 steps of mini-batches or an order"):
        sgd(HH, start(3), X, Y, order, 0.05)
    assert sgd(HH, start(3), X, Y, order[..., None], 0.05).steps[-1] == 100
    assert sgd(HH, start(3), X, Y, order[:, :3], 0.05).steps[-1] == 3
    assert sgd(HH, start(), X, Y, order[:1], 0.05).steps[-1] == 1
    # For one network there is no doubt, as many steps as it has parameters included.
    assert sgd(HH, start(), X, Y, draw(23 * 24).reshape(23, 24), 0.05).steps[-1] == 23


@pytest.mark.parametrize("route", [sgd, plain])
def test_a_cost_that_overflows_is_not_recorded_in_silence(route: Any) -> None:
    huge = Network((2, 2), identity)
    with pytest.warns(RuntimeWarning, match="infinite or NaN after step 0"):
        route(huge, np.full(6, 1e200), X, Y, [0], 1e-300)
    with pytest.warns(RuntimeWarning, match="infinite or NaN after step 1") as told:
        sgd(huge, np.full(6, 1e100), X, Y, [0, 0], [1e80, 1e-300], record_every=1)
    assert told[0].filename == __file__


def test_a_rule_is_told_the_number_of_the_step_from_1() -> None:
    told = []

    def update(state: None, g: Any, p: Any, rate: float, t: int) -> Any:
        told.append((rate, t))
        return -rate * g, state

    counting = rules.Rule("counting", lambda p: None, update)
    sgd(HH, start(), X, Y, [0, 1, 2], [0.1, 0.2, 0.3], rule=counting)
    assert told == [(0.1, 1), (0.2, 2), (0.3, 3)]


def test_histories_are_compared_as_objects() -> None:
    one, other = (sgd(HH, start(), X, Y, [0], 0.05) for _ in range(2))
    assert one == one
    assert one != other
    assert len({one, other}) == 2


@pytest.mark.night
def test_without_a_place_for_its_code_numba_gives_the_same_numbers() -> None:
    program = """
import numba.core.caching as caching
caching.FunctionCache._impl_class._locator_classes = []
import numpy as np
from dlam import Network, data, descent, sgd
net = Network((2, 2, 3, 2))
p = net.normal(np.random.default_rng(1))
history = sgd(net, p, *data.drilling_sites(), np.arange(50) % 10, 0.05)
print(descent._compiled_code() is not None, *map(repr, history.parameters.tolist()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr.count("NUMBA_CACHE_DIR names a folder") == 1, done.stderr
    found, *numbers = done.stdout.split()
    assert found == "True"
    compiled = sgd(HH, start(), X, Y, np.arange(50) % 10, 0.05)
    np.testing.assert_array_equal([float(x) for x in numbers], compiled.parameters)


@pytest.mark.night
def test_what_is_kept_and_cannot_be_read_is_named(tmp_path: Path) -> None:
    program = """
import numpy as np
from dlam import Network, data, sgd
net = Network((2, 2))
sgd(net, np.zeros(6), *data.drilling_sites(), np.zeros(5, int), 0.05)
"""
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run(command, env=environment, check=True)
    kept = [*tmp_path.rglob("*.nbi")]
    assert kept
    for path in kept:
        path.write_bytes(path.read_bytes()[:40])
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("RuntimeError: what Numba has compiled")
    assert str(tmp_path) in last


def test_a_model_that_refuses_its_input_is_heard() -> None:
    class Refusing:
        n_parameters = 1

        def __call__(self, p, X):
            return np.zeros((len(X), 1))

        def pullback(self, p, X):
            raise ValueError("no such input")

    with pytest.raises(ValueError, match=r"^no such input$"):
        sgd(Refusing(), [0.0], [[0.0]], [[0.0]], np.zeros(2, int), 0.1)


def test_wide_layers_leave_the_compiled_loops() -> None:
    for sizes, m, compiled in (((2, 64, 2), 128, True), ((784, 1024, 10), 128, False)):
        net = Network(sizes)
        p, x, y = (
            np.zeros(net.n_parameters),
            np.ones((1, sizes[0])),
            np.zeros((1, sizes[-1])),
        )
        order = np.zeros((1, m), int)
        run = descent._Run(
            net, p, x, y, order, 0.1, quadratic, rules.plain, None, None, False
        )
        assert (run.kernel() is not None) == compiled
