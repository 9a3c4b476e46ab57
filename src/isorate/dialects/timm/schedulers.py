"""timm's schedulers, which are told the step.

``step(epoch)`` tells them, or ``step_update(num_updates)`` without ``t_in_epochs``. A rate is a
function of that step alone, but for the first one: what building a scheduler sets is the group's
own rate, or ``warmup_lr_init``, whatever the function says of step 0.
"""

from __future__ import annotations

import ast
import math
import re
from bisect import bisect_right
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from isorate.dialects.torch.base import Setting, function_of
from isorate.dialects.torch.functions import values_of
from isorate.dialects.torch.plateau import ReduceLROnPlateau
from isorate.dialects.torch.written import Written, around
from isorate.kit import Card, Halting, Optimizer, ParamGroup, Proof, Refusal, matching
from isorate.kit import meaning as say
from isorate.kit import objects as stepping
from isorate.kit.boundary import LIMIT
from isorate.kit.effects import Moves, Values
from isorate.kit.scheduler import Match
from isorate.kit.standing import Standing
from isorate.kit.unknown import ANY
from isorate.kit.writing import formula, source
from isorate.schedule.combinators import Scale
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula
from isorate.schedule.shapes import PiecewiseConstant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isorate.kit.call import Lift
    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule

BEGUN: Final = "initialize=False, and a group without initial_lr"
NOISE: Final = "its noise is drawn by torch's generator, which is not followed"
#: More cycles than this, each longer than the one before, end beyond any run.
MOST_CYCLES: Final = 60
#: The cycle that a step ``{x}`` is in, its length, and how far it has come: of cycles that are all
#: as long, and of others.
EVEN: Final = ("({x} // t_initial)", "t_initial", "({x} - t_initial * {i})")
UNEVEN: Final = (
    "math.floor(math.log(1 - {x} / t_initial * (1 - cycle_mul), cycle_mul))",
    "(cycle_mul ** {i} * t_initial)",
    "({x} - (1 - cycle_mul ** {i}) / (1 - cycle_mul) * t_initial)",
)
#: What the phases of WSD leave of the base rate; ``{q}`` is how far the decay has come.
STABLE: Final = {
    "constant": "1.0",
    "rsqrt": "(1.0 + {x} / stable_timescale) ** -0.5",
    "power": "(1.0 + {x} / stable_timescale) ** -stable_power",
}
DECAY: Final = {
    "linear": "(1.0 - {q})",
    "1-sqrt": "(1.0 - math.sqrt({q}))",
    "cosine": "(0.5 * (1.0 + math.cos(math.pi * {q})))",
    "power": "(1.0 - {q} ** decay_power)",
    "exp": "((decay_ratio ** {q} - decay_ratio) / (1.0 - decay_ratio))",
}


def card(past_end: str, proof: Proof = Proof.EACH_STEP, **raises: str) -> Card:
    """Return the card of a scheduler, to be completed by its name."""
    return Card(
        runs_in="torch", clock="step", arithmetic="a function of the step alone, float64",
        proof=proof, past_end=past_end,
        raises={"KeyError": BEGUN, "TypeError": "what is no number", **raises},
    )  # fmt: skip


def scale_of(group: ParamGroup) -> Any:
    """Return the ``lr_scale`` of a group, by which its rates are multiplied."""
    for entry in group.others:
        if re.match(r"['\"]lr_scale['\"]\s*:", entry):
            try:
                return next(iter(ast.literal_eval(f"{{{entry}}}").values()))
            except ValueError:
                raise Halting(LIMIT, f"a group's {entry} is not known") from None
    return 1.0


def check(call: Any) -> None:
    """Raise what building any of them raises, and refuse what is not followed."""
    if call.noise_range_t is not None:
        raise Halting(LIMIT, NOISE)
    for index, group in enumerate(call.optimizer.groups):
        if group.tensor is not None:
            raise Halting(LIMIT, "it puts a number in the place of a group's tensor")
        if not call.initialize and group.initial_lr is None:
            raise KeyError(f"initialize=False needs 'initial_lr' in parameter group {index}")


def demand(error: type[Exception], **true: bool) -> None:
    """Raise for the first argument of which something that has to be true is not."""
    for name, holds in true.items():
        if not holds:
            raise error(f"{name} is out of range")


