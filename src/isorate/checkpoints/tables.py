"""A checkpoint's file → the tables in it that schedulers and optimizers were saved as.

Any file that ``torch.save`` or ``pickle`` wrote is gone through: a scheduler's own state, one among
others, a list of them as Lightning has it. Nothing of it is executed, and of an archive only the
names are read, whatever its weights come to. Of MindSpore's checkpoints the lists of rates are
read, of Keras' saved models the configs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from isorate.checkpoints import PROTOBUF, is_checkpoint, keras_file, mindspore_file
from isorate.checkpoints.unpickling import CHECKPOINT, unpickled
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

#: An optimizer's parameter groups.
Groupings: TypeAlias = Sequence[Mapping[str, Any]]

#: What a list of MMEngine's states is called here, and what each of them has.
LISTED: Final = "param_schedulers"
WINDOWED: Final = frozenset({"_global_step", "base_values", "by_epoch"})
#: What DeepSpeed's states have, and the configuration beside them.
COUNT: Final = "last_batch_iteration"
CONFIG: Final = "ds_config"
#: What only Megatron's states have.
SAMPLES: Final = "lr_decay_style"
#: What a scheduler's state has, at least one of them.
TELLING: Final = frozenset({"last_epoch", "_schedulers", "isorate_format", COUNT, SAMPLES})
#: What counts, beside the states.
COUNTERS: Final = ("epoch", "global_step", "step", "iter", "iteration", "current_epoch")


@dataclass(frozen=True)
class Tables:
    """What was found in a checkpoint.

    Args:
        states: each scheduler's state, and where it lies: ``"lr_schedulers[0]"``.
        optimizers: the parameter groups of each optimizer, by where it lies.
        counts: what the file counts beside them, as ``{"epoch": 12}``.

    """

    states: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    optimizers: dict[str, Groupings] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def tables(path: str | PathLike[str]) -> Tables:
    """Return the states of schedulers and of optimizers in a file.

    Raises:
        ReadError: the file cannot be read, or is no pickle.

    """
    where = Path(path)
    found, values = Tables(), None
    try:
        with where.open("rb") as file:
            if file.read(1) == PROTOBUF:
                found.states.extend(mindspore_file.states(file))
            elif where.suffix.lower() == keras_file.ENDING:
                found.states.extend(keras_file.states(file))
            else:
                file.seek(0)
                values = unpickled(file, CHECKPOINT)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ReadError(f"cannot read {where.name}: {reason}") from None
    except ReadError as error:
        text = f"cannot read {where.name}: {error.what}"
        raise ReadError(text, required=error.required, got=error.got) from None
    top = values if isinstance(values, dict) else {}
    for place, table in _tables(values, ""):
        if COUNT in table and CONFIG in top:  # which says what counts so
            found.states.append((place, {**table, CONFIG: top[CONFIG]}))
        elif TELLING & table.keys():
            found.states.append((place, table))
        else:
            found.optimizers[place] = table["param_groups"]
    found.counts.update({name: top[name] for name in COUNTERS if type(top.get(name)) is int})
    return found


def holds_schedulers(path: str | PathLike[str]) -> bool:
    """Whether a file is a checkpoint, and a scheduler's state is in it."""
    try:
        return is_checkpoint(path) and bool(tables(path).states)
    except ReadError:
        return False


def stood(state: Mapping[str, Any]) -> tuple[int | float | None, tuple[float, ...] | None]:
    """Return the step that a scheduler stood at, and the rate of each group after it."""
    step, last = state.get("last_epoch"), state.get("_last_lr", [state.get("last_lr")])
    known = isinstance(last, list) and bool(last) and all(map(is_number, last))
    return step if is_number(step) else None, tuple(map(float, last or ())) if known else None


def rates_of(groups: Groupings) -> tuple[float, ...] | None:
    """Return the rate of each group; none where one has none."""
    found: list[Any] = [group.get("lr") for group in groups]
    return tuple(map(float, found)) if found and all(map(is_number, found)) else None


def is_number(value: Any) -> bool:
    """Whether a value is a number, and no truth."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tables(value: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Visit the states of schedulers and of optimizers, and where each lies."""
    if isinstance(value, dict):
        groups = value.get("param_groups")
        grouped = isinstance(groups, list) and all(isinstance(each, dict) for each in groups)
        if TELLING & value.keys() or grouped:
            yield place, value
            return
        for key, each in value.items():
            yield from _tables(each, f"{place}.{key}" if place else str(key))
    elif (one := of_list(value)) is not None:
        yield place, one
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _tables(each, f"{place}[{at}]")


def of_list(values: Any) -> dict[str, Any] | None:
    """Return a list of MMEngine's states as one, with where they stood; none of anything else."""
    every = values if isinstance(values, list) else []
    states = [each for each in every if isinstance(each, dict) and each.keys() >= WINDOWED]
    rates = [each for each in states if each.get("param_name") == "lr"]
    if not rates or len(states) != len(every):
        return None
    last = rates[-1]
    return {LISTED: rates, "last_epoch": last["_global_step"], "_last_lr": last.get("_last_value")}
