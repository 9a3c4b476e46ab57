"""What the commands share: options, reading a side, the run, output, progress."""

from __future__ import annotations

import csv
import re
import shutil
import sys
import time
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from isorate.cli import _streams
from isorate.cli._files import Script, is_a_checkpoint, is_a_file, is_a_folder, script
from isorate.reports import LONGEST_DRAWN, files
from isorate.schedule.errors import OwnRateError, ReadError, ReportError, RunError
from isorate.schedule.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isorate.cli._names import Settings
    from isorate.configs.configuration import Foretold
    from isorate.reading.reader import Reading
    from isorate.recipe import Recipe
    from isorate.reports.figure import Figure
    from isorate.reports.paper import Paper
    from isorate.schedule.run import Run

#: The formats that ``--plot`` writes, by file name.
FORMATS = ("png", "svg", "html")

#: More digits than any count of updates has.
LONGEST_COUNT = 20

#: The longest file of metrics that is read, in bytes: some millions of rows.
LONGEST_METRICS = 2**26

#: A terminal narrower than the one and wider than the other is no terminal; and how high it is.
NARROWEST, WIDEST, ROWS = 20, 1000, 25

#: A bar that gave way to a line comes back after so many seconds.
COMES_BACK = 0.1

#: The options that say how the loop runs: what a run calls them.
LOOP = (
    "updates", "epochs", "updates_per_epoch", "step_every", "steps_before", "first_step",
    "accelerate", "accumulation", "split_batches", "batches_per_epoch", "processes", "world_size",
)  # fmt: skip


#: What is told of a run that a trainer makes of a configuration or a script.
OF_TRAINERS = {
    "examples": "Of a trainer's run: examples of the training set.",
    "batches": "Of a trainer's run: batches of an epoch, which all processes share.",
    "batch_size": "Of a trainer's run: examples of a batch of one process.",
    "max_steps": "Of a trainer's run: updates that are trained.",
    "tokens": "Of a trainer's run: tokens that are trained.",
}


#: What is told of the run of a configuration and of a loop alike, and of a loop alone.
OF_BOTH = ("processes", "accumulation", "epochs")
OF_LOOPS = ("updates", "updates_per_epoch", "step_every", "steps_before", "first_step",
            "accelerate", "metrics")  # fmt: skip


class _Count(click.ParamType[Any]):
    """A number of epochs: whole but for a configuration's."""

    name = "float"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return an integer where it is one."""
        if isinstance(value, int | float):
            return value
        if value.lstrip("+-").isdecimal() and len(value) <= LONGEST_COUNT:
            return int(value)
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is not a valid integer", param, ctx)


class _Pace(click.Choice[str]):
    """How often the scheduler is stepped: a word, or a number of updates."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a word, or a number."""
        if isinstance(value, str) and value.isdecimal() and len(value) <= LONGEST_COUNT:
            return int(value)
        if value not in self.choices:
            self.fail(f"{value!r} is not 'update', 'epoch' or a number of updates", param, ctx)
        return super().convert(value, param, ctx)


def lr_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says the optimizer's rate."""
    return click.option(
        "--lr",
        "rates",
        multiple=True,
        metavar="RATE,...",
        callback=_parse_rates,
        help="The optimizer's rate, or one for each parameter group: 0.1,0.01.",
    )(command)


