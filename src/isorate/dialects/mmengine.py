"""mmengine's schedulers, ``mmengine.optim``, as of 0.10.7, and the runner that steps them.

Each goes on from the rate that it finds, in a window of its steps; beyond that it does nothing. So
what it means is a schedule from that rate, and a list of them is one after another, where their
windows do not overlap, or their product, where all of them multiply.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from operator import itemgetter, mul
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.dialects.torch.base import Setting
from isorate.dialects.torch.cycles import OneCycleLR as OneCycle
from isorate.kit import ANY, Card, Dialect, Proof, Refusal, matching
from isorate.kit import meaning as say
from isorate.kit import objects as stepping
from isorate.kit.call import Composition
from isorate.kit.card import roles_of
from isorate.kit.chained_cosine import chained_rate
from isorate.kit.optimizer import Optimizer
from isorate.kit.registry import completed
from isorate.kit.scheduler import Match
from isorate.kit.stepped_call import SteppedCall
from isorate.kit.unknown import Unknown
from isorate.schedule.combinators import Join, Product, Staircase
from isorate.schedule.errors import ConvertError
from isorate.schedule.shapes import Constant, PiecewiseConstant

if TYPE_CHECKING:
    from isorate.kit.call import Lift
    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Group, Worker
    from isorate.schedule.node import Schedule

VERSION: Final = "0.10.7"
#: The end of a window that has none.
INF: Final = 10**9
WINDOW: Final = "begin not below end"


def card(**raises: str) -> Card:
    """Return the card of a scheduler, to be completed by its name."""
    return Card(
        runs_in="torch", clock="step", proof=Proof.RECURSION,
        arithmetic="each rate from the one before, float64", past_end="stays what it is",
        raises=raises or {"ValueError": WINDOW},
    )  # fmt: skip


class Windowed(stepping.Worker):
    """A scheduler at work that counts its own steps, those in its window."""

    @staticmethod
    def begin_again(workers: list[Any]) -> None:
        for worker in workers:
            worker.count = -1
            worker.kept["found"] = float(worker.lr)
        Windowed.step(workers)

    @staticmethod
    def step(workers: list[Any]) -> None:
        for worker in workers:
            worker.count += 1
            if worker.call.begin_ <= worker.count < worker.call.end:
                worker.t += 1
                stepping.put(worker.group, worker.call.rate(worker))

    def meaning(self) -> Schedule:
        return in_windows([(self, 1)])


class ParamScheduler(Setting, frozen=True, kw_only=True):
    """A scheduler in a window of steps.

    ``begin`` is a method of the calls that are stepped: the field has an underscore after it.
    """

    begin_: int = 0
    end: int = INF
    last_step: int = -1
    by_epoch: bool = True
    verbose: bool = False

    worker: ClassVar[Any] = Windowed
    card: ClassVar[Card] = card()
    #: What epochs count in its arguments, besides the window.
    lengths: ClassVar[tuple[str, ...]] = ()
    #: Whether its steps multiply the rate, whatever it is.
    scales: ClassVar[bool] = False
    #: Whether it has come to its end where its window ends.
    ends: ClassVar[bool] = False
    choices: ClassVar[Any] = {"begin": (0,), "end": (INF,)}
    resumes = False  # but with the rate that it finds

    @property
    def last_epoch(self) -> Any:
        """What the objects at work call its count."""
        return self.last_step

    @property
    def steps(self) -> int:
        """How many steps its window has."""
        return int(self.end - self.begin_)

    def begin(self, workers: list[Worker]) -> None:
        if self.steps <= 0:
            raise ValueError(f"end={self.end!r} is not larger than begin={self.begin_!r}")

    def plain(self, worker: Worker) -> bool:
        return False  # it is stepped one by one

    def within(self, found: float, base: float) -> Schedule:
        """Return what it means in its window, from a rate that it finds and the first one."""
        return self.means(found).schedule()


class ConstantLR(ParamScheduler, frozen=True):
    """A share of the rate up to the window's last step."""

    card: ClassVar[Card] = card(ValueError=f"{WINDOW}, factor not from 0 to 1")

    factor: float = 1.0 / 3
    scales = True
    ends = True
    choices: ClassVar[Any] = {"begin": (0,), "end": (INF, ANY)}

    def means(self, base: Any) -> Meaning:
        share, last = base * self.factor, self.end - self.begin_ - 1
        stays = not isinstance(last, Unknown) and (self.end >= INF or last == 0)
        return say.constant(share) if stays else say.steps([share, base], at=[last])

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if not 0 <= self.factor <= 1:
            raise ValueError("factor is not between 0 and 1")

    def rate(self, worker: Worker) -> Any:
        if worker.t == 0:
            return worker.lr * self.factor
        return worker.lr * (1.0 / self.factor) if worker.t == self.steps - 1 else worker.lr


