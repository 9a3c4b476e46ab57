"""What the calls of one dialect are in another's words, as Markdown, and for a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from isorate.kit.writing import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isorate.comparison import Comparison
    from isorate.kit.call import Call
    from isorate.kit.registry import Dialect
    from isorate.mapping import Counterpart, Mapping
    from isorate.recipe import Recipe
    from isorate.reports.paper import Paper

#: A paragraph, a heading, code between fences, or a list; or the rows of a table.
Block = str | list[tuple[str, ...]]

#: Of a longer run so many rates are shown.
RATES_SHOWN = 40

#: So many constructors that say other shapes are named.
NAMES_SHOWN = 4

#: Differences that are none here, as both were found to have the same rates: of one written as
#: another shape, and of the order of operations, which the cards say.
ASIDE = {True: {"order", "shape"}, False: {"order", "shape", "begin", "period"}}

MOVED = {
    "step": "the loop, which calls its `step()`",
    "update": "the count of the optimizer's updates",
}

BY_MEANING = "Which argument is which follows from equating what both mean."
BY_CARDS = (
    "What one of the two means is no equation in its arguments, so that none is equated: these say "
    "the same kind of thing, by their cards."
)


def overview(a: Dialect, b: Dialect, found: Iterable[Mapping]) -> Iterator[Block]:
    """Visit the blocks of a page on all constructors of a dialect."""
    yield f"# From {a.title} to {b.title}"
    rows: list[tuple[str, ...]] = [(a.title, b.title)]
    for mapping in found:
        counterparts = mapping.counterparts
        equated = [counterpart for counterpart in counterparts if counterpart.equated]
        names = ", ".join(called(type(c.calls[1])) for c in equated or counterparts[:1])
        said = names if equated or not names else f"converts to {names}"
        rows.append((called(mapping.constructor), said or "none"))
    yield rows
    yield f"Arguments and an example of one: `isorate mapping {a.name} {b.name} CONSTRUCTOR`."


def page(found: Mapping) -> Iterator[Block]:
    """Visit the blocks of a page on one constructor."""
    card = found.constructor.card
    yield f"# {called(found.constructor)}: {card.dialect} and {found.to}".replace("`", "")
    yield from _signature(found.constructor)
    if found.conversion is None:
        yield f"{found.why}."
        return
    for counterpart in found.counterparts:
        yield from _counterpart(counterpart)
    if not found.counterparts:
        yield f"{found.to} has no counterpart."
    yield from _others(found)


def called(constructor: type[Call]) -> str:
    """Return how a constructor is named, marked where the framework calls it experimental."""
    name = constructor.card.name
    mark = "experimental " if ".experimental." in name else ""
    return f"{mark}`{name.rpartition('.')[2]}`"


def _signature(constructor: type[Call]) -> Iterator[Block]:
    card = constructor.card
    yield f"```python\n{constructor.signature()}\n```"
    lines = [
        f"- version read and run: {card.version}, {card.docs}",
        f"- moved by {MOVED[card.clock]}",
        f"- arithmetic: {card.arithmetic}",
        f"- past its end: {card.past_end}",
    ]
    if card.raises:
        lines.append(
            "- raises " + "; ".join(f"`{error}`: {why}" for error, why in card.raises.items())
        )
    if card.deprecation is not None:
        out = f"; `{card.way_out}` gives the same rates, and stays" if card.way_out else ""
        lines.append(f"- deprecated: “{card.deprecation}”{out}")
    for entry in card.deviations:
        lines.append(f"- documented: {entry.documented}; what it does: {entry.actual}")
    yield "\n".join(lines)


def _counterpart(found: Counterpart) -> Iterator[Block]:
    a, b = found.calls
    yield f"## {called(type(a))} as {called(type(b))}"
    yield from _signature(type(b))
    yield BY_MEANING if found.equated else BY_CARDS
    yield [(a.dialect, b.dialect, "what it says"), *((r.a, r.b, r.says) for r in found.rows)]
    if found.how:
        yield f"In {b.dialect}: {', '.join(f'`{text}`' for text in found.how)}."
    yield f"The same inputs on both sides. {found.example.sentence}"
    yield _code(found.example)
    yield from _differences(found)


def _code(example: Comparison) -> str:
    """Return both calls with the rates that each has, as code."""
    lines = []
    for recipe in example.recipes or ():
        call: Any = recipe.call
        lines += [f"# {call.dialect}", shortened(written(call)), given(recipe), ""]
    return "```python\n{}\n```".format("\n".join(lines[:-1]))


def written(call: Call) -> str:
    """Return a call as it stands in an example: what is stepped as the statements that build it."""
    return call.statements if call.card.clock == "step" else call.code


def given(recipe: Recipe) -> str:
    """Return the rates that a call gives as a comment: how it is stepped, and what comes of it."""
    call: Any = recipe.call
    curve, run, stepped = recipe.curve, recipe.run, ""
    if run.metrics is not None:
        stepped = f"metric {', '.join(map(str, run.metrics))} "
    elif run.updates_per_step > 1 and call.card.clock == "step":
        stepped = f"step() once in {run.updates_per_step} updates "
    if run.first_step is not None and call.card.clock == "step":
        stepped += f"for the first time after {run.updates_to_first_step} "
    groups = curve.values.reshape(curve.groups, -1)
    text = " / ".join(_rates(row) for row in groups)
    if curve.halt is not None:
        text += f", then {curve.halt.error}"
    return f"# {stepped}→ {text}"


def _rates(row: Any) -> str:
    if len(row) <= RATES_SHOWN:
        return ", ".join(map(str, row))
    half = RATES_SHOWN // 4
    return ", ".join([*map(str, row[:half]), "…", *map(str, row[-half:])])


def _differences(found: Counterpart) -> Iterator[Block]:
    if found.beyond.updates > found.example.updates:
        yield f"Farther on. {found.beyond.sentence}"
    a, b = (call.dialect for call in found.calls)
    names = {"a": a, "b": b if b != a else f"the other {b}"}
    lines = []
    for reason in found.beyond.reasons:
        if reason.kind in ASIDE[found.equated]:
            continue
        caused = f" ({', '.join(f'`{x}`' for x in reason.arguments)})" if reason.arguments else ""
        for side, name in names.items():
            caused = caused.replace(f"`{side}: ", f"{name} `")
        lines.append(f"- **{reason.kind}**: {_named(reason.text, names)}{caused}")
    lines += [f"- {loss}" for loss in found.losses]
    if lines:
        yield "\n".join(lines)


def _named(text: str, names: dict[str, str]) -> str:
    """Return a reason with the sides' names: the first a before b is a side, the rest articles."""
    first = re.search(r"\b[ab]\b", text)
    if first is not None and first[0] == "a":
        text = f"{text[: first.start()]}{names['a']}{text[first.end() :]}"
    return re.sub(r"\bb\b", names["b"], text)


