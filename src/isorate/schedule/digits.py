"""Numbers as text: as many digits as it takes to tell those apart that stand side by side."""

from __future__ import annotations

#: The digits of a number that has nothing beside it, and those that tell any two floats apart.
FEW, ALL = 6, 17


def apart(*numbers: float, least: int = FEW) -> list[str]:
    """Return numbers as text, with the fewest digits that tell those apart that differ.

    Args:
        numbers: integers, which are always whole, and floats; float32's are taken as they are.
        least: the fewest significant digits.

    Example:
        >>> apart(0.1, 0.25)
        ['0.1', '0.25']
        >>> apart(0.09, 0.0900000001)
        ['0.09', '0.0900000001']
        >>> apart(1000000, 1000001.0)
        ['1000000', '1000001']

    """
    different = len({_text(number, ALL) for number in numbers})
    shown: list[str] = []
    for digits in range(least, ALL + 1):
        shown = [_text(number, digits) for number in numbers]
        if len(set(shown)) == different:
            break
    return shown


def _text(number: float, digits: int) -> str:
    if isinstance(number, int):
        return str(int(number))
    value = float(number)
    if value.is_integer() and 10**FEW <= abs(value) < 10**15:
        return str(int(value))  # a count of updates, rather than a power of ten
    return repr(value) if digits == ALL else f"{value:.{digits}g}"
