"""A mapping page as Markdown: cards, comparisons and recorded runs, put into words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from isorate.comparison import compare
from isorate.conversion import convert
from isorate.kit.registry import constructors
from isorate.kit.writing import shortened
from isorate.schedule.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isorate.conversion import Conversion, Way
    from isorate.kit.call import Call
    from isorate.kit.card import Card, Role
    from isorate.mappings import Example, MappingPage, Snippet, Trap

#: What a role means, and what stands in for it where a call has no argument that plays it.
ROLES: dict[Role, tuple[str, str]] = {
    "start": ("the first rate", "none"),
    "end": ("the rate at the end", "none"),
    "duration": ("from the first rate to the last, or from one change to the next", "none"),
    "factor": ("what the rate is multiplied by, or how strongly it decays", "none"),
    "shape": ("the course in between", "none"),
    "clock": ("updates at one rate", "how often the loop calls `scheduler.step()`"),
    "length": ("how many updates have a rate", "none: it never ends"),
    "begin": ("where a resumed run stands", "none: it begins at its first rate"),
}

#: What is written as rates, or as calls with a plus between them, and not by its name.
LISTS = {
    "mindspore.list": "a list of rates",
    "mindspore.list_concatenation": "lists, one after the other",
}


def mapping(page: MappingPage) -> str:
    """Return a whole mapping page."""
    outputs = page.outputs()
    parts = [
        f"# {page.title}: torch and MindSpore",
        page.says,
        f"{page.history} Every output below was printed by {_tested(page)}.",
        "## Signatures",
        *(part for call in _constructors(page) for part in _signature(call.card, type(call))),
    ]
    for index, example in enumerate(page.examples):
        parts += _example(page, index, example, outputs)
    if page.others:
        rows = [f"- `{name}`: {why}." for name, why in page.others]
        parts += ["## Other calls to weigh", "\n".join(rows)]
    parts.append("## Traps")
    parts += ["\n".join(_trap(page, trap, outputs)) for trap in page.traps]
    for thing in page.shown:
        parts += [f"- {thing.text}", *_code(thing.snippet, outputs)]
    parts += _deprecated(page)
    parts += _published(page, outputs)
    parts.append(
        f"*Made by `isorate mapping {page.a} {page.b} {page.subject}`; what the frameworks gave is "
        "recorded by `python tools/record.py`.*"
    )
    return "\n\n".join(parts) + "\n"


def mapping_index(pages: Iterable[MappingPage]) -> str:
    """Return the list of all pages, with the verdict of each example."""
    rows = [
        "# From torch to MindSpore and back",
        "One page a subject. On each: the parameters side by side, the same schedule said on both "
        "sides with what the frameworks printed, the conversion both ways, where they differ, and "
        "what a migration stumbles over.",
        "| subject | torch | MindSpore | the example's verdict |\n|---|---|---|---|",
    ]
    lines = []
    for page in pages:
        for example in page.examples:
            a, b = example.calls()
            subject = f"[{page.title}]({page.subject}.md)"
            verdict = compare(a, b, example.run).verdict
            lines.append(f"| {subject} | `{a.name}` | {called(b)} | {verdict} |")
    return "\n\n".join(rows) + "\n" + "\n".join(lines) + "\n"


def called(call: Call) -> str:
    """Return how a call is named in a table: MindSpore's experimental ones are marked."""
    if call.card.name in LISTS:
        return LISTS[call.card.name]
    mark = "experimental " if ".experimental." in call.card.name else ""
    return f"{mark}`{call.name}`"


def _tested(page: MappingPage) -> str:
    versions = page.recorded()["frameworks"]
    return " and ".join(f"{name} {entry['version']}" for name, entry in versions.items())


def _constructors(page: MappingPage) -> list[Call]:
    """Return one call of each constructor of the examples; a list of rates has none."""
    calls = [call for example in page.examples for call in example.calls()]
    return list({call.card.name: call for call in calls if call.card.name not in LISTS}.values())


def _signature(card: Card, constructor: type[Call]) -> Iterator[str]:
    yield f"```python\n{constructor.signature()}\n```"
    lines = [
        f"- version read and run: {card.version} ([documentation]({card.docs}))",
        f"- arithmetic: {card.arithmetic}",
        f"- past its end: {card.past_end}",
    ]
    if card.raises:
        lines.append(
            "- raises " + "; ".join(f"`{error}`: {why}" for error, why in card.raises.items())
        )
    if card.deprecation is not None:
        lines.append(f"- deprecated: “{card.deprecation}”")
    yield "\n".join(lines)


def _example(
    page: MappingPage, index: int, example: Example, outputs: dict[str, str]
) -> Iterator[str]:
    a, b = example.calls()
    yield f"## {called(a)} as {called(b)}"
    yield "### Parameters"
    yield _parameters(a, b)
    yield "### The same schedule on both sides"
    yield f"{compare(a, b, example.run).sentence} The run: {example.run}."
    for program in page.programs(index):
        yield from _code(program, outputs)
    yield "### Differences"
    yield from _differences(a, b, example.run)
    yield "### Converting"
    yield _conversion(page, convert(a, to=page.b, run=example.run))
    back = example.run if b.card.clock == "step" else Run(example.run.length)
    yield _conversion(page, convert(b, to=page.a, run=back))


