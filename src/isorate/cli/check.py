"""``isorate check``: what a run logged, beside what it was meant to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from isorate.cli import _shared as shared
from isorate.cli._names import names
from isorate.schedule.errors import IsorateError

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command("check", short_help="Check a run's log against its recipe.")
@click.argument("run_files", metavar="RUN")
@click.argument("recipe", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    help="github: an annotation for a pull request.",
)
@shared.schedule_options
def command(run_files: str, recipe: str | None, form: str, **options: Any) -> int:
    """Say whether the rates that a run logged are those of RECIPE, and what went wrong if not.

    RUN is a file or a directory that a run left behind; FILE:COLUMN names the rates in it. RECIPE
    is what CALL is elsewhere; without it the run's own configuration is taken. Exit status: 0 where
    the log follows, 1 where it departs.

    \b
    Example:
      isorate check log.csv "CosineAnnealingLR(T_max=100)" --lr 0.1
    """  # noqa: D301 - \b is click's
    from isorate.checking import verdict
    from isorate.logs import finding
    from isorate.reports import findings

    logs = finding.read_logs(run_files)
    known = names(options["settings"], options["value_files"])
    read = None if recipe is None else _recipe(recipe, options, known)

    def meant(log: Any) -> tuple[Any, list[str]]:
        if read is not None:
            return read
        own = verdict.own_recipe(log, shared.facts(options, known), options["as_"])
        return own, list(own.assumptions)

    if len(logs) == 1:
        own, assumed = meant(logs[0])
        shared.check_plot(options["plot"], own.run)
        found = verdict.judge(logs[0], own)
        if options["plot"] is not None:
            shared.write_plot(options["plot"], findings.figure(found))
        if options["as_json"]:
            shared.print_json(findings.document(found) | {"assumptions": assumed})
        elif form == "github":
            shared.paper().line(findings.annotation(found))
        else:
            findings.text(shared.paper(), found, assumed)
        return 0 if found.follows else 1
    return _several(logs, meant, form, options)


def _recipe(text: str, options: dict[str, Any], known: Any) -> tuple[Any, list[str]]:
    """Read the recipe as the other commands read a call, or a configuration."""
    found = shared.foretold(text, options, known)
    if found is not None:
        return shared.recipe_of(found, options), list(found.assumptions)
    told, which = shared.told(options), options["which"]
    side = shared.read_side(text, options["rates"], known, run=told, which=which)
    recipe = shared.recipe_of(side, options)
    return recipe, shared.assumptions(recipe.run, side)


def _several(
    logs: list[Any], meant: Callable[[Any], Any], form: str, options: dict[str, Any]
) -> int:
    """Check runs one after another, a line each; one that cannot be checked stops no other."""
    from isorate.checking import verdict
    from isorate.reports import findings

    paper = shared.paper()
    tally = {"follow": 0, "depart": 0, "cannot be checked": 0}
    documents = []
    for log in logs:
        try:
            found = verdict.judge(log, meant(log)[0])
        except IsorateError as error:
            tally["cannot be checked"] += 1
            documents.append({"log": {"path": log.path}, "error": str(error)})
            if not options["as_json"]:
                paper.line(f"{log.path}: {error}", "yellow")
            continue
        tally["follow" if found.follows else "depart"] += 1
        documents.append(findings.document(found))
        if options["as_json"]:
            continue
        if form == "github":
            paper.line(findings.annotation(found))
        else:
            paper.line(findings.line(found), "" if found.follows else "red")
    if options["as_json"]:
        shared.print_json({"runs": documents})
    elif form != "github":
        said = ", ".join(f"{count:,} {what}" for what, count in tally.items() if count)
        paper.line(f"{len(logs):,} runs: {said}", "bold")
    return 2 if tally["cannot be checked"] else 1 if tally["depart"] else 0
