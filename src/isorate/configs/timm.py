"""timm's train.py, as of aa4b585, with its schedulers: a rate for each epoch unless told otherwise.

Its flags are what ``args.yaml`` keeps of a run.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.configs import _formula
from isorate.configs._counts import batches
from isorate.configs.configuration import Configuration
from isorate.kit.optimizer import Optimizer
from isorate.kit.registry import Trainer
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

#: What the script calls an argument, where that is not its name; and what it gives by itself.
NUMBERS: Final[dict[str, tuple[str, Any]]] = {
    "decay_rate": ("decay_rate", 0.1),
    "min_lr": ("min_lr", 0),
    "warmup_lr": ("warmup_lr", 1e-5),
    "decay_epochs": ("decay_epochs", 90),
    "cycle_mul": ("lr_cycle_mul", 1.0),
    "cycle_decay": ("lr_cycle_decay", 0.5),
    "k_decay": ("lr_k_decay", 1.0),
    "stable_timescale": ("lr_stable_timescale", None),
}
WHOLE: Final[dict[str, tuple[str, Any]]] = {
    "num_epochs": ("epochs", 300),
    "warmup_epochs": ("warmup_epochs", 5),
    "cooldown_epochs": ("cooldown_epochs", 0),
    "cycle_limit": ("lr_cycle_limit", 1),
}
#: Arguments that not every schedule takes, and the schedules that count their parts by them.
SHAPES: Final = ("decay_rate", "decay_epochs", "cycle_mul", "cycle_decay", "cycle_limit", "k_decay")
PHASED: Final = ("wsd", "rsqrt")
#: What leads elsewhere, and how.
ELSEWHERE: Final = {
    "lr_noise": "is drawn by torch's generator, which is not followed",
    "start_epoch": "begins part of the way, which is not followed",
    "resume": "begins part of the way, which is not followed",
    "epoch_repeats": "repeats the examples, which is not followed: 0",
    "aug_repeats": "repeats the examples, which is not followed: 0",
}


def foretell(given: Given) -> Foretold:
    """Return what the script's flags make of a run."""
    for key, why in ELSEWHERE.items():
        if str(given.values.get(key) or "0") not in ("0", "0.0"):
            raise given.refuse(key, why)
    sched = given.text("sched", "cosine")
    if sched == "plateau":
        raise given.refuse("sched", "follows what training measures, not foretold")
    rising = () if given.values.get("warmup_epochs") in (0, "0") else ("warmup_lr",)
    own = () if "lr_base" in given else ("lr",)
    own = (*own, "sched", "epochs", "warmup_epochs", *rising, "min_lr", "cooldown_epochs")
    given.own_defaults("train", *own, "batch_size")
    processes = given.processes()
    peak, each = rate(given, processes), updates(given, processes)
    arguments = {name: given.number(*known) for name, known in NUMBERS.items()}
    arguments |= {name: given.whole(*known) for name, known in WHOLE.items()}
    by_update, prefix = given.truth("sched_on_updates"), given.truth("warmup_prefix")
    milestones = given.words("decay_milestones") or [90, 180, 270]
    milestones = [int(m) if isinstance(m, str) and m.isdecimal() else m for m in milestones]
    if not isinstance(milestones, list) or not all(isinstance(m, int | float) for m in milestones):
        raise given.refuse("decay_milestones", "is no list of numbers", "[30, 60]")
    if given.values.get("layer_decay"):
        given.assume("layer_decay gives a layer a share of the rate: it is left out of account")
    from isorate.dialects.timm import create_scheduler_v2, epochs_of

    call: Any = create_scheduler_v2.of({
        **arguments, "optimizer": Optimizer.of(float(peak)), "sched": sched,
        "decay_milestones": milestones, "decay_fn": given.text("lr_decay_fn"),
        "warmup_prefix": prefix, "step_on_epochs": not by_update, "updates_per_epoch": each,
    })  # fmt: skip
    epochs, warmup = arguments["num_epochs"], arguments["warmup_epochs"] * each
    if sched == "none":
        call, warmup, by_update = _formula.lambda_lr(peak, "1.0"), 0, True
    else:
        fault = call.fault()
        if fault is not None:
            raise ReadError(f"{given.origin}: train.py raises {fault.error.__name__}: {fault.text}")
        epochs = epochs_of(call)
        for name in SHAPES:
            key, default = {**NUMBERS, **WHOLE}[name]
            others = arguments[name] != default and sched not in PHASED
            if others and replace(call, **{name: default}).resolve() == call.resolve():
                given.warn(key, f"ignored: {sched} does not take it")
    if epochs <= 0:
        raise given.refuse("epochs", "trains no update")
    if warmup:
        given.derive("warmup", f"{warmup} updates: {arguments['warmup_epochs']} epochs × {each}")
        if not prefix and sched not in PHASED:
            text = "the curve begins under the warm-up, which cuts it: warmup_prefix delays it"
            given.warn("warmup_prefix", text)
    if epochs != arguments["num_epochs"]:
        text = f"{epochs} epochs are trained: with the warm-up, the cycles and the cooldown"
        given.warn("epochs", text)
    given.derive("updates", f"{epochs * each}: {epochs} epochs × {each}")
    if not by_update:
        given.derive("clock", f"the rate changes once in {each} updates: an epoch")
    return given.foretold(
        call, epochs * each, peak=float(peak), warmup=warmup or None, version="aa4b585",
        keys={"rate": "lr", "warmup": "warmup_epochs", "length": "epochs"},
        each=None if by_update else each,
    )  # fmt: skip


