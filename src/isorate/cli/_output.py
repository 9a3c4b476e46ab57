"""What the commands print and draw, and how far they have come."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from isorate.cli import _streams
from isorate.reports import LONGEST_DRAWN, files
from isorate.schedule.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from isorate.reports.figure import Figure
    from isorate.reports.paper import Paper
    from isorate.schedule.run import Run

#: The formats that ``--plot`` writes, by file name.
FORMATS = ("png", "svg", "html")

#: A terminal narrower than the one and wider than the other is no terminal; how wide and how high
#: it is where nothing says it.
NARROWEST, WIDEST, COLUMNS, ROWS = 20, 1000, 80, 25

#: What asks for colours where there is no terminal.
COLORED = ("FORCE_COLOR", "TTY_COMPATIBLE")

#: A bar that gave way to a line comes back after so many seconds.
COMES_BACK = 0.1


def paper() -> Paper:
    """Return what reports are printed on: standard output."""
    from isorate.reports.paper import Paper, Plainly

    width = columns()
    if not (sys.stdout.isatty() or any(map(os.environ.get, COLORED))):
        return Paper(Plainly(), width, None)
    from isorate.reports.colors import Colors

    return Paper(Colors(width, ROWS), width, width if sys.stdout.isatty() else None)


def columns() -> int:
    """Return the width of the terminal, or the usual one where there is none.

    ``shutil`` would say the same, but loads all that packs files.
    """
    width = 0
    with suppress(ValueError):
        width = int(os.environ.get("COLUMNS", ""))
    if width <= 0:
        with suppress(AttributeError, ValueError, OSError):
            width = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    return min(max(width or COLUMNS, NARROWEST), WIDEST)


def print_json(document: Any) -> None:
    """Print one document on standard output."""
    from isorate.reports.json import dumps

    sys.stdout.write(dumps(document, ascii_only=not _streams.is_utf8()))


def check_plot(path: Path | None, run: Run) -> None:
    """Refuse a picture that cannot be made, before any work is done."""
    if path is None:
        return
    kind = path.suffix[1:].lower()
    if kind not in FORMATS:
        raise ReportError(
            "--plot takes its format from the file's name",
            required=" or ".join(f".{kind}" for kind in FORMATS),
            got=repr(path.name),
        )
    if kind != "html" and find_spec("matplotlib") is None:
        raise ReportError(
            f"{kind.upper()} pictures need Matplotlib",
            hint="pip install 'isorate[plot]', or --plot x.html",
        )
    files.check(path)
    if (run.updates or 0) > LONGEST_DRAWN:
        raise ReportError(
            f"cannot draw {path.name}: the run is too long",
            required=f"at most {LONGEST_DRAWN} updates",
            got=run.updates,
        )


def plot(path: Path | None, drawn: Callable[[Any], Figure | None]) -> None:
    """Write a figure of ``reports.figure``'s, which is loaded where a picture is asked for."""
    if path is not None:
        from isorate.reports import figure

        write_plot(path, drawn(figure))


def write_plot(path: Path, figure: Figure | None) -> None:
    """Write a figure in the format that the file's name asks for, and say so."""
    if figure is None:
        raise ReportError(f"cannot draw {path.name}: there is nothing to show")
    kind = path.suffix[1:].lower()
    if kind == "html":
        from isorate.reports.html import page

        files.write(path, page(figure))
    else:
        import logging

        from isorate.reports.plot import picture

        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its caches
        files.write(path, picture(figure, kind))
    _streams.say(f"wrote {path}")


class Progress:
    """A bar on standard error, only on a terminal, and only once a second has passed."""

    def __init__(self, total: int | None, patience: float = 1.0, *, what: str = "updates") -> None:
        self.total, self.what = total, what
        self.patience = patience
        self.started = time.monotonic()
        self.bar: Any = None
        self.task: Any = None
        self.visible = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, done: int) -> None:
        """Report the number of updates, or of something else, done."""
        if not self.visible:
            return
        if self.bar is None:
            if time.monotonic() - self.started < self.patience:
                return
            from rich.console import Console
            from rich.progress import Progress as Bar

            self.bar = Bar(
                console=Console(stderr=True, width=columns(), height=ROWS), transient=True
            )
            self.bar.start()
            self.task = self.bar.add_task(self.what, total=self.total)
        self.bar.update(self.task, completed=done)

    def __enter__(self) -> Progress:
        return self

    def give_way(self) -> None:
        """Let something be printed where the bar is; it comes back a moment later."""
        if self.bar is not None and sys.stdout is not None and sys.stdout.isatty():
            self.bar.stop()
            self.bar = None
            self.started, self.patience = time.monotonic(), COMES_BACK

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()
