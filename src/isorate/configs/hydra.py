"""hydra's files: an optimizer and a schedule by their ``_target_``, stepped by the user's code.

When that steps the schedule, no file says: each update or each epoch. What ``defaults`` names
stands in other files, which are not opened; the composed file of a run has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _objects
from isorate.configs._dotted import applied
from isorate.configs.configuration import Configuration
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given

VERSION: Final = "1.3"
#: What names a class, and how it is called; the rest are its arguments.
TARGET: Final = "_target_"
OWN: Final = (TARGET, "_partial_", "_recursive_", "_convert_", "_args_", "step_every",
              "schedule", "frequency")  # fmt: skip
NAMED: Final = pattern(r"\$\{([\w.]+)\}")


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    given.values = applied(given.values)
    objects = dict(targets(given.values))
    key = chosen(given, objects)
    table = objects[key]
    if table.get("_args_"):
        raise given.refuse(f"{key}._args_", "has arguments without names, which is not followed")
    around = around_of(given.values, key)
    optimizer = next(iter([*optimizers(around, key), *optimizers(objects, key)]), "")
    own = objects.get(optimizer, {})
    if not own and optimizer:
        own = around[optimizer]
    path = str(resolved(given, own.get(TARGET, "")))
    rate = _objects.rate_of(given, optimizer or "optimizer", path, filled(given, own))
    by_epoch = stepped(given, around)
    trainers = (key for key, table in objects.items() if table[TARGET].endswith(".Trainer"))
    place = "pl_trainer" if "pl_trainer" in given else next(trainers, "trainer")
    trainer = objects.get(place) or given.table(place)
    if trainer.get(TARGET) is None and not trainer:
        trainer = {"max_epochs": first(given.values, ("max_epochs", "num_epochs", "epochs")),
                   "max_steps": first(given.values, ("max_steps", "num_steps"))}  # fmt: skip
        trainer = {name: value for name, value in trainer.items() if value is not None}
        if not trainer and not given.told.keys() & {"epochs", "max_steps"}:
            raise given.open([("max_steps", "epochs")])
    data = first(given.values, ("data", "datamodule"))
    size = data.get("batch_size") if isinstance(data, dict) else given.values.get("batch_size")
    known = {name: resolved(given, value) for name, value in trainer.items()}
    total, each = _objects.counted(given, known, resolved(given, size), by_epoch=by_epoch)
    steps, name = total / each if by_epoch and each else total, str(table[TARGET])
    call, peak = _objects.called(given, key, name, filled(given, table), rate, steps)
    if "defaults" in given.values:
        given.assume("what defaults names changes none of this")
    return given.foretold(
        call, total, peak=peak, warmup=None, version=VERSION,
        keys={"rate": f"{optimizer or 'optimizer'}.lr", "warmup": key,
              "length": "trainer.max_epochs"},
        each=each if by_epoch else None,
    )  # fmt: skip


def targets(values: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Visit the tables that name a class, by their dotted keys."""
    for key, value in tables(values):
        if isinstance(value, dict):
            if isinstance(value.get(TARGET), str):
                yield f"{at}{key}", value
            yield from targets(value, f"{at}{key}.")
    if not at and isinstance(values.get(TARGET), str):
        leaves = ("lr",) if is_schedule(values[TARGET]) else ()  # which is told beside it
        yield TARGET, {key: value for key, value in values.items() if key not in leaves}


