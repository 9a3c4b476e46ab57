"""Curve: the rates of updates 0 … n−1, their dtype, and where they came from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, overload

import msgspec

from isorate.schedule import notebook
from isorate.schedule.errors import RunError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Rates = NDArray[np.floating[Any]]


def single(values: Any) -> bool:
    """Whether all numbers are float32, and one of them has more digits than a float32 needs."""
    numbers = np.asarray(values, np.float64)
    with np.errstate(over="ignore"):  # what is beyond float32 is none
        if not (numbers.astype(np.float32) == numbers).all():
            return False
    return any(float(f"{number:.9g}") != number for number in numbers.tolist())


def bounds(row: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and the highest rate, whatever is NaN left out; NaN where all are."""
    if not isinstance(row, list):
        return float(np.fmin.reduce(row)), float(np.fmax.reduce(row))
    known = [rate for rate in row if rate == rate] if any(map(math.isnan, row)) else row
    return min(known, default=math.nan), max(known, default=math.nan)


class Halt(msgspec.Struct, frozen=True):
    """The update at which a framework stops with an error instead of giving a rate.

    Args:
        update: the first update without a rate.
        error: the name of the exception that the framework raises.
        text: what happens, in words.

    """

    update: int
    error: str
    text: str

    def __str__(self) -> str:
        return f"update {self.update}: {self.error}: {self.text}"


class Curve:
    """The rate that each update uses.

    Args:
        values: the rates, shape ``(updates,)`` or ``(groups, updates)``, float64 or float32.
        source: the call, schedule or file that they come from.
        halt: where the framework raises instead of giving a rate; the values end before it.

    Raises:
        RunError: values of another dtype or more than two dimensions.

    Example:
        >>> Curve(np.array([0.1, 0.05]), "two rates").updates
        2

    """

    __slots__ = ("_listed", "_values", "halt", "source")

    source: str
    halt: Halt | None
    #: An array, or lists in its place: one of them is there.
    _values: Rates | None
    _listed: list[list[float]] | None

    def __init__(self, values: Rates, source: str, halt: Halt | None = None) -> None:
        if values.dtype not in (np.float64, np.float32) or values.ndim not in (1, 2):
            raise RunError(
                "a curve's values",
                required="a float64 or float32 array of shape (updates,) or (groups, updates)",
                got=f"{values.dtype} of shape {values.shape}",
            )
        self._has(values, None, source, halt)

    @classmethod
    def listed(cls, rows: list[list[float]], source: str) -> Curve:
        """Return a curve of float64, each group's rates as a list: an array when asked for one."""
        curve = cls.__new__(cls)
        curve._has(None, rows, source, None)
        return curve

    def _has(self, *fields: Any) -> None:
        for name, value in zip(("_values", "_listed", "source", "halt"), fields, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a curve is what it is: {name} cannot be set")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Curve, (self.values, self.source, self.halt)

    @property
    def values(self) -> Rates:
        """The rates, shape ``(updates,)`` or ``(groups, updates)``, float64 or float32."""
        found = self._values
        if found is None:
            listed: Any = self._listed
            found = np.array(listed if len(listed) > 1 else listed[0], np.float64)
            object.__setattr__(self, "_values", found)
        return found

    @property
    def rows(self) -> list[Sequence[float]]:
        """Each group's rates: a list, or an array where the rates are one."""
        return list(self._listed or self.values.reshape(self.groups, -1))

    @property
    def updates(self) -> int:
        """How many updates have a rate."""
        if self._listed is not None:
            return len(self._listed[0])
        return int(self.values.shape[-1])

    def __len__(self) -> int:
        return self.updates

    def __iter__(self) -> Iterator[float | tuple[float, ...]]:
        return map(self.at, range(self.updates))

    @overload
    def __getitem__(self, update: int) -> float | tuple[float, ...]: ...
    @overload
    def __getitem__(self, update: slice) -> list[float | tuple[float, ...]]: ...
    def __getitem__(
        self, update: int | slice
    ) -> float | tuple[float, ...] | list[float | tuple[float, ...]]:
        """Return the rates of updates as a list of them would: ``curve[-1]``, ``curve[:10]``.

        Each is what ``at`` returns.

        Raises:
            IndexError: the update has no rate, as a list raises it.

        Example:
            >>> curve = Curve(np.array([0.1, 0.05]), "two rates")
            >>> curve[-1], curve[:1], list(curve)
            (0.05, [0.1], [0.1, 0.05])

        """
        if isinstance(update, slice):
            return [self.at(each) for each in range(self.updates)[update]]
        return self.at(range(self.updates)[update])

    def at(self, update: int) -> float | tuple[float, ...]:
        """Return the rate that an update uses; of several parameter groups one each.

        Args:
            update: the update, from 0.

        Returns:
            The rate, or a tuple with each group's where ``values`` has a row for each. A float32 is
            returned as the Python float that is the same number.

        Raises:
            RunError: the update is no integer, or has no rate.

        Example:
            >>> Curve(np.array([0.1, 0.05]), "two rates").at(1)
            0.05

        """
        whole = type(update) is int or isinstance(update, np.integer)
        if not whole or not 0 <= update < self.updates:
            required = f"an integer from 0 to {self.updates - 1}" if self.updates else "no update"
            hint = None if self.halt is None else f"at {self.halt}"
            got = update if whole else repr(update)
            raise RunError("the curve has no rate there", required=required, got=got, hint=hint)
        if self._listed is not None:
            own = tuple(row[update] for row in self._listed)
            return own if len(own) > 1 else own[0]
        rates = self.values[..., update].tolist()
        return tuple(rates) if self.values.ndim == 2 else float(rates)

    @property
    def groups(self) -> int:
        """The number of parameter groups."""
        if self._listed is not None:
            return len(self._listed)
        return 1 if self.values.ndim == 1 else int(self.values.shape[0])

    @property
    def dtype(self) -> str:
        """``"float64"`` or ``"float32"``."""
        return "float64" if self._listed is not None else str(self.values.dtype)

    def __eq__(self, other: object) -> bool:
        """Compare bits (a NaN equals the same NaN) and ends."""
        return (
            isinstance(other, Curve)
            and self.values.shape == other.values.shape
            and self.values.dtype == other.values.dtype
            and self.values.tobytes() == other.values.tobytes()
            and self.halt == other.halt
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        flat = self.values.reshape(self.groups, -1)[0]
        shown = ", ".join(f"{rate:.6g}" for rate in flat[:3])
        more = f", … {flat[-1]:.6g}" if len(flat) > 3 else ""
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        halt = f", then {self.halt.error}" if self.halt else ""
        return f"Curve({self.updates} × {self.dtype}{groups}: {shown}{more}{halt}; {self.source})"

    def _repr_html_(self) -> str:
        rows = self.values.reshape(self.groups, -1)
        ends = [f"{rate:.6g}" for rate in rows[0, [0, -1]]] if self.updates else ["none"]
        facts: list[tuple[str, object]] = [
            ("source", self.source),
            ("updates", self.updates),
            ("dtype", self.dtype),
            ("groups", self.groups),
            ("first … last", " … ".join(ends)),
        ]
        if self.halt is not None:
            facts.append(("ends", self.halt))
        shown = notebook.thin(self.updates)
        return notebook.table(facts) + notebook.sketch(rows[:, shown].tolist())
