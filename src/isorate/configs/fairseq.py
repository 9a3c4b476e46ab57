"""fairseq's flags and its hydra files, as of 3d262bb: update k has the rate of k updates done."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

RISE: Final = "{first} + t * {slope} if t < {W} else "
#: Its schedulers: what each has where nobody says, and its rate.
SCHEDULERS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "inverse_sqrt": (
        {"warmup_updates": 4000, "warmup_init_lr": -1.0},
        RISE + "{factor} * t ** -0.5",
    ),
    "cosine": (
        {"warmup_updates": 0, "warmup_init_lr": -1.0, "min_lr": 0.0, "t_mult": 1.0,
         "lr_period_updates": -1.0, "lr_shrink": 0.1},
        "{low} * {CYCLE} + 0.5 * ({lr} * {CYCLE} - {low} * {CYCLE}) * "
        "(1 + math.cos(math.pi * (t - {W} - {P} * ((t - {W}) // {P})) / {P}))",
    ),
    "polynomial_decay": (
        {"warmup_updates": 0, "end_learning_rate": 0.0, "power": 1.0, "total_num_update": None},
        "{end} if t >= {T} else ({lr} - {end}) * (1 - (t - {W}) / ({T} - {W})) ** {power} + {end}",
    ),
    "fixed": ({"warmup_updates": 0, "lr_shrink": 0.1}, "(t + 1) / {W} * {lr} if t < {W} else {lr}"),
    "tri_stage": (
        {"warmup_steps": 0, "hold_steps": 0, "decay_steps": 0, "phase_ratio": None,
         "init_lr_scale": 0.01, "final_lr_scale": 0.01},
        RISE + "{lr} if t < {H} else {lr} * math.exp(-{decay} * (t - {H})) if t <= {D} else {end}",
    ),
}  # fmt: skip
#: What a cycle of a cosine has of the first one's rates.
CYCLE: Final = "{shrink} ** ((t - {W}) // {P})"
METRIC: Final = ("reduce_lr_on_plateau", "pass_through", "manual", "step", "triangular")
NUMBER: Final = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
#: Keys that nobody else has, and names.
MARKS: Final = ("max_update", "warmup_updates", "total_num_update", "phase_ratio")
NAMES: Final = ("inverse_sqrt", "polynomial_decay", "tri_stage")
KEYS: Final = tuple(dict.fromkeys(key for usual, _ in SCHEDULERS.values() for key in usual))


def foretell(given: Given) -> Foretold:
    """Return what flags or a file make of a run."""
    name = given.text("lr_scheduler", "fixed")
    if name not in SCHEDULERS:
        what = "is not followed" if name in METRIC else "is none of its own"
        raise given.refuse("lr_scheduler", f"{what}: {', '.join(SCHEDULERS)} are read")
    if "lr_scheduler" not in given and "lr_shrink" in given:
        text = "is not there: a plateau in old versions, which lr_shrink is for, and fixed in new"
        raise given.refuse("lr_scheduler", text, "--set lr_scheduler=fixed")
    usual, text = SCHEDULERS[name]
    stops = given.number("stop_min_lr", -1.0)
    if "min_lr" in given and (name != "cosine" or "max_lr" in given):  # as before 0.10
        stops = given.number("min_lr")
    if name == "cosine" and "max_lr" in given:
        given.assume("fairseq before 0.10, as max_lr tells: the rate falls from that to lr")
        if "lr_period_updates" not in given:
            text = "is not there: 5000 in 0.8, the rest of the run since then"
            raise given.refuse("lr_period_updates", text, "--set lr_period_updates=5000")
        given.values |= {"lr": given.number("max_lr"), "min_lr": given.number("lr")}
    peaks = [float(one) for one in NUMBER.findall(" ".join(map(str, given.words("lr"))))]
    if len(peaks) != 1 or given.values.get("force_anneal"):
        key = "lr" if len(peaks) != 1 else "force_anneal"
        what = "is not there: it is 0.25 by default" if not peaks else "follows epochs: not read"
        raise given.refuse(key, what, "--lr 5e-4")
    peak = peaks[0]
    for key in (*KEYS, "max_lr"):
        taken = (*usual, "min_lr", *(("max_lr",) if name == "cosine" else ()))
        if key in given and key not in taken:
            given.warn(key, f"{name} does not take it, and the run is refused")
    given.default(**usual)
    updates = length(given)
    known = {"lr": peak} | values(given, name, peak, updates)
    warmup = known["W"]
    if warmup:
        given.derive("warmup", f"{warmup} updates")
    elif name in ("fixed", "tri_stage"):
        text = text.partition(" else ")[2]
    elif name == "cosine":
        text = text.replace("(t - {W})", "t").replace("t - {W}", "t")
    if warmup and name in ("cosine", "polynomial_decay"):
        rise = RISE if name == "cosine" else "t / {W} * {lr} if t <= {W} else "
        text = rise + text
    if stops >= 0:
        first = known.get("first", 0.0 if warmup else peak)
        if first <= stops:
            text = f"is not above the first rate, {first:g}: the run is over before it begins"
            raise given.refuse("stop_min_lr" if "stop_min_lr" in given else "min_lr", text)
        given.assume(f"no epoch ends with a rate of {stops:g} or less, where the run is over")
    call = _formula.lambda_lr(1.0, text.replace("{CYCLE}", CYCLE), **known)
    return given.foretold(
        call, updates, peak=peak, warmup=warmup or None, version="3d262bb",
        keys={"rate": "lr", "warmup": "warmup_updates" if name != "tri_stage" else "warmup_steps",
              "length": "max_update" if given.whole("max_update", 0) else "max_epoch"},
    )  # fmt: skip


def length(given: Given) -> int:
    """Return the updates of the run."""
    most, epochs = given.whole("max_update", 0), given.whole("max_epoch", 0)
    batches = given.fact("batches")
    if not epochs or (most and batches is None):
        if not most:
            raise given.open([("max_steps",)])
        if epochs:
            given.assume("max_epoch ends no run before max_update (--batches N)")
        given.derive("updates", f"{most}: max_update")
        return int(most)
    every = [int(one) for one in re.findall(r"\d+", " ".join(map(str, given.words("update_freq"))))]
    if len(set(every)) > 1:
        raise given.refuse("update_freq", "changes with the epochs, which is not followed")
    if batches is None:
        raise given.open([("batches", "max_steps")])
    processes = given.processes()
    own, gathered = math.ceil(batches / processes), every[0] if every else 1
    each = math.ceil(own / gathered)
    if given.truth("skip_remainder_batch"):
        each = own // gathered
    total = epochs * each
    given.derive("updates", f"{total}: {epochs} epochs × ceil({own} batches / {gathered})")
    if most and most < total:
        given.derive("updates", f"{most}: max_update is before that")
    return int(min(total, most) if most else total)


def values(given: Given, name: str, peak: float, updates: int) -> dict[str, Any]:
    """Return what a scheduler's rates are computed with."""
    if name == "tri_stage":
        return stages(given, peak)
    warmup = given.whole("warmup_updates")
    known: dict[str, Any] = {"W": warmup}
    if name == "fixed":
        return known
    if name == "polynomial_decay":
        if "total_num_update" not in given and not given.whole("max_update", 0):
            raise given.refuse("total_num_update", "is not there, nor max_update: the run fails")
        total = given.number("total_num_update", given.whole("max_update", 0))
        if "total_num_update" not in given:
            given.assume("total_num_update is max_update, as since 0.12; 1000000 before")
        if total != updates:
            given.warn("total_num_update", f"the schedule is over at update {total:.0f}, the run "
                       f"has {updates}")  # fmt: skip
        return known | {"T": total, "end": given.number("end_learning_rate"),
                        "power": given.number("power")}  # fmt: skip
    first = given.number("warmup_init_lr")
    if name == "inverse_sqrt":
        if not warmup:
            raise given.refuse("warmup_updates", "divides by zero, and the run fails")
        first = 0.0 if first < 0 else first
        known["factor"] = peak * warmup**0.5
    else:
        low = min(given.number("min_lr"), peak)
        period, most = given.number("lr_period_updates"), given.whole("max_update", 0)
        if given.number("t_mult") != 1.0:
            raise given.refuse("t_mult", "makes each cycle another length, which is not followed")
        if period <= 0 and not most:
            raise given.refuse("lr_period_updates", "is not there, nor max_update: the run fails")
        period = period if period > 0 else most - warmup
        if period <= 0:
            raise given.refuse("warmup_updates", "leaves nothing to decay")
        first = low if first < 0 else first
        if warmup + period < updates:
            given.warn("lr_period_updates", f"a cycle begins anew at update {warmup + period:.0f}, "
                       f"with {given.values['lr_shrink']} of the rate")  # fmt: skip
        known |= {"low": low, "P": period, "shrink": given.number("lr_shrink")}
    return known | {"first": first, "slope": (peak - first) / warmup if warmup else 0.0}


