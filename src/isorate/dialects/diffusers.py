"""Hugging Face's diffusers: ``diffusers.optimization``, as of 0.42.1.

Its functions are transformers' of some years ago, gone their own way since: they build torch's
``LambdaLR``, and ``get_scheduler`` picks them by a name, with other arguments in another order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec.structs import replace

from isorate.dialects import transformers as hf
from isorate.dialects.torch import lambdas
from isorate.dialects.torch.base import RESUMED
from isorate.kit import Card, Deviation, Dialect, Optimizer, Proof, Refusal
from isorate.kit import meaning as say
from isorate.kit.effects import Moves, Values
from isorate.kit.matching import share
from isorate.kit.registry import completed
from isorate.kit.scheduler import Match
from isorate.kit.standing import Standing, given
from isorate.kit.unknown import ANY
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Constant, PiecewiseConstant

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.dialects.torch.lambdas import Workers
    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker

VERSION: Final = "0.42.1"


#: What a text that is cut at commas and colons raises.
RULES: Final = {
    "AttributeError": "step_rules no text",
    "KeyError": RESUMED,
    "ValueError": "what is no share, or no step",
}


def _card(of: type[lambdas.Lambda], *deviations: Deviation) -> Card:
    """Return the card of transformers' function, which has the same arithmetic."""
    return replace(of.card, deviations=deviations)


class get_constant_schedule(hf.get_constant_schedule, frozen=True):
    """The base rate at every step."""

    card: ClassVar[Card] = _card(hf.get_constant_schedule)


class get_constant_schedule_with_warmup(hf.get_constant_schedule_with_warmup, frozen=True):
    """A line from 0 to the base rate, which stays."""

    card: ClassVar[Card] = _card(hf.get_constant_schedule_with_warmup)


class get_piecewise_constant_schedule(lambdas.Lambda, frozen=True):
    """Shares of the base rate, each up to its step: ``"1:10,0.1:20,0.005"``."""

    step_rules: str
    last_epoch: int = -1
    card: ClassVar[Card] = replace(
        lambdas.card("stays at its last share", Proof.EACH_STEP), raises=RULES
    )
    shapes = (PiecewiseConstant, Constant)

    @property
    def rules(self) -> tuple[list[int], list[float]]:
        """The steps in order and the shares between them; the last rule of a step counts."""
        *first, last = self.step_rules.split(",")
        until = {}
        for rule in first:
            factor, step = rule.split(":")
            until[int(step)] = float(factor)
        return sorted(until), [*(until[step] for step in sorted(until)), float(last)]

    def function(self, workers: Workers) -> Callable[[Any], Any]:
        steps, factors = self.rules
        return lambda t: factors[bisect_right(steps, t)]

    def rates(self, worker: Worker, steps: range) -> Moves:
        bounds, factors = self.rules
        within = np.array([min(max(bound, -1), 2**62) for bound in bounds], dtype=np.int64)
        at = np.searchsorted(within, np.arange(steps.start, steps.stop), side="right")
        return Values(float(worker.base) * np.array(factors)[at])

    def means(self, base: Any) -> Meaning:
        bounds, factors = self.rules
        begun, ended = bisect_right(bounds, 0), bisect_left(bounds, 2**53)  # as updates are counted
        rates = [base * factor for factor in factors[begun : ended + 1]]
        return say.steps(rates, bounds[begun:ended]) if rates[1:] else say.constant(rates[0])

    def shape(self, base: float, group: int) -> Any:
        return self.means(base).schedule()

    @classmethod
    def kinds(cls) -> Any:
        return cls.shapes

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        rates = (shape.rate,) if isinstance(shape, Constant) else shape.rates
        bounds = () if isinstance(shape, Constant) else shape.boundaries
        base = rates[0] if base is None else base
        if base == 0:
            return Refusal("a base rate of 0 stays 0")
        factors = [share(rate, base) for rate in rates]
        rules = [f"{f!r}:{bound}" for f, bound in zip(factors, bounds, strict=False)]
        return Match(base, {"step_rules": ",".join([*rules, repr(factors[-1])])})


