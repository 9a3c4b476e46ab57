"""``isorate mapping``: what the calls of one dialect are in another's words."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from isorate.cli import _options, _output, _sides, _streams
from isorate.cli._names import Settings


@click.command("mapping", short_help="Say which argument of one framework is which of another.")
@click.argument("a", shell_complete=_options.names)
@click.argument("b", shell_complete=_options.names)
@click.argument("constructor", required=False)
@_options.lr_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write Markdown to a file instead.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    a: str,
    b: str,
    constructor: str | None,
    rates: tuple[float, ...],
    output: Path | None,
    as_json: bool,
) -> int:
    """Say what a CONSTRUCTOR of dialect A is in dialect B, or one call of it.

    Which argument is which follows from what both mean; an example has the same inputs on both
    sides. Without a CONSTRUCTOR, list the counterparts of all. What goes into a pipe is Markdown.

    \b
    Example:
      isorate mapping torch mindspore CosineAnnealingLR
    """  # noqa: D301 - \b is click's
    from isorate.kit import registry
    from isorate.mapping import mapping, named
    from isorate.reports import markdown
    from isorate.reports.files import write
    from isorate.reports.json import dumps
    from isorate.reports.json import mapping as document

    here, there = registry.get(a), registry.get(b)
    is_call = constructor is not None and bool(re.search(r"[([]|^(@.*|-)$", constructor))
    if rates and not is_call:
        raise click.UsageError("--lr is the rate of a call, and there is none")
    if constructor is not None and is_call:
        call = _sides.read_side(constructor, rates, Settings(), dialect=a).call
        found = [mapping(call, b)]
        blocks = list(markdown.page(found[0]))
    elif constructor is not None:
        found = [mapping(*named(a, b, constructor))]
        blocks = list(markdown.page(found[0]))
    else:
        found = [mapping(each, b) for each in here.constructors]
        blocks = list(markdown.overview(here, there, found))
    told: dict[str, Any] = {"a": a, "b": b, "subjects": [document(each) for each in found]}
    told["markdown"] = markdown.markdown(blocks)
    if output is not None:
        write(output, dumps(told) if as_json else told["markdown"])
        _streams.say(f"wrote {output}")
    elif as_json:
        _output.print_json(told)
    elif sys.stdout.isatty():
        markdown.printed(_output.paper(), blocks)
    else:
        sys.stdout.write(told["markdown"])
    return 0
