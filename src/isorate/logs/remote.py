"""Logs that are not on this machine: whatever file system fsspec knows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from isorate.logs.source import NO_LOGS
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.logs.log import Log

#: What may follow the name of a file: a column, the number of a run.
_AFTER: Final = re.compile(r"(?P<file>.*?)(?P<after>(?::[^/]*|#[0-9]{1,6})?)", re.DOTALL)


def fetched(url: str, read: Callable[[str], list[Log]]) -> list[Log]:
    """Return the logs of a file or a directory that is fetched for it, named as they are there.

    Raises:
        ReadError: there is none, it cannot be fetched, or nothing here knows how.

    """
    try:
        import fsspec
    except ModuleNotFoundError:
        raise ReadError(
            f"{url} is on no disk", required="fsspec", hint="pip install fsspec"
        ) from None
    scheme, _, rest = url.partition("://")
    named = _AFTER.fullmatch(rest)
    assert named is not None
    after = ""
    try:
        system, path = fsspec.core.url_to_fs(url)
        if not system.exists(path) and named["after"]:
            url, after = f"{scheme}://{named['file']}", named["after"]
            system, path = fsspec.core.url_to_fs(url)
        if not system.exists(path):
            raise ReadError("there is no such file", got=url)
        with TemporaryDirectory() as folder:
            home = Path(folder) / "log"
            if system.isdir(path):
                files = [file for file in system.find(path) if _ending(file) not in NO_LOGS]
            else:
                home, files = Path(folder) / PurePosixPath(path).name, [path]
            for file in files:
                inside = PurePosixPath(file).relative_to(PurePosixPath(path)).parts
                there = home.joinpath(*(part for part in inside if part not in ("", "..")))
                there.parent.mkdir(parents=True, exist_ok=True)
                system.get_file(file, str(there))
            logs = read(f"{home}{after}")
    except ReadError:
        raise
    except Exception as error:  # of whichever file system it is
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise ReadError(f"{url} cannot be fetched", got=said[:200]) from None
    return [_there(log, str(home), url) for log in logs]


def _there(log: Log, here: str, url: str) -> Log:
    changed: dict[str, Any] = {"path": url + log.path.removeprefix(here), "beside": None}
    return replace(log, **changed)


def _ending(file: str) -> str:
    return PurePosixPath(file).suffix.lower()
