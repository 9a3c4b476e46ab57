"""What the verbs are given, as recipes: texts, paths, configurations, calls, schedules, rates."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from isorate.checkpoints import is_checkpoint
from isorate.kit.call import Call
from isorate.recipe import Recipe
from isorate.schedule.curve import Curve
from isorate.schedule.errors import ReadError, RunError
from isorate.schedule.lazily import np
from isorate.schedule.node import Schedule
from isorate.schedule.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.configs.configuration import Foretold
    from isorate.driving import Side
    from isorate.reading.reader import Reading

    #: What the verbs take.
    Given: TypeAlias = (
        "str | PathLike[str] | Mapping[str, Any] | Side | Recipe | Sequence[Any] | NDArray[Any]"
    )

TAKEN = (
    "text, a path, a configuration's keys, a Call, a Schedule, a Curve, or rates as a list or an "
    "array"
)

#: How the paths of files end that may be taken for texts.
FILES = (".json", ".yaml", ".yml", ".toml", ".bin", ".sh", ".md", ".args", ".txt", ".py", ".ipynb")


def read(
    text: str | PathLike[str] | Mapping[str, Any],
    *,
    lr: float | Sequence[float] | None = None,
    dialect: str | None = None,
    names: Mapping[str, Any] | None = None,
    which: str | None = None,
    trainer: str | None = None,
) -> Recipe:
    """Read one schedule as people paste it: a call, a block of statements, or a whole script.

    A text is followed as Python would run it, over values that are known or not, and nothing of it
    is executed. Where a file only has functions that build a schedule, their parameters are names.
    The loop that a text trains in is the run.

    The name may carry its dotted prefix or any tail of it. A bare name that several frameworks
    share is torch's, unless ``dialect`` says otherwise. Where the framework keeps the rate in the
    optimizer, the optimizer may stand in the text, with its parameter groups; otherwise ``lr``
    gives the rate.

    The path of a trainer's configuration is read as what that trainer makes of it.

    Args:
        text: Python source, or a list of rates; or the path of a file that has it, or of a
            configuration: JSON, YAML, TOML, a shell script, ``training_args.bin``; or a
            configuration's keys and values.
        lr: the optimizer's rate; a sequence has one rate for each parameter group.
        dialect: the dialect to read in, e.g. ``"mindspore"``.
        names: values that the text uses, by its own source: ``"args.epochs"``, ``"len(loader)"``;
            of a trainer's run what is left open, ``"examples"`` or ``"processes"``; of a
            configuration its keys, too.
        which: of several schedules the one that the text calls so.
        trainer: whose configuration it is, e.g. ``"axolotl"``; its keys tell where nobody says.

    Returns:
        The call in its run, whose attributes are the call's, too. Its arguments are not yet
        checked as the framework would: ``Call.fault`` does.

    Raises:
        ReadError: anything but one readable schedule; it says what is wrong and what would help.

    Example:
        >>> read("CosineAnnealingLR(T_max=2 * 50, eta_min=1e-3)", lr=0.1).T_max
        100

    """
    from isorate.reading.reader import reading

    if isinstance(text, PathLike) and trainer is None and is_checkpoint(text):
        from isorate.checkpoints.tables import holds_schedulers

        if not is_configuration(text) or holds_schedulers(text):
            from isorate.reading.saved import no_such_name, readings_of_checkpoint

            for name in names or ():
                raise no_such_name(name)
            return recipe_of(readings_of_checkpoint(text, lr=lr, which=which, one=True)[0])
    if trainer is not None or isinstance(text, Mapping) or is_configuration(text):
        if lr is not None and not isinstance(lr, int | float):
            raise ReadError("lr: a configuration has one rate", required="a number", got=repr(lr))
        return configured(text, trainer, {"lr": lr, **(names or {})})
    _no_path(text)
    return recipe_of(reading(text_of(text), lr=lr, dialect=dialect, names=names, which=which))


def read_all(
    text: str | PathLike[str],
    *,
    lr: float | Sequence[float] | None = None,
    dialect: str | None = None,
    names: Mapping[str, Any] | None = None,
) -> list[Recipe]:
    r"""Read every schedule of a text, in the order in which it builds them (``read``).

    Where a condition decides between schedules that nobody decides, all of them are returned, each
    with what has to hold among its assumptions.

    Raises:
        ReadError: it has none, or one of them cannot be read.

    Example:
        >>> [recipe.T_max for recipe in read_all("a = CosineAnnealingLR(SGD(p, lr=0.1), 3)\n"
        ...                                      "b = CosineAnnealingLR(SGD(q, lr=0.1), 4)")]
        [3, 4]

    """
    from isorate.reading.reader import readings

    given = text_of(text)
    found = readings(given, lr=lr, dialect=dialect, names=names, alternatives=True)
    return [recipe_of(each) for each in found]


def recipe_of(found: Reading, told: Mapping[str, Any] | None = None) -> Recipe:
    """Return what a text came to as a recipe; what is told of the run beside it comes first.

    Raises:
        RunError: what is told is no run, or does not fit the loop of the text.

    """
    told = {name: value for name, value in (told or {}).items() if name not in found.counted}
    if found.prepared and "processes" in told:
        told.setdefault("accelerate", told["processes"])
    known = dict(found.run)
    for name, others in _INSTEAD.items():
        if name in told:
            known = {key: value for key, value in known.items() if key not in others}
    known |= told
    if not {"updates_per_epoch", "batches_per_epoch"} & known.keys() and "epochs" not in told:
        known.pop("epochs", None)
    run = Run(**known)
    return Recipe(found.call, run, (*found.assumptions, *of_processes(found, run)))


def configured(
    source: Mapping[str, Any] | str | PathLike[str],
    as_: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return what a trainer makes of a configuration: its call, in the run that it trains.

    Args:
        source: its keys and values, the path of its file, or a command line with its flags.
        as_: whose it is: what ``--as`` calls it; its keys tell where nobody says.
        facts: what is told of the run beside it (``configs.reading.foretell``).

    Raises:
        ReadError: it cannot be read, or leaves open what it depends on.

    Example:
        >>> recipe = configured({"max_steps": 100, "learning_rate": 1e-3, "warmup_steps": 10})
        >>> recipe.run.updates, recipe.curve.at(10)
        (100, 0.001)

    """
    from isorate.configs.reading import foretell

    return recipe_of_foretold(foretell(source, as_, facts))


