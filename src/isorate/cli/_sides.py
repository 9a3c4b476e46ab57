"""What a command is given: the sides of a comparison, and the run that each is in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from isorate.cli import _streams
from isorate.cli._files import (
    Script,
    is_a_checkpoint,
    is_a_file,
    is_a_folder,
    no_path,
    script,
)
from isorate.cli._options import OF_TRAINERS, facts, told
from isorate.schedule.errors import OwnRateError, ReadError, RunError
from isorate.schedule.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.cli._names import Settings
    from isorate.configs.configuration import Foretold
    from isorate.reading.reader import Reading
    from isorate.recipe import Recipe
    from isorate.schedule.run import Run

OF_LOOPS = ("updates", "updates_per_epoch", "step_every", "steps_before", "first_step",
            "accelerate", "metrics")  # fmt: skip


def foretold(
    given: str | tuple[str, ...],
    options: dict[str, Any],
    known: Mapping[str, Any],
    *,
    alone: bool = True,
) -> Foretold | None:
    """Return what a configuration comes to; none where what is given is none.

    Raises:
        ReadError: it cannot be read, or leaves open what it depends on.
        RunError: alone, it is told what it says itself.

    """
    from isorate.checkpoints import is_checkpoint
    from isorate.configs._documents import is_configuration

    text = given if isinstance(given, str) else given[0] if len(given) == 1 else ""
    if text.startswith("@") and text.endswith((".yaml", ".yml", ".toml", ".bin")):
        text = text[1:]
    if text in ("", "-") or text.startswith("@") or not (is_configuration(text) or options["as_"]):
        return None
    if options["as_"] is None and is_checkpoint(text):  # which is told by what it holds
        from isorate.checkpoints.tables import holds_schedulers

        if holds_schedulers(text):
            return None
    from isorate.configs.reading import foretell

    for name in OF_LOOPS if alone else ():
        if options[name]:
            option = f"--{name.replace('_', '-')}"
            text = f"{option}: a configuration says itself how its run goes"
            raise RunError(text, hint="--max-steps N trains so many updates")
    return foretell(text, options["as_"], facts(options, known))


def recipe_of(side: Reading | Foretold, options: dict[str, Any]) -> Recipe:
    """Return what a text came to, in the run that the options ask for, or that its loop is."""
    from isorate import given
    from isorate.configs.configuration import Foretold

    if isinstance(side, Foretold):
        return given.recipe_of_foretold(side)
    try:
        asked = told(options)
        return given.recipe_of(side, {n: asked[n] for n in asked.keys() - OF_TRAINERS.keys()})
    except RunError as error:
        raise RunError(_as_options(str(error))) from None


def _as_options(text: str) -> str:
    """Say what is said of a run's arguments in the words of the command line."""
    valued = re.sub(r"\b([a-z_]+)='?(\w+)'?", r"--\1 \2", text)
    named = re.sub(r"(?<!-)\b(?=[a-z]+_[a-z])", "--", valued)
    return re.sub(r"--[a-z_]+", lambda name: name[0].replace("_", "-"), named)


def read_side(
    text: str | tuple[str, ...], rates: tuple[float, ...], known: Settings, **given: Any
) -> Reading:
    """Read one call as ``read_all`` does; a text with several is refused."""
    return read_all(text, rates, known, one=True, **given)[0]


def read_all(
    text: str | tuple[str, ...],
    rates: tuple[float, ...],
    known: Settings,
    *,
    dialect: str | None = None,
    run: Mapping[str, Any] | None = None,
    which: str | None = None,
    one: bool = False,
) -> list[Reading]:
    """Read all calls that a text has by itself, or the one that is asked for.

    ``@FILE`` and ``-`` say where the text is.
    """
    sides = _readings(
        source(text), one=one, lr=list(rates) or None, dialect=dialect, names=known, told=run,
        which=which,
    )  # fmt: skip
    _check_used(known, sides)
    _check_counted(run, sides)
    return sides


def _readings(
    given: Script, *, one: bool, lr: Any, which: str | None, **told: Any
) -> list[Reading]:
    """Read what is given by itself: all of it, or the one schedule that it has."""
    if given.saved:
        from isorate.reading.saved import readings_of_checkpoint

        return readings_of_checkpoint(given.text, lr=lr, which=which, one=one)
    from isorate.reading.reader import reading, readings

    told |= {"lr": lr, "which": which, "files": given.files}
    return [reading(given.text, **told)] if one else readings(given.text, **told)


