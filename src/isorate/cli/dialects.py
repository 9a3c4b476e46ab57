"""``isorate dialects``: every call that Isorate reads."""

from __future__ import annotations

import click

from isorate.cli import _options, _output


@click.command("dialects", short_help="List every call that Isorate reads.")
@click.argument("names", metavar="[DIALECT]...", nargs=-1, shell_complete=_options.names)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(names: tuple[str, ...], as_json: bool) -> int:
    """List the dialects, or those named, with the constructors of each.

    Each is shown with its signature and how exactly its arithmetic is reproduced.

    \b
    Example:
      isorate dialects torch
    """  # noqa: D301 - \b is click's
    from isorate.kit.registry import get, registered

    known = [get(name) for name in names] or list(registered().values())
    if as_json:
        from isorate.reports import json

        _output.print_json(json.dialects(known))
    else:
        from isorate.reports import text

        text.dialects(_output.paper(), known)
    return 0
