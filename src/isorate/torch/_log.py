"""The rates that the updates have used, written down as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import distributed

from isorate.torch._updates import made
from isorate.training.rate_file import RateFile

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping


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
        """Go on with another optimizer; in a copy of a scheduler count, and write nothing."""
        before, self._log = self._log, None
        if before is not None:
            self._log = RateLog(self.optimizer)
            self._log.take_over(before)


class RateLog:
    """Hooks on ``optimizer.step()`` that count updates, and write down the rates they use."""

    def __init__(self, optimizer: Any) -> None:
        #: The number of the coming update; none where it is not known.
        self.update: int | None = None
        self._file: RateFile | None = None
        self._rates: list[float] = []
        # compiled training steps leave them out of their graphs: they are Python's to run
        optimizer.register_step_pre_hook(torch.compiler.disable(self._before))
        optimizer.register_step_post_hook(torch.compiler.disable(self._after))

    def __getstate__(self) -> dict[str, Any]:
        return {"update": self.update}

    def follow(self, path: str | os.PathLike[str], update: int) -> None:
        """Write from an update on, in a process that is the first of all or the only one."""
        first = not (distributed.is_available() and distributed.is_initialized())
        if not first and distributed.get_rank():
            self._file = None
        else:
            file = RateFile(path)
            file.check(update)
            self.stop()
            self._file = file
        self.go_on(update)

    def stop(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def take_over(self, other: RateLog) -> None:
        """Go on where another log was, which writes no more; a copy of one has no file."""
        self._file, self.update = vars(other).get("_file"), other.update
        other._file = None

    def go_on(self, update: int | None) -> None:
        """Take an update for the coming one."""
        self.update = update
        self.stop()

    def check(self, update: int | None) -> None:
        """Raise ValueError where the file cannot go on with an update."""
        if self._file is not None and update is not None:
            self._file.check(update)

    def _before(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._file is not None and not capturing():
            self._rates = [float(group["lr"]) for group in optimizer.param_groups]

    def _after(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if capturing() or not made(optimizer, kwargs):
            return
        if self._file is not None:
            if self.update is None:
                path = str(self._file.path)
                raise ValueError(f"the number of an update is not known: log({path!r}, update=...)")
            self._file.write(self.update, self._rates)
        if self.update is not None:
            self.update += 1


def capturing() -> bool:
    """Whether a CUDA graph is being captured, which makes no update."""
    cuda = torch.backends.cuda.is_built() and torch.cuda.is_available()
    return bool(cuda and torch.cuda.is_current_stream_capturing())
