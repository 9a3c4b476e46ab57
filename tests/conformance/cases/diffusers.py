"""The rows of diffusers' schedules."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tests.conformance.cases import transformers as hf
from tests.conformance.cases._case import Case, refused
from tests.conformance.cases.torch import phases, torch_scope, upon_torch

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "diffusers.optimization"
SHARED = (
    "get_constant_schedule",
    "get_constant_schedule_with_warmup",
    "get_linear_schedule_with_warmup",
    "get_cosine_schedule_with_warmup",
    "get_cosine_with_hard_restarts_schedule_with_warmup",
    "get_polynomial_decay_schedule_with_warmup",
)
#: Arguments of each function: those of transformers' that has its name, and its own.
TAKEN: dict[str, tuple[str, ...]] = {name: hf.TAKEN[name] for name in SHARED} | {
    "get_linear_schedule_with_warmup": (
        *hf.STEPS, "3, 14, f_min=0.1", "3, 14, -1, 0.1, 0.9", "0, 12, f_max=2.0", "0, 12, f_min=1",
        "2.5, 10.5, f_min=0.01, f_max=0.7", "5, 10, f_min=-0.1",
    ),
    "get_piecewise_constant_schedule": (
        "'1:10,0.1:20,0.005'", "step_rules='1:10,0.1:20,0.005'", "'0.5'", "'1:0,0.5'",
        "'0.1:20,1:10,0.005'", "'1:10,2:10,0.005'", "' 1.0 : 3 , .5 '", "'1:-5,0.2:4,0.1'",
        "'0:5,1'", "'1e-1:1_0,1'", "'-1:3,1'", "'1:30,0.5:40,0.1'",
        "'1:5,0.1:99999999999999999999,0'",
    ),
}  # fmt: skip
NAMED: tuple[tuple[str, str], ...] = (
    ("'constant'", ""), ("'constant'", "num_warmup_steps=5"), ("'constant'", "'what', 5, 10"),
    ("'constant_with_warmup'", "None, 5"), ("'constant_with_warmup'", "num_warmup_steps=5"),
    ("'linear'", "None, 3, 10"), ("name='linear'", "num_warmup_steps=0, num_training_steps=20"),
    ("SchedulerType.COSINE", "None, 3, 10"), ("'cosine'", "None, 3, 10, num_cycles=3"),
    ("'cosine_with_restarts'", "None, 2, 14, 3"),
    ("'cosine_with_restarts'", "num_warmup_steps=2, num_training_steps=14, num_cycles=2, power=3"),
    ("SchedulerType.POLYNOMIAL", "None, 2, 11, 1, 2.0"),
    ("'polynomial'", "num_warmup_steps=2, num_training_steps=14, num_cycles=2, power=3"),
    ("'piecewise_constant'", "'1:10,0.1:20,0.005'"),
    ("SchedulerType.PIECEWISE_CONSTANT", "step_rules='1:10,0.1:20,0.005', num_warmup_steps=4"),
)  # fmt: skip
REFUSED_BY_NAME: tuple[tuple[str, str], ...] = (
    ("'cosines'", "None, 3, 10"), ("5", "None, 3, 10"), ("[]", ""),
    ("'inverse_sqrt'", "None, 3"), ("'linear'", "num_training_steps=10"), ("'linear'", "None, 3"),
    ("'piecewise_constant'", ""), ("'piecewise_constant'", "'1:2:3,1'"),
    ("'cosine'", "'', 3, 10, last_epoch=5"), ("'cosine'", "3, 10"),
)  # fmt: skip
REFUSED: dict[str, tuple[str, ...]] = {name: hf.REFUSED[name] for name in SHARED} | {
    "get_piecewise_constant_schedule": (
        "''", "'1:10'", "'1,2'", "'1:2:3,4'", "'1:2.5,4'", "'a:2,4'", "'1:2,b'", "None", "5",
        "'1:10,0.1', 4",
    ),
}  # fmt: skip


def functions() -> Iterator[Case]:
    """Visit every function with usual and odd arguments, one group or three, floats and tensors."""
    for name, taken in TAKEN.items():
        for arguments in taken:
            listed = ", ".join(filter(None, [hf.ONE, arguments]))
            yield Case(f"{name}-{arguments}", f"{HERE}.{name}({listed})")
        usual = next((a for a in taken if a.startswith("3, 14")), taken[1 if len(taken) > 1 else 0])
        for kind, optimizer in (
            ("groups", hf.THREE), ("float32", hf.SINGLE), ("float64", hf.DOUBLE),
        ):  # fmt: skip
            divides = "polynomial" in name and kind == "float32"
            yield Case(
                f"{name}-{kind}", f"{HERE}.{name}({', '.join(filter(None, [optimizer, usual]))})",
                unsaid=hf.DIVIDES if divides else None,
            )  # fmt: skip
        for last in (0, 2, 9, 20):
            resumed = ", ".join(filter(None, [hf.RESUMED, usual, f"last_epoch={last}"]))
            if "last_epoch" not in usual:
                yield Case(f"{name}-resumed-{last}", f"{HERE}.{name}({resumed})")
        yield Case(
            f"{name}-epochs", f"{HERE}.{name}({', '.join(filter(None, [hf.ONE, usual]))})", every=3
        )
    for lr in ("1", "3e-4", "5e-5", "0.0"):
        text = f"{HERE}.get_constant_schedule({hf.SGD}(params, lr={lr}))"
        yield Case(f"get_constant_schedule-{lr}", text)


def names() -> Iterator[Case]:
    """Visit ``get_scheduler``."""
    for name, arguments in NAMED:
        listed = ", ".join(
            filter(None, [name, f"optimizer={hf.ONE}" if "=" in name else hf.ONE, arguments])
        )
        yield Case(f"get_scheduler-{name}-{arguments}", f"{HERE}.get_scheduler({listed})")
    for kind, optimizer in (("groups", hf.THREE), ("float32", hf.SINGLE)):
        yield Case(
            f"get_scheduler-{kind}", f"{HERE}.get_scheduler('cosine', {optimizer}, None, 3, 14)"
        )


def refusals() -> Iterator[Case]:
    """Visit what is refused."""
    yield from refused(REFUSED, lambda name, arguments: f"{HERE}.{name}({hf.ONE}, {arguments})")
    yield Case(
        "bad-get_constant_schedule-last_epoch",
        f"{HERE}.get_constant_schedule({hf.RESUMED}, last_epoch='3')",
        raises=True,
    )
    for name, arguments in REFUSED_BY_NAME:
        text = f"{HERE}.get_scheduler({', '.join(filter(None, [name, hf.ONE, arguments]))})"
        yield Case(f"bad-get_scheduler-{name}-{arguments}", text, raises=True)


def diffusers_scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: torch's names, too."""
    diffusers = importlib.import_module("diffusers")
    home = importlib.import_module(HERE)
    own = {"diffusers": diffusers, "SchedulerType": home.SchedulerType}
    return torch_scope(lr, bare) | own


HOME = upon_torch(
    "diffusers",
    functions,
    names,
    refusals,
    scope=diffusers_scope,
    entered={
        f"{HERE}.get_constant_schedule": (
            f"{HERE}.get_constant_schedule(torch.optim.SGD(p, lr=0.1 / {{}}))",
            phases,
        )
    }
    | {
        f"{HERE}.{name}": (f"{HERE}.{name}(torch.optim.SGD(p, lr=0.1), {arguments})", phases)
        for name, arguments in (
            ("get_constant_schedule_with_warmup", "{}"),
            ("get_linear_schedule_with_warmup", "7, {} * 10**9"),
            ("get_piecewise_constant_schedule", "'1:{},0.5'"),
        )
    },
)
