"""Files that a script's imports may lead to: those that are given beside it, and no others."""

from __future__ import annotations

from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from isorate.reading.naming import at_home
from isorate.reading.text import statements
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable, Iterator


class Files:
    """A script, and what it may import.

    Args:
        entry: the path of the script, its parts joined by ``/``.
        paths: the paths of all files.
        roots: the folders that imports start from, besides the script's own.
        read: returns the text of one; only those are read that an import leads to.

    """

    def __init__(
        self, entry: str, paths: Iterable[str], roots: Iterable[str], read: Callable[[str], str]
    ) -> None:
        self.entry = normpath(entry)
        self._paths = {normpath(path) for path in paths}
        self._folders = {folder for path in self._paths for folder in _above(path)}
        starts = [dirname(self.entry), *(normpath(root) for root in roots)]
        self._starts = list(dict.fromkeys([*starts, *(join(start, "src") for start in starts)]))
        self._read = read
        self._bodies: dict[str, list[ast.stmt]] = {}

    def find(self, module: str, level: int, importer: str) -> str | None:
        """Return the file that an import leads to, or the folder; none where none of them is it.

        Args:
            module: its dotted name; after ``level`` dots, where there are some.
            level: the number of those.
            importer: the file that imports it.

        """
        parts = module.split(".") if module else []
        starts = self._starts
        if level:
            start = dirname(importer)
            for _ in range(level - 1):
                start = dirname(start)
            starts = [start]
        for start in starts:
            path = normpath(join(start, *parts))
            for file in (f"{path}.py", join(path, "__init__.py")):
                if file in self._paths:
                    return file
            if path in self._folders and (level or not at_home(f"{parts[0]}.")):
                return path  # an installed package comes before a mere folder
        return None

    @property
    def opened(self) -> set[str]:
        """The files that imports have led to so far."""
        return set(self._bodies)

    def body(self, path: str) -> list[ast.stmt]:
        """Return a file's statements; a folder has none.

        Raises:
            ReadError: it cannot be read.

        """
        if path not in self._bodies:
            text = self._read(path) if path in self._paths else ""
            try:
                self._bodies[path] = statements(text) if text.strip() else []
            except ReadError as error:
                raise ReadError(f"{path}: {error.what}") from None
        return self._bodies[path]


def _above(path: str) -> Iterator[str]:
    """Visit the folders that a path is in."""
    folder = dirname(path)
    while folder and folder != dirname(folder):
        yield folder
        folder = dirname(folder)