#: Arguments that many of them have, in their order; ``{}`` stands for what only one has.
WARM: Final = "warmup_t warmup_lr_init warmup_prefix t_in_epochs"
NOISES: Final = "noise_range_t noise_pct noise_std noise_seed"
CYCLIC: Final = f"optimizer t_initial {{}} lr_min cycle_mul cycle_decay cycle_limit {WARM} {NOISES}"


class Timed(Written, frozen=True, kw_only=True):
    """A scheduler that is told the step; most begin with a line from warmup_lr_init."""

    warmup_t: int = 0
    warmup_lr_init: float = 0.0
    t_in_epochs: bool = True
    noise_range_t: Any = None
    noise_pct: float = 0.67
    noise_std: float = 1.0
    noise_seed: int = 42
    initialize: bool = True
    last_epoch: ClassVar[int] = -1
    lenient: ClassVar[bool] = True
    resumes: ClassVar[bool] = False  # a loop that resumes tells it the step
    choices: ClassVar[Any] = {
        "warmup_t": (0, ANY), "cycle_mul": (1.0,), "cycle_limit": (1,), "k_decay": (1.0,),
        "warmup_prefix": (False, True), "stable_fn": ("constant",),
        "decay_fn": ("linear", "cosine"),
    }  # fmt: skip

    #: The rate after the warm-up, ``{x}`` standing for the step, and where its parts end.
    rest: ClassVar[Any]
    ends: ClassVar[Any]

    @property
    def curve(self: Any) -> str:
        """The rate, as it is computed: the one place where its order of operations stands."""
        x = "(t - warmup_t)" if self.warmup_prefix else "t"
        return f"warmup_lr_init + t * rise if t < warmup_t else ({self.rest.replace('{x}', x)})"

    def values(self: Any, base: Any) -> dict[str, Any]:
        """Return what the rate is computed with, by name."""
        rise = (self.top(base) - self.warmup_lr_init) / self.warmup_t if self.warmup_t else 1
        return {**self.arguments(), "base": base, "rise": rise}

    def top(self, base: Any) -> Any:
        """Return the rate that the warm-up goes to."""
        return base

    def function(self, base: Any) -> Callable[[Any], Any]:
        """Return the rate as a function of the step."""
        known, key = self._functions, (type(base), repr(base))
        if key not in known:
            known[key] = function_of(self.curve, self.values(base))
        return known[key]

    @cached_property
    def _functions(self) -> dict[tuple[type, str], Callable[[Any], Any]]:
        return {}  # checking, building and saying a schedule each ask for the same one

    def expression(self, base: Any) -> Expression:
        """Return the same with the numbers in place of their names."""
        return formula(self.curve, self.values(base))

    @property
    def told_by(self: Any) -> str:
        return "step" if self.t_in_epochs else "step_update"  # the other one does nothing

    @property
    def stepping(self) -> str:
        return f"scheduler.{self.told_by}(n)"

    def told(self, group: int) -> Expression | None:
        stated = self.optimizer.groups[group]
        made, scale = self.expression(stated.base), scale_of(stated)
        return made if scale == 1 else Expression("t", f"({made.source}) * {source(scale)}")

    def group_of(self, stated: ParamGroup, *, rounded: bool = True) -> dict[str, Any]:
        return {**super().group_of(stated, rounded=rounded), "scale": scale_of(stated)}

    def begin(self, workers: list[Worker]) -> None:
        if any("scale" not in worker.group for worker in workers):
            raise Halting(LIMIT, "a scheduler that steps it without telling it the step")
        check(self)

    def built(self, worker: Worker) -> None:
        worker.kept["function"] = self.function(worker.base)

    def rate(self: Any, worker: Worker) -> Any:
        first = self.warmup_lr_init if self.warmup_t else worker.base
        rate, scale = (
            worker.kept["function"](worker.t) if worker.t else first,
            worker.group["scale"],
        )
        return rate if scale == 1 else stepping.times(rate, scale)

    def rates(self, worker: Worker, steps: range) -> Moves:
        try:
            values, halt = values_of(self.expression(worker.base), steps)
        except ReadError:  # what is no number, and taken for one
            return super().rates(worker, steps)
        return Values(values * worker.group["scale"], halt)

    def plain(self, worker: Worker) -> bool:
        return isinstance(worker.group["scale"], int | float)

    def meaning(self, worker: Worker) -> Schedule:
        shape, scale = self.shape(float(worker.base), worker.index), worker.group["scale"]
        shape = shape if scale == 1 else Scale(shape, float(scale))
        return stepping.set_from(shape, worker.t, float(worker.lr))

    def rate_of(self, base: Any, group: int) -> Callable[[Any], Any]:
        return self.function(base)

    def formula(self, base: float, group: int) -> Formula:
        return Formula(1.0, "t", self.expression(base).source)

    @property
    def joints(self: Any) -> list[int]:
        W = self.warmup_t
        ends = [W, *(W * self.warmup_prefix + end for end in (0, *self.ends))]
        return around({*ends, *((a + b) / 2 for a, b in pairwise(ends))})

    def warmed(self: Any, base: Any, rest: Meaning) -> Meaning:
        """Return what it means: a line, and the rest, which the line delays or cuts."""
        W = self.warmup_t
        if W == 0:
            return rest
        rest = rest if self.warmup_prefix else say.shift(rest, W)
        return say.join([say.line(self.warmup_lr_init, base, W), rest], at=[W])


