"""``isorate compare``: two calls, update by update."""

from __future__ import annotations

from typing import Any

import click

from isorate.cli import _options, _output, _sides
from isorate.cli._names import names
from isorate.schedule.errors import ReadError


@click.command("compare", cls=_options.Command, short_help="Compare two calls, update by update.")
@click.argument("a", shell_complete=_options.paths)
@click.argument("b", required=False, shell_complete=_options.paths)
@click.option(
    "--tolerance", type=float, metavar="SHARE", help="What counts as equal, of the peak rate."
)
@_options.schedule_options
def command(a: str, b: str | None, tolerance: float | None, **options: Any) -> int:
    """Compare the rates of A and B and name the first update at which they differ, and why.

    A alone may be a text with two schedules. Either may be a trainer's configuration.

    \b
    Example:
      isorate compare "CosineAnnealingLR(T_max=2, eta_min=0.01)" \\
                      "cosine_decay_lr(0.01, 0.1, 6, 2, 2)" --lr 0.1 \\
                      --epochs 3 --updates-per-epoch 2 --step-every epoch
    """  # noqa: D301 - \b is click's
    from isorate.comparison import compare
    from isorate.recipe import together

    known = names(options["settings"], options["value_files"])
    run = _options.told(options)
    if b is None:
        read: list[Any] = _sides.read_all(a, options["rates"], known, run=run)
        if len(read) != 2:
            many = "one schedule" if len(read) == 1 else f"{len(read)} schedules"
            required = "a B to compare it with, or a text with two schedules"
            raise ReadError(f"A alone has {many}", required=required)
    else:
        read = _sides.read_sides((a, b), options, known, run)
    first, second = (_sides.recipe_of(side, options) for side in read)
    _output.check_plot(options["plot"], first.run)
    own = zip((first, second), read, strict=True)
    said = (said for one, side in own for said in _sides.assumptions(one.run, side))
    assumed = list(dict.fromkeys(said))
    trained = [(one.run.updates or 0, name) for one, name in ((first, "a"), (second, "b"))]
    (least, shorter), (most, longer) = sorted(trained)
    if 0 < least < most:
        lengths = f"{shorter} trains {least} updates, {longer} {most}"
        assumed.append(f"{lengths}: after them {shorter} is shown as though it went on")
    left, right = together(first, second)
    with _output.Progress(left.run.updates) as progress:
        result = compare(left, right, tolerance=tolerance, progress=progress)
    _output.plot(options["plot"], lambda figure: figure.of_comparison(result))
    if options["as_json"]:
        from isorate.reports import json

        _output.print_json(json.comparison(result) | {"assumptions": assumed})
    else:
        from isorate.reports import text

        open_ = first.run.updates is None is second.run.updates
        text.comparison(_output.paper(), result, open_, assumed)
    return 0 if result.equal else 1
