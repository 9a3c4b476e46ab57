"""The rows of transformers' schedules."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tests.conformance.cases._case import Case, refused
from tests.conformance.cases.torch import phases, torch_scope, upon_torch

if TYPE_CHECKING:
    from collections.abc import Iterator

SGD = "torch.optim.SGD"
ONE = f"{SGD}(params, lr=0.1)"
#: Three groups, of which one has the optimizer's own rate.
THREE = (
    f"{SGD}([{{'params': params_0, 'lr': 0.01}}, {{'params': params_1}}, "
    "{'params': params_2, 'lr': 1e-5}], lr=0.05)"
)
SINGLE = f"{SGD}(params, lr=torch.tensor(0.1))"
DOUBLE = f"{SGD}([{{'params': params, 'lr': torch.tensor(0.2, dtype=torch.float64)}}], lr=0.1)"
RESUMED = f"{SGD}([{{'params': params, 'lr': 0.07, 'initial_lr': 0.1}}], lr=0.1)"
METRICS = [1.0, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7, 0.9]

COSINE = "get_cosine_with_min_lr_schedule_with_warmup"
#: Arguments of each function that all of them take. The last number of steps is not to be reached.
STEPS: tuple[str, ...] = (
    "0, 10", "3, 14", "10, 10", "12, 10", "0, 1", "0, 0", "1, 2", "5, 100", "2.5, 10.5", "-1, 10",
    "62.5, 250", "num_warmup_steps=4, num_training_steps=20", "0.5, 12", "3, 3.5", "0, 25",
)  # fmt: skip
TAKEN: dict[str, tuple[str, ...]] = {
    "get_constant_schedule": ("",),
    "get_constant_schedule_with_warmup": (
        "0", "5", "1", "2.5", "40", "num_warmup_steps=10", "-3", "0.5", "24", "True", "7.0", "62.5",
    ),
    "get_linear_schedule_with_warmup": STEPS,
    "get_cosine_schedule_with_warmup": (
        *STEPS, "2, 12, 0.25", "2, 12, 1", "2, 12, num_cycles=1.5", "0, 10, 2", "3, 20, 0",
        "3, 20, -0.5",
    ),
    "get_cosine_with_hard_restarts_schedule_with_warmup": (
        *STEPS, "2, 14, 2", "2, 14, 3", "0, 21, num_cycles=3", "3, 20, 2.5", "0, 10, 0", "1, 9, -2",
        "4, 20, 7", "3, 19, 1.0",
    ),
    "get_polynomial_decay_schedule_with_warmup": (
        *(steps for steps in STEPS if steps not in ("10, 10", "0, 0")), "2, 11, 0.0", "2, 11, 1e-3",
        "2, 11, 0.001, 2.0", "2, 11, lr_end=1e-7, power=0.5", "0, 20, 0, 3", "0, 20, 0.01, 0",
        "2, 11, -0.01", "10, 10", "2, 8, power=-1",
    ),
    "get_inverse_sqrt_schedule": (
        "0", "5", "4, 16", "4, 2", "0, 1", "3, timescale=100", "1", "10", "2.5", "-2, 7", "40",
        "num_warmup_steps=8", "0, 2.5", "24, 3",
    ),
    COSINE: (
        *(f"{steps}, min_lr=0.001" for steps in STEPS), "3, 14, min_lr_rate=0.1",
        "3, 14, min_lr_rate=0.1, num_cycles=1", "3, 14, min_lr=0.0", "0, 10, min_lr_rate=0",
        "3, 14, 0.25, -1, 0.01", "3, 14, min_lr_rate=-0.1", "3, 14, min_lr=0.2",
    ),
    f"{COSINE}_lr_rate": (
        *(f"{steps}, min_lr=0.001" for steps in STEPS),
        "3, 14, min_lr_rate=0.1, warmup_lr_rate=0.0", "4, 14, min_lr_rate=0.1, warmup_lr_rate=0.5",
        "1, 14, min_lr_rate=0.1, warmup_lr_rate=0.1",
        "3, 14, min_lr_rate=0.1, num_cycles=1", "5, 20, min_lr=0.0, warmup_lr_rate=0.01",
        "2.5, 14, min_lr=0.01, warmup_lr_rate=0.3",
    ),
    "get_wsd_schedule": (
        "4, 7, 20", "0, 5, 20", "4, 0, 20", "4, 7, None, 3", "4, 7, num_stable_steps=3",
        "4, 7, 20, 3, num_cycles=1.5", "8, 6, 10", "4, 7, 20, min_lr_ratio=0.05", "0, 10, 10",
        "3, 25, 100", "2.5, 5.5, 20", "4, 7, 20, min_lr_ratio=-0.1", "2, 8, 16, None, '1-sqrt'",
        *(
            f"4, 7, 20, warmup_type={warmup!r}, decay_type={decay!r}, min_lr_ratio=0.1"
            for warmup in ("linear", "cosine", "1-sqrt")
            for decay in ("linear", "cosine", "1-sqrt")
        ),
    ),
    "get_reduce_on_plateau_schedule": (
        "", "patience=1", "patience=1, factor=0.5", "mode='max', patience=2", "patience=0",
        "patience=1, min_lr=0.02", "patience=1, cooldown=2", "patience=1, threshold=0.2",
        "patience=1, threshold_mode='abs'", "patience=1, eps=0.05", "factor=0.9, patience=3",
        "patience=2, min_lr=[0.01]",
    ),
}  # fmt: skip

#: ``get_scheduler`` by name, with the arguments besides the optimizer.
NAMED: tuple[tuple[str, str], ...] = (
    ("'constant'", ""), ("'constant'", "num_warmup_steps=5"),
    ("'constant'", "scheduler_specific_kwargs={'foo': 1}"),
    ("'constant_with_warmup'", "5"), ("'constant_with_warmup'", "5, 10, {'foo': 1}"),
    ("'linear'", "3, 10"), ("name='linear'", "num_warmup_steps=0, num_training_steps=20"),
    ("SchedulerType.COSINE", "3, 10"), ("'cosine'", "3, 10, {'num_cycles': 1}"),
    ("'cosine'", "0, 12, scheduler_specific_kwargs={}"),
    ("'cosine_with_restarts'", "2, 14, {'num_cycles': 3}"),
    ("transformers.SchedulerType.POLYNOMIAL", "2, 11, {'lr_end': 0.01, 'power': 2.0}"),
    ("'inverse_sqrt'", "4"), ("'inverse_sqrt'", "4, 100, {'timescale': 9}"),
    ("SchedulerType.REDUCE_ON_PLATEAU", ""),
    ("'reduce_lr_on_plateau'", "5, 10, {'patience': 1, 'factor': 0.5}"),
    ("'cosine_with_min_lr'", "3, 14, {'min_lr': 0.01}"),
    ("'cosine_warmup_with_min_lr'", "3, 14, {'min_lr_rate': 0.1, 'warmup_lr_rate': 0.2}"),
    ("'warmup_stable_decay'", "4, 20, {'num_decay_steps': 7}"),
    ("SchedulerType.WARMUP_STABLE_DECAY", "4, None, {'num_decay_steps': 7, 'num_stable_steps': 3}"),
)  # fmt: skip
REFUSED_BY_NAME: tuple[tuple[str, str], ...] = (
    ("'cosines'", "3, 10"), ("5", "3, 10"), ("'linear'", "num_training_steps=10"),
    ("'linear'", "3"), ("'inverse_sqrt'", ""), ("'linear'", "3, 10, {'foo': 1}"),
    ("'cosine'", "3, 10, {'num_warmup_steps': 5}"), ("'warmup_stable_decay'", "4, 20"),
    ("'cosine'", "3, 10, {'last_epoch': 5}"), ("'cosine_with_min_lr'", "3, 10"),
    ("'reduce_lr_on_plateau'", "scheduler_specific_kwargs={'factor': 1.5}"),
    ("'linear'", "3, 10, [1]"),
)  # fmt: skip

#: Arguments that are refused, at construction or where it gets there.
REFUSED: dict[str, tuple[str, ...]] = {
    "get_constant_schedule": ("last_epoch=3",),
    "get_constant_schedule_with_warmup": ("'5'", "None", "3, 5"),
    "get_linear_schedule_with_warmup": ("'5', 10", "0, None", "3, 10, 5"),
    "get_cosine_schedule_with_warmup": ("0, '10'", "0, 10, None", "3, 10, last_epoch=5"),
    "get_cosine_with_hard_restarts_schedule_with_warmup": ("0, '10'", "0, 9, [1]", "0, 9, 1, 5"),
    "get_polynomial_decay_schedule_with_warmup": (
        "2, 11, 0.1", "2, 11, 0.2", "0, 0", "2, 11, '0'", "0, '9'", "0, 9, last_epoch=5",
    ),
    "get_inverse_sqrt_schedule": ("'4'", "0, -1", "0, -0.5", "0, 0", "None", "4, last_epoch=5"),
    COSINE: (
        "3, 14", "3, 14, min_lr=0.01, min_lr_rate=0.1", "0, '14', min_lr=0.01", "3, 14, min_lr='0'",
        "3, 14, last_epoch=4, min_lr=0.01",
    ),
    f"{COSINE}_lr_rate": (
        "3, 14", "3, 14, min_lr=0.01, min_lr_rate=0.1", "3, None, min_lr=0.01",
        "3, 14, last_epoch=4, min_lr=0.01",
    ),
    "get_wsd_schedule": (
        "4, 7", "4, 7, 20, warmup_type='exp'", "4, 7, 20, decay_type='exp'", "4, '7', 20",
        "4, 7, 20, last_epoch=5",
    ),
    "get_reduce_on_plateau_schedule": ("factor=1.0", "mode='x'", "mode=1", "min_lr=[1, 2]"),
}  # fmt: skip

DIVIDES = "it divides by a tensor that its steps set"
METRIC = "it follows a metric"
ENDS = "it raises where the schedule goes on"


def functions() -> Iterator[Case]:
    """Visit every function with usual and odd arguments, one group or three, floats and tensors."""
    for name, taken in TAKEN.items():
        plateau = name == "get_reduce_on_plateau_schedule"
        metrics = METRICS if plateau else None
        unsaid = METRIC if plateau else None
        for arguments in taken:
            listed = ", ".join(filter(None, [ONE, arguments]))
            yield Case(
                f"{name}-{arguments}", f"transformers.{name}({listed})", 18 if plateau else 25,
                metrics=metrics, unsaid=unsaid,
            )  # fmt: skip
        usual = next((a for a in taken if a.startswith("3, 14")), taken[1 if len(taken) > 1 else 0])
        for kind, optimizer in (("groups", THREE), ("float32", SINGLE), ("float64", DOUBLE)):
            divides = "polynomial" in name and kind == "float32"
            yield Case(
                f"{name}-{kind}", f"{name}({', '.join(filter(None, [optimizer, usual]))})",
                18 if plateau else 25, metrics=metrics, unsaid=DIVIDES if divides else unsaid,
            )  # fmt: skip
        if plateau:
            shared = (
                f"{SGD}([{{'params': params_0}}, {{'params': params_1}}], lr=torch.tensor(0.1))"
            )
            yield Case(
                f"{name}-shared", f"{name}({shared}, patience=1)", 18,
                metrics=metrics, unsaid=unsaid,
            )  # fmt: skip
            continue
        for last in (0, 2, 9, 20):
            resumed = ", ".join(filter(None, [RESUMED, usual, f"last_epoch={last}"]))
            yield Case(f"{name}-resumed-{last}", f"{name}({resumed})")
        yield Case(f"{name}-epochs", f"{name}({', '.join(filter(None, [ONE, usual]))})", every=3)
    for lr in ("1", "3e-4", "5e-5", "0.0"):
        yield Case(f"get_constant_schedule-{lr}", f"get_constant_schedule({SGD}(params, lr={lr}))")
    for long in ("get_cosine_schedule_with_warmup", "get_linear_schedule_with_warmup"):
        yield Case(f"{long}-long", f"{long}({ONE}, 100, 2000)", 5000)


def names() -> Iterator[Case]:
    """Visit ``get_scheduler``."""
    for name, arguments in NAMED:
        plateau = "PLATEAU" in name.upper()
        listed = ", ".join(
            filter(None, [name, f"optimizer={ONE}" if "=" in name else ONE, arguments])
        )
        yield Case(
            f"get_scheduler-{name}-{arguments}", f"get_scheduler({listed})", 18 if plateau else 25,
            metrics=METRICS if plateau else None, unsaid=METRIC if plateau else None,
        )  # fmt: skip
    for kind, optimizer in (("groups", THREE), ("float32", SINGLE)):
        yield Case(f"get_scheduler-{kind}", f"get_scheduler('cosine', {optimizer}, 3, 14)")


def refusals() -> Iterator[Case]:
    """Visit what is refused."""
    yield from refused(REFUSED, lambda name, arguments: f"{name}({ONE}, {arguments})")
    yield Case(
        "bad-get_constant_schedule-last_epoch",
        f"get_constant_schedule({RESUMED}, last_epoch='3')",
        raises=True,
    )
    for name, arguments in REFUSED_BY_NAME:
        listed = ", ".join(filter(None, [name, ONE, arguments]))
        yield Case(f"bad-get_scheduler-{name}-{arguments}", f"get_scheduler({listed})", raises=True)


def transformers_scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: torch's names, too."""
    transformers = importlib.import_module("transformers")
    home = importlib.import_module("transformers.optimization")
    functions = {name: getattr(home, name) for name in dir(home) if name.startswith("get_")}
    own = {"transformers": transformers, "SchedulerType": home.SchedulerType, **functions}
    return torch_scope(lr, bare) | own


HOME = upon_torch(
    "transformers",
    functions,
    names,
    refusals,
    scope=transformers_scope,
    entered={
        "transformers.get_constant_schedule": (
            "get_constant_schedule(SGD(p, lr=0.1 / {}))",
            phases,
        ),
        "transformers.get_constant_schedule_with_warmup": (
            "get_constant_schedule_with_warmup(SGD(p, lr=0.1), {})",
            phases,
        ),
        "transformers.get_linear_schedule_with_warmup": (
            "get_linear_schedule_with_warmup(SGD(p, lr=0.1), 7, {} * 10**9)",
            phases,
        ),
        "transformers.get_inverse_sqrt_schedule": (
            "get_inverse_sqrt_schedule(SGD(p, lr=0.1), 7, {})",
            phases,
        ),
    },
)