class LinearLR(ParamScheduler, frozen=True):
    """A line between two shares of the rate."""

    card: ClassVar[Card] = card(ValueError=f"{WINDOW}, a factor not from 0 to 1")

    start_factor: float = 1.0 / 3
    end_factor: float = 1.0
    scales = True
    ends = True
    choices: ClassVar[Any] = {"begin": (0,)}

    def means(self, base: Any) -> Meaning:
        first, last = base * self.start_factor, self.end - self.begin_ - 1
        if not isinstance(self.start_factor, Unknown) and self.start_factor == 0:
            raise ConvertError("start_factor=0: nothing leads from a rate of 0")
        return say.line(first, base * self.end_factor, last) if last != 0 else say.constant(first)

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if not (0 <= self.start_factor <= 1 and 0 <= self.end_factor <= 1):
            raise ValueError("start_factor or end_factor is not between 0 and 1")

    def rate(self, worker: Worker) -> Any:
        first, rise = self.start_factor, self.end_factor - self.start_factor
        if worker.t == 0:
            return worker.lr * first
        return worker.lr * (1.0 + rise / ((self.steps - 1) * first + (worker.t - 1) * rise))


class StepLR(ParamScheduler, frozen=True):
    """A factor every step_size steps."""

    step_size: int
    gamma: float = 0.1
    lengths = ("step_size",)
    scales = True

    def means(self, base: Any) -> Meaning:
        return say.staircase(say.exponential(base, self.gamma), self.step_size)

    def rate(self, worker: Worker) -> Any:
        stays = worker.t == 0 or worker.t % self.step_size != 0
        return worker.lr if stays else worker.lr * self.gamma


class MultiStepLR(ParamScheduler, frozen=True):
    """A factor at each milestone, counted from the window's begin."""

    card: ClassVar[Card] = card(ValueError=WINDOW, TypeError="milestones no list")

    milestones: list[int]
    gamma: float = 0.1
    lengths = ("milestones",)
    scales = True
    placed = 3
    shapes = (PiecewiseConstant,)
    match = staticmethod(matching.milestones)

    def within(self, found: float, base: float) -> Schedule:
        at = sorted(t for t in Counter(self.milestones) if t >= 0 and t == int(t))
        times = Counter(self.milestones)
        rates = [*accumulate((self.gamma ** times[t] for t in at), mul, initial=found)]
        first = rates[1:] if at[:1] == [0] else rates
        return PiecewiseConstant(tuple(map(float, first)), tuple(int(t) for t in at if t > 0))

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        for worker in workers:
            worker.kept["at"] = Counter(self.milestones)

    def rate(self, worker: Worker) -> Any:
        at = worker.kept["at"]
        return worker.lr * self.gamma ** at[worker.t] if worker.t in at else worker.lr


class ExponentialLR(ParamScheduler, frozen=True):
    """A factor at every step."""

    gamma: float
    scales = True

    def means(self, base: Any) -> Meaning:
        return say.exponential(base, self.gamma)

    def rate(self, worker: Worker) -> Any:
        return worker.lr if worker.t == 0 else worker.lr * self.gamma


class PolyLR(ParamScheduler, frozen=True):
    """A power of what is left of the window."""

    eta_min: float = 0
    power: float = 1.0
    ends = True
    choices: ClassVar[Any] = {"begin": (0,)}

    def means(self, base: Any) -> Meaning:
        last = self.end - self.begin_ - 1
        return (
            say.polynomial(base, self.eta_min, last, self.power)
            if last != 0
            else say.constant(base)
        )

    def rate(self, worker: Worker) -> Any:
        if worker.t == 0:
            return worker.lr
        left = 1 - 1 / (self.steps - 1 - worker.t + 1)
        return (worker.lr - self.eta_min) * left**self.power + self.eta_min


