"""What a scheduler saves: the schedule itself, a format version and a counter; how it is read back.

A state is a small dict of JSON's types, so that every way of saving a checkpoint can hold it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import msgspec

from isorate.comparison import compare
from isorate.schedule.errors import IsorateError
from isorate.schedule.node import Schedule
from isorate.schedule.printable import plain as printable
from isorate.schedule.run import Run
from isorate.training.rates import is_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The version of the format that is written, and the key that tells a state from a framework's own.
FORMAT: Final = 1
KEY: Final = "isorate_format"

#: What may follow a schedule besides the rate, and the keys of those schedules in a state. Where an
#: optimizer has ``betas``, the first of them is its momentum.
BESIDE: Final = ("momentum", "weight_decay")

#: What to do where a checkpoint holds another schedule than the scheduler that loads it.
OnMismatch = Literal["raise", "checkpoint", "mine"]


class ScheduleMismatchError(IsorateError, ValueError):
    """A checkpoint that holds another schedule than the scheduler that is to load it.

    Args:
        text: both schedules and their comparison, a line each.

    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        # more than one line: whoever trains reads it in a traceback
        self.args = ("\n".join(printable(line) for line in text.split("\n")),)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a checkpoint says.

    Args:
        step: how often the scheduler had been stepped.
        schedule: the schedule; none where the checkpoint only names functions of Python.
        bases: the first rate of each parameter group, where they are known.
        tree: the same in JSON's types; none where a framework's own class saved the state.
        in_use: whether the optimizer held this scheduler's rates.
        also: the schedules of what follows one besides, in JSON's types, by its name.
        call: the framework's call that saved the state, where one did.
        rates: the rates last written, where others may have had a part in them.
        used: the same where nobody had; they are not the schedule's where it was changed since.
        firsts: ``bases``, after those of the schedulers that it is made of.
        state: the state itself, where Isorate's saved it.
        near: how near to the schedule's they are where nobody had; 0 where somebody had.

    """

    step: Any
    schedule: Schedule | None
    bases: Sequence[float] | None = None
    tree: Any = None
    in_use: bool = True
    also: Mapping[str, Any] = field(default_factory=dict)
    call: Any = None
    rates: Sequence[Any] | None = None
    used: Sequence[Any] | None = None
    near: float = 0.0
    firsts: Sequence[Sequence[float]] = ()
    state: Mapping[str, Any] = field(default_factory=dict)


def as_tree(schedule: Schedule | None) -> Any:
    """Write a schedule in dicts, lists, text and numbers; a function of Python by its name."""
    return msgspec.json.decode(msgspec.json.encode(schedule, enc_hook=_named))


def as_schedule(tree: Any) -> Schedule | None:
    """Read what ``as_tree`` wrote; none where a part of it is a function of Python.

    Raises:
        ScheduleError: it is no schedule.

    """
    if _names_a_function(tree):
        return None
    return Schedule.from_json(msgspec.json.encode(tree))


def state_of(
    schedule: Schedule,
    step: Any,
    *,
    bases: Sequence[float],
    in_use: bool,
    also: Mapping[str, Schedule] | None = None,
    rates: Sequence[float] = (),
    alone: bool = True,
) -> dict[str, Any]:
    """Return the state of a scheduler, ``bases`` the first rate of each parameter group.

    ``_last_lr`` and ``_step_count`` are there under the names by which tools read them.

    Schedules are JSON in one text: a distributed checkpoint asks for what the scheduler that loads
    it has, name by name, and would not tell of a tree that is another one.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> state_of(Constant(0.1), 3, bases=[0.1], in_use=True)["schedule"]
        '{"shape":"constant","rate":0.1}'

    """
    state = {
        KEY: FORMAT,
        "schedule": _text(schedule),
        "base_lrs": list(bases),
        "last_epoch": step,
        "rates_in_use": in_use,
        "rates_alone": alone,
        "_last_lr": list(rates),
        "_step_count": step + 1,
    }
    return state | {name: _text(one) for name, one in (also or {}).items()}


def read_state(state: Mapping[str, Any], kind: str) -> Saved:
    """Read a state that ``state_of`` wrote.

    Raises:
        KeyError: it lacks something.
        ValueError: it is of a later format, or holds no counter.

    """
    missing = [key for key in ("schedule", "last_epoch") if key not in state]
    if missing:
        raise KeyError(f"no state of {kind}: it lacks {', '.join(map(repr, missing))}")
    version = state[KEY]
    if version != FORMAT:
        text = f"no state of {kind}: its format is {version!r}, this Isorate reads {FORMAT}"
        raise ValueError(text)
    tree, alone = _read(state["schedule"]), state.get("rates_alone", True)
    return Saved(
        state["last_epoch"],
        as_schedule(tree),
        state.get("base_lrs"),
        tree,
        bool(state.get("rates_in_use", True)),
        {name: _read(state[name]) for name in BESIDE if state.get(name) is not None},
        rates=None if alone else state.get("_last_lr"),
        used=state.get("_last_lr") if alone else None,
        firsts=_firsts(state),
        state=state,
    )


def _firsts(state: Mapping[str, Any]) -> list[Sequence[float]]:
    """Return the first rates in the states of what a scheduler is made of, its own at last."""
    members = [member for member in state.get("_schedulers", ()) if KEY in member]
    return [*(rates for each in members for rates in _firsts(each)), state.get("base_lrs", [])]


def _text(schedule: Schedule) -> str:
    return msgspec.json.encode(schedule, enc_hook=_named).decode()


def _read(text: Any) -> Any:
    if not isinstance(text, str):
        raise ValueError(f"its schedule is no text: {text!r}")
    return msgspec.json.decode(text)


def check_mismatch(name: str) -> OnMismatch:
    """Return what to do on a mismatch, or raise where it is none of the three."""
    known = get_args(OnMismatch)
    if name not in known:
        raise ValueError(f"on_mismatch is not one of {', '.join(map(repr, known))}: {name!r}")
    return name  # type: ignore[return-value]


def differ(mine: Schedule, saved: Saved) -> bool:
    """Whether a checkpoint holds another schedule; functions of Python are told by their names."""
    if saved.tree is not None and saved.tree == as_tree(mine):
        return False
    if saved.schedule is None:
        return saved.tree is not None
    if saved.schedule == mine or saved.schedule.normal() == mine.normal():
        return False
    # a framework's own call rounds otherwise than Isorate, and may be another tree for that
    if saved.call is None or not is_data(mine):
        return True
    return not compare(mine, saved.schedule, Run()).equal


def differing(mine: Mapping[str, Schedule], saved: Saved) -> str | None:
    """Return what else follows another schedule in a state of Isorate's, or does in one alone."""
    if saved.tree is None:  # a framework's own classes save nothing of it
        return None
    for name in BESIDE:
        one, tree = mine.get(name), saved.also.get(name)
        if tree == (None if one is None else as_tree(one)):
            continue
        theirs = None if tree is None else as_schedule(tree)
        if one is None or theirs is None or theirs.normal() != one.normal():
            return name
    return None