def read_sides(
    texts: tuple[str, str],
    options: dict[str, Any],
    known: Settings,
    run: Mapping[str, Any] | None = None,
) -> list[Reading | Foretold]:
    """Read two calls, giving the rate to each that says none of its own; or configurations."""
    from isorate.reading.reader import SeveralError

    rates, which = options["rates"], options["which"]
    missed: SeveralError | None = None
    refused: dict[str, ReadError] = {}
    configured = [_beside(text, options, known, refused) for text in texts]

    if texts == ("-", "-"):
        raise ReadError("- stands for one call only", hint="read the other one with @FILE")
    sides: list[Reading | Foretold] = []
    used = False
    for given, ready in zip(texts, configured, strict=True):
        if ready is not None:
            sides.append(ready)
            used = True
            continue
        text = source(given)
        told: dict[str, Any] = {"names": known, "told": run, "which": which}
        try:
            one, took = _with_rates(text, rates, told)
        except SeveralError as error:
            if len(error.choices) > 1 or missed is not None:
                raise
            missed = error  # it is the other text's
            one, took = _with_rates(text, rates, told | {"which": None})
        used = used or took
        sides.append(one)
        refused = {name: error for name, error in refused.items() if name not in one.used}
    if missed is not None and any(configured):
        raise missed
    for of_neither in refused.values():
        raise of_neither
    if rates and not used:
        raise ReadError("both calls carry their own rates", hint="leave --lr away")
    if not any(configured):
        _check_used(known, sides)  # type: ignore[arg-type]
        _check_counted(run, sides)  # type: ignore[arg-type]
    return sides


def _beside(
    text: str, options: dict[str, Any], known: Settings, refused: dict[str, ReadError]
) -> Foretold | None:
    """Return what a configuration comes to; names that are no keys of its may be the other's."""
    from isorate.configs.configuration import NoKeyError

    own = {name: value for name, value in known.items() if name not in refused}
    try:
        return foretold(text, options, own, alone=False)
    except NoKeyError as error:
        refused[error.key] = error
        return _beside(text, options, known, refused)


def _with_rates(
    text: Script, rates: tuple[float, ...], told: dict[str, Any]
) -> tuple[Reading, bool]:
    """Read a call with the rate beside it, or, where it says its own, without: and whether so."""
    try:
        return _readings(text, one=True, lr=list(rates) or None, **told)[0], True
    except OwnRateError:
        return _readings(text, one=True, lr=None, **told)[0], False


def assumptions(run: Run, *sides: Reading | Foretold) -> list[str]:
    """Return what was taken for granted in reading, each once."""
    from isorate.configs.configuration import Foretold
    from isorate.given import of_processes

    said: list[str] = []
    for side in sides:
        said += side.assumptions
        said += () if isinstance(side, Foretold) else of_processes(side, run)
    return list(dict.fromkeys(said))


def _check_used(known: Settings, sides: Sequence[Reading]) -> None:
    """Refuse a name that is defined and that no call needs: it may be misspelt.

    Of the names in a file, one is enough that a text has.
    """
    used = known.used.union(*(side.used for side in sides))
    mentioned = {name for side in sides for name in side.mentioned}
    for name in known.keys() - used - known.of_files.keys():
        if name in mentioned or name.removeprefix("len(").removesuffix(")") in mentioned:
            raise ReadError(
                f"--set {name}: the schedule does not depend on it", hint="leave it away"
            )
        if all(side.saved for side in sides):
            from isorate.reading.saved import no_such_name

            raise no_such_name(name)
        hint = did_you_mean(name, sorted(mentioned)) or "leave it away"
        raise ReadError(f"--set {name}: the text has no such name", hint=hint)
    for file in {*known.of_files.values()}:
        of_it = {name for name, where in known.of_files.items() if where == file}
        if not of_it & used:
            text = f"--values {file}: the schedule depends on none of its names"
            raise ReadError(text, got=", ".join(sorted(of_it)[:3]))


def _check_counted(run: Mapping[str, Any] | None, sides: Sequence[Reading]) -> None:
    """Refuse what is told of a trainer's run where none counts its updates by it."""
    for name in OF_TRAINERS.keys() & (run or {}).keys():
        if not any(name in side.counted for side in sides):
            option = f"--{name.replace('_', '-')}"
            text = f"{option}: no trainer is read that counts its updates by it"
            raise RunError(text, hint="--updates N says how long the run is")


def source(given: str | tuple[str, ...]) -> Script:
    """Return the text of a call, from where ``@FILE`` or ``-`` point, or of a script.

    Of a checkpoint its path is returned.
    """
    several = (given,) if isinstance(given, str) else given
    text = several[0]
    if len(several) > 1 or is_a_folder(text):
        return script(several)
    if is_a_checkpoint(text.removeprefix("@")):
        return Script(text.removeprefix("@"), saved=True)
    if text == "-" or text.startswith("@") or is_a_file(text):
        return Script(_streams.read(text.removeprefix("@")))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ReadError("the call is not UTF-8 text", got=repr(text)) from None
    no_path(text)
    return Script(text)