def stages(given: Given, peak: float) -> dict[str, Any]:
    """Return what three stages are computed with: a rise, a time at the top, a fall."""
    shares = [float(one) for one in NUMBER.findall(str(given.values.get("phase_ratio") or ""))]
    steps = [given.whole(key) for key in ("warmup_steps", "hold_steps", "decay_steps")]
    if shares:
        most = given.whole("max_update", 0)
        if len(shares) != 3 or sum(shares) != 1 or not most:
            raise given.refuse("phase_ratio", "is refused: three shares of max_update that add up "
                               "to 1")  # fmt: skip
        steps = [int(most * share) for share in shares]
    if not steps[2]:
        raise given.refuse("decay_steps", "divides by zero, and the run fails")
    first, end = (given.number(key) * peak for key in ("init_lr_scale", "final_lr_scale"))
    if end <= 0:
        raise given.refuse("final_lr_scale", "has no logarithm, and the run fails")
    return {"W": steps[0], "H": steps[0] + steps[1], "D": sum(steps), "first": first, "end": end,
            "slope": (peak - first) / steps[0] if steps[0] else 0.0,
            "decay": -math.log(given.number("final_lr_scale")) / steps[2]}  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    usual = {"lr": wanted.peak, "max_update": wanted.updates, "warmup_updates": wanted.warmup}
    yield usual | {"lr_scheduler": "cosine", "min_lr": wanted.low, "warmup_init_lr": wanted.start}
    line = {"end_learning_rate": wanted.low, "total_num_update": wanted.updates}
    yield usual | {"lr_scheduler": "polynomial_decay", **line}
    yield usual | {"lr_scheduler": "fixed"}


