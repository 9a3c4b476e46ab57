"""A finding as a report: for a terminal, as a document, as annotations, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from isorate.kit.writing import shortened
from isorate.reports import LONGEST_DRAWN
from isorate.reports.figure import Figure, Line
from isorate.reports.json import number
from isorate.reports.json import run as run_document
from isorate.reports.paper import Paper, Part
from isorate.reports.text import draw
from isorate.schedule.digits import apart
from isorate.schedule.errors import IsorateError
from isorate.schedule.printable import plain
from isorate.schedule.run import Run as Loop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.checking.measured import Candidate
    from isorate.checking.verdict import Finding
    from isorate.checking.verdict import Part as Run
    from isorate.logs.log import Log

#: So many rows on each side of the first that departs are shown.
AROUND = 2

#: So many candidates are shown; JSON has them all.
CANDIDATES = 6


def text(paper: Paper, found: Finding, assumed: Sequence[str] = ()) -> None:
    """Print a finding: the verdict in one sentence, what was read, the rates where they part."""
    paper.paragraph(found.sentence, f"bold {'green' if found.follows else 'red'}")
    paper.line()
    part = found.first
    log = found.log
    several = "" if len(log.groups) == 1 else f" in each of {len(log.groups)} groups"
    rows: list[tuple[str, str | Sequence[Part]]] = [
        ("log", f"{log.path}: {log.format}, {counted(len(log.groups[0]))}{several}"),
        ("recipe", [Part(shortened(found.recipe.code), code=True)]),
        *(("assumed", sentence) for sentence in assumed),
        *([] if found.recipe.run == Loop() else [("run", str(found.recipe.run))]),
        ("read as", part.clock.said(log.counts)),
        *(("group", told) for told in _groups(found, part)),
        *(("note", note) for note in found.log.notes),
    ]
    if len(part.ways) > 1:
        rows += [("or" if later else "way", fit.text) for later, fit in enumerate(part.ways)]
    paper.rows(rows)
    if len(found.parts) > 1:
        paper.line()
        for one in found.parts:
            why = f"; {one.ways[0].text}" if one.ways and not one.follows else ""
            paper.paragraph(f"rows {one.rows[0]:,} to {one.rows[1]:,}: {one.sentence}{why}")
    if part.departure is not None:
        paper.line()
        paper.table(_around(part), right=0)
        picture = figure(found)
        if picture is not None:
            draw(paper, picture)


def _groups(found: Finding, part: Run) -> list[str]:
    """Say which of the recipe's groups each of the log's follows, where that is not plain."""
    if found.recipe.groups == 1 and len(part.groups) == 1:
        return []
    names = [rates.name for rates in found.log.groups]
    return [
        f"{name}: {'the mean of all groups' if group < 0 else f'group {group}'} of the recipe"
        for name, group in zip(names, part.groups, strict=True)
    ]


def _around(part: Run) -> list[list[str]]:
    """Return the rows of the table: the rates where they part, and the last."""
    assert part.alignment is not None
    assert part.alignment.first is not None
    _, group, at = part.alignment.first
    points, rates = part.alignment.points[group], part.alignment.rates[group]
    order = np.argsort(points.updates, kind="stable").tolist()
    here = order.index(at)
    shown = [*order[max(here - AROUND, 0) : here + AROUND + 1], order[-1]]
    rows = [[part.clock.unit, "logged", "recipe", ""]]
    for index in dict.fromkeys(shown):
        pair = apart(float(points.values[index]), float(rates[index]))
        same = bool(part.alignment.agree[group][index])
        mark = "" if same else "departs"
        if same:
            pair = [pair[0], pair[0]]
        rows.append([f"{points.updates[index]:,}", *pair, mark])
    return rows


def line(document: Mapping[str, Any]) -> str:
    """Say a finding's document, or an error's, in one line, after its path."""
    path = document["log"]["path"]
    said = document["sentence"] if "sentence" in document else document["error"]
    return f"{plain(path)}: {plain(said.removeprefix(f'{path} '))}"


def document(found: Finding) -> dict[str, Any]:
    """Return the document of ``check --json``."""
    return {
        "verdict": found.verdict,
        "sentence": found.sentence,
        "log": {
            "path": found.log.path,
            "format": found.log.format,
            "groups": [rates.name for rates in found.log.groups],
            "counts": found.log.counts,
        },
        "recipe": found.recipe.code,
        "dialect": found.recipe.dialect,
        "run": run_document(found.recipe.run),
        "parts": [_part(part) for part in found.parts],
        "notes": list(found.log.notes),
    }


def _part(part: Run) -> dict[str, Any]:
    at = part.departure
    return {
        "verdict": "follows" if part.follows else "departs",
        "rows": list(part.rows),
        "offset": part.clock.offset,
        "updates_per_row": part.clock.each,
        "unit": part.clock.unit,
        "mean": part.clock.mean,
        "groups": list(part.groups),
        "rates": part.rates,
        "agreeing": part.agreeing,
        "last": part.last,
        "planned": part.planned,
        "early": part.early,
        "departure": None
        if at is None
        else {
            "update": at.update,
            "step": at.step,
            "group": at.group,
            "logged": number(at.logged),
            "expected": number(at.expected),
        },
        "ways": [
            {"way": f.way, "text": f.text, "arguments": dict(f.arguments), "fault": f.fault}
            for f in part.ways
        ],
    }


def candidates(paper: Paper, log: Log, found: Sequence[Candidate]) -> None:
    """Print the schedules that may have made a log, in a table."""
    fitting = [one for one in found if one.fits]
    if fitting:
        last = counted(len(log.groups[0]))
        text = f"{fitting[0]}. It fits all {last}"
        if len(fitting) > 1:
            text += f", and so do {len(fitting) - 1} more: the log does not tell them apart"
        paper.paragraph(f"{text[0].upper()}{text[1:]}.", "bold green")
    else:
        paper.paragraph("None of the families fits; these come nearest.", "bold yellow")
    paper.line()
    rows = [["family", "largest difference", "arguments"]]
    for one in found[:CANDIDATES]:
        told = ", ".join(f"{name} {value:.6g}" for name, value in one.arguments.items())
        rows.append([one.family, "fits" if one.fits else f"{one.residual:.2g} of the peak", told])
    paper.table(rows)
    if fitting:
        paper.line()
        paper.line(fitting[0].schedule.to_json())


def candidates_document(log: Log, found: Sequence[Candidate]) -> dict[str, Any]:
    """Return the document of ``identify --json``."""
    return {
        "log": {"path": log.path, "format": log.format, "rates": len(log.groups[0])},
        "candidates": [
            {
                "family": one.family,
                "fits": one.fits,
                "residual": number(one.residual),
                "arguments": dict(one.arguments),
                "schedule": msgspec.json.decode(one.schedule.to_json()),
            }
            for one in found
        ],
    }


def annotation(document: Mapping[str, Any]) -> str:
    """Return the workflow command that shows a finding beside the log in a pull request."""
    kind = "notice" if document["verdict"] == "follows" else "error"
    path = (
        plain(document["log"]["path"]).replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    )
    said = plain(document["sentence"]).replace("%", "%25")
    return f"::{kind} file={path},title=isorate check::{said}"


def figure(found: Finding) -> Figure | None:
    """Return the picture of a finding, recipe and log; none where the run is too long to draw."""
    part = found.first
    last = part.last + 1
    if part.alignment is None or last > LONGEST_DRAWN:
        return None
    try:
        curve = found.recipe.lasting(last).curve
    except IsorateError:
        return None
    rows = curve.values.reshape(curve.groups, -1)
    lines = []
    for points, group in zip(part.alignment.points, part.groups, strict=True):
        meant = rows.mean(axis=0) if group < 0 else rows[group]
        order = np.argsort(points.updates, kind="stable")
        updates = np.arange(last)
        drawn = np.interp(updates, points.updates[order], points.values[order], left=np.nan)
        label = "" if len(part.groups) == 1 else f" {plain(points.name)}"
        lines += [Line(f"recipe{label}", meant), Line(f"log{label}", drawn)]
    facts = (("log", plain(found.log.path)), ("recipe", plain(found.recipe.code)))
    mark = None if part.departure is None else part.departure.update
    return Figure(plain(found.sentence), tuple(lines[:16]), mark, facts)


def counted(rates: int) -> str:
    """Return a number of rates in words."""
    return f"{rates:,} rate{'' if rates == 1 else 's'}"