class Cyclic(Timed, frozen=True, kw_only=True):
    """Curves from the base rate to lr_min, and lr_min after the last of them."""

    t_initial: int
    lr_min: float = 0.0
    cycle_mul: float = 1.0
    cycle_decay: float = 1.0
    cycle_limit: int = 1
    warmup_prefix: bool = False
    #: The curve: ``{hi}`` is where a cycle begins, ``{at}`` of ``{span}`` how far it has come.
    fall: ClassVar[str]
    #: Whether a cycle's height is computed past the last one, too.
    always: ClassVar[bool] = True

    @property
    def rest(self: Any) -> str:
        i, span, at = EVEN if self.cycle_mul == 1 else UNEVEN
        past = " + 0.0 * cycle_decay ** {i}" * (self.always and not 0 <= self.cycle_decay <= 1)
        text = f"{self.fall} if {{i}} < cycle_limit else lr_min{past}"
        text = text.replace("{hi}", "base * cycle_decay ** {i}")
        return text.replace("{at}", at).replace("{span}", span).replace("{i}", i)

    @property
    def ends(self: Any) -> list[Any]:
        T, m, n = self.t_initial, self.cycle_mul, self.cycle_limit
        some = range(1, min(n, MOST_CYCLES) + 1)
        return [T * i for i in (*some, n)] if m == 1 else [T * (1 - m**i) / (1 - m) for i in some]

    def begin(self: Any, workers: list[Worker]) -> None:
        super().begin(workers)
        demand(AssertionError, t_initial=self.t_initial > 0, lr_min=self.lr_min >= 0)

    def means(self: Any, base: Any) -> Meaning:
        T, m, n, low = self.t_initial, self.cycle_mul, self.cycle_limit, self.lr_min
        once = self.once(base)
        if n == 1:
            return self.warmed(base, once)  # type: ignore[no-any-return]
        if n < 1 or (m != 1 and n > MOST_CYCLES) or (low != 0 and self.cycle_decay != 1):
            raise NotImplementedError
        end = T * n if m == 1 else T * (m**n - 1) // (m - 1)
        cycles = say.repeat(once, T, m, shrink=self.cycle_decay)
        return self.warmed(base, say.join([cycles, say.constant(low)], at=[end]))  # type: ignore[no-any-return]

    def once(self, base: Any) -> Meaning:
        """Return what the first cycle means."""
        raise NotImplementedError


RAISED: Final = "t_initial not above 0, lr_min below 0"
SHORTER: Final = "past the end of cycles that grow shorter"


class CosineLRScheduler(Cyclic, frozen=True, kw_only=True):
    """Half a cosine from the base rate to lr_min, cycle_limit times."""

    #: What they are called up to 0.4: of one cycle they change nothing.
    older: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "t_mul": {"cycle_limit": 1}, "decay_rate": {"cycle_limit": 1},
    }  # fmt: skip

    k_decay: float = 1.0
    order: ClassVar[str] = f"{CYCLIC.format('')} k_decay initialize"
    card: ClassVar[Card] = card(
        "stays at lr_min", AssertionError=RAISED, ValueError=SHORTER,
        ZeroDivisionError="k_decay below 0, where a cycle begins",
    )  # fmt: skip
    fall: ClassVar[str] = (
        "lr_min + 0.5 * ({hi} - lr_min) * "
        "(1 + math.cos(math.pi * {at} ** k_decay / {span} ** k_decay))"
    )

    def once(self, base: Any) -> Meaning:
        if self.k_decay != 1:
            raise NotImplementedError
        return say.cosine(base, self.lr_min, self.t_initial)


