"""Hugging Face's transformers: ``transformers.optimization``, as of 5.23.0.

Its functions build torch's ``LambdaLR``, each with a λ of its own; one picks them by a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.dialects.torch import lambdas
from isorate.dialects.torch.lambdas import MEANT, RAISED, TRAINING, WARM, WAVE, card
from isorate.dialects.torch.plateau import ReduceLROnPlateau
from isorate.kit import Card, Dialect, Halting, Optimizer, Proof
from isorate.kit import meaning as say
from isorate.kit.boundary import LIMIT
from isorate.kit.registry import completed
from isorate.kit.standing import Standing, given
from isorate.kit.unknown import ANY, Unknown

if TYPE_CHECKING:
    from isorate.dialects.torch.lambdas import Workers
    from isorate.kit.meaning import Meaning

VERSION: Final = "5.23.0"
TWO: Final = "SGD([{'params': params_0}, {'params': params_1, 'lr': 0.2}], lr=0.1)"
MIN_LR: Final = "get_cosine_with_min_lr_schedule_with_warmup"
CLIMBS: Final = "climbs again after num_training_steps, and so on"
MEASURED: Final = "its rates follow what training measures up and down, which is not followed"


class get_constant_schedule(lambdas.Lambda, frozen=True):
    """The base rate at every step."""

    last_epoch: int = -1
    card: ClassVar[Card] = card("goes on", Proof.EACH_STEP)
    factor: ClassVar[str] = "1"

    def means(self, base: Any) -> Meaning:
        return say.constant(base)


class get_constant_schedule_with_warmup(lambdas.Warmed, frozen=True):
    """A line from 0 to the base rate, which stays."""

    last_epoch: int = -1
    card: ClassVar[Card] = card("stays at the base rate", Proof.EACH_STEP)
    factor: ClassVar[str] = f"{WARM}1.0"

    def means(self, base: Any) -> Meaning:
        return self.warmup(base) if self.num_warmup_steps != 0 else say.constant(base)


class get_linear_schedule_with_warmup(lambdas.Trained, frozen=True):
    """A line from 0 to the base rate, and one back to 0 at num_training_steps."""

    last_epoch: int = -1
    card: ClassVar[Card] = card("stays at 0", Proof.EACH_STEP)
    factor: ClassVar[str] = f"{WARM}max(0.0, float(num_training_steps - t) / {lambdas.SPAN})"

    def rest(self, base: Any) -> Meaning:
        return say.line(base, 0.0, self.left)


class get_cosine_schedule_with_warmup(lambdas.Trained, frozen=True):
    """A line from 0 to the base rate, and num_cycles periods of a cosine between it and 0."""

    num_cycles: float = 0.5
    last_epoch: int = -1
    card: ClassVar[Card] = card(
        CLIMBS,
        shown=[("the rate goes down to 0", CLIMBS,
                "get_cosine_schedule_with_warmup(SGD(params, lr=0.1), 2, 6)", 10)],
    )  # fmt: skip
    factor: ClassVar[str] = f"{WARM}{RAISED.format(WAVE.format(TRAINING))}"

    def rest(self, base: Any) -> Meaning:
        return say.cosine(base, base * self.low(()), self.left / (self.num_cycles * 2), "mirror")


class get_cosine_with_hard_restarts_schedule_with_warmup(lambdas.Trained, frozen=True):
    """A line from 0 to the base rate, and num_cycles half-cosines from it to 0."""

    num_cycles: int = 1
    last_epoch: int = -1
    card: ClassVar[Card] = card("stays at 0")
    choices: ClassVar[Any] = lambdas.CHOICES | {"num_cycles": (1, ANY)}
    factor: ClassVar[str] = (
        f"{WARM}0.0 if {TRAINING} >= 1.0 else "
        f"max(0.0, 0.5 * (1.0 + math.cos(math.pi * (float(num_cycles) * {TRAINING} % 1.0))))"
    )

    def rest(self, base: Any) -> Meaning:
        cycle = say.cosine(base, 0.0, self.left / self.num_cycles)
        if self.num_cycles == 1:
            return cycle
        cycles = say.repeat(cycle, self.left / self.num_cycles)
        return say.join([cycles, say.constant(0.0)], at=[self.left])


class get_polynomial_decay_schedule_with_warmup(lambdas.Trained, frozen=True):
    """A line from 0 to the base rate, and a polynomial to lr_end / ``defaults["lr"]`` of it."""

    lr_end: float = 1e-7
    power: float = 1.0
    last_epoch: int = -1
    card: ClassVar[Card] = card(
        "stays at its end", Proof.CANCELS, ValueError="lr_end not below the optimizer's own lr",
        ZeroDivisionError="num_training_steps=num_warmup_steps, where it gets there",
        shown=[("the rate goes down to lr_end", "another group goes down to the same share",
                f"get_polynomial_decay_schedule_with_warmup({TWO}, 0, 4, lr_end=0.01)", 4)],
    )  # fmt: skip
    alone: ClassVar[str] = "lr_end is for the optimizer's own lr"
    factor: ClassVar[str] = (
        f"{WARM}lr_end / default if t > num_training_steps else ((default - lr_end) * (1 - (t - "
        "num_warmup_steps) / (num_training_steps - num_warmup_steps)) ** power + lr_end) / default"
    )

    def values(self, workers: Workers) -> dict[str, Any]:
        default = self.default(workers)
        if not default > self.lr_end:
            raise ValueError(f"lr_end={self.lr_end!r} is not below the optimizer's own lr")
        return {**super().values(workers), "default": default}

    def rest(self, base: Any) -> Meaning:
        solved = isinstance(self.lr_end, Unknown)
        end = self.lr_end if solved else base * (self.lr_end / self.lasting_default)
        return say.polynomial(base, end, self.left, self.power)


class get_inverse_sqrt_schedule(lambdas.Warmed, frozen=True):
    """A line from 0 to the base rate, which then goes down by an inverse root of the steps."""

    timescale: int | None = None
    last_epoch: int = -1
    card: ClassVar[Card] = card(
        "goes down without end", Proof.EACH_STEP,
        [("timescale is num_warmup_steps by default", "10,000 where that is 0",
          "get_inverse_sqrt_schedule(SGD(params, lr=0.1), 0)", 1)],
        ValueError="timescale below 0", ZeroDivisionError="timescale=0",
    )  # fmt: skip
    factor: ClassVar[str] = (
        f"{WARM}1.0 / math.sqrt((t + (timescale - num_warmup_steps)) / timescale)"
    )

    def values(self, workers: Workers) -> dict[str, Any]:
        scale = (self.num_warmup_steps or 10_000) if self.timescale is None else self.timescale
        return {**super().values(workers), "timescale": scale}


class get_cosine_with_min_lr_schedule_with_warmup(get_cosine_schedule_with_warmup, frozen=True):
    """The cosine goes down to min_lr_rate of the base rate, or min_lr / ``defaults["lr"]``."""

    min_lr: float | None = None
    min_lr_rate: float | None = None
    card: ClassVar[Card] = card(
        CLIMBS, ValueError="not one of min_lr and min_lr_rate",
        shown=[("the rate goes down to min_lr", "another group goes down to the same share",
                f"{MIN_LR}({TWO}, 0, 4, min_lr=0.01)", 4)],
    )  # fmt: skip

    def low(self, workers: Workers) -> Any:
        if (self.min_lr is None) == (self.min_lr_rate is None):
            raise ValueError("it takes one of min_lr and min_lr_rate")
        return self.min_lr_rate if self.min_lr is None else self.min_lr / self.default(workers)


class get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
    get_cosine_with_min_lr_schedule_with_warmup, frozen=True
):
    """The same a step ahead: the line begins above 0."""

    warmup_lr_rate: float | None = None
    card: ClassVar[Card] = card(
        CLIMBS, ValueError="not one of min_lr and min_lr_rate",
        shown=[("the rate goes down to min_lr at num_training_steps", "it is there one step early",
                f"{MIN_LR}_lr_rate(SGD(params, lr=0.1), 0, 4, min_lr=0.01)", 3)],
    )  # fmt: skip

    @property
    def factor(self) -> str:  # type: ignore[override]
        rise, first = "(t + 1.0) / max(1.0, W)", "float(warmup_lr_rate)"
        if self.warmup_lr_rate is not None:
            rise = f"{first} + (1.0 - {first}) * float(t) / max(1, W - 1)"
        fall = RAISED.format(WAVE.format("((t - W + 1.0) / max(1.0, T - W))"))
        return f"{rise} if t < W else {fall}"

    def values(self, workers: Workers) -> dict[str, Any]:
        known = super().values(workers)
        return known | {"W": float(self.num_warmup_steps), "T": float(self.num_training_steps)}

    def warmup(self, base: Any) -> Meaning:
        W, share = self.num_warmup_steps, self.warmup_lr_rate
        first = base / W if share is None else base * share
        rise = first if share is None else (base - first) / (W - 1)
        return say.line(first, first + rise * W, W)

    def rest(self, base: Any) -> Meaning:
        return say.shift(get_cosine_schedule_with_warmup.rest(self, base), 1)


class get_wsd_schedule(lambdas.Warmed, frozen=True):
    """From a share of the base rate to it, num_stable_steps at it, and down to the share again."""

    num_decay_steps: int
    num_training_steps: int | None = None
    num_stable_steps: int | None = None
    warmup_type: str = "linear"
    decay_type: str = "cosine"
    min_lr_ratio: float = 0
    num_cycles: float = 0.5
    last_epoch: int = -1
    card: ClassVar[Card] = card("stays at that share", ValueError="too few steps, unknown types")
    choices: ClassVar[Any] = lambdas.CHOICES | {"num_training_steps": (None,), "num_cycles": (0.5,)}

    @property
    def factor(self) -> str:
        decaying = "(float(t - num_warmup_steps - stable) / float(max(1, num_decay_steps)))"
        return (
            f"{RAISED.format(lambdas.rise(self.warmup_type))} if t < num_warmup_steps else "
            "1.0 if t < num_warmup_steps + stable else "
            f"{RAISED.format(lambdas.fall(self.decay_type, decaying))} "
            "if t < num_warmup_steps + stable + num_decay_steps else low"
        )

    @property
    def stable(self) -> Any:
        T: Any = self.num_training_steps
        given = self.num_stable_steps is not None
        return self.num_stable_steps if given else T - self.num_warmup_steps - self.num_decay_steps

    def values(self, workers: Workers) -> dict[str, Any]:
        if self.num_training_steps is None and self.num_stable_steps is None:
            raise ValueError("it takes num_training_steps or num_stable_steps")
        return {**super().values(workers), "stable": self.stable, "low": self.min_lr_ratio}

    def means(self, base: Any) -> Meaning:
        W, low = self.num_warmup_steps, base * self.min_lr_ratio
        end = W + self.stable
        fall = MEANT[self.decay_type](base, low, self.num_decay_steps)
        stay = MEANT[self.warmup_type](low, base, W) if W != 0 else say.constant(base)
        return say.join([stay, fall], at=[end]) if end != 0 else fall


class get_reduce_on_plateau_schedule(ReduceLROnPlateau, frozen=True):
    """torch's ``ReduceLROnPlateau``, its arguments by their names."""

    placed: ClassVar[int] = 1


