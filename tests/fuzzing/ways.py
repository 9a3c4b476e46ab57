"""What can be done with a text: every verb, every answer of a call, its pages; all in bounds."""

from __future__ import annotations

import builtins
import io
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isorate import IsorateError, ReadError, Run, Schedule, compare, convert, evaluate, simulate
from isorate.kit import registry
from isorate.reports import figure, html, json
from isorate.schedule.errors import ASKED, LONGEST_ASKED, LONGEST_MESSAGE
from tests.calls import read
from tests.fuzzing.schedules import document

if TYPE_CHECKING:
    from random import Random

    from isorate.kit.call import Call

#: No stage may take more processor time with any text, in seconds; all together take milliseconds.
LIMIT = 20
TARGETS = tuple(registry.builtin())
RATES: tuple[Any, ...] = (1, 0, -1.0, float("nan"), 10**400, "0.1", [], True, None)
#: What ends a curve without an exception of a framework's.
ENDS = ("IsorateLimit", "ScheduleError")
NAMES: tuple[dict[str, Any], ...] = (
    {},
    {"x": 3, "args.lr": 0.1},
    {"x": None, "t": 2},
    {"x": "a", "y": [1]},
)
RUNS: tuple[dict[str, Any], ...] = (
    {"updates": 1},
    {"updates": 2},
    {"updates": 12},
    {"updates": 50},
    {"updates": 30, "metrics": [1.0, 0.9, float("nan"), float("inf"), 1.0] * 6},
    {"epochs": 3, "updates_per_epoch": 4},
    {"epochs": 3, "updates_per_epoch": 4, "step_every": "epoch"},
    {"updates": 20, "updates_per_epoch": 7, "step_every": "epoch", "metrics": [1] * 20},
    {"updates": 30, "accelerate": 4},
)
#: One in so many runs has no length: it may come to a million updates.
OPEN = 40


class Hung(BaseException):
    """A stage was not done in time; no ``except Exception`` keeps it."""


@dataclass(frozen=True)
class Case:
    """A text, what is said beside it, the run, what it is compared with, and a target."""

    text: str
    lr: Any = None
    dialect: str | None = None
    names: tuple[tuple[str, Any], ...] = ()
    run: tuple[tuple[str, Any], ...] = ()
    other: str = "[0.1] * 5"
    to: str | None = "torch"

    def read(self) -> Call:
        """Read the text, with the rate beside it if it has none of its own."""
        names = dict(self.names)
        try:
            return read(self.text, dialect=self.dialect, names=names)
        except ReadError as error:
            if not error.lacks_rate:
                raise
        return read(self.text, lr=self.lr, dialect=self.dialect, names=names)


def drawn_case(text: str, other: str, random: Random) -> Case:
    """Draw what is said beside a text."""
    return Case(
        text,
        lr=random.choice((*[0.1] * 20, *[[0.1, 0.01]] * 5, *RATES)),
        dialect=random.choice((*[None] * 30, *TARGETS)),
        names=tuple(random.choice(NAMES).items()),
        run=tuple(random.choice(RUNS).items()) if random.randrange(OPEN) else (),
        other=random.choice((other, other, "[0.1] * 5", document(random))),
        to=random.choice((*TARGETS, *[None] * 5)),
    )


def ways(case: Case) -> Iterator[tuple[str, Callable[[], object]]]:
    """Visit everything that can be done with a text, as named functions; each is called once."""
    kept: dict[str, Any] = {}

    def keep(name: str, function: Callable[[], object]) -> tuple[str, Callable[[], object]]:
        return name, lambda: kept.update({name: function()})

    yield keep("read", case.read)
    call = kept.get("read")
    if call is None:
        return
    run = Run(**dict(case.run))
    yield "code", lambda: (call.code, str(call), call.name, call.groups, call.dtype, call.counts)
    yield "fault", lambda: known_error(call.fault())
    yield "page of the call", call._repr_html_
    yield keep("lower", call.lower)
    yield keep("simulate", lambda: simulate(call, run))
    yield keep("compare", lambda: compare(call, case.other, run))
    if case.to is not None:
        yield keep("convert", lambda: convert(call, to=str(case.to), run=run))
    if (schedule := kept.get("lower")) is not None:
        yield "normal", lambda: schedule.normal().horizon
        yield "to_json", lambda: Schedule.from_json(schedule.to_json())
        yield "at", lambda: (schedule.at(0), schedule.at(3), schedule.at(2**40))
        yield "page of the schedule", lambda: (repr(schedule), schedule._repr_html_())
        yield "evaluate", lambda: evaluate(schedule.resolved(run), run.lasting(30))
    if (curve := kept.get("simulate")) is not None:
        yield "halt", lambda: known_error(curve.halt)
        yield "page of the curve", curve._repr_html_
        yield "document of the call", lambda: json.dumps(json.show(call, curve))
        yield "picture", lambda: html.page(figure.of_curve(call, curve, run))
    if (found := kept.get("compare")) is not None:
        yield "page of the comparison", lambda: (str(found), found._repr_html_())
        yield "document of the comparison", lambda: json.dumps(json.comparison(found))
    if (said := kept.get("convert")) is not None:
        yield "page of the conversion", said._repr_html_
        yield "document of the conversion", lambda: json.dumps(json.conversion(said))
        yield "read back", lambda: [read(way.code) for way in said.ways[:2]]


def known_error(found: Any) -> None:
    """Check that an exception that a framework is said to raise is one of Python's."""
    error = None if found is None else getattr(found.error, "__name__", found.error)
    if error is not None and not hasattr(builtins, error) and error not in ENDS:
        raise AssertionError(f"it names {error}: {found}")


def escapes(case: Case) -> Iterator[tuple[str, BaseException | str]]:
    """Visit what comes out of a case that is no IsorateError, and whatever it prints.

    Errors have to be readable, too, and to know what the framework does: that Isorate cannot follow
    is for what nobody draws.
    """
    printed = io.StringIO()
    with (
        redirect_stdout(printed),
        redirect_stderr(printed),
        warnings.catch_warnings(action="error"),
    ):
        for name, way in ways(case):
            try:
                with limited(name):
                    way()
            except IsorateError as error:
                message = str(error)
                refused = name == "read back" or "Isorate cannot follow" in message
                most = LONGEST_MESSAGE + 10 + (LONGEST_ASKED if ASKED in message else 0)
                if refused or not message.isprintable() or len(message) > most:
                    yield name, f"{len(message)} characters: {message[:300]!r}"
            except (Exception, Hung) as error:
                yield name, error
    if printed.getvalue():
        yield "printed", printed.getvalue()


@contextmanager
def limited(name: str) -> Iterator[None]:
    """Stop what does not end."""

    def stop(*_: object) -> None:
        raise Hung(f"{name} was not done in {LIMIT} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