def tables(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Visit the values of a table, and those of its lists by their numbers."""
    for key, value in values.items():
        if isinstance(value, list):
            yield from ((f"{key}.{at}", each) for at, each in enumerate(value))
        else:
            yield key, value


def chosen(given: Given, objects: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the key of the schedule.

    Raises:
        ReadError: there is none, or several.

    """
    said: str | None = given.text("schedule")
    found = [key for key, table in objects.items() if is_schedule(table[TARGET])]
    if said is not None and said in objects:
        return said
    likely = [key for key, table in objects.items() if "sched" in f"{key}.{table[TARGET]}".lower()]
    if len(found) > 1:
        text = f"is open: there are {', '.join(found)}"
        raise given.refuse("schedule", text, f"--set schedule={found[0]}")
    if found:
        return found[0]
    if likely:
        name = objects[likely[0]][TARGET]
        raise given.refuse(likely[0], f"is {name}, which is no scheduler that is read")
    hint = "give the composed file, .hydra/config.yaml" if "defaults" in given.values else None
    raise given.refuse(TARGET, "names no scheduler", hint)


def is_schedule(path: str) -> bool:
    """Whether a dotted name is a constructor of some dialect's, in full."""
    return "." in path and _objects.constructor_of(path) is not None


def around_of(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the table that a dotted key stands in, with the ones around it below."""
    found: dict[str, Any] = dict(values)
    table: Any = values
    for name in key.split(".")[:-1]:
        table = table[int(name)] if isinstance(table, list) else table[name]
        found |= table if isinstance(table, dict) else {}
    return found


def optimizers(tables: Mapping[str, Any], schedule: str) -> Iterator[str]:
    """Visit the keys of tables that are an optimizer's."""
    for key, table in tables.items():
        if key != schedule and isinstance(table, dict):
            named = str(table.get(TARGET, ""))
            if _objects.is_optimizer(named) or ("optim" in key and "lr" in table):
                yield key


def stepped(given: Given, around: Mapping[str, Any]) -> bool:
    """Return whether the schedule is stepped once in an epoch, as something says it.

    Raises:
        ReadError: nothing does.

    """
    said = given.text("step_every") or first(around, ("interval", "scheduler_interval"))
    for table in around.values():
        if said is None and isinstance(table, dict) and TARGET not in table:
            said = table.get("interval")
    if said in ("epoch", "step", "update"):
        if given.number("frequency", first(around, ("frequency",)) or 1) != 1:
            raise given.refuse("frequency", "steps it now and then, which is not followed")
        given.derive("clock", f"stepped each {'update' if said == 'step' else said}")
        return bool(said == "epoch")
    hint = "--set step_every=epoch or --set step_every=update"
    raise given.refuse("step_every", "is open: the code steps the schedule, and no file says when",
                       hint)  # fmt: skip


def filled(given: Given, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's arguments, those of other keys put where they are named."""
    return {key: resolved(given, value) for key, value in table.items() if key not in OWN}


def resolved(given: Given, value: Any, depth: int = 0) -> Any:
    """Return a value, or what the key has that it names."""
    found = NAMED.fullmatch(value) if isinstance(value, str) else None
    if depth > 9 or not isinstance(value, str):
        return value
    if found is None:
        return NAMED.sub(lambda part: str(resolved(given, part[0], depth + 1)), value)
    if found[1] in given.values:
        return resolved(given, given.values[found[1]], depth + 1)
    there: Any = given.values
    for name in found[1].split("."):
        there = there.get(name) if isinstance(there, dict) else None
    return value if there is None or there == value else resolved(given, there, depth + 1)


def first(values: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """Return the first of some keys that there is."""
    return next((values[key] for key in keys if values.get(key) is not None), None)


class _Known(Configuration, frozen=True):
    """A configuration that its classes tell, and whose values may name any others."""

    def takes(self, key: str) -> bool:
        return True

    def signs(self) -> tuple[str, ...]:
        return ("_target_", "hydra", "defaults")

    def score(self, values: Mapping[str, Any]) -> int:
        named = [str(table[TARGET]) for _, table in targets(values)]
        likely = sum("torch.optim" in each or "sched" in each.lower() for each in named)
        if likely:
            return 2 + likely
        return 2 if {"hydra", "defaults"} & values.keys() else len(named[:1])


CONFIGURATIONS: Final = (
    _Known(
        "hydra", "hydra",
        ("step_every", "schedule", "frequency", "lr"),
        foretell,
        ("model", "trainer", "data", "datamodule", "optimizer", "scheduler", "lr_scheduler"),
        ("_target_",),
        {"lr": "lr"},
    ),
)  # fmt: skip
