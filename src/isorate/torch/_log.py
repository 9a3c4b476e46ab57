"""The rates that the updates have used, written down as they are made."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed

from isorate.torch._updates import made

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Logged:
    """A scheduler that can write down the rates of its optimizer's updates."""

    optimizer: Any
    last_epoch: int

    _log: RateLog | None = None

    def log(self, path: str | os.PathLike[str], *, update: int | None = None) -> None:
        """Write down the rates of every update from now on, whoever sets them, as CSV.

        A line is ``update,lr``, with several parameter groups ``update,lr/0,lr/1,…``: the number of
        the update, from 0, and the float64 rates that ``optimizer.step()`` has used, in full. It is
        written when the update is made, whole or not at all; updates that a GradScaler leaves out
        have none. ``isorate.read_log`` reads it.

        Call it after the scheduler is built; after ``load_state_dict`` or before, where that state
        is of a run that was logged. Then the file goes on as if the run had never stopped: lines of
        updates that are made again are taken out. A file of a run that begins anew is begun anew.
        Of several processes the one of rank 0 writes. Of updates that are replayed from a CUDA
        graph Python hears nothing, and the log has none; a rate on a GPU is waited for.

        Args:
            path: the file.
            update: the number of the coming update, where neither a state nor the scheduler says.

        Raises:
            ValueError: that number is not known; or the file is no such log, or lacks updates.

        """
        if update is None:
            update = self._coming_update()
        if update is None:
            raise ValueError("which update comes next is not known: log(path, update=...)")
        if self._log is None:
            self._log = RateLog(self.optimizer)
        self._log.follow(path, update)

    def _coming_update(self) -> int | None:
        """Return the number of the coming update; none where it is not known."""
        if self._log is not None and self._log.update is not None:
            return self._log.update
        if getattr(self, "counting", "steps") == "updates":
            return self.last_epoch + bool(self._updates.made)  # type: ignore[attr-defined]
        fresh = self.last_epoch <= 0 and not getattr(self.optimizer, "_opt_called", False)
        return 0 if fresh else None

    def _logged(self) -> dict[str, Any]:
        """Return what a state says of the log."""
        known = self._log is not None and self._log.update is not None
        return {"updates": self._log.update} if self._log and known else {}

    def _update_in(self, state: Mapping[str, Any]) -> int | None:
        """Return the number of the coming update as a state has it, where the log can go on."""
        update: int | None = state.get("updates")
        if update is None and getattr(self, "counting", "steps") == "updates":
            update = state.get("last_epoch")
        if self._log is not None:
            self._log.check(update)
        return update

    def _log_on(self, update: int | None) -> None:
        """Go on counting from an update: a state was loaded, or the scheduler is another's copy."""
        if self._log is None and update is not None:
            self._log = RateLog(self.optimizer)
        if self._log is not None:
            self._log.go_on(update)

    def _log_anew(self) -> None:
        """Count on in a copy of a scheduler, whose optimizer's copy has no hooks."""
        before, self._log = self._log, None
        if before is not None:
            self._log_on(before.update)


class RateLog:
    """Hooks on ``optimizer.step()`` that count updates, and write down the rates they use."""

    def __init__(self, optimizer: Any) -> None:
        #: The number of the coming update; none where it is not known.
        self.update: int | None = None
        self._path: Path | None = None
        self._file: FileIO | None = None
        self._columns = self._size = 0
        self._rates: list[float] = []
        # compiled training steps leave them out of their graphs: they are Python's to run
        optimizer.register_step_pre_hook(torch.compiler.disable(self._before))
        optimizer.register_step_post_hook(torch.compiler.disable(self._after))

    def __getstate__(self) -> dict[str, Any]:
        return {"update": self.update}

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        file, self._file = getattr(self, "_file", None), None
        if file is not None:
            file.close()

    def follow(self, path: str | os.PathLike[str], update: int) -> None:
        """Write from an update on, in a process that is the first of all or the only one."""
        first = not (distributed.is_available() and distributed.is_initialized())
        before, self._path = self._path, Path(path) if first or not distributed.get_rank() else None
        try:
            self.check(update)
        except Exception:
            self._path = before
            raise
        self.go_on(update)

    def go_on(self, update: int | None) -> None:
        """Take an update for the coming one."""
        self.update = update
        self._close()

    def check(self, update: int | None) -> None:
        """Raise ValueError where the file cannot go on with an update."""
        if self._path is None or update is None or not self._path.exists():
            return
        _, _, following = kept(self._path, update)
        if following not in (None, update):
            raise ValueError(
                f"{self._path} ends before update {following}, and the run goes on with update "
                f"{update}: give it another file"
            )

    def _before(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._path is not None and not capturing():
            self._rates = [float(group["lr"]) for group in optimizer.param_groups]

    def _after(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if capturing() or not made(optimizer, kwargs):
            return
        if self._path is not None:
            if self.update is None:
                text = f"the number of an update is not known: log({str(self._path)!r}, update=...)"
                raise ValueError(text)
            self._write(self._path, self.update, self._rates)
        if self.update is not None:
            self.update += 1

    def _write(self, path: Path, update: int, rates: Sequence[float]) -> None:
        if self._file is None or len(rates) > self._columns:
            self._open(path, update, len(rates))
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_size != self._size:
            raise RuntimeError(f"{path} is written by something else, too")
        self._append(line([str(update), *map(repr, rates)], self._columns))

    def _open(self, path: Path, update: int, groups: int) -> None:
        """Open the file where the lines before an update end, as wide as the groups need it."""
        self._close()
        columns, size, following = kept(path, update) if path.exists() else (0, 0, None)
        if following is None:  # no line is kept, and so no header
            columns = size = 0
        if 0 < columns < groups:
            widen(path, size, groups)
            columns, size = groups, path.stat().st_size
        self._file = FileIO(path, "ab")
        self._file.truncate(size)
        self._columns, self._size = columns, size
        if not columns:
            self._columns = groups
            self._append(header(groups))

    def _append(self, text: bytes) -> None:
        assert self._file is not None
        if self._file.write(text) != len(text):  # a full disk takes a part
            self._file.truncate(self._size)
            raise OSError(f"{self._file.name} cannot be written: no line is half there")
        self._size += len(text)


def capturing() -> bool:
    """Whether a CUDA graph is being captured, which makes no update."""
    cuda = torch.backends.cuda.is_built() and torch.cuda.is_available()
    return bool(cuda and torch.cuda.is_current_stream_capturing())


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