class Falling(ParamScheduler, frozen=True):
    """What a cosine goes down to: a rate, or a share of the first one."""

    def low(self, base: Any) -> Any:
        """Return the lowest rate."""
        own: Any = self
        if own.eta_min_ratio is not None:
            return base * own.eta_min_ratio
        return 0.0 if own.eta_min is None else own.eta_min


class CosineAnnealingLR(Falling, frozen=True):
    """Half a cosine, and what comes after it."""

    card: ClassVar[Card] = card(ValueError=WINDOW, AssertionError="both eta_min and eta_min_ratio")

    T_max: int | None = None
    eta_min: float | None = None
    eta_min_ratio: float | None = None
    lengths = ("T_max",)
    placed = 3
    choices: ClassVar[Any] = {
        "begin": (0,), "end": (INF,), "T_max": (ANY,), "eta_min": (ANY,), "eta_min_ratio": (None,),
    }  # fmt: skip

    def means(self, base: Any) -> Meaning:
        return say.cosine(base, self.low(base), self.T_max or self.steps, "mirror")

    def within(self, found: float, base: float) -> Schedule:
        if found != base and self.steps - 1 > (length := self.T_max or self.steps):
            raise ConvertError(
                f"after T_max={length} it climbs by the first rate, not the one found"
            )
        return say.cosine(found, self.low(base), self.T_max or self.steps, "mirror").schedule()

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if self.eta_min is not None and self.eta_min_ratio is not None:
            raise AssertionError("eta_min and eta_min_ratio are both given")

    def rate(self, worker: Worker) -> Any:
        if worker.t == 0:
            return worker.lr
        return chained_rate(worker, worker.t, self.T_max or self.steps, self.low(worker.base))


class CosineRestartLR(Falling, frozen=True):
    """Half a cosine in each period."""

    card: ClassVar[Card] = card(
        ValueError=WINDOW,
        AssertionError="not one of eta_min and eta_min_ratio, not one weight for each period",
    )

    periods: list[int]
    restart_weights: Any = (1,)
    eta_min: float | None = None
    eta_min_ratio: float | None = None
    lengths = ("periods",)

    def within(self, found: float, base: float) -> Schedule:
        low, pairs = self.low(base), zip(self.periods, self.restart_weights, strict=True)
        parts = [say.cosine(base * weight, low, period) for period, weight in pairs]
        last = parts[-1].schedule().at(self.periods[-1] - 1)
        parts[0] = say.cosine(base * self.restart_weights[0], low, self.periods[0])
        return say.join([*parts, say.constant(last)], [*accumulate(self.periods)]).schedule()

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return Refusal("its cosines end one step before they are through")

    def begin(self, workers: list[Worker]) -> None:
        if (self.eta_min is None) == (self.eta_min_ratio is None):
            raise AssertionError("one of eta_min and eta_min_ratio has to be given")
        if len(self.periods) != len(self.restart_weights):
            raise AssertionError("restart_weights has not as many values as periods")
        super().begin(workers)

    def rate(self, worker: Worker) -> Any:
        begun = 0
        for period, weight in zip(self.periods, self.restart_weights, strict=True):
            if worker.t < begun + period:
                at = worker.t - begun
                low = self.low(worker.base)
                return chained_rate(worker, at, period, low) if at else worker.base * weight
            begun += period
        return worker.lr


