"""The options of the commands, and what they say of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from isorate.cli import _streams
from isorate.schedule.errors import ReadError
from isorate.schedule.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: More digits than any count of updates has.
LONGEST_COUNT = 20

#: The longest file of metrics that is read, in bytes: some millions of rows.
LONGEST_METRICS = 2**26

#: The options that say how the loop runs: what a run calls them.
LOOP = (
    "updates", "epochs", "updates_per_epoch", "step_every", "steps_before", "first_step",
    "accelerate", "accumulation", "split_batches", "batches_per_epoch", "processes", "world_size",
)  # fmt: skip

#: What is told of a run that a trainer makes of a configuration or a script.
OF_TRAINERS = {
    "examples": "Examples of the training set.",
    "batches": "Batches of an epoch, which all processes share.",
    "batch_size": "Examples of a batch of one process.",
    "max_steps": "Updates that are trained.",
    "tokens": "Tokens that are trained.",
}

#: What is told of the run of a configuration and of a loop alike, and of a loop alone.
OF_BOTH = ("processes", "accumulation", "epochs")


#: Under which headings the help lists options; those that are named nowhere come last.
SECTIONS: Final = {
    "The call": ("dialect", "rates", "settings", "value_files", "which", "to"),
    "The loop": ("metrics", *LOOP),
    "A trainer's run, beside its configuration": ("as_", *OF_TRAINERS),
}


class Command(click.Command):
    """A command with many options, whose help lists them under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        rest = {option.name: option.get_help_record(ctx) for option in options}
        for title, names in SECTIONS.items():
            self._section(formatter, title, [rest.pop(n) for n in [*rest] if n in names])
        self._section(formatter, "Output", [*rest.values()])

    @staticmethod
    def _section(formatter: click.HelpFormatter, title: str, rows: list[Any]) -> None:
        with formatter.section(title):
            formatter.write_dl([row for row in rows if row is not None])


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
            self.fail(
                f"{value!r} is not 'update', 'epoch', 'batch' or a number of updates", param, ctx
            )
        return super().convert(value, param, ctx)


def paths(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[Any]:
    """Let a shell complete a path."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def names(_context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """Let a shell complete the name of a dialect, or of a trainer where one can be meant."""
    from isorate.configs.reading import CONFIGURATIONS
    from isorate.kit.registry import registered

    known = {"as_": [*CONFIGURATIONS], "to": [*registered(), *CONFIGURATIONS]}
    meant = known.get(str(parameter.name), registered())
    return [name for name in meant if name.startswith(incomplete)]


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


def _whole(name: str, says: str) -> Callable[..., Any]:
    """Return the option that says a whole number."""
    return click.option(f"--{name.replace('_', '-')}", type=int, metavar="N", help=says)


#: How a call is read and driven.
SCHEDULE_OPTIONS: Final = (
    lr_option,
    _whole("updates", "Length of the run in updates."),
    click.option("--epochs", type=_Count(), metavar="N", help="Length in epochs."),
    *(_whole(*each) for each in OF_TRAINERS.items()),
    click.option(
        "--as",
        "as_",
        metavar="NAME",
        shell_complete=names,
        help="The trainer whose configuration CALL is, where its keys do not tell.",
    ),
    _whole("updates_per_epoch", "Updates in one epoch."),
    click.option(
        "--step-every",
        type=_Pace(["update", "epoch", "batch"]),
        metavar="[update|epoch|batch|N]",
        help="When the loop calls scheduler.step(): after each update (where nothing says "
        "otherwise), each epoch, each of an update's batches, or every N updates.",
    ),
    _whole("steps_before", "Steps that the scheduler takes before the first update."),
    _whole(
        "first_step",
        "Updates, or epochs, before the loop calls scheduler.step() for the first time.",
    ),
    _whole(
        "accelerate",
        "Processes of a loop whose scheduler Accelerate's prepare wrapped: N steps at "
        "each step(). Not for plain data parallelism.",
    ),
    _whole(
        "processes",
        "Processes that train side by side and share --batches-per-epoch; each steps "
        "its own scheduler, as Accelerate does where CALL's text uses it.",
    ),
    click.option("--world-size", "--world_size", "world_size", hidden=True),
    click.option(
        "--split-batches",
        is_flag=True,
        help="With --accelerate: it splits batches, and takes one step at each step().",
    ),
    _whole(
        "batches_per_epoch",
        "len(loader), instead of --updates-per-epoch: of the loader each process "
        "has; with --processes or --accelerate, of the one that they share.",
    ),
    _whole(
        "accumulation", "Batches of each process in one update: 1, where nothing says otherwise."
    ),
    click.option(
        "--metrics",
        metavar="FILE:COLUMN",
        shell_complete=paths,
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
        shell_complete=paths,
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


def facts(options: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
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


def read_metrics(where: str) -> list[float]:
    """Read one column of a CSV file: by its heading, or by its number, counted from 1."""
    import csv
    from io import StringIO

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
