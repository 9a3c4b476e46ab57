"""A canvas of braille dots: two beside each other and four above each other in each character."""

from __future__ import annotations

#: The bits of a character's dots, row by row from below.
BITS = ((0x40, 0x80), (0x04, 0x20), (0x02, 0x10), (0x01, 0x08))
#: The character without any dot.
EMPTY = 0x2800


class Canvas:
    """Lines and letters, drawn at places of one's own; what lies outside is left away.

    Args:
        columns: how many characters it is wide.
        rows: how many it is high.
        across: the places of its left and its right edge.
        upward: those of its lower and its upper edge.

    Example:
        >>> canvas = Canvas(2, 1, (0, 4), (0, 4))
        >>> canvas.line((0, 0), (3, 3))
        >>> canvas.drawn()
        ['⡠⠊']

    """

    def __init__(
        self, columns: int, rows: int, across: tuple[float, float], upward: tuple[float, float]
    ) -> None:
        self.columns, self.rows = columns, rows
        self._left, self._bottom = across[0], upward[0]
        self._width = (across[1] - across[0]) / (2 * columns)
        self._height = (upward[1] - upward[0]) / (4 * rows)
        self._dots: dict[tuple[int, int], int] = {}
        self._letters: dict[tuple[int, int], str] = {}
        self._hues: dict[tuple[int, int], int | None] = {}

    def line(
        self, start: tuple[float, float], end: tuple[float, float], hue: int | None = None
    ) -> None:
        """Draw a line in a colour of the 256-colour terminal, or in none."""
        (x, y), (to_x, to_y) = self._dot(*start), self._dot(*end)
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        right, up = (to_x - x) / steps, (to_y - y) / steps
        for step in range(steps + 1):
            at_x, at_y = x + round(right * step), y + round(up * step)
            cell = at_y // 4, at_x // 2
            self._dots[cell] = self._dots.get(cell, 0) | BITS[at_y % 4][at_x % 2]
            self._hues[cell] = hue

    def letter(self, place: tuple[float, float], letter: str, hue: int | None = None) -> None:
        """Write a letter in the place of the dots there."""
        x, y = self._dot(*place)
        self._letters[y // 4, x // 2] = letter
        self._hues[y // 4, x // 2] = hue

    def drawn(self) -> list[str]:
        """Return its rows, from above."""
        columns = range(self.columns)
        return [
            "".join([self._sign((row, column)) for column in columns])
            for row in reversed(range(self.rows))
        ]

    def _dot(self, x: float, y: float) -> tuple[int, int]:
        return round((x - self._left) / self._width), round((y - self._bottom) / self._height)

    def _sign(self, cell: tuple[int, int]) -> str:
        sign = self._letters.get(cell) or chr(EMPTY + self._dots.get(cell, 0))
        hue = self._hues.get(cell)
        return sign if hue is None else f"\033[38;5;{hue}m{sign}\033[0m"
