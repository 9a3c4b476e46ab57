"""Figures as pictures: in the terminal, and as PNG or SVG."""

from __future__ import annotations

import math
import warnings
from functools import partial
from io import BytesIO
from textwrap import fill
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.reports.canvas import Canvas
from isorate.reports.figure import Figure, Line, envelope
from isorate.schedule.digits import apart
from isorate.schedule.errors import ReportError
from isorate.schedule.notebook import COLORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: The colours of pictures as numbers of the 256-colour terminal.
TERMINAL_COLORS = (33, 208, 42, 141, 136, 205, 245)
MARK_COLOR = 196
#: A piece of a line, for the legend.
DOTS = "⣀⡠⠤⠒⠉"
#: How all lines but the first are broken, in points, and what marks their updates: beside seven
#: colours, three of the one make 21 lines that look different.
DASHES = ((7, 4), (3, 5), (12, 3, 2, 3))
MARKERS = "os^Dv"
#: So many characters have room beside each other below a picture.
LEGEND = 140
#: What is left free above the highest and below the lowest rate, as a share of what lies between.
PAD = 0.02


class Look(msgspec.Struct, frozen=True):
    """How a line is drawn: its colour, how it is broken, in points, and its width."""

    color: str
    dashes: tuple[int, ...]
    width: float


def looks(count: int) -> list[Look]:
    """Return how so many lines are drawn, one upon the other.

    Of many, the first are the widest, so that those which lie on one line show beside each other
    and through each other's gaps.
    """
    more = min(0.6, 6 / count) if count > 2 else 0
    return [
        Look(
            COLORS[index % len(COLORS)],
            DASHES[(index - 1) % len(DASHES)] if index else (),
            round(2 + more * (count - 1 - index), 1),
        )
        for index in range(count)
    ]


def terminal(figure: Figure, width: int = 80, height: int = 14, *, color: bool = True) -> str:
    """Return a plot of braille dots, at most ``width`` characters wide."""
    low, high = figure.limits()
    labels = apart(high, low / 2 + high / 2, low, least=4)
    gutter = max(map(len, labels))
    columns = max(width - gutter - 3, 10)
    last = max(figure.updates - 1, 1)
    canvas = Canvas(columns, height, (-0.5, last + 0.5), (-PAD, 1 + PAD))
    if figure.mark is not None and figure.mark <= last:
        mark = MARK_COLOR if color else None
        canvas.line((figure.mark, -PAD), (figure.mark, 1 + PAD), mark)
    place = partial(_heights, low=low, high=high)
    for index, line in enumerate(figure.lines):
        hue = TERMINAL_COLORS[index % len(TERMINAL_COLORS)] if color else None
        updates, rates = envelope(line.values, columns * 2)
        points = zip(updates, place(rates), strict=True)
        _draw(canvas, points, len(line.values), columns * 2, hue)
    for index, line in enumerate(figure.lines):
        hue = TERMINAL_COLORS[index % len(TERMINAL_COLORS)] if color else None
        _sign(canvas, line, place, hue)
    rows = canvas.drawn()
    middle = len(rows) // 2
    at = {0: labels[0], middle: labels[1], len(rows) - 1: labels[2]}
    text = [
        f"{at.get(i, ''):>{gutter}} {'┤' if i in at else '│'}{row}" for i, row in enumerate(rows)
    ]
    text.append(" " * (gutter + 1) + "└" + "─" * columns)
    text.append(" " * (gutter + 2) + _axis(figure, columns, last))
    text += [" " * (gutter + 2) + row for row in _legend(figure, color, columns)]
    return "\n".join(row.rstrip(" ⠀") for row in text)


def _heights(values: Iterable[float], low: float, high: float) -> list[float]:
    """Return how high rates stand between the lowest, 0, and the highest, 1.

    All are scaled by a power of two first: the differences of very large rates are no floats, and
    very small ones cannot be divided by.
    """
    _, exponent = math.frexp(max(abs(low), abs(high)))
    floor = math.ldexp(low, -exponent)
    room = math.ldexp(high, -exponent) - floor
    return [(math.ldexp(rate, -exponent) - floor) / room for rate in values]


def _draw(
    canvas: Canvas, points: Iterable[tuple[int, float]], updates: int, columns: int, hue: int | None
) -> None:
    """Draw a line: as the steps that it is while they can be seen, else as its envelope."""
    half = 0.5 if updates * 4 <= columns else 0.0
    before: tuple[float, float] | None = None
    for x, y in points:
        if not math.isfinite(y):
            before = None
            continue
        if before is not None:
            canvas.line(before, (x - half, y), hue)
        if half or before is None:  # a line that comes to the update is there already
            canvas.line((x - half, y), (x + half, y), hue)
        before = (x + half, y)


