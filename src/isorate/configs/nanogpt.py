"""nanoGPT, as of 3adf61e: a file of assignments, a warm-up that never begins at 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

RATE: Final = (
    "{high} * (t + 1) / ({W} + 1) if t < {W} else {low} if t > {D} else "
    f"{{low}} + {_formula.COSINE.format('((t - {W}) / ({D} - {W}))')} * ({{high}} - {{low}})"
)


def foretell(given: Given) -> Foretold:
    """Return what a file of assignments makes of a run."""
    for name in given.values.get("__files__") or ():
        text = f"{given.origin}: {name} is not there, or is no file of assignments"
        raise ReadError(text, hint="give the file itself, and --set KEY=VALUE")
    if given.truth("eval_only"):
        raise given.refuse("eval_only", "trains no update")
    peak, low = given.number("learning_rate", 6e-4), given.number("min_lr", 6e-5)
    last = given.whole("max_iters", 600_000)
    warmup, end = given.whole("warmup_iters", 2000), given.whole("lr_decay_iters", 600_000)
    given.derive("updates", f"{last + 1}: 0, 1, … max_iters")
    if not given.truth("decay_lr", default=True):
        for key in ("warmup_iters", "lr_decay_iters", "min_lr"):
            if key in given:
                given.warn(key, "ignored: decay_lr is False")
        call = _formula.lambda_lr(peak, "1.0")
        warmup = None
    else:
        given.derive("warmup", f"{warmup} updates: warmup_iters, from 1/{warmup + 1} of the rate")
        if end < last:
            text = f"the rate is {low:g} from update {end + 1} on, of {last + 1}"
            given.warn("lr_decay_iters", text)
        elif end > last:
            text = f"the run ends at update {last}: the rate would fall to {low:g} at {end}"
            given.warn("lr_decay_iters", text)
        known = {"W": warmup, "D": end, "high": peak, "low": low}
        call = _formula.lambda_lr(1.0, RATE, **known)
    return given.foretold(
        call, last + 1, peak=float(peak), warmup=warmup, version="3adf61e",
        keys={"rate": "learning_rate", "warmup": "warmup_iters", "length": "max_iters"},
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    own = {"learning_rate": wanted.peak, "max_iters": wanted.updates - 1}
    yield own | {
        "min_lr": wanted.low,
        "warmup_iters": wanted.warmup,
        "lr_decay_iters": wanted.updates,
    }
    yield own | {"decay_lr": False}


CONFIGURATIONS: Final = (
    Configuration(
        "nanogpt",
        "nanoGPT",
        ("learning_rate", "min_lr", "max_iters", "warmup_iters", "lr_decay_iters", "decay_lr"),
        foretell,
        ("out_dir", "batch_size", "block_size", "gradient_accumulation_steps", "n_layer", "n_head",
         "n_embd", "beta1", "beta2", "eval_iters", "eval_interval"),
        ("warmup_iters", "n_layer", "n_embd", "init_from"),
        {"lr": "learning_rate"},
        spell=spell,
    ),
)  # fmt: skip