class _Known(Configuration, frozen=True):
    """Flags, or a file of tables as hydra has them."""

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        own, scheduler = values.get("optimization"), values.get("lr_scheduler")
        if not isinstance(own, dict) or not isinstance(scheduler, dict | str | None):
            return dict(values)
        table = scheduler if isinstance(scheduler, dict) else {"_name": scheduler}
        told = {key: value for key, value in table.items() if not str(value).startswith("${")}
        name = {"lr_scheduler": told.pop("_name", None)}
        return {**values, **own, **told, **name}

    def signs(self) -> tuple[str, ...]:
        return ("criterion", "lr_scheduler", *MARKS)

    def score(self, values: Mapping[str, Any]) -> int:
        own = self.named(values)
        sure = any(key in own for key in MARKS) or own.get("lr_scheduler") in NAMES
        told = "criterion" in own and any(key in own for key in ("arch", "task", "max_tokens"))
        return super().score(values) if sure or told else 0


#: Those that no rate depends on.
_OTHERS: Final = """
    activation_fn adam_betas adam_eps arch attention_dropout batch_size best_checkpoint_metric
    checkpoint clip_norm common criterion dataset ddp_backend distributed_training dropout
    encoder_layers eval_bleu find_unused_parameters fp16 keep_last_epochs label_smoothing
    log_format log_interval max_sentences max_source_positions max_target_positions max_tokens
    maximize_best_checkpoint_metric memory_efficient_fp16 no_epoch_checkpoints num_workers
    optimization optimizer patience required_batch_size_multiple reset_dataloader
    reset_lr_scheduler reset_meters reset_optimizer restore_file save_dir save_interval
    save_interval_updates seed sentence_avg share_all_embeddings share_decoder_input_output_embed
    skip_invalid_size_inputs_valid_test source_lang target_lang task tensorboard_logdir
    truncate_source user_dir validate_interval weight_decay
"""
CONFIGURATIONS: Final = (
    _Known(
        "fairseq",
        "fairseq",
        ("lr", "lr_scheduler", "max_update", "max_epoch", "update_freq", "stop_min_lr", *KEYS,
         "force_anneal", "skip_remainder_batch", "max_lr"),
        foretell,
        tuple(_OTHERS.split()),
        (),
        {"lr": "lr", "max_steps": "max_update", "epochs": "max_epoch",
         "accumulation": "update_freq"},
        spell=spell,
    ),
)  # fmt: skip
