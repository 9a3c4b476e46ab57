"""What torch's schedulers share: the rate lives in the optimizer, the loop calls ``step()``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
import numpy as np

from isorate.kit import objects as stepping
from isorate.kit.boundary import Halting
from isorate.kit.card import Card
from isorate.kit.effects import Factors, Moves, Values, computed
from isorate.kit.float32 import Float32
from isorate.kit.stepped_call import ScheduledGroups, SteppedCall
from isorate.kit.tensors import LARGEST_SINGLE
from isorate.schedule.combinators import Groups, Stepped
from isorate.schedule.errors import ConvertError
from isorate.schedule.evaluate import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from isorate.kit.card import Deviation, Proof, Role
    from isorate.kit.objects import Worker
    from isorate.kit.optimizer import ParamGroup
    from isorate.schedule.node import Schedule

#: How many steps are taken one by one before it is asked again whether many at once would do.
STRETCH = 256

VERSION = "2.13.0"
HOME = "torch.optim.lr_scheduler."
DOCS = "https://docs.pytorch.org/docs/2.13/generated/"


def card(
    name: str,
    *,
    arithmetic: str,
    proof: Proof,
    past_end: str,
    roles: Mapping[str, Role],
    raises: Mapping[str, str],
    deviations: Sequence[Deviation] = (),
    home: str = HOME,
) -> Card:
    """Return the card of a torch scheduler."""
    return Card(
        name=home + name,
        dialect="torch",
        runs_in="torch",
        version=VERSION,
        docs=f"{DOCS}{home}{name}.html",
        clock="step",
        arithmetic=arithmetic,
        proof=proof,
        past_end=past_end,
        roles={"optimizer": "start", **roles},
        raises=raises,
        deviations=deviations,
    )


class OptimizerCall(SteppedCall, frozen=True):
    """A call that acts on an optimizer's groups through workers, each its own group's."""

    worker: ClassVar[Any] = stepping.Worker

    @property
    def groups(self) -> int:
        return len(self.held.groups)

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        return self.held.dtype

    def build(self) -> list[stepping.Work]:
        return self._workers(self.held.groups)

    def step_once(self, built: list[stepping.Work]) -> None:
        built[0].step(built)

    def _workers(self, groups: Sequence[ParamGroup]) -> list[stepping.Work]:
        return stepping.work(self, [stepping.group_of(group) for group in groups])

    def lower(self) -> Schedule:
        self.checked()
        plain = [msgspec.structs.replace(group, tensor=None) for group in self.held.groups]
        try:
            with np.errstate(all="ignore"):
                schedules = [Stepped(worker.meaning()) for worker in self._workers(plain)]
        except (
            TypeError,
            ValueError,
            ArithmeticError,
        ) as error:  # what the first step did not need
            raise ConvertError(f"there is no schedule in it: {self.blamed(str(error))}") from None
        pairs = zip(schedules, plain, strict=True)
        if len({repr(schedule) for schedule, group in pairs if group.shared}) > 1:
            raise ConvertError(stepping.SHARED)
        return schedules[0] if len(schedules) == 1 else Groups(tuple(schedules))

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        self.checked()
        workers = self.build()
        block, halt = _now(workers, self.dtype)
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


Rates = tuple["NDArray[Any]", Halting | None]


def _now(workers: Sequence[stepping.Work], dtype: str) -> Rates:
    """Return the rates that the groups hold."""
    return _columns(workers, iter([None]), dtype)


def _one_by_one(workers: list[stepping.Work], steps: int, dtype: str) -> Rates:
    """Take some steps as torch does."""
    return _columns(workers, (workers[0].step(workers) for _ in range(steps)), dtype)


def _columns(workers: Sequence[stepping.Work], taken: Iterator[None], dtype: str) -> Rates:
    """Return the rates that the groups hold after each step, as far as none raises."""
    columns: list[list[float]] = []
    halt = None
    try:
        for _ in taken:
            columns.append([stepping.rate_of(worker.group) for worker in workers])
    except Exception as error:
        halt = stepping.halting(error)
    return np.array(columns).reshape(-1, len(workers)).T.astype(dtype), halt


def _in_bulk(workers: Sequence[stepping.Work], steps: int, dtype: str) -> Rates:
    """Take some steps at once."""
    with np.errstate(all="ignore"):
        taken = [stepping.halted(partial(worker.moves, steps)) for worker in workers]
        width = min(map(len, taken))
        block = np.empty((len(workers), width), dtype)
        if width:
            for row, (worker, moves) in enumerate(zip(workers, taken, strict=True)):
                lr = stepping.rate_of(worker.group)
                single = stepping.dtype_of(worker.group) is np.float32
                rates = moves.cut(0, width).rates(Float32(lr) if single else lr)
                block[row] = rates
                stepping.put(worker.group, float(rates[-1]))
    halts = (m.halt for m in taken if m.halt is not None and len(m) == width)
    return block, next(halts, None)


class LRScheduler(OptimizerCall, ScheduledGroups, frozen=True):
    """A scheduler of its own: what building it and stepping it do to a group's rate."""

    def begin(self, workers: list[Worker]) -> None:
        """Check the arguments and do what building it does first; raise as torch does."""

    def built(self, worker: Worker) -> None:
        """Do what building it does last."""

    def plain(self, worker: Worker) -> bool:
        """Whether arrays of floats take the arguments for what torch takes them."""
        defaults, single = self.defaults(), worker.dtype is np.float32
        given = {name: value for name, value in self.arguments().items() if name != "optimizer"}
        for name in self.listed:  # the values of a thousand groups are not looked at by each
            if isinstance(given[name], list | tuple):
                given[name] = given[name][worker.index]
        return type(self.last_epoch) is int and all(  # type: ignore[attr-defined]
            stepping.plain(value, defaults.get(name), single=single)
            for name, value in given.items()
        )

    def leaves_floats(self, worker: Worker) -> bool:
        """Whether the rate stays a float, also where it is set anew from an integer."""
        if stepping.is_float(worker.base):
            return True
        try:
            return isinstance(self.closed(worker), float)
        except Exception:
            return False

    def advance(self, worker: Worker) -> None:
        """Count one step on."""
        worker.t += 1

    def rate(self, worker: Worker) -> Any:
        """Return the rate of the step that the worker stands at, in torch's own arithmetic."""
        raise NotImplementedError

    def closed(self, worker: Worker) -> Any:
        """Return the rate that torch sets when ``SequentialLR`` says to go to step 0."""
        return self.rate(worker)

    def restarted(self, worker: Worker) -> Moves:
        """Set that rate."""
        return Values(np.array([float(self.closed(worker))]))

    def moves(self, worker: Worker, steps: int) -> Moves:
        """Take the steps after ``worker.t`` at once."""
        raise NotImplementedError

    def meaning(self, worker: Worker) -> Schedule:
        """Return the schedule from where the worker stands, its group's rate first."""
        raise NotImplementedError

    def multiplier(self, worker: Worker) -> Schedule:
        """Return what it multiplies the rate by, from its step 0."""
        raise ConvertError(f"a {self.name} does more than multiply the rate that it finds")

    def set_anew(self, worker: Worker) -> int:
        """Return in how many steps the rate no longer follows from the one before; 0 for never."""
        return 0