def rate(given: Given, processes: int) -> Any:
    """Return the rate that is asked for, or that a batch of some size comes to."""
    lr = given.number("lr")
    if lr:
        return lr
    size = given.whole("batch_size", 128) * processes * given.whole("grad_accum_steps", 1)
    base, of = given.number("lr_base", 0.1), given.whole("lr_base_size", 256, least=1)
    name = given.text("opt", "sgd").lower()
    usual = "sqrt" if "ada" in name or "lamb" in name else "linear"
    scale = given.text("lr_base_scale") or usual
    peak = base * ((size / of) ** 0.5 if scale == "sqrt" else size / of)
    given.derive("rate", f"{peak:g}: lr_base {base:g}, {scale} in {size} / {of} examples")
    return peak


def updates(given: Given, processes: int) -> int:
    """Return how many updates an epoch has."""
    accumulation = given.whole("grad_accum_steps", 1, least=1)
    own = batches(given, processes, given.whole("batch_size", 128, least=1))
    each: int = math.ceil(own / accumulation)
    given.derive("epoch", f"{each} updates: ceil({own} batches / {accumulation})")
    return each


#: What a script's arguments come to, as of 1.0.31; a metric says the mode of a plateau alone.
CODE: Final = """
from timm.scheduler import create_scheduler_v2


def scheduler_kwargs(cfg, decreasing_metric=None):
    mode = "max"
    if is_known(cfg.sched) and cfg.sched == "plateau":
        if decreasing_metric is None:
            decreasing_metric = "loss" in getattr(cfg, "eval_metric", "top1")
        mode = "min" if decreasing_metric else "max"
    return {
        "sched": cfg.sched,
        "num_epochs": getattr(cfg, "epochs", 100),
        "decay_epochs": getattr(cfg, "decay_epochs", 30),
        "decay_milestones": getattr(cfg, "decay_milestones", [30, 60]),
        "warmup_epochs": getattr(cfg, "warmup_epochs", 5),
        "cooldown_epochs": getattr(cfg, "cooldown_epochs", 0),
        "patience_epochs": getattr(cfg, "patience_epochs", 10),
        "decay_rate": getattr(cfg, "decay_rate", 0.1),
        "min_lr": getattr(cfg, "min_lr", 0.0),
        "warmup_lr": getattr(cfg, "warmup_lr", 1e-5),
        "warmup_prefix": getattr(cfg, "warmup_prefix", False),
        "noise": getattr(cfg, "lr_noise", None),
        "noise_pct": getattr(cfg, "lr_noise_pct", 0.67),
        "noise_std": getattr(cfg, "lr_noise_std", 1.0),
        "noise_seed": getattr(cfg, "seed", 42),
        "cycle_mul": getattr(cfg, "lr_cycle_mul", 1.0),
        "cycle_decay": getattr(cfg, "lr_cycle_decay", 0.1),
        "cycle_limit": getattr(cfg, "lr_cycle_limit", 1),
        "k_decay": getattr(cfg, "lr_k_decay", 1.0),
        "plateau_mode": mode,
        "step_on_epochs": not getattr(cfg, "sched_on_updates", False),
    }


def create_scheduler(args, optimizer, updates_per_epoch=0):
    return create_scheduler_v2(
        optimizer=optimizer, **scheduler_kwargs(args), updates_per_epoch=updates_per_epoch
    )
"""
TRAINER: Final = Trainer(
    "timm",
    ("timm.scheduler", "timm.scheduler.scheduler_factory"),
    CODE,
    trains="",
    functions=("scheduler_kwargs", "create_scheduler"),
)


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, in epochs that the warm-up is some of, from 0 up."""
    each = math.gcd(wanted.updates, wanted.warmup)
    epochs, warmup = wanted.updates // each, wanted.warmup // each
    own = {"lr": wanted.peak, "min_lr": wanted.low, "warmup_epochs": warmup}
    own["warmup_lr"] = wanted.start
    own |= {"sched_on_updates": True, "--batches": each}
    yield own | {"sched": "cosine", "epochs": epochs}
    if warmup:
        yield own | {"sched": "cosine", "epochs": epochs - warmup, "warmup_prefix": True}


#: Flags that begin as some of its keys do.
ALIKE: Final = (
    *("aug_splits", "color_jitter", "color_jitter_prob", "config", "grad_checkpointing", "std"),
    *(
        "grayscale_prob",
        "mixup",
        "mixup_mode",
        "mixup_off_epoch",
        "mixup_prob",
        "recount",
        "remode",
    ),
    *("mixup_switch_prob", "recovery_interval", "reprob", "resplit", "aug_repeats"),
)


class _Known(Configuration, frozen=True):
    """Flags, of which the batch's has one of one letter."""

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {{"-b": "batch_size"}.get(key, key): value for key, value in values.items()}


CONFIGURATIONS: Final = (
    _Known(
        "timm",
        "timm",
        ("sched", "sched_on_updates", "lr", "lr_base", "lr_base_size", "lr_base_scale", "opt",
         "warmup_prefix", "decay_milestones", "lr_decay_fn", "batch_size", "grad_accum_steps",
         *(key for key, _ in (*NUMBERS.values(), *WHOLE.values())), *ELSEWHERE),
        foretell,
        ("model", "weight_decay", "momentum", "patience_epochs", "lr_noise_pct", "lr_noise_std",
         "seed", "layer_decay", "data_dir", "dataset", "amp", "clip_grad", "eval_metric", "workers",
         "validation_batch_size", "output", "opt_eps", "opt_betas", "drop_path", *ALIKE),
        ("sched", "sched_on_updates", "warmup_prefix", "lr_base", "lr_cycle_limit", "lr_k_decay"),
        {"lr": "lr", "epochs": "epochs", "batch_size": "batch_size",
         "accumulation": "grad_accum_steps"},
        spell=spell,
        shortens=True,
    ),
)  # fmt: skip
