"""Many runs, checked in processes, with what is known of them kept in a file."""

from __future__ import annotations

import os
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.cli import _output, _streams
from isorate.schedule.errors import IsorateError, ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from isorate.checking.verdict import Meant

#: Fewer runs are checked in this process: to start others takes longer.
FEW: Final = 64

#: So many runs a process is given at once.
CHUNK: Final = 8


class Fleet:
    """Runs to be checked, and the file of those that have been.

    Args:
        parts: what each of them left behind.
        meant: what they were meant to follow.
        asked: what the user asked for: what a file of another question answers is not taken.
        output: the file, JSON lines.

    """

    def __init__(
        self, parts: list[str], meant: Meant, asked: list[Any], output: Path | None
    ) -> None:
        self._parts, self._meant, self._output = parts, meant, output
        self._asked = msgspec.json.encode(asked, enc_hook=str).decode()

    def documents(self, jobs: int | None) -> Iterator[dict[str, Any]]:
        """Visit a document for each run: those of the file first, the others' as they come.

        Raises:
            ReadError: the file is of another question, or cannot be written.

        """
        try:
            known, file = self._known(), self._opened()
        except OSError as error:
            reason = _streams.reason(error)
            raise ReadError(f"cannot use {self._output}: {reason}") from None
        done = {document["part"] for document in known}
        left = [part for part in self._parts if part not in done]
        here = set(self._parts)
        yield from (document for document in known if document["part"] in here)
        with _output.Progress(len(left), what="runs") as progress:
            for count, documents in enumerate(self._checked(left, jobs), 1):
                if file is not None:
                    lines = (msgspec.json.encode(each) + b"\n" for each in documents)
                    os.write(file, b"".join(lines))
                progress.give_way()
                yield from documents
                progress(count)
        if file is not None:
            os.close(file)

    def _opened(self) -> int | None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        return None if self._output is None else os.open(self._output, flags, 0o666)

    def _known(self) -> list[dict[str, Any]]:
        """Return what the file says; what of it was cut off is taken out."""
        if self._output is None or not self._output.exists():
            return []
        text = self._output.read_bytes()
        *lines, rest = text.split(b"\n")
        try:
            found: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
            whole = all({"part", "asked", "log"} <= one.keys() for one in found)
        except (msgspec.DecodeError, AttributeError):
            whole = False
        if not whole:
            raise ReadError(f"{self._output} is no file of checked runs", hint="name another one")
        if any(one["asked"] != self._asked for one in found):
            what = f"{self._output} is of runs that were checked against something else"
            raise ReadError(what, hint="name another file")
        if rest and found:  # what was cut off may be one of several runs that belong together
            last = found[-1]["part"]
            found = [one for one in found if one["part"] != last]
        if rest:
            os.truncate(self._output, sum(len(line) + 1 for line in lines[: len(found)]))
        return found

    def _checked(self, parts: list[str], jobs: int | None) -> Iterator[list[dict[str, Any]]]:
        one = partial(_documents, meant=self._meant, asked=self._asked)
        many = jobs or (1 if len(parts) < FEW else os.cpu_count() or 1)
        if many == 1:
            yield from map(one, parts)
            return
        try:
            with ProcessPoolExecutor(min(many, len(parts) or 1)) as executor:
                yield from executor.map(one, parts, chunksize=CHUNK)
        except BrokenExecutor:
            raise ReadError("a process that checked runs was ended", hint="--jobs 1") from None


def _documents(part: str, *, meant: Meant, asked: str) -> list[dict[str, Any]]:
    """Check what a path leads to; whatever happens, there is a document of it."""
    from isorate.checking.verdict import checked
    from isorate.reports import findings

    beside = {"part": str(part), "asked": asked}
    try:
        return [
            (
                {"log": {"path": path}, "error": str(found)}
                if isinstance(found, IsorateError)
                else findings.document(found)
            )
            | beside
            for path, found in checked(part, meant)
        ]
    except Exception as error:
        said = f"internal error, please report it: {type(error).__name__}: {error}"
        return [{"log": {"path": str(part)}, "error": said} | beside]
