"""``isorate mapping``: the pages that map one framework's calls to another's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from isorate.cli import _shared as shared
from isorate.cli import _streams


@click.command("mapping", short_help="Print the page that maps one framework to another.")
@click.argument("a")
@click.argument("b")
@click.argument("subject", required=False)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(a: str, b: str, subject: str | None, output: Path | None, as_json: bool) -> int:
    """Print the mapping page for dialects A and B on a SUBJECT as Markdown.

    Without a SUBJECT, list those that there are. The outputs on a page were printed by the
    frameworks themselves and recorded; everything else is worked out anew.
    """
    from isorate.reports.files import write
    from isorate.reports.json import dumps

    document = _subjects(a, b) if subject is None else _page(a, b, subject)
    if output is not None:
        write(output, dumps(document) if as_json else document["markdown"])
        _streams.say(f"wrote {output}")
    elif as_json:
        shared.print_json(document)
    else:
        sys.stdout.write(document["markdown"])
    return 0


def _page(a: str, b: str, subject: str) -> dict[str, Any]:
    from isorate.mappings import get
    from isorate.reports.markdown import mapping

    page = get(a, b, subject)
    return {"a": page.a, "b": page.b, "subject": page.subject, "markdown": mapping(page)}


def _subjects(a: str, b: str) -> dict[str, Any]:
    from isorate.mappings import between
    from isorate.reports.markdown import called

    found = between(a, b)
    listed = []
    for page in found:
        pairs = [f"{called(x)} as {called(y)}" for x, y in (e.calls() for e in page.examples)]
        listed.append({"subject": page.subject, "says": ", ".join(pairs)})
    text = "".join(f"- {one['subject']}: {one['says']}\n" for one in listed)
    return {"a": found[0].a, "b": found[0].b, "subjects": listed, "markdown": text}
