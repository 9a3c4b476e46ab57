"""Megatron-LM, as of d98e8a6: flags and YAML; its schedule counts samples, an update a batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: The samples that were trained before an update: it takes G of them.
SAMPLES: Final = "({G} * t)"
#: How far the decay has come, and the part at the end of WSD.
DECAY: Final = f"(({SAMPLES} - {{W}}) / {{D}})"
TAIL: Final = f"(({SAMPLES} - {{A}}) / {{wsd}})"
TAILS: Final = {
    "linear": f"(1.0 - {TAIL})",
    "cosine": f"(0.5 * (math.cos(math.pi * {TAIL}) + 1.0))",
    "exponential": f"(2.0 * math.pow(0.5, {TAIL}) - 1.0)",
    "minus_sqrt": f"(1.0 - math.sqrt({TAIL}))",
}
SHARES: Final = {
    "linear": f"(1.0 - {DECAY})",
    "cosine": f"(0.5 * (math.cos(math.pi * {DECAY}) + 1.0))",
    "WSD": f"(1.0 if {SAMPLES} <= {{A}} else {{tail}})",
}
#: Each style after the warm-up, and up to the end of the decay.
STYLES: Final = {
    "constant": "{high}",
    "inverse-square-root": f"max({{low}}, {{root}} / max({SAMPLES}, 1) ** 0.5)",
    **{style: f"{{low}} + {share} * {{delta}}" for style, share in SHARES.items()},
}
WARMING: Final = f"{{first}} + {{rise}} * {SAMPLES} / {{W}} if {SAMPLES} <= {{W}} else "
OVER: Final = f"{{low}} if {SAMPLES} > {{T}} else "

#: What leads elsewhere, and how.
ELSEWHERE: Final = {
    "rampup_batch_size": "lets the batch grow, and with it what an update counts: not followed",
    "step_batch_size_schedule": "lets the batch grow, and with it what an update counts: "
    "not followed",
    "warmup": "is refused by Megatron-LM, which takes lr_warmup_fraction",
    "skip_train": "trains no update",
    **dict.fromkeys(
        ("lr_decay_tokens", "lr_warmup_tokens", "train_tokens"),
        "is of another Megatron, which counts tokens: not followed",
    ),
    "perform_rl_step": "trains what is sampled, which is not followed",
    "override_ckpt_iteration": "begins part of the way, which is not followed",
}
#: Its programs.
PROGRAMS: Final = (
    *("pretrain_gpt", "pretrain_bert", "pretrain_t5", "pretrain_mamba", "pretrain_hybrid"),
    *("pretrain_vlm", "pretrain_ict", "pretrain_vision_classify", "pretrain_retro"),
)
#: The flags of a unit: the other one's are refused beside it.
UNITS: Final = {
    "iters": ("train_iters", "lr_decay_iters", "lr_warmup_iters", "lr_wsd_decay_iters"),
    "samples": ("train_samples", "lr_decay_samples", "lr_warmup_samples", "lr_wsd_decay_samples"),
}


def foretell(given: Given) -> Foretold:
    """Return what the flags make of a run."""
    for key, why in ELSEWHERE.items():
        if given.values.get(key) not in (None, False):
            raise given.refuse(key, why)
    peak, low, first = (given.number(key, default) for key, default in (
        ("lr", None), ("min_lr", 0.0), ("lr_warmup_init", 0.0)))  # fmt: skip
    if peak is None:
        raise given.refuse("lr", "is not there", "--lr 3e-4")
    size = batch(given)
    unit, updates, total, warmup = lengths(given, size)
    style = given.text("lr_decay_style", "linear")
    if style not in STYLES:
        raise given.refuse("lr_decay_style", f"is none of {', '.join(STYLES)}")
    for low_key, high_key, below, above in (
        ("min_lr", "lr", low, peak), ("lr_warmup_init", "lr", first, peak),
        (f"lr_warmup_{unit}", f"lr_decay_{unit}", warmup + 0.5, total),
    ):  # fmt: skip
        if below > above:
            raise given.refuse(low_key, f"is refused with AssertionError beside {high_key}")
    if low < 0:
        raise given.refuse("min_lr", "is below 0: refused with AssertionError")
    known = {"G": size, "W": warmup, "T": total, "D": total - warmup, "high": peak, "low": low,
             "first": first, "rise": peak - first, "delta": peak - low,
             "root": peak * max(warmup, 1) ** 0.5}  # fmt: skip
    rate = STYLES[style]
    if style == "WSD":
        rate, known = tail(given, unit, size, rate, known)
    elif style == "constant" and low:
        given.warn("min_lr", "ignored: lr_decay_style is constant")
    rate = f"{WARMING if warmup else ''}{OVER if style != 'constant' else ''}{rate}"
    remark(given, style, updates, total / size)
    steps = math.ceil(warmup / size)
    if warmup:
        share = " samples" if unit == "samples" else f" samples, {size} an update"
        given.derive("warmup", f"{warmup / size:g} updates: {warmup:g}{share}")
    return given.foretold(
        _formula.lambda_lr(1.0, rate, **known), updates,
        peak=float(peak), warmup=steps or None, version="d98e8a6",
        keys={"rate": "lr", "warmup": f"lr_warmup_{unit}", "length": f"train_{unit}"},
    )  # fmt: skip


def batch(given: Given) -> int:
    """Return the samples of an update: as the file says, or of a batch of each replica."""
    size = given.whole("global_batch_size", least=1)
    if size is not None:
        return int(size)
    micro = given.whole("micro_batch_size", least=1)
    if micro is None:
        raise given.refuse("global_batch_size", "is not there", "--set global_batch_size=256")
    processes = given.processes()
    shared = math.prod(given.whole(key, 1, least=1) for key in PARALLEL)
    if processes % shared:
        raise given.refuse("tensor_model_parallel_size", f"does not divide {processes} processes")
    size = micro * (processes // shared)
    given.derive("batch", f"{size} samples an update: {micro} × {processes} processes / {shared}")
    return int(size)


#: What divides the processes among parts of one model.
PARALLEL: Final = (
    *("tensor_model_parallel_size", "pipeline_model_parallel_size", "context_parallel_size"),
)


def lengths(given: Given, size: int) -> tuple[str, int, int, float]:
    """Return the unit, the updates, and the samples of the decay and of the warm-up."""
    own = "samples" if given.whole("train_samples") else "iters"
    other = "iters" if own == "samples" else "samples"
    for key in UNITS[other]:
        if given.number(key):
            text = f"is refused with AssertionError beside train_{own}"
            raise given.refuse(key, text, f"leave train_{own} or it away")
    length = given.whole(f"train_{own}")
    if not length:
        raise given.open([("max_steps",)])
    decay = given.whole(f"lr_decay_{own}")
    decay = length if decay is None else decay
    share, steps = given.number("lr_warmup_fraction"), given.whole(f"lr_warmup_{own}", 0)
    if share is not None and steps:
        raise given.refuse("lr_warmup_fraction", f"is refused beside lr_warmup_{own}")
    each = size if own == "iters" else 1
    total = decay * each
    if total <= 0:
        raise given.refuse(f"lr_decay_{own}", "is refused with AssertionError")
    updates = length if own == "iters" else length // size
    said = "train_iters" if own == "iters" else f"floor({length} samples / {size})"
    given.derive("updates", f"{updates}: {said}")
    stop = given.whole("exit_interval")
    if stop and stop < updates:
        given.warn("exit_interval", f"the run ends at update {stop}, of {updates}")
        updates = stop
    if not updates:
        raise given.refuse(f"train_{own}", "trains no update")
    warmup = share * total if share is not None else steps * each
    return own, updates, total, warmup


def tail(
    given: Given, unit: str, size: int, rate: str, known: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return WSD's rate with the part at its end."""
    key = f"lr_wsd_decay_{unit}"
    length = given.whole(key)
    if length is None:
        raise given.refuse(key, "is not there: WSD without it is refused with AssertionError")
    wsd = length * (size if unit == "iters" else 1)
    style = given.text("lr_wsd_decay_style", "exponential")
    if style not in TAILS:
        raise given.refuse("lr_wsd_decay_style", f"is none of {', '.join(TAILS)}")
    begin = known["T"] - wsd
    given.derive("decay", f"from update {begin / size:g} on: {key}={length}, {style}")
    share = TAILS[style] if wsd else "1.0"
    return rate.replace("{tail}", share), {**known, "A": begin, "wsd": wsd}


