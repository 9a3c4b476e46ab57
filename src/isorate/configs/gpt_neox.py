"""GPT-NeoX's YAML, as of ea7aefd: one line to the peak, whose first step comes twice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

RISE: Final = "{lr} * max(1, t) / {W} if t <= {W} else "
DECAYS: Final = {
    "linear": "{lr} * ({D} - (t - {W})) / {D}",
    "cosine": "{low} + ({lr} - {low}) / 2.0 * (math.cos(math.pi * (t - {W}) / {D}) + 1)",
    "exponential": "{lr} * math.exp(-0.693 * (t - {W}) / {D})",
    "constant": "{lr}",
}
#: Optimizers whose schedule DeepSpeed builds instead.
DEEPSPEEDS: Final = "onebitadam"


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    if "load" in given and not given.truth("finetune"):
        hint = "--set finetune=true, where its steps are counted anew"
        raise given.refuse("load", "begins where a checkpoint stands, not followed", hint)
    optimizer = given.table("optimizer")
    params = optimizer.get("params")
    params = params if isinstance(params, dict) else {}
    if str(optimizer.get("type", "")).lower() == DEEPSPEEDS:
        raise given.refuse("optimizer", "has its schedule from DeepSpeed: not followed")
    given.default(lr=params.get("lr", 0.001), min_lr=0.0, lr_decay_style="linear", warmup=0.01)
    peak, low = given.number("lr"), given.number("min_lr")
    style = given.text("lr_decay_style")
    if style not in DECAYS:
        raise given.refuse("lr_decay_style", f"is none of {', '.join(DECAYS)}")
    updates = length(given)
    total, share = given.whole("lr_decay_iters"), given.number("lr_decay_fraction")
    if total is None:
        total = updates if share is None else math.floor(updates * share)
    total = max(1, total)
    part = given.number("warmup")
    warmup = part * total
    steps = math.floor(warmup)
    if total <= warmup:
        raise given.refuse("warmup", "leaves nothing to decay: it is a share of the run")
    if warmup:
        given.derive("warmup", f"{steps} updates: {part:g} × {total}")
    if total != updates:
        text = f"the schedule is over at update {total}, the run has {updates}"
        again = ": a cosine climbs again" if style == "cosine" and total < updates else ""
        given.warn("lr_decay_iters" if share is None else "lr_decay_fraction", f"{text}{again}")
    text = f"max({DECAYS[style]}, {{low}})"
    known = {"lr": float(peak), "low": low, "W": warmup, "D": total - warmup}
    call = _formula.lambda_lr(1.0, (RISE if warmup > 0 else "") + text, **known)
    return given.foretold(
        call, updates, peak=float(peak), warmup=steps or None, version="ea7aefd",
        keys={"rate": "optimizer.params.lr", "warmup": "warmup", "length": "train_iters"},
    )  # fmt: skip


def length(given: Given) -> int:
    """Return the updates of the run."""
    updates = given.whole("train_iters", least=1)
    if updates is not None:
        given.derive("updates", f"{updates}: train_iters")
        return int(updates)
    epochs, batches = given.whole("train_epochs", least=1), given.fact("batches")
    if epochs is None or batches is None:
        raise given.open([("max_steps",) if epochs is None else ("batches", "max_steps")])
    every = given.whole("gradient_accumulation_steps", 1, least=1)
    updates = int(batches) * epochs // every
    given.derive("updates", f"{updates}: floor({batches} batches × {epochs} epochs / {every})")
    if not updates:
        raise given.refuse("gradient_accumulation_steps", "is more than there are batches")
    return int(updates)


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: only one that begins one step up is one."""
    usual: dict[str, Any] = {"train_iters": wanted.updates, "min_lr": wanted.low,
                             "warmup": wanted.warmup / wanted.updates}  # fmt: skip
    for style in ("cosine", "linear", "constant"):
        adam = {"type": "Adam", "params": {"lr": wanted.peak}}
        yield {**usual, "optimizer": adam, "lr_decay_style": style}


class _Known(Configuration, frozen=True):
    """A configuration whose keys are written with ``-`` as well as with ``_``."""

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {str(key).replace("-", "_"): value for key, value in values.items()}


CONFIGURATIONS: Final = (
    _Known(
        "gpt-neox",
        "GPT-NeoX",
        ("optimizer", "lr", "min_lr", "lr_decay_style", "lr_decay_iters", "lr_decay_fraction",
         "warmup", "train_iters", "train_epochs", "gradient_accumulation_steps", "load",
         "finetune"),
        foretell,
        ("num_layers", "hidden_size", "seq_length", "fp16", "zero_optimization", "data_impl",
         "train_micro_batch_size_per_gpu", "eval_interval", "eval_iters", "log_interval",
         "override_lr_scheduler", "use_checkpoint_lr_scheduler", "weight_decay"),
        ("pipe_parallel_size", "model_parallel_size"),
        {"lr": "lr", "max_steps": "train_iters", "accumulation": "gradient_accumulation_steps"},
        spell=spell,
    ),
)  # fmt: skip