class get_scheduler(Standing, frozen=True):
    """The function that goes by a name, with the arguments that it takes."""

    name_: Any
    optimizer: Optimizer
    num_warmup_steps: Any = None
    num_training_steps: Any = None
    scheduler_specific_kwargs: Any = None
    card: ClassVar[Card] = card(
        "as its pick", Proof.MEMBERS, ValueError="no name, too few steps",
        shown=[("an argument that the schedule does not take raises TypeError", "constant and "
                "constant_with_warmup leave it away",
                "get_scheduler('constant', SGD(p, lr=0.1), None, None, {'num_cycles': 1})", 1)],
    )  # fmt: skip

    def resolve(self) -> Any:
        own = self.arguments()
        name, specific = own.pop("name"), own.pop("scheduler_specific_kwargs")
        if name == "greedy":
            raise Halting(LIMIT, MEASURED)
        if name not in NAMES:
            raise ValueError(f"{name=} is none of {', '.join(NAMES)}")
        dropped = specific is None or name in ("constant", "constant_with_warmup")
        return given(NAMES[name], own, {} if dropped else specific)


NAMES: Final[dict[str, Any]] = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "cosine_with_restarts": get_cosine_with_hard_restarts_schedule_with_warmup,
    "polynomial": get_polynomial_decay_schedule_with_warmup,
    "constant": get_constant_schedule,
    "constant_with_warmup": get_constant_schedule_with_warmup,
    "inverse_sqrt": get_inverse_sqrt_schedule,
    "reduce_lr_on_plateau": get_reduce_on_plateau_schedule,
    "cosine_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup,
    "cosine_warmup_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup_lr_rate,
    "warmup_stable_decay": get_wsd_schedule,
}
DIALECT = Dialect(
    name="transformers", title="transformers", version=VERSION,
    constructors=completed(
        (*NAMES.values(), get_scheduler), "transformers", VERSION, lambdas.ROLES,
        f"https://huggingface.co/docs/transformers/v{VERSION}/en/main_classes/optimizer_schedules#{{}}",
    ),
    constants={
        f"SchedulerType.{name.replace('lr_on', 'on').upper()}{value}": name
        for name in (*NAMES, "greedy") for value in ("", ".value")
    },
    refused=dict.fromkeys(
        ("GreedyLR", "get_greedy_schedule", "AdafactorSchedule", "get_adafactor_schedule"), MEASURED
    ),
)  # fmt: skip
