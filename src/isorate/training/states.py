"""What a scheduler saves: the schedule itself, a format version and a counter; how it is read back.

A state is a small dict of JSON's types, so that every way of saving a checkpoint can hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
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
        momentum: the schedule of the momentum, in JSON's types, where there is one.
        call: the framework's call that saved the state, where one did.
        rates: the rates last written, where others may have had a part in them.
        firsts: ``bases``, after those of the schedulers that it is made of.
        near: how near to the schedule's they are where nobody had; 0 where somebody had.

    """

    step: Any
    schedule: Schedule | None
    bases: Sequence[float] | None = None
    tree: Any = None
    in_use: bool = True
    momentum: Any = None
    call: Any = None
    rates: Sequence[Any] | None = None
    near: float = 0.0
    firsts: Sequence[Sequence[float]] = ()


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
    momentum: Schedule | None = None,
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
    return state if momentum is None else {**state, "momentum": _text(momentum)}


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
    tree = _read(state["schedule"])
    momentum = state.get("momentum")
    return Saved(
        state["last_epoch"],
        as_schedule(tree),
        state.get("base_lrs"),
        tree,
        bool(state.get("rates_in_use", True)),
        None if momentum is None else _read(momentum),
        rates=None if state.get("rates_alone", True) else state.get("_last_lr"),
        firsts=_firsts(state),
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


def momenta_differ(mine: Schedule | None, saved: Saved) -> bool:
    """Whether a state of Isorate's moves the momentum otherwise, or one of both does not."""
    if saved.tree is None or saved.momentum == (None if mine is None else as_tree(mine)):
        return False
    theirs = None if saved.momentum is None else as_schedule(saved.momentum)
    return mine is None or theirs is None or theirs.normal() != mine.normal()


def mismatch(mine: Schedule, saved: Saved) -> ScheduleMismatchError:
    """Return the error that shows both schedules and where they part."""
    lines = ["the checkpoint holds another schedule than this scheduler"]
    lines.append(f"  this scheduler: {_short(as_tree(mine))}")
    theirs = as_tree(saved.schedule) if saved.tree is None else saved.tree
    lines.append(f"  the checkpoint: {_short(theirs)}")
    if saved.schedule is not None:
        try:
            compared = compare(mine, saved.schedule, Run())
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