def _others(found: Mapping) -> Iterator[Block]:
    """Visit what else the usual call becomes, and why it is not what else there is."""
    assert found.conversion is not None
    shown = {type(counterpart.calls[1]).card.name for counterpart in found.counterparts}
    ways = [way for way in found.conversion.ways if way.call.card.name not in shown]
    if ways:
        yield "## Other ways"
        yield f"Of `{shortened(found.conversion.call.code)}` over {found.conversion.run}:"
        lines = []
        for way in ways:
            said = "; ".join([way.comparison.verdict, *way.losses])
            lines.append(f"- `{shortened(way.code)}`: {said}")
        yield "\n".join(lines)
    lines = []
    for reason, names in found.conversion.refused.items():
        others = [name.rpartition(".")[2] for name in names if name not in shown]
        told = ", ".join(f"`{name}`" for name in others[:NAMES_SHOWN])
        more = len(others) - NAMES_SHOWN
        if others:
            lines.append(f"- {told}{f' and {more} more' if more > 0 else ''}: {reason}")
    if lines:
        yield "## Not by"
        yield "\n".join(lines)


def markdown(blocks: Iterable[Block], level: int = 0) -> str:
    """Return blocks as Markdown, their headings so many levels lower."""
    return "\n\n".join(_markdown(block, level) for block in blocks) + "\n"


def _markdown(block: Block, level: int) -> str:
    if isinstance(block, str):
        return "#" * level + block if block.startswith("#") else block
    head, *rows = (
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in block
    )
    return "\n".join([head, "|" + "---|" * len(block[0]), *rows])


def printed(paper: Paper, blocks: Iterable[Block]) -> None:
    """Print blocks on a terminal: tables in columns, sentences folded, code as it is."""
    for number, block in enumerate(blocks):
        if number:
            paper.line()
        if not isinstance(block, str):
            _table(paper, block)
        elif block.startswith("#"):
            paper.line(block.lstrip("# "), "bold")
        elif block.startswith("```"):
            for line in block.splitlines()[1:-1]:
                paper.line(line, "dim" if line.startswith("#") else "")
        else:
            for line in block.splitlines():
                if line.startswith("- "):
                    paper.rows([("-", line[2:])])
                else:
                    paper.paragraph(line)


def _table(paper: Paper, rows: list[tuple[str, ...]]) -> None:
    """Print a table in columns, where they are not too wide; else a paragraph for each row."""
    width = sum(max(map(len, column)) + 2 for column in zip(*rows, strict=True)) - 2
    if len(rows[0]) == 2:
        paper.rows([(row[0], row[1]) for row in rows])
    elif paper.width is None or width <= paper.width:
        paper.table(rows)
    else:
        paper.rows([("-", " | ".join(row)) for row in rows])
