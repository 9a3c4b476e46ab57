"""A mapping page as Markdown: cards, comparisons and recorded runs, put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.comparison import compare
from isorate.conversion import convert
from isorate.core.run import Run
from isorate.dialects._base import shortened
from isorate.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.core.run import StepEvery
    from isorate.dialects._base import Call, Card, Role
    from isorate.mappings import MappingPage, Snippet

#: What a role means, and what stands in for it where a call has no argument that plays it.
ROLES: dict[Role, tuple[str, str]] = {
    "start": ("the first rate", "none"),
    "end": ("the minimum", "none"),
    "duration": ("from the first rate to the minimum", "none"),
    "clock": ("updates at one rate", "how often the loop calls `scheduler.step()`"),
    "length": ("how many updates have a rate", "none: it never ends"),
    "begin": ("where a resumed run stands", "none: it begins at its first rate"),
}


def mapping(page: MappingPage) -> str:
    """Return a whole mapping page."""
    a, b = (read(text) for text in page.calls)
    outputs = page.outputs()
    versions = page.recorded()["frameworks"]
    tested = " and ".join(f"{name} {entry['version']}" for name, entry in versions.items())
    parts = [
        f"# `{a.card.name}` and `{b.card.name}`",
        f"What one says in the words of the other. Every output below was printed by {tested}.",
        "## Signatures",
        *_signature(a.card, type(a)),
        *_signature(b.card, type(b)),
        "## Parameters",
        _parameters(a, b),
        "## Differences",
        *_differences(a, b),
        "## The same schedule on both sides",
        f"{_sentence(a, b, page.run)} The run: {page.run}.",
        *(part for snippet in page.examples for part in _code(snippet, outputs)),
        "## Converting",
        *_converting(page, a, b),
        "## Other calls to weigh",
        "\n".join(f"- `{name}`: {why}." for name, why in page.others),
        "## Traps",
        "\n".join(_traps(page)),
        "## What the published page states wrongly",
        f"MindSpore's documentation has had a page on this pair since r1.9. Its two examples run "
        f"as printed today ({tested}), and print what it says:",
        *(part for snippet in page.published for part in _code(snippet, outputs)),
        "These of its statements are contradicted by a run:",
        *(part for number in range(len(page.errata)) for part in _erratum(page, number, outputs)),
        f"*Made by `isorate mapping {page.a} {page.b}`; the outputs are recorded by "
        "`python tools/record.py`.*",
    ]
    return "\n\n".join(parts) + "\n"


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
        lines.append(f"- deprecated: “{card.deprecation}” `{card.way_out}` is the same, and stays")
    yield "\n".join(lines)


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


def _differences(a: Call, b: Call) -> Iterator[str]:
    result = compare(a, b, Run())
    yield (
        "Over every period and past every end, both stepped at every update "
        f"({result.updates} updates): {result.sentence}"
    )
    names = {"a": a.card.runs_in, "b": b.card.runs_in}
    lines = []
    for reason in result.reasons:
        if reason.kind == "order":
            continue  # the signatures above say it
        caused = f" ({', '.join(f'`{x}`' for x in reason.arguments)})" if reason.arguments else ""
        text = " ".join(names.get(word, word) for word in reason.text.split(" "))
        caused = caused.replace("`a: ", f"{names['a']} `").replace("`b: ", f"{names['b']} `")
        lines.append(f"- **{reason.kind}**: {text}{caused}")
    yield "\n".join(lines)


def _code(snippet: Snippet, outputs: dict[str, str]) -> Iterator[str]:
    yield f"```python\n{snippet.code}```"
    yield f"```text\n{outputs[snippet.name]}\n```"


def _converting(page: MappingPage, a: Call, b: Call) -> Iterator[str]:
    epochs: StepEvery = "epoch"
    run = Run(6, updates_per_epoch=2, step_every=epochs)
    for call, to in ((a, page.b), (b, page.a)):
        conversion = convert(call, to=to, run=run if call is a else Run(run.length))
        rows = [
            f"To {to}, over {conversion.run}:",
            "",
            "| way | verdict | step it | to mind |",
            "|---|---|---|---|",
        ]
        for way in conversion.ways:
            stepping = f"once in {way.run.updates_per_step} updates"
            if way.call.card.clock == "update":
                stepping = "by the optimizer"
            elif way.run.updates_per_step == 1:
                stepping = "every update"
            said = [loss for loss in way.losses if not loss.startswith("call scheduler.step()")]
            rows.append(
                f"| `{shortened(way.code)}` | {way.comparison.verdict} | {stepping} | "
                f"{'; '.join(said) or '–'} |"
            )
        rows += [f"\nNot `{name}`: {reason}." for name, reason in conversion.refusals]
        yield "\n".join(rows)


def _traps(page: MappingPage) -> Iterator[str]:
    for trap in page.traps:
        result = compare(trap.a, trap.b, trap.run, tolerance=trap.tolerance)
        yield f"- {trap.text} {result.sentence}"
        yield f"  - a: `{trap.a}`"
        yield f"  - b: `{trap.b}`"


def _erratum(page: MappingPage, index: int, outputs: dict[str, str]) -> Iterator[str]:
    erratum = page.errata[index]
    yield f"**{index + 1}. {erratum.where[0].upper()}{erratum.where[1:]}:** {erratum.said}"
    yield erratum.so
    yield from _code(erratum.shown, outputs)


def _sentence(a: Call, b: Call, run: Run) -> str:
    return compare(a, b, run).sentence
