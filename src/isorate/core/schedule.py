"""Schedule: what a call means, as data. The base of every shape and combinator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from isorate.core import notebook
from isorate.core.errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.core.run import Run


class Namespace(Protocol):
    """The functions a formula needs: ``math``'s for one update, NumPy's for an array of them."""

    pi: float

    def sin(self, x: Any, /) -> Any:
        """The sine."""

    def minimum(self, a: Any, b: Any, /) -> Any:
        """The lesser of two."""

    def where(self, condition: Any, a: Any, b: Any, /) -> Any:
        """One or the other."""

    def take(self, values: Any, index: Any, /) -> Any:
        """One element, or many."""


class ScalarNamespace:
    """``math`` under NumPy's names, so that one formula serves one update and many."""

    pi = math.pi
    sin = staticmethod(math.sin)
    minimum = staticmethod(min)

    @staticmethod
    def where(condition: bool, a: Any, b: Any) -> Any:
        """Choose ``a`` where the condition holds, else ``b``."""
        return a if condition else b

    @staticmethod
    def take(values: Any, index: int) -> Any:
        """Return one element."""
        return values[index]


SCALAR: Final = ScalarNamespace()


class Schedule(msgspec.Struct, frozen=True, tag_field="shape", forbid_unknown_fields=True):
    """The meaning of a call: absolute rates over updates 0, 1, 2, …, the same for every dialect.

    A schedule is a frozen tree of shapes (``constant``, ``cosine``, ``table``) and combinators
    (``staircase``, ``until``, ``shift``, ``join``, ``stepped``, ``groups``). It goes to JSON and
    back without loss.

    Example:
        >>> from isorate.core.shapes import Cosine
        >>> Cosine(0.1, 0.01, 2).at(2)
        0.01
        >>> Schedule.from_json(Cosine(0.1, 0.01, 2).to_json()) == Cosine(0.1, 0.01, 2)
        True

    """

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Rate at ``t``, an integer or an int64 array; ``xp`` is the namespace that serves it."""
        raise NotImplementedError

    def at(self, update: int) -> float:
        """Rate that one update uses, in float64.

        Raises:
            ScheduleError: the update is negative, or lies past the schedule's end.

        """
        end = self.length
        if update < 0 or (end is not None and update >= end):
            span = "any update >= 0" if end is None else f"an update from 0 to {end - 1}"
            raise ScheduleError("the schedule has no rate there", required=span, got=update)
        return float(self.formula(update, SCALAR))

    @property
    def length(self) -> int | None:
        """The number of updates that have a rate; ``None`` where the schedule never ends."""
        return None

    @property
    def horizon(self) -> int:
        """The fewest updates that show every end, period and restart."""
        return 1

    def children(self) -> tuple[Schedule, ...]:
        """Return the schedules this one is made of."""
        return ()

    def normal(self) -> Schedule:
        """Rewrite to normal form: two schedules that share it agree at every update."""
        return self

    def resolved(self, run: Run) -> Schedule:
        """Put hand-stepped parts onto the run's clock; the result counts updates."""
        return self

    def walk(self) -> Iterator[Schedule]:
        """Visit this node and everything below it."""
        yield self
        for child in self.children():
            yield from child.walk()

    def to_json(self) -> str:
        """Write as one JSON document."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Schedule:
        """Read one JSON document.

        Raises:
            ScheduleError: the document is not valid JSON, or not a valid schedule.

        """
        from isorate.core.codec import decode

        return decode(text)

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema of every document that ``from_json`` accepts."""
        from isorate.core.codec import json_schema

        return json_schema()

    def _repr_html_(self) -> str:
        groups = self.children() if self.tag == "groups" else (self,)
        updates = self.horizon if self.length is None else min(self.horizon, self.length)
        shown = notebook.thin(updates)
        facts: list[tuple[str, object]] = [("schedule", self.to_json()), ("updates shown", updates)]
        lines = [[group.at(update) for update in shown] for group in groups]
        return notebook.table(facts) + notebook.sketch(lines)

    @property
    def tag(self) -> str:
        """The name of this shape or combinator, as in JSON."""
        return str(self.__struct_config__.tag)


def check_finite(shape: str, **values: float) -> None:
    """Raise unless every value is a finite real number."""
    for name, value in values.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and math.isfinite(value)):
            raise ScheduleError(f"{shape}.{name}", required="a finite number", got=repr(value))


def check_count(shape: str, *, least: int = 1, **values: int) -> None:
    """Raise unless every value is an integer from ``least`` to 2**53 - 1."""
    for name, value in values.items():
        integer = isinstance(value, int) and not isinstance(value, bool)
        if not (integer and least <= value < 2**53):
            required = f"an integer from {least} to 2**53 - 1"
            raise ScheduleError(f"{shape}.{name}", required=required, got=repr(value))