class PolyLRScheduler(Cyclic, frozen=True, kw_only=True):
    """A power of the time that is left, from the base rate to lr_min, cycle_limit times."""

    power: float = 0.5
    k_decay: float = 1.0
    order: ClassVar[str] = f"{CYCLIC.format('power')} k_decay initialize"
    card: ClassVar[Card] = card(
        "stays at lr_min", Proof.CANCELS, AssertionError=RAISED, ValueError=SHORTER
    )
    fall: ClassVar[str] = (
        "lr_min + ({hi} - lr_min) * (1 - {at} ** k_decay / {span} ** k_decay) ** power"
    )

    def once(self, base: Any) -> Meaning:
        if self.k_decay != 1:
            raise NotImplementedError
        return say.polynomial(base, self.lr_min, self.t_initial, self.power)


class TanhLRScheduler(Cyclic, frozen=True, kw_only=True):
    """A hyperbolic tangent from lb to ub, from near the base rate to near lr_min."""

    lb: float = -7.0
    ub: float = 3.0
    order: ClassVar[str] = f"{CYCLIC.format('lb ub')} initialize"
    card: ClassVar[Card] = card(
        "stays at lr_min",
        AssertionError="t_initial not above 0, a number below 0, lb not below ub",
        ValueError=SHORTER,
    )  # fmt: skip
    always: ClassVar[bool] = False
    fall: ClassVar[str] = (
        "lr_min + 0.5 * ({hi} - lr_min) * "
        "(1 - math.tanh(lb * (1.0 - {at} / {span}) + ub * ({at} / {span})))"
    )

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        demand(
            AssertionError, lb=self.lb < self.ub, cycle_limit=self.cycle_limit >= 0,
            warmup_t=self.warmup_t >= 0, warmup_lr_init=self.warmup_lr_init >= 0,
        )  # fmt: skip

    def top(self, base: Any) -> Any:
        if self.warmup_prefix:
            return base
        values = {**self.arguments(), "base": base}
        return function_of(self.rest.replace("{x}", "t"), values)(self.warmup_t)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return Refusal("no word says a hyperbolic tangent")


class StepLRScheduler(Timed, frozen=True, kw_only=True):
    """The base rate, times decay_rate once in decay_t steps."""

    decay_t: float
    decay_rate: float = 1.0
    warmup_prefix: bool = True
    order: ClassVar[str] = f"optimizer decay_t decay_rate {WARM} {NOISES} initialize"
    card: ClassVar[Card] = card("goes on without end", ZeroDivisionError="decay_t=0")
    choices: ClassVar[Any] = {**Timed.choices, "warmup_prefix": (True, False)}
    rest: ClassVar[str] = "base * (decay_rate ** ({x} // decay_t))"

    @property
    def ends(self) -> list[Any]:
        return [self.decay_t, 2 * self.decay_t]

    def means(self, base: Any) -> Meaning:
        return self.warmed(
            base, say.staircase(say.exponential(base, self.decay_rate), self.decay_t)
        )


class MultiStepLRScheduler(StepLRScheduler, frozen=True, kw_only=True):
    """The base rate, times decay_rate one step before each milestone."""

    card: ClassVar[Card] = card("stays at its last rate")
    rates = Setting.rates

    def function(self: Any, base: Any) -> Callable[[Any], Any]:
        known = self.values(base)

        def rate(t: Any) -> Any:
            if t < self.warmup_t:
                return self.warmup_lr_init + t * known["rise"]
            return base * self.share(t - self.warmup_t if self.warmup_prefix else t)

        return rate

    def share(self: Any, x: Any) -> Any:
        """Return the share of the base rate at a step; milestones are to be in order."""
        return self.decay_rate ** bisect_right(self.decay_t, x + 1)

    def shape(self, base: float, group: int) -> Schedule:
        meaning: Meaning = self.means(base)
        return meaning.schedule()

    def means(self: Any, base: Any) -> Meaning:
        at = sorted({math.ceil(m) - 1 for m in self.decay_t if 1 < m < 2**53})
        rates = [base * self.share(x) for x in (0, *at)]
        rest = say.steps(rates, at) if at else say.constant(rates[0])
        return self.warmed(base, rest)  # type: ignore[no-any-return]

    @classmethod
    def kinds(cls) -> tuple[type[Schedule], ...]:
        return (PiecewiseConstant,)

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        found = matching.milestones(shape, base)
        if isinstance(found, Refusal):
            return found
        milestones = [at + 1 for at in found.arguments["milestones"]]
        return Match(found.base, {"decay_t": milestones, "decay_rate": found.arguments["gamma"]})


