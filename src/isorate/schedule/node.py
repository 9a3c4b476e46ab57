"""Schedule: what a call means, as data. The base of every shape and combinator."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

import msgspec

from isorate.schedule import notebook
from isorate.schedule.algebra import Algebra
from isorate.schedule.errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from isorate.schedule.run import Run


class Namespace(Protocol):
    """The functions a formula needs: ``math``'s for one update, NumPy's for an array of them.

    One that has ``of_each(function, t)``, which asks a function of Python's at every update, gets
    the bits of Python's own arithmetic for a ``Formula``. One that cannot, as inside ``jax.jit``,
    leaves it out, and has NumPy's ``cos``, ``tanh``, ``sqrt``, ``log2``, ``log10``, ``floor``,
    ``ceil`` and ``trunc`` besides what follows.
    """

    pi: float

    def sin(self, x: Any, /) -> Any:
        """The sine."""

    def exp(self, x: Any, /) -> Any:
        """The exponential; infinite where it overflows."""

    def expm1(self, x: Any, /) -> Any:
        """The exponential less one."""

    def log(self, x: Any, /) -> Any:
        """The natural logarithm of a positive number."""

    def log1p(self, x: Any, /) -> Any:
        """The natural logarithm of one more than a number above -1."""

    def power(self, base: Any, exponent: Any, /) -> Any:
        """A float power; infinite where it overflows."""

    def frexp(self, x: Any, /) -> Any:
        """Mantissa and exponent: ``x = m·2**e``, m from 0.5 to 1 in size."""

    def ldexp(self, m: Any, e: Any, /) -> Any:
        """``m·2**e`` for a whole ``e`` of any size; zero or infinite where no float is near."""

    def sizes(self, x: Any, /) -> tuple[float, float]:
        """The least and the greatest absolute value; NaN where one is."""

    def mended(self, rate: Any, fine: Any, t: Any, again: Callable[[Any], Any], /) -> Any:
        """The rate where it is fine, else what ``again`` makes of those ``t``."""

    def maximum(self, a: Any, b: Any, /) -> Any:
        """The greater of two."""

    def minimum(self, a: Any, b: Any, /) -> Any:
        """The lesser of two."""

    def where(self, condition: Any, a: Any, b: Any, /) -> Any:
        """One or the other."""

    def take(self, values: Any, index: Any, /) -> Any:
        """One element, or many."""

    def searchsorted(self, boundaries: Any, t: Any, /) -> Any:
        """How many boundaries are not above it."""

    def present(self, indices: Any, starts: Sequence[int], /) -> Iterable[int]:
        """The indices of starts that there may be."""

    def exact_product(self, a: Any, b: Any, /) -> tuple[Any, Any]:
        """A product as a float, and what its rounding took away, as far as that is known."""


#: Multiplying by this splits a float into two of 26 bits each.
SPLITTER: Final = 2.0**27 + 1.0


def exact_product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return a·b as a float and what its rounding took away: their sum is a·b exactly.

    Both factors and the product have to be below 2**990, and the product above 2**-960.
    """
    product = a * b
    scaled_a, scaled_b = SPLITTER * a, SPLITTER * b
    a_high, b_high = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


class ScalarNamespace:
    """``math`` under NumPy's names, so that one formula serves one update and many."""

    pi = math.pi
    sin = staticmethod(math.sin)
    expm1 = staticmethod(math.expm1)
    log = staticmethod(math.log)
    log1p = staticmethod(math.log1p)
    frexp = staticmethod(math.frexp)
    minimum = staticmethod(min)
    maximum = staticmethod(max)
    exact_product = staticmethod(exact_product)

    @staticmethod
    def exp(x: float) -> float:
        """Return the exponential, infinite where ``math`` raises."""
        try:
            return math.exp(x)
        except OverflowError:
            return math.inf

    @staticmethod
    def power(base: float, exponent: float) -> float:
        """Return a power, infinite or NaN where ``math`` raises."""
        try:
            return math.pow(base, exponent)
        except OverflowError:
            return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
        except ValueError:
            return math.inf if base == 0 else math.nan

    @staticmethod
    def ldexp(m: float, e: float) -> float:
        """Return ``m·2**e``, infinite where ``math`` raises."""
        try:
            return math.ldexp(m, int(e))
        except OverflowError:
            return math.copysign(math.inf, m)

    @staticmethod
    def sizes(x: float) -> tuple[float, float]:
        """Return the absolute value, twice."""
        return abs(x), abs(x)

    @staticmethod
    def mended(rate: float, fine: bool, t: Any, again: Callable[[Any], float]) -> float:
        """Return a rate that is fine, or compute it again."""
        return rate if fine else again(t)

    @staticmethod
    def where(condition: bool, a: Any, b: Any) -> Any:
        """Choose ``a`` where the condition holds, else ``b``."""
        return a if condition else b

    @staticmethod
    def take(values: Any, index: int) -> Any:
        """Return one element."""
        return values[index]

    @staticmethod
    def searchsorted(boundaries: Any, t: float) -> int:
        """Count the boundaries that are not above an update."""
        return bisect_right(boundaries, t)

    @staticmethod
    def present(index: int, starts: Sequence[int]) -> tuple[int]:
        """Return the one index."""
        return (index,)


SCALAR: Final = ScalarNamespace()

#: Updates are integers below this: float64 holds every one of them.
FARTHEST: Final = 2**53

#: Durations lie below this: twice as many updates are still an int64.
LONGEST: Final = 2**62


class Schedule(Algebra, msgspec.Struct, frozen=True, tag_field="shape", forbid_unknown_fields=True):
    """The meaning of a call: absolute rates over updates 0, 1, 2, …, the same for every dialect.

    A schedule is a frozen tree of shapes (``core.shapes``) and combinators (``core.combinators``).
    It goes to JSON and back without loss. Schedules are put together with the methods of
    ``core.algebra``: ``a.then(b, at=5)``, ``a * 0.1``, ``a | report``.

    Example:
        >>> from isorate.schedule.shapes import Cosine
        >>> Cosine(0.1, 0.01, 2).at(2)
        0.01
        >>> Schedule.from_json(Cosine(0.1, 0.01, 2).to_json()) == Cosine(0.1, 0.01, 2)
        True

    """

    #: The fields that hold rates; the others say when and how it goes from one to the next.
    rate_fields: ClassVar[tuple[str, ...]] = ()

    def formula(self, t: Any, xp: Namespace) -> Any:
        """Rate at ``t``, an integer or an int64 array; ``xp`` is the namespace that serves it.

        With a single ``t`` the rates may be columns instead, arrays with one entry for each of
        several schedules that are alike in all else, ``decisions`` included.
        """
        raise NotImplementedError

    @property
    def decisions(self) -> tuple[bool, ...]:
        """What the formula decides by the rates: all the entries of a column have to agree."""
        return ()

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
        """The fewest updates that show every end, period and restart, and what comes after."""
        return 1

    @property
    def course(self) -> float | None:
        """The update at which it has come to its end, or is back where it began.

        A fall that climbs back has come to its end at the trough. None where there is no such
        update: a decay goes on, and what a formula does is not known. A fraction where durations
        are.
        """
        return None

    def children(self) -> tuple[Schedule, ...]:
        """Return the schedules this one is made of."""
        return ()

    def normal(self) -> Schedule:
        """Rewrite to normal form: two schedules that share it agree at every update."""
        return self

    def resolved(self, run: Run) -> Schedule:
        """Put hand-stepped parts onto the run's clock; the result counts updates."""
        return self.mapped(lambda child: child.resolved(run))

    def mapped(self, change: Callable[[Schedule], Schedule]) -> Schedule:
        """Return the same node over changed children."""
        children = self.children()
        if not children:
            return self
        changed = tuple(change(child) for child in children)
        if changed == children:
            return self
        many = isinstance(self.of, tuple)  # type: ignore[attr-defined]
        return msgspec.structs.replace(self, of=changed if many else changed[0])

    # --- what can be said of the rates without computing any -----------------------------------

    @property
    def cycle(self) -> int | None:
        """After how many updates the rates come again, from the first one on; none if never."""
        return None

    @property
    def bounds(self) -> tuple[float, float]:
        """Two rates between which all of them lie, rounding aside."""
        return -math.inf, math.inf

    @property
    def takes_fractions(self) -> bool:
        """Whether there is a rate between two updates."""
        return all(child.takes_fractions for child in self.children())

    # --- how a schedule takes what a combinator does to it; none where only the node can say it --

    def scaled_by(self, factor: float) -> Schedule | None:
        """Return this schedule with every rate multiplied, without a ``Scale`` around it."""
        return None

    def stretched_by(self, factor: float) -> Schedule | None:
        """Return this schedule with every duration multiplied, without a ``Stretch`` around it."""
        return None

    def shifted_by(self, updates: float) -> Schedule | None:
        """Return this schedule as it goes on after some updates, without a ``Shift`` around it."""
        return None

    def on_a_staircase(self, every: int) -> Schedule | None:
        """Return this schedule with a tick of so many updates, without a ``Staircase``."""
        return None

    def cut_short(self, updates: int) -> Schedule:
        """Return a schedule with the same rates before ``updates``, and no end by then.

        What comes after is forgotten: two schedules that differ in nothing else become one. The
        rates between updates stay as well, where there are any.
        """
        return self

    def walk(self) -> Iterator[Schedule]:
        """Visit this node and everything below it."""
        yield self
        for child in self.children():
            yield from child.walk()

    def to_json(self) -> str:
        """Write as one JSON document."""
        return msgspec.json.encode(self, enc_hook=float).decode()  # NumPy's floats, too

    @staticmethod
    def from_json(text: str | bytes) -> Schedule:
        """Read one JSON document.

        Raises:
            ScheduleError: the document is not valid JSON, or not a valid schedule.

        """
        from isorate.schedule.codec import decode

        return decode(text)

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema of every document that ``from_json`` accepts."""
        from isorate.schedule.codec import json_schema

        return json_schema()

    def _repr_html_(self) -> str:
        groups = self.children() if self.tag == "groups" else (self,)
        length = self.length
        updates = self.horizon if length is None else min(self.horizon, length)
        shown = notebook.thin(updates)
        facts: list[tuple[str, object]] = [("schedule", self.to_json()), ("updates shown", updates)]
        lines = [[group.at(update) for update in shown] for group in groups]
        return notebook.table(facts) + notebook.sketch(lines)

    @property
    def tag(self) -> str:
        """The name of this shape or combinator, as in JSON."""
        return str(self.__struct_config__.tag)


def check_finite(shape: str, **values: float) -> None:
    """Raise unless every value is a real number that a float can hold."""
    for name, value in values.items():
        if not _is_finite(value):
            raise ScheduleError(f"{shape}.{name}", required="a finite number", got=_shown(value))


def check_all_finite(shape: str, **lists: Sequence[float]) -> None:
    """Raise unless every value of every list is; fast, as lists may have a million."""
    for name, values in lists.items():
        if set(map(type, values)) != {float} or not all(map(math.isfinite, values)):
            for value in values:
                check_finite(shape, **{name: value})


def _is_finite(value: Any) -> bool:
    if getattr(value, "ndim", 0):  # a column of rates
        return agreed(abs(value) < math.inf)
    try:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def agreed(condition: Any) -> bool:
    """Return what all entries of a column agree on, or what a single number says."""
    return condition if isinstance(condition, bool) else bool(condition.all())


def check_duration(shape: str, duration: float) -> None:
    """Raise unless a duration is positive and below 2**62."""
    check_finite(shape, duration=duration)
    if not 0 < duration < LONGEST:
        required = "a number from 0 to 2**62, ends excluded"
        raise ScheduleError(f"{shape}.duration", required=required, got=_shown(duration))


def check_count(shape: str, *, least: int = 1, **values: int) -> None:
    """Raise unless every value is an integer from ``least`` to 2**53 - 1."""
    for name, value in values.items():
        integer = isinstance(value, int) and not isinstance(value, bool)
        if not (integer and least <= value < FARTHEST):
            required = f"an integer from {least} to 2**53 - 1"
            raise ScheduleError(f"{shape}.{name}", required=required, got=_shown(value))


def _shown(value: object) -> str:
    """Show a value in a message, in one line of bounded length."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 128:
        return "an integer beyond every float" if value.bit_length() > 1024 else f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def arrival(course: float) -> int:
    """Return the update at which a course is over, whatever rounding has left of a fraction."""
    return max(0, math.ceil(course - 1e-6))