def is_configuration(given: Any) -> bool:
    """Whether what is given is the path of a configuration, and no schedule's own document."""
    if not isinstance(given, PathLike):
        return False
    from isorate.configs import _documents

    name = os.fspath(given).lower()
    if not name.endswith(_documents.ENDINGS):
        return False
    if name.endswith(_documents.WITH_TEXT):
        text = text_of(given)
        return _documents.CARD_HEAD in text or _documents.is_configuration(text)
    from isorate.reading.reader import read_document

    return not name.endswith(".json") or read_document(text_of(given)) is None


def _no_path(text: Any) -> None:
    """Refuse a text that is the path of a file: as Python, its error would say nothing."""
    if isinstance(text, str) and "\n" not in text and text.endswith(FILES) and "(" not in text:
        hint = f"pathlib.Path({text!r}) is the file"
        raise ReadError(f"{text!r} is read as Python", required="a schedule's text", hint=hint)


def recipe_of_foretold(found: Foretold) -> Recipe:
    """Return what is foretold as a recipe."""
    clock: Any = {} if found.each is None else {"updates_per_epoch": found.each}
    clock |= {"step_every": "epoch"} if clock else {"accelerate": found.accelerate}
    clock["accumulation"] = found.batches
    run = Run(found.updates, **clock)
    return Recipe(found.call, run, found.assumptions, found.title, found.scaled)


def of_processes(found: Reading, run: Run) -> Iterator[str]:
    """Visit what was taken for granted of the processes that a text is run in."""
    if found.prepared and run.accelerate is None:
        yield "one process: prepare() makes the scheduler take a step for each (--processes N)"
    elif found.prepared and not run.split_batches:
        yield "prepare() makes the scheduler take a step for each process"
    looped = found.run.keys() & {"updates", "updates_per_epoch"} and run.batches_per_epoch is None
    if looped and (run.processes or 1) > 1 and run.accelerate is None:
        yield "the batches that the text's loop goes through are each process's own"


#: What a loop says of the run that does not hold any more where something else is told.
_INSTEAD = {
    "updates": ("epochs",),
    "epochs": ("updates",),
    "updates_per_epoch": ("updates",),
    "batches_per_epoch": ("updates", "updates_per_epoch"),
    "step_every": ("first_step",),
}


