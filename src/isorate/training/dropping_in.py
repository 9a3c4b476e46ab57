"""What the schedulers under a framework's names share: their schedule is that of its own call."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import IsorateError
from isorate.training.closed_form import ClosedForm, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.kit.call import Call
    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group
    from isorate.training.states import Saved

#: Why a drop-in's arguments may mean nothing any more.
OTHER: Final = "a checkpoint or an extension gave the scheduler another schedule"


class Argument:
    """An argument of the constructor: setting it changes the schedule from the next step on."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, scheduler: Any, owner: type) -> Any:
        if scheduler is None:
            return self
        arguments = scheduler._arguments
        if arguments is None:
            raise AttributeError(f"{self.name} is not known: {OTHER}")
        return arguments[self.name]

    def __set__(self, scheduler: Any, value: Any) -> None:
        scheduler._change(self.name, value)


class DropIn(ClosedForm):
    """A scheduler under the name and with the signature of a framework's own.

    What it does is what that call means (``Call.lower()``), for the first rate of each group.
    """

    #: The call whose meaning it has.
    constructor: ClassVar[type[Call]]

    _arguments: dict[str, Any] | None

    def _take(self, **arguments: Any) -> None:
        """Keep the constructor's arguments."""
        self._arguments = {name: _plain(value) for name, value in arguments.items()}

    def _call(self, bases: Sequence[float]) -> Call:
        """Return the call for these first rates, or raise what the framework raises for it."""
        assert self._arguments is not None
        kind: Any = self.constructor
        call: Call = kind(Optimizer(tuple(map(ParamGroup, bases))), **self._arguments)
        check(call)
        return call

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        return lowered(self._call(self._bases))

    def _change(self, name: str, value: Any) -> None:
        before = self._arguments
        if before is None:
            raise AttributeError(f"{name} has no say: {OTHER}")
        self._arguments = {**before, name: _plain(value)}
        try:
            self._plan()
        except Exception:
            self._arguments = before
            raise

    def _adopt(self, saved: Saved, schedule: Schedule) -> None:
        call: Any = saved.call
        if call is None or call.name != self.constructor.__name__:
            super()._adopt(saved, schedule)
            return
        known = self._arguments or call.arguments()
        self._arguments = {name: getattr(call, name) for name in known if name != "last_epoch"}
        self._arguments.pop("optimizer", None)
        bases = [group.base for group in call.optimizer.groups]
        self._bases = [*bases, *self._bases[len(bases) :]]
        self._given = None
        self._plan()

    def _replace(
        self,
        schedule: Schedule,
        momentum: Schedule | None = None,
        bases: Sequence[float] | None = None,
    ) -> None:
        self._arguments = None
        super()._replace(schedule, momentum, bases)


def lowered(call: Call) -> Schedule:
    """Return a call's schedule on the clock of ``step()``.

    Raises:
        ValueError: the call has no meaning as a schedule.

    """
    with blaming(call.name):
        return on_steps(call.lower())


@contextmanager
def blaming(name: str) -> Iterator[None]:
    """Raise ValueError, which names the scheduler, where there is no schedule for its arguments."""
    try:
        yield
    except IsorateError as error:
        raise ValueError(f"{name}: {error}") from None


def check(call: Call) -> None:
    """Raise what the framework raises for these arguments."""
    fault = call.fault()
    if fault is not None:
        raise fault.error(f"{call.name}: {fault.text}")


def one_a_group(value: Any, groups: int) -> list[Any]:
    """Return an argument's value for each parameter group: one for all, or a list of them."""
    return list(value) if isinstance(value, list) else [value] * groups


def _plain(value: Any) -> Any:
    """Take NumPy's and torch's numbers for Python's, in lists as well."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return plain(value)
