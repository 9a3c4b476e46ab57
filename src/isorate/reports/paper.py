"""Text as it lies on a terminal or in a pipe: lines, paragraphs, rows and tables.

A terminal's lines are folded between words; what goes into a pipe is neither folded nor padded, so
that a row of a table is one line. No character reaches either that a terminal would act upon.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.text import Text

from isorate.schedule.printable import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

#: Where a word that is longer than a line may end: after a sign of code, outside a number.
SEAMS = re.compile(r"(?<=[;/(\[=·_])|(?<=,)(?!\d)|(?<=\.)(?=[^\W\d])")

#: Text is not folded more narrowly than this, however narrow the terminal says it is.
NARROWEST = 20


class Part(NamedTuple):
    """A piece of what a row says; on a terminal each begins a line. Code is never folded."""

    text: str
    style: str = ""
    code: bool = False


class Paper:
    """What a report is printed on.

    Args:
        console: where it goes, and in what colours.
        width: the width at which text is folded, none for a pipe.

    """

    def __init__(self, console: Console, width: int | None) -> None:
        self.console = console
        self.width = width

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line as it is, however long: code can be copied from it."""
        self._print(Text(self._written(text), style))

    def paragraph(self, text: str, style: str = "", *, indent: int = 0) -> None:
        """Print a text, folded between its words."""
        for line in self._lines(Part(text), indent):
            self.line(" " * indent + line, style)

    def rows(self, rows: Sequence[tuple[str, str | Sequence[Part]]], *, indent: int = 0) -> None:
        """Print names in one column and what is said of each in another."""
        names = [" " * indent + self._written(name) for name, _ in rows]
        left = max(map(cell_len, names), default=0) + 2
        for name, (_, said) in zip(names, rows, strict=True):
            parts = [Part(said)] if isinstance(said, str) else said
            lines = [Text(line, part.style) for part in parts for line in self._lines(part, left)]
            if self.width is None:
                lines = [Text("  ").join(lines)]
            for number, line in enumerate(lines):
                label = "" if number else name
                self._print(Text.assemble((label, "dim"), " " * (left - cell_len(label)), line))

    def table(self, rows: Sequence[Sequence[str]], right: int | None = None) -> None:
        """Print a heading and rows of cells, those of one column to the right."""
        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        for number, row in enumerate(rows):
            pads = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
            cells = [cell + pad for cell, pad in zip(row, pads, strict=True)]
            if right is not None:
                cells[right] = pads[right] + row[right]
            self.line("  ".join(cells).rstrip(), "" if number else "dim")

    def picture(self, drawn: str) -> None:
        """Print a picture that brings its own colours."""
        self._print(Text.from_ansi(drawn))

    def _lines(self, part: Part, left: int) -> list[str]:
        text = self._written(part.text)
        if self.width is None or part.code:
            return [text]
        return list(folded(text, max(self.width - left, NARROWEST)))

    def _written(self, text: str) -> str:
        """Return a text as it will be written, where the encoding has no room for all of it."""
        file = self.console.file
        encoding = getattr(file, "encoding", None) or "utf-8"
        return (
            plain(text).encode(encoding, getattr(file, "errors", None) or "strict").decode(encoding)
        )

    def _print(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)


def folded(text: str, width: int) -> Iterator[str]:
    """Fold a text at its spaces, and a word that is longer than a line at its seams.

    Example:
        >>> list(folded("cos(t) is half of nothing.at_all", 10))
        ['cos(t) is', 'half of', 'nothing.', 'at_all']

    """
    line = ""
    for word in re.split(r"(?<= )(?=[^ ])", text):
        pieces = [word] if cell_len(word.rstrip()) <= width else SEAMS.split(word)
        for piece in pieces:
            if line and cell_len(line + piece.rstrip()) > width:
                yield line.rstrip()
                line = ""
            while cell_len(piece.rstrip()) > width:
                yield piece[:width]
                piece = piece[width:]
            line += piece
    if line or not text:
        yield line.rstrip()