def remark(given: Given, style: str, updates: int, decayed: float) -> None:
    """Warn of a decay that is no run's, and note what is taken for granted."""
    key = f"lr_decay_{'samples' if 'train_samples' in given else 'iters'}"
    if style != "constant" and decayed < updates:
        given.warn(key, f"the rate is min_lr after update {decayed:g}, of {updates}")
    elif style != "constant" and decayed > updates:
        given.warn(key, f"the decay would end at update {decayed:g}, the run has {updates}")
    if "load" in given or "pretrained_checkpoint" in given:
        given.assume("no checkpoint is there to go on with: the schedule begins at 0")
    if "exit_duration_in_mins" in given:
        given.assume("exit_duration_in_mins ends no run before its last update")
    if given.truth("fp16"):
        given.assume("no update is left out for an overflow of fp16, which steps no scheduler")
    if "decoupled_lr" in given:
        given.assume("decoupled_lr gives embeddings and the output another rate: left out")


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, a sample an update."""
    own = {"lr": wanted.peak, "global_batch_size": 1, "train_iters": wanted.updates}
    own |= {"lr_warmup_iters": wanted.warmup} if wanted.warmup else {}
    own |= {"lr_warmup_init": wanted.start} if wanted.start else {}
    for style in ("cosine", "linear", "inverse-square-root"):
        yield own | {"lr_decay_style": style, "min_lr": wanted.low}
    yield own | {"lr_decay_style": "constant"}


CONFIGURATIONS: Final = (
    Configuration(
        "megatron",
        "Megatron-LM",
        ("lr", "min_lr", "lr_decay_style", "lr_warmup_fraction", "lr_warmup_init",
         "lr_wsd_decay_style", *UNITS["iters"], *UNITS["samples"], "global_batch_size",
         "micro_batch_size", "exit_interval", *PARALLEL, *ELSEWHERE),
        foretell,
        ("eval_iters", "eval_interval", "eval_global_batch_size", "eval_micro_batch_size", "load",
         "save", "num_layers", "hidden_size", "num_attention_heads", "seq_length", "weight_decay",
         "decoupled_lr", "decoupled_min_lr", "fp16", "bf16", "tokenizer_type", "data_path",
         "override_opt_param_scheduler", "use_checkpoint_opt_param_scheduler", "max_lr",
         "expert_model_parallel_size", "pretrained_checkpoint", "lr_decay_steps",
         "exit_duration_in_mins"),
        ("lr_decay_style", "lr_decay_samples", "lr_warmup_samples", "lr_wsd_decay_style",
         "train_samples", "max_position_embeddings", "num_attention_heads"),
        {"lr": "lr", "max_steps": "train_iters", "batch_size": "micro_batch_size"},
        spell=spell,
        programs=PROGRAMS,
    ),
)  # fmt: skip