class Multiplying(LRScheduler, frozen=True):
    """A scheduler whose steps multiply the rate they find."""

    def ratio(self, worker: Worker, t: Any) -> Any:
        """Return the rate after the step to ``t`` over the one before it; 1 leaves it alone."""
        raise NotImplementedError

    def rate(self, worker: Worker) -> Any:
        return stepping.times(worker.lr, self.ratio(worker, worker.t))

    def moves(self, worker: Worker, steps: int) -> Moves:
        following = range(worker.t + 1, worker.t + 1 + steps)
        ratios, error = computed(partial(self.ratio, worker), following)
        return Factors(ratios, None if error is None else stepping.halting(error))

    def meaning(self, worker: Worker) -> Schedule:
        shape = self.shape(float(worker.base) or 1.0, worker.index)  # any will do, but for 0
        return stepping.scaled_from(shape, worker.t, float(worker.lr))

    def multiplier(self, worker: Worker) -> Schedule:
        return self.shape(1.0, worker.index)


class Setting(LRScheduler, frozen=True):
    """A scheduler whose steps set the rate, whatever it was."""

    sets: ClassVar[bool] = True

    def rates(self, worker: Worker, steps: range) -> Moves:
        """Return the rates of some steps: one after the other, where there is no faster way."""
        rates: list[float] = []
        stood, halt = worker.t, None
        try:
            for worker.t in steps:
                rates.append(stepping.rate_of({"lr": self.rate(worker)}))
        except Exception as error:
            halt = stepping.halting(error)
        worker.t = stood
        return Values(np.array(rates), halt)

    def moves(self, worker: Worker, steps: int) -> Moves:
        return self.rates(worker, range(worker.t + 1, worker.t + 1 + steps))

    def meaning(self, worker: Worker) -> Schedule:
        shape = self.shape(float(worker.base), worker.index)
        return stepping.set_from(shape, worker.t, float(worker.lr))


def filled(rates: NDArray[np.float64], worker: Worker, halt: Halting | None) -> Moves:
    """Return the steps that set Python floats as rates; a float32 tensor refuses what is beyond."""
    if worker.dtype is np.float32:
        beyond = (np.abs(rates) > LARGEST_SINGLE) & np.isfinite(rates)
        if beyond.any():
            first = int(beyond.argmax())
            refused = partial(worker.lr.filled, float(rates[first]))
            return Values(rates[:first], stepping.halted(refused).halt)
    return Values(rates, halt)
