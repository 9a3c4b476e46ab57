"""A call in a run: what it means there and which rates it makes, each worked out once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from isorate.checkpoints import is_checkpoint
from isorate.driving import Side, Stream, in_loop, last_step, loop_of
from isorate.kit.call import Call
from isorate.kit.plateau import Feedback
from isorate.schedule.combinators import Groups
from isorate.schedule.curve import Curve
from isorate.schedule.errors import IsorateError, ReadError, RunError
from isorate.schedule.evaluate import check_fits
from isorate.schedule.node import Schedule, end_of_course
from isorate.schedule.run import Run
from isorate.schedule.shapes import Constant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.configs.configuration import Foretold
    from isorate.reading.reader import Reading

    #: What the verbs take.
    Given: TypeAlias = (
        "str | PathLike[str] | Mapping[str, Any] | Side | Recipe | Sequence[Any] | NDArray[Any]"
    )

TAKEN = (
    "text, a path, a configuration's keys, a Call, a Schedule, a Curve, or rates as a list or an "
    "array"
)

#: The default length of a run where there is no schedule to read one off, or nothing moves.
UNKNOWN_HORIZON = 100

#: No run that nobody asked for is longer.
LONGEST_DEFAULT = 10**6

#: How the paths of files end that may be taken for texts.
FILES = (".json", ".yaml", ".yml", ".toml", ".bin", ".sh", ".md", ".args", ".txt", ".py", ".ipynb")

#: So many rates are kept; of longer runs they are computed anew each time they are gone through.
KEPT = 10**5


@dataclass(frozen=True)
class Recipe:
    """A call in a run, and what was assumed; or a schedule, or finished rates, in its place.

    What is asked of it is worked out when it is asked for the first time, and kept. It has the
    attributes of its call, too: ``recipe.T_max``, ``recipe.lower()``. Two are equal whose calls
    and runs are.

    Args:
        call: a call, whose rates are its framework's own; a schedule, whose rates are Isorate's;
            or a curve, which has its rates.
        run: the loop around it; its length may be open.
        assumptions: what was taken for granted in reading it, each in a sentence.
        trainer: whose configuration it was, where it was one.
        scaled: whether that says that a gradient scaler may skip updates.

    Example:
        >>> recipe = Recipe(read("StepLR(SGD(params, lr=0.1), 30)"), Run(60))
        >>> recipe.curve.at(30), recipe.normal.at(30)
        (0.010000000000000002, 0.010000000000000002)

    """

    call: Side
    run: Run = field(default_factory=Run)
    assumptions: tuple[str, ...] = field(default=(), compare=False)
    trainer: str | None = field(default=None, compare=False)
    scaled: bool = field(default=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the call."""
        if name.startswith("__") or name == "call":  # which nobody has yet while it is copied
            raise AttributeError(name)
        return getattr(self.call, name)

    # --- whatever the run ---------------------------------------------------------------------

    @cached_property
    def code(self) -> str:
        """As text: a call's code, a schedule's JSON, where a curve comes from."""
        match self.call:
            case Call():
                return self.call.code
            case Curve():
                return self.call.source
        return self.call.to_json()

    @property
    def dialect(self) -> str | None:
        """The dialect of a call; of anything else none."""
        return self.call.dialect if isinstance(self.call, Call) else None

    @cached_property
    def dtype(self) -> str:
        """The dtype that the rates are computed in."""
        return "float64" if isinstance(self.call, Schedule) else self.call.dtype

    @cached_property
    def groups(self) -> int:
        """The number of parameter groups."""
        if isinstance(self.call, Schedule):
            return len(self.call.of) if isinstance(self.call, Groups) else 1
        return self.call.groups

    @cached_property
    def _lowered(self) -> Schedule | IsorateError:
        """What a call means, counted as it counts; or why it means no schedule."""
        if isinstance(self.call, Schedule):
            return self.call
        if isinstance(self.call, Curve):
            required = "a schedule, or a call"
            return ReadError("rates have no schedule", required=required, got=self.code)
        try:
            return self.call.lower()
        except IsorateError as error:
            return error

    # --- in the run, however long it is -------------------------------------------------------

    @property
    def schedule(self) -> Schedule:
        """What it means in the run, counted in updates.

        Raises:
            ReadError: rates have no schedule.
            ConvertError: the call has no meaning as a schedule.
            NativeError: the framework refuses the call.

        """
        if isinstance(self._in_loop, IsorateError):
            raise self._in_loop
        return self._in_loop

    @cached_property
    def _in_loop(self) -> Schedule | IsorateError:
        found = self._lowered
        if isinstance(found, IsorateError) or not isinstance(self.call, Call):
            return found if isinstance(found, IsorateError) else found.resolved(self.run)
        try:
            return in_loop(found, self.call, loop_of(self.call, self.run))
        except IsorateError as error:
            return error

    @cached_property
    def normal(self) -> Schedule | None:
        """The same in normal form; none where there is no schedule."""
        if isinstance(self._in_loop, IsorateError):
            return None
        try:
            return self._in_loop.normal()
        except IsorateError:
            return None

    @property
    def unsaid(self) -> str | None:
        """Why there is no schedule."""
        return str(self._in_loop) if isinstance(self._in_loop, IsorateError) else None

    @cached_property
    def stepped(self) -> Schedule | None:
        """The normal form where every ``step()`` is one step, whoever takes it."""
        if not isinstance(self._lowered, Schedule):
            return None
        try:
            return self._lowered.resolved(self.run.without_accelerate()).normal()
        except IsorateError:
            return None

    @cached_property
    def horizon(self) -> int:
        """The number of updates that show every end, period and restart, and what follows.

        Raises:
            NativeError: the framework refuses the call.

        """
        return min(self._horizon(), LONGEST_DEFAULT)

    def _horizon(self) -> int:
        if isinstance(self.call, Curve):
            return max(self.call.updates, 1)
        if isinstance(self.call, Call):
            self.call.checked()
            followed = self.call.returned
            if isinstance(followed, Feedback) and self.run.metrics is not None:
                run = loop_of(self.call, self.run)
                each = run.updates_per_step if self.call.card.clock == "step" else 1
                return (len(self.run.metrics) + (not followed.prompt)) * each
        form = self.normal
        if form is None:
            return UNKNOWN_HORIZON
        still = all(isinstance(part, Constant) for part in form.children() or (form,))
        return UNKNOWN_HORIZON if still and form.length is None else form.horizon

    @cached_property
    def trained(self) -> int:
        """The number of updates that one trains.

        To the end of its schedule and including it, a trough that it climbs back from being one;
        of a list, all of its rates; of what comes again, one cycle and the update that opens the
        next. What has no end is shown long enough, as ``horizon`` has it, but no further than
        there are rates.

        Raises:
            NativeError: the framework refuses the call.

        """
        horizon, form = self.horizon, self.normal
        if form is None:
            return horizon
        last = last_step(self.call, self.run) if isinstance(self.call, Call) else None
        if last is not None:
            calls = -(-(last - self.run.step_of(0)) // self.run.steps_per_call)
            every, first = self.run.updates_per_step, self.run.updates_to_first_step
            return max(1, min(first + (calls - 1) * every, horizon))
        if form.length is not None:
            return min(form.length - _lone_rates(form, form.length), LONGEST_DEFAULT)
        end = end_of_course(form)
        return horizon if end is None else min(end + 1, LONGEST_DEFAULT)

    @cached_property
    def ends_at(self) -> int | None:
        """The update at which its schedule has come to its end; none where it has none."""
        form = self.normal
        if form is None:
            return None
        if form.length is not None:
            return self.trained
        ends = [end_of_course(part) for part in (form.of if isinstance(form, Groups) else (form,))]
        return None if None in ends else max(end for end in ends if end is not None)

    def lasting(self, updates: int) -> Recipe:
        """Return the same over another number of updates; what is known of it is kept."""
        if self.run.updates == updates:
            return self
        found = replace(self, run=self.run.lasting(updates))
        found.__dict__.update(
            {name: value for name, value in self.__dict__.items() if name in _WHATEVER_LENGTH}
        )
        found.__dict__["_known"] = self._known
        return found

    def of_length(self) -> Recipe:
        """Return the same in a run with a length: its own, or long enough to show all of it."""
        return self if self.run.updates is not None else self.lasting(self.horizon)

    # --- over the run ---------------------------------------------------------------------------

    @cached_property
    def _known(self) -> list[Curve]:
        """The rates of the longest run so far that were kept, shared by those of other lengths."""
        return []

    def first_rates(self, updates: int) -> NDArray[np.floating[Any]]:
        """Return the rates of the first updates, or of more, kept: an array of rows, one a group.

        Raises:
            NativeError: the framework refuses the arguments.
            RunError: the run has more rates than are kept.

        """
        for known in self._known:
            if known.updates >= updates or known.halt is not None:
                return known.values.reshape(self.groups, -1)
        return self.lasting(updates).curve.values.reshape(self.groups, -1)

    @property
    def curve(self) -> Curve:
        """The rates of the whole run.

        Raises:
            NativeError: the framework refuses the arguments.
            RunError: the run has no length, or more rates than fit in memory.

        """
        return self.simulated()

    def simulated(self, progress: Callable[[int], object] | None = None) -> Curve:
        """Return the rates of the whole run, telling the number of updates done."""
        for known in self._known:
            if known.updates >= self.run.length or known.halt is not None:
                return _cut(known, self.run.length)
        check_fits(self.run.length * self.groups)
        stream = Stream(self.call, self.run)
        values = np.empty((self.groups, self.run.length), self.dtype)
        done = 0
        for block in stream.blocks():
            values[:, done : done + block.shape[1]] = block
            done += block.shape[1]
            if progress is not None:
                progress(done)
        shaped = values[:, :done] if self.groups > 1 else values[0, :done]
        found = Curve(shaped, self.code, stream.halt)
        if self.run.length * self.groups <= KEPT:
            self._known[:] = [found]
        return found

    def stream(self) -> Stream:
        """Return the rates in blocks, with bounded memory; those of a short run are kept."""
        short = self.run.length * self.groups <= KEPT
        return Stream(self.curve if short else self.call, self.run)


#: What does not depend on how many updates a run has.
_WHATEVER_LENGTH = {
    "code", "dtype", "groups", "_lowered", "_in_loop", "normal", "stepped", "horizon", "trained",
    "ends_at",
}  # fmt: skip


def _cut(curve: Curve, updates: int) -> Curve:
    """Return the rates of fewer updates."""
    halt = curve.halt if curve.halt is not None and curve.halt.update < updates else None
    return Curve(curve.values[..., :updates], curve.source, halt)


def _lone_rates(schedule: Schedule, length: int) -> int:
    """Return how many rates come after a turn at the very end, as the last of a one-cycle's does.

    Nobody trains with a single step that turns back from where a schedule has come to.
    """
    one = schedule.of[0] if isinstance(schedule, Groups) else schedule
    turn = end_of_course(one)
    if turn is None or (length - turn) % 2:
        return 0
    tick = (length - turn) // 2  # it may be stepped once in several updates
    rates = [one.at(k) for k in (turn, turn + tick - 1, turn + tick, length - 1)]
    return tick if rates[0] == rates[1] != rates[2] == rates[3] else 0


def together(a: Recipe, b: Recipe) -> tuple[Recipe, Recipe]:
    """Return two recipes over one number of updates: the longer run's, or enough to show all."""
    given = [recipe.run.updates for recipe in (a, b) if recipe.run.updates is not None]
    longest = max(given or (a.horizon, b.horizon))
    return a.lasting(longest), b.lasting(longest)


# --- reading -----------------------------------------------------------------------------------


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

        if not names and (holds_schedulers(text) or not is_configuration(text)):
            from isorate.reading.saved import readings_of_checkpoint

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
    elif found.prepared:
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
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read {os.fspath(given)}", got=str(error)) from None


# --- what the verbs are given -----------------------------------------------------------------


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
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        return Run(int(given))
    required = "a Run, a number of updates, or None"
    raise RunError("the run", required=required, got=_named(given))


def _named(given: object) -> str:
    """Return a value for a message: a short one itself, or its type."""
    text = repr(given) if given is None or isinstance(given, bool | float | str) else ""
    return text if 0 < len(text) <= 60 else type(given).__name__