#: How a call is read and driven.
SCHEDULE_OPTIONS: Final = (
    lr_option,
    click.option("--updates", type=int, metavar="N", help="Length of the run in updates."),
    click.option("--epochs", type=_Count(), metavar="N", help="Length in epochs."),
    *(
        click.option(f"--{name.replace('_', '-')}", type=int, metavar="N", help=says)
        for name, says in OF_TRAINERS.items()
    ),
    click.option("--as", "as_", metavar="NAME", help="Whose configuration a file is."),
    click.option("--updates-per-epoch", type=int, metavar="N", help="Updates in one epoch."),
    click.option(
        "--step-every",
        type=_Pace(["update", "epoch"]),
        metavar="[update|epoch|N]",
        help="When the loop calls scheduler.step(): after each update (where nothing says "
        "otherwise), each epoch, or every N updates.",
    ),
    click.option(
        "--steps-before",
        type=int,
        metavar="N",
        help="Steps that the scheduler takes before the first update.",
    ),
    click.option(
        "--first-step",
        type=int,
        metavar="N",
        help="Updates, or epochs, before the loop calls scheduler.step() for the first time.",
    ),
    click.option(
        "--accelerate",
        type=int,
        metavar="N",
        help="Processes of a loop whose scheduler Accelerate's prepare wrapped: N steps at "
        "each step(). Not for plain data parallelism.",
    ),
    click.option(
        "--processes",
        type=int,
        metavar="N",
        help="Processes that train side by side and share --batches-per-epoch; each steps "
        "its own scheduler, as Accelerate does where CALL's text uses it.",
    ),
    click.option("--world-size", "--world_size", "world_size", hidden=True),
    click.option(
        "--split-batches",
        is_flag=True,
        help="With --accelerate: it splits batches, and takes one step at each step().",
    ),
    click.option(
        "--batches-per-epoch",
        type=int,
        metavar="N",
        help="len(loader), instead of --updates-per-epoch: of the loader each process "
        "has; with --processes or --accelerate, of the one that they share.",
    ),
    click.option(
        "--accumulation",
        type=int,
        metavar="N",
        help="Batches of each process in one update: 1, where nothing says otherwise.",
    ),
    click.option(
        "--metrics",
        metavar="FILE:COLUMN",
        help="The metric that a plateau scheduler follows, a CSV row for each step.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="The value of a name that a call uses.",
    ),
    click.option(
        "--values",
        "value_files",
        multiple=True,
        metavar="FILE",
        help="A TOML or JSON file of values of names; --set wins over it.",
    ),
    click.option(
        "--which", metavar="NAME", help="Of several schedules in a text, the one so named."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    click.option(
        "--plot",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write a picture: .png, .svg or .html.",
    ),
)


def schedule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a call is read and driven."""
    for option in reversed(SCHEDULE_OPTIONS):
        command = option(command)
    return command


def told(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the options say of the run, by its arguments, and of what is trained with."""
    asked = {name: options[name] for name in (*LOOP, *OF_TRAINERS)}
    asked = {name: value for name, value in asked.items() if value is not None}
    for name, usual in (("accumulation", 1), ("split_batches", False)):
        if asked.get(name) is usual:
            del asked[name]
    if options["metrics"] is not None:
        asked["metrics"] = read_metrics(options["metrics"])
    return asked


def foretold(
    given: str | tuple[str, ...], options: dict[str, Any], known: Settings, *, alone: bool = True
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


def facts(options: dict[str, Any], known: Settings) -> dict[str, Any]:
    """Return what the options say of a run beside its configuration."""
    found = {name: options[name] for name in (*OF_TRAINERS, *OF_BOTH)}
    found["batches"] = found["batches"] or options["batches_per_epoch"]
    found |= known
    if len(options["rates"]) > 1:
        got = ",".join(map(str, options["rates"]))
        raise ReadError("--lr: a configuration has one rate", required="one", got=got)
    if options["rates"]:
        found["lr"] = options["rates"][0]
    return found


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


def read_metrics(where: str) -> list[float]:
    """Read one column of a CSV file: by its heading, or by its number, counted from 1."""
    name, _, column = where.rpartition(":")
    if not name:
        raise ReadError("--metrics", required="FILE:COLUMN", got=repr(where))
    try:
        rows = [row for row in csv.reader(StringIO(_streams.read(name, LONGEST_METRICS))) if row]
    except csv.Error as error:
        raise ReadError(f"cannot read {name}: {error}") from None
    headings = [heading.strip() for heading in rows[0]] if rows else []
    if column in headings:
        index, first = headings.index(column), 1
    elif column in map(str, range(1, len(headings) + 1)):
        index = int(column) - 1
        first = 0 if _is_number(headings[index]) else 1
    else:
        known = ", ".join(headings) or "nothing"
        hint = did_you_mean(column, headings) or f"its first row has {known}"
        raise ReadError(f"{name} has no column {column!r}", hint=hint)
    return [_metric(row, index, name, line) for line, row in enumerate(rows[first:], first + 1)]


def _metric(row: list[str], index: int, name: str, line: int) -> float:
    written = row[index].strip() if index < len(row) else ""
    if not _is_number(written):
        raise ReadError(f"{name}, row {line}", required="a number", got=repr(written))
    return float(written)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parse_rates(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[float, ...]:
    """Read rates, one a parameter group, with commas between them or an option for each."""
    rates = [rate.strip() for text in given for rate in text.split(",")]
    for rate in rates:
        if not _is_number(rate):
            raise click.BadParameter(f"{rate!r} is not a valid float")
    return tuple(map(float, rates))


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
    configured = [foretold(text, options, known, alone=False) for text in texts]
    settings = known if not any(configured) else {}

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
        told: dict[str, Any] = {"names": settings, "told": run, "which": which}
        try:
            one, took = _with_rates(text, rates, told)
        except SeveralError as error:
            if len(error.choices) > 1 or missed is not None:
                raise
            missed = error  # it is the other text's
            one, took = _with_rates(text, rates, told | {"which": None})
        used = used or took
        sides.append(one)
    if missed is not None and any(configured):
        raise missed
    if rates and not used:
        raise ReadError("both calls carry their own rates", hint="leave --lr away")
    if not any(configured):
        _check_used(known, sides)  # type: ignore[arg-type]
        _check_counted(run, sides)  # type: ignore[arg-type]
    return sides


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
        if name in mentioned:
            raise ReadError(
                f"--set {name}: the schedule does not depend on it", hint="leave it away"
            )
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
    return Script(text)


def paper() -> Paper:
    """Return what reports are printed on: standard output."""
    from rich.console import Console

    from isorate.reports.paper import Paper

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise  # where it was caught; rich would end the process, and say that they differ

    width = columns()
    console = Ours(
        width=width, height=ROWS, highlight=False, emoji=False, markup=False, soft_wrap=True
    )
    return Paper(console, width if sys.stdout.isatty() else None)


def columns() -> int:
    """Return the width of the terminal, or the usual one where there is none."""
    return min(max(shutil.get_terminal_size((80, ROWS)).columns, NARROWEST), WIDEST)


def print_json(document: Any) -> None:
    """Print one document on standard output."""
    from isorate.reports.json import dumps

    sys.stdout.write(dumps(document, ascii_only=not _streams.is_utf8()))


def check_plot(path: Path | None, run: Run) -> None:
    """Refuse a picture that cannot be made, before any work is done."""
    if path is None:
        return
    kind = path.suffix[1:].lower()
    if kind not in FORMATS:
        raise ReportError(
            "--plot takes its format from the file's name",
            required=" or ".join(f".{kind}" for kind in FORMATS),
            got=repr(path.name),
        )
    if kind != "html" and find_spec("matplotlib") is None:
        raise ReportError(
            f"{kind.upper()} pictures need Matplotlib",
            hint="pip install 'isorate[plot]', or --plot x.html",
        )
    files.check(path)
    if (run.updates or 0) > LONGEST_DRAWN:
        raise ReportError(
            f"cannot draw {path.name}: the run is too long",
            required=f"at most {LONGEST_DRAWN} updates",
            got=run.updates,
        )


def write_plot(path: Path, figure: Figure | None) -> None:
    """Write a figure in the format that the file's name asks for, and say so."""
    if figure is None:
        raise ReportError(f"cannot draw {path.name}: there is nothing to show")
    kind = path.suffix[1:].lower()
    if kind == "html":
        from isorate.reports.html import page

        files.write(path, page(figure))
    else:
        import logging

        from isorate.reports.plot import picture

        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its caches
        files.write(path, picture(figure, kind))
    _streams.say(f"wrote {path}")


class Progress:
    """A bar on standard error, only on a terminal, and only once a second has passed."""

    def __init__(self, total: int | None, patience: float = 1.0, *, what: str = "updates") -> None:
        self.total, self.what = total, what
        self.patience = patience
        self.started = time.monotonic()
        self.bar: Any = None
        self.task: Any = None
        self.visible = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, done: int) -> None:
        """Report the number of updates, or of something else, done."""
        if not self.visible:
            return
        if self.bar is None:
            if time.monotonic() - self.started < self.patience:
                return
            from rich.console import Console
            from rich.progress import Progress as Bar

            self.bar = Bar(
                console=Console(stderr=True, width=columns(), height=ROWS), transient=True
            )
            self.bar.start()
            self.task = self.bar.add_task(self.what, total=self.total)
        self.bar.update(self.task, completed=done)

    def __enter__(self) -> Progress:
        return self

    def give_way(self) -> None:
        """Let something be printed where the bar is; it comes back a moment later."""
        if self.bar is not None and sys.stdout is not None and sys.stdout.isatty():
            self.bar.stop()
            self.bar = None
            self.started, self.patience = time.monotonic(), COMES_BACK

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()
