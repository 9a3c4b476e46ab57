"""A file of the rates that updates have used: CSV, a line for each update."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RateFile:
    """Lines ``update,lr``, each written when its update is made, whole or not at all.

    With several parameter groups they are ``update,lr/0,lr/1,…``. A file that is there goes on:
    lines of updates that are made again are taken out. ``isorate.read_log`` reads it.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file: FileIO | None = None
        self._columns = self._size = 0

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.close()

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def check(self, update: int) -> None:
        """Raise ValueError where the file cannot go on with an update."""
        if not self.path.exists():
            return
        _, _, following = kept(self.path, update)
        if following not in (None, update):
            raise ValueError(
                f"{self.path} ends before update {following}, and the run goes on with update "
                f"{update}: give it another file"
            )

    def write(self, update: int, rates: Sequence[float]) -> None:
        """Write the rates that an update has used.

        Raises:
            RuntimeError: something else writes the file, too.

        """
        if self._file is None or len(rates) > self._columns:
            self._open(update, len(rates))
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_size != self._size:
            raise RuntimeError(f"{self.path} is written by something else, too")
        self._append(line([str(update), *map(repr, rates)], self._columns))

    def _open(self, update: int, groups: int) -> None:
        """Open the file where the lines before an update end, as wide as the groups need it."""
        self.close()
        there = self.path.exists()
        columns, size, following = kept(self.path, update) if there else (0, 0, None)
        if following is None:  # no line is kept, and so no header
            columns = size = 0
        if 0 < columns < groups:
            widen(self.path, size, groups)
            columns, size = groups, self.path.stat().st_size
        self._file = FileIO(self.path, "ab")
        self._file.truncate(size)
        self._columns, self._size = columns, size
        if not columns:
            self._columns = groups
            self._append(header(groups))

    def _append(self, text: bytes) -> None:
        assert self._file is not None
        if self._file.write(text) != len(text):  # a full disk takes a part
            self._file.truncate(self._size)
            raise OSError(f"{self.path} cannot be written: no line is half there")
        self._size += len(text)


def header(groups: int) -> bytes:
    r"""Return the first line of a log.

    Example:
        >>> header(1), header(2)
        (b'update,lr\n', b'update,lr/0,lr/1\n')

    """
    names = ["lr"] if groups == 1 else [f"lr/{group}" for group in range(groups)]
    return line(["update", *names], groups)


def line(cells: Sequence[str], groups: int) -> bytes:
    """Return a line, with an empty cell for each group that was not there."""
    return (",".join([*cells, *[""] * (groups + 1 - len(cells))]) + "\n").encode()


def kept(path: Path, update: int) -> tuple[int, int, int | None]:
    """Return for how many groups a log is, how long it is before an update, and what comes then.

    Half a line at the end, as after a power failure, is none.

    Raises:
        ValueError: it is no such log.

    """
    columns, size, following = 0, 0, None
    with path.open("rb") as file:
        for number, text in enumerate(file):
            if not text.endswith(b"\n"):
                break
            cells = text.count(b",")
            if not number:
                columns, right = cells, text == header(max(cells, 1))
            else:
                at = int(text.partition(b",")[0]) if text[:1].isdigit() else -1
                right = cells == columns and at >= 0 and following in (None, at)
                if right and at >= update:
                    break
                following = at + 1
            if not right:
                raise ValueError(f"{path} is no log of rates: see its line {number + 1}")
            size += len(text)
    return columns, size, following


def widen(path: Path, size: int, groups: int) -> None:
    """Write a log anew with room for more groups; it is there whole at any time."""
    new = path.with_name(f"{path.name}.new")
    with path.open("rb") as old, new.open("wb") as file:
        old.readline()
        file.write(header(groups))
        while old.tell() < size:
            file.write(line(old.readline().decode().rstrip("\n").split(","), groups))
    new.replace(path)