class WSDLRScheduler(Timed, frozen=True, kw_only=True):
    """A line up, a phase that is stable or nearly so, and a decay to lr_min in its last decay_t."""

    t_initial: int
    decay_t: int
    lr_min: float = 0.0
    stable_fn: str = "constant"
    stable_timescale: float | None = None
    stable_power: float = 0.5
    decay_fn: Any = "1-sqrt"
    decay_power: float = 0.5
    decay_ratio: float = 0.1
    order: ClassVar[str] = (
        "optimizer t_initial decay_t lr_min stable_fn stable_timescale stable_power decay_fn "
        f"decay_power decay_ratio {WARM.replace('warmup_prefix ', '')} {NOISES} initialize"
    )
    card: ClassVar[Card] = card("stays at lr_min", ValueError="numbers and names out of range")
    warmup_prefix: ClassVar[bool] = True

    @property
    def rest(self) -> str:
        stable = f"max(base * {STABLE[self.stable_fn]}, lr_min)"
        decaying = "({x} - (t_initial - decay_t))"
        decay = DECAY[self.decay_fn].replace("{q}", f"min({decaying} / decay_t, 1.0)")
        return f"{stable} if {decaying} <= 0 else lr_min + ({stable} - lr_min) * {decay}"

    @property
    def ends(self) -> list[Any]:
        return [self.t_initial - self.decay_t, self.t_initial]

    def values(self, base: Any) -> dict[str, Any]:
        scale = self.warmup_t if self.stable_timescale is None else self.stable_timescale
        return {**super().values(base), "stable_timescale": scale}

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        known = isinstance(self.decay_fn, str)
        demand(
            ValueError, t_initial=self.t_initial > 0, decay_t=0 < self.decay_t <= self.t_initial,
            lr_min=self.lr_min >= 0, stable_fn=self.stable_fn in STABLE,
            decay_fn=not known or self.decay_fn in DECAY, decay_ratio=0 < self.decay_ratio < 1,
            decay_power=self.decay_power > 0, stable_power=self.stable_power > 0,
        )  # fmt: skip
        if self.stable_fn != "constant":
            demand(ValueError, stable_timescale=self.values(0.0)["stable_timescale"] > 0)
        if not known:
            raise Halting(LIMIT, "a function for decay_fn is not followed")

    def means(self: Any, base: Any) -> Meaning:
        if self.stable_fn != "constant" or self.decay_fn not in ("linear", "cosine"):
            raise NotImplementedError
        W, curve = self.warmup_t, say.line if self.decay_fn == "linear" else say.cosine
        stay = say.line(self.warmup_lr_init, base, W) if W != 0 else say.constant(base)
        fall = curve(base, self.lr_min, self.decay_t)
        end = W + self.t_initial - self.decay_t
        return say.join([stay, fall], at=[end]) if end != 0 else fall


class PlateauLRScheduler(Standing, frozen=True):
    """torch's ``ReduceLROnPlateau``, for a metric that is to grow unless it is told otherwise."""

    optimizer: Optimizer
    decay_rate: float = 0.1
    patience_t: int = 10
    threshold: float = 1e-4
    cooldown_t: int = 0
    warmup_t: int = 0
    warmup_lr_init: float = 0.0
    lr_min: float = 0.0
    mode: str = "max"
    noise_range_t: Any = None
    noise_type: str = "normal"
    noise_pct: float = 0.67
    noise_std: float = 1.0
    noise_seed: int | None = None
    initialize: bool = True
    card: ClassVar[Card] = card(
        "follows the metric without end", Proof.METRIC,
        ValueError="decay_rate from 1 on, mode unknown",
    )  # fmt: skip

    def resolve(self) -> ReduceLROnPlateau:
        check(self)
        if self.warmup_t:
            raise Halting(LIMIT, "its warm-up, in which no metric counts, is not followed")
        groups = tuple(
            msgspec.structs.replace(group, lr=group.base * scale_of(group), initial_lr=None)
            for group in self.optimizer.groups
        )
        return ReduceLROnPlateau(
            msgspec.structs.replace(self.optimizer, groups=groups), self.mode, self.decay_rate,
            self.patience_t, self.threshold, cooldown=self.cooldown_t, min_lr=self.lr_min,
        )  # fmt: skip
