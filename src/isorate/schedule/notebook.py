"""What a notebook shows: small HTML fragments with a curve drawn as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH, HEIGHT, MARGIN = 480, 140, 8
#: Colours by line, here and in every picture; red is the mark's.
COLORS = ("#2563eb", "#ea580c", "#059669", "#9333ea", "#a16207", "#db2777", "#64748b")


def table(rows: Iterable[tuple[str, object]]) -> str:
    """Return two columns of facts."""
    import html  # whose tables take longer to load than most pages that never show one

    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>"
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def sketch(lines: Sequence[Sequence[float]], mark: float | None = None) -> str:
    """Return an inline SVG of one polyline a sequence; ``mark`` in [0, 1] draws a vertical line.

    Values that are not finite break the line.
    """
    finite = [v for line in lines for v in line if v - v == 0]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    span = (high - low) or 1.0
    body = []
    for index, line in enumerate(lines):
        step = (WIDTH - 2 * MARGIN) / max(len(line) - 1, 1)
        pieces: list[list[str]] = [[]]
        for k, value in enumerate(line):
            if value - value != 0:
                pieces.append([])
                continue
            y = HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2 * MARGIN)
            pieces[-1].append(f"{MARGIN + k * step:.1f},{y:.1f}")
        color = COLORS[index % len(COLORS)]
        body += [
            f"<polyline points='{' '.join(piece)}' fill='none' stroke='{color}'/>"
            for piece in pieces
            if piece
        ]
    if mark is not None:
        x = MARGIN + mark * (WIDTH - 2 * MARGIN)
        body.append(f"<line x1='{x:.1f}' x2='{x:.1f}' y1='0' y2='{HEIGHT}' stroke='#dc2626'/>")
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}' "
        f"stroke-width='1.6' role='img' aria-label='learning rate by update'>{''.join(body)}</svg>"
    )


def thin(updates: int, most: int = 480) -> list[int]:
    """Return at most ``most`` evenly spread indices, both ends included."""
    if updates <= most:
        return list(range(updates))
    return [round(i * (updates - 1) / (most - 1)) for i in range(most)]
