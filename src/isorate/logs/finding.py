"""Any path → its logs: the format is found by content, a directory is searched."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from isorate.checkpoints import ENDINGS, is_checkpoint
from isorate.logs import (
    json_lines,
    mlflow,
    printed_dicts,
    saved,
    table,
    tensorboard,
    text,
    trainer_state,
    wandb,
)
from isorate.logs.lacking import how_to_log
from isorate.logs.rows import NOTHING_COUNTS
from isorate.logs.source import NO_LOGS, Format, Source
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log, Rates

#: Every format, the ones that are told by more first.
FORMATS: Final[tuple[Format, ...]] = (
    tensorboard.FORMAT,
    wandb.FORMAT,
    mlflow.FORMAT,
    saved.FORMAT,
    trainer_state.FORMAT,
    json_lines.FORMAT,
    printed_dicts.FORMAT,
    table.FORMAT,
    text.FORMAT,
)
#: More files of a directory are not looked at.
MOST_FILES: Final = 100_000
#: More checkpoints of a directory are not opened.
MOST_CHECKPOINTS: Final = 1000
#: What an error lists.
LISTED: Final = 8
#: What a trainer's folder of a state is called, before its number.
CHECKPOINT: Final = "checkpoint-"
#: How Git LFS begins what it leaves in the place of a file.
ELSEWHERE: Final = b"version https://git-lfs"
POINTER: Final = "only says where Git LFS keeps the file"
#: Folders that are not searched.
NO_FOLDERS: Final = frozenset({"__pycache__", ".git"})
_NUMBERED = re.compile(r"(.*)#([0-9]{1,6})", re.DOTALL)


def read_log(path: str | os.PathLike[str]) -> Log:
    r"""Return the rates that a run left behind.

    Args:
        path: a file, ``FILE:COLUMN`` for the rates in a column (tag, key) of that name,
            ``FILE#2`` for the second run in a file, or a directory with one run in it.

    Returns:
        The log: steps and rates of each parameter group, how precisely they were printed, and how
        far the steps are ahead of the updates.

    Raises:
        ReadError: there is no log, it holds no rates, or there are several runs, which are listed.

    Example:
        >>> import tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
        >>> _ = file.write_text("step,lr\n1,0.10\n2,0.05\n")
        >>> log = read_log(file)
        >>> log.groups[0].values.tolist(), log.groups[0].errors.tolist(), log.offsets
        ([0.1, 0.05], [0.005, 0.005], (1, 0))

    """
    logs = read_logs(path)
    if len(logs) > 1:
        listed = ", ".join(log.path for log in logs[:LISTED])
        more = f" and {len(logs) - LISTED} more" if len(logs) > LISTED else ""
        raise ReadError(
            f"{os.fspath(path)} holds {len(logs)} runs",
            required="one of them",
            hint=f"name one: {listed}{more}",
        )
    return logs[0]


def read_logs(path: str | os.PathLike[str]) -> list[Log]:
    """Return the logs of all runs that a file or a directory holds, as ``read_log`` reads one.

    Raises:
        ReadError: there is none, or no rates are in it.

    """
    text = os.fspath(path)
    if "://" in text and not _exists(text):
        from isorate.logs.remote import fetched

        return fetched(text, read_logs)
    if isinstance(path, Part):
        return _of_file(Source(Path(text)), FORMATS[path.form])
    found, wanted, number = _named(text)
    logs = _of_directory(found, wanted) if found.is_dir() else _of_file(Source(found, wanted))
    if number is None:
        return logs
    if not 1 <= number <= len(logs):
        required = f"1 to {len(logs)}"
        raise ReadError(f"{found} has no such run", required=required, got=number)
    return [logs[number - 1]]


class Part(str):
    """The path of a file that is one of several runs, with the number of its format."""

    __slots__ = ("form",)
    form: int


def runs_below(path: str | os.PathLike[str]) -> Iterator[str]:
    """Visit the parts of a directory that can be read one by one: folders of runs, and files.

    A folder that has a log, or a trainer's checkpoints, is read as a whole, since what is below it
    may be the same run; where it has nothing below it and several logs of one kind, these are runs
    of their own. Each part is what ``read_logs`` takes; together they are all that it would find.
    """
    text = os.fspath(path)
    found, wanted, number = _named(text)
    if number is not None or not found.is_dir():
        yield text
        return
    for part in _parts(found):
        yield ":".join((part, *wanted)) if wanted else part


def _parts(root: Path) -> Iterator[str]:
    """Visit the parts of a folder, in the order of their names."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        below, files = _entries(folder, root)
        forms = [(path, form) for path in files if (form := _form_of(Source(path)))]
        kinds = {form for _, form in forms}
        if len(kinds) == 1 and not below and not forms[0][1].together:
            for path, form in forms:
                part = Part(path)
                part.form = FORMATS.index(form)
                yield part
        elif forms or any(name.startswith(CHECKPOINT) for name in below):
            yield str(folder)
        else:
            waiting += (folder / name for name in reversed(below))


