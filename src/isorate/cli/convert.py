"""``isorate convert``: one call in another framework's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from isorate.cli import _options, _output, _sides, _streams
from isorate.cli._names import names
from isorate.schedule.errors import IsorateError, ReadError, ReportError
from isorate.schedule.nearest import did_you_mean
from isorate.schedule.printable import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isorate.conversion import Conversion
    from isorate.recipe import Recipe
    from isorate.spelling import Spelling


@click.command(
    "convert", cls=_options.Command, short_help="Say a call in another framework's words."
)
@click.argument("call", nargs=-1, required=True, shell_complete=_options.paths)
@click.option(
    "--to",
    required=True,
    metavar="DIALECT",
    shell_complete=_options.names,
    help="One that isorate dialects lists, or what --as calls a trainer.",
)
@click.option(
    "--dialect",
    metavar="NAME",
    shell_complete=_options.names,
    help="The dialect to read CALL in.",
)
@click.option("--code", "only_code", is_flag=True, help="Print the best way's statements alone.")
@_options.schedule_options
def command(
    call: tuple[str, ...], to: str, dialect: str | None, only_code: bool, **options: Any
) -> int:
    """List every way to say CALL in another dialect, best first, each with its difference.

    A configuration is said in a trainer's keys, where DIALECT is a trainer's name, too; code in
    code, and in the keys after that.
    Without a length, the ways are measured over the run one trains, to the end of CALL's schedule
    or the first return of a periodic one, and past it for what comes after.
    Exit status: 0 where the best way is equal, 1 where none is.

    \b
    Example:
      isorate convert "CosineAnnealingLR(T_max=100)" --lr 0.1 --to mindspore \\
                      --updates 100
    """  # noqa: D301 - \b is click's
    from isorate.configs.reading import CONFIGURATIONS
    from isorate.conversion import convert
    from isorate.kit.registry import registered

    if to not in CONFIGURATIONS:
        _dialect(to, CONFIGURATIONS)
    if only_code and options["as_json"]:
        raise ReportError("--code and --json each print their own", hint="leave one of them away")
    known = names(options["settings"], options["value_files"])
    told, which = _options.told(options), options["which"]
    foretold = _sides.foretold(call, options, known)
    side = foretold or _sides.read_side(
        call, options["rates"], known, dialect=dialect, run=told, which=which
    )
    recipe = _sides.recipe_of(side, options)
    keys = to in CONFIGURATIONS and CONFIGURATIONS[to].spell is not None
    if to in CONFIGURATIONS and (foretold or to not in registered()):
        if only_code or options["plot"]:
            what = "--code prints" if only_code else "--plot draws"
            raise ReportError(f"{what} calls, and {to} is told keys", hint="leave it away")
        return _spell(recipe, to, as_json=options["as_json"])
    run, assumed = recipe.run, _sides.assumptions(recipe.run, side)
    _output.check_plot(options["plot"], run)
    with _output.Progress(run.updates) as progress:
        result = convert(recipe, to=to, progress=progress)
    if result.ways:
        _output.plot(options["plot"], lambda figure: figure.of_conversion(result))
    if options["as_json"]:
        from isorate.reports import json, preflight

        document = json.conversion(result) | {"assumptions": assumed}
        if keys:
            ways, refusal = _in_keys(recipe, to)
            document["configuration"] = preflight.spelled_document(ways, to)
            document["configuration"] |= {"refusal": refusal} if refusal else {}
        _output.print_json(document)
    elif only_code:
        _print_code(result)
    else:
        from isorate.reports import preflight, text

        text.conversion(paper := _output.paper(), result, run.updates is None, assumed)
        if keys:
            ways, refusal = _in_keys(recipe, to)
            paper.line()
            paper.line(f"In the keys of {CONFIGURATIONS[to].title}:", "bold")
            if refusal:
                paper.line(f"   {refusal}")
            else:
                preflight.spelled(paper, ways, to)
    return 0 if result.ways and result.ways[0].comparison.equal else 1


def _dialect(to: str, trainers: Iterable[str]) -> None:
    """Refuse what is neither a dialect nor a trainer, by the nearest name of either."""
    from isorate.kit.registry import get, registered

    try:
        get(to)
    except ReadError as error:
        hint = did_you_mean(to, [*registered(), *trainers])
        if hint is None:
            raise
        what = "no dialect, and no trainer, has that name"
        raise ReadError(what, got=repr(to), hint=hint) from error


def _spell(recipe: Recipe, to: str, *, as_json: bool) -> int:
    """Say a recipe in the keys of a trainer's configuration."""
    from isorate.reports import preflight as report
    from isorate.spelling import spellings

    ways = spellings(recipe, to)
    if as_json:
        _output.print_json(report.spelled_document(ways, to))
    else:
        report.spelled(_output.paper(), ways, to)
    return 0 if ways and ways[0].comparison.equal else 1


def _in_keys(recipe: Recipe, to: str) -> tuple[list[Spelling], str]:
    """Return a recipe in the keys of a trainer that has a dialect's name, or why it is in none."""
    from isorate.spelling import spellings

    try:
        return spellings(recipe, to), ""
    except IsorateError as error:
        return [], str(error)


def _print_code(result: Conversion) -> None:
    """Print the best way's statements, and on standard error what stands against them."""
    if not result.ways:
        _streams.say(
            f"isorate: there is no way to say it in {result.to} (leave --code away for the reasons)"
        )
        return
    best = result.ways[0]
    for line in best.statements.splitlines():
        print(plain(line))
    if not best.comparison.equal:
        _streams.say(f"isorate: {best.comparison.sentence}")
