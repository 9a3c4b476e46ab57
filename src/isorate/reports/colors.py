"""Lines in colours, as a terminal takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from isorate.reports.paper import Piece


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise  # where it was caught; rich would end the process, and say that they differ


class Colors:
    """Writes lines on a terminal, in the colours that it has.

    Args:
        width: the terminal's width.
        height: its height.

    """

    def __init__(self, width: int, height: int) -> None:
        self.console = _Console(
            width=width, height=height, highlight=False, emoji=False, markup=False, soft_wrap=True
        )

    @property
    def colored(self) -> bool:
        """Whether it has any."""
        return self.console.color_system is not None

    @property
    def file(self) -> IO[str]:
        """Where the lines go."""
        return self.console.file

    def write(self, pieces: Sequence[Piece]) -> None:
        """Write a line."""
        self.console.print(Text.assemble(*pieces), soft_wrap=True)

    def draw(self, drawn: str) -> None:
        """Write a picture, with its own colours."""
        self.console.print(Text.from_ansi(drawn), soft_wrap=True)
