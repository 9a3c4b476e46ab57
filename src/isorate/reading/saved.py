"""A checkpoint as what is read: the calls that its schedulers' states were saved by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.checkpoints.checkpoint import listed, read_checkpoint
from isorate.reading.reader import Reading
from isorate.schedule.errors import OwnRateError, ReadError
from isorate.schedule.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from isorate.checkpoints.checkpoint import Checkpoint, SavedScheduler


def readings_of_checkpoint(
    path: str | PathLike[str], *, lr: object = None, which: str | None = None, one: bool = False
) -> list[Reading]:
    """Return what each scheduler's state in a checkpoint comes to, or the one that is asked for.

    Those that do not hold their schedule are left out where others do.

    Raises:
        ReadError: there is none, it does not hold its schedule, or the file cannot be read.
        OwnRateError: a rate is given beside it.

    """
    found = read_checkpoint(path)
    if not found.schedulers:
        raise ReadError(*_nothing(found))
    if lr is not None:
        text = "the checkpoint says the rates that its schedulers begin with"
        raise OwnRateError(text, hint="leave --lr away")
    chosen = _chosen(found.schedulers, which)
    readable = [each for each in chosen if each.call is not None]
    if not readable:
        raise _lacking(found, chosen[0])
    if one and len(readable) > 1:
        titles = [each.title for each in readable]
        text = f"the checkpoint has several schedulers: {', '.join(titles)}"
        raise ReadError(text, hint=f"choose one: --which {titles[0]}")
    return [_reading(found, each) for each in readable]


def no_such_name(name: str) -> ReadError:
    """Return what there is to say of a name that is given a value beside a checkpoint."""
    return ReadError(f"--set {name}: the checkpoint has no such name", hint="leave it away")


def _nothing(found: Checkpoint) -> tuple[str]:
    held = "".join(
        f"; {place or 'it'} is an optimizer's, with the rate {', '.join(map(str, rates[:3]))}"
        for place, rates in found.optimizers.items()
    )
    return (f"{found.path} holds no scheduler's state{held}",)


def _chosen(every: Sequence[SavedScheduler], which: str | None) -> Sequence[SavedScheduler]:
    if which is None:
        return every
    chosen = [each for each in every if which in (each.place, each.kind)]
    if not chosen:
        titles = [each.title for each in every]
        hint = did_you_mean(which, titles) or f"choose one: --which {titles[0]}"
        text = f"--which {which} is none of the checkpoint's schedulers"
        raise ReadError(text, got=", ".join(titles), hint=hint)
    return chosen


def _lacking(found: Checkpoint, saved: SavedScheduler) -> ReadError:
    """Return why a state comes to no schedule, and what it holds all the same."""
    assert saved.lacks is not None
    stood = _stood(saved)
    place = f", {saved.place}" if saved.place else ""
    text = f"{found.path}{place}: {saved.lacks.what}" + (f"; {stood}" if stood else "")
    hint = saved.lacks.hint
    if found.beside is not None:
        hint = f"isorate show {found.beside} says it"
    elif saved.rates and saved.step is not None:
        hint = f"isorate check {found.path} RECIPE says whether it follows one"
    return ReadError(text, required=saved.lacks.required, got=saved.lacks.got, hint=hint)


def _stood(saved: SavedScheduler) -> str:
    """Say where a scheduler stood."""
    parts = [] if saved.step is None else [f"saved after {saved.step} steps"]
    if saved.rates:
        parts.append(f"the next update has the rate {listed(saved.rates)}")
    return ", ".join(parts)


def _reading(found: Checkpoint, saved: SavedScheduler) -> Reading:
    assert saved.call is not None
    counts = ", ".join(f"{name} {count}" for name, count in found.counts.items())
    beside = f"; the checkpoint says {counts}" if counts else ""
    place = f"{found.path}, {saved.place}" if saved.place else found.path
    assumed = () if saved.told else (
        "the checkpoint does not tell its optimizer's class: SGD stands for it",
    )  # fmt: skip
    return Reading(
        saved.call,
        assumed,
        frozenset(),
        frozenset(),
        title=saved.title,
        saved=(
            f"{place}: {_stood(saved) or 'it does not tell where it stood'}{beside}",
            *saved.notes,
        ),
    )
