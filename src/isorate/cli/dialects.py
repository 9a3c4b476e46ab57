"""``isorate dialects``: every call that Isorate reads."""

from __future__ import annotations

import sys

import click

from isorate.cli import _shared as shared


@click.command("dialects", short_help="List every call that Isorate reads.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(as_json: bool) -> int:
    """List the dialects, the constructors of each, and how exactly each is reproduced."""
    from isorate.dialects import registered

    known = list(registered().values())
    if as_json:
        from isorate.reports import json

        sys.stdout.write(json.dumps(json.dialects(known)))
    else:
        from isorate.reports import text

        text.dialects(shared.console(), known)
    return 0
