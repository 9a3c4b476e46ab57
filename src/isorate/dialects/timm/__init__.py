"""timm: ``timm.scheduler``, as of 1.0.31: its schedulers, and the factory that picks one by a name.

A metric, noise and ``lr_scale`` besides: a rate is a function of the step that a loop tells it.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from isorate.dialects.timm.schedulers import (
    NOISE,
    CosineLRScheduler,
    Cyclic,
    MultiStepLRScheduler,
    PlateauLRScheduler,
    PolyLRScheduler,
    StepLRScheduler,
    TanhLRScheduler,
    WSDLRScheduler,
    card,
    demand,
)
from isorate.kit import Call, Card, Dialect, Halting, Optimizer, Proof
from isorate.kit.boundary import LIMIT
from isorate.kit.card import roles_of
from isorate.kit.registry import completed
from isorate.kit.standing import Standing

VERSION: Final = "1.0.31"
ROLES: Final = roles_of(
    start="optimizer warmup_lr_init warmup_lr",
    end="lr_min min_lr",
    duration="t_initial warmup_t num_epochs warmup_epochs cooldown_epochs patience_t cooldown_t "
    "patience_epochs decay_epochs decay_milestones decay_t stable_timescale",
    factor="decay_rate cycle_decay",
    shape="cycle_mul cycle_limit k_decay power lb ub decay_fn decay_power decay_ratio stable_fn "
    "stable_power threshold mode plateau_mode sched",
    clock="t_in_epochs step_on_epochs updates_per_epoch",
)
#: Which scheduler goes by a name.
NAMES: Final[dict[str, Any]] = {
    "cosine": CosineLRScheduler,
    "tanh": TanhLRScheduler,
    "step": StepLRScheduler,
    "constant": StepLRScheduler,
    "multistep": MultiStepLRScheduler,
    "plateau": PlateauLRScheduler,
    "poly": PolyLRScheduler,
    "wsd": WSDLRScheduler,
    "rsqrt": WSDLRScheduler,
}


class create_scheduler_v2(Standing, frozen=True):
    """The scheduler that goes by a name, its times in epochs or in updates of so many epochs."""

    optimizer: Optimizer
    sched: str = "cosine"
    num_epochs: int = 300
    decay_epochs: float | None = None
    decay_milestones: Any = (90, 180, 270)
    cooldown_epochs: int = 0
    patience_epochs: int = 10
    decay_rate: float = 0.1
    min_lr: float = 0.0
    warmup_lr: float = 1e-5
    warmup_epochs: int = 0
    warmup_prefix: bool = False
    noise: Any = None
    noise_pct: float = 0.67
    noise_std: float = 1.0
    noise_seed: int = 42
    cycle_mul: float = 1.0
    cycle_decay: float = 0.1
    cycle_limit: int = 1
    k_decay: float = 1.0
    decay_fn: Any = None
    stable_timescale: float | None = None
    plateau_mode: str = "max"
    step_on_epochs: bool = True
    updates_per_epoch: int = 0
    card: ClassVar[Card] = replace(
        card("as its pick", Proof.MEMBERS), raises={
            "AssertionError": "updates counted of no updates_per_epoch, numbers out of range",
            "TypeError": "what is no number", "ValueError": "no name, numbers out of range",
        }
    )  # fmt: skip

    def resolve(self) -> Call:
        if not self.step_on_epochs:
            demand(AssertionError, updates_per_epoch=self.updates_per_epoch > 0)
        if self.noise is not None:
            raise Halting(LIMIT, NOISE)
        own = self.own()
        if self.sched == "none":
            raise Halting(LIMIT, "'none' makes no scheduler: the rate stays the optimizer's")
        if self.sched not in NAMES:
            raise ValueError(f"sched={self.sched!r} is none of {', '.join(NAMES)}")
        kind = NAMES[self.sched]
        if self.sched == "plateau":
            demand(AssertionError, step_on_epochs=self.step_on_epochs)
        elif self.sched in ("wsd", "rsqrt"):
            own |= self.phases(own)
        elif self.sched == "multistep":
            own["decay_t"] = own.pop("milestones")
        elif self.sched == "constant":
            own |= {"decay_t": 1, "decay_rate": 1.0}
        taken = {name: value for name, value in own.items() if name in kind.parameters()}
        return kind.of(taken)  # type: ignore[no-any-return]

    def comes_with(self) -> tuple[Any, ...]:
        return () if self.fault() is not None else (epochs_of(self),)

    def own(self) -> dict[str, Any]:
        """Return the arguments as the schedulers call them, times counted as they are stepped."""
        each = 1 if self.step_on_epochs else self.updates_per_epoch
        decay = self.decay_epochs
        if decay is None:
            decay = 0.2 if self.sched in ("wsd", "rsqrt") else 90
        milestones, scale = self.decay_milestones, self.stable_timescale
        if not self.step_on_epochs:
            milestones = [milestone * each for milestone in milestones]
        return {
            **self.arguments(), "t_in_epochs": self.step_on_epochs, "lr_min": self.min_lr,
            "t_initial": self.num_epochs * each, "warmup_t": self.warmup_epochs * each,
            "warmup_lr_init": self.warmup_lr, "decay_t": decay * each, "milestones": milestones,
            "power": self.decay_rate, "patience_t": self.patience_epochs, "mode": self.plateau_mode,
            "stable_timescale": None if scale is None else scale * each,
        }  # fmt: skip

    def phases(self, own: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a schedule with a stable phase, which the warm-up may shorten."""
        whole = own["t_initial"] if self.warmup_prefix else own["t_initial"] - own["warmup_t"]
        decay = own["decay_t"]
        share = 0.2 if self.decay_epochs is None else self.decay_epochs
        decay = round(share * whole if 0 < share < 1 else decay)
        demand(ValueError, decay_epochs=0 < decay <= whole)
        rsqrt = self.sched == "rsqrt"
        return {
            "t_initial": whole, "decay_t": decay, "stable_fn": "rsqrt" if rsqrt else "constant",
            "decay_fn": self.decay_fn or ("linear" if rsqrt else "1-sqrt"),
        }  # fmt: skip


def epochs_of(call: create_scheduler_v2) -> int:
    """Return how many epochs the factory says that its scheduler is for."""
    made: Any = call.resolve()
    each = 1 if call.step_on_epochs else call.updates_per_epoch
    if isinstance(made, WSDLRScheduler):
        length = made.warmup_t + made.t_initial
    elif issubclass(type(made), Cyclic):
        T, m, n = made.t_initial, made.cycle_mul, max(1, made.cycle_limit)
        length = T * n if m == 1 else math.floor(-T * (m**n - 1) / (1 - m))
        length += made.warmup_t if made.warmup_prefix else 0
    else:
        return call.num_epochs + (call.warmup_epochs if call.warmup_prefix else 0)
    return int((length + call.cooldown_epochs * each) // each)


MODULES: Final = ("cosine_lr", "multistep_lr", "plateau_lr", "poly_lr", "scheduler_factory",
                  "step_lr", "tanh_lr", "wsd_lr")  # fmt: skip
DIALECT = Dialect(
    name="timm", title="timm", version=VERSION, precedence=120,
    constructors=completed(
        (*dict.fromkeys(NAMES.values()), create_scheduler_v2), "timm.scheduler", VERSION, ROLES,
        "https://huggingface.co/docs/timm/reference/schedulers", "timm",
    ),
    aliases={f"timm.scheduler.{module}": "timm.scheduler" for module in MODULES},
)  # fmt: skip
