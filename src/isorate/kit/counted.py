"""Schedules that are functions of an optimizer's count, as XLA computes them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from isorate.kit import registry, xla
from isorate.kit.boundary import Fault
from isorate.kit.call import Call, Lift
from isorate.kit.match import Refusal
from isorate.kit.unknown import Unknown
from isorate.schedule.errors import IsorateError, NativeError
from isorate.schedule.evaluate import in_blocks
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.meaning import Meaning
    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule


class Count(msgspec.Struct, frozen=True):
    """An optimizer's count of its updates, as an argument: ``code`` stands for it in source."""

    code: str


class Counted(Call, frozen=True):
    """A function of the count, called with it and nothing else: each rate by itself, without end.

    Subclasses say what a count's rate is (``rates``), or which other call theirs is one of
    (``made``).
    """

    #: The constructor that says what this one could.
    instead: ClassVar[str | None] = None

    @classmethod
    def own_functions(cls) -> type[Call] | None:
        return registry.get(cls.card.dialect).own

    def made(self) -> Counted:
        """Return the schedule that the framework's own function makes and returns."""
        return self

    @property
    def real(self) -> Real:
        """The dtype that a Python float has."""
        return np.float32

    def build(self) -> None:
        """Raise what the constructor raises."""
        made = self.made()
        if made is not self:
            made.build()

    def rates(self, t: Any, real: Real) -> Rates:
        """Return the rates of counts: integers, or floats once a float has been taken from them."""
        return self.made().rates(t, real)

    def means(self) -> Meaning:
        return self.made().means()

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        if cls.instead is not None:
            return Refusal(f"{cls.instead} says what it could")
        return super().lift(schedule, updates)

    @property
    def strong(self) -> bool:
        """Whether the rates keep their dtype, though it be that of Python's floats."""
        made = self.made()
        return made is not self and made.strong

    @property
    def dtype(self) -> Any:
        return "float32" if self.real is np.float32 else self._first.dtype.name

    @property
    def _first(self) -> Rates:
        with np.errstate(all="ignore"):
            return self.rates(np.zeros(1, np.int64), self.real)

    def fault(self) -> Fault | None:
        """Build it and ask it for the first rate, as an optimizer does."""
        when = "on construction"
        try:
            self.build()
            when = "on the first step"
            self._first  # noqa: B018 - it may raise
        except IsorateError:
            raise
        except Exception as error:
            return Fault(type(error), str(error), when)
        return None

    def native(self, steps: int) -> Iterator[Rates]:
        self.checked()
        for t in in_blocks(steps):
            yield self.rates(t, self.real)[None]


def constant_of(function: Any) -> float:
    """Return the number that a function of the count is, whatever the count.

    Raises:
        NativeError: it is no such function.

    """
    try:
        return float(ast.literal_eval(function.source))
    except (AttributeError, SyntaxError, TypeError, ValueError):
        raise NativeError(f"Isorate does not follow {function!r} among schedules") from None


def since(t: Any, begin: float, real: Real) -> Any:
    """Return ``t - begin``, an integer where both are."""
    begin = xla.number(begin, real)
    return t - begin if t.dtype.kind == "i" and isinstance(begin, int) else t.astype(real) - begin


def share(t: Any, duration: float, real: Real) -> Rates:
    """Return ``t / duration``: of integers always in float32."""
    duration = xla.number(duration, real)
    if t.dtype.kind == "i" and isinstance(duration, int):
        real = np.float32
    share: Rates = t.astype(real) / real(duration)
    return share


def never(duration: Any) -> bool:
    """Whether a duration that is known is none."""
    return not isinstance(duration, Unknown) and bool(duration <= 0)
