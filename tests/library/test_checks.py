"""What may not come in is refused, by an error that names the argument."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlam import Activation, Network, claim, data, gradient, identity, plots, quadratic
from dlam._checks import (
    finite,
    function,
    instance,
    integer,
    needed,
    numbers,
    real,
    untouched,
)
from dlam.dimension import contrast, cover_count
from dlam.features import gaussian_risk, least_norm, random_features, random_labels
from dlam.implicit_bias import gradient_flow, modified_gradient, nearest_solution
from dlam.matching import barrier, match, n_copies, rearrange
from dlam.matlab import MatlabRandom

NET = Network((1, 2, 1), identity)
P = np.arange(1.0, 8.0)
MASKED = np.ma.masked_equal([[1.0, -999.0], [3.0, 4.0]], -999.0)


# Masks


@pytest.mark.parametrize(
    "call",
    [
        lambda x: numbers(x, "Phi"),
        lambda x: least_norm(x, [[1.0], [2.0]]),
        lambda x: least_norm([*x], [[1.0], [2.0]]),
        lambda x: least_norm(x.tolist() and (x[0], x[1]), [[1.0], [2.0]]),
    ],
)
def test_what_is_masked_is_not_taken_for_a_number(call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"^Phi: expected numbers, got a masked array"):
        call(MASKED)


def test_masks_are_seen_by_the_library() -> None:
    hidden = np.ma.masked_array([0.5, 2.0], mask=[True, False])
    order = np.ma.masked_array([1, 0], mask=[True, False])
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("z", lambda: identity(hidden)),
        ("z", lambda: identity.slope(hidden)),
        ("beta", lambda: gaussian_risk(hidden, 3, 1.0)),
        ("start", lambda: nearest_solution([[1.0, 2.0]], [5.0], hidden)),
        ("order", lambda: rearrange(NET, P, 2, order)),
        ("X", lambda: plots.scatter(MASKED, MASKED)),
    ]
    for name, call in calls:
        with pytest.raises(ValueError, match=f"^{name}: .* masked"):
            call()


def test_a_mask_that_hides_nothing_is_no_obstacle() -> None:
    whole = np.ma.masked_array([1.0, 2.0], mask=[False, False])
    got = numbers(whole, "x")
    assert type(got) is np.ndarray
    assert got.tolist() == [1.0, 2.0]


# Kinds of numbers


def test_long_doubles_become_doubles() -> None:
    assert numbers(np.array([1, 2], np.longdouble), "x").dtype == np.float64
    assert numbers(np.array([1, 2], np.clongdouble), "x").dtype == np.complex128
    coefficients = least_norm(np.eye(2, dtype=np.longdouble), [[1.0], [2.0]])
    assert coefficients.ravel().tolist() == [1.0, 2.0]


def test_doubles_are_not_copied() -> None:
    x = np.ones(3)
    assert numbers(x, "x") is x
    assert finite(x, "x") is x
    assert real(x, "x") is x
    z = np.ones(3, complex)
    assert numbers(z, "z") is z


def test_complex_numbers_are_refused_where_the_formula_is_for_real_ones() -> None:
    z = np.eye(2) * (1 + 1j)
    slope: Callable[[Any], Any] = lambda p: p  # noqa: E731
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("Phi", lambda: least_norm(z, np.ones((2, 1)))),
        ("Y", lambda: least_norm(np.eye(2), z)),
        ("beta", lambda: gaussian_risk(z[0], 3, 1.0)),
        ("X", lambda: random_features(z, np.eye(2))),
        ("Y", lambda: random_labels(z, 0.5, np.random.default_rng(1))),
        ("p", lambda: match(NET, P * 1j, P)),
        ("q", lambda: barrier(np.sum, P, P * 1j)),
        ("p", lambda: rearrange(NET, P * 1j, 2, [1, 0])),
        ("A", lambda: nearest_solution(z, [1.0, 2.0])),
        ("p", lambda: gradient_flow(slope, z[0], [1.0])),
        ("p", lambda: modified_gradient(NET, P * 1j, [[1.0]], [[1.0]], 0.1)),
        ("X", lambda: contrast(z)),
    ]
    for name, call in calls:
        with pytest.raises(TypeError, match=f"^{name}: expected real numbers"):
            call()


@pytest.mark.parametrize("n", [True, np.bool_(True), 1.0, {1}, "1", None])
def test_only_an_integer_is_an_integer(n: Any) -> None:
    said = "^seed: expected an integer, got " + re.escape(repr(n))
    with pytest.raises(TypeError, match=said):
        integer(n, "seed")
    with pytest.raises(TypeError, match=said):
        MatlabRandom(n)


def test_classes_are_integers() -> None:
    with pytest.raises(TypeError, match=r"^classes: expected an integer, got True"):
        data.digits([True, False])
    with pytest.raises(TypeError, match=r"^classes: expected integers, got 3"):
        data.digits(3)  # type: ignore[arg-type]


def test_what_is_of_another_kind_is_named() -> None:
    with pytest.raises(TypeError, match=r"^net: expected a Network, got 'net'$"):
        instance("net", Network, "net")
    with pytest.raises(TypeError, match=r"^a: expected an Activation, got 'relu'$"):
        instance("relu", Activation, "a")
    with pytest.raises(TypeError, match=r"^f: expected a function, got None$"):
        function(None, "f")
    assert function(claim, "f") is claim


def test_a_figure_of_what_is_no_network_is_refused() -> None:
    net: Any = "net"
    rng = np.random.default_rng(1)
    for draw in (
        lambda: plots.decision_regions(net, P),
        lambda: plots.network_diagram(net),
        lambda: plots.random_networks(net, [1.0], rng),
        lambda: n_copies(net),
    ):
        with pytest.raises(TypeError, match=r"^net: expected a Network, got 'net'$"):
            draw()


def test_what_is_no_function_is_refused() -> None:
    none: Any = None
    with pytest.raises(TypeError, match=r"^f: expected a function, got None"):
        barrier(none, P, P)
    with pytest.raises(TypeError, match=r"^slope: expected a function, got None"):
        gradient_flow(none, P, [1.0])
    for field in ("function", "derivative"):
        fields = {"function": np.sin, "derivative": np.cos, field: none}
        with pytest.raises(TypeError, match=f"^{field}: expected a function"):
            Activation("sin", **fields)
    with pytest.raises(TypeError, match=r"^derivative_by_value: expected a function"):
        Activation("sin", np.sin, np.cos, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^name: expected a str, got None"):
        Activation(none, np.sin, np.cos)


# Functions of the caller's


def swish_in_place(z: Any) -> Any:
    z /= 1 + np.exp(-z)
    return z


def test_an_activation_that_works_in_place_is_refused_and_changes_nothing() -> None:
    careless = Activation("swish", swish_in_place, np.ones_like)
    x = np.array([1.0, 2.0, 3.0])
    said = "^swish: the function works in place"
    with pytest.raises(ValueError, match=said):
        careless(x)
    with pytest.raises(ValueError, match=said):
        Activation("swish", np.sin, swish_in_place).slope(x)
    with pytest.raises(ValueError, match=said):
        Activation("swish", np.sin, np.cos, swish_in_place).slope(x, x)
    assert x.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match=said):
        gradient(Network((1, 2, 1), careless), P, [[1.0]], [[1.0]], quadratic)


def test_a_function_that_gives_its_argument_back_gives_a_new_array() -> None:
    x = np.array([1.0, 2.0])
    same = Activation("same", lambda z: z, np.ones_like)(x)
    same += 1
    assert x.tolist() == [1.0, 2.0]
    assert x.flags.writeable


def test_other_errors_of_a_function_pass() -> None:
    def careful(z: Any) -> Any:
        raise ValueError("I take no zeros")

    with pytest.raises(ValueError, match=r"^I take no zeros$"):
        untouched(careful, "careful", np.zeros(1))


# Sizes


def test_what_needs_no_time_takes_none() -> None:
    assert cover_count(4, 2**62) == 16


@pytest.mark.parametrize("size", [2**62, (2**40, 2**40)])
def test_more_normal_numbers_than_memory_are_refused_at_once(size: Any) -> None:
    rng = MatlabRandom(1)
    with pytest.raises((ValueError, MemoryError)):
        rng.randn(size)
    assert rng.rand() == MatlabRandom(1).rand()


# Packages that may be absent


@pytest.mark.parametrize(
    ("package", "extra", "call"),
    [
        ("matplotlib", "plots", "from dlam import plots"),
        ("scipy", "solvers", "dlam.implicit_bias.max_margin([[1.0]])"),
        (
            *("scipy", "solvers"),
            "dlam.implicit_bias.gradient_flow(lambda p: p, [1.0], [1.0])",
        ),
        ("scipy", "solvers", "dlam.dimension.separable([[1.0]], [[1.0]])"),
        (
            *("scipy", "solvers"),
            "dlam.matching.match(dlam.Network((1, 1, 1)), [1.0] * 4, [1.0] * 4)",
        ),
    ],
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    package: str, extra: str, call: str
) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; import dlam; {call}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8"
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    assert f"needs {package}: pip install 'dlam[{extra}]'" in last


# What the checks return


def test_what_a_function_makes_is_returned_itself_and_its_argument_is_copied() -> None:
    x, made = np.ones(3), np.zeros(3)
    assert untouched(lambda z: made, "f", x) is made
    assert untouched(lambda z: 2.0, "f", x) == 2
    assert untouched(lambda z: z, "f", x).flags.writeable


def test_a_package_that_is_not_there_is_named_and_so_is_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import not_installed", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'not_installed'"):
        needed("half_installed", "book")
    with pytest.raises(ModuleNotFoundError, match=r"^this needs not_installed: pip"):
        needed("not_installed.part", "book")
