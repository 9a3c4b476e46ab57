"""The nearest of the names that there are, for whoever mistyped one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: No name that anyone mistypes is longer; comparing takes the square of the length.
LONGEST_NAME = 100


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint that names what is nearest, none where nothing is near.

    Example:
        >>> did_you_mean("Compar", ["show", "compare"])
        'did you mean compare?'

    """
    spelled = {one.lower(): one for one in known}
    close = get_close_matches(name[:LONGEST_NAME].lower(), spelled, n=1)
    return f"did you mean {spelled[close[0]]}?" if close else None