def _parameters(a: Call, b: Call) -> str:
    rows = [f"| {a.card.runs_in} | {b.card.runs_in} | what it says |", "|---|---|---|"]
    for role, (meaning, missing) in ROLES.items():
        cells = [_playing(call, role) for call in (a, b)]
        if any(cells):
            shown = [cell or missing for cell in cells]
            rows.append(f"| {shown[0]} | {shown[1]} | {meaning} |")
    return "\n".join(rows)


def _playing(call: Call, role: Role) -> str:
    names = [name for name, played in call.card.roles.items() if played == role]
    return ", ".join(
        "`lr` of the optimizer" if name == "optimizer" else f"`{name}`" for name in names
    )


def _differences(a: Call, b: Call, run: Run) -> Iterator[str]:
    if run.metrics is None:
        result = compare(a, b, Run())
        over = "Over every period and past every end, both stepped at every update"
    else:
        result = compare(a, b, run)
        over = "With the same metric"
    yield f"{over} ({result.updates} updates): {result.sentence}"
    names = {"a": a.card.runs_in, "b": b.card.runs_in}
    lines = []
    for reason in result.reasons:
        if reason.kind == "order":
            continue  # the signatures say it
        caused = f" ({', '.join(f'`{x}`' for x in reason.arguments)})" if reason.arguments else ""
        text = _named(reason.text, names)
        caused = caused.replace("`a: ", f"{names['a']} `").replace("`b: ", f"{names['b']} `")
        lines.append(f"- **{reason.kind}**: {text}{caused}")
    if lines:
        yield "\n".join(lines)


def _named(text: str, names: dict[str, str]) -> str:
    """Return a reason with the sides' names: the first a before b is a side, the rest articles."""
    first = re.search(r"\b[ab]\b", text)
    if first is not None and first[0] == "a":
        text = f"{text[: first.start()]}{names['a']}{text[first.end() :]}"
    return re.sub(r"\bb\b", names["b"], text)


def _code(snippet: Snippet, outputs: dict[str, str]) -> Iterator[str]:
    yield f"```python\n{snippet.code}```"
    yield f"```text\n{outputs[snippet.name]}\n```"


def _conversion(page: MappingPage, conversion: Conversion) -> str:
    rows = [
        f"To {conversion.to}, over {conversion.run}:",
        "",
        "| way | verdict | step it | to mind |",
        "|---|---|---|---|",
    ]
    for way in conversion.ways:
        said = [loss for loss in way.losses if not loss.startswith("call scheduler.step()")]
        cells = (f"`{shortened(way.code)}`", way.comparison.verdict, _pace(way), "; ".join(said))
        rows.append(f"| {' | '.join(cell.replace('|', '&#124;') or '–' for cell in cells)} |")
    named = {name for name, _ in page.others} | {call.card.name for call in _constructors(page)}
    told = [(name, reason) for name, reason in conversion.refusals if name in named]
    rows += [f"\nNot `{name}`: {reason}." for name, reason in told]
    rest = len(conversion.refusals) - len(told)
    if rest:
        rows.append(f"\n`isorate convert` also says why not by {rest} other calls.")
    return "\n".join(rows)


def _pace(way: Way) -> str:
    if way.call.card.clock == "update":
        return "by the optimizer"
    every = way.run.updates_per_step
    return "every update" if every == 1 else f"once in {every} updates"


def _trap(page: MappingPage, trap: Trap, outputs: dict[str, str]) -> Iterator[str]:
    result = compare(trap.a, trap.b, trap.run, tolerance=trap.tolerance)
    every, epochs = trap.run.updates_per_step, ""
    if every > 1:
        epochs = f" (The scheduler is stepped once an epoch, of {every} updates.)"
    metric = "" if trap.run.metrics is None else f" (The metric: {list(trap.run.metrics)}.)"
    driven = page.driven(trap)
    source = "" if driven else " (Worked out by Isorate: too long a run to record.)"
    yield f"- {trap.text} {result.sentence}{epochs}{metric}{source}"
    for number, (side, text) in enumerate((("a", trap.a), ("b", trap.b))):
        gave = f" gives {outputs[driven[number].name]}" if driven else ""
        yield f"  - {side}: `{text}`{gave}"


def _deprecated(page: MappingPage) -> Iterator[str]:
    known = {constructor.card.name: constructor.card for constructor in constructors()}
    named = [*(call.card.name for call in _constructors(page)), *(name for name, _ in page.others)]
    cards = [known[name] for name in dict.fromkeys(named) if name in known]
    lines = [
        f"- `{card.name}`: “{card.deprecation}” {card.version} still has it. "
        f"`{card.way_out}` gives the same rates, and stays."
        for card in cards
        if card.deprecation is not None
    ]
    yield "## Deprecated"
    yield "\n".join(lines) or "Nothing on this page."


def _published(page: MappingPage, outputs: dict[str, str]) -> Iterator[str]:
    if not page.errata:
        return
    yield "## What the published documentation states wrongly"
    if page.published:
        yield f"Its examples run as printed today ({_tested(page)}), and print what it says:"
        for snippet in page.published:
            yield from _code(snippet, outputs)
    yield "Contradicted by a run:"
    for number, erratum in enumerate(page.errata, 1):
        yield f"**{number}. {erratum.where[0].upper()}{erratum.where[1:]}:** {erratum.said}"
        yield erratum.so
        yield from _code(erratum.shown, outputs)
