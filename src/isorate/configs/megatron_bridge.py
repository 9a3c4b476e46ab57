"""Megatron-Bridge, as of 067f987: what Megatron-LM's flags say, in tables over a recipe.

A recipe in Python has the values that a file or an override does not say: what rates depend on is
asked for, no default stands for it. A file that a run has written holds everything.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.configs import megatron
from isorate.configs._dotted import Dotted, dotted
from isorate.configs.configuration import Caution, Given
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Wanted

VERSION: Final = "067f987"
#: Its keys, and the flags of Megatron-LM that say the same.
NAMES: Final = {
    **{f"optimizer.{key}": key for key in ("lr", "min_lr", "decoupled_lr")},
    **{f"train.{key}": key for key in (
        "train_iters", "train_samples", "global_batch_size", "micro_batch_size", "exit_interval",
        "rampup_batch_size", "step_batch_size_schedule", "skip_train", "exit_duration_in_mins")},
    **{f"scheduler.{key}": key for key in (
        "lr_decay_style", "lr_warmup_fraction", "lr_warmup_init", "lr_wsd_decay_style",
        "lr_decay_iters", "lr_warmup_iters", "lr_wsd_decay_iters", "lr_decay_samples",
        "lr_warmup_samples", "lr_wsd_decay_samples")},
    "checkpoint.load": "load",
    "checkpoint.pretrained_checkpoint": "pretrained_checkpoint",
}  # fmt: skip
OURS: Final = {flag: key for key, flag in NAMES.items()}
#: Flags of its command that set a key.
FLAGS: Final = {"lr": "optimizer.lr", "min_lr": "optimizer.min_lr",
                "max_steps": "train.train_iters", "warmup_iters": "scheduler.lr_warmup_iters",
                "global_batch_size": "train.global_batch_size"}  # fmt: skip
LONGER: Final = "scheduler.max_steps"
STYLE: Final = "scheduler.lr_wsd_decay_style"
EPOCHS: Final = "train.num_epochs"
#: What a run writes down has its class.
WRITTEN: Final = "ConfigContainer"


def foretell(given: Given) -> Foretold:
    """Return what a file or overrides make of a run."""
    for flag, key in FLAGS.items():
        if given.values.get(flag) is not None and not isinstance(given.values[flag], dict):
            given.values.setdefault(key, given.values.pop(flag))
    given.values = dotted(given.values)
    for name, key in MORE.items():
        given.say(name, key)
    whole = str(given.values.get("_target_", "")).endswith(WRITTEN)
    if not whole:
        asked(given)
    flat = {flag: given.values.get(key) for key, flag in NAMES.items()}
    if whole and given.values.get("train.train_samples"):
        flat["train_iters"] = None  # which it has worked out
    inner = Given(flat, {}, given.of, given.origin, given.kind)
    inner.told, inner.used = given.told, given.used
    epochs(given, inner)
    decayed(given, inner)
    inner.default(lr_decay_style="linear", lr_wsd_decay_style="exponential", lr_warmup_init=0.0)
    if "min_lr" not in inner and inner.text("lr_decay_style") != "constant":
        raise given.refuse("optimizer.min_lr", "is not there: its scheduler raises a TypeError")
    found = megatron.foretell(inner)
    return replace(
        found,
        trainer=f"{given.of.title} {VERSION}",
        keys={role: OURS[key] for role, key in found.keys.items()},
        derivation=(*given.derivation, *found.derivation),
        cautions=tuple(Caution(OURS.get(c.key, c.key), c.text) for c in inner.cautions),
        assumptions=(*given.assumptions, *found.assumptions),
    )


def asked(given: Given) -> None:
    """Ask for what a recipe says where nothing else does.

    Raises:
        ReadError: rates depend on it.

    """

    def said(*keys: str) -> bool:
        return any(key in given.values for key in keys)

    style = given.text("scheduler.lr_decay_style")
    warms = [f"scheduler.lr_warmup_{how}" for how in ("iters", "fraction", "samples")]
    decays = [LONGER, *(f"scheduler.lr_decay_{unit}" for unit in ("iters", "samples"))]
    tails = [f"scheduler.lr_wsd_decay_{unit}" for unit in ("iters", "samples")]
    still = style == "constant" and not any(given.number(key, 0) for key in warms)
    left = [
        example
        for example, there in (
            ("optimizer.lr=3e-4", said("optimizer.lr")),
            ("train.train_iters=1000", said(*LENGTHS)),
            ("train.global_batch_size=256", said("train.global_batch_size")),
            ("scheduler.lr_decay_style=cosine", style is not None),
            (f"{warms[0]}=100", said(*warms)),
            (f"{decays[1]}=1000", said(*decays) or still),
            ("optimizer.min_lr=0", said("optimizer.min_lr") or style == "constant"),
            (f"{tails[0]}=100", style != "WSD" or said(*tails)),
            (f"{STYLE}=exponential", style != "WSD" or said(STYLE)),
        )
        if not there
    ]
    if left:
        text = f"{given.origin} leaves to its recipe, which is code, what rates depend on"
        raise ReadError(text, hint=f"say it: {' '.join(f'--set {one}' for one in left)}")
    if not said("scheduler.lr_warmup_init") and not still:
        given.assume("scheduler.lr_warmup_init is 0, as recipes have it")


LENGTHS: Final = ("train.train_iters", "train.train_samples", EPOCHS)
#: What is told beside a file stands for these keys.
MORE: Final = {"lr": "optimizer.lr", "max_steps": "train.train_iters", "epochs": EPOCHS}


def epochs(given: Given, inner: Given) -> None:
    """Count the updates of a run whose length is in epochs; a written file has them counted."""
    several = given.number(EPOCHS)
    if several is None or inner.values.get("train_iters"):
        return
    examples = given.fact("examples")
    if examples is None:
        raise given.open([("examples",)])
    size = given.whole("train.global_batch_size", least=1)
    each = math.ceil(examples / size) if size else 0
    inner.values["train_iters"] = math.ceil(several * each)
    said = f"ceil({examples} examples / {size}) an epoch"
    given.derive("epochs", f"{inner.values['train_iters']} updates: {several:g} × {said}")


def decayed(given: Given, inner: Given) -> None:
    """Let a longer run's schedule stand, WSD fall all the way, and a warm-up leave an update."""
    longer, length = given.whole(LONGER), inner.whole("train_iters")
    if longer is not None:
        if length is None or longer < length:
            raise given.refuse(LONGER, "is refused: it is less than train.train_iters")
        inner.values["lr_decay_iters"] = longer
        inner.warn("lr_decay_iters", f"scheduler.max_steps={longer} stands in its place")
    unit = "samples" if "train_samples" in inner else "iters"
    decay = inner.whole(f"lr_decay_{unit}")
    decay = inner.whole(f"train_{unit}") if decay is None else decay
    if unit == "iters" and inner.text("lr_decay_style") == "WSD":
        inner.default(lr_wsd_decay_iters=decay)
    size = inner.whole("global_batch_size", least=1)
    if size is None:
        raise given.refuse("train.global_batch_size", "is not there")
    warm, share = inner.number(f"lr_warmup_{unit}", 0), inner.number("lr_warmup_fraction")
    total = (decay or 0) * (size if unit == "iters" else 1)
    taken = share * total if share is not None else warm * (size if unit == "iters" else 1)
    if 0 < total <= taken:
        key = f"lr_warmup_{unit}" if share is None else "lr_warmup_fraction"
        inner.warn(key, f"is cut to {total - 1} samples, of {total} of the decay")
        inner.values[key] = None
        inner.values["lr_warmup_fraction"] = (total - 1) / total


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: an update a sample, nothing left to a recipe."""
    own = {"lr_warmup_iters": wanted.warmup, "lr_decay_iters": wanted.updates, "min_lr": wanted.low}
    for way in megatron.spell(wanted):
        yield {OURS[key]: value for key, value in (own | way).items()}


CONFIGURATIONS: Final = (
    Dotted(
        "megatron-bridge",
        "Megatron-Bridge",
        (*(key for key, flag in NAMES.items() if "checkpoint" not in flag and flag != "load"),
         LONGER, EPOCHS),
        foretell,
        ("train.eval_iters", "train.eval_interval", "checkpoint.save", "model.seq_length",
         "checkpoint.load", "checkpoint.pretrained_checkpoint", "dataset.seq_length",
         "logger.log_interval", "_target_", *FLAGS, "recipe", "model"),
        ("train.train_iters", "train.train_samples", "scheduler.lr_warmup_iters",
         "scheduler.lr_decay_style", "scheduler.lr_decay_iters", "scheduler.lr_warmup_fraction"),
        spell=spell,
        programs=("run_recipe",),
    ),
)  # fmt: skip