def _entries(
    folder: Path, root: Path, endings: tuple[str, ...] = ()
) -> tuple[list[str], list[Path]]:
    """Return the folders in a folder, and the files that may be logs, or that end so.

    Links are not followed.
    """
    below, files = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.name)
                elif entry.is_file(follow_symlinks=False):
                    files.append(entry.name)
    except OSError as error:
        if folder == root:
            raise ReadError(f"{root} cannot be read: {error.strerror}") from None
    below = [name for name in below if name not in NO_FOLDERS]
    if endings:
        files = [name for name in files if name.lower().endswith(endings)]
    else:
        files = [name for name in files if os.path.splitext(name)[1].lower() not in NO_LOGS]
    return sorted(below), [folder / name for name in sorted(files)]


def _form_of(source: Source) -> Format | None:
    """Return the format of a file; none where it is no log."""
    try:
        return _format(source)
    except (OSError, ValueError, RecursionError):
        return None


def _named(text: str) -> tuple[Path, tuple[str, ...], int | None]:
    """Return the file, the columns and the number of the run that a path names."""
    number: int | None = None
    wanted: tuple[str, ...] = ()
    if _exists(text):
        return Path(text), wanted, number
    if numbered := _NUMBERED.fullmatch(text):
        text, number = numbered[1], int(numbered[2])
    if not _exists(text):
        file, colon, column = text.rpartition(":")
        while colon and not _exists(file):
            file, colon, rest = file.rpartition(":")
            column = f"{rest}:{column}"
        if colon and column:
            text, wanted = file, (column,)
    if not _exists(text):
        raise ReadError("there is no such file", got=text)
    return Path(text), wanted, number


def _exists(text: str) -> bool:
    try:
        return bool(text) and os.path.exists(text)
    except ValueError:  # a NUL in it
        return False


def _of_file(source: Source, form: Format | None = None) -> list[Log]:
    """Return the logs of one file, and of those that belong to it; its format may be known.

    Raises:
        ReadError: it is none, or has no rates.

    """
    path = source.path
    if not path.is_file():
        raise ReadError(f"{path} is no file that holds a log")
    try:
        if source.head.startswith(ELSEWHERE):
            raise ReadError(f"{path} {POINTER}", hint="git lfs pull")
        if not source.head:
            raise ReadError(f"{path} is empty", required="a log")
        form = form or _format(source)
        if form is None:
            known = ", ".join(form.name for form in FORMATS)
            raise ReadError(f"{path} is no log that Isorate knows", required=known)
        logs = form.read(source)
    except OSError as error:
        raise ReadError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{path} is damaged", got=f"{type(error).__name__}: {error}") from None
    if not logs:
        how = how_to_log(source.text)
        without = "holds no learning rates" if how else form.without
        raise NoRatesError(f"{path} {without} ({form.name})", hint=how or form.how)
    return logs


def _format(source: Source) -> Format | None:
    return next((form for form in FORMATS if form.fits(source)), None)


class NoRatesError(ReadError):
    """A file is a log, and no rates are in it."""


def _of_directory(root: Path, wanted: tuple[str, ...]) -> list[Log]:
    """Return the logs of all runs below a directory; links are not followed."""
    logs: list[Log] = []
    without: NoRatesError | None = None
    for source, form in _sources(root, wanted):
        try:
            logs += (log for log in _of_file(source, form) if NOTHING_COUNTS not in log.notes)
        except NoRatesError as error:
            if without is None or without.what.endswith("(text)"):
                without = error
        except ReadError:
            continue
    logs = logs or _of_checkpoints(root, wanted)
    if logs:
        return _once(logs)
    if without:
        raise NoRatesError(
            f"no log in {root} holds learning rates: {without.what}", hint=without.hint
        )
    what = f"{root} has no log that Isorate knows"
    if elsewhere := next(filter(_is_elsewhere, _files(root)), None):
        raise ReadError(f"{what}; {elsewhere.name} {POINTER}", hint="git lfs pull")
    raise ReadError(what)


