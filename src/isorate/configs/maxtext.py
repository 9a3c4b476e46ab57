"""maxtext's YAML, as of e591f30: a cosine that ends with its last update, and then a rate of 0.

It computes in float32; what is foretold is float64, within 1e-6 of the peak (measured).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: How far a part of D updates that begins at B has come, with its last update at the end.
PART: Final = "((t - {B}) / {D})"
COSINE: Final = (
    f"{{high}} * (0.5 * (math.cos(math.pi * {PART}) + 1)) + "
    f"{{low}} * (1 - 0.5 * (math.cos(math.pi * {PART}) + 1))"
)
FALLS: Final = {"linear": f"{{high}} + ({{low}} - {{high}}) * {PART}", "cosine": COSINE}
USUAL: Final = {
    "learning_rate": 3e-5, "learning_rate_final_fraction": 0.1, "warmup_steps_fraction": 0.1,
    "wsd_decay_steps_fraction": 0.1,
}  # fmt: skip


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    steps = given.number("steps", 150_001)
    length = given.number("learning_rate_schedule_steps", -1)
    length = steps if length == -1 else length
    steps = length if steps == -1 else steps
    for key, value in (("steps", steps), ("learning_rate_schedule_steps", length)):
        if value != int(value) or value < 1:
            raise given.refuse(key, "trains no update")
    steps, length = int(steps), int(length)
    several = given.whole("gradient_accumulation_steps", 1) > 1
    if several and given.truth("use_tunix_gradient_accumulation"):
        text = "counts batches where gradient_accumulation_steps has several: not followed"
        raise given.refuse("use_tunix_gradient_accumulation", text)
    if "base_config" in given:
        given.assume(f"{given.values['base_config']} says of the rates what maxtext's own does")
    peak, *shares = (given.number(*known) for known in USUAL.items())
    final, warm, tail = shares
    kind = given.text("lr_schedule_type", "cosine")
    style = given.text("wsd_decay_style", "linear")
    if kind not in ("cosine", "wsd") or style not in FALLS:
        wrong = "wsd_decay_style" if kind in ("cosine", "wsd") else "lr_schedule_type"
        raise given.refuse(wrong, f"is none of {'linear' if wrong[0] == 'w' else 'wsd'}, cosine")
    if kind == "wsd" and warm + tail > 1.0:
        raise given.refuse("wsd_decay_steps_fraction", "is refused beside warmup_steps_fraction")
    warmup = int(length * warm)
    fall = int(length * tail) if kind == "wsd" else length - warmup
    begin = length - fall
    # a part of one update is where it ends at once, but for a line, which then does not move
    wave = FALLS[style if kind == "wsd" else "cosine"]
    if fall == 1:
        wave = "{high}" if wave == FALLS["linear"] else "{low}"
    given.derive("updates", f"{steps}: steps")
    given.derive("warmup", f"{warmup} updates: int({length} × {warm:g})")
    rate = f"{{high}} * t / {{W}} if t < {{W}} else {{high}} if t < {{B}} else {wave}"
    rate = rate if warmup else rate.partition(" else ")[2]
    if length < steps:
        rate = rate.replace(wave, f"{wave} if t < {{T}} else 0.0")
        text = f"the rate is 0 from update {length} on, of {steps}"
        given.warn("learning_rate_schedule_steps", text)
    elif length > steps:
        text = f"the schedule would be over at update {length}, the run has {steps}"
        given.warn("learning_rate_schedule_steps", text)
    known = {"W": warmup, "B": begin, "D": max(fall - 1, 1), "T": length,
             "high": peak, "low": peak * final}  # fmt: skip
    given.assume("maxtext computes in float32: within 1e-6 of the peak of what is said here")
    return given.foretold(
        _formula.lambda_lr(1.0, rate, **known), steps, peak=float(peak), warmup=warmup or None,
        version="e591f30", keys={"rate": "learning_rate", "warmup": "warmup_steps_fraction",
                                 "length": "steps"},
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule; the warm-up is a share that is cut to updates."""
    own: dict[str, Any] = {"steps": wanted.updates, "learning_rate": wanted.peak}
    own["warmup_steps_fraction"] = (wanted.warmup + 1e-6) / wanted.updates if wanted.warmup else 0
    own["learning_rate_final_fraction"] = wanted.low / wanted.peak if wanted.peak else 0.0
    yield own
    left = 1 - (wanted.warmup + 1e-6) / wanted.updates
    yield own | {"lr_schedule_type": "wsd", "wsd_decay_steps_fraction": left}


CONFIGURATIONS: Final = (
    Configuration(
        "maxtext",
        "maxtext",
        ("steps", "learning_rate_schedule_steps", "lr_schedule_type", "wsd_decay_style", *USUAL,
         "use_tunix_gradient_accumulation"),
        foretell,
        ("base_config", "run_name", "per_device_batch_size", "max_target_length", "dataset_type",
         "model_name", "gradient_accumulation_steps", "base_output_directory", "opt_type",
         "hardware", "remat_policy", "attention", "async_checkpointing", "enable_checkpointing"),
        ("learning_rate_schedule_steps", "warmup_steps_fraction", "learning_rate_final_fraction",
         "wsd_decay_steps_fraction", "base_config", "max_target_length", "remat_policy"),
        {"lr": "learning_rate", "max_steps": "steps"},
        spell=spell,
    ),
)  # fmt: skip