def mismatch(
    mine: Schedule | None, theirs: Schedule | None, tree: Any, of: str = ""
) -> ScheduleMismatchError:
    """Return the error that shows both schedules and where they part.

    Args:
        mine: this scheduler's; none where it has none.
        theirs: the checkpoint's; none where it has none, or only names functions of Python.
        tree: the same in JSON's types.
        of: what follows it, where that is not the rate.

    """
    what = f"another schedule of the {of}" if of else "another schedule"
    lines = [f"the checkpoint holds {what} than this scheduler"]
    lines.append(f"  this scheduler: {_short(as_tree(mine)) if mine else 'none'}")
    lines.append(f"  the checkpoint: {_short(tree) if tree else 'none'}")
    if mine is not None and theirs is not None and is_data(mine) and is_data(theirs):
        try:
            compared = compare(mine, theirs, Run())
        except (IsorateError, TypeError, ValueError) as error:
            lines.append(f"  they cannot be compared: {error}")
        else:
            lines.append(f"  a is this scheduler, b the checkpoint: {compared.sentence}")
            lines += [f"  {reason.kind}: {reason.text}" for reason in compared.reasons]
    way = "on_mismatch='checkpoint' goes on with the checkpoint's, on_mismatch='mine' with its own"
    return ScheduleMismatchError("\n".join([*lines, f"  {way}"]))


def _short(tree: Any) -> str:
    text = msgspec.json.encode(tree).decode()
    return text if len(text) <= 300 else f"{text[:297]}..."


def _named(function: Any) -> str:
    """Stand for a function of Python, which no checkpoint can hold."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', None) or type(function).__module__}.{name}"


def _names_a_function(tree: Any) -> bool:
    """Whether a part of a schedule is a function of Python."""
    if isinstance(tree, dict):
        if str(tree.get("shape", "")).startswith("python_"):
            return True
        return any(map(_names_a_function, tree.values()))
    return isinstance(tree, list | tuple) and any(map(_names_a_function, tree))
