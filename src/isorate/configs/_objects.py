"""Objects that a file names by their classes, and how long Lightning's Trainer lets them work."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Given
from isorate.kit import registry
from isorate.kit.standing import given as built

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.kit.call import Call

#: What schedulers call their highest rate, where it is not the optimizer's.
PEAKS: Final = ("max_lr", "peak_value", "init_value", "initial_learning_rate", "max_learning_rate")
#: What schedulers call themselves whose rates nobody foretells.
MEASURED: Final = ("ReduceLROnPlateau", "PlateauLRScheduler")
#: How many steps without an improvement torch's plateau has patience with, where nobody says.
PATIENCE: Final = 10
#: What a trainer's callbacks are called that take the rate, or the batches, over.
TAKING: Final = ("StochasticWeightAveraging", "GradientAccumulationScheduler")


def nested(
    values: Mapping[str, Any],
    plain: tuple[str, ...] = ("trainer",),
    objects: tuple[str, ...] = ("optimizer", "lr_scheduler", "data"),
) -> dict[str, Any]:
    """Return the values as tables in tables: of a subcommand, and of flags with dots.

    Args:
        values: by their keys.
        plain: the tables of plain values.
        objects: those of a class and its arguments, where the class may stand alone.

    """
    inner = values.get("fit")
    found: dict[str, Any] = {**values, **inner} if isinstance(inner, dict) else dict(values)
    for key in objects:
        if isinstance(found.get(key), str):
            found[key] = {"class_path": found[key]}
    for key, value in values.items():
        table, dot, name = key.partition(".")
        if dot and table in (*plain, *objects):
            own = found.get(table)
            own = found[table] = dict(own) if isinstance(own, dict) else {}
            target = own
            if table in objects and name != "class_path":
                target = own["init_args"] = dict(own.get("init_args") or {})
            target[name.removeprefix("init_args.")] = value
    return found


def constructor_of(path: str) -> type[Call] | None:
    """Return the constructor that goes by a dotted name, or a last name alone."""
    home = registry.at_home(path)
    for each in registry.called(home.rpartition(".")[2]):
        own = each.card.name
        if own == home or ("." not in home and own.startswith("torch.")):
            return each
    return None


def is_optimizer(path: str) -> bool:
    """Whether a dotted name, or a last name alone, is one of torch's optimizers."""
    home, _, last = path.rpartition(".")
    return home in ("", "torch.optim") and last in registry.get("torch").optimizers


def plain(given: Given, key: str, value: Any) -> Any:
    """Return an argument: a number where it is written as one.

    Raises:
        ReadError: it is an object, or depends on what nobody knows.

    """
    if isinstance(value, dict):
        raise given.refuse(key, "holds objects of other classes, which is not followed")
    if isinstance(value, list):
        return [plain(given, key, each) for each in value]
    if isinstance(value, str):
        if "$" in value:
            name = value.strip("${}")
            if name in given.values and given.values[name] != value:
                return plain(given, key, given.values[name])
            raise given.refuse(key, f"has {value}, which nobody knows", f"--set {name}=...")
        try:
            return int(value) if value.lstrip("+-").isdecimal() else float(value)
        except ValueError:
            return value
    return value