class get_linear_schedule_with_warmup(hf.get_linear_schedule_with_warmup, frozen=True):
    """A line from 0 to f_max of the base rate, and one to f_min of it at num_training_steps."""

    f_min: float = 0.0
    f_max: float = 1.0
    card: ClassVar[Card] = replace(
        _card(hf.get_linear_schedule_with_warmup), past_end="stays at f_min of the base rate"
    )
    choices: ClassVar[Any] = lambdas.CHOICES | {"f_min": (ANY,), "f_max": (1.0,)}
    factor: ClassVar[str] = (
        "f_max * float(t) / float(max(1, num_warmup_steps)) if t < num_warmup_steps else "
        "f_min + (f_max - f_min) * max(0.0, float(num_training_steps - t) / "
        f"{lambdas.SPAN})"
    )

    def warmup(self, base: Any) -> Meaning:
        return lambdas.Warmed.warmup(self, base * self.f_max)

    def rest(self, base: Any) -> Meaning:
        return say.line(base * self.f_max, base * self.f_min, self.left)


class get_cosine_schedule_with_warmup(hf.get_cosine_schedule_with_warmup, frozen=True):
    """A line from 0 to the base rate, and num_cycles periods of a cosine between it and 0."""

    card: ClassVar[Card] = _card(
        hf.get_cosine_schedule_with_warmup,
        Deviation("the rate goes down to 0", hf.CLIMBS, "diffusers.optimization."
                  "get_cosine_schedule_with_warmup(torch.optim.SGD(params, lr=0.1), 2, 6)", 10),
    )  # fmt: skip


class get_cosine_with_hard_restarts_schedule_with_warmup(
    hf.get_cosine_with_hard_restarts_schedule_with_warmup, frozen=True
):
    """A line from 0 to the base rate, and num_cycles half-cosines from it to 0."""

    card: ClassVar[Card] = _card(hf.get_cosine_with_hard_restarts_schedule_with_warmup)


class get_polynomial_decay_schedule_with_warmup(
    hf.get_polynomial_decay_schedule_with_warmup, frozen=True
):
    """A line from 0 to the base rate, and a polynomial to lr_end / ``defaults["lr"]`` of it."""

    card: ClassVar[Card] = _card(hf.get_polynomial_decay_schedule_with_warmup)


class get_scheduler(Standing, frozen=True):
    """The function that goes by a name; most of the arguments are given to few of them."""

    name_: Any
    optimizer: Optimizer
    step_rules: Any = None
    num_warmup_steps: Any = None
    num_training_steps: Any = None
    num_cycles: Any = 1
    power: Any = 1.0
    last_epoch: int = -1
    card: ClassVar[Card] = replace(
        lambdas.card("as its pick", Proof.MEMBERS),
        raises=RULES | {"ValueError": "no name, too few steps, what is no share or no step"},
    )

    def resolve(self) -> Any:
        own = self.arguments()
        name = own.pop("name")
        if not isinstance(name, str) or name not in NAMES:
            raise ValueError(f"{name=} is none of {', '.join(NAMES)}")
        if name == "cosine":  # which keeps to half a period
            del own["num_cycles"]
        if name == "piecewise_constant":  # whatever its rules are
            return NAMES[name](self.optimizer, self.step_rules, self.last_epoch)
        return given(NAMES[name], own, {})


NAMES: Final[dict[str, Any]] = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "cosine_with_restarts": get_cosine_with_hard_restarts_schedule_with_warmup,
    "polynomial": get_polynomial_decay_schedule_with_warmup,
    "constant": get_constant_schedule,
    "constant_with_warmup": get_constant_schedule_with_warmup,
    "piecewise_constant": get_piecewise_constant_schedule,
}
DIALECT = Dialect(
    name="diffusers", title="diffusers", version=VERSION, precedence=110,
    constructors=completed(
        (*NAMES.values(), get_scheduler), "diffusers.optimization", VERSION,
        lambdas.ROLES | {"f_min": "end"},
        f"https://huggingface.co/docs/diffusers/v{VERSION}/en/optimization#{{}}", "diffusers",
    ),
    aliases={"diffusers.training_utils": "diffusers.optimization"},
    constants={
        f"SchedulerType.{name.upper()}{value}": name for name in NAMES for value in ("", ".value")
    },
)  # fmt: skip