def text_of(given: str | PathLike[str]) -> str:
    """Return a text, or what stands in the file at a path.

    Raises:
        ReadError: the file cannot be read.

    """
    if isinstance(given, str):
        return given
    if not isinstance(given, PathLike):
        raise ReadError("what is read", required="text, or a path", got=_named(given))
    try:
        return Path(given).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ReadError(f"cannot read {os.fspath(given)}: it is not UTF-8 text") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ReadError(f"cannot read {os.fspath(given)}: {reason}") from None


def as_recipe(given: Given, run: Run | int | None = None) -> Recipe:
    """Return what a verb is given as a recipe.

    Args:
        given: text, a path or keys as ``read`` takes them, or a schedule's JSON; a call, a
            schedule or a curve; a recipe, which stays what it is where no other run is given; or
            rates, of shape ``(updates,)`` or ``(groups, updates)``: a list, a tuple, or an array
            of integers, float64 or float32.
        run: the loop around it, in place of a recipe's own; or its number of updates; none leaves
            its length open, or a recipe's as it is.

    Raises:
        ReadError: anything else, and text that cannot be read.
        ScheduleError: JSON that is no schedule.
        RunError: what is no run.

    Example:
        >>> as_recipe([0.1, 0.05], 2).curve
        Curve(2 × float64: 0.1, 0.05; 2 given rates)

    """
    told: dict[str, Any] = {}
    if isinstance(run, Run):
        own = [(field.name, field.default, getattr(run, field.name)) for field in fields(run)]
        told = {name: None if value == usual else value for name, usual, value in own}
    recipe = given if isinstance(given, Recipe) else _read(given, told)
    if run is None:
        return recipe
    asked = as_run(run)
    if not isinstance(run, Run):
        return recipe.lasting(asked.length)
    if isinstance(given, str) and not asked.steps_before:  # which the text takes, whatever the run
        asked = replace(asked, steps_before=recipe.run.steps_before)
    return replace(recipe, run=asked)


def _read(given: Any, told: Mapping[str, Any] | None = None) -> Recipe:
    if isinstance(given, Call | Schedule | Curve):
        return Recipe(given)
    if isinstance(given, PathLike | Mapping):
        return read(given)
    if isinstance(given, str):
        from isorate.reading.reader import read_document, reading

        _no_path(given)
        json = given.lstrip().startswith("{") and read_document(given) is None
        if json:
            return Recipe(Schedule.from_json(given))
        found = reading(given, told=told)
        if not told:
            return recipe_of(found)
        before = found.run.get("steps_before", 0)
        return Recipe(found.call, Run(steps_before=before), found.assumptions)
    if isinstance(given, list | tuple) or hasattr(given, "__array__"):
        return Recipe(_curve(given))
    raise ReadError("what is given has no rates", required=TAKEN, got=_named(given))


def _curve(given: Any) -> Curve:
    """Return given rates as a curve."""
    required = "numbers, of shape (updates,) or (groups, updates)"
    try:
        values = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of different lengths, say
        first = str(error).partition("\n")[0]
        raise ReadError("the given rates", required=required, got=first) from None
    if values.dtype.kind in "iu":
        values = values.astype(np.float64)
    if values.dtype not in (np.float64, np.float32) or values.ndim not in (1, 2) or not values.size:
        shape = f"{values.dtype} of shape {values.shape}"
        raise ReadError("the given rates", required=required, got=shape)
    return Curve(values, f"{values.shape[-1]} given rates")


def as_run(given: Run | int | None) -> Run:
    """Return a run: a number is its updates, none leaves its length open.

    Raises:
        RunError: anything else, or a number that is no length.

    Example:
        >>> as_run(40).updates
        40

    """
    if isinstance(given, Run):
        return given
    if given is None:
        return Run()
    if type(given) is int or isinstance(given, np.integer):
        return Run(int(given))
    required = "a Run, a number of updates, or None"
    raise RunError("the run", required=required, got=_named(given))


def _named(given: object) -> str:
    """Return a value for a message: a short one itself, or its type."""
    text = repr(given) if given is None or isinstance(given, bool | float | str) else ""
    return text if 0 < len(text) <= 60 else type(given).__name__