def _is_elsewhere(path: Path) -> bool:
    with suppress(OSError):
        return Source(path).head.startswith(ELSEWHERE)
    return False


def _of_checkpoints(root: Path, wanted: tuple[str, ...]) -> list[Log]:
    """Return the logs that the checkpoints of a folder are, where it has nothing better."""
    runs: dict[Path, list[Path]] = {}
    for path in islice(filter(is_checkpoint, _files(root, ENDINGS)), MOST_CHECKPOINTS):
        within = path.parent
        home = within.parent if within != root and within.name.startswith(CHECKPOINT) else within
        runs.setdefault(home, []).append(path)
    logs: list[Log] = []
    for first, *more in runs.values():
        with suppress(ReadError):
            logs += saved.FORMAT.read(Source(first, wanted, tuple(more)))
    return logs


def _sources(root: Path, wanted: tuple[str, ...]) -> Iterator[tuple[Source, Format]]:
    """Visit the logs below a directory; files of one folder that are one run's come together."""
    together: dict[tuple[Path, Format], list[Path]] = {}
    for path in _files(root):
        source = Source(path, wanted)
        form = _form_of(source)
        if form and form.together:
            together.setdefault((path.parent, form), []).append(path)
        elif form:
            yield source, form
    for (_, form), (first, *more) in together.items():
        yield Source(first, wanted, tuple(more)), form


def _once(logs: list[Log]) -> list[Log]:
    """Return each run once: of logs in one folder, or below it, that hold the same rates, the best.

    A trainer's folder often holds a run three times: in the state that it saves at the end, in the
    states of its checkpoints, and in what it wrote on the way. The best log is the one with most
    rates, and with all digits; it takes over the configuration that another one carries.
    """
    best: list[Log] = []
    ordered = sorted(logs, key=lambda log: (-len(log.groups[0]), log.groups[0].dtype == "float32"))
    for log in ordered:
        twin = next((other for other in best if _same_run(other, log)), None)
        if twin is None:
            best.append(log)
        elif twin.config is None and (log.config is not None or (log.beside and not twin.beside)):
            best[best.index(twin)] = replace(
                twin,
                config=log.config,
                beside=twin.beside or log.beside,
                planned=twin.planned or log.planned,
            )
    order = {log.path: number for number, log in enumerate(logs)}
    return sorted(best, key=lambda log: order[log.path])


def _same_run(log: Log, other: Log) -> bool:
    """Whether one log holds all rates of another in the same folder, or in one below it."""
    home, inner = _home(log), _home(other)
    if log.format == other.format and Path(log.path).parent == Path(other.path).parent:
        return False  # two runs may well have had one schedule
    if not (inner.is_relative_to(home) or home.is_relative_to(inner)):
        return False
    if len(log.groups) != len(other.groups) or log.counts != other.counts:
        return False
    return all(_holds(one, each) for one, each in zip(log.groups, other.groups, strict=True))


def _home(log: Log) -> Path:
    """Return the folder of a log; that of a checkpoint is the run's."""
    folder = Path(log.path).parent
    return folder.parent if folder.name.startswith(CHECKPOINT) else folder


def _holds(rates: Rates, other: Rates) -> bool:
    """Whether the points of one group are among those of another."""
    at = np.searchsorted(rates.steps, other.steps)
    if (np.diff(rates.steps) < 0).any() or (at == len(rates.steps)).any():
        return rates.steps.tobytes() == other.steps.tobytes() and _close(rates, other, slice(None))
    return bool((rates.steps[at] == other.steps).all()) and _close(rates, other, at)


def _close(rates: Rates, other: Rates, at: object) -> bool:
    values = rates.values[at]  # type: ignore[call-overload]
    room = rates.errors[at] + other.errors  # type: ignore[call-overload]
    if "float32" in (rates.dtype, other.dtype):
        room = room + 6e-8 * np.abs(values)
    return bool((np.abs(values - other.values) <= room).all())


def _files(root: Path, endings: tuple[str, ...] = ()) -> Iterator[Path]:
    count, waiting = 0, [root]
    while waiting:
        folder = waiting.pop()
        below, files = _entries(folder, root, endings)
        waiting += (folder / name for name in reversed(below))
        count += len(files)
        if count > MOST_FILES:
            required = f"at most {MOST_FILES:,} files"
            raise ReadError(f"{root} has too many files", required=required)
        yield from files
