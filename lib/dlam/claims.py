"""The numbers that the text states, held against the numbers computed."""

import re
from decimal import Decimal
from fractions import Fraction
from math import inf, isfinite
from typing import NamedTuple, SupportsFloat

__all__ = ["ClaimError", "Stated", "claim", "margin", "parse"]

_FORM = re.compile(r"([<>]?)\s*(-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)(%?)")


class ClaimError(AssertionError):
    """A number in the text is not the number computed."""


class Stated(NamedTuple):
    """A number as a text states it.

    Attributes
    ----------
    bound : str
        `"<"` or `">"`, or empty for a number that is not a bound.
    number : Decimal
        With as many digits as are stated; `80.1` for `"80.1%"`.
    percent : bool
    """

    bound: str
    number: Decimal
    percent: bool


def parse(stated: str) -> Stated | None:
    """Return what a statement such as `"7.3e-4"` or `"< 5%"` consists of.

    Parameter `stated` may be any string; None is returned for what is not of one of
    the forms that `claim` takes.
    """
    form = _FORM.fullmatch(stated)
    return form and Stated(form[1], Decimal(form[2]), bool(form[3]))


def margin(stated: str, value: SupportsFloat) -> float:
    """Return how far a value is from where the statement would become false.

    Parameters
    ----------
    stated : str
        A number or a bound in one of the forms that `claim` takes.
    value : number
        What was computed.

    Returns
    -------
    float
        The distance of `value` from the nearest value for which the truth of the
        statement changes, negative where it is false; −∞ for a value that is not
        finite.

    Examples
    --------
    >>> margin("0.5", 0.5), margin("< 3", 1.0), margin("25%", 0.5)
    (0.05, 2.0, -0.245)
    """
    what, number = _stated(stated), _exact(value)
    return _float(_margin(what, number)) if isinstance(number, Fraction) else -inf


def claim(stated: str, value: SupportsFloat) -> None:
    """Check that `value` rounds to exactly the digits stated.

    Parameters
    ----------
    stated : str
        A number as the text has it: `"23"`, `"0.25"`, `"7.3e-4"`, `"80.1%"`; or
        a bound: `"< 1e-12"`, `"> 0.99"`.  All its digits count, the last one
        too: `"0.50"` states more than `"0.5"`.
    value : number
        What was computed: an int, a float, or an array or tensor of one element.

    Raises
    ------
    ClaimError
        If the value is another one, or no finite number; the message has both.
    ValueError
        If `stated` is not of one of the forms above.
    TypeError
        If `value` is not a single real number.

    Notes
    -----
    A value exactly half way goes to the even digit, as in Python's own `format`.

    Examples
    --------
    >>> claim("7.3e-4", 0.000728)
    >>> claim("33%", 1 / 3)
    >>> claim("0.50", 0.504)
    >>> claim("0.50", 0.506)
    Traceback (most recent call last):
        ...
    dlam.claims.ClaimError: the text states 0.50, the value is 0.506
    """
    what, number = _stated(stated), _exact(value)
    room = _margin(what, number) if isinstance(number, Fraction) else Fraction(-1)
    if room == 0 and not what.bound:  # half way between two numbers
        last_digit = what.number.as_tuple().digits[-1]
        room = Fraction(1 - 2 * (last_digit % 2))
    if room <= 0:
        shown = f"{_float(number):.6g}"
        raise ClaimError(f"the text states {stated}, the value is {shown}")


def _stated(stated: str) -> Stated:
    if not isinstance(stated, str):
        raise TypeError(f"stated: expected the number as a string, got {stated!r}")
    what = parse(stated)
    if what is None:
        raise ValueError(
            f"stated: expected a number such as '7.3e-4', '80.1%' or '< 1e-12', "
            f"got {stated!r}"
        )
    return what


def _margin(what: Stated, number: Fraction) -> Fraction:
    unit = 100 if what.percent else 1
    above = number - Fraction(what.number) / unit
    if what.bound:
        return above if what.bound == ">" else -above
    half = Fraction(10) ** int(what.number.as_tuple().exponent) / 2 / unit
    return half - abs(above)


def _exact(value: SupportsFloat) -> Fraction | float:
    """Return `value`, whatever kind of real number it is; a float if not finite."""
    if isinstance(value, bool | str | complex):
        raise TypeError(f"value: expected a real number, got {value!r}")
    if isinstance(value, int):
        return Fraction(value)
    if getattr(getattr(value, "mask", None), "any", bool)():
        raise TypeError("value: expected a single real number, got a masked one")
    size = getattr(value, "size", 1)
    if getattr(getattr(value, "dtype", None), "kind", "f") not in "fiu" or (
        isinstance(size, int) and size != 1
    ):
        raise TypeError(f"value: expected a single real number, got {value!r}")
    try:
        number = float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"value: expected a single real number; {error}") from None
    return Fraction(number) if isfinite(number) else number


def _float(number: Fraction | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf
