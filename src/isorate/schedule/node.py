"""Schedule: what a call means, as data. The base of every shape and combinator."""

from __future__ import annotations

import math
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeGuard, TypeVar

import msgspec

from isorate.schedule import notebook
from isorate.schedule.codec import decode, json_schema
from isorate.schedule.domains import arrival
from isorate.schedule.errors import ScheduleError
from isorate.schedule.namespace import SCALAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from isorate.schedule.namespace import Namespace
    from isorate.schedule.run import Run

Result = TypeVar("Result")


class Schedule(msgspec.Struct, frozen=True, tag_field="shape", forbid_unknown_fields=True):
    """The meaning of a call: absolute rates over updates 0, 1, 2, …, the same for every dialect.

    A schedule is a frozen tree of shapes (``schedule.shapes``) and combinators
    (``schedule.combinators``). It goes to JSON and back without loss. Schedules are put together as
    one writes them: ``warmup.then(cosine, at=5) * 0.1``. Each of those methods is a combinator, and
    raises ``ScheduleError`` where that does; a schedule for several parameter groups takes them
    group by group. ``schedule | report`` hands it to a report: any function of one.

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
        changed = tuple(change(child) for child in children)
        found = None if changed == children else self.around(*changed)
        return self if found is None else found

    def around(self, *children: Schedule | None, **changed: Any) -> Schedule | None:
        """Return the same node over other children; none where one of them is none."""
        if None in children:
            return None
        many = isinstance(self.of, tuple)  # type: ignore[attr-defined]
        return msgspec.structs.replace(self, of=children if many else children[0], **changed)

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
        scaled: dict[str, Any] = {}
        for name in self.rate_fields:
            rate = getattr(self, name)
            many = isinstance(rate, tuple)
            scaled[name] = tuple(one * factor for one in rate) if many else rate * factor
        return msgspec.structs.replace(self, **scaled) if scaled else None

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
        found: Schedule = decode(text, AnySchedule)
        return found

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema of every document that ``from_json`` accepts."""
        return json_schema(AnySchedule)

    # --- schedules put together ------------------------------------------------------------------

    def then(self, other: Schedule, *, at: int) -> Schedule:
        """Return this schedule before update ``at`` and another, from its beginning, after it.

        Example:
            >>> from isorate.schedule.shapes import Constant, Cosine
            >>> Constant(0.1).then(Cosine(0.1, 0.0, 10), at=5).at(15)
            0.0

        """
        return _each(self, lambda one: made("join", (one, single(other)), (at,)))

    def after_warmup(self, updates: int, start: float = 0.0) -> Schedule:
        """Return this schedule after a line from ``start`` to its first rate.

        Example:
            >>> from isorate.schedule.shapes import Cosine
            >>> warm = Cosine(0.1, 0.0, 10).after_warmup(2)
            >>> [warm.at(update) for update in (0, 1, 2, 12)]
            [0.0, 0.05, 0.1, 0.0]

        """
        return _each(
            self, lambda one: made("linear", start, one.at(0), updates).then(one, at=updates)
        )

    def repeated(
        self, period: int, *, growth: int = 1, shrink: float = 1.0, floor: float = 0.0
    ) -> Schedule:
        """Return this schedule again and again, each time slower and lower if need be.

        Example:
            >>> from isorate.schedule.shapes import Cosine
            >>> restarts = Cosine(0.1, 0.0, 2).repeated(2, growth=2)
            >>> [restarts.at(update) for update in (0, 2, 6)]
            [0.1, 0.1, 0.1]

        """
        return _each(self, lambda one: made("repeat", one, period, growth, shrink, floor))

    def mirrored(self, duration: int) -> Schedule:
        """Return this schedule there and back again, turning at update ``duration``.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> triangle = Linear(0.0, 0.2, 2).mirrored(2)
            >>> [triangle.at(update) for update in range(5)]
            [0.0, 0.1, 0.2, 0.1, 0.0]

        """
        return _each(self, lambda one: made("mirror", one, duration))

    def clamped(self, *, least: float | None = None, most: float | None = None) -> Schedule:
        """Return this schedule kept within bounds.

        Example:
            >>> from isorate.schedule.shapes import Exponential
            >>> Exponential(0.1, 0.5).clamped(least=0.01).at(100)
            0.01

        """
        return _each(self, lambda one: made("clamp", one, least, most))

    def stretched(self, by: float) -> Schedule:
        """Return this schedule taking ``by`` times as long.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> Linear(0.0, 0.1, 2).stretched(2).at(4)
            0.1

        """
        return _each(self, lambda one: made("stretch", one, by))

    def shifted(self, by: float) -> Schedule:
        """Return this schedule as it goes on when ``by`` updates of it are over.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> Linear(0.1, 0.0, 2).shifted(1).at(0)
            0.05

        """
        return _each(self, lambda one: made("shift", one, by))

    def staircase(self, every: int) -> Schedule:
        """Return this schedule on a clock that ticks once in ``every`` updates.

        Example:
            >>> from isorate.schedule.shapes import Exponential
            >>> steps = Exponential(0.1, 0.5).staircase(3)
            >>> [steps.at(update) for update in range(4)]
            [0.1, 0.1, 0.1, 0.05]

        """
        return _each(self, lambda one: made("staircase", one, every))

    def until(self, updates: int) -> Schedule:
        """Return this schedule without a rate from update ``updates`` on.

        Example:
            >>> from isorate.schedule.shapes import Constant
            >>> Constant(0.1).until(6).length
            6

        """
        return _each(self, lambda one: made("until", one, updates))

    def stepped(self) -> Schedule:
        """Return this schedule on the clock of the loop's ``scheduler.step()``.

        Example:
            >>> from isorate.schedule.run import Run
            >>> from isorate.schedule.shapes import Linear
            >>> epochs = Run(6, updates_per_epoch=2, step_every="epoch")
            >>> Linear(0.2, 0.0, 2).stepped().resolved(epochs).at(3)
            0.1

        """
        return _each(self, lambda one: made("stepped", one))

    def __mul__(self, other: Schedule | float) -> Schedule:
        """Return this schedule multiplied: every rate by a number, or by another schedule's.

        Example:
            >>> from isorate.schedule.shapes import Constant, Linear
            >>> (Constant(0.1) * Linear(0.0, 1.0, 2)).at(1)
            0.05
            >>> (0.5 * Constant(0.1)).at(0)
            0.05

        """
        if _is_number(other):
            return _each(self, lambda one: made("scale", one, other))
        if not isinstance(other, Schedule):
            return NotImplemented
        return _each(self, lambda one: made("product", (one, single(other))))

    __rmul__ = __mul__

    def __add__(self, other: Schedule | float) -> Schedule:
        """Return this schedule with a number, or another schedule's rates, added.

        Example:
            >>> from isorate.schedule.shapes import Linear
            >>> (Linear(0.1, 0.0, 2) + 0.5).at(2)
            0.5

        """
        if _is_number(other):
            other = made("constant", other)
        if not isinstance(other, Schedule):
            return NotImplemented
        return _each(self, lambda one: made("sum", (one, single(other))))

    __radd__ = __add__

    def __or__(self, report: Callable[[Schedule], Result]) -> Result:
        """Hand this schedule to a report, or to any other function, and return what that returns.

        Example:
            >>> from isorate.schedule.algebra import rates
            >>> from isorate.schedule.shapes import Linear
            >>> Linear(0.0, 0.2, 2) | rates(3)
            [0.0, 0.1, 0.2]

        """
        return report(self) if callable(report) else NotImplemented

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


if TYPE_CHECKING:
    #: What a JSON document, and a field that holds a schedule, may be: looked up when one is read.
    AnySchedule: TypeAlias = Schedule

#: Every shape and combinator by its tag.
NODES: Final[dict[str, type[Schedule]]] = {}


def know(*nodes: type[Schedule]) -> None:
    """Take in what schedules are made of, which their base cannot import: it is made of them."""
    NODES.update((str(node.__struct_config__.tag), node) for node in nodes)
    globals().update(AnySchedule=reduce(or_, nodes))


def made(tag: str, *arguments: Any) -> Schedule:
    """Return a shape or a combinator by its tag."""
    return NODES[tag](*arguments)


def _each(schedule: Schedule, change: Callable[[Schedule], Schedule]) -> Schedule:
    """Change a schedule, or that of every parameter group."""
    return schedule.mapped(change) if schedule.tag == "groups" else change(schedule)


def single(schedule: Schedule) -> Schedule:
    """Return a schedule that can be part of another."""
    if schedule.tag == "groups":
        raise ScheduleError("groups cannot be a part", hint="do it to the groups, one by one")
    return schedule


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def end_of_course(schedule: Schedule) -> int | None:
    """Return the update at which a schedule's course is over; none where it has none."""
    course = schedule.course
    return None if course is None else arrival(course) or None


def longest_course(schedules: tuple[Schedule, ...]) -> float | None:
    """Return the longest course of several schedules, where all have one."""
    courses = [schedule.course for schedule in schedules]
    known = [course for course in courses if course is not None]
    return max(known) if len(known) == len(courses) else None


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
