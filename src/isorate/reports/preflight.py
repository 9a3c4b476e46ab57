"""A configuration's preflight for a terminal: how its numbers came about, its rates, its plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.kit.writing import shortened
from isorate.reports import figure as figures
from isorate.reports.paper import Paper, Part
from isorate.reports.text import STYLES, draw, ending, milestone_table, taken
from isorate.reports.trainers import flat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.preflight import Preflight
    from isorate.spelling import Spelling

    Row = tuple[str, str | Sequence[Part]]


def text(paper: Paper, result: Preflight) -> None:
    """Print what a run will do."""
    foretold, curve = result.foretold, result.curve
    paper.line(shortened(result.recipe.code), "bold")
    paper.line()
    rows: list[Row] = [
        ("trainer", foretold.trainer),
        *taken(foretold.assumptions),
        *foretold.derivation,
    ]
    if result.zeros:
        which = {0: "the first update", curve.updates - 1: "the last update"}
        rows.append(("rate 0", " and ".join(which[at] for at in result.zeros)))
    rows += ending(curve.halt)
    rows += [("caution", [Part(f"{one.key}: {one.text}", "yellow")]) for one in result.cautions]
    paper.rows(rows)
    if curve.updates:
        paper.line()
        also = [(1, "second")] if curve.updates > 2 else []
        paper.table(milestone_table(curve, *also), right=1)
        draw(paper, figures.of_curve(foretold.call, curve, result.recipe.run))


def spelled(paper: Paper, ways: Sequence[Spelling], to: str) -> None:
    """Print what to write in a trainer's configuration, and what that costs."""
    if not ways:
        paper.paragraph(f"No configuration of {to}'s says it.", "bold red")
    for number, way in enumerate(ways):
        if number:
            paper.line()
        verdict = way.comparison.verdict
        paper.line(f"{number + 1}. {verdict}", STYLES[verdict])
        for key, value in flat(way.keys):
            paper.line(f"   {key}: {value}", "bold")
        paper.rows([("→", way.comparison.sentence)], indent=3)


def spelled_document(ways: Sequence[Spelling], to: str) -> dict[str, Any]:
    """Return the same as a document."""
    from isorate.reports import json

    return {
        "to": to,
        "ways": [
            {"keys": dict(way.keys), "comparison": json.comparison(way.comparison)} for way in ways
        ],
    }


def document(result: Preflight) -> dict[str, Any]:
    """Return the same as a document: what ``show --json`` has, and what is foretold."""
    from isorate.reports import json

    foretold = result.foretold
    return {
        **json.show(foretold.call, result.curve),
        "run": json.run(result.recipe.run),
        "assumptions": list(foretold.assumptions),
        "configuration": {
            "trainer": foretold.trainer,
            "updates": foretold.updates,
            "warmup": foretold.warmup,
            "peak": foretold.peak,
            "derivation": [{"name": name, "text": said} for name, said in foretold.derivation],
            "zero": list(result.zeros),
            "cautions": [one._asdict() for one in result.cautions],
        },
    }
