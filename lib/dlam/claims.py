"""The numbers that the text states, held against the numbers computed."""

import json
import os
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import SupportsFloat

__all__ = ["ClaimError", "claim"]

_STATEMENT = re.compile(
    r"(?P<bound>[<>])?\s*(?P<digits>-?\d+(\.\d+)?)(e(?P<exponent>-?\d+))?(?P<percent>%)?"
)


class ClaimError(AssertionError):
    """A number in the text is not the number computed."""


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

    If the environment names a file in `DLAM_CLAIMS`, a line of JSON is added to it
    for each claim, with what is `stated` and the `value`, whether it holds or not.

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
    if not isinstance(stated, str):
        raise TypeError(f"stated: expected the number as a string, got {stated!r}")
    form = _STATEMENT.fullmatch(stated)
    if form is None:
        raise ValueError(
            f"stated: expected a number such as '7.3e-4', '80.1%' or '< 1e-12', "
            f"got {stated!r}"
        )
    number = _decimal(value)
    if path := os.environ.get("DLAM_CLAIMS"):
        exact = value if isinstance(value, int) else float(number)
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"stated": stated, "value": exact}) + "\n")
    unit = Decimal(100 if form["percent"] else 1)
    target = Decimal(f"{form['digits']}e{form['exponent'] or 0}")
    if not number.is_finite():
        holds = False
    elif form["bound"] == "<":
        holds = number * unit < target
    elif form["bound"] == ">":
        holds = number * unit > target
    else:
        last_digit = Decimal((0, (1,), int(target.as_tuple().exponent)))
        rounded = (number * unit / last_digit).to_integral_value(ROUND_HALF_EVEN)
        holds = rounded * last_digit == target
    if not holds:
        raise ClaimError(f"the text states {stated}, the value is {float(number):.6g}")


def _decimal(value: SupportsFloat) -> Decimal:
    """Return `value` exactly, whatever kind of real number it is."""
    if isinstance(value, bool | str | complex):
        raise TypeError(f"value: expected a real number, got {value!r}")
    if isinstance(value, int):
        return Decimal(value)
    size = getattr(value, "size", 1)
    if getattr(getattr(value, "dtype", None), "kind", "f") not in "fiu" or (
        isinstance(size, int) and size != 1
    ):
        raise TypeError(f"value: expected a single real number, got {value!r}")
    try:
        return Decimal(float(value.item() if hasattr(value, "item") else value))
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"value: expected a single real number; {error}") from None