class OneCycleLR(ParamScheduler, frozen=True):
    """Up to eta_max and down again, whatever rate it finds."""

    card: ClassVar[Card] = card(ValueError=f"{WINDOW}, total_steps, pct_start, anneal_strategy")

    eta_max: float = 0
    total_steps: int | None = None
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False
    lengths = ("total_steps",)
    shapes = (Join,)

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        found = matching.one_cycle(shape, base)
        if isinstance(found, Refusal):
            return found
        given = dict(found.arguments)
        del given["cycle_momentum"]
        return Match(found.base, {"eta_max": given.pop("max_lr"), **given}, found.losses[1:])

    def phased(self, lr: float) -> OneCycle:
        """Return torch's, which has the same phases."""
        return OneCycle(
            Optimizer.of(lr), self.eta_max, self.total, pct_start=self.pct_start,
            anneal_strategy=self.anneal_strategy, cycle_momentum=False, div_factor=self.div_factor,
            final_div_factor=self.final_div_factor, three_phase=self.three_phase,
        )  # fmt: skip

    def within(self, found: float, base: float) -> Schedule:
        return self.phased(found).build()[0].meaning()

    @property
    def total(self) -> int:
        """How many steps it has."""
        return self.steps if self.total_steps is None else self.total_steps

    def begin(self, workers: list[Worker]) -> None:
        if self.total_steps is not None and self.total_steps <= 0:
            raise ValueError("total_steps is no positive integer")
        if not isinstance(self.pct_start, float) or not 0 <= self.pct_start <= 1:
            raise ValueError("pct_start is no float between 0 and 1")
        if self.anneal_strategy not in ("cos", "linear"):
            raise ValueError("anneal_strategy is neither cos nor linear")
        phased = self.phased(0.0)
        for worker in workers:
            first = self.eta_max / self.div_factor
            worker.group |= {"initial_lr": first, "max_lr": self.eta_max,
                             "min_lr": first / self.final_div_factor}  # fmt: skip
            worker.kept |= {"phased": phased, "phases": phased._phases(self.total)}
        super().begin(workers)

    def rate(self, worker: Worker) -> Any:
        return worker.kept["phased"].rate(worker)


class QuadraticWarmupLR(ParamScheduler, frozen=True):
    """A parabola from 0: mmdet's, as of 3.3.0."""

    def within(self, found: float, base: float) -> Schedule:
        return say.formula(base, "t", f"((t + 1) / {self.steps}) ** 2").schedule()

    def begin(self, workers: list[Worker]) -> None:
        if self.end >= INF:
            raise ValueError("end is infinite")
        super().begin(workers)

    def rate(self, worker: Worker) -> Any:
        rise = worker.base * (2 * worker.t + 1) / self.steps**2
        return rise if worker.t == 0 else worker.lr + rise


class Running(stepping.Composed):
    """A list of schedulers at work in a loop: some step with batches, and some with epochs."""

    def __init__(self, call: Any, group: Group, workers: list[Any]) -> None:
        super().__init__(call, group, workers)
        self.batches = 0

    @classmethod
    def build(cls, call: Any, groups: list[Group]) -> list[Any]:
        """Build the schedulers, and go on to the batch with which the first update is done."""
        members = stepping.members_of(call, groups) if call.schedulers else [[] for _ in groups]
        made = [cls(call, *each) for each in zip(groups, members, strict=True)]
        for _ in range(call.accumulative_counts - 1):
            cls.go_on(made)
        return made

    @property
    def plain(self) -> bool:
        return False

    @staticmethod
    def step(workers: list[Any]) -> None:
        """Go on to the batch with which the next update is done."""
        for _ in range(workers[0].call.left(workers[0].batches)):
            Running.go_on(workers)

    @staticmethod
    def go_on(workers: list[Any]) -> None:
        """Go on by one batch."""
        for running in workers:
            running.batches += 1
        length = workers[0].call.epoch_length
        ended = length is not None and workers[0].batches % length == 0
        for by_epoch in (False, True)[: 1 + ended]:
            for taking in zip(*(running.workers for running in workers), strict=True):
                if taking[0].call.by_epoch == by_epoch:
                    taking[0].step(taking)

    begin_again = step

    def meaning(self) -> Schedule:
        if self.call.accumulative_counts > 1:
            raise ConvertError(
                "several batches are an update, and the schedulers step with batches"
            )
        length = self.call.epoch_length
        return in_windows([(w, (length or 0) if w.call.by_epoch else 1) for w in self.workers])


