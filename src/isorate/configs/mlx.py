"""MLX-LM's YAML and flags, as of 0.32.2: iterations are batches, its schedule counts updates."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import LARGEST, Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

OPTIMIZERS: Final = ("adam", "adamw", "muon", "sgd", "adafactor")


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    peak = given.number("learning_rate", 1e-5)
    iters, each = given.whole("iters", 1000), given.whole("grad_accumulation_steps", 1, least=1)
    total = iters // each
    if not total:
        raise given.refuse("iters", "trains no update")
    said = f"floor({iters} iters / {each} batches an update)" if each > 1 else "iters"
    given.derive("updates", f"{total}: {said}")
    followed(given)
    warmup, table = None, given.table("lr_schedule")
    call: Any = _formula.lambda_lr(peak, "1.0")
    if table:
        call = scheduled(given, table)
        if "learning_rate" in given and peak != call.init:
            given.warn("learning_rate", f"ignored: lr_schedule begins with {call.init:g}")
        peak = max(call.init, getattr(call, "end", 0.0))
        warmup = table.get("warmup") or None
        over = getattr(call, "decay_steps", getattr(call, "steps", None))
        call = warmed(given, table, call)
        if over is not None and (over := over + (warmup + 1 if warmup else 0)) != total:
            text = f"the schedule is over at update {math.ceil(over)} of {total}"
            given.warn("lr_schedule.arguments", text if over < total else f"{text}: it is cut")
    if each > 1:
        given.warn("grad_accumulation_steps", f"iters are batches, {each} of them an update")
    return given.foretold(
        call, total, peak=float(peak), warmup=warmup, version="0.32.2", batches=each,
        keys={"rate": "lr_schedule" if table else "learning_rate", "warmup": "lr_schedule.warmup",
              "length": "iters"},
    )  # fmt: skip


def followed(given: Given) -> None:
    """Refuse an optimizer that sets its own rate, or that there is none of."""
    name = given.text("optimizer", "adam").lower()
    if name not in OPTIMIZERS:
        raise given.refuse("optimizer", f"is none of {', '.join(OPTIMIZERS)}")
    own = given.table("optimizer_config").get(name) or {}
    if name == "adafactor" and own.get("relative_step", True):
        raise given.refuse("optimizer", "sets the rate by itself, where relative_step is not false")


def scheduled(given: Given, table: dict[str, Any]) -> Any:
    """Return the schedule that comes after the warm-up."""
    from isorate.dialects import mlx

    name, written = table.get("name"), table.get("arguments")
    known = {kind.__name__: kind for kind in mlx.SCHEDULES if kind is not mlx.join_schedules}
    if not isinstance(name, str) or name not in known:
        text = f"names none that is read: {name!r:.40}"
        raise given.refuse("lr_schedule", text, f"one of {', '.join(known)}")
    kind: Any = known[name]
    most = len(kind.parameters())
    if not isinstance(written, list) or not most - len(kind.defaults()) <= len(written) <= most:
        text = f"has other arguments than {name} takes: {kind.parameters()}"
        raise given.refuse("lr_schedule", text)
    return checked(given, kind(*(_number(given, each) for each in written)))


def warmed(given: Given, table: dict[str, Any], call: Any) -> Any:
    """Return the schedule with the warm-up before it, if there is one."""
    warmup, low = table.get("warmup") or 0, table.get("warmup_init")
    if not isinstance(warmup, int) or warmup < 0:
        raise given.refuse("lr_schedule", f"has warmup={warmup!r:.40}, which is no count of steps")
    if not warmup:
        if low is not None:
            given.warn("lr_schedule.warmup_init", "ignored: there is no warmup")
        return call
    given.derive(
        "warmup", f"{warmup} updates, and the peak twice: updates {warmup} and {warmup + 1}"
    )
    from isorate.dialects import mlx

    first = 0.0 if low is None else _number(given, low)
    up = checked(given, mlx.linear_schedule(first, call.init, warmup))
    return mlx.join_schedules([up, call], [warmup + 1])


def checked(given: Given, call: Any) -> Any:
    """Return a call that MLX does not refuse."""
    if (fault := call.fault()) is not None:
        raise given.refuse("lr_schedule", f"is refused with {fault.error.__name__}: {fault.text}")
    return call


def _number(given: Given, value: Any) -> float:
    """Return a number of the schedule's; MLX-LM takes ``1e-5`` for one."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -LARGEST < value < LARGEST:
        raise given.refuse("lr_schedule", f"has {value!r:.40} for a number")
    return value  # type: ignore[no-any-return]


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    own = {"iters": wanted.updates, "learning_rate": wanted.peak}
    for name in ("cosine_decay", "linear_schedule"):
        left = wanted.updates - wanted.warmup - bool(wanted.warmup)
        arguments = [wanted.peak, left, wanted.low]
        arguments = arguments if name == "cosine_decay" else [wanted.peak, wanted.low, left]
        schedule: dict[str, Any] = {"name": name, "arguments": arguments}
        schedule["warmup"] = wanted.warmup
        if wanted.start and wanted.warmup:
            schedule["warmup_init"] = wanted.start
        yield own | {"lr_schedule": schedule}
    yield own


CONFIGURATIONS: Final = (
    Configuration(
        "mlx",
        "MLX-LM",
        ("iters", "learning_rate", "lr_schedule", "grad_accumulation_steps", "optimizer",
         "optimizer_config"),
        foretell,
        ("model", "train", "data", "seed", "num_layers", "lora_layers", "batch_size", "val_batches",
         "steps_per_report", "steps_per_eval", "save_every", "test", "test_batches",
         "max_seq_length", "grad_checkpoint", "mask_prompt"),
        ("lr_schedule", "lora_parameters", "adapter_path", "resume_adapter_file", "steps_per_eval",
         "fine_tune_type", "lora_layers", "mask_prompt"),
        {"lr": "learning_rate", "accumulation": "grad_accumulation_steps", "max_steps": "iters"},
        spell=spell,
        programs=("lora",),
    ),
)  # fmt: skip