def _sign(
    canvas: Canvas, line: Line, place: Callable[[list[float]], list[float]], hue: int | None
) -> None:
    """Write the letter of a line upon it near its end, for those who see no colours."""
    letter, colon, _ = line.label.partition(":")
    at = round((len(line.values) - 1) * 0.94)
    if colon and len(line.values) and math.isfinite(line.values[at]):
        canvas.letter((at, place([line.values[at]])[0]), letter, hue)


def _axis(figure: Figure, columns: int, last: int) -> str:
    """Return the updates below the plot: first, last, and the marked one."""
    end = str(figure.updates - 1)
    row = list(f"{'0':<{columns - len(end)}}{end}")
    if figure.mark is not None:
        note = f"▲ update {figure.mark}"
        at = round((figure.mark + 0.5) / (last + 1) * columns)
        at = min(max(at, 2), columns - len(note) - len(end) - 1)
        if at >= 2:
            row[at : at + len(note)] = note
    return "".join(row)


def _legend(figure: Figure, color: bool, columns: int) -> list[str]:
    """Return the rows of the legend, as many entries beside each other as there is room for."""
    rows: list[list[str]] = []
    room = 0
    for index, line in enumerate(figure.lines):
        hue = TERMINAL_COLORS[index % len(TERMINAL_COLORS)]
        dots = f"\033[38;5;{hue}m{DOTS}\033[0m" if color else DOTS
        room -= len(f"   {DOTS} {line.label}")
        if room < 0 or not rows:
            rows.append([])
            room = columns - len(f"{DOTS} {line.label}")
        rows[-1].append(f"{dots} {line.label}")
    return ["   ".join(row) for row in rows]


def picture(figure: Figure, kind: str) -> bytes:
    """Return a figure as PNG or SVG.

    Raises:
        ReportError: Matplotlib is not installed, or cannot draw these rates.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure as Sheet
    except ImportError:
        raise ReportError(
            f"{kind.upper()} pictures need Matplotlib",
            hint="pip install 'isorate[plot]', or --plot x.html",
        ) from None
    out = BytesIO()
    try:
        # a dollar in a call's text begins no formula, and warnings of a font's are not for users
        with rc_context({"text.parse_math": False}), warnings.catch_warnings(action="ignore"):
            sheet = Sheet(figsize=(10, 5.4), dpi=144, layout="constrained")
            FigureCanvasSVG(sheet) if kind == "svg" else FigureCanvasAgg(sheet)
            _plot(sheet.add_subplot(), figure)
            sheet.savefig(out, format=kind)
    except Exception as error:
        raise ReportError(
            "Matplotlib cannot draw it", got=str(error), hint="--plot x.html can"
        ) from error
    return out.getvalue()


def _plot(axes: Any, figure: Figure) -> None:
    """Draw a figure's lines, its mark and its legend."""
    few = figure.updates <= 64
    for index, (line, look) in enumerate(zip(figure.lines, looks(len(figure.lines)), strict=True)):
        updates, rates = envelope(line.values, 2000)
        axes.plot(
            updates,
            rates,
            color=look.color,
            linestyle=(0, tuple(part / look.width for part in look.dashes)) if look.dashes else "-",
            linewidth=look.width,
            drawstyle="steps-mid" if figure.updates <= 400 else "default",
            marker=MARKERS[index % len(MARKERS)] if few else None,
            markersize=2.5 + look.width,
            label=line.label,
        )
    low, high = figure.limits()
    if figure.mark is not None:
        axes.axvline(figure.mark, color="#dc2626", linewidth=1, linestyle=":")
        axes.annotate(
            f"update {figure.mark:,}",
            (figure.mark, high),
            xytext=(4, 6),
            textcoords="offset points",
            color="#dc2626",
            annotation_clip=False,
        )
    margin = (high - low) * 0.04
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlabel("update")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("learning rate")
    axes.set_title(fill(figure.title, 108), fontsize=11, loc="left", pad=18)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    longest = max((len(line.label) for line in figure.lines), default=1)
    columns = min(4, max(1, LEGEND // (longest + 6)))
    axes.figure.legend(frameon=False, loc="outside lower right", ncols=columns)
