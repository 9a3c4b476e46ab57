"""Scripts on the command line: one, several, or the folder that they are in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from isorate.cli import _streams
from isorate.schedule.errors import ReadError
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.reading.files import Files

#: More files no project has whose script is looked for, and more scripts no folder.
MOST_FILES = 5000
MOST_SCRIPTS = 40
#: Folders that hold other people's code.
FOREIGN = ("site-packages", "node_modules", "__pycache__", "build", "dist", "venv")
#: What a script has that is not only imported.
MAIN = pattern(r"""^if\s+__name__\s*==\s*['"]__main__['"]""", re.MULTILINE)
#: What a file mentions that builds a schedule.
BUILDS = pattern("schedul|lr_|_lr|LR", re.IGNORECASE)


class Script(NamedTuple):
    """A text, and the files that its imports may lead to; or the path of a checkpoint."""

    text: str
    files: Files | None = None
    saved: bool = False

    @property
    def opened(self) -> set[str]:
        """The files that its imports led to."""
        return set() if self.files is None else self.files.opened


def is_a_file(text: str) -> bool:
    """Whether a text is the path of a script, a notebook, a page or a folder, and no call."""
    if "(" in text or "\n" in text:
        return False
    return text.endswith((".py", ".ipynb", ".md", ".txt")) or is_a_folder(text)


def is_a_checkpoint(text: str) -> bool:
    """Whether a text is the path of a checkpoint, and no call.

    Raises:
        ReadError: it is called like one, and there is none.

    """
    from isorate.checkpoints import ENDINGS, REQUIRED, is_checkpoint, is_pointer

    if "(" in text or "\n" in text or not text.lower().endswith(ENDINGS):
        return False
    if is_checkpoint(text):
        return True
    if Path(text).is_file():
        if is_pointer(text):
            what = f"{text} only says where Git LFS keeps the file"
            raise ReadError(what, hint="git lfs pull")
        raise ReadError(f"{text} is no checkpoint that is read", required=REQUIRED)
    raise ReadError("there is no such file", got=text)


def no_path(text: str) -> None:
    """Refuse a text that can only be meant for a path: as Python, its error would say nothing."""
    if any(sign in text for sign in "( \n") or not text:
        return
    try:
        there = Path(text).is_file()
    except (OSError, ValueError):
        return
    if there:
        what = f"{text} is no script, configuration or checkpoint by its name"
        raise ReadError(what, hint=f"@{text} reads a call from it, isorate check or identify a log")
    if os.sep in text:
        raise ReadError("there is no such file", got=text)


def is_a_folder(text: str) -> bool:
    """Whether a text is the path of a folder."""
    try:
        return bool(text) and Path(text).is_dir()
    except (OSError, ValueError):
        return False


def script(given: Sequence[str]) -> Script:
    """Return the script that is given, alone or with what it may import; or look for it.

    The first file is the script. In a folder alone it is the one that builds a schedule.

    Raises:
        ReadError: there is none, there are several, or one cannot be read.

    """
    for path in given:
        if not is_a_file(path):
            required = "one call, in quotes; or a script, and the files that it imports"
            raise ReadError("there are several arguments", required=required, got=repr(path))
    roots = [path for path in given if Path(path).is_dir()]
    paths = [path for root in roots for path in _within(root)]
    paths += [path for path in given if path not in roots]
    if len(paths) > MOST_FILES:
        required = f"at most {MOST_FILES} files"
        raise ReadError("there are too many files", required=required, got=len(paths))
    homes = [*roots, *(str(Path(path).parent) for path in given if path not in roots)]
    entry = given[0] if given[0] not in roots else _found(given[0], paths, homes)
    return _script(entry, paths, homes)


def _script(entry: str, paths: Sequence[str], roots: Sequence[str]) -> Script:
    from isorate.reading.files import Files

    known = [Path(path).as_posix() for path in paths]
    return Script(_streams.read(entry), Files(Path(entry).as_posix(), known, roots, _streams.read))


def _within(root: str) -> Iterator[str]:
    """Visit the Python files in a folder."""
    count = 0
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(i for i in inner if not i.startswith(".") and i not in FOREIGN)
        for name in sorted(names):
            if name.endswith(".py") and count <= MOST_FILES:
                count += 1
                yield str(Path(folder) / name)


def _found(folder: str, paths: Sequence[str], roots: Sequence[str]) -> str:
    """Return the script in a folder: the one that is run, and that builds a schedule."""
    texts = {path: _text(path) for path in paths}
    likely = [path for path, text in texts.items() if MAIN.search(text)]
    building = [path for path, text in texts.items() if BUILDS.search(text)]
    for candidates in (likely, [path for path in building if path not in likely]):
        if len(candidates) > MOST_SCRIPTS:
            text = f"{folder} has {len(candidates)} scripts"
            raise ReadError(text, hint=f"name one first: isorate show {candidates[0]} {folder}")
        scripts = {path: _script(path, paths, roots) for path in candidates}
        found = [path for path, each in scripts.items() if _builds(each)]
        inner = {other for path in found for other in scripts[path].opened}
        found = [path for path in found if Path(path).as_posix() not in inner] or found
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(found[:5])
            text = f"{folder} has several scripts that build a schedule: {listed}"
            raise ReadError(text, hint=f"name one first: isorate show {found[0]} {folder}")
    what = "no Python files" if not paths else "no script that builds a schedule"
    raise ReadError(f"{folder} has {what}", hint=_saved_in(folder))


def _saved_in(folder: str) -> str | None:
    """Return what to type for a checkpoint in a folder; none where it has none."""
    from isorate.checkpoints import is_checkpoint

    names = sorted(os.listdir(folder))[:MOST_FILES]
    found = [name for name in names if is_checkpoint(Path(folder) / name)]
    likely = [name for name in found if "sched" in name] or found
    return f"isorate show {Path(folder) / likely[0]}" if likely else None


def _text(path: str) -> str:
    try:
        return _streams.read(path)
    except ReadError:  # which is no matter as long as nothing imports it
        return ""


def _builds(given: Script) -> bool:
    """Whether a script builds a schedule, as far as it can be read."""
    from isorate.reading.reader import NoScheduleError, reading

    try:
        reading(given.text, files=given.files)
    except NoScheduleError:
        return False
    except ReadError as error:
        return not re.match("not Python|the text is empty|.* is not a call", error.what)
    return True
