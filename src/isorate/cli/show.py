"""``isorate show``: what one call really does."""

from __future__ import annotations

import sys
from typing import Any

import click

from isorate.cli import _shared as shared


@click.command("show", short_help="Show what one call really does.")
@click.argument("call")
@click.option("--dialect", metavar="NAME", help="The dialect to read CALL in.")
@shared.schedule_options
def command(call: str, dialect: str | None, **options: Any) -> int:
    """Show the rates that CALL gives, update by update, in its framework's own arithmetic.

    \b
    Example:
      isorate show "CosineAnnealingLR(T_max=100, eta_min=0.001)" --lr 0.1
    """  # noqa: D301 - \b is click's
    from isorate.reports import figure
    from isorate.simulation import default_updates, simulate

    run = shared.make_run(options)
    shared.check_plot(options["plot"], run)
    read = shared.read_side(call, options["rates"], shared.names(options["settings"]), dialect)
    default = run.updates is None
    if default:
        run = run.lasting(default_updates(run, read))
    with shared.Progress(run.updates) as progress:
        curve = simulate(read, run, progress=progress)
    if options["plot"] is not None:
        shared.write_plot(options["plot"], figure.of_curve(read, curve, run))
    if options["as_json"]:
        from isorate.reports import json

        sys.stdout.write(json.dumps(json.show(read, curve)))
    else:
        from isorate.reports import text

        text.show(shared.console(), read, curve, run, default)
    return 0
