"""Text as it lies on a terminal or in a pipe: lines, paragraphs, rows and tables.

A terminal's lines are folded between words; what goes into a pipe is neither folded nor padded, so
that a row of a table is one line. No character reaches either that a terminal would act upon.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

from isorate.schedule.lazily import pattern
from isorate.schedule.printable import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    #: Text, and how it looks: ``"bold red"``.
    Piece = tuple[str, str]

#: Where a word that is longer than a line may end: after a sign of code, outside a number.
SEAMS = pattern(r"(?<=[;/(\[=·_])|(?<=,)(?!\d)|(?<=\.)(?=[^\W\d])")

#: Signs that are known to take one column each.
NARROW = pattern(r"[ -~\u00a1-\u02ff\u0370-\u03ff\u2010-\u205e\u2190-\u22ff]*")

#: Text is not folded more narrowly than this, however narrow the terminal says it is.
NARROWEST = 20


class Part(NamedTuple):
    """A piece of what a row says; on a terminal each begins a line. Code is never folded."""

    text: str
    style: str = ""
    code: bool = False


class Ink(Protocol):
    """What writes lines: in colours, or plainly."""

    @property
    def colored(self) -> bool:
        """Whether a picture may bring colours."""

    @property
    def file(self) -> IO[str]:
        """Where the lines go."""

    def write(self, pieces: Sequence[Piece]) -> None:
        """Write a line."""

    def draw(self, drawn: str) -> None:
        """Write a picture, with its own colours."""


class Plainly:
    """Writes lines into a file or a pipe, where nobody looks at colours."""

    colored = False

    @property
    def file(self) -> IO[str]:
        """Standard output, whatever that is by now."""
        return sys.stdout

    def write(self, pieces: Sequence[Piece]) -> None:
        """Write a line."""
        self.draw("".join(text for text, _ in pieces))

    def draw(self, drawn: str) -> None:
        """Write a picture that has no colours."""
        self.file.write(f"{drawn}\n")
        self.file.flush()


class Paper:
    """What a report is printed on.

    Args:
        ink: what writes upon it.
        room: how many characters a line of a picture has room for.
        width: the width at which text is folded, none for a pipe.

    """

    def __init__(self, ink: Ink, room: int, width: int | None) -> None:
        self.ink = ink
        self.room = room
        self.width = width

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line as it is, however long: code can be copied from it."""
        self.ink.write([(self._written(text), style)])

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
            lines = [[(line, p.style)] for p in parts for line in self._lines(p, left)]
            if self.width is None:
                lines = [[piece for line in lines for piece in (*line, ("  ", ""))][:-1]]
            for number, line in enumerate(lines):
                label = "" if number else name
                self.ink.write([(label, "dim"), (" " * (left - cell_len(label)), ""), *line])

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
        self.ink.draw(drawn)

    def _lines(self, part: Part, left: int) -> list[str]:
        text = self._written(part.text)
        if self.width is None or part.code:
            return [text]
        return list(folded(text, max(self.width - left, NARROWEST)))

    def _written(self, text: str) -> str:
        """Return a text as it will be written, where the encoding has no room for all of it."""
        file = self.ink.file
        encoding = getattr(file, "encoding", None) or "utf-8"
        return (
            plain(text).encode(encoding, getattr(file, "errors", None) or "strict").decode(encoding)
        )


def cell_len(text: str) -> int:
    """Return how many columns a text takes."""
    if NARROW.fullmatch(text):
        return len(text)
    from rich import cells

    return cells.cell_len(text)


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