def in_windows(workers: list[tuple[Any, int]]) -> Schedule:
    """Return what schedulers make of a rate, each in its window, one after another.

    Args:
        workers: each with the updates of a step; none where it only takes its first one.

    """
    if any(worker.call.last_step != -1 for worker, _ in workers):
        raise ConvertError("it is resumed, and goes on from whatever rate it finds")
    rate = workers[0][0].kept["found"]
    parts: list[tuple[int, Schedule]] = [(0, Constant(rate))]
    left = sorted(((w.call.begin_ * every, every, w) for w, every in workers if every or
                   not w.call.begin_), key=itemgetter(0))  # fmt: skip
    while left:
        begin, ends = left[0][0], 0
        together: list[tuple[int, int, Any]] = []
        while left and (not together or left[0][0] < ends):
            at, every, worker = left.pop(0)
            ends = max(ends, worker.call.end * every if every else 1)
            together.append((at - begin, every, worker))
        if begin:
            rate = joined(parts).at(begin - 1)
        calls = [worker.call for *_, worker in together]
        if len(calls) > 1 and not all(call.scales for call in calls):
            other = next(call for call in calls if not call.scales)
            text = f"{other.name} does more than multiply, in a window that overlaps another's"
            raise ConvertError(text)
        of = [in_window(worker, every, late, 1.0 if index else rate)
              for index, (late, every, worker) in enumerate(together)]  # fmt: skip
        parts.append((begin, of[0] if len(of) == 1 else Product(tuple(of))))
    return joined(parts)


def in_window(worker: Any, every: int, late: int, rate: float) -> Schedule:
    """Return what one makes of a rate from ``late`` on."""
    call, steps = worker.call, worker.call.steps if every else 1
    shape: Schedule = call.within(rate, worker.base)
    if steps < INF // 2 and not (every and call.ends):
        shape = Join((shape, Constant(shape.at(steps - 1))), (steps,))
    shape = Staircase(shape, every) if every > 1 else shape
    return Join((Constant(rate), shape), (late,)) if late else shape


def joined(parts: list[tuple[int, Schedule]]) -> Schedule:
    """Return one schedule after another, each counted from its begin."""
    starts, of = zip(*dict(parts).items(), strict=True)  # what begins at once has the last word
    return Join(of, starts[1:]) if len(of) > 1 else of[0]


class param_scheduler(Composition, SteppedCall, frozen=True):
    """The schedulers of a run, as mmengine's runner steps them.

    ``epoch_length`` is the batches of an epoch, none where no epoch ends before the run does;
    ``max_iters`` is those of the run, with the last of which there is an update in any case.
    """

    optimizer: Optimizer
    schedulers: Any = ()
    max_iters: int = INF
    epoch_length: int | None = None
    accumulative_counts: int = 1
    worker: ClassVar[Any] = Running
    card: ClassVar[Card] = card()

    def left(self, batches: int) -> int:
        """Return how many batches there are to the next update."""
        return max(1, min(self.accumulative_counts, self.max_iters - 1 - batches))


ROLES: Final = roles_of(
    start="optimizer eta_max start_factor", end="eta_min eta_min_ratio end_factor",
    duration="T_max step_size milestones periods total_steps pct_start end",
    begin="begin last_step",
    factor="factor gamma div_factor final_div_factor restart_weights", clock="by_epoch",
    shape="power anneal_strategy three_phase",
)  # fmt: skip
DOCS: Final = "https://mmengine.readthedocs.io/en/latest/api/optim.html"
HOME: Final = "mmengine.optim.scheduler"
CONSTRUCTORS: Final = completed(
    [ConstantLR, CosineAnnealingLR, CosineRestartLR, ExponentialLR, LinearLR, MultiStepLR,
     OneCycleLR, PolyLR, StepLR],
    HOME, VERSION, ROLES, DOCS, "mmengine",
)  # fmt: skip
#: What a configuration may name: mmdet's, too.
SCHEDULERS: Final[dict[str, Any]] = {
    kind.__name__: kind
    for kind in (
        *CONSTRUCTORS,
        *completed(
            [QuadraticWarmupLR], "mmdet.engine.schedulers", VERSION, ROLES, DOCS, "mmengine"
        ),
    )
}
completed(
    [param_scheduler], "mmengine", VERSION, {"optimizer": "start"},
    "https://mmengine.readthedocs.io/en/latest/tutorials/param_scheduler.html", "mmengine",
)  # fmt: skip
DIALECT = Dialect(
    "mmengine", "MMEngine", VERSION, CONSTRUCTORS,
    aliases=dict.fromkeys((f"{HOME}.lr_scheduler", HOME, "mmengine.optim"), HOME),
    precedence=150, imported="mmengine.optim",
    refused={
        "ReduceOnPlateauLR": "it follows a metric of the validation loop",
        **{f"{kind.__name__[:-2]}ParamScheduler": "it is told which parameter it sets"
           for kind in CONSTRUCTORS},
    },
)  # fmt: skip
