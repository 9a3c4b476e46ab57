"""``isorate mapping``: the page that maps one framework's call to another's."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("mapping", short_help="Print the page that maps one framework to another.")
@click.argument("a")
@click.argument("b")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(a: str, b: str, output: Path | None, as_json: bool) -> int:
    """Print the mapping page for dialects A and B as Markdown.

    The outputs on the page were printed by the frameworks themselves and recorded; everything
    else is worked out anew.
    """
    from isorate.mappings import get
    from isorate.reports.json import dumps
    from isorate.reports.markdown import mapping

    page = get(a, b)
    text = mapping(page)
    if as_json:
        text = dumps({"a": page.a, "b": page.b, "markdown": text})
    if output is None:
        sys.stdout.write(text)
        return 0
    from isorate.reports.files import write

    write(output, text)
    print(f"wrote {output}", file=sys.stderr)
    return 0
