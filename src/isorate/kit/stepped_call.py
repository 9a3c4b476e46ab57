"""Calls that act on an optimizer's groups: built on them, then stepped by the loop."""

from __future__ import annotations

import builtins
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from isorate.kit import objects
from isorate.kit.boundary import LIMIT, Fault, Halting, halting
from isorate.kit.call import Call
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.kit.writing import source
from isorate.schedule.combinators import Groups, Stepped
from isorate.schedule.errors import ConvertError, RunError, ScheduleError
from isorate.schedule.evaluate import BLOCK
from isorate.schedule.lazily import np, quiet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.kit.objects import Group, Work
    from isorate.schedule.node import Schedule

    Rates = tuple[NDArray[Any], Halting | None]

#: How many steps are taken one by one before it is asked again whether many at once would do.
STRETCH = 256


#: The optimizer of a scheduler that holds none which has one: it is refused.
NOBODYS = Optimizer.of(0.0)


class SteppedCall(Call, frozen=True):
    """A call that acts on an optimizer's groups through workers, each its own group's."""

    worker: ClassVar[Any]

    @property
    def _stated(self) -> Optimizer:
        return self.owner or NOBODYS

    @property
    def groups(self) -> int:
        return len(self._stated.groups)

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        return self._stated.dtype

    def group_of(self, stated: ParamGroup, *, rounded: bool) -> Group:
        """Return a parameter group as the framework has it, or without what its dtype rounds."""
        return objects.group_of(stated, rounded=rounded)

    def counted(self, t: Any, steps: int, group: Group) -> Any:
        """Return a counter of steps after some more, beside a group's rates."""
        return t + steps if steps else t

    def build(self, *, rounded: bool = True) -> list[Work]:
        """Build the scheduler on groups of its own, or raise what building it raises."""
        groups = [self.group_of(group, rounded=rounded) for group in self._stated.groups]
        return objects.work(self, groups)

    def step_once(self, built: list[Work]) -> None:
        """Take a first step, or raise what it raises."""
        built[0].step(built)

    def fault(self) -> Fault | None:
        """Build the scheduler and step it once, as the framework would; what is raised is it."""
        when = "on construction"
        try:
            with quiet():
                built = self.build()
                when = "on the first step"
                self.step_once(built)
        except Exception as error:
            halt = halting(error)
            if halt.error == LIMIT:
                raise RunError(f"Isorate does not follow {self.name} {when}: {halt.text}") from None
            kind = getattr(builtins, halt.error) if halt is error else type(error)
            return Fault(kind, self.blamed(halt.text), when)
        return None

    def blamed(self, text: str) -> str:
        """Add the arguments to a message that does not name them."""
        if "=" in text:
            return text
        given = {n: v for n, v in self.arguments().items() if not isinstance(v, Optimizer)}
        return f"{text} ({', '.join(f'{name}={source(value)}' for name, value in given.items())})"

    def lower(self) -> Schedule:
        self.checked()
        try:
            with quiet():
                found = [Stepped(worker.meaning()) for worker in self.build(rounded=False)]
        except (TypeError, ValueError, ArithmeticError, ScheduleError) as error:
            # what the first step did not need, or no schedule has
            raise ConvertError(f"there is no schedule in it: {self.blamed(str(error))}") from None
        pairs = zip(found, self._stated.groups, strict=True)
        if len({repr(schedule) for schedule, group in pairs if group.shared}) > 1:
            raise ConvertError(objects.SHARED)
        return found[0] if len(found) == 1 else Groups(tuple(found))

    @property
    def by_steps(self) -> bool:
        """Whether ``one_by_one`` gives its rates: Python's numbers are, and nothing else is."""
        return type(self).native is SteppedCall.native and self.dtype == "float64"

    def one_by_one(self, steps: int) -> list[list[float]] | None:
        """Return the rates of the first steps, a list for each; none where something ends them.

        They are those of ``native``, as Python's own numbers.
        """
        self.checked()
        workers = self.build()
        worker = workers[0]
        columns, halt = _held(workers, iter([None]))
        if halt is not None:
            return None
        if isinstance(worker, objects.Worker) and worker.by_number and len(workers) == 1:
            rates, halt = worker.call.each(worker, range(worker.t + 1, worker.t + steps))
            columns += [[rate] for rate in rates]
        else:
            others, halt = _held(workers, (worker.step(workers) for _ in range(steps - 1)))
            columns += others
        return columns if halt is None else None

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        self.checked()
        workers = self.build()
        block, halt = _columns(workers, iter([None]), self.dtype)
        done = block.shape[1]
        while done < steps and halt is None:
            take, most = _one_by_one, STRETCH
            if all(worker.plain for worker in workers):
                take, most = _in_bulk, BLOCK
            following, halt = take(workers, min(most - done % most, steps - done), self.dtype)
            done += following.shape[1]
            block = np.concatenate((block, following), axis=1) if block.shape[1] else following
            if block.shape[1] >= most:
                yield block
                block = block[:, :0]
        if block.shape[1]:
            yield block
        if halt is not None:
            raise halt


def _one_by_one(workers: list[Work], steps: int, dtype: str) -> Rates:
    """Take some steps as the framework does."""
    return _columns(workers, (workers[0].step(workers) for _ in range(steps)), dtype)


def _columns(workers: Sequence[Work], taken: Iterator[None], dtype: str) -> Rates:
    """Return the rates that the groups hold after each step, as far as none raises."""
    columns, halt = _held(workers, taken)
    return np.array(columns).reshape(-1, len(workers)).T.astype(dtype), halt


def _held(
    workers: Sequence[Work], taken: Iterator[None]
) -> tuple[list[list[float]], Halting | None]:
    columns: list[list[float]] = []
    try:
        for _ in taken:
            columns.append([objects.rate_of(worker.group) for worker in workers])
    except Exception as error:
        return columns, halting(error)
    return columns, None


def _in_bulk(workers: Sequence[Work], steps: int, dtype: str) -> Rates:
    """Take some steps at once."""
    from isorate.kit.float32 import number

    with quiet():
        taken = [objects.halted(partial(worker.moves, steps)) for worker in workers]
        width = min(map(len, taken))
        block = np.empty((len(workers), width), dtype)
        if width:
            for row, (worker, moves) in enumerate(zip(workers, taken, strict=True)):
                lr = number(objects.rate_of(worker.group), objects.real_of(worker.group))
                block[row] = rates = moves.cut(0, width).rates(lr)
                objects.put(worker.group, float(rates[-1]))
    halts = (m.halt for m in taken if m.halt is not None and len(m) == width)
    return block, next(halts, None)
