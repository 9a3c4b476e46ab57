"""A checkpoint's file → the calls that its schedulers were saved by, and where they stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.checkpoints.other_states import configured, of_samples, windowed
from isorate.checkpoints.tables import (
    COUNT,
    LISTED,
    SAMPLES,
    is_number,
    rates_of,
    stood,
    tables,
)
from isorate.checkpoints.torch_states import call_of_state, kinds_of
from isorate.dialects.isorate.torch import ScheduleLR
from isorate.dialects.mindspore.plain_lists import LearningRateList
from isorate.kit import registry
from isorate.kit.call import Composition
from isorate.kit.optimizer import Optimizer
from isorate.schedule.combinators import Groups
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import IsorateError, ReadError
from isorate.schedule.node import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from os import PathLike

    from isorate.checkpoints.tables import Groupings
    from isorate.kit.call import Call

#: What transformers' Trainer leaves of its arguments beside a checkpoint.
ARGUMENTS: Final = "training_args.bin"
#: How far a rate may lie from the schedule's, relative to the schedule's first one: torch's own
#: recursions drift, and tensors hold float32.
NEAR: Final = 1e-5


@dataclass(frozen=True)
class SavedScheduler:
    """A scheduler's state in a checkpoint.

    Args:
        place: where it lies: ``"scheduler"``, ``"lr_schedulers[0]"``; empty where it is the file.
        kind: the class that it is a state of, as far as its keys tell.
        step: how many times it had been stepped, torch's ``last_epoch``; none where it has none.
        rates: the rate of each group after that step, which the next update uses; none where the
            checkpoint has none.
        call: the call that made it.
        lacks: why there is no call.
        notes: what contradicts itself in the checkpoint, each in a sentence.
        told: whether the checkpoint tells the optimizer's class.

    """

    place: str
    kind: str
    step: int | float | None
    rates: tuple[float, ...] | None
    call: Call | None = None
    lacks: ReadError | None = None
    notes: tuple[str, ...] = ()
    told: bool = False

    @property
    def title(self) -> str:
        """What it is called."""
        return self.place or self.kind


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says of learning rates.

    Args:
        path: its file.
        schedulers: the states of schedulers, in the order of the file.
        optimizers: the rates of each optimizer's groups, by where it lies.
        counts: what the file counts beside them, as ``{"epoch": 12}``.
        beside: the configuration that a trainer has left in the same folder.

    """

    path: str
    schedulers: tuple[SavedScheduler, ...]
    optimizers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    beside: str | None = None


def read_checkpoint(path: str | PathLike[str]) -> Checkpoint:
    """Return what a checkpoint says of learning rates.

    Args:
        path: the file that ``torch.save`` or ``pickle`` wrote: of one scheduler's state, or of
            tables and lists that have some, at any depth; or ``mindspore.save_checkpoint``.

    Raises:
        ReadError: the file cannot be read, or is none of these.

    Example:
        >>> import pickle, tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "scheduler.pt"
        >>> state = {"T_max": 10, "eta_min": 0.0, "base_lrs": [0.1], "last_epoch": 10}
        >>> _ = file.write_bytes(pickle.dumps({"scheduler": state}))
        >>> saved = read_checkpoint(file).schedulers[0]
        >>> saved.place, saved.step, saved.call.T_max
        ('scheduler', 10, 10)

    Source:
        The states are those of torch 2.0 to 2.13 and of ``isorate.torch``, the lists those of
        MindSpore 2.10.

    """
    held = tables(path)
    schedulers = [
        _scheduler(place, state, _groups_for(state, at, len(held.states), held.optimizers))
        for at, (place, state) in enumerate(held.states)
    ]
    every = {place: rates_of(groups) for place, groups in held.optimizers.items()}
    rates = {place: found for place, found in every.items() if found}
    beside = Path(path).with_name(ARGUMENTS)
    told = str(beside) if beside.is_file() else None
    return Checkpoint(str(path), tuple(schedulers), rates, held.counts, told)


def _groups_for(
    state: Mapping[str, Any], at: int, count: int, optimizers: Mapping[str, Groupings]
) -> Groupings | None:
    """Return the groups of a scheduler's optimizer: the only one, or the one that has its rates.

    None where several have, and no order tells.
    """
    every = list(optimizers.values())
    rates = stood(state)[1]
    own = [groups for groups in every if rates and rates_of(groups) == rates]
    if len(every) == count and len(own) > 1:
        own = [groups for groups in own if groups is every[at]]
    fitting = every if len(every) == 1 else own
    if len(fitting) != 1:
        return None
    groups = fitting[0]
    bases = state.get("base_lrs")
    return None if isinstance(bases, list) and len(bases) != len(groups) else groups


