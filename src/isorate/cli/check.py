"""``isorate check``: what a run logged, beside what it was meant to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from isorate.cli import _options, _output, _sides
from isorate.cli._fleet import Fleet
from isorate.cli._names import names
from isorate.configs.configuration import OpenError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isorate.checking.verdict import Meant
    from isorate.configs.configuration import Foretold
    from isorate.reading.reader import Reading


@click.command("check", cls=_options.Command, short_help="Check a run's log against its recipe.")
@click.argument("run_files", metavar="RUN", shell_complete=_options.paths)
@click.argument("recipe", required=False, shell_complete=_options.paths)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    help="github: an annotation for a pull request.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Of several runs: JSON lines, one for each as it is checked; those that are there are not "
    "checked again.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 1024), metavar="N", help="Processes that check several runs."
)
@_options.schedule_options
def command(
    run_files: str,
    recipe: str | None,
    form: str,
    output: Path | None,
    jobs: int | None,
    **options: Any,
) -> int:
    """Say whether the rates that a run logged are those of RECIPE, and what went wrong if not.

    RUN is a file or a directory that a run left behind, or a directory of many; FILE:COLUMN names
    the rates in it. RECIPE is what CALL is elsewhere; without it the run's own configuration is
    taken. Exit status: 0 where the log follows, 1 where it departs.

    \b
    Example:
      isorate check log.csv "CosineAnnealingLR(T_max=100)" --lr 0.1
    """  # noqa: D301 - \b is click's
    from isorate.checking.verdict import judge
    from isorate.logs import finding
    from isorate.reports import findings

    known = names(options["settings"], options["value_files"])
    parts = list(finding.runs_below(run_files))
    logs = finding.read_logs(run_files) if len(parts) < 2 and output is None else []
    told = _meant(recipe, options, known)
    if len(logs) != 1:
        asked = [recipe, {name: value for name, value in options.items() if value}]
        fleet = Fleet(parts or [run_files], told, asked, output)
        return _several(fleet.documents(jobs), form, options["as_json"])
    meant = told.by(logs[0])
    assumed = list(dict.fromkeys(meant.assumptions))
    _output.check_plot(options["plot"], meant.run)
    found = judge(logs[0], meant)
    if options["plot"] is not None:
        _output.write_plot(options["plot"], findings.figure(found))
    if options["as_json"]:
        _output.print_json(findings.document(found) | {"assumptions": assumed})
    elif form == "github":
        _output.paper().line(findings.annotation(findings.document(found)))
    else:
        findings.text(_output.paper(), found, assumed)
    return 0 if found.follows else 1


def _meant(recipe: str | None, options: dict[str, Any], known: Any) -> Meant:
    """Read the recipe as the other commands read a call, or a configuration."""
    from isorate.checking.verdict import Meant

    if recipe is None:
        return Meant(facts=_options.facts(options, known), as_=options["as_"])
    found: Foretold | Reading | None
    try:
        found = _sides.foretold(recipe, options, known)
    except OpenError:
        source, facts = recipe.removeprefix("@"), _options.facts(options, known)
        return Meant(source=source, facts=facts, as_=options["as_"])
    if found is None:
        run, which = _options.told(options), options["which"]
        found = _sides.read_side(recipe, options["rates"], known, run=run, which=which)
    return Meant(_sides.recipe_of(found, options))


def _several(documents: Iterable[dict[str, Any]], form: str, as_json: bool) -> int:
    """Tell of runs as they are checked, a line each; one that cannot be checked stops no other."""
    from isorate.reports import findings

    paper = _output.paper()
    tally = {"follow": 0, "depart": 0, "cannot be checked": 0}
    found = []
    for one in documents:
        verdict = {"follows": "follow", "departs": "depart"}.get(one.get("verdict", ""))
        tally[verdict or "cannot be checked"] += 1
        if as_json:
            found.append(one)
        elif form == "github" and verdict:
            paper.line(findings.annotation(one))
        else:
            style = {"follow": "", "depart": "red"}.get(verdict or "", "yellow")
            paper.line(findings.line(one), style)
    if as_json:
        _output.print_json({"runs": found})
    elif form != "github":
        said = ", ".join(f"{count:,} {what}" for what, count in tally.items() if count)
        paper.line(f"{sum(tally.values()):,} runs: {said}", "bold")
    return 2 if tally["cannot be checked"] else 1 if tally["depart"] else 0