def end_of_course(schedule: Schedule) -> int | None:
    """Return the update at which a schedule's course is over; none where it has none."""
    course = schedule.course
    return None if course is None else arrival(course) or None


def longest_course(schedules: tuple[Schedule, ...]) -> float | None:
    """Return the longest course of several schedules, where all have one."""
    courses = [schedule.course for schedule in schedules]
    known = [course for course in courses if course is not None]
    return max(known) if len(known) == len(courses) else None


def whole(number: float) -> int | float:
    """Return a number as an integer where it is one."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


#: What the nodes of a schedule are called.
CALLED: Final = {
    "constant": "a constant",
    "linear": "a line",
    "polynomial": "a polynomial",
    "cosine": "a cosine",
    "exponential": "an exponential",
    "natural_exponential": "a natural exponential",
    "inverse": "an inverse decay",
    "piecewise_constant": "a rate for each interval",
    "table": "a table",
    "formula": "a formula",
    "join": "a sequence",
    "repeat": "a repeated cycle",
    "mirror": "a course there and back",
    "product": "a product",
    "sum": "a sum",
    "scale": "a scaled schedule",
    "clamp": "a clamped schedule",
    "staircase": "a staircase",
}


def called(tag: str) -> str:
    """Return what a node is called, with its article."""
    return CALLED.get(tag, f"a {tag.replace('_', ' ')}")