def arguments_of(given: Given, key: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments of an object; those of one without a class are the table itself.

    Raises:
        ReadError: they are no table.

    """
    own = table.get("init_args") or {} if {"class_path", "init_args"} & table.keys() else table
    if not isinstance(own, dict):
        raise given.refuse(f"{key}.init_args", "is no table of arguments")
    return own


def rate_of(given: Given, key: str, path: str, arguments: Mapping[str, Any]) -> float:
    """Return an optimizer's rate: as is told or written, or its class's own.

    Raises:
        ReadError: nobody knows it.

    """
    lr = given.number("lr", plain(given, f"{key}.lr", arguments.get("lr")))
    last = path.rpartition(".")[2]
    if lr is None and path and is_optimizer(path):
        default = registry.get("torch").optimizers.parameters(last).get("lr")
        lr = None if default is None else ast.literal_eval(default)
        if lr is not None:
            given.derive("rate", f"{lr:g}: {last}'s own, as none is said")
    if isinstance(lr, bool) or not isinstance(lr, int | float):
        raise given.refuse(key, "has no lr", "--lr 1e-3")
    return float(lr)


def called(
    given: Given, key: str, path: str, arguments: Mapping[str, Any], rate: float, steps: float
) -> tuple[Call, float]:
    """Return the scheduler of a class on an optimizer with a rate, and its highest rate.

    Args:
        given: the configuration.
        key: where the scheduler stands.
        path: the dotted name of its class.
        arguments: those of the class.
        rate: the optimizer's.
        steps: how often the run steps it.

    Raises:
        ReadError: no dialect has it, or it does not take the arguments.

    """
    constructor = constructor_of(path)
    if path.rpartition(".")[2] in MEASURED:
        patience = plain(given, f"{key}.patience", arguments.get("patience", PATIENCE))
        if not isinstance(patience, int) or steps > patience + 1:
            text = f"is {path}, which follows what training measures, not foretold"
            raise given.refuse(key, text)
        text = f"the rate never falls: it is stepped {steps:.0f} times, and patience is {patience}"
        given.warn(key, text)
        return _formula.lambda_lr(rate, "1.0"), rate
    if constructor is None:
        raise given.refuse(key, f"is {path}, which is no scheduler that is read")
    own = {name: plain(given, f"{key}.{name}", value) for name, value in arguments.items()}
    optimizer = _formula.adamw(rate)
    try:
        call = built(constructor, {"optimizer": optimizer}, own)
    except (TypeError, ValueError) as error:
        text = f"is refused by {constructor.__name__} with {type(error).__name__}: {error}"
        raise given.refuse(key, text) from None
    peaks = (own[name] for name in PEAKS if isinstance(own.get(name), int | float))
    return call, float(next(peaks, rate))


def counted(
    given: Given, trainer: Mapping[str, Any], size: Any, *, by_epoch: bool
) -> tuple[int, int | None]:
    """Return how many updates Lightning's Trainer makes, and how many an epoch has.

    Args:
        given: what is told besides.
        trainer: its arguments.
        size: the examples of a batch, where a file says it.
        by_epoch: whether the schedule is stepped once in an epoch.

    Raises:
        OpenError: what they depend on is open.

    """
    aside = Given(trainer, {}, given.of, f"{given.origin}: trainer", given.kind)
    for name in TAKING:
        if name in str(trainer.get("callbacks")):
            raise aside.refuse("callbacks", f"has {name}, which is not followed")
    if aside.values.get("fast_dev_run"):
        raise aside.refuse("fast_dev_run", "tries a batch, and trains nothing")
    steps = given.fact("max_steps") or aside.whole("max_steps", -1, least=-1)
    epochs = given.fact("epochs") or aside.whole("max_epochs", least=-1)
    if epochs is None:
        epochs = 1000 if steps == -1 else -1
        if steps == -1:
            given.warn("trainer.max_epochs", "is not said: 1000 epochs are trained")
    if epochs == -1 and steps == -1:
        raise aside.refuse("max_epochs", "has no end", "--max-steps N")
    batches, examples = given.fact("batches"), given.fact("examples")
    if steps > 0 and not by_epoch and batches is None and examples is None:
        if epochs != -1:
            given.assume(f"{epochs} epochs are {steps} updates or more")
        given.derive("updates", f"{steps}: max_steps")
        return int(steps), None
    each = epoch_of(given, aside, size)
    if epochs == -1:
        given.derive("updates", f"{steps}: max_steps")
        return int(steps), each
    total = int(epochs * each)
    given.derive("updates", f"{total}: {epochs} epochs × {each}")
    if 0 < steps < total:
        total = int(steps)
        given.derive("limit", f"{steps} updates: max_steps")
    if not total:
        raise aside.refuse("max_epochs", "trains no update")
    return total, each


def epoch_of(given: Given, trainer: Given, size: Any) -> int:
    """Return the updates of an epoch."""
    batches, examples = given.fact("batches"), given.fact("examples")
    if batches is None and examples is None:
        raise given.open([("batches", "examples")])
    if batches is None:
        size = given.fact("batch_size") or plain(given, "batch_size", size)
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise given.open([("batch_size",)])
        batches = math.ceil(examples / size)
        given.assume("no batch is left out for being short")
        given.derive("batches", f"{batches}: ceil({examples} examples / {size})")
    processes = given.fact("processes") or processes_of(given, trainer)
    own = math.ceil(batches / processes)
    if processes > 1:
        given.derive("each process", f"{own} batches: ceil({batches} / {processes})")
    limit = trainer.values.get("overfit_batches") or trainer.number("limit_train_batches")
    if isinstance(limit, float):
        own = int(own * limit)
    elif limit is not None:
        own = min(own, limit)
    accumulation = given.fact("accumulation") or trainer.whole(
        "accumulate_grad_batches", 1, least=1
    )
    each: int = math.ceil(own / accumulation)
    given.derive("epoch", f"{each} updates: ceil({own} batches / {accumulation})")
    return each


def processes_of(given: Given, trainer: Given) -> int:
    """Return how many processes the Trainer starts: one on each device, on each node."""
    devices = trainer.values.get("devices")
    several = len(devices) if isinstance(devices, list) else devices
    if isinstance(several, str) and several.replace(",", "").isdecimal():
        listed = [each for each in several.split(",") if each]
        several = len(listed) if "," in several else int(several)
    if isinstance(several, bool) or not isinstance(several, int) or several < 1:
        given.assume("one process trains (--processes N)")
        several = 1
    return int(several * trainer.whole("num_nodes", 1, least=1))
