"""Which defaults a schedule depends on: those that are asked for where they are unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from isorate.kit.call import Call
from isorate.reading.endings import Fork, Unfollowable
from isorate.reading.schedules import LackingError
from isorate.reading.values import written
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from isorate.reading.reader import Reading
    from isorate.reading.values import Default, Unknown

    #: Reads the text once more, all defaults unknown but some.
    Again = Callable[[set[str]], Reading]

#: So often a text is read again; then every default that it reads is said.
MOST_ROUNDS: Final = 12


def assumed(defaults: dict[str, Default], whole: Reading, again: Again) -> dict[str, str]:
    """Return the defaults that were taken for a call and its run, a sentence each.

    Raises:
        LackingError: one of them is none, and the framework takes no none there.

    """
    known: set[str] = set()
    found = set(defaults)
    for _ in range(MOST_ROUNDS if defaults else 0):
        before = len(known)
        more, is_value, other = _asked(again, known)
        if other is not None and other.run != whole.run:
            more, is_value = {leaf.source: leaf for leaf in other.wanted}, False
        more = {source: leaf for source, leaf in more.items() if source in found - known}
        if not more and len(known) == before:
            found = known if other is not None else found
            break
        known |= more.keys()
        none = [leaf for source, leaf in more.items() if defaults[source].value is None]
        if none and is_value and _has_none(whole.call):
            raise LackingError(whole.call.card.name, none)
    return {
        source: f"{source} = {written(default.value)}, {default.said}"
        for source, default in defaults.items()
        if source in found
    }


def lacking(defaults: dict[str, Default], again: Again) -> ReadError | None:
    """Return what a text lacks that cannot be read because a default is none."""
    none = {source for source, default in defaults.items() if default.value is None}
    if not none:
        return None
    try:
        again(set(defaults) - none)
    except ReadError as error:
        leaves: Iterable[Unknown] = getattr(error, "leaves", ())
        return error if none & {leaf.source for leaf in leaves} else None
    except (Fork, Unfollowable):
        return None
    return None


def _has_none(call: Call) -> bool:
    """Whether an argument is none that is none by no default of the framework's."""
    defaults = call.defaults()
    own = (n for n, value in call.arguments().items() if value is None)
    return any(defaults.get(name, call) is not None for name in own) or any(
        _has_none(member) for member in call.members if isinstance(member, Call)
    )


def _asked(again: Again, known: set[str]) -> tuple[dict[str, Unknown], bool, Reading | None]:
    """Return what a text asks for, and whether as a value, not to decide; or what it comes to."""
    leaves: Iterable[Unknown] = ()
    is_value = True
    try:
        return {}, is_value, again(known)
    except Fork as fork:
        leaves, is_value = fork.condition.leaves(), False
    except ReadError as error:
        leaves = getattr(error, "leaves", ())
    except Unfollowable:
        pass
    return {leaf.source: leaf for leaf in leaves}, is_value, None
