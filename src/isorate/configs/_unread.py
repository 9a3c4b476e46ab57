"""Trainers whose configurations are known by their keys, and not read yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Keys of which one has to be there, and one more of the second group where there is one.
UNREAD: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "OLMo-core": (("train_module",), ("trainer",)),
}


def unread(values: Mapping[str, Any]) -> str | None:
    """Return whose configuration it is of those that are not read; none where nobody knows."""
    for name, (keys, more) in UNREAD.items():
        if any(key in values for key in keys) and (not more or any(k in values for k in more)):
            return name
    return None
