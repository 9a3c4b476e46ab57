"""``isorate show``: what one call really does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from isorate.cli import _options, _output, _sides
from isorate.cli._names import names
from isorate.schedule.errors import ReportError, RunError

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold
    from isorate.kit.call import Call
    from isorate.reading.reader import Reading
    from isorate.schedule.run import Run


def _parse_updates(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[int, ...]:
    """Read updates with commas between them, or an option for each."""
    written = [update.strip() for text in given for update in text.split(",")]
    for update in written:
        if not (update.isdecimal() and len(update) <= _options.LONGEST_COUNT):
            raise click.BadParameter(f"{update!r} is no update: 0, 1, 2 and so on")
    return tuple(map(int, written))


@click.command("show", cls=_options.Command, short_help="Show what one call really does.")
@click.argument("call", nargs=-1, required=True, shell_complete=_options.paths)
@click.option(
    "--dialect",
    metavar="NAME",
    shell_complete=_options.names,
    help="The dialect to read CALL in.",
)
@click.option(
    "--at",
    multiple=True,
    metavar="UPDATE,...",
    callback=_parse_updates,
    help="Print the rates of these updates only, to the last digit.",
)
@_options.schedule_options
def command(call: tuple[str, ...], dialect: str | None, at: tuple[int, ...], **options: Any) -> int:
    """Show the rates that CALL gives, update by update, in its framework's own arithmetic.

    CALL may be the file of a trainer's configuration (JSON, YAML, TOML, a script with its flags,
    training_args.bin): how many updates it trains and what one would not expect are said, too. It
    may be a checkpoint: its schedule is shown, and where that stood.

    \b
    Examples:
      isorate show "CosineAnnealingLR(T_max=100, eta_min=0.001)" --lr 0.1
      isorate show "CosineAnnealingLR(T_max=100000)" --lr 0.1 --at 0,50000,99999
      isorate show training_args.bin --examples 50000
      isorate show checkpoint.pt --updates 1000
    """  # noqa: D301 - \b is click's
    known = names(options["settings"], options["value_files"])
    configured = _sides.foretold(call, options, known)
    if configured is not None:
        return _foretell(configured, at, options)
    one = bool(at) or options["plot"] is not None
    given = {"dialect": dialect, "run": _options.told(options), "which": options["which"]}
    sides = _sides.read_all(call, options["rates"], known, one=one, **given)
    if at:
        recipe = _sides.recipe_of(sides[0], options)
        _output.check_plot(options["plot"], recipe.run)
        assumed = _sides.assumptions(recipe.run, sides[0])
        _show_at(sides[0].call, recipe.run, at, options, assumed, sides[0].saved)
        return 0
    documents = [_show(side, options, several=len(sides) > 1) for side in sides]
    if options["as_json"]:
        _output.print_json(documents[0] if len(sides) == 1 else {"schedules": documents})
    return 0


def _show(side: Reading, options: dict[str, Any], *, several: bool) -> dict[str, Any]:
    """Show one schedule; return it as a document where one is asked for."""
    given = _sides.recipe_of(side, options)
    _output.check_plot(options["plot"], given.run)
    assumed = _sides.assumptions(given.run, side)
    recipe = given.of_length()
    with _output.Progress(recipe.run.updates) as progress:
        curve = recipe.simulated(progress)
    _output.plot(options["plot"], lambda figure: figure.of_curve(side.call, curve, recipe.run))
    if options["as_json"]:
        from isorate.reports import json

        own = {"name": side.title, "line": side.line, "run": json.run(recipe.run)}
        return json.show(side.call, curve) | own | {"assumptions": assumed} | _saved(side.saved)
    from isorate.reports import text

    paper = _output.paper()
    if several:
        place = f", line {side.line}" if side.line else ""
        paper.line(f"{side.title}{place}", "bold")
        paper.line()
    open_ = given.run.updates is None
    text.show(paper, side.call, curve, recipe.run, open_, assumed, side.saved)
    if several:
        paper.line()
    return {}


def _saved(said: tuple[str, ...]) -> dict[str, Any]:
    """Return what a document has of where a checkpoint's scheduler stood."""
    return {"saved": list(said)} if said else {}


def _foretell(found: Foretold, at: tuple[int, ...], options: dict[str, Any]) -> int:
    """Show what a run of a configuration will do, before it is started."""
    from isorate.preflight import preflight
    from isorate.reports import preflight as report

    if at:
        recipe = _sides.recipe_of(found, options)
        _show_at(found.call, recipe.run, at, options, list(found.assumptions))
        return 0
    result = preflight(found)
    _output.check_plot(options["plot"], result.recipe.run)
    curve, run = result.curve, result.recipe.run
    _output.plot(options["plot"], lambda figure: figure.of_curve(found.call, curve, run))
    if options["as_json"]:
        _output.print_json(report.document(result))
    else:
        report.text(_output.paper(), result)
    return 0


def _show_at(
    call: Call,
    run: Run,
    at: tuple[int, ...],
    options: dict[str, Any],
    assumed: list[str],
    saved: tuple[str, ...] = (),
) -> None:
    from isorate.simulation import sample

    if options["plot"] is not None:
        raise ReportError("--plot draws a whole run", hint="leave --at away")
    beyond = [update for update in at if run.updates is not None and update >= run.updates]
    if beyond:
        raise RunError(
            "--at asks for an update after the run",
            required=f"at most {run.length - 1}",
            got=max(beyond),
        )
    with _output.Progress(max(at) + 1) as progress:
        found = sample(call, run, at, progress=progress)
    run = run if run.updates is not None else run.lasting(max(at) + 1)
    if options["as_json"]:
        from isorate.reports import json

        _output.print_json(json.show_at(call, at, found) | {"assumptions": assumed} | _saved(saved))
    else:
        from isorate.reports import text

        text.show_at(_output.paper(), call, at, found, run, assumed, saved)
