"""A claim holds for what rounds to the digits stated, and for nothing else."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import claim
from dlam.claims import ClaimError, Stated, margin, parse

check = settings(deadline=None, derandomize=True)
floats = st.floats(-1e15, 1e15).filter(lambda x: x == 0 or abs(x) > 1e-15)


def holds(stated: str, value: Any) -> bool:
    try:
        claim(stated, value)
    except ClaimError:
        return False
    return True


@check
@given(floats, st.integers(1, 15))
def test_what_python_prints_is_a_claim_that_holds(x: float, digits: int) -> None:
    claim(f"{x:.{digits - 1}e}".replace("e+", "e"), x)


@check
@given(st.floats(-1e6, 1e6), st.integers(0, 9))
def test_what_python_prints_in_fixed_point_holds(x: float, places: int) -> None:
    claim(f"{x:.{places}f}", x)
    claim(f"{100 * Decimal(x):.{places}f}%", x)


@check
@given(floats.filter(bool), st.integers(1, 12), st.sampled_from([-1, 1]))
def test_a_claim_with_another_last_digit_fails(x: float, digits: int, by: int) -> None:
    right = Decimal(f"{x:.{digits - 1}e}")
    unit = Decimal((0, (1,), right.as_tuple().exponent))
    assert holds(f"{right:e}".lower().replace("e+", "e"), x)
    assert not holds(f"{right + by * unit:e}".lower().replace("e+", "e"), x)


@check
@given(st.integers(-(10**20), 10**20), st.sampled_from([-1, 1]))
def test_integers_are_compared_exactly(n: int, by: int) -> None:
    assert holds(str(n), n)
    assert not holds(str(n + by), n)


@check
@given(st.integers(-(2**30), 2**30), st.integers(-(2**30), 2**30))
def test_a_bound_is_strict(numerator: int, other: int) -> None:
    bound, x = numerator / 2**20, other / 2**20
    stated = f"{Decimal(bound):f}"
    assert holds(f"< {stated}", x) == (x < bound)
    assert holds(f"> {stated}", x) == (x > bound)
    assert not holds(f"< {stated}", bound)
    assert not holds(f"> {stated}", bound)


@pytest.mark.parametrize(
    ("stated", "true", "false"),
    [
        (
            "0.5",
            [0.5, 0.45000001, 0.5499999, 0.55 - 1e-15],
            [0.4499999, 0.5500001, -0.5],
        ),
        ("0.50", [0.5, 0.504], [0.506, 0.49]),
        ("7.3e-4", [7.28e-4, 0.00073499], [7.4e-4, 7.36e-4, 7.2e-4, 7.3e-3]),
        ("1e6", [1_000_000, 1_400_000], [1_600_000, 400_000]),
        ("23", [23, 23.4, np.int64(23)], [22, 23.6, 24, -23]),
        ("-0.5", [-0.5, -0.54], [0.5, -0.56]),
        ("80.1%", [0.801, 0.80149], [0.8016, 80.1, 0.8]),
        ("-5%", [-0.05], [0.05, -5]),
        ("100%", [1, 0.996], [0.994, 100]),
        ("0", [0, -0.0, 0.4, -0.4], [0.6, 1]),
        ("< 1e-12", [1e-13, 0, -1], [1.01e-12, 1, 2e-12]),
        ("<1e-12", [1e-13], [1.01e-12]),
        ("> 0.99", [0.991, 1], [0.99, 0]),
        ("< 5%", [0.049], [0.05, 0.051]),
        ("> 50%", [0.51, 0.9], [0.5, 0.49]),
    ],
)
def test_a_claim_holds_for_what_rounds_to_it(
    stated: str, true: list[float], false: list[float]
) -> None:
    assert [value for value in true if not holds(stated, value)] == []
    assert [value for value in false if holds(stated, value)] == []


def test_half_way_goes_to_the_even_digit_as_in_format() -> None:
    """These four are exact in binary, so they do lie half way."""
    for x in (0.125, 0.375, 2.5, 3.5):
        places = 0 if x > 1 else 2
        claim(f"{x:.{places}f}", x)
    assert holds("0.12", 0.125)
    assert not holds("0.13", 0.125)


def test_nothing_is_claimed_of_what_is_not_finite() -> None:
    for stated in ("1", "2", "> 1", "< 1"):
        for value in (math.nan, math.inf, -math.inf):
            assert not holds(stated, value)


def test_any_kind_of_single_real_number_will_do() -> None:
    kinds = [0.25, np.float64(0.25), np.float32(0.25), np.array(0.25), np.array([0.25])]
    kinds += [torch.tensor(0.25), torch.tensor([0.25]), Fraction(1, 4), Decimal("0.25")]
    for value in kinds:
        assert holds("0.25", value), repr(value)
        assert not holds("0.26", value), repr(value)
    assert holds("0.25", np.ma.masked_array([0.25], mask=[False]))
    for integer in (3, np.int8(3), np.array([3]), torch.tensor(3)):
        assert holds("3", integer), repr(integer)


def test_a_statement_has_a_bound_a_number_and_perhaps_a_percent_sign() -> None:
    assert parse("7.30e-4") == Stated("", Decimal("7.30e-4"), False)
    assert str(parse("7.30e-4")) != str(parse("7.3e-4"))
    assert parse("< 5%") == Stated("<", Decimal(5), True)
    assert parse("> -0.5") == Stated(">", Decimal("-0.5"), False)
    for other in ("", "about 5", "5 %", "1e+6", "٣"):
        assert parse(other) is None


@check
@given(
    st.decimals(-1000, 1000, places=2),
    st.floats(-1000, 1000),
    st.sampled_from(["", "< ", "> "]),
    st.sampled_from(["", "%"]),
)
def test_the_margin_is_positive_where_the_claim_holds_and_negative_where_not(
    number: Decimal, value: float, bound: str, percent: str
) -> None:
    stated = f"{bound}{number}{percent}"
    room = margin(stated, value)
    if room:
        assert holds(stated, value) == (room > 0)
    if abs(room) > 1e-9:
        for towards in (-1, 1):
            assert holds(stated, value + towards * 0.9 * abs(room)) == (room > 0)


def test_the_margin_is_the_distance_from_the_nearest_value_that_decides() -> None:
    for stated, value, room in [
        ("0.5", 0.53, 0.02),
        ("0.5", 0.58, -0.03),
        ("-0.50", -0.502, 0.003),
        ("1e6", 1_400_000, 100_000),
        ("25%", 0.2475, 0.0025),
        ("< 5%", 0.03, 0.02),
        ("> 5%", 0.03, -0.02),
        ("> -1", 10**400, math.inf),
        ("< -1", 10**400, -math.inf),
    ]:
        assert margin(stated, value) == pytest.approx(room), (stated, value)
    for value in (math.nan, math.inf, -math.inf):
        assert margin("> 1", value) == -math.inf


def test_the_error_has_a_value_too_large_for_a_float() -> None:
    with pytest.raises(ClaimError, match="the value is -inf"):
        claim("23", -(10**400))


def test_a_claim_gives_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    claim("0.25", 0.25)
    assert capsys.readouterr() == ("", "")


def test_the_error_has_what_was_stated_and_what_came() -> None:
    with pytest.raises(ClaimError) as caught:
        claim("7.3e-4", 0.0123456789)
    assert str(caught.value) == "the text states 7.3e-4, the value is 0.0123457"
    assert isinstance(caught.value, AssertionError)


@pytest.mark.parametrize(
    "stated",
    ["", "x", "1,000", "1.", ".5", "+1", "1e+6", "1 e6", "≈ 1", "<= 1", "1 %", "−1"],
)
def test_what_is_no_number_in_the_agreed_form_is_refused(stated: str) -> None:
    with pytest.raises(ValueError, match="stated: expected a number such as"):
        claim(stated, 1.0)


@pytest.mark.parametrize(
    ("stated", "value", "message"),
    [
        (0.5, 0.5, "stated: expected the number as a string, got 0.5"),
        ("1", True, "value: expected a real number, got True"),
        ("1", "1", "value: expected a real number, got '1'"),
        ("1", 1 + 0j, "value: expected a real number"),
        ("1", None, "value: expected a single real number"),
        ("1", [1.0], "value: expected a single real number"),
        ("1", np.array([1.0, 1.0]), "value: expected a single real number"),
        ("1", np.array([]), "value: expected a single real number"),
        ("1", np.bool_(True), "value: expected a single real number"),
        ("1", np.complex128(1), "value: expected a real number"),
        ("1", torch.ones(2), "value: expected a single real number"),
        ("0.0", np.ma.masked, "value: .* got a masked one"),
        ("0.5", np.ma.masked_array([0.5], mask=[True]), "value: .* got a masked one"),
        ("0.5", np.ma.masked_array(0.5, mask=True), "value: .* got a masked one"),
    ],
)
def test_what_is_no_single_real_number_is_refused(
    stated: Any, value: Any, message: str
) -> None:
    with pytest.raises(TypeError, match="^" + message.replace("(", r"\(")):
        claim(stated, value)
