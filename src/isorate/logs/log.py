"""Log: the rates that a run left behind, with the precision that they were printed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

#: The format of what a callback has seen, of no file.
TRAINING: Final = "training"

#: What one step of a log is.
Counts = Literal["update", "step", "batch", "epoch", "sample", "row"]


@dataclass(frozen=True, eq=False, slots=True)
class Rates:
    """The rates of one parameter group, in the order of the file.

    Args:
        name: what the file calls them: a column, a tag or a key.
        steps: the step of each, an int64 array, as the file counts.
        values: the rates, a float64 array.
        errors: how far each may be from the rate that it stands for: half a unit of the last digit
            that was printed, 0 where all digits were. A float64 array.
        dtype: ``"float64"`` or ``"float32"``: what the file holds them in. A float32 is the rate
            rounded to float32, whatever ``errors`` says of its digits.
        skipped: how many of the updates up to each rate a gradient scaler had skipped, an int64
            array; none where the file does not say, or none were.

    """

    name: str
    steps: NDArray[np.int64]
    values: Values
    errors: Values
    dtype: str = "float64"
    skipped: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"Rates({self.name!r}: {len(self)} × {self.dtype})"


@dataclass(frozen=True, eq=False, slots=True)
class Log:
    """What one run left behind.

    Args:
        path: the file; ``FILE#2`` is the second run of a file that holds several.
        format: what kind of file it is, as ``"TensorBoard"``.
        groups: the rates of each parameter group, at least one.
        offsets: ``update = step - offset``, the likeliest first. Several where the file does not
            tell which update a rate belongs to.
        counts: what its steps count: ``"update"``, ``"step"`` of the scheduler, ``"batch"``,
            several of which an update may take, ``"epoch"``, ``"sample"`` or ``"row"``.
        config: the configuration that the file carries.
        trainer: the program that wrote it, where the file tells.
        notes: what a reader of the rates has to know, each one sentence.
        beside: the file next to it that holds the run's configuration.
        planned: how many updates the run was to make, where the file says.
        inner: of a file that counts within each epoch and does not say how many an epoch has: the
            number of its first count, the fewest that it has, by which ``steps`` are counted over
            all epochs, and how many more there may be.

    """

    path: str
    format: str
    groups: tuple[Rates, ...]
    offsets: tuple[int, ...]
    counts: Counts = "update"
    config: Mapping[str, Any] | None = None
    trainer: str | None = None
    notes: tuple[str, ...] = ()
    beside: str | None = None
    planned: int | None = None
    inner: tuple[int, int, int] | None = None

    def __repr__(self) -> str:
        rates = ", ".join(f"{group.name} × {len(group)}" for group in self.groups)
        return f"Log({self.path!r}, {self.format}: {rates})"