def _scheduler(place: str, state: Mapping[str, Any], groups: Groupings | None) -> SavedScheduler:
    kinds = kinds_of(state)
    kind = " or ".join(kinds) or "an unknown scheduler"
    step, rates = stood(state)
    call: Call
    try:
        if not kinds and "last_lr" in state:
            raise ReadError("the state holds no schedule, only where it stood")
        if "document" in state:
            kind, call = "optimizer", _documented(state["document"])
        elif SAMPLES in state:
            kind = "OptimizerParamScheduler"
            raise of_samples(state)
        elif LISTED in state or COUNT in state:
            saved = windowed(state[LISTED]) if LISTED in state else configured(state)
            call, step, kind = saved.call, saved.step, type(saved.call).__name__
            rates = rates or (None if groups is None else rates_of(groups))
        elif "learning_rate" in state:
            kind, call = "list", LearningRateList(tuple(state["learning_rate"]))
        elif "isorate_format" in state:
            kind, call = "ScheduleLR", _own(state)
        else:
            saved = call_of_state(state, groups=groups)
            call, step, rates = saved.call, saved.step, saved.rates
    except ReadError as error:
        return SavedScheduler(place, kind, step, rates, lacks=error)
    name = None if groups is None else _class_of(groups)
    if groups is not None and name is not None:
        call = _changed(call, name, tuple(_arguments(call, name, groups)))
    notes = tuple(_contradictions(call, step, rates, groups))
    told = name is not None or not hasattr(call, "optimizer")
    return SavedScheduler(place, kind, step, rates, call, notes=notes, told=told)


def _documented(written: Any) -> Call:
    """Return the schedule of an optimizer whose config is saved.

    Raises:
        ReadError: it has a rate, or none that is read.

    """
    call = registry.document(written)
    if call is None:
        rate = written.get("config", {}).get("learning_rate") if isinstance(written, dict) else None
        if is_number(rate):
            raise ReadError("the optimizer has no schedule", got=f"the rate {rate}")
        raise ReadError("the optimizer's config has no schedule that is read")
    return call


def _own(state: Mapping[str, Any]) -> Call:
    """Return the call of a state that one of ``isorate.torch``'s schedulers has saved."""
    try:
        bases = [float(rate) for rate in state["base_lrs"]]
        schedule = Schedule.from_json(state["schedule"])
    except (IsorateError, KeyError, TypeError, ValueError) as error:
        required = "a schedule and the rates that it begins with"
        raise ReadError("bad state of isorate.torch", required=required, got=str(error)) from None
    return ScheduleLR(Optimizer.of(*bases), schedule)


def _arguments(call: Call, name: str, groups: Groupings) -> Iterator[str]:
    """Visit the arguments of an optimizer that are not the usual ones, as far as groups tell them.

    Those that its scheduler moves are not told: they are where it stood.
    """
    stated = registry.get("torch").optimizers.parameters(name)
    cycled = call.leaves_behind or getattr(call, "cycle_momentum", False)
    moved = {"momentum", "betas"} if cycled else set()
    for key, default in stated.items():
        held = [group[key] for group in groups if key in group]
        written = {repr(tuple(value) if isinstance(value, list) else value) for value in held}
        if held and key not in {"params", "lr", *moved} and len(written) == 1:
            yield from (f"{key}={value}" for value in written - {default})


def _changed(call: Any, name: str, arguments: tuple[str, ...]) -> Any:
    """Return a call on an optimizer of another class, with these arguments."""
    changes: dict[str, Any] = {}
    if isinstance(getattr(call, "optimizer", None), Optimizer):
        changes["optimizer"] = msgspec.structs.replace(
            call.optimizer, name=name, arguments=arguments
        )
    if isinstance(call, Composition):
        changes["schedulers"] = [_changed(member, name, arguments) for member in call.members]
    return msgspec.structs.replace(call, **changes)


def _class_of(groups: Groupings) -> str | None:
    """Return the class of an optimizer, where what its groups hold tells it."""
    first = groups[0] if groups else {}
    if "nesterov" in first and "dampening" in first:
        return "SGD"
    if "betas" in first and "decoupled_weight_decay" in first:  # since torch 2.7
        return "AdamW" if first["decoupled_weight_decay"] else "Adam"
    return None


def _contradictions(
    call: Call, step: Any, rates: tuple[float, ...] | None, groups: Groupings | None
) -> Iterator[str]:
    """Visit what one part of a checkpoint says otherwise than another."""
    meant = _meant(call, step)
    if rates and meant and not _alike(rates, meant):
        yield (
            f"its last rate is {listed(rates)}, and the schedule's at step {step} is "
            f"{listed(meant)}: something else has set it"
        )
    held = None if groups is None else rates_of(groups)
    if rates and held and not _alike(rates, held):
        yield (
            f"the optimizer beside it has the rate {listed(held)}, and its own last one is "
            f"{listed(rates)}"
        )


def _meant(call: Call, step: Any) -> tuple[float, ...] | None:
    """Return the rate of each group at a step, as a call's schedule has it, where there is one."""
    try:
        schedule = on_steps(call.lower())
        if not isinstance(step, int) or step < 0:
            return None
        parts = schedule.of if isinstance(schedule, Groups) else (schedule,) * call.groups
        return tuple(float(part.at(step)) for part in parts)
    except (IsorateError, ValueError, OverflowError):
        return None


def _alike(rates: Sequence[float], others: Sequence[float]) -> bool:
    room = NEAR * max(map(abs, (*rates, *others)))
    near = (abs(a - b) <= room for a, b in zip(rates, others, strict=False))
    return len(rates) == len(others) and all(near)


def listed(rates: Sequence[float]) -> str:
    """Return the rates of groups for a message, no more than three."""
    return ", ".join(f"{rate:.6g}" for rate in rates[:3]) + (" …" if len(rates) > 3 else "")
